// SPDX-License-Identifier: BSL-1.0
#include "lint.hpp"

#include "commands.hpp"
#include "description.hpp"
#include "filesystems.hpp"
#include "inspect.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/spi.hpp>
#include <imgcompose/inspect/lint_plan.hpp>
#include <imgcompose/inspect/open.hpp>
#include <imgcompose/openssl.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

ic::lint_options how_to_lint(const std::string& firmware) {
    return {.firmware = parse_reader(firmware), .inspection = {.sha256 = &ic::sha256_of}};
}

bool is_error(const ic::disk_finding& f) { return f.how_bad == ic::severity::error; }

/// A description, judged for its own boards if no other is named.
linted_disk linted_description(const lint_options& o) {
    document d{o.disk.file, o.disk.changes, o.disk.inputs};
    described_disk described = read_disk(d, source_date_epoch().value_or(std::chrono::seconds{0}));
    ic::disk_plan& plan = described.plan;
    if (o.without_bootloader) plan.options.without_bootloader = true;
    const ic::disk_layout layout = ic::layout(plan);
    const ic::image made = ic::compose_as(plan, layout);
    std::optional<ic::image> flash;
    if (plan.options.bootloader_in == ic::bootloader_place::spi) flash = ic::compose_spi(plan);
    if (!o.board.empty()) plan.target = ic::find_board(o.board), plan.also.clear();
    return linted(plan, layout, made, flash, o.firmware);
}

linted_disk linted_image(const lint_options& o) {
    ic::lint_options how = how_to_lint(o.firmware);
    if (!o.board.empty()) how.on = {&ic::find_board(o.board)};
    how.without_bootloader = o.without_bootloader;
    const ic::window disk = open_disk(o.disk);
    if (!o.spi) return {.disk = ic::lint(disk, how)};
    if (how.on.empty()) throw ic::input_error("--spi needs --board: what SPI flash is to hold is the board's to say");
    return {.flash = ic::lint_flash(disk, *how.on.front(), how)};
}

} // namespace

linted_disk linted(const ic::disk_plan& plan, const ic::disk_layout& layout, const ic::image& made,
                   const std::optional<ic::image>& flash, const std::string& firmware) {
    const ic::lint_options how = how_to_lint(firmware);
    linted_disk found{.disk = ic::lint(plan, layout, made, how)};
    if (flash && plan.target) found.flash = ic::lint_flash(ic::window{*flash}, *plan.target, how);
    return found;
}

std::string line_of(const ic::disk_finding& f) {
    const std::string place = f.at.count % 512 == 0 ? fmt::format("sector {}", f.at.count / 512) : fmt::format("byte {}", f.at.count);
    return fmt::format("{}: {}: {} [{}]", is_error(f) ? "error" : "warning", place, printable(f.message), f.code);
}

void require_bootable(const document& d, const linted_disk& findings) {
    for (const ic::disk_finding& f : findings.disk) fmt::print(stderr, "{}: {}\n", d.name(), line_of(f));
    for (const ic::disk_finding& f : findings.flash) fmt::print(stderr, "{}: SPI flash: {}\n", d.name(), line_of(f));
    const auto errors = std::ranges::count_if(findings.disk, is_error) + std::ranges::count_if(findings.flash, is_error);
    if (errors != 0)
        throw description_error(fmt::format("{}: nothing was written, because it would not boot; --no-lint writes it all the same", d.name()));
}

bool lint(const lint_options& o) {
    const bool is_description = o.disk.file.extension() == ".toml";
    if (is_description && o.spi)
        throw ic::input_error("--spi is for images; a description with `bootloader_in = \"spi\"` is judged with its flash");
    const linted_disk found = is_description ? linted_description(o) : linted_image(o);
    std::size_t errors = 0;
    auto list = nlohmann::ordered_json::array();
    for (const auto& [findings, medium] : {std::pair{&found.disk, "disk"}, std::pair{&found.flash, "spi"}})
        for (const ic::disk_finding& f : *findings) {
            errors += is_error(f) ? 1 : 0;
            if (o.json)
                list.push_back({{"severity", is_error(f) ? "error" : "warning"}, {"code", std::string{f.code}}, {"medium", medium},
                                {"offset", f.at.count}, {"message", printable(f.message)}});
            else
                print(wrapped((findings == &found.flash && !o.spi ? "SPI flash: " : "") + line_of(f), columns_of_records(), 4));
        }
    if (o.json) print(list.dump(2) + '\n');
    else if (found.disk.empty() && found.flash.empty())
        print(wrapped(fmt::format("{}: nothing found that would keep it from booting", o.disk.file.string()), columns_of_records(), 4));
    return errors == 0;
}

} // namespace command
