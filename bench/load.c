/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include "daemon/test_milter_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/** What the threads share. */
struct run {
    const struct bench_load *load;
    atomic_uint next; /**< messages that were begun */
    double *us;       /**< of each message */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/** One edit holds the text. */
static bool answer_holds(const struct mta_answer *a, const char *text)
{
    for (size_t i = 0; i < a->nedits; i++)
        if (span_contains(a->edits[i].value, span_of(text)) || span_is(a->edits[i].name, text))
            return true;
    return false;
}

/** Stop when the answer is not what it must be. */
static void check(const struct bench_load *load, const struct mta_answer *a)
{
    if (a->reply != MILTER_R_CONTINUE && a->reply != MILTER_R_ACCEPT) {
        fprintf(stderr, "bench: %s: reply '%c' %.*s\n", load->where, a->reply ? a->reply : '0',
                SPAN_ARG(a->text));
        bench_fail("a milter did not take a message");
    }
    for (const char *const *text = load->expect; *text; text++)
        if (!answer_holds(a, *text)) {
            for (size_t i = 0; i < a->nedits; i++)
                fprintf(stderr, "bench: %c %.*s: %.*s\n", a->edits[i].what,
                        SPAN_ARG(a->edits[i].name), SPAN_ARG(a->edits[i].value));
            fprintf(stderr, "bench: %s: no \"%s\"\n", load->where, *text);
            bench_fail("a milter did not find what it must");
        }
}

/** Open a connection and send what stands before the first message. */
static void open_session(const struct bench_load *load, struct mta *m)
{
    static const struct mta_macro KNOWN[] = {{"auth_type", "PLAIN"},
                                             {"auth_authen", "billing"},
                                             {NULL, NULL}};

    if (!mta_open(m, load->where))
        bench_fail("a milter does not listen");
    m->macros = load->authenticated ? KNOWN : NULL;
    if (!mta_negotiate(m, MTA_POSTFIX) || mta_client(m, "mail.example.com", "192.0.2.55") != 'c' ||
        mta_helo(m, "mail.example.com") != 'c')
        bench_fail("a milter does not take a client");
}

/** One thread's connections, one after the other. */
static void *connections(void *arg)
{
    static const char *const RCPTS[] = {"<bob@example.net>", NULL};
    struct run *run = arg;
    const struct bench_load *load = run->load;
    struct mta_mail mail = {"<billing@example.com>", "SIZE=2048", RCPTS, load->message};
    struct mta_answer answer = {0};
    struct mta m = {.fd = -1};
    unsigned k, done = 0;

    while ((k = atomic_fetch_add(&run->next, 1)) < load->messages) {
        double begin = now();

        if (m.fd < 0)
            open_session(load, &m);
        mta_message(&m, &mail, &answer);
        run->us[k] = now() - begin;
        check(load, &answer);
        if (++done % load->each == 0)
            mta_quit(&m);
    }
    if (m.fd >= 0)
        mta_quit(&m);
    mta_answer_done(&answer);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_load_run(const struct bench_load *load, struct bench_figures *ret)
{
    struct run run = {.load = load, .us = calloc(load->messages, sizeof(double))};
    pthread_t *threads = calloc(load->connections, sizeof *threads);
    double begin = now();

    if (!run.us || !threads)
        bench_fail("no memory");
    for (unsigned i = 0; i < load->connections; i++)
        if (pthread_create(&threads[i], NULL, connections, &run) != 0)
            bench_fail("no thread");
    for (unsigned i = 0; i < load->connections; i++)
        pthread_join(threads[i], NULL);
    ret->wall = (now() - begin) / 1e6;
    qsort(run.us, load->messages, sizeof *run.us, compare);
    ret->p50 = run.us[load->messages / 2];
    ret->p99 = run.us[load->messages - 1 - load->messages / 100];
    free(run.us);
    free(threads);
}
