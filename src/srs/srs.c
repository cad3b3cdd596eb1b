/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/srs.h"

#include "base/base64.h"
#include "base/limits.h"
#include "crypto/mac.h"
#include "dns/alabel.h"
#include "fact/fact.h"

#include <stdlib.h>

/* ---- pieces of an address ---- */

int srs_tag(assay_span local)
{
    if (local.n < SRS_TAG || !span_istarts(local, SPAN("SRS")) ||
        (local.p[3] != '0' && local.p[3] != '1') ||
        (local.p[4] != '=' && local.p[4] != '+' && local.p[4] != '-'))
        return -1;
    return local.p[3] - '0';
}

/** One domain is another, or below it where that begins with a dot. */
static bool is_domain(assay_span domain, assay_span pattern)
{
    if (pattern.n && pattern.p[0] == '.')
        return domain.n > pattern.n && span_iends(domain, pattern);
    return span_ieq(domain, pattern);
}

/** A spelling of a domain is ours. */
static bool is_spelt_ours(const struct assay_srs *asked, assay_span domain)
{
    if (is_domain(domain, asked->forwarder))
        return true;
    for (size_t i = 0; i < asked->nlocal; i++)
        if (is_domain(domain, asked->local[i]))
            return true;
    return false;
}

assay_status srs_is_ours(const struct srs *r, assay_span domain, bool *ret)
{
    struct dns_name alabels;
    assay_status s = ASSAY_EINVAL;
    bool ours = is_spelt_ours(&r->asked, domain);

    if (!ours && !span_ascii(domain))
        s = dns_to_alabels(domain, &alabels);
    if (s == ASSAY_ENOMEM)
        return s;
    *ret = ours || (s == ASSAY_DONE && is_spelt_ours(&r->asked, dns_name_span(&alabels)));
    return ASSAY_DONE;
}

void srs_hash_text(const char *mac, char out[SRS_HASH_MAX])
{
    char text[SRS_HASH_MAX + 1];

    base64_encode((const uint8_t *)mac, MAC_SIZE, text);
    memcpy(out, text, SRS_HASH_MAX);
}

/* ---- days ---- */

unsigned srs_today(const struct srs *r)
{
    const int64_t day = 24 * 60 * 60, since = r->ev.now / day - (r->ev.now % day < 0);

    return (unsigned)(since & (SRS_DAYS - 1));
}

/** Base32 (RFC 4648 6). */
static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void srs_stamp_write(unsigned day, char out[2])
{
    out[0] = DIGITS[day >> 5 & 31];
    out[1] = DIGITS[day & 31];
}

/** The value of a digit in any case, or -1. */
static int digit_value(char c)
{
    if (ascii_alpha(c))
        return ascii_lower(c) - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool srs_stamp_read(assay_span stamp, unsigned *ret)
{
    int high, low;

    if (stamp.n != 2 || (high = digit_value(stamp.p[0])) < 0 || (low = digit_value(stamp.p[1])) < 0)
        return false;
    *ret = (unsigned)(high << 5 | low);
    return true;
}

/* ---- results ---- */

/** Set the result. */
static assay_status decide(struct srs *r, struct assay_srs_rewrite result)
{
    static const char *const WORDS[] = {"", "rewritten", "unchanged", "refused", "unknown"};

    if (!arena_copy(&r->ev.keep, result.address, &result.address) ||
        !arena_copy(&r->ev.keep, result.error, &result.error))
        return ASSAY_ENOMEM;
    trace(&r->ev, "", SPAN("result\t%1\t%2"), span_of(WORDS[result.outcome]),
          result.error.n ? result.error : result.address);
    r->result = result;
    return ASSAY_DONE;
}

assay_status srs_rewritten(struct srs *r, assay_span address)
{
    return decide(r, (struct assay_srs_rewrite){ASSAY_SRS_REWRITTEN, address, SPAN_EMPTY, 0,
                                                SPAN_EMPTY});
}

assay_status srs_unchanged(struct srs *r, assay_span why)
{
    return decide(r, (struct assay_srs_rewrite){ASSAY_SRS_UNCHANGED, r->asked.address, why, 0,
                                                SPAN_EMPTY});
}

assay_status srs_refused(struct srs *r, const char *enhanced, assay_span why)
{
    return decide(r, (struct assay_srs_rewrite){ASSAY_SRS_REFUSED, SPAN_EMPTY, why, 550,
                                                span_of(enhanced)});
}

/** The holder of the secrets gave no MAC: that decides nothing. */
static assay_status no_mac(struct srs *r, const struct assay_fact *fact)
{
    bool refused = fact->how == ASSAY_REFUSED;
    assay_span why = refused ? SPAN("there is no such secret")
                     : fact->how == ASSAY_OK
                         ? SPAN("the holder of the secrets answered with something else")
                         : SPAN("the holder of the secrets did not answer");

    return decide(r, (struct assay_srs_rewrite){ASSAY_SRS_UNKNOWN, SPAN_EMPTY, why, 451,
                                                refused ? SPAN("4.3.5") : SPAN("4.3.0")});
}

/* ---- the question ---- */

assay_status srs_mac(struct srs *r, const assay_span *parts, size_t n, assay_span *ret)
{
    const struct assay_fact *fact;
    assay_span data = SPAN_EMPTY;
    assay_status s;
    char *octets;

    for (size_t i = 0; i < n; i++)
        data.n += parts[i].n;
    if (!(octets = arena_get(&r->ev.pass, data.n)))
        return ASSAY_ENOMEM;
    data.p = octets;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].n; k++)
            *octets++ = ascii_lower(parts[i].p[k]);
    if ((s = ask_about(&r->ev, ASSAY_MAC, 0, r->asked.secret, data, &fact)) != ASSAY_DONE)
        return s;
    *ret = SPAN_EMPTY;
    if (fact->how != ASSAY_OK || fact->n != 1 || !fact->data[0].n || fact->data[0].n % MAC_SIZE)
        return no_mac(r, fact);
    *ret = fact->data[0];
    return ASSAY_DONE;
}

/* ---- the evaluation ---- */

/** The step of this flow. */
static assay_status step(struct assay_eval *ev)
{
    struct srs *r = (struct srs *)ev;

    trace(ev, "", SPAN("SRS %1 %2"), r->asked.reverse ? SPAN("reverse") : SPAN("forward"),
          r->asked.address);
    trace_in(ev);
    return r->asked.reverse ? srs_reverse(r) : srs_forward(r);
}

/** Free it. */
static void drop(struct assay_eval *ev)
{
    eval_done(ev);
    free(ev);
}

static const struct eval_ops OPS = {.step = step, .free = drop};

/** Copy the spans of a request. */
static bool copy_request(struct srs *r, const struct assay_srs *asked)
{
    struct arena *keep = &r->ev.keep;
    assay_span *local = arena_get(keep, (asked->nlocal + 1) * sizeof *local);

    for (size_t i = 0; local && i < asked->nlocal; i++)
        if (!arena_copy(keep, asked->local[i], &local[i]))
            return false;
    r->asked.local = local;
    return local && arena_copy(keep, asked->address, &r->asked.address) &&
           arena_copy(keep, asked->forwarder, &r->asked.forwarder) &&
           arena_copy(keep, asked->secret, &r->asked.secret);
}

/** Give what is 0 or empty its value. */
static struct assay_srs complete(struct assay_srs asked)
{
    asked.hash_length = asked.hash_length ? asked.hash_length : 4;
    asked.hash_min = asked.hash_min ? asked.hash_min : 4;
    asked.max_age_days = asked.max_age_days ? asked.max_age_days : 21;
    asked.separator = asked.separator ? asked.separator : '=';
    asked.secret = asked.secret.n ? asked.secret : SPAN("srs");
    return asked;
}

/** The values are of those allowed. */
static bool are_allowed(const struct assay_srs *asked)
{
    return srs_domain_ok(asked->forwarder) && asked->forwarder.p[0] != '[' &&
           asked->hash_length >= 4 && asked->hash_length <= SRS_HASH_MAX && asked->hash_min >= 4 &&
           asked->hash_min <= SRS_HASH_MAX && asked->max_age_days >= 1 &&
           asked->max_age_days <= SRS_DAYS - 2 &&
           (asked->separator == '=' || asked->separator == '+' || asked->separator == '-') &&
           (unsigned)asked->overflow <= ASSAY_SRS_LONG;
}

assay_status assay_srs_new(assay_engine *engine, const struct assay_srs *request, assay_eval **ret)
{
    struct assay_srs asked = complete(*request);
    struct srs *r;

    if (!are_allowed(&asked))
        return ASSAY_EINVAL;
    if (!(r = calloc(1, sizeof *r)))
        return ASSAY_ENOMEM;
    eval_init(&r->ev, &OPS, engine, asked.now);
    r->asked = asked;
    if (!copy_request(r, &asked)) {
        drop(&r->ev);
        return ASSAY_ENOMEM;
    }
    *ret = &r->ev;
    return ASSAY_DONE;
}

const struct srs *srs_of(const assay_eval *ev)
{
    return ev->ops == &OPS ? (const struct srs *)ev : NULL;
}

const struct assay_srs_rewrite *assay_srs_result(const assay_eval *eval)
{
    const struct srs *r = srs_of(eval);

    return r && r->ev.done ? &r->result : NULL;
}
