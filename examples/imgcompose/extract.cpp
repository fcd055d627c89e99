// SPDX-License-Identifier: BSL-1.0
#include "inspect.hpp"

#include <imgcompose/inspect/files.hpp>
#include <imgcompose/inspect/inspect.hpp>
#include <imgcompose/tree/content.hpp>
#include <imgcompose/tree/walk.hpp>
#include <imgcompose/write/write.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace command {

namespace ic = imgcompose;
namespace fs = std::filesystem;

namespace {

void extract_bootloader(const ic::window& disk, const ic::disk_report& report, const fs::path& to) {
    if (report.artefacts.empty())
        throw ic::input_error("there is no bootloader that is known: nothing at the places where boards look for one");
    fs::create_directories(to);
    std::set<std::string> taken;
    for (const ic::found_artefact& a : report.artefacts) {
        std::string name = a.file_name;
        if (!taken.insert(name).second) { // a copy at another place
            name += fmt::format(".at-{}", a.at.count / 512);
            taken.insert(name);
        }
        const fs::path path = to / name;
        const ic::image file = ic::file_of(disk, a);
        ic::write(file, ic::sparse_file(path));
        print(fmt::format("{}: {} bytes from sector {}, {}{}{}{}\n", path.string(), file.size().count, a.at.count / 512, a.kind,
                          a.soc.empty() ? "" : " for ", printable(a.soc), a.spread ? ", in its plain form" : ""));
        if (!a.whole) fmt::print(stderr, "{}: warning: it is cut off or damaged\n", path.string());
    }
}

/// Makes the files of a tree in an empty directory. What only root may make is left out: owners, attributes, devices.
class tree_extractor {
public:
    tree_extractor(const ic::tree& t, fs::path to) : tree_(t), to_(std::move(to)) {}

    void extract() {
        if (fs::exists(to_) && !fs::is_empty(to_))
            throw ic::input_error(fmt::format("{} is not empty; name a directory that is, or does not exist", to_.string()));
        fs::create_directories(to_);
        directories_.emplace_back(to_, ic::top_directory);
        ic::for_each_path(tree_, [&](std::string_view path, std::uint32_t entry) {
            make(to_ / path.substr(1), ic::inode_index{tree_.entries()[entry].target});
            return true;
        });
        // Only now: a directory's time changes with what is put in, and its mode may forbid to.
        for (auto d = directories_.rbegin(); d != directories_.rend(); ++d) set_attributes(d->first, tree_.at(d->second));
        print(fmt::format("{}: {} files, {} directories\n", to_.string(), files_, directories_.size() - 1));
        if (left_out_ != 0) fmt::print(stderr, "{}: warning: {} devices, fifos or sockets were left out\n", to_.string(), left_out_);
    }

private:
    void make(const fs::path& path, ic::inode_index index) {
        // A damaged filesystem can have a name twice; nothing is ever written through a link that it brought.
        if (fs::symlink_status(path).type() != fs::file_type::not_found)
            throw ic::format_error(fmt::format("the filesystem has two files of the name {}", printable(path.string())));
        const ic::tree::inode& i = tree_.at(index);
        switch (i.type) {
        case ic::file_type::directory:
            fs::create_directory(path);
            directories_.emplace_back(path, index);
            return;
        case ic::file_type::symlink: return fs::create_symlink(fs::path{tree_.symlink_target(i)}, path);
        case ic::file_type::regular: break;
        default: ++left_out_; return;
        }
        ++files_;
        if (i.links > 1) {
            const auto [first, is_new] = linked_.try_emplace(static_cast<std::uint32_t>(index), path);
            if (!is_new) return fs::create_hard_link(first->second, path);
        }
        ic::write(ic::content_of(tree_, i), ic::sparse_file(path), {.jobs = 1});
        set_attributes(path, i);
    }
    static void set_attributes(const fs::path& path, const ic::tree::inode& i) {
        fs::permissions(path, static_cast<fs::perms>(i.mode));
        const ic::timestamp t = i.mtime(std::chrono::seconds{0});
        const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::seconds{t.seconds} + std::chrono::nanoseconds{t.nanoseconds}};
        fs::last_write_time(path, std::chrono::file_clock::from_sys(time));
    }

    const ic::tree& tree_;
    fs::path to_;
    std::vector<std::pair<fs::path, ic::inode_index>> directories_{};
    std::unordered_map<std::uint32_t, fs::path> linked_{};
    std::size_t files_ = 0, left_out_ = 0;
};

} // namespace

void extract(const extract_options& o) {
    if (o.bootloader == o.partition.has_value())
        throw ic::input_error("extract needs one of --bootloader and --partition N");
    const ic::window disk = open_disk(o.disk);
    const ic::disk_report report = inspected(disk);
    if (o.bootloader) return extract_bootloader(disk, report, o.output.empty() ? fs::path{"."} : o.output);

    const ic::found_partition* const p = report.partition(*o.partition);
    if (p == nullptr) {
        std::string known;
        for (const ic::found_partition& q : report.partitions) known += fmt::format(" {}", q.number);
        throw ic::input_error(fmt::format("{} has no partition {}; it has:{}", o.disk.file.string(), *o.partition, known.empty() ? " none" : known));
    }
    const ic::window part = disk.part(p->at, p->size);
    const std::string name = fmt::format("partition-{}", p->number);
    if (o.files) return tree_extractor{ic::files_of(part, p->content), o.output.empty() ? fs::path{name} : o.output}.extract();
    const fs::path path = o.output.empty() ? fs::path{name + ".img"} : o.output;
    ic::write(part.copy(), ic::sparse_file(path));
    print(fmt::format("{}: {} bytes of partition {}\n", path.string(), part.size().count, printable(p->title())));
}

} // namespace command
