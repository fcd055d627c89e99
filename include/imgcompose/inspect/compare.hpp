// SPDX-License-Identifier: BSL-1.0
// What differs between two disks, in terms of the layout and of files.
#pragma once

#include <imgcompose/core/readable.hpp>
#include <imgcompose/inspect/compare_trees.hpp>
#include <imgcompose/inspect/files.hpp>
#include <imgcompose/inspect/inspect.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A part of a disk that was added, removed or changed.
struct layout_change {
    file_change::kind what = file_change::kind::changed;
    std::string subject{};          ///< "disk", "partition 2 (root)", "idbloader.img"
    std::vector<std::string> how{}; ///< "size: 512 MiB -> 1 GiB"

    friend bool operator==(const layout_change&, const layout_change&) = default;
};

/// The files of a partition that both disks have, or of disks without a table.
struct files_comparison {
    std::string subject{};
    std::vector<file_change> changes{};
    std::string problem{}; ///< why they could not be compared; empty if they were
};

struct disk_comparison {
    std::vector<layout_change> layout{};
    std::vector<files_comparison> files{}; ///< of filesystems with differences only

    [[nodiscard]] bool same() const { return layout.empty() && files.empty(); }
};

namespace detail {

/// Collects "what: before -> after".
class change_list {
public:
    template <class T> void differs(std::string_view what, const T& before, const T& after) {
        if (before != after) how.push_back(text::join(what, ": ", shown(before), " -> ", shown(after)));
    }
    std::vector<std::string> how{};

private:
    static std::string shown(const std::string& s) { return s.empty() ? "none" : s; }
    static std::string shown(std::string_view s) { return shown(std::string{s}); }
    static std::string shown(bool b) { return b ? "yes" : "no"; }
    static std::string shown(bytes b) { // exactly: where it is rounded for people, the bytes too
        if (b == bytes{}) return "none";
        const std::string s = readable(b);
        return s.find('.') == s.npos ? s : text::join(s, " (", b.count, " bytes)");
    }
    static std::string shown(offset o) { return position_text(o); }
    static std::string shown(const uuid& id) { return id.is_nil() ? "none" : to_string(id); }
    static std::string shown(std::uint64_t n) { return text::join(n); }
};

/// Which partitions of two disks are the same one: those with the same GUID, then those with the same name and type,
/// with the same label, and with the same number. Each of these tells only where it is unique on both disks.
class partition_pairs {
public:
    partition_pairs(const std::vector<found_partition>& a, const std::vector<found_partition>& b)
        : a_(a), b_(b), of_a_(a.size()), of_b_(b.size()) {
        pair_by([](const found_partition& p) { return p.id.is_nil() ? std::string{} : to_string(p.id); });
        pair_by([](const found_partition& p) {
            return p.name.empty() ? std::string{} : text::join(p.type_name(), ' ', p.name);
        });
        pair_by([](const found_partition& p) { return p.content ? p.content->label : std::string{}; });
        pair_by([](const found_partition& p) { return text::join(p.number); });
    }
    /// What the partition of that index in the first list is in the second; nothing if it is not there.
    [[nodiscard]] const found_partition* of_a(std::size_t i) const { return of_a_[i]; }
    [[nodiscard]] const found_partition* of_b(std::size_t i) const { return of_b_[i]; }

private:
    void pair_by(const auto& key_of) {
        const auto left = [&](const auto& list, const auto& partners) { // key and index, of unique keys
            std::map<std::string, std::optional<std::size_t>> found;
            for (std::size_t i = 0; i < list.size(); ++i)
                if (partners[i] == nullptr)
                    if (std::string key = key_of(list[i]); !key.empty()) {
                        const auto [at, is_new] = found.try_emplace(std::move(key), i);
                        if (!is_new) at->second.reset();
                    }
            return found;
        };
        const auto in_b = left(b_, of_b_);
        for (const auto& [key, i] : left(a_, of_a_)) {
            const auto j = in_b.find(key);
            if (!i || j == in_b.end() || !j->second) continue;
            of_a_[*i] = &b_[*j->second];
            of_b_[*j->second] = &a_[*i];
        }
    }

    const std::vector<found_partition>&a_, &b_;
    std::vector<const found_partition*> of_a_, of_b_;
};

class disk_comparer {
public:
    disk_comparer(const window& a, const disk_report& in_a, const window& b, const disk_report& in_b,
                  const compare_options& options)
        : a_(a), b_(b), in_a_(in_a), in_b_(in_b), options_(options) {}

    disk_comparison compare_all() {
        compare_tables();
        compare_partitions();
        compare_artefacts();
        compare_others();
        if (in_a_.content || in_b_.content) compare_contents("disk", a_, in_a_.content, b_, in_b_.content);
        return std::move(result_);
    }

private:
    using kind = file_change::kind;
    void add(kind what, std::string subject, std::vector<std::string> how = {}) {
        if (what != kind::changed || !how.empty()) result_.layout.push_back({what, std::move(subject), std::move(how)});
    }

    void compare_tables() {
        change_list c;
        c.differs("size", in_a_.size, in_b_.size);
        c.differs("table", title_of(in_a_.table), title_of(in_b_.table));
        c.differs("sector size", in_a_.sector_size, in_b_.sector_size);
        c.differs("GUID", in_a_.disk_id.value_or(uuid{}), in_b_.disk_id.value_or(uuid{}));
        c.differs("signature", signature(in_a_), signature(in_b_));
        add(kind::changed, "disk", std::move(c.how));
    }
    static std::string signature(const disk_report& r) {
        return r.disk_signature ? text::hex(*r.disk_signature) : std::string{};
    }

    void compare_partitions() {
        const partition_pairs pairs{in_a_.partitions, in_b_.partitions};
        for (std::size_t i = 0; i < in_a_.partitions.size(); ++i)
            if (const found_partition* const now = pairs.of_a(i)) compare_partition(in_a_.partitions[i], *now);
            else add(kind::removed, "partition " + in_a_.partitions[i].title());
        for (std::size_t i = 0; i < in_b_.partitions.size(); ++i)
            if (pairs.of_b(i) == nullptr) add(kind::added, "partition " + in_b_.partitions[i].title());
    }
    void compare_partition(const found_partition& p, const found_partition& q) {
        change_list c;
        c.differs("number", std::uint64_t{p.number}, std::uint64_t{q.number});
        c.differs("name", p.name, q.name);
        c.differs("type", p.type_title(), q.type_title());
        c.differs("GUID", p.id, q.id);
        c.differs("attributes", text::hex(p.attributes.bits), text::hex(q.attributes.bits));
        c.differs("bootable", p.bootable, q.bootable);
        c.differs("start", p.at, q.at);
        c.differs("size", p.size, q.size);
        const std::string subject = "partition " + q.title();
        add(kind::changed, subject, std::move(c.how));
        compare_contents(subject, a_.part(p.at, p.size), p.content, b_.part(q.at, q.size), q.content);
    }

    void compare_contents(const std::string& subject, const window& a, const std::optional<found_content>& x,
                          const window& b, const std::optional<found_content>& y) {
        change_list c;
        const found_content none;
        const found_content &before = x ? *x : none, &after = y ? *y : none;
        c.differs("filesystem", before.kind, after.kind);
        c.differs("label", before.label, after.label);
        c.differs("filesystem ID", before.id, after.id);
        c.differs("filesystem size", before.size, after.size);
        if (before.ext4 && after.ext4) compare_ext4(c, *before.ext4, *after.ext4);
        if (before.fat && after.fat)
            c.differs("cluster size", before.fat->geometry.cluster_size(), after.fat->geometry.cluster_size());
        const bool files = has_readable_files(x) && has_readable_files(y);
        // Of what has no files that can be told apart, the bytes are all there is.
        const bytes common = std::min(a.size(), b.size());
        if (!files && options_.contents &&
            !reads_same(a.part(offset{}, common).copy(), b.part(offset{}, common).copy()))
            c.how.push_back("content");
        add(kind::changed, subject, std::move(c.how));
        if (!files) return;
        files_comparison found{.subject = subject};
        try {
            found.changes = compare(files_of(a, x), files_of(b, y), options_);
        } catch (const format_error& e) {
            found.problem = e.what();
        }
        if (!found.changes.empty() || !found.problem.empty()) result_.files.push_back(std::move(found));
    }
    static void compare_ext4(change_list& c, const ext4_facts& x, const ext4_facts& y) {
        c.differs("block size", x.block_size, y.block_size);
        c.differs("inodes", x.inodes, y.inodes);
        c.differs("inode size", std::uint64_t{x.inode_size}, std::uint64_t{y.inode_size});
        const auto before = names_of(x.features), after = names_of(y.features);
        std::string changed;
        for (const std::string& f : before)
            if (std::ranges::find(after, f) == after.end()) changed += " -" + f;
        for (const std::string& f : after)
            if (std::ranges::find(before, f) == before.end()) changed += " +" + f;
        if (!changed.empty()) c.how.push_back("features:" + changed);
    }

    void compare_artefacts() {
        const auto at_same_place = [](const std::vector<found_artefact>& list, offset at) {
            const auto a = std::ranges::find(list, at, &found_artefact::at);
            return a == list.end() ? nullptr : &*a;
        };
        for (const found_artefact& x : in_a_.artefacts) {
            const found_artefact* const y = at_same_place(in_b_.artefacts, x.at);
            if (y == nullptr) {
                add(kind::removed, subject_of(x));
                continue;
            }
            change_list c;
            c.differs("kind", x.kind, y->kind);
            c.differs("SoC", x.soc, y->soc);
            c.differs("size", x.size, y->size);
            if (x.size == y->size && !reads_same(a_.part(x.at, x.size).copy(), b_.part(y->at, y->size).copy()))
                c.how.push_back("content");
            add(kind::changed, subject_of(x), std::move(c.how));
        }
        for (const found_artefact& y : in_b_.artefacts)
            if (at_same_place(in_a_.artefacts, y.at) == nullptr) add(kind::added, subject_of(y));
    }
    static std::string subject_of(const found_artefact& a) {
        return text::join(a.file_name, " at ", position_text(a.at));
    }

    /// What lies outside of all that is known.
    void compare_others() {
        const auto others = [](const disk_report& r) {
            std::vector<const disk_region*> list;
            for (const disk_region& d : r.regions)
                if (d.what == disk_region::kind::unknown || d.what == disk_region::kind::placed) list.push_back(&d);
            return list;
        };
        const auto before = others(in_a_), after = others(in_b_);
        const auto at_same_place = [](const auto& list, offset at) {
            const auto r = std::ranges::find(list, at, [](const disk_region* d) { return d->at; });
            return r == list.end() ? nullptr : *r;
        };
        const auto subject = [](const disk_region& d) { return text::join(d.name, " at ", position_text(d.at)); };
        for (const disk_region* x : before) {
            const disk_region* const y = at_same_place(after, x->at);
            if (y == nullptr) {
                add(kind::removed, subject(*x));
                continue;
            }
            // The end of what is found is where it becomes zero, so that a plan and what was made of it compare equal.
            const bytes longer = std::max(x->size, y->size);
            if (!reads_same(a_.part(x->at, longer).copy(), b_.part(y->at, longer).copy()))
                add(kind::changed, subject(*x), {"content"});
        }
        for (const disk_region* y : after)
            if (at_same_place(before, y->at) == nullptr) add(kind::added, subject(*y));
    }

    window a_, b_;
    const disk_report &in_a_, &in_b_;
    compare_options options_;
    disk_comparison result_{};
};

} // namespace detail

/// What has to be done to the first disk so that it becomes the second. The reports are those of `inspect`.
/// Throws io_error for what cannot be read.
inline disk_comparison compare(const window& a, const disk_report& in_a, const window& b, const disk_report& in_b,
                               const compare_options& options = {}) {
    return detail::disk_comparer{a, in_a, b, in_b, options}.compare_all();
}

IMGCOMPOSE_NAMESPACE_END
