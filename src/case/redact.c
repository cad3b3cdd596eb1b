/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/write.h"
#include "receive/receive.h"
#include "receive/verdict.h"
#include "send/send.h"
#include "srs/srs.h"

static const char FILLER = 'x';

/** Filler for an octet; what makes lines stays. */
static char filler(char c)
{
    return ascii_fws(c) || c == '\0' ? c : FILLER;
}

/* ---- addresses ---- */

void case_redact_address(assay_span address, char *octets)
{
    size_t at = span_rfind(address, '@'), keep = 0;

    if (span_istarts(address, SPAN("SRS0")) || span_istarts(address, SPAN("SRS1")))
        keep = 4;
    for (size_t i = 0; i < address.n; i++)
        octets[i] = i >= keep && i < at && at < address.n ? FILLER : address.p[i];
}

bool case_local_part_matters(const assay_eval *eval)
{
    struct assay_question q;
    struct assay_answer a;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(eval, &cursor, &q, &fact)) {
        if (!fact || q.rrtype != ASSAY_RR_TXT)
            continue;
        assay_fact_read(fact, &a);
        for (size_t i = 0; i < a.n; i++)
            for (assay_span s = a.data[i]; (s = span_from(s, span_find(s, '%'))).n;
                 s = span_from(s, 1))
                if (span_istarts(s, SPAN("%{s")) || span_istarts(s, SPAN("%{l")))
                    return true;
    }
    return false;
}

/** Where in a list of addresses an octet stands. */
struct place {
    unsigned comments; /* nested */
    bool quoted, domain, bracket;
};

/** An octet outside of comments and quotes: what it makes of the place, and what stands for it. */
static char redact_plain(struct place *at, char c)
{
    at->comments += c == '(';
    at->quoted = c == '"';
    at->bracket = (at->bracket || (at->domain && c == '[')) && c != ']';
    if (c == '@')
        at->domain = true;
    else if (!at->bracket && (ascii_fws(c) || (c && strchr("<>,;:(\"", c))))
        at->domain = false;
    return at->domain || (c && strchr("<>,;:().\"@", c)) ? c : filler(c);
}

/** Filler for all of a list of addresses but its domains and the signs between. */
static void redact_addresses(assay_span value, struct buf *out)
{
    struct place at = {0};

    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];

        if (c == '\\' && (at.comments || at.quoted) && i + 1 < value.n) {
            buf_putc(out, FILLER);
            buf_putc(out, filler(value.p[++i]));
        } else if (at.quoted) {
            at.quoted = c != '"';
            buf_putc(out, c == '"' ? c : filler(c));
        } else if (at.comments) {
            at.comments = c == '(' ? at.comments + 1 : c == ')' ? at.comments - 1 : at.comments;
            buf_putc(out, c == '(' || c == ')' ? c : filler(c));
        } else {
            buf_putc(out, redact_plain(&at, c));
        }
    }
}

/* ---- which fields stay ---- */

/** Mark the fields that a signature covers: of each name from the bottom (RFC 6376 5.4.2). */
static void mark_covered(const struct header *h, const struct dkim_signature *s, bool *covered,
                         bool *taken)
{
    assay_span rest = s->names, name;

    memset(taken, 0, h->n);
    if (s->fault || !s->names.p)
        return;
    taken[s->field] = true;
    while (dkim_next_name(&rest, &name)) {
        size_t i = h->n;

        while ((i = header_rfind(h, name, span_hash(name), i)) < h->n && taken[i])
            ;
        if (i < h->n)
            covered[i] = taken[i] = true;
    }
}

/** Mark what our seal covers: without it a replay would ask for another signature. */
static assay_status mark_sealed(struct receive *r, struct arena *a, bool *covered, bool *taken)
{
    const struct header *h = &r->in.message.header;
    const struct dkim_signer signer = {.field = ARC_MESSAGE_SIGNATURE,
                                       .profile = r->policy->seal_fields.profile,
                                       .names = r->policy->seal_fields.names};
    struct dkim_signature seal = {.field = h->n};

    if (!receive_done(r, RECEIVE_SEAL) || r->added.result == DKIM_UNFIT)
        return ASSAY_DONE;
    if (dkim_choose_names(a, h, &signer, &seal.names) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    mark_covered(h, &seal, covered, taken);
    for (size_t i = 0; i < h->n && r->policy->seal_results == POLICY_SEAL_FOUND; i++)
        covered[i] |= field_is(h, i, SPAN("Authentication-Results"));
    return ASSAY_DONE;
}

/** Mark the fields that any signature covers. \return NULL when memory is out */
static bool *find_covered(struct receive *r, struct arena *a)
{
    const struct header *h = &r->in.message.header;
    bool *covered = arena_zero(a, h->n + 1), *taken = arena_zero(a, h->n + 1);

    if (!covered || !taken)
        return NULL;
    for (size_t i = 0; i < r->dkim.n; i++)
        mark_covered(h, &r->dkim.slots[i].signature, covered, taken);
    for (size_t i = 0; i < r->arc.n && r->arc.sets; i++)
        mark_covered(h, &r->arc.sets[i].signature, covered, taken);
    return mark_sealed(r, a, covered, taken) == ASSAY_DONE ? covered : NULL;
}

/** The field is a signature, or part of an ARC chain: checks read all of it. */
static bool is_read_whole(const struct header *h, size_t i)
{
    return field_is(h, i, SPAN("DKIM-Signature")) || span_istarts(field_name(h, i), SPAN("ARC-"));
}

/* ---- fields ---- */

/**
 * Filler for results somebody wrote; who that was stays, because fields in our name are removed.
 * \return false: all stays
 */
static bool redact_authres(struct receive *r, assay_span value, struct buf *out)
{
    size_t before = out->n, head = span_find(value, ';');

    for (size_t i = 0; i < value.n; i++)
        buf_putc(out, i <= head ? value.p[i] : filler(value.p[i]));
    if (out->status == ASSAY_DONE &&
        verdict_is_ours(r, span_from(buf_span(out), before)) == verdict_is_ours(r, value))
        return true;
    out->n = before;
    buf_put(out, value);
    return false;
}

/** Filler for Received-SPF; the piece by which one in our name is known stays. */
static bool redact_received_spf(struct receive *r, assay_span value, struct buf *out)
{
    assay_span piece = SPAN_EMPTY;
    bool ours = verdict_spf_is_ours(r, value, &piece);

    for (size_t i = 0; i < value.n; i++) {
        bool stays = ours && value.p + i >= piece.p && value.p + i < piece.p + piece.n;

        buf_putc(out, stays ? value.p[i] : filler(value.p[i]));
    }
    return true;
}

/** Write a value that no signature covers. \return false: all of it stays */
static bool redact_value(struct receive *r, size_t i, bool keep_from, assay_span value,
                         struct buf *out)
{
    const struct header *h = &r->in.message.header;
    bool from = field_is(h, i, SPAN("From"));

    if (field_is(h, i, SPAN("Authentication-Results")))
        return redact_authres(r, value, out);
    if (field_is(h, i, SPAN("Received-SPF")))
        return redact_received_spf(r, value, out);
    if (is_read_whole(h, i) || (keep_from && from)) {
        buf_put(out, value);
        return false;
    }
    if (from)
        redact_addresses(value, out);
    for (size_t k = 0; k < value.n && !from; k++)
        buf_putc(out, filler(value.p[k]));
    return true;
}

/** Add a name to a list, once. */
static void note_name(struct buf *names, assay_span name)
{
    assay_span rest = buf_span(names), one;

    while (names->n && span_cut(&rest, ',', &one))
        if (span_ieq(span_trim(one), name))
            return;
    buf_puts(names, names->n ? ", " : "");
    buf_put(names, name);
}

/** Write all fields. */
static assay_status redact_fields(struct receive *r, const bool *covered, bool keep_from,
                                  struct case_redacted *ret)
{
    const struct header *h = &r->in.message.header;

    buf_clear(&ret->header);
    for (size_t i = 0; i < h->n; i++) {
        const struct field *f = &h->fields[i];
        assay_span raw = field_raw(h, i), value = span_from(raw, f->value_at - f->at);

        if (covered[i]) {
            buf_put(&ret->header, raw);
            note_name(&ret->covered, field_name(h, i));
            continue;
        }
        buf_put(&ret->header, span_first(raw, raw.n - value.n));
        if (!redact_value(r, i, keep_from, value, &ret->header))
            note_name(&ret->read, field_name(h, i));
    }
    return ret->header.status == ASSAY_DONE && ret->covered.status == ASSAY_DONE &&
                   ret->read.status == ASSAY_DONE
               ? ASSAY_DONE
               : ASSAY_ENOMEM;
}

/** Read a header again. */
static assay_status read_again(assay_span text, struct header *h)
{
    assay_status s = ASSAY_DONE;

    while (text.n && s == ASSAY_DONE) {
        assay_span line = span_first(text, span_find(text, '\n') + 1);

        s = header_line(h, line);
        text = span_from(text, line.n);
    }
    return s;
}

/** The authors of a redacted header are those of the message. */
static assay_status same_authors(const struct receive *r, struct arena *a, assay_span text,
                                 bool *ret)
{
    const struct authors *was = &r->authors;
    struct authors is;
    struct header h;
    assay_status s;

    header_init(&h);
    if ((s = read_again(text, &h)) == ASSAY_DONE)
        s = authors_find(a, &h, &is);
    header_done(&h);
    *ret = s == ASSAY_DONE && is.n == was->n && is.fields == was->fields &&
           is.mailboxes == was->mailboxes && is.over == was->over && is.fault == was->fault;
    for (size_t i = 0; *ret && i < was->n; i++)
        *ret = span_eq(is.domains[i], was->domains[i]);
    return s == ASSAY_EINVAL ? ASSAY_DONE : s;
}

assay_status case_redact_header(struct receive *r, struct arena *a, struct case_redacted *ret)
{
    bool *covered = find_covered(r, a), same;
    assay_status s = covered ? redact_fields(r, covered, false, ret) : ASSAY_ENOMEM;

    if (s == ASSAY_DONE)
        s = same_authors(r, a, buf_span(&ret->header), &same);
    if (s != ASSAY_DONE || same)
        return s;
    return redact_fields(r, covered, true, ret); /* From is too odd to be changed safely */
}
