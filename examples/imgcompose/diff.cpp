// SPDX-License-Identifier: BSL-1.0
#include "inspect.hpp"

#include <imgcompose/inspect/compare.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

constexpr std::string_view sign_of(ic::file_change::kind k) {
    return k == ic::file_change::kind::added ? "+" : k == ic::file_change::kind::removed ? "-" : "~";
}
constexpr std::string_view word_of(ic::file_change::kind k) {
    return k == ic::file_change::kind::added ? "added" : k == ic::file_change::kind::removed ? "removed" : "changed";
}

std::string line(ic::file_change::kind what, const std::string& subject, const std::vector<std::string>& how) {
    std::string s = fmt::format("{} {}", sign_of(what), printable(subject));
    for (std::size_t i = 0; i < how.size(); ++i) s += (i == 0 ? ": " : "; ") + printable(how[i]);
    return wrapped(s, columns_of_records(), 4);
}

std::string text_of(const ic::disk_comparison& c) {
    std::string out;
    for (const ic::layout_change& l : c.layout) out += line(l.what, l.subject, l.how);
    for (const ic::files_comparison& f : c.files) {
        if (!f.problem.empty()) out += wrapped(fmt::format("! {}: {}", printable(f.subject), printable(f.problem)), columns_of_records(), 4);
        for (const ic::file_change& change : f.changes) out += line(change.what, f.subject + ": " + change.path, change.how);
    }
    return out;
}

std::string json_of(const ic::disk_comparison& c) {
    using json = nlohmann::ordered_json;
    json top{{"same", c.same()}, {"layout", json::array()}, {"files", json::array()}};
    const auto texts = [](const std::vector<std::string>& all) {
        json j = json::array();
        for (const std::string& s : all) j.push_back(printable(s));
        return j;
    };
    for (const ic::layout_change& l : c.layout)
        top["layout"].push_back({{"change", word_of(l.what)}, {"subject", printable(l.subject)}, {"how", texts(l.how)}});
    for (const ic::files_comparison& f : c.files) {
        json j{{"subject", printable(f.subject)}, {"changes", json::array()}};
        if (!f.problem.empty()) j["problem"] = printable(f.problem);
        for (const ic::file_change& change : f.changes)
            j["changes"].push_back({{"change", word_of(change.what)}, {"path", printable(change.path)}, {"how", texts(change.how)}});
        top["files"].push_back(std::move(j));
    }
    return top.dump(2) + '\n';
}

} // namespace

bool diff(const diff_options& o) {
    // Inputs belong to descriptions; the other disk may be an image.
    const auto as_disk = [&](const std::filesystem::path& p) {
        return description_options{.file = p, .inputs = p.extension() == ".toml" ? o.inputs : std::filesystem::path{}};
    };
    const ic::window before = open_disk(as_disk(o.before));
    const ic::window after = open_disk(as_disk(o.after));
    const ic::disk_comparison c = ic::compare(before, inspected(before), after, inspected(after),
                                              {.contents = !o.without_contents, .times = !o.without_times});
    print(o.json ? json_of(c) : text_of(c));
    return c.same();
}

} // namespace command
