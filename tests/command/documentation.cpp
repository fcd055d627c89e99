// SPDX-License-Identifier: BSL-1.0
#include <examples/imgcompose/keys.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

using namespace command;

namespace {

std::string_view type_of(const key& k) {
    switch (k.kind) {
    case value_kind::text: return "text";
    case value_kind::verbatim: return "text, as it is";
    case value_kind::size:
    case value_kind::rule: return "size";
    case value_kind::integer: return "integer";
    case value_kind::number: return "number";
    case value_kind::boolean: return "boolean";
    case value_kind::texts: return "list of texts";
    case value_kind::text_or_texts: return "text or list of texts";
    case value_kind::table: return "table";
    case value_kind::tables: return "list of tables";
    case value_kind::variables: return "table of texts";
    }
    return "";
}

void add_row(std::string& to, const key& k) {
    to += "| `" + std::string{k.name} + "`" + (k.required ? " (required)" : "") + " | " + std::string{type_of(k)} + " | " + std::string{k.meaning} + " |\n";
}

/// Keys that stand before the first table.
void add_top(std::string& to) {
    to += "\n### At the top\n\n| key | type | meaning |\n|---|---|---|\n";
    for (const key& k : keys::description)
        if (k.kind != value_kind::table && k.kind != value_kind::tables && k.kind != value_kind::variables) add_row(to, k);
}

/// The part of docs/description.md that follows from the table of keys.
void add_reference(std::string& to, std::span<const key> keys, const std::string& above) {
    for (const key& k : keys) {
        const std::string name = above + std::string{k.name};
        if (k.kind == value_kind::variables) to += "\n### `[" + name + "]`\n\nAny names with texts.\n";
        if (k.kind != value_kind::table && k.kind != value_kind::tables) continue;
        to += k.kind == value_kind::table ? "\n### `[" + name + "]`\n" : "\n### `[[" + name + "]]`\n";
        to += "\n| key | type | meaning |\n|---|---|---|\n";
        for (const key& inside : k.inside) add_row(to, inside);
        add_reference(to, k.inside, name + ".");
    }
}

constexpr std::string_view keys_begin = "\n## Keys\n", keys_end = "\n## Steps of a tree\n";

} // namespace

// IMGCOMPOSE_UPDATE_DOCS=1 writes the page anew.
TEST_CASE("the keys in docs/description.md are those of the table that descriptions are checked with") {
    const auto path = imgcompose_test::source_dir() / "docs" / "description.md";
    std::string page = imgcompose_test::read_file(path);
    const auto from = page.find(keys_begin), to = page.find(keys_end);
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    std::string reference{keys_begin};
    add_top(reference);
    add_reference(reference, keys::description, "");
    if (std::getenv("IMGCOMPOSE_UPDATE_DOCS") != nullptr) {
        page.replace(from, to - from, reference);
        imgcompose_test::write_file(path, page);
        return;
    }
    CHECK(page.substr(from, to - from) == reference);
}

TEST_CASE("docs/description.md has every key that a description may have at its top") {
    const std::string page = imgcompose_test::read_file(imgcompose_test::source_dir() / "docs" / "description.md");
    for (const key& k : keys::description) {
        const std::string name{k.name};
        INFO(name);
        const bool there = page.find("| `" + name + "` |") != std::string::npos || page.find("### `[" + name + "]`") != std::string::npos ||
                           page.find("### `[[" + name + "]]`") != std::string::npos;
        CHECK(there);
    }
}
