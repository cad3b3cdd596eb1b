/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

#include "mail/forged.h"

static const char AUTHRES[] = "Authentication-Results", RECEIVED_SPF[] = "Received-SPF";

/** Fields of ours that may be inserted beside the results. */
enum { OTHER_INSERTS = 2, REASON_MAX = 900 };

/* ---- whose a field is ---- */

/** Our names: the one we write, that of this host, and those of authserv_id.also. */
static assay_span name_at(const struct receive *r, size_t i)
{
    const struct policy_names *also = &r->decided->authserv_id_also;

    if (i == 0)
        return verdict_our_id(r);
    return i == 1 ? r->hostname : also->names[i - 2];
}

/** How many there are. */
static size_t count_names(const struct receive *r)
{
    return 2 + r->decided->authserv_id_also.n;
}

bool verdict_is_ours(const struct receive *r, assay_span value)
{
    for (size_t i = 0; i < count_names(r); i++)
        if (name_at(r, i).n && forged_is_by(value, name_at(r, i)))
            return true;
    return false;
}

/** White space at the front, and one octet if it is there. \return octets of both */
static size_t skip(assay_span s, char c)
{
    size_t n = 0;

    while (n < s.n && ascii_fws(s.p[n]))
        n++;
    return n + (n < s.n && s.p[n] == c);
}

/** One of our names stands at the front and ends there. \return its octets, or 0 */
static size_t name_of_ours(const struct receive *r, assay_span s)
{
    for (size_t i = 0; i < count_names(r); i++) {
        assay_span id = name_at(r, i);
        char next = id.n < s.n ? s.p[id.n] : ' ';

        if (id.n && span_istarts(s, id) && !ascii_alnum(next) && next != '-' && next != '_')
            return id.n;
    }
    return 0;
}

bool verdict_spf_is_ours(const struct receive *r, assay_span value, assay_span *ret)
{
    static const assay_span KEY = {"receiver", 8};

    for (size_t i = 0; i + KEY.n < value.n; i++) {
        assay_span piece = span_from(value, i), rest = piece;
        size_t n;

        if (!span_istarts(piece, KEY))
            continue;
        rest = span_from(rest, KEY.n);
        rest = span_from(rest, skip(rest, '='));
        rest = span_from(rest, skip(rest, '"'));
        if (!(n = name_of_ours(r, rest)))
            continue;
        *ret = span_first(piece, (size_t)(rest.p - piece.p) + n + 1);
        return true;
    }
    return false;
}

/* ---- what must not stay ---- */

/** Results under our name are those of another filter of ours, which took forged ones out. */
static bool keeps_ours(const struct receive *r)
{
    return r->policy->seal_key.selector.n && r->policy->seal_results == POLICY_SEAL_FOUND;
}

/** A field of results must not stay (RFC 8601 5): it is ours, or has a version we do not know. */
static assay_status is_unwanted_authres(struct receive *r, assay_span value, bool *ret)
{
    struct authres read;
    assay_status s;

    if (verdict_is_ours(r, value)) {
        *ret = !keeps_ours(r);
        return ASSAY_DONE;
    }
    if ((s = authres_read(&r->ev.pass, value, &read)) == ASSAY_DONE)
        *ret = read.version != 1;
    return s;
}

/** A field that a receiver writes who looked at indicators, whoever wrote this one. */
static bool is_indicator(assay_span name)
{
    return span_istarts(name, SPAN("BIMI-")) && !span_iis(name, "BIMI-Selector");
}

/** A field must not stay. */
static assay_status is_unwanted(struct receive *r, size_t i, bool *ret)
{
    const struct header *h = &r->in.message.header;
    assay_span piece;

    *ret = false;
    if (field_is(h, i, SPAN(AUTHRES)))
        return is_unwanted_authres(r, field_value(h, i), ret);
    if (field_is(h, i, r->decided->quarantine_field))
        *ret = true;
    else if (field_is(h, i, SPAN(RECEIVED_SPF)))
        *ret = verdict_spf_is_ours(r, field_value(h, i), &piece);
    else
        *ret = is_indicator(field_name(h, i));
    return ASSAY_DONE;
}

/** A name of fields, and how many there were of it. */
struct named {
    size_t first;
    unsigned n;
};

/** The name of a field, among those that were met; or a new one. */
static struct named *find_name(const struct header *h, struct named *names, size_t i)
{
    while (names->n && !(h->fields[names->first].hash == h->fields[i].hash &&
                         field_is(h, names->first, field_name(h, i))))
        names++;
    if (!names->n)
        names->first = i;
    return names;
}

/**
 * Which of the fields of its name each field is, 1 the topmost. All at once: a header may be nothing but
 * forged results, and counting for each of them anew would be quadratic.
 */
static unsigned *number_fields(struct receive *r)
{
    const struct header *h = &r->in.message.header;
    struct named *names = arena_zero(&r->ev.pass, (h->n + 1) * sizeof *names);
    unsigned *ordinals = arena_zero(&r->ev.pass, (h->n + 1) * sizeof *ordinals);

    for (size_t i = 0; names && ordinals && i < h->n; i++)
        ordinals[i] = ++find_name(h, names, i)->n;
    return names ? ordinals : NULL;
}

/** Mark the fields that must not stay. \return ASSAY_DONE, ASSAY_ENOMEM */
static assay_status mark_unwanted(struct receive *r, bool **ret, size_t *ret_n)
{
    const struct header *h = &r->in.message.header;
    bool *unwanted = arena_zero(&r->ev.pass, h->n + 1);
    size_t n = 0;

    for (size_t i = 0; unwanted && i < h->n; i++) {
        if (is_unwanted(r, i, &unwanted[i]) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        n += unwanted[i];
    }
    *ret = unwanted;
    *ret_n = n;
    return unwanted ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Take them out, from the last to the first. \return ASSAY_DONE, ASSAY_ENOMEM */
static assay_status remove_unwanted(struct receive *r, const bool *unwanted,
                                    struct assay_edit *edits, size_t *n)
{
    const struct header *h = &r->in.message.header;
    const unsigned *ordinals = *n ? number_fields(r) : NULL;

    if (*n && !ordinals)
        return ASSAY_ENOMEM;
    *n = 0;
    for (size_t i = h->n; i-- > 0;)
        if (unwanted[i])
            edits[(*n)++] =
                (struct assay_edit){.remove = true,
                                    .index = ordinals[i],
                                    .name = field_is(h, i, SPAN(AUTHRES)) ? SPAN(AUTHRES)
                                                                          : field_name(h, i),
                                    .value = SPAN_EMPTY};
    return ASSAY_DONE;
}

/* ---- what comes ---- */

/** Results at the top: one field, or one for each result, the first on top. */
static assay_status insert_results(struct receive *r, const struct reported *reported,
                                   struct assay_edit *edits, size_t *n)
{
    bool each = r->decided->authres_layout == POLICY_LAYOUT_EACH && reported->n;

    for (size_t i = each ? reported->n : 1; i > 0; i--) {
        struct assay_edit *e = &edits[(*n)++];

        *e = (struct assay_edit){.index = 0, .name = SPAN(AUTHRES)};
        if (verdict_authres(r, each ? &reported->all[i - 1] : reported->all, each ? 1 : reported->n,
                            &e->value) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

/** The mark's value: `quarantine; reason="..."`, which any filter can look for. */
static assay_status mark_value(struct receive *r, assay_span *ret)
{
    struct buf out = buf_new(2 * REASON_MAX + 64);
    assay_span reason = span_first(r->verdict.reason, REASON_MAX);
    bool kept;

    buf_printf(&out, "%s;\r\n\treason=\"", verdict_word(r->verdict.what));
    for (size_t i = 0; i < reason.n; i++) {
        char c = reason.p[i];

        buf_puts(&out, c == '"' || c == '\\' ? "\\" : "");
        buf_putc(&out, c >= ' ' && c <= '~' ? c : '?');
    }
    buf_putc(&out, '"');
    kept = out.status != ASSAY_ENOMEM && arena_copy(&r->ev.keep, buf_span(&out), ret);
    buf_done(&out);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Mark a message that is delivered although something is against it. */
static assay_status insert_mark(struct receive *r, struct assay_edit *edits, size_t *n)
{
    const struct assay_verdict *v = &r->verdict;
    struct assay_edit *e = &edits[*n];

    if (v->what != ASSAY_TAG && (v->what != ASSAY_QUARANTINE || v->hold))
        return ASSAY_DONE;
    *e = (struct assay_edit){.index = 0, .name = r->decided->quarantine_field};
    ++*n;
    return mark_value(r, &e->value);
}

/** Received-SPF, where it is wanted and there is something to say. */
static assay_status insert_received_spf(struct receive *r, struct assay_edit *edits, size_t *n)
{
    struct assay_edit *e = &edits[*n];

    if (!r->decided->received_spf || r->sender_unknown || !r->ip.version)
        return ASSAY_DONE;
    *e = (struct assay_edit){.index = 0, .name = SPAN(RECEIVED_SPF)};
    ++*n;
    return verdict_received_spf(r, &e->value);
}

assay_status verdict_edits(struct receive *r)
{
    struct assay_edit *edits;
    struct reported reported;
    bool *unwanted;
    size_t n;

    if (verdict_reported(r, &reported) != ASSAY_DONE ||
        mark_unwanted(r, &unwanted, &n) != ASSAY_DONE ||
        !(edits =
              arena_zero(&r->ev.keep, (n + reported.n + 1 + OTHER_INSERTS + VERDICT_SEAL_EDITS) *
                                          sizeof *edits)))
        return ASSAY_ENOMEM;
    if (remove_unwanted(r, unwanted, edits, &n) != ASSAY_DONE ||
        insert_mark(r, edits, &n) != ASSAY_DONE ||
        insert_received_spf(r, edits, &n) != ASSAY_DONE ||
        insert_results(r, &reported, edits, &n) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    r->verdict.edits = edits;
    r->verdict.nedits = n;
    return ASSAY_DONE;
}
