#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Two translation units that include every header link together, and none of them has a symbol of ours
# to itself: a function or constant at namespace scope whose `inline` was forgotten. g++ only: its
# -fkeep-static-* options make such symbols visible even when nothing uses them. A unit whose functions are compiled apart
# links with both.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
compile() { g++ -std=c++20 -O0 -fkeep-static-functions -fkeep-static-consts -Iinclude -c "$1" -o "$1.o"; }

# Local text, data, bss and read-only symbols. What the compiler makes for itself has a dot or starts
# with a word of its own; a lambda at namespace scope belongs to the inline variable it initialises.
locals_of_ours() {
    nm --demangle "$1" | grep -E '^[0-9a-f]+ [tdbr] ' | grep -E 'imgcompose::' |
        grep -v -E ' (guard variable for|typeinfo|vtable|__static_initialization|_GLOBAL__)|\{lambda|\.[0-9]+$|\[clone ' || true
}

. tests/house/parts.sh
headers_of_parts_here >"$dir/headers"
packages=$(for part in $parts; do packages_of_part "$part"; done)
# shellcheck disable=SC2086 # a list of words
libraries="-lfmt -pthread${packages:+ $(pkg-config --libs $packages)}"
[ -s "$dir/headers" ] || { echo 'no headers found: not at the top of the source tree?'; exit 1; }
sed 's/.*/#include <&>/' "$dir/headers" >"$dir/one.cpp"
{ cat "$dir/one.cpp"; echo 'int main() {}'; } >"$dir/two.cpp"
{
    echo 'namespace imgcompose { constexpr int forgotten_constant = 1; static int forgotten_function() { return 1; } }'
} >"$dir/bad.cpp"
{ echo '#define IMGCOMPOSE_COMPILED'; cat "$dir/one.cpp"; echo '#include <imgcompose/compiled.hpp>'; } >"$dir/apart.cpp"
compile "$dir/one.cpp" & one=$!
compile "$dir/two.cpp"
wait $one
compile "$dir/apart.cpp" & apart=$!
compile "$dir/bad.cpp"
wait $apart
# shellcheck disable=SC2086 # a list of words
g++ "$dir/one.cpp.o" "$dir/two.cpp.o" "$dir/apart.cpp.o" -o "$dir/linked" $libraries || exit 1

[ "$(locals_of_ours "$dir/bad.cpp.o" | wc -l)" -eq 2 ] || { echo 'the check cannot fail'; nm -C "$dir/bad.cpp.o"; exit 1; }
found=$(locals_of_ours "$dir/one.cpp.o"; locals_of_ours "$dir/apart.cpp.o")
[ -z "$found" ] || { echo 'local symbols: inline was forgotten for'; echo "$found"; exit 1; }
