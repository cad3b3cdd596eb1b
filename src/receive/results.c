/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

/** Octets of a value at most, and of the name of the field with its colon. */
enum { AUTHRES_MAX = 65536, FIELD_N = sizeof "Authentication-Results" };

assay_span verdict_our_id(const struct receive *r)
{
    assay_span id = r->decided->authserv_id.n ? r->decided->authserv_id : r->hostname;

    return id.n ? id : SPAN("localhost");
}

/**
 * A check goes into the field: the other view of DMARC does not, nor does a null path's second SPF
 * result, nor SPF of a path that is not known.
 */
static bool is_reported(const struct receive *r, const struct assay_check *c)
{
    if (span_is(c->method, "dmarc") &&
        !span_is(c->scope, r->dmarc.mode == DMARC_9989 ? "9989" : "7489"))
        return false;
    return !(span_is(c->scope, "mfrom") && !r->mail_from.n && (r->helo.n || r->sender_unknown));
}

/** A check as a result. */
static assay_status as_result(struct receive *r, const struct assay_check *c,
                              struct authres_result *ret)
{
    struct authres_property *properties =
        arena_zero(&r->ev.pass, (c->nproperties + 1) * sizeof *properties);

    if (!properties)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < c->nproperties; i++)
        properties[i] = (struct authres_property){c->properties[i].ptype, c->properties[i].name,
                                                  c->properties[i].value};
    *ret = (struct authres_result){.method = c->method,
                                   .version = 1,
                                   .result = c->result,
                                   .reason = span_is(c->result, "none") ? SPAN_EMPTY : c->reason,
                                   .properties = properties,
                                   .nproperties = c->nproperties};
    return ASSAY_DONE;
}

assay_status verdict_reported(struct receive *r, struct reported *ret)
{
    struct reported reported = {
        arena_zero(&r->ev.pass, (r->verdict.nchecks + 1) * sizeof *reported.all), 0};

    for (size_t i = 0; reported.all && i < r->verdict.nchecks; i++)
        if (is_reported(r, r->verdict.checks[i]) &&
            as_result(r, r->verdict.checks[i], &reported.all[reported.n++]) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    *ret = reported;
    return reported.all ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Write the value of a field into keep. \param field_n  octets before it on its first line */
static assay_status write_value(struct receive *r, const struct authres_result *results, size_t n,
                                size_t field_n, assay_span *ret)
{
    struct buf out = buf_new(AUTHRES_MAX);
    bool kept;

    authres_write(verdict_our_id(r), results, n, field_n, &out);
    kept = out.status != ASSAY_ENOMEM && arena_copy(&r->ev.keep, buf_span(&out), ret);
    buf_done(&out);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status verdict_authres(struct receive *r, const struct authres_result *results, size_t n,
                             assay_span *ret)
{
    return write_value(r, results, n, FIELD_N, ret);
}

assay_status verdict_payload(struct receive *r, size_t field_n, assay_span *ret)
{
    struct reported reported;
    assay_status s = verdict_reported(r, &reported);

    return s == ASSAY_DONE ? write_value(r, reported.all, reported.n, field_n, ret) : s;
}

assay_status verdict_results(struct receive *r)
{
    struct reported reported;
    assay_status s = verdict_reported(r, &reported);

    return s == ASSAY_DONE ? verdict_authres(r, reported.all, reported.n, &r->verdict.authres) : s;
}
