#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints every C source and data file that the build should know, sorted: meson reads it, ./dev compares it. Programs named peer_*
# are built by the tests that compare Assay with others.
cd "$(dirname "$0")/.." || exit 1
{
    find src bench examples docs/man '(' -name '*.c' -o -name '*.scd' ')' ! -name 'peer_*'
    find data -type f ! -name '*.md' ! -name '.*'
} 2>/dev/null | LC_ALL=C sort
