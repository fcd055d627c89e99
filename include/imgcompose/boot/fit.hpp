// SPDX-License-Identifier: BSL-1.0
// A flat image tree (FIT) made: U-Boot with its firmware (u-boot.itb), or a kernel with its device trees and ramdisk.
// The same bytes as `mkimage -f` makes of a source with the properties in the order of the structs here.
// Source: U-Boot doc/usage/fit/source_file_format.rst; tools/fit_image.c, fit_add_file_data and fit_extract_data;
// tools/image-host.c; libfdt's fdt_setprop, which puts a new property in front of the others.
#pragma once

#include <imgcompose/boot/fdt.hpp>
#include <imgcompose/core/crc.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/read.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void fit_name_unfit(std::string_view name) {
    throw input_error(text::join("the FIT node name ", text::quoted(name),
                                 " has an '@', which U-Boot refuses since 2021 (CVE-2021-27138); use a dash"));
}
[[noreturn]] inline void fit_names_missing_image(std::string_view configuration, std::string_view image) {
    throw input_error(text::join("the FIT configuration ", text::quoted(configuration), " names the image ",
                                 text::quoted(image), ", which is not there"));
}
[[noreturn]] inline void fit_default_missing(std::string_view name) {
    throw input_error(
        text::join("the default configuration of the FIT, ", text::quoted(name), ", is not among its configurations"));
}
[[noreturn]] inline void fit_without_images() { throw input_error("a FIT needs images"); }
[[noreturn]] inline void fit_image_is_empty(std::string_view name) {
    throw input_error(text::join("the FIT image ", text::quoted(name), " has no bytes; U-Boot would not load it"));
}
[[noreturn]] inline void fit_hash_impossible(std::string_view algorithm) {
    throw input_error(text::join("a FIT hash ", text::quoted(algorithm), " cannot be made; use crc32 or sha256"));
}
[[noreturn]] inline void fit_time_out_of_range(std::int64_t seconds) {
    throw input_error(text::join("the time of a FIT is ", seconds,
                                 " seconds since 1970; its property holds 0 to 4294967295 (until 2106)"));
}
[[noreturn]] inline void fit_alignment_unfit(bytes align) {
    throw input_error(text::join("the data of a FIT is to be aligned to ", align.count,
                                 " bytes; take a multiple of 4, by which readers round the end of the tree up"));
}
[[noreturn]] inline void fit_data_overlaps_tree(offset at, bytes tree) {
    throw layout_error(text::join("the data of the FIT is to begin at byte ", at.count, ", but its tree has ",
                                  tree.count, " bytes; begin at ", tree.count, " or later"));
}
[[noreturn]] inline void fit_too_large(std::uint64_t size) {
    throw layout_error(text::join("the data of a FIT reaches to byte ", size, ", beyond its 32-bit offsets"));
}
} // namespace fail

/// One file in a FIT. What is empty is left out. U-Boot's words for the types and so on are in boot/image.c; those of
/// an arm64 board: type kernel, ramdisk, flat_dt, firmware, standalone, script; arch arm64; os linux, u-boot,
/// arm-trusted-firmware, tee; compression none, gzip, lz4, zstd, lzma.
struct fit_image {
    std::string name{}; ///< of its node
    std::string description{};
    image data{}; ///< compressed already if `compression` says so
    std::string type{};
    std::string arch{};
    std::string os{};
    std::string compression{};
    std::optional<std::uint64_t> load{};  ///< address in memory
    std::optional<std::uint64_t> entry{}; ///< the same, where execution starts
    std::vector<fdt_property> more{};     ///< any other properties
    std::vector<std::string> hashes{};    ///< "crc32", "sha256"
};

/// Which images belong together. Names are those of images; what is empty is left out.
struct fit_configuration {
    std::string name{}; ///< of its node
    std::string description{};
    std::string kernel{};
    std::string firmware{};               ///< what SPL starts
    std::vector<std::string> loadables{}; ///< what is loaded beside it
    std::string ramdisk{};
    std::vector<std::string> fdt{}; ///< the device tree, then its overlays
    std::vector<fdt_property> more{};
};

/// What a source for mkimage (.its) says.
struct fit_source {
    std::string description{};
    std::vector<fit_image> images{};
    std::vector<fit_configuration> configurations{};
    std::string default_configuration{}; ///< the first if empty
    std::chrono::seconds time{0};        ///< since 1970; mkimage takes SOURCE_DATE_EPOCH
};

struct fit_options {
    bool external_data = true;       ///< behind the tree, where U-Boot's SPL wants it (`mkimage -E`); else within it
    bytes align{4};                  ///< of external data and of the tree's end (`mkimage -B`): a multiple of 4
    std::optional<offset> data_at{}; ///< from the start of the FIT: external data by absolute position (`mkimage -p`)
    sha256_function sha256 = nullptr;
};

namespace detail {

inline fdt_property fit_address(std::string name, std::uint64_t value) {
    if (value > std::numeric_limits<std::uint32_t>::max()) return fdt_u64(std::move(name), value);
    return fdt_cells(std::move(name), {static_cast<std::uint32_t>(value)});
}

inline owned_bytes fit_hash_value(std::string_view algorithm, std::span<const std::byte> data, sha256_function sha256) {
    if (algorithm == "crc32") return fdt_cells("value", {crc32(data)}).value;
    if (algorithm != "sha256") fail::fit_hash_impossible(algorithm);
    if (sha256 == nullptr) fail::needs_sha256("the FIT");
    const auto value = sha256(data);
    const auto raw = std::as_bytes(std::span{value});
    return {raw.begin(), raw.end()};
}

// The tree in the three shapes that mkimage gives it one after the other; the order in which property names come up is
// the order in which they are stored.
class fit_tree {
public:
    fit_tree(const fit_source& from, const fit_options& options) : from_(from), options_(options) {
        check();
        fdt_node images{.name = "images"}, configurations{.name = "configurations"};
        for (const fit_image& i : from.images) images.children.push_back(node_of(i));
        const auto& first = from.default_configuration;
        if (!from.configurations.empty())
            configurations.properties.push_back(
                fdt_string("default", first.empty() ? from.configurations.front().name : first));
        for (const fit_configuration& c : from.configurations) configurations.children.push_back(node_of(c));
        auto& root = tree_.root;
        root.properties = {fdt_string("description", from.description), fdt_cells("#address-cells", {1})};
        root.children = {std::move(images), std::move(configurations)};
        remember_names(root);
    }

    // Bytes of the tree as dtc leaves it.
    [[nodiscard]] bytes size() const { return bytes{fdt_bytes(tree_, {.names_first = names_}).size()}; }

    void add_time_and_hashes() {
        put_first(tree_.root, fdt_cells("timestamp", {static_cast<std::uint32_t>(from_.time.count())}));
        for (std::size_t i = 0; i < from_.images.size(); ++i) {
            if (from_.images[i].hashes.empty()) continue;
            const owned_bytes data = read_all(from_.images[i].data);
            auto& hashes = images()[i].children;
            for (std::size_t h = 0; h < hashes.size(); ++h)
                put_first(hashes[h], {"value", fit_hash_value(from_.images[i].hashes[h], data, options_.sha256)});
        }
    }
    void put_data_inside() {
        for (std::size_t i = 0; i < from_.images.size(); ++i) {
            auto& properties = images()[i].properties;
            const auto data = std::ranges::find(properties, "data", &fdt_property::name);
            data->value = read_all(from_.images[i].data);
        }
    }
    void put_data_outside(const std::vector<bytes>& places) {
        for (std::size_t i = 0; i < from_.images.size(); ++i) {
            auto& node = images()[i];
            std::erase_if(node.properties, [](const fdt_property& p) { return p.name == "data"; });
            const std::uint64_t at = places[i].count + (options_.data_at ? options_.data_at->count : 0);
            const std::uint64_t size = from_.images[i].data.size().count;
            if (at + size > std::numeric_limits<std::uint32_t>::max()) fail::fit_too_large(at + size);
            put_first(node,
                      fdt_cells(options_.data_at ? "data-position" : "data-offset", {static_cast<std::uint32_t>(at)}));
            put_first(node, fdt_cells("data-size", {static_cast<std::uint32_t>(size)}));
        }
    }
    [[nodiscard]] owned_bytes written(fdt_options how) const {
        how.names_first = names_;
        return fdt_bytes(tree_, how);
    }

private:
    void check() const {
        if (from_.images.empty()) fail::fit_without_images();
        if (from_.time.count() < 0 || from_.time.count() > std::numeric_limits<std::uint32_t>::max())
            fail::fit_time_out_of_range(from_.time.count());
        std::set<std::string_view> names;
        const auto check_name = [](std::string_view name) {
            if (name.find('@') != name.npos) fail::fit_name_unfit(name);
        };
        for (const fit_image& i : from_.images) {
            check_name(i.name);
            if (i.data.size() == bytes{}) fail::fit_image_is_empty(i.name);
            if (i.data.size().count > std::numeric_limits<std::uint32_t>::max())
                fail::fit_too_large(i.data.size().count);
            names.insert(i.name);
        }
        bool has_default = from_.default_configuration.empty();
        for (const fit_configuration& c : from_.configurations) {
            check_name(c.name);
            has_default = has_default || c.name == from_.default_configuration;
            const auto check_image = [&](const std::string& image) {
                if (!image.empty() && !names.contains(image)) fail::fit_names_missing_image(c.name, image);
            };
            for (const auto* one : {&c.kernel, &c.firmware, &c.ramdisk}) check_image(*one);
            for (const auto* several : {&c.loadables, &c.fdt}) std::ranges::for_each(*several, check_image);
        }
        if (!has_default) fail::fit_default_missing(from_.default_configuration);
    }
    static void add_text(fdt_node& to, const char* name, const std::string& value) {
        if (!value.empty()) to.properties.push_back(fdt_string(name, value));
    }
    static void add_texts(fdt_node& to, const char* name, const std::vector<std::string>& values) {
        if (!values.empty()) to.properties.push_back(fdt_strings(name, values));
    }
    static fdt_node node_of(const fit_image& i) {
        fdt_node n{.name = i.name};
        add_text(n, "description", i.description);
        n.properties.push_back(fdt_flag("data"));
        add_text(n, "type", i.type);
        add_text(n, "arch", i.arch);
        add_text(n, "os", i.os);
        add_text(n, "compression", i.compression);
        if (i.load) n.properties.push_back(fit_address("load", *i.load));
        if (i.entry) n.properties.push_back(fit_address("entry", *i.entry));
        n.properties.insert(n.properties.end(), i.more.begin(), i.more.end());
        for (const std::string& algorithm : i.hashes)
            n.children.push_back(
                {.name = text::join("hash-", n.children.size() + 1), .properties = {fdt_string("algo", algorithm)}});
        return n;
    }
    static fdt_node node_of(const fit_configuration& c) {
        fdt_node n{.name = c.name};
        add_text(n, "description", c.description);
        add_text(n, "kernel", c.kernel);
        add_text(n, "firmware", c.firmware);
        add_texts(n, "loadables", c.loadables);
        add_text(n, "ramdisk", c.ramdisk);
        add_texts(n, "fdt", c.fdt);
        n.properties.insert(n.properties.end(), c.more.begin(), c.more.end());
        return n;
    }

    void remember_names(const fdt_node& n) {
        for (const fdt_property& p : n.properties) names_.push_back(p.name);
        for (const fdt_node& child : n.children) remember_names(child);
    }
    void put_first(fdt_node& n, fdt_property p) {
        names_.push_back(p.name);
        n.properties.insert(n.properties.begin(), std::move(p));
    }
    std::vector<fdt_node>& images() { return tree_.root.children.front().children; }

    const fit_source& from_;
    const fit_options& options_;
    fdt tree_{};
    std::vector<std::string> names_{};
};

} // namespace detail

/// The FIT. External data stays what it is (a file's bytes are copied when the image is written), unless it is hashed.
/// Throws input_error for what U-Boot would refuse or not find, layout_error for positions that cannot be.
inline image fit(const fit_source& from, const fit_options& options = {}) {
    if (options.align == bytes{} || options.align % 4_B != bytes{}) fail::fit_alignment_unfit(options.align);
    detail::fit_tree tree{from, options};
    if (!options.external_data) {
        tree.put_data_inside();
        const bytes before = tree.size();
        tree.add_time_and_hashes();
        // mkimage gives the tree room by the KiB until what it adds fits.
        const bytes grown = tree.size() - before;
        return owned(tree.written({.smallest = before + align_up(grown, 1_KiB)}));
    }
    std::vector<bytes> places;
    bytes end{};
    for (const fit_image& i : from.images) {
        places.push_back(end);
        end += align_up(i.data.size(), options.align);
    }
    tree.add_time_and_hashes();
    tree.put_data_outside(places);
    owned_bytes head = tree.written({.pad_to = options.align});
    const bytes tree_size{head.size()};
    const offset data_at = options.data_at.value_or(offset{tree_size});
    if (data_at < offset{tree_size}) fail::fit_data_overlaps_tree(data_at, tree_size);

    image made{from_start(data_at) + end};
    made.place(offset{}, owned(std::move(head)), "tree");
    offset filled{tree_size};
    const auto fill_up_to = [&](offset next) {
        if (next > filled) made.place(filled, zeros(next - filled));
    };
    for (std::size_t i = 0; i < places.size(); ++i) {
        const offset at = data_at + places[i];
        fill_up_to(at);
        made.place(at, from.images[i].data, from.images[i].name);
        filled = at + from.images[i].data.size();
    }
    fill_up_to(offset{made.size()});
    return made;
}

IMGCOMPOSE_NAMESPACE_END
