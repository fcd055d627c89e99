// SPDX-License-Identifier: BSL-1.0
#include <examples/imgcompose/keys.hpp>

#include <tests/support/catch.hpp>
#include <tests/support/run.hpp>

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
    case value_kind::table: return "table";
    case value_kind::tables: return "list of tables";
    case value_kind::variables: return "table of texts";
    }
    return "";
}

std::string row_of(const key& k) {
    return "| `" + std::string{k.name} + "`" + (k.required ? " (required)" : "") + " | " + std::string{type_of(k)} + " | " +
           std::string{k.meaning} + " |\n";
}

void require_documented(const std::string& documentation, const std::string& header, std::span<const key> keys) {
    INFO(header);
    const auto at = documentation.find("\n### `" + header + "`\n");
    REQUIRE(at != std::string::npos);
    const std::string part = documentation.substr(at, documentation.find("\n#", at + 1) - at);
    for (const key& k : keys) {
        INFO(row_of(k));
        CHECK(part.find(row_of(k)) != std::string::npos);
    }
}

} // namespace

TEST_CASE("docs/description.md tells of every key what the command knows of it") {
    const std::string documentation = imgcompose_test::read_file(imgcompose_test::source_dir() / "docs" / "description.md");
    require_documented(documentation, "[image]", keys::image);
    require_documented(documentation, "[[bootloader]]", keys::bootloader);
    require_documented(documentation, "[[raw]]", keys::raw);
    require_documented(documentation, "[[partition]]", keys::partition);
    require_documented(documentation, "[partition.filesystem]", keys::filesystem);
    require_documented(documentation, "[[partition.tree]]", keys::tree);
    require_documented(documentation, "[extlinux]", keys::extlinux);
    require_documented(documentation, "[[extlinux.entry]]", keys::extlinux_entry);
    require_documented(documentation, "[boot_script]", keys::boot_script);
    for (const key& k : keys::description) CHECK(documentation.find(k.name) != std::string::npos);
}
