// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/os/system.hpp>

#include <imgcompose/os/native.hpp>
#include <tests/support/catch.hpp>

namespace ic = imgcompose;

namespace {
class its_own final : public ic::os::native_calls {};
} // namespace

TEST_CASE("calls are replaced as long as it lives, one inside the other") {
    ic::os::calls* const native = &ic::os::current();
    its_own first, second;
    {
        const ic::os::replaced_calls outer{first};
        CHECK(&ic::os::current() == &first);
        {
            const ic::os::replaced_calls inner{second};
            CHECK(&ic::os::current() == &second);
        }
        CHECK(&ic::os::current() == &first);
    }
    CHECK(&ic::os::current() == native);
}
