// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include "description.hpp"
#include "filesystems.hpp"
#include "lint.hpp"
#include "outputs.hpp"
#include "report.hpp"
#include "text_output.hpp"

#include <imgcompose/archive.hpp>
#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/emmc_boot.hpp>
#include <imgcompose/compose/spi.hpp>
#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

void warn(const document& d, const std::vector<std::string>& warnings) {
    for (const std::string& w : warnings) fmt::print(stderr, "{}: warning: {}\n", d.name(), w);
}

std::chrono::seconds default_epoch() { return source_date_epoch().value_or(std::chrono::seconds{0}); }

/// What only the composing of the whole disk finds out has no line of the description.
template <class F> auto for_all_of(const document& d, const F& f) {
    try {
        return f();
    } catch (const ic::error& e) {
        throw description_error(fmt::format("{}: {}", d.name(), e.what()));
    }
}

/// Where the image of the other medium goes, as its bytes: disk.spi.img beside disk.img or disk.img.zst.
output_options for_boot_medium(const boot_medium& medium, const output_options& disk) {
    if (disk.file == "-")
        throw ic::input_error(fmt::format("standard output cannot take the disk and its {}, which are two images; give -o a file", medium.title));
    std::filesystem::path file = disk.file;
    if (const auto format = format_of(file); format == output_format::gzip || format == output_format::zstd) file.replace_extension();
    return {.file = file.replace_extension(fmt::format("{}.img", medium.name)), .jobs = disk.jobs, .fsync = disk.fsync, .digest = disk.digest, .quiet = disk.quiet};
}

/// The image of the medium that has the bootloader, if that is not the disk.
std::optional<boot_medium> boot_medium_of(const document& d, const ic::disk_plan& plan) {
    switch (plan.options.bootloader_in) {
    case ic::bootloader_place::disk: break;
    case ic::bootloader_place::spi: return boot_medium{"spi", "SPI flash", for_all_of(d, [&] { return ic::compose_spi(plan); })};
    case ic::bootloader_place::emmc_boot:
        return boot_medium{"boot0", "boot partition of the eMMC", for_all_of(d, [&] { return ic::compose_emmc_boot(plan); })};
    }
    return {};
}

} // namespace

std::optional<std::chrono::seconds> source_date_epoch() {
    const char* const value = std::getenv("SOURCE_DATE_EPOCH");
    if (value == nullptr || *value == '\0') return {};
    const std::string_view s = value;
    std::int64_t seconds = 0;
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), seconds);
    if (failed != std::errc{} || end != s.data() + s.size() || seconds < 0)
        throw ic::input_error(fmt::format("SOURCE_DATE_EPOCH is \"{}\"; it has to be a number of seconds since 1970", s));
    return std::chrono::seconds{seconds};
}

void boards(bool json) {
    if (json) {
        auto list = nlohmann::ordered_json::array();
        for (const ic::board* b : ic::all_boards) {
            auto blobs = nlohmann::ordered_json::array();
            for (const ic::boot_blob& blob : b->blobs)
                blobs.push_back({{"name", blob.name}, {"offset", blob.at.count}, {"maximum", blob.maximum.count},
                                 {"alternative", blob.alternative}});
            list.push_back({{"name", b->name}, {"title", b->title}, {"soc", b->soc}, {"blobs", blobs},
                            {"partition_floor", b->partition_floor.count}, {"console", b->console},
                            {"earlycon", b->earlycon}, {"dtb", b->dtb},
                            {"architecture", b->architecture}, {"table", b->table == ic::table_kind::gpt ? "gpt" : "mbr"},
                            {"source", b->source}});
            if (b->spi)
                list.back()["spi"] = {{"idbloader", b->spi->idbloader.count}, {"spread", b->spi->spread}, {"u_boot", b->spi->u_boot.count}};
            for (const ic::firmware_partition& f : b->firmware)
                list.back()["firmware_partitions"].push_back({{"name", f.name}, {"holds", f.holds}});
        }
        print(list.dump(2) + '\n');
        return;
    }
    const std::size_t columns = columns_of_output();
    for (const ic::board* b : ic::all_boards) {
        const auto line = [&](const std::string& text) { print(wrapped(fmt::format("{:<16}   {}", "", text), columns, 21)); };
        print(wrapped(fmt::format("{:<16} {}, {}", b->name, b->title, b->soc), columns, 19));
        for (const ic::boot_blob& blob : b->blobs)
            line(fmt::format("{} at sector {}, at most {}{}", blob.name, blob.at.count / 512, readable(blob.maximum),
                             blob.alternative ? ", instead of the others" : ""));
        for (const ic::firmware_partition& f : b->firmware)
            line(fmt::format("a partition {} that holds {}", f.name, f.holds == "FAT" ? "its firmware's files" : f.holds));
        if (b->spi) line(fmt::format("SPI flash: idbloader.img{} at {}, u-boot.itb at {}", b->spi->spread ? ", spread," : "",
                                     readable(ic::from_start(b->spi->idbloader)), readable(ic::from_start(b->spi->u_boot))));
        line(fmt::format("partitions from sector {}; console={}{}{}", b->partition_floor.count / 512, b->console,
                         b->dtb.empty() ? "" : "; ", b->dtb));
    }
}

void build(const build_options& o) {
    check(o.output);
    document d{o.description.file, o.description.changes, o.description.inputs};
    const described_disk described = read_disk(d, default_epoch());
    warn(d, described.warnings);
    const auto medium = boot_medium_of(d, described.plan);
    if (medium) check(for_boot_medium(*medium, o.output));
    const ic::disk_layout layout = for_all_of(d, [&] { return ic::layout(described.plan); });
    const ic::image disk = for_all_of(d, [&] { return ic::compose_as(described.plan, layout); });
    if (!o.no_lint) {
        const bool is_flash = described.plan.options.bootloader_in == ic::bootloader_place::spi;
        require_bootable(d, linted(described.plan, layout, disk, is_flash ? std::optional{medium->content} : std::nullopt));
    }
    save(disk, o.output);
    if (medium) save(medium->content, for_boot_medium(*medium, o.output));
}

void plan(const plan_options& o) {
    document d{o.description.file, o.description.changes, o.description.inputs};
    const described_disk described = read_disk(d, default_epoch());
    warn(d, described.warnings);
    const ic::disk_layout layout = for_all_of(d, [&] { return ic::layout(described.plan); });
    const ic::image disk = for_all_of(d, [&] { return ic::compose_as(described.plan, layout); });
    const auto medium = boot_medium_of(d, described.plan);
    std::string text;
    if (o.parameter) text = for_all_of(d, [&] { return report_parameter(described.plan, layout, disk); });
    else if (o.json) text = report_json(described.plan, layout, disk, medium);
    else text = report(described.plan, disk, o.all);
    if (medium && !o.json && !o.parameter) text += '\n' + report_boot_medium(*medium, o.all);
    print(text);
}

namespace {

ic::recipe recipe_of(const mkfs_options& o, ic::tree content) {
    if (o.type == "fat") {
        ic::fat_options fat{.label = o.label, .readable_by = parse_reader(o.readable_by), .symlinks = parse_fat_symlinks(o.symlinks)};
        if (!o.uuid.empty()) fat.volume_id = parse_volume_id(o.uuid);
        if (!o.cluster_size.empty()) fat.cluster_size = parse_size(o.cluster_size);
        if (o.fat_bits) fat.type = parse_fat_bits(*o.fat_bits);
        return ic::fat(std::move(content), fat);
    }
    ic::ext4_options ext4{.label = o.label, .readable_by = parse_reader(o.readable_by)};
    if (!o.uuid.empty()) ext4.id = ic::parse_uuid(o.uuid);
    if (!o.grows_to.empty()) ext4.grows_to = parse_size(o.grows_to);
    if (!o.block_size.empty()) ext4.block_size = parse_size(o.block_size);
    if (!o.bytes_per_inode.empty()) ext4.bytes_per_inode = parse_size(o.bytes_per_inode);
    if (o.inode_size) ext4.inode_size = ic::narrow<std::uint16_t>(*o.inode_size);
    ext4.inodes = o.inodes;
    ext4.reserved_percent = o.reserved_percent;
    ext4.journal = parse_journal(o.journal);
    ext4.mount_options = o.mount_options;
    apply_features(ext4, o.features);
    return ic::ext4(std::move(content), ext4);
}

/// Options of the other filesystem are mistakes.
void require_fitting_options(const mkfs_options& o) {
    const bool only_ext4 = !o.block_size.empty() || !o.bytes_per_inode.empty() || !o.mount_options.empty() ||
                           !o.grows_to.empty() || o.inodes || o.inode_size || o.reserved_percent || !o.features.empty() ||
                           o.journal != "auto";
    const bool only_fat = !o.cluster_size.empty() || o.fat_bits || o.symlinks != "refuse";
    if (o.type == "fat" && only_ext4) throw ic::input_error("an option was given that only ext4 has; see imgcompose mkfs --help");
    if (o.type == "ext4" && only_fat) throw ic::input_error("an option was given that only FAT has; see imgcompose mkfs --help");
}

} // namespace

void mkfs(const mkfs_options& o) {
    require_fitting_options(o);
    check(o.output);
    const std::chrono::seconds epoch = o.epoch ? std::chrono::seconds{*o.epoch} : default_epoch();
    const ic::size_rule rule = parse_size_rule(o.size);
    if (rule.what == ic::size_rule::kind::fill) throw ic::input_error("\"rest\" is no size for a filesystem by itself; write min or a size");

    // A regular file is an archive; of all else, even what is not there, a directory has the right message.
    std::error_code ignored;
    ic::tree content = std::filesystem::is_regular_file(o.from, ignored)
                           ? ic::archive(o.from, {.xattrs = !o.no_xattrs})
                           : ic::directory(o.from, {.xattrs = !o.no_xattrs, .jobs = o.output.jobs});
    for (const std::string& pattern : o.exclude) content = std::move(content) | ic::exclude(pattern);
    if (!o.owner.empty()) {
        const auto [uid, gid] = parse_owner(o.owner);
        content = std::move(content) | ic::owned_by(uid, gid);
    }
    if (o.clamp) content = std::move(content) | ic::clamp_mtime(o.clamp_to ? std::chrono::seconds{*o.clamp_to} : epoch);

    const ic::recipe made = recipe_of(o, std::move(content));
    const ic::surroundings where{.sector_size = ic::bytes{o.sector_size.value_or(512)}, .ids = ic::seed{o.seed}, .epoch = epoch};
    save(ic::standalone(made, rule, where), o.output);
}

} // namespace command
