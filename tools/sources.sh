#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints every C source that the build should know, sorted: meson reads it, ./dev compares it.
cd "$(dirname "$0")/.." || exit 1
find src bench examples docs/man -name '*.c' -o -name '*.scd' 2>/dev/null | LC_ALL=C sort
