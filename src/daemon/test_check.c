/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "daemon/check_reply.h"
#include "daemon/check_request.h"
#include "daemon/check_spool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- requests ---- */

/** What a request came to. */
struct got {
    struct check_request request;
    struct buf body;
    enum check_event end; /* CHECK_MORE: it has no end */
    unsigned headers, too_long;
};

/** Read a request in pieces. */
static struct got read_in(assay_span octets, size_t cut, size_t header_bytes)
{
    struct got g = {.end = CHECK_MORE, .body = buf_new(1 << 20)};

    check_request_init(&g.request, header_bytes);
    while (octets.n && g.end == CHECK_MORE) {
        assay_span in = span_first(octets, cut), piece = SPAN_EMPTY;
        size_t n = in.n;
        enum check_event event = check_request_read(&g.request, &in, &piece);

        octets = span_from(octets, n - in.n);
        g.headers += event == CHECK_HAS_HEADER;
        g.too_long += event == CHECK_IS_TOO_LONG;
        if (event == CHECK_HAS_BODY)
            buf_put(&g.body, piece);
        if (event == CHECK_IS_COMPLETE || event == CHECK_IS_BAD)
            g.end = event;
    }
    return g;
}

static void done(struct got *g)
{
    check_request_done(&g->request);
    buf_done(&g->body);
}

/** The octets are this text. */
static void is(assay_span got, const char *wanted)
{
    if (!span_is(got, wanted))
        fail_msg("\n  wanted: %s\n  got:    %.*s", wanted, SPAN_ARG(got));
}

static void a_request_is_read_however_it_is_cut(void **state)
{
    static const char TEXT[] =
        "ip=192.0.2.7\r\nhelo=\"a\\\"b\\\\c\\nd\\r\"\nfrom=\nto=b@example.org\n"
        "user=\"\"\nqueue=1vP\nlistener=x\ndirection=out\nheader=10\n"
        "A: b\n\nip=\n"
        "body=6\n.\r\n\nxy"
        "\n";

    (void)state;
    for (size_t cut = 1; cut <= sizeof TEXT; cut++) {
        struct got g = read_in(span_of(TEXT), cut, 1 << 20);
        const struct check_request *r = &g.request;

        if (g.end != CHECK_IS_COMPLETE)
            fail_msg("cut at %zu: %s", cut, r->why);
        is(check_value(r, CHECK_IP), "192.0.2.7");
        is(check_value(r, CHECK_HELO), "a\"b\\c\nd\r");
        is(check_value(r, CHECK_FROM), "");
        is(check_value(r, CHECK_TO), "b@example.org");
        is(check_value(r, CHECK_USER), "");
        is(check_value(r, CHECK_QUEUE), "1vP");
        is(check_value(r, CHECK_LISTENER), "x");
        is(check_value(r, CHECK_DIRECTION), "out");
        is(check_value(r, CHECK_HEADER), "A: b\n\nip=\n");
        is(buf_span(&g.body), ".\r\n\nxy");
        assert_int_equal(g.headers, 1);
        assert_false(check_given(r, CHECK_SPOOL));
        done(&g);
    }
}

static void a_request_without_an_end_is_none(void **state)
{
    static const char TEXT[] = "ip=\nfrom=\nheader=0\nspool=/a/b\n\n";

    (void)state;
    for (size_t n = 0; n < sizeof TEXT - 1; n++) {
        struct got g = read_in((assay_span){TEXT, n}, SIZE_MAX, 1 << 20);

        assert_int_equal(g.end, CHECK_MORE);
        done(&g);
    }
}

static void what_is_wrong_with_a_request_is_said_with_its_line(void **state)
{
    static const char *const ROWS[][2] = {
        {"\n", "line 1: ip is missing"},
        {"ip=\n\n", "line 2: from is missing"},
        {"ip=\nfrom=\n\n", "line 3: header is missing"},
        {"ip=\nfrom=\nheader=0\n\n", "line 4: spool, or body, is missing"},
        {"from=\nheader=0\n", "line 2: header: ip is missing"},
        {"ip=\nheader=0\n", "line 2: header: from is missing"},
        {"ip\n", "line 1: it is not NAME=VALUE"},
        {"IP=\n", "line 1: there is no such name"},
        {"ip=\nip=\n", "line 2: ip: it stands twice"},
        {"ip=mail.example\n", "line 1: ip: it is no address of IPv4 or IPv6"},
        {"direction=up\n", "line 1: direction: it is one of in, out, auto"},
        {"ip=\nfrom=\nheader=-1\n", "line 3: header: it is a length in octets"},
        {"ip=\nfrom=\nheader=99999999999999999999\n", "line 3: header: it is a length in octets"},
        {"ip=\nfrom=\nheader=\n", "line 3: header: it is a length in octets"},
        {"ip=\nfrom=\nheader=0\nto=\n", "line 4: to: it stands behind the header"},
        {"spool=/a\n", "line 1: spool: it stands before the header"},
        {"ip=\nfrom=\nheader=0\nbody=0\nspool=/a\n", "line 5: spool: the body is there already"},
        {"helo=\"a\n", "line 1: helo: a value that begins with \" is quoted to its end, as by "
                       "${quote:...}"},
        {"from=\"a b\"@c\n",
         "line 1: from: a value that begins with \" is quoted to its end, as by "
         "${quote:...}"},
        {"helo=\"a\\x\"\n", "line 1: helo: a value that begins with \" is quoted to its end, as by "
                            "${quote:...}"},
        {"helo=\"a\\\n", "line 1: helo: a value that begins with \" is quoted to its end, as by "
                         "${quote:...}"},
        {"direction=outwards\n", "line 1: direction: it is one of in, out, auto"},
        {"direction=outwards!\n", "line 1: direction: it is too long"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct got g = read_in(span_of(ROWS[i][0]), 1 + i % 5, 1 << 20);

        if (g.end != CHECK_IS_BAD)
            fail_msg("taken: %s", ROWS[i][0]);
        assert_string_equal(g.request.why, ROWS[i][1]);
        done(&g);
    }
}

static void a_header_over_its_limit_is_passed_over(void **state)
{
    struct got g = read_in(SPAN("ip=\nfrom=\nheader=11\n0123456789\nspool=/a\n\n"), 3, 10);

    (void)state;
    assert_int_equal(g.end, CHECK_IS_COMPLETE);
    assert_int_equal(g.too_long, 1);
    assert_int_equal(g.headers, 0);
    is(check_value(&g.request, CHECK_HEADER), "");
    done(&g);
}

static void a_line_over_its_limit_is_no_request(void **state)
{
    char *text = malloc(LIMIT_CHECK_LINE + 16);
    struct got g;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', LIMIT_CHECK_LINE + 16);
    memcpy(text, "to=", 3);
    g = read_in((assay_span){text, LIMIT_CHECK_LINE + 16}, 4096, 10);
    assert_int_equal(g.end, CHECK_IS_BAD);
    assert_string_equal(g.request.why, "line 1: it is too long");
    done(&g);
    free(text);
}

static void addresses_are_parted_by_commas_outside_quotes(void **state)
{
    assay_span rest = SPAN("a@b.example, \"x, \\\"y\"@c.example,, d@e.example ,\"open, f"), one;
    static const char *const WANTED[] = {"a@b.example", "\"x, \\\"y\"@c.example", "d@e.example",
                                         "\"open, f"};

    (void)state;
    for (size_t i = 0; i < COUNT(WANTED); i++) {
        assert_true(check_next_address(&rest, &one));
        is(one, WANTED[i]);
    }
    assert_false(check_next_address(&rest, &one));
}

/* ---- replies ---- */

/** The reply to a message with this header. */
static struct buf reply_of(const struct assay_verdict *v, const char *text)
{
    struct buf out = buf_new(1 << 20);
    struct header header;

    header_init(&header);
    assert_int_equal(check_header_read(span_of(text), &header), ASSAY_DONE);
    check_reply(v, &header, &out);
    assert_int_equal(out.status, ASSAY_DONE);
    header_done(&header);
    return out;
}

/** A verdict without anything. */
static struct assay_verdict verdict(enum assay_disposition what)
{
    return (struct assay_verdict){.what = what,
                                  .reason = SPAN("why"),
                                  .enhanced = SPAN_EMPTY,
                                  .text = SPAN_EMPTY,
                                  .authres = SPAN_EMPTY};
}

static void a_reply_is_one_line_that_exim_takes_apart(void **state)
{
    const struct assay_edit edits[] = {
        {.remove = true, .index = 3, .name = SPAN("authentication-results"), .value = SPAN_EMPTY},
        {.remove = true, .index = 1, .name = SPAN("Authentication-Results"), .value = SPAN_EMPTY},
        {.remove = true, .index = 1, .name = SPAN("BIMI-Location"), .value = SPAN_EMPTY},
        {.index = 0, .name = SPAN("Received-SPF"), .value = SPAN("pass")},
        {.index = 0, .name = SPAN("Authentication-Results"), .value = SPAN("mx;\r\n\ta=\"b\\\"")},
    };
    struct assay_verdict v = verdict(ASSAY_ACCEPT);
    struct buf out;

    (void)state;
    v.authres = edits[4].value;
    v.edits = edits;
    v.nedits = COUNT(edits);
    out = reply_of(&v, "Authentication-Results: mx\nFrom: a\nAUTHENTICATION-RESULTS : other;\n\tb\n"
                       "Authentication-Results: mx\nBIMI-Location: x\n");
    is(buf_span(&out),
       "verdict=\"accept\" code=\"\" enhanced=\"\" text=\"\" reply=\"\" reason=\"why\" "
       "authres=\"mx; a=\\\"b\\\\\\\"\" remove=\"authentication-results:BIMI-Location\" "
       "add=\"AUTHENTICATION-RESULTS: other;\\n\tb\\n:at_start:Received-SPF: pass\\n"
       ":at_start:Authentication-Results: mx;\\n\ta=\\\"b\\\\\\\"\\n\" hold=\"no\"\n");
    buf_done(&out);
}

static void a_message_that_does_not_go_on_has_no_edits(void **state)
{
    const struct assay_edit edit = {.index = 0, .name = SPAN("A"), .value = SPAN("b")};
    struct assay_verdict v = verdict(ASSAY_REJECT);
    struct buf out;

    (void)state;
    v.code = 550;
    v.enhanced = SPAN("5.7.1");
    v.text = SPAN("No\n\"Sir\"\x01");
    v.edits = &edit;
    v.nedits = 1;
    out = reply_of(&v, "");
    is(buf_span(&out),
       "verdict=\"reject\" code=\"550\" enhanced=\"5.7.1\" text=\"No\\n\\\"Sir\\\"\\001\" "
       "reply=\"550 5.7.1 No\\n\\\"Sir\\\"\\001\" reason=\"why\" authres=\"\" remove=\"\" "
       "add=\"\" hold=\"no\"\n");
    buf_done(&out);
}

static void a_message_that_is_held_says_so(void **state)
{
    struct assay_verdict v = verdict(ASSAY_QUARANTINE);
    struct buf out;

    (void)state;
    v.hold = true;
    out = reply_of(&v, "From: a\n");
    assert_true(span_contains(buf_span(&out), SPAN("verdict=\"quarantine\"")));
    assert_true(span_contains(buf_span(&out), SPAN("hold=\"yes\"\n")));
    buf_done(&out);
}

/* ---- the spool ---- */

/** A folder of the test's own, with a file, a link, a folder, a pipe. */
static char folder[] = "/tmp/assay-spool-XXXXXX";

/** Write a file below the folder. */
static void put_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_non_null(file = fopen(path, "w"));
    fputs(text, file);
    fclose(file);
}

static int make_folder(void **state)
{
    char path[128], to[128];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/in", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/in/s", folder);
    mkdir(path, 0700);
    put_file("in/1-D", "1-D\nbody\n");
    put_file("in/s/2-D", "2-D\nother\n");
    put_file("in/3-D", "secret\n");
    put_file("in/4-D", "4-D");
    put_file("outside-D", "outside-D\nsecret\n");
    snprintf(path, sizeof path, "%s/in/link-D", folder);
    snprintf(to, sizeof to, "%s/outside-D", folder);
    if (symlink(to, path) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/in/way", folder);
    if (symlink(folder, path) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/in/pipe-D", folder);
    return mkfifo(path, 0600);
}

static int remove_folder(void **state)
{
    static const char *const NAMES[] = {"in/1-D",    "in/s/2-D",  "in/3-D", "in/4-D",
                                        "outside-D", "in/link-D", "in/way", "in/pipe-D",
                                        "in/s",      "in",        "."};
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i + 1 < COUNT(NAMES) ? NAMES[i] : "");
        remove(path);
    }
    return 0;
}

/** Open NAME of the folder. \return what is read behind the first line, or why not */
static const char *body_of(const char *name, const char *slash)
{
    static char text[64];
    char top[64], path[192];
    const char *why = "";
    ssize_t n;
    int fd;

    snprintf(top, sizeof top, "%s/in%s", folder, slash);
    snprintf(path, sizeof path, "%s/in/%s", folder, name);
    if ((fd = check_spool_open(top, span_of(path), &why)) < 0)
        return why;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void a_body_of_the_spool_is_read_behind_its_name(void **state)
{
    (void)state;
    assert_string_equal(body_of("1-D", ""), "body\n");
    assert_string_equal(body_of("1-D", "/"), "body\n");
    assert_string_equal(body_of("s/2-D", ""), "other\n");
}

static void nothing_else_is_opened(void **state)
{
    static const char *const ROWS[][2] = {
        {"link-D", "a symbolic link is not followed"},
        {"way/outside-D", "Not a directory"},
        {"../outside-D", "Invalid argument"},
        {"s/../../outside-D", "Invalid argument"},
        {"s//2-D", "Invalid argument"},
        {"./1-D", "Invalid argument"},
        {"s", "it is no regular file"},
        {"pipe-D", "it is no regular file"},
        {"none-D", "No such file or directory"},
        {"3-D", "it does not begin with its own name, as bodies in Exim's spool do"},
        {"4-D", "it does not begin with its own name, as bodies in Exim's spool do"},
        {"", "it is not below the folder that the option spool names"},
    };
    const char *why = "";

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        assert_string_equal(body_of(ROWS[i][0], ""), ROWS[i][1]);
    assert_int_equal(check_spool_open("/tmp/x", SPAN("/tmp/xy/1-D"), &why), -1);
    assert_string_equal(why, "it is not below the folder that the option spool names");
    assert_int_equal(check_spool_open(folder, SPAN("/etc/passwd"), &why), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_however_it_is_cut),
        cmocka_unit_test(a_request_without_an_end_is_none),
        cmocka_unit_test(what_is_wrong_with_a_request_is_said_with_its_line),
        cmocka_unit_test(a_header_over_its_limit_is_passed_over),
        cmocka_unit_test(a_line_over_its_limit_is_no_request),
        cmocka_unit_test(addresses_are_parted_by_commas_outside_quotes),
        cmocka_unit_test(a_reply_is_one_line_that_exim_takes_apart),
        cmocka_unit_test(a_message_that_does_not_go_on_has_no_edits),
        cmocka_unit_test(a_message_that_is_held_says_so),
        cmocka_unit_test(a_body_of_the_spool_is_read_behind_its_name),
        cmocka_unit_test(nothing_else_is_opened),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
