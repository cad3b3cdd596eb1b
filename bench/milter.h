/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file milter.h
 * Milters under load: ours and those that Debian has, each a process of its own beside a local
 * unbound that knows all they ask for.
 */
#ifndef BENCH_MILTER_H
#define BENCH_MILTER_H

#include "bench.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

/** Where the resolver of the benchmark listens; opendkim and opendmarc can ask port 53 only. */
#define BENCH_RESOLVER "127.0.0.55"

/** The client that sends, of the network that is reserved for examples. */
#define BENCH_CLIENT "192.0.2.55"

/** Room for a path. */
enum { BENCH_PATH = 256 };

/** A folder of the benchmark's own, under /tmp. */
struct bench_lab {
    char folder[BENCH_PATH];
    struct bench_key key; /**< of s1._domainkey.example.com */
    pid_t resolver;
};

/**
 * Go into a network of this process's own, make the folder and the key, start the resolver. What is
 * started from now on sees that network only. \return false: it cannot be; says why */
bool bench_lab_open(struct bench_lab *lab);

/** Stop the benchmark if the resolver has ended: on a machine that others use, someone may end it. */
void bench_lab_check(const struct bench_lab *lab);

/** Stop the resolver and remove the folder. */
void bench_lab_close(struct bench_lab *lab);

/** Create a file in the folder; its path is put into `path`, if not NULL. */
FILE *bench_lab_file(const struct bench_lab *lab, const char *name, char path[BENCH_PATH]);

/** Remember a process that must not outlive the benchmark. \return `pid` */
pid_t bench_child(pid_t pid);

/** End one of them. */
void bench_child_stop(pid_t pid);

/** What a milter is to do with mail. */
enum bench_task { BENCH_VERIFY, BENCH_SIGN };

/** The milters. */
enum bench_program {
    BENCH_OURS,
    BENCH_NULL, /**< peer_null_milter: receives all, adds one field */
    BENCH_OPENDKIM,
    BENCH_OPENDMARC,
    BENCH_RSPAMD
};

/** A milter that runs. */
struct bench_milter {
    pid_t pid;              /**< 0: it does not run */
    char where[BENCH_PATH]; /**< as Postfix and mta_open() take it */
};

/**
 * Start a milter and wait until it listens.
 *
 * \return false: it is not installed, or does not start; says so as a comment of the output
 */
bool bench_milter_start(const struct bench_lab *lab, enum bench_program program,
                        enum bench_task task, bool tcp, struct bench_milter *ret);

/** Stop it. */
void bench_milter_stop(struct bench_milter *milter);

/** Microseconds of CPU time that a process and all its children have taken. */
double bench_process_cpu(pid_t pid);

/** KiB that a process and all its children hold; a page that is shared counts in parts. */
long bench_process_rss(pid_t pid);

/** A load. */
struct bench_load {
    const char *where;
    assay_span message;
    const char *const *expect; /**< texts that one edit of every answer holds; ends with NULL */
    unsigned connections;      /**< at a time, each a thread */
    unsigned messages;         /**< in all */
    unsigned each;             /**< messages on one connection */
    bool authenticated;        /**< an authenticated user sends */
};

/** What came of it. */
struct bench_figures {
    double wall;     /**< seconds */
    double p50, p99; /**< microseconds a message: from MAIL, or where `each` is 1 from connecting */
};

/** Put the load on. Stops the benchmark when an answer is not as expected. */
void bench_load_run(const struct bench_load *load, struct bench_figures *ret);

/** milter.*. */
void bench_milter(void);

/** postfix.*: only when it is asked for by name. */
void bench_postfix(void);

#endif
