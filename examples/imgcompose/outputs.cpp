// SPDX-License-Identifier: BSL-1.0
#include "outputs.hpp"

#include "progress_line.hpp"
#include "text_output.hpp"

#include <imgcompose/gzip.hpp>
#include <imgcompose/openssl.hpp>
#include <imgcompose/image/blob.hpp>
#include <imgcompose/flash/target.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/os/signals.hpp>
#include <imgcompose/os/terminal.hpp>
#include <imgcompose/write/android_sparse.hpp>
#include <imgcompose/write/bmap.hpp>
#include <imgcompose/write/qcow2.hpp>
#include <imgcompose/write/rebuild.hpp>
#include <imgcompose/write/stream_sink.hpp>
#include <imgcompose/write/write.hpp>
#include <imgcompose/zstd.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace command {

namespace ic = imgcompose;

namespace {

bool is_standard_output(const std::filesystem::path& file) { return file == "-"; }

std::vector<std::filesystem::path> files_of(const output_options& o) {
    std::vector<std::filesystem::path> all{o.file};
    all.insert(all.end(), o.also.begin(), o.also.end());
    return all;
}

std::filesystem::path map_of(const output_options& o) { return o.file.string() + ".bmap"; }

std::string name_of(const std::filesystem::path& file) {
    return is_standard_output(file) ? "standard output" : file.filename().string();
}

/// The name under which sha256sum finds the raw image.
std::string raw_name(const std::filesystem::path& file) {
    const output_format format = format_of(file);
    const bool is_packed = format == output_format::gzip || format == output_format::zstd;
    return is_packed ? std::filesystem::path{file}.replace_extension().string() : file.string();
}

/// A sink, and the stream that it writes to.
struct output {
    std::unique_ptr<ic::byte_stream> stream{};
    std::unique_ptr<ic::sink> to{};
};

output make_output(const std::filesystem::path& file, std::size_t jobs) {
    output o;
    if (is_standard_output(file)) {
        o.stream = std::make_unique<ic::handle_stream>();
        o.to = std::make_unique<ic::raw_stream>(*o.stream);
        return o;
    }
    switch (format_of(file)) {
    case output_format::raw: o.to = std::make_unique<ic::sparse_file>(file); break;
    case output_format::android_sparse: o.to = std::make_unique<ic::android_sparse>(file); break;
    case output_format::qcow2: o.to = std::make_unique<ic::qcow2>(file); break;
    case output_format::gzip:
        o.stream = std::make_unique<ic::file_stream>(file);
        o.to = std::make_unique<ic::gzip>(*o.stream, ic::gzip_options{.jobs = jobs});
        break;
    case output_format::zstd:
        o.stream = std::make_unique<ic::file_stream>(file);
        o.to = std::make_unique<ic::zstd>(*o.stream, ic::zstd_options{.jobs = jobs});
        break;
    }
    return o;
}

bool is_device(const std::filesystem::path& file) {
    return ic::os::status_of(file.string()).type == ic::file_type::block_device;
}

/// What is written into as it is.
output open_existing(const output_options& o) {
    if (is_device(o.file)) (void)ic::flash::find_target(o.file, {.allow_fixed = o.allow_fixed});
    const auto undefined = o.discard ? ic::undefined_bytes::discard : ic::undefined_bytes::leave;
    output existing;
    existing.to = std::make_unique<ic::existing_file>(o.file, ic::existing_file_options{.undefined = undefined});
    return existing;
}

output make_map(const output_options& o) {
    output map;
    map.stream = std::make_unique<ic::file_stream>(map_of(o));
    map.to = std::make_unique<ic::bmap>(*map.stream, ic::make_sha256);
    return map;
}

std::filesystem::path plan_file(const output_options& o) { return o.file.string() + ".plan"; }

/// The plan of the image that `o.file` holds, if it is still that one.
std::optional<ic::saved_plan> former_plan(const output_options& o) {
    if (!o.update || !std::filesystem::exists(plan_file(o))) return {};
    const ic::owned_bytes raw = ic::read_all(ic::blob(plan_file(o)));
    const std::string_view text{reinterpret_cast<const char*>(raw.data()), raw.size()};
    if (ic::is_foreign_plan(text)) return {};
    auto plan = ic::parse_saved_plan(text, plan_file(o).string());
    if (!ic::is_image_of(plan, o.file)) return {};
    return plan;
}

/// An image that has itself of the last time in it would grow each time.
void refuse_own_outputs(const ic::image& made, const output_options& o) {
    std::vector<std::filesystem::path> files = files_of(o);
    if (o.bmap) files.push_back(map_of(o));
    if (o.update) files.push_back(plan_file(o));
    for (const std::filesystem::path& file : files)
        if (!is_standard_output(file) && ic::takes_from(made, file.string()))
            throw ic::input_error(fmt::format("{} is one of the files that the image is made of; write it elsewhere, or leave "
                                              "it out of the image", file.string()));
}

/// Writes to all of them in one pass.
void write_to(const std::vector<output>& outputs, const ic::image& made, const output_options& o,
              std::vector<ic::digest*> digests) {
    std::vector<ic::sink*> sinks;
    for (const output& each : outputs) sinks.push_back(each.to.get());
    const ic::os::stop_on_signal stop;
    progress_line line{"writing " + name_of(o.file), o.quiet};
    try {
        ic::write(made, std::span<ic::sink* const>{sinks},
                  {.jobs = o.jobs,
                   .fsync = o.fsync || (o.into_existing && is_device(o.file)),
                   .digests = std::move(digests),
                   .on_progress = [&](const ic::progress& p) { line.show(p.done, p.total); },
                   .cancel = stop.token()});
    } catch (const ic::cancelled&) {
        throw stopped_by_signal{stop.received(), name_of(o.file)};
    }
}

void remember_plan(const ic::image& made, const output_options& o) {
    ic::write(ic::from_text(ic::to_text(ic::plan_of(made, o.file))), ic::sparse_file(plan_file(o)), {.fsync = o.fsync});
}

/// Writes into the file what differs from the image that it holds.
void update_in_place(const ic::image& made, const ic::saved_plan& former, const output_options& o) {
    std::filesystem::remove(plan_file(o)); // it tells of the file no longer
    std::vector<output> outputs(1);
    outputs[0].to = std::make_unique<ic::existing_file>(o.file, ic::existing_file_options{.only_differences = true});
    write_to(outputs, ic::changes_since(made, former), o, {});
    remember_plan(made, o);
}

} // namespace

output_format format_of(const std::filesystem::path& file) {
    const std::string end = file.extension().string();
    if (end == ".simg") return output_format::android_sparse;
    if (end == ".qcow2") return output_format::qcow2;
    if (end == ".gz") return output_format::gzip;
    if (end == ".zst") return output_format::zstd;
    for (const char* other : {".xz", ".bz2", ".lz4", ".lzma", ".zip", ".vmdk", ".vdi", ".vhd", ".vhdx", ".bmap"})
        if (end == other)
            throw ic::input_error(fmt::format("{} has the name of a format that cannot be written; names end in .gz, .zst, "
                                              ".simg (Android sparse), .qcow2, or in anything else for a raw image",
                                              file.string()));
    return output_format::raw;
}

void check(const output_options& o) {
    std::set<std::filesystem::path> seen;
    for (const std::filesystem::path& file : files_of(o)) {
        (void)format_of(file);
        if (!seen.insert(is_standard_output(file) ? file : std::filesystem::absolute(file).lexically_normal()).second)
            throw ic::input_error(fmt::format("{} is to be written twice; give each output a name of its own", name_of(file)));
    }
    if (seen.contains("-") && ic::os::is_terminal(ic::os::standard_output))
        throw ic::input_error("standard output is a terminal, which an image only confuses; give -o a file, or a pipe behind it");
    if (o.in_place && !o.update) throw ic::input_error("--in-place tells how to --update; give that too");
    if (o.update && (is_standard_output(o.file) || format_of(o.file) != output_format::raw))
        throw ic::input_error("--update is for a raw image in a file; give -o the name of one");
    if (o.into_existing && (o.update || is_standard_output(o.file) || format_of(o.file) != output_format::raw))
        throw ic::input_error("--into-existing is for a raw image, without --update; give -o the name of a block device or file");
    if ((o.discard || o.allow_fixed) && !o.into_existing)
        throw ic::input_error("--discard and --allow-fixed tell how to write --into-existing; give that too");
    if (o.in_place && (!o.also.empty() || o.bmap || o.digest))
        throw ic::input_error("--in-place does not read the whole image, which --also, --bmap and --digest need; leave out one or the other");
    if (!o.bmap) return;
    if (is_standard_output(o.file)) throw ic::input_error("--bmap writes a file beside that of -o, which is standard output");
    if (const output_format f = format_of(o.file); f == output_format::android_sparse || f == output_format::qcow2)
        throw ic::input_error("--bmap tells of raw images, packed or not, and -o is none; write that one by --also");
}

void save(const ic::image& made, const output_options& o) {
    check(o);
    refuse_own_outputs(made, o);
    const auto former = former_plan(o);
    if (former && o.in_place && former->image_size == made.size()) return update_in_place(made, *former, o);

    const std::vector<std::filesystem::path> files = files_of(o);
    std::vector<output> outputs;
    for (const std::filesystem::path& file : files)
        outputs.push_back(o.into_existing && &file == &files.front() ? open_existing(o) : make_output(file, o.jobs));
    if (o.bmap) outputs.push_back(make_map(o));
    ic::sha256_digest sha256;
    std::vector<ic::digest*> digests;
    if (o.digest) digests.push_back(&sha256);
    write_to(outputs, former ? ic::taken_from(made, *former, o.file) : made, o, std::move(digests));
    if (o.update) remember_plan(made, o);
    if (!o.digest) return;
    const bool is_image_there = std::ranges::any_of(files, is_standard_output);
    const std::string line = fmt::format("{}  {}\n", sha256.text(), raw_name(o.file));
    if (is_image_there) fmt::print(stderr, "{}", line);
    else print(line);
}

} // namespace command
