// SPDX-License-Identifier: BSL-1.0
// The members of an archive file, one after the other, as libarchive reads them.
#pragma once

#include <imgcompose/os/file.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <locale.h>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_an_archive_file(std::string_view archive, file_type type) {
    throw input_error(text::join(archive, " is a ", name_of(type), "; an archive has to be a regular file"));
}
[[noreturn]] inline void not_an_archive(std::string_view archive, std::string_view filters) {
    throw format_error(text::join(archive,
                                  " is none of the archives that can be read: tar, cpio and zip, tar and cpio also "
                                  "packed by ",
                                  filters));
}
/// `where` such as "member \"etc/passwd\"".
[[noreturn]] inline void archive_unreadable(std::string_view archive, std::string_view where, std::string_view why) {
    throw format_error(text::join(archive, ", ", where, ": ", why,
                                  "; the archive is damaged, cut off or has what libarchive "
                                  "does not read: make or fetch it again"));
}
[[noreturn]] inline void archive_has_no_end(std::string_view archive, std::string_view where) {
    throw format_error(text::join(archive, " ends ", where,
                                  " without the mark that ends an archive; it is cut off: make or "
                                  "fetch it again"));
}
[[noreturn]] inline void libarchive_has_no_memory() { throw error("libarchive has no memory to read an archive"); }
} // namespace fail

namespace detail {

/// While it lives, this thread has the characters of this locale. libarchive converts names that say they are UTF-8 to
/// those of the locale, and from UTF-8 to UTF-8 composes them (NFC). In the C locale nothing but ASCII can be
/// converted, and it then keeps the bytes as they are: archive_read_support_format_tar.c, "Use raw name without
/// conversion". Its reader of zip has no such way out.
class thread_locale {
public:
    explicit thread_locale(const char* name) : made_(::newlocale(LC_CTYPE_MASK, name, nullptr)) {
        if (made_ != nullptr) before_ = ::uselocale(made_);
    }
    thread_locale(const thread_locale&) = delete;
    thread_locale& operator=(const thread_locale&) = delete;
    ~thread_locale() {
        if (made_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(made_);
    }

private:
    ::locale_t made_, before_{};
};

/// The filters of libarchive that run no other program, if it was built with the libraries they need.
inline constexpr std::array<std::pair<std::string_view, int (*)(struct ::archive*)>, 9> archive_filters{{
    {"gzip", ::archive_read_support_filter_gzip},
    {"xz", ::archive_read_support_filter_xz},
    {"zstd", ::archive_read_support_filter_zstd},
    {"bzip2", ::archive_read_support_filter_bzip2},
    {"lz4", ::archive_read_support_filter_lz4},
    {"lzma", ::archive_read_support_filter_lzma},
    {"lzip", ::archive_read_support_filter_lzip},
    {"compress", ::archive_read_support_filter_compress},
    {"rpm", ::archive_read_support_filter_rpm},
}};

/// Reads one archive from its beginning to its end.
class archive_stream {
public:
    /// Some of a member's bytes.
    struct block {
        std::span<const std::byte> content{};
        std::uint64_t at = 0;                  ///< in the member
        std::optional<std::uint64_t> stored{}; ///< where the archive file has just these bytes
    };

    explicit archive_stream(const std::string& path)
        : file_(os::file::open_for_reading(path)), status_(file_.status()), is_zip_(begins_like_zip()),
          locale_(is_zip_ ? "C.UTF-8" : "C") {
        if (status_.type != file_type::regular) fail::not_an_archive_file(path, status_.type);
        if (!libarchive_) fail::libarchive_has_no_memory();
        support_filters();
        if (is_zip_) {
            ::archive_read_support_format_zip_seekable(libarchive_.get()); // the other one knows no modes
            ::archive_read_set_seek_callback(libarchive_.get(), &archive_stream::seek);
        } else {
            ::archive_read_support_format_tar(libarchive_.get());
            ::archive_read_support_format_cpio(libarchive_.get());
        }
        ::archive_read_set_read_callback(libarchive_.get(), &archive_stream::read);
        ::archive_read_set_skip_callback(libarchive_.get(), &archive_stream::skip);
        ::archive_read_set_callback_data(libarchive_.get(), this);
        if (::archive_read_open1(libarchive_.get()) != ARCHIVE_OK) {
            if (failure_ >= 0 && says("Unrecognized archive format")) fail::not_an_archive(path, filters_);
            refuse("at its beginning");
        }
    }
    archive_stream(const archive_stream&) = delete;
    archive_stream& operator=(const archive_stream&) = delete;

    /// The file as it was when it was opened.
    [[nodiscard]] const os::file_status& status() const { return status_; }
    [[nodiscard]] const std::string& path() const { return file_.path(); }

    /// The next member; null behind the last. What is left of the one before is not read.
    struct ::archive_entry* next() {
        std::int64_t end = 0;
        if (entry_ != nullptr) {
            const char* const name = ::archive_entry_pathname(entry_);
            last_name_ = name == nullptr ? "" : name;
            if (::archive_read_data_skip(libarchive_.get()) < ARCHIVE_OK) refuse(where());
            end = ::archive_filter_bytes(libarchive_.get(), 0);
        }
        struct ::archive_entry* found = nullptr;
        const int result = ::archive_read_next_header(libarchive_.get(), &found);
        if (result == ARCHIVE_EOF) {
            if (is_tar() && ::archive_filter_bytes(libarchive_.get(), 0) == end)
                fail::archive_has_no_end(path(), behind_last());
            return nullptr;
        }
        if (result < ARCHIVE_WARN || found == nullptr) refuse(behind_last());
        entry_ = found;
        if (result != ARCHIVE_OK && (is_zip_ || !says("can't be converted from UTF-8")))
            refuse(where()); // else see thread_locale
        return entry_;
    }

    /// The next bytes of the member; nothing at its end.
    std::optional<block> next_block() {
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t at = 0;
        const int result = ::archive_read_data_block(libarchive_.get(), &data, &size, &at);
        if (result == ARCHIVE_EOF) return {};
        if (result != ARCHIVE_OK || at < 0) refuse(where());
        const auto* const first = static_cast<const std::byte*>(data);
        block b{{first, size}, static_cast<std::uint64_t>(at), {}};
        // libarchive hands on what it was given where nothing has to be unpacked: then the bytes lie in our buffer, and
        // where they came from is known for sure.
        const std::byte* const begin = buffer_.data();
        if (size != 0 && std::less_equal<>{}(begin, first) && std::less_equal<>{}(first + size, begin + held_))
            b.stored = held_at_ + static_cast<std::uint64_t>(first - begin);
        return b;
    }

    /// Whether all of a member lies in the file as it is, in one piece, where its first block does. Holes left out.
    [[nodiscard]] bool stores_in_one_piece() const {
        const int format = ::archive_format(libarchive_.get()) & ARCHIVE_FORMAT_BASE_MASK;
        return (format == ARCHIVE_FORMAT_TAR || format == ARCHIVE_FORMAT_CPIO) &&
               ::archive_filter_count(libarchive_.get()) == 1;
    }
    [[nodiscard]] bool is_tar() const {
        return (::archive_format(libarchive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    }

    /// What messages call the member.
    [[nodiscard]] std::string where() const {
        const char* const name = entry_ == nullptr ? nullptr : ::archive_entry_pathname(entry_);
        return name == nullptr ? "a member without a name" : text::join("member ", text::quoted(name));
    }
    /// Throws what libarchive, or the system below it, could not do.
    [[noreturn]] void refuse(std::string_view where) const {
        if (failure_ < 0) fail::system_refused_at(failure_, "cannot read", path(), offset{bytes{next_}});
        const char* const why = ::archive_error_string(libarchive_.get());
        fail::archive_unreadable(path(), where, why == nullptr ? "it cannot be read" : why);
    }

private:
    static constexpr std::size_t buffer_size = 1 << 18;

    /// With a local header or, if it is empty, the end of its directory: APPNOTE.TXT, 4.3.7 and 4.3.16. A tar may begin
    /// with "PKGBUILD".
    [[nodiscard]] bool begins_like_zip() const {
        std::array<char, 4> magic{};
        if (status_.type != file_type::regular ||
            file_.try_read_at(offset{}, std::as_writable_bytes(std::span{magic})) != 4)
            return false;
        return magic == std::array{'P', 'K', '\3', '\4'} || magic == std::array{'P', 'K', '\5', '\6'};
    }

    void support_filters() {
        // One that warns would run a program. It is then asked of another reader, as none can be taken away again.
        const handle probe{::archive_read_new()};
        for (const auto& [name, support] : archive_filters) {
            if (!probe || support(probe.get()) != ARCHIVE_OK) continue;
            support(libarchive_.get());
            filters_ += (filters_.empty() ? "" : ", ") + std::string{name};
        }
    }

    [[nodiscard]] std::string behind_last() const {
        return entry_ == nullptr ? "at its beginning" : text::join("behind member ", text::quoted(last_name_));
    }

    /// Whether libarchive's last message has these words.
    [[nodiscard]] bool says(std::string_view words) const {
        const char* const why = ::archive_error_string(libarchive_.get());
        return why != nullptr && std::string_view{why}.find(words) != std::string_view::npos;
    }

    // What libarchive calls.
    static la_ssize_t read(struct ::archive*, void* self, const void** to) {
        auto& s = *static_cast<archive_stream*>(self);
        s.held_ = 0;
        s.held_at_ = s.next_;
        const os::answer got = s.file_.try_read_at(offset{bytes{s.next_}}, s.buffer_);
        if (got < 0) {
            s.failure_ = got;
            return ARCHIVE_FATAL;
        }
        s.held_ = static_cast<std::size_t>(got);
        s.next_ += s.held_;
        *to = s.buffer_.data();
        return static_cast<la_ssize_t>(got);
    }
    static la_int64_t skip(struct ::archive*, void* self, la_int64_t size) {
        auto& s = *static_cast<archive_stream*>(self);
        const std::uint64_t left = s.status_.size.count - std::min(s.next_, s.status_.size.count);
        const std::uint64_t skipped = std::min(left, static_cast<std::uint64_t>(std::max<la_int64_t>(size, 0)));
        s.next_ += skipped;
        return static_cast<la_int64_t>(skipped);
    }
    static la_int64_t seek(struct ::archive*, void* self, la_int64_t to, int whence) {
        auto& s = *static_cast<archive_stream*>(self);
        const auto size = static_cast<std::int64_t>(s.status_.size.count);
        const std::int64_t from = whence == SEEK_SET   ? 0
                                  : whence == SEEK_END ? size
                                                       : static_cast<std::int64_t>(s.next_);
        if (to < -from || to > size - from) return ARCHIVE_FATAL;
        s.next_ = static_cast<std::uint64_t>(from + to);
        return from + to;
    }

    struct free_reader {
        void operator()(struct ::archive* a) const { ::archive_read_free(a); }
    };
    using handle = std::unique_ptr<struct ::archive, free_reader>;

    os::file file_;
    os::file_status status_;
    bool is_zip_;
    thread_locale locale_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(buffer_size);
    std::size_t held_ = 0;      // bytes in the buffer,
    std::uint64_t held_at_ = 0; // from there in the file
    std::uint64_t next_ = 0;    // in the file, to be read
    os::answer failure_ = 0;    // of the system
    std::string filters_, last_name_;
    struct ::archive_entry* entry_ = nullptr; // libarchive's own
    handle libarchive_{::archive_read_new()};
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
