/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/srs.h"

#include "base/limits.h"

/** RFC 5321 4.5.3.1.1 and 4.5.3.1.3, the latter without its brackets. */
enum { MOST_LOCAL = 64, MOST_PATH = 254 };

/* ---- how long it may get ---- */

/** An address got too long. */
static assay_status too_long(struct srs *r, assay_span why)
{
    return r->asked.overflow == ASSAY_SRS_KEEP ? srs_unchanged(r, why)
                                               : srs_refused(r, "5.1.0", why);
}

/** What is wrong with the length of an address, or an empty span. */
static assay_span length_fault(struct srs *r, size_t local, size_t all)
{
    if (all > LIMIT_SRS_ADDRESS)
        return pass_printf(&r->ev, "rewritten it would have %zu octets, and %d are allowed", all,
                           r->asked.overflow == ASSAY_SRS_LONG ? (int)LIMIT_SRS_ADDRESS
                                                               : (int)MOST_PATH);
    if (r->asked.overflow == ASSAY_SRS_LONG)
        return SPAN_EMPTY;
    if (local > MOST_LOCAL)
        return pass_printf(&r->ev,
                           "rewritten its local part would have %zu octets, and %d are allowed",
                           local, (int)MOST_LOCAL);
    if (all > MOST_PATH)
        return pass_printf(&r->ev, "rewritten it would have %zu octets, and %d are allowed", all,
                           (int)MOST_PATH);
    return SPAN_EMPTY;
}

/** The address is made of this local part. */
static assay_status finish(struct srs *r, assay_span local)
{
    struct buf out = buf_new(8 * LIMIT_SRS_ADDRESS);
    assay_status s = ASSAY_ENOMEM;
    size_t nlocal;
    assay_span fault;

    srs_local_write(local, r->from.quoted, &out);
    nlocal = out.n;
    buf_putc(&out, '@');
    buf_put(&out, r->asked.forwarder);
    if (out.status == ASSAY_DONE) {
        fault = length_fault(r, nlocal, out.n);
        s = fault.n ? too_long(r, fault) : srs_rewritten(r, buf_span(&out));
    }
    buf_done(&out);
    return s;
}

/** The local part is tag, hash and what the hash is over, with a `=` between. */
static assay_status join_parts(struct srs *r, const char *tag, assay_span mac,
                               const assay_span *parts, size_t n)
{
    struct buf local = buf_new(4 * LIMIT_SRS_ADDRESS);
    char hash[SRS_HASH_MAX];
    assay_status s;

    srs_hash_text(mac.p, hash);
    buf_puts(&local, tag);
    buf_putc(&local, r->asked.separator);
    buf_put(&local, (assay_span){hash, r->asked.hash_length});
    for (size_t i = 0; i < n; i++) {
        buf_putc(&local, '=');
        buf_put(&local, parts[i]);
    }
    s = local.status == ASSAY_DONE ? finish(r, buf_span(&local)) : ASSAY_ENOMEM;
    buf_done(&local);
    return s;
}

/* ---- the three kinds ---- */

/** Ask for the MAC of parts, and make the address of it. */
static assay_status make(struct srs *r, const char *tag, const assay_span *parts, size_t n)
{
    assay_span mac;
    assay_status s = srs_mac(r, parts, n, &mac);

    return s == ASSAY_DONE && mac.n ? join_parts(r, tag, mac, parts, n) : s;
}

/** An address that nobody rewrote yet. */
static assay_status first_hop(struct srs *r)
{
    char stamp[2];
    const assay_span parts[] = {{stamp, sizeof stamp}, r->from.domain, r->from.local};

    srs_stamp_write(srs_today(r), stamp);
    return make(r, "SRS0", parts, 3);
}

/**
 * SRS0 of another forwarder: it becomes the first hop, and what is behind its tag goes on as it is,
 * with its separator. Nothing of it can be checked, and nothing has to be: who made it gets it back.
 */
static assay_status second_hop(struct srs *r)
{
    const assay_span parts[] = {r->from.domain, span_from(r->from.local, SRS_TAG - 1)};

    return make(r, "SRS1", parts, 2);
}

/** SRS1 of another forwarder: the first hop stays, the hash becomes ours. */
static assay_status later_hop(struct srs *r)
{
    assay_span rest = span_from(r->from.local, SRS_TAG), hash, parts[2];

    if (!span_cut(&rest, '=', &hash) || !rest.p || !span_cut(&rest, '=', &parts[0]) || !rest.p ||
        !rest.n || !srs_domain_ok(parts[0]))
        return srs_unchanged(r, SPAN("it looks like SRS1, but there is no first hop in it"));
    parts[1] = rest;
    return make(r, "SRS1", parts, 2);
}

assay_status srs_forward(struct srs *r)
{
    const char *why;
    assay_status s;
    bool ours;

    if (!r->asked.address.n || span_is(r->asked.address, "<>"))
        return srs_unchanged(r, SPAN("the null sender is never rewritten"));
    if ((s = srs_address_read(&r->ev.pass, r->asked.address, &r->from, &why)) != ASSAY_DONE)
        return s;
    if (why)
        return srs_unchanged(r, span_of(why));
    if ((s = srs_is_ours(r, r->from.domain, &ours)) != ASSAY_DONE)
        return s;
    if (ours)
        return srs_unchanged(r, SPAN("its domain is one of our own"));
    switch (srs_tag(r->from.local)) {
    case 0: return second_hop(r);
    case 1: return later_hop(r);
    default: return first_hop(r);
    }
}
