// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/inspect/soc.hpp>

#include <imgcompose/board/boards.hpp>

#include <tests/support/catch.hpp>

#include <string>
#include <vector>

namespace ic = imgcompose;
using names = std::vector<std::string>;

TEST_CASE("a device tree is for a SoC, for another, or does not tell") {
    const auto is_for = [](const names& compatible, std::string_view soc) { return ic::detail::is_for_soc(compatible, soc); };
    CHECK(is_for({"pine64,rock64", "rockchip,rk3328"}, "RK3328") == true);
    CHECK(is_for({"pine64,rock64", "rockchip,rk3328"}, "RK3399") == false);
    CHECK(is_for({"radxa,rock-5a", "rockchip,rk3588s", "rockchip,rk3588"}, "RK3588S") == true);
    CHECK(is_for({"radxa,rock-5b", "rockchip,rk3588"}, "RK3588S") == true); // one SoC to a bootloader
    CHECK(is_for({"rockchip,rk3568"}, "RK3566") == true);
    CHECK(is_for({"rockchip,rk3588"}, "RK3566") == false);
    CHECK(is_for({"xunlong,orangepi-pc2", "allwinner,sun50i-h5"}, "H5") == true);
    CHECK(is_for({"pine64,pine64-plus", "allwinner,sun50i-a64"}, "H5") == false);
    CHECK(is_for({"fsl,imx8mm-evk", "fsl,imx8mm"}, "i.MX 8M Mini") == true);
    CHECK(is_for({"fsl,imx8mp-evk", "fsl,imx8mp"}, "i.MX 8M Mini") == false);
    CHECK(is_for({"starfive,visionfive-2-v1.3b", "starfive,jh7110"}, "JH7110") == true);
    CHECK(is_for({"raspberrypi,4-model-b", "brcm,bcm2711"}, "BCM2711") == true);
    CHECK(is_for({"hardkernel,odroid-c2", "amlogic,meson-gxbb"}, "S905") == std::nullopt);
    CHECK(is_for({}, "RK3328") == std::nullopt);
    CHECK(is_for({"pine64,rock64", "rockchip,rk3328"}, "any") == std::nullopt); // of QEMU, of UEFI
}

TEST_CASE("a device tree is known by its board's name in every spelling") {
    const auto is_for = [](const char* compatible, const ic::board& b) {
        return ic::detail::is_for_board(names{compatible, "rockchip,rk3399"}, b);
    };
    CHECK(is_for("radxa,rockpi4a", ic::rockchip::rock_pi_4a));
    CHECK(is_for("radxa,rockpi-e", ic::rockchip::rock_pi_e));
    CHECK(is_for("radxa,zero-3w", ic::rockchip::radxa_zero_3w));
    CHECK(is_for("rockchip,rk3568-odroid-m1", ic::rockchip::odroid_m1));
    CHECK(is_for("xunlong,orangepi-pc2", ic::allwinner::orangepi_pc2));
    CHECK(is_for("fsl,imx8mm-evk", ic::imx8::mm_evk));
    CHECK_FALSE(is_for("radxa,rockpi4b", ic::rockchip::rock_pi_4a));
    CHECK_FALSE(is_for("pine64,rockpro64", ic::rockchip::rock64));
}

TEST_CASE("the marks of first stages are families") {
    CHECK(ic::detail::takes_mark("RK3328", "RK32xx"));
    CHECK(ic::detail::takes_mark("RK3588S", "RK35xx"));
    CHECK_FALSE(ic::detail::takes_mark("RK3328", "RK33xx"));
    CHECK_FALSE(ic::detail::takes_mark("RK3328", "RK35xx"));
    CHECK_FALSE(ic::detail::takes_mark("JH7110", "RK35xx"));
}
