/* SPDX-License-Identifier: BSD-2-Clause */
/** \file scan_own.h The parts of a scan, for scan_run.c (input, output, the loop) and scan_job.c (one domain). */
#ifndef CLI_SCAN_OWN_H
#define CLI_SCAN_OWN_H

#include "cli/scan.h"
#include "cli/scan_far.h"

#include "world/lists.h"
#include "world/shared.h"
#include "world/suffix.h"

enum {
    SCAN_FIRSTS = 6, /**< questions before the evaluation */
    SCAN_EVALS = 500 /**< evaluations alive at a time: each takes some forty KiB */
};

struct job;

/** One question of a domain on its way. */
struct ask {
    union {                          /* first: a query is one of these */
        struct udp_query query;      /* of the domain's own names */
        struct shared_waiter waiter; /* of names that others ask for, too */
        struct scan_far_ask far;     /* not for the DNS */
    };
    struct job *job;
    struct ask *next; /* of those behind the first */
    assay_fact *fact;
    uint32_t id; /* of the evaluation's question; 0: a first one */
    bool waits, is_shared, is_far;
};

/** One domain. */
struct job {
    TAILQ_ENTRY(job) ready, all;
    struct scan *scan;
    uint64_t line, turn; /* of the input; its place in the order of output */
    uint32_t began;      /* milliseconds since the scan began */
    uint32_t since; /* the same, or when one of `far` was answered: these may wait long in line */
    unsigned open, far; /* questions that it waits for; those of them that are not for the DNS */
    unsigned questions;
    bool trouble, no_memory;
    assay_eval *eval;
    struct ask first[SCAN_FIRSTS];
    struct ask *more;
    assay_span name;
    char names[];
};

/** A line that waits for its turn. */
struct held {
    char *text;
    size_t n, facts; /* octets of the line; of its facts, which stand behind it */
    uint64_t line;
    bool there;
};

/** A scan. */
struct scan {
    const struct scan_options *o;
    struct scan_result *result;
    struct udp *udp;
    struct shared *shared;
    struct suffixes *suffixes;
    struct lists *lists;
    struct scan_far *far; /* NULL: neither the web nor mail servers are asked */
    assay_engine *engine;
    struct scan_input in;
    struct scan_out out;
    TAILQ_HEAD(jobs, job) fresh, ready, all; /* fresh: may be judged now; ready: may go on */
    size_t open, evals;                      /* domains; those of them that are being judged */
    uint64_t turn, due; /* the next turn to be given; the next line that is put, if ordered */
    struct held *held;  /* a ring of `window` */
    size_t held_octets;
    struct buf line, facts; /* of the domain that is done */
    struct ask *spare;
    int64_t begin;
    uint32_t now, checkpoint_at, progress_at;
    bool input_ended, watching, same;
    int status; /* 0: it goes on */
};

/** It cannot go on. */
void scan_fail(struct scan *s, int status, const char *why);

/** The line of s->line is complete: it goes out with s->facts, or waits until those before it have. */
void scan_put_line(struct scan *s, uint64_t turn, uint64_t line);

/** Begin with a domain: its first questions are put in line. \return false: memory is out */
bool scan_job_begin(struct scan *s, assay_span name);

/** Judge as far as the answers reach; at the end its line is put, and the job is gone. */
void scan_job_go_on(struct job *j);

/** It took too long: it is judged by what is there. */
void scan_job_give_up(struct job *j);

/** Free a job; what it waits for is cancelled. */
void scan_job_free(struct job *j);

#endif
