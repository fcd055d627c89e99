// SPDX-License-Identifier: BSL-1.0
// What an image is written to.
#pragma once

#include <imgcompose/core/function.hpp>
#include <imgcompose/image/extent.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace os {
class file;
}

/// What an image is written to: `begin`, then each byte of the image exactly once by one of `data`, `zero` and
/// `undefined`, then `finish`; or `abandon` when any of it threw.
class sink {
public:
    sink() = default;
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    virtual ~sink() = default;

    /// Whether it must be given the ranges in order and by one thread at a time. If not, disjoint ranges come in any
    /// order from several threads at once, between `begin` and `finish`.
    [[nodiscard]] virtual bool in_order() const { return true; }
    /// Whether a zero or undefined range without a whole block of 4 KiB may be joined to the data around it, as zeros.
    [[nodiscard]] virtual bool joins_small_gaps() const { return false; }
    /// Whether ranges of this kind are work: they then count as progress, and come in pieces. Asked after `begin`.
    [[nodiscard]] virtual bool takes_time(byte_kind k) const { return k == byte_kind::data; }
    /// The path of a file whose bytes are written over, of which an image must not take any; empty if there is none.
    /// Asked before `begin`.
    [[nodiscard]] virtual std::string writes_into() const { return {}; }

    /// Before all else: the image has this size. Throws io_error if it cannot be taken.
    virtual void begin(bytes size) = 0;
    /// Data will come for a range, of which some may be zeros after all: a sink can make room for it. Called only if all is
    /// to be synced in the end, before that data: for most ranges in order before any, for those that could have been cloned
    /// and were not when that is known, from any thread and perhaps twice.
    virtual void expect(offset /*at*/, bytes /*size*/) {}
    /// These bytes belong at `at`; good until it returns. Throws io_error if they cannot be written.
    virtual void data(offset at, std::span<const std::byte> content) = 0;
    /// What reads back from here has to be zero.
    virtual void zero(offset at, bytes size) = 0;
    /// Nobody will read this before writing it: what is there may stay.
    virtual void undefined(offset at, bytes size) = 0;
    /// Data straight from a file; how many bytes were taken, 0 if it cannot. It is then given them by `data`.
    virtual bytes copy(offset /*at*/, const os::file& /*from*/, offset /*from_at*/, bytes /*size*/) { return {}; }
    /// The same by sharing what is stored; of whole blocks of 4 KiB.
    virtual bool clone(offset /*at*/, const os::file& /*from*/, offset /*from_at*/, bytes /*size*/) { return false; }
    /// Everything is there. `sync`: and is to be on the medium before this returns.
    virtual void finish(bool sync) = 0;
    /// Something threw, here or elsewhere: what was begun is not to look finished.
    virtual void abandon() noexcept {}
};

/// A vector of bytes that becomes the image; what is undefined is zero.
class memory final : public sink {
public:
    /// `to` has to outlive the writing.
    explicit memory(std::vector<std::byte>& to);

    [[nodiscard]] bool in_order() const override { return false; }
    void begin(bytes size) override;
    void data(offset at, std::span<const std::byte> content) override;
    void zero(offset, bytes) override {}
    void undefined(offset, bytes) override {}
    void finish(bool) override {}
    void abandon() noexcept override;

private:
    std::vector<std::byte>& to_;
};

/// A range of an image as a callback sees it.
struct written_range {
    /// What the bytes are.
    byte_kind kind = byte_kind::undefined;
    /// Where in the image it begins.
    offset at{};
    /// How long it is.
    bytes size{};
    std::span<const std::byte> content{}; ///< only of `data`; good until the callback returns
};

/// Calls a function for all ranges, in order and without gaps, from one thread at a time but not always the same.
/// Neighbouring ranges may be of the same kind.
class callback final : public sink {
public:
    /// `f` may throw: that ends the writing, and comes out of `write`.
    explicit callback(function<void(const written_range&)> f);

    void begin(bytes) override {}
    void data(offset at, std::span<const std::byte> content) override;
    void zero(offset at, bytes size) override;
    void undefined(offset at, bytes size) override;
    void finish(bool) override {}

private:
    function<void(const written_range&)> f_;
};

IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/write/sink_impl.hpp>
#endif
