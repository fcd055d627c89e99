// SPDX-License-Identifier: BSL-1.0
#include "cli_pages.hpp"

#include <imgcompose/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string>

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

/// What stands for its value: the name of a positional, or what its longest name says.
std::string value_of(const CLI::Option& o) {
    if (o.get_lnames().empty()) return "VALUE";
    std::string name = o.get_lnames().front();
    for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

void add_options(std::string& out, const CLI::App& app) {
    for (const CLI::Option* o : app.get_options()) {
        if (o->get_positional() && o->get_lnames().empty()) {
            out += fmt::format(".TP\n.I {}\n{}.\n", plain(o->get_name(true)), plain(o->get_description()));
            continue;
        }
        std::string names;
        for (const std::string& s : o->get_snames())
            names += (names.empty() ? "" : ", ") + ("\\fB" + plain("-" + s)) + "\\fR";
        for (const std::string& l : o->get_lnames())
            names += (names.empty() ? "" : ", ") + ("\\fB" + plain("--" + l)) + "\\fR";
        if (o->get_items_expected_max() != 0) {
            const bool optional = o->get_items_expected_min() == 0;
            names += fmt::format(" {}\\fI{}\\fR{}", optional ? "[" : "", value_of(*o), optional ? "]" : "");
        }
        out += fmt::format(".TP\n{}\n{}.\n", names, plain(o->get_description()));
    }
}

std::string synopsis(const CLI::App& app) {
    std::string out = fmt::format(".B imgcompose {}\n", plain(app.get_name()));
    for (const CLI::Option* o : app.get_options()) {
        if (!o->get_required()) continue;
        if (o->get_positional()) out += fmt::format(".I {}\n", plain(o->get_name(true)));
        else out += fmt::format(".B \\-\\-{}\n.I {}\n", plain(o->get_lnames().front()), value_of(*o));
    }
    return out + ".RI [ option \\&... ]\n";
}

} // namespace

std::string man_page(const CLI::App& app) {
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    std::string out =
        fmt::format(".\\\" Made by: imgcompose man\n.TH IMGCOMPOSE 1 \"\" \"imgcompose {}\" \"User Commands\"\n"
                    ".SH NAME\nimgcompose \\- compose bootable disk images\n.SH SYNOPSIS\n",
                    IMGCOMPOSE_VERSION_STRING);
    for (const CLI::App* c : commands) out += (c == commands.front() ? "" : ".br\n") + synopsis(*c);
    out += fmt::format(
        ".SH DESCRIPTION\n{}\nThe same description and files give the same bytes, whatever the locale, time zone,\n"
        "umask or number of threads.\n.SH OPTIONS\n",
        plain(app.get_description()));
    add_options(out, app);
    out += ".SH COMMANDS\n";
    for (const CLI::App* c : commands) {
        out += fmt::format(".SS imgcompose {}\n{}.\n", plain(c->get_name()), plain(c->get_description()));
        add_options(out, *c);
        if (const std::string more = c->get_footer(); !more.empty() && more != app.get_footer())
            out += fmt::format(".PP\n{}\n", plain(more));
    }
    return out + R"(.SH EXIT STATUS
Where a command says nothing else:
.TP
.B 0
Done.
.TP
.B 1
An error: in a description, a file, or the disk. No image is left that looks complete.
.TP
.B 2
A wrong command line.
.SH ENVIRONMENT
.TP
.B SOURCE_DATE_EPOCH
The time, in seconds since 1970, of what has none of its own, where neither description nor
.B \-\-epoch
says one.
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
