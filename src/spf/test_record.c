/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.h"
#include "base/limits.h"

#include "fact/fact.c"
#include "spf/record.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- records as text ---- */

/**
 * A domain-spec: as written, then its canonical name in brackets, `%` when it has macros, nothing
 * when it is no name.
 */
static void put_domain(struct buf *out, const char *before, const struct spf_domain *domain)
{
    if (!domain->spec.n)
        return;
    buf_puts(out, before);
    buf_put(out, domain->spec);
    if (domain->macro)
        buf_puts(out, "%");
    else if (domain->name.n)
        buf_printf(out, "[%.*s]", SPAN_ARG(domain->name));
}

/** One directive. */
static void put_term(struct buf *out, const struct spf_term *term)
{
    static const char *const NAMES[] = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"};
    char text[IP_TEXT];

    buf_putc(out, term->qualifier);
    buf_puts(out, NAMES[term->mechanism]);
    put_domain(out, ":", &term->domain);
    if (term->mechanism == SPF_A || term->mechanism == SPF_MX)
        buf_printf(out, "/%u//%u", term->bits4, term->bits6);
    if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6)
        buf_printf(out, ":%.*s/%u", SPAN_ARG(ip_text(&term->net, text)),
                   term->mechanism == SPF_IP4 ? term->bits4 : term->bits6);
}

/** All of a record; `!problem @term` when it breaks the grammar, `-` when it is none. */
static void put_record(struct buf *out, const struct spf_record *r)
{
    static const char *const FOUND[] = {"", "-", "several", ""};

    buf_puts(out, FOUND[r->found]);
    if (r->found == SPF_RECORD_SYNTAX)
        buf_printf(out, "!%s @%.*s", r->problem, SPAN_ARG(r->where));
    if (r->found != SPF_RECORD_OK)
        return;
    for (size_t i = 0; i < r->n; i++) {
        buf_puts(out, i ? " " : "");
        put_term(out, &r->terms[i]);
        assert_true(r->terms[i].text.p > r->text.p && r->terms[i].text.n > 0);
    }
    put_domain(out, " redirect=", &r->redirect);
    put_domain(out, " exp=", &r->exp);
}

/** A record and what is made of it. */
struct row {
    assay_span text;
    const char *want;
};

/** Parse a record, from memory that ends where it ends. */
static void parse_row(assay_span text, struct buf *out)
{
    char *copy = malloc(text.n ? text.n : 1);
    struct spf_record *r;

    assert_non_null(copy);
    if (text.n)
        memcpy(copy, text.p, text.n);
    r = spf_record_parse((assay_span){copy, text.n});
    assert_non_null(r);
    put_record(out, r);
    spf_record_free(r);
    free(copy);
}

/** Parse each row of a table. */
static void parse_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct buf got = buf_new(1 << 16);

        parse_row(rows[i].text, &got);
        if (!span_is(buf_span(&got), rows[i].want)) {
            printf("%.*s\n  wanted %s\n  got    %.*s\n", SPAN_ARG(rows[i].text), rows[i].want,
                   SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

#define PARSE_TABLE(rows) parse_table(rows, COUNT(rows))

/** A record of one term. */
#define ONE(term) SPAN("v=spf1 " term)

/** A mechanism that is wrong: what is wrong, and the term. */
#define WRONG(term, problem)             \
    {                                    \
        ONE(term), "!" problem " @" term \
    }

/* ---- the version (RFC 7208 4.5) ---- */

static void a_record_begins_with_its_version_and_a_space_or_nothing(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=spf1"), ""},
        {SPAN("v=spf1 "), ""},
        {SPAN("V=SPF1 -all"), "-all"},
        {SPAN("v=Spf1 -all"), "-all"},
        {SPAN("v=spf1  -all  "), "-all"},
        {SPAN("v=spf1 -all"), "-all"},
        {SPAN("v=spf10"), "-"},
        {SPAN("v=spf10 -all"), "-"},
        {SPAN("v=spf1\t-all"), "-"},
        {SPAN("v=spf1-all"), "-"},
        {SPAN("v=spf1;"), "-"},
        {SPAN(" v=spf1 -all"), "-"},
        {SPAN("v =spf1 -all"), "-"},
        {SPAN("v=spf"), "-"},
        {SPAN("spf2.0/pra -all"), "-"},
        {SPAN("\"v=spf1 -all\""), "-"},
        {SPAN(""), "-"},
        {SPAN("v"), "-"},
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

/* ---- directives (RFC 7208 4.6.1, 5) ---- */

static void the_examples_of_rfc_7208_are_read(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=spf1 +mx a:colo.example.com/28 -all"),
         "+mx/32//128 +a:colo.example.com[colo.example.com]/28//128 -all"},
        {SPAN("v=spf1 a -all"), "+a/32//128 -all"},
        {SPAN("v=spf1 a:example.org -all"), "+a:example.org[example.org]/32//128 -all"},
        {SPAN("v=spf1 mx:example.org -all"), "+mx:example.org[example.org]/32//128 -all"},
        {SPAN("v=spf1 mx/30 mx:example.org/30 -all"),
         "+mx/30//128 +mx:example.org[example.org]/30//128 -all"},
        {SPAN("v=spf1 ptr -all"), "+ptr -all"},
        {SPAN("v=spf1 ip4:192.0.2.128/28 -all"), "+ip4:192.0.2.128/28 -all"},
        {SPAN("v=spf1 include:example.com include:example.org -all"),
         "+include:example.com[example.com] +include:example.org[example.org] -all"},
        {SPAN("v=spf1 redirect=_spf.example.com"), " redirect=_spf.example.com[_spf.example.com]"},
        {SPAN("v=spf1 mx -all exp=explain._spf.%{d}"), "+mx/32//128 -all exp=explain._spf.%{d}%"},
        {SPAN("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all"), "+exists:%{ir}.%{v}._spf.%{d2}% -all"},
        {SPAN("v=spf1 ip6:2001:DB8::CD30/32 ?all"), "+ip6:2001:db8::cd30/32 ?all"},
        {SPAN("v=spf1 include:_spf.%{d} ~all"), "+include:_spf.%{d}% ~all"},
        {SPAN("v=spf1 a mx:example.com ptr:example.net -all"),
         "+a/32//128 +mx:example.com[example.com]/32//128 +ptr:example.net[example.net] -all"},
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void qualifiers_and_names_are_read_without_case(void **state)
{
    static const struct row ROWS[] = {
        {ONE("all"), "+all"},
        {ONE("+all"), "+all"},
        {ONE("-all"), "-all"},
        {ONE("~all"), "~all"},
        {ONE("?all"), "?all"},
        {ONE("-ALL"), "-all"},
        {ONE("~Mx"), "~mx/32//128"},
        {ONE("?PTR"), "?ptr"},
        {ONE("InClUdE:Example.COM"), "+include:Example.COM[example.com]"},
        {ONE("-a +a ~a ?a"), "-a/32//128 +a/32//128 ~a/32//128 ?a/32//128"},
        WRONG("--all", "no such mechanism"),
        WRONG("!all", "no such mechanism"),
        WRONG("-", "no such mechanism"),
        {ONE("- all"), "!no such mechanism @-"},
        WRONG("al", "no such mechanism"),
        WRONG("alll", "no such mechanism"),
        WRONG("spf", "no such mechanism"),
        WRONG(":example.com", "no such mechanism"),
        WRONG("/24", "no such mechanism"),
        WRONG("ipv4:192.0.2.1", "no such mechanism"),
        WRONG("redirect:example.com", "no such mechanism"),
        WRONG("a\tmx", "no such mechanism"),
        WRONG("m\303\274", "no such mechanism"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void all_takes_no_argument(void **state)
{
    static const struct row ROWS[] = {
        WRONG("all:example.com", "all takes no argument"),
        WRONG("all:", "all takes no argument"),
        WRONG("-all/8", "all takes no argument"),
        WRONG("all.", "no such mechanism"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void include_and_exists_need_a_domain_and_ptr_may_have_one(void **state)
{
    static const struct row ROWS[] = {
        {ONE("include:a.example"), "+include:a.example[a.example]"},
        {ONE("exists:a.example"), "+exists:a.example[a.example]"},
        {ONE("ptr:a.example"), "+ptr:a.example[a.example]"},
        {ONE("ptr"), "+ptr"},
        WRONG("include", "the domain is missing"),
        WRONG("include:", "the domain is missing"),
        WRONG("exists", "the domain is missing"),
        WRONG("exists:", "the domain is missing"),
        WRONG("ptr:", "the domain is missing"),
        WRONG("include/24", "something follows the mechanism"),
        WRONG("ptr/24", "something follows the mechanism"),
        WRONG("exists/0", "something follows the mechanism"),
        WRONG("include:a.example/24", "the domain does not end in a top-level label"),
        WRONG("ptr:a.example/0", "the domain does not end in a top-level label"),
        WRONG("exists:a.example//64", "the domain does not end in a top-level label"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void a_and_mx_take_a_domain_and_two_prefix_lengths(void **state)
{
    static const struct row ROWS[] = {
        {ONE("a"), "+a/32//128"},
        {ONE("a/0"), "+a/0//128"},
        {ONE("a/32"), "+a/32//128"},
        {ONE("mx//0"), "+mx/32//0"},
        {ONE("mx//128"), "+mx/32//128"},
        {ONE("a/24//64"), "+a/24//64"},
        {ONE("a:b.example/24//64"), "+a:b.example[b.example]/24//64"},
        {ONE("mx:b.example//64"), "+mx:b.example[b.example]/32//64"},
        {ONE("mx:%{d}/24"), "+mx:%{d}%/24//128"},
        {ONE("a:%{d/}.b.example/24"), "+a:%{d/}.b.example%/24//128"},
        {ONE("a:x/y.example"), "+a:x/y.example[x/y.example]/32//128"},
        {ONE("a:x/8.example/8"), "+a:x/8.example[x/8.example]/8//128"},
        WRONG("a:", "the domain is missing"),
        WRONG("mx:/24", "the domain is missing"),
        WRONG("a/33", "the prefix length is not valid"),
        WRONG("a//129", "the prefix length is not valid"),
        WRONG("a/24//129", "the prefix length is not valid"),
        WRONG("a/33//64", "the prefix length is not valid"),
        WRONG("a/", "the prefix length is not valid"),
        WRONG("a//", "the prefix length is not valid"),
        WRONG("a/24//", "the prefix length is not valid"),
        WRONG("a/024", "the prefix length is not valid"),
        WRONG("a/00", "the prefix length is not valid"),
        WRONG("a//064", "the prefix length is not valid"),
        WRONG("a/99999999999999999999999", "the prefix length is not valid"),
        WRONG("a//64/24", "something follows the mechanism"),
        WRONG("a/24/24", "something follows the mechanism"),
        WRONG("a///24", "the prefix length is not valid"),
        WRONG("a/x", "something follows the mechanism"),
        WRONG("a/-1", "something follows the mechanism"),
        WRONG("a/24.", "something follows the mechanism"),
        WRONG("a:b.example/", "the prefix length is not valid"),
        WRONG("a:b.example/x", "the domain does not end in a top-level label"),
        {ONE("mx:b.example/24 /24"), "!no such mechanism @/24"},
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void ip4_and_ip6_take_an_address_and_a_prefix_length(void **state)
{
    static const struct row ROWS[] = {
        {ONE("ip4:192.0.2.1"), "+ip4:192.0.2.1/32"},
        {ONE("ip4:192.0.2.1/0"), "+ip4:192.0.2.1/0"},
        {ONE("IP4:0.0.0.0/32"), "+ip4:0.0.0.0/32"},
        {ONE("ip6:2001:db8::1"), "+ip6:2001:db8::1/128"},
        {ONE("ip6:::/0"), "+ip6:::/0"},
        {ONE("ip6:::1/128"), "+ip6:::1/128"},
        {ONE("ip6:::ffff:192.0.2.1/96"), "+ip6:::ffff:192.0.2.1/96"},
        {ONE("ip6:1:2:3:4:5:6:7:8"), "+ip6:1:2:3:4:5:6:7:8/128"},
        WRONG("ip4", "the address is missing"),
        WRONG("ip4:", "the address is missing"),
        WRONG("ip4/24", "the address is missing"),
        WRONG("ip6", "the address is missing"),
        WRONG("ip4:/24", "not an IPv4 address"),
        WRONG("ip4:192.0.2.1/33", "the prefix length is not valid"),
        WRONG("ip4:192.0.2.1/", "the prefix length is not valid"),
        WRONG("ip4:192.0.2.1/08", "the prefix length is not valid"),
        WRONG("ip4:192.0.2.1//32", "not an IPv4 address"),
        WRONG("ip4:192.0.2", "not an IPv4 address"),
        WRONG("ip4:192.0.2.256", "not an IPv4 address"),
        WRONG("ip4:192.0.2.01", "not an IPv4 address"),
        WRONG("ip4:192.0.2.1.", "not an IPv4 address"),
        WRONG("ip4:192.0.2.1:25", "not an IPv4 address"),
        WRONG("ip4:example.com", "not an IPv4 address"),
        WRONG("ip4:2001:db8::1", "not an IPv4 address"),
        WRONG("ip4:0x7f.1", "not an IPv4 address"),
        WRONG("ip6:2001:db8::1/129", "the prefix length is not valid"),
        WRONG("ip6:2001:db8::1/064", "the prefix length is not valid"),
        WRONG("ip6:192.0.2.1", "not an IPv6 address"),
        WRONG("ip6:2001:db8:::1", "not an IPv6 address"),
        WRONG("ip6:2001:db8::1%eth0", "not an IPv6 address"),
        WRONG("ip6:[2001:db8::1]", "not an IPv6 address"),
        WRONG("ip6:12345::", "not an IPv6 address"),
        WRONG("ip6:%{i}", "not an IPv6 address"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

/* ---- domain-specs (RFC 7208 7.1) ---- */

static void a_domain_spec_ends_in_a_top_label_or_a_macro(void **state)
{
    static const struct row ROWS[] = {
        {ONE("a:b.example"), "+a:b.example[b.example]/32//128"},
        {ONE("a:b.example."), "+a:b.example.[b.example]/32//128"},
        {ONE("a:_b.-c-.example"), "+a:_b.-c-.example[_b.-c-.example]/32//128"},
        {ONE("a:b.e1"), "+a:b.e1[b.e1]/32//128"},
        {ONE("a:b.1e"), "+a:b.1e[b.1e]/32//128"},
        {ONE("a:b.1-1"), "+a:b.1-1[b.1-1]/32//128"},
        {ONE("a:b.xn--p1ai"), "+a:b.xn--p1ai[b.xn--p1ai]/32//128"},
        {ONE("a:%{d}"), "+a:%{d}%/32//128"},
        {ONE("a:b.%{o}"), "+a:b.%{o}%/32//128"},
        {ONE("a:%{i}.example"), "+a:%{i}.example%/32//128"},
        {ONE("a:b%%"), "+a:b%%%/32//128"},
        {ONE("a:b..example"),
         "+a:b..example/32//128"}, /* by the grammar; as a name it matches nothing */
        {ONE("a:.example"), "+a:.example/32//128"},
        {ONE("a:a;(b).example"), "+a:a;(b).example[a\\059\\040b\\041.example]/32//128"},
        {ONE("a:a\\b.example"), "+a:a\\b.example[a\\\\b.example]/32//128"},
        WRONG("a:example", "the domain does not end in a top-level label"),
        WRONG("a:example.", "the domain does not end in a top-level label"),
        WRONG("a:b.example..", "the domain does not end in a top-level label"),
        WRONG("a:192.0.2.1", "the domain does not end in a top-level label"),
        WRONG("a:b.123", "the domain does not end in a top-level label"),
        WRONG("a:b.-x", "the domain does not end in a top-level label"),
        WRONG("a:b.x-", "the domain does not end in a top-level label"),
        WRONG("a:b.a_b", "the domain does not end in a top-level label"),
        WRONG("a:%{d}example", "the domain does not end in a top-level label"),
        WRONG("a:%{d}.1", "the domain does not end in a top-level label"),
        WRONG("a:%{d}.", "the domain does not end in a top-level label"),
        WRONG("a:b\303\274.example", "an octet that is not visible ASCII"),
        WRONG("a:b\tc.example", "an octet that is not visible ASCII"),
        WRONG("a:b\177.example", "an octet that is not visible ASCII"),
        WRONG("a:%{c}.example", "this macro letter is only for explanations"),
        WRONG("a:%{r}", "this macro letter is only for explanations"),
        WRONG("a:%{T}", "this macro letter is only for explanations"),
        WRONG("a:%{x}.example", "no such macro letter"),
        WRONG("a:%{d.example", "a macro is not closed"),
        WRONG("a:100%.example", "% is not part of a macro"),
        WRONG("a:%", "% is not part of a macro"),
        WRONG("a:%{d0}", "a macro keeps no parts"),
        WRONG("a:%{d2r;}", "a macro has a wrong delimiter"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void an_octet_that_is_nul_is_not_taken_anywhere(void **state)
{
    static const assay_span ROWS[] = {
        SPAN("v=spf1 \0"),     SPAN("v=spf1 a:b\0.example"),   SPAN("v=spf1 x=\0"),
        SPAN("v=spf1 -all\0"), SPAN("v=spf1 ip4:192.0.2.1\0"), SPAN("v=spf1 ip6:::\0"),
        SPAN("v=spf1 a/24\0")};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct spf_record *r = spf_record_parse(ROWS[i]);

        assert_non_null(r);
        assert_int_equal(r->found, SPF_RECORD_SYNTAX);
        spf_record_free(r);
    }
}

/* ---- modifiers (RFC 7208 6) ---- */

static void redirect_and_exp_stand_anywhere_and_once(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=spf1 redirect=a.example"), " redirect=a.example[a.example]"},
        {SPAN("v=spf1 REDIRECT=%{d}"), " redirect=%{d}%"},
        {SPAN("v=spf1 exp=e.example -all"), "-all exp=e.example[e.example]"},
        {SPAN("v=spf1 redirect=a.example exp=e.example mx"),
         "+mx/32//128 redirect=a.example[a.example] exp=e.example[e.example]"},
        {SPAN("v=spf1 redirect=a.example redirect=a.example"),
         "!the modifier stands twice @redirect=a.example"},
        {SPAN("v=spf1 exp=a.example Exp=b.example"), "!the modifier stands twice @Exp=b.example"},
        WRONG("redirect=", "the domain is missing"),
        WRONG("exp=", "the domain is missing"),
        WRONG("redirect=example", "the domain does not end in a top-level label"),
        WRONG("redirect=a.example/24", "the domain does not end in a top-level label"),
        WRONG("redirect=%{r}", "this macro letter is only for explanations"),
        WRONG("exp=%{x}", "no such macro letter"),
        WRONG("-redirect=a.example", "no such mechanism or modifier"),
        WRONG("+exp=a.example", "no such mechanism or modifier"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void modifiers_nobody_knows_are_checked_and_ignored(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=spf1 ra=postmaster rp=100 rr=all -all"), "-all"},
        {SPAN("v=spf1 x= x= -all"), "-all"},
        {SPAN("v=spf1 a=b mx=c"), ""},
        {SPAN("v=spf1 all=x"), ""},
        {SPAN("v=spf1 v=spf1 -all"), "-all"},
        {SPAN("v=spf1 a-b_c.d1=x=y:z/24"), ""},
        {SPAN("v=spf1 moo=%{c}%{r}%{t}%{p}%%%_%-"), ""},
        {SPAN("v=spf1 moo=100"), ""},
        WRONG("=x", "no such mechanism or modifier"),
        WRONG("1a=x", "no such mechanism or modifier"),
        WRONG("_a=x", "no such mechanism or modifier"),
        WRONG("a+b=x", "no such mechanism or modifier"),
        WRONG("\303\274=x", "no such mechanism or modifier"),
        WRONG("moo=%", "% is not part of a macro"),
        WRONG("moo=%{x}", "no such macro letter"),
        WRONG("moo=%(d)", "% is not part of a macro"),
        WRONG("moo=\303\274", "an octet that is not visible ASCII"),
        WRONG(
            "a:b=c",
            "the domain does not end in a top-level label"), /* a colon first: it is a mechanism */
        WRONG("a/2=4", "something follows the mechanism"),
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

static void one_wrong_term_anywhere_makes_the_record_wrong(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("v=spf1 -all foo"), "!no such mechanism @foo"},
        {SPAN("v=spf1 foo -all"), "!no such mechanism @foo"},
        {SPAN("v=spf1 +all a mx ptr ip4:1 foo"), "!not an IPv4 address @ip4:1"},
        {SPAN("v=spf1 redirect=a.example  include"), "!the domain is missing @include"},
        {SPAN("v=spf1 include:a.example exp=b.example exp"), "!no such mechanism @exp"},
    };

    (void)state;
    PARSE_TABLE(ROWS);
}

/* ---- limits ---- */

static void a_record_of_the_longest_txt_answer_is_read_whole(void **state)
{
    struct buf text = buf_new(1 << 15);
    struct spf_record *r;

    (void)state;
    buf_puts(&text, "v=spf1");
    while (text.n + 2 <= LIMIT_TXT)
        buf_puts(&text, " a");
    assert_non_null(r = spf_record_parse(buf_span(&text)));
    assert_int_equal(r->found, SPF_RECORD_OK);
    assert_int_equal(r->n, (LIMIT_TXT - 6) / 2);
    spf_record_free(r);
    while (text.n <= 6 + 2 * LIMIT_SPF_TERMS) /* longer than any answer */
        buf_puts(&text, " a");
    assert_non_null(r = spf_record_parse(buf_span(&text)));
    assert_string_equal(r->problem, "too many terms");
    spf_record_free(r);
    buf_done(&text);
}

static void names_that_grow_when_escaped_stay_inside_the_record(void **state)
{
    static const char ODD[] = "();\"\\";

    (void)state;
    for (size_t labels = 1; labels < 5; labels++)
        for (const char *odd = ODD; *odd; odd++) { /* each such octet becomes two or four */
            struct buf text = buf_new(LIMIT_TXT), got = buf_new(1 << 16);
            struct spf_record *r;

            buf_puts(&text, "v=spf1");
            while (text.n + 300 < LIMIT_TXT) {
                buf_puts(&text, " a:");
                for (size_t i = 0; i < labels; i++) {
                    for (size_t k = 0; k < 60; k++)
                        buf_putc(&text, *odd);
                    buf_putc(&text, '.');
                }
                buf_puts(&text, "ex");
            }
            assert_non_null(r = spf_record_parse(buf_span(&text)));
            put_record(&got, r);
            assert_int_equal(r->found, SPF_RECORD_OK);
            for (size_t i = 0; i < r->n; i++)
                assert_int_equal(r->terms[i].domain.name.n,
                                 (*odd == '\\' ? 121u : 241u) * labels + 2);
            spf_record_free(r);
            buf_done(&text);
            buf_done(&got);
        }
}

static void a_domain_spec_too_long_for_a_name_has_none(void **state)
{
    (void)state;
    for (size_t labels = 60; labels < 70;
         labels++) { /* over 253 octets it is cut when it is used (RFC 7208 7.3) */
        struct buf text = buf_new(1000);
        struct spf_record *r;

        buf_puts(&text, "v=spf1 a:");
        for (size_t i = 0; i < labels; i++)
            buf_puts(&text, "abc.");
        buf_puts(&text, "de");
        assert_non_null(r = spf_record_parse(buf_span(&text)));
        assert_int_equal(r->found, SPF_RECORD_OK);
        assert_int_equal(r->terms[0].domain.name.n, labels < 63 ? 4 * labels + 2 : 0);
        assert_int_equal(r->terms[0].domain.macro, labels >= 63);
        spf_record_free(r);
        buf_done(&text);
    }
    for (size_t n = 60; n < 67; n++) {
        struct buf text = buf_new(1000);
        struct spf_record *r;

        buf_puts(&text, "v=spf1 a:");
        for (size_t i = 0; i < n; i++)
            buf_putc(&text, 'x');
        buf_puts(&text, ".example");
        assert_non_null(r = spf_record_parse(buf_span(&text)));
        assert_int_equal(r->found, SPF_RECORD_OK);
        assert_int_equal(r->terms[0].domain.name.n, n <= 63 ? n + 8 : 0);
        spf_record_free(r);
        buf_done(&text);
    }
}

/* ---- selection among the records of an answer (RFC 7208 4.5) ---- */

/** A fact of TXT records. */
static assay_fact *txt_fact(const char *const *texts, size_t n)
{
    struct buf octets = buf_new(1 << 16);
    assay_span data[8];
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .data = data, .n = n};
    assay_fact *fact = NULL;
    size_t at[9] = {0};

    for (size_t i = 0; i < n; i++) {
        buf_putc(&octets, (char)strlen(texts[i]));
        buf_puts(&octets, texts[i]);
        at[i + 1] = octets.n;
    }
    for (size_t i = 0; i < n; i++)
        data[i] = (assay_span){octets.p + at[i], at[i + 1] - at[i]};
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    buf_done(&octets);
    return fact;
}

static void the_one_record_with_the_version_is_selected(void **state)
{
    static const struct {
        const char *texts[4];
        const char *want;
    } ROWS[] = {
        {{"v=spf1 -all"}, "-all"},
        {{"google-site-verification=x", "v=spf1 mx", "v=spf2 -all"}, "+mx/32//128"},
        {{"hello"}, "-"},
        {{"v=spf10 -all", "spf2.0/mfrom -all"}, "-"},
        {{"v=spf1 -all", "v=spf1 +all"}, "several"},
        {{"V=SPF1 -all", "v=spf1"}, "several"},
        {{"v=spf1 -all", "v=spf1 -all"}, "-all"}, /* the same record twice is one record */
        {{"v=spf1 broken", "other"}, "!no such mechanism @broken"},
        {{"v=spf1 broken", "v=spf1 -all"}, "several"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        size_t n = 0;
        const struct spf_record *r, *again;
        struct buf got = buf_new(1000);
        assay_fact *fact;

        while (n < 4 && ROWS[i].texts[n])
            n++;
        fact = txt_fact(ROWS[i].texts, n);
        assert_int_equal(spf_record_of(fact, &r), ASSAY_DONE);
        put_record(&got, r);
        if (!span_is(buf_span(&got), ROWS[i].want))
            fail_msg("row %zu: wanted %s, got %.*s", i, ROWS[i].want, SPAN_ARG(buf_span(&got)));
        assert_int_equal(spf_record_of(fact, &again), ASSAY_DONE);
        assert_ptr_equal(r, again); /* parsed once */
        assay_fact_free(fact);
        buf_done(&got);
    }
}

static void when_memory_is_short_the_record_can_be_asked_for_again(void **state)
{
    static const char *const TEXT[] = {"v=spf1 a:b.example -all"};
    assay_fact *fact = txt_fact(TEXT, 1);
    const struct spf_record *r = NULL;
    size_t failures = 0;
    assay_status s;

    (void)state;
    do {
        memory_left = failures;
        s = spf_record_of(fact, &r);
        memory_left = SIZE_MAX;
        failures += s != ASSAY_DONE;
        assert_true(s == ASSAY_DONE || (s == ASSAY_ENOMEM && !r));
    } while (s != ASSAY_DONE);
    assert_int_equal(failures, 2); /* the memo, the record */
    assert_int_equal(r->n, 2);
    memory_left = 0;
    assert_null(spf_record_parse(SPAN("v=spf1 -all")));
    memory_left = SIZE_MAX;
    assay_fact_free(fact);
    spf_record_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_begins_with_its_version_and_a_space_or_nothing),
        cmocka_unit_test(the_examples_of_rfc_7208_are_read),
        cmocka_unit_test(qualifiers_and_names_are_read_without_case),
        cmocka_unit_test(all_takes_no_argument),
        cmocka_unit_test(include_and_exists_need_a_domain_and_ptr_may_have_one),
        cmocka_unit_test(a_and_mx_take_a_domain_and_two_prefix_lengths),
        cmocka_unit_test(ip4_and_ip6_take_an_address_and_a_prefix_length),
        cmocka_unit_test(a_domain_spec_ends_in_a_top_label_or_a_macro),
        cmocka_unit_test(an_octet_that_is_nul_is_not_taken_anywhere),
        cmocka_unit_test(redirect_and_exp_stand_anywhere_and_once),
        cmocka_unit_test(modifiers_nobody_knows_are_checked_and_ignored),
        cmocka_unit_test(one_wrong_term_anywhere_makes_the_record_wrong),
        cmocka_unit_test(a_record_of_the_longest_txt_answer_is_read_whole),
        cmocka_unit_test(names_that_grow_when_escaped_stay_inside_the_record),
        cmocka_unit_test(a_domain_spec_too_long_for_a_name_has_none),
        cmocka_unit_test(the_one_record_with_the_version_is_selected),
        cmocka_unit_test(when_memory_is_short_the_record_can_be_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
