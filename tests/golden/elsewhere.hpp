// SPDX-License-Identifier: BSL-1.0
// A process whose surroundings are not those that a test is usually run in.
#pragma once

#include <cstdlib>
#include <ctime>
#include <locale>
#include <string>

#include <sys/stat.h>

namespace imgcompose_test {

/// Numbers as no locale of ours writes them.
struct odd_numbers : std::numpunct<char> {
    char do_thousands_sep() const override { return '_'; }
    std::string do_grouping() const override { return "\1"; }
    char do_decimal_point() const override { return ';'; }
};

/// Everything of the process that must not matter, changed; put back at the end.
class elsewhere {
public:
    elsewhere()
        : locale_(std::locale::global(std::locale{std::locale::classic(), new odd_numbers})), mask_(::umask(0777)) {
        ::setenv("TZ", "Pacific/Kiritimati", 1);
        ::setenv("SOURCE_DATE_EPOCH", "77", 1); // is the tool's affair, not the library's
        ::tzset();
    }
    elsewhere(const elsewhere&) = delete;
    elsewhere& operator=(const elsewhere&) = delete;
    ~elsewhere() {
        ::unsetenv("TZ");
        ::unsetenv("SOURCE_DATE_EPOCH");
        ::tzset();
        ::umask(mask_);
        std::locale::global(locale_);
    }

private:
    std::locale locale_;
    mode_t mask_;
};

} // namespace imgcompose_test
