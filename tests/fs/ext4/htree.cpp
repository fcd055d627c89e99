// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/ext4/htree.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <cstdio>
#include <string>

using namespace imgcompose;
using namespace imgcompose_test;

TEST_CASE("names hash as debugfs hashes them") {
    if (!have("debugfs")) {
        WARN("skipped: debugfs not found");
        return;
    }
    const std::string seed_text = "01234567-89ab-cdef-0123-456789abcdef";
    const uuid seed_value = parse_uuid(seed_text);
    std::string long_name;
    for (int i = 0; i < 255; ++i) long_name += static_cast<char>('a' + i % 26);
    const std::string names[] = {"a",
                                 "abc",
                                 "abcd",
                                 "hello",
                                 std::string(31, 'x'),
                                 std::string(32, 'y'),
                                 std::string(33, 'z'),
                                 std::string(64, 'q'),
                                 "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80",
                                 long_name};
    for (const std::string& name : names) {
        char expected[32];
        std::snprintf(expected, sizeof expected, "is 0x%x ", ext4_name_hash(name, seed_value));
        const auto said = run("debugfs -R 'dx_hash -h half_md4 -s " + seed_text + " " + name + "' /dev/null");
        INFO(name << ": " << said.output);
        CHECK(said.output.find(expected) != std::string::npos);
    }
}

TEST_CASE("the lowest bit of a hash is free for the continuation mark") {
    for (int i = 0; i < 1000; ++i) CHECK((ext4_name_hash("name" + std::to_string(i), uuid{}) & 1) == 0);
}

TEST_CASE("an index grows a level when the one above is full") {
    const htree_shape limits = ext4_htree_limits(4096, true);
    CHECK(limits.root_limit == 507);
    CHECK(limits.node_limit == 510);
    CHECK(ext4_htree_shape(4096, true, 507).levels == 0);
    CHECK(ext4_htree_shape(4096, true, 508).levels == 1);
    CHECK(ext4_htree_shape(4096, true, 508).nodes[0] == 1);
    CHECK(ext4_htree_shape(4096, true, 507ull * 510).levels == 1);
    CHECK(ext4_htree_shape(4096, true, 507ull * 510 + 1).levels == 2);
    CHECK(ext4_htree_shape(1024, true, 123ull * 126 * 126 + 1).levels == 3);
}
