// SPDX-License-Identifier: BSL-1.0
#include <imgcompose/compose/shared.hpp>

#include <imgcompose/board/boards.hpp>
#include <imgcompose/compose/compose.hpp>
#include <imgcompose/compose/steps.hpp>
#include <imgcompose/image/read.hpp>

#include <tests/support/bytes.hpp>
#include <tests/support/catch.hpp>

#include <span>
#include <string>
#include <utility>

namespace ic = imgcompose;
using namespace ic::literals;
using imgcompose_test::says;
using imgcompose_test::text_at;

TEST_CASE("boards whose bootloader is one file share a disk") {
    static_assert(ic::check_shared(ic::rockchip::orangepi_5, ic::rockchip::orangepi_5b));
    const auto disk = ic::shared(ic::rockchip::orangepi_5, ic::rockchip::orangepi_5b) |
                      ic::bootloader("idbloader.img", ic::from_text("first")) |
                      ic::bootloader("u-boot.itb", ic::from_text("second")) |
                      ic::partition("root", 1_MiB, ic::from_text("files")) | ic::compose;
    CHECK(text_at(disk, ic::offset{64_sectors}, 5) == "first");
    CHECK(text_at(disk, ic::offset{16384_sectors}, 6) == "second");
    CHECK(text_at(disk, ic::offset{32768_sectors}, 5) == "files");
}

TEST_CASE("boards whose firmware looks in different places share a disk that suits both") {
    const ic::board& efi = ic::find_board("uefi-arm64");
    const ic::board& rock = ic::rockchip::rock64;
    const auto plan = ic::shared(efi, rock) | ic::bootloader("idbloader.img", ic::from_text("first")) |
                      ic::bootloader("u-boot.itb", ic::from_text("second"));
    const auto disk = plan | ic::partition("esp", 1_MiB, ic::from_text("EFI programs")) | ic::compose;
    CHECK(text_at(disk, ic::offset{64_sectors}, 5) == "first");
    CHECK(text_at(disk, rock.partition_floor, 12) == "EFI programs");
    CHECK(plan.alignment() == rock.partition_alignment);

    CHECK_THROWS_MATCHES(plan | ic::compose, ic::input_error, says("does not start without a partition \"esp\""));
    const auto without = ic::shared(efi, rock) | ic::partition("esp", 1_MiB, ic::from_text("EFI programs"));
    CHECK_THROWS_MATCHES(without | ic::compose, ic::input_error, says("does not start without \"idbloader.img\""));
}

TEST_CASE("boards that need different bytes in one place do not share a disk, unless it has no bootloader") {
    CHECK_THROWS_MATCHES(ic::check_shared(ic::rockchip::rock64, ic::rockchip::orangepi_5), ic::layout_error,
                         says("both start from idbloader.img at sector 64"));
    CHECK_THROWS_MATCHES(ic::check_shared(ic::find_board("odroid-c2"), ic::rockchip::rock64), ic::layout_error,
                         says("can share a disk only without a bootloader on it"));
    CHECK_THROWS_MATCHES(ic::check_shared(ic::find_board("odroid-c2"), ic::find_board("visionfive-2")),
                         ic::layout_error, says("by its type in a GPT"));
    auto plan = ic::shared(ic::rockchip::rock64, ic::rockchip::orangepi_5) |
                ic::partition("root", 1_MiB, ic::from_text("files"));
    CHECK_THROWS_AS(plan | ic::compose, ic::input_error);
    plan.options.without_bootloader = true;
    CHECK(text_at(plan | ic::compose, ic::offset{32768_sectors}, 5) == "files");
}
