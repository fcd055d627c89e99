// SPDX-License-Identifier: BSL-1.0
#include "inspect_json.hpp"

#include "inspect.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

using json = nlohmann::ordered_json;

json json_of(const ic::found_content& c) {
    json j{{"kind", c.kind}, {"filesystem", c.filesystem}};
    if (!c.label.empty()) j["label"] = printable(c.label);
    if (!c.id.empty()) j["id"] = printable(c.id);
    if (c.size != ic::bytes{}) j["size"] = c.size.count;
    if (c.free) j["free"] = c.free->count;
    if (c.ext4) {
        const ic::ext4_facts& e = *c.ext4;
        j["block_size"] = e.block_size.count;
        j["inodes"] = e.inodes;
        j["free_inodes"] = e.free_inodes;
        j["inode_size"] = e.inode_size;
        j["features"] = ic::names_of(e.features);
        j["clean"] = e.clean;
        j["errors"] = e.has_errors;
        if (!e.last_mounted.empty()) j["last_mounted"] = printable(e.last_mounted);
    }
    if (c.fat) {
        j["sector_size"] = c.fat->geometry.sector;
        j["cluster_size"] = c.fat->geometry.cluster_size().count;
        j["clusters"] = c.fat->geometry.clusters;
        j["free_clusters"] = c.fat->free_clusters;
        j["hidden_sectors"] = c.fat->hidden_sectors;
        j["clean"] = c.fat->clean;
    }
    return j;
}

json json_of(const ic::found_partition& p) {
    json j{{"number", p.number}, {"name", printable(p.name)}, {"offset", p.at.count}, {"size", p.size.count}, {"type", p.type_name()}};
    if (!p.type.is_nil()) {
        j["type_uuid"] = ic::to_string(p.type);
        j["uuid"] = ic::to_string(p.id);
        j["attributes"] = fmt::format("0x{:016x}", p.attributes.bits);
    }
    if (p.mbr_type) j["mbr_type"] = *p.mbr_type;
    j["bootable"] = p.bootable;
    if (p.logical) j["logical"] = true;
    if (p.content) j["content"] = json_of(*p.content);
    return j;
}

json json_of(const ic::found_gpt_copy& c) {
    json j{{"lba", c.at.value}, {"sound", c.sound}};
    if (!c.problem.empty()) j["problem"] = c.problem;
    return j;
}

} // namespace

json json_of(const ic::disk_finding& f) {
    return {{"severity", f.how_bad == ic::severity::error ? "error" : "warning"}, {"code", f.code}, {"offset", f.at.count},
            {"message", printable(f.message)}};
}

std::string inspection_json(const ic::disk_report& r, const std::string& name) {
    json top{{"name", printable(name)}, {"size", r.size.count}, {"sector_size", r.sector_size.count}, {"table", ic::name_of(r.table)}};
    if (r.disk_id) top["disk_uuid"] = ic::to_string(*r.disk_id);
    if (r.disk_signature) top["disk_signature"] = *r.disk_signature;
    if (r.primary) top["gpt"] = {{"primary", json_of(*r.primary)}, {"backup", json_of(*r.backup)},
                                 {"first_usable", r.first_usable.value}, {"last_usable", r.last_usable.value}};
    if (r.content) top["content"] = json_of(*r.content);
    if (r.extended)
        top["extended"] = {{"number", r.extended->number}, {"mbr_type", r.extended->type}, {"offset", r.extended->at.count}, {"size", r.extended->size.count}};
    json& partitions = top["partitions"] = json::array();
    for (const ic::found_partition& p : r.partitions) partitions.push_back(json_of(p));
    json& artefacts = top["bootloader"] = json::array();
    for (const ic::found_artefact& a : r.artefacts)
        artefacts.push_back({{"name", a.file_name}, {"kind", a.kind}, {"offset", a.at.count}, {"size", a.size.count},
                             {"soc", printable(a.soc)}, {"whole", a.whole}, {"spread", a.spread}, {"details", a.details}});
    json& regions = top["regions"] = json::array();
    for (const ic::disk_region& region : r.regions)
        regions.push_back({{"kind", ic::name_of(region.what)}, {"name", printable(region.name)}, {"offset", region.at.count},
                           {"size", region.size.count}});
    json& findings = top["findings"] = json::array();
    for (const ic::disk_finding& f : r.findings)
        findings.push_back(json_of(f));
    return top.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace command
