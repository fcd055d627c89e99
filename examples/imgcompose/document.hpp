// SPDX-License-Identifier: BSL-1.0
// A description as text: TOML, checked against the table of keys, with variables and what --set changes.
#pragma once

#include "keys.hpp"
#include "sizes.hpp"

#include <imgcompose/core/suggest.hpp>

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace command {

/// "file:line:column: what is wrong there"
class description_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using imgcompose::text::did_you_mean;
using imgcompose::text::nearest;

class document;

/// A table of the description. What it says of a key is of the right type, or the document would not have been read.
class section {
public:
    section() = default;
    section(const document& d, const toml::table& t) : document_(&d), table_(&t) {}

    explicit operator bool() const { return table_ != nullptr; }
    [[nodiscard]] bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }

    // Nothing if the key is not there.
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> verbatim(std::string_view key) const;
    [[nodiscard]] std::optional<imgcompose::bytes> size(std::string_view key) const;
    [[nodiscard]] std::optional<imgcompose::size_rule> rule(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key) const; ///< an integer that is not negative
    [[nodiscard]] std::optional<double> number(std::string_view key) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
    [[nodiscard]] section table(std::string_view key) const;
    [[nodiscard]] std::vector<section> tables(std::string_view key) const;
    /// A file on this machine: relative to the folder of the inputs.
    [[nodiscard]] std::optional<std::filesystem::path> file(std::string_view key) const;
    [[nodiscard]] std::vector<std::filesystem::path> files(std::string_view key) const;

    /// Throws description_error at the value of `key`, or at the table if it has none.
    [[noreturn]] void refuse(std::string_view key, std::string_view why) const;
    /// What `f` returns; what imgcompose throws there becomes an error at `key`.
    template <class F> auto at(std::string_view key, const F& f) const {
        try {
            return f();
        } catch (const imgcompose::error& e) {
            refuse(key, e.what());
        }
    }

private:
    [[nodiscard]] const toml::node& node(std::string_view key) const { return *table_->get(key); }

    const document* document_ = nullptr;
    const toml::table* table_ = nullptr;
};

class document {
public:
    /// Reads a file, applies `changes` ("key=value") and checks all keys and types. Files it names are looked for in
    /// `inputs`; if that is empty, in the folder of the description.
    document(const std::filesystem::path& file, const std::vector<std::string>& changes, std::filesystem::path inputs);
    document(const document&) = delete;
    document& operator=(const document&) = delete;

    [[nodiscard]] section top() const { return {*this, root_}; }
    [[nodiscard]] const std::filesystem::path& inputs() const { return inputs_; }
    [[nodiscard]] std::string name() const { return file_.string(); }
    /// Adds a variable that the description can use.
    void define(std::string name, std::string value) { variables_[std::move(name)] = std::move(value); }
    /// Makes it an error to use this variable.
    void forbid(std::string name, std::string why) { forbidden_[std::move(name)] = std::move(why); }

    [[noreturn]] void refuse(const toml::node& where, std::string_view why) const;
    [[nodiscard]] std::string substituted(const toml::node& where, std::string_view text, int depth = 0) const;

private:
    [[noreturn]] void refuse(const toml::source_region& where, std::string_view why) const;
    void change(std::string_view key_and_value);
    void set(toml::table& in, std::span<const key> known, std::string_view path, std::string_view value,
             const std::string& change);
    /// A file with what it extends.
    toml::table parse(const std::filesystem::path& file, int depth) const;
    static void merge(toml::table& to, toml::table&& from);
    void check(const toml::table& t, std::span<const key> known, std::string_view what) const;
    void check_value(const toml::node& n, const key& k) const;

    std::filesystem::path file_;
    std::filesystem::path inputs_;
    toml::table root_;
    std::map<std::string, std::string, std::less<>> variables_;
    std::map<std::string, std::string, std::less<>> forbidden_; // and why
    std::map<const toml::node*, std::string> changed_; // by which --set
};

} // namespace command
