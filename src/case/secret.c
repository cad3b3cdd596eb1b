/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file secret.c
 * [secret] of a case: secrets named `srs`, one a line, or what a holder of secrets answered:
 *
 *     | TestSecret                     behind a bar: a secret of any octets
 *     TestSecret                       the same, as long as it looks like nothing else here
 *     srs mac BASE64 = BASE64          the answer to one question: what a recorded case has, which reveals no secret
 *     srs mac BASE64 = TIMEOUT         the same, where there was none; REFUSED, SERVFAIL
 */
#include "base/base64.h"
#include "case/read.h"
#include "fact/fact.h"

/** Decode base64 into the set. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status read_octets(struct case_reader *r, assay_span text, assay_span *ret)
{
    uint8_t *octets = arena_get(&r->set->arena, base64_decoded_max(text.n));
    size_t n;

    if (!octets)
        return ASSAY_ENOMEM;
    if (!text.n || !base64_decode(text, octets, &n))
        return CASE_REFUSE(r, text.n ? text : r->line, "%s is not base64", case_shown(text).text);
    *ret = (assay_span){(const char *)octets, n};
    return ASSAY_DONE;
}

/** The MACs, or a word in their place. */
static assay_status read_answer(struct case_reader *r, assay_span text, struct case_mac *mac)
{
    static const enum assay_how WORDS[] = {ASSAY_TIMEOUT, ASSAY_REFUSED, ASSAY_SERVFAIL};

    mac->how = ASSAY_OK;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (span_is(text, fact_how_text(WORDS[i])))
            mac->how = WORDS[i];
    return mac->how == ASSAY_OK ? read_octets(r, text, &mac->macs) : ASSAY_DONE;
}

/** `mac DATA = MACS`, behind the name. */
static assay_status read_mac(struct case_reader *r, assay_span name, assay_span rest)
{
    struct case_mac *mac = ARENA_NEW(&r->set->arena, struct case_mac);
    size_t equals = rest.n; /* the last with blanks around it: base64 may end with one */
    assay_status s;

    if (!mac)
        return ASSAY_ENOMEM;
    for (size_t i = 1; i + 1 < rest.n; i++)
        if (rest.p[i] == '=' && ascii_wsp(rest.p[i - 1]) && ascii_wsp(rest.p[i + 1]))
            equals = i;
    mac->name = name;
    if (equals == rest.n)
        return CASE_REFUSE(r, r->line, "NAME mac BASE64 = BASE64 is expected");
    s = read_octets(r, span_trim(span_first(rest, equals)), &mac->data);
    if (s == ASSAY_DONE)
        s = read_answer(r, span_trim(span_from(rest, equals + 1)), mac);
    if (s != ASSAY_DONE)
        return s;
    mac->next = r->one->secret.macs;
    r->one->secret.macs = mac;
    return ASSAY_DONE;
}

assay_status case_read_secret(struct case_reader *r, assay_span line)
{
    struct srs_secrets *secrets = &r->one->secret.secrets;
    assay_span rest = line, name = case_word(&rest), verb = case_word(&rest);

    if (line.p[0] != '|' && span_is(verb, "mac"))
        return read_mac(r, name, rest);
    if (secrets->n == LIMIT_SRS_SECRETS)
        return CASE_REFUSE(r, r->line, "more than %d secrets", (int)LIMIT_SRS_SECRETS);
    if (line.p[0] != '|')
        line = span_trim(line);
    else
        line = span_from(line, line.n > 1 && line.p[1] == ' ' ? 2 : 1);
    if (!line.n)
        return CASE_REFUSE(r, r->line, "a secret is empty");
    secrets->at[secrets->n++] = line;
    return ASSAY_DONE;
}

/* ---- answers ---- */

/** The recorded answer to a question, or NULL. */
static const struct case_mac *find_mac(const struct case_one *one, const struct assay_question *q)
{
    for (const struct case_mac *m = one->secret.macs; m; m = m->next)
        if (span_eq(m->name, q->name) && span_eq(m->data, q->data))
            return m;
    return NULL;
}

/** The case has the secrets of this name. */
static bool has_secrets(const struct case_one *one, const struct assay_question *q)
{
    return one->secret.secrets.n && span_is(q->name, "srs");
}

bool case_secret_knows(const struct case_one *one, const struct assay_question *q)
{
    return find_mac(one, q) || has_secrets(one, q);
}

assay_status case_secret_answer(const struct case_one *one, const struct assay_engine *engine,
                                const struct assay_question *q, assay_fact **ret)
{
    static const struct srs_secrets NONE = {.n = 0};
    const struct case_mac *mac = find_mac(one, q);
    struct assay_answer a = {.size = sizeof a,
                             .how = mac ? mac->how : ASSAY_OK,
                             .secure = ASSAY_INSECURE,
                             .data = mac ? &mac->macs : NULL,
                             .n = mac && mac->how == ASSAY_OK,
                             .reason = SPAN_EMPTY};

    if (mac)
        return assay_fact_new(ASSAY_MAC, 0, &a, ret);
    return srs_secrets_answer(engine, has_secrets(one, q) ? &one->secret.secrets : &NONE, q->data,
                              ret);
}
