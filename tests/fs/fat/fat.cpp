// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/fs/fat/fat.hpp>

#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/fs/fat/directory.hpp>
#include <imgcompose/fs/fat/format.hpp>
#include <imgcompose/fs/fat/short_name.hpp>
#include <imgcompose/fs/fat/write.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/fs/fat/made.hpp>
#include <tests/support/catch.hpp>

#include <map>

using namespace imgcompose;
using imgcompose_test::add_file;
using imgcompose_test::add_image;
using imgcompose_test::add_node;
using imgcompose_test::add_symlink;
using imgcompose_test::says;

namespace {

fat_directory_entry entry_at(const image& from, offset at) {
    owned_bytes raw(sizeof(fat_directory_entry));
    read(from, at, raw);
    return struct_from<fat_directory_entry>(raw);
}
template <class T> T struct_at(const image& from, offset at) {
    owned_bytes raw(sizeof(T));
    read(from, at, raw);
    return struct_from<T>(raw);
}
offset region_of(const image& from, std::string_view name) {
    for (const auto& r : from.regions())
        if (from.name_of(r) == name) return r.at;
    FAIL("no region " << name);
    return {};
}
std::string label_text(const std::array<char, 11>& name) { return {name.begin(), name.end()}; }

/// Files of a cluster each; the last one byte larger.
tree filled(std::uint64_t files, std::uint64_t size) {
    tree t;
    for (std::uint64_t i = 0; i < files; ++i)
        add_image(t, text::join("/d", i / 1000, "/", i), fill(bytes{size}, std::byte{7}));
    return t;
}

} // namespace

TEST_CASE("a small tree becomes a filesystem with everything at its place") {
    tree t;
    add_file(t, "/README.TXT", "hello");
    add_file(t, "/dir/Long name", "world");
    const image i = fat_image(t, {.label = "BOOT", .volume_id = 0x12345678}, 4_MiB);
    CHECK(i.size() == bytes{4_MiB});

    const auto boot = struct_at<fat16_boot_sector>(i, {});
    CHECK(from_disk(boot.signature) == 0xaa55);
    CHECK(from_disk(boot.volume.vol_id) == 0x12345678);
    CHECK(label_text(boot.volume.vol_lab) == "BOOT       ");
    CHECK(std::string(boot.volume.fil_sys_type.begin(), boot.volume.fil_sys_type.end()) == "FAT12   ");

    const offset root = region_of(i, "root directory");
    const auto label = entry_at(i, root), dir = entry_at(i, root + 64_B), readme = entry_at(i, root + 32_B);
    CHECK(label_text(label.name) == "BOOT       ");
    CHECK(label.attr == 0x08);
    CHECK(label_text(readme.name) == "README  TXT");
    CHECK(from_disk(readme.file_size) == 5);
    CHECK(readme.attr == 0x20);
    CHECK(label_text(dir.name) == "DIR        ");
    CHECK(dir.nt_res == 0x08);
    CHECK(dir.attr == 0x10);
    CHECK(from_disk(dir.fst_clus_lo) == 2);
    CHECK(entry_at(i, root + 96_B).name[0] == '\0');

    const offset directories = region_of(i, "directories");
    CHECK(label_text(entry_at(i, directories).name) == ".          ");
    CHECK(from_disk(entry_at(i, directories + 32_B).fst_clus_lo) == 0); // of the top directory
    CHECK(entry_at(i, directories + 64_B).attr == 0x0f);
    CHECK(label_text(entry_at(i, directories + 96_B).name) == "LONGNA~1   ");
    std::string content(5, '\0');
    read(i, region_of(i, "files"), std::as_writable_bytes(std::span{content}));
    CHECK(content == "hello");
}

TEST_CASE("a long name is spread over its entries, the end first") {
    // 12 units, 13 (no terminator), 14, and the longest there is; the last with a surrogate pair across two entries.
    for (const std::string& name :
         {std::string("twelve units"), std::string("thirteenunits"), std::string("fourteen units"),
          std::string(255, 'n'), std::string("twelve units\xf0\x9f\x98\x80")}) {
        tree t;
        add_file(t, "/" + name);
        const image i = fat_image(t, {}, 4_MiB);
        const offset root = region_of(i, "root directory");
        const auto expected = fat_long_name(name, [] { return std::string{}; });
        const std::size_t count = (expected.size() + 12) / 13;
        const auto short_entry = entry_at(i, root + bytes{32 * count});
        std::u16string units;
        for (std::size_t k = count; k-- != 0;) {
            const auto e = struct_at<fat_long_name_entry>(i, root + bytes{32 * k});
            CHECK(e.ord == (k == 0 ? (count | 0x40) : count - k));
            CHECK(e.attr == 0x0f);
            CHECK(e.chksum == fat_checksum(short_entry.name));
            for (const auto& u : e.name1) units += static_cast<char16_t>(from_disk(u));
            for (const auto& u : e.name2) units += static_cast<char16_t>(from_disk(u));
            for (const auto& u : e.name3) units += static_cast<char16_t>(from_disk(u));
        }
        CHECK(units.substr(0, expected.size()) == expected);
        if (units.size() > expected.size()) CHECK(units[expected.size()] == u'\0');
        if (units.size() > expected.size() + 1)
            CHECK(units.find_first_not_of(u'\xffff', expected.size() + 1) == units.npos);
        CHECK(short_entry.attr == 0x20);
    }
}

TEST_CASE("directories below directories without end are no problem") {
    tree t;
    auto at = top_directory;
    for (int k = 0; k < 20'000; ++k) {
        const auto next = t.add_inode({.mode = 0755, .type = file_type::directory});
        t.link_unchecked(at, "d", next);
        at = next;
    }
    CHECK(fat_image(t, {.cluster_size = 512_B}, 16_MiB).size() == bytes{16_MiB});
}

TEST_CASE("free clusters are undefined, what is left of a used one is zero") {
    tree t;
    add_file(t, "/a", "x");
    const image i = fat_image(t, {.cluster_size = 4096_B}, 16_MiB);
    const offset file = region_of(i, "files");
    offset end{};
    std::map<byte_kind, std::uint64_t> of_kind;
    for (const auto& e : i.extents()) {
        CHECK(e.at == end); // nothing before the last used cluster is left open
        end = e.end();
        of_kind[e.kind()] += e.size.count;
    }
    CHECK(end == file + 4096_B);
    CHECK(of_kind[byte_kind::data] < 8 * 512);
    CHECK(of_kind[byte_kind::undefined] == 0);
}

TEST_CASE("holes of files are clusters of zeros") {
    tree t;
    image sparse{3_MiB};
    sparse.place(offset{1_MiB}, from_text("middle"));
    add_image(t, "/sparse", sparse);
    const image i = fat_image(t, {}, 64_MiB);
    const offset file = region_of(i, "files");
    CHECK(i.extents().back().kind() == byte_kind::zero);
    CHECK(i.extents().back().end() == file + 3_MiB);
    std::string content(6, '\0');
    read(i, file + 1_MiB, std::as_writable_bytes(std::span{content}));
    CHECK(content == "middle");
}

TEST_CASE("the type follows from the number of clusters, or is what was asked for") {
    const auto type_of = [](bytes size, const fat_options& o) {
        const image i = fat_image(tree{}, o, size);
        const auto small = struct_at<fat16_boot_sector>(i, {});
        const auto large = struct_at<fat32_boot_sector>(i, {});
        return from_disk(small.bpb.fat_sz16) == 0 ? std::string(large.volume.fil_sys_type.data(), 5)
                                                  : std::string(small.volume.fil_sys_type.data(), 5);
    };
    CHECK(type_of(1_MiB, {}) == "FAT12");
    CHECK(type_of(16_MiB, {}) == "FAT16");
    CHECK(type_of(16_MiB, {.type = fat_type::fat12}) == "FAT12");
    CHECK(type_of(511_MiB, {}) == "FAT16");
    CHECK(type_of(512_MiB, {}) == "FAT32");
    CHECK(type_of(64_MiB, {.type = fat_type::fat32}) == "FAT32");
    CHECK(type_of(80_MiB, {.type = fat_type::fat16, .cluster_size = 16384_B}) == "FAT16");
    CHECK(type_of(2_GiB, {.cluster_size = 65536_B}) == "FAT16");
}

TEST_CASE("a forced type of an impossible size is refused, saying which size is possible") {
    CHECK_THROWS_MATCHES(fat_image(tree{}, {.type = fat_type::fat32}, 30_MiB), layout_error,
                         says("FAT32 of this tree needs at least"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {.type = fat_type::fat16}, 1_MiB), layout_error,
                         says("FAT16 of this tree needs at least"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {.type = fat_type::fat12}, 8_GiB), layout_error,
                         says("would leave most of them unused"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {.type = fat_type::fat16, .cluster_size = 512_B}, 64_MiB), layout_error,
                         says("choose larger clusters or another type"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {}, 3_TiB), layout_error, says("would leave most of them unused"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {}, 512_B), layout_error, says("bytes are missing"));
    CHECK_THROWS_MATCHES(fat_image(tree{}, {}, 0_B), layout_error, says("bytes are missing"));
}

TEST_CASE("the smallest size works and one sector less is refused before anything is made") {
    const auto type = GENERATE(fat_type::automatic, fat_type::fat12, fat_type::fat16, fat_type::fat32);
    const auto sector = GENERATE(512u, 4096u);
    const auto files = GENERATE(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{70}, std::uint64_t{3000});
    const surroundings where{.sector_size = bytes{sector}};
    const recipe r = fat(filled(files, 4097), {.type = type});
    const bytes least = r->smallest_size(where);
    CHECK(least.count % sector == 0);
    const image made = r->make(least, where);
    CHECK(made.size() == least);
    CHECK_THROWS_MATCHES(r->make(least - bytes{sector}, where), layout_error,
                         says(text::join(sector, " bytes are missing")));
    for (const bytes more : {bytes{sector}, bytes{1_MiB}, bytes{17_MiB}})
        CHECK(r->make(least + more, where).size() == least + more);
}

TEST_CASE("a tree that fills every cluster fits, and with one cluster more it does not") {
    // 4084 clusters are all that FAT12 has.
    const fat_options o{.type = fat_type::fat12, .cluster_size = 512_B};
    tree full;
    add_image(full, "/a", fill(bytes{4084 * 512}, std::byte{1}));
    const recipe r = fat(full, o);
    CHECK(r->make(r->smallest_size({}), {}).size() == r->smallest_size({}));
    tree more;
    add_image(more, "/a", fill(bytes{4084 * 512 + 1}, std::byte{1}));
    CHECK_THROWS_MATCHES(fat(more, o)->smallest_size({}), layout_error,
                         says("needs 4085 clusters of 512 bytes, more than FAT12 can have"));

    const bytes least = fat(more, {})->smallest_size({});
    CHECK_THROWS_MATCHES(fat_image(more, {}, least - 512_B), layout_error, says("512 bytes are missing"));
}

TEST_CASE("clusters become smaller when many small files need it") {
    const image usual = fat_image(filled(10, 1), {.type = fat_type::fat32}, 300_MiB);
    CHECK(struct_at<fat32_boot_sector>(usual, {}).bpb.sec_per_clus == 8);
    tree many;
    for (int k = 0; k < 80'000; ++k) {
        const auto directory = many.make_directories(text::join("/", k / 5000));
        many.link_unchecked(directory, text::join(k),
                            many.add_inode({.size = 1, .content = 0, .files = tree::content_is_image}));
    }
    many.add_image(std::make_shared<const image>(from_text("x")));
    const image squeezed = fat_image(many, {.type = fat_type::fat32}, 300_MiB);
    CHECK(struct_at<fat32_boot_sector>(squeezed, {}).bpb.sec_per_clus == 4);
}

TEST_CASE("the root directory of FAT16 grows with what is in it, unless its size is given") {
    tree t;
    for (int k = 0; k < 600; ++k) add_file(t, text::join("/", k));
    const image i = fat_image(t, {.type = fat_type::fat16}, 16_MiB);
    CHECK(from_disk(struct_at<fat_bpb>(i, {}).root_ent_cnt) >= 600);
    CHECK_THROWS_MATCHES(fat_image(t, {.type = fat_type::fat16, .root_entries = 512}, 16_MiB), layout_error,
                         says("needs 600 entries, but 512 were asked for"));
}

TEST_CASE("a directory of more than 2 MiB is refused") {
    tree t;
    const auto directory = t.make_directories("/many");
    for (int k = 0; k < 65'534; ++k)
        t.link_unchecked(directory, text::join(k), t.add_inode({.files = tree::content_is_image}));
    t.add_image(std::make_shared<const image>());
    CHECK(fat(t)->smallest_size({}) > bytes{2_MiB});
    t.link_unchecked(directory, "65534", t.add_inode({.files = tree::content_is_image}));
    CHECK_THROWS_MATCHES(fat(t), input_error, says("\"/many\" needs 65537 entries"));
}

TEST_CASE("names that FAT cannot tell apart are refused, both named") {
    tree t;
    add_file(t, "/d/Readme");
    add_file(t, "/d/README");
    CHECK_THROWS_MATCHES(fat(t), input_error, says("\"README\" and \"Readme\" in \"/d\" are the same name"));
    tree u;
    add_file(u, "/\xc3\xa4");
    add_file(u, "/\xc3\x84");
    CHECK_THROWS_MATCHES(fat(u), input_error, says("are the same name"));
    tree impossible;
    add_file(impossible, "/a/b/what?");
    CHECK_THROWS_MATCHES(fat(impossible), input_error, says("\"/a/b/what?\" has the character \"?\""));
}

TEST_CASE("a file has at most 4 GiB - 1") {
    tree t;
    add_image(t, "/large", zeros(bytes{0xffffffff}));
    CHECK(fat(t)->smallest_size({}) > bytes{4_GiB});
    tree u;
    add_image(u, "/d/larger", zeros(4_GiB));
    CHECK_THROWS_MATCHES(fat(u), input_error, says("\"/d/larger\" has 4294967296 bytes"));
}

TEST_CASE("what FAT has no place for is refused by its path, or skipped, or followed") {
    tree t;
    add_file(t, "/target", "content");
    add_symlink(t, "/d/link", "../target");
    CHECK_THROWS_MATCHES(fat(t), input_error,
                         says("\"/d/link\" is a symbolic link, which FAT cannot hold; choose to follow"));
    const image followed = fat_image(t, {.symlinks = fat_symlinks::follow}, 4_MiB);
    CHECK(from_disk(entry_at(followed, region_of(followed, "directories") + 64_B).file_size) == 7);
    const image skipped = fat_image(t, {.symlinks = fat_symlinks::skip}, 4_MiB);
    CHECK(entry_at(skipped, region_of(skipped, "directories") + 64_B).name[0] == '\0');

    for (const char* target : {"nowhere", "/d", "loop", "../../../d/loop"}) {
        tree bad = t;
        add_symlink(bad, "/d/loop", target);
        CHECK_THROWS_MATCHES(fat(bad, {.symlinks = fat_symlinks::follow}), input_error,
                             says("so it cannot be followed"));
    }
    for (const auto type : {file_type::fifo, file_type::socket, file_type::block_device, file_type::character_device}) {
        tree special;
        add_node(special, "/dev/x", type);
        CHECK_THROWS_MATCHES(fat(special), input_error, says(text::join("\"/dev/x\" is a ", name_of(type))));
        CHECK_NOTHROW(fat(special, {.special_files = fat_special_files::skip}));
    }
}

TEST_CASE("each name of a hard link gets the content") {
    tree t;
    add_file(t, "/a", "twice");
    t.link(top_directory, "b", *t.find("/a"));
    const image i = fat_image(t, {}, 4_MiB);
    const offset root = region_of(i, "root directory");
    CHECK(from_disk(entry_at(i, root).fst_clus_lo) == 2);
    CHECK(from_disk(entry_at(i, root + 32_B).fst_clus_lo) == 3);
    CHECK(from_disk(entry_at(i, root + 32_B).file_size) == 5);
}

TEST_CASE("times are UTC, to two seconds, within what FAT can say") {
    CHECK(fat_time_of({1'700'000'001, 990'000'000}) ==
          fat_time{(2023 - 1980) << 9 | 11 << 5 | 14, 22 << 11 | 13 << 5 | 10, 199});
    CHECK(fat_time_of({0, 0}) == fat_time{1 << 5 | 1, 0, 0});
    CHECK(fat_time_of({-5'000'000'000, 5}) == fat_time{1 << 5 | 1, 0, 0});
    CHECK(fat_time_of({315'532'800, 0}) == fat_time{1 << 5 | 1, 0, 0});
    CHECK(fat_time_of({951'782'400, 0}) == fat_time{20 << 9 | 2 << 5 | 29, 0, 0}); // 2000-02-29
    const fat_time latest{127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29, 199};
    CHECK(fat_time_of({4'354'819'199, 999'999'999}) == latest);
    CHECK(fat_time_of({4'354'819'200, 0}) == latest);
    CHECK(fat_time_of({std::numeric_limits<std::int64_t>::max(), 0}) == latest);
    CHECK(fat_time_of({std::numeric_limits<std::int64_t>::min(), 0}) == fat_time{1 << 5 | 1, 0, 0});
}

TEST_CASE("what has no time of its own has the epoch, and identifiers come from the seed") {
    tree t;
    add_node(t, "/d", file_type::directory);
    const surroundings where{.at = offset{16_MiB}, .ids = seed{"one"}, .epoch = std::chrono::seconds{951'782'400}};
    const image i = fat_image(t, {.label = "X"}, 4_MiB, where);
    const offset root = region_of(i, "root directory");
    CHECK(from_disk(entry_at(i, root).wrt_date) == (20 << 9 | 2 << 5 | 29));
    CHECK(from_disk(entry_at(i, root + 32_B).wrt_date) == (20 << 9 | 2 << 5 | 29));
    const auto boot = struct_at<fat16_boot_sector>(i, {});
    CHECK(from_disk(boot.bpb.hidd_sec) == 32768);
    CHECK(from_disk(boot.volume.vol_id) == seed{"one"}.derive_u32("fat volume id"));
    CHECK(from_disk(boot.volume.vol_id) != seed{"two"}.derive_u32("fat volume id"));
}

TEST_CASE("the order in which a tree was built leaves no trace") {
    tree a, b;
    for (int k = 0; k < 50; ++k) add_file(a, text::join("/some directory/a long name ", k), text::join(k));
    for (int k = 49; k >= 0; --k) add_file(b, text::join("/some directory/a long name ", k), text::join(k));
    CHECK(read_all(fat_image(a, {}, 2_MiB)) == read_all(fat_image(b, {}, 2_MiB)));
}

TEST_CASE("the bytes for fixed inputs never change by themselves") {
    tree t;
    for (int k = 0; k < 40; ++k)
        add_file(t, text::join("/d", k % 3, "/a long name ", k), std::string(static_cast<std::size_t>(k) * 100, 'x'));
    add_file(t, "/extlinux/extlinux.conf", "label linux");
    const auto digest = [&](fat_type type, std::uint64_t sector) {
        const surroundings where{.sector_size = bytes{sector}, .at = offset{1_MiB}, .ids = seed{"golden"}};
        const image i = fat_image(t, {.type = type, .label = "GOLDEN", .size = smallest}, where);
        return crc32(read_all(i));
    };
    CHECK(digest(fat_type::fat12, 512) == 0x3b059ef5);
    CHECK(digest(fat_type::fat16, 512) == 0x0255c55b);
    CHECK(digest(fat_type::fat32, 512) == 0xca617f03);
    CHECK(digest(fat_type::fat16, 4096) == 0x410ab376);
}

TEST_CASE("the table is the same whichever part of it is asked for") {
    const auto type = GENERATE(fat_type::fat12, fat_type::fat16, fat_type::fat32);
    const detail::fat_table table{type, 0xf8, {2, 3, 9, 10, 30, 99}};
    CHECK(table.clusters_used() == 98);
    owned_bytes whole(detail::fat_bytes(type, 120));
    table.generate(0, {}, whole);
    for (std::size_t from = 0; from < whole.size(); ++from)
        for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{5}, whole.size() - from}) {
            if (from + size > whole.size()) continue;
            owned_bytes part(size);
            table.generate(0, bytes{from}, part);
            if (!std::ranges::equal(part, std::span{whole}.subspan(from, size)))
                FAIL("differs from byte " << from << ", " << size);
        }
}

TEST_CASE("where an image by itself gets its size") {
    tree t;
    add_file(t, "/a", "x");
    CHECK_THROWS_MATCHES(fat_image(t, {}), input_error, says("has no space to fill"));
    const bytes least = fat(t)->smallest_size({});
    CHECK(fat_image(t, {.size = smallest}).size() == least);
    CHECK(fat_image(t, {.size = smallest + 1_MiB}).size() == least + 1_MiB);
    CHECK(fat_image(t, {.size = smallest_plus_percent(10)}).size() >= least);
    CHECK(fat_image(t, {.size = 8_MiB}).size() == bytes{8_MiB});
}

TEST_CASE("impossible options are refused, saying what is possible") {
    const auto make = [](const fat_options& o, const surroundings& where = {}) {
        return fat_image(tree{}, o, 64_MiB, where);
    };
    CHECK_THROWS_MATCHES(make({.label = "TWELVE CHARS"}), input_error, says("more than 11 characters"));
    CHECK_THROWS_MATCHES(make({.label = "A*B"}), input_error, says("it has the character \"*\""));
    CHECK_THROWS_MATCHES(make({.label = " A"}), input_error, says("begins with a space"));
    CHECK_THROWS_MATCHES(make({.label = "\xc3\xa4"}), input_error, says("it has the character"));
    CHECK_THROWS_MATCHES(make({.cluster_size = 1000_B}), input_error, says("power of two"));
    CHECK_THROWS_MATCHES(make({.cluster_size = 0_B}), input_error, says("power of two"));
    CHECK_THROWS_MATCHES(make({.cluster_size = 128_KiB}), input_error, says("at most 64 KiB"));
    CHECK_THROWS_MATCHES(make({.cluster_size = 512_B}, {.sector_size = 4096_B}), input_error, says("1 to 128 sectors"));
    CHECK_THROWS_MATCHES(make({}, {.sector_size = 520_B}), input_error, says("a sector size of 520"));
    CHECK_THROWS_MATCHES(make({.number_of_fats = 3}), input_error, says("a number of FATs of 3"));
    CHECK_THROWS_MATCHES(make({.root_entries = 0}), input_error, says("1 to 65520 are"));
    CHECK_THROWS_MATCHES(make({.type = fat_type::fat32, .reserved_sectors = 7}), input_error,
                         says("FAT32 has at least 8"));
    CHECK_THROWS_MATCHES(make({.data_alignment = 3_MB}), input_error, says("a data alignment of 3000000"));
    CHECK_THROWS_MATCHES(make({.media = 0}), input_error, says("a media byte of 0"));
    tree t;
    add_file(t, "/" + std::string(118, 'x'));
    CHECK_NOTHROW(fat(t));
    CHECK_THROWS_MATCHES(fat(t, {.readable_by = u_boot_2017}), input_error,
                         says("118 UTF-16 units; U-Boot 2017.09 reads at most 117"));
}

TEST_CASE("the read-only attribute is set only when asked for") {
    tree t;
    add_file(t, "/a");
    t.at(*t.find("/a")).mode = 0444;
    const auto attr = [&](const fat_options& o) {
        const image i = fat_image(t, o, 4_MiB);
        return entry_at(i, region_of(i, "root directory")).attr;
    };
    CHECK(attr({}) == 0x20);
    CHECK(attr({.read_only_attribute = true}) == 0x21);
}

TEST_CASE("a recipe says what it is") {
    CHECK(fat(tree{}, {.label = "ESP"})->label() == "ESP");
    CHECK(fat(tree{})->kind() == "fat");
    CHECK(fat(tree{})->mbr_type() == 0x0c);
    CHECK(fat(tree{}, {.type = fat_type::fat16})->mbr_type() == 0x0e);
    CHECK(fat(tree{})->mbr_type_of(4_MiB, {}) == 0x01);
    CHECK(fat(tree{})->mbr_type_of(64_MiB, {}) == 0x0e);
    CHECK(fat(tree{})->mbr_type_of(600_MiB, {}) == 0x0c);
    CHECK(fat(tree{}, {.type = fat_type::fat32})->mbr_type_of(64_MiB, {}) == 0x0c);
}
