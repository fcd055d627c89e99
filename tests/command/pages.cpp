// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

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

/// The screen of a zsh in which this was typed and then a tabulator.
std::string zsh_offers(const command_folder& in, const std::string& typed) {
    in.write("ask.zsh", R"(zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1='' PROMPT_EOL_MARK='' LISTMAX=10000; stty cols 200 rows 60; fpath=($PWD \$fpath); autoload -U compinit; compinit -u -D; setopt no_list_beep"
zpty -w shell 'print rea"d"y'
zpty -r shell all '*ready*'
zpty -n -w shell ")" + typed + R"("$'\t'
sleep 1
zpty -n -w shell $'\x15print do"n"e\n'
zpty -r shell all '*done*'
print -r -- "$all"
zpty -d shell
)");
    return in.shell("TERM=dumb HOME=$PWD timeout 60 zsh -f ask.zsh").output;
}


} // namespace

TEST_CASE("bash completes commands, options, values of options and files of the right kind") {
    const command_folder in;
    REQUIRE(in("completion bash >imgcompose.bash").status == 0);
    REQUIRE(in.shell("bash -n imgcompose.bash").output.empty());
    in.write("disk.img", "x");
    in.write("disk.toml", "x");
    in.write("with blank.toml", "x");
    CHECK(offered(in, "imgcompose bu") == "build\n");
    CHECK(offered(in, "imgcompose --ver") == "--version\n");
    CHECK(offered(in, "imgcompose build --out") == "--output\n");
    CHECK(offered(in, "imgcompose mkfs ''") == "ext4 fat\n");
    CHECK(offered(in, "imgcompose mkfs --label x ''") == "ext4 fat\n");
    CHECK(offered(in, "imgcompose mkfs ext4 ''") == "\n"); // there is no second
    CHECK(offered(in, "imgcompose mkfs ext4 --grows") == "--grows-to\n");
    CHECK(offered(in, "imgcompose completion z") == "zsh\n");
    CHECK(offered(in, "imgcompose boards --grows") == "\n");
    CHECK(offered(in, "imgcompose lint --board nanopi-r2") == "nanopi-r2c nanopi-r2s\n");
    CHECK(offered(in, "imgcompose lint --board = nanopi-r2c") == "nanopi-r2c\n"); // as bash splits --board=nan
    CHECK(offered(in, "imgcompose lint --firmware ''") == "u-boot u-boot-2017\n");
    CHECK(offered(in, "imgcompose mkfs ext4 --readable-by l") == "linux\n");
    CHECK(offered(in, "imgcompose mkfs fat --symlinks ''") == "refuse follow skip\n");
    CHECK(offered(in, "imgcompose mkfs fat --fat-bits ''") == "12 16 32\n");
    CHECK(offered(in, "imgcompose mkfs ext4 --block-size ''") == "1KiB 2KiB 4KiB\n");
    CHECK(offered(in, "imgcompose mkfs fat --sector-size ''") == "512 4096\n");
    for (const char* name : {"--label", "--uuid", "--seed", "--owner", "--size"}) {
        INFO(name);
        CHECK(offered(in, std::string{"imgcompose mkfs ext4 "} + name + " ''") == "\n"); // and no files
    }
    CHECK(offered(in, "imgcompose build --set image.ta") == "image.table=\n");
    CHECK(offered(in, "imgcompose build --inputs roo") == "rootfs\n");
    CHECK(offered(in, "imgcompose build --inputs di") == "\n"); // only directories
    CHECK(offered(in, "imgcompose mkfs ext4 --from roo") == "rootfs\n");
    CHECK(offered(in, "imgcompose build di") == "disk.toml\n"); // only descriptions
    CHECK(offered(in, "imgcompose build with") == "with blank.toml\n");
    CHECK(offered(in, "imgcompose inspect di") == "disk.img disk.toml\n");
    CHECK(offered(in, "imgcompose diff disk.img disk.t") == "disk.toml\n");
}

TEST_CASE("zsh offers the same") {
    if (skipped_without("zsh")) return;
    const command_folder in;
    REQUIRE(in("completion zsh >_imgcompose").status == 0);
    CHECK(in.read("_imgcompose").find("#compdef imgcompose\n") == 0);
    CHECK(in.shell("zsh -n _imgcompose").output.empty());
    in.write("disk.toml", "x");
    in.write("disk.img", "x");
    CHECK(has(zsh_offers(in, "imgcompose bui"), "imgcompose build"));
    CHECK(has(zsh_offers(in, "imgcompose mkfs ext4 --grow"), "--grows-to"));
    CHECK(has(zsh_offers(in, "imgcompose lint --board nanopi-r2"), "nanopi-r2s"));
    CHECK(has(zsh_offers(in, "imgcompose mkfs fat --symlinks f"), "--symlinks follow"));
    CHECK(has(zsh_offers(in, "imgcompose build --inputs root"), "--inputs rootfs"));
    CHECK(has(zsh_offers(in, "imgcompose build dis"), "build disk.toml"));
    CHECK(!has(zsh_offers(in, "imgcompose mkfs ext4 --label roo"), "rootfs"));
}

TEST_CASE("fish offers the same") {
    if (skipped_without("fish")) return;
    const command_folder in;
    REQUIRE(in("completion fish >imgcompose.fish").status == 0);
    CHECK(in.shell("HOME=$PWD fish --no-execute imgcompose.fish").output.empty());
    in.write("disk.toml", "x");
    in.write("disk.img", "x");
    const auto offers = [&](const std::string& typed) {
        return in.shell("HOME=$PWD fish -c 'source imgcompose.fish; complete -C \"" + typed + "\"'").output;
    };
    CHECK(offers("imgcompose mkf").find("mkfs") == 0);
    CHECK(offers("imgcompose mkfs --grows").find("--grows-to") == 0);
    for (const char* word : {"follow", "refuse", "skip"}) CHECK(has(offers("imgcompose mkfs fat --symlinks "), word));
    CHECK(has(offers("imgcompose lint --board nanopi-r2"), "nanopi-r2s"));
    CHECK(offers("imgcompose mkfs ext4 --label roo").empty());
    CHECK(has(offers("imgcompose build --inputs roo"), "rootfs/"));
    CHECK(!has(offers("imgcompose build --inputs dis"), "disk"));
    CHECK(has(offers("imgcompose build dis"), "disk.toml"));
    CHECK(has(offers("imgcompose inspect dis"), "disk.img"));
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
        if (line.rfind("Commands:", 0) == 0) listed = true;
        else if (line.empty()) listed = false;
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
    for (const char* words : {"fB--svgfR fIFILE", "fB--inputsfR fIDIR", ".B 128 + N"}) CHECK(text.find(words) != std::string::npos);
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

TEST_CASE("output that is lost is an error of every command") {
    const command_folder in;
    REQUIRE(in("build " + shipped("nanopi-r2s") + " --inputs . -q -o disk.img").status == 0);
    in.write("x.cfg", "image x.img { hdimage {} partition a { image = \"Image\" } }\n");
    in.write("other/rootfs/file", "x");
    REQUIRE(in("mkfs fat --from other -q -o other.img").status == 0);
    const std::string described = shipped("nanopi-r2s") + " --inputs .";
    for (const std::string& arguments :
         {std::string{"--help"}, std::string{"--version"}, std::string{"mkfs --help"}, std::string{"boards"}, std::string{"boards --json"},
          "build " + described + " -q --digest -o made.img", "plan " + described, "plan --json " + described,
          std::string{"mkfs fat --from rootfs -q --digest -o fs.img"}, std::string{"inspect disk.img"}, std::string{"inspect --json disk.img"},
          std::string{"inspect --svg - disk.img"}, std::string{"extract --partition 1 disk.img"},
          std::string{"extract --partition 2 --files disk.img"}, std::string{"import-genimage x.cfg"},
          std::string{"completion bash"}, std::string{"completion zsh"}, std::string{"completion fish"}, std::string{"man"}}) {
        const auto r = in(arguments + " >/dev/full");
        INFO(arguments << ": " << r.output);
        CHECK(r.status == 1);
        CHECK(has(r.output, "imgcompose: cannot write to standard output: No space left on device"));
    }
    for (const char* arguments : {"diff disk.img other.img", "diff --json disk.img disk.img", "lint disk.img", "lint --json disk.img"}) {
        const auto r = in(std::string{arguments} + " >/dev/full");
        INFO(arguments << ": " << r.output);
        CHECK(r.status == 2);
        CHECK(has(r.output, "imgcompose: cannot write to standard output"));
    }
}

TEST_CASE("the command alone prints its help") {
    const command_folder in;
    const auto r = in("");
    CHECK(r.status == 2);
    CHECK(r.output == in("--help").output);
}

TEST_CASE("a misspelt command or option is told with what was probably meant") {
    const command_folder in;
    CHECK(in("biuld d.toml").output.find("did you mean build?") != std::string::npos);
    CHECK(in("build d.toml --ouput x").output.find("did you mean --output?") != std::string::npos);
    CHECK(in("mkfs ext4 --form rootfs -o x").output.find("did you mean --from?") != std::string::npos);
    CHECK(in("zzzzzz").output.find("did you mean") == std::string::npos);
}
