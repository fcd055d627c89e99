// SPDX-License-Identifier: BSL-1.0
#include "made.hpp"

#include <imgcompose/board/rockchip/idbloader.hpp>
#include <imgcompose/board/rockchip/vendor_images.hpp>
#include <imgcompose/boot/android_boot.hpp>
#include <imgcompose/boot/environment.hpp>
#include <imgcompose/boot/kernel_image.hpp>
#include <imgcompose/boot/u_boot_fit.hpp>
#include <imgcompose/boot/uimage.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/openssl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

/// The table `made`, and whom it is for.
class made_file {
public:
    made_file(const section& s, const made_for& target) : s_(s), target_(target) {}

    [[nodiscard]] const section& operator*() const { return s_; }
    [[nodiscard]] const section* operator->() const { return &s_; }

    /// An empty image without the key.
    [[nodiscard]] ic::image optional_file(std::string_view key) const {
        if (!s_.has(key)) return {};
        return s_.at(key, [&] { return ic::blob(*s_.file(key)); });
    }
    [[nodiscard]] ic::image file(std::string_view key) const {
        need(key);
        return optional_file(key);
    }
    void need(std::string_view key) const {
        if (!s_.has(key)) s_.refuse("type", fmt::format("{} needs `{}`", *s_.text("type"), key));
    }
    [[nodiscard]] std::optional<std::uint32_t> number(std::string_view key) const {
        const auto value = s_.count(key);
        if (value && *value > std::numeric_limits<std::uint32_t>::max()) s_.refuse(key, fmt::format("`{}` has 32 bits", key));
        if (!value) return {};
        return static_cast<std::uint32_t>(*value);
    }
    /// As the key `soc` has it, or that of the boards, if it is one.
    [[nodiscard]] std::string soc() const {
        if (const auto given = s_.text("soc")) return *given;
        const auto& boards = target_.boards;
        if (boards.empty() || !std::ranges::all_of(boards, [&](const ic::board* b) { return ic::same_soc(b->soc, boards[0]->soc); }))
            s_.refuse("type", fmt::format("{} needs `soc`, as nothing says for which board it is", *s_.text("type")));
        return std::string{boards[0]->soc};
    }
    [[nodiscard]] ic::machine machine() const {
        return target_.boards.empty() ? ic::machine::arm64 : ic::machine_named(target_.boards[0]->architecture);
    }
    [[nodiscard]] std::chrono::seconds epoch() const { return target_.epoch; }

private:
    const section& s_;
    const made_for& target_;
};

ic::image idbloader(const made_file& m) {
    const std::string soc = m.soc();
    const ic::image tpl = m.file("tpl"), spl = m.optional_file("spl");
    return ic::rockchip::idbloader(soc, tpl, spl, {&ic::sha256_of, m->boolean("spread").value_or(false)});
}

/// Where U-Boot runs. Source: U-Boot configs/*_defconfig, CONFIG_TEXT_BASE.
std::uint32_t u_boot_address(const made_file& m) {
    if (const auto given = m.number("load_address")) return *given;
    const std::string soc = ic::text::lower_case(m.soc());
    for (const std::string_view low : {"rk3328", "rk3399"})
        if (soc == low) return 0x200000;
    for (const std::string_view high : {"rk3566", "rk3568", "rk3588", "rk3588s"})
        if (soc == high) return 0xa00000;
    m->refuse("type", "u-boot-itb needs `load_address`, CONFIG_TEXT_BASE of this U-Boot");
}

ic::image u_boot_itb(const made_file& m) {
    ic::u_boot_fit_parts parts{.u_boot = m.file("u_boot"),
                               .u_boot_address = u_boot_address(m),
                               .bl31 = m.file("bl31"),
                               .tee = m.optional_file("tee"),
                               .board = m.machine(),
                               .hashes = m->texts("hashes"),
                               .time = m.epoch()};
    m.need("dtbs");
    for (const std::filesystem::path& dtb : m->files("dtbs"))
        parts.device_trees.push_back({dtb.stem().string(), m->at("dtbs", [&] { return ic::blob(dtb); })});
    return ic::fit(ic::u_boot_fit(parts), {.align = m->size("align").value_or(ic::bytes{4}), .sha256 = &ic::sha256_of});
}

ic::image uboot_img(const made_file& m) {
    ic::rockchip::uboot_img_options o{.sha256 = &ic::sha256_of};
    // Source: Rockchip's U-Boot make.sh, CONFIG_SYS_TEXT_BASE of the SoCs.
    if (const auto address = m.number("load_address")) o.load_address = *address;
    else if (m->has("soc") && ic::text::lower_case(m.soc()) == "rk3308") o.load_address = 0x600000;
    o.version = m.number("version").value_or(o.version);
    o.copy_size = m->size("copy_size").value_or(o.copy_size);
    o.copies = m->count("copies").value_or(o.copies);
    return ic::owned(ic::rockchip::uboot_img(ic::read_all(m.file("u_boot")), o));
}

ic::image trust_img(const made_file& m) {
    ic::rockchip::trust_img_options o{.sha256 = &ic::sha256_of};
    o.signature = ic::rockchip::trust_signature_of(m.soc());
    o.copy_size = m->size("copy_size").value_or(o.copy_size);
    o.copies = m->count("copies").value_or(o.copies);
    std::vector<ic::rockchip::trust_part> parts;
    const auto add = [&](std::string_view id, std::string_view key, std::string_view address) {
        const ic::image content = m.optional_file(key);
        if (content.size() == ic::bytes{}) return;
        const bool elf = ic::recognise_kernel(ic::window{content}).kind == ic::kernel_kind::elf;
        if (elf && m->has(address)) m->refuse(address, fmt::format("an ELF file has its addresses itself; leave out `{}`", address));
        if (!elf && !m->has(address)) m->refuse(key, fmt::format("what is no ELF file needs `{}`", address));
        if (!elf) parts.push_back({std::string{id}, content, *m.number(address)});
        else std::ranges::move(m->at(key, [&] { return ic::rockchip::trust_parts_of_elf(id, content); }), std::back_inserter(parts));
    };
    m.need("bl31");
    add("BL31", "bl31", "bl31_address");
    add("BL32", "tee", "tee_address");
    return ic::owned(ic::rockchip::trust_img(parts, o));
}

ic::image android_boot(const made_file& m) {
    ic::android_boot boot{.kernel = m.file("kernel"),
                          .ramdisk = m.optional_file("ramdisk"),
                          .second = m.optional_file("second"),
                          .recovery_dtbo = m.optional_file("recovery_dtbo"),
                          .dtb = m.optional_file("dtb"),
                          .name = m->text("name").value_or(""),
                          .cmdline = m->text("cmdline").value_or("")};
    boot.version = m.number("version").value_or(boot.dtb.size() != ic::bytes{} ? 2 : boot.recovery_dtbo.size() != ic::bytes{} ? 1 : 0);
    boot.page_size = m->size("page_size").value_or(boot.page_size);
    return ic::android_boot_image(boot);
}

ic::image environment(const made_file& m) {
    if (m->has("file") == m->has("text")) m->refuse("type", "environment needs `file` or `text`, and not both");
    m.need("size");
    std::string lines = m->verbatim("text").value_or("");
    if (m->has("file")) {
        const ic::owned_bytes raw = ic::read_all(m.file("file"));
        lines.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
    }
    const ic::environment variables = m->at(m->has("file") ? "file" : "text", [&] { return ic::parse_environment(lines); });
    const ic::environment_options o{.size = *m->size("size")};
    const auto copy = m->text("copy").value_or("both");
    if (!m->boolean("redundant").value_or(false)) {
        if (m->has("copy")) m->refuse("copy", "`copy` is for `redundant = true`");
        return ic::environment_image(variables, o);
    }
    ic::environment_pair pair = ic::environment_pair_bytes(variables, o);
    if (copy == "both") return pair.side_by_side();
    if (copy == "first") return ic::owned(std::move(pair.first));
    if (copy == "second") return ic::owned(std::move(pair.second));
    m->refuse("copy", fmt::format("there is no copy \"{}\"; there are: first, second, both", copy));
}

/// The value that U-Boot calls so.
template <class E> E named(const made_file& m, std::string_view key, E otherwise) {
    const auto name = m->text(key);
    if (!name) return otherwise;
    std::string known;
    for (unsigned i = 0; i < 256; ++i) {
        const E value = static_cast<E>(i);
        if (ic::name_of(value) == *name) return value;
        if (ic::name_of(value) != "unknown") known += fmt::format("{}{}", known.empty() ? "" : ", ", ic::name_of(value));
    }
    m->refuse(key, fmt::format("there is no `{}` \"{}\"; there are: {}", key, *name, known));
}

ic::image uimage(const made_file& m) {
    const std::string name = m->text("name").value_or("");
    const ic::uimage_options o{.type = named(m, "content", ic::uimage_type::kernel),
                               .arch = named(m, "arch", ic::uimage_arch::arm64),
                               .os = named(m, "os", ic::uimage_os::linux_os),
                               .compression = named(m, "compression", ic::uimage_compression::none),
                               .name = name,
                               .time = m.epoch(),
                               .load = m.number("load_address").value_or(0),
                               .entry = m.number("entry_address").value_or(m.number("load_address").value_or(0))};
    return ic::uimage(ic::read_all(m.file("file")), o);
}

/// A kernel with its device trees and ramdisk, as `mkimage -f auto` puts them together.
ic::image kernel_fit(const made_file& m) {
    m.need("load_address");
    const std::string arch = m->text("arch").value_or(std::string{ic::name_of(m.machine())});
    const std::vector<std::string> hashes = m->has("hashes") ? m->texts("hashes") : std::vector<std::string>{"sha256"};
    ic::fit_source f{.description = m->text("name").value_or("kernel"), .time = m.epoch()};
    f.images.push_back({.name = "kernel-1",
                        .description = f.description,
                        .data = m.file("kernel"),
                        .type = "kernel",
                        .arch = arch,
                        .os = "linux",
                        .compression = m->text("compression").value_or("none"),
                        .load = m.number("load_address"),
                        .entry = m.number("entry_address").value_or(*m.number("load_address")),
                        .hashes = hashes});
    const ic::image ramdisk = m.optional_file("ramdisk");
    if (ramdisk.size() != ic::bytes{})
        f.images.push_back({.name = "ramdisk-1", .data = ramdisk, .type = "ramdisk", .arch = arch, .os = "linux", .compression = "none", .hashes = hashes});
    const auto configure = [&](const std::string& number, std::string description, std::vector<std::string> fdt) {
        f.configurations.push_back({.name = "conf-" + number,
                                    .description = std::move(description),
                                    .kernel = "kernel-1",
                                    .ramdisk = ramdisk.size() != ic::bytes{} ? "ramdisk-1" : "",
                                    .fdt = std::move(fdt)});
    };
    for (const std::filesystem::path& dtb : m->files("dtbs")) {
        const std::string number = std::to_string(f.configurations.size() + 1);
        f.images.push_back({.name = "fdt-" + number,
                            .description = dtb.stem().string(),
                            .data = m->at("dtbs", [&] { return ic::blob(dtb); }),
                            .type = "flat_dt",
                            .arch = arch,
                            .compression = "none",
                            .hashes = hashes});
        configure(number, dtb.stem().string(), {"fdt-" + number});
    }
    if (f.configurations.empty()) configure("1", f.description, {});
    return ic::fit(f, {.external_data = m->boolean("external_data").value_or(false), .sha256 = &ic::sha256_of});
}

struct kind {
    std::string_view name;
    std::vector<std::string_view> keys; // beside `type`
    ic::image (*make)(const made_file&);
};

const std::array<kind, 8>& kinds() {
    static const std::array<kind, 8> all{
        kind{"idbloader", {"soc", "tpl", "spl", "spread"}, &idbloader},
        kind{"u-boot-itb", {"soc", "u_boot", "bl31", "tee", "dtbs", "load_address", "hashes", "align"}, &u_boot_itb},
        kind{"uboot-img", {"soc", "u_boot", "load_address", "version", "copies", "copy_size"}, &uboot_img},
        kind{"trust-img", {"soc", "bl31", "bl31_address", "tee", "tee_address", "copies", "copy_size"}, &trust_img},
        kind{"android-boot", {"kernel", "ramdisk", "second", "recovery_dtbo", "dtb", "cmdline", "name", "version", "page_size"}, &android_boot},
        kind{"environment", {"file", "text", "size", "redundant", "copy"}, &environment},
        kind{"uimage", {"file", "content", "arch", "os", "compression", "name", "load_address", "entry_address"}, &uimage},
        kind{"fit", {"kernel", "ramdisk", "dtbs", "arch", "compression", "name", "load_address", "entry_address", "hashes", "external_data"}, &kernel_fit},
    };
    return all;
}

ic::image read_made(const section& s, const made_for& target) {
    const std::string type = *s.text("type");
    const auto found = std::ranges::find(kinds(), type, &kind::name);
    if (found == kinds().end()) {
        std::string known;
        for (const kind& k : kinds()) known += fmt::format("{}{}", known.empty() ? "" : ", ", k.name);
        s.refuse("type", fmt::format("\"{}\" cannot be made; there are: {}", type, known));
    }
    for (const key& k : keys::made)
        if (k.name != "type" && s.has(k.name) && std::ranges::find(found->keys, k.name) == found->keys.end())
            s.refuse(k.name, fmt::format("{} has no use for `{}`", type, k.name));
    return s.at("type", [&] { return found->make({s, target}); });
}

} // namespace

ic::image read_content(const section& s, const made_for& target, std::string_view otherwise) {
    const ic::blob_options options{.skip = s.size("skip").value_or(ic::bytes{}), .maximum = s.size("max")};
    if (const section made = s.table("made")) {
        if (s.has("file")) s.refuse("file", "`file` and `made` are two ways to say the bytes; write one of them");
        if (s.has("skip")) s.refuse("skip", "what is made has no bytes to leave out; `skip` is for `file`");
        const ic::image content = read_made(made, target);
        if (options.maximum && content.size() > *options.maximum)
            s.refuse("max", fmt::format("what is made has {} bytes, more than `max`", content.size().count));
        return content;
    }
    const std::string_view key = s.has("file") ? "file" : otherwise;
    if (key.empty()) s.refuse("", "`file` or `made` is needed");
    return s.at(key, [&] { return ic::blob(*s.file(key), options); });
}

} // namespace command
