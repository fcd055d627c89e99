// SPDX-License-Identifier: BSL-1.0
// The functions of directory.hpp.
#pragma once

#include <imgcompose/tree/directory.hpp>
#include <imgcompose/image/source_opener.hpp>
#include <imgcompose/os/threads.hpp>
#include <imgcompose/tree/listing.hpp>
#include <imgcompose/tree/tree.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {
/// Listings of the directories below one that is open, read by several threads ahead of the one that takes them. It
/// asks for them one by one, in the order of the tree, so that the threads leave no trace in the result.
class listings_ahead {
public:
    /// A directory whose listing will be asked for.
    struct request {
        std::string path{}; ///< below the first one; empty if only the taker can open it
        directory_listing listing{};
        enum : std::uint8_t { waiting, taken, done } state = waiting;
    };
    using request_pointer = std::shared_ptr<request>;

    listings_ahead(os::handle top, bool with_xattrs, std::size_t jobs)
        : top_(top), with_xattrs_(with_xattrs), jobs_(jobs), own_reader_(with_xattrs) {}
    listings_ahead(const listings_ahead&) = delete;
    listings_ahead& operator=(const listings_ahead&) = delete;
    ~listings_ahead() {
        {
            const std::lock_guard lock{mutex_};
            is_over_ = true;
        }
        changed_.notify_all();
        for (std::thread& t : readers_) t.join();
    }

    /// The directory that is asked for next comes last.
    void expect(std::vector<request_pointer>& next) {
        if (jobs_ == 1) return;
        {
            const std::lock_guard lock{mutex_};
            waiting_.insert(waiting_.end(), next.begin(), next.end());
            if (waiting_.size() >= worth_a_thread && readers_.empty()) start();
            wake();
        }
    }

    /// Its listing; `open` is called for a handle if no thread could open it by its path.
    template <class F> directory_listing take(const request_pointer& r, const F& open) {
        std::unique_lock lock{mutex_};
        if (r->path.empty()) {
            lock.unlock();
            return own_reader_.read(open());
        }
        while (r->state != request::done) {
            if (r->state == request::waiting) {
                r->state = request::taken;
                read_unlocked(lock, *r, own_reader_);
            } else if (const request_pointer other = next_waiting()) {
                read_unlocked(lock, *other, own_reader_); // better than to wait: it will be asked for next
            } else {
                wait(lock);
            }
        }
        held_ -= std::min(held_, r->listing.names.size());
        wake();
        return std::move(r->listing);
    }
    /// Of what is not waited for with others.
    listing_reader& own_reader() { return own_reader_; }

private:
    static constexpr std::size_t worth_a_thread = 4;
    static constexpr std::size_t most_held = 1 << 16; ///< names that were read and not yet taken

    void start() {
        try {
            for (std::size_t i = 1; i < jobs_; ++i) readers_.emplace_back([this] { read_ahead(); });
        } catch (const std::exception&) {
            // No more threads or no memory for them: those there are do it all.
        }
    }

    void read_ahead() {
        listing_reader reader{with_xattrs_};
        std::unique_lock lock{mutex_};
        while (!is_over_) {
            request_pointer r = held_ < most_held ? next_waiting() : nullptr;
            if (r) read_unlocked(lock, *r, reader);
            else wait(lock);
        }
    }

    /// Of those that another thread can open, the one that is asked for soonest; it is then taken.
    request_pointer next_waiting() {
        while (!waiting_.empty()) {
            request_pointer r = std::move(waiting_.back());
            waiting_.pop_back();
            if (r->state != request::waiting || r->path.empty()) continue;
            r->state = request::taken;
            return r;
        }
        return nullptr;
    }

    void read_unlocked(std::unique_lock<std::mutex>& lock, request& r, listing_reader& reader) {
        lock.unlock();
        try {
            const os::answer a = os::file::try_open(top_, r.path.c_str(), os::open_mode::directory_only);
            if (a >= 0) {
                const os::file opened{static_cast<os::handle>(a), {}};
                r.listing = reader.read(opened.get());
            } else {
                r.listing.failure = a;
                r.listing.failed_doing = "cannot open";
            }
        } catch (const std::exception&) { // no memory
            r.listing = {};
            r.listing.failure = -static_cast<os::answer>(std::errc::not_enough_memory);
            r.listing.failed_doing = "cannot read the directory";
        }
        lock.lock();
        held_ += r.listing.names.size();
        r.state = request::done;
        wake();
    }
    // With the lock held; most of the time nobody sleeps, and nobody need be called.
    void wake() {
        if (sleepers_ != 0) changed_.notify_all();
    }
    void wait(std::unique_lock<std::mutex>& lock) {
        ++sleepers_;
        changed_.wait(lock);
        --sleepers_;
    }

    os::handle top_;
    bool with_xattrs_;
    std::size_t jobs_;
    listing_reader own_reader_;
    std::vector<std::thread> readers_;
    std::mutex mutex_; // of what follows and of the requests
    std::vector<request_pointer> waiting_;
    std::size_t held_ = 0;
    bool is_over_ = false;
    std::size_t sleepers_ = 0;
    std::condition_variable changed_;
};

/// Makes a tree of a directory with all below it.
class directory_reader {
public:
    directory_reader(const std::filesystem::path& path, const directory_options& options)
        : options_(options), top_id_(files_->add_root(path.native().empty() ? "." : path.string())) {
        files_->set_planned_at(os::file_clock_now());
        files_->forbid_links();
        top_ = open_top(path.string());
    }

    tree read() {
        listings_ahead listings{top_.get(), options_.xattrs, os::thread_count(options_.jobs, 4)};
        take_top(listings.own_reader());
        std::vector<directory> pending{{top_directory, top_id_, std::make_shared<request>()}}, inside;
        std::vector<std::shared_ptr<request>> expected;
        while (!pending.empty()) {
            const directory next = std::move(pending.back());
            pending.pop_back();
            inside.clear();
            take(listings.take(next.asked, [&] { return open(next.id); }), next, inside);
            expected.clear();
            for (auto d = inside.rbegin(); d != inside.rend(); ++d) expected.push_back(d->asked);
            if (!expected.empty()) listings.expect(expected);
            pending.insert(pending.end(), std::make_move_iterator(inside.rbegin()),
                           std::make_move_iterator(inside.rend()));
        }
        return std::move(tree_);
    }

private:
    using request = listings_ahead::request;
    struct directory {
        inode_index inode;
        source_files::directory_id id;
        std::shared_ptr<request> asked;
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
    static constexpr std::size_t longest_path = 3000; // less than any system's limit, with one more name

    [[nodiscard]] os::file open_top(const std::string& path) const {
        const auto mode = options_.follow_symlink ? os::open_mode::directory : os::open_mode::directory_only;
        const os::answer a = os::file::try_open(os::working_directory, path.empty() ? "." : path.c_str(), mode);
        if (a < 0) fail::system_refused(a, "cannot read the directory", path);
        return {static_cast<os::handle>(a), path};
    }

    os::handle open(source_files::directory_id id) {
        return id == top_id_ ? top_.get() : opener_.open_directory(*files_, id);
    }

    void take_top(listing_reader& reader) {
        const os::file_status status = top_.status();
        filesystem_ = status.filesystem;
        files_->set_mark(top_id_, files_->mark(status));
        tree::inode& inode = tree_.at(top_directory);
        inode.implied = false;
        take_status(inode, status);
        std::vector<xattr> set;
        std::string doing;
        if (const os::answer a = reader.read_xattrs(top_.get(), "", set, doing); a < 0) refuse(a, doing, top_id_, "");
        inode.xattrs = tree_.intern_xattrs(std::move(set));
        tree_.add_files(files_);
    }

    void take(directory_listing&& l, const directory& here, std::vector<directory>& inside) {
        if (l.failure < 0) refuse(l.failure, l.failed_doing, here.id, l.failed_at);
        for (const directory_listing::name& n : l.names) take_name(l, n, here, inside);
    }

    void take_name(directory_listing& l, const directory_listing::name& n, const directory& parent,
                   std::vector<directory>& inside) {
        const char* const name = l.name_of(n);
        const os::file_status& status = n.status;
        if (std::strlen(name) > 255) tree::check_name(name); // FAT and NTFS have such, counting in characters
        const bool may_have_names = status.links > 1 && status.type != file_type::directory;
        if (may_have_names) {
            const auto known = with_more_names_.find({status.filesystem, status.inode});
            if (known != with_more_names_.end()) return tree_.link_unchecked(parent.inode, name, known->second);
        }
        tree::inode inode;
        take_status(inode, status);
        if (n.xattrs != 0) inode.xattrs = tree_.intern_xattrs(std::move(l.xattrs[n.xattrs - 1]));
        if (inode.type == file_type::symlink) {
            inode.size = status.size.count;
            inode.content = tree_.add_target(l.target_of(n));
        } else if (inode.type == file_type::regular && status.size != bytes{}) {
            inode.size = status.size.count;
            inode.content = files_->add_file(parent.id, name, status.size, files_->mark(status));
            if (n.ranges != 0) inode.ranges = tree_.add_ranges(std::move(l.ranges[n.ranges - 1]));
        }

        const inode_index made = tree_.add_inode(inode);
        tree_.link_unchecked(parent.inode, name, made);
        if (may_have_names) with_more_names_.emplace(identity{status.filesystem, status.inode}, made);
        if (inode.type != file_type::directory) return;
        if (options_.one_file_system && status.filesystem != filesystem_) return;
        directory next{made, files_->add_directory(parent.id, name, files_->mark(status)), std::make_shared<request>()};
        const std::string& above = parent.asked->path;
        if ((!above.empty() || parent.id == top_id_) && above.size() < longest_path)
            next.asked->path = above.empty() ? name : text::join(above, '/', name);
        inside.push_back(std::move(next));
    }

    static void take_status(tree::inode& to, const os::file_status& from) {
        to.type = from.type;
        to.mode = from.mode;
        to.uid = from.uid, to.gid = from.gid;
        to.mtime_seconds = from.mtime_seconds, to.mtime_nanoseconds = from.mtime_nanoseconds;
        if (from.type == file_type::character_device || from.type == file_type::block_device)
            to.ranges = from.device_major, to.content = from.device_minor;
    }

    [[noreturn]] void refuse(os::answer a, std::string_view doing, source_files::directory_id in,
                             std::string_view name) const {
        std::string path = files_->directory_path(in);
        if (!name.empty()) path += (path.ends_with('/') ? "" : "/") + std::string{name};
        fail::system_refused(a, doing, path);
    }

    directory_options options_;
    std::shared_ptr<source_files> files_ = std::make_shared<source_files>();
    source_files::directory_id top_id_;
    os::file top_;
    std::uint64_t filesystem_ = 0;
    tree tree_;
    source_opener opener_;
    std::unordered_map<identity, inode_index, hash_of_identity> with_more_names_;
};
} // namespace detail

IMGCOMPOSE_INLINE tree directory(const std::filesystem::path& path, const directory_options& options) {
    return detail::directory_reader{path, options}.read();
}

IMGCOMPOSE_NAMESPACE_END
