#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Installs imgcompose and uses it in every way that README promises.
# usage: check.sh CMAKE COMPILER BUILD-DIRECTORY, from the top of the source tree
set -eu
cmake=$1 compiler=$2 build=$3
source=$PWD
version=$(sed -n 's/.*VERSION_STRING "\(.*\)"/\1/p' include/imgcompose/version.hpp)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset CMAKE_PREFIX_PATH DESTDIR
cxxflags='-O0 -Wall -Wextra -Werror'

fail() { echo "FAILED: $*"; exit 1; }
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }; }
consume() { # NAME OPTION...: configures, builds and runs the consumer
    name=$1
    shift
    echo "-- $name"
    quietly "$cmake" -S "$source/tests/consumer" -B "$dir/$name" "-DCMAKE_CXX_COMPILER=$compiler" \
        "-DCMAKE_CXX_FLAGS=$cxxflags" "-DCONSUMER_VERSION=$version" "$@" || fail "$name: configure"
    quietly "$cmake" --build "$dir/$name" || fail "$name: build"
    [ "$("$dir/$name/consumer")" = "imgcompose $version" ] || fail "$name: run"
}
parts=''
for part in openssl:openssl/evp.h gzip:zlib.h zstd:zstd.h archive:archive.h; do
    if [ -e "include/imgcompose/${part%:*}.hpp" ] && [ -e "/usr/include/${part#*:}" ]; then
        parts=${parts:+$parts;}${part%:*}
    fi
done

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
consume installed "-DCMAKE_PREFIX_PATH=$dir/prefix"
if [ "$parts" ]; then
    consume installed_parts "-DCMAKE_PREFIX_PATH=$dir/prefix" "-DCONSUMER_PARTS=$parts"
fi
consume subdirectory "-DCONSUMER_SUBDIR=$source" "-DCONSUMER_PARTS=$parts"
consume fetched "-DCONSUMER_FETCH=$source"

refused() { # WORDS OPTION...
    words=$1
    shift
    if "$cmake" -S "$source/tests/consumer" -B "$dir/refused" "-DCMAKE_CXX_COMPILER=$compiler" "$@" >"$dir/log" 2>&1
    then fail "was accepted: $*"; fi
    grep -q -F "$words" "$dir/log" || { cat "$dir/log"; fail "refused, but without the words: $words"; }
}
echo '-- refusals'
refused "no component 'nonesuch'" "-DCMAKE_PREFIX_PATH=$dir/prefix" -DCONSUMER_PARTS=nonesuch
refused 'compatible with' "-DCMAKE_PREFIX_PATH=$dir/prefix" -DCONSUMER_VERSION=99
refused imgcompose "-DCMAKE_PREFIX_PATH=$dir/nowhere"

echo '-- pkg-config'
if command -v pkg-config >/dev/null; then
    PKG_CONFIG_PATH=$dir/prefix/share/pkgconfig
    export PKG_CONFIG_PATH
    [ "$(pkg-config --modversion imgcompose)" = "$version" ] || fail 'imgcompose.pc: version'
    # shellcheck disable=SC2046,SC2086 # lists of words
    "$compiler" -std=c++20 $cxxflags tests/consumer/main.cpp $(pkg-config --cflags --libs imgcompose) -o "$dir/pc" ||
        fail 'pkg-config: build'
    [ "$("$dir/pc")" = "imgcompose $version" ] || fail 'pkg-config: run'
    for part in $(echo "$parts" | tr ';' ' '); do
        # shellcheck disable=SC2046,SC2086
        "$compiler" -std=c++20 $cxxflags "-DCONSUMER_$(echo "$part" | tr a-z A-Z)" tests/consumer/main.cpp \
            $(pkg-config --cflags --libs "imgcompose-$part") -o "$dir/pc" || fail "pkg-config: $part"
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
    dpkg-deb --extract "$headers" "$dir/deb"
    (cd "$dir/deb/usr/include" && find . -type f | sort | xargs sha256sum) | diff "$dir/ours" - || fail 'headers of the package'
    [ ! -e "$dir/deb/usr/bin" ] || fail 'a program in a package for every machine'
    case $(dpkg-deb --field "$headers" Depends) in *libboost-dev*libfmt-dev*) ;; *) fail 'the package depends on nothing' ;; esac
    ! holds_a_path "$dir/deb" || fail 'the packaged files above hold an absolute path'
else
    echo 'skipped: dpkg-deb and dpkg-shlibdeps not found'
fi
if command -v conan >/dev/null; then # from a copy: conan writes below test_package
    mkdir "$dir/conan" && cp -r conan include LICENSE "$dir/conan/"
    (cd "$dir/conan" && quietly conan create conan -s compiler.cppstd=20 --build=missing) || fail 'conan create'
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
