// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/catch.hpp>

#include <iostream>
#include <sstream>
#include <string>

using namespace imgcompose_test;

namespace {

bool skipped_without(const char* program) {
    if (have(program)) return false;
    std::cout << "skipped: " << program << " not found\n";
    return true;
}

/// What bash offers behind the last of these words.
std::string offered(const command_folder& in, const std::string& words) {
    in.write("ask.bash", R"(. ./imgcompose.bash
COMP_WORDS=()" + words + R"()
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_imgcompose
echo "${COMPREPLY[*]}"
)");
    return in.shell("bash ask.bash").output;
}

} // namespace

TEST_CASE("bash completes commands, options and words of a known set") {
    const command_folder in;
    REQUIRE(in("completion bash >imgcompose.bash").status == 0);
    REQUIRE(in.shell("bash -n imgcompose.bash").output.empty());
    CHECK(offered(in, "imgcompose bu") == "build\n");
    CHECK(offered(in, "imgcompose --ver") == "--version\n");
    CHECK(offered(in, "imgcompose build --out") == "--output\n");
    CHECK(offered(in, "imgcompose mkfs ''") == "ext4 fat\n");
    CHECK(offered(in, "imgcompose mkfs ext4 --grows") == "--grows-to\n");
    CHECK(offered(in, "imgcompose completion z") == "zsh\n");
    CHECK(offered(in, "imgcompose build --inputs ''") == "\n"); // files: by bash itself
    CHECK(offered(in, "imgcompose boards --grows") == "\n");
}

TEST_CASE("the completions of zsh and fish are accepted by them") {
    const command_folder in;
    REQUIRE(in("completion zsh >_imgcompose").status == 0);
    REQUIRE(in("completion fish >imgcompose.fish").status == 0);
    CHECK(in.read("_imgcompose").find("#compdef imgcompose\n") == 0);
    if (!skipped_without("zsh")) CHECK(in.shell("zsh -n _imgcompose").output.empty());
    if (skipped_without("fish")) return;
    CHECK(in.shell("HOME=$PWD fish --no-execute imgcompose.fish").output.empty());
    CHECK(in.shell("HOME=$PWD fish -c 'source imgcompose.fish; complete -C \"imgcompose mkf\"'").output.find("mkfs") == 0);
    CHECK(in.shell("HOME=$PWD fish -c 'source imgcompose.fish; complete -C \"imgcompose mkfs --grows\"'").output.find("--grows-to") == 0);
}

TEST_CASE("there is no completion for other shells") {
    const command_folder in;
    const auto r = in("completion tcsh");
    CHECK(r.status == 2);
    CHECK(r.output.find("bash") != std::string::npos);
}

TEST_CASE("the manual page tells of every command and option that --help tells of") {
    const command_folder in;
    const auto page = in("man");
    REQUIRE(page.status == 0);
    std::string text;
    for (const char c : page.output)
        if (c != '\\') text += c;
    std::istringstream help{in("--help").output};
    std::size_t commands = 0;
    bool listed = false;
    for (std::string line; std::getline(help, line);) {
        if (line.rfind("Subcommands:", 0) == 0) listed = true;
        else if (listed && line.rfind("  ", 0) == 0 && line.size() > 2 && line[2] != ' ') {
            const std::string name = line.substr(2, line.find(' ', 2) - 2);
            ++commands;
            INFO(name);
            CHECK(text.find(".SS imgcompose " + name + "\n") != std::string::npos);
            std::istringstream words{in(name + " --help").output};
            for (std::string word; words >> word;) {
                if (word.rfind("--", 0) != 0 || word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-,", 0) != std::string::npos) continue;
                const std::string option = word.substr(0, word.find(','));
                INFO(option);
                CHECK(text.find("fB" + option + "fR") != std::string::npos);
            }
        }
    }
    CHECK(commands >= 7);
    for (const char* section : {".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH EXIT STATUS", ".SH ENVIRONMENT"})
        CHECK(text.find(section) != std::string::npos);
}

TEST_CASE("man and mandoc find no fault with the manual page") {
    const command_folder in;
    REQUIRE(in("man >imgcompose.1").status == 0);
    if (!skipped_without("groff"))
        CHECK(in.shell("groff -man -Tutf8 -ww -z imgcompose.1").output.empty());
    if (!skipped_without("mandoc")) {
        const auto lint = in.shell("mandoc -Tlint -Wwarning imgcompose.1 | grep -v 'missing date'");
        CHECK(lint.output.empty());
    }
}

TEST_CASE("exit status: 0 done, 1 an error, 2 a wrong command line") {
    const command_folder in;
    CHECK(in("--help").status == 0);
    CHECK(in("boards").status == 0);
    CHECK(in("plan nowhere.toml").status == 1);
    CHECK(in("").status == 2);
    CHECK(in("plan").status == 2);
    CHECK(in("plan --no-such-option").status == 2);
}

TEST_CASE("a misspelt command or option is told with what was probably meant") {
    const command_folder in;
    CHECK(in("biuld d.toml").output.find("did you mean build?") != std::string::npos);
    CHECK(in("build d.toml --ouput x").output.find("did you mean --output?") != std::string::npos);
    CHECK(in("mkfs ext4 --form rootfs -o x").output.find("did you mean --from?") != std::string::npos);
    CHECK(in("zzzzzz").output.find("did you mean") == std::string::npos);
}
