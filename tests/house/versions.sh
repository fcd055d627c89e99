#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Two versions of the library in one program: a copy that has another version and says something else is compiled
# into a second object; both link, and each part of the program runs its own. And no macro leaves a header but ours.
# usage: versions.sh COMPILER, from the top of the source tree
set -eu
compiler=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
changed() { # FILE SED-SCRIPT: changes it in the copy
    sed "$2" "include/imgcompose/$1" >"$dir/other/imgcompose/$1"
    ! cmp -s "include/imgcompose/$1" "$dir/other/imgcompose/$1" || fail "nothing was changed in $1"
}

cp -r include "$dir/other"
changed version.hpp 's/ABI_NAMESPACE v[0-9_]*/ABI_NAMESPACE v9_9/'
changed core/named_range_impl.hpp 's/overlaps/collides with/'
cat >"$dir/part.cpp" <<'END'
#include <imgcompose/rockchip.hpp>

#include <string>

namespace ic = imgcompose;
using namespace ic::literals;

std::string PART() {
    auto image = ic::image{1_MiB}.place(ic::offset{}, ic::from_text("first"), "a");
    try {
        image.place(ic::offset{}, ic::from_text("second"), "b");
    } catch (const ic::layout_error& e) {
        return e.what();
    }
    return "no error";
}
END
cat >"$dir/main.cpp" <<'END'
#include <iostream>
#include <string>

std::string ours();
std::string theirs();

int main() { std::cout << ours() << '\n' << theirs() << '\n'; }
END
part() { "$compiler" -std=c++20 -O0 -I"$1" "-DPART=$2" -c "$dir/part.cpp" -o "$dir/$2.o"; }
both() { "$compiler" -std=c++20 "$dir/main.cpp" "$dir/ours.o" "$dir/theirs.o" -o "$dir/both" -pthread; }
part include ours
part "$dir/other" theirs
both || fail 'two versions do not link'
"$dir/both" >"$dir/said"
grep -q '^a .* overlaps b ' "$dir/said" && grep -q '^a .* collides with b ' "$dir/said" || { cat "$dir/said"; fail 'mixed up'; }

# With one namespace for both, the linker keeps one of each function: what the check is there to notice.
cp include/imgcompose/version.hpp "$dir/other/imgcompose/version.hpp"
part "$dir/other" theirs
both || fail 'the same version twice does not link'
"$dir/both" >"$dir/said"
! grep -q ' collides with ' "$dir/said" || ! grep -q ' overlaps ' "$dir/said" || fail 'the check cannot fail'

# Macros: every #define that is still there at the end and came from a file of ours.
leaked() { # INCLUDE-DIRECTORY
    echo '#include <imgcompose/imgcompose.hpp>' |
        "$compiler" -std=c++20 -I"$1" -E -dD -x c++ - | awk '
            /^# [0-9]+ "/ { file = $3 }
            /^#define / && file ~ /\/imgcompose\/[^"]*"$/ { name = $2; sub(/\(.*/, "", name); macros[name] = file }
            /^#undef / { delete macros[$2] }
            END { for (name in macros) if (name !~ /^IMGCOMPOSE_/) print name, macros[name]; else ++ours
                  if (ours < 5) print "IMGCOMPOSE_VERSION_STRING and its like were not found" }'
}
found=$(leaked include)
[ -z "$found" ] || { echo "$found"; fail 'the macros above leak'; }
echo '#define LEAKED 1' >>"$dir/other/imgcompose/core/units.hpp"
[ "$(leaked "$dir/other" | wc -l)" -eq 1 ] || fail 'the search for macros cannot fail'
