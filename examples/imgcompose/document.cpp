// SPDX-License-Identifier: BSL-1.0
#include "document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

std::vector<std::string_view> names_of(std::span<const key> keys) {
    std::vector<std::string_view> names;
    for (const key& k : keys) names.push_back(k.name);
    return names;
}

const key* find_key(std::span<const key> keys, std::string_view name) {
    const auto found = std::ranges::find(keys, name, &key::name);
    return found == keys.end() ? nullptr : &*found;
}

std::string_view expected(value_kind kind) {
    switch (kind) {
    case value_kind::text:
    case value_kind::verbatim: return "a text in quotation marks";
    case value_kind::size: return "a size, such as \"512MiB\" or a number of bytes";
    case value_kind::rule: return "a size, such as \"512MiB\", \"min\", \"min+10%\" or \"rest\"";
    case value_kind::integer: return "an integer";
    case value_kind::number: return "a number";
    case value_kind::boolean: return "true or false";
    case value_kind::texts: return "a list of texts, such as [\"one\", \"two\"]";
    case value_kind::text_or_texts: return "a text in quotation marks, or a list of them";
    case value_kind::table: return "a table";
    case value_kind::tables: return "a list of tables; its header has two brackets";
    case value_kind::variables: return "a table of texts";
    }
    return "something else";
}

std::string_view found_type(const toml::node& n) {
    switch (n.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    default: return "a date or time";
    }
}

bool has_type(const toml::node& n, value_kind kind) {
    const auto all = [&](auto&& is) {
        return n.is_array() && std::all_of(n.as_array()->begin(), n.as_array()->end(), is);
    };
    switch (kind) {
    case value_kind::text:
    case value_kind::verbatim: return n.is_string();
    case value_kind::size:
    case value_kind::rule: return n.is_string() || n.is_integer();
    case value_kind::integer: return n.is_integer();
    case value_kind::number: return n.is_number();
    case value_kind::boolean: return n.is_boolean();
    case value_kind::texts: return all([](const toml::node& e) { return e.is_string(); });
    case value_kind::text_or_texts: return n.is_string() || all([](const toml::node& e) { return e.is_string(); });
    case value_kind::table:
    case value_kind::variables: return n.is_table();
    case value_kind::tables: return all([](const toml::node& e) { return e.is_table(); });
    }
    return false;
}

/// The part of a path before its first dot, and what is behind it.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const auto dot = path.find('.');
    if (dot == path.npos) return {path, {}};
    return {path.substr(0, dot), path.substr(dot + 1)};
}

/// If `path` is `name`, or begins with `name` and a dot: what is left.
std::optional<std::string_view> behind(std::string_view path, std::string_view name) {
    if (!path.starts_with(name)) return {};
    if (path.size() == name.size()) return std::string_view{};
    if (path[name.size()] != '.') return {};
    return path.substr(name.size() + 1);
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    if (in) text << in.rdbuf();
    if (!in || text.fail()) throw description_error(fmt::format("{}: cannot be read", file.string()));
    return std::move(text).str();
}

} // namespace

// --- reading and checking --------------------------------------------------------------------------------------------

document::document(const std::filesystem::path& file, const std::vector<std::string>& changes, std::filesystem::path inputs)
    : file_(file), inputs_(inputs.empty() ? file.parent_path() : std::move(inputs)) {
    root_ = parse(file, 0);
    for (const std::string& c : changes) change(c);
    check(root_, keys::description, "a description");
    if (const toml::table* t = root_["variables"].as_table())
        for (const auto& [name, value] : *t) define(std::string{name.str()}, value.value_or(std::string{}));
}

toml::table document::parse(const std::filesystem::path& file, int depth) const {
    toml::table own;
    try {
        own = toml::parse(read_text(file), file.string());
    } catch (const toml::parse_error& e) {
        refuse(e.source(), e.description());
    }
    const toml::node* const base = own.get("extends");
    if (base == nullptr || !base->is_string()) return own; // of another type: said by the check
    if (depth == 8) refuse(*base, "descriptions extend one another without end");
    const std::filesystem::path other = file.parent_path() / *base->value<std::string>();
    std::error_code none;
    if (!std::filesystem::is_regular_file(other, none)) refuse(*base, fmt::format("there is no description {}", other.string()));
    merge(own, parse(other, depth + 1)); // moved: a copied node has lost its place in the file
    return own;
}

void document::merge(toml::table& to, toml::table&& from) {
    for (auto&& [name, value] : from) {
        toml::node* const own = to.get(name);
        if (own != nullptr) {
            if (own->is_table() && value.is_table()) merge(*own->as_table(), std::move(*value.as_table()));
            continue;
        }
        value.visit([&, &key = name](auto& node) { to.insert(key, std::move(node)); });
    }
}

void document::refuse(const toml::source_region& where, std::string_view why) const {
    const std::string& file = where.path ? *where.path : file_.string();
    throw description_error(fmt::format("{}:{}:{}: {}", file, where.begin.line, where.begin.column, why));
}

void document::refuse(const toml::node& where, std::string_view why) const {
    if (const auto by = changed_.find(&where); by != changed_.end())
        throw description_error(fmt::format("--set {}: {}", by->second, why));
    refuse(where.source(), why);
}

void document::check(const toml::table& t, std::span<const key> known, std::string_view what) const {
    for (const auto& [name, value] : t) {
        const key* k = find_key(known, name.str());
        if (k == nullptr)
            refuse(name.source(), fmt::format("{} has no key `{}`{}", what, name.str(), did_you_mean(name.str(), names_of(known))));
        check_value(value, *k);
    }
    for (const key& k : known)
        if (k.required && !t.contains(k.name)) refuse(t, fmt::format("{} needs the key `{}`", what, k.name));
}

void document::check_value(const toml::node& n, const key& k) const {
    if (!has_type(n, k.kind)) refuse(n, fmt::format("`{}` is {}; it has to be {}", k.name, found_type(n), expected(k.kind)));
    const std::string what = fmt::format("`{}`", k.name);
    if (k.kind == value_kind::table) check(*n.as_table(), k.inside, what);
    if (k.kind == value_kind::tables)
        for (const toml::node& element : *n.as_array()) check(*element.as_table(), k.inside, what);
    if (k.kind == value_kind::variables)
        for (const auto& [name, value] : *n.as_table())
            if (!value.is_string()) refuse(value, fmt::format("the variable `{}` is {}; it has to be a text", name.str(), found_type(value)));
}

// --- --set -----------------------------------------------------------------------------------------------------------

void document::change(std::string_view key_and_value) {
    const auto equals = key_and_value.find('=');
    if (equals == key_and_value.npos || equals == 0)
        throw description_error(fmt::format("--set {}: has to be KEY=VALUE", key_and_value));
    const std::string_view path = key_and_value.substr(0, equals);
    const std::string_view value = key_and_value.substr(equals + 1);
    const std::string whole{key_and_value};

    toml::table* const variables = root_["variables"].as_table();
    if (variables != nullptr && variables->contains(path)) {
        set(root_, keys::description, fmt::format("variables.{}", path), value, whole);
        return;
    }
    if (find_key(keys::description, split(path).first) == nullptr) {
        auto known = names_of(keys::description);
        if (variables != nullptr)
            for (const auto& [name, unused] : *variables) known.push_back(name.str());
        throw description_error(fmt::format("--set {}: the description has no variable or key `{}`{}", whole,
                                            split(path).first, did_you_mean(split(path).first, known)));
    }
    set(root_, keys::description, path, value, whole);
}

void document::set(toml::table& in, std::span<const key> known, std::string_view path, std::string_view value,
                   const std::string& change) {
    const auto fail = [&](const std::string& why) { throw description_error(fmt::format("--set {}: {}", change, why)); };
    const auto [name, rest] = split(path);
    const key* const k = find_key(known, name);
    if (k == nullptr) {
        fail(fmt::format("there is no key `{}`{}", name, did_you_mean(name, names_of(known))));
        return;
    }
    const auto inserted = [&](auto&& v) { changed_[&in.insert_or_assign(name, v).first->second] = change; };

    if (k->kind == value_kind::table || k->kind == value_kind::variables) {
        if (rest.empty()) fail(fmt::format("`{}` is a table; name one of its keys", name));
        if (!in.contains(name)) inserted(toml::table{});
        toml::table* const table = in[name].as_table();
        if (table == nullptr) return; // said by the check that follows
        if (k->kind == value_kind::table) return set(*table, k->inside, rest, value, change);
        changed_[&table->insert_or_assign(rest, std::string{value}).first->second] = change;
        return;
    }
    if (k->kind == value_kind::tables) {
        toml::array* const list = in[name].as_array();
        std::string there;
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            toml::table* const element = list->get(i)->as_table();
            if (element == nullptr) continue;
            const std::string label = (*element)[k->named_by].value_or(std::string{});
            there += fmt::format("{}{}", there.empty() ? "" : ", ", label.empty() ? std::to_string(i + 1) : label);
            for (const std::string& called : {label, std::to_string(i + 1)})
                if (const auto left = behind(rest, called); !called.empty() && left && !left->empty())
                    return set(*element, k->inside, *left, value, change);
        }
        fail(there.empty() ? fmt::format("the description has no {}", name)
                           : fmt::format("write {0}.NAME.KEY, where NAME is one of: {1}", name, there));
    }
    if (!rest.empty()) fail(fmt::format("`{}` has no keys in it", name));

    if (k->kind == value_kind::text || k->kind == value_kind::verbatim || k->kind == value_kind::size ||
        k->kind == value_kind::rule || (k->kind == value_kind::text_or_texts && !value.starts_with('[')))
        return inserted(std::string{value});
    try {
        toml::table parsed = toml::parse(fmt::format("value = {}", value));
        const toml::node& n = *parsed.get("value");
        n.visit([&](const auto& typed) { inserted(typed); });
    } catch (const toml::parse_error&) {
        fail(fmt::format("`{}` has to be {}", name, expected(k->kind)));
    }
}

// --- variables -------------------------------------------------------------------------------------------------------

std::string document::substituted(const toml::node& where, std::string_view text, int depth) const {
    if (depth > 16) refuse(where, "the variables here refer to one another without end");
    std::string out;
    while (!text.empty()) {
        const auto dollar = text.find("${");
        if (dollar == text.npos) break;
        if (dollar > 0 && text[dollar - 1] == '$') { // $${ is ${ as it stands
            out += text.substr(0, dollar - 1);
            out += "${";
            text.remove_prefix(dollar + 2);
            continue;
        }
        const auto end = text.find('}', dollar);
        if (end == text.npos) refuse(where, "has \"${\" without \"}\"; write $${ for the two characters themselves");
        const std::string_view name = text.substr(dollar + 2, end - dollar - 2);
        if (const auto why = forbidden_.find(name); why != forbidden_.end()) refuse(where, why->second);
        const auto variable = variables_.find(name);
        if (variable == variables_.end()) {
            std::vector<std::string_view> known;
            for (const auto& [n, unused] : variables_) known.push_back(n);
            refuse(where, fmt::format("there is no variable `{}`{}", name, did_you_mean(name, known)));
        }
        out += text.substr(0, dollar);
        out += substituted(where, variable->second, depth + 1);
        text.remove_prefix(end + 1);
    }
    return out += text;
}

// --- values ----------------------------------------------------------------------------------------------------------

std::optional<std::string> section::text(std::string_view key) const {
    if (!has(key)) return {};
    return document_->substituted(node(key), *node(key).value<std::string_view>());
}
std::optional<std::string> section::verbatim(std::string_view key) const {
    if (!has(key)) return {};
    return node(key).value<std::string>();
}
std::optional<ic::bytes> section::size(std::string_view key) const {
    if (!has(key)) return {};
    if (node(key).is_integer()) return ic::bytes{*count(key)};
    return at(key, [&] { return parse_size(*text(key)); });
}
std::optional<ic::size_rule> section::rule(std::string_view key) const {
    if (!has(key)) return {};
    if (node(key).is_integer()) return ic::size_rule{ic::bytes{*count(key)}};
    return at(key, [&] { return parse_size_rule(*text(key)); });
}
std::optional<std::int64_t> section::integer(std::string_view key) const {
    if (!has(key)) return {};
    return node(key).value<std::int64_t>();
}
std::optional<std::uint64_t> section::count(std::string_view key) const {
    const auto value = integer(key);
    if (!value) return {};
    if (*value < 0) refuse(key, fmt::format("`{}` cannot be negative", key));
    return static_cast<std::uint64_t>(*value);
}
std::optional<double> section::number(std::string_view key) const {
    if (!has(key)) return {};
    return node(key).value<double>();
}
std::optional<bool> section::boolean(std::string_view key) const {
    if (!has(key)) return {};
    return node(key).value<bool>();
}
std::vector<std::string> section::texts(std::string_view key) const {
    std::vector<std::string> out;
    if (!has(key)) return out;
    if (node(key).is_string()) return {*text(key)};
    for (const toml::node& e : *node(key).as_array())
        out.push_back(document_->substituted(e, *e.value<std::string_view>()));
    return out;
}
section section::table(std::string_view key) const {
    if (!has(key)) return {};
    return {*document_, *node(key).as_table()};
}
std::vector<section> section::tables(std::string_view key) const {
    std::vector<section> out;
    if (has(key))
        for (const toml::node& e : *node(key).as_array()) out.emplace_back(*document_, *e.as_table());
    return out;
}
std::optional<std::filesystem::path> section::file(std::string_view key) const {
    const auto name = text(key);
    if (!name) return {};
    return document_->inputs() / *name;
}

std::vector<std::filesystem::path> section::files(std::string_view key) const {
    std::vector<std::filesystem::path> all;
    for (const std::string& name : texts(key)) all.push_back(document_->inputs() / name);
    return all;
}

void section::refuse(std::string_view key, std::string_view why) const {
    document_->refuse(has(key) ? node(key) : static_cast<const toml::node&>(*table_), why);
}

} // namespace command
