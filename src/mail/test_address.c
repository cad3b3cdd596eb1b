/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"

#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/address.h"

/* ---- tables ---- */

/**
 * A field, and what is read from it: `display{local|domain}` for each mailbox, then `!` for a
 * fault, `g` for a group, `+` for more than the limit.
 */
struct row {
    assay_span value;
    const char *want;
};

/** Write a list as rows have it. */
static void describe(const struct address_list *list, char *out, size_t size)
{
    FILE *f = fmemopen(out, size, "w");

    assert_non_null(f);
    for (size_t i = 0; i < list->n; i++) {
        const struct mailbox *box = &list->boxes[i];

        fprintf(f, "%s%.*s{%.*s|%.*s}", i ? " " : "", SPAN_ARG(box->display), SPAN_ARG(box->local),
                SPAN_ARG(box->domain));
    }
    fprintf(f, "%s%s%s", list->fault ? " !" : "", list->group ? " g" : "", list->over ? " +" : "");
    fclose(f);
}

/** Read a field with more in front and behind. \return there is a mailbox with this domain */
static bool finds(const char *before, assay_span value, const char *behind, const char *domain)
{
    struct arena a = {0};
    struct buf text = buf_new(LIMIT_HEADER);
    struct address_list list;
    bool found = false;

    buf_puts(&text, before);
    buf_put(&text, value);
    buf_puts(&text, behind);
    assert_int_equal(address_list_read(&a, buf_span(&text), &list), ASSAY_DONE);
    for (size_t i = 0; i < list.n; i++)
        found |= span_is(list.boxes[i].domain, domain);
    arena_done(&a);
    buf_done(&text);
    return found;
}

/** Nothing that can be written hides an address that a comma parts from it. */
static size_t hides(assay_span value)
{
    bool first = finds("z@first.example,", value, "", "first.example");
    bool last = finds("", value, ",z@last.example", "last.example");

    if (!first || !last)
        printf("%.*s\n  hides what stands %s it\n", SPAN_ARG(value), first ? "behind" : "before");
    return !first || !last;
}

/** Read every field of a table and compare. */
static void check_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct arena a = {0};
        struct address_list list;
        char got[4096] = "";

        assert_int_equal(address_list_read(&a, rows[i].value, &list), ASSAY_DONE);
        describe(&list, got, sizeof got);
        if (strcmp(got, rows[i].want) != 0) {
            printf("%.*s\n  wanted %s\n  got    %s\n", SPAN_ARG(rows[i].value), rows[i].want, got);
            wrong++;
        }
        wrong += hides(rows[i].value);
        arena_done(&a);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK(rows) check_table((rows), sizeof(rows) / sizeof *(rows))

/* ---- what the grammar allows ---- */

static void the_examples_of_rfc_5322_are_read(void **state)
{
    static const struct row ROWS[] = {
        /* A.1.1 */
        {SPAN(" John Doe <jdoe@machine.example>"), "John Doe{jdoe|machine.example}"},
        {SPAN(" Mary Smith <mary@example.net>"), "Mary Smith{mary|example.net}"},
        {SPAN(" Michael Jones <mjones@machine.example>"), "Michael Jones{mjones|machine.example}"},
        /* A.1.2 */
        {SPAN(" \"Joe Q. Public\" <john.q.public@example.com>"),
         "\"Joe Q. Public\"{john.q.public|example.com}"},
        {SPAN(" Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
         "Mary Smith{mary|x.test} {jdoe|example.org} Who?{one|y.test}"},
        {SPAN(" <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
         "{boss|nil.test} \"Giant; \\\"Big\\\" Box\"{sysservices|example.net}"},
        /* A.1.3 */
        {SPAN(" Pete <pete@silly.example>"), "Pete{pete|silly.example}"},
        {SPAN(" A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
         "Ed Jones{c|a.test} {joe|where.test} John{jdoe|one.test} g"},
        {SPAN(" Undisclosed recipients:;"), " g"},
        /* A.2 */
        {SPAN(" \"Mary Smith: Personal Account\" <smith@home.example>"),
         "\"Mary Smith: Personal Account\"{smith|home.example}"},
        /* A.5 */
        {SPAN(" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
         "Pete{pete|silly.test}"},
        {SPAN(
             "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
             "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
             "group)"),
         "Chris Jones{c|public.example} {joe|example.org} John{jdoe|one.test} g"},
        {SPAN("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), " g"},
        /* A.6.1 */
        {SPAN(" Joe Q. Public <john.q.public@example.com>"),
         "Joe Q. Public{john.q.public|example.com}"},
        {SPAN(" Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
         "Mary Smith{mary|example.net} {jdoe|test.example}"},
        /* A.6.3 */
        {SPAN(" John Doe <jdoe@machine(comment).  example>"), "John Doe{jdoe|machine.example}"},
        {SPAN(" Mary Smith\r\n  \r\n          <mary@example.net>"), "Mary Smith{mary|example.net}"},
    };

    (void)state;
    CHECK(ROWS);
}

static void the_grammar_is_read_without_a_fault(void **state)
{
    static const struct row ROWS[] = {
        {SPAN("a@b.example"), "{a|b.example}"},
        {SPAN("  a@b.example  "), "{a|b.example}"},
        {SPAN("<a@b.example>"), "{a|b.example}"},
        {SPAN("a.b.c@d"), "{a.b.c|d}"},
        {SPAN("!#$%&'*+-/=?^_`{}~@x"), "{!#$%&'*+-/=?^_`{}~|x}"},
        /* folding */
        {SPAN("Ann\r\n Bee\r\n\t<a@b.example>\r\n"), "Ann Bee{a|b.example}"},
        {SPAN("Ann\n Bee\n <a@b.example>\n"), "Ann Bee{a|b.example}"},
        {SPAN("\r\n a@b.example"), "{a|b.example}"},
        {SPAN("\"Ann\r\n Bee\" <a@b.example>"), "\"Ann Bee\"{a|b.example}"},
        {SPAN("\"a\r\n b\"@c.example"), "{a b|c.example}"},
        /* quoted strings */
        {SPAN("\"a b\"@c.example"), "{a b|c.example}"},
        {SPAN("\"a\\\"b\\\\c\\d\"@e.example"), "{a\"b\\cd|e.example}"},
        {SPAN("\"\"@a.example"), "{|a.example}"},
        {SPAN("\"a@b\"@c.example"), "{a@b|c.example}"},
        {SPAN("\"a@evil.example\" <b@good.example>"), "\"a@evil.example\"{b|good.example}"},
        {SPAN("\"<a@evil.example>\" <b@good.example>"), "\"<a@evil.example>\"{b|good.example}"},
        {SPAN("\"a, b; c: (d\" <e@f.example>"), "\"a, b; c: (d\"{e|f.example}"},
        {SPAN("\"Ann\"Bee <a@b.example>"), "\"Ann\"Bee{a|b.example}"},
        {SPAN("\"\" <a@b.example>"), "\"\"{a|b.example}"},
        /* comments */
        {SPAN("a@b.example (c@evil.example)"), "{a|b.example}"},
        {SPAN("(c@evil.example, <d@evil.example>) a@b.example"), "{a|b.example}"},
        {SPAN("Ann (or (b@c.example)) Bee <a@b.example>"), "Ann Bee{a|b.example}"},
        {SPAN("a(1)@(2)b(3).(4)example(5)"), "{a|b.example}"},
        {SPAN("(\")a@b.example(\")"), "{a|b.example}"},
        {SPAN("(\\)c@evil.example\\() a@b.example"), "{a|b.example}"},
        {SPAN("\"(\" <a@b.example> (\")"), "\"(\"{a|b.example}"},
        {SPAN("(a)(b)(c)d@e.example()"), "{d|e.example}"},
        /* encoded words stay as they are */
        {SPAN("=?utf-8?q?=22a=40bank.example=22?= <b@evil.example>"),
         "=?utf-8?q?=22a=40bank.example=22?={b|evil.example}"},
        {SPAN("=?utf-8?B?PGFAYmFuay5leGFtcGxlPg==?= <b@evil.example>"),
         "=?utf-8?B?PGFAYmFuay5leGFtcGxlPg==?={b|evil.example}"},
        {SPAN("=?utf-8?q?a?=\r\n =?utf-8?q?b?= <c@d.example>"),
         "=?utf-8?q?a?= =?utf-8?q?b?={c|d.example}"},
        /* RFC 6532 */
        {SPAN("J\xC3\xB6rg <j\xC3\xB6rg@b\xC3\xBC"
              "cher.example>"),
         "J\xC3\xB6rg{j\xC3\xB6rg|b\xC3\xBC"
         "cher.example}"},
        {SPAN("\"\xE4\xBE\x8B\"@\xE4\xBE\x8B.example (\xF0\x9F\x98\x80)"),
         "{\xE4\xBE\x8B|\xE4\xBE\x8B.example}"},
        /* literals */
        {SPAN("a@[192.0.2.1]"), "{a|[192.0.2.1]}"},
        {SPAN("a@[IPv6:2001:db8::1]"), "{a|[IPv6:2001:db8::1]}"},
        {SPAN("<a@[ 192.0.2.1\r\n ]>"), "{a|[192.0.2.1]}"},
        {SPAN("a@[x\\y(z)]"), "{a|[xy(z)]}"},
        {SPAN("a@[x\\\n y\\ z]"), "{a|[xyz]}"},
        /* obsolete */
        {SPAN("a . b @ c . d"), "{a.b|c.d}"},
        {SPAN("\"a\".\"b c\".d@e"), "{a.b c.d|e}"},
        {SPAN("<@a.example,@b.example:x@y.example>"), "{x|y.example}"},
        {SPAN("Ann <(c), @a , ,@[1.2.3.4] ,: x@y.example>"), "Ann{x|y.example}"},
        {SPAN(",,a@b,,c@d,,"), "{a|b} {c|d}"},
        {SPAN("Dr. A. . B <a@b>"), "Dr. A. . B{a|b}"},
        {SPAN("\"a\x01"
              "b\" <c@d>"),
         "\"a\x01"
         "b\"{c|d}"},
        /* groups */
        {SPAN("g:a@b;"), "{a|b} g"},
        {SPAN("g:;, h:,,(x),;, a@b"), "{a|b} g"},
        {SPAN("\"g:h\": a@b, Ann <c@d>; , e@f"), "{a|b} Ann{c|d} {e|f} g"},
        {SPAN("e@f, g : a@b , ;"), "{e|f} {a|b} g"},
    };

    (void)state;
    CHECK(ROWS);
}

/* ---- what it does not ---- */

static void broken_fields_give_what_is_in_them(void **state)
{
    static const struct row ROWS[] = {
        /* nothing */
        {SPAN(""), " !"},
        {{NULL, 0}, " !"},
        {SPAN(" \r\n "), " !"},
        {SPAN(",,"), " !"},
        {SPAN("(a@b)"), " !"},
        {SPAN("<>"), " !"},
        {SPAN("Ann <>"), " !"},
        {SPAN("@"), " !"},
        {SPAN("\"\""), " !"},
        {SPAN("Ann Bee"), " !"},
        /* halves */
        {SPAN("user"), "{user|} !"},
        {SPAN("<user>"), "{user|} !"},
        {SPAN("Ann <user>, b@c"), "Ann{user|} {b|c} !"},
        {SPAN("\"a@b\""), "{a@b|} !"},
        {SPAN("=?utf-8?q?a=40b?="), "{=?utf-8?q?a=40b?=|} !"},
        {SPAN("a@"), "{a|} !"},
        {SPAN("@b"), "{|b} !"},
        {SPAN("a@, b@c"), "{a|} {b|c} !"},
        /* dots */
        {SPAN("a@b.example."), "{a|b.example.} !"},
        {SPAN("a@b..example"), "{a|b..example} !"},
        {SPAN("a@.b.example"), "{a|.b.example} !"},
        {SPAN(".a@b"), "{.a|b} !"},
        {SPAN("a.@b"), "{a.|b} !"},
        {SPAN("a..b@c"), "{a..b|c} !"},
        {SPAN(". Ann <a@b>"), ". Ann{a|b} !"},
        /* several @: the last one divides, but each may */
        {SPAN("a@b.example@c.example"), "{a@b.example|c.example} {a|b.example} !"},
        {SPAN("<a@b@c@d>"), "{a@b@c|d} {a@b|c} {a|b} !"},
        {SPAN("a@@b"), "{a@|b} !"},
        {SPAN("a@b@"), "{a|b} !"},
        /* separators */
        {SPAN("a@b c@d"), "{a|b} {c|d} !"},
        {SPAN("<a@b> <c@d>"), "{a|b} {c|d} !"},
        {SPAN("<a@b><c@d>"), "{a|b} {c|d} !"},
        {SPAN("Ann <a@b> Bee <c@d>"), "Ann{a|b} Bee{c|d} !"},
        {SPAN("<a@b> c@d"), "{a|b} {c|d} !"},
        {SPAN("<a@b> Ann"), "{a|b} !"},
        {SPAN("a@b; c@d"), "{a|b} {c|d} !"},
        {SPAN("a@b; c@d;"), "{a|b} {c|d} !"},
        {SPAN("Ann a@b"), "{a|b} !"},
        {SPAN("a@b Ann"), "{a|b} !"},
        {SPAN("<a@b>\\,<c@d>"), "{a|b} {c|d} !"},
        /* an address before the angle */
        {SPAN("b@good.example <a@evil.example>"),
         "{b|good.example} b@good.example{a|evil.example} !"},
        {SPAN("Ann b@c.example Bee <a@d.example>"),
         "{b|c.example} Ann b@c.example Bee{a|d.example} !"},
        {SPAN("=?utf-8?q?a@b.example?= <c@d.example>"),
         "{=?utf-8?q?a|b.example?=} =?utf-8?q?a@b.example?={c|d.example} !"},
        /* angles */
        {SPAN("<a@b"), "{a|b} !"},
        {SPAN("a@b>"), "{a|b} !"},
        {SPAN("<<a@b>>"), "{a|b} !"},
        {SPAN("<a@b<c@d>"), "{a|b} a@b{c|d} !"},
        {SPAN("<a@b, c@d>"), "{a|b} {c|d} !"},
        {SPAN("<a@b, c@d"), "{a|b} {c|d} !"},
        {SPAN("<a@b c@d>"), "{a|b} {c|d} !"},
        {SPAN("<mailto:a@b>"), "{a|b} !"},
        {SPAN("Ann <Bee <a@b>>"), "Bee{a|b} !"},
        {SPAN("Ann <<a@b>>"), "Ann{a|b} !"},
        /* what is not quite a route */
        {SPAN("<@a.example>"), "{|a.example} !"},
        {SPAN("<@a.example,b@c.example>"), "{|a.example} {b|c.example} !"},
        {SPAN("<@a.example b@c.example:d@e.example>"),
         "{|a.example} {b|c.example} {d|e.example} !"},
        {SPAN("<@a,x@b:c@d>"), "{|a} {x|b} {c|d} ! g"},
        {SPAN("<,:a@b>"), "{a|b} ! g"},
        {SPAN("@a,@b:x@y"), "{|a} {|b} {x|y} ! g"},
        /* quotes, parentheses, brackets without an end */
        {SPAN("\"a@evil.example <b@good.example>"),
         "{a|evil.example} \"a@evil.example{b|good.example} !"},
        {SPAN("Ann\" <a@b>"), "Ann\"{a|b} !"},
        {SPAN("\"Ann\" \"Bee <a@b>"), "\"Ann\" \"Bee{a|b} !"},
        {SPAN("\"Ann\\\" <a@b>"), "\"Ann\\\"{a|b} !"},
        {SPAN("a@b (c@d"), "{a|b} {c|d} !"},
        {SPAN("((a@b) c@d"), "{a|b} {c|d} !"},
        {SPAN("Ann) <a@b>"), "Ann){a|b} !"},
        {SPAN("Ann \x01 Bee\x7F <a@b>"), "Ann Bee{a|b} !"},
        {SPAN("a@[192.0.2.1"), "{a|192.0.2.1} !"},
        {SPAN("a@[b@c.example]"), "{a@b|c.example} {a|b} !"},
        {SPAN("a@[x, b@c.example, y]"), "{a|x} {b|c.example} {y|} !"},
        {SPAN("[Ann] <a@b>"), "[Ann]{a|b} !"},
        {SPAN("a@[1.2.3.4].b.example"), "{a|[1.2.3.4]} !"},
        {SPAN("a@[x]b.example"), "{a|[x]} !"},
        /* an octet that means nothing: the address ends there, or goes on */
        {SPAN("a@bank.example\0.evil.example"), "{a|bank.example.evil.example} {a|bank.example} !"},
        {SPAN("<a@bank.example\0@evil.example>"),
         "{a@bank.example|evil.example} {a|bank.example} !"},
        {SPAN("a@b\x01"
              "ank.example"),
         "{a|bank.example} {a|b} !"},
        {SPAN("a@b\\ank.example"), "{a|bank.example} {a|b} !"},
        {SPAN("a@ba[n]k.example"), "{a|bank.example} {a|ban} {a|ba} !"},
        {SPAN("a@bank.example\r.evil.example"), "{a|bank.example.evil.example} {a|bank.example} !"},
        {SPAN("a@bank.example\nb@c"), "{a@bank.exampleb|c} {a|bank.exampleb} {a|bank.example} !"},
        {SPAN("a@b \\ c@d"), "{a|b} {c|d} !"},
        {SPAN("a@b\x7F"), "{a|b} !"},
        {SPAN("a\0b@c"), "{ab|c} !"},
        {SPAN("\0"), " !"},
        /* no quoted string or comment goes over an octet where programs stop */
        {SPAN("\"x\0\" a@b"), "{a|b} !"},
        {SPAN("a@bank.example(\0).evil.example"),
         "{a|bank.example.evil.example} {a|bank.example} !"},
        {SPAN("\"\\\0\" a@b"), "{a|b} !"},
        /* quoted strings where none may be */
        {SPAN("a@\"b.example\""), "{a|b.example} !"},
        {SPAN("a@b\"c\""), "{a|bc} {a|b} !"},
        {SPAN("a\"b\"@c"), "{ab|c} !"},
        /* groups */
        {SPAN("g:a@b"), "{a|b} ! g"},
        {SPAN("g:h:a@b;;"), "{a|b} ! g"},
        {SPAN(":a@b;"), "{a|b} ! g"},
        {SPAN("a@bank.example:b@c;"), "{a|bank.example} {b|c} ! g"},
        {SPAN("g:a@b; c@d"), "{a|b} {c|d} ! g"},
        {SPAN("g:<a@b;"), "{a|b} ! g"},
        {SPAN("g:user;"), "{user|} ! g"},
        /* octets that are not UTF-8 */
        {SPAN("J\xF6rg <a@b>"), "J\xF6rg{a|b} !"},
        {SPAN("a@b (\xC3)"), "{a|b} !"},
        {SPAN("a@b (\xC0\x80)"), "{a|b} !"},
    };

    (void)state;
    CHECK(ROWS);
}

/* ---- limits ---- */

/** A field of `n` octets: `head`, then `unit` again and again. Free it. */
static char *repeat(assay_span head, assay_span unit, size_t n)
{
    char *field = malloc(n);

    assert_non_null(field);
    for (size_t i = 0; i < n; i++)
        field[i] = i < head.n ? head.p[i] : unit.p[(i - head.n) % unit.n];
    return field;
}

static void addresses_over_the_limit_are_left_out_and_said_to_be(void **state)
{
    static const struct {
        size_t units;
        size_t n;
        bool over;
    } ROWS[] = {
        {1, 1, false},
        {LIMIT_ADDRESSES - 1, LIMIT_ADDRESSES - 1, false},
        {LIMIT_ADDRESSES, LIMIT_ADDRESSES, false},
        {LIMIT_ADDRESSES + 1, LIMIT_ADDRESSES, true},
        {10 * LIMIT_ADDRESSES, LIMIT_ADDRESSES, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char *field = repeat(SPAN_EMPTY, SPAN("Ann <a@b>,"), 10 * ROWS[i].units);
        struct arena a = {0};
        struct address_list list;

        assert_int_equal(address_list_read(&a, (assay_span){field, 10 * ROWS[i].units}, &list),
                         ASSAY_DONE);
        assert_int_equal(list.n, ROWS[i].n);
        assert_int_equal(list.over, ROWS[i].over);
        assert_false(list.fault);
        arena_done(&a);
        free(field);
    }
}

static void comments_nest_up_to_the_limit(void **state)
{
    (void)state;
    for (size_t depth = LIMIT_COMMENT_DEPTH - 1; depth <= LIMIT_COMMENT_DEPTH + 1; depth++) {
        bool within = depth <= LIMIT_COMMENT_DEPTH;
        char field[4 * LIMIT_COMMENT_DEPTH];
        struct arena a = {0};
        struct address_list list;
        size_t n = depth;

        memset(field, '(', n);
        memcpy(field + n, "c@evil", 6);
        memset(field + n + 6, ')', depth);
        memcpy(field + n + 6 + depth, "a@b", 3);
        n += 6 + depth + 3;
        assert_int_equal(address_list_read(&a, (assay_span){field, n}, &list), ASSAY_DONE);
        assert_int_equal(list.fault, !within);
        assert_true(list.n == 1 ? within : !within); /* too deep: what stands in it counts */
        arena_done(&a);
    }
}

/**
 * Each of these makes some naive reader look again and again for an end that does not come. Work
 * that grows by the square would need 10^12 steps and meet the alarm; all of them together take a
 * few seconds with sanitizers.
 */
static void a_megabyte_of_anything_takes_linear_work(void **state)
{
    static const struct row {
        assay_span head, unit;
    } ROWS[] = {
        {SPAN(""), SPAN("\"")},
        {SPAN("\""), SPAN("\\\"")},
        {SPAN("\""), SPAN("\\")},
        {SPAN(""), SPAN("\"a")},
        {SPAN(""), SPAN("<\"")},
        {SPAN("\""), SPAN("<\\\"")},
        {SPAN(""), SPAN("(")},
        {SPAN(""), SPAN("()")},
        {SPAN(""), SPAN("(a")},
        {SPAN(""), SPAN(")")},
        {SPAN("("), SPAN("\\(")},
        {SPAN(""), SPAN("<(")},
        {SPAN(""), SPAN("((((a)")},
        {SPAN(""), SPAN("[")},
        {SPAN(""), SPAN("[a")},
        {SPAN("["), SPAN("\\[")},
        {SPAN("["), SPAN("\\")},
        {SPAN(""), SPAN("a@[b")},
        {SPAN(""), SPAN("<")},
        {SPAN(""), SPAN("<@a,")},
        {SPAN("<"), SPAN("@a,")},
        {SPAN(""), SPAN("<,")},
        {SPAN("<@a"), SPAN(",")},
        {SPAN("<@a"), SPAN(".a")},
        {SPAN(""), SPAN(">")},
        {SPAN(""), SPAN("@")},
        {SPAN("a"), SPAN("@b")},
        {SPAN(""), SPAN("a@b,")},
        {SPAN(""), SPAN("a@b ")},
        {SPAN("a@b"), SPAN("\1"
                           "b")},
        {SPAN("a@b"), SPAN("\0")},
        {SPAN("a@b"), SPAN("\\")},
        {SPAN(""), SPAN("a ")},
        {SPAN(""), SPAN(".")},
        {SPAN(""), SPAN(";")},
        {SPAN(""), SPAN(":")},
        {SPAN(""), SPAN("a:")},
        {SPAN(""), SPAN("a:b;")},
        {SPAN(""), SPAN("\xFF")},
        {SPAN(""), SPAN("\r\n ")},
        {SPAN(""), SPAN("\r")},
        {SPAN(""), SPAN("\n")},
        {SPAN("\""), SPAN("\r\n ")},
        {SPAN("("), SPAN("\r\n ")},
        {SPAN(""), SPAN("a <b>")},
        {SPAN(""), SPAN("\"a\"<b@c>")},
        {SPAN(""), SPAN("a")},
        {SPAN("\""), SPAN("a")},
        {SPAN("("), SPAN("a")},
        {SPAN(""), SPAN("\xC3\xBC")},
        {SPAN(""), SPAN("a[<")},
    };

    (void)state;
    alarm(120);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char *field = repeat(ROWS[i].head, ROWS[i].unit, LIMIT_HEADER);
        struct arena a = {0};
        struct address_list list;

        memcpy(field + LIMIT_HEADER - 16, ",z@last.example ", 16);
        assert_int_equal(address_list_read(&a, (assay_span){field, LIMIT_HEADER}, &list),
                         ASSAY_DONE);
        assert_true(list.n <= LIMIT_ADDRESSES);
        assert_true(list.over || span_is(list.boxes[list.n - 1].domain, "last.example"));
        arena_done(&a);
        free(field);
    }
    alarm(0);
}

/* ---- memory ---- */

static void a_list_outlives_the_field_it_was_read_from(void **state)
{
    static const char FIELD[] = "Ann <a@b.example>, \"c d\"@[1.2.3.4], user, g:e@f\\g;";
    struct arena a = {0};
    struct address_list list;
    assay_span value;
    char *copied = malloc(sizeof FIELD);

    (void)state;
    assert_non_null(copied);
    memcpy(copied, FIELD, sizeof FIELD);
    value = (assay_span){copied, sizeof FIELD - 1};
    assert_int_equal(address_list_read(&a, value, &list), ASSAY_DONE);
    free(copied);
    assert_int_equal(list.n, 5);
    assert_true(arena_owns(&a, list.boxes));
    for (size_t i = 0; i < list.n; i++) {
        const assay_span parts[] = {list.boxes[i].display, list.boxes[i].local,
                                    list.boxes[i].domain};

        for (size_t k = 0; k < 3; k++)
            assert_true(parts[k].n == 0 || arena_owns(&a, parts[k].p));
    }
    assert_true(span_is(list.boxes[1].local, "c d"));
    arena_done(&a);
}

static void a_failed_allocation_is_said_and_loses_nothing(void **state)
{
    const assay_span value = SPAN("Ann <a@b>, \"c\" <d@e>, f@g@h@i j@k, l, m: n <o@p>; q@r");
    size_t failures = 0;
    assay_status s;

    (void)state;
    do {
        struct arena a = {0};
        struct address_list list = {.n = 4711};

        arena_leave(&a, failures * 16);
        memory_left = 0;
        s = address_list_read(&a, value, &list);
        memory_left = SIZE_MAX;
        if (s == ASSAY_ENOMEM) {
            failures++;
            assert_int_equal(list.n, 4711);
            assert_int_equal(address_list_read(&a, value, &list), ASSAY_DONE);
        } else {
            assert_int_equal(s, ASSAY_DONE);
        }
        assert_int_equal(list.n, 9);
        arena_done(&a);
    } while (s == ASSAY_ENOMEM);
    assert_in_range(failures, 28 * sizeof(struct mailbox) / 16, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_5322_are_read),
        cmocka_unit_test(the_grammar_is_read_without_a_fault),
        cmocka_unit_test(broken_fields_give_what_is_in_them),
        cmocka_unit_test(addresses_over_the_limit_are_left_out_and_said_to_be),
        cmocka_unit_test(comments_nest_up_to_the_limit),
        cmocka_unit_test(a_megabyte_of_anything_takes_linear_work),
        cmocka_unit_test(a_list_outlives_the_field_it_was_read_from),
        cmocka_unit_test(a_failed_allocation_is_said_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
