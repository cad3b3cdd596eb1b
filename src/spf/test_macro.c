/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/test_random.h"
#include "spf/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- a check to expand in ---- */

/** A check and what it stands on. */
struct setting {
    struct assay_eval ev;
    struct spf_request request;
    struct spf_check check;
};

/**
 * Set up the check of RFC 7208 7.4, with another client, local part or HELO. eval_done() its
 * evaluation.
 */
static void set_up(struct setting *s, const char *ip, assay_span local, assay_span helo)
{
    static char text[IP_TEXT];
    struct ip client;

    memset(s, 0, sizeof *s);
    eval_init(&s->ev, NULL, NULL, 1790683200);
    assert_true(ip_read(span_of(ip), &client));
    s->request = (struct spf_request){.scope = SPF_MFROM,
                                      .ip = client,
                                      .ip_text = ip_text(&client, text),
                                      .local = local,
                                      .domain = SPAN("email.example.com"),
                                      .helo = helo,
                                      .hostname = SPAN("mx.example.net")};
    s->check = (struct spf_check){.ev = &s->ev,
                                  .request = &s->request,
                                  .sender = SPAN("email.example.com")};
}

/** Expand a macro string in a setting; `domain` is %{d}. */
static void expand(struct setting *s, assay_span string, assay_span domain, struct buf *out)
{
    struct spf_text text;
    bool ascii;

    assert_int_equal(spf_expand(&s->check, string, domain, &text, &ascii), ASSAY_DONE);
    assert_false(text.over);
    buf_put(out, (assay_span){text.p, text.n});
}

/** A macro string and what it becomes. */
struct row {
    const char *string, *want;
};

/** Expand each row of a table in one setting. */
static void expand_table(struct setting *s, const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct buf got = buf_new(1 << 16);

        expand(s, span_of(rows[i].string), SPAN("email.example.com"), &got);
        if (!span_is(buf_span(&got), rows[i].want)) {
            printf("%s\n  wanted %s\n  got    %.*s\n", rows[i].string, rows[i].want,
                   SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    eval_done(&s->ev);
    assert_int_equal(wrong, 0);
}

/* ---- expansion ---- */

static void the_examples_of_rfc_7208_expand_as_it_says(void **state)
{
    static const struct row ROWS[] = {
        /* RFC 7208 7.4 */
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d3}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"},
        {"%{l-}", "strong.bad"},
        {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
        {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
        {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
    };
    static const struct row IPV6[] = {
        {"%{ir}.%{v}._spf.%{d2}",
         "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"},
    };
    struct setting s;

    (void)state;
    set_up(&s, "192.0.2.3", SPAN("strong-bad"), SPAN("helo.example"));
    expand_table(&s, ROWS, COUNT(ROWS));
    set_up(&s, "2001:db8::cb01", SPAN("strong-bad"), SPAN("helo.example"));
    expand_table(&s, IPV6, COUNT(IPV6));
}

static void every_letter_has_its_value(void **state)
{
    static const struct row FOUR[] = {
        {"%{s} %{l} %{o} %{d}",
         "a.b+c@email.example.com a.b+c email.example.com email.example.com"},
        {"%{i} %{c} %{v}", "192.0.2.3 192.0.2.3 in-addr"},
        {"%{h} %{r} %{t}", "helo.example mx.example.net 1790683200"},
        {"%%|%_|%-", "%| |%20"},
        {"", ""},
        {"no macro at all", "no macro at all"},
    };
    static const struct row SIX[] = {
        {"%{i}", "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a"},
        {"%{c} %{v}", "2001:db8::a ip6"},
    };
    static const struct row NOTHING[] = {
        {"%{s} %{l}", "postmaster@email.example.com postmaster"}, /* RFC 7208 4.3 */
        {"[%{h}]", "[]"},
    };
    struct setting s;

    (void)state;
    set_up(&s, "192.0.2.3", SPAN("a.b+c"), SPAN("helo.example"));
    expand_table(&s, FOUR, COUNT(FOUR));
    set_up(&s, "2001:db8::a", SPAN("a"), SPAN("helo.example"));
    expand_table(&s, SIX, COUNT(SIX));
    set_up(&s, "192.0.2.3", SPAN_EMPTY, SPAN_EMPTY);
    expand_table(&s, NOTHING, COUNT(NOTHING));
    set_up(&s, "192.0.2.3", SPAN("a"), SPAN("b"));
    s.request.hostname = SPAN_EMPTY;
    s.ev.now = -5;
    expand_table(&s, (const struct row[]){{"%{r} %{t}", "unknown 0"}}, 1);
}

static void values_are_split_turned_round_cut_and_joined_by_dots(void **state)
{
    static const struct row ROWS[] = {
        {"%{l}", "a-b.c+d,e/f_g=h"},
        {"%{l1}", "c+d,e/f_g=h"},
        {"%{l+}", "a-b.c.d,e/f_g=h"},
        {"%{l,}", "a-b.c+d.e/f_g=h"},
        {"%{l/}", "a-b.c+d,e.f_g=h"},
        {"%{l_}", "a-b.c+d,e/f.g=h"},
        {"%{l=}", "a-b.c+d,e/f_g.h"},
        {"%{l.-+,/_=}", "a.b.c.d.e.f.g.h"},
        {"%{lr.-+,/_=}", "h.g.f.e.d.c.b.a"},
        {"%{l3.-+,/_=}", "f.g.h"},
        {"%{l3r.-+,/_=}", "c.b.a"},
        {"%{l3R.-+,/_=}", "c.b.a"},
        {"%{l8r-.+,/_=}", "h.g.f.e.d.c.b.a"},
        {"%{l9-.+,/_=}", "a.b.c.d.e.f.g.h"},
        {"%{l007-.+,/_=}", "b.c.d.e.f.g.h"},
        {"%{l128-.+,/_=}", "a.b.c.d.e.f.g.h"},
        {"%{l99999999999999999999999999-.+,/_=}", "a.b.c.d.e.f.g.h"},
        {"%{l----}", "a.b.c+d,e/f_g=h"}, /* a delimiter twice is it once */
        {"%{i1}", "3"},
        {"%{v1-}", "addr"},
        {"%{d2.}", "example.com"},
        {"%{t1}", "1790683200"},
    };
    static const struct row DELIMITERS[] = {
        {"%{l-}", ".a..b."},
        {"%{lr-}", ".b..a."},
        {"%{l1-}", ""},
        {"%{l2-}", "b."},
    };
    struct setting s;

    (void)state;
    set_up(&s, "192.0.2.3", SPAN("a-b.c+d,e/f_g=h"), SPAN("helo.example"));
    expand_table(&s, ROWS, COUNT(ROWS));
    set_up(&s, "192.0.2.3", SPAN("-a--b-"), SPAN("helo.example")); /* empty parts are parts */
    expand_table(&s, DELIMITERS, COUNT(DELIMITERS));
}

static void an_upper_case_letter_escapes_what_a_url_does_not_hold(void **state)
{
    static const struct row ROWS[] = {
        {"%{L}", "a%20b%25%2F%3F~-._9%40%FC"},
        {"%{S}", "a%20b%25%2F%3F~-._9%40%FC%40email.example.com"},
        {"%{D}", "email.example.com"},
        {"%{DR}", "com.example.email"},
        {"%{L/}", "a%20b%25.%3F~-._9%40%FC"},
        {"%{I}|%{V}|%{T}|%{C}|%{H}|%{R}|%{O}",
         "192.0.2.3|in-addr|1790683200|192.0.2.3|a%28b%29|mx.example.net|email.example.com"},
    };
    struct setting s;

    (void)state;
    set_up(&s, "192.0.2.3", SPAN("a b%/?~-._9@\xFC"), SPAN("a(b)"));
    expand_table(&s, ROWS, COUNT(ROWS));
}

static void every_octet_is_itself_or_escaped(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        struct spf_macro m = {.letter = 'l', .escape = true, .delimiters = SPAN_EMPTY};
        char octet = (char)c, want[4];
        struct spf_text out = {.n = 0};
        bool plain = ascii_alnum(octet) || (c && strchr("-._~", c)); /* unreserved (RFC 3986 2.3) */

        snprintf(want, sizeof want, plain ? "%c" : "%%%02X", c);
        spf_macro_apply(&m, (assay_span){&octet, 1}, &out);
        assert_true(span_is((assay_span){out.p, out.n}, want));
    }
}

static void a_local_part_beyond_ascii_is_noticed_where_it_is_used(void **state)
{
    static const struct {
        const char *string;
        bool ascii;
    } ROWS[] = {{"%{l}", false},
                {"x.%{S}", false},
                {"%{l1r-}", false},
                {"%{o}.%{d}.%{h}", true},
                {"x", true}};
    struct setting s;

    (void)state;
    set_up(&s, "192.0.2.3", SPAN("b\303\274cher"), SPAN("h\303\244"));
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct spf_text text;
        bool ascii = !ROWS[i].ascii;

        assert_int_equal(spf_expand(&s.check, span_of(ROWS[i].string), SPAN("d.example"), &text,
                                    &ascii),
                         ASSAY_DONE);
        if (ascii != ROWS[i].ascii)
            fail_msg("%s: wanted %d, got %d", ROWS[i].string, ROWS[i].ascii, ascii);
    }
    eval_done(&s.ev);
}

/* ---- limits of expansion ---- */

static void a_text_holds_what_it_has_room_for_and_says_when_more_came(void **state)
{
    static char octets[LIMIT_SPF_EXPANSION + 1];
    struct spf_text t = {.n = 0};

    (void)state;
    memset(octets, 'x', sizeof octets);
    spf_text_add(&t, (assay_span){octets, LIMIT_SPF_EXPANSION - 2});
    spf_text_add(&t, (assay_span){NULL, 0});
    spf_text_add(&t, SPAN("yy"));
    assert_false(t.over);
    assert_int_equal(t.n, LIMIT_SPF_EXPANSION);
    spf_text_add(&t, SPAN("z"));
    assert_true(t.over);
    assert_int_equal(t.n, LIMIT_SPF_EXPANSION);
    assert_memory_equal(t.p + LIMIT_SPF_EXPANSION - 2, "yy", 2);
}

static void an_expansion_over_the_limit_is_marked(void **state)
{
    struct buf local = buf_new(8192), string = buf_new(8192);
    struct setting s;
    struct spf_text text;
    bool ascii;

    (void)state;
    for (size_t i = 0; i < 500; i++)
        buf_puts(&local, "x");
    for (size_t i = 0; i < 9; i++)
        buf_puts(&string, "%{l}");
    set_up(&s, "192.0.2.3", buf_span(&local), SPAN("h"));
    assert_int_equal(spf_expand(&s.check, span_first(buf_span(&string), 8 * 4), SPAN("d"), &text,
                                &ascii),
                     ASSAY_DONE);
    assert_false(text.over);
    assert_int_equal(text.n, 4000);
    assert_int_equal(spf_expand(&s.check, buf_span(&string), SPAN("d"), &text, &ascii), ASSAY_DONE);
    assert_true(text.over);
    eval_done(&s.ev);
    buf_done(&local);
    buf_done(&string);
}

static void a_value_of_more_parts_than_the_limit_is_over_it_and_nothing_is_lost_below(void **state)
{
    enum { PARTS = 512 };

    (void)state;
    for (size_t parts = 1; parts < 1200; parts += parts < 505 || parts > 520 ? 37 : 1) {
        struct buf value = buf_new(8192);
        struct spf_macro m = {.letter = 'l', .delimiters = SPAN("-")};

        for (size_t i = 0; i < parts; i++)
            buf_puts(&value, i ? "-x" : "x");
        for (m.keep = 0; m.keep < 2; m.keep++) {
            struct spf_text out = {.n = 0};

            spf_macro_apply(&m, buf_span(&value), &out);
            assert_int_equal(out.over, parts > PARTS);
            assert_int_equal(out.n, parts > PARTS ? 0 : m.keep ? 1 : value.n);
            for (size_t i = 0; i < out.n; i++)
                assert_int_equal(out.p[i], i % 2 ? '.' : 'x');
        }
        buf_done(&value);
    }
}

static void a_name_too_long_is_cut_from_the_left_at_a_dot(void **state)
{
    struct setting s;
    struct buf helo = buf_new(4096);

    (void)state;
    for (size_t labels = 24; labels < 60; labels += 5) {
        static const struct spf_domain SPEC = {.spec = SPAN("%{h}.example"),
                                               .macro = true,
                                               .name = SPAN_EMPTY};
        enum spf_target what;
        assay_span target;

        buf_clear(&helo);
        for (size_t i = 0; i < labels; i++)
            buf_printf(&helo, "%slabel-%02zu", i ? "." : "", i);
        set_up(&s, "192.0.2.3", SPAN("a"), buf_span(&helo));
        assert_int_equal(spf_target_of(&s.check, &SPEC, SPAN("d.example"), &target, &what),
                         ASSAY_DONE);
        assert_int_equal(what, SPF_TARGET_OK);
        assert_true(span_iends(target, SPAN(".example")) && span_starts(target, SPAN("label-")));
        assert_int_equal(target.n, labels < 28
                                       ? labels * 9 + 7
                                       : 27 * 9 + 7); /* 253 octets at most (RFC 7208 7.3) */
        eval_done(&s.ev);
    }
    buf_done(&helo);
}

/* ---- the grammar (RFC 7208 7.1) ---- */

/**
 * A macro string, and what is wrong with it by use: a domain-spec, an unknown modifier, an
 * explanation.
 */
static const struct {
    assay_span string;
    bool macro;
    const char *domain, *value, *explain;
} CHECKS[] = {
#define EVERYWHERE(what) what, what, what
#define VISIBLE          "an octet that is not visible ASCII"
#define TOP              "the domain does not end in a top-level label"
#define EXPLAIN          "this macro letter is only for explanations"
    {SPAN("a.example"), false, EVERYWHERE(NULL)},
    {SPAN("%{d}"), true, EVERYWHERE(NULL)},
    {SPAN("a%%%_%-"), true, EVERYWHERE(NULL)},
    {SPAN(""), false, TOP, NULL, NULL},
    {SPAN("a"), false, TOP, NULL, NULL},
    {SPAN("!#$&'()*+,-./:;<=>?@[\\]^_`{|}~.x"), false, EVERYWHERE(NULL)},
    /* what is visible, and a space */
    {SPAN("a b.example"), false, VISIBLE, VISIBLE, NULL},
    {SPAN("a\tb.example"), false, EVERYWHERE(VISIBLE)},
    {SPAN("a\0b.example"), false, EVERYWHERE(VISIBLE)},
    {SPAN("a\177b.example"), false, EVERYWHERE(VISIBLE)},
    {SPAN("a\303\274.example"), false, EVERYWHERE(VISIBLE)},
    {SPAN("a\r\nb.example"), false, EVERYWHERE(VISIBLE)},
    /* letters */
    {SPAN("%{s}%{l}%{o}%{d}%{i}%{p}%{h}%{v}"), true, EVERYWHERE(NULL)},
    {SPAN("%{S}%{L}%{O}%{D}%{I}%{P}%{H}%{V}"), true, EVERYWHERE(NULL)},
    {SPAN("%{c}"), true, EXPLAIN, NULL, NULL},
    {SPAN("%{R}"), true, EXPLAIN, NULL, NULL},
    {SPAN("%{t1r-}.example"), true, EXPLAIN, NULL, NULL},
    {SPAN("%{a}"), false, EVERYWHERE("no such macro letter")},
    {SPAN("%{1}"), false, EVERYWHERE("no such macro letter")},
    {SPAN("%{ d}"), false, EVERYWHERE("no such macro letter")},
    {SPAN("%{%}"), false, EVERYWHERE("no such macro letter")},
    /* transformers: digits, then r */
    {SPAN("%{d1}%{d22}%{d1r}%{dr}%{dR}"), true, EVERYWHERE(NULL)},
    {SPAN("%{d010}"), true, EVERYWHERE(NULL)},
    {SPAN("%{d18446744073709551616}"), true, EVERYWHERE(NULL)},
    {SPAN("%{d0}"), false, EVERYWHERE("a macro keeps no parts")},
    {SPAN("%{d000r.}"), false, EVERYWHERE("a macro keeps no parts")},
    {SPAN("%{dr2}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{drr}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{d-1}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{d1 }"), false, EVERYWHERE("a macro has a wrong delimiter")},
    /* delimiters */
    {SPAN("%{d.-+,/_=}"), true, EVERYWHERE(NULL)},
    {SPAN("%{d1r=_/,+-.}"), true, EVERYWHERE(NULL)},
    {SPAN("%{d:}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{d\\}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{dd}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{d{}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    {SPAN("%{d\0}"), false, EVERYWHERE("a macro has a wrong delimiter")},
    /* what is no macro */
    {SPAN("%"), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("100%"), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("%d"), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("% "), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("%(d)"), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("%%%"), true, EVERYWHERE("% is not part of a macro")},
    {SPAN("%{"), false, EVERYWHERE("a macro is not closed")},
    {SPAN("%{}"), false, EVERYWHERE("a macro is not closed")},
    {SPAN("%{d"), false, EVERYWHERE("a macro is not closed")},
    {SPAN("%{d.example"), false, EVERYWHERE("a macro is not closed")},
    {SPAN("%\0"), false, EVERYWHERE("% is not part of a macro")},
    {SPAN("%{\0}"), false, EVERYWHERE("no such macro letter")},
    /* the end of a domain */
    {SPAN("%{d}.x"), true, EVERYWHERE(NULL)},
    {SPAN("%{d}.x."), true, EVERYWHERE(NULL)},
    {SPAN("%{d}x.y"), true, EVERYWHERE(NULL)},
    {SPAN("%{d}x"), true, TOP, NULL, NULL},
    {SPAN("%{d}."), true, TOP, NULL, NULL},
    {SPAN("%{d}.1"), true, TOP, NULL, NULL},
    {SPAN("a.1"), false, TOP, NULL, NULL},
    {SPAN("a.1-"), false, TOP, NULL, NULL},
    {SPAN("a.-1"), false, TOP, NULL, NULL},
    {SPAN("a.1-1"), false, EVERYWHERE(NULL)},
    {SPAN("a.b_c"), false, TOP, NULL, NULL},
};

/** Check a string for one use, from memory that ends where it ends. */
static void check_use(size_t row, enum spf_macro_use use, const char *want)
{
    assay_span s = CHECKS[row].string;
    char *copy = malloc(s.n ? s.n : 1);
    bool macro = false;
    const char *got;

    assert_non_null(copy);
    if (s.n)
        memcpy(copy, s.p, s.n);
    got = spf_macro_check((assay_span){copy, s.n}, use, &macro);
    free(copy);
    if (!got != !want || (want && strcmp(got, want) != 0))
        fail_msg("%.*s, use %d: wanted %s, got %s", SPAN_ARG(s), use, want ? want : "ok",
                 got ? got : "ok");
    if (!got)
        assert_int_equal(macro, CHECKS[row].macro);
}

static void macro_strings_are_checked_for_their_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CHECKS); i++) {
        check_use(i, SPF_MACRO_DOMAIN, CHECKS[i].domain);
        check_use(i, SPF_MACRO_STRING, CHECKS[i].value);
        check_use(i, SPF_MACRO_EXPLAIN, CHECKS[i].explain);
    }
}

static void a_macro_is_taken_apart(void **state)
{
    static const struct {
        const char *string;
        struct spf_macro want;
        size_t left;
    } ROWS[] = {
        {"%{d}", {'d', false, false, 0, SPAN("")}, 0},
        {"%{D}rest", {'d', true, false, 0, SPAN("")}, 4},
        {"%{l12r.-}%{d}", {'l', false, true, 12, SPAN(".-")}, 4},
        {"%{Sr}", {'s', true, true, 0, SPAN("")}, 0},
        {"%{h=}", {'h', false, false, 0, SPAN("=")}, 0},
        {"%{i4294967297}", {'i', false, false, 512, SPAN("")}, 0},
        {"%%%", {'%', false, false, 0, SPAN("")}, 1},
        {"%__", {'_', false, false, 0, SPAN("")}, 1},
        {"%-{", {'-', false, false, 0, SPAN("")}, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        assay_span rest = span_of(ROWS[i].string);
        struct spf_macro m;

        assert_null(spf_macro_take(&rest, &m));
        assert_int_equal(m.letter, ROWS[i].want.letter);
        assert_int_equal(m.escape, ROWS[i].want.escape);
        assert_int_equal(m.reverse, ROWS[i].want.reverse);
        assert_int_equal(m.keep, ROWS[i].want.keep);
        assert_true(span_eq(m.delimiters, ROWS[i].want.delimiters));
        assert_int_equal(rest.n, ROWS[i].left);
    }
}

/* ---- random values ---- */

/**
 * spf_macro_apply() without escaping, another way: find the parts from the right, one octet at a
 * time.
 */
static void apply_naively(const struct spf_macro *m, assay_span value, struct buf *out)
{
    assay_span parts[200];
    size_t n = 1, first;

    parts[0] = (assay_span){value.p, 0};
    for (size_t i = 0; i < value.n; i++) {
        if (span_find(m->delimiters.n ? m->delimiters : SPAN("."), value.p[i]) <
            (m->delimiters.n ? m->delimiters.n : 1))
            parts[n++] = (assay_span){value.p + i + 1, 0};
        else
            parts[n - 1].n++;
    }
    if (m->reverse)
        for (size_t i = 0; i < n / 2; i++) {
            assay_span other = parts[i];

            parts[i] = parts[n - 1 - i];
            parts[n - 1 - i] = other;
        }
    first = m->keep && m->keep < n ? n - m->keep : 0;
    for (size_t i = first; i < n; i++) {
        buf_puts(out, i > first ? "." : "");
        buf_put(out, parts[i]);
    }
}

static void random_values_are_transformed_as_the_naive_way_does(void **state)
{
    static const assay_span DELIMITERS[] = {SPAN(""), SPAN("."), SPAN("-"), SPAN(".-+"),
                                            SPAN("+,/_=")};

    (void)state;
    for (size_t round = 0; round < 5000; round++) {
        char octets[150];
        assay_span value = {octets, random_below(sizeof octets)};
        struct spf_macro m = {.letter = 'l',
                              .reverse = random_below(2),
                              .keep = (unsigned)random_below(6),
                              .delimiters = DELIMITERS[random_below(COUNT(DELIMITERS))]};
        struct buf want = buf_new(1000);
        struct spf_text got = {.n = 0};

        if (!m.reverse && !m.keep && !m.delimiters.n)
            continue;
        random_fill(octets, value.n, "ab.-+,/_=", 9, 3);
        apply_naively(&m, value, &want);
        spf_macro_apply(&m, value, &got);
        if (!span_eq(buf_span(&want), (assay_span){got.p, got.n}))
            fail_msg("%.*s: wanted %.*s, got %.*s", SPAN_ARG(value), SPAN_ARG(buf_span(&want)),
                     (int)got.n, got.p);
        buf_done(&want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_7208_expand_as_it_says),
        cmocka_unit_test(every_letter_has_its_value),
        cmocka_unit_test(values_are_split_turned_round_cut_and_joined_by_dots),
        cmocka_unit_test(an_upper_case_letter_escapes_what_a_url_does_not_hold),
        cmocka_unit_test(every_octet_is_itself_or_escaped),
        cmocka_unit_test(a_local_part_beyond_ascii_is_noticed_where_it_is_used),
        cmocka_unit_test(a_text_holds_what_it_has_room_for_and_says_when_more_came),
        cmocka_unit_test(an_expansion_over_the_limit_is_marked),
        cmocka_unit_test(a_value_of_more_parts_than_the_limit_is_over_it_and_nothing_is_lost_below),
        cmocka_unit_test(a_name_too_long_is_cut_from_the_left_at_a_dot),
        cmocka_unit_test(macro_strings_are_checked_for_their_use),
        cmocka_unit_test(a_macro_is_taken_apart),
        cmocka_unit_test(random_values_are_transformed_as_the_naive_way_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
