#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What including the library costs a user, in processor time of the compiler's front end.

compile_cost.py ROOT COMPILER

Seconds differ from machine to machine and from minute to minute. So everything is measured in the same rounds, one after
the other, and compared with the yardstick: fmt/format.h, filesystem and boost/container/small_vector.hpp together. Of each
the cheapest round counts: other programs can only add to it.
"""
import os
import resource
import subprocess
import sys
import tempfile

ROUNDS = 5
MOST_ROUNDS = 20  # as long as something is too dear: a busy machine has quieter minutes
YARDSTICK = ["fmt/format.h", "filesystem", "boost/container/small_vector.hpp"]
# STYLE section 9 wants a second for all that is constexpr. Where the yardstick takes more than 0.6 seconds, the machine is slower
# than the one that the second was meant for, and the limit is stretched with it.
YARDSTICK_SECONDS = 0.6
CONSTEXPR_SECONDS = 1.0
# What rockchip.hpp costs where its functions are compiled apart (IMGCOMPOSE_COMPILED, imgcompose::compiled), as STYLE has it. By
# instructions of the compiler (callgrind, g++ 12) it is 1.32 yardsticks, of which the standard library's headers are 0.9.
# Header-only it is 8 to 10: more than half of that is reading 13,600 lines, the rest instantiating what functions of ours call,
# 50,000 templates of which none is dear.
COMPILED_YARDSTICKS = 1.5
HEADER_ONLY_YARDSTICKS = 11.0


def constexpr_headers(root):
    """What DESIGN has as constexpr: without files and without images."""
    top = os.path.join(root, "include", "imgcompose")
    found = []
    for folder in ("core", "partition", "board"):
        found += [f"imgcompose/{folder}/{name}" for name in sorted(os.listdir(os.path.join(top, folder)))
                  if name.endswith(".hpp")]

    def makes_images(header):
        with open(os.path.join(root, "include", header), encoding="utf-8") as file:
            return any("#include <imgcompose/image/" in line for line in file)
    return [header for header in found if not header.endswith("_impl.hpp") and not makes_images(header)]


def seconds(compiler, root, headers, options, folder):
    """Of the processor, for an empty program that includes these."""
    path = os.path.join(folder, "empty.cpp")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"#include <{header}>\n" for header in headers) + "int main() {}\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([compiler, *options, "-std=c++20", "-fsyntax-only", "-I", os.path.join(root, "include"), path], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    root, compiler = sys.argv[1:]
    measured = {"yardstick": (YARDSTICK, []),
                "constexpr": (constexpr_headers(root), []),
                "compiled": (["imgcompose/rockchip.hpp"], ["-DIMGCOMPOSE_COMPILED"]),
                "header-only": (["imgcompose/rockchip.hpp"], [])}
    if len(measured["constexpr"][0]) < 15:
        sys.exit("the constexpr headers were not found")
    best = dict.fromkeys(measured, float("inf"))

    def limits():
        return {"constexpr": CONSTEXPR_SECONDS * max(1.0, best["yardstick"] / YARDSTICK_SECONDS),
                "compiled": COMPILED_YARDSTICKS * best["yardstick"],
                "header-only": HEADER_ONLY_YARDSTICKS * best["yardstick"]}

    def too_dear():
        return [name for name, limit in limits().items() if best[name] > limit]
    with tempfile.TemporaryDirectory() as folder:
        for rounds in range(MOST_ROUNDS):
            if rounds >= ROUNDS and not too_dear():
                break
            for name in ("yardstick", *too_dear()) if rounds >= ROUNDS else measured:
                best[name] = min(best[name], seconds(compiler, root, *measured[name], folder))
    yardstick = best["yardstick"]
    for name, spent in best.items():
        print(f"{name:12} {spent:6.2f} s {spent / yardstick:6.2f} yardsticks" +
              (f", at most {limits()[name]:.2f} s" if name in limits() else ""))
    for name in too_dear():
        print(f"{name} costs {best[name]:.2f} s, more than {limits()[name]:.2f}")
    if best["compiled"] <= yardstick:
        sys.exit("rockchip.hpp costs less than the yardstick: it was not compiled, or the yardstick was something else")
    return 1 if too_dear() else 0


if __name__ == "__main__":
    sys.exit(main())
