// SPDX-License-Identifier: BSL-1.0
// A directory of the host as a tree.
#pragma once

#include <imgcompose/image/source_opener.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

struct directory_options {
    bool follow_symlink = true;   ///< if the path itself is a symbolic link to a directory; those inside never are
    bool one_file_system = false; ///< leave out what is below the mount points inside
    bool xattrs = true;           ///< with ACLs and capabilities
};

namespace detail {

/// Reads a directory with all below it. What it asks for a small file is its status and its list of attributes; nothing
/// is opened but directories and files with holes.
class directory_reader {
public:
    directory_reader(const std::filesystem::path& path, const directory_options& options)
        : options_(options), top_id_(files_->add_root(path.native().empty() ? "." : path.string())) {
        const os::handle top = open_top(path.string());
        os::file_status status;
        require(os::file::try_status_at(top, "", false, status), "cannot ask about", top_id_, "");
        filesystem_ = status.filesystem;
        tree::inode& inode = tree_.at(top_directory);
        inode.implied = false;
        take_status(inode, status);
        inode.xattrs = read_xattrs(top, "", top_id_);
        tree_.add_files(files_);
    }

    tree read() {
        std::vector<directory> pending{{top_directory, top_id_}}, inside;
        while (!pending.empty()) {
            const directory next = pending.back();
            pending.pop_back();
            inside.clear();
            read_one(next, inside);
            pending.insert(pending.end(), inside.rbegin(), inside.rend());
        }
        return std::move(tree_);
    }

private:
    struct directory {
        inode_index inode;
        source_files::directory_id id;
    };
    struct identity {
        std::uint64_t filesystem, inode;
        friend bool operator==(const identity&, const identity&) = default;
    };
    struct hash_of_identity {
        std::size_t operator()(const identity& i) const {
            return static_cast<std::size_t>((i.inode * 0x9e3779b97f4a7c15ULL) ^ i.filesystem);
        }
    };

    os::handle open_top(const std::string& path) {
        if (!options_.follow_symlink) { // the opener would
            const os::answer a =
                os::file::try_open(os::working_directory, path.c_str(), os::open_mode::directory_only);
            if (a < 0) fail::system_refused(a, "cannot read the directory", path);
            const os::file opened{static_cast<os::handle>(a), path};
        }
        return opener_.open_directory(*files_, top_id_);
    }

    void read_one(const directory& here, std::vector<directory>& inside) {
        const os::handle h = opener_.open_directory(*files_, here.id);
        names_.text.clear();
        names_.at.clear();
        for (;;) {
            const os::answer a = os::file::try_read_names(h, names_);
            require(a, "cannot read the directory", here.id, "");
            if (a == 0) break;
        }
        // The system's order is of no use to anybody; that of the names makes equal trees equal.
        std::sort(names_.at.begin(), names_.at.end(), [&](std::uint32_t a, std::uint32_t b) {
            return std::strcmp(names_.text.data() + a, names_.text.data() + b) < 0;
        });
        for (std::size_t i = 0; i < names_.size(); ++i) read_name(here, h, names_[i], inside);
    }

    void read_name(const directory& parent, os::handle h, const char* name, std::vector<directory>& inside) {
        os::file_status status;
        require(os::file::try_status_at(h, name, false, status), "cannot ask about", parent.id, name);
        if (std::strlen(name) > 255) tree::check_name(name); // FAT and NTFS have such, counting in characters
        const bool may_have_names = status.links > 1 && status.type != file_type::directory;
        if (may_have_names) {
            const auto known = with_more_names_.find({status.filesystem, status.inode});
            if (known != with_more_names_.end()) return tree_.link_unchecked(parent.inode, name, known->second);
        }
        tree::inode inode;
        take_status(inode, status);
        inode.xattrs = read_xattrs(h, name, parent.id);
        if (inode.type == file_type::symlink) take_target(inode, h, name, parent.id);
        if (inode.type == file_type::regular) take_content(inode, status, h, name, parent.id);

        const inode_index made = tree_.add_inode(inode);
        tree_.link_unchecked(parent.inode, name, made);
        if (may_have_names) with_more_names_.emplace(identity{status.filesystem, status.inode}, made);
        if (inode.type == file_type::directory && (!options_.one_file_system || status.filesystem == filesystem_))
            inside.push_back({made, files_->add_directory(parent.id, name)});
    }

    static void take_status(tree::inode& to, const os::file_status& from) {
        to.type = from.type;
        to.mode = from.mode;
        to.uid = from.uid, to.gid = from.gid;
        to.mtime_seconds = from.mtime_seconds, to.mtime_nanoseconds = from.mtime_nanoseconds;
        if (from.type == file_type::character_device || from.type == file_type::block_device)
            to.ranges = from.device_major, to.content = from.device_minor;
    }

    void take_target(tree::inode& to, os::handle h, const char* name, source_files::directory_id in) {
        buffer_.resize(std::max<std::size_t>(buffer_.size(), 65536));
        const os::answer length = os::file::try_read_link(h, name, buffer_);
        require(length, "cannot read the symbolic link", in, name);
        to.size = static_cast<std::uint64_t>(length);
        to.content = tree_.add_target({buffer_.data(), static_cast<std::size_t>(length)});
    }

    void take_content(tree::inode& to, const os::file_status& status, os::handle h, const char* name,
                      source_files::directory_id in) {
        to.size = status.size.count;
        if (to.size == 0) return;
        to.content = files_->add_file(in, name, status.size,
                                      source_files::mark(status.mtime_seconds, status.mtime_nanoseconds));
        if (status.allocated >= status.size) return;
        auto ranges = read_ranges(status.size, h, name, in);
        const bool whole = ranges.size() == 1 && ranges.front() == data_range{bytes{}, status.size};
        if (!whole) to.ranges = tree_.add_ranges(std::move(ranges));
    }

    /// Where a file has data, as far as its filesystem can tell.
    std::vector<data_range> read_ranges(bytes size, os::handle h, const char* name, source_files::directory_id in) const {
        const os::answer opened = os::file::try_open(h, name, os::open_mode::read);
        require(opened, "cannot open", in, name);
        const os::file f{static_cast<os::handle>(opened), {}};
        const offset end{size};
        std::vector<data_range> ranges;
        for (offset at{}; at < end;) {
            const os::answer data = f.try_seek_data(at);
            if (os::is_error(data, std::errc::no_such_device_or_address)) break; // only a hole is left
            if (data < 0 && at == offset{}) return {{bytes{}, size}};           // it cannot tell
            require(data, "cannot look for holes in", in, name);
            const os::answer hole = f.try_seek_hole(offset{bytes{static_cast<std::uint64_t>(data)}});
            if (os::is_error(hole, std::errc::no_such_device_or_address)) break; // it just became shorter
            require(hole, "cannot look for holes in", in, name);
            const offset begin = std::min(offset{bytes{static_cast<std::uint64_t>(data)}}, end);
            at = std::min(offset{bytes{static_cast<std::uint64_t>(hole)}}, end);
            if (begin < at) ranges.push_back({from_start(begin), at - begin});
        }
        return ranges;
    }

    /// Number of the set of attributes in the tree.
    std::uint32_t read_xattrs(os::handle h, const char* name, source_files::directory_id in) {
        if (!options_.xattrs) return 0;
        const os::answer length =
            read_growing(xattr_names_, [&](std::span<char> to) { return os::file::try_list_xattrs(h, name, to); });
        if (os::is_error(length, std::errc::operation_not_supported)) return 0;
        require(length, "cannot list the extended attributes of", in, name);
        std::vector<xattr> set;
        for (std::size_t i = 0; i < static_cast<std::size_t>(length);) {
            const std::string attribute = xattr_names_.data() + i;
            i += attribute.size() + 1;
            const os::answer size = read_growing(
                buffer_, [&](std::span<char> to) { return os::file::try_get_xattr(h, name, attribute.c_str(), to); });
            if (os::is_error(size, std::errc::no_message_available)) continue; // ENODATA: gone since
            require(size, text::join("cannot read the extended attribute ", attribute, " of"), in, name);
            set.push_back({attribute, {buffer_.data(), static_cast<std::size_t>(size)}});
        }
        return tree_.intern_xattrs(std::move(set));
    }
    template <class F> static os::answer read_growing(std::vector<char>& buffer, const F& read) {
        if (buffer.empty()) buffer.resize(4096);
        for (;;) {
            const os::answer length = read(std::span{buffer});
            if (!os::is_error(length, std::errc::result_out_of_range)) return length;
            if (buffer.size() >= 1 << 22) return length; // no system has longer ones
            buffer.resize(buffer.size() * 4);
        }
    }

    void require(os::answer a, std::string_view doing, source_files::directory_id in, std::string_view name) const {
        if (a >= 0) return;
        std::string path = files_->directory_path(in);
        if (!name.empty()) path += (path.ends_with('/') ? "" : "/") + std::string{name};
        fail::system_refused(a, doing, path);
    }

    directory_options options_;
    std::shared_ptr<source_files> files_ = std::make_shared<source_files>();
    source_files::directory_id top_id_;
    std::uint64_t filesystem_ = 0;
    tree tree_;
    source_opener opener_;
    std::unordered_map<identity, inode_index, hash_of_identity> with_more_names_;
    os::name_list names_;
    std::vector<char> buffer_, xattr_names_;
};

} // namespace detail

/// All that is in a directory, and its own attributes: owners, modes, times, extended attributes, holes and hard links as
/// they are. File contents are not read before the image is written, and must not change until then.
/// Throws io_error, naming the path, for what cannot be read.
inline tree directory(const std::filesystem::path& path, const directory_options& options = {}) {
    return detail::directory_reader{path, options}.read();
}

IMGCOMPOSE_NAMESPACE_END
