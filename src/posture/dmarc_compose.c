/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/dmarc_judge.h"

struct dmarc_draft dmarc_draft_of(const struct dmarc_parts *parts, assay_span record)
{
    assay_span behind = span_from(record, span_find(record, ';') + 1), trimmed = span_trim(record);
    struct dmarc_draft d = {.rest = parts->rest};

    d.separator = behind.n && !ascii_wsp(behind.p[0]) ? SPAN(";") : SPAN("; ");
    d.closed = trimmed.n && trimmed.p[trimmed.n - 1] == ';';
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->parts[i].fault == DMARC_FAULT_EMPTY)
            continue;
        d.tags[d.n] = (uint8_t)parts->parts[i].tag;
        d.parts[d.n++] = parts->parts[i].text;
    }
    return d;
}

/** Take the part at `i` out. */
static void take_out(struct dmarc_draft *d, size_t i)
{
    d->n--;
    memmove(d->parts + i, d->parts + i + 1, (d->n - i) * sizeof *d->parts);
    memmove(d->tags + i, d->tags + i + 1, (d->n - i) * sizeof *d->tags);
}

/** Put a tag at a place. */
static void put_in(struct dmarc_draft *d, size_t at, enum dmarc_tag tag, assay_span text)
{
    if (d->n == sizeof d->parts / sizeof *d->parts)
        return; /* each known tag has room once */
    memmove(d->parts + at + 1, d->parts + at, (d->n - at) * sizeof *d->parts);
    memmove(d->tags + at + 1, d->tags + at, (d->n - at) * sizeof *d->tags);
    d->parts[at] = text;
    d->tags[at] = (uint8_t)tag;
    d->n++;
}

void dmarc_draft_set(struct dmarc_draft *d, enum dmarc_tag tag, assay_span text)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->tags[i] == tag) {
            d->parts[i] = text;
            return;
        }
    put_in(d, tag == DMARC_TAG_P && d->n > 1 ? 1 : d->n, tag, text);
}

void dmarc_draft_insert(struct dmarc_draft *d, enum dmarc_tag tag, assay_span text)
{
    put_in(d, d->n ? 1 : 0, tag, text);
}

void dmarc_draft_remove(struct dmarc_draft *d, enum dmarc_tag tag)
{
    for (size_t i = d->n; i-- > 0;)
        if (d->tags[i] == tag)
            take_out(d, i);
}

void dmarc_draft_replace(struct dmarc_draft *d, assay_span part, assay_span text)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->parts[i].p != part.p)
            continue;
        if (text.n)
            d->parts[i] = text;
        else
            take_out(d, i);
        return;
    }
}

assay_span dmarc_draft_text(struct posture *p, const struct dmarc_draft *d)
{
    struct buf out = buf_new(4 * LIMIT_TXT);
    assay_span ret = SPAN_EMPTY;

    for (size_t i = 0; i < d->n; i++) {
        if (i)
            buf_put(&out, d->separator);
        buf_put(&out, d->parts[i]);
    }
    buf_put(&out, d->rest);
    if (d->closed && !d->rest.n)
        buf_putc(&out, ';');
    if (out.status == ASSAY_ENOMEM || !arena_copy(&p->ev.keep, buf_span(&out), &ret)) {
        p->no_memory = true;
        ret = SPAN_EMPTY;
    }
    buf_done(&out);
    return ret;
}

size_t dmarc_own_records(const struct posture *p)
{
    const struct asked *q = &p->dmarc.steps[0];
    size_t n = 0;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++)
        n += dmarc_is_record(q->fact->records[i].text);
    return n;
}

assay_span dmarc_own_copy(struct posture *p, const struct dmarc_discovery *d)
{
    struct dmarc_parts parts;
    struct dmarc_draft draft;

    if (d->found->psd == DMARC_PSD_Y)
        return posture_printf(p, "v=DMARC1; p=%s; rua=mailto:dmarc-reports@%.*s",
                              dmarc_policy_text(dmarc_policy_effective(d)), SPAN_ARG(p->domain));
    dmarc_parts_read(d->found->text, &parts);
    draft = dmarc_draft_of(&parts, d->found->text);
    dmarc_draft_set(&draft, DMARC_TAG_P,
                    posture_printf(p, "p=%s", dmarc_policy_text(dmarc_policy_asked(d))));
    dmarc_draft_remove(&draft, DMARC_TAG_SP);
    dmarc_draft_remove(&draft, DMARC_TAG_NP);
    dmarc_draft_remove(&draft, DMARC_TAG_PSD);
    return dmarc_draft_text(p, &draft);
}

/* ---- fixes of one record ---- */

/** The tags that can be changed together. */
static const enum dmarc_tag JOINT[] = {DMARC_TAG_SP, DMARC_TAG_NP,    DMARC_TAG_RUA, DMARC_TAG_RUF,
                                       DMARC_TAG_FO, DMARC_TAG_ADKIM, DMARC_TAG_ASPF};
enum { JOINTS = sizeof JOINT / sizeof *JOINT };

/** What becomes of each joint tag. */
struct joint {
    struct {
        assay_span text; /* empty: it goes */
        bool changed;
    } tags[JOINTS];
};

/** The text of a tag's part, or nothing. */
static assay_span text_of(const struct dmarc_parts *parts, enum dmarc_tag tag)
{
    const struct dmarc_part *part = dmarc_part_of(parts, tag);

    return part ? part->text : SPAN_EMPTY;
}

/** What a record changes of the one before. */
static struct joint changes_of(const struct dmarc_parts *before, const struct dmarc_parts *after)
{
    struct joint j = {0};

    for (size_t i = 0; i < JOINTS; i++) {
        j.tags[i].text = text_of(after, JOINT[i]);
        j.tags[i].changed = !span_eq(text_of(before, JOINT[i]), j.tags[i].text);
    }
    return j;
}

/** The fix of a finding that is about the record, or NULL. */
static struct assay_fix *fix_of(const struct finding *f, assay_span name, assay_span record)
{
    if (finding_area(f->id) != AREA_DMARC || f->outcome < ASSAY_NOTICE)
        return NULL;
    for (size_t i = 0; i < f->nfixes; i++)
        if (span_is(f->fixes[i].type, "TXT") && f->fixes[i].after.n &&
            span_eq(f->fixes[i].name, name) && span_eq(f->fixes[i].before, record))
            return &f->fixes[i];
    return NULL;
}

/** Make in a fix the changes of all that it does not make itself. */
static void join_fix(struct posture *p, struct assay_fix *fix, const struct dmarc_parts *before,
                     const struct joint *all)
{
    struct dmarc_parts after;
    struct dmarc_draft d;
    struct joint own;
    size_t n = 0;

    dmarc_parts_read(fix->after, &after);
    own = changes_of(before, &after);
    d = dmarc_draft_of(&after, fix->after);
    for (size_t i = 0; i < JOINTS; i++) {
        const assay_span text = own.tags[i].changed ? own.tags[i].text : all->tags[i].text;

        if (!own.tags[i].changed && !all->tags[i].changed)
            continue;
        n++;
        if (!text.n || !dmarc_part_of(before, JOINT[i])) /* new ones in one order, at the end */
            dmarc_draft_remove(&d, JOINT[i]);
        if (text.n)
            dmarc_draft_set(&d, JOINT[i], text);
    }
    if (n)
        fix->after = dmarc_draft_text(p, &d);
}

void dmarc_join_fixes(struct posture *p, assay_span name, assay_span record)
{
    struct dmarc_parts before, after;
    struct joint all = {0};
    struct assay_fix *fix;

    dmarc_parts_read(record, &before);
    for (const struct finding *f = p->first; f; f = f->next) {
        struct joint one;

        if (!(fix = fix_of(f, name, record)))
            continue;
        dmarc_parts_read(fix->after, &after);
        one = changes_of(&before, &after);
        for (size_t i = 0; i < JOINTS; i++)
            if (one.tags[i].changed && !all.tags[i].changed)
                all.tags[i] = one.tags[i];
    }
    for (const struct finding *f = p->first; f; f = f->next)
        if ((fix = fix_of(f, name, record)))
            join_fix(p, fix, &before, &all);
}
