// SPDX-License-Identifier: BSL-1.0
// The functions of flash.hpp.
#pragma once

#include <imgcompose/flash/flash.hpp>
#include <imgcompose/image/read.hpp>
#include <imgcompose/write/file_sink.hpp>
#include <imgcompose/write/portion.hpp>
#include <imgcompose/write/write.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void read_back_differs(std::string_view path, offset at) {
    throw io_error(std::make_error_code(std::errc::io_error),
                   text::join(path, " gave back other bytes than were written to it, first at byte ", at.count,
                              " (sector ", at.count / 512,
                              "); it is worn out, a forgery with less memory than it says, or badly connected"));
}
} // namespace fail

namespace flash {

namespace detail {
using imgcompose::detail::range_cursor;
using imgcompose::detail::read_extent;

/// Bytes that have to read back as they are.
inline bytes kept_bytes(const image& i) {
    bytes sum{};
    range_cursor all{i};
    while (const auto e = all.peek()) {
        if (e->kind() != byte_kind::undefined) sum += e->size;
        all.take(e->size);
    }
    return sum;
}
} // namespace detail

IMGCOMPOSE_INLINE void verify(const image& written, const target& medium, const std::stop_token& cancel,
                              const function<void(bytes)>& on_bytes) {
    constexpr bytes step{1 << 20};
    const std::string name = medium.path().string();
    const os::file f = os::file::open_for_reading(name);
    f.forget_cached();
    source_opener opener;
    std::vector<std::byte> expected(step.count), got(step.count);
    detail::range_cursor all{written};
    while (auto e = all.peek()) {
        if (cancel.stop_requested()) throw cancelled{};
        if (e->kind() == byte_kind::undefined) {
            all.take(e->size);
            continue;
        }
        e->size = std::min(e->size, step);
        const auto want = std::span{expected}.first(e->size.count), have = std::span{got}.first(e->size.count);
        detail::read_extent(written, *e, bytes{}, want, opener);
        f.read_exactly_at(e->at, have);
        const auto differs = std::mismatch(want.begin(), want.end(), have.begin());
        if (differs.first != want.end())
            fail::read_back_differs(name, e->at + bytes{static_cast<std::uint64_t>(differs.first - want.begin())});
        all.take(e->size);
        on_bytes(e->size);
    }
    opener.finish();
}
IMGCOMPOSE_INLINE void verify(const image& written, const target& medium) {
    verify(written, medium, {}, [](bytes) {});
}

IMGCOMPOSE_INLINE write_report write(const image& disk, const target& medium, const flash_options& options) {
    if (disk.size() > medium.size()) fail::device_too_small(medium.path().string(), medium.size(), disk.size());
    const bytes to_verify = options.verify ? detail::kept_bytes(disk) : bytes{};
    write_options how{.jobs = options.jobs, .fsync = true, .cancel = options.cancel};
    bytes done{};
    how.on_progress = [&](const progress& p) {
        done = p.total;
        if (options.on_progress) options.on_progress({p.done, p.total + to_verify});
    };
    const auto undefined = options.discard_undefined ? undefined_bytes::discard : undefined_bytes::leave;
    const write_report report = imgcompose::write(disk, existing_file(medium.path(), {.undefined = undefined}), how);
    const bytes total = done + to_verify;
    const auto tell = [&](bytes compared) {
        done += compared;
        if (options.on_progress) options.on_progress({done, total});
    };
    if (options.verify) verify(disk, medium, options.cancel, tell);
    return report;
}
} // namespace flash

IMGCOMPOSE_NAMESPACE_END
