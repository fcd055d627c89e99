// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include "description.hpp"
#include "filesystems.hpp"
#include "inspect.hpp"

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/compose.hpp>
#include <imgcompose/inspect/lint.hpp>
#include <imgcompose/inspect/open.hpp>
#include <imgcompose/openssl.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

std::string place(ic::offset at) {
    return at.count % 512 == 0 ? fmt::format("sector {}", at.count / 512) : fmt::format("byte {}", at.count);
}

} // namespace

bool lint(const lint_options& o) {
    std::optional<ic::board> described;
    ic::lint_options how{.firmware = parse_reader(o.firmware), .inspection = {.sha256 = &ic::sha256_of}};
    const auto disk = [&] {
        if (o.disk.file.extension() != ".toml") return ic::window{ic::open_disk(o.disk.file)};
        document d{o.disk.file, o.disk.changes, o.disk.inputs};
        const described_disk made = read_disk(d, source_date_epoch().value_or(std::chrono::seconds{0}));
        described = made.plan.target;
        how.without_bootloader = made.plan.options.without_bootloader;
        return ic::window{made.plan | ic::compose};
    }();
    if (!o.board.empty()) described = ic::find_board(o.board);
    if (described) how.on = &*described;
    if (o.without_bootloader) how.without_bootloader = true;

    const std::vector<ic::disk_finding> findings = ic::lint(disk, how);
    std::size_t errors = 0;
    auto list = nlohmann::ordered_json::array();
    for (const ic::disk_finding& f : findings) {
        const bool is_error = f.how_bad == ic::severity::error;
        errors += is_error ? 1 : 0;
        const std::string message = printable(f.message);
        if (o.json)
            list.push_back({{"severity", is_error ? "error" : "warning"}, {"code", std::string{f.code}},
                            {"offset", f.at.count}, {"message", message}});
        else
            fmt::print("{}: {}: {} [{}]\n", is_error ? "error" : "warning", place(f.at), message, f.code);
    }
    if (o.json) fmt::print("{}\n", list.dump(2));
    else if (findings.empty()) fmt::print("{}: nothing found that would keep it from booting\n", o.disk.file.string());
    return errors == 0;
}

} // namespace command
