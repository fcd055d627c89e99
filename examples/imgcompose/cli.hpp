// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace command {

/// Does what the command line says and returns the exit status: 0; 1 after an error, which is reported on standard error;
/// 2 for a wrong command line; what diff and lint answer. Output that cannot be written is an error.
int run(int argc, char** argv);

} // namespace command
