// SPDX-License-Identifier: BSL-1.0
// How wide text becomes in a picture whose reader chooses the font: an estimate that is rather too large.
#pragma once

#include <imgcompose/core/unicode.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

// Thousandths of the font size, of ' ' to '~'. Source: the advance widths of DejaVu Sans 2.37, which is wider than the
// other fonts that pictures ask for.
inline constexpr std::array<std::uint16_t, 95> regular_widths{
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
    634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838};
inline constexpr std::array<std::uint16_t, 95> bold_widths{
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850,
    733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716,
    712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838};

/// The size of a font and its weight.
struct font {
    unsigned size = 13;
    bool bold = false;
};

constexpr std::size_t thousandths_of(char32_t c, bool bold) {
    if (c >= 0x20 && c < 0x7f) return (bold ? bold_widths : regular_widths)[c - 0x20];
    if (is_combining(c)) return 0;
    return is_wide(c) || c > 0x600 ? 1100 : 1000; // CJK is square; most else is narrower than a letter m
}

/// Pixels, rounded up. What is not UTF-8 counts as U+FFFD.
constexpr unsigned text_width(std::string_view s, font f) {
    std::size_t sum = 0;
    while (!s.empty()) {
        const auto [value, size] = first_code_point(s);
        sum += thousandths_of(size == 0 ? U'\xfffd' : value, f.bold);
        s.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return static_cast<unsigned>((sum * f.size + 999) / 1000);
}
static_assert(text_width("WWW", {.size = 15, .bold = true}) == 50 && text_width("", {}) == 0);

/// How many bytes from the front of `s` fit that many pixels, in whole code points.
constexpr std::size_t bytes_that_fit(std::string_view s, unsigned pixels, font f) {
    const std::size_t room = std::size_t{pixels} * 1000 / f.size;
    std::size_t sum = 0, taken = 0;
    while (taken < s.size()) {
        const auto [value, size] = first_code_point(s.substr(taken));
        sum += thousandths_of(size == 0 ? U'\xfffd' : value, f.bold);
        if (sum > room) break;
        taken += std::max<std::size_t>(size, 1);
    }
    return taken;
}

/// The text, or as much of it as fits so many pixels and an ellipsis.
inline std::string shortened_to(std::string_view s, unsigned pixels, font f) {
    if (text_width(s, f) <= pixels) return std::string{s};
    const unsigned ellipsis = text_width("\xe2\x80\xa6", f);
    return std::string{s.substr(0, bytes_that_fit(s, pixels - std::min(pixels, ellipsis), f))} + "\xe2\x80\xa6";
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
