#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Every header compiles without another one before it, and twice in one file, by g++ in C++20; all of them together by g++ and
# clang++ in C++20 and C++23. clang++ reads the same standard library's headers here, so that what a header forgets to include
# shows with either. What IMGCOMPOSE_COMPILED leaves of a header compiles alone too. From the top of the source tree.
# Optional parts (openssl.hpp ...) take part where the libraries they need are installed.
set -eu
warnings='-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror'
mkdir -p build
dir=$(mktemp -d "$PWD/build/headers_alone.XXXXXX")
include=../../include # relative, with names that are the same in every run: ccache knows them again
trap 'rm -rf "$dir"' EXIT
cache=''
command -v ccache >/dev/null && cache=ccache
clang=''
for name in clang++-19 clang++; do command -v $name >/dev/null && { clang=$name; break; }; done

. tests/house/parts.sh
headers=$(headers_of_parts_here | grep -v '_impl\.hpp$') # which their headers include
[ -n "$headers" ] || { echo 'no headers found: not at the top of the source tree?'; exit 1; }
for header in $headers; do
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$dir/$(echo "$header" | tr / +).cpp"
done
echo "$headers" | sed 's/.*/#include <&>/' >"$dir/all.cpp"
alone=$(echo "$headers" | tr / + | sed 's/$/.cpp/')
# Those whose functions can be compiled apart, without them.
apart=$(cd include && find imgcompose -name '*_impl.hpp' | sort | sed 's/_impl//')
[ -n "$apart" ] || { echo 'no functions found that are compiled apart'; exit 1; }
for header in imgcompose/rockchip.hpp $apart; do
    printf '#define IMGCOMPOSE_COMPILED\n#include <%s>\n' "$header" >"$dir/apart+$(echo "$header" | tr / +).cpp"
done
printf '#define IMGCOMPOSE_COMPILED\n#include <imgcompose/compiled.hpp>\n' >"$dir/compiled.cpp"
printf '#define IMGCOMPOSE_COMPILED\n#include <imgcompose/imgcompose.hpp>\n' >"$dir/everything.cpp"
cd "$dir"

jobs() { # COMPILER STANDARD FILE...: one line a compilation
    compiler=$1 standard=$2
    shift 2
    for file in "$@"; do
        case $compiler in clang*) extra=-Wheader-hygiene ;; *) extra='' ;; esac
        echo "$cache $compiler -std=c++$standard $warnings $extra -I$include -c $file -o $file.$compiler.$standard.o"
    done
}
{
    jobs g++ 20 all.cpp $alone
    jobs g++ 23 all.cpp
    jobs g++ 20 compiled.cpp everything.cpp apart+*.cpp
    if [ "$clang" ]; then
        jobs "$clang" 20 all.cpp
        jobs "$clang" 23 all.cpp
        jobs "$clang" 20 compiled.cpp everything.cpp
    else
        echo 'skipped: clang++ not found' >&2
    fi
} >jobs
status=0
xargs -P "$(nproc)" -d '\n' -n 1 sh -c <jobs || status=1
echo "$(echo "$headers" | wc -l) headers, $(wc -l <jobs) compilations"
# A compiler that accepted everything would not be noticed above.
echo '#include <imgcompose/no_such_header.hpp>' >bad.cpp
! g++ -std=c++20 -I$include -c bad.cpp -o bad.o 2>/dev/null || { echo 'the check cannot fail'; status=1; }
exit $status
