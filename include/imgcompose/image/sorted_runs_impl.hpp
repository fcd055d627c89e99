// SPDX-License-Identifier: BSL-1.0
// The functions of sorted_runs.hpp that search and change.
#pragma once

#include <imgcompose/image/sorted_runs.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

IMGCOMPOSE_NAMESPACE_BEGIN
namespace detail {

template <class T>
template <class Position>
auto sorted_runs<T>::lower_bound(Position at) const -> iterator {
    const auto chunk = std::partition_point(chunks_.begin(), chunks_.end(),
                                            [&](const std::vector<T>& c) { return c.back().at < at; });
    if (chunk == chunks_.end()) return end();
    const auto element = std::partition_point(chunk->begin(), chunk->end(), [&](const T& e) { return e.at < at; });
    return {&chunks_, static_cast<std::size_t>(chunk - chunks_.begin()),
            static_cast<std::size_t>(element - chunk->begin())};
}

template <class T> void sorted_runs<T>::push_back(const T& element) {
    if (chunks_.empty() || chunks_.back().size() >= longest) {
        chunks_.emplace_back();
        if (chunks_.size() > 1) chunks_.back().reserve(longest);
    }
    chunks_.back().push_back(element);
    ++size_;
}

template <class T> void sorted_runs<T>::insert(iterator where, const std::vector<T>& run) {
    if (where == end()) {
        for (const T& element : run) push_back(element);
        return;
    }
    const auto position = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
    auto& chunk = chunks_[where.chunk_];
    if (run.size() < longest / 2) {
        chunk.insert(chunk.begin() + position(where.index_), run.begin(), run.end());
        if (chunk.size() > longest) split(where.chunk_, chunk.size() / 2);
    } else {
        std::size_t after = where.chunk_;
        if (where.index_ != 0) split(after++, where.index_);
        std::vector<std::vector<T>> pieces;
        for (std::size_t i = 0; i < run.size(); i += longest)
            pieces.emplace_back(run.begin() + position(i),
                                run.begin() + position(std::min(i + longest, run.size())));
        chunks_.insert(chunks_.begin() + position(after), std::make_move_iterator(pieces.begin()),
                       std::make_move_iterator(pieces.end()));
    }
    size_ += run.size();
}

template <class T> void sorted_runs<T>::split(std::size_t chunk, std::size_t index) {
    const auto middle = chunks_[chunk].begin() + static_cast<std::ptrdiff_t>(index);
    std::vector<T> second(middle, chunks_[chunk].end());
    chunks_[chunk].erase(middle, chunks_[chunk].end());
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk) + 1, std::move(second));
}

} // namespace detail
IMGCOMPOSE_NAMESPACE_END
