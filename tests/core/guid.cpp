// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/core/guid.hpp>

#include <tests/support/catch.hpp>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;

namespace {
constexpr ic::uuid linux_data = "0fc63daf-8483-4772-8e79-3d69d8477de4"_uuid;
}

TEST_CASE("text becomes a UUID and the same text again, in either case") {
    CHECK(to_string(linux_data) == "0fc63daf-8483-4772-8e79-3d69d8477de4");
    static_assert(ic::parse_uuid("0FC63DAF-8483-4772-8E79-3D69D8477DE4") == linux_data);
    static_assert(ic::uuid{}.is_nil() && !linux_data.is_nil());
    CHECK(to_string(ic::uuid{}) == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("GPT stores the first three groups little-endian") {
    constexpr ic::guid stored = to_disk(linux_data); // UEFI 2.10, appendix A
    static_assert(stored.stored[0] == 0xaf && stored.stored[3] == 0x0f && stored.stored[4] == 0x83);
    static_assert(stored.stored[6] == 0x72 && stored.stored[8] == 0x8e && stored.stored[15] == 0xe4);
    static_assert(from_disk(stored) == linux_data);
}

TEST_CASE("what is not a UUID is refused with the form that is") {
    for (const char* text : {"", "0fc63daf-8483-4772-8e79-3d69d8477de", "0fc63daf-8483-4772-8e79-3d69d8477de45",
                             "0fc63daf-8483-4772-8e79-3d69d8477dg4", "0fc63daf08483-4772-8e79-3d69d8477de4",
                             "0fc63daf-8483-4772-8e79-3d69d847-de4", "{fc63daf-8483-4772-8e79-3d69d8477de}"})
        CHECK_THROWS_MATCHES(ic::parse_uuid(text), ic::input_error, says("is not a UUID; write it as 8-4-4-4-12"));
}

TEST_CASE("identifiers come from the seed and the name alone") {
    constexpr ic::seed a{"card"}, b{"other"};
    static_assert(a.derive_uuid("disk") == ic::seed{"card"}.derive_uuid("disk"));
    static_assert(a.derive_uuid("disk") != b.derive_uuid("disk") && a.derive_uuid("disk") != a.derive_uuid("root"));
    static_assert(a.for_part("root") != a && a.for_part("root").derive_uuid("disk") != a.derive_uuid("disk"));
    static_assert(ic::seed{} != a && a.derive_u32("serial") != a.derive_u32("hash"));
    constexpr auto raw = a.derive_uuid("disk").raw;
    static_assert((raw[6] & 0xf0) == 0x80 && (raw[8] & 0xc0) == 0x80); // version 8, variant 10
}
