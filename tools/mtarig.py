# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers that conflict with one another as packages, for tests: unpacked into a folder, run in a namespace of their own.

    with Rig() as rig:
        root = unpack(rig, "exim4-daemon-heavy")
        rig.start("exim", *inside(rig, {"/etc/passwd": path}), f"{root}/usr/sbin/exim4", "-bdf", ...)

Nothing is installed: what the system lacks is fetched by apt and unpacked, and files of /etc are replaced by others only
in the mount namespace of the program.
"""
import glob
import os
import shutil
import subprocess

from mailrig import Missing

PATIENCE = 60  # seconds that fetching may take


def need_namespaces():
    """Root, and namespaces that it may make; else Missing."""
    if os.geteuid() != 0:
        raise Missing("root, for a mount namespace")
    tried = subprocess.run(["unshare", "-m", "-u", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Missing(f"a mount namespace: {tried.stderr.strip()}")


def unpack(rig, *packages):
    """Fetch packages with all that they depend on and the system has not, and unpack them. \\return the folder"""
    need_namespaces()
    if not shutil.which("apt-get"):
        raise Missing("apt-get, to fetch " + packages[0])
    root, debs = f"{rig.dir}/root", f"{rig.dir}/debs"
    os.makedirs(f"{debs}/partial")
    try:
        subprocess.run(["apt-get", "-q", "-y", "--no-install-recommends", "--download-only", "-o", "Debug::NoLocking=1",
                        "-o", f"Dir::Cache::archives={debs}/", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=0",
                        "-o", "Acquire::http::Timeout=10", "install", *packages],
                       capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)
    except subprocess.SubprocessError as error:
        raise Missing(f"{packages[0]}: apt cannot fetch it here") from error
    fetched = glob.glob(f"{debs}/*.deb")
    for deb in fetched:
        subprocess.run(["dpkg", "-x", deb, root], check=True, capture_output=True)
    shutil.rmtree(debs)
    if not fetched:
        raise Missing(f"{packages[0]}: it is installed here, and this test is not for an installed one")
    return root


def libraries(rig, root):
    """Have its libraries found, by programs with more rights too. \\return {path: replacement} for inside()"""
    folders = sorted(glob.glob(f"{root}/usr/lib/*-linux-gnu") + glob.glob(f"{root}/lib/*-linux-gnu"))
    with open(f"{rig.dir}/ld.so.conf", "w", encoding="utf-8") as file:
        file.write("\n".join(["include /etc/ld.so.conf", *folders, ""]))
    subprocess.run(["/sbin/ldconfig", "-X", "-C", f"{rig.dir}/ld.so.cache", "-f", f"{rig.dir}/ld.so.conf"], check=True)
    return {"/etc/ld.so.cache": f"{rig.dir}/ld.so.cache"}


def accounts(rig, *lines):
    """/etc/passwd and /etc/group with more accounts, `NAME:UID`. \\return {path: replacement} for inside()"""
    replaced = {}
    for name in ("passwd", "group"):
        path = replaced[f"/etc/{name}"] = f"{rig.dir}/{name}"
        with open(f"/etc/{name}", encoding="utf-8") as old, open(path, "w", encoding="utf-8") as new:
            have = old.read()
            new.write(have)
            for line in lines:
                user, number = line.split(":")
                if f"\n{user}:" not in have:
                    new.write(f"{user}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n" if name == "passwd"
                              else f"{user}:x:{number}:\n")
    return replaced


def inside(replaced, hostname=None):
    """The words before a command that run it where these paths are others: {path: replacement}."""
    mounts = "".join(f"mount --bind '{new}' '{old}' && " for old, new in replaced.items())
    name = f"hostname {hostname} && " if hostname else ""
    return ["unshare", "-m", "-u", "--propagation", "private", "sh", "-c", f'{mounts}{name}exec "$@"', "sh"]


def blocks(page, kind):
    """The texts between ```KIND and ``` of a page, in order: what a document tells people is what is tested."""
    with open(page, encoding="utf-8") as file:
        parts = file.read().split("```")
    return [part[len(kind) + 1:] for part in parts[1::2] if part.startswith(kind + "\n")]
