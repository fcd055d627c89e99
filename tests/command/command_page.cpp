// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <examples/imgcompose/options.hpp>

#include <tests/support/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace imgcompose_test;

namespace {

constexpr std::string_view example_begin = "```console\n$ imgcompose ", example_end = "```\n";

/// The page with what the commands in it print now.
std::string printed_anew(const std::string& page) {
    const command_folder in;
    std::filesystem::create_directory_symlink(source_dir() / "examples", in / "examples");
    in.write("genimage.cfg", read_file(source_dir() / "docs" / "coming-from" / "genimage.cfg"));
    in.write("u-boot.bin", "content of u-boot.bin");
    const std::string old = shipped("nanopi-r2s") + " --inputs . -q -o ";
    REQUIRE(in("build " + old + "old.img").status == 0);
    const std::string before = in.read("rootfs/etc/hostname");
    in.write("rootfs/etc/hostname", "another\n");
    in.write("rootfs/etc/motd", "welcome\n");
    REQUIRE(in("build " + old + "new.img --set partition.boot.size=256MiB").status == 0);
    in.write("rootfs/etc/hostname", before);
    std::filesystem::remove(in / "rootfs/etc/motd");
    REQUIRE(in.shell("find . -exec touch -h -d @1000000000 {} + && chmod -R u=rwX,go=rX rootfs").status == 0);
    std::string out;
    std::size_t at = 0;
    for (;;) {
        const auto found = page.find(example_begin, at);
        if (found == page.npos) return out + page.substr(at);
        const auto line = found + example_begin.size(), line_end = page.find('\n', line);
        const auto block_end = page.find(example_end, line_end);
        out += page.substr(at, line_end + 1 - at);
        const std::string arguments = page.substr(line, line_end - line);
        const auto r = in(arguments, "COLUMNS=100");
        INFO(arguments << ": " << r.output);
        CHECK(r.status <= 1);
        out += r.output;
        at = block_end;
    }
}

} // namespace

// IMGCOMPOSE_UPDATE_DOCS=1 writes the page anew.
TEST_CASE("docs/command.md shows what the commands print") {
    const auto path = source_dir() / "docs" / "command.md";
    const std::string page = read_file(path), now = printed_anew(page);
    if (std::getenv("IMGCOMPOSE_UPDATE_DOCS") != nullptr) write_file(path, now);
    else CHECK(page == now);
}

TEST_CASE("docs/command.md has a section for every command, and every key of the JSON that they print") {
    const std::string page = read_file(source_dir() / "docs" / "command.md");
    for (const command::subcommand& c : command::options::commands) {
        INFO(std::string{c.name});
        CHECK(page.find("\n### " + std::string{c.name} + "\n") != std::string::npos);
    }
    if (!have("python3")) {
        WARN("skipped: python3 not found");
        return;
    }
    const command_folder in;
    const std::string described = shipped("nanopi-r2s") + " --inputs . ";
    REQUIRE(in("build " + described + "-q -o a.img").status == 0);
    REQUIRE(in("build " + described + "-q -o b.img --set image.seed=other").status == 0);
    in.write("keys.py", "import json, sys\n"
                        "def keys(v):\n"
                        "    for x in v.values() if isinstance(v, dict) else v if isinstance(v, list) else []: yield from keys(x)\n"
                        "    if isinstance(v, dict): yield from v\n"
                        "page = open(sys.argv[1]).read()\n"
                        "print(*sorted({k for k in keys(json.load(sys.stdin)) if f'`{k}`' not in page}))\n");
    const std::string missing = " | python3 keys.py " + word((source_dir() / "docs" / "command.md").string());
    for (const std::string& arguments : {std::string{"inspect --json a.img"}, "plan --json " + described, std::string{"diff --json a.img b.img"},
                                         std::string{"lint --json a.img --board rock-5a"}, std::string{"boards --json"}}) {
        INFO(arguments);
        CHECK(in(arguments + missing).output == "\n");
    }
}
