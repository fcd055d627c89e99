// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace command {

/// Reads the command line and does what it says. Returns 0; 1 after an error, which is told on standard error; 2 for a
/// command line that makes no sense.
int run(int argc, char** argv);

} // namespace command
