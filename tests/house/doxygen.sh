#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The API reference is made without a warning, has pages of what users name, and says something of every member of the
# headers below. From the top of the source tree.
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
# What users write and call. The list may get longer. Operators are known from elsewhere; of members that are declared in one
# line, Doxygen gives the comment to one.
documented='board/board boot/cmdline boot/extlinux compose/compose compose/disk compose/layout compose/steps core/error
    core/finding core/guid core/units flash/flash flash/target fs/ext4/ext4 fs/ext4/options fs/fat/fat fs/fat/options image/blob
    image/extent image/image image/recipe image/window tree/directory tree/node tree/steps write/digest write/file_sink
    write/options write/sink write/write rockchip fwd version'
undocumented() { # INPUT...
    { cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $dir"; echo "INPUT = $*"; echo 'EXTRACT_ALL = NO'
        echo 'WARN_IF_UNDOCUMENTED = YES'; echo 'WARN_AS_ERROR = NO'; echo 'GENERATE_HTML = NO'; echo 'GENERATE_XML = YES'
    } | doxygen - 2>&1 | grep ' is not documented' | grep -v 'Member operator' | sort -u | while IFS=: read -r file line words; do
        sed -n "${line}p" "$file" | grep -q -E '^ +[a-z_0-9:]+ [a-z_]+\{\}, .*;' || echo "$file:$line:$words"
    done
}
for header in $documented; do
    [ -e "include/imgcompose/$header.hpp" ] || { echo "no header $header"; exit 1; }
    echo "/include/imgcompose/$header.hpp:"
done >"$dir/documented"
undocumented include | grep -F -f "$dir/documented" >"$dir/missing" || true
[ ! -s "$dir/missing" ] || { cat "$dir/missing"; exit 1; }
printf '#pragma once\n/// A.\nstruct shown {\n    int undocumented_one;\n};\n' >"$dir/silent.hpp"
undocumented "$dir/silent.hpp" | grep -q undocumented_one || { echo 'the search for undocumented members cannot fail'; exit 1; }
printf '#pragma once\n/// \\nonesuch of a \\ref nobody\nint documented();\n' >"$dir/bad.hpp"
! make "$dir/bad.hpp" || { echo 'the check cannot fail'; exit 1; }
