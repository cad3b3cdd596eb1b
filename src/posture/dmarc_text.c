/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dmarc_text.c The parts of a DMARC record, one by one. */
#include "posture/dmarc_judge.h"

#include "base/near.h"
#include "base/number.h"

/** The record with some change, published in place of what there is. */
static void publish_draft(struct posture *p, struct finding *f, const struct dmarc_look *look,
                          const struct dmarc_draft *d)
{
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, d));
}

/* ---- form ---- */

/** A part that breaks the grammar, where no other row speaks of it. */
static bool breaks_grammar(const struct dmarc_part *part)
{
    switch (part->tag) {
    case DMARC_TAG_P:
    case DMARC_TAG_SP:
    case DMARC_TAG_NP: return false;
    case DMARC_TAG_RUA:
    case DMARC_TAG_RUF:
        return part->fault == DMARC_FAULT_NO_VALUE || part->fault == DMARC_FAULT_OCTET;
    default: return part->fault != DMARC_WELL;
    }
}

/** What a wrong part should be: the nearest value that the tag takes, or nothing. */
static assay_span better_part(struct posture *p, const struct dmarc_part *part)
{
    static const char *const TAGS[] = {"p",     "sp",   "np",  "psd", "t",
                                       "adkim", "aspf", "rua", "ruf", "fo"};

    if (part->fault == DMARC_FAULT_NO_EQUALS) /* `p none`, `p:none` */
        for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
            assay_span rest = span_from(part->text, strlen(TAGS[i]));

            if (!span_istarts(part->text, span_of(TAGS[i])) || rest.n < 2 ||
                (!ascii_wsp(rest.p[0]) && rest.p[0] != ':'))
                continue;
            return posture_printf(p, "%s=%.*s", TAGS[i], SPAN_ARG(span_trim(span_from(rest, 1))));
        }
    if (part->fault == DMARC_FAULT_VALUE &&
        (part->tag == DMARC_TAG_ADKIM || part->tag == DMARC_TAG_ASPF))
        return posture_printf(p, "%s=%c", dmarc_tag_text(part->tag),
                              ascii_lower(part->value.p[0]) == 's' ? 's' : 'r');
    if (part->fault == DMARC_FAULT_VALUE && part->tag == DMARC_TAG_T &&
        ascii_lower(part->value.p[0]) == 'y')
        return SPAN("t=y");
    return SPAN_EMPTY;
}

/** DMARC-SYNTAX. */
static void judge_syntax(struct posture *p, const struct dmarc_look *look)
{
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    const struct dmarc_part *first = NULL;
    struct finding *f;
    size_t n = 0;

    for (size_t i = look->parts.n; i-- > 0;) {
        const struct dmarc_part *part = &look->parts.parts[i];

        if (!breaks_grammar(part))
            continue;
        n++;
        first = part;
        if (part->text.n)
            dmarc_draft_replace(&d, part->text, better_part(p, part));
    }
    if (!first) {
        pass(p, F_DMARC_SYNTAX, p->domain);
        return;
    }
    f = hit(p, F_DMARC_SYNTAX, ASSAY_WARNING, p->domain, NULL);
    if (first->text.n)
        say(p, f,
            "%zu part%s of the record break%s the grammar and %s thrown away: \"%.*s\" has %s", n,
            n > 1 ? "s" : "", n > 1 ? "" : "s", n > 1 ? "are" : "is", SPAN_ARG(first->text),
            dmarc_fault_text(first->fault));
    else
        say(p, f, "the record has %s", dmarc_fault_text(first->fault));
    for (size_t i = 0; i < look->parts.n; i++)
        if (breaks_grammar(&look->parts.parts[i]))
            show(p, f, look->at, look->r->text, look->parts.parts[i].text);
    publish_draft(p, f, look, &d);
}

/** DMARC-DUPLICATE-TAG. */
static void judge_duplicate(struct posture *p, const struct dmarc_look *look)
{
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f = NULL;

    for (size_t i = 0; i < look->parts.n; i++) {
        const struct dmarc_part *part = &look->parts.parts[i];

        if (!part->again)
            continue;
        if (!f) {
            f = hit(p, F_DMARC_DUPLICATE_TAG, ASSAY_ERROR, p->domain, NULL);
            say(p, f,
                "the tag \"%.*s\" stands more than once; some receivers then throw the whole record away",
                SPAN_ARG(part->name));
        }
        show(p, f, look->at, look->r->text, part->text);
        dmarc_draft_replace(&d, part->text, SPAN_EMPTY);
    }
    if (f)
        publish_draft(p, f, look, &d);
    else
        pass(p, F_DMARC_DUPLICATE_TAG, p->domain);
}

/** A well-formed tag of no registry. */
static bool is_unknown_tag(const struct dmarc_part *part)
{
    return part->tag == DMARC_TAG_OTHER && part->fault == DMARC_WELL;
}

/** The registered tag that a name may be a misspelling of, where the record lacks that one; or NULL. */
static const char *nearest_tag(const struct dmarc_look *look, assay_span name)
{
    char text[32];
    struct near near;

    if (name.n < 2 || name.n >= sizeof text)
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        text[i] = ascii_lower(name.p[i]);
    text[name.n] = 0;
    near = near_new(text);
    for (int i = DMARC_TAG_P; i < DMARC_TAG_PCT; i++)
        if (strlen(dmarc_tag_text((enum dmarc_tag)i)) > 1 &&
            !dmarc_part_of(&look->parts, (enum dmarc_tag)i))
            near_try(&near, dmarc_tag_text((enum dmarc_tag)i));
    return near.best;
}

/** DMARC-UNKNOWN-TAG. */
static void judge_unknown_tag(struct posture *p, const struct dmarc_look *look)
{
    struct finding *f = NULL;

    for (size_t i = 0; i < look->parts.n; i++) {
        const struct dmarc_part *part = &look->parts.parts[i];
        const char *near;

        if (!is_unknown_tag(part))
            continue;
        near = nearest_tag(look, part->name);
        if (!f) {
            f = hit(p, F_DMARC_UNKNOWN_TAG, ASSAY_NOTICE, p->domain, NULL);
            say(p, f, "DMARC has no tag \"%.*s\": everyone ignores it%s%s%s", SPAN_ARG(part->name),
                near ? "; was \"" : "", near ? near : "", near ? "\" meant?" : "");
        }
        show(p, f, look->at, look->r->text, part->text);
        if (near) {
            struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);

            dmarc_draft_replace(&d, part->text,
                                posture_printf(p, "%s=%.*s", near, SPAN_ARG(part->value)));
            publish_draft(p, f, look, &d);
        }
    }
    if (!f)
        pass(p, F_DMARC_UNKNOWN_TAG, p->domain);
}

/** DMARC-ORDER. */
static void judge_order(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_part *at = dmarc_part_of(&look->parts, DMARC_TAG_P);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;
    size_t place = 0;

    for (size_t i = 0; at && &look->parts.parts[i] < at; i++)
        place += look->parts.parts[i].fault != DMARC_FAULT_EMPTY;
    if (!at || place == 1) {
        pass(p, F_DMARC_ORDER, p->domain);
        return;
    }
    f = hit(p, F_DMARC_ORDER, ASSAY_NOTICE, p->domain, NULL);
    say(p, f,
        "p is tag number %zu of the record; it may be, but old readers want it right behind v",
        place + 1);
    show(p, f, look->at, look->r->text, at->text);
    dmarc_draft_remove(&d, DMARC_TAG_P);
    dmarc_draft_set(&d, DMARC_TAG_P, at->text);
    publish_draft(p, f, look, &d);
}

/* ---- what is no more ---- */

/** DMARC-OLD-TAG rf, ri. \return it hits */
static bool judge_old_tag(struct posture *p, const struct dmarc_look *look, enum dmarc_tag tag)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, tag);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (!part)
        return false;
    f = hit(p, F_DMARC_OLD_TAG, ASSAY_NOTICE, p->domain, dmarc_tag_text(tag));
    say(p, f, "the tag %s does nothing any more", dmarc_tag_text(tag));
    show(p, f, look->at, look->r->text, part->text);
    dmarc_draft_remove(&d, tag);
    publish_draft(p, f, look, &d);
    return true;
}

/** A list of URIs without size limits. */
static assay_span without_sizes(struct posture *p, const struct dmarc_part *part)
{
    struct buf out = buf_new(2 * LIMIT_TXT);
    assay_span rest = part->value, uri, ret = SPAN_EMPTY;
    bool first = true;

    buf_put(&out, part->name);
    buf_putc(&out, '=');
    while (span_cut(&rest, ',', &uri)) {
        if (!first)
            buf_putc(&out, ',');
        buf_put(&out, span_first(uri, span_find(uri, '!')));
        first = false;
    }
    if (out.status == ASSAY_ENOMEM || !arena_copy(&p->ev.keep, buf_span(&out), &ret))
        p->no_memory = true;
    buf_done(&out);
    return ret;
}

/** DMARC-OLD-TAG size. \return it hits */
static bool judge_old_size(struct posture *p, const struct dmarc_look *look, enum dmarc_tag tag)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, tag);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;
    size_t mark;

    if (!part || (mark = span_find(part->value, '!')) == part->value.n)
        return false;
    f = hit(p, F_DMARC_OLD_TAG, ASSAY_NOTICE, p->domain, "size");
    say(p, f, "the limit of size behind ! in %s does nothing any more", dmarc_tag_text(tag));
    show(p, f, look->at, look->r->text,
         span_first(span_from(part->value, mark), span_find(span_from(part->value, mark), ',')));
    dmarc_draft_replace(&d, part->text, without_sizes(p, part));
    publish_draft(p, f, look, &d);
    return true;
}

/** DMARC-OLD-TAG. */
static void judge_old(struct posture *p, const struct dmarc_look *look)
{
    bool any = judge_old_tag(p, look, DMARC_TAG_RF);

    any |= judge_old_tag(p, look, DMARC_TAG_RI);
    any |= judge_old_size(p, look, DMARC_TAG_RUA) || judge_old_size(p, look, DMARC_TAG_RUF);
    if (!any)
        pass(p, F_DMARC_OLD_TAG, p->domain);
}

/** The value of pct: 100 unless it is a number up to that. */
static bool pct_of(const struct dmarc_part *part, uint64_t *ret)
{
    return part && number_read(part->value, 100, ret);
}

/** DMARC-PCT. */
static void judge_pct(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, DMARC_TAG_PCT);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    uint64_t pct = 0;
    bool number = pct_of(part, &pct);
    struct finding *f;

    if (!part || (number && pct == 0)) {
        pass(p, F_DMARC_PCT, p->domain);
        return;
    }
    f = hit(p, F_DMARC_PCT, number && pct == 100 ? ASSAY_NOTICE : ASSAY_WARNING, p->domain, NULL);
    if (number && pct == 100)
        say(p, f, "pct=100 says what holds without it; the tag is gone from DMARC");
    else if (number)
        say(p, f,
            "pct=%u is obeyed by old receivers only: new ones apply the policy to all mail, old ones to %u %%",
            (unsigned)pct, (unsigned)pct);
    else
        say(p, f, "pct=%.*s is no percentage, and the tag is gone from DMARC",
            SPAN_ARG(part->value));
    show(p, f, look->at, look->r->text, part->text);
    dmarc_draft_remove(&d, DMARC_TAG_PCT);
    publish_draft(p, f, look, &d);
    if (!number || pct != 100)
        advise(p, f, "To try the policy out first, publish t=y; pct=0 instead of a share.");
}

/** DMARC-T-PCT. */
static void judge_t_pct(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, DMARC_TAG_PCT);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    bool testing = look->r->testing, zero;
    struct finding *f;
    uint64_t pct = 100;

    zero = pct_of(part, &pct) && pct == 0;
    if (testing == zero || !look->r->p.valid || look->r->p.policy == DMARC_POLICY_NONE) {
        pass(p, F_DMARC_T_PCT, p->domain);
        return;
    }
    f = hit(p, F_DMARC_T_PCT, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "%s asks %s receivers for one step less than p=%s, while %s ones apply p=%s",
        testing ? "t=y" : "pct=0", testing ? "new" : "old", dmarc_policy_text(look->r->p.policy),
        testing ? "old" : "new", dmarc_policy_text(look->r->p.policy));
    part = dmarc_part_of(&look->parts, testing ? DMARC_TAG_T : DMARC_TAG_PCT);
    show(p, f, look->at, look->r->text, part ? part->text : SPAN_EMPTY);
    if (testing)
        dmarc_draft_set(&d, DMARC_TAG_PCT, SPAN("pct=0"));
    else
        dmarc_draft_set(&d, DMARC_TAG_T, SPAN("t=y"));
    publish_draft(p, f, look, &d);
    advise(p, f, "When testing is over, remove both.");
}

/* ---- p, sp, np as words ---- */

/** The policy that a word was meant to be. */
static const char *nearest_policy(assay_span value)
{
    char text[32];
    struct near near;

    if (value.n >= sizeof text)
        return "none";
    for (size_t i = 0; i < value.n; i++)
        text[i] = ascii_lower(value.p[i]);
    text[value.n] = 0;
    near = near_new(text);
    for (int i = DMARC_POLICY_NONE; i <= DMARC_POLICY_REJECT; i++)
        near_try(&near, dmarc_policy_text((enum dmarc_policy)i));
    return near.best ? near.best : "none";
}

/** DMARC-P-INVALID for one tag. \return it hits */
static bool judge_word(struct posture *p, const struct dmarc_look *look, enum dmarc_tag tag,
                       const struct dmarc_policy_tag *policy)
{
    const struct dmarc_part *part = dmarc_part_of(&look->parts, tag);
    const char *name = dmarc_tag_text(tag), *better;
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (!policy->present || policy->valid)
        return false;
    better = nearest_policy(part ? part->value : SPAN_EMPTY);
    f = hit(p, F_DMARC_P_INVALID, ASSAY_ERROR, p->domain, name);
    say(p, f, "%s=%.*s is none of none, quarantine and reject, so the whole record reads as %s",
        name, SPAN_ARG(part ? part->value : SPAN_EMPTY),
        look->r->rua_valid ? "p=none" : "if it were not there");
    show(p, f, look->at, look->r->text, part ? part->text : SPAN_EMPTY);
    dmarc_draft_set(&d, tag, posture_printf(p, "%s=%s", name, better));
    publish_draft(p, f, look, &d);
    return true;
}

/** DMARC-P-MISSING. */
static void judge_p_missing(struct posture *p, const struct dmarc_look *look)
{
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (look->r->p.present) {
        pass(p, F_DMARC_P_MISSING, p->domain);
        return;
    }
    f = hit(p, F_DMARC_P_MISSING, look->r->rua_valid ? ASSAY_WARNING : ASSAY_ERROR, p->domain,
            NULL);
    if (look->r->rua_valid)
        say(p, f, "the record has no p; for the sake of its rua it is read as p=none");
    else
        say(p, f,
            "the record has no p and no rua: receivers apply no DMARC to %.*s, not even that of a parent",
            SPAN_ARG(p->domain));
    show(p, f, look->at, look->r->text, SPAN_EMPTY);
    dmarc_draft_set(&d, DMARC_TAG_P, SPAN("p=none"));
    publish_draft(p, f, look, &d);
}

void judge_dmarc_text(struct posture *p, const struct dmarc_look *look)
{
    bool any = false;

    judge_syntax(p, look);
    judge_duplicate(p, look);
    judge_unknown_tag(p, look);
    judge_order(p, look);
    judge_old(p, look);
    judge_pct(p, look);
    judge_t_pct(p, look);
    judge_p_missing(p, look);
    any |= judge_word(p, look, DMARC_TAG_P, &look->r->p);
    any |= judge_word(p, look, DMARC_TAG_SP, &look->r->sp);
    any |= judge_word(p, look, DMARC_TAG_NP, &look->r->np);
    if (!any)
        pass(p, F_DMARC_P_INVALID, p->domain);
}
