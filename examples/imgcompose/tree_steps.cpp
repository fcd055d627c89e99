// SPDX-License-Identifier: BSL-1.0
#include "content.hpp"
#include "filesystems.hpp"

#include <imgcompose/archive.hpp>
#include <imgcompose/tree/directory.hpp>
#include <imgcompose/tree/steps.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

/// What a step of the tree does: the first of these keys that it has.
constexpr std::array<std::string_view, 12> actions{"directory", "archive", "file",   "made",        "text",  "symlink",
                                                   "mkdir",     "exclude", "prefix", "clamp_mtime", "owner", "mode"};

ic::attributes_of_node attributes_of(const section& step) {
    ic::attributes_of_node a;
    if (const auto owner = step.text("owner"))
        std::tie(a.uid, a.gid) = step.at("owner", [&] { return parse_owner(*owner); });
    if (const auto mode = step.text("mode")) a.mode = step.at("mode", [&] { return parse_mode(*mode); });
    return a;
}

ic::tree added(ic::tree to, const section& step, std::string_view action, const made_for& target) {
    const auto path = step.text("to");
    if (!path) step.refuse(action, fmt::format("`{}` needs `to`, the path in the filesystem", action));
    const bool replaces = step.boolean("replace").value_or(false);
    const auto attributes = attributes_of(step);
    const auto add = [&](auto one) {
        return step.at("to", [&] { return replaces ? ic::merge(std::move(to), ic::tree{} | one) : std::move(to) | one; });
    };
    if (action == "symlink") return add(ic::symlink(*path, *step.text("symlink"), attributes));
    if (action == "text") return add(ic::add(*path, ic::from_text(*step.text("text")), attributes));
    return add(ic::add(*path, read_content(step, target), attributes));
}

/// With all that is in a directory or archive.
ic::tree with_tree(ic::tree to, const section& step, std::string_view action) {
    ic::tree from = step.at(action, [&] {
        const std::filesystem::path file = *step.file(action);
        return action == "archive" ? ic::archive(file) : ic::directory(file);
    });
    if (const auto owner = step.text("owner")) {
        const auto [uid, gid] = step.at("owner", [&] { return parse_owner(*owner); });
        from = std::move(from) | ic::owned_by(uid, gid);
    }
    if (step.has("mode")) step.refuse("mode", fmt::format("the files of {} {} keep their modes; `mode` is for a step that adds one file", action == "archive" ? "an" : "a", action));
    if (const auto path = step.text("to"))
        from = step.at("to", [&] { return std::move(from) | ic::prefix(*path); });
    return step.at(action, [&] { return ic::merge(std::move(to), std::move(from)); });
}

ic::tree apply(ic::tree t, const section& step, const made_for& target) {
    std::string_view action;
    for (const std::string_view a : actions)
        if (action.empty() && step.has(a)) action = a;
    for (const std::string_view a : actions)
        if (a != action && step.has(a) && a != "owner" && a != "mode")
            step.refuse(a, fmt::format("`{}` and `{}` are two steps; write them one after the other", action, a));

    if (action.empty()) step.refuse("", "the step does nothing; it needs one of: directory, archive, file, made, text, symlink, mkdir, "
                                        "exclude, prefix, clamp_mtime, owner");
    if (action == "directory" || action == "archive") return with_tree(std::move(t), step, action);
    if (action == "file" || action == "made" || action == "text" || action == "symlink") return added(std::move(t), step, action, target);
    if (action == "mkdir") {
        const std::string path = *step.text("mkdir");
        return step.at("mkdir", [&] { return std::move(t) | ic::make_directory(path, attributes_of(step)); });
    }
    if (action == "exclude") return step.at(action, [&] { return std::move(t) | ic::exclude(*step.text("exclude")); });
    if (action == "prefix") return step.at(action, [&] { return std::move(t) | ic::prefix(*step.text("prefix")); });
    if (action == "clamp_mtime") return std::move(t) | ic::clamp_mtime(std::chrono::seconds{*step.integer("clamp_mtime")});
    if (action == "mode") step.refuse("mode", "`mode` is for a step that adds a file or directory");
    const auto [uid, gid] = step.at("owner", [&] { return parse_owner(*step.text("owner")); });
    return std::move(t) | ic::owned_by(uid, gid);
}

} // namespace

ic::tree read_tree(const section& partition, const made_for& target) {
    ic::tree t;
    for (const section& step : partition.tables("tree")) t = apply(std::move(t), step, target);
    return t;
}

} // namespace command
