// SPDX-License-Identifier: BSL-1.0
#include "genimage_config.hpp"

#include "document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace command {

namespace {

constexpr std::size_t deepest = 16; // genimage itself has three levels

class parser {
public:
    parser(std::string_view text, std::string name) : text_(text), name_(std::move(name)) { next(); }

    genimage_config parse() {
        genimage_config result;
        fill(result.top, result, 0);
        if (token_ != kind::end) refuse("a '}' without a section that it could end");
        return result;
    }

private:
    enum class kind { end, word, sign };

    [[noreturn]] void refuse(std::string_view why, std::size_t line) const {
        throw description_error(fmt::format("{}:{}: {}", name_, line, why));
    }
    [[noreturn]] void refuse(std::string_view why) const { refuse(why, line_); }

    void fill(genimage_section& in, genimage_config& config, std::size_t depth) {
        if (depth > deepest) refuse("sections within sections within sections, more than genimage knows");
        while (token_ == kind::word) {
            std::string name = take_word();
            const std::size_t line = token_line_;
            if (is('(')) {
                take('(');
                take_word();
                take(')');
                if (name != "include") refuse(fmt::format("there is no function \"{}\"", name), line);
                config.includes.push_back(line);
            } else if (is('=') || is('+')) {
                const bool adds = is('+');
                if (adds) take('+');
                take('=');
                genimage_option option{.name = name, .values = take_values(), .line = line};
                const auto before =
                    adds ? std::ranges::find(in.options, name, &genimage_option::name) : in.options.end();
                if (before == in.options.end()) in.options.push_back(std::move(option));
                else before->values.insert(before->values.end(), option.values.begin(), option.values.end());
            } else {
                genimage_section section{.name = std::move(name), .line = line};
                if (token_ == kind::word) section.title = take_word();
                take('{');
                fill(section, config, depth + 1);
                take('}');
                in.sections.push_back(std::move(section));
            }
        }
        if (token_ == kind::sign && !is('}'))
            refuse(fmt::format("'{}' where the name of an option or section is expected", sign_));
    }

    std::vector<std::string> take_values() {
        if (!is('{')) return {take_word()};
        std::vector<std::string> values;
        take('{');
        while (!is('}')) {
            values.push_back(take_word());
            if (!is('}')) take(',');
        }
        take('}');
        return values;
    }

    [[nodiscard]] bool is(char c) const { return token_ == kind::sign && sign_ == c; }
    void take(char c) {
        if (!is(c)) refuse(fmt::format("'{}' is expected here", c));
        next();
    }
    std::string take_word() {
        if (token_ != kind::word) refuse("a name or a value is expected here");
        token_line_ = line_;
        std::string taken = std::move(word_);
        next();
        return taken;
    }

    void next() {
        skip_blanks_and_comments();
        word_.clear();
        if (at_ == text_.size()) {
            token_ = kind::end;
        } else if (text_[at_] == '"' || text_[at_] == '\'') {
            token_ = kind::word;
            read_string(text_[at_++]);
        } else if (std::string_view{"{}()=+,"}.find(text_[at_]) != std::string_view::npos) {
            token_ = kind::sign;
            sign_ = text_[at_++];
        } else {
            token_ = kind::word;
            while (at_ < text_.size() &&
                   std::string_view{" \t\r\n\v\f{}()=+,\"'"}.find(text_[at_]) == std::string_view::npos) {
                if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
                word_ += text_[at_++];
            }
        }
    }

    void skip_blanks_and_comments() {
        while (at_ < text_.size()) {
            const std::string_view rest = text_.substr(at_);
            if (rest.starts_with("/*")) {
                const auto end = rest.find("*/", 2);
                if (end == std::string_view::npos) refuse("a comment that is never closed");
                line_ += static_cast<std::size_t>(std::ranges::count(rest.substr(0, end), '\n'));
                at_ += end + 2;
            } else if (rest.starts_with('#') || rest.starts_with("//")) {
                at_ += std::min(rest.find('\n'), rest.size());
            } else if (std::isspace(static_cast<unsigned char>(rest[0])) != 0) {
                line_ += rest[0] == '\n' ? 1 : 0;
                ++at_;
            } else {
                return;
            }
        }
    }

    void read_string(char quote) {
        for (;; ++at_) {
            if (at_ == text_.size()) refuse("a text in quotation marks that is never closed");
            char c = text_[at_];
            if (c == quote) break;
            if (c == '\n') ++line_;
            if (c != '\\' || at_ + 1 == text_.size()) {
                word_ += c;
                continue;
            }
            c = text_[++at_];
            if (c == '\n') ++line_; // goes on in the next line
            else if (quote == '\'' && c != '\'' && c != '\\') (word_ += '\\') += c;
            else if (c == 'n') word_ += '\n';
            else if (c == 't') word_ += '\t';
            else if (c == 'r') word_ += '\r';
            else word_ += c;
        }
        ++at_;
    }

    std::string_view text_;
    std::string name_;
    std::size_t at_ = 0, line_ = 1, token_line_ = 1;
    kind token_ = kind::end;
    char sign_ = 0;
    std::string word_;
};

} // namespace

const genimage_option* genimage_section::find(std::string_view option) const {
    const genimage_option* found = nullptr;
    for (const genimage_option& o : options)
        if (o.name == option) o.used = true, found = &o;
    return found;
}

std::string genimage_section::text(std::string_view option) const {
    const genimage_option* const o = find(option);
    return o == nullptr || o->values.empty() ? std::string{} : o->values.front();
}

const genimage_section* genimage_section::section(std::string_view of_name) const {
    const auto found = std::ranges::find(sections, of_name, &genimage_section::name);
    return found == sections.end() ? nullptr : &*found;
}

genimage_config parse_genimage(std::string_view text, const std::string& name) { return parser{text, name}.parse(); }

} // namespace command
