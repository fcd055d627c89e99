#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The API reference is made without a warning, and has pages of what users name. From the top of the source tree.
set -eu
command -v doxygen >/dev/null || { echo 'skipped: doxygen not found'; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make() { { cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $dir"; echo "INPUT = $1"; } | doxygen - >"$dir/said" 2>&1; }
make "include docs/concepts.md docs/cookbook.md" || { cat "$dir/said"; exit 1; }
[ ! -s "$dir/said" ] || { cat "$dir/said"; exit 1; }
for page in classimgcompose_1_1image structimgcompose_1_1board structimgcompose_1_1ext4__options md_docs_cookbook; do
    [ -e "$dir/html/$page.html" ] || { echo "no page $page"; ls "$dir/html" | head -50; exit 1; }
done
printf '#pragma once\n/// \\nonesuch of a \\ref nobody\nint documented();\n' >"$dir/bad.hpp"
! make "$dir/bad.hpp" || { echo 'the check cannot fail'; exit 1; }
