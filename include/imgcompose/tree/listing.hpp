// SPDX-License-Identifier: BSL-1.0
// All that a directory of the host tells of what is in it.
#pragma once

#include <imgcompose/os/file.hpp>
#include <imgcompose/tree/node.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// What one directory holds, by name. It knows nothing of trees, so that several threads can read several directories.
struct directory_listing {
    struct name {
        std::uint32_t at = 0; ///< in `text`
        std::uint32_t target =
            0; ///< of a symbolic link: where its target begins in `text`, with a length of status.size
        std::uint32_t xattrs = 0; ///< number in `xattrs` + 1, or 0
        std::uint32_t ranges = 0; ///< number in `ranges` + 1, or 0 for a file without holes
        os::file_status status{};
    };
    std::vector<char> text{};  ///< names, each with a terminating NUL, and targets
    std::vector<name> names{}; ///< in order of their bytes
    std::vector<std::vector<xattr>> xattrs{};
    std::vector<std::vector<data_range>> ranges{};
    os::answer failure = 0;                  ///< negative: then this is all there is,
    std::string failed_at{}, failed_doing{}; ///< of the name, or of the directory itself if that is empty

    [[nodiscard]] const char* name_of(const name& n) const { return text.data() + n.at; }
    [[nodiscard]] std::string_view target_of(const name& n) const {
        return {text.data() + n.target, static_cast<std::size_t>(n.status.size.count)};
    }
};

/// Reads listings; one for each thread. For a small file it asks for its status and its list of attributes, and opens
/// nothing but files with holes.
class listing_reader {
public:
    explicit listing_reader(bool with_xattrs) : with_xattrs_(with_xattrs) {}

    directory_listing read(os::handle directory) {
        directory_listing l;
        names_.text.clear();
        names_.at.clear();
        for (;;) {
            const os::answer a = os::file::try_read_names(directory, names_);
            if (a == 0) break;
            if (refused(l, a, "cannot read the directory", "")) return l;
        }
        // The system's order is of no use to anybody; that of the names makes equal trees equal.
        std::sort(names_.at.begin(), names_.at.end(), [&](std::uint32_t a, std::uint32_t b) {
            return std::strcmp(names_.text.data() + a, names_.text.data() + b) < 0;
        });
        l.names.resize(names_.size());
        for (std::size_t i = 0; i < names_.size(); ++i) {
            l.names[i].at = names_.at[i];
            if (!ask(directory, names_[i], l.names[i], l)) return l;
        }
        // Targets of links were put behind the names.
        const auto names_size = static_cast<std::uint32_t>(names_.text.size());
        for (directory_listing::name& n : l.names) n.target += names_size;
        targets_.swap(l.text);
        l.text.reserve(names_.text.size() + targets_.size());
        l.text.assign(names_.text.begin(), names_.text.end());
        l.text.insert(l.text.end(), targets_.begin(), targets_.end());
        return l;
    }

    /// The attributes of what is at `name` ("": of the directory itself).
    os::answer read_xattrs(os::handle directory, const char* name, std::vector<xattr>& to, std::string& doing) {
        if (!with_xattrs_) return 0;
        const os::answer length = read_growing(
            xattr_names_, [&](std::span<char> all) { return os::file::try_list_xattrs(directory, name, all); });
        if (os::is_error(length, std::errc::operation_not_supported)) return 0;
        if (length < 0) {
            doing = "cannot list the extended attributes of";
            return length;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(length);) {
            const std::string attribute = xattr_names_.data() + i;
            i += attribute.size() + 1;
            const os::answer size = read_growing(value_, [&](std::span<char> value) {
                return os::file::try_get_xattr(directory, name, attribute.c_str(), value);
            });
            if (os::is_error(size, std::errc::no_message_available)) continue; // ENODATA: gone since
            if (size < 0) {
                doing = text::join("cannot read the extended attribute ", attribute, " of");
                return size;
            }
            to.push_back({attribute, {value_.data(), static_cast<std::size_t>(size)}});
        }
        return 0;
    }

private:
    static constexpr std::size_t longest_name = 255;

    static bool refused(directory_listing& l, os::answer a, std::string_view doing, std::string_view name) {
        if (a >= 0) return false;
        l.failure = a;
        l.failed_doing = doing;
        l.failed_at = name;
        return true;
    }

    /// False if it failed, which the listing then tells.
    bool ask(os::handle h, const char* name, directory_listing::name& to, directory_listing& l) {
        if (refused(l, os::file::try_status_at(h, name, false, to.status), "cannot ask about", name)) return false;
        if (std::strlen(name) > longest_name) return true; // FAT and NTFS count characters; no tree will take it
        xattrs_.clear();
        if (const os::answer a = read_xattrs(h, name, xattrs_, doing_); refused(l, a, doing_, name)) return false;
        if (!xattrs_.empty()) {
            l.xattrs.push_back(std::move(xattrs_));
            to.xattrs = static_cast<std::uint32_t>(l.xattrs.size());
        }
        if (to.status.type == file_type::symlink) {
            target_.resize(65536);
            const os::answer length = os::file::try_read_link(h, name, target_);
            if (refused(l, length, "cannot read the symbolic link", name)) return false;
            to.target = static_cast<std::uint32_t>(l.text.size());
            to.status.size = bytes{static_cast<std::uint64_t>(length)};
            l.text.insert(l.text.end(), target_.data(), target_.data() + length);
        }
        if (to.status.type == file_type::regular && to.status.allocated < to.status.size)
            return read_ranges(h, name, to, l);
        return true;
    }

    /// Where a file has data, as far as its filesystem can tell.
    bool read_ranges(os::handle h, const char* name, directory_listing::name& to, directory_listing& l) {
        const os::answer opened = os::file::try_open(h, name, os::open_mode::read);
        if (refused(l, opened, "cannot open", name)) return false;
        const os::file f{static_cast<os::handle>(opened), {}};
        const offset end{to.status.size};
        std::vector<data_range> ranges;
        for (offset at{}; at < end;) {
            const os::answer data = f.try_seek_data(at);
            if (os::is_error(data, std::errc::no_such_device_or_address)) break; // only a hole is left
            if (data < 0 && at == offset{}) return true;                         // it cannot tell
            if (refused(l, data, "cannot look for holes in", name)) return false;
            const os::answer hole = f.try_seek_hole(offset{bytes{static_cast<std::uint64_t>(data)}});
            if (os::is_error(hole, std::errc::no_such_device_or_address)) break; // it just became shorter
            if (refused(l, hole, "cannot look for holes in", name)) return false;
            const offset begin = std::min(offset{bytes{static_cast<std::uint64_t>(data)}}, end);
            at = std::min(offset{bytes{static_cast<std::uint64_t>(hole)}}, end);
            if (begin < at) ranges.push_back({from_start(begin), at - begin});
        }
        if (ranges.size() == 1 && ranges.front() == data_range{bytes{}, to.status.size}) return true;
        l.ranges.push_back(std::move(ranges));
        to.ranges = static_cast<std::uint32_t>(l.ranges.size());
        return true;
    }

    template <class F> static os::answer read_growing(std::vector<char>& buffer, const F& read) {
        // Linux allocates as much as it is offered, whatever there is: of a little it is quicker to ask.
        if (buffer.empty()) buffer.resize(256);
        for (;;) {
            const os::answer length = read(std::span{buffer});
            if (!os::is_error(length, std::errc::result_out_of_range)) return length;
            if (buffer.size() >= 1 << 22) return length; // no system has longer ones
            buffer.resize(buffer.size() * 4);
        }
    }

    bool with_xattrs_;
    os::name_list names_;
    std::vector<char> xattr_names_, value_, target_, targets_;
    std::vector<xattr> xattrs_;
    std::string doing_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
