// SPDX-License-Identifier: BSL-1.0
#include "cli_pages.hpp"

#include <imgcompose/version.hpp>

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>

namespace command {

namespace {

/// Text that roff does not take for its own: backslashes, hyphens, and what stands at the start of a line.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) (out += "\\&") += c;
        else out += c;
    }
    return out;
}

void add_options(std::string& out, std::span<const argument> arguments) {
    for (const argument& a : arguments) {
        if (a.is_positional()) {
            out += fmt::format(".TP\n.I {}\n{}.\n", plain(a.names), plain(a.meaning));
            continue;
        }
        std::string names;
        if (!a.short_name().empty()) names = fmt::format("\\fB{}\\fR, ", plain(a.short_name()));
        names += fmt::format("\\fB{}\\fR", plain(a.long_name()));
        if (a.takes_value())
            names += fmt::format(" {}\\fI{}\\fR{}", a.optional_value ? "[" : "", plain(a.placeholder), a.optional_value ? "]" : "");
        out += fmt::format(".TP\n{}\n{}.\n", names, plain(a.meaning));
    }
}

std::string synopsis(const subcommand& c) {
    std::string out = fmt::format(".B imgcompose {}\n", plain(c.name));
    for (const argument& a : c.arguments) {
        if (!a.required) continue;
        if (a.is_positional()) out += fmt::format(".I {}\n", plain(a.names));
        else out += fmt::format(".B {}\n.I {}\n", plain(a.long_name()), plain(a.placeholder));
    }
    return out + ".RI [ option \\&... ]\n";
}

} // namespace

std::string man_page() {
    std::string out =
        fmt::format(".\\\" Made by: imgcompose man\n.TH IMGCOMPOSE 1 \"\" \"imgcompose {}\" \"User Commands\"\n"
                    ".SH NAME\nimgcompose \\- compose bootable disk images\n.SH SYNOPSIS\n",
                    IMGCOMPOSE_VERSION_STRING);
    for (const subcommand& c : options::commands) out += (&c == &options::commands.front() ? "" : ".br\n") + synopsis(c);
    out += fmt::format(
        ".SH DESCRIPTION\n{}.\nThe same description and files give the same bytes, whatever the locale, time zone,\n"
        "umask or number of threads.\n.SH OPTIONS\n",
        plain(summary_of_command));
    add_options(out, options::top);
    out += ".SH COMMANDS\n";
    for (const subcommand& c : options::commands) {
        out += fmt::format(".SS imgcompose {}\n{}.\n", plain(c.name), plain(c.meaning));
        add_options(out, c.arguments);
        if (!c.exit_status.empty()) out += fmt::format(".PP\n{}\n", plain(c.exit_status));
    }
    return out + R"(.SH EXIT STATUS
Unless a command lists its own:
.TP
.B 0
Done.
.TP
.B 1
An error in a description, in a file or on the disk, or output that could not be written.
No image is left that looks complete.
.TP
.B 2
A wrong command line.
.TP
.B 128 + N
Signal N stopped the command before an image was complete: 130 for SIGINT, 143 for SIGTERM.
.SH ENVIRONMENT
.TP
.B SOURCE_DATE_EPOCH
The time stamp, in seconds since 1970, of whatever has none of its own, unless the description or
.B \-\-epoch
sets one.
.TP
.B COLUMNS
The width of the output, instead of that of the terminal.
.SH EXAMPLES
.nf
imgcompose build nanopi\-r2s.toml \-\-inputs result \-o nanopi\-r2s.img
imgcompose mkfs ext4 \-\-from rootfs \-\-size min+10% \-o root.img
.fi
.SH SEE ALSO
.BR sfdisk (8),
.BR mke2fs (8),
.BR mkfs.fat (8)
)";
}

} // namespace command
