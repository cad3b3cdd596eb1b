#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is installed is enough for a stranger: a C and a C++ program build from the installed headers by pkg-config and
# run with the shared and with the static library; the installed command runs.
set -u
cd "$(dirname "$0")/.." || exit 1
[ -e build/build.ninja ] || { echo "skipped: no build in build/"; exit 77; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
passed=0 failed=0

# ok NAME COMMAND...: the command succeeds
ok() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n%s\n' "FAILED: $name: $*" "$output"
    fi
}

ok "installs" env DESTDIR="$root" meson install -C build --no-rebuild --quiet
pc=$(find "$root" -name libassay.pc -printf '%h\n' -quit)
export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$(dirname "$pc")
export LD_LIBRARY_PATH

cat >"$root/program.c" <<'T'
#include <assay/assay.h>
#include <string.h>
int main(void)
{
    assay_policy *policy = NULL;
    assay_status s = assay_policy_new(&policy);

    if (s != ASSAY_DONE)
        return 2;
    assay_policy_seal(policy);
    assay_policy_free(policy);
    return strcmp(assay_version(), ASSAY_VERSION) != 0;
}
T
cp "$root/program.c" "$root/program.cc"
cat >"$root/world.c" <<'T'
#include <assay/world.h>
int main(void)
{
    struct assay_world_options options = {.size = sizeof options, .resolvers = "127.0.0.1"};
    assay_world *world = NULL;
    const char *why = NULL;

    if (assay_world_new(&options, &world, &why) != ASSAY_DONE)
        return 1;
    assay_world_free(world);
    return 0;
}
T

build() { # build OUTPUT COMPILER SOURCE [pkg-config arguments]
    local output=$1 compiler=$2 source=$3
    shift 3
    # shellcheck disable=SC2046
    $compiler -o "$root/$output" "$root/$source" $(pkg-config --cflags --libs "$@")
}
static() { # as build, with libassay.a in the place of -lassay
    local output=$1 source=$2
    # shellcheck disable=SC2046
    gcc -o "$root/$output" "$root/$source" $(pkg-config --cflags libassay) "$(dirname "$pc")/libassay.a" \
        $(PKG_CONFIG_SYSROOT_DIR= pkg-config --libs libcrypto libidn2)
}

ok "C program builds" build c gcc program.c libassay
ok "C program runs" "$root/c"
ok "C++ program builds" build cc g++ program.cc libassay
ok "C++ program runs" "$root/cc"
ok "static C program builds" static static program.c
ok "static C program runs" env -u LD_LIBRARY_PATH "$root/static"
if [ -e "$pc/libassay-world.pc" ]; then
    ok "world program builds" build world gcc world.c libassay-world
    ok "world program runs" "$root/world"
fi
command=$(find "$root" -path '*/bin/assay' -type f -print -quit)
if [ -n "$command" ]; then
    ok "the command runs without the shared libraries" env -u LD_LIBRARY_PATH "$command" --version
fi
daemon=$(find "$root" -path '*/sbin/assayd' -type f -print -quit)
if [ -n "$daemon" ]; then
    ok "the daemon runs" env -u LD_LIBRARY_PATH "$daemon" --version
    unit=$(find "$root" -name assayd.service -print -quit)
    ok "its unit starts it" grep -qx "ExecStart=${daemon#"$root"}" "$unit"
    conf=$(find "$root" -path '*/examples/assayd.conf' -print -quit)
    ok "a configuration to begin with is there" test -s "$conf"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
