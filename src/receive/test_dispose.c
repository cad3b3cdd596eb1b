/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cases cannot say of a disposition: its cause, its reply to the client, and its words as a
 * whole. They come from cases/; $ASSAY_CASES names another folder.
 */
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

/**
 * A reply has a code of its class, an enhanced code that begins alike, and a text that SMTP can
 * carry.
 */
static bool has_reply(const struct assay_verdict *v, int class)
{
    return v->code / 100 == class && v->enhanced.n && v->enhanced.p[0] == '0' + class &&
           v->text.n && v->text.n < 500 && span_printable(v->text);
}

/** What must hold of every disposition. */
static bool is_sound(const struct assay_verdict *v)
{
    bool silent = !v->code && !v->enhanced.n && !v->text.n;
    bool replies = v->what == ASSAY_REJECT  ? has_reply(v, 5)
                   : v->what == ASSAY_DEFER ? has_reply(v, 4)
                                            : silent;

    return replies && v->reason.n && is_cause(v->cause);
}

static void whatever_is_refused_gets_a_reply_and_nothing_else_does(void **state)
{
    static const char *const FILES[] = {"disposition.case", "indirect.case", "message.case",
                                        "results.case", "trust.case"};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disposition_says_why_and_what_the_client_is_told),
        cmocka_unit_test(a_sign_of_an_indirect_way_is_named),
        cmocka_unit_test(the_word_of_a_sealer_is_named),
        cmocka_unit_test(a_malformed_message_is_named),
        cmocka_unit_test(whatever_is_refused_gets_a_reply_and_nothing_else_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
