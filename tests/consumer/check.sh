#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Installs imgcompose and uses it in every way that README promises. Says how long each takes, and how large what it makes is.
# usage: check.sh CMAKE COMPILER BUILD-DIRECTORY, from the top of the source tree
set -eu
cmake=$(command -v "$1") compiler=$2 build=$3
source=$PWD
version=$(sed -n 's/.*VERSION_STRING "\(.*\)"/\1/p' include/imgcompose/version.hpp)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset CMAKE_PREFIX_PATH DESTDIR
cxxflags='-O0 -Wall -Wextra -Werror'

fail() { echo "FAILED: $*"; exit 1; }
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }; }
size_of() { du -sk --apparent-size "$1" | cut -f 1; }
configure() { # NAME OPTION...
    configured=$1
    shift
    "$cmake" -S "$source/tests/consumer" -B "$dir/$configured" "-DCMAKE_CXX_COMPILER=$compiler" \
        "-DCMAKE_CXX_FLAGS=$cxxflags" "$@"
}
consume() { # NAME OPTION...: configures, builds and runs the consumer
    name=$1
    shift
    started=$(date +%s)
    quietly configure "$name" "-DCONSUMER_VERSION=$version" "$@" || fail "$name: configure"
    ready=$(date +%s)
    quietly "$cmake" --build "$dir/$name" || fail "$name: build"
    [ "$(cd "$dir" && "$name/consumer")" = "imgcompose $version" ] || fail "$name: run"
    echo "-- $name: configured in $((ready - started)) s, built and run in $(($(date +%s) - ready)) s," \
        "$(size_of "$dir/$name/consumer") KiB"
}
refused() { # WORDS OPTION...: does not configure, and CMake says these words
    words=$1
    shift
    rm -rf "$dir/refused"
    if configure refused "$@" >"$dir/log" 2>&1; then fail "was accepted: $*"; fi
    tr -s ' \n' ' ' <"$dir/log" | grep -q -F -e "$words" || { cat "$dir/log"; fail "refused, but without the words: $words"; }
}
. tests/house/parts.sh
list() { echo "$*" | tr ' ' ';'; }
# What is there although the parts' packages cannot be found does not need them.
# shellcheck disable=SC2046 # a list of words
hidden=$(for package in $(sed -n '/^macro(imgcompose_need_core/,/^endmacro/d
    s/^ *imgcompose_need(\([^ )]*\).*/\1/p' cmake/imgcompose-dependencies.cmake); do
    echo "-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON"; done)
[ "$hidden" ] || fail 'no packages of parts found'

echo '-- recipes'
python3 tests/consumer/recipes.py --self-test || fail 'the check of the recipes cannot fail'
python3 tests/consumer/recipes.py "$source" || fail 'the recipes above'

# Stripped, as a package is: a command with debug information says where it was compiled, and is right to.
quietly "$cmake" --install "$build" --prefix "$dir/first" --strip || fail 'install'
(cd include && find . -type f | sort | xargs sha256sum) >"$dir/ours"
(cd "$dir/first/include" && find . -type f | sort | xargs sha256sum) >"$dir/theirs"
diff "$dir/ours" "$dir/theirs" || fail 'the installed headers are not those of the source tree'
holds_a_path() { grep -r -l -F -e "$source" -e "$build" -e "$dir" "$1"; }
! holds_a_path "$dir/first" || fail 'the installed files above hold an absolute path'
mkdir "$dir/planted" && echo "$build/file" >"$dir/planted/file"
holds_a_path "$dir/planted" >"$dir/log" || fail 'the search for absolute paths cannot fail'
[ -e "$dir/first/share/licenses/imgcompose/LICENSE" ] || fail 'the licence is not installed'

# Moved before its first use: what works from here works from anywhere.
mv "$dir/first" "$dir/prefix"
echo "-- installed: $(size_of "$dir/prefix/include") KiB of headers, $(size_of "$dir/prefix/share") KiB beside them"
prefix=-DCMAKE_PREFIX_PATH=$dir/prefix
# shellcheck disable=SC2086 # $hidden is a list of words, here and below
consume installed "$prefix" $hidden
consume installed_everything "$prefix" -DCONSUMER_EVERYTHING=ON "-DCONSUMER_PARTS=$(list $parts)"
for part in $parts; do consume "installed_$part" "$prefix" "-DCONSUMER_PARTS=$part"; done
# shellcheck disable=SC2086
consume installed_compiled "$prefix" -DCONSUMER_PARTS=compiled $hidden
# shellcheck disable=SC2086
consume subdirectory "-DCONSUMER_SUBDIR=$source" $hidden
# shellcheck disable=SC2086
consume fetched "-DCONSUMER_FETCH=$source" -DCONSUMER_PARTS=compiled $hidden
if [ "$parts" ]; then
    consume subdirectory_parts "-DCONSUMER_SUBDIR=$source" "-DCONSUMER_PARTS=$(list $parts)"
    consume fetched_parts "-DCONSUMER_FETCH=$source" "-DCONSUMER_PARTS=$(list $parts)"
fi

echo '-- parts that are optional, missing or unknown'
for route in "$prefix" "-DCONSUMER_FETCH=$source"; do
    refused "no component 'nonesuch'" "$route" -DCONSUMER_PARTS=nonesuch
    for part in $all_parts; do
        # shellcheck disable=SC2086
        quietly configure "without_$part" "$route" $hidden "-DCONSUMER_OPTIONAL=$part;nonesuch" || fail "optional $part"
        grep -q "optional $part: FALSE" "$dir/log" || { cat "$dir/log"; fail "$part was found, though it was hidden"; }
        # shellcheck disable=SC2086
        refused "imgcompose::$part needs" "$route" $hidden "-DCONSUMER_PARTS=$part"
    done
    if [ "$parts" ]; then
        quietly configure with_optional "$route" "-DCONSUMER_OPTIONAL=$(list $parts)" || fail 'optional parts'
        ! grep 'optional .*: FALSE' "$dir/log" || fail 'optional parts that are here were not found'
        rm -rf "$dir/with_optional"
    fi
    rm -rf "$dir"/without_*
done
for part in $all_parts; do
    upper=$(echo "$part" | tr a-z A-Z)
    # Looked for by nobody, it is not found by accident either.
    refused "imgcompose::$part--set-IMGCOMPOSE_$upper-ON" "-DCONSUMER_SUBDIR=$source" "-DCONSUMER_PARTS=$part" \
        "-DIMGCOMPOSE_$upper=OFF"
done
refused 'compatible with' "$prefix" -DCONSUMER_VERSION=99
refused imgcompose "-DCMAKE_PREFIX_PATH=$dir/nowhere"
cat >"$dir/old.cmake" <<END
set(CMAKE_VERSION 3.22.1)
include("$dir/prefix/share/cmake/imgcompose/imgcompose-config.cmake")
message("\${imgcompose_FOUND}: \${imgcompose_NOT_FOUND_MESSAGE}")
END
"$cmake" -P "$dir/old.cmake" 2>&1 | grep -q '^FALSE: .*3\.23 or later; this is 3\.22\.1' || fail 'an old CMake was not refused'

echo "-- README's program with README's CMakeLists.txt"
mkdir "$dir/readme"
block() { awk -v fence="\`\`\`$1" -v has="$2" '
    $0 == fence { inside = 1; text = ""; next }
    $0 == "```" { if (inside && index(text, has)) { printf "%s", text; exit }; inside = 0 }
    inside { text = text $0 "\n" }' README.md; }
block cpp 'int main' >"$dir/readme/main.cpp"
block cmake 'project(' >"$dir/readme/CMakeLists.txt"
[ -s "$dir/readme/main.cpp" ] && [ -s "$dir/readme/CMakeLists.txt" ] || fail 'README.md lacks one of them'
quietly "$cmake" -S "$dir/readme" -B "$dir/readme/build" "-DCMAKE_CXX_COMPILER=$compiler" "$prefix" || fail 'README: configure'
quietly "$cmake" --build "$dir/readme/build" || fail 'README: build'
quietly "$compiler" -std=c++20 $cxxflags -DIMGCOMPOSE_COMPILED -Iinclude -fsyntax-only "$dir/readme/main.cpp" || fail 'README: compiled'
! "$dir/readme/build/my_image" 2>"$dir/log" || fail 'made an image of files that are not there'
grep -q result/ "$dir/log" || { cat "$dir/log"; fail 'README: the program does not say which file is missing'; }

echo '-- pkg-config'
if command -v pkg-config >/dev/null; then
    PKG_CONFIG_PATH=$dir/prefix/share/pkgconfig
    export PKG_CONFIG_PATH
    [ "$(pkg-config --modversion imgcompose)" = "$version" ] || fail 'imgcompose.pc: version'
    for name in imgcompose $(for part in $parts; do echo "imgcompose-$part"; done); do
        part=$(echo "${name#imgcompose}" | tr a-z- A-Z_)
        # shellcheck disable=SC2046,SC2086 # lists of words
        "$compiler" -std=c++20 $cxxflags "-DCONSUMER$part" tests/consumer/main.cpp $(pkg-config --cflags --libs "$name") \
            -o "$dir/pc" || fail "pkg-config $name: build"
        [ "$(cd "$dir" && ./pc)" = "imgcompose $version" ] || fail "pkg-config $name: run"
    done
    echo '#include <imgcompose/compiled.hpp>' >"$dir/functions.cpp"
    # shellcheck disable=SC2046,SC2086
    "$compiler" -std=c++20 $cxxflags -DIMGCOMPOSE_COMPILED -DCONSUMER_COMPILED tests/consumer/main.cpp "$dir/functions.cpp" \
        $(pkg-config --cflags --libs imgcompose) -o "$dir/pc" || fail 'pkg-config, with a file of the functions: build'
    [ "$(cd "$dir" && ./pc)" = "imgcompose $version" ] || fail 'pkg-config, with a file of the functions: run'
    # Installed to folders of one's own, inside the prefix and outside of it.
    for folder in include/of/mine "$dir/headers"; do
        rm -rf "$dir/folders" "$dir/other"
        quietly "$cmake" -S "$source" -B "$dir/folders" "-DCMAKE_CXX_COMPILER=$compiler" -DIMGCOMPOSE_TESTS=OFF \
            -DIMGCOMPOSE_EXAMPLES=OFF "-DCMAKE_INSTALL_INCLUDEDIR=$folder" -DCMAKE_INSTALL_DATADIR=usr/data || fail 'configure'
        quietly "$cmake" --install "$dir/folders" --prefix "$dir/other" || fail 'install to other folders'
        # shellcheck disable=SC2046
        echo '#include <imgcompose/version.hpp>' | PKG_CONFIG_PATH=$dir/other/usr/data/pkgconfig \
            "$compiler" -M -x c++ - $(PKG_CONFIG_PATH=$dir/other/usr/data/pkgconfig pkg-config --cflags imgcompose) >/dev/null ||
            fail "pkg-config: headers in $folder"
    done
else
    echo 'skipped: pkg-config not found'
fi

echo '-- packages'
if command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
    cp "$build/CPackConfig.cmake" "$dir/CPackConfig.cmake"
    (cd "$dir" && quietly "$(dirname "$cmake")/cpack" -G DEB --config CPackConfig.cmake -B "$dir/packages") || fail 'cpack'
    headers=$dir/packages/libimgcompose-dev_${version}_all.deb
    [ -e "$headers" ] || { ls "$dir/packages"; fail 'no package of the headers'; }
    # Installed as dpkg does it, but into a system of their own, whose dependencies are those of this one.
    mkdir -p "$dir/deb/var/lib/dpkg/info" "$dir/deb/var/lib/dpkg/updates" && : >"$dir/deb/var/lib/dpkg/status"
    if [ "$(id -u)" = 0 ]; then
        quietly dpkg --root="$dir/deb" --force-depends --install "$dir"/packages/*.deb || fail 'dpkg --install'
        installed=$(dpkg-query --admindir="$dir/deb/var/lib/dpkg" -W -f '${Package} ${Status}\n' | grep -c 'install ok installed')
        [ "$installed" = "$(ls "$dir"/packages/*.deb | wc -l)" ] || fail 'dpkg did not install the packages'
    else
        for package in "$dir"/packages/*.deb; do dpkg-deb --extract "$package" "$dir/deb"; done
    fi
    (cd "$dir/deb/usr/include" && find . -type f | sort | xargs sha256sum) | diff "$dir/ours" - || fail 'headers of the package'
    ! dpkg-deb --contents "$headers" | grep ' \./usr/bin/' || fail 'a program in a package for every machine'
    case $(dpkg-deb --field "$headers" Depends) in *libboost-dev*libfmt-dev*) ;; *) fail 'the package depends on nothing' ;; esac
    ! holds_a_path "$dir/deb/usr" || fail 'the packaged files above hold an absolute path'
    ls -s -k "$dir"/packages/*.deb | sed "s|$dir/packages/|KiB |"
    consume package "-DCMAKE_PREFIX_PATH=$dir/deb/usr"
    if [ -e "$dir/deb/usr/bin/imgcompose" ]; then
        [ "$("$dir/deb/usr/bin/imgcompose" --version)" = "imgcompose $version" ] || fail 'the packaged command does not run'
        [ -e "$dir/deb/usr/share/man/man1/imgcompose.1" ] || fail 'the packaged command has no manual page'
    fi
else
    echo 'skipped: dpkg-deb and dpkg-shlibdeps not found'
fi
if command -v conan >/dev/null; then # from a copy: conan writes below test_package
    mkdir "$dir/conan" && cp -r conan include LICENSE "$dir/conan/"
    (cd "$dir/conan" && quietly conan create conan --build=missing) || fail 'conan create'
    # shellcheck disable=SC2046
    (cd "$dir/conan" && quietly conan create conan --build=missing $(for part in $all_parts; do
        echo "-o imgcompose/*:with_$part=True"; done)) || fail 'conan create with every part'
    ! (cd "$dir/conan" && conan create conan -s compiler.cppstd=17) >"$dir/log" 2>&1 || fail 'conan create took C++17'
else
    echo 'skipped: conan not found'
fi
if command -v vcpkg >/dev/null; then
    quietly vcpkg install imgcompose --classic "--overlay-ports=$source/packaging/vcpkg/ports" --binarysource=clear \
        "--x-install-root=$dir/vcpkg" || fail 'vcpkg install'
    ! grep -i 'warning:' "$dir/log" || fail 'vcpkg has something to say about the port'
else
    echo 'skipped: vcpkg not found'
fi
