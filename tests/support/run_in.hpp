// SPDX-License-Identifier: BSL-1.0
// Shell commands in a test's own folder.
#pragma once

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <string>

namespace imgcompose_test {

inline run_result run_in(const temp_dir& dir, const std::string& command) {
    return run("cd " + word(dir.path().string()) + " && " + command);
}
/// The test ends here if the command does not succeed.
inline void require_success(const temp_dir& dir, const std::string& command) {
    const auto r = run_in(dir, command);
    INFO(command << ": " << r.output);
    REQUIRE(r.status == 0);
}

} // namespace imgcompose_test
