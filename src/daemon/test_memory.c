/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_memory.c The daemon with memory that is short: one allocation in N of all that is ours
 * fails (linked with --wrap), in every one of its processes. No process ends, no message gets a wrong
 * verdict: at worst it is deferred. Nothing is left of it when memory is back.
 *
 * The program is its own daemon: called as assayd is, it runs as assayd.
 */
#include "daemon/assayd.h"
#include "daemon/test_daemon.h"
#include "daemon/test_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { CLIENTS = 4, EACH = 160, WRONG_MOST = 10 };

static const char SHARED[] =
    "ASSAY_TEST_SCARCITY"; /* in the environment: the file of what follows */

/** How scarce memory is, shared with the daemon. */
struct scarcity {
    atomic_uint one_in; /* 0: memory is plenty */
    atomic_uint seed;
    atomic_ullong failed;
};

static struct scarcity *scarcity; /* NULL: this is the test itself */

/* ---- allocation ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/** This allocation is to fail. */
static bool fails(void)
{
    unsigned one_in = scarcity ? atomic_load(&scarcity->one_in) : 0, x;

    if (!one_in)
        return false;
    x = atomic_fetch_add(&scarcity->seed,
                         0x9E3779B9U); /* a Weyl sequence, mixed (Vigna's splitmix) */
    x = (x ^ x >> 16) * 0x85EBCA6BU;
    x = (x ^ x >> 13) * 0xC2B2AE35U;
    if ((x ^ x >> 16) % one_in)
        return false;
    atomic_fetch_add(&scarcity->failed, 1);
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

/** Map what is shared. \return NULL: it cannot be */
static struct scarcity *map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    void *p = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof(struct scarcity)) == 0)
        p = mmap(NULL, sizeof(struct scarcity), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return p == MAP_FAILED ? NULL : p;
}

/* ---- the load ---- */

static struct site site;
static struct daemon assayd;
static struct scarcity *control; /* the test's own view */
static pid_t front, keys;

/** One client. */
struct client {
    pthread_t thread;
    unsigned right, deferred, wrong;
    bool strict;
};

/** Judge one answer. */
static void judge(struct client *c, enum site_mail mail, const struct mta_answer *a)
{
    enum site_fate fate = site_fate(a);
    bool right = fate == site_right(mail);

    if (right && fate == SITE_ACCEPTED) /* with all that belongs to it */
        right = !site_has_edit(a, "Assay-Disposition") &&
                site_has_edit(a, mail == SITE_OUT ? "DKIM-Signature" : "Authentication-Results");
    if (right)
        c->right++;
    else if (!c->strict && (fate == SITE_NOTHING || fate == SITE_DEFERRED))
        c->deferred++;
    else if (c->wrong++ < WRONG_MOST) {
        print_error("mail %d: reply %c %.*s, %zu edits\n", (int)mail, a->reply ? a->reply : '0',
                    SPAN_ARG(a->text.n ? a->text : SPAN("-")), a->nedits);
        for (size_t i = 0; i < a->nedits; i++)
            print_error("    %.*s:%.*s\n", SPAN_ARG(a->edits[i].name), SPAN_ARG(a->edits[i].value));
    }
}

/** One connection that sends one kind of message twice. */
static void visit(struct client *c, enum site_mail mail)
{
    struct mta_mail envelope = site_envelope(&site, mail);
    struct mta m;
    bool on =
        mta_open(&m, mail == SITE_OUT ? site.out : site.in) && mta_negotiate(&m, MTA_POSTFIX) &&
        mta_client(&m, "mail.client.example", "203.0.113.9") && mta_helo(&m, "mail.client.example");

    for (unsigned i = 0; i < 2; i++) {
        struct mta_answer a = {0};

        if (on)
            on = mta_message(&m, &envelope, &a) != 0;
        judge(c, mail, &a);
        mta_answer_done(&a);
    }
    mta_quit(&m);
}

static void *client_run(void *arg)
{
    for (unsigned i = 0; i < EACH; i++)
        visit(arg, (enum site_mail)(i % SITE_MAILS));
    return NULL;
}

/** All clients. */
static void load(unsigned one_in, struct client *sum)
{
    static struct client clients[CLIENTS];

    atomic_store(&control->one_in, one_in);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.strict = one_in == 0};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        sum->right += clients[i].right;
        sum->deferred += clients[i].deferred;
        sum->wrong += clients[i].wrong;
    }
    atomic_store(&control->one_in, 0);
}

/** The processes are those that began, and none has complained. */
static void assert_all_well(void)
{
    char *words = daemon_complains(&assayd);

    if (words)
        print_error("%s\n", words);
    assert_null(words);
    assert_int_equal(daemon_child(&assayd, "front"), front);
    assert_int_equal(daemon_child(&assayd, "keys"), keys);
}

static void memory_that_is_short_makes_no_verdict_wrong(void **state)
{
    static const unsigned ONE_IN[] = {3000, 600, 150, 40, 10, 600, 150, 40};

    (void)state;
    for (size_t i = 0; i < sizeof ONE_IN / sizeof *ONE_IN; i++) {
        struct client sum = {0};
        unsigned long long before = control->failed;

        load(ONE_IN[i], &sum);
        print_message("one in %4u: %llu allocations failed; %u right, %u deferred, %u wrong\n",
                      ONE_IN[i], (unsigned long long)control->failed - before, sum.right,
                      sum.deferred, sum.wrong);
        assert_int_equal(sum.wrong, 0);
        assert_true(ONE_IN[i] > 600 || control->failed > before);
        assert_all_well();
    }
}

static void memory_that_is_back_leaves_nothing_behind(void **state)
{
    struct client sum = {0};

    (void)state;
    load(0, &sum);
    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.right, CLIENTS * EACH * 2);
    assert_all_well();
}

static void it_ends_in_peace(void **state)
{
    (void)state;
    assert_int_equal(daemon_stop(&assayd), 0);
}

/* ---- all of it ---- */

static int set_up(void **state)
{
    char path[SITE_PATH + 16], log[SITE_PATH + 16];
    struct client first = {0};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (!site_open(&site) ||
        !site_configure(&site, "threads = 2\nwhy.keep = 50\nresolver.timeout = 1s\n"))
        return -1;
    snprintf(path, sizeof path, "%s/scarcity", site.folder);
    snprintf(log, sizeof log, "%s/log", site.folder);
    if (!(control = map(path)) || setenv(SHARED, path, 1) != 0)
        return -1;
    if (!daemon_start(&assayd, "/proc/self/exe", site.conf, site.out, log))
        return -1;
    load(0, &first); /* it serves, and has what it takes to start */
    if (first.wrong)
        return -1;
    front = daemon_child(&assayd, "front");
    keys = daemon_child(&assayd, "keys");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    site_close(&site);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_short_makes_no_verdict_wrong),
        cmocka_unit_test(memory_that_is_back_leaves_nothing_behind),
        cmocka_unit_test(it_ends_in_peace),
    };

    if (argc > 1 && getenv(SHARED)) {
        scarcity = map(getenv(SHARED));
        return assayd_main(argc, argv);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
