// SPDX-License-Identifier: BSL-1.0
// Making an image of which the file already holds a former state.
#pragma once

#include <imgcompose/image/source_files.hpp>
#include <imgcompose/write/saved_plan.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Whether `file` is still the one that the plan is of.
inline bool is_image_of(const saved_plan& p, const std::filesystem::path& file) {
    os::file_status now;
    if (os::file::try_status_at(os::working_directory, file.string().c_str(), true, now) < 0) return false;
    return now.type == file_type::regular && now.size == p.file_size && p.image_size <= now.size &&
           source_files::state_of(now) == p.file_state;
}

namespace detail {

/// The ranges of a former image by what they hold.
class held_ranges {
public:
    explicit held_ranges(const saved_plan& p) : plan_(p), by_key_(p.ranges.size()) {
        for (std::uint32_t i = 0; i < by_key_.size(); ++i) by_key_[i] = i;
        std::sort(by_key_.begin(), by_key_.end(), [&](std::uint32_t a, std::uint32_t b) {
            return std::pair{key(a), a} < std::pair{key(b), b};
        });
    }

    /// One of the key and size; preferably at `at`, else behind the range found before if that is one, as neighbours
    /// mostly stay neighbours.
    [[nodiscard]] const saved_plan::range* find(const hash128& wanted, bytes size, offset at) {
        if (last_ + 1 < plan_.ranges.size()) {
            const auto& next = plan_.ranges[last_ + 1];
            if (next.key == wanted && next.size == size) return &plan_.ranges[++last_];
        }
        const saved_plan::range* found = nullptr;
        for (auto i = std::lower_bound(by_key_.begin(), by_key_.end(), wanted,
                                       [&](std::uint32_t a, const hash128&k) { return key(a) < k; });
             i != by_key_.end() && key(*i) == wanted; ++i) {
            if (plan_.ranges[*i].size != size) continue;
            if (found == nullptr || plan_.ranges[*i].at == at) found = &plan_.ranges[*i], last_ = *i;
        }
        return found;
    }
    /// The zeros right behind a range.
    [[nodiscard]] bool has_zeros_behind(const saved_plan::range& r, bytes size) const {
        const auto next = static_cast<std::size_t>(&r - plan_.ranges.data()) + 1;
        return next < plan_.ranges.size() && plan_.ranges[next].at == r.at + r.size &&
               plan_.ranges[next].key == saved_plan::zero_key && plan_.ranges[next].size >= size;
    }

private:
    [[nodiscard]] const hash128& key(std::uint32_t i) const { return plan_.ranges[i].key; }

    const saved_plan& plan_;
    std::vector<std::uint32_t> by_key_;
    std::size_t last_ = 0;
};

} // namespace detail

/// The same image, with what the former image's file holds taken from there: many small files become long ranges of
/// one, which are copied or cloned at once. For a new file in place of the old one; `former` must stay as it is until
/// then.
inline image taken_from(const image& now, const saved_plan& plan, const std::filesystem::path& former) {
    const os::file_status status = os::status_of(former.string());
    auto files = std::make_shared<source_files>();
    const auto parent = former.has_parent_path() ? former.parent_path() : std::filesystem::path{"."};
    const auto id = files->add_file(files->add_root(parent.string()), former.filename().string(), status.size,
                                    files->mark(status));
    image made{now.size()};
    std::vector<std::uint32_t> sources;
    for (const source& s : now.sources()) sources.push_back(made.add_source(s));
    const std::uint32_t old = made.add_source(std::shared_ptr<const source_files>{std::move(files)});

    detail::held_ranges held{plan};
    detail::plan_keys keys{now};
    const saved_plan::range* before = nullptr; // what the last extent was taken from
    for (extent e : now.extents()) {
        const saved_plan::range* found = nullptr;
        if (e.kind() == byte_kind::zero) {
            // The padding of a file, so that its neighbour's range goes on behind it.
            if (before != nullptr && e.size < whole_block && held.has_zeros_behind(*before, e.size)) {
                const offset from = before->at + before->size;
                e = {.at = e.at, .size = e.size, .from = from_start(from), .source = old, .item = id};
            }
        } else if (const auto key = keys.key(e)) {
            found = held.find(*key, e.size, e.at);
        }
        if (found != nullptr) {
            e = {.at = e.at, .size = e.size, .from = from_start(found->at), .source = old, .item = id};
        } else if (e.has_source() && e.source != old) {
            e.source = sources[e.source];
        }
        before = found;
        made.append(e);
    }
    for (const region& r : now.regions()) made.append_region(r.at, r.size, now.name_of(r), r.depth);
    return made;
}

/// What of the image has to be written where the file already holds the former one: blocks of 4 KiB that hold the same
/// are undefined, and what was undefined is zero, as in a new file. For existing_file, best with `only_differences`.
inline image changes_since(const image& now, const saved_plan& plan) {
    // Runs of extents that are where they were, whole blocks of them only: smaller ones are joined to their neighbours.
    std::vector<std::pair<offset, offset>> same;
    detail::plan_keys keys{now};
    auto old = plan.ranges.begin();
    for (const extent& e : now.extents()) {
        const auto key = keys.key(e);
        if (!key) continue;
        while (old != plan.ranges.end() && old->at < e.at) ++old;
        if (old == plan.ranges.end()) break;
        if (old->at != e.at || old->size != e.size || old->key != *key) continue;
        if (!same.empty() && same.back().second == e.at) same.back().second = e.end();
        else same.emplace_back(e.at, e.end());
    }
    image made{now.size()};
    std::vector<std::uint32_t> sources;
    for (const source& s : now.sources()) sources.push_back(made.add_source(s));
    offset done{};
    auto run = same.begin();
    const auto zeros_up_to = [&](offset end) {
        if (done < end) made.append({.at = done, .size = end - done, .source = extent::is_zero});
    };
    for (extent e : now.extents()) {
        zeros_up_to(e.at);
        done = e.end();
        if (e.has_source()) e.source = sources[e.source];
        while (run != same.end() && run->second <= e.at) ++run;
        if (run != same.end()) {
            const offset from = align_up(run->first, whole_block);
            const offset to = align_down(run->second, whole_block);
            if (from < to && e.at < to && e.end() > from) {
                extent head = e, tail = e;
                head.size = e.at < from ? from - e.at : bytes{};
                made.append(head);
                if (e.end() > to) {
                    tail.size = e.end() - to;
                    tail.from = e.from + (to - e.at);
                    tail.at = to;
                    made.append(tail);
                }
                continue;
            }
        }
        made.append(e);
    }
    zeros_up_to(offset{now.size()});
    return made;
}

IMGCOMPOSE_NAMESPACE_END
