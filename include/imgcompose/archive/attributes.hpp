// SPDX-License-Identifier: BSL-1.0
// What an archive tells of a file beside its name and content.
#pragma once

#include <imgcompose/archive/stream.hpp>
#include <imgcompose/core/endian.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void member_owner_out_of_range(std::string_view archive, std::string_view where,
                                                   std::string_view what, std::int64_t id) {
    throw format_error(text::join(archive, ", ", where, ": its ", what, " is ", id,
                                  ", which is not from 0 to 4294967295; "
                                  "the archive is damaged: make or fetch it again"));
}
[[noreturn]] inline void member_of_unknown_type(std::string_view archive, std::string_view where, unsigned type) {
    throw format_error(text::join(archive, ", ", where, ": it is of no type that a filesystem has (", text::hex(type),
                                  "); leave it out of the archive"));
}
[[noreturn]] inline void member_device_out_of_range(std::string_view archive, std::string_view where,
                                                    std::uint64_t major, std::uint64_t minor) {
    throw format_error(text::join(archive, ", ", where, ": the device number ", major, ":", minor,
                                  " is not possible: major is at most 4095, minor at most 1048575"));
}
[[noreturn]] inline void member_acl_names_nobody(std::string_view archive, std::string_view where,
                                                 std::string_view who) {
    throw format_error(
        text::join(archive, ", ", where, ": its ACL has ", text::quoted(who),
                   " by name, which only the machine "
                   "it was made on can give a number; make the archive by bsdtar, or leave out attributes"));
}
[[noreturn]] inline void member_acl_number_lost(std::string_view archive, std::string_view where) {
    throw format_error(text::join(archive, ", ", where,
                                  ": its ACL has a user or group of 2147483647 or more, which libarchive "
                                  "cannot tell; leave out attributes"));
}
[[noreturn]] inline void member_acl_unknown(std::string_view archive, std::string_view where) {
    throw format_error(
        text::join(archive, ", ", where, ": its ACL is none of POSIX, as Linux has them; leave out attributes"));
}
} // namespace fail

namespace detail {

/// Whether this libarchive reads the time -1.25 of a pax header as -1 and a quarter, which is 0.75 too late. All up
/// to 3.8 do: archive_read_support_format_tar.c, pax_time. They write such times in the same way, so that those of
/// bsdtar's archives are wrong for all others, too; here they are what POSIX and GNU tar say. From -1 to 0 the sign is
/// lost.
inline bool libarchive_adds_fractions_below_zero() {
    static const bool adds = [] {
        // POSIX.1-2001 pax: a header of type x with one record, then that of the file, each with its checksum, and the
        // end.
        constexpr std::size_t block = 512;
        std::string t(5 * block, '\0');
        const auto put = [&](std::size_t at, std::string_view s) { s.copy(t.data() + at, s.size()); };
        put(2 * block - block, "15 mtime=-1.25\n");
        for (const std::size_t at : {std::size_t{0}, 2 * block}) {
            put(at, "a");
            put(at + 100, "0000644");
            put(at + 124, at == 0 ? "00000000017" : "00000000000");
            put(at + 136, "00000000000");
            t[at + 156] = at == 0 ? 'x' : '0';
            put(at + 257, "ustar");
            put(at + 263, "00");
            put(at + 148, "        ");
            unsigned sum = 0;
            for (std::size_t i = at; i < at + block; ++i) sum += static_cast<unsigned char>(t[i]);
            for (std::size_t i = 0; i < 6; ++i) t[at + 148 + i] = static_cast<char>('0' + (sum >> (3 * (5 - i)) & 7));
            t[at + 154] = '\0';
        }
        struct ::archive* const a = ::archive_read_new();
        struct ::archive_entry* e = nullptr;
        if (a == nullptr) fail::libarchive_has_no_memory();
        ::archive_read_support_format_tar(a);
        const bool is_read = ::archive_read_open_memory(a, t.data(), t.size()) == ARCHIVE_OK &&
                             ::archive_read_next_header(a, &e) == ARCHIVE_OK;
        const bool found = is_read && ::archive_entry_mtime(e) == -1 && ::archive_entry_mtime_nsec(e) == 250'000'000;
        ::archive_read_free(a);
        return found;
    }();
    return adds;
}

/// POSIX ACLs in the form of the kernel's attributes: Linux include/uapi/linux/posix_acl_xattr.h, version 2, in the
/// order that posix_acl_valid demands; named users and groups by number, as acl_set_file of libacl sorts them.
class member_acl {
public:
    void add(std::uint16_t tag, int permissions, std::uint32_t id) {
        entries_.emplace_back(tag, id, static_cast<std::uint16_t>(permissions & 7));
    }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// What the group bits of a mode are where there is a mask.
    [[nodiscard]] std::optional<std::uint16_t> mask() const {
        for (const auto& [tag, id, permissions] : entries_)
            if (tag == mask_tag) return permissions;
        return {};
    }
    [[nodiscard]] std::string value() {
        std::sort(entries_.begin(), entries_.end());
        std::string v("\2\0\0\0", 4);
        const auto put = [&](const auto& field) {
            const auto raw = to_bytes(field);
            v.append(reinterpret_cast<const char*>(raw.data()), raw.size());
        };
        for (const auto& [tag, id, permissions] : entries_)
            put(le16{to_disk(tag)}), put(le16{to_disk(permissions)}), put(le32{to_disk(id)});
        return v;
    }

    static constexpr std::uint16_t user_obj = 0x01, user = 0x02, group_obj = 0x04, group = 0x08, mask_tag = 0x10,
                                   other = 0x20;
    static constexpr std::uint32_t nobody = 0xffffffff; ///< ACL_UNDEFINED_ID

private:
    std::vector<std::tuple<std::uint16_t, std::uint32_t, std::uint16_t>> entries_; // tag, id, permissions
};

/// Reads the attributes of members.
class member_attributes {
public:
    member_attributes(const archive_stream& from, bool with_xattrs) : from_(from), with_xattrs_(with_xattrs) {}

    void take(struct ::archive_entry* e, tree& t, tree::inode& to) const {
        to.type = type_of(e);
        to.mode = static_cast<std::uint16_t>(::archive_entry_perm(e) & 07777);
        to.uid = id("owner", ::archive_entry_uid(e));
        to.gid = id("group", ::archive_entry_gid(e));
        take_time(e, to);
        if (to.type == file_type::character_device || to.type == file_type::block_device) {
            const std::uint64_t major = ::archive_entry_rdevmajor(e), minor = ::archive_entry_rdevminor(e);
            if (major > 0xfff || minor > 0xfffff)
                fail::member_device_out_of_range(from_.path(), from_.where(), major, minor);
            to.ranges = static_cast<std::uint32_t>(major), to.content = static_cast<std::uint32_t>(minor);
        }
        if (!with_xattrs_) return;
        std::vector<xattr> set;
        take_xattrs(e, set);
        take_acls(e, set, to);
        if (!set.empty()) to.xattrs = t.intern_xattrs(std::move(set));
    }

private:
    [[nodiscard]] file_type type_of(struct ::archive_entry* e) const {
        const auto type = static_cast<unsigned>(::archive_entry_filetype(e));
        switch (type) {
        case AE_IFREG: return file_type::regular;
        case AE_IFDIR: return file_type::directory;
        case AE_IFLNK: return file_type::symlink;
        case AE_IFCHR: return file_type::character_device;
        case AE_IFBLK: return file_type::block_device;
        case AE_IFIFO: return file_type::fifo;
        case AE_IFSOCK: return file_type::socket;
        default: fail::member_of_unknown_type(from_.path(), from_.where(), type);
        }
    }
    [[nodiscard]] std::uint32_t id(std::string_view what, std::int64_t number) const {
        if (number < 0 || number > 0xffffffff)
            fail::member_owner_out_of_range(from_.path(), from_.where(), what, number);
        return static_cast<std::uint32_t>(number);
    }

    void take_time(struct ::archive_entry* e, tree::inode& to) const {
        if (::archive_entry_mtime_is_set(e) == 0) return;
        to.mtime_seconds = ::archive_entry_mtime(e);
        to.mtime_nanoseconds = static_cast<std::uint32_t>(::archive_entry_mtime_nsec(e));
        if (to.mtime_seconds >= 0 || to.mtime_nanoseconds == 0 || !from_.is_tar() ||
            !libarchive_adds_fractions_below_zero())
            return;
        --to.mtime_seconds;
        to.mtime_nanoseconds = 1'000'000'000 - to.mtime_nanoseconds;
    }

    static void take_xattrs(struct ::archive_entry* e, std::vector<xattr>& set) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        ::archive_entry_xattr_reset(e);
        while (::archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK) {
            if (name == nullptr || has(set, name)) continue; // the last of several comes first
            set.push_back({name, {static_cast<const char*>(value), size}});
        }
    }
    static bool has(const std::vector<xattr>& set, std::string_view name) {
        return std::any_of(set.begin(), set.end(), [&](const xattr& x) { return x.name == name; });
    }

    void take_acls(struct ::archive_entry* e, std::vector<xattr>& set, tree::inode& to) const {
        const int types = ::archive_entry_acl_types(e);
        if (types == 0) return;
        if ((types & ~(ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)) != 0)
            fail::member_acl_unknown(from_.path(), from_.where());
        member_acl access = read_acl(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
        // libarchive puts the permissions of the owning group into the mode, where systems have the mask.
        if (const auto mask = access.mask()) to.mode = static_cast<std::uint16_t>((to.mode & ~070) | *mask << 3);
        add_acl(set, "system.posix_acl_access", access);
        member_acl usual = read_acl(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
        add_acl(set, "system.posix_acl_default", usual);
    }
    static void add_acl(std::vector<xattr>& set, const char* name, member_acl& acl) {
        if (!acl.empty() && !has(set, name)) set.push_back({name, acl.value()});
    }
    [[nodiscard]] member_acl read_acl(struct ::archive_entry* e, int type) const {
        member_acl acl;
        if (::archive_entry_acl_reset(e, type) == 0) return acl; // or no more than the mode says
        int of = 0, permissions = 0, tag = 0, number = 0;
        const char* name = nullptr;
        while (::archive_entry_acl_next(e, type, &of, &permissions, &tag, &number, &name) == ARCHIVE_OK) {
            const bool is_named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;
            if (is_named && number < 0)
                fail::member_acl_names_nobody(from_.path(), from_.where(), name == nullptr ? "" : name);
            if (is_named &&
                number == std::numeric_limits<int>::max()) // archive_acl.c, isint: what it makes of larger ones
                fail::member_acl_number_lost(from_.path(), from_.where());
            acl.add(tag_of(tag), permissions, is_named ? static_cast<std::uint32_t>(number) : member_acl::nobody);
        }
        return acl;
    }
    [[nodiscard]] std::uint16_t tag_of(int tag) const {
        switch (tag) {
        case ARCHIVE_ENTRY_ACL_USER_OBJ: return member_acl::user_obj;
        case ARCHIVE_ENTRY_ACL_USER: return member_acl::user;
        case ARCHIVE_ENTRY_ACL_GROUP_OBJ: return member_acl::group_obj;
        case ARCHIVE_ENTRY_ACL_GROUP: return member_acl::group;
        case ARCHIVE_ENTRY_ACL_MASK: return member_acl::mask_tag;
        case ARCHIVE_ENTRY_ACL_OTHER: return member_acl::other;
        default: fail::member_acl_unknown(from_.path(), from_.where());
        }
    }

    const archive_stream& from_;
    bool with_xattrs_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
