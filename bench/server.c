/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"

#include "bench.h"

#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct server {
    pid_t pid;
    char folder[40];
};

/** The zone: for each domain what spf.8lookups has. */
static void write_zone(FILE *f)
{
    fputs(
        "$ORIGIN bench.example.\n$TTL 3600\n@ SOA ns host 1 3600 900 604800 60\n@ NS ns\nns A 127.0.0.1\n",
        f);
    for (int d = 0; d < SERVER_DOMAINS; d++) {
        fprintf(f, "d%d TXT \"v=spf1", d);
        for (int i = 1; i <= 6; i++)
            fprintf(f, " include:i%d.d%d.bench.example", i, d);
        fprintf(f,
                "\" \" a:out.d%d.bench.example mx -all\"\nd%d MX 10 mx1.d%d\nd%d MX 20 mx2.d%d\n",
                d, d, d, d, d);
        for (int i = 1; i <= 6; i++) {
            fprintf(f, "i%d.d%d TXT \"v=spf1", i, d);
            for (int k = 0; k < (i == 6 ? 11 : 10); k++)
                fprintf(f, " ip4:198.%d.%d.0/24%s", 50 + i, k * 7, k == 4 ? "\" \"" : "");
            fputs(" ~all\"\n", f);
        }
        fprintf(f, "out.d%d A 203.0.113.1\nmx1.d%d A 203.0.113.2\nmx2.d%d A 192.0.2.55\n", d, d, d);
    }
}

/** Write a file into a folder. */
static FILE *create(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!(f = fopen(path, "w")))
        bench_fail("no temporary file");
    return f;
}

/** Start the name server. \return its process, or 0 when there is none to start */
static pid_t spawn(const char *folder, const char *origin, void (*write)(FILE *f))
{
    char conf[PATH_MAX];
    char *argv[] = {"/usr/sbin/nsd", "-d", "-c", conf, NULL};
    FILE *f = create(folder, "zone");
    pid_t pid;

    write(f);
    fclose(f);
    f = create(folder, "nsd.conf");
    fprintf(
        f,
        "server:\n ip-address: 127.0.0.1@%d\n do-ip6: no\n server-count: 1\n username: \"\"\n chroot: \"\"\n"
        " database: \"\"\n zonesdir: \"%s\"\n pidfile: \"%s/pid\"\n zonelistfile: \"%s/list\"\n"
        " xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n logfile: \"%s/log\"\n rrl-ratelimit: 0\n"
        "remote-control:\n control-enable: no\nzone:\n name: %s\n zonefile: zone\n",
        SERVER_PORT, folder, folder, folder, folder, folder, folder, origin);
    fclose(f);
    snprintf(conf, sizeof conf, "%s/nsd.conf", folder);
    return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 ? pid : 0;
}

struct server *server_start(const char *name)
{
    return server_start_zone(name, "bench.example", write_zone, 2);
}

struct server *server_start_zone(const char *name, const char *origin, void (*write)(FILE *f),
                                 unsigned seconds)
{
    struct server *s = calloc(1, sizeof *s);

    if (!s)
        bench_fail("no memory");
    *s = (struct server){.folder = "/tmp/assay-bench-XXXXXX"};
    if (!mkdtemp(s->folder))
        bench_fail("no temporary folder");
    if (!(s->pid = spawn(s->folder, origin, write))) {
        printf("# %s: there is no nsd\n", name);
        rmdir(s->folder);
        free(s);
        return NULL;
    }
    sleep(seconds); /* it reads the zone */
    return s;
}

void server_stop(struct server *s)
{
    char command[64];

    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    if (system(command) != 0)
        printf("# %s is left behind\n", s->folder);
    free(s);
}
