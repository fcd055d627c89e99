// SPDX-License-Identifier: BSL-1.0
// How many bytes the program holds from `operator new`, so that the memory that something costs can be told, with any
// compiler and sanitizer. Replaces the operators: included by one file of a test program.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace imgcompose_test {
inline std::atomic<std::int64_t> held_memory{0};
inline constexpr std::size_t held_memory_header = alignof(std::max_align_t);
} // namespace imgcompose_test

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* const whole = std::malloc(size + imgcompose_test::held_memory_header);
    if (whole == nullptr) return nullptr;
    *static_cast<std::size_t*>(whole) = size;
    imgcompose_test::held_memory += static_cast<std::int64_t>(size);
    return static_cast<char*>(whole) + imgcompose_test::held_memory_header;
}
void* operator new(std::size_t size) {
    if (void* const p = operator new(size, std::nothrow)) return p;
    throw std::bad_alloc{};
}
// Inlined, g++ would see memory of `new` freed by `free`, and warn.
[[gnu::noinline]] void operator delete(void* p) noexcept {
    if (p == nullptr) return;
    char* const whole = static_cast<char*>(p) - imgcompose_test::held_memory_header;
    imgcompose_test::held_memory -= static_cast<std::int64_t>(*reinterpret_cast<std::size_t*>(whole));
    std::free(whole);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { operator delete(p); }

// With an alignment: the header is as long as that.
void* operator new(std::size_t size, std::align_val_t alignment) {
    const std::size_t header = std::max(static_cast<std::size_t>(alignment), imgcompose_test::held_memory_header);
    void* const whole = std::aligned_alloc(header, (size + 2 * header - 1) / header * header);
    if (whole == nullptr) throw std::bad_alloc{};
    char* const p = static_cast<char*>(whole) + header;
    *reinterpret_cast<std::size_t*>(p - sizeof(std::size_t)) = size;
    imgcompose_test::held_memory += static_cast<std::int64_t>(size);
    return p;
}
void operator delete(void* p, std::align_val_t alignment) noexcept {
    if (p == nullptr) return;
    const std::size_t header = std::max(static_cast<std::size_t>(alignment), imgcompose_test::held_memory_header);
    imgcompose_test::held_memory -= static_cast<std::int64_t>(*reinterpret_cast<std::size_t*>(static_cast<char*>(p) - sizeof(std::size_t)));
    std::free(static_cast<char*>(p) - header);
}
void operator delete(void* p, std::size_t, std::align_val_t alignment) noexcept { operator delete(p, alignment); }
