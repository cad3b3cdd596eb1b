#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each public header compiles alone, in C and in C++, by every compiler that is here, and all of them together.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
warnings="-Wall -Wextra -Wshadow -Wconversion -pedantic -Werror"

# compiles NAME COMPILER FLAGS...: a source that includes the headers of NAME does
compiles() {
    local name=$1 output
    shift
    if output=$(printf '#include <%s>\n' $name | "$@" $warnings -Iinclude -fsyntax-only - 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n%s\n' "FAILED: $name by $*" "$output"
    fi
}

headers=$(cd include && echo assay/*.h)
for compiler in gcc clang-14; do
    command -v $compiler >/dev/null || continue
    for header in $headers; do
        compiles "$header" $compiler -x c -std=c17 -Wstrict-prototypes
    done
done
for compiler in g++ clang++-14; do
    command -v $compiler >/dev/null || continue
    for standard in c++11 c++20; do
        for header in $headers; do
            compiles "$header" $compiler -x c++ -std=$standard
        done
        compiles "$headers $headers" $compiler -x c++ -std=$standard
    done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
