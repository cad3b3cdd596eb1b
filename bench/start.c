/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { RUNS = 41 };

/** Milliseconds on the wall. */
static double wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/** A program beside this one. */
static void beside(const char *name, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        bench_fail("where am I?");
    self[n] = '\0';
    snprintf(path, PATH_MAX, "%s/%s", dirname(self), name);
}

/** Milliseconds that a program takes from its start to its end, its output thrown away. */
static double run(char *const argv[])
{
    posix_spawn_file_actions_t actions;
    double begin = wall();
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        bench_fail("the program does not start");
    waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        bench_fail("the program failed");
    return wall() - begin;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/** One line: a command beside an empty program, in milliseconds. */
static void bench_command(const char *name, char *const argv[], char *const empty[])
{
    double ours[RUNS], limit[RUNS];

    if (bench_skipped(name))
        return;
    for (int i = 0; i < RUNS; i++) {
        ours[i] = run(argv);
        limit[i] = run(empty);
    }
    qsort(ours, RUNS, sizeof *ours, compare);
    qsort(limit, RUNS, sizeof *limit, compare);
    printf("%s\t%.2f\t%.2f\t%.2f\tms\t<= limit + 10 %s\n", name, ours[RUNS / 2], limit[RUNS / 2],
           ours[RUNS / 2] / limit[RUNS / 2],
           ours[RUNS / 2] <= limit[RUNS / 2] + 10 ? "reached" : "MISSED");
    fflush(stdout);
}

/** Peak memory of the command judging a message of 100 MB. */
static void bench_memory(char *assay, const char *world)
{
    const char *name = "memory.verify.100m";
    char message[] = "/tmp/assay-bench-XXXXXX", command[4 * PATH_MAX], line[128];
    int fd;
    FILE *f;
    long kb = 0;

    if (bench_skipped(name))
        return;
    if ((fd = mkstemp(message)) < 0 || !(f = fdopen(fd, "w")))
        bench_fail("no temporary file");
    fputs("From: bob@example.org\r\nSubject: large\r\n\r\n", f);
    for (long n = 0; n < 100L << 20; n += 78)
        fputs("UGxlYXNlIGtlZXAgdGhpcyBsZXR0ZXI6IGl0IGlzIHlvdXIgaW52b2ljZSBhcyB3ZWxsLiBUaGFu\r\n",
              f);
    fclose(f);
    snprintf(
        command, sizeof command,
        "'%s' verify --quiet --world '%s' --ip 192.0.2.1 --mail-from bob@example.org '%s' >/dev/null & pid=$!; "
        "peak=0; while kb=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null) && "
        "[ -n \"$kb\" ]; do peak=$kb; sleep 0.01; done; echo $peak",
        assay, world, message);
    if (!(f = popen(command, "r")) || !fgets(line, sizeof line, f))
        bench_fail("the program does not start");
    kb = strtol(line, NULL, 10);
    pclose(f);
    unlink(message);
    printf("%s\t%.1f\t24.0\t%.2f\tMiB\t<= 24 %s\n", name, (double)kb / 1024, (double)kb / 1024 / 24,
           kb <= 24 * 1024 ? "reached" : "MISSED");
}

void bench_start(void)
{
    char assay[PATH_MAX], empty[PATH_MAX], world[] = "/tmp/assay-bench-XXXXXX.case";
    static const char CASE[] =
        "[case]\nname = bench\n[envelope]\nnow = 2026-11-23T12:00:00Z\nip = 192.0.2.1\n"
        "helo = mail.example.org\nfrom = bob@example.org\n[dns]\n"
        "example.org. IN TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n"
        "_dmarc.example.org. IN TXT \"v=DMARC1; p=none\"\n"
        "[message]\n| From: bob@example.org\n| Subject: hello\n|\n| body\n";
    int fd;

    beside("assay", assay);
    beside("bench-empty", empty);
    if ((fd = mkstemps(world, (int)strlen(".case"))) < 0 ||
        write(fd, CASE, sizeof CASE - 1) != sizeof CASE - 1)
        bench_fail("no temporary file");
    close(fd);
    bench_command("start.version", (char *[]){assay, "--version", NULL}, (char *[]){empty, NULL});
    bench_command("start.verify", (char *[]){assay, "verify", world, NULL},
                  (char *[]){empty, NULL});
    bench_memory(assay, world);
    unlink(world);
}
