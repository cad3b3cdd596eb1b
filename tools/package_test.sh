#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages of a folder, in a small Debian of their own: they install, assayd runs with the capabilities that its
# unit leaves it and judges a message, an upgrade and a removal lose nothing, a purge leaves nothing. As root; two minutes.
#
#     tools/package_test.sh FOLDER          ./dev package --test calls it
set -u
cd "$(dirname "$0")/.." || exit 1
[ "$(id -u)" -eq 0 ] || { echo "skipped: it takes root"; exit 77; }
for program in mmdebstrap unbound ip openssl; do
    command -v $program >/dev/null || { echo "skipped: $program is not there"; exit 77; }
done

if [ "${1:-}" != --inside ]; then
    debs=$(realpath "$1")
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
    # What the packages depend on is there before, so that what they leave can be told from it.
    needs=$(for deb in "$debs"/*.deb; do dpkg-deb -f "$deb" Depends Pre-Depends; done | sed 's/^[A-Z][A-Za-z-]*: //' | tr ',' '\n' |
        sed 's/(.*//; s/|.*//; s/ //g' | grep -v '^libassay\|^assay\|^$' | sort -u | paste -sd,)
    mmdebstrap --quiet --variant=apt --include="$needs,gcc,libc6-dev,pkgconf,libcap2-bin" bookworm "$root" \
        "${ASSAY_DEBIAN:-http://deb.debian.org/debian}" || { echo "no Debian could be made"; exit 1; }
    mkdir "$root/debs"
    cp "$debs"/*.deb "$root/debs"
    rm -f "$root"/debs/*-dbgsym_*
    # Namespaces of its own: whatever is started or mounted in there ends with the test.
    unshare --mount --pid --net --uts --ipc --fork --kill-child "$0" --inside "$root"
    exit
fi

root=$2 passed=0 failed=0
ip link set lo up
hostname mx.test.example
mount -t proc proc /proc
mount -t proc proc "$root/proc"
inside() { chroot "$root" "$@"; }

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

is() { # is WANTED GOT
    [ "$1" = "$2" ] || { echo "wanted: $1"; echo "got:    $2"; return 1; }
}

# Every file with its owner and mode, but for what dpkg and adduser keep of their own.
inventory() {
    find "$root" -xdev \( -path "$root/proc" -o -path "$root/var/lib/dpkg" -o -path "$root/debs" -o -path "$root/tmp" \
        -o -path "$root/var/log" -o -path "$root/var/cache" -o -path "$root/dev" \) -prune -o -printf '%P %M %u:%g %l\n' |
        grep -v '^etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-\|^etc/ld.so.cache\|^run/adduser\|^etc/\.pwd.lock' | sort
}
users() { cat "$root/etc/passwd" "$root/etc/group"; }

pid() { cat "$root/tmp/pid"; }
serve() { # start assayd as its unit would, but for what only systemd can do
    local caps=$1
    : >"$root/tmp/log"
    (exec chroot "$root" setpriv --bounding-set "$caps" --inh-caps=-all --no-new-privs /usr/sbin/assayd >"$root/tmp/log" 2>&1) &
    echo $! >"$root/tmp/pid"
    for _ in $(seq 100); do
        grep -q ' serves' "$root/tmp/log" && return 0
        kill -0 "$(pid)" 2>/dev/null || break
        sleep 0.1
    done
    cat "$root/tmp/log"
    return 1
}
stop() {
    kill -TERM "$(pid)" || return 1
    for _ in $(seq 100); do
        [ -e "/proc/$(pid)" ] || return 0
        sleep 0.1
    done
    return 1
}
processes() { ps -eo uid,args | grep '[a]ssayd' | awk '{$1 = $1; print}' | sort | tr '\n' ';'; }
rows() { # rows of the store
    /usr/bin/python3 - "$root/var/lib/assay/assay.db" <<'P'
import sqlite3, sys
print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT count(*) FROM verdict").fetchone()[0])
P
}

# A resolver that knows what the message needs.
cat >"$root/tmp/unbound.conf" <<T
server:
  interface: 127.0.0.1@53
  username: ""
  chroot: ""
  directory: "$root/tmp"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  local-zone: "example." static
  local-zone: "arpa." static
  local-data: 'shop.example. 300 IN TXT "v=spf1 ip4:192.0.2.7 -all"'
remote-control:
  control-enable: no
T
unbound -d -c "$root/tmp/unbound.conf" 2>"$root/tmp/unbound.log" &
echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"

inventory >"$root/tmp/before"
users >"$root/tmp/users-before"

ok "the packages install" inside sh -c 'dpkg -i /debs/*.deb'
ok "the user is there" inside getent passwd assay
ok "its state is its own" is "750 assay:assay" "$(inside stat -c '%a %U:%G' /var/lib/assay)"
ok "the folder of keys is root's alone" is "700 root:root" "$(inside stat -c '%a %U:%G' /etc/assay/keys)"
ok "the configuration is good" inside assayd --check
ok "the command runs" inside assay --version
ok "the unit is enabled" test -L "$root/etc/systemd/system/multi-user.target.wants/assayd.service"
for page in man8/assayd.8 man5/assayd.conf.5 man1/assay.1 man3/libassay.3; do
    ok "$page is there" test -s "$root/usr/share/man/$page.gz"
done

cat >"$root/tmp/program.c" <<'T'
#include <assay/world.h>
int main(void)
{
    struct assay_world_options options = {.size = sizeof options, .resolvers = "127.0.0.1"};
    assay_world *world;
    const char *why;

    return assay_world_new(&options, &world, &why) != ASSAY_DONE;
}
T
ok "a program builds" inside sh -c 'cd /tmp && gcc -o program program.c $(pkgconf --cflags --libs libassay-world)'
ok "a program runs" inside /tmp/program

caps=-all$(sed -n 's/^CapabilityBoundingSet=//p' "$root/lib/systemd/system/assayd.service" | tr 'A-Z' 'a-z' |
    sed 's/cap_/,+/g; s/ //g')
# A key that only another user may read, as that of a filter that was here before; a folder that is Postfix's.
inside useradd --system --user-group postfix
install -d -m 0755 "$root/var/spool/postfix"
openssl genrsa -out "$root/etc/assay/keys/k.pem" 2048 2>/dev/null
inside chown postfix:postfix /etc/assay/keys/k.pem
chmod 600 "$root/etc/assay/keys/k.pem"
cp "$root/etc/assay/assayd.conf" "$root/tmp/conf"
cat >>"$root/etc/assay/assayd.conf" <<'T'
milter "postfix" { listen = unix:/var/spool/postfix/assay/milter.sock  group = postfix }
key "k" { selector = s1  file = /etc/assay/keys/k.pem }
sign "shop.example" { key = k }
http { listen = 127.0.0.1:9107 }
T
ok "assayd serves with the capabilities of its unit" serve "$caps"
ok "its processes are whose they should be" is "0 /usr/sbin/assayd;$(inside id -u assay) assayd: front;$(inside id -u assay) assayd: keys;" "$(processes)"
ok "a message over TCP has its results" tools/milter_say.py 127.0.0.1:8894
ok "a message over Postfix's socket too" tools/milter_say.py "$root/var/spool/postfix/assay/milter.sock"
ok "the socket is Postfix's" is "660 root:postfix" "$(inside stat -c '%a %U:%G' /var/spool/postfix/assay/milter.sock)"
ok "a reload is taken" sh -c "kill -HUP $(pid); sleep 2; grep -q 'reloaded' $root/tmp/log"
ok "a message after it" tools/milter_say.py 127.0.0.1:8894
ok "it says that it is ready" python3 -c 'import urllib.request as u; assert u.urlopen("http://127.0.0.1:9107/readyz").read() == b"ok\n"'
ok "it ends when told to" stop
ok "no socket is left" test ! -e "$root/var/spool/postfix/assay/milter.sock"
ok "every verdict is in the store" is 3 "$(rows)"

ok "an upgrade goes well" inside sh -c 'dpkg -i --force-confold /debs/*.deb'
ok "an upgrade keeps the store" is 3 "$(rows)"
ok "an upgrade keeps the configuration" grep -q '^sign "shop.example"' "$root/etc/assay/assayd.conf"
ok "a removal goes well" inside dpkg -r assayd assay libassay-dev libassay-world0 libassay0
ok "a removal keeps store, keys and configuration" sh -c "test -s $root/var/lib/assay/assay.db -a -s $root/etc/assay/keys/k.pem -a -s $root/etc/assay/assayd.conf"
ok "a purge with a key there goes well" inside dpkg -P assayd
ok "it keeps the key" test -s "$root/etc/assay/keys/k.pem"

ok "they install again" inside sh -c 'dpkg -i /debs/*.deb'
rm "$root/etc/assay/keys/k.pem"
ok "assayd serves as it was installed" serve "$caps"
ok "a message has its results" tools/milter_say.py 127.0.0.1:8894
ok "it ends" stop
inside userdel postfix
rm -r "$root/var/spool/postfix"
ok "the purge goes well" inside dpkg -P assayd assay libassay-dev libassay-world0 libassay0
inventory >"$root/tmp/after"
users >"$root/tmp/users-after"
ok "no file is left" diff "$root/tmp/before" "$root/tmp/after"
ok "no user and no group is left" diff "$root/tmp/users-before" "$root/tmp/users-after"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
