// SPDX-License-Identifier: BSL-1.0
// What a boot script does, as far as it can be told without running it: the files that it loads, the command line that
// it sets. Variables whose values a script does not set itself are the board's, and what has one is left out.
// Source: U-Boot cmd/fs.c (load), common/cli_hush.c; doc/usage/cmd/load.rst.
#pragma once

#include <imgcompose/core/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

/// A file that a script loads.
struct script_load {
    enum class when : std::uint8_t {
        always,
        asked,     ///< it is a condition itself, and all around it are: `if load ...; then`
        sometimes, ///< whether it is loaded depends on more
    };

    std::size_t line = 0; ///< from 1
    std::optional<std::uint32_t>
        partition{}; ///< its number, if the script says it; else that of the script, most likely
    std::string path{};
    bool boots = false; ///< it goes where kernels, ramdisks or device trees go
    when loaded = when::always;
};

struct script_facts {
    std::vector<script_load> loads{};
    std::vector<std::pair<std::size_t, std::string>> bootargs{}; ///< with its line; what was not known is left out
};

namespace detail {

class script_scanner {
public:
    script_facts scan(std::string_view script) {
        for (line_ = 1; !script.empty(); ++line_) {
            const auto end = std::min(script.find('\n'), script.size());
            scan_line(script.substr(0, end));
            script.remove_prefix(std::min(end + 1, script.size()));
        }
        return std::move(facts_);
    }

private:
    static constexpr char unknown = '\1'; ///< stands around the name of a variable whose value is not known
    static constexpr std::size_t longest_value = 1 << 16;

    void scan_line(std::string_view s) {
        std::vector<std::string> words;
        std::string word;
        bool in_word = false, depends = false;
        char quote = '\0';
        const auto end_word = [&] {
            if (in_word) words.push_back(std::move(word));
            word.clear();
            in_word = false;
        };
        const auto end_command = [&](bool joined) { // by && or ||
            end_word();
            if (!words.empty()) run(words, depends || joined);
            words.clear();
            depends = joined;
        };
        for (std::size_t i = 0; i < s.size() && word.size() < longest_value; ++i) {
            const char c = s[i];
            if (quote == '\0' && c == '#' && !in_word) break;
            if (quote == '\0' && (c == ';' || c == '&' || c == '|')) end_command(c != ';');
            else if (quote == '\0' && (c == ' ' || c == '\t' || c == '\r')) end_word();
            else if (quote != '\0' && quote == c) quote = '\0';
            else if (quote == '\0' && (c == '"' || c == '\'')) quote = c, in_word = true;
            else if (c == '\\' && quote != '\'' && i + 1 < s.size()) word += s[++i], in_word = true;
            else if (c == '$' && quote != '\'') word += value_of(s, i), in_word = true;
            else word += c, in_word = true;
        }
        end_command(false);
    }
    /// Of the variable whose $ is at `i`, which is moved to its last character.
    std::string value_of(std::string_view s, std::size_t& i) const {
        std::string_view name;
        if (i + 1 < s.size() && s[i + 1] == '{') {
            const auto end = std::min(s.find('}', i), s.size() - 1);
            name = s.substr(i + 2, end - i - 2);
            i = end;
        } else {
            const auto is_letter = [](char c) {
                return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
            };
            std::size_t end = i + 1;
            while (end < s.size() && is_letter(s[end])) ++end;
            name = s.substr(i + 1, end - i - 1);
            i = end - 1;
        }
        const auto found = variables_.find(name);
        return found == variables_.end() ? text::join(unknown, name, unknown) : found->second;
    }

    void run(const std::vector<std::string>& all, bool joined) {
        bool is_condition = false;
        std::size_t first = 0;
        for (; first < all.size(); ++first) {
            const std::string& w = all[first];
            if (w == "if" || w == "while" || w == "until") is_condition = true, conditions_.push_back(false);
            else if (w == "elif" || w == "else") asked_is_over();
            else if (w == "for") return conditions_.push_back(false);
            else if ((w == "fi" || w == "done") && !conditions_.empty()) conditions_.pop_back();
            else if (w != "then" && w != "do" && w != "fi" && w != "done") break;
        }
        const std::vector<std::string> words(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
        if (words.empty()) return;
        if (words[0] == "setenv" && words.size() >= 2) return set(words, joined);
        constexpr std::array<std::string_view, 4> loaders{"load", "ext4load", "ext2load", "fatload"};
        if (std::ranges::find(loaders, words[0]) == loaders.end() || words.size() < 5) return;
        if (is_condition && !conditions_.empty()) conditions_.back() = true; // what is inside runs if it is there
        if (words[4].empty() || words[4].find(unknown) != std::string::npos) return;
        script_load l{.line = line_, .path = words[4], .boots = is_for_boot(words[3])};
        const bool only_asked = std::ranges::all_of(conditions_, [](bool is_load) { return is_load; });
        if (joined || !only_asked) l.loaded = script_load::when::sometimes;
        else if (!conditions_.empty()) l.loaded = script_load::when::asked;
        const std::string_view device = words[2];
        if (const auto colon = device.find(':'); colon != device.npos) {
            std::uint32_t number = 0;
            const char* const end = device.data() + device.size();
            const auto [stop, failed] = std::from_chars(device.data() + colon + 1, end, number, 16);
            if (failed == std::errc{} && stop == end) l.partition = number;
        }
        if (!l.path.starts_with('/')) l.path.insert(0, "/");
        facts_.loads.push_back(std::move(l));
    }
    void asked_is_over() {
        if (!conditions_.empty()) conditions_.back() = false;
    }
    void set(const std::vector<std::string>& words, bool joined) {
        std::string value;
        for (std::size_t n = 2; n < words.size() && value.size() < longest_value; ++n)
            value += (n == 2 ? "" : " ") + words[n];
        if (words[1] == "bootargs") facts_.bootargs.emplace_back(line_, known_words(value));
        const bool sure = !joined && conditions_.empty();
        variables_[words[1]] = sure ? std::move(value) : text::join(unknown, words[1], unknown);
    }
    static bool is_for_boot(std::string_view address) {
        return address.find("kernel_addr") != address.npos || address.find("ramdisk_addr") != address.npos ||
               address.find("fdt_addr") != address.npos;
    }
    /// Without the words that have a value that is not known.
    static std::string known_words(std::string_view value) {
        std::string out;
        while (!value.empty()) {
            const auto end = std::min(value.find(' '), value.size());
            const std::string_view word = value.substr(0, end);
            value.remove_prefix(std::min(end + 1, value.size()));
            if (!word.empty() && word.find(unknown) == word.npos) out += (out.empty() ? "" : " ") + std::string{word};
        }
        return out;
    }

    script_facts facts_{};
    std::map<std::string, std::string, std::less<>> variables_{};
    std::vector<bool> conditions_{}; ///< those around; whether it is a load
    std::size_t line_ = 1;
};

} // namespace detail

/// Of the commands in a boot.scr.
inline script_facts facts_of_script(std::string_view commands) { return detail::script_scanner{}.scan(commands); }

IMGCOMPOSE_NAMESPACE_END
