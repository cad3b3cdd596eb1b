/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"
#include "case/facts.c"
#include "case/read.c"
#include "case/world.c"

#include "case/test_case.h"
#include "fact/fact.h"

static const char FILE_TEXT[] =
    "[dns]\n@secure example.com\nexample.com TXT \"v=spf1 include:a.example.com -all\"\n"
    "a.example.com CNAME b.example.com\n@suffix com\n"
    "[policy]\ndmarc.second_view = yes\n"
    "[case]\nname = one\n[envelope]\nip = 192.0.2.1\nfrom = a@example.com\nhelo = h.example.com\nto = b@example.net\n"
    "[dns]\nb.example.com TXT \"v=spf1 ip4:192.0.2.1\"\nb.example.com A 192.0.2.1\n"
    "[message]\n| Subject: x\n| From: a@example.com\n|\n| body\n"
    "[expect]\nspf = fail | none\nar = x\ntrace = nothing like it\nedit = remove X\nquestions = 0\ndkim = pass\n"
    "[case]\n[envelope]\n[message]\nfile = bare-lf.eml\n[digests]\n"
    "relaxed sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= length=0\n";

/** A door with one small file. */
static assay_status open_small(void *arg, assay_span path, struct buf *out)
{
    (void)arg;
    (void)path;
    buf_puts(out, "From: a@example.com\n\n");
    return out->status;
}

/** A taker that wants nothing. */
static assay_status put_nowhere(void *arg, assay_span text)
{
    *(size_t *)arg += text.n;
    return ASSAY_DONE;
}

/** It worked, or memory was out: there is nothing else. */
static bool worked(assay_status s)
{
    if (s != ASSAY_DONE && s != ASSAY_ENOMEM)
        fail_msg("wanted done or out of memory, got %s", assay_strstatus(s));
    return s == ASSAY_DONE;
}

/** Run and write one case. \return whether memory lasted */
static bool run_and_write(assay_engine *engine, const struct case_one *one)
{
    struct case_outcome outcome = {0};
    struct case_error error;
    size_t written = 0;
    bool lasted = worked(case_run(engine, one, &outcome, &error));

    for (unsigned flags = 0; lasted && flags < 3; flags++)
        lasted =
            worked(assay_case_write(outcome.eval, SPAN("body\r\n"), flags, put_nowhere, &written));
    case_outcome_done(&outcome);
    return lasted;
}

/** Read, run, write. \return whether memory lasted */
static bool do_all(assay_engine *engine)
{
    struct case_set *set = NULL;
    struct case_error error;
    bool lasted = worked(case_read(span_of(FILE_TEXT), open_small, NULL, &set, &error));

    for (size_t i = 0; lasted && i < case_count(set); i++)
        lasted = run_and_write(engine, case_at(set, i));
    case_set_free(set);
    return lasted;
}

static void every_allocation_may_fail_and_nothing_is_lost_or_told_wrongly(void **state)
{
    assay_engine *engine;
    size_t n = 0;

    (void)state;
    assert_int_equal(assay_engine_new(4, &engine), ASSAY_DONE);
    for (bool lasted = false; !lasted; n++) {
        memory_left = n;
        lasted = do_all(engine);
        memory_left = SIZE_MAX;
    }
    printf("%zu allocations failed in turn\n", n - 1);
    assert_true(n > 20);
    for (size_t i = 0; i < n; i++) { /* one alone */
        memory_left = i;
        memory_gap = 1;
        do_all(engine);
        memory_left = memory_gap = SIZE_MAX;
    }
    assay_engine_free(engine);
}

static const char KEYS_TEXT[] =
    "[sign]\ns._domainkey.a.example rsa file = key.pem\nt._domainkey.a.example ed25519\n"
    "| -----BEGIN PRIVATE KEY-----\n| MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESc\n"
    "| VpezJpGXA7rAMcrn9g\n| -----END PRIVATE KEY-----\n"
    "u._domainkey.a.example rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAAA\n";

/** A door with one key. */
static assay_status open_key(void *arg, assay_span path, struct buf *out)
{
    (void)path;
    buf_put(out, *(const assay_span *)arg);
    return out->status;
}

/** Ask for a signature by each of the three names. \return whether memory lasted */
static bool ask_all(const struct case_one *one)
{
    static const char *const NAMES[] = {"s._domainkey.a.example", "t._domainkey.a.example",
                                        "u._domainkey.a.example"};
    const struct case_worlds worlds = case_worlds_of(one);
    bool lasted = true;

    for (size_t i = 0; lasted && i < 3; i++) {
        const struct assay_question q = {
            .kind = ASSAY_SIGN,
            .name = span_of(NAMES[i]),
            .data = i == 1 ? SPAN("ed25519-sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
                           : SPAN("rsa-sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")};
        assay_fact *fact = NULL;
        bool absent = true;

        lasted = worked(case_world_ask(&worlds, &q, &fact, &absent));
        assert_true(!lasted || (fact->how == ASSAY_OK && !absent));
        assay_fact_free(fact);
    }
    return lasted;
}

/** Read the keys and ask. */
static bool read_and_ask(assay_span *pem)
{
    struct case_set *set = NULL;
    struct case_error error;
    bool lasted =
        worked(case_read(SPAN(KEYS_TEXT), open_key, pem, &set, &error)) && ask_all(case_at(set, 0));

    case_set_free(set);
    return lasted;
}

static void every_allocation_may_fail_while_keys_are_read(void **state)
{
    struct buf pem = buf_new(1 << 16);
    assay_span octets;
    size_t n = 0;

    (void)state;
    assert_true(test_load("src/dkim/cases/keys/rsa1024.pem", &pem));
    octets = buf_span(&pem);
    for (bool lasted = false; !lasted; n++) {
        memory_left = n;
        lasted = read_and_ask(&octets);
        memory_left = SIZE_MAX;
    }
    assert_in_range(n, 10, 1000);
    for (size_t i = 0; i < n; i++) {
        memory_left = i;
        memory_gap = 1;
        read_and_ask(&octets);
        memory_left = memory_gap = SIZE_MAX;
    }
    buf_done(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail_and_nothing_is_lost_or_told_wrongly),
        cmocka_unit_test(every_allocation_may_fail_while_keys_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
