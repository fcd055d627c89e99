// SPDX-License-Identifier: BSL-1.0
// A laid-out filesystem as an image.
#pragma once

#include <imgcompose/fs/ext4/filesystem.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// Makes a range of units (blocks, inodes) of equal size, given how one is made; those cut at an end pass through a
/// buffer.
template <class PutUnit>
void generate_units(std::uint64_t unit_size, bytes from, std::span<std::byte> to, const PutUnit& put) {
    std::uint64_t at = from.count;
    std::vector<std::byte> cut;
    while (!to.empty()) {
        const std::uint64_t unit = at / unit_size, skip = at % unit_size;
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(unit_size - skip, to.size()));
        if (n == unit_size) {
            std::memset(to.data(), 0, n);
            put(unit, to.first(n));
        } else {
            cut.assign(static_cast<std::size_t>(unit_size), std::byte{});
            put(unit, std::span{cut});
            std::memcpy(to.data(), cut.data() + skip, n);
        }
        to = to.subspan(n);
        at += n;
    }
}

class ext4_generator : public generator {
public:
    explicit ext4_generator(std::shared_ptr<const ext4_filesystem> f) : fs_(std::move(f)) {}

protected:
    [[nodiscard]] const ext4_filesystem& fs() const { return *fs_; }

private:
    std::shared_ptr<const ext4_filesystem> fs_;
};

class ext4_inode_tables final : public ext4_generator {
public:
    using ext4_generator::ext4_generator;
    void generate(std::uint32_t group, bytes from, std::span<std::byte> to) const override {
        const std::uint32_t first = group * fs().geometry().inodes_per_group + 1;
        generate_units(fs().profile().inode_size, from, to, [&](std::uint64_t n, std::span<std::byte> raw) {
            if (first + n <= fs().content.last_inode()) fs().put_inode(static_cast<std::uint32_t>(first + n), raw);
        });
    }
    [[nodiscard]] std::string describe(std::uint32_t group) const override {
        return text::join("inode table of group ", group);
    }
};

class ext4_block_bitmaps final : public ext4_generator {
public:
    using ext4_generator::ext4_generator;
    void generate(std::uint32_t group, bytes from, std::span<std::byte> to) const override {
        generate_units(fs().profile().block_size, from, to,
                       [&](std::uint64_t, std::span<std::byte> b) { fs().put_block_bitmap(group, b); });
    }
    [[nodiscard]] std::string describe(std::uint32_t group) const override {
        return text::join("block bitmap of group ", group);
    }
};

class ext4_inode_bitmaps final : public ext4_generator {
public:
    using ext4_generator::ext4_generator;
    void generate(std::uint32_t group, bytes from, std::span<std::byte> to) const override {
        generate_units(fs().profile().block_size, from, to,
                       [&](std::uint64_t, std::span<std::byte> b) { fs().put_inode_bitmap(group, b); });
    }
    [[nodiscard]] std::string describe(std::uint32_t group) const override {
        return text::join("inode bitmap of group ", group);
    }
};

class ext4_directory_blocks final : public ext4_generator {
public:
    using ext4_generator::ext4_generator;
    void generate(std::uint32_t directory, bytes from, std::span<std::byte> to) const override {
        const ext4_directory_writer writer(fs().content, fs().content.directories[directory]);
        generate_units(fs().profile().block_size, from, to,
                       [&](std::uint64_t n, std::span<std::byte> b) { writer.put(static_cast<std::uint32_t>(n), b); });
    }
    [[nodiscard]] std::string describe(std::uint32_t directory) const override {
        return text::join("directory of inode ", fs().content.directories[directory].ino);
    }
};

/// Targets of symbolic links that are too long for their inode.
class ext4_link_blocks final : public ext4_generator {
public:
    using ext4_generator::ext4_generator;
    void generate(std::uint32_t ino, bytes from, std::span<std::byte> to) const override {
        const std::string_view target = fs().tree->symlink_target(fs().content.inode_at(ino));
        generate_units(fs().profile().block_size, from, to, [&](std::uint64_t, std::span<std::byte> b) {
            std::memcpy(b.data(), target.data(), target.size());
        });
    }
    [[nodiscard]] std::string describe(std::uint32_t ino) const override {
        return text::join("symbolic link of inode ", ino);
    }
};

/// The reserved descriptor blocks of the first group: each has the numbers of those that stand for it in the copies, which
/// makes it an indirect block of the resize inode. e2fsprogs lib/ext2fs/res_gdt.c, ext2fs_create_resize_inode.
class ext4_resize_blocks final : public ext4_generator {
public:
    explicit ext4_resize_blocks(std::shared_ptr<const ext4_filesystem> f) : ext4_generator(std::move(f)) {
        const ext4_geometry& g = fs().geometry();
        for (std::uint64_t group = 1; group < g.groups.size(); ++group)
            if (g.has_superblock(group)) copies_.push_back(group * g.blocks_per_group);
    }
    /// The first of them.
    [[nodiscard]] std::uint64_t first() const {
        return fs().geometry().start_of(0) + 1 + fs().geometry().descriptor_blocks;
    }
    void generate(std::uint32_t, bytes from, std::span<std::byte> to) const override {
        generate_units(fs().profile().block_size, from, to, [&](std::uint64_t n, std::span<std::byte> block) {
            for (std::size_t c = 0; c < copies_.size(); ++c) put_number(block, c, first() + n + copies_[c]);
        });
    }
    [[nodiscard]] std::string describe(std::uint32_t) const override { return "blocks of the resize inode"; }

    static void put_number(std::span<std::byte> block, std::size_t index, std::uint64_t n) {
        const le32 field = to_disk(static_cast<std::uint32_t>(n));
        put_struct(block.subspan(index * sizeof field), field);
    }

private:
    std::vector<std::uint64_t> copies_; // where they begin, from the first group on
};

/// Collects the extents of a filesystem in any order, and small pieces of bytes in one buffer.
class ext4_image_maker {
public:
    explicit ext4_image_maker(const std::shared_ptr<ext4_filesystem>& f, bytes size) : fs_(f), image_(size) {}

    image make() {
        // Tree blocks first: they leave the roots that the inodes need.
        put_extent_trees();
        put_directories();
        put_links();
        put_files();
        put_journal();
        put_xattrs();
        put_resize_blocks();
        put_groups();
        put_superblocks();

        const auto small_source = image_.add_source(std::make_shared<const owned_bytes>(std::move(small_)));
        const auto by_position = [](const auto& a, const auto& b) { return a.at < b.at; };
        // Files mostly lie in the order of their inodes, and there may be a million; of all else there is little.
        if (!std::is_sorted(of_files_.begin(), of_files_.end(), by_position))
            std::sort(of_files_.begin(), of_files_.end(), by_position);
        std::sort(of_others_.begin(), of_others_.end(), by_position);
        auto file = of_files_.begin();
        const auto append_files_before = [&](offset end) {
            for (; file != of_files_.end() && file->at < end; ++file) image_.append(*file);
        };
        for (extent& e : of_others_) {
            append_files_before(e.at);
            if (e.source == small_piece) e.source = small_source;
            image_.append(e);
        }
        append_files_before(offset{image_.size()});
        std::sort(regions_.begin(), regions_.end(), by_position);
        for (const named& r : regions_) image_.append_region(r.at, r.size, r.name);
        return std::move(image_);
    }

private:
    static constexpr std::uint32_t small_piece = extent::is_fill - 1; ///< until the buffer has its index
    struct named {
        offset at;
        bytes size;
        std::string name;
    };

    [[nodiscard]] const ext4_profile& profile() const { return fs_->profile(); }
    [[nodiscard]] const ext4_geometry& geometry() const { return fs_->geometry(); }
    [[nodiscard]] offset position(std::uint64_t block) const {
        return offset_of(block_number{block}, bytes{profile().block_size});
    }
    [[nodiscard]] bytes size_of(std::uint64_t blocks) const { return bytes{blocks * profile().block_size}; }
    void name(std::uint64_t block, std::uint64_t count, std::string what) {
        regions_.push_back({position(block), size_of(count), std::move(what)});
    }

    void add(std::uint64_t block, std::uint64_t count, std::uint32_t source, std::uint32_t item,
             std::uint64_t from_block = 0) {
        of_others_.push_back({.at = position(block),
                            .size = size_of(count),
                            .from = size_of(from_block),
                            .source = source,
                            .item = item});
    }
    static void add_zero(std::vector<extent>& to, offset at, bytes size) {
        if (size != bytes{}) to.push_back({.at = at, .size = size, .source = extent::is_zero});
    }
    /// Room for bytes that will be at `at`, to be filled before the next call.
    std::span<std::byte> small(offset at, std::size_t size) {
        of_others_.push_back({.at = at, .size = bytes{size}, .from = bytes{small_.size()}, .source = small_piece});
        small_.resize(small_.size() + size);
        return std::span{small_}.last(size);
    }
    std::span<std::byte> small_block(std::uint64_t block) { return small(position(block), profile().block_size); }

    void put_extent_trees() {
        fs_->list_roots.resize(fs_->layout.lists.size());
        for (std::size_t i = 0; i < fs_->layout.lists.size(); ++i) {
            const ext4_block_list& l = fs_->layout.lists[i];
            put_extent_tree(profile(), l.ino, l.extents, l.tree_blocks, fs_->list_roots[i],
                            [&](std::uint64_t b) { return small_block(b); });
        }
    }

    void put_directories() {
        const auto source = image_.add_source(std::make_shared<const ext4_directory_blocks>(fs_));
        for (std::uint32_t i = 0; i < fs_->content.directories.size(); ++i)
            fs_->layout.for_each_run(fs_->content.directories[i].ino,
                                     [&](const ext4_extent& e) { add(e.physical, e.length, source, i, e.logical); });
    }

    void put_links() {
        const auto source = image_.add_source(std::make_shared<const ext4_link_blocks>(fs_));
        fs_->content.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
            if (ext4_content::has_link_block(i))
                fs_->layout.for_each_run(ino, [&](const ext4_extent& e) { add(e.physical, e.length, source, ino); });
        });
    }

    void put_files() {
        const auto sources = fs_->tree->add_sources_to(image_);
        of_files_.reserve(fs_->content.last_inode()); // most have one
        std::vector<extent> pieces;
        fs_->content.for_each_inode([&](std::uint32_t ino, const tree::inode& i) {
            if (i.type != file_type::regular || i.size == 0) return;
            pieces.clear();
            fs_->tree->for_each_extent(i, sources, [&](const extent& e) { pieces.push_back(e); });
            auto piece = pieces.begin();
            fs_->layout.for_each_run(ino, [&](const ext4_extent& run) { put_run(run, piece, pieces.end()); });
        });
    }
    /// One run of a file's blocks: the pieces of data in it, zeros between and behind them.
    void put_run(const ext4_extent& run, std::vector<extent>::iterator& piece, std::vector<extent>::iterator end) {
        const offset start{size_of(run.logical)}, stop = start + size_of(run.length);
        const auto on_disk = [&](offset in_file) { return position(run.physical) + (in_file - start); };
        offset done = start;
        while (piece != end && piece->at < stop) {
            const offset from = std::max(piece->at, start), to = std::min(piece->end(), stop);
            if (from < to) {
                add_zero(of_files_, on_disk(done), from - done);
                extent e = *piece;
                e.from = e.from + (from - piece->at);
                e.at = on_disk(from);
                e.size = to - from;
                of_files_.push_back(e);
                done = to;
            }
            if (piece->end() > stop) break; // goes on in the next run
            ++piece;
        }
        add_zero(of_files_, on_disk(done), stop - done);
    }

    void put_journal() {
        if (fs_->layout.journal_blocks == 0) return;
        const auto first = make_ext4_journal_superblock(fs_->layout.journal_blocks, profile().block_size);
        fs_->layout.for_each_run(ext4_format::journal_inode, [&](const ext4_extent& run) {
            std::uint64_t at = run.physical, count = run.length;
            name(at, count, "journal");
            if (run.logical == 0) {
                put_struct(small_block(at), first);
                ++at, --count;
            }
            add_zero(of_others_, position(at), size_of(count));
        });
    }

    void put_xattrs() {
        for (const auto& b : fs_->layout.xattr_block_list)
            put_xattr_block(profile(), fs_->content.xattrs[b.set], b.block, b.references, small_block(b.block));
        for (std::uint32_t n = 0; n < fs_->content.value_inodes.size(); ++n) {
            const auto& v = fs_->content.value_inodes[n];
            const auto& value = fs_->content.xattrs[v.set].attributes[v.attribute].value;
            fs_->layout.for_each_run(fs_->content.first_value_inode() + n, [&](const ext4_extent& run) {
                const std::size_t from = static_cast<std::size_t>(size_of(run.logical).count);
                const auto to = small(position(run.physical), static_cast<std::size_t>(size_of(run.length).count));
                std::memcpy(to.data(), value.data() + from, std::min(to.size(), value.size() - from));
            });
        }
    }

    /// The blocks that keep room for descriptors, and the one that has their numbers.
    void put_resize_blocks() {
        if (!fs_->has_resize_inode()) return;
        const std::uint32_t count = geometry().reserved_descriptor_blocks;
        const auto blocks = std::make_shared<const ext4_resize_blocks>(fs_);
        const std::uint64_t first = blocks->first();
        const std::span<std::byte> top = small_block(fs_->layout.resize_block);
        for (std::uint32_t i = 0; i < count; ++i)
            ext4_resize_blocks::put_number(top, (geometry().descriptor_blocks + i) % (profile().block_size / 4), first + i);
        if (count != 0) add(first, count, image_.add_source(blocks), 0);
    }

    void put_groups() {
        const auto inodes = image_.add_source(std::make_shared<const ext4_inode_tables>(fs_));
        const auto block_bitmaps = image_.add_source(std::make_shared<const ext4_block_bitmaps>(fs_));
        const auto inode_bitmaps = image_.add_source(std::make_shared<const ext4_inode_bitmaps>(fs_));
        for (std::uint64_t g = 0; g < geometry().groups.size(); ++g) {
            const auto& at = geometry().groups[g];
            const auto group = static_cast<std::uint32_t>(g);
            if (!fs_->block_bitmap_is_uninitialised(g)) add(at.block_bitmap, 1, block_bitmaps, group);
            if (!fs_->inodes_are_uninitialised(g)) add(at.inode_bitmap, 1, inode_bitmaps, group);
            const std::uint32_t used = fs_->used_table_blocks(g), all = geometry().inode_table_blocks;
            if (used != 0) {
                add(at.inode_table, used, inodes, group);
                name(at.inode_table, used, text::join("inode table of group ", g));
            }
            // What is behind the inodes in use the kernel zeroes after the first mount; without checksums of the
            // descriptors it could not know how far that is.
            if (!profile().lazy_groups()) add_zero(of_others_, position(at.inode_table + used), size_of(all - used));
        }
    }

    void put_superblocks() {
        const auto descriptors = fs_->descriptors();
        const std::size_t size = profile().descriptor_size();
        const offset table_from{bytes{small_.size()}};
        const std::size_t table_size = static_cast<std::size_t>(size_of(geometry().descriptor_blocks).count);
        small_.resize(small_.size() + table_size);
        for (std::size_t i = 0; i < descriptors.size(); ++i)
            std::memcpy(small_.data() + table_from.count + i * size, &descriptors[i], size);

        for (std::uint64_t g = 0; g < geometry().groups.size(); ++g) {
            if (!geometry().has_superblock(g)) continue;
            const std::uint64_t start = geometry().start_of(g);
            name(start, 1 + geometry().descriptor_blocks,
                 g == 0 ? "superblock and group descriptors" : text::join("superblock copy in group ", g));
            // The first is at byte 1024 whatever the block size; what is before it would be a boot sector.
            const offset at = g == 0 ? offset{bytes{ext4_format::superblock_offset}} : position(start);
            if (g == 0) add_zero(of_others_, offset{}, bytes{ext4_format::superblock_offset});
            put_struct(small(at, ext4_format::superblock_size), fs_->superblock(g));
            add_zero(of_others_, at + bytes{ext4_format::superblock_size},
                     position(start + 1) - (at + bytes{ext4_format::superblock_size}));
            of_others_.push_back({.at = position(start + 1),
                                .size = bytes{table_size},
                                .from = from_start(table_from),
                                .source = small_piece});
        }
    }

    std::shared_ptr<ext4_filesystem> fs_;
    image image_;
    std::vector<extent> of_files_, of_others_;
    std::vector<named> regions_;
    owned_bytes small_;
};

} // namespace detail

/// The image of `t` in a filesystem of `size` bytes, whole blocks of it in use. `planned`: the content of `t`, where it is
/// known already for the same options and surroundings.
/// Throws layout_error if the content does not fit, input_error for what ext4 cannot hold.
inline image make_ext4_image(std::shared_ptr<const tree> t, const ext4_options& options, bytes size,
                             const surroundings& where, std::unique_ptr<ext4_content> planned = {}) {
    auto fs = std::make_shared<ext4_filesystem>();
    fs->tree = std::move(t);
    fs->options = options;
    fs->epoch = where.epoch;
    fs->content = planned ? std::move(*planned)
                          : plan_ext4_content(make_ext4_profile(options, where), *fs->tree, where.epoch);
    fs->layout = lay_out_ext4(fs->content, options, size);
    return detail::ext4_image_maker(fs, size).make();
}

IMGCOMPOSE_NAMESPACE_END
