/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

#include "mail/forged.h"

static const char FIELD[] = "Authentication-Results";

enum { AUTHRES_MAX = 65536 };

assay_span verdict_our_id(const struct receive *r)
{
    assay_span id = r->policy->authserv_id.n ? r->policy->authserv_id : r->hostname;

    return id.n ? id : SPAN("localhost");
}

/**
 * A check goes into the field: the other view of DMARC does not, nor does a null path's second SPF
 * result.
 */
static bool is_reported(const struct receive *r, const struct assay_check *c)
{
    if (span_is(c->method, "dmarc") &&
        !span_is(c->scope, r->dmarc.mode == DMARC_9989 ? "9989" : "7489"))
        return false;
    return !(span_is(c->scope, "mfrom") && !r->mail_from.n && r->helo.n);
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

/** The results that are reported, in order. */
static assay_status gather(struct receive *r, struct authres_result **ret, size_t *ret_n)
{
    struct authres_result *results =
        arena_zero(&r->ev.pass, (r->verdict.nchecks + 1) * sizeof *results);

    *ret_n = 0;
    *ret = results;
    for (size_t i = 0; results && i < r->verdict.nchecks; i++)
        if (is_reported(r, r->verdict.checks[i]) &&
            as_result(r, r->verdict.checks[i], &results[(*ret_n)++]) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    return results ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Write one field's value into keep. \param field_n  octets before it on its first line */
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

/** Write the value of one Authentication-Results. */
static assay_status write_field(struct receive *r, const struct authres_result *results, size_t n,
                                assay_span *ret)
{
    return write_value(r, results, n, sizeof FIELD, ret);
}

/** Put ours in at the top: one field, or one for each result, the first on top. */
static assay_status insert_ours(struct receive *r, const struct authres_result *results,
                                size_t nresults, struct assay_edit *edits, size_t *n)
{
    size_t fields = r->policy->authres_layout == POLICY_LAYOUT_EACH && nresults ? nresults : 1;

    for (size_t i = fields; i > 0; i--) {
        struct assay_edit *e = &edits[(*n)++];

        *e = (struct assay_edit){.index = 0, .name = SPAN(FIELD)};
        if (write_field(r, fields == 1 ? results : &results[i - 1], fields == 1 ? nresults : 1,
                        &e->value) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

assay_status verdict_payload(struct receive *r, size_t field_n, assay_span *ret)
{
    struct authres_result *results;
    size_t n;

    if (gather(r, &results, &n) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    return write_value(r, results, n, field_n, ret);
}

assay_status verdict_results(struct receive *r)
{
    size_t most = header_count(&r->in.message.header, SPAN(FIELD)) + r->verdict.nchecks + 1 +
                  VERDICT_SEAL_EDITS;
    struct assay_edit *edits = arena_zero(&r->ev.keep, most * sizeof *edits);
    const struct forged_ids ids = {verdict_our_id(r), r->hostname};
    bool keep_ours = r->policy->seal_key.selector.n && r->policy->seal_results == POLICY_SEAL_FOUND;
    struct authres_result *results;
    size_t nresults, n = 0;

    if (!edits || gather(r, &results, &nresults) != ASSAY_DONE ||
        write_field(r, results, nresults, &r->verdict.authres) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!r->envelope_only) {
        if (forged_remove(&r->ev.pass, &r->in.message.header, &ids, keep_ours, edits, &n) !=
                ASSAY_DONE ||
            insert_ours(r, results, nresults, edits, &n) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    r->verdict.edits = edits;
    r->verdict.nedits = n;
    return ASSAY_DONE;
}
