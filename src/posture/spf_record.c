/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_record.c SPF: the TXT answer of the domain, and the text of the record in it. */
#include "posture/spf_judge.h"

#include "dns/name.h"

enum { TYPOS = 16, UDP_OCTETS = 512 };

/* ---- is there one, and only one? ---- */

/** A record to begin with: for a domain that takes no mail, one that closes it. */
static void fix_missing(struct posture *p, struct finding *f)
{
    bool sends = p->mx.receives != NO;

    publish(p, f, "TXT", p->domain, SPAN_EMPTY,
            sends ? SPAN("v=spf1 mx ~all") : SPAN("v=spf1 -all"));
    if (sends)
        advise(p, f,
               "This is where to begin: add whatever else sends mail for %.*s; if nothing does, "
               "publish \"v=spf1 -all\" instead.",
               SPAN_ARG(p->domain));
}

static void judge_missing(struct posture *p, const struct asked *q)
{
    const struct topic_spf *t = &p->spf;
    struct finding *f;

    if (t->has != NO) {
        judged(p, F_SPF_MISSING, t->has == YES ? NO : UNKNOWN, p->domain, q);
        return;
    }
    f = hit(p, F_SPF_MISSING, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "%.*s has no SPF record, so receivers cannot tell its mail from forged mail",
        SPAN_ARG(p->domain));
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    fix_missing(p, f);
}

/** How many SPF records the answer holds. */
static size_t count_records(const struct assay_fact *fact)
{
    size_t n = 0;

    for (size_t i = 0; i < fact->n; i++)
        n += spf_is_record(fact->records[i].text);
    return n;
}

static void judge_multiple(struct posture *p, const struct asked *q)
{
    size_t n = asked_data(q) == YES ? count_records(q->fact) : 0;
    assay_span merged;
    struct finding *f;
    bool first = true;

    if (n < 2) {
        if (p->spf.has != NO)
            judged(p, F_SPF_MULTIPLE, p->spf.has == YES ? NO : UNKNOWN, p->domain, q);
        return;
    }
    f = hit(p, F_SPF_MULTIPLE, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "%.*s has %zu SPF records; receivers then use none of them", SPAN_ARG(p->domain), n);
    if (p->brief)
        return;
    merged = spf_merged(p, q->fact);
    for (size_t i = 0; i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text;

        if (!spf_is_record(text))
            continue;
        show(p, f, q, text, SPAN_EMPTY);
        publish(p, f, "TXT", p->domain, text, first ? merged : SPAN_EMPTY);
        first = false;
    }
    if (!merged.n)
        advise(p, f,
               "The records could not be joined without guessing: keep one of them, with the "
               "terms of the others.");
}

/* ---- what was meant as one ---- */

/** What to do with a near miss: it becomes the record, or goes when there is one. */
static void fix_near_miss(struct posture *p, struct finding *f, assay_span text, bool alone)
{
    assay_span repaired = alone && !p->brief ? spf_near_repaired(p, text) : SPAN_EMPTY;

    if (alone && repaired.n) {
        publish(p, f, "TXT", p->domain, text, repaired);
    } else {
        publish(p, f, "TXT", p->domain, text, SPAN_EMPTY);
        if (p->spf.has == YES)
            advise(p, f, "There is an SPF record beside it: move what is missing there into it.");
    }
}

static void judge_near_miss(struct posture *p, const struct asked *q)
{
    struct finding *f = NULL;
    size_t n = 0;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++)
        n += spf_is_near_miss(q->fact->records[i].text);
    if (!n) {
        judged(p, F_SPF_NEAR_MISS, asked_data(q) == UNKNOWN ? UNKNOWN : NO, p->domain, q);
        return;
    }
    f = hit(p, F_SPF_NEAR_MISS, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        n == 1
            ? "a TXT record of %.*s looks like SPF, but does not begin with \"v=spf1 \", so it is not "
              "read"
            : "some TXT records of %.*s look like SPF, but do not begin with \"v=spf1 \", so they are "
              "not read",
        SPAN_ARG(p->domain));
    for (size_t i = 0; i < q->fact->n; i++) {
        if (!spf_is_near_miss(q->fact->records[i].text))
            continue;
        show(p, f, q, q->fact->records[i].text, SPAN_EMPTY);
        fix_near_miss(p, f, q->fact->records[i].text, p->spf.has == NO && n == 1);
    }
}

/* ---- what nobody reads any more ---- */

/** spf2.0 records. \return there are some */
static bool judge_sender_id(struct posture *p, const struct asked *q)
{
    struct finding *f = NULL;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        assay_span text = q->fact->records[i].text;

        if (!span_istarts(text, SPAN("spf2.0/")))
            continue;
        if (!f) {
            f = hit(p, F_SPF_OBSOLETE, ASSAY_NOTICE, p->domain, "sender-id");
            say(p, f, "%.*s has a Sender ID record (spf2.0), which nobody reads any more",
                SPAN_ARG(p->domain));
        }
        show(p, f, q, text, SPAN_EMPTY);
        publish(p, f, "TXT", p->domain, text, SPAN_EMPTY);
    }
    return f != NULL;
}

/** Records of type SPF. \return there are some */
static bool judge_type_99(struct posture *p)
{
    const struct asked *q = &p->apex.spf99;
    struct finding *f;

    if (asked_data(q) != YES)
        return false;
    f = hit(p, F_SPF_OBSOLETE, ASSAY_NOTICE, p->domain, "type-99");
    say(p, f, "%.*s has records of type SPF; receivers ask for TXT alone", SPAN_ARG(p->domain));
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    for (size_t i = 0; i < q->fact->n; i++)
        publish(p, f, "SPF", p->domain, q->fact->records[i].text, SPAN_EMPTY);
    return true;
}

static void judge_obsolete(struct posture *p, const struct asked *q)
{
    bool sender_id = judge_sender_id(p, q), type_99 = judge_type_99(p);
    const struct asked *missing = asked_data(q) == UNKNOWN ? q : &p->apex.spf99;

    if (!sender_id && !type_99)
        judged(p, F_SPF_OBSOLETE, asked_data(missing) == UNKNOWN ? UNKNOWN : NO, p->domain,
               missing);
}

/* ---- grammar ---- */

static void judge_syntax(struct posture *p, const struct asked *q, const struct spf_record *r)
{
    assay_span repaired, left_out;
    struct finding *f;

    if (r->found != SPF_RECORD_SYNTAX) {
        pass(p, F_SPF_SYNTAX, p->domain);
        return;
    }
    f = hit(p, F_SPF_SYNTAX, ASSAY_ERROR, p->domain, NULL);
    say(p, f, "\"%.*s\" in the SPF record cannot be read (%s); receivers then ignore the record",
        SPAN_ARG(span_first(r->where, 200)), r->problem);
    if (p->brief)
        return;
    show(p, f, q, r->text, r->where);
    repaired = spf_repaired(p, r->text, &left_out);
    if (!repaired.n) {
        advise(p, f, "Correct or delete this term.");
        return;
    }
    publish(p, f, "TXT", p->domain, r->text, repaired);
    if (left_out.n)
        advise(p, f, "\"%.*s\" is left out, for nothing can be made of it: add what was meant.",
               SPAN_ARG(span_first(left_out, 200)));
}

/** Modifiers of a record that are named like mechanisms. \return there are some */
static bool typos_of(struct posture *p, const struct spf_node *node)
{
    const struct asked q = spf_node_asked(node);
    assay_span text = node->record->text, typos[TYPOS], fixed, left_out;
    size_t n = spf_modifier_typos(text, typos, TYPOS);
    struct spf_edit edits[TYPOS];
    struct finding *f;

    if (!n)
        return false;
    f = hit(p, F_SPF_MODIFIER_TYPO, ASSAY_WARNING, node->domain, NULL);
    say(p, f, "\"%.*s\" has \"=\" where \":\" belongs, so it is ignored%s",
        SPAN_ARG(span_first(typos[0], 200)), n > 1 ? ", and others are, too" : "");
    if (p->brief)
        return true;
    for (size_t i = 0; i < n; i++) {
        size_t equals = span_find(typos[i], '=');

        show(p, f, &q, text, typos[i]);
        edits[i] = (struct spf_edit){{typos[i].p + equals, 1}, SPAN(":")};
        if (equals + 1 == typos[i].n) /* "a=", "mx=": the name alone */
            edits[i].with = SPAN_EMPTY;
    }
    fixed = spf_edited(p, text, edits, n);
    if (node->record->found == SPF_RECORD_SYNTAX) /* both are mended at once */
        fixed = spf_repaired(p, fixed, &left_out);
    if (fixed.n && spf_is_valid(p, fixed))
        publish(p, f, "TXT", node->domain, text, fixed);
    else
        advise(p, f, "Write \":\" for \"=\", and correct what follows it.");
    return true;
}

static void judge_typos(struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;
    bool any = false;

    for (size_t i = 0; i < walk->nnodes; i++) {
        const struct spf_node *node = walk->nodes[i];

        if (node->record && node->record->found != SPF_RECORD_SEVERAL && spf_is_own(p, node))
            any |= typos_of(p, node);
    }
    if (!any)
        pass(p, F_SPF_MODIFIER_TYPO, p->domain);
}

/* ---- size ---- */

/** Octets of an answer of TXT as RFC 7208 3.4 adds them up: header, question, records with their names as pointers. */
static size_t answer_octets(const struct asked *q)
{
    uint8_t wire[DNS_NAME_WIRE];
    size_t n = 12 + dns_name_wire(q->name, wire) + 4;

    for (size_t i = 0; i < q->fact->n; i++)
        n += 12 + q->fact->data[i].n;
    return n;
}

/** The answer at one name. \return it is too large */
static bool judge_size_of(struct posture *p, const struct asked *q)
{
    size_t octets = asked_data(q) == YES ? answer_octets(q) : 0, others = 0;
    struct finding *f;

    if (octets <= UDP_OCTETS)
        return false;
    for (size_t i = 0; i < q->fact->n; i++)
        others += spf_is_record(q->fact->records[i].text) ? 0 : 12 + q->fact->data[i].n;
    f = hit(p, F_SPF_SIZE, ASSAY_WARNING, q->name, NULL);
    say(p, f,
        "the TXT answer of %.*s takes %zu octets, more than the %d that always fit into one packet",
        SPAN_ARG(q->name), octets, UDP_OCTETS);
    show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "%zu records, %zu octets of them not SPF", q->fact->n, others);
    if (octets - others <= UDP_OCTETS)
        advise(p, f, "Move or delete TXT records that are not SPF: %zu octets have to go.",
               octets - UDP_OCTETS);
    else
        advise(p, f,
               "Move terms of the SPF record into a record of its own, such as _spf.%.*s, and "
               "include that.",
               SPAN_ARG(q->name));
    return true;
}

static void judge_size(struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;
    const struct asked top = spf_node_asked(walk->top);
    bool any = judge_size_of(p, &top);

    for (size_t i = 1; i < walk->nnodes; i++)
        if (spf_is_own(p, walk->nodes[i])) {
            const struct asked q = spf_node_asked(walk->nodes[i]);

            any |= judge_size_of(p, &q);
        }
    if (!any)
        judged(p, F_SPF_SIZE, asked_data(&top) == UNKNOWN ? UNKNOWN : NO, p->domain, &top);
}

void spf_judge_record(struct posture *p)
{
    const struct spf_node *top = p->spf.walk.top;
    const struct asked q = spf_node_asked(top);

    judge_missing(p, &q);
    judge_multiple(p, &q);
    judge_near_miss(p, &q);
    judge_obsolete(p, &q);
    if (top->record && top->record->found != SPF_RECORD_SEVERAL) {
        judge_syntax(p, &q, top->record);
        judge_typos(p);
    } else if (p->spf.has == UNKNOWN) {
        unknown(p, F_SPF_SYNTAX, p->domain, &q, NULL);
    }
    judge_size(p);
}
