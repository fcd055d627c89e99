// SPDX-License-Identifier: BSL-1.0
// Writes an image to a sink: one pass over its extents, by several threads.
#pragma once

#include <imgcompose/image/image.hpp>
#include <imgcompose/write/options.hpp>
#include <imgcompose/write/sink.hpp>

#include <initializer_list>
#include <span>

IMGCOMPOSE_NAMESPACE_BEGIN

/// Writes all of an image. Sources are read now, and an input_error is thrown if one of them is not what it was when
/// the image was planned; io_error names the file and the offset. The bytes do not depend on the options.
write_report write(const image& from, sink& to, const write_options& options = {});
write_report write(const image& from, sink&& to, const write_options& options = {});

/// The same to several sinks, whose sources are read once: such as an image file, its bmap and a compressed copy. When
/// one fails, so do all that are not finished.
write_report write(const image& from, std::span<sink* const> to, const write_options& options = {});
write_report write(const image& from, std::initializer_list<sink*> to, const write_options& options = {});

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/write/write_impl.hpp>
#endif
