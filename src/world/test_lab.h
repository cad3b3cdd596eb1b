/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_lab.h An Internet of its own, for test_world.c: a network namespace, and in it NSD
 * with a signed root, a signed `example`, and below it
 *
 *     secure.example     signed
 *     insecure.example   not signed
 *     bogus.example      signed, then the TXT record was changed
 *     lame.example       delegated to 127.0.0.3, which does not serve it
 *     dead.example       delegated to an address where nobody listens
 *     bad.example        delegated, unsigned, to 127.0.0.3: test_server.h
 */
#ifndef WORLD_TEST_LAB_H
#define WORLD_TEST_LAB_H

#include "dns/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAB_NSD "127.0.0.2"
#define LAB_BAD "127.0.0.3"

/** What is running. */
struct lab {
    char dir[64];
    char hints[100], anchor[100]; /**< files: the root's servers, its key */
    pid_t nsd;
};

/** Zones and keys, as a shell script; $0 is where. Signatures end in 2050: RRSIG knows 32 bits. */
static const char LAB_SCRIPT[] =
    "set -e; cd \"$0\"\n"
    "SOA='SOA ns.example. h.example. 1 3600 900 604800 60'\n"
    "for z in . example secure.example bogus.example; do\n"
    "  ldns-keygen -k -a ECDSAP256SHA256 $z > key.$z\n"
    "done\n"
    "sed 's/;.*//' \"$(cat key..).key\" > root.ta\n"
    "printf '. 3600 NS a.root.\\na.root. 3600 A " LAB_NSD "\\n' > root.hints\n"
    "{ printf '$ORIGIN .\\n$TTL 300\\n@ %s\\n@ NS a.root.\\na.root. A " LAB_NSD "\\n' \"$SOA\"\n"
    "  printf 'example. NS ns.example.\\nns.example. A " LAB_NSD
    "\\n'; cat \"$(cat key.example).ds\"; } > zone..\n"
    "{ printf '$ORIGIN example.\\n$TTL 300\\n@ %s\\n@ NS ns\\nns A " LAB_NSD "\\n' \"$SOA\"\n"
    "  for z in secure insecure bogus; do echo \"$z NS ns\"; done\n"
    "  printf 'bad NS ns.bad\\nns.bad A " LAB_BAD
    "\\nlame NS ns.bad\\ndead NS ns.dead\\nns.dead A 127.0.0.4\\n'\n"
    "  cat \"$(cat key.secure.example).ds\" \"$(cat key.bogus.example).ds\"; } > zone.example\n"
    "for z in secure insecure bogus; do\n"
    "  { printf '$ORIGIN %s.example.\\n$TTL 300\\n@ %s\\n@ NS ns.example.\\n' $z \"$SOA\"\n"
    "    printf '@ TXT \"honest\"\\n@ MX 10 mail\\nmail A 192.0.2.1\\n_25._tcp.mail TLSA 3 1 1 abcd\\n'\n"
    "    printf 'alias CNAME mail\\nout CNAME mail.insecure.example.\\nin CNAME mail.secure.example.\\n'\n"
    "    printf 'gone CNAME nothing\\nempty TXT \"\"\\nodd\\\\032\\\\;name TXT \"odd\"\\n'\n"
    "  } > zone.$z.example\n"
    "done\n"
    "for z in . example secure.example bogus.example; do\n"
    "  ldns-signzone -n -o $z -i 20200101000000 -e 20500101000000 zone.$z $(cat key.$z)\n"
    "  mv zone.$z.signed zone.$z\n"
    "done\n"
    "sed -i 's/\"honest\"/\"forged\"/' zone.bogus.example\n"
    "cat > nsd.conf <<X\n"
    "server:\n ip-address: " LAB_NSD
    "\n do-ip6: no\n server-count: 1\n username: \"\"\n chroot: \"\"\n"
    " database: \"\"\n zonesdir: \"$0\"\n pidfile: \"\"\n zonelistfile: \"$0/list\"\n xfrdfile: \"\"\n xfrdir: \"$0\"\n"
    " logfile: \"$0/nsd.log\"\n rrl-ratelimit: 0\n"
    "remote-control:\n control-enable: no\n"
    "X\n"
    "for z in . example secure.example insecure.example bogus.example; do\n"
    "  printf 'zone:\\n name: %s\\n zonefile: zone.%s\\n' $z $z >> nsd.conf\n"
    "done\n";

/** Run a program and wait. \return its exit status, or -1 */
static int lab_command(const char *const *argv)
{
    pid_t pid = fork(); /* no thread runs yet */
    int status = -1;

    if (pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : -1;
}

/** Write a line to a file of /proc. */
static bool lab_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return written;
}

/** Who is not root becomes it in a user namespace, or NSD could not have port 53. */
static bool lab_unshare(void)
{
    char uid[40], gid[40];

    if (unshare(CLONE_NEWNET) == 0)
        return true;
    snprintf(uid, sizeof uid, "0 %u 1\n", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "0 %u 1\n", (unsigned)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           lab_write("/proc/self/setgroups", "deny") && lab_write("/proc/self/uid_map", uid) &&
           lab_write("/proc/self/gid_map", gid);
}

/** Go into a network of our own, and switch its loopback on. \return false: not possible here */
static bool lab_enter(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd;
    bool up;

    if (!lab_unshare())
        return false;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    up = ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
    close(fd);
    return up;
}

/** NSD answers. */
static bool lab_answers(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    struct timeval patience = {0, 100000};
    uint8_t query[DNS_QUERY_MAX], reply[2000];
    size_t n = dns_query_write(1, SPAN_EMPTY, ASSAY_RR_SOA, false, query);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool got;

    inet_pton(AF_INET, LAB_NSD, &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    got = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
          send(fd, query, n, 0) == (ssize_t)n && recv(fd, reply, sizeof reply, 0) > 12 &&
          (reply[3] & 15) == 0;
    close(fd);
    return got;
}

/** Start NSD; it ends with us. */
static bool lab_start_nsd(struct lab *lab)
{
    char conf[100];

    snprintf(conf, sizeof conf, "%s/nsd.conf", lab->dir);
    if ((lab->nsd = fork()) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("nsd", "nsd", "-d", "-c", conf, (char *)NULL);
        execl("/usr/sbin/nsd", "nsd", "-d", "-c", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 50; i++) {
        if (lab_answers())
            return true;
        usleep(100000);
    }
    return false;
}

/**
 * Start everything but the misbehaving server; lab_enter() came before.
 *
 * \return false: NSD or the tools of ldns are not there, or don't work
 */
static bool lab_start(struct lab *lab)
{
    *lab = (struct lab){.dir = "/tmp/assay-lab-XXXXXX"};
    if (!mkdtemp(lab->dir))
        return false;
    snprintf(lab->hints, sizeof lab->hints, "%s/root.hints", lab->dir);
    snprintf(lab->anchor, sizeof lab->anchor, "%s/root.ta", lab->dir);
    return lab_command((const char *const[]){"sh", "-c", LAB_SCRIPT, lab->dir, NULL}) == 0 &&
           lab_start_nsd(lab);
}

/** Stop NSD and remove its files. */
static void lab_stop(struct lab *lab)
{
    if (lab->nsd > 0) {
        kill(lab->nsd, SIGTERM);
        waitpid(lab->nsd, NULL, 0);
    }
    if (*lab->dir)
        lab_command((const char *const[]){"rm", "-rf", lab->dir, NULL});
}

#endif
