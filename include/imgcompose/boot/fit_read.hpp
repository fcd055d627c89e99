// SPDX-License-Identifier: BSL-1.0
// A flat image tree (FIT) looked into: what it holds, where, whether it is whole, and what its configurations name.
// Source: U-Boot boot/image-fit.c (fit_image_get_data_and_size, fit_conf_get_node), doc/usage/fit/; the place of
// external data in vendor files: common/spl/spl_fit.c of Rockchip's 2017.09 (FIT_ALIGN), tried on a Rock 5A's.
#pragma once

#include <imgcompose/boot/fdt_read.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/finding.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/image/window.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_a_fit(std::string_view why) { throw format_error(text::join("not a valid FIT: ", why)); }
[[noreturn]] inline void fit_has_no_configuration(std::string_view name) {
    throw input_error(name.empty() ? std::string{"the FIT has no default configuration; name one"}
                                   : text::join("the FIT has no configuration ", text::quoted(name)));
}
} // namespace fail

enum class hash_state : std::uint8_t {
    right,
    wrong,       ///< the data or the hash is damaged
    not_checked, ///< no function for the algorithm was given, or more has been hashed than is to be
    cut_off,     ///< not all of the data is there
};

constexpr std::string_view name_of(hash_state s) {
    switch (s) {
    case hash_state::right: return "right";
    case hash_state::wrong: return "wrong";
    case hash_state::not_checked: return "not checked";
    case hash_state::cut_off: return "cut off";
    }
    return "unknown";
}

struct found_fit_hash {
    std::string node{};
    std::string algorithm{};
    owned_bytes value{};
    hash_state state = hash_state::not_checked;
};

/// Texts are U-Boot's words as they stand there, empty if they do not.
struct found_fit_image {
    std::string name{}, description{}, type{}, arch{}, os{}, compression{};
    std::optional<std::uint64_t> load{}, entry{}; ///< addresses in memory
    offset at{};                                  ///< of its data from the start of the FIT
    bytes size{};                                 ///< of its data
    bool external = false;                        ///< its data lies behind the tree
    bool is_signed = false;
    std::vector<found_fit_hash> hashes{};
};

struct found_fit_configuration {
    std::string name{}, description{}, kernel{}, firmware{}, ramdisk{};
    std::vector<std::string> loadables{}, fdt{}, compatible{};
    bool is_signed = false;

    /// All images it names, each once, in the order in which they are loaded.
    [[nodiscard]] std::vector<std::string> images() const {
        std::vector<std::string> all;
        std::set<std::string_view> seen;
        const auto add = [&](const std::string& image) {
            if (!image.empty() && seen.insert(image).second) all.push_back(image);
        };
        add(kernel), add(firmware);
        std::ranges::for_each(loadables, add);
        add(ramdisk);
        std::ranges::for_each(fdt, add);
        return all;
    }
};

struct found_fit {
    std::string description{};
    std::optional<std::chrono::seconds> time{}; ///< since 1970
    std::vector<found_fit_image> images{};
    std::vector<found_fit_configuration> configurations{};
    std::string default_configuration{}; ///< as named; empty if none is
    bytes tree_size{};                   ///< the `totalsize` of its device tree
    offset data_base{};                  ///< from where `data-offset` counts
    bytes size{};                        ///< of everything: the tree and all external data
    bool is_whole = true;                ///< what was read has all of `size`

    [[nodiscard]] const found_fit_image* find_image(std::string_view name) const {
        const auto i = std::ranges::find(images, name, &found_fit_image::name);
        return i == images.end() ? nullptr : &*i;
    }
    /// By name, or the default if the name is empty. Throws input_error if there is none.
    [[nodiscard]] const found_fit_configuration& configuration(std::string_view name = {}) const {
        const auto wanted = name.empty() ? std::string_view{default_configuration} : name;
        const auto c = std::ranges::find(configurations, wanted, &found_fit_configuration::name);
        if (wanted.empty() || c == configurations.end()) fail::fit_has_no_configuration(wanted);
        return *c;
    }
};

/// Images, configurations, and hashes of one image that are read.
inline constexpr std::size_t fit_node_limit = 4096;
/// Names in the lists of all configurations that are read.
inline constexpr std::size_t fit_name_limit = 65536;

struct fit_read_options {
    sha256_function sha256 = nullptr; ///< without it sha256 hashes are not checked
    bytes largest_tree = 256_MiB;     ///< format_error if the FIT claims more
    /// Of all images together: as many hashes as a hostile FIT may name of the same data must not take hours. What
    /// would be more is not checked.
    bytes most_hashed = 2_GiB;
};

namespace detail {

class fit_reader {
public:
    fit_reader(const window& from, const fit_read_options& options) : from_(from), options_(options) {}

    found_fit read() {
        const auto header = from_.get<fdt_header>(offset{});
        if (!header || from_disk(header->magic) != fdt_magic)
            fail::not_a_fit("it does not begin with a device tree (0xd00dfeed)");
        const bytes claimed{from_disk(header->totalsize)};
        if (claimed > options_.largest_tree)
            fail::not_a_fit(text::join("its tree claims ", claimed.count, " bytes; at most ",
                                       options_.largest_tree.count, " are read"));
        const owned_bytes raw = from_.take(offset{}, claimed);
        return read(raw, fdt_view{raw});
    }
    /// Of a tree that was read already, from `raw`.
    found_fit read(std::span<const std::byte> raw, const fdt_view& tree) {
        tree_bytes_ = raw;
        const auto images = tree.find("/images");
        if (!images) fail::not_a_fit("it is a device tree without /images");
        fit_.tree_size = tree.size();
        fit_.description = text_of(tree.root(), "description");
        if (const auto t = tree.root().number("timestamp"); t && *t <= 0xffffffff)
            fit_.time = std::chrono::seconds{static_cast<std::int64_t>(*t)};
        for (const auto& node : nodes_in(*images)) fit_.images.push_back(image_of(node));
        if (const auto configurations = tree.find("/configurations")) {
            fit_.default_configuration = text_of(*configurations, "default");
            for (const auto& node : nodes_in(*configurations)) fit_.configurations.push_back(configuration_of(node));
        }
        vendor_size_ = tree.root().number("totalsize");
        fit_.data_base = find_data_base();
        hashed_ = bytes{}; // of the check, not of the search
        fit_.size = fit_.tree_size;
        for (std::size_t i = 0; i < fit_.images.size(); ++i) {
            auto& image = fit_.images[i];
            if (counts_from_base_[i]) image.at = image.at + from_start(fit_.data_base);
            fit_.size = std::max(fit_.size, from_start(image.at) + image.size);
            for (auto& hash : image.hashes) hash.state = state_of(hash, image.at, image.size);
        }
        fit_.is_whole = fit_.size <= from_.size();
        return std::move(fit_);
    }

private:
    // What is told of a node is many times larger than the node.
    static std::vector<fdt_node_view> nodes_in(const fdt_node_view& parent) {
        auto nodes = parent.children();
        if (nodes.size() > fit_node_limit)
            fail::not_a_fit(text::join("its node ", text::quoted(parent.name()), " has ", nodes.size(),
                                       " children; at most ", fit_node_limit, " are read"));
        return nodes;
    }
    static std::string text_of(const fdt_node_view& node, std::string_view name) {
        return std::string{node.string(name).value_or(std::string_view{})};
    }
    std::vector<std::string> texts_of(const fdt_node_view& node, std::string_view name) {
        const auto p = node.property(name);
        const auto all = p ? p->strings() : std::nullopt;
        names_ += all ? all->size() : 0;
        if (names_ > fit_name_limit)
            fail::not_a_fit(text::join("its configurations have more than ", fit_name_limit, " names in their lists"));
        return all ? std::vector<std::string>{all->begin(), all->end()} : std::vector<std::string>{};
    }
    static bool is_hash(std::string_view name) { return name.starts_with("hash"); }
    static bool is_signature(std::string_view name) { return name.starts_with("signature"); }

    found_fit_image image_of(const fdt_node_view& node) {
        found_fit_image i{.name = std::string{node.name()},
                          .description = text_of(node, "description"),
                          .type = text_of(node, "type"),
                          .arch = text_of(node, "arch"),
                          .os = text_of(node, "os"),
                          .compression = text_of(node, "compression"),
                          .load = node.number("load"),
                          .entry = node.number("entry")};
        bool from_base = false;
        // In U-Boot's order: a position, then an offset, then data in the tree.
        const auto position = number32(node, "data-position"), behind = number32(node, "data-offset");
        if (position || behind) {
            const auto size = number32(node, "data-size");
            if (!size)
                fail::not_a_fit(text::join("the image ", text::quoted(i.name), " has data outside, but no data-size"));
            i.external = true;
            i.at = offset{bytes{position ? *position : *behind}};
            i.size = bytes{*size};
            from_base = !position;
        } else if (const auto data = node.property("data")) {
            i.at = offset{bytes{static_cast<std::uint64_t>(data->value.data() - tree_bytes_.data())}};
            i.size = bytes{data->value.size()};
        }
        counts_from_base_.push_back(from_base);
        for (const auto& child : nodes_in(node)) {
            if (is_signature(child.name())) i.is_signed = true;
            if (!is_hash(child.name())) continue;
            const auto value = child.property("value");
            i.hashes.push_back({.node = std::string{child.name()}, .algorithm = text_of(child, "algo")});
            if (value) i.hashes.back().value.assign(value->value.begin(), value->value.end());
        }
        return i;
    }
    static std::optional<std::uint32_t> number32(const fdt_node_view& node, std::string_view name) {
        const auto p = node.property(name);
        return p ? p->u32() : std::nullopt;
    }
    found_fit_configuration configuration_of(const fdt_node_view& node) {
        found_fit_configuration c{.name = std::string{node.name()},
                                  .description = text_of(node, "description"),
                                  .kernel = text_of(node, "kernel"),
                                  .firmware = text_of(node, "firmware"),
                                  .ramdisk = text_of(node, "ramdisk"),
                                  .loadables = texts_of(node, "loadables"),
                                  .fdt = texts_of(node, "fdt"),
                                  .compatible = texts_of(node, "compatible")};
        for (const auto& child : node.children())
            if (is_signature(child.name())) c.is_signed = true;
        return c;
    }

    // Mainline counts external data from the tree's end at a multiple of 4, Rockchip's U-Boot from a multiple of 512.
    // The file does not say which; its hashes, its device trees, and the size that Rockchip's mkimage notes do.
    [[nodiscard]] offset find_data_base() {
        const offset mainline{align_up(fit_.tree_size, 4_B)}, vendor{align_up(fit_.tree_size, 512_B)};
        const std::array candidates{mainline, vendor};
        if (mainline == vendor) return mainline;
        for (std::size_t i = 0; i < fit_.images.size(); ++i) {
            if (!counts_from_base_[i]) continue;
            for (const auto& hash : fit_.images[i].hashes)
                for (const offset base : candidates)
                    if (state_of(hash, fit_.images[i].at + from_start(base), fit_.images[i].size) == hash_state::right)
                        return base;
        }
        for (std::size_t i = 0; i < fit_.images.size(); ++i) {
            if (!counts_from_base_[i] || fit_.images[i].type != "flat_dt") // a compressed one just has no magic
                continue;
            for (const offset base : candidates)
                if (const auto magic = from_.get<be32>(base + from_start(fit_.images[i].at));
                    magic && from_disk(*magic) == fdt_magic)
                    return base;
        }
        bytes end{};
        for (std::size_t i = 0; i < fit_.images.size(); ++i)
            if (counts_from_base_[i]) end = std::max(end, from_start(fit_.images[i].at) + fit_.images[i].size);
        if (vendor_size_ && from_start(vendor) + end == bytes{*vendor_size_}) return vendor;
        return mainline;
    }

    [[nodiscard]] hash_state state_of(const found_fit_hash& hash, offset at, bytes size) {
        if (!from_.has(at, size)) return hash_state::cut_off;
        if (size > options_.most_hashed - hashed_) return hash_state::not_checked;
        hashed_ += size;
        if (hash.algorithm == "crc32") {
            if (hash.value.size() != sizeof(be32)) return hash_state::wrong;
            return crc_of(at, size) == from_disk(struct_from<be32>(hash.value)) ? hash_state::right : hash_state::wrong;
        }
        if (hash.algorithm != "sha256" || options_.sha256 == nullptr) return hash_state::not_checked;
        const owned_bytes data = from_.take(at, size);
        const auto value = options_.sha256(data);
        return std::ranges::equal(hash.value, std::as_bytes(std::span{value})) ? hash_state::right : hash_state::wrong;
    }
    [[nodiscard]] std::uint32_t crc_of(offset at, bytes size) const {
        std::uint32_t crc = 0;
        constexpr bytes piece = 1_MiB;
        for (bytes done{}; done < size; done += std::min(piece, size - done))
            crc = crc32(from_.take(at + done, std::min(piece, size - done)), crc);
        return crc;
    }

    const window& from_;
    const fit_read_options& options_;
    std::span<const std::byte> tree_bytes_{};
    found_fit fit_{};
    std::vector<bool> counts_from_base_{};
    std::size_t names_ = 0;
    bytes hashed_{};
    std::optional<std::uint64_t> vendor_size_{};
};

} // namespace detail

/// A FIT at the start of `from`. External data that is cut off is told in `is_whole`; what the tree itself has wrong
/// throws format_error.
inline found_fit read_fit(const window& from, const fit_read_options& options = {}) {
    return detail::fit_reader{from, options}.read();
}

/// Of one whose tree was looked into already: `tree` of `raw`, which are the first bytes of `from`.
inline found_fit read_fit(const window& from, std::span<const std::byte> raw, const fdt_view& tree,
                          const fit_read_options& options = {}) {
    return detail::fit_reader{from, options}.read(raw, tree);
}

/// The bytes of one of its images; fewer than its size if they are cut off.
inline window content_of(const window& fit, const found_fit_image& image) { return fit.part(image.at, image.size); }

/// All that keeps a FIT from being loaded: data cut off, wrong hashes, names that lead nowhere, images that overlap.
inline std::vector<finding> check(const found_fit& fit, bytes available) {
    std::vector<finding> findings;
    const auto error = [&](std::string message) { findings.push_back({.message = std::move(message)}); };
    if (fit.size > available)
        error(text::join("the FIT has ", fit.size.count, " bytes with its external data; the last ",
                         (fit.size - available).count, " are missing, write all of the file"));
    std::set<std::string_view> needed;
    for (const auto& c : fit.configurations) {
        needed.insert({c.kernel, c.firmware, c.ramdisk});
        needed.insert(c.fdt.begin(), c.fdt.end());
    }
    for (const auto& i : fit.images) {
        // An empty one that is merely loaded is passed over: Allwinner's "scp" where there is no firmware for it.
        // Source: U-Boot common/spl/spl_fit.c, spl_load_fit_image; Debian's u-boot-sunxi for the H5.
        if (i.size == bytes{})
            findings.push_back({.how_bad = needed.contains(i.name) ? severity::error : severity::warning,
                                .message = text::join("the FIT image ", text::quoted(i.name), " has no data")});
        if (i.external && i.size != bytes{} && i.at < offset{fit.tree_size})
            error(text::join("the data of the FIT image ", text::quoted(i.name), " lies in the tree itself"));
        if (i.name.find('@') != i.name.npos)
            findings.push_back(
                {.how_bad = severity::warning,
                 .message = text::join("the name of the FIT image ", text::quoted(i.name),
                                       " has an '@', which U-Boot refuses since 2021 where it verifies")});
        for (const auto& h : i.hashes)
            if (h.state == hash_state::wrong)
                error(text::join("the ", h.algorithm, " of the FIT image ", text::quoted(i.name),
                                 " is wrong, so it is damaged; copy the file anew"));
    }
    // Several may share the same data, but not a part of it.
    std::vector<const found_fit_image*> by_place;
    for (const auto& i : fit.images)
        if (i.size != bytes{}) by_place.push_back(&i);
    std::ranges::sort(by_place, {}, [](const found_fit_image* i) { return std::pair{i->at, i->size}; });
    for (std::size_t n = 1; n < by_place.size(); ++n) {
        const auto &a = *by_place[n - 1], &b = *by_place[n];
        const bool same = a.at == b.at && a.size == b.size;
        if (!same && b.at < a.at + a.size)
            error(text::join("the data of the FIT images ", text::quoted(a.name), " and ", text::quoted(b.name),
                             " overlap; make the FIT anew"));
    }
    const auto name_leads_to_image = [&](const found_fit_configuration& c, const std::string& name) {
        if (fit.find_image(name) == nullptr)
            error(text::join("the FIT configuration ", text::quoted(c.name), " names the image ", text::quoted(name),
                             ", which is not there"));
    };
    for (const auto& c : fit.configurations)
        for (const auto& name : c.images()) name_leads_to_image(c, name);
    if (!fit.default_configuration.empty() &&
        std::ranges::find(fit.configurations, fit.default_configuration, &found_fit_configuration::name) ==
            fit.configurations.end())
        error(text::join("the default configuration of the FIT, ", text::quoted(fit.default_configuration),
                         ", is not there"));
    return findings;
}

IMGCOMPOSE_NAMESPACE_END
