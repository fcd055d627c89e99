// SPDX-License-Identifier: BSL-1.0
// The one place that knows which Catch2 this is: 2.13 and 3 both work.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <exception>
#include <string>

namespace imgcompose_test {

/// For CHECK_THROWS_MATCHES: what() contains all the given words.
class says_matcher : public Catch::
#if __has_include(<catch2/catch_test_macros.hpp>)
                         Matchers::MatcherBase<std::exception>
#else
                         MatcherBase<std::exception>
#endif
{
public:
    explicit says_matcher(std::string words) : words_(std::move(words)) {}
    bool match(const std::exception& e) const override { return std::string{e.what()}.find(words_) != std::string::npos; }
    std::string describe() const override { return "says \"" + words_ + '"'; }

private:
    std::string words_;
};

inline says_matcher says(std::string words) { return says_matcher{std::move(words)}; }

} // namespace imgcompose_test
