// SPDX-License-Identifier: BSL-1.0
// Filesystems made for tests, and what e2fsprogs say of them.
#pragma once

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/tree/steps.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/write.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace imgcompose_test {

/// Writes what `r` makes of `size` to `path`.
inline void make_file(const imgcompose::recipe& r, const imgcompose::size_rule& size, const std::string& path) {
    imgcompose::write(imgcompose::standalone(r, size), imgcompose::sparse_file(path));
}

/// What e2fsck and dumpe2fs say beyond their summaries; empty for a sound filesystem.
inline std::string complaints(const std::string& path) {
    const auto fsck = run("e2fsck -fn " + word(path));
    std::string found = fsck.status == 0 ? "" : "e2fsck exits " + std::to_string(fsck.status) + "\n";
    std::istringstream lines(fsck.output);
    for (std::string line; std::getline(lines, line);) {
        const bool usual = line.empty() || line.starts_with("e2fsck 1.") || line.starts_with("Pass ") ||
                           line.find(" files (") != std::string::npos;
        if (!usual) found += line + '\n';
    }
    return found +
           run("dumpe2fs " + word(path) + " 2>&1 | grep -E 'EXPECTED|INVALID|needs_recovery|[Cc]orrupt'").output;
}

/// A tree of `count` files of a few bytes in the directory /many, with `longer` added to each name.
inline imgcompose::tree many_files(std::uint32_t count, const std::string& longer = {}) {
    namespace ic = imgcompose;
    ic::tree t;
    const auto parent = t.make_directories("/many");
    const auto content = t.add_image(std::make_shared<const ic::image>(ic::from_text("content of a small file\n")));
    for (std::uint32_t i = 0; i < count; ++i)
        t.link_unchecked(
            parent, "name-" + std::to_string(i * 7919u % count) + "-" + std::to_string(i) + longer,
            t.add_inode({.size = 24, .content = content, .mode = 0644, .files = ic::tree::content_is_image}));
    return t;
}

/// Says so if the programs are missing that can judge a filesystem.
inline bool tools_are_missing() {
    if (have("e2fsck") && have("dumpe2fs") && have("debugfs")) return false;
    WARN("skipped: e2fsck, dumpe2fs or debugfs not found");
    return true;
}

/// One of everything that ext4 can hold.
inline imgcompose::tree mixed_tree() {
    using namespace imgcompose;
    tree t = many_files(600);
    const auto text = [](std::size_t n) { return from_text(std::string(n, 'x')); };
    t = std::move(t) | add("/size/0", text(0)) | add("/size/1", text(1)) | add("/size/4096", text(4096)) |
        add("/size/4097", text(4097)) |
        add("/setuid", text(5), {.uid = 70000, .gid = 4000000000, .mode = std::uint16_t{06755}}) |
        hard_link("/also", "/setuid") | add("/early", text(1), {.mtime = timestamp{-2147483648, 1}}) |
        add("/late", text(1), {.mtime = timestamp{15032385535, 999999999}}) |
        make_directory("/sticky", {.mode = std::uint16_t{01777}}) | fifo("/fifo") | socket("/socket") |
        character_device("/null", {1, 3}) | block_device("/large", {259, 100000}) |
        add("/" + std::string(255, 'n'), text(2)) | add("/\xff\xfe", text(2));
    for (const std::size_t n : {1u, 59u, 60u, 61u, 255u, 1000u})
        t = std::move(t) | symlink("/link-" + std::to_string(n), std::string(n, 'l'));
    image holes{bytes{5} * (1ull << 30)};
    for (std::uint64_t i = 0; i < 700; ++i) holes.place(offset{bytes{i * 8192}}, text(4096));
    holes.place(offset{bytes{4ull << 30}}, text(10));
    t = std::move(t) | add("/holes", holes);
    const std::string acl("\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\7\0\xe8\3\0\0\4\0\4\0\xff\xff\xff\xff\x10\0\7\0\xff\xff"
                          "\xff\xff\x20\0\4\0\xff\xff\xff\xff",
                          44);
    t = std::move(t) | add("/acl", text(3), {.xattrs = {{"system.posix_acl_access", acl}}}) |
        add("/cap", text(3),
            {.xattrs = {{"security.capability", std::string("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)}}});
    for (int i = 0; i < 1500; ++i)
        t = std::move(t) |
            add("/shared/" + std::to_string(i), text(1), {.xattrs = {{"user.shared", std::string(300, 's')}}});
    return t;
}

/// A filesystem mounted read-write by the kernel, until the end of its scope. `works` is false, and a word said, where
/// that is not possible.
class mounted {
public:
    mounted(const std::string& image, std::string at, const std::string& options = "loop") : at_(std::move(at)) {
        if (!is_root()) {
            WARN("skipped: mounting needs root");
            return;
        }
        const auto said =
            run("mkdir -p " + word(at_) + " && mount -t ext4 -o " + options + ' ' + word(image) + ' ' + word(at_));
        works = said.status == 0;
        if (works) return;
        // Whether this kernel mounts anything is told by what mke2fs makes.
        const std::string other = at_ + ".mke2fs";
        const auto can = run("truncate -s 8M " + word(other) + " && mke2fs -q -t ext4 " + word(other) +
                             " && mount -o loop " + word(other) + ' ' + word(at_) + " && umount " + word(at_));
        if (can.status == 0) FAIL("the kernel does not mount it: " << said.output);
        WARN("skipped: no loop device");
    }
    mounted(const mounted&) = delete;
    mounted& operator=(const mounted&) = delete;
    ~mounted() {
        if (works) CHECK(unmount() == "");
    }
    std::string unmount() {
        works = false;
        return run("umount " + word(at_)).output;
    }
    [[nodiscard]] run_result operator()(const std::string& script) const {
        return run("cd " + word(at_) + " && set -e\n" + script);
    }
    bool works = false;

private:
    std::string at_;
};

} // namespace imgcompose_test
