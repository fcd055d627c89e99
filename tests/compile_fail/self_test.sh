#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Shows that expect.cmake accepts what it should and notices what it should.
# usage: self_test.sh CMAKE COMPILER, from the top of the source tree
set -eu
cmake=$1 compiler=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

check() { # accepted|refused WHAT; the file is on standard input
    cat >"$dir/case.cpp"
    if "$cmake" "-DCOMPILER=$compiler" "-DROOT=$PWD" -P tests/compile_fail/expect.cmake -- "$dir/case.cpp" \
        >"$dir/said" 2>&1; then now=accepted; else now=refused; fi
    [ $now = "$1" ] || { echo "expect.cmake: $2 was $now"; cat "$dir/said"; failed=1; }
}

check accepted 'the right error' <<'CPP'
// EXPECT: the words
#ifdef MUST_FAIL
static_assert(false, "these are the words");
#endif
CPP
check refused 'a file that never fails' <<'CPP'
// EXPECT: the words
CPP
check refused 'another error' <<'CPP'
// EXPECT: the words
#ifdef MUST_FAIL
static_assert(false, "something else");
#endif
CPP
check refused 'a file that never compiles' <<'CPP'
// EXPECT: the words
static_assert(false, "these are the words");
CPP
check refused 'a file without expectation' <<'CPP'
#ifdef MUST_FAIL
static_assert(false, "these are the words");
#endif
CPP
exit $failed
