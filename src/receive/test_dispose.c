/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cases cannot say of a disposition: its cause, its reply to the client, and its words as a
 * whole. They come from cases/; $ASSAY_CASES names another folder.
 */
#include "base/limits.h"
#include "case/case.h"
#include "case/test_case.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** The cases of one file, and an engine to run them. */
struct cases {
    assay_engine *engine;
    struct buf text;
    struct case_set *set;
};

/** The folder of a file. */
static const char *folder(void)
{
    return getenv("ASSAY_CASES") ? getenv("ASSAY_CASES") : "src/receive/cases";
}

/** A case_open_fn over that folder. */
static assay_status open_file(void *arg, assay_span path, struct buf *out)
{
    char full[512];

    (void)arg;
    snprintf(full, sizeof full, "%s/%.*s", folder(), SPAN_ARG(path));
    return test_load(full, out) ? ASSAY_DONE : ASSAY_EINVAL;
}

/** Read a file. */
static struct cases read_cases(const char *file)
{
    struct cases c = {.text = buf_new(SIZE_MAX / 2)};
    struct case_error error = {0};

    assert_int_equal(open_file(NULL, span_of(file), &c.text), ASSAY_DONE);
    assert_int_equal(assay_engine_new(0, &c.engine), ASSAY_DONE);
    if (case_read(buf_span(&c.text), open_file, NULL, &c.set, &error) != ASSAY_DONE)
        fail_msg("%s:%zu: %s", file, error.line, error.text);
    return c;
}

/** Give all of it back. */
static void done(struct cases *c)
{
    case_set_free(c->set);
    assay_engine_free(c->engine);
    buf_done(&c->text);
}

/** Run one case. */
static struct case_outcome run(const struct cases *c, const struct case_one *one)
{
    struct case_outcome outcome;
    struct case_error error = {0};

    if (case_run(c->engine, one, &outcome, &error) != ASSAY_DONE)
        fail_msg("%.*s: %s", SPAN_ARG(case_name(one)), error.text);
    return outcome;
}

/* ---- the words of each ---- */

/** What is wanted of one case: `code enhanced text`, empty when there is no reply. */
struct want {
    const char *name, *cause, *reply, *reason;
};

/** A disposition as one line of each. \return it is as wanted */
static bool is_as_wanted(const struct want *w, const struct assay_verdict *v)
{
    char reply[1024] = "";
    bool differs;

    if (v->code)
        snprintf(reply, sizeof reply, "%d %.*s %.*s", v->code, SPAN_ARG(v->enhanced),
                 SPAN_ARG(v->text));
    differs = test_differs("cause", span_of(w->cause), v->cause);
    differs |= test_differs("reply", span_of(w->reply), span_of(reply));
    differs |= test_differs("reason", span_of(w->reason), v->reason);
    if (differs)
        printf("  in %s\n", w->name);
    return !differs;
}

/** The case of this name. */
static const struct case_one *find(const struct cases *c, const char *name)
{
    for (size_t i = 0; i < case_count(c->set); i++)
        if (span_is(case_name(case_at(c->set, i)), name))
            return case_at(c->set, i);
    fail_msg("there is no case %s", name);
    return NULL;
}

/** Compare all rows with the cases of a file. */
static void compare(const char *file, const struct want *rows, size_t n)
{
    struct cases c = read_cases(file);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct case_outcome outcome = run(&c, find(&c, rows[i].name));

        wrong += !is_as_wanted(&rows[i], assay_result(outcome.eval));
        case_outcome_done(&outcome);
    }
    done(&c);
    assert_int_equal(wrong, 0);
}

static void a_disposition_says_why_and_what_the_client_is_told(void **state)
{
    static const char REJECTED[] = "550 5.7.1 Email rejected per DMARC policy for news.example";
    static const struct want ROWS[] = {
        {"receive/accept-proved", "none", "", "the author's domain is proved"},
        {"receive/accept-proved-twice", "none", "", "the author's domain is proved twice"},
        {"receive/accept-without-a-record", "none", "",
         "silent.example asks for nothing: no DMARC record applies"},
        {"receive/accept-policy-none", "none", "",
         "nothing proves open.example, but its policy is none"},
        {"receive/accept-quarantine-in-test-mode", "none", "",
         "nothing proves softtest.example, but its policy is none (quarantine, but in test mode)"},
        {"receive/accept-policy-unknown-but-proved", "none", "",
         "the author's domain is proved, whatever its policy is"},
        {"receive/accept-unknown-with-policy-none", "none", "",
         "SPF of slowspfopen.example may prove slowspfopen.example, but could not be checked; its policy is none"},
        {"receive/accept-temperror-if-told-so", "temperror", "",
         "the policy of slow.example could not be asked; temperror.action = accept"},
        {"receive/quarantine-policy", "policy", "",
         "nothing proves soft.example, whose policy is quarantine"},
        {"receive/quarantine-reject-in-test-mode", "policy", "",
         "nothing proves test.example, whose policy is quarantine (reject, but in test mode)"},
        {"receive/quarantine-reject-outside-the-sample", "policy", "",
         "nothing proves part.example, whose policy is quarantine (reject, but not for all mail)"},
        {"receive/quarantine-client-may-send", "policy", "",
         "nothing proves news.example, whose policy is reject; not rejected, because the client may send for that "
         "domain"},
        {"receive/reject-never", "policy", "",
         "nothing proves news.example, whose policy is reject; not rejected, because dmarc.reject = quarantine"},
        {"receive/own-signature-broken", "policy", "",
         "nothing proves news.example, whose policy is reject; not rejected, because it has a signature of that "
         "organization"},
        {"receive/srs", "policy", "",
         "nothing proves news.example, whose policy is reject; not rejected, because it was forwarded (SRS)"},
        {"receive/reject-all-says-so", "policy", REJECTED,
         "nothing proves news.example, whose policy is reject, and there is no sign of a list or a forwarder"},
        {"receive/reject-always", "policy", REJECTED,
         "nothing proves news.example, whose policy is reject"},
        {"receive/defer-policy-unknown", "temperror",
         "451 4.4.3 DMARC for slow.example could not be checked, the DNS did not answer; try again later",
         "the policy of slow.example could not be asked"},
        {"receive/defer-key-unknown", "temperror",
         "451 4.4.3 DMARC for news.example could not be checked, the DNS did not answer; try again later",
         "DKIM of news.example may prove news.example, but could not be checked"},
        {"receive/defer-existence-unknown", "temperror",
         "451 4.4.3 DMARC for ghost.np.example could not be checked, the DNS did not answer; try again later",
         "the policy depends on whether ghost.np.example exists, which could not be asked"},
    };

    (void)state;
    compare("disposition.case", ROWS, COUNT(ROWS));
}

static void a_sign_of_an_indirect_way_is_named(void **state)
{
    static const struct want ROWS[] = {
        {"receive/indirect-list-id", "policy", "",
         "nothing proves news.example, whose policy is reject; not rejected, because it came an indirect way "
         "(List-Id)"},
        {"receive/direct-precedence", "policy",
         "550 5.7.1 Email rejected per DMARC policy for news.example",
         "nothing proves news.example, whose policy is reject, and there is no sign of a list or a forwarder"},
    };

    (void)state;
    compare("indirect.case", ROWS, COUNT(ROWS));
}

static void the_word_of_a_sealer_is_named(void **state)
{
    static const struct want ROWS[] = {
        {"receive/trust-list-that-tags", "forwarded", "",
         "the trusted sealer lists.example saw dmarc=pass for news.example (ARC set 1)"},
        {"receive/trust-key-timeout", "temperror",
         "451 4.4.3 DMARC for news.example could not be checked, the DNS did not answer; try again later",
         "the ARC chain with the word of lists.example could not be checked"},
        {"receive/trust-timeout-accepted", "temperror", "",
         "the ARC chain with the word of lists.example could not be checked; temperror.action = accept"},
    };

    (void)state;
    compare("trust.case", ROWS, COUNT(ROWS));
}

static void a_malformed_message_is_named(void **state)
{
    static const struct want ROWS[] = {
        {"receive/message-bare-lf-is-refused", "malformed",
         "550 5.6.0 the message is malformed: a LF without CR",
         "the message is malformed: a LF without CR"},
        {"receive/message-bare-cr-is-refused", "malformed",
         "550 5.6.0 the message is malformed: a CR without LF",
         "the message is malformed: a CR without LF"},
        {"receive/message-nul-is-refused", "malformed",
         "550 5.6.0 the message is malformed: a NUL octet",
         "the message is malformed: a NUL octet"},
        {"receive/message-no-colon-is-refused", "malformed",
         "550 5.6.0 the message is malformed: a header line without a colon",
         "the message is malformed: a header line without a colon"},
        {"receive/message-long-line-is-refused", "malformed",
         "550 5.6.0 the message is malformed: a line over 998 octets",
         "the message is malformed: a line over 998 octets"},
        {"receive/message-too-many-fields", "malformed",
         "550 5.6.0 the message is malformed: the header is over a limit",
         "the message is malformed: the header is over a limit"},
        {"receive/message-no-from-is-taken", "none", "", "there is no From field"},
        {"receive/message-no-from-is-refused", "local",
         "550 5.7.1 Message has no author domain in From", "there is no From field"},
        {"receive/message-from-of-a-literal-is-refused", "local",
         "550 5.7.1 Message has no author domain in From", "From holds no address with a domain"},
    };

    (void)state;
    compare("message.case", ROWS, COUNT(ROWS));
}

/* ---- what holds of all ---- */

/** A cause is one of those that assay.h names. */
static bool is_cause(assay_span cause)
{
    static const char *const CAUSES[] = {"policy",    "local",     "forwarded",
                                         "temperror", "malformed", "none"};

    for (size_t i = 0; i < COUNT(CAUSES); i++)
        if (span_is(cause, CAUSES[i]))
            return true;
    return false;
}

/** Every line of a text is one that SMTP can carry (RFC 5321 4.5.3.1.5), and there are not too many. */
static bool is_reply_text(const struct assay_verdict *v)
{
    assay_span rest = v->text, line;
    size_t lines = 0;

    while (span_cut(&rest, '\n', &line)) {
        if (!span_printable(line) || 4 + v->enhanced.n + 1 + line.n + 2 > LIMIT_REPLY_LINE)
            return false;
        lines++;
    }
    return v->text.n && lines <= LIMIT_REPLY_LINES;
}

/** A reply has a code of its class, an enhanced code that begins alike, and a text. */
static bool has_reply(const struct assay_verdict *v, int class)
{
    return v->code / 100 == class && v->enhanced.n && v->enhanced.p[0] == '0' + class &&
           is_reply_text(v);
}

/** What must hold of every disposition. */
static bool is_sound(const struct assay_verdict *v)
{
    bool silent = !v->code && !v->enhanced.n && !v->text.n;
    bool replies = v->what == ASSAY_REJECT  ? has_reply(v, 5)
                   : v->what == ASSAY_DEFER ? has_reply(v, 4)
                                            : silent;

    bool done = v->what == v->would || v->what == ASSAY_ACCEPT;
    bool trusted = !v->override.n == !v->override_note.n &&
                   (!v->override.n || (v->would == ASSAY_ACCEPT && span_is(v->cause, "forwarded")));

    return replies && done && trusted && v->reason.n && is_cause(v->cause);
}

static void whatever_is_refused_gets_a_reply_and_nothing_else_does(void **state)
{
    static const char *const FILES[] = {"action.case",    "disposition.case", "edit.case",
                                        "forwarder.case", "indirect.case",    "message.case",
                                        "patience.case",  "reply.case",       "results.case",
                                        "sealer.case",    "sender.case",      "trust.case"};
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(FILES); i++) {
        struct cases c = read_cases(FILES[i]);

        for (size_t k = 0; k < case_count(c.set); k++) {
            struct case_outcome outcome = run(&c, case_at(c.set, k));

            if (!is_sound(assay_result(outcome.eval))) {
                printf("  %.*s\n", SPAN_ARG(case_name(case_at(c.set, k))));
                wrong++;
            }
            case_outcome_done(&outcome);
        }
        done(&c);
    }
    assert_int_equal(wrong, 0);
}

/** A rejected message: the link is to be filled in, then the text. */
static const char REJECTED_CASE[] =
    "[envelope]\nnow = 2026-11-23T12:00:00Z\nip = 192.0.2.66\nfrom = x@evil.example\n"
    "[dns]\n_dmarc.news.example. IN TXT \"v=DMARC1; p=reject\"\n"
    "[policy]\ndmarc.reject = reject\nreply.url = https://help.example/%s\nreply.text = %s\n"
    "[message]\n| From: a@news.example\n|\n";

/** A text of one piece again and again. */
static char *repeated(const char *piece, size_t times)
{
    struct buf text = buf_new(4000);

    for (size_t i = 0; i < times; i++)
        buf_puts(&text, piece);
    buf_putc(&text, '\0');
    assert_int_equal(text.status, ASSAY_DONE);
    return text.p;
}

/** What a client is told whose message is rejected. \return its lines */
static size_t reply_lines(const char *link, const char *text, bool *ret_linked)
{
    char whole[8000];
    struct cases c = {.text = buf_new(1)};
    struct case_error error = {0};
    struct case_outcome outcome;
    const struct assay_verdict *v;
    size_t lines = 1;

    snprintf(whole, sizeof whole, REJECTED_CASE, link, text);
    assert_int_equal(assay_engine_new(0, &c.engine), ASSAY_DONE);
    if (case_read(span_of(whole), NULL, NULL, &c.set, &error) != ASSAY_DONE)
        fail_msg("%zu: %s", error.line, error.text);
    outcome = run(&c, case_at(c.set, 0));
    v = assay_result(outcome.eval);
    assert_true(is_reply_text(v));
    *ret_linked = span_contains(v->text, SPAN("https://"));
    for (size_t i = 0; i < v->text.n; i++)
        lines += v->text.p[i] == '\n';
    case_outcome_done(&outcome);
    done(&c);
    return lines;
}

static void a_long_reply_is_broken_into_lines(void **state)
{
    static const struct {
        const char *piece;
        size_t times, link; /* octets of the link, but for where it leads */
        size_t lines;
        bool linked;
    } TRIES[] = {
        {"policy ", 67, 10, 1, true},    /* 468 octets, and 32 of the link: 500 fit */
        {"policy ", 67, 11, 2, true},    /* 501 do not */
        {"policy ", 130, 400, 3, true},  /* 909, and 422 that no line but their own takes */
        {"policy ", 140, 480, 2, false}, /* a link of 501 is left out */
        {"x", 900, 10, 2, true},         /* where there is no blank, anywhere */
        {"{reason} ", 110, 10, 8, true}, /* over 6,000: eight lines, the link among them */
        {"x\\n", 20, 400, 7, true}, /* a line is kept for the link, which fits behind the seventh */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        char *text = repeated(TRIES[i].piece, TRIES[i].times), *link = repeated("x", TRIES[i].link);
        bool linked;
        size_t lines = reply_lines(link, text, &linked);

        if (lines != TRIES[i].lines || linked != TRIES[i].linked)
            fail_msg("%zu times %s: wanted %zu lines, %d; got %zu, %d", TRIES[i].times,
                     TRIES[i].piece, TRIES[i].lines, TRIES[i].linked, lines, linked);
        free(text);
        free(link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disposition_says_why_and_what_the_client_is_told),
        cmocka_unit_test(a_sign_of_an_indirect_way_is_named),
        cmocka_unit_test(the_word_of_a_sealer_is_named),
        cmocka_unit_test(a_malformed_message_is_named),
        cmocka_unit_test(whatever_is_refused_gets_a_reply_and_nothing_else_does),
        cmocka_unit_test(a_long_reply_is_broken_into_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
