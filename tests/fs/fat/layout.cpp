// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/fat/layout.hpp>

#include <tests/support/catch.hpp>

using namespace imgcompose;

namespace {
fat_shape shape(fat_type t, std::uint64_t per_cluster, std::uint64_t sector = 512) {
    return {.type = t,
            .sector = sector,
            .per_cluster = per_cluster,
            .reserved = t == fat_type::fat32 ? 32u : 1u,
            .root_entries = t == fat_type::fat32 ? 0u : 512u};
}
/// What every reader works out again from the boot sector, and what must hold for it to be right.
void check_sound(const fat_geometry& g) {
    CHECK(g.clusters == (g.total - g.data_at()) / g.per_cluster);
    CHECK((g.clusters + 2) * bits_of(g.type) <= g.fat_sectors * g.sector * 8);
    CHECK(g.total % g.tracks.sectors == 0);
    CHECK(g.total <= 0xffffffff);
    CHECK(g.reserved <= 0xffff);
}
} // namespace

TEST_CASE("a 64 MiB FAT16 is laid out as mkfs.vfat does") {
    const auto g = detail::fat_filling(shape(fat_type::fat16, 4), 131072);
    REQUIRE(g);
    CHECK(g->reserved == 4);
    CHECK(g->fat_sectors == 128);
    CHECK(g->root_sectors == 32);
    CHECK(g->clusters == 32695);
    CHECK(g->tracks.heads == 8);
    CHECK(g->offset_of(cluster_number{2}) == offset{292_sectors});
    CHECK(g->offset_of(cluster_number{3}) == offset{296_sectors});
}

TEST_CASE("whatever the size, the numbers agree with each other") {
    const auto t = GENERATE(fat_type::fat12, fat_type::fat16, fat_type::fat32);
    const auto per_cluster = GENERATE(1u, 2u, 8u, 128u);
    const auto sector = GENERATE(512u, 4096u);
    int made = 0;
    for (std::uint64_t space = 40; space < 0x180000000; space += space / 7 + 1) {
        const auto g = detail::fat_filling(shape(t, per_cluster, sector), space);
        if (!g) continue;
        ++made;
        CHECK(g->total <= space);
        check_sound(*g);
    }
    CHECK(made > 40);
}

TEST_CASE("the smallest filesystem for a number of clusters has room for them and hardly more") {
    const auto t = GENERATE(fat_type::fat12, fat_type::fat16, fat_type::fat32);
    const auto per_cluster = GENERATE(1u, 4u, 64u);
    const auto sector = GENERATE(512u, 4096u);
    const auto range = clusters_of(t);
    for (const std::uint64_t n :
         {std::uint64_t{0}, std::uint64_t{1}, range.least - 1, range.least, range.least + 1, range.least + 1000,
          std::min<std::uint64_t>(range.most, 200000) - 1, std::min<std::uint64_t>(range.most, 200000)}) {
        const auto g = detail::fat_holding(shape(t, per_cluster, sector), n);
        REQUIRE(g);
        check_sound(*g);
        CHECK(range.contains(g->clusters));
        CHECK(g->clusters >= n);
        CHECK(g->clusters <= std::max(n, range.least) + 63 / per_cluster + 1);
    }
    CHECK_FALSE(detail::fat_holding(shape(t, per_cluster, sector), range.most + 1));
}

TEST_CASE("the numbers of clusters on which readers disagree are never made") {
    CHECK_FALSE(clusters_of(fat_type::fat12).contains(4085));
    CHECK_FALSE(clusters_of(fat_type::fat16).contains(4086));
    CHECK_FALSE(clusters_of(fat_type::fat16).contains(65525));
    CHECK_FALSE(clusters_of(fat_type::fat32).contains(65524));
    CHECK(clusters_of(fat_type::fat12).contains(4084));
    CHECK(clusters_of(fat_type::fat16).contains(4087));
    CHECK(clusters_of(fat_type::fat32).contains(65525));
}

TEST_CASE("the data area is aligned on the medium, not in the partition") {
    auto s = shape(fat_type::fat32, 8);
    s.before = 63;
    s.data_alignment = 2048;
    const auto filling = detail::fat_filling(s, 4'000'000);
    REQUIRE(filling);
    check_sound(*filling);
    CHECK((63 + filling->data_at()) % 2048 == 0);
    const auto least = detail::fat_holding(s, 70000);
    REQUIRE(least);
    check_sound(*least);
    CHECK((63 + least->data_at()) % 2048 == 0);
    s.data_alignment = 131072; // more than 65535 reserved sectors
    CHECK_FALSE(detail::fat_filling(s, 4'000'000));
}

TEST_CASE("there is no filesystem without room for one cluster") {
    CHECK_FALSE(detail::fat_filling(shape(fat_type::fat12, 1), 0));
    CHECK_FALSE(detail::fat_filling(shape(fat_type::fat12, 1), 35));
    CHECK_FALSE(detail::fat_filling(shape(fat_type::fat32, 1), 33));
    CHECK(detail::fat_filling(shape(fat_type::fat12, 1), 48));
}
