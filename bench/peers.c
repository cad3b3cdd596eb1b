/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include "daemon/test_milter_client.h"

#include <openssl/pem.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * How each milter is started: with what it needs to do the same work, and nothing of its logs. A
 * milter on TCP has its own process, as libmilter listens at one place only.
 */

extern char **environ;

enum { PORT = 8890 };

static const char *const NAMES[] = {"assayd", "null", "opendkim", "opendmarc", "rspamd"};

/** Write the private key where a signer finds it. */
static void write_key(const struct bench_lab *lab, char path[BENCH_PATH])
{
    FILE *f = bench_lab_file(lab, "s1.pem", path);

    if (PEM_write_PrivateKey(f, lab->key.pkey, NULL, NULL, 0, NULL, NULL) != 1)
        bench_fail("no key file");
    fclose(f);
    chmod(path, 0600);
}

/** Replace this program by one command line of the shell; its own output goes to a file. */
static pid_t spawn(const struct bench_lab *lab, const char *name, const char *command)
{
    char log[BENCH_PATH * 2], *argv[] = {"/bin/sh", "-c", NULL, NULL}, all[BENCH_PATH * 7];
    posix_spawn_file_actions_t files;
    pid_t pid;

    snprintf(all, sizeof all, "umask 0; %s", command); /* Postfix must be able to connect */
    argv[2] = all;
    snprintf(log, sizeof log, "%s/%s.log", lab->folder, name);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawn(&pid, argv[0], &files, NULL, argv, environ) != 0)
        bench_fail("no shell");
    posix_spawn_file_actions_destroy(&files);
    return bench_child(pid);
}

/** Write assayd.conf: as it is by default, its store and log included. */
static void write_conf(const struct bench_lab *lab, enum bench_task task, const char *where,
                       char conf[BENCH_PATH])
{
    bool local = strncmp(where, "unix:", 5) == 0;
    FILE *f = bench_lab_file(lab, local ? "assayd.conf" : "assayd-tcp.conf", conf);
    char key[BENCH_PATH];

    write_key(lab, key);
    fprintf(f,
            "authserv_id = mx.test.example\nresolver = " BENCH_RESOLVER "@53\nuser = nobody\n"
            "store = %s/store/%s.db\ncontrol { listen = unix:%s/%s-control.sock }\n",
            lab->folder, local ? "unix" : "tcp", lab->folder, local ? "unix" : "tcp");
    if (local)
        fprintf(f, "milter \"in\" { listen = %s  mode = 0666 }\n", where);
    else
        fprintf(f, "milter \"in\" { listen = inet:127.0.0.1:%d }\n", PORT + BENCH_OURS);
    if (task == BENCH_SIGN)
        fprintf(f,
                "sign \"example.com\" { key = main }\nkey \"main\" { selector = s1  file = %s }\n",
                key);
    fclose(f);
}

/** assayd: the command line that starts it. */
static void ours(const struct bench_lab *lab, enum bench_task task, const char *where,
                 char *command, size_t n)
{
    const char *assay = getenv("ASSAY");
    char conf[BENCH_PATH];

    write_conf(lab, task, where, conf);
    snprintf(command, n, "mkdir -p %s/store && chown nobody %s/store && exec %sd -c %s",
             lab->folder, lab->folder, assay ? assay : "build/assay", conf);
}

/** opendkim. */
static void opendkim(const struct bench_lab *lab, enum bench_task task, const char *where,
                     char *command, size_t n)
{
    char conf[BENCH_PATH], key[BENCH_PATH];
    FILE *f = bench_lab_file(lab, task == BENCH_SIGN ? "sign.conf" : "opendkim.conf", conf);

    write_key(lab, key);
    fprintf(f,
            "Socket %s\nSyslog no\nNameservers " BENCH_RESOLVER "\nAuthservID mx.test.example\n"
            "RequireSafeKeys no\nMode %s\nInternalHosts 127.0.0.2\n",
            where, task == BENCH_SIGN ? "s" : "v");
    if (task == BENCH_SIGN)
        fprintf(f,
                "Domain example.com\nSelector s1\nKeyFile %s\nCanonicalization relaxed/relaxed\n",
                key);
    fclose(f);
    snprintf(command, n, "exec /usr/sbin/opendkim -f -x %s", conf);
}

/** opendmarc: asks the resolver of /etc/resolv.conf, so it gets one of its own. */
static void opendmarc(const struct bench_lab *lab, const char *where, char *command, size_t n)
{
    char conf[BENCH_PATH], resolv[BENCH_PATH];
    FILE *f = bench_lab_file(lab, "resolv.conf", resolv);

    fputs("nameserver " BENCH_RESOLVER "\n", f);
    fclose(f);
    f = bench_lab_file(lab, "opendmarc.conf", conf);
    fprintf(
        f,
        "Socket %s\nSyslog false\nAuthservID mx.test.example\nTrustedAuthservIDs mx.test.example\n"
        "SPFSelfValidate true\nSPFIgnoreResults true\n"
        "PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat\n",
        where);
    fclose(f);
    snprintf(
        command, n,
        "exec unshare -m sh -c 'mount --bind %s /etc/resolv.conf && exec /usr/sbin/opendmarc -f -c %s'",
        resolv, conf);
}

/** Put a line into a file of rspamd's. */
static void rspamd_file(const struct bench_lab *lab, const char *name, const char *format, ...)
{
    FILE *f = bench_lab_file(lab, name, NULL);
    va_list args;

    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    fclose(f);
}

/** rspamd: one proxy that scans itself, the rules that are on without redis. */
static void rspamd(const struct bench_lab *lab, const char *where, char *command, size_t n)
{
    const char *d = lab->folder;
    char make[BENCH_PATH * 4], bind[BENCH_PATH];

    if (strncmp(where, "unix:", 5) == 0)
        snprintf(bind, sizeof bind, "%s mode=0666", where + 5);
    else
        snprintf(bind, sizeof bind, "127.0.0.1:%d", PORT + BENCH_RSPAMD);
    snprintf(make, sizeof make, "mkdir -p %s/rspamd/local.d %s/rspamd/db", d, d);
    if (system(make) != 0)
        bench_fail("no folder");
    rspamd_file(
        lab, "rspamd/local.d/options.inc",
        "dns { nameserver = [\"" BENCH_RESOLVER
        ":53:1\"]; }\nfilters = \"chartable,dkim,regexp\";\n" /* fuzzy_check wants the Internet */);
    rspamd_file(lab, "rspamd/local.d/worker-proxy.inc",
                "bind_socket = \"%s\";\nupstream \"local\" { self_scan = yes; }\n", bind);
    rspamd_file(lab, "rspamd/local.d/worker-normal.inc", "enabled = false;\n");
    rspamd_file(lab, "rspamd/local.d/worker-controller.inc", "enabled = false;\n");
    rspamd_file(lab, "rspamd/local.d/logging.inc", "type = \"console\";\nlevel = \"warning\";\n");
    rspamd_file(
        lab, "rspamd/local.d/milter_headers.conf",
        "use = [\"authentication-results\"];\nauthenticated_headers = [\"authentication-results\"];\n");
    rspamd_file(lab, "rspamd/local.d/groups.conf", "");
    snprintf(
        command, n,
        "exec /usr/bin/rspamd -f -i -u root -g root -c /etc/rspamd/rspamd.conf --var=LOCAL_CONFDIR=%s/rspamd"
        " --var=DBDIR=%s/rspamd/db --var=RUNDIR=%s/rspamd --var=LOGDIR=%s/rspamd",
        d, d, d, d);
}

/** Wait until it listens: rspamd compiles its rules for half a minute at first. */
static bool wait_for(struct bench_milter *m)
{
    for (int i = 0; i < 2400; i++) {
        int fd = mta_socket(m->where);

        if (fd >= 0)
            return close(fd) == 0;
        if (waitpid(m->pid, NULL, WNOHANG) != 0)
            break; /* it ended */
        usleep(50000);
    }
    return false;
}

/** Show why it did not start. */
static void show_log(const struct bench_lab *lab, const char *name)
{
    char command[BENCH_PATH * 2];

    fflush(stdout);
    snprintf(command, sizeof command, "tail -5 %s/%s.log | sed 's/^/#   /'", lab->folder, name);
    if (system(command) != 0)
        puts("#   no log");
}

bool bench_milter_start(const struct bench_lab *lab, enum bench_program program,
                        enum bench_task task, bool tcp, struct bench_milter *ret)
{
    char command[BENCH_PATH * 6] = "";
    const char *name = NAMES[program];

    if (tcp)
        snprintf(ret->where, sizeof ret->where, "inet:%d@127.0.0.1", PORT + (int)program);
    else
        snprintf(ret->where, sizeof ret->where, "unix:%.100s/%s-%d.sock", lab->folder, name, task);
    switch (program) {
    case BENCH_OURS: ours(lab, task, ret->where, command, sizeof command); break;
    case BENCH_NULL:
        snprintf(command, sizeof command, "exec build-bench/bench-null-milter %s", ret->where);
        break;
    case BENCH_OPENDKIM: opendkim(lab, task, ret->where, command, sizeof command); break;
    case BENCH_OPENDMARC: opendmarc(lab, ret->where, command, sizeof command); break;
    case BENCH_RSPAMD: rspamd(lab, ret->where, command, sizeof command); break;
    }
    if (!tcp)
        unlink(ret->where + 5); /* libmilter leaves it behind, and does not listen where one is */
    ret->pid = spawn(lab, name, command);
    if (wait_for(ret))
        return true;
    printf("# %s does not start\n", name);
    show_log(lab, name);
    bench_milter_stop(ret);
    return false;
}

void bench_milter_stop(struct bench_milter *m)
{
    if (m->pid)
        bench_child_stop(m->pid);
    m->pid = 0;
}
