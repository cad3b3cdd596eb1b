/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"
#include "case/expect.h"
#include "receive/verdict.h"

/* ---- pieces of a value ---- */

/** Where the alternative at the front ends. */
static size_t alternative_size(assay_span s, bool text)
{
    bool quoted = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' && !text)
            quoted = !quoted;
        if (s.p[i] != '|' || quoted)
            continue;
        if (!text || (i && ascii_wsp(s.p[i - 1]) && i + 1 < s.n && ascii_wsp(s.p[i + 1])))
            return i;
    }
    return s.n;
}

bool expect_alternative(assay_span *rest, bool text, assay_span *ret)
{
    size_t n;

    if (!rest->p)
        return false;
    n = alternative_size(*rest, text);
    *ret = span_trim(span_first(*rest, n));
    *rest = n < rest->n ? span_from(*rest, n + 1) : (assay_span){NULL, 0};
    return true;
}

/** Where the next word begins that has a `=`, or the end. */
static size_t next_property(assay_span s)
{
    size_t at = 0, begin;

    while (at < s.n) {
        while (at < s.n && ascii_wsp(s.p[at]))
            at++;
        for (begin = at; at < s.n && !ascii_wsp(s.p[at]); at++)
            if (s.p[at] == '=')
                return begin;
    }
    return s.n;
}

bool expect_property(assay_span *rest, assay_span *name, assay_span *value)
{
    assay_span s = span_trim(*rest);
    size_t equals = span_find(s, '='), first;

    if (equals == s.n)
        return false;
    *name = span_first(s, equals);
    s = span_from(s, equals + 1);
    if (s.n && s.p[0] == '"') {
        s = span_from(s, 1);
        *value = span_first(s, span_find(s, '"'));
        *rest = span_from(s, value->n + 1);
        return true;
    }
    for (first = 0; first < s.n && !ascii_wsp(s.p[first]);
         first++) /* a `=` in the first word is part of it */
        ;
    first += next_property(span_from(s, first));
    *value = span_trim(span_first(s, first));
    *rest = span_from(s, first);
    return true;
}

/* ---- what is wrong with a value as such ---- */

static const char *no_value(assay_span value)
{
    return value.n ? NULL : "a value is expected";
}

/** `RESULT NAME=VALUE ...` */
static const char *result_fault(assay_span value)
{
    assay_span rest = span_from(value, span_find(value, ' ')), name, of_name;

    if (!value.n)
        return "a result is expected";
    while (expect_property(&rest, &name, &of_name))
        if (!name.n || span_find(name, ' ') < name.n)
            return "NAME=VALUE is expected behind a result";
    return span_trim(rest).n ? "NAME=VALUE is expected behind a result" : NULL;
}

/** `TYPE NAME` */
static const char *question_fault(assay_span value)
{
    size_t blank = span_find(value, ' ');
    enum assay_kind kind;
    uint16_t rrtype;
    struct dns_name name;

    if (!span_trim(span_from(value, blank)).n)
        return "TYPE NAME is expected, such as TXT example.com";
    if (!case_question_read(span_first(value, blank), &kind, &rrtype))
        return "unknown type; A AAAA MX TXT SPF PTR CNAME TLSA NS SOA DS CAA, or SUFFIX, GET and such";
    if (kind == ASSAY_DNS && !dns_name_read(span_trim(span_from(value, blank)), &name))
        return "what stands behind the type is no domain name";
    return NULL;
}

/** `VERB NAME[: VALUE]` */
static const char *edit_fault(assay_span value)
{
    static const char *const VERBS[] = {"add", "insert", "change", "remove"};
    size_t blank = span_find(value, ' ');

    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (span_is(span_first(value, blank), VERBS[i]))
            return span_trim(span_from(value, blank)).n ? NULL : "the name of a field is missing";
    return "add, insert, change or remove NAME[: VALUE] is expected";
}

static const char *number_fault(assay_span value)
{
    uint64_t n;

    return number_read(value, UINT64_MAX, &n) ? NULL : "a number is expected";
}

/** A rung, a `?` may stand behind it. */
static const char *phase_fault(assay_span value)
{
    return value.n && value.n <= 2 && ascii_digit(value.p[0]) && (value.n == 1 || value.p[1] == '?')
               ? NULL
               : "a rung is expected, such as 2, or 2? where the next one is only not known";
}

static const char *disposition_fault(assay_span value)
{
    for (int what = ASSAY_ACCEPT; what <= ASSAY_DISCARD; what++)
        if (span_is(value, verdict_word((enum assay_disposition)what)))
            return NULL;
    return "accept, tag, quarantine, reject, defer or discard is expected";
}

static const char *message_fault(assay_span value)
{
    return span_is(value, "ok") || span_is(value, "malformed") ? NULL
                                                               : "ok or malformed is expected";
}

/* ---- the keys ---- */

enum { RECEIVED = CASE_MESSAGE | CASE_SPF, ALSO_DOMAIN = RECEIVED | CASE_DOMAIN };

/** A result of checks of a method and scope. */
#define RESULT_OF(name, kinds, method, scope)                                                   \
    {                                                                                           \
        name, kinds, expect_got_result, expect_holds_result, result_fault, method, scope, NULL, \
            "none", false, true                                                                 \
    }

#define RESULT(name, method, scope) RESULT_OF(name, RECEIVED, method, scope)

/** A detail of checks of a method and scope. */
#define DETAIL(name, kinds, holds, fault, method, scope, detail, absent, text)                  \
    {                                                                                           \
        name, kinds, expect_got_detail, holds, fault, method, scope, detail, absent, text, true \
    }

/** A value of the verdict. */
#define VALUE(name, kinds, got, holds, fault, absent, text)                   \
    {                                                                         \
        name, kinds, got, holds, fault, NULL, NULL, NULL, absent, text, false \
    }

/** A value of a posture. */
#define DOMAIN(name, fault) \
    VALUE(name, CASE_DOMAIN, expect_got_domain, expect_holds_value, fault, NULL, false)

/** A rung of a ladder. */
#define PHASE(name) \
    VALUE(name, CASE_DOMAIN, expect_got_phase, expect_holds_phase, phase_fault, NULL, false)

/** A key that only kinds have that this version does not run. */
#define LATER(name, kinds)                                                     \
    {                                                                          \
        name, kinds, NULL, NULL, no_value, NULL, NULL, NULL, NULL, true, false \
    }

static const struct expect_key KEYS[] = {
    RESULT("spf", "spf", "mfrom"),
    RESULT("spf.helo", "spf", "helo"),
    DETAIL("spf.exp", RECEIVED, expect_holds_value, NULL, "spf", "mfrom", "exp", "", true),
    DETAIL("spf.lookups", ALSO_DOMAIN, expect_holds_value, number_fault, "spf", "mfrom", "lookups",
           "0", false),
    DETAIL("spf.void", RECEIVED, expect_holds_value, number_fault, "spf", "mfrom", "void", "0",
           false),
    RESULT("dkim", "dkim", NULL),
    RESULT("dmarc", "dmarc", NULL),
    DETAIL("dmarc.policy", ALSO_DOMAIN, expect_holds_value, no_value, "dmarc", NULL, "policy",
           "none", false),
    DETAIL("dmarc.org", ALSO_DOMAIN, expect_holds_domain, NULL, "dmarc", NULL, "org", "", false),
    RESULT("arc", "arc", NULL),
    DETAIL("arc.sealer", RECEIVED, expect_holds_domain, NULL, "arc", NULL, "sealer", "", false),
    VALUE("bimi", RECEIVED, expect_got_fixed, expect_holds_value, no_value, "none", false),
    RESULT("iprev", "iprev", NULL),
    VALUE("disposition", RECEIVED | CASE_SENDING, expect_got_disposition, expect_holds_value,
          disposition_fault, NULL, false),
    VALUE("would", RECEIVED, expect_got_would, expect_holds_value, disposition_fault, NULL, false),
    VALUE("cause", RECEIVED, expect_got_cause, expect_holds_value, no_value, NULL, false),
    VALUE("override", RECEIVED, expect_got_override, expect_holds_folded, no_value, NULL, true),
    VALUE("policy", RECEIVED, expect_got_policy, expect_holds_value, NULL, NULL, false),
    VALUE("reply", RECEIVED, expect_got_reply, expect_holds_folded, no_value, NULL, true),
    VALUE("ar", RECEIVED, expect_got_authres, expect_holds_folded, no_value, NULL, true),
    VALUE("edit", RECEIVED | CASE_SENDING, expect_got_edits, expect_holds_edit, edit_fault, NULL,
          true),
    VALUE("trace", CASE_ANY, expect_got_fixed, expect_holds_trace, no_value,
          "no line of the trace contains it", true),
    VALUE("questions", CASE_ANY, expect_got_questions, expect_holds_value, number_fault, NULL,
          false),
    VALUE("asked", CASE_ANY, expect_got_fixed, expect_holds_asked, question_fault, "not asked",
          false),
    VALUE("not_asked", CASE_ANY, expect_got_fixed, expect_holds_not_asked, question_fault, "asked",
          false),
    VALUE("message", RECEIVED | CASE_SENDING, expect_got_message, expect_holds_value, message_fault,
          NULL, false),
    RESULT_OF("sign", CASE_SENDING, "sign", NULL),
    RESULT("seal", "seal", NULL),
    {"signature", CASE_SENDING, expect_got_signature, expect_holds_folded, no_value, NULL, NULL,
     NULL, "no signature", true, true},
    VALUE("finding", CASE_DOMAIN, expect_got_finding, expect_holds_finding, expect_fault_finding,
          NULL, false),
    VALUE("not_finding", CASE_DOMAIN, expect_got_finding, expect_holds_not_finding,
          expect_fault_not_finding, NULL, false),
    VALUE("goal", CASE_DOMAIN, expect_got_finding, expect_holds_goal, expect_fault_goal, NULL,
          false),
    DOMAIN("score", number_fault),
    DOMAIN("score.low", number_fault),
    DOMAIN("score.high", number_fault),
    DOMAIN("confidence", number_fault),
    DOMAIN("grade", no_value),
    DOMAIN("profile", no_value),
    PHASE("phase.auth"),
    PHASE("phase.transport"),
    PHASE("phase.brand"),
    LATER("tls_policy", CASE_DESTINATION),
    LATER("tls_failure", CASE_DESTINATION),
    VALUE("address", CASE_SRS, expect_got_address, expect_holds_folded, no_value, NULL, true),
    VALUE("error", CASE_SRS, expect_got_error, expect_holds_value, NULL, NULL, true),
};

enum { N_KEYS = sizeof KEYS / sizeof *KEYS };

const struct expect_key *expect_key_find(assay_span name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (span_is(name, KEYS[i].name))
            return &KEYS[i];
    return NULL;
}

const char *case_expect_name(size_t i)
{
    return i < N_KEYS ? KEYS[i].name : NULL;
}

unsigned case_expect_kinds(assay_span key)
{
    const struct expect_key *k = expect_key_find(key);

    return k ? k->kinds : 0;
}

const char *case_expect_fault(assay_span key, assay_span value)
{
    const struct expect_key *k = expect_key_find(key);
    assay_span rest = value, one;
    const char *why = NULL;
    size_t n = 0;

    while (!why && expect_alternative(&rest, k->text, &one)) {
        why = k->fault ? k->fault(one) : NULL;
        if (++n > LIMIT_CASE_OR)
            why = "more than 32 alternatives";
    }
    return why;
}
