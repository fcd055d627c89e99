// SPDX-License-Identifier: BSL-1.0
// Where the contents of an archive's files are: in the archive itself, or unpacked in a file without a name.
#pragma once

#include <imgcompose/archive/stream.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/source_files.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void member_content_impossible(std::string_view archive, std::string_view where,
                                                   std::string_view why) {
    throw format_error(text::join(archive, ", ", where, ": ", why,
                                  "; the archive is damaged or cut off: make or fetch it "
                                  "again"));
}
[[noreturn]] inline void no_place_to_unpack(std::string_view folder) {
    throw input_error(text::join("no name for a temporary file is free in ", folder,
                                 "; remove the .imgcompose-*.unpacked "
                                 "files there"));
}
} // namespace fail

namespace detail {

/// A file without a name to which bytes are appended.
class spool {
public:
    explicit spool(const std::filesystem::path& folder) : file_(std::make_shared<os::file>(make(folder.string()))) {}

    /// Where they begin.
    std::uint64_t append(std::span<const std::byte> content) {
        const std::uint64_t at = written_ + pending_.size();
        if (pending_.size() + content.size() > most_pending) flush();
        if (content.size() >= most_pending) {
            file_->write_exactly_at(offset{bytes{written_}}, content);
            written_ += content.size();
        } else {
            pending_.insert(pending_.end(), content.begin(), content.end());
        }
        return at;
    }
    void flush() {
        file_->write_exactly_at(offset{bytes{written_}}, std::span<const std::byte>{pending_});
        written_ += pending_.size();
        pending_.clear();
    }
    [[nodiscard]] std::shared_ptr<const os::file> file() const { return file_; }

private:
    static constexpr std::size_t most_pending = 1 << 20;

    static os::file make(const std::string& folder) {
        const std::string name = text::join("an unnamed file in ", folder);
        const os::answer unnamed =
            os::file::try_open(os::working_directory, folder.c_str(), os::open_mode::create_unnamed);
        if (unnamed >= 0) return {static_cast<os::handle>(unnamed), name};
        // Where the filesystem has no such files, one that loses its name at once.
        for (int attempt = 0; attempt < 1000; ++attempt) {
            const std::string path = text::join(folder, "/.imgcompose-", attempt, ".unpacked");
            const os::answer named = os::file::try_open(os::working_directory, path.c_str(), os::open_mode::create_new);
            if (os::is_error(named, std::errc::file_exists)) continue;
            if (named < 0) fail::system_refused(named, "cannot create", path);
            os::remove_if_possible(path);
            return {static_cast<os::handle>(named), name};
        }
        fail::no_place_to_unpack(folder);
    }

    std::shared_ptr<os::file> file_;
    std::uint64_t written_ = 0;
    std::vector<std::byte> pending_;
};

/// Gives inodes the contents of the members they are made of.
class archive_contents {
public:
    archive_contents(const archive_stream& from, std::filesystem::path spool_folder)
        : path_(from.path()), size_(from.status().size.count), spool_folder_(std::move(spool_folder)) {
        const os::file_status& s = from.status();
        const auto slash = path_.rfind('/');
        files_->set_planned_at(os::file_clock_now());
        const auto folder = files_->add_root(slash == std::string::npos ? "" : path_.substr(0, slash + 1));
        in_archive_ = files_->add_file(folder, slash == std::string::npos ? path_ : path_.substr(slash + 1), s.size,
                                       files_->mark(s));
    }

    /// The files that inodes refer to.
    [[nodiscard]] std::shared_ptr<const source_files> files() const { return files_; }

    /// Reads the member, as far as that is needed to know where its bytes are.
    void take(archive_stream& from, struct ::archive_entry* e, tree& t, tree::inode& to) {
        const bool is_size_known = ::archive_entry_size_is_set(e) != 0;
        const std::int64_t told = is_size_known ? ::archive_entry_size(e) : 0;
        if (told < 0) fail::member_content_impossible(path_, from.where(), "its size is negative");
        const auto size = static_cast<std::uint64_t>(told);
        const bool is_sparse = ::archive_entry_sparse_reset(e) > 0;
        pieces_.clear();
        std::uint64_t end = 0;
        while (const auto b = from.next_block()) {
            if (b->content.empty()) continue;
            if (b->at < end || (is_size_known && (b->at > size || b->content.size() > size - b->at)))
                fail::member_content_impossible(path_, from.where(), "its parts overlap or lie beyond its end");
            if (b->at > end && !is_sparse)
                fail::member_content_impossible(path_, from.where(), "a part of it is missing");
            if (b->stored && b->at == 0 && is_size_known && !is_sparse && from.stores_in_one_piece()) {
                if (*b->stored > size_ || size > size_ - *b->stored)
                    fail::member_content_impossible(path_, from.where(), "the archive ends within it");
                add({0, size, *b->stored, in_archive_});
                end = size;
                break;
            }
            add(b->stored ? piece{b->at, b->content.size(), *b->stored, in_archive_}
                          : piece{b->at, b->content.size(), spooled().append(b->content), in_spool_});
            end = b->at + b->content.size();
        }
        if (is_size_known && end < size && !is_sparse)
            fail::member_content_impossible(path_, from.where(), "its end is missing");
        give(t, is_size_known ? size : end, to);
    }

    /// All that was unpacked can be read then.
    void finish() {
        if (spool_) spool_->flush();
    }

private:
    struct piece {
        std::uint64_t at, size; // in the member
        std::uint64_t from;     // in the file
        source_files::file_id in;
    };

    void add(const piece& p) {
        if (!pieces_.empty()) {
            piece& last = pieces_.back();
            if (last.at + last.size == p.at && last.from + last.size == p.from && last.in == p.in) {
                last.size += p.size;
                return;
            }
        }
        pieces_.push_back(p);
    }

    void give(tree& t, std::uint64_t size, tree::inode& to) {
        to.size = size;
        if (size == 0) return;
        if (pieces_.size() == 1 && pieces_.front().at == 0 && pieces_.front().size == size) {
            to.from = pieces_.front().from, to.content = pieces_.front().in;
            return;
        }
        image content{bytes{size}};
        const auto index = content.add_source(files());
        for (const piece& p : pieces_)
            content.append({.at = offset{bytes{p.at}},
                            .size = bytes{p.size},
                            .from = bytes{p.from},
                            .source = index,
                            .item = p.in});
        to.files = tree::content_is_image;
        to.content = t.add_image(std::make_shared<const image>(std::move(content)));
    }

    spool& spooled() {
        if (!spool_) {
            std::error_code code;
            if (spool_folder_.empty()) spool_folder_ = std::filesystem::temp_directory_path(code);
            if (code)
                fail::system_refused(-os::answer{code.value()}, "cannot find the folder for temporary files,",
                                     "$TMPDIR");
            spool_.emplace(spool_folder_);
            in_spool_ = files_->add_open_file(spool_->file(), text::join(path_, " (unpacked)"));
        }
        return *spool_;
    }

    std::string path_;
    std::uint64_t size_;
    std::filesystem::path spool_folder_;
    std::shared_ptr<source_files> files_ = std::make_shared<source_files>();
    source_files::file_id in_archive_ = 0, in_spool_ = 0;
    std::optional<spool> spool_;
    std::vector<piece> pieces_;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
