// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/profile.hpp>

#include <tests/fs/ext4/made.hpp>
#include <tests/support/catch.hpp>

#include <imgcompose/image/read.hpp>

#include <chrono>
#include <cstddef>
#include <string>

using namespace imgcompose;
using namespace imgcompose_test;

TEST_CASE("text that would end at a NUL is refused") {
    using namespace std::string_literals;
    CHECK_THROWS_MATCHES(ext4({}, {.label = "a\0b"s})->smallest_size({}), input_error, says("\"a\\x00b\" holds a NUL"));
    CHECK_THROWS_MATCHES(ext4({}, {.mount_options = "ro\0"s})->smallest_size({}), input_error, says("mount_options"));
}

TEST_CASE("the superblock's times have the bits that 32 cannot hold, and what no inode can hold is refused") {
    const auto made = [](std::int64_t epoch, std::uint16_t inode_size = 256) {
        const surroundings where{.epoch = std::chrono::seconds{epoch}};
        return read_all(ext4({}, {.inode_size = inode_size})->make(8_MiB, where));
    };
    using ext4_format::superblock;
    const auto at = [](const owned_bytes& fs, std::size_t field) {
        return static_cast<unsigned>(fs[ext4_format::superblock_offset + field]);
    };
    const owned_bytes late = made((std::int64_t{3} << 32) + 0x01020304);
    for (const std::size_t low : {offsetof(superblock, s_wtime), offsetof(superblock, s_mkfs_time),
                                  offsetof(superblock, s_lastcheck)})
        CHECK(at(late, low) == 4);
    for (const std::size_t high : {offsetof(superblock, s_wtime_hi), offsetof(superblock, s_mkfs_time_hi),
                                   offsetof(superblock, s_lastcheck_hi)})
        CHECK(at(late, high) == 3);
    CHECK(at(made(1), offsetof(superblock, s_wtime_hi)) == 0);
    CHECK_NOTHROW(made((std::int64_t{1} << 34) - (std::int64_t{1} << 31) - 1));
    CHECK_THROWS_MATCHES(made((std::int64_t{1} << 34) - (std::int64_t{1} << 31)), input_error,
                         says("the epoch is 15032385536 seconds from 1970; for a filesystem of these inodes 0 to "
                              "15032385535 are possible"));
    CHECK_THROWS_MATCHES(made(-1), input_error, says("the epoch is -1"));
    CHECK_THROWS_MATCHES(made(std::int64_t{1} << 31, 128), input_error, says("0 to 2147483647"));
}

TEST_CASE("what is too large for a block is refused with larger blocks as the remedy") {
    const tree link = tree{} | symlink("/s", std::string(1024, 'l'));
    CHECK_THROWS_MATCHES(ext4(link, {.block_size = bytes{1024}})->smallest_size({}), input_error,
                         says("symbolic link \"/s\" has 1024 bytes; ext4 with blocks of 1024 bytes holds at most 1023; "
                              "use larger blocks"));
    CHECK_NOTHROW(ext4(link)->smallest_size({}));
    const tree file = tree{} | add("/f", image{bytes{4ull << 40}});
    CHECK_THROWS_MATCHES(ext4(file, {.block_size = bytes{1024}})->smallest_size({}), input_error,
                         says("ext4 with blocks of 1024 bytes holds at most 4398046510080; use larger blocks"));
    CHECK_NOTHROW(ext4(file)->smallest_size({}));
}
