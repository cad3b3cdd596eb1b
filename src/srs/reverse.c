/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/srs.h"

#include "base/limits.h"
#include "crypto/mac.h"

/* ---- the hash ---- */

/** Fold case, and the two alphabets of base64 into one (RFC 4648 5). */
static char folded(char c)
{
    return c == '-' ? '+' : c == '_' ? '/' : ascii_lower(c);
}

/** The hash is the beginning of a text; how long it takes to see does not tell where they part. */
static bool same_hash(assay_span hash, const char *text, bool fold)
{
    int differs = 0;

    for (size_t i = 0; i < hash.n; i++)
        differs |= fold ? folded(hash.p[i]) ^ folded(text[i]) : hash.p[i] ^ text[i];
    return differs == 0;
}

/** The hash is that of one of the secrets. \param fold  in any case */
static bool is_of_some_secret(assay_span hash, assay_span macs, bool fold)
{
    char text[SRS_HASH_MAX];
    bool found = false;

    for (size_t at = 0; at < macs.n; at += MAC_SIZE) {
        srs_hash_text(macs.p + at, text);
        found |= same_hash(hash, text, fold);
    }
    return found;
}

/** The hash is right. */
static bool is_right(struct srs *r, assay_span hash, assay_span macs)
{
    if (is_of_some_secret(hash, macs, false)) {
        trace(&r->ev, "", SPAN("hash %1\tright"), hash);
        return true;
    }
    if (is_of_some_secret(hash, macs, true)) {
        trace(&r->ev, "", SPAN("hash %1\tright, but its letters were changed on the way"), hash);
        return true;
    }
    return false;
}

/**
 * Ask for the MAC of what an address holds, and compare.
 *
 * \param ret  set on ASSAY_DONE: the hash is right; else the result says what is wrong
 */
static assay_status check(struct srs *r, assay_span hash, const assay_span *parts, size_t n,
                          bool *ret)
{
    assay_status s;
    assay_span macs;

    *ret = false;
    if (hash.n < r->asked.hash_min)
        return srs_refused(r, "5.1.1", SPAN("the hash of the SRS address is too short"));
    if (hash.n > SRS_HASH_MAX)
        return srs_refused(r, "5.1.1", SPAN("the hash of the SRS address is too long"));
    if ((s = srs_mac(r, parts, n, &macs)) != ASSAY_DONE || !macs.n)
        return s;
    *ret = is_right(r, hash, macs);
    return *ret ? ASSAY_DONE
                : srs_refused(r, "5.1.1", SPAN("the hash of the SRS address is not ours"));
}

/* ---- the day ---- */

/** What is wrong with the day an address was made, or an empty span. */
static assay_span age_fault(struct srs *r, unsigned day)
{
    enum { SOON = 7 }; /* days that a clock may be wrong by */
    unsigned age = (srs_today(r) - day) & (SRS_DAYS - 1);

    trace(&r->ev, "", SPAN("its time stamp\t%1 days old\t%2 are allowed"), pass_number(&r->ev, age),
          pass_number(&r->ev, r->asked.max_age_days));
    if (age <= r->asked.max_age_days)
        return SPAN_EMPTY;
    return age >= SRS_DAYS - SOON ? SPAN("the time stamp is of a day to come")
                                  : SPAN("the time stamp is out of date");
}

/* ---- the two kinds ---- */

/** The result is a local part at a domain. */
static assay_status finish(struct srs *r, const char *tag, assay_span local, assay_span domain)
{
    struct buf text = buf_new(2 * LIMIT_SRS_ADDRESS), out = buf_new(8 * LIMIT_SRS_ADDRESS);
    assay_status s = ASSAY_ENOMEM;

    buf_puts(&text, tag);
    buf_put(&text, local);
    srs_local_write(buf_span(&text), r->from.quoted, &out);
    buf_putc(&out, '@');
    buf_put(&out, domain);
    if (text.status == ASSAY_DONE && out.status == ASSAY_DONE)
        s = srs_domain_ok(domain) ? srs_rewritten(r, buf_span(&out))
                                  : srs_refused(r, "5.1.3", SPAN("the SRS address has no domain"));
    buf_done(&text);
    buf_done(&out);
    return s;
}

/** Take the next part off; what is behind it may not be empty. */
static bool take(assay_span *rest, assay_span *part)
{
    return span_cut(rest, '=', part) && rest->p && rest->n;
}

/** SRS0: hash, day, domain, local part. */
static assay_status reverse_srs0(struct srs *r, assay_span rest)
{
    assay_span hash, parts[3], fault;
    assay_status s;
    unsigned day;
    bool right;

    if (!take(&rest, &hash))
        return srs_refused(r, "5.1.3", SPAN("the SRS0 address has no time stamp"));
    if (!take(&rest, &parts[0]))
        return srs_refused(r, "5.1.3", SPAN("the SRS0 address has no domain"));
    if (!take(&rest, &parts[1]))
        return srs_refused(r, "5.1.3", SPAN("the SRS0 address has no local part"));
    parts[2] = rest;
    if (!srs_stamp_read(parts[0], &day))
        return srs_refused(r, "5.1.3", SPAN("the SRS0 address has no time stamp"));
    if ((fault = age_fault(r, day)).n)
        return srs_refused(r, "5.1.6", fault);
    if ((s = check(r, hash, parts, 3, &right)) != ASSAY_DONE || !right)
        return s;
    return finish(r, "", parts[2], parts[1]);
}

/** SRS1: hash, first hop, what stood behind the tag of its SRS0. */
static assay_status reverse_srs1(struct srs *r, assay_span rest)
{
    assay_span hash, parts[2];
    assay_status s;
    bool right;

    if (!take(&rest, &hash))
        return srs_refused(r, "5.1.3", SPAN("the SRS1 address has no domain"));
    if (!take(&rest, &parts[0]))
        return srs_refused(r, "5.1.3", SPAN("the SRS1 address has no local part"));
    parts[1] = rest;
    if ((s = check(r, hash, parts, 2, &right)) != ASSAY_DONE || !right)
        return s;
    return finish(r, "SRS0", parts[1], parts[0]);
}

assay_status srs_reverse(struct srs *r)
{
    const char *why;
    assay_span rest;
    assay_status s;
    bool ours;
    int tag;

    if (!r->asked.address.n || span_is(r->asked.address, "<>"))
        return srs_unchanged(r, SPAN("it is no SRS address"));
    if ((s = srs_address_read(&r->ev.pass, r->asked.address, &r->from, &why)) != ASSAY_DONE)
        return s;
    if (why)
        return srs_unchanged(r, span_of(why));
    if ((tag = srs_tag(r->from.local)) < 0)
        return srs_unchanged(r, SPAN("it is no SRS address"));
    if ((s = srs_is_ours(r, r->from.domain, &ours)) != ASSAY_DONE)
        return s;
    if (!ours)
        return srs_unchanged(r, SPAN("it is an SRS address of another forwarder"));
    rest = span_from(r->from.local, SRS_TAG);
    return tag == 0 ? reverse_srs0(r, rest) : reverse_srs1(r, rest);
}
