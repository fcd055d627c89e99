// SPDX-License-Identifier: BSL-1.0
// Source of what genimage makes of its options: genimage 16, README.rst, image-hd.c, image-vfat.c and image-ext2.c.
#include "import_genimage.hpp"

#include "text_output.hpp"

#include "commands.hpp"
#include "document.hpp"
#include "genimage_config.hpp"
#include "sizes.hpp"

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/unicode.hpp>
#include <imgcompose/core/units.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace command {

namespace ic = imgcompose;

namespace {

/// A basic string of TOML.
std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else out += c;
    }
    return out + '"';
}

std::uint64_t rounded_up(std::uint64_t size, std::uint64_t alignment) {
    return ic::align_up(ic::bytes{size}, ic::bytes{alignment}).count;
}

/// A number of bytes as short as it can be written.
std::string size_value(std::uint64_t count) {
    for (const auto& [unit, name] : {std::pair{std::uint64_t{1} << 30, "GiB"},
                                     {std::uint64_t{1} << 20, "MiB"},
                                     {std::uint64_t{1} << 10, "KiB"},
                                     {std::uint64_t{512}, "s"}})
        if (count != 0 && count % unit == 0) return fmt::format("\"{}{}\"", count / unit, name);
    return fmt::format("{}", count);
}

constexpr std::pair<std::string_view, std::string_view> gpt_types[] = {
    {"L", "linux_filesystem"}, {"S", "linux_swap"}, {"H", "linux_home"}, {"U", "esp"},
    {"R", "linux_raid"},       {"V", "linux_lvm"},  {"F", "basic_data"}};
constexpr std::string_view filesystems[] = {"ext2", "ext3", "ext4", "vfat"};

class importer {
public:
    importer(std::string name, std::filesystem::path inputs) : name_(std::move(name)), inputs_(std::move(inputs)) {}

    genimage_import import(std::string_view text, const std::string& which) {
        // TOML is UTF-8.
        if (!ic::for_each_utf16_unit(text, [](char16_t) {})) refuse(1, "not all of it is UTF-8");
        const genimage_config config = parse_genimage(text, name_);
        top_ = &config.top;
        for (const std::size_t line : config.includes)
            remark(line, "include is not followed: import the file with its content in place");
        const genimage_section& image = chosen_image(which);
        read_paths();
        const genimage_section& hd = *image.section("hdimage");
        const std::string head = image_table(image, hd);
        listed_ = static_cast<std::size_t>(std::ranges::count_if(image.sections, [&](const genimage_section& s) {
            return s.name == "partition" && boolean(s, "in-partition-table", true);
        }));
        for (const genimage_section& s : image.sections)
            if (s.name == "partition") add_partition(s);
        if (table_ != "none" && !active_)
            for (part& p : parts_) // genimage makes none active by itself
                if (p.name == "boot") p.text += "bootable = false\n";
        tell_unused(*top_, "the configuration");
        tell_unused(image, image.title);
        tell_unused(hd, "hdimage");

        std::string out = fmt::format("# From {} by imgcompose import-genimage.\n\n",
                                      std::filesystem::path{name_}.filename().string());
        if (!variables_.empty()) {
            out += "[variables]\n";
            for (const auto& [key, value] : variables_) out += fmt::format("{} = {}\n", key, toml_text(value));
            out += '\n';
        }
        out += head;
        for (const std::string& r : raws_) out += "\n[[raw]]\n" + r;
        for (const part& p : parts_) out += "\n[[partition]]\n" + p.text;
        std::ranges::sort(remarks_);
        genimage_import result{.description = std::move(out)};
        for (const auto& [line, what] : remarks_) result.remarks.push_back(fmt::format("{}:{}: {}", name_, line, what));
        return result;
    }

private:
    struct part {
        std::string name{}, text{};
    };

    [[noreturn]] void refuse(std::size_t line, std::string_view why) const {
        throw description_error(fmt::format("{}:{}: {}", name_, line, why));
    }
    void remark(std::size_t line, std::string what) { remarks_.emplace_back(line, std::move(what)); }

    bool boolean(const genimage_section& s, std::string_view option, bool fallback) const {
        const genimage_option* const o = s.find(option);
        if (o == nullptr) return fallback;
        const std::string word = lower(s.text(option));
        if (word == "true" || word == "yes" || word == "on") return true;
        if (word != "false" && word != "no" && word != "off")
            refuse(o->line, fmt::format("`{}` is \"{}\"; it has to be true or false", option, word));
        return false;
    }

    /// As genimage reads one: powers of two with k, M and G, sectors of 512 bytes with s. Nothing if it is not there,
    /// or 0.
    std::optional<std::uint64_t> size(const genimage_section& s, std::string_view option) const {
        const genimage_option* const o = s.find(option);
        if (o == nullptr) return {};
        const std::string text = s.text(option);
        const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
        std::uint64_t count = 0;
        const auto [end, failed] =
            std::from_chars(text.data() + (is_hex ? 2 : 0), text.data() + text.size(), count, is_hex ? 16 : 10);
        const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
        constexpr std::pair<std::string_view, std::uint64_t> units[] = {
            {"", 1}, {"s", 512}, {"k", 1U << 10}, {"K", 1U << 10}, {"M", 1U << 20}, {"G", 1U << 30}};
        const auto found = std::ranges::find(units, unit, &std::pair<std::string_view, std::uint64_t>::first);
        if (failed != std::errc{} || found == std::end(units) || count > (std::uint64_t{1} << 60) / found->second)
            refuse(o->line, fmt::format("`{}` is \"{}\", which is no size", option, text));
        if (count == 0) return {};
        return count * found->second;
    }

    /// What genimage gets from the environment becomes a variable of the description.
    std::string with_variables(std::string text, std::size_t line) {
        for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
            const auto end = text.find('}', at);
            if (end == std::string::npos) break;
            std::string inner = text.substr(at + 2, end - at - 2), fallback;
            if (const auto colon = inner.find(":-"); colon != std::string::npos)
                fallback = inner.substr(colon + 2), inner.resize(colon);
            for (char& c : inner)
                if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = '_';
            if (inner.empty()) inner = "_";
            if (variables_.try_emplace(inner, fallback).second)
                remark(line, fmt::format("${{{0}}} comes from the environment: give it with --set {0}=VALUE", inner));
            text.replace(at, end + 1 - at, "${" + inner + "}");
            at += inner.size() + 3;
        }
        return text;
    }

    void tell_unused(const genimage_section& s, std::string_view of) {
        for (const genimage_option& o : s.options)
            if (!o.used) remark(o.line, fmt::format("`{}` of {} is left out", o.name, of));
    }

    const genimage_section* image_named(std::string_view title) const {
        for (const genimage_section& s : top_->sections)
            if (s.name == "image" && s.title == title) return &s;
        return nullptr;
    }

    const genimage_section& chosen_image(const std::string& which) {
        std::vector<const genimage_section*> found;
        std::string names;
        for (const genimage_section& s : top_->sections) {
            if (s.name != "image" || s.section("hdimage") == nullptr) continue;
            found.push_back(&s);
            names += ' ' + s.title;
        }
        if (found.empty()) refuse(1, "there is no image with an hdimage section");
        if (which.empty() && found.size() > 1)
            refuse(found[1]->line, "there are several disk images; choose one with --image:" + names);
        if (which.empty()) return *found.front();
        for (const genimage_section* s : found)
            if (s->title == which) return *s;
        refuse(1, fmt::format("there is no disk image \"{}\"; there are:{}", which, names));
    }

    void read_paths() {
        if (const genimage_section* const c = top_->section("config")) {
            if (const genimage_option* const o = c->find("rootpath"))
                rootpath_ = with_variables(c->text("rootpath"), o->line);
            for (const char* folder : {"inputpath", "outputpath", "tmppath"}) {
                if (const genimage_option* const o = c->find(folder))
                    remark(o->line, fmt::format("`{}` is left out: files are below --inputs", folder));
            }
            tell_unused(*c, "config");
        }
        for (const genimage_section& s : top_->sections) {
            if (s.name == "flash") remark(s.line, fmt::format("flash \"{}\" is left out", s.title));
            if (s.name != "image" || s.section("hdimage") != nullptr) continue;
            for (const genimage_section& kind : s.sections)
                if (kind.name != "partition" && kind.name != "file" &&
                    std::ranges::find(filesystems, kind.name) == std::end(filesystems))
                    remark(s.line,
                           fmt::format("image \"{}\" is not made: {} has to be there as a file", s.title, kind.name));
        }
    }

    std::string image_table(const genimage_section& image, const genimage_section& hd) {
        table_ = hd.text("partition-table-type");
        if (table_.empty() && !boolean(hd, "partition-table", true)) table_ = "none";
        if (table_.empty() || table_ == "dos") table_ = boolean(hd, "gpt", false) ? "gpt" : "mbr";
        if (table_ != "gpt" && table_ != "mbr" && table_ != "hybrid" && table_ != "none")
            refuse(hd.line, fmt::format("there is no partition-table-type \"{}\"", table_));
        align_ = size(hd, "align").value_or(512);
        now_ = table_ == "none" ? 0 : table_ == "mbr" ? 512 : 34 * 512;
        ours_ = table_ == "none" ? 0 : std::max(*now_, align_);
        static_cast<void>(hd.find("fill")); // an image of ours always has its end
        for (const genimage_section& s : image.sections)
            if (s.name != "hdimage" && s.name != "partition")
                remark(s.line, fmt::format("section {} is left out", s.name));

        std::string out = fmt::format("[image]\ntable = \"{}\"\nalignment = {}\n", table_, size_value(align_));
        if (const auto whole = size(image, "size")) out += fmt::format("size = {}\n", size_value(*whole));
        if (const std::string id = hd.text("disk-uuid"); !id.empty())
            out += fmt::format("disk_uuid = {}\n", toml_text(id));
        if (const std::string id = hd.text("disk-signature"); !id.empty() && id != "random") {
            std::uint32_t value = 0;
            const bool hex = lower(id).starts_with("0x");
            if (std::from_chars(id.data() + (hex ? 2 : 0), id.data() + id.size(), value, hex ? 16 : 10).ec !=
                std::errc{})
                refuse(hd.find("disk-signature")->line, fmt::format("\"{}\" is no disk-signature", id));
            out += fmt::format("disk_signature = 0x{:08x}\n", value);
        }
        return out + fmt::format("seed = {}\n", toml_text(image.title));
    }

    std::optional<std::uint64_t> size_of_input(const std::string& file) const {
        std::error_code none;
        const auto path = inputs_ / file;
        if (!std::filesystem::is_regular_file(path, none)) return {};
        return std::filesystem::file_size(path);
    }

    void add_partition(const genimage_section& s) {
        const genimage_option* const image_option = s.find("image");
        const std::string file =
            image_option == nullptr ? std::string{} : with_variables(s.text("image"), image_option->line);
        const genimage_section* const source = image_named(file);
        const bool listed = boolean(s, "in-partition-table", true) && table_ != "none";
        const bool placed_by_table = listed || table_ == "none";
        const std::uint64_t align = size(s, "align").value_or(placed_by_table ? align_ : 1);
        const bool fills = boolean(s, "autoresize", false);
        auto offset = size(s, "offset");
        auto length = size(s, "size");
        std::string content;
        bool is_filesystem = false;
        if (!file.empty()) {
            if (source != nullptr && source->section("file") != nullptr)
                for (const genimage_option& o : source->section("file")->options)
                    remark(o.line,
                           fmt::format("`{}` of the file \"{}\" is left out: nothing may overlap", o.name, file));
            is_filesystem = source != nullptr &&
                            std::ranges::any_of(filesystems, [&](auto k) { return source->section(k) != nullptr; });
        }
        if (const genimage_option* const holes = s.find("holes"))
            remark(holes->line, "`holes` is left out: nothing may overlap");

        if (!listed && !is_filesystem) {
            add_raw(s, file, offset.value_or(placed_by_table && now_ ? rounded_up(*now_, align) : 0), length);
            return;
        }
        if (!listed && table_ != "none") {
            remark(
                s.line,
                fmt::format("partition \"{}\" is outside of the table, and its filesystem is made by this description: "
                            "make it by itself with imgcompose mkfs, and place it as [[raw]]",
                            s.title));
            return;
        }

        part p{.name = s.title};
        std::string size_text = "\"min\"";
        if (is_filesystem) {
            const auto own = filesystem_size(*source);
            if (own.bytes) length = length ? *length : rounded_up(*own.bytes, align);
            else if (!own.rule.empty()) size_text = own.rule;
            content = filesystem(*source);
            if (own.bytes && length && *length > *own.bytes)
                remark(s.line,
                       fmt::format("the filesystem of \"{}\" gets all of its partition, not only the size of the image",
                                   s.title));
        } else if (!file.empty()) {
            content = fmt::format("filesystem = {{ type = \"raw\", file = {} }}\n", toml_text(file));
            if (!length)
                if (const auto found = size_of_input(file)) length = rounded_up(*found, align);
        } else if (!length && !fills) {
            refuse(s.line, fmt::format("partition \"{}\" has neither an image nor a size", s.title));
        }
        p.text = fmt::format("name = {}\n", toml_text(s.title));
        p.text += start_of(s, offset, align);
        if (!fills) p.text += fmt::format("size = {}\n", length ? size_value(*length) : size_text);
        else if (s.find("size") != nullptr)
            remark(s.line, fmt::format("that \"{}\" has at least {} bytes is not checked", s.title, *length));
        now_ = ours_ = !fills && start_ && length ? std::optional{*start_ + *length} : std::nullopt;
        p.text += marks_of(s) + content;
        parts_.push_back(std::move(p));
        tell_unused(s, fmt::format("partition \"{}\"", s.title));
    }

    /// Where it begins, if that is not where it would begin without a word.
    std::string start_of(const genimage_section& s, std::optional<std::uint64_t> offset, std::uint64_t align) {
        const bool logical =
            table_ == "mbr" && listed_ > 4 && parts_.size() >= 3; // both leave room for its boot record
        if (logical && !offset) {
            start_.reset();
            return {};
        }
        start_ = offset ? offset : now_ ? std::optional{rounded_up(*now_, align)} : std::nullopt;
        if (start_ && ours_ && rounded_up(*ours_, align_) == *start_) return {};
        if (start_) return fmt::format("start = {}\n", size_value(*start_));
        if (align != align_)
            remark(s.line,
                   fmt::format("the alignment of \"{}\" is left out: where it begins follows from files", s.title));
        return {};
    }

    void add_raw(const genimage_section& s, const std::string& file, std::uint64_t at,
                 std::optional<std::uint64_t> length) {
        tell_unused(s, fmt::format("partition \"{}\"", s.title));
        const auto in_file = size_of_input(file);
        if (!length) length = in_file;
        if (!length)
            remark(
                s.line,
                fmt::format("\"{}\" is not below --inputs: partitions behind it without an offset may begin elsewhere",
                            file));
        else if (now_) now_ = std::max(*now_, at + *length);
        if (file.empty()) return; // a place that is kept free
        if (at == 0)
            remark(s.line, fmt::format("\"{}\" at the start of the disk overlaps its partition table, which is refused",
                                       s.title));
        std::string text =
            fmt::format("name = {}\nfile = {}\noffset = {}\n", toml_text(s.title), toml_text(file), size_value(at));
        if (length && s.find("size") != nullptr) text += fmt::format("max = {}\n", size_value(*length));
        raws_.push_back(std::move(text));
    }

    std::string marks_of(const genimage_section& s) {
        std::string out;
        if (const std::string type = s.text("partition-type"); !type.empty() && table_ != "gpt")
            out +=
                fmt::format("mbr_type = {}\n{}", toml_text(lower(type)), table_ == "hybrid" ? "hybrid = true\n" : "");
        if (std::string type = s.text("partition-type-uuid"); !type.empty() && table_ != "mbr") {
            const auto found =
                std::ranges::find(gpt_types, type, &std::pair<std::string_view, std::string_view>::first);
            if (found != std::end(gpt_types)) type = found->second;
            if (type.size() != 36 && found == std::end(gpt_types))
                remark(s.find("partition-type-uuid")->line,
                       fmt::format("\"{}\" may be no type of ours: imgcompose build tells", type));
            out += fmt::format("type = {}\n", toml_text(lower(type)));
        } else if (table_ == "gpt" || table_ == "hybrid") {
            out += "type = \"linux_filesystem\"\n";
        }
        if (const std::string id = s.text("partition-uuid"); !id.empty())
            out += fmt::format("uuid = {}\n", toml_text(id));
        if (boolean(s, "bootable", false)) out += "bootable = true\n", active_ = true;
        return out;
    }

    struct wanted_size {
        std::optional<std::uint64_t> bytes{};
        std::string rule{};
    };
    wanted_size filesystem_size(const genimage_section& image) const {
        const std::string text = image.text("size");
        if (!text.ends_with('%')) return {.bytes = size(image, "size")};
        std::uint32_t percent = 0;
        std::from_chars(text.data(), text.data() + text.size(), percent);
        if (percent < 100) refuse(image.find("size")->line, "less than 100% of what there is cannot hold it");
        return {.rule = percent == 100 ? "\"min\"" : fmt::format("\"min+{}%\"", percent - 100)};
    }

    std::string filesystem(const genimage_section& image) {
        for (const char* hook : {"exec-pre", "exec-post"})
            if (const genimage_option* const o = image.find(hook))
                remark(o->line, fmt::format("`{}` is not run", hook));
        for (const char* of_others : {"temporary", "name"}) static_cast<void>(image.find(of_others));
        const genimage_section* const fat = image.section("vfat");
        std::string out = fat != nullptr ? fat_filesystem(*fat) : ext_filesystem(image);
        if (!boolean(image, "empty", false) && (fat == nullptr || tree_.empty())) {
            std::string from = image.text("srcpath");
            if (from.empty()) {
                const std::string mountpoint = image.text("mountpoint");
                from = rootpath_ + (mountpoint.empty() || mountpoint == "/"
                                        ? ""
                                        : (mountpoint.starts_with('/') ? "" : "/") + mountpoint);
            } else {
                from = with_variables(from, image.line);
            }
            if (fat == nullptr || image.find("mountpoint") != nullptr || image.find("srcpath") != nullptr)
                tree_ += fmt::format("    {{ directory = {} }},\n", toml_text(from));
        }
        if (!tree_.empty()) out += "tree = [\n" + std::exchange(tree_, {}) + "]\n";
        tell_unused(image, fmt::format("image \"{}\"", image.title));
        return out;
    }

    std::string fat_filesystem(const genimage_section& s) {
        std::string label = s.text("label"), more;
        if (const genimage_option* const o = s.find("extraargs")) {
            std::istringstream words{s.text("extraargs")};
            std::vector<std::string> rest;
            for (std::string word; words >> word;) {
                std::string value = word.substr(std::min<std::size_t>(2, word.size()));
                if (!word.starts_with("-F") && !word.starts_with("-n")) rest.push_back(word);
                else if (value.empty() && !(words >> value)) rest.push_back(word);
                else if (word.starts_with("-n")) label = value;
                else if (value == "12" || value == "16" || value == "32") more = ", fat_bits = " + value;
                else rest.push_back(word);
            }
            if (!rest.empty()) remark(o->line, fmt::format("of `extraargs`, {} is left out", fmt::join(rest, " ")));
        }
        std::set<std::string> there;
        const auto add = [&](const std::string& file, std::string to, std::size_t line) {
            const std::string from = with_variables(file, line);
            if (to.empty()) to = std::filesystem::path{from}.filename().string();
            if (!there.insert(to).second) return;
            std::error_code none;
            const bool directory = std::filesystem::is_directory(inputs_ / from, none);
            tree_ += fmt::format("    {{ {} = {}, to = {} }},\n", directory ? "directory" : "file", toml_text(from),
                                 toml_text("/" + to));
        };
        for (const genimage_section& f : s.sections) {
            if (f.name != "file") remark(f.line, fmt::format("section {} of vfat is left out", f.name));
            else add(f.text("image"), f.title, f.line), tell_unused(f, "file");
        }
        if (const genimage_option* const o = s.find("files"))
            for (const std::string& file : o->values) add(file, {}, o->line);
        tell_unused(s, "vfat");
        if (!label.empty()) more = fmt::format(", label = {}", toml_text(label)) + more;
        return fmt::format("filesystem = {{ type = \"fat\"{} }}\n", more);
    }

    std::string ext_filesystem(const genimage_section& image) {
        const genimage_section* s = image.section("ext4");
        for (const char* older : {"ext2", "ext3"}) {
            if (s != nullptr || image.section(older) == nullptr) continue;
            s = image.section(older);
            remark(s->line, fmt::format("{} becomes ext4{}", older,
                                        older == std::string_view{"ext2"} ? " without a journal" : ""));
        }
        std::vector<std::string> features;
        const bool mke2fs = boolean(*s, "use-mke2fs", false);
        if (!mke2fs) features = {"^metadata_csum", "^64bit", "^flex_bg"}; // genext2fs knows none of them
        if (s->name == "ext2") features.emplace_back("^has_journal");
        if (const genimage_option* const o = s->find("features")) {
            std::istringstream words{s->text("features")};
            for (std::string word; std::getline(words, word, ',');) {
                const std::string_view name = std::string_view{word}.substr(word.starts_with('^') ? 1 : 0);
                constexpr std::string_view ours[] = {"metadata_csum", "64bit",     "flex_bg",   "sparse_super",
                                                     "resize_inode",  "dir_index", "large_dir", "has_journal"};
                constexpr std::string_view always[] = {"extent",    "extents",    "filetype",  "ext_attr",
                                                       "huge_file", "large_file", "dir_nlink", "extra_isize"};
                if (std::ranges::find(ours, name) != std::end(ours)) {
                    std::erase_if(features,
                                  [&](const std::string& f) { return f.substr(f.starts_with('^') ? 1 : 0) == name; });
                    features.push_back(word);
                } else if (word.starts_with('^') || std::ranges::find(always, name) == std::end(always)) {
                    remark(o->line, fmt::format("the feature {} is left out", word));
                }
            }
        }
        std::string out = "filesystem = { type = \"ext4\"";
        if (const std::string label = s->text("label"); !label.empty())
            out += fmt::format(", label = {}", toml_text(label));
        for (std::string& feature : features) feature = toml_text(feature);
        if (!features.empty()) out += fmt::format(", features = [{}]", fmt::join(features, ", "));
        tell_unused(*s, s->name);
        return out + " }\n";
    }

    std::string name_;
    std::filesystem::path inputs_;
    const genimage_section* top_ = nullptr;
    std::string rootpath_ = "root", table_, tree_;
    std::uint64_t align_ = 512;
    std::size_t listed_ = 0; // how many partitions the table has
    std::optional<std::uint64_t> now_, ours_,
        start_; // where genimage, and where imgcompose, would put the next partition
    bool active_ = false;
    std::map<std::string, std::string> variables_;
    std::vector<std::string> raws_;
    std::vector<part> parts_;
    std::vector<std::pair<std::size_t, std::string>> remarks_;
};

} // namespace

genimage_import import_genimage_text(std::string_view text, const std::string& name, const std::string& which,
                                     const std::filesystem::path& inputs) {
    return importer{name, inputs}.import(text, which);
}

void import_genimage(const import_options& options) {
    std::ifstream in{options.file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) throw ic::input_error(fmt::format("{} cannot be read", options.file.string()));
    const auto inputs = options.inputs.empty() ? options.file.parent_path() : options.inputs;
    const genimage_import imported = import_genimage_text(text, options.file.string(), options.image, inputs);
    if (options.output.empty()) {
        print(imported.description);
    } else {
        std::ofstream out{options.output, std::ios::binary | std::ios::trunc};
        if (!(out << imported.description) || !out.flush())
            throw ic::input_error(fmt::format("{} cannot be written", options.output.string()));
    }
    for (const std::string& r : imported.remarks) fmt::print(stderr, "{}\n", r);
}

} // namespace command
