# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# The optional parts, of CMakeLists.txt, which is the one place where they are listed. Sourced, at the top of the source tree.

all_parts=$(sed -n 's/^imgcompose_part(\([a-z0-9_]*\).*/\1/p' CMakeLists.txt)
[ "$all_parts" ] || { echo 'CMakeLists.txt has no imgcompose_part: not at the top of the source tree?' >&2; exit 1; }

# Whether the library that a part needs is here: its header can be included.
part_is_here() { # PART
    echo "#include <imgcompose/$1.hpp>" | "${CXX:-g++}" -std=c++20 -Iinclude -M -x c++ - >/dev/null 2>&1
}
parts='' absent_parts=''
for part in $all_parts; do
    if part_is_here "$part"; then parts="$parts $part"; else absent_parts="$absent_parts $part"; fi
done
[ -z "$absent_parts" ] || echo "skipped: without what these parts need:$absent_parts"

headers_of_parts_here() { # the headers of the core and of the parts whose libraries are here
    pattern=$(for part in $absent_parts; do echo "^imgcompose/$part(\.hpp$|/)"; done)
    (cd include && find imgcompose -name '*.hpp' | sort) | if [ "$pattern" ]; then grep -v -E "$pattern"; else cat; fi
}
packages_of_part() { # PART: what pkg-config calls what it links
    sed -n "/^imgcompose_part($1\$/,/)\$/s/.*PKG_CONFIG \"\([^\"]*\)\".*/\1/p" CMakeLists.txt | sed 's/ *[<>=]* *[0-9.]*\(, *\|$\)/ /g'
}
