// SPDX-License-Identifier: BSL-1.0
// The functions of ext4.hpp.
#pragma once

#include <imgcompose/fs/ext4/ext4.hpp>
#include <imgcompose/fs/ext4/write.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace detail {

struct ext4_recipe final : recipe::model {
    ext4_recipe(tree t, ext4_options o) : options(std::move(o)) {
        // e2fsck wants it, and must not have to make it.
        if (options.lost_and_found && !t.child(top_directory, "lost+found"))
            t.add("/lost+found", {.type = file_type::directory}, {.mode = std::uint16_t{0700}});
        content = std::make_shared<const tree>(std::move(t));
    }
    [[nodiscard]] std::string_view kind() const override { return "ext4"; }
    [[nodiscard]] bytes smallest_size(const surroundings& where) const override {
        const ext4_profile profile = make_ext4_profile(options, where);
        auto plan = plan_ext4_content(profile, *content, where.epoch);
        const bytes size{checked_mul(smallest_ext4_blocks(plan, options), profile.block_size)};
        const std::lock_guard lock(mutex);
        planned = std::make_unique<ext4_content>(std::move(plan));
        return size;
    }
    [[nodiscard]] image make(bytes size, const surroundings& where) const override {
        return make_ext4_image(content, options, size, where, take_plan(where));
    }
    [[nodiscard]] std::string label() const override { return options.label; }
    [[nodiscard]] const tree* files() const override { return content.get(); }
    [[nodiscard]] std::optional<std::uint8_t> mbr_type() const override { return std::uint8_t{0x83}; }

    std::shared_ptr<const tree> content;
    ext4_options options;

private:
    /// The plan that told the size, if it was made for the same surroundings.
    [[nodiscard]] std::unique_ptr<ext4_content> take_plan(const surroundings& where) const {
        const ext4_profile now = make_ext4_profile(options, where);
        const std::lock_guard lock(mutex);
        if (!planned || planned->profile.id != now.id || planned->profile.hash_seed != now.hash_seed ||
            planned->epoch != where.epoch)
            return {};
        return std::move(planned);
    }

    mutable std::mutex mutex;
    mutable std::unique_ptr<ext4_content> planned; ///< from asking for the size to making it
};
} // namespace detail

IMGCOMPOSE_INLINE recipe ext4(tree content, ext4_options options) {
    return recipe{std::make_shared<const detail::ext4_recipe>(std::move(content), std::move(options))};
}

IMGCOMPOSE_INLINE image ext4_image(tree content, const ext4_options& options, const surroundings& where) {
    return standalone(ext4(std::move(content), options), options.size, where);
}

IMGCOMPOSE_NAMESPACE_END
