// SPDX-License-Identifier: BSL-1.0
#include "content.hpp"

#include "filesystems.hpp"
#include "nixos.hpp"

#include <imgcompose/boot/boot_script.hpp>
#include <imgcompose/boot/extlinux_files.hpp>
#include <imgcompose/boot/extlinux_parse.hpp>
#include <imgcompose/boot/loader_entry.hpp>
#include <imgcompose/boot/uefi.hpp>
#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/fat/fat.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/tree/steps.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

template <class T> T narrowed(const section& s, std::string_view key, std::uint64_t value) {
    if (value > std::numeric_limits<T>::max()) s.refuse(key, fmt::format("`{}` is at most {}", key, std::numeric_limits<T>::max()));
    return static_cast<T>(value);
}

/// Throws if the filesystem has a key that its type has no use for.
void require_only(const section& s, std::string_view type, std::initializer_list<std::string_view> allowed) {
    for (const key& k : keys::filesystem)
        if (k.name != "type" && s.has(k.name) && std::ranges::find(allowed, k.name) == allowed.end())
            s.refuse(k.name, fmt::format("{} has no use for `{}`", type, k.name));
}

ic::recipe read_ext4(const section& s, ic::tree content) {
    require_only(s, "ext4", {"label", "uuid", "readable_by", "journal", "reserved_percent", "inodes", "bytes_per_inode",
                             "block_size", "inode_size", "grows_to", "features", "mount_options"});
    ic::ext4_options o;
    o.label = s.text("label").value_or("");
    if (const auto id = s.text("uuid")) o.id = s.at("uuid", [&] { return ic::parse_uuid(*id); });
    if (const auto who = s.text("readable_by")) o.readable_by = s.at("readable_by", [&] { return parse_reader(*who); });
    if (const auto journal = s.text("journal")) o.journal = s.at("journal", [&] { return parse_journal(*journal); });
    o.reserved_percent = s.number("reserved_percent");
    o.inodes = s.count("inodes");
    o.bytes_per_inode = s.size("bytes_per_inode");
    if (const auto size = s.size("block_size")) o.block_size = *size;
    if (const auto size = s.count("inode_size")) o.inode_size = narrowed<std::uint16_t>(s, "inode_size", *size);
    o.grows_to = s.size("grows_to");
    o.mount_options = s.text("mount_options").value_or("");
    s.at("features", [&] { apply_features(o, s.texts("features")); });
    return s.at("type", [&] { return ic::ext4(std::move(content), o); });
}

ic::recipe read_fat(const section& s, ic::tree content) {
    require_only(s, "FAT", {"label", "uuid", "readable_by", "cluster_size", "fat_bits", "symlinks"});
    ic::fat_options o;
    o.label = s.text("label").value_or("");
    if (const auto id = s.text("uuid")) o.volume_id = s.at("uuid", [&] { return parse_volume_id(*id); });
    if (const auto who = s.text("readable_by")) o.readable_by = s.at("readable_by", [&] { return parse_reader(*who); });
    o.cluster_size = s.size("cluster_size");
    if (const auto bits = s.count("fat_bits")) o.type = s.at("fat_bits", [&] { return parse_fat_bits(*bits); });
    if (const auto what = s.text("symlinks")) o.symlinks = s.at("symlinks", [&] { return parse_fat_symlinks(*what); });
    return s.at("type", [&] { return ic::fat(std::move(content), o); });
}

ic::deciseconds timeout_of(const section& s) {
    const double seconds = s.number("timeout").value_or(0.0);
    if (seconds == -1.0) return ic::wait_for_choice;
    if (!(seconds >= 0.0 && seconds < 1e8)) s.refuse("timeout", "`timeout` is a number of seconds, or -1 to wait for ever");
    return ic::deciseconds{std::llround(seconds * 10)};
}

ic::extlinux read_extlinux(const section& s) {
    ic::extlinux file;
    file.timeout = timeout_of(s);
    file.default_label = s.text("default").value_or("");
    if (const auto title = s.text("title")) file.title = *title;
    for (const section& e : s.tables("entry"))
        file.entries.push_back({.label = *e.text("label"),
                                .menu_label = e.text("menu_label").value_or(""),
                                .kernel = *e.text("kernel"),
                                .initrd = e.text("initrd").value_or(""),
                                .fdt = e.text("fdt").value_or(""),
                                .fdtdir = e.text("fdtdir").value_or(""),
                                .fdtoverlays = e.texts("fdtoverlays"),
                                .append = e.text("append").value_or("")});
    return file;
}

section unless_off(const section& s) { return s.boolean("enabled").value_or(true) ? s : section{}; }

} // namespace

ic::recipe read_filesystem(const section& s, ic::tree content, const made_for& target) {
    const std::string type = *s.text("type");
    if (type == "ext4") return read_ext4(s, std::move(content));
    if (type == "fat") return read_fat(s, std::move(content));
    if (type != "raw") s.refuse("type", fmt::format("there is no filesystem \"{}\"{}", type, did_you_mean(type, {"ext4", "fat", "raw"})));
    require_only(s, "raw", {"file", "made"});
    if (!s.has("file") && !s.has("made")) s.refuse("type", "raw needs `file` or `made`");
    if (content.entries().size() != 0) s.refuse("type", "raw has the bytes of `file` or `made` and no tree; leave out the steps of the tree");
    return ic::recipe{read_content(s, target)};
}

boot_files::boot_files(const section& top, const made_for& target)
    : extlinux_(unless_off(top.table("extlinux"))), nixos_(unless_off(top.table("nixos"))), script_(unless_off(top.table("boot_script"))),
      loader_(unless_off(top.table("loader"))), epoch_(target.epoch) {
    for (const section& p : top.tables("partition")) partitions_.push_back(*p.text("name"));
    for (const ic::board* b : target.boards) {
        device_trees_.push_back(b->dtb);
        architectures_.push_back(b->architecture);
    }
    if (device_trees_.empty()) device_trees_.emplace_back();
    // A script may boot what the entry of a switched-off extlinux.conf says.
    if (const section s = top.table("extlinux")) configuration_ = read_extlinux(s);
}

void boot_files::look_for_generations(const std::string& partition, const ic::tree& content) {
    if (nixos_ && store_of(nixos_) == partition) generations_ = read_nixos(nixos_, content, epoch_);
}

void boot_files::add_to(const std::string& partition, ic::tree& content, bool is_ready_made) {
    for (const section& s : {extlinux_, nixos_, script_, loader_})
        if (is_ready_made && s && *s.text("into") == partition)
            s.refuse("into", fmt::format("partition \"{}\" holds an image that is made elsewhere, so that no file can be put into it; "
                                         "give /boot a partition of its own, on ext4 or FAT", partition));
    if (nixos_ && *nixos_.text("into") == partition) add_nixos(content);
    if (extlinux_ && *extlinux_.text("into") == partition) add_extlinux(content);
    if (script_ && *script_.text("into") == partition) add_boot_script(content);
    if (loader_ && *loader_.text("into") == partition) add_loader(content);
}

void boot_files::require_all_added() const {
    const auto refuse = [&](const section& s, std::string_view key, const std::string& name) {
        s.refuse(key, fmt::format("there is no partition \"{}\"{}", name, did_you_mean(name, {partitions_.begin(), partitions_.end()})));
    };
    if (nixos_ && !generations_) refuse(nixos_, "store", store_of(nixos_));
    for (const auto& [s, added] : {std::pair{extlinux_, extlinux_added_}, std::pair{nixos_, nixos_added_}, std::pair{script_, script_added_}, std::pair{loader_, loader_added_}})
        if (s && !added) refuse(s, "into", *s.text("into"));
}

void boot_files::tell(const section& s, std::string_view key, const std::vector<ic::finding>& findings) {
    for (const ic::finding& f : findings) {
        if (f.how_bad == ic::severity::error) s.refuse(key, f.message);
        const std::string warning = fmt::format("extlinux.conf: {}", f.message);
        if (std::ranges::find(warnings_, warning) == warnings_.end()) warnings_.push_back(warning);
    }
}

void boot_files::add_nixos(ic::tree& content) {
    if (!generations_) return; // said when all partitions were seen
    const std::string boot = boot_folder_of(nixos_), path = boot + "/extlinux/extlinux.conf";
    content = nixos_.at("into", [&] { return std::move(content) | ic::add_nixos_generations(*generations_, boot); });
    const ic::extlinux written = ic::parse_extlinux(ic::emit(*generations_));
    for (const std::string_view fdtfile : device_trees_)
        tell(nixos_, "into", ic::check_files(written, content, {.extlinux_conf = path, .fdtfile = fdtfile}));
    nixos_added_ = true;
}

void boot_files::add_extlinux(ic::tree& content) {
    tell(extlinux_, "entry", ic::check(configuration_));
    const std::string path = extlinux_.text("path").value_or("/extlinux/extlinux.conf");
    content = extlinux_.at("path", [&] { return std::move(content) | ic::add(path, configuration_); });
    for (const std::string_view fdtfile : device_trees_)
        tell(extlinux_, "entry", ic::check_files(configuration_, content, {.extlinux_conf = path, .fdtfile = fdtfile}));
    extlinux_added_ = true;
}

void boot_files::add_boot_script(ic::tree& content) {
    const section& s = script_;
    std::string commands;
    if (const auto own = s.verbatim("commands")) {
        commands = *own;
    } else {
        ic::extlinux_entry entry;
        for (const auto& e : configuration_.entries)
            if (e.label == configuration_.default_label || (configuration_.default_label.empty() && entry.label.empty())) entry = e;
        const std::string append = s.text("append").value_or(entry.append);
        ic::script_boot boot{.kernel = s.text("kernel").value_or(entry.kernel),
                             .initrd = s.text("initrd").value_or(entry.initrd),
                             .fdt = s.text("fdt").value_or(entry.fdt)};
        s.at("append", [&] { boot.arguments = ic::parse_cmdline(append); });
        for (const auto& [name, path] : {std::pair<std::string_view, const std::string&>{"kernel", boot.kernel},
                                         {"initrd", boot.initrd}, {"fdt", boot.fdt}})
            if (!path.empty() && !content.resolve(path.starts_with('/') ? path : "/" + path))
                s.refuse(name, fmt::format("\"{}\" is not in the filesystem that gets the script", path));
        commands = s.at("kernel", [&] { return ic::boot_commands(boot); });
    }
    const std::string name = s.text("name").value_or("");
    const auto script = s.at("commands", [&] { return ic::boot_script(commands, {.name = name, .time = epoch_}); });
    content = s.at("path", [&] { return std::move(content) | ic::add(s.text("path").value_or("/boot.scr"), script); });
    script_added_ = true;
}

void boot_files::add_loader(ic::tree& content) {
    const section& s = loader_;
    ic::loader_conf conf;
    if (const auto timeout = s.count("timeout")) conf.timeout = std::chrono::seconds{*timeout};
    std::vector<std::string> names;
    for (const section& e : s.tables("entry")) {
        names.push_back(*e.text("name"));
        const std::string file = *e.text("name") + ".conf";
        if (!ic::is_loader_entry_name(file)) e.refuse("name", "a name has letters, digits and + - _ . only");
        ic::loader_entry entry{.title = e.text("title").value_or(*e.text("name")),
                               .version = e.text("version").value_or(""),
                               .kernel = *e.text("kernel"),
                               .options = e.text("append").value_or(""),
                               .devicetree = e.text("fdt").value_or("")};
        if (const auto initrd = e.text("initrd")) entry.initrds.push_back(*initrd);
        if (conf.default_entry.empty()) conf.default_entry = file;
        if (s.text("default") == e.text("name")) conf.default_entry = file;
        content = e.at("name", [&] { return std::move(content) | ic::add("/loader/entries/" + file, entry); });
    }
    if (const auto wanted = s.text("default"); wanted && conf.default_entry != *wanted + ".conf")
        s.refuse("default", fmt::format("there is no entry \"{}\"{}", *wanted, did_you_mean(*wanted, {names.begin(), names.end()})));
    content = s.at("into", [&] { return std::move(content) | ic::add("/loader/loader.conf", conf); });
    for (const std::string_view architecture : architectures_)
        for (const ic::finding& f : ic::check_esp(content, ic::machine_named(architecture)))
            if (f.how_bad == ic::severity::error) s.refuse("entry", f.message);
            else warnings_.push_back(fmt::format("loader: {}", f.message));
    loader_added_ = true;
}

} // namespace command
