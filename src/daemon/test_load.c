/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_load.c The daemon under a mixed load, while it is reloaded and asked: every verdict is
 * right, no sanitizer has a word to say, and memory and descriptors stay as they are.
 *
 *     $ASSAY_SOAK       messages; the load goes on until so many were sent, and the curve of what the
 *                       processes hold is printed (./dev soak). Else a few seconds, with the thread sanitizer a minute
 *     $ASSAY_LOAD_S     seconds, in place of those
 *
 * The clients send messages that pass, that are forged, large ones, ones with many recipients, ones
 * to be signed; they abort, quit and hang up in the middle.
 */
#include "daemon/test_daemon.h"
#include "daemon/test_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

enum {
    CLIENTS = 8,
    EACH = 150, /* steps of one connection */
    RECIPIENTS = 100,
    SAMPLES = 4096,
    WARM_PERCENT = 25, /* of the messages, until memory is taken to be warm */
    GROWTH_KB = 1024,  /* that is borne behind that */
    ASIDE_MS = 200,    /* between two questions */
};

#if defined(__SANITIZE_THREAD__)
enum { SECONDS = 60, RELOAD_MS = 1000 };
#else
enum { SECONDS = 5, RELOAD_MS = 1000 };
#endif

static struct site site;
static struct daemon assayd;
static atomic_bool stop;
static atomic_llong messages, unanswered, wrong;
static const char *many[RECIPIENTS + 1]; /* recipients */
static long long wanted;                 /* messages; 0: as long as the time lasts */

/* ---- clients ---- */

/** One client. */
struct client {
    pthread_t thread;
    unsigned number;
    uint32_t random;
    unsigned sent;
    char id[24]; /* of the message */
};

/** A number below `n`. */
static unsigned dice(struct client *c, unsigned n)
{
    c->random = c->random * 1664525 + 1013904223; /* Knuth's linear congruence; repeatable */
    return (c->random >> 8) % n;
}

/** Note an answer. \return false: the connection is over */
static bool judge(enum site_mail mail, const struct mta_answer *a)
{
    enum site_fate fate = site_fate(a);

    atomic_fetch_add(&messages, 1);
    if (fate == SITE_NOTHING) {
        atomic_fetch_add(&unanswered, 1);
        return false;
    }
    if (fate != site_right(mail) || (mail == SITE_OUT && !site_has_edit(a, "DKIM-Signature"))) {
        print_error("mail %d: reply %c %.*s\n", (int)mail, a->reply,
                    SPAN_ARG(a->text.n ? a->text : SPAN("-")));
        atomic_fetch_add(&wrong, 1);
    }
    return true;
}

/** A whole message. */
static bool whole(struct client *c, struct mta *m, enum site_mail mail)
{
    struct mta_mail envelope = site_envelope(&site, mail);
    struct mta_answer a = {0};
    bool on;

    snprintf(c->id, sizeof c->id, "4L%u%08u", c->number, ++c->sent);
    m->queue_id = c->id;
    if (dice(c, 10) == 0)
        envelope.rcpts = many;
    (void)mta_message(m, &envelope, &a);
    on = judge(mail, &a);
    mta_answer_done(&a);
    return on;
}

/** A message that is not finished: aborted, QUIT in its middle, or the client is gone. */
static bool broken_off(struct client *c, struct mta *m)
{
    struct mta_mail envelope = site_envelope(&site, SITE_BIG_ONE);
    assay_span rest = envelope.message, name, value;
    struct mta_answer a = {0};
    unsigned fields = dice(c, 6), how = dice(c, 4);

    (void)mta_envelope(m, &envelope, &a);
    while (fields-- && mta_cut_field(&rest, &name, &value))
        (void)mta_header(m, name, value, &a);
    if (how > 0 && fields == UINT32_MAX) {
        (void)mta_event(m, MILTER_C_EOH, SPAN_EMPTY, &a);
        (void)mta_event(m, MILTER_C_BODY, span_first(rest, 1 + dice(c, 60000)), &a);
    }
    mta_answer_done(&a);
    atomic_fetch_add(&messages, 1);
    if (how < 2)
        return mta_abort(m);
    if (how == 2)
        mta_packet(m, MILTER_C_QUIT, SPAN_EMPTY);
    mta_flush(m);
    return false;
}

/** One thing that a client does. */
static bool step(struct client *c, struct mta *m, bool out)
{
    static const enum site_mail IN[] = {SITE_SIGNED, SITE_SIGNED, SITE_SPF, SITE_FORGED,
                                        SITE_FORGED};
    unsigned what = dice(c, 100);

    if (what < 5)
        return broken_off(c, m);
    if (out)
        return whole(c, m, SITE_OUT);
    return whole(c, m, what < 7 ? SITE_BIG_ONE : IN[dice(c, sizeof IN / sizeof *IN)]);
}

/** One connection. */
static void visit(struct client *c)
{
    bool out = dice(c, 3) == 0, on;
    char helo[64];
    struct mta m;

    snprintf(helo, sizeof helo, "h%u.client.example",
             dice(c, 100000)); /* many names for the cache */
    on = mta_open(&m, out ? site.out : site.in) && mta_negotiate(&m, MTA_POSTFIX) &&
         mta_client(&m, "mail.client.example", "203.0.113.9") && mta_helo(&m, helo);
    if (!on)
        atomic_fetch_add(&unanswered, 1);
    for (unsigned i = 0; on && i < EACH && !stop; i++)
        on = step(c, &m, out);
    mta_quit(&m);
}

static void *client_run(void *arg)
{
    while (!stop)
        visit(arg);
    return NULL;
}

/* ---- who asks and reloads ---- */

/** Ask the control socket. \return the length of its answer; -1: it has none */
static long ask(const char *line)
{
    int fd = mta_socket(site.control);
    FILE *f = fd >= 0 ? fdopen(fd, "r+") : NULL;
    char head[64], piece[4096];
    long n = -1;

    if (f && fputs(line, f) >= 0 && fflush(f) == 0 && fgets(head, sizeof head, f)) {
        n = strtol(head + 3, NULL, 10);
        for (long left = n; left > 0;) {
            size_t got =
                fread(piece, 1, left < (long)sizeof piece ? (size_t)left : sizeof piece, f);

            left = got ? left - (long)got : 0;
            n = got ? n : -1;
        }
    }
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    return n;
}

/** Reload, by signal or by the socket, a configuration that is a little other each time. */
static void reload(unsigned turn)
{
    char more[128];

    snprintf(more, sizeof more, "threads = 4\nwhy.keep = %u\n%s", 100 + turn % 3 * 20,
             turn % 5 == 4 ? "nonsense = 1\n" : "");
    if (!site_configure(&site, more))
        atomic_fetch_add(&wrong, 1);
    if (turn % 2)
        (void)ask("reload\n");
    else
        kill(assayd.pid, SIGHUP);
}

static void *aside_run(void *arg)
{
    int64_t next = daemon_clock() + RELOAD_MS;
    char line[64];

    for (unsigned turn = 0; !stop; turn++) {
        snprintf(line, sizeof line, "why 4L%u%08u\n", turn % CLIENTS, turn % 997);
        (void)ask(line);
        (void)ask("not-signed ann@own.example\n");
        if (ask("metrics\n") < 1000)
            atomic_fetch_add(&wrong, 1);
        if (daemon_clock() >= next) {
            reload(turn);
            next = daemon_clock() + RELOAD_MS * (wanted ? 10 : 1);
        }
        usleep(ASIDE_MS * 1000);
    }
    return arg;
}

/* ---- what the processes hold ---- */

/** One look at all processes. */
struct sample {
    long long messages;
    struct daemon_holds front, keys, master;
};

static struct sample samples[SAMPLES];
static size_t nsamples;

/** Look, and print a line. */
static void look(void)
{
    struct daemon_holds all[DAEMON_PROCESSES];
    size_t n = daemon_look_all(&assayd, all);
    struct sample *s = &samples[nsamples < SAMPLES ? nsamples++ : SAMPLES - 1];

    *s = (struct sample){.messages = atomic_load(&messages)};
    for (size_t i = 0; i < n; i++) {
        if (i == 0)
            s->master = all[i];
        else if (strcmp(all[i].name, "assayd: keys") == 0 && all[i].pid > s->keys.pid)
            s->keys = all[i];
        else if (strcmp(all[i].name, "assayd: front") == 0)
            s->front = all[i];
    }
    if (wanted)
        printf("%9lld  front %6ld rss %6ld pss %6ld own %3ld fds  keys %6ld rss %6ld pss %3ld fds  "
               "master %6ld rss %6ld pss %3ld fds\n",
               s->messages, s->front.rss, s->front.pss, s->front.own, s->front.files, s->keys.rss,
               s->keys.pss, s->keys.files, s->master.rss, s->master.pss, s->master.files);
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;

    return (x > y) - (x < y);
}

/** The middle value of a figure over some samples. \param field  where it lies in a sample */
static long middle(size_t from, size_t to, size_t field)
{
    static long values[SAMPLES];
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        values[n++] = *(const long *)((const char *)&samples[i] + field);
    qsort(values, n, sizeof *values, compare);
    return n ? values[n / 2] : 0;
}

#define FIELD(process, what) offsetof(struct sample, process) + offsetof(struct daemon_holds, what)

/** Whether a figure grew between the first part of the samples behind warm-up and the last. */
static bool is_flat(const char *name, size_t field, long bearable)
{
    size_t warm = nsamples * WARM_PERCENT / 100, part = (nsamples - warm) / 5;
    long before = middle(warm, warm + part, field),
         after = middle(nsamples - part, nsamples, field);
    bool flat = part > 0 && after - before <= bearable;

    if (wanted || !flat)
        printf("%-16s %6ld after warm-up, %6ld at the end: %+ld, %s\n", name, before, after,
               after - before, flat ? "flat" : "GROWS");
    return flat;
}

/** Memory and descriptors of all processes. */
static bool all_flat(void)
{
    bool flat = is_flat("front rss KiB", FIELD(front, rss), GROWTH_KB);

    flat &= is_flat("front own KiB", FIELD(front, own), GROWTH_KB);
    flat &= is_flat("front fds", FIELD(front, files), 2);
    flat &= is_flat("keys rss KiB", FIELD(keys, rss), GROWTH_KB);
    flat &= is_flat("keys own KiB", FIELD(keys, own), GROWTH_KB);
    flat &= is_flat("keys fds", FIELD(keys, files), 0);
    flat &= is_flat("master rss KiB", FIELD(master, rss), GROWTH_KB);
    flat &= is_flat("master fds", FIELD(master, files), 0);
    return flat;
}

/* ---- the test ---- */

/** Wait until it is enough. */
static void watch(void)
{
    const char *text = getenv("ASSAY_LOAD_S");
    int64_t end = daemon_clock() + 1000 * (text ? strtol(text, NULL, 10) : SECONDS);
    long long next = 0;

    while (wanted ? messages < wanted : daemon_clock() < end) {
        if (!wanted || messages >= next) {
            look();
            next += wanted / 200;
        }
        usleep(50000);
    }
}

static void every_verdict_under_load_is_right(void **state)
{
    static struct client clients[CLIENTS];
    int64_t began = daemon_clock();
    pthread_t aside;
    char *words;

    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.number = i, .random = i + 1};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
    }
    assert_int_equal(pthread_create(&aside, NULL, aside_run, NULL), 0);
    watch();
    stop = true;
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
    pthread_join(aside, NULL);
    print_message("%lld messages in %.1f s, %lld wrong, %lld not answered\n", (long long)messages,
                  (double)(daemon_clock() - began) / 1000, (long long)wrong, (long long)unanswered);
    assert_true(messages > 100);
    assert_int_equal(wrong, 0);
    assert_int_equal(unanswered, 0);
    if ((words = daemon_complains(&assayd)))
        print_error("%s\n", words);
    assert_null(words);
}

static void memory_and_descriptors_stay_flat(void **state)
{
    (void)state;
    if (!wanted)
        skip(); /* a few seconds show nothing */
    assert_true(all_flat());
}

static void what_is_under_way_is_finished_when_all_are_told_to_end(void **state)
{
    struct mta_mail envelope = site_envelope(&site, SITE_OUT);
    struct daemon_holds all[DAEMON_PROCESSES];
    struct mta_answer a = {0};
    struct mta m;
    size_t n = daemon_look_all(&assayd, all);
    char *words;

    (void)state;
    assert_true(mta_open(&m, site.out) && mta_negotiate(&m, MTA_POSTFIX) &&
                mta_client(&m, "mail.client.example", "203.0.113.9") && mta_helo(&m, "x.example"));
    assert_int_equal(mta_envelope(&m, &envelope, &a), MILTER_R_CONTINUE);
    assert_true(mta_flush(&m));
    usleep(100000);
    for (size_t i = n; i-- > 0;) /* as a service manager does it */
        kill(all[i].pid, SIGTERM);
    usleep(300000);
    assert_int_equal(mta_content(&m, envelope.message, &a), MILTER_R_CONTINUE);
    assert_int_equal(mta_event(&m, MILTER_C_EOB, SPAN_EMPTY, &a), MILTER_R_CONTINUE);
    assert_true(site_has_edit(&a, "DKIM-Signature"));
    mta_answer_done(&a);
    mta_quit(&m);
    assert_int_equal(daemon_stop(&assayd), 0);
    if ((words = daemon_complains(&assayd)))
        print_error("%s\n", words);
    assert_null(words);
}

static int set_up(void **state)
{
    const char *text = getenv("ASSAY_SOAK");
    char program[4096], log[SITE_PATH + 16];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < RECIPIENTS; i++)
        many[i] = "<bob@example.net>";
    wanted = text ? strtoll(text, NULL, 10) : 0;
    site_program("assayd", program);
    if (!site_open(&site) || !site_configure(&site, "threads = 4\nwhy.keep = 100\n"))
        return -1;
    snprintf(log, sizeof log, "%s/log", site.folder);
    return daemon_start(&assayd, program, site.conf, site.out, log) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    site_close(&site);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_under_load_is_right),
        cmocka_unit_test(memory_and_descriptors_stay_flat),
        cmocka_unit_test(what_is_under_way_is_finished_when_all_are_told_to_end),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
