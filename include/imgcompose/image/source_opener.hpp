// SPDX-License-Identifier: BSL-1.0
// Opens the files that an image takes its bytes from, each checked to be still the one that was planned with.
#pragma once

#include <imgcompose/image/source.hpp>
#include <imgcompose/os/file.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void source_changed(std::string_view path, std::string_view how) {
    throw input_error(text::join(path, " changed since the image was planned: ", how, "; plan it again"));
}
} // namespace fail

/// Opens files relative to their directories, of which it keeps the last few open, so that a path is walked seldom and
/// may be of any length. One for each thread.
///
/// That a file is what it was is asked of the file itself, but not for one that is read whole and whose directory has
/// not changed since: no other file can have its name then, and its length shows by reading. Written over in place with
/// as many bytes it would have been open to both, before and after any question.
class source_opener {
public:
    /// A file's bytes from `from` on. Throws io_error, or input_error if the file is not what it was.
    void read(const source_files& files, source_files::file_id id, bytes from, std::span<std::byte> to) {
        if (const os::file* const kept = files.open_file(id)) return kept->read_exactly_at(offset{from}, to);
        const auto& planned = files.at(id);
        const bool is_whole = from == bytes{} && to.size() == planned.size;
        const bool is_same = is_whole && is_settled(files, planned);
        const os::file& f = is_same ? open_unchecked(files, id) : open(files, id);
        const os::answer got = is_whole ? f.try_read_at_or_longer(offset{}, to) : f.try_read_at(offset{from}, to);
        if (got < 0) fail::system_refused_at(got, "cannot read", files.path_of(id), offset{from});
        if (static_cast<std::uint64_t>(got) > to.size())
            fail::source_changed(files.path_of(id), text::join("it had ", planned.size, " bytes and has more"));
        if (static_cast<std::size_t>(got) != to.size())
            fail::file_ends_early(files.path_of(id), offset{from}, bytes{to.size()},
                                  bytes{static_cast<std::uint64_t>(got)});
    }

    /// The open file, which has no path of its own; good until the next call.
    const os::file& open(const source_files& files, source_files::file_id id) {
        if (const os::file* const kept = files.open_file(id)) return *kept;
        open_unchecked(files, id);
        if (!is_checked_) check(files, id, files.at(id));
        is_checked_ = true;
        return file_;
    }

    /// Of a directory that is still open; good until the next call.
    os::handle open_directory(const source_files& files, source_files::directory_id id) {
        return directory_at(files, id).opened.get();
    }

    /// Closes everything.
    void close() {
        file_ = {};
        file_of_ = nullptr;
        directories_.clear();
    }

private:
    static constexpr std::size_t most_directories = 16;
    static constexpr std::size_t longest_step = 3000; // with one more name less than any system's limit

    struct directory {
        const source_files* files = nullptr;
        source_files::directory_id id = 0;
        std::uint64_t last_use = 0;
        bool is_unchanged = false; ///< it surely has the names that it had
        os::file opened{};
    };

    const os::file& open_unchecked(const source_files& files, source_files::file_id id) {
        if (file_of_ == &files && file_id_ == id && file_.is_open()) return file_;
        file_of_ = nullptr;
        file_ = {};
        const os::answer a = os::file::try_open(directory_at(files, files.at(id).directory).opened.get(),
                                                files.name(id), os::open_mode::read);
        if (a < 0) fail::system_refused(a, "cannot open", files.path_of(id));
        file_ = os::file{static_cast<os::handle>(a), {}};
        file_of_ = &files, file_id_ = id;
        is_checked_ = false;
        return file_;
    }
    bool is_settled(const source_files& files, const source_files::file& planned) {
        return files.tells_changes(planned.mtime_mark) && directory_at(files, planned.directory).is_unchanged;
    }

    directory& directory_at(const source_files& files, source_files::directory_id id) {
        if (directory* const known = find(files, id)) return *known;
        // From the nearest ancestor that is open, or the root, in steps that no path limit stops.
        std::vector<source_files::directory_id> below;
        os::handle from = os::working_directory;
        for (auto next = std::optional{id}; next; next = files.parent_of(*next)) {
            if (const directory* known = find(files, *next)) {
                from = known->opened.get();
                break;
            }
            below.push_back(*next);
        }
        os::file reached;
        std::string path;
        for (; !below.empty(); below.pop_back()) {
            if (!path.empty() && !path.ends_with('/')) path += '/';
            path += files.directory_name(below.back());
            if (path.empty()) path = ".";
            if (path.size() < longest_step && below.size() > 1) continue;
            const os::answer a = os::file::try_open(from, path.c_str(), os::open_mode::directory);
            if (a < 0) fail::system_refused(a, "cannot open", files.directory_path(below.front()));
            reached = os::file{static_cast<os::handle>(a), {}};
            from = reached.get();
            path.clear();
        }
        directory& place = directories_.size() < most_directories ? directories_.emplace_back() : least_recent();
        place = {&files, id, ++uses_, false, std::move(reached)};
        const std::uint64_t mark = files.mtime_mark_of(id);
        if (os::file_status now; files.tells_changes(mark) && place.opened.try_status(now) >= 0)
            place.is_unchanged = source_files::mark(now.mtime_seconds, now.mtime_nanoseconds) == mark;
        return place;
    }

    directory* find(const source_files& files, source_files::directory_id id) {
        for (directory& d : directories_) {
            if (d.files != &files || d.id != id) continue;
            d.last_use = ++uses_;
            return &d;
        }
        return nullptr;
    }
    directory& least_recent() {
        directory* oldest = &directories_.front();
        for (directory& d : directories_)
            if (d.last_use < oldest->last_use) oldest = &d;
        return *oldest;
    }

    void check(const source_files& files, source_files::file_id id, const source_files::file& planned) const {
        os::file_status now;
        if (const os::answer a = file_.try_status(now); a < 0)
            fail::system_refused(a, "cannot ask about", files.path_of(id));
        if (now.type != file_type::regular)
            fail::source_changed(files.path_of(id), text::join("it is now a ", name_of(now.type)));
        if (now.size.count != planned.size)
            fail::source_changed(files.path_of(id),
                                 text::join("it had ", planned.size, " bytes and has ", now.size.count));
        if (source_files::mark(now.mtime_seconds, now.mtime_nanoseconds) != planned.mtime_mark)
            fail::source_changed(files.path_of(id), "it was modified");
    }

    std::vector<directory> directories_;
    std::uint64_t uses_ = 0;
    os::file file_;
    const source_files* file_of_ = nullptr;
    source_files::file_id file_id_ = 0;
    bool is_checked_ = false; // of file_
};

IMGCOMPOSE_NAMESPACE_END
