// SPDX-License-Identifier: BSL-1.0
// Reads extlinux.conf as U-Boot does: the same tokens, the same surprises, and a finding for each surprise.
// Source: U-Boot boot/pxe_utils.c, get_token, parse_pxefile_top, parse_label, parse_menu; keywords of 2017.09 from the
// vendor's cmd/pxe.c.
#pragma once

#include <imgcompose/boot/extlinux.hpp>
#include <imgcompose/boot/u_boot_text.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void not_an_extlinux_file(const finding& f) {
    throw format_error(text::join("extlinux.conf:", to_string(f)));
}
} // namespace fail

/// What U-Boot makes of a text. With an error among the findings it is not what the author meant, and may be a part.
struct extlinux_reading {
    extlinux file{};
    std::vector<finding> findings{}; ///< in the order of the text
};

namespace detail {

enum class extlinux_token : std::uint8_t {
    end_of_line,
    word,
    end_of_file,
    menu,
    title,
    timeout,
    label,
    kernel,
    append,
    initrd,
    localboot,
    default_label,
    prompt,
    include,
    fdt,
    fdtdir,
    fdtoverlays,
    ipappend,
    background,
    kaslrseed,
    fallback
};

struct extlinux_keyword {
    std::string_view name;
    extlinux_token token;
    reader since = u_boot_2017;
};

inline constexpr std::array extlinux_keywords{
    extlinux_keyword{"menu", extlinux_token::menu},
    extlinux_keyword{"title", extlinux_token::title},
    extlinux_keyword{"timeout", extlinux_token::timeout},
    extlinux_keyword{"default", extlinux_token::default_label},
    extlinux_keyword{"ontimeout", extlinux_token::default_label},
    extlinux_keyword{"prompt", extlinux_token::prompt},
    extlinux_keyword{"label", extlinux_token::label},
    extlinux_keyword{"kernel", extlinux_token::kernel},
    extlinux_keyword{"linux", extlinux_token::kernel},
    extlinux_keyword{"localboot", extlinux_token::localboot},
    extlinux_keyword{"append", extlinux_token::append},
    extlinux_keyword{"initrd", extlinux_token::initrd},
    extlinux_keyword{"include", extlinux_token::include},
    extlinux_keyword{"devicetree", extlinux_token::fdt},
    extlinux_keyword{"fdt", extlinux_token::fdt},
    extlinux_keyword{"devicetreedir", extlinux_token::fdtdir},
    extlinux_keyword{"fdtdir", extlinux_token::fdtdir},
    extlinux_keyword{"ipappend", extlinux_token::ipappend},
    extlinux_keyword{"fdtoverlays", extlinux_token::fdtoverlays, u_boot},
    extlinux_keyword{"devicetree-overlay", extlinux_token::fdtoverlays, u_boot},
    extlinux_keyword{"background", extlinux_token::background, u_boot},
    extlinux_keyword{"kaslrseed", extlinux_token::kaslrseed, u_boot},
    // 2023.01 does not know this one either; at the top level, the only place for it, that does no harm.
    extlinux_keyword{"fallback", extlinux_token::fallback, u_boot},
};

class extlinux_parser {
public:
    extlinux_parser(std::string_view text, reader by) : text_(text) {
        result_.file.readable_by = by;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') line_starts_.push_back(i + 1);
    }

    extlinux_reading parse() {
        if (const auto nul = text_.find('\0'); nul != text_.npos) {
            report(severity::error, nul, "a NUL ends the file for U-Boot; remove it and see what else is not text");
            text_ = text_.substr(0, nul);
        }
        if (const auto cr = text_.find('\r'); cr != text_.npos)
            report(severity::error, cr,
                   "a carriage return: U-Boot takes it as part of the value and finds no file; "
                   "end lines with a line feed alone");
        if (text_.size() > extlinux_file_limit && result_.file.readable_by != u_boot_2017)
            report(severity::error, 0, file_too_large_for_u_boot(text_.size()));
        for (bool more = true; more && !aborted_;) more = parse_statement();
        settle_timeout();
        check_values();
        std::ranges::sort(result_.findings, {}, [](const finding& f) { return std::tie(f.line, f.column, f.message); });
        return std::move(result_);
    }

private:
    using token = extlinux_token;
    struct lexeme {
        token type = token::end_of_line;
        std::size_t at = 0;
        std::string_view text{};
    };

    static bool is_blank(char c) { return c == ' ' || c == '\t'; }
    static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0'; }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    // --- get_token ---------------------------------------------------------------------------------------------------

    lexeme next(bool keyword_wanted) {
        while (is_blank(peek())) ++at_;
        if (peek() == '#') skip_line();
        if (peek() == '\n') return {token::end_of_line, at_++, {}};
        if (at_ >= text_.size()) return {token::end_of_file, at_, {}};
        const std::size_t begin = at_;
        while (at_ < text_.size() && (keyword_wanted ? !is_space(text_[at_]) : text_[at_] != '\n')) ++at_;
        const lexeme found{token::word, begin, text_.substr(begin, at_ - begin)};
        return {keyword_wanted ? type_of(found.text) : token::word, found.at, found.text};
    }
    [[nodiscard]] token type_of(std::string_view word) const {
        for (const auto& k : extlinux_keywords)
            if (k.since <= result_.file.readable_by && equal(word, k.name)) return k.token;
        return token::word;
    }
    static bool equal(std::string_view word, std::string_view keyword) {
        return std::ranges::equal(word, keyword, {}, [](char c) { return text::lower_case(c); });
    }
    void skip_line() {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    }

    // --- values: the rest of the line, as it is ----------------------------------------------------------------------

    std::optional<std::string> value(std::size_t keyword_at, std::string_view keyword, std::size_t entry) {
        const lexeme v = next(false);
        if (v.type != token::word) {
            const bool comment =
                v.at > keyword_at && text_.substr(keyword_at, v.at - keyword_at).find('#') != text_.npos;
            report(severity::error, keyword_at,
                   text::join(keyword, " has no value", comment ? " (what begins with '#' is a comment)" : "",
                              "; U-Boot refuses the whole file"));
            aborted_ = true;
            return {};
        }
        remember(entry, keyword, v.at);
        return std::string{v.text};
    }
    void remember(std::size_t entry, std::string_view keyword, std::size_t at) {
        value_at_[{entry, keyword}] = last_value_at_ = at;
    }
    std::optional<std::string> top_value(const lexeme& k, std::string_view keyword) {
        return value(k.at, keyword, extlinux_place::no_entry);
    }
    std::optional<std::string> label_value(const lexeme& k, std::string_view keyword) {
        return value(k.at, keyword, result_.file.entries.size() - 1);
    }

    // simple_strtol: what cannot be a digit ends the number, nothing is no error.
    int integer(std::string_view digits, std::string_view keyword) {
        const std::size_t at = last_value_at_;
        const bool negative = digits.starts_with('-');
        std::int64_t n = 0;
        std::size_t i = negative ? 1 : 0;
        constexpr std::int64_t most = 2'147'483'638; // longer numbers wrap in U-Boot
        for (; i < digits.size() && digits[i] >= '0' && digits[i] <= '9' && n < most; ++i)
            n = n * 10 + (digits[i] - '0');
        n = std::min(n, most);
        if (negative) n = -n;
        if (i != digits.size() || digits.size() == (negative ? 1u : 0u))
            report(severity::error, at,
                   text::join(keyword, ' ', text::quoted(digits), " is not a number; U-Boot reads it as ", n));
        return static_cast<int>(n);
    }

    // --- parse_pxefile_top -------------------------------------------------------------------------------------------

    bool parse_statement() {
        auto& file = result_.file;
        const lexeme k = next(true);
        switch (k.type) {
        case token::end_of_file: return false;
        case token::end_of_line: break;
        case token::menu:
            menu_ = prompt_ = true;
            parse_menu(k);
            break;
        case token::timeout:
            if (const auto v = top_value(k, "TIMEOUT")) timeout_ = integer(*v, "TIMEOUT"), timeout_at_ = k.at;
            break;
        case token::label: parse_label(k); break;
        case token::default_label:
            if (auto v = top_value(k, "DEFAULT")) file.default_label = std::move(*v);
            break;
        case token::fallback:
            if (auto v = top_value(k, "FALLBACK")) {
                report(severity::warning, k.at, "FALLBACK is ignored by U-Boot before 2024");
                file.fallback_label = std::move(*v);
            }
            break;
        case token::prompt: parse_prompt(k); break;
        case token::include:
            report(severity::error, k.at, "INCLUDE: files that others include are not supported; write one file");
            skip_line();
            break;
        default:
            report_unknown(k);
            skip_line();
            break;
        }
        return true;
    }

    void parse_prompt(const lexeme& k) {
        prompt_at_ = k.at;
        std::size_t end = at_;
        while (end < text_.size() && text_[end] != '\n') ++end;
        const std::string_view rest = text_.substr(at_, end - at_);
        const auto first = rest.find_first_not_of(" \t");
        prompt_ = first != rest.npos && rest[first] >= '1' && rest[first] <= '9';
        skip_line();
    }

    void parse_menu(const lexeme& menu) {
        auto& file = result_.file;
        const lexeme k = next(true);
        if (k.type == token::title) {
            if (auto v = top_value(menu, "MENU TITLE")) file.title = std::move(*v);
        } else if (k.type == token::background) {
            if (auto v = top_value(menu, "MENU BACKGROUND")) file.background = std::move(*v);
        } else if (k.type == token::include) {
            report(severity::error, menu.at,
                   "MENU INCLUDE: files that others include are not supported; write one file");
        } else {
            report_menu(menu, k);
        }
        skip_line();
    }

    void report_menu(const lexeme& menu, const lexeme& k) {
        if (k.type == token::end_of_line)
            report(severity::error, menu.at, "MENU stands alone, and U-Boot then skips the next line; remove it");
        else report(severity::warning, menu.at, text::join("MENU ", text::quoted(k.text), " is ignored by U-Boot"));
    }

    void report_unknown(const lexeme& k) {
        const std::string word = text::quoted(k.text);
        const bool unknown = k.type == token::word;
        std::string message;
        if (k.type == token::title) {
            message = "TITLE stands alone and is ignored by U-Boot; write MENU TITLE";
        } else if (k.type == token::background) {
            message = "BACKGROUND stands alone and is ignored by U-Boot; write MENU BACKGROUND";
        } else if (!unknown && label_ended_at_) {
            message = text::join(word, " is ignored by U-Boot: the label above it ended at line ",
                                 line_of(*label_ended_at_), " with a word that does not belong to a label");
        } else if (!unknown) {
            message = text::join(word, " stands outside of a label and is ignored by U-Boot; put it behind a LABEL");
        } else {
            message = text::join(word, " is no keyword of ", name_of(result_.file.readable_by));
            const auto newer =
                std::ranges::find_if(extlinux_keywords, [&](const auto& e) { return equal(k.text, e.name); });
            if (newer != extlinux_keywords.end()) message += ", only of later ones";
            else if (equal(k.text, "say") || equal(k.text, "fit")) message += ", only of the latest";
        }
        if (unknown && in_label_) {
            message += text::join("; it ends the label ", text::quoted(result_.file.entries.back().label),
                                  ", and what follows of that is ignored; remove the line");
            label_ended_at_ = k.at;
        } else if (unknown) {
            message += "; the line is ignored; remove it";
        }
        in_label_ = false;
        report(severity::error, k.at, message);
    }

    // --- parse_label -------------------------------------------------------------------------------------------------

    void parse_label(const lexeme& label) {
        result_.file.entries.emplace_back();
        auto name = label_value(label, "LABEL");
        if (!name) {
            result_.file.entries.pop_back();
            return;
        }
        auto& e = result_.file.entries.back();
        e.label = std::move(*name);
        label_ended_at_.reset();
        in_label_ = true;
        while (!aborted_) {
            const std::size_t before = at_;
            const lexeme k = next(true);
            switch (k.type) {
            case token::end_of_line: break;
            case token::menu: parse_label_menu(k, e); break;
            case token::kernel: parse_kernel(k, e); break;
            case token::append: parse_append(k, e); break;
            case token::initrd: first_counts(k, "INITRD", e.initrd); break;
            case token::fdt: first_counts(k, "FDT", e.fdt); break;
            case token::fdtdir: first_counts(k, "FDTDIR", e.fdtdir); break;
            case token::fdtoverlays: parse_overlays(k, e); break;
            case token::localboot:
                if (const auto v = label_value(k, "LOCALBOOT")) e.localboot = integer(*v, "LOCALBOOT");
                break;
            case token::ipappend:
                if (const auto v = label_value(k, "IPAPPEND"))
                    e.ipappend = static_cast<unsigned>(integer(*v, "IPAPPEND"));
                break;
            case token::kaslrseed: e.kaslrseed = true; break;
            default:
                at_ = before;
                if (k.type != token::word) in_label_ = false;
                return;
            }
        }
    }

    // U-Boot does not even skip the value of a second one: its first word is then taken for a keyword.
    void first_counts(const lexeme& k, std::string_view keyword, std::string& member) {
        if (!member.empty()) return report_second(k, keyword);
        if (auto v = label_value(k, keyword)) member = std::move(*v);
    }
    void report_second(const lexeme& k, std::string_view keyword) {
        report(severity::error, k.at,
               text::join("a second ", keyword,
                          " in a label: U-Boot takes its value for a keyword, and the label ends; remove it"));
    }

    void parse_label_menu(const lexeme& menu, extlinux_entry& e) {
        const lexeme k = next(true);
        if (k.type == token::default_label) {
            if (result_.file.default_label.empty()) result_.file.default_label = e.label;
        } else if (k.type == token::label) {
            const lexeme v = next(false);
            if (v.type == token::word) {
                e.menu_label = v.text;
                remember(result_.file.entries.size() - 1, "MENU LABEL", v.at);
            } else {
                report(severity::error, menu.at,
                       "MENU LABEL has no value, and U-Boot then skips the next line; remove it");
            }
        } else {
            report_menu(menu, k);
        }
        skip_line();
    }

    void parse_kernel(const lexeme& k, extlinux_entry& e) {
        if (!e.kernel.empty()) report(severity::warning, k.at, "a second KERNEL in a label: U-Boot takes the last");
        auto v = label_value(k, "KERNEL");
        if (!v) return;
        const auto hash = v->find('#');
        // U-Boot keeps the configuration of an earlier KERNEL line if this one has none.
        if (hash != v->npos) e.configuration = v->substr(hash + 1);
        e.kernel = v->substr(0, hash);
        if (hash != v->npos && e.configuration.empty())
            report(severity::error, k.at, "KERNEL ends with '#', behind which a FIT's configuration is expected");
    }

    void parse_append(const lexeme& k, extlinux_entry& e) {
        if (!e.append.empty()) report(severity::warning, k.at, "a second APPEND in a label: U-Boot takes the last");
        const auto v = label_value(k, "APPEND");
        if (!v) return;
        const std::size_t at = last_value_at_;
        const macro_reading line = read_macros(*v);
        if (line.variable)
            report(severity::error, at + *line.variable,
                   "U-Boot replaces this by a variable of its environment; write \\$ if the kernel shall see it");
        if (line.quote)
            report(severity::error, at + *line.quote,
                   "U-Boot removes this quotation mark; write \\' if the kernel shall see it, or use double quotes");
        e.append = line.text;
        const auto found = v->find("initrd=");
        if (!e.initrd.empty() || found == v->npos) return;
        const auto begin = found + 7, end = v->find(' ', begin);
        if (end == v->npos) {
            report(
                severity::error, at + found,
                "U-Boot takes the file name behind initrd= up to a space, and there is none: it crashes; use INITRD");
            e.initrd = v->substr(begin);
        } else {
            report(severity::warning, at + found,
                   "U-Boot loads what follows initrd= as the initial ramdisk; better use INITRD");
            e.initrd = v->substr(begin, end - begin);
        }
        remember(result_.file.entries.size() - 1, "INITRD", at + begin);
    }

    void parse_overlays(const lexeme& k, extlinux_entry& e) {
        if (!e.fdtoverlays.empty()) return report_second(k, "FDTOVERLAYS");
        const auto v = label_value(k, "FDTOVERLAYS");
        if (!v) return;
        for (std::string_view rest = *v; !rest.empty();) {
            const auto space = rest.find(' ');
            if (space != 0) e.fdtoverlays.emplace_back(rest.substr(0, space));
            rest = space == rest.npos ? std::string_view{} : rest.substr(space + 1);
        }
    }

    // --- what the whole file says ------------------------------------------------------------------------------------

    void settle_timeout() {
        auto& file = result_.file;
        const bool old = file.readable_by == u_boot_2017;
        if (prompt_at_ && !old && prompt_ != menu_)
            report(severity::warning, *prompt_at_,
                   text::join("PROMPT is obeyed by U-Boot 2025.01 and ignored by 2023.01, so that ",
                              menu_ ? "the menu is shown only by the latter; remove the MENU lines for none"
                                    : "the menu is shown only by the former; write a MENU TITLE for one"));
        const bool shown = old ? menu_ : prompt_;
        if (!shown) {
            file.timeout = {};
            if (timeout_)
                report(severity::warning, timeout_at_,
                       "TIMEOUT means nothing without a menu: DEFAULT is booted at once");
        } else if (!timeout_) {
            file.timeout = wait_for_choice;
            report(severity::warning, 0, "there is a menu but no TIMEOUT: U-Boot waits for a choice for ever");
        } else if (*timeout_ <= 0) {
            file.timeout = wait_for_choice;
            if (*timeout_ < 0)
                report(severity::warning, timeout_at_,
                       text::join("TIMEOUT ", *timeout_,
                                  " makes U-Boot wait for a choice for ever; to boot at once, leave "
                                  "out TIMEOUT and all MENU lines above the first LABEL"));
        } else {
            file.timeout = deciseconds{*timeout_} * (old ? 10 : 1);
        }
    }

    void check_values() {
        const auto tell = [&](severity how_bad, const extlinux_place& place, std::string_view message) {
            auto at = value_at_.find({place.entry, place.keyword});
            if (at == value_at_.end()) at = value_at_.find({place.entry, "LABEL"}); // about something that is missing
            report(how_bad, at == value_at_.end() ? 0 : at->second, extlinux_message(result_.file, place, message));
        };
        check_extlinux(result_.file, tell);
    }

    [[nodiscard]] std::size_t line_of(std::size_t at) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(line_starts_, at) - line_starts_.begin());
    }
    void report(severity how_bad, std::size_t at, std::string_view message) {
        const std::size_t line = line_of(at);
        result_.findings.push_back({how_bad, line, at - line_starts_[line - 1] + 1, std::string{message}});
    }

    std::string_view text_;
    std::size_t at_ = 0;
    extlinux_reading result_{};
    std::vector<std::size_t> line_starts_{0};
    std::map<std::pair<std::size_t, std::string_view>, std::size_t> value_at_{}; // by entry and keyword
    std::size_t last_value_at_ = 0;
    bool aborted_ = false;
    bool menu_ = false, prompt_ = false;
    bool in_label_ = false;
    std::optional<int> timeout_{};
    std::size_t timeout_at_ = 0;
    std::optional<std::size_t> prompt_at_{}, label_ended_at_{};
};

} // namespace detail

/// What `by` makes of a text, never throwing for what the text says.
inline extlinux_reading read_extlinux(std::string_view text, reader by = u_boot) {
    return detail::extlinux_parser{text, by}.parse();
}

/// The same for a file that has to be right: throws format_error with line and column for the first thing that U-Boot
/// would misread.
inline extlinux parse_extlinux(std::string_view text, reader by = u_boot) {
    auto reading = read_extlinux(text, by);
    for (const auto& f : reading.findings)
        if (f.how_bad == severity::error) fail::not_an_extlinux_file(f);
    return std::move(reading.file);
}

IMGCOMPOSE_NAMESPACE_END
