// SPDX-License-Identifier: BSL-1.0
// A sorted sequence that is cheap to build in any order: chunks of bounded length instead of one long vector.
#pragma once

#include <imgcompose/version.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

/// Elements sorted by `element.at`. Appending in order is O(1); inserting elsewhere moves at most a chunk.
template <class T> class sorted_runs {
    static constexpr std::size_t longest = 1024;

public:
    class iterator {
    public:
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using reference = const T&;
        using pointer = const T*;
        using iterator_category = std::bidirectional_iterator_tag;

        iterator() = default;
        iterator(const std::vector<std::vector<T>>* chunks, std::size_t chunk, std::size_t index)
            : chunks_(chunks), chunk_(chunk), index_(index) {}
        reference operator*() const { return (*chunks_)[chunk_][index_]; }
        pointer operator->() const { return &**this; }
        iterator& operator++() {
            if (++index_ == (*chunks_)[chunk_].size()) ++chunk_, index_ = 0;
            return *this;
        }
        iterator operator++(int) {
            auto before = *this;
            ++*this;
            return before;
        }
        iterator& operator--() {
            if (index_ == 0) index_ = (*chunks_)[--chunk_].size();
            --index_;
            return *this;
        }
        iterator operator--(int) {
            auto before = *this;
            --*this;
            return before;
        }
        friend bool operator==(const iterator&, const iterator&) = default;

    private:
        friend class sorted_runs;
        const std::vector<std::vector<T>>* chunks_ = nullptr;
        std::size_t chunk_ = 0, index_ = 0;
    };
    using const_iterator = iterator;

    [[nodiscard]] iterator begin() const { return {&chunks_, 0, 0}; }
    [[nodiscard]] iterator end() const { return {&chunks_, chunks_.size(), 0}; }
    [[nodiscard]] bool empty() const { return chunks_.empty(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const T& back() const { return chunks_.back().back(); }
    [[nodiscard]] T& back() { return chunks_.back().back(); }

    /// The first element whose position is `at` or later.
    template <class Position> [[nodiscard]] iterator lower_bound(Position at) const;

    void push_back(const T& element);
    /// Inserts `run`, sorted, no element of this sequence between its first and last, before `where`.
    void insert(iterator where, const std::vector<T>& run);

private:
    void split(std::size_t chunk, std::size_t index);

    std::vector<std::vector<T>> chunks_;
    std::size_t size_ = 0;
};

} // namespace detail
IMGCOMPOSE_NAMESPACE_END

#ifndef IMGCOMPOSE_COMPILED
#include <imgcompose/image/sorted_runs_impl.hpp>
#endif
