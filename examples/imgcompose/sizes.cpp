// SPDX-License-Identifier: BSL-1.0
#include "sizes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

struct unit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr unit units[] = {
    {"", 1},          {"b", 1},          {"s", 512},        {"k", 1ULL << 10},   {"kib", 1ULL << 10},    {"m", 1ULL << 20},
    {"mib", 1ULL << 20}, {"g", 1ULL << 30}, {"gib", 1ULL << 30}, {"t", 1ULL << 40}, {"tib", 1ULL << 40},
    {"kb", 1000},     {"mb", 1000'000},  {"gb", 1000'000'000}, {"tb", 1000'000'000'000},
};

[[noreturn]] void not_a_size(std::string_view s) {
    throw ic::input_error(fmt::format("\"{}\" is not a size; write such as 512MiB, 32GB (powers of ten), 64s (sectors) or "
                                      "4096 (bytes)",
                                      s));
}

} // namespace

std::string lower(std::string_view s) {
    std::string out{s};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

ic::bytes parse_size(std::string_view s) {
    std::uint64_t count = 0;
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), count);
    if (failed != std::errc{}) not_a_size(s);
    std::string_view rest{end, static_cast<std::size_t>(s.data() + s.size() - end)};
    if (rest.size() > 1 && rest.front() == ' ') rest.remove_prefix(1);
    const std::string name = lower(rest);
    for (const unit& u : units)
        if (name == u.name) return ic::bytes{ic::checked_mul(count, u.bytes)};
    not_a_size(s);
}

ic::size_rule parse_size_rule(std::string_view s) {
    if (s == "rest") return ic::rest_of_disk;
    if (!s.starts_with("min")) return parse_size(s);
    std::string_view more = s.substr(3);
    if (more.empty()) return ic::smallest;
    if (!more.starts_with('+')) not_a_size(s);
    more.remove_prefix(1);
    if (!more.ends_with('%')) return ic::smallest + parse_size(more);
    std::uint32_t percent = 0;
    const char* const last = more.data() + more.size() - 1;
    const auto [end, failed] = std::from_chars(more.data(), last, percent);
    if (failed != std::errc{} || end != last) not_a_size(s);
    return ic::smallest_plus_percent(percent);
}

} // namespace command
