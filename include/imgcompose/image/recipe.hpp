// SPDX-License-Identifier: BSL-1.0
// What goes into a partition: asked for its smallest size, then made for exactly the size it got.
#pragma once

#include <imgcompose/core/guid.hpp>
#include <imgcompose/image/image.hpp>
#include <imgcompose/image/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

/// How large something is to be that could have many sizes.
struct size_rule {
    /// This size, as small as can be, or all the space there is.
    enum class kind : std::uint8_t { exact, smallest, fill };

    /// Which of them.
    kind what = kind::fill;
    bytes size{};              ///< exact: this size; smallest: that much more than the smallest
    std::uint32_t percent = 0; ///< smallest: and so many hundredths of the smallest more

    friend constexpr bool operator==(const size_rule&, const size_rule&) = default;

    constexpr size_rule() = default;
    /// For `smallest` and the like; a size alone is a rule already.
    constexpr size_rule(kind k, bytes s, std::uint32_t p) : what(k), size(s), percent(p) {}
    /// Exactly `s`.
    template <std::uint64_t Unit> constexpr size_rule(quantity<Unit> s) : what(kind::exact), size(s) {}

    /// As `r` says, and `more` on top.
    friend constexpr size_rule operator+(size_rule r, bytes more) { return {r.what, r.size + more, r.percent}; }

    /// The size, given the smallest possible and the space there is.
    [[nodiscard]] constexpr bytes resolve(bytes least, bytes space) const {
        switch (what) {
        case kind::exact: return size;
        case kind::smallest: return least + bytes{div_up(checked_mul(least.count, percent), 100)} + size;
        case kind::fill: break;
        }
        return space;
    }
};

/// As small as the content allows: `smallest`, `smallest + 64_MiB`, `smallest_plus_percent(10)`.
inline constexpr size_rule smallest{size_rule::kind::smallest, bytes{}, 0};
/// All the space there is: `rest_of_disk` for a partition, `fill_partition` for a filesystem in one.
inline constexpr size_rule rest_of_disk{size_rule::kind::fill, bytes{}, 0};
inline constexpr size_rule fill_partition = rest_of_disk;
/// As small as can be, and so many hundredths of that more.
constexpr size_rule smallest_plus_percent(std::uint32_t percent) {
    return {size_rule::kind::smallest, bytes{}, percent};
}

/// Where a recipe's image will lie, and what it derives its identifiers from.
struct surroundings {
    bytes sector_size{512};        ///< of the medium
    offset at{};                   ///< of the image on the medium
    seed ids{};                    ///< for this part alone
    std::chrono::seconds epoch{0}; ///< time of what has none of its own, since 1970
};

class tree;

/// What can be made for a given size: a filesystem, or a fixed image.
class recipe {
public:
    /// What a kind of content does; filesystems derive from it.
    struct model {
        model() = default;
        model(const model&) = delete;
        model& operator=(const model&) = delete;
        virtual ~model() = default;
        /// Such as "ext4", for messages and plans.
        [[nodiscard]] virtual std::string_view kind() const = 0;
        /// The least size that `make` accepts.
        [[nodiscard]] virtual bytes smallest_size(const surroundings& where) const = 0;
        /// An image of exactly `size`. Throws layout_error if that is too little, saying how much is missing.
        [[nodiscard]] virtual image make(bytes size, const surroundings& where) const = 0;
        /// The name that is visible to others, such as a filesystem label; empty if there is none.
        [[nodiscard]] virtual std::string label() const { return {}; }
        /// The files of a filesystem, so that nobody has to read them back out of its image; null: it has none.
        [[nodiscard]] virtual const tree* files() const { return nullptr; }
        /// How a partition table marks this content: a GPT type and an MBR type byte, if there is an obvious one.
        [[nodiscard]] virtual std::optional<std::uint8_t> mbr_type() const { return {}; }
        /// The MBR type of what `make` makes with the same arguments, where these decide it.
        [[nodiscard]] virtual std::optional<std::uint8_t> mbr_type_of(bytes size, const surroundings& where) const;
    };

    /// `m` is not null.
    recipe(std::shared_ptr<const model> m) : model_(std::move(m)) {}
    /// A fixed image: its size is the smallest, the rest of the space stays undefined.
    recipe(image fixed);

    /// What it is made by.
    [[nodiscard]] const model* operator->() const { return model_.get(); }

private:
    std::shared_ptr<const model> model_;
};

/// What a recipe makes as an image of its own, not in a partition. A size that follows from the content is rounded up
/// to whole sectors. Throws input_error for `fill`, which has nothing to fill here.
image standalone(const recipe& r, const size_rule& size, const surroundings& where = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/image/recipe_impl.hpp>
#endif
