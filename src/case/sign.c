/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/sign.h"

#include "base/base64.h"
#include "case/read.h"
#include "dns/name.h"
#include "fact/fact.h"

/** The lines with `| ` belong to the line above. */
enum state { STATE_FREE, STATE_KEY };

/* ---- a key ---- */

/** The engine of the set's keys. */
static assay_status need_engine(struct case_set *set)
{
    return set->engine ? ASSAY_DONE : assay_engine_new(0, &set->engine);
}

/** Make a key of PEM. \param at  the octets that are wrong if it is none */
static assay_status make_key(struct case_reader *r, struct case_signer *signer, assay_span at)
{
    const char *why = "";
    assay_status s = need_engine(r->set);

    if (s == ASSAY_DONE && r->pem.status != ASSAY_DONE)
        return r->pem.status == ASSAY_ENOMEM
                   ? ASSAY_ENOMEM
                   : CASE_REFUSE(r, at, "%s: the key is too long", case_shown(at).text);
    if (s == ASSAY_DONE)
        s = private_read(r->set->engine, buf_span(&r->pem), &signer->key, &why);
    private_wipe(&r->pem);
    if (s == ASSAY_EINVAL)
        return CASE_REFUSE(r, at, "%s: %s", case_shown(at).text, why);
    if (s == ASSAY_DONE && private_type(signer->key) != signer->type)
        return CASE_REFUSE(r, at, "%s: the key is %s", case_shown(at).text,
                           signer->type == KEY_RSA ? "Ed25519, not RSA" : "RSA, not Ed25519");
    return s;
}

/** `file = PATH`. */
static assay_status read_key_file(struct case_reader *r, struct case_signer *signer,
                                  assay_span rest)
{
    size_t equals = span_find(rest, '=');
    assay_span path = span_trim(span_from(rest, equals + 1));
    assay_status s;

    if (!span_is(span_trim(span_first(rest, equals)), "file") || !path.n)
        return CASE_REFUSE(r, rest,
                           "file = PATH, signature DIGEST = SIGNATURE or | lines with the key are "
                           "expected");
    if (!r->open)
        return CASE_REFUSE(r, rest, "no file may be named here");
    s = r->open(r->arg, path, &r->pem);
    if (s == ASSAY_ENOMEM || r->pem.status == ASSAY_ENOMEM)
        return ASSAY_ENOMEM;
    if (s < 0)
        return CASE_REFUSE(r, path, "%s cannot be read", case_shown(path).text);
    return make_key(r, signer, path);
}

assay_status case_finish_sign(struct case_reader *r)
{
    struct case_signer *signer = r->signer;

    r->signer = NULL;
    return signer ? make_key(r, signer, signer->at) : ASSAY_DONE;
}

/** A line of a key in PEM. */
static assay_status read_bar(struct case_reader *r, assay_span line)
{
    assay_span text = span_from(line, 1);

    if (!r->signer)
        return CASE_REFUSE(r, r->line,
                           "the key of which name? SELECTOR._domainkey.DOMAIN "
                           "rsa|ed25519 is expected above");
    buf_put(&r->pem, text.n && text.p[0] == ' ' ? span_from(text, 1) : text);
    buf_puts(&r->pem, "\n");
    return r->pem.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : ASSAY_DONE;
}

/* ---- an answer ---- */

/** A word in place of a signature, or ASSAY_OK. */
static enum assay_how read_how(assay_span word)
{
    for (enum assay_how how = ASSAY_NODATA; how <= ASSAY_REFUSED; how++)
        if (span_is(word, fact_how_text(how)))
            return how;
    return ASSAY_OK;
}

/** Decode base64 into the set's arena. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status decode(struct case_reader *r, assay_span text, assay_span *ret)
{
    char *octets;
    size_t n;

    if (text.n > base64_encoded(LIMIT_SIGNATURE))
        return ASSAY_EINVAL;
    if (!(octets = arena_get(&r->set->arena, base64_decoded_max(text.n))))
        return ASSAY_ENOMEM;
    if (!base64_decode(text, (uint8_t *)octets, &n) || n == 0)
        return ASSAY_EINVAL;
    *ret = (assay_span){octets, n};
    return ASSAY_DONE;
}

/** `DIGEST = SIGNATURE`, or a word that says why there is none, with the reason behind it. */
static assay_status read_answer(struct case_reader *r, struct case_signer *signer, assay_span rest)
{
    assay_span text = case_word(&rest), equals = case_word(&rest), value = case_word(&rest), digest;
    assay_status s = decode(r, text, &digest);

    if (s == ASSAY_ENOMEM)
        return s;
    if (s != ASSAY_DONE || digest.n != SHA256_SIZE)
        return CASE_REFUSE(r, text.n ? text : r->line, "%s: not 32 octets in base64",
                           case_shown(text).text);
    memcpy(signer->digest, digest.p, SHA256_SIZE);
    if (!span_is(equals, "=") || !value.n)
        return CASE_REFUSE(r, r->line, "signature DIGEST = SIGNATURE is expected");
    signer->recorded = true;
    signer->how = read_how(value);
    signer->reason = span_trim(rest);
    if (signer->how != ASSAY_OK)
        return ASSAY_DONE;
    if (signer->reason.n)
        return CASE_REFUSE(r, signer->reason, "text behind the signature");
    if ((s = decode(r, value, &signer->signature)) == ASSAY_EINVAL)
        return CASE_REFUSE(r, value, "%s: no signature in base64", case_shown(value).text);
    return s;
}

/* ---- lines ---- */

/** Two lines are about the same question, or about the same key. */
static bool are_doubles(const struct case_signer *a, const struct case_signer *b)
{
    return a->type == b->type && a->recorded == b->recorded && span_eq(a->name, b->name) &&
           (!a->recorded || memcmp(a->digest, b->digest, SHA256_SIZE) == 0);
}

/** Put a line behind the others. */
static assay_status add(struct case_reader *r, struct case_signer *signer)
{
    struct case_signer **end = &r->one->world.signers;
    size_t n = 0;

    for (; *end; end = &(*end)->next, n++)
        if (are_doubles(*end, signer))
            return CASE_REFUSE(r, r->line, "a line above says it already");
    if (n >= LIMIT_CASE_SIGN)
        return CASE_REFUSE(r, r->line, "more than %d keys and answers", LIMIT_CASE_SIGN);
    *end = signer;
    return ASSAY_DONE;
}

/** Read what follows the name and the algorithm. */
static assay_status read_rest(struct case_reader *r, struct case_signer *signer, assay_span rest)
{
    assay_span behind = rest;
    bool answer = span_is(case_word(&behind), "signature");
    assay_status s = answer ? read_answer(r, signer, behind) : ASSAY_DONE;

    if (s == ASSAY_DONE)
        s = add(r, signer); /* from now on its key is the set's */
    if (s != ASSAY_DONE || answer)
        return s;
    if (rest.n)
        return read_key_file(r, signer, rest);
    r->signer = signer;
    r->state = STATE_KEY;
    return ASSAY_DONE;
}

assay_status case_read_sign(struct case_reader *r, assay_span line)
{
    assay_span rest = line, name = case_word(&rest), algorithm = case_word(&rest);
    struct case_signer *signer;
    struct dns_name read;
    assay_status s;

    if (line.p[0] == '|')
        return read_bar(r, line);
    if ((s = case_finish_sign(r)) != ASSAY_DONE)
        return s;
    r->state = STATE_FREE;
    if (!span_is(algorithm, "rsa") && !span_is(algorithm, "ed25519"))
        return CASE_REFUSE(r, r->line, "SELECTOR._domainkey.DOMAIN rsa|ed25519 is expected");
    if (!dns_name_read(name, &read))
        return CASE_REFUSE(r, name, "%s is no domain name", case_shown(name).text);
    if (!(signer = ARENA_NEW(&r->set->arena, struct case_signer)) ||
        !arena_copy(&r->set->arena, dns_name_span(&read), &signer->name))
        return ASSAY_ENOMEM;
    signer->at = r->line;
    signer->type = span_is(algorithm, "rsa") ? KEY_RSA : KEY_ED25519;
    signer->signature = signer->reason = SPAN_EMPTY;
    return read_rest(r, signer, span_trim(rest));
}

/* ---- answering ---- */

/** Make a fact. */
static assay_status make_fact(enum assay_how how, assay_span signature, assay_span reason,
                              assay_fact **ret)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = how,
                             .secure = ASSAY_INSECURE,
                             .data = &signature,
                             .n = how == ASSAY_OK,
                             .reason = reason};

    return assay_fact_new(ASSAY_SIGN, 0, &a, ret);
}

/** Sign. */
static assay_status sign(const struct case_signer *signer, const uint8_t *digest, assay_fact **ret)
{
    uint8_t octets[PRIVATE_SIGNATURE];
    size_t n;
    assay_status s = private_sign(signer->key, digest, octets, &n);

    if (s != ASSAY_DONE)
        return s;
    return make_fact(ASSAY_OK, (assay_span){(const char *)octets, n}, SPAN_EMPTY, ret);
}

/** A line answers a question. */
static bool answers(const struct case_signer *signer, const uint8_t *digest)
{
    return signer->recorded ? memcmp(signer->digest, digest, SHA256_SIZE) == 0
                            : signer->key != NULL;
}

/** The line that answers: an answer, else a key, else NULL. */
static const struct case_signer *find(const struct case_signer *signers, assay_span name,
                                      enum key_type type, const uint8_t *digest)
{
    const struct case_signer *key = NULL;

    for (; signers; signers = signers->next) {
        if (signers->type != type || !span_eq(signers->name, name) || !answers(signers, digest))
            continue;
        if (signers->recorded)
            return signers;
        key = signers;
    }
    return key;
}

assay_status case_sign_ask(const struct case_signer *signers, const struct assay_question *q,
                           assay_fact **ret, bool *ret_absent)
{
    const struct case_signer *found = NULL;
    uint8_t digest[SHA256_SIZE];
    enum key_type type;

    if (private_question(q->data, &type, digest))
        found = find(signers, q->name, type, digest);
    *ret_absent = !found;
    if (!found)
        return make_fact(ASSAY_REFUSED, SPAN_EMPTY, SPAN("no such key"), ret);
    if (found->recorded)
        return make_fact(found->how, found->signature, found->reason, ret);
    return sign(found, digest, ret);
}

void case_signers_free(struct case_signer *signers)
{
    for (; signers; signers = signers->next) {
        private_free(signers->key);
        signers->key = NULL;
    }
}
