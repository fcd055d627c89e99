// SPDX-License-Identifier: BSL-1.0
// Opens the files that an image takes its bytes from, each checked to be still the one that was planned with.
#pragma once

#include <imgcompose/image/source_files.hpp>
#include <imgcompose/os/file.hpp>

#include <cstdint>
#include <optional>
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

/// Opens files relative to their directories, of which it keeps the last two open, so that a path is walked seldom and
/// may be of any length. Files that were read stay open until there are enough to close them together. One for each thread.
///
/// That a file is what it was is asked of the file itself, by its inode and times, after the last byte was read of it; a
/// file that is read in pieces is asked before the first, too. Not asked is a file that is read whole and whose directory
/// is what it was, before and after: no other file can have had its name then, and its length shows by reading. The one
/// change that leaves no trace in the directory is that somebody writes over such a file in place with as many bytes;
/// `asks_each_file` notices that also, for one more system call a file.
class source_opener {
public:
    source_opener() = default;
    explicit source_opener(bool asks_each_file) : asks_each_file_(asks_each_file) {}

    /// A file's bytes from `from` on. Throws io_error, or input_error if the file is not what it was.
    /// `over_next`: the byte behind `to` may be written over, too, which is quicker.
    void read(const source_files& files, source_files::file_id id, bytes from, std::span<std::byte> to,
              bool over_next = false) {
        if (const os::file* const kept = files.open_file(id)) return kept->read_exactly_at(offset{from}, to);
        const auto& planned = files.at(id);
        const bool is_whole = from == bytes{} && to.size() == planned.size;
        const os::file& f = is_whole ? open_unchecked(files, id) : open(files, id);
        std::size_t done = 0;
        const os::answer got =
            is_whole ? f.try_read_at_or_longer(offset{}, to, over_next, done) : f.try_read_at(offset{from}, to, done);
        const bool is_all_there = got >= 0 && static_cast<std::size_t>(got) == to.size();
        if (is_whole) {
            if (is_all_there && relies_on_directory(files, id)) return;
            check(); // which is the better message, if it is not what it was
        }
        if (got < 0)
            fail::system_refused_at(got, "cannot read", files.path_of(id), offset{from} + bytes{done});
        if (!is_all_there)
            fail::file_ends_early(files.path_of(id), offset{from}, bytes{to.size()},
                                  bytes{static_cast<std::uint64_t>(got)});
    }

    /// The open file, which has no path of its own; good until the next call.
    const os::file& open(const source_files& files, source_files::file_id id) {
        if (const os::file* const kept = files.open_file(id)) return *kept;
        open_unchecked(files, id);
        if (!is_in_use_) check();
        is_in_use_ = true;
        return file_;
    }
    /// The filesystem of the file that `open` gave last.
    [[nodiscard]] std::uint64_t filesystem() const { return filesystem_; }

    /// Of a directory that is still open; good until the next call.
    os::handle open_directory(const source_files& files, source_files::directory_id id) {
        return directory_at(files, id).opened.get();
    }

    /// Asks for the last time whether what was read is what it was, and closes everything. Throws input_error if not.
    void finish() {
        leave_file();
        for (directory& d : directories_) leave(d);
        close();
    }
    /// Closes everything.
    void close() {
        forget_file();
        read_.close();
        directories_.clear();
    }

private:
    // Each one lies between the numbers of files, which are closed by fewer calls where they follow one another; more than two
    // saved no opening in trees that are read in order.
    static constexpr std::size_t most_directories = 2;
    static constexpr std::size_t longest_step = 3000; // with one more name less than any system's limit

    struct directory {
        const source_files* files = nullptr;
        source_files::directory_id id = 0;
        std::uint64_t last_use = 0;
        bool is_unchanged = false; ///< it surely had the names that it had, when it was opened
        os::file opened{};
        std::vector<source_files::file_id> trusted{}; ///< read while nothing but that told that they are what they were
    };

    void open_unchecked_file(const source_files& files, source_files::file_id id) {
        leave_file();
        const auto mode = files.forbids_links() ? os::open_mode::read_no_link : os::open_mode::read;
        const os::answer a =
            os::file::try_open(directory_at(files, files.at(id).directory).opened.get(), files.name(id), mode);
        if (os::is_error(a, std::errc::too_many_symbolic_link_levels) && files.forbids_links())
            fail::source_changed(files.path_of(id), "it is now a symbolic link");
        if (a < 0) fail::system_refused(a, "cannot open", files.path_of(id));
        file_ = os::file{static_cast<os::handle>(a), {}};
        file_of_ = &files, file_id_ = id;
    }
    const os::file& open_unchecked(const source_files& files, source_files::file_id id) {
        if (file_of_ != &files || file_id_ != id || !file_.is_open()) open_unchecked_file(files, id);
        return file_;
    }
    /// The last question to a file that was read in pieces.
    void leave_file() {
        if (std::exchange(is_in_use_, false)) check();
        forget_file();
    }
    void forget_file() {
        read_.add(std::move(file_));
        file_of_ = nullptr;
        is_in_use_ = false;
    }

    /// Whether the directory of a file that was read whole tells that it is what it was.
    bool relies_on_directory(const source_files& files, source_files::file_id id) {
        const auto& planned = files.at(id);
        if (asks_each_file_ || !source_files::tells_changes(planned.mark)) return false;
        directory& d = directory_at(files, planned.directory);
        if (d.is_unchanged) d.trusted.push_back(id);
        return d.is_unchanged;
    }
    /// Whether a directory still is what it was when it was planned.
    static bool is_as_planned(const directory& d) {
        const std::uint64_t mark = d.files->mark_of(d.id);
        os::file_status now;
        return source_files::tells_changes(mark) && d.opened.try_status(now) >= 0 && source_files::is_same(mark, now);
    }
    /// The last question to a directory that files were trusted for. Where something was done in it, the files are asked.
    static void leave(directory& d) {
        if (!d.trusted.empty() && !is_as_planned(d)) {
            for (const source_files::file_id id : d.trusted) {
                os::file_status now;
                const os::answer a = os::file::try_status_at(d.opened.get(), d.files->name(id),
                                                             !d.files->forbids_links(), now);
                if (a < 0) fail::source_changed(d.files->path_of(id), "it was removed");
                require_as_planned(*d.files, id, now);
            }
        }
        d.trusted.clear();
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
        leave(place);
        place.files = &files, place.id = id, place.last_use = ++uses_;
        place.opened = std::move(reached);
        place.is_unchanged = is_as_planned(place);
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

    /// Asks the open file.
    void check() {
        os::file_status now;
        if (const os::answer a = file_.try_status(now); a < 0)
            fail::system_refused(a, "cannot ask about", file_of_->path_of(file_id_));
        filesystem_ = now.filesystem;
        require_as_planned(*file_of_, file_id_, now);
    }
    static void require_as_planned(const source_files& files, source_files::file_id id, const os::file_status& now) {
        const auto& planned = files.at(id);
        if (now.type != file_type::regular)
            fail::source_changed(files.path_of(id), text::join("it is now a ", name_of(now.type)));
        if (now.size.count != planned.size)
            fail::source_changed(files.path_of(id),
                                 text::join("it had ", planned.size, " bytes and has ", now.size.count));
        if (!source_files::is_same(planned.mark, now))
            fail::source_changed(files.path_of(id), "it was modified or replaced");
    }

    bool asks_each_file_ = false;
    std::vector<directory> directories_;
    std::uint64_t uses_ = 0;
    os::file file_;
    os::closed_together read_;
    const source_files* file_of_ = nullptr;
    source_files::file_id file_id_ = 0;
    bool is_in_use_ = false;       // of file_: it was checked and then given away, to be read in pieces
    std::uint64_t filesystem_ = 0; // of the file that was checked last
};

IMGCOMPOSE_NAMESPACE_END
