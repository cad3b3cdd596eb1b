/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields a signature covers: against a naive search, for headers of few and of many fields, and for names that
 * have one hash.
 */
#include "base/test_random.h"
#include "crypto/engine.h"
#include "dkim/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** The first four have one hash, the next two are one name. */
static const char *const NAMES[] = {"X-a[b[", "X-a{b[", "X-a[b{", "X-a{b{",
                                    "From",   "fROM",   "To",     "X-from"};

static assay_engine *engine;

/** A name of the list, or one that no field has. */
static const char *any_name(void)
{
    size_t i = random_below(COUNT(NAMES) + 1);

    return i < COUNT(NAMES) ? NAMES[i] : "Absent";
}

/** A header of `n` fields, each of another value. */
static struct header make_header(size_t n)
{
    struct header h;

    header_init(&h);
    for (size_t i = 0; i < n; i++) {
        char value[32];

        snprintf(value, sizeof value, " %zu", i);
        assert_int_equal(header_field(&h, span_of(NAMES[random_below(COUNT(NAMES))]),
                                      span_of(value)),
                         ASSAY_DONE);
    }
    return h;
}

/** What is hashed, simple: for each name the lowest field that was not taken (RFC 6376 5.4.2). */
static void naive_text(const struct header *h, size_t signature, assay_span names, struct buf *out)
{
    bool *taken = calloc(h->n, sizeof *taken);
    assay_span name, raw = field_raw(h, signature);

    assert_non_null(taken);
    taken[signature] = true;
    while (span_cut(&names, ':', &name))
        for (size_t i = h->n; i-- > 0;)
            if (!taken[i] && span_ieq(field_name(h, i), name)) {
                taken[i] = true;
                buf_put(out, field_raw(h, i));
                break;
            }
    buf_put(out, span_first(raw, raw.n - 2));
    free(taken);
}

/** Compare one header and one h= with the naive way. */
static void compare(size_t n)
{
    struct header h = make_header(n);
    struct buf names = buf_new(1 << 16), text = buf_new(1 << 20);
    uint8_t want[SHA256_SIZE], got[SHA256_SIZE];
    struct dkim_signature s = {.field = random_below(n), .header_canon = CANON_SIMPLE};

    for (size_t i = 1 + random_below(LIMIT_SIGNED_FIELDS); i > 0; i--)
        buf_printf(&names, "%s%s", any_name(), i > 1 ? ":" : "");
    s.names = buf_span(&names);
    s.b = span_from(field_value(&h, s.field), field_value(&h, s.field).n); /* empty, at the end */
    naive_text(&h, s.field, s.names, &text);
    assert_int_equal(text.status, ASSAY_DONE);
    assert_int_equal(digest_of(engine, buf_span(&text), want), ASSAY_DONE);
    assert_int_equal(dkim_hash(engine, &h, &s, got), ASSAY_DONE);
    if (memcmp(want, got, SHA256_SIZE) != 0)
        fail_msg("%zu fields, h=%.*s", n, SPAN_ARG(s.names));
    buf_done(&names);
    buf_done(&text);
    header_done(&h);
}

static void the_lowest_field_of_a_name_that_is_left_is_hashed(void **state)
{
    static const size_t FIELDS[] = {1, 2, 7, 40, 255, 256, 257, 258, 300, 1000, LIMIT_FIELDS};

    (void)state;
    for (size_t i = 0; i < COUNT(FIELDS); i++)
        for (size_t k = 0; k < 30; k++)
            compare(FIELDS[i]);
}

static void four_of_the_names_have_one_hash(void **state)
{
    (void)state;
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(span_hash(span_of(NAMES[0])), span_hash(span_of(NAMES[i])));
        assert_false(span_ieq(span_of(NAMES[0]), span_of(NAMES[i])));
    }
}

static int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(0, &engine);
}

static int drop_engine(void **state)
{
    (void)state;
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_of_the_names_have_one_hash),
        cmocka_unit_test(the_lowest_field_of_a_name_that_is_left_is_hashed),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
