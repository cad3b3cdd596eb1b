/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5 };

bool bench_peers, bench_wall;

static const char *pattern;

double bench_clock(void)
{
    struct timespec t;

    clock_gettime(bench_wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void bench_fail(const char *what)
{
    static atomic_flag failing = ATOMIC_FLAG_INIT;

    while (atomic_flag_test_and_set(&failing)) /* another thread ends the program: let it */
        pause();
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

bool bench_asked(const char *part)
{
    return pattern && strncmp(pattern, part, strlen(part)) == 0;
}

bool bench_skipped(const char *name)
{
    return pattern && !strstr(name, pattern);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/** Microseconds each time takes. */
static double time_of(const char *name, bench_fn *fn, void *arg, unsigned times)
{
    double begin = bench_clock();

    for (unsigned i = 0; i < times; i++)
        if (!fn(arg))
            bench_fail(name);
    return (bench_clock() - begin) / times;
}

void bench_pair(const char *name, bench_fn *ours, void *our_arg, bench_fn *limit, void *limit_arg,
                unsigned times, enum bench_reach how, double reach)
{
    double us[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];

    if (bench_skipped(name))
        return;
    time_of(name, ours, our_arg, times / 5 + 1); /* warm up */
    time_of(name, limit, limit_arg, times / 5 + 1);
    for (int i = 0; i < ROUNDS; i++) {
        us[i] = time_of(name, ours, our_arg, times);
        theirs[i] = time_of(name, limit, limit_arg, times);
        ratio[i] = how == BENCH_AT_LEAST ? theirs[i] / us[i] : us[i] / theirs[i];
    }
    qsort(us, ROUNDS, sizeof *us, compare);
    qsort(theirs, ROUNDS, sizeof *theirs, compare);
    qsort(ratio, ROUNDS, sizeof *ratio, compare);
    printf("%s\t%.2f\t%.2f\t%.2f\tus\t", name, us[ROUNDS / 2], theirs[ROUNDS / 2],
           ratio[ROUNDS / 2]);
    if (reach > 0)
        printf("%s %.2f %s", how == BENCH_AT_LEAST ? ">=" : "<=", reach,
               (how == BENCH_AT_LEAST ? ratio[ROUNDS / 2] >= reach : ratio[ROUNDS / 2] <= reach)
                   ? "reached"
                   : "MISSED");
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--peers") == 0)
            bench_peers = true;
        else
            pattern = argv[i];
    }
    puts("# name\tours\tlimit\tratio\tunit\treach");
    bench_dkim();
    bench_keys();
    bench_flow();
    bench_wire();
    bench_owner();
    bench_pool();
    bench_start();
    bench_store();
    bench_milter();
    bench_postfix();
    bench_scan();
    if (bench_peers)
        bench_other();
    return 0;
}
