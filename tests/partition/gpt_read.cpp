// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/partition/gpt_read.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/partition/gpt.hpp>

#include <tests/support/catch.hpp>

#include <array>

namespace ic = imgcompose;
using namespace imgcompose::literals;

namespace {

struct made_gpt {
    std::array<ic::gpt_partition, 2> partitions{
        ic::gpt_partition{.name = "boot \xc3\xa4",
                          .type = ic::partition_type::esp,
                          .first = {64},
                          .last = {127},
                          .attributes = ic::gpt_attributes::legacy_bios_bootable},
        ic::gpt_partition{.name = "123456789012345678901234567890123456", .first = {128}, .last = {1000}}};
    ic::gpt_table table{.disk_size = 2_MiB, .ids = ic::seed{"read"}, .entry_count = 56, .partitions = partitions};
    ic::gpt_bytes raw = ic::make_gpt(table);
};

} // namespace

TEST_CASE("a header and its entries are read as they were written") {
    const made_gpt m;
    const ic::gpt_layout l = ic::layout_of(m.table);
    const auto h = ic::read_gpt_header(std::span{m.raw.head}.subspan(512));
    REQUIRE(h);
    CHECK(h->checksum_right);
    CHECK(h->my_lba == ic::lba{1});
    CHECK(h->alternate_lba == l.backup_header);
    CHECK(h->first_usable == l.first_usable);
    CHECK(h->last_usable == l.last_usable);
    CHECK(h->entry_array == ic::lba{2});
    CHECK(h->entry_count == 56);
    CHECK(h->sizes_possible());
    CHECK(h->disk_id == ic::disk_id_of(m.table));
    CHECK(ic::crc32(std::span{m.raw.entry_array}.first(h->entry_array_size().count)) == h->entry_array_crc32);

    const auto entries = ic::read_gpt_entries(m.raw.entry_array, h->entry_size);
    REQUIRE(entries.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(entries[i].number == i + 1);
        CHECK(entries[i].name == m.partitions[i].name);
        CHECK(entries[i].type == m.partitions[i].type);
        CHECK(entries[i].id == ic::partition_id_of(m.table, i));
        CHECK(entries[i].first == m.partitions[i].first);
        CHECK(entries[i].last == m.partitions[i].last);
        CHECK(entries[i].attributes == m.partitions[i].attributes);
    }
}

TEST_CASE("the backup's header is read from the end of its sectors") {
    const made_gpt m;
    const auto h = ic::read_gpt_header(std::span{m.raw.backup}.last(512));
    REQUIRE(h);
    CHECK(h->checksum_right);
    CHECK(h->alternate_lba == ic::lba{1});
}

TEST_CASE("every changed byte of a header is noticed") {
    const made_gpt m;
    for (std::size_t at = 0; at < 92; ++at) {
        std::vector<std::byte> sector(m.raw.head.begin() + 512, m.raw.head.end());
        sector[at] ^= std::byte{1};
        const auto h = ic::read_gpt_header(sector);
        CHECK((!h || !h->checksum_right));
    }
}

TEST_CASE("what is no header is none, and impossible sizes are told") {
    CHECK_FALSE(ic::read_gpt_header({}));
    CHECK_FALSE(ic::read_gpt_header(std::vector<std::byte>(512)));
    ic::found_gpt_header h{.entry_count = 128, .entry_size = 128};
    CHECK(h.sizes_possible());
    for (const auto& [count, size] :
         {std::pair{0u, 128u}, {128u, 0u}, {128u, 64u}, {128u, 130u}, {0xffffffffu, 0xffffff80u}}) {
        h.entry_count = count, h.entry_size = size;
        CHECK_FALSE(h.sizes_possible());
    }
    CHECK(ic::read_gpt_entries(std::vector<std::byte>(1000, std::byte{1}), 0).empty());
    CHECK(ic::read_gpt_entries(std::vector<std::byte>(255, std::byte{1}), 128).size() ==
          1); // an incomplete one is left out
}
