/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_web.c Documents and mail servers of every kind, as tools/lab/lab.py has them (test_web.json).
 * Where nsd, unbound, ldnsutils or openssl are missing, it is skipped.
 */
#include "base/limits.h"
#include "probe/probe.h"
#include "world/clock.h"
#include "world/fetch.h"
#include "world/probe.h"
#include "world/test_rig.h"

#include <dirent.h>
#include <malloc.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

static struct weblab lab;

static int start_lab(void **state)
{
    (void)state;
    if (!weblab_start(&lab, "src/world/test_web.json"))
        printf("# no lab: nsd, unbound, ldnsutils or openssl are missing or fail\n");
    return 0;
}

static int stop_lab(void **state)
{
    (void)state;
    weblab_stop(&lab);
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** Skip a test without the lab. */
#define NEEDS_LAB()          \
    do {                     \
        if (!lab.https_port) \
            skip();          \
    } while (0)

/** A question, and what must come. */
struct row {
    const char *name;
    enum assay_how how;
    const char *has; /**< data or, without data, the reason begins with it; NULL: not compared */
    int http;
    const char *type;
};

/** What the row wants is what came. */
static bool as_wanted(const struct row *row, const assay_fact *f)
{
    assay_span text = f->n ? f->data[0] : f->reason;
    bool same = f->how == row->how && (!row->has || span_starts(text, span_of(row->has))) &&
                f->http == row->http && (!row->type || span_is(f->media_type, row->type)) &&
                (f->how == ASSAY_OK || f->reason.n > 0);

    if (!same)
        printf("%s: wanted %s, %d, %s; got %s, %d, %.*s (%.*s)\n", row->name,
               fact_how_text(row->how), row->http, row->has ? row->has : "anything",
               fact_how_text(f->how), f->http, SPAN_ARG(span_first(text, 300)),
               SPAN_ARG(f->reason));
    return same;
}

/** Ask all rows at once. */
static void ask_table(assay_world *w, enum assay_kind kind, const struct row *rows, size_t n)
{
    struct asking *asking = calloc(n, sizeof *asking);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        asking[i] = (struct asking){.kind = kind, .name = rows[i].name};
    weblab_ask(w, asking, n);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(asking[i].fact);
        wrong += !as_wanted(&rows[i], asking[i].fact);
        assay_fact_free(asking[i].fact);
    }
    free(asking);
    assert_int_equal(wrong, 0);
}

/* ---- documents ---- */

static void each_document_is_answered_as_it_is(void **state)
{
    static const struct row ROWS[] = {
        {"https://good.web.example/ok", ASSAY_OK, "hello\n", 200, "text/plain"},
        {"HTTPS://GOOD.web.example/ok", ASSAY_OK, "hello\n", 200, "text/plain"},
        {"https://alias.web.example/", ASSAY_TLSERROR, "name: the certificate is for good.web", 0,
         0},
        {"https://good.web.example/empty", ASSAY_OK, NULL, 204, NULL},
        {"https://good.web.example/gone", ASSAY_OK, "gone", 404, "text/plain"},
        {"https://good.web.example/error", ASSAY_OK, "sorry", 500, NULL},
        {"https://good.web.example/moved", ASSAY_OK, NULL, 301, NULL},
        {"https://good.web.example/no-type", ASSAY_OK, "x", 200, ""},
        {"https://good.web.example/odd-type", ASSAY_OK, "x", 200, ""},
        {"https://good.web.example/endless", ASSAY_TOOBIG, "the document is over 1048576", 0, NULL},
        {"https://good.web.example/large-said", ASSAY_TOOBIG, "the document is over", 0, NULL},
        {"https://good.web.example/bomb", ASSAY_OK, "\x1f\x8b", 200, NULL},
        {"https://good.web.example/huge-headers", ASSAY_SERVFAIL,
         "no document: the header of the answer", 0, 0},
        {"https://good.web.example/endless-headers", ASSAY_SERVFAIL,
         "no document: the header of the", 0, NULL},
        {"https://good.web.example/early", ASSAY_SERVFAIL, "no document: ", 0, NULL},
        {"https://good.web.example/garbage", ASSAY_SERVFAIL, "no document: ", 0, NULL},
        {"https://wild.web.example/", ASSAY_OK, "w", 200, NULL},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    o.web_ms = 10000; /* two at a time of one host */
    w = weblab_world(&o);
    ask_table(w, ASSAY_GET, ROWS, COUNT(ROWS));
    assay_world_free(w);
}

static void what_is_slow_ends_in_time(void **state)
{
    static const struct row ROWS[] = {
        {"https://good.web.example/slow", ASSAY_TIMEOUT, "the document did not come", 0, NULL},
        {"https://good.web.example/silent", ASSAY_TIMEOUT, "the document did not come", 0, NULL},
        {"https://good.web.example/ok", ASSAY_TIMEOUT, "not fetched in time: it stood in", 0, NULL},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;
    int64_t began;

    (void)state;
    NEEDS_LAB();
    o.web_ms = 2000;
    w = weblab_world(&o);
    began = world_now();
    ask_table(w, ASSAY_GET, ROWS, COUNT(ROWS));
    assert_in_range(world_now() - began, 1500, 3500);
    assay_world_free(w);
}

static void each_certificate_that_is_not_good_is_named(void **state)
{
    static const struct row ROWS[] = {
        {"https://expired.web.example/", ASSAY_TLSERROR,
         "expired: the certificate ended on 2021-01-01", 0, NULL},
        {"https://not-yet.web.example/", ASSAY_TLSERROR,
         "expired: the certificate is not valid before 2048-01-01", 0, NULL},
        {"https://self-signed.web.example/", ASSAY_TLSERROR, "untrusted: self-signed", 0, NULL},
        {"https://other-ca.web.example/", ASSAY_TLSERROR, "untrusted: unable to get local", 0,
         NULL},
        {"https://incomplete.web.example/", ASSAY_TLSERROR, "untrusted: unable to get", 0, NULL},
        {"https://wrong-name.web.example/", ASSAY_TLSERROR,
         "name: the certificate is for other.example, not for wrong-name.web.example", 0, NULL},
        {"https://cn-only.web.example/", ASSAY_TLSERROR,
         "name: the certificate is for no host at all, not for cn-only.web.example", 0, NULL},
        {"https://a.deep.web.example/", ASSAY_TLSERROR, "name: ", 0, NULL},
        {"https://partial.web.example/", ASSAY_TLSERROR, "name: ", 0, NULL},
        {"https://weak-key.web.example/", ASSAY_TLSERROR, "untrusted: ", 0, NULL},
        {"https://many.web.example/", ASSAY_TLSERROR, "handshake failed: ", 0, NULL},
        {"https://tls10.web.example/", ASSAY_TLSERROR, "handshake failed: ", 0, NULL},
        {"https://close.web.example/", ASSAY_TLSERROR, "handshake failed: ", 0, NULL},
        {"https://garbage.web.example/", ASSAY_TLSERROR, "handshake failed: wrong version", 0, 0},
        {"https://silent.web.example/", ASSAY_TIMEOUT, "the TLS handshake did not end", 0, NULL},
        {"https://refused.web.example/", ASSAY_REFUSED, "the host refuses the connection", 0, NULL},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    ask_table(w, ASSAY_GET, ROWS, COUNT(ROWS));
    assay_world_free(w);
}

static void a_host_without_addresses_says_what_the_dns_said(void **state)
{
    static const struct row ROWS[] = {
        {"https://nothing.web.example/", ASSAY_NXDOMAIN, "the host has no address", 0, NULL},
        {"https://txt-only.web.example/", ASSAY_NODATA, "the host has no address", 0, NULL},
        {"https://looped.web.example/", ASSAY_SERVFAIL, "the host's addresses are not known", 0, 0},
        {"https://www.away.example/", ASSAY_SERVFAIL, "the host's addresses are not known", 0, 0},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    ask_table(w, ASSAY_GET, ROWS, COUNT(ROWS));
    assay_world_free(w);
}

static void strangers_do_not_lead_us_to_private_places(void **state)
{
    static const struct row GETS[] = {
        {"https://good.web.example/ok", ASSAY_TIMEOUT,
         "not connected to: the host's address 127.0.1.1 is not a public one", 0, NULL},
        {"https://private.web.example/", ASSAY_TIMEOUT,
         "not connected to: the host's address 10.1.2.3 is not a public one", 0, NULL},
        {"https://localhost/", ASSAY_TIMEOUT, "not connected to", 0, NULL},
        {"https://127.0.0.1/", ASSAY_TIMEOUT, "not fetched: the host of the URL is an address", 0,
         0},
        {"https://2130706433/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://0x7f.1/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://[::1]/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://[::ffff:10.0.0.1]/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://good.web.example:8443/", ASSAY_TIMEOUT, "not fetched: the URL names a port", 0,
         0},
        {"https://a:b@good.web.example/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://a@good.web.example/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"http://good.web.example/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"http://good.web.example:81/a.crl", ASSAY_TIMEOUT, "not fetched: the URL names", 0, NULL},
        {"http://10.1.2.3/a.crl", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"http://private.web.example/a.crl", ASSAY_TIMEOUT, "not connected to", 0, NULL},
        {"file:///etc/passwd.crl", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"file:///etc/passwd", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"gopher://good.web.example/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"good.web.example/ok", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://b\xc3\xbc.example/", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://good.web.example/a b", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"https://good%2eweb.example/%00", ASSAY_TIMEOUT, "not ", 0, NULL},
        {"https://", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
        {"", ASSAY_TIMEOUT, "not fetched: ", 0, NULL},
    };
    static const struct row PROBES[] = {
        {"good.mail.example:25", ASSAY_TIMEOUT, "not connected to: the host's address 127.", 0,
         NULL},
        {"good.mail.example:587", ASSAY_TIMEOUT, "not connected to: this is not port 25", 0, NULL},
        {"good.mail.example", ASSAY_TIMEOUT, "not connected to: this is not port 25", 0, NULL},
        {"127.0.0.1:25", ASSAY_TIMEOUT, "not connected to: this is not port 25", 0, NULL},
        {"::1:25", ASSAY_TIMEOUT, "not connected to: this is not port 25", 0, NULL},
        {":25", ASSAY_TIMEOUT, "not connected to: this is not port 25", 0, NULL},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    o.allow_private = false;
    w = weblab_world(&o);
    ask_table(w, ASSAY_GET, GETS, COUNT(GETS));
    ask_table(w, ASSAY_PROBE, PROBES, COUNT(PROBES));
    assay_world_free(w);
}

static void what_is_signed_itself_is_fetched_in_the_clear_and_nothing_else(void **state)
{
    static const struct {
        const char *path;
        enum assay_how how;
    } ROWS[] = {{"/a.crl", ASSAY_OK},
                {"/a.CRL?x", ASSAY_OK},
                {"/a", ASSAY_TIMEOUT},
                {"/a?.crl", ASSAY_TIMEOUT},
                {"/a#.crl", ASSAY_TIMEOUT}};
    struct assay_world_options o = weblab_options(&lab);
    struct asking asking[COUNT(ROWS)];
    char urls[COUNT(ROWS)][80];
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        snprintf(urls[i], sizeof urls[i], "http://plain.web.example:%u%s", lab.https_port,
                 ROWS[i].path);
        asking[i] = (struct asking){.kind = ASSAY_GET, .name = urls[i]};
    }
    weblab_ask(w, asking, COUNT(ROWS));
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assert_int_equal(asking[i].fact->how, ROWS[i].how);
        assert_true(ROWS[i].how != ASSAY_OK || span_is(asking[i].fact->data[0], "crl"));
        assay_fact_free(asking[i].fact);
    }
    assay_world_free(w);
}

static void a_document_says_when_its_certificate_ends(void **state)
{
    struct asking a = {.kind = ASSAY_GET, .name = "https://good.web.example/ok"};
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    weblab_ask(w, &a, 1);
    assert_int_equal(a.fact->how, ASSAY_OK);
    assert_int_equal(a.fact->until, 2524521600); /* 2049-12-31 */
    assert_int_equal(a.fact->ttl, 60);
    assay_fact_free(a.fact);
    assay_world_free(w);
}

static void without_web_roots_nothing_is_known(void **state)
{
    static const struct row ROWS[] = {
        {"https://good.web.example/ok", ASSAY_TIMEOUT, "not fetched: the file of web roots", 0, 0}};
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    o.ca_file = "/nonexistent/roots.pem";
    w = weblab_world(&o);
    ask_table(w, ASSAY_GET, ROWS, COUNT(ROWS));
    assay_world_free(w);
}

/* ---- the DNS ---- */

static void a_server_asked_directly_says_what_it_has_itself(void **state)
{
    struct asking a[] = {
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "txt-only.web.example",
         .data = lab.server},
        {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = "no.web.example", .data = lab.server},
        {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_MX, .name = "good.web.example", .data = lab.server},
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "large.web.example",
         .data = lab.server},
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "www.elsewhere.example",
         .data = lab.server},
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "txt-only.web.example",
         .data = lab.resolver},
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "txt-only.web.example",
         .data = "127.0.0.1@1"},
        {.kind = ASSAY_DNS,
         .rrtype = ASSAY_RR_TXT,
         .name = "txt-only.web.example",
         .data = "not.an.address"},
    };
    static const struct {
        enum assay_how how;
        const char *reason; /* begins with it */
    } WANT[] = {{ASSAY_OK, "aa"},
                {ASSAY_NXDOMAIN, "aa"},
                {ASSAY_NODATA, "aa"},
                {ASSAY_OK, "aa"},
                {ASSAY_REFUSED, "the server refuses"},
                {ASSAY_REFUSED, "the server refuses"}, /* unbound has nothing without RD */
                {ASSAY_TIMEOUT, "the server 127.0.0.1 cannot be reached"},
                {ASSAY_REFUSED, "the server to be asked is no"}};
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;
    size_t wrong = 0;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    weblab_ask(w, a, COUNT(a));
    for (size_t i = 0; i < COUNT(a); i++) {
        if (a[i].fact->how != WANT[i].how ||
            !span_starts(a[i].fact->reason, span_of(WANT[i].reason))) {
            printf("%s at %s: %s (%.*s)\n", a[i].name, a[i].data, fact_how_text(a[i].fact->how),
                   SPAN_ARG(a[i].fact->reason));
            wrong++;
        }
        assay_fact_free(a[i].fact);
    }
    assay_world_free(w);
    assert_int_equal(wrong, 0);
}

static void private_servers_are_not_asked_directly_for_strangers(void **state)
{
    struct asking a = {
        .kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = "a.example", .data = "127.0.0.1"};
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    o.allow_private = false;
    w = weblab_world(&o);
    weblab_ask(w, &a, 1);
    assert_int_equal(a.fact->how, ASSAY_TIMEOUT);
    assert_true(span_contains(a.fact->reason, SPAN("not a public one")));
    assay_fact_free(a.fact);
    assay_world_free(w);
}

static void a_secure_answer_says_when_its_signature_ends(void **state)
{
    struct asking a[] = {
        {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_A, .name = "good.mail.example"},
        {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_A, .name = "good.web.example"},
    };
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    (void)state;
    NEEDS_LAB();
    w = weblab_world(&o);
    weblab_ask(w, a, COUNT(a));
    assert_int_equal(a[0].fact->secure, ASSAY_SECURE);
    assert_int_equal(a[0].fact->until, 2524521600); /* as ldns-signzone was told: 2049-12-31 */
    assert_int_equal(a[1].fact->secure, ASSAY_INSECURE);
    assert_int_equal(a[1].fact->until, 0);
    assay_fact_free(a[0].fact);
    assay_fact_free(a[1].fact);
    assay_world_free(w);
}

/* ---- mail servers ---- */

/** Probe all rows, with a world that looks for old things too or not. */
static void probe_table(bool old, const struct row *rows, size_t n)
{
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;

    o.probe_old = old;
    w = weblab_world(&o);
    ask_table(w, ASSAY_PROBE, rows, n);
    assay_world_free(w);
}

static void each_mail_server_is_told_as_it_is(void **state)
{
    static const struct row ROWS[] = {
        {"good.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = 1.3\ncert = leaf names=good.mail.example from=2020-01-01T00:00:00Z "
         "to=2049-12-31T00:00:00Z key=rsa:2048 sig=sha256 spki256=",
         0, NULL},
        {"expired.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = 1.3\ncert = leaf names=expired.mail.example "
         "from=2020-01-01T00:00:00Z to=2021-01-01T00:00:00Z key=ec:256",
         0, NULL},
        {"wrong-name.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = 1.3\ncert = leaf names=other.example ", 0, NULL},
        {"tls10.mail.example:25", ASSAY_OK, "starttls = yes\ntls = 1.0\ncert = leaf", 0, NULL},
        {"weak-key.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = 1.3\ncert = leaf names=weak-key", 0, 0},
        {"no-starttls.mail.example:25", ASSAY_OK, "starttls = no\n", 0, NULL},
        {"starttls-454.mail.example:25", ASSAY_OK, "starttls = 454\n", 0, NULL},
        {"starttls-close.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = FAILED the connection ended after STARTTLS\n", 0, NULL},
        {"starttls-garbage.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = FAILED wrong version number\n", 0, NULL},
        {"starttls-plain.mail.example:25", ASSAY_OK,
         "starttls = yes\ntls = FAILED wrong version number\n", 0, NULL},
        {"starttls-silent.mail.example:25", ASSAY_TIMEOUT, "no answer to STARTTLS in time", 0,
         NULL},
        {"ehlo-500.mail.example:25", ASSAY_OK, "starttls = no\n", 0, NULL},
        {"ehlo-421.mail.example:25", ASSAY_TIMEOUT, "EHLO was answered by 421", 0, NULL},
        {"greeting-554.mail.example:25", ASSAY_OK, "554 go\n", 0, NULL},
        {"greeting-lines.mail.example:25", ASSAY_OK, "starttls = yes\ntls = 1.3\n", 0, NULL},
        {"greeting-odd.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"greeting-octets.mail.example:25", ASSAY_OK, "554 ??? octets\n", 0, NULL},
        {"endless-greeting.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"endless-line.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"slow.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"silent.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"close.mail.example:25", ASSAY_TIMEOUT, "no SMTP on port", 0, NULL},
        {"refused.mail.example:25", ASSAY_REFUSED, "the host refuses the connection", 0, NULL},
        {"many.mail.example:25", ASSAY_OK, "starttls = yes\ntls = FAILED excessive message size\n",
         0, 0},
        {"two.mail.example:25", ASSAY_OK, "starttls = yes\ntls = 1.3\n", 0, NULL},
        {"nothing.mail.example:25", ASSAY_NXDOMAIN, "the host has no address", 0, NULL},
        {"txt-only.mail.example:25", ASSAY_NODATA, "the host has no address", 0, NULL},
    };

    (void)state;
    NEEDS_LAB();
    probe_table(false, ROWS, COUNT(ROWS));
}

/** A server, and what of it is read back. */
struct seen {
    const char *name;
    enum probe_tls best, least;
    unsigned weak;
    enum probe_trust trust;
    size_t ncerts;
    const char *key, *sig; /**< of the leaf; NULL: not compared */
};

/** The probe of a fact is what is wanted. */
static bool as_seen(const struct seen *want, const assay_fact *f)
{
    struct arena a = {0};
    struct probe p = {0};
    assay_span where = SPAN_EMPTY;
    const char *why = "";
    assay_status s =
        f->how == ASSAY_OK ? probe_read(&a, f->data[0], &p, &where, &why) : ASSAY_EINVAL;
    bool same = s == ASSAY_DONE && p.best == want->best && p.least == want->least &&
                p.weak == want->weak && p.trust == want->trust && p.ncerts == want->ncerts &&
                (!want->key || span_is(p.certs[0].key, want->key)) &&
                (!want->sig || span_is(p.certs[0].sig, want->sig));

    if (!same)
        printf("%s: %s %s: %.*s (%s %.*s)\n", want->name, fact_how_text(f->how), why,
               SPAN_ARG(f->n ? f->data[0] : f->reason), probe_tls_text(p.least), SPAN_ARG(where));
    arena_done(&a);
    return same;
}

static void what_is_told_can_be_read_back(void **state)
{
    static const struct seen ROWS[] = {
        {"good.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_YES, 2, "rsa", "sha256"},
        {"expired.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_YES, 2, "ec", NULL},
        {"self-signed.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_SELF_SIGNED, 1, 0,
         0},
        {"other-ca.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_UNKNOWN, 2, NULL, 0},
        {"other-root.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_UNKNOWN, 3, 0, 0},
        {"incomplete.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_INCOMPLETE, 1, 0,
         0},
        {"weak-key.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_YES, 2, "rsa",
         "sha1"},
        {"edwards.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_SELF_SIGNED, 1,
         "ed25519", "ed25519"},
        {"some.mail.example:25", PROBE_TLS13, PROBE_TLS12, 0, PROBE_TRUST_YES, LIMIT_PROBE_CERTS, 0,
         0},
        {"tls10.mail.example:25", PROBE_TLS10, PROBE_TLS10, 0, PROBE_TRUST_YES, 2, NULL, NULL},
        {"tls11-12.mail.example:25", PROBE_TLS12, PROBE_TLS11, 0, PROBE_TRUST_YES, 2, NULL, NULL},
        {"tls10-13.mail.example:25", PROBE_TLS13, PROBE_TLS10, 0, PROBE_TRUST_YES, 2, NULL, NULL},
        {"tls13.mail.example:25", PROBE_TLS13, PROBE_TLS13, 0, PROBE_TRUST_YES, 2, NULL, NULL},
        {"anonymous.mail.example:25", PROBE_TLS12, PROBE_TLS10, PROBE_WEAK_ANONYMOUS,
         PROBE_TRUST_YES, 2, NULL, NULL},
    };
    struct asking asking[COUNT(ROWS)];
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;
    size_t wrong = 0;

    (void)state;
    NEEDS_LAB();
    o.probe_old = true;
    o.web_ms = 6000;
    w = weblab_world(&o);
    for (size_t i = 0; i < COUNT(ROWS); i++)
        asking[i] = (struct asking){.kind = ASSAY_PROBE, .name = ROWS[i].name};
    weblab_ask(w, asking, COUNT(ROWS));
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        wrong += !as_seen(&ROWS[i], asking[i].fact);
        assay_fact_free(asking[i].fact);
    }
    assay_world_free(w);
    assert_int_equal(wrong, 0);
}

/* ---- for long, and broken off ---- */

/** Descriptors that are open. */
static size_t descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/** Octets that are allocated; 0: the sanitizers count differently. */
static size_t allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    return mallinfo2().uordblks;
#endif
}

/** Fetch and probe many: no answer is asked for twice. */
static void ask_many(assay_world *w, unsigned round)
{
    enum { N = 100 };
    static char names[N][80];
    struct asking asking[N];

    for (size_t i = 0; i < N; i++) {
        static const char *const HOSTS[] = {"good", "wild", "expired", "refused"};

        snprintf(names[i], sizeof names[i], "https://%s.web.example/?%u-%zu", HOSTS[i % 4], round,
                 i);
        asking[i] = (struct asking){.kind = ASSAY_GET, .name = names[i]};
    }
    asking[0] = (struct asking){.kind = ASSAY_PROBE, .name = "good.mail.example:25"};
    weblab_ask(w, asking, N);
    for (size_t i = 0; i < N; i++) {
        enum assay_how how = asking[i].fact->how;

        if (how != ASSAY_OK && how != ASSAY_TLSERROR && how != ASSAY_REFUSED)
            printf("%s: %s (%.*s)\n", asking[i].name, fact_how_text(how),
                   SPAN_ARG(asking[i].fact->reason));
        assert_true(how == ASSAY_OK || how == ASSAY_TLSERROR || how == ASSAY_REFUSED);
        assay_fact_free(asking[i].fact);
    }
}

static void a_thousand_documents_leave_nothing_behind(void **state)
{
    struct assay_world_options o = weblab_options(&lab);
    assay_world *w;
    size_t open, octets;

    (void)state;
    NEEDS_LAB();
    o.cache_bytes = 64 << 10; /* full soon */
    o.web_ms = 20000;
    w = weblab_world(&o);
    for (unsigned round = 0; round < 3; round++)
        ask_many(w, round);
    open = descriptors();
    octets = allocated();
    for (unsigned round = 3; round < 13; round++)
        ask_many(w, round);
    assert_in_range(descriptors(), 0, open);
    if (allocated() > octets + (64 << 10))
        fail_msg("%zu octets became %zu", octets, allocated());
    assert_int_equal(fetch_busy(w->ways.self[WAY_GET]), 0);
    assert_int_equal(probe_busy(w->ways.self[WAY_PROBE]), 0);
    assay_world_free(w);
}

/** Questions whose answers take all stages. */
static const struct asking STAGES[] = {
    {.kind = ASSAY_GET, .name = "https://good.web.example/ok"},
    {.kind = ASSAY_GET, .name = "https://good.web.example/slow"},
    {.kind = ASSAY_GET, .name = "https://good.web.example/endless"},
    {.kind = ASSAY_GET, .name = "https://silent.web.example/"},
    {.kind = ASSAY_GET, .name = "https://refused.web.example/"},
    {.kind = ASSAY_GET, .name = "https://nothing.web.example/"},
    {.kind = ASSAY_PROBE, .name = "good.mail.example:25"},
    {.kind = ASSAY_PROBE, .name = "silent.mail.example:25"},
    {.kind = ASSAY_PROBE, .name = "starttls-silent.mail.example:25"},
    {.kind = ASSAY_PROBE, .name = "tls13.mail.example:25"},
    {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = "large.web.example", .data = lab.server},
    {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_TXT, .name = "no.web.example", .data = "127.0.0.1@9"},
};

/** Ask, run for so many milliseconds, then forget one by one or all at once. */
static void break_off(unsigned ms, bool one_by_one)
{
    struct assay_world_options o = weblab_options(&lab);
    struct asking asking[COUNT(STAGES)];
    struct waiter *waiters[COUNT(STAGES)];
    struct timeval wait = world_wait(ms);
    assay_world *w;
    size_t open = 0;

    o.probe_old = true;
    w = weblab_world(&o);
    for (size_t i = 0; i < COUNT(STAGES); i++) {
        struct assay_question q = weblab_question(&STAGES[i]);

        asking[i] = STAGES[i];
        asking[i].open = &open;
        open++;
        assert_int_equal(world_ask(w, &q, 2000, weblab_came, &asking[i], &waiters[i]), ASSAY_DONE);
    }
    event_base_loopexit(w->loop, &wait);
    event_base_dispatch(w->loop);
    for (size_t i = 0; i < COUNT(STAGES); i++) {
        if (asking[i].told)
            assay_fact_free(asking[i].fact);
        else if (one_by_one)
            world_forget(waiters[i]);
    }
    if (one_by_one) {
        assert_int_equal(fetch_busy(w->ways.self[WAY_GET]), 0);
        assert_int_equal(probe_busy(w->ways.self[WAY_PROBE]), 0);
    }
    assay_world_free(w);
}

static void whoever_breaks_off_at_whatever_time_leaves_nothing_behind(void **state)
{
    size_t open;

    (void)state;
    NEEDS_LAB();
    break_off(400, true);
    open = descriptors();
    for (unsigned ms = 0; ms < 60; ms += ms < 20 ? 1 : 5) {
        break_off(ms, true);
        break_off(ms, false);
    }
    assert_int_equal(descriptors(), open);
}

/* ---- many at once ---- */

static void of_one_host_two_documents_come_at_a_time(void **state)
{
    enum { N = 6 };
    static const char *const URLS[N] = {
        "https://good.web.example/silent?1", "https://good.web.example/silent",
        "https://silent.web.example/",       "https://silent.web.example/2",
        "https://wild.web.example/",         "https://good.web.example/ok",
    };
    struct assay_world_options o = weblab_options(&lab);
    struct asking asking[N];
    assay_world *w;
    int64_t began;

    (void)state;
    NEEDS_LAB();
    o.web_ms = 2000;
    w = weblab_world(&o);
    for (size_t i = 0; i < N; i++)
        asking[i] = (struct asking){.kind = ASSAY_GET, .name = URLS[i]};
    began = world_now();
    weblab_ask(w, asking, N);
    assert_in_range(world_now() - began, 1800, 3500); /* the silent ones side by side */
    assert_int_equal(asking[4].fact->how, ASSAY_OK);
    for (size_t i = 0; i < N; i++)
        assay_fact_free(asking[i].fact);
    assay_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_is_answered_as_it_is),
        cmocka_unit_test(what_is_slow_ends_in_time),
        cmocka_unit_test(each_certificate_that_is_not_good_is_named),
        cmocka_unit_test(a_host_without_addresses_says_what_the_dns_said),
        cmocka_unit_test(strangers_do_not_lead_us_to_private_places),
        cmocka_unit_test(what_is_signed_itself_is_fetched_in_the_clear_and_nothing_else),
        cmocka_unit_test(a_document_says_when_its_certificate_ends),
        cmocka_unit_test(without_web_roots_nothing_is_known),
        cmocka_unit_test(a_server_asked_directly_says_what_it_has_itself),
        cmocka_unit_test(private_servers_are_not_asked_directly_for_strangers),
        cmocka_unit_test(a_secure_answer_says_when_its_signature_ends),
        cmocka_unit_test(each_mail_server_is_told_as_it_is),
        cmocka_unit_test(what_is_told_can_be_read_back),
        cmocka_unit_test(a_thousand_documents_leave_nothing_behind),
        cmocka_unit_test(whoever_breaks_off_at_whatever_time_leaves_nothing_behind),
        cmocka_unit_test(of_one_host_two_documents_come_at_a_time),
    };

    return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
