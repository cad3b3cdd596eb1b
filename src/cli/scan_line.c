/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "posture/posture.h"

/** Names of the fields. */
static const char *const NAMES[] = {
#define FIELD_NAME(id, name, ...) name,
    SCAN_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

unsigned scan_fields_default(void)
{
    unsigned fields = 0;

#define FIELD_BIT(id, name, initial, what) fields |= (unsigned)(initial) << SCAN_FIELD_##id;
    SCAN_FIELDS(FIELD_BIT)
#undef FIELD_BIT
    return fields;
}

/** A field by its name, or SCAN_N_FIELDS. */
static unsigned field_of(assay_span name)
{
    unsigned i = 0;

    while (i < SCAN_N_FIELDS && !span_is(name, NAMES[i]))
        i++;
    return i;
}

bool scan_fields_read(assay_span text, unsigned *ret, assay_span *ret_bad)
{
    unsigned fields = 0;
    assay_span word;

    while (span_cut(&text, ',', &word)) {
        unsigned field = field_of(word = span_trim(word));

        if (field == SCAN_N_FIELDS) {
            *ret_bad = word;
            return false;
        }
        fields |= 1u << field;
    }
    if (SCAN_WANTS(fields, TEXT))
        fields |= 1u << SCAN_FIELD_FINDINGS;
    *ret = fields;
    return true;
}

/* ---- parts of a line ---- */

/** SPF in one word. */
static const char *spf_word(const struct posture *p)
{
    if (p->spf.has == UNKNOWN)
        return "unknown";
    if (p->spf.has == NO)
        return "missing";
    return p->spf.valid == YES ? "valid" : p->spf.valid == NO ? "broken" : "unknown";
}

/** DMARC in one word: as receivers of RFC 9989 see it. */
static assay_span dmarc_word(const struct posture *p)
{
    const struct assay_dmarc_view *v = &p->result.views[0];

    if (!v->known)
        return SPAN("unknown");
    return v->record_name.n ? v->policy : SPAN("missing");
}

/** MTA-STS in one word: whether a record is there. */
static const char *mtasts_word(const struct posture *p)
{
    return p->mtasts.published == YES  ? "published"
           : p->mtasts.published == NO ? "missing"
                                       : "unknown";
}

/** The MX hosts, those of the least preference first; null when they are not known. */
static void put_mx(struct json *j, const struct posture *p)
{
    const struct assay_fact *fact = p->mx.mx.fact;
    size_t order[LIMIT_MX_HOSTS], n = 0;

    if (!fact || fact_state(fact) == FACT_UNKNOWN) {
        json_null(j, NAMES[SCAN_FIELD_MX]);
        return;
    }
    for (size_t i = 0; i < fact->n && n < LIMIT_MX_HOSTS; i++, n++) {
        size_t at = n;

        for (; at > 0 && fact->records[order[at - 1]].preference > fact->records[i].preference;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    json_array(j, NAMES[SCAN_FIELD_MX]);
    for (size_t i = 0; i < n; i++)
        json_text(j, NULL,
                  fact->records[order[i]].text.n ? fact->records[order[i]].text : SPAN("."));
    json_end(j);
}

/** The findings that are no pass. */
static void put_findings(struct json *j, const struct assay_posture *r, bool text)
{
    json_array(j, NAMES[SCAN_FIELD_FINDINGS]);
    for (size_t i = 0; i < r->nfindings; i++) {
        const struct assay_finding *f = &r->findings[i];

        if (f->outcome == ASSAY_PASS)
            continue;
        json_object(j, NULL);
        json_text(j, "id", span_of(f->kind->id));
        json_text(j, "outcome", span_of(assay_outcome_text(f->outcome)));
        if (f->subject.n && !span_eq(f->subject, r->domain))
            json_text(j, "subject", f->subject);
        if (f->reason.n)
            json_text(j, "reason", f->reason);
        if (text && f->text.n)
            json_text(j, "text", f->text);
        json_end(j);
    }
    json_end(j);
}

/** What the areas came to. */
static void put_areas(struct json *j, const struct posture *p, unsigned fields)
{
    const struct assay_posture *r = &p->result;

    if (SCAN_WANTS(fields, SPF))
        json_text(j, "spf", span_of(spf_word(p)));
    if (SCAN_WANTS(fields, LOOKUPS) && p->spf.has == YES)
        json_number(j, "spf_lookups", r->spf_lookups);
    if (SCAN_WANTS(fields, REACH) && p->spf.has == YES && p->spf.reach_known == YES)
        json_number(j, "spf_addresses", (int64_t)p->spf.reach4);
    if (SCAN_WANTS(fields, DMARC))
        json_text(j, "dmarc", dmarc_word(p));
    if (SCAN_WANTS(fields, MTASTS))
        json_text(j, "mta_sts", span_of(mtasts_word(p)));
    if (SCAN_WANTS(fields, MX))
        put_mx(j, p);
    if (SCAN_WANTS(fields, FINDINGS))
        put_findings(j, r, SCAN_WANTS(fields, TEXT));
}

void scan_line_put(struct buf *out, const struct scan_found *found, unsigned fields)
{
    const struct assay_posture *r = found->posture;
    struct json j = json_new(out);

    json_object(&j, NULL);
    if (SCAN_WANTS(fields, LINE))
        json_number(&j, "line", (int64_t)found->line);
    if (SCAN_WANTS(fields, DOMAIN))
        json_text(&j, "domain", r->domain);
    if (SCAN_WANTS(fields, PROFILE))
        json_text(&j, "profile", span_of(assay_profile_text(r->profile)));
    if (SCAN_WANTS(fields, SCORE) && r->score.grade)
        json_number(&j, "score", r->score.score);
    if (SCAN_WANTS(fields, GRADE) && r->score.grade)
        json_text(&j, "grade", (assay_span){&r->score.grade, 1});
    put_areas(&j, (const struct posture *)found->eval, fields);
    if (SCAN_WANTS(fields, QUESTIONS))
        json_number(&j, "questions", found->questions);
    if (SCAN_WANTS(fields, MS))
        json_number(&j, "ms", found->ms);
    json_end(&j);
}

void scan_line_bad(struct buf *out, uint64_t line, assay_span text, const char *why)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    json_number(&j, "line", (int64_t)line);
    json_text(&j, "input", span_first(text, 300));
    json_text(&j, "error", span_of(why));
    json_end(&j);
}
