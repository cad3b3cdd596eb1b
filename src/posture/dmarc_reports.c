/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dmarc_reports.c Where a domain's DMARC reports go, and whether they get there. */
#include "posture/dmarc_judge.h"

#include "dns/alabel.h"

/** The last label of what asks for something, with the finding's subject: the URI, or the domain where it is empty. */
static assay_span subject_of(const struct posture *p, const struct posture_rua *r)
{
    return r->uri.n ? r->uri : p->domain;
}

/* ---- the URIs ---- */

/** The item as it was meant: an address gets its scheme. */
static assay_span better_uri(struct posture *p, const struct posture_rua *r)
{
    size_t at = span_rfind(r->uri, '@');

    if (span_find(r->uri, ':') < r->uri.n || at == 0 || at + 1 >= r->uri.n ||
        span_find(r->uri, ' ') < r->uri.n)
        return SPAN_EMPTY;
    return posture_printf(p, "mailto:%.*s", SPAN_ARG(r->uri));
}

/** The list that an item is in, with the item put right or left out. */
static assay_span better_list(struct posture *p, const struct dmarc_part *part,
                              const struct posture_rua *r)
{
    struct buf out = buf_new(2 * LIMIT_TXT);
    assay_span rest = part->value, item, better = better_uri(p, r), ret = SPAN_EMPTY;
    bool any = false;

    buf_put(&out, part->name);
    buf_putc(&out, '=');
    while (span_cut(&rest, ',', &item)) {
        assay_span uri = span_trim(item);

        if (span_eq(uri, r->uri)) /* it may stand there twice */
            uri = item = better;
        if (!uri.n)
            continue;
        if (any)
            buf_putc(&out, ',');
        buf_put(&out, any ? item : uri);
        any = true;
    }
    if (out.status == ASSAY_ENOMEM || (any && !arena_copy(&p->ev.keep, buf_span(&out), &ret)))
        p->no_memory = true;
    buf_done(&out);
    return ret;
}

/** The record with an item of rua or ruf put right or left out, published. */
static void publish_list(struct posture *p, struct finding *f, const struct dmarc_look *look,
                         const struct posture_rua *r)
{
    enum dmarc_tag tag = r->ruf ? DMARC_TAG_RUF : DMARC_TAG_RUA;
    const struct dmarc_part *part = dmarc_part_of(&look->parts, tag);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);

    if (!part)
        return;
    dmarc_draft_replace(&d, part->text, better_list(p, part, r));
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, &d));
}

/** A sound URI of ruf that rua has, too: that was told. */
static bool in_both(const struct posture *p, const struct posture_rua *r)
{
    for (size_t i = 0; r->ruf && i < p->dmarc.nruas; i++)
        if (!p->dmarc.ruas[i].ruf && span_eq(p->dmarc.ruas[i].uri, r->uri))
            return true;
    return false;
}

/** DMARC-RUA-INVALID. */
static void judge_uri(struct posture *p, const struct dmarc_look *look, const struct posture_rua *r)
{
    struct finding *f;

    if (r->valid && r->mailto) {
        if (!in_both(p, r))
            pass(p, F_DMARC_RUA_INVALID, subject_of(p, r));
        return;
    }
    f = hit(p, F_DMARC_RUA_INVALID, ASSAY_WARNING, subject_of(p, r),
            r->valid ? "scheme" : "syntax");
    if (r->valid)
        say(p, f, "\"%.*s\" in %s is no mail address, and nobody need send reports another way",
            SPAN_ARG(r->uri), r->ruf ? "ruf" : "rua");
    else if (r->uri.n)
        say(p, f,
            "\"%.*s\" in %s is no address that reports can be sent to: mailto:NAME@DOMAIN is one",
            SPAN_ARG(r->uri), r->ruf ? "ruf" : "rua");
    else
        say(p, f, "%s has an empty place between commas", r->ruf ? "ruf" : "rua");
    show(p, f, look->at, look->r->text, r->uri);
    publish_list(p, f, look, r);
}

/** DMARC-NO-RUA. */
static void judge_no_rua(struct posture *p, const struct dmarc_look *look)
{
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    for (size_t i = 0; i < p->dmarc.nruas; i++)
        if (!p->dmarc.ruas[i].ruf && p->dmarc.ruas[i].valid && p->dmarc.ruas[i].mailto) {
            pass(p, F_DMARC_NO_RUA, p->domain);
            return;
        }
    f = hit(p, F_DMARC_NO_RUA, ASSAY_WARNING, p->domain, NULL);
    say(p, f, "no reports are asked for, so nobody tells you who sends mail as %.*s",
        SPAN_ARG(p->domain));
    show(p, f, look->at, look->r->text, SPAN_EMPTY);
    dmarc_draft_set(&d, DMARC_TAG_RUA,
                    posture_printf(p, "rua=mailto:dmarc-reports@%.*s", SPAN_ARG(p->domain)));
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, &d));
}

/* ---- the host's consent ---- */

/** A list of URIs names another host than that. */
static bool names_other_host(assay_span list, assay_span host)
{
    assay_span uri;

    while (list.n && span_cut(&list, ',', &uri)) {
        struct dns_name name;
        size_t at;

        uri = span_first(uri, span_find(uri, '!'));
        uri = span_first(uri, span_find(uri, '?'));
        at = span_rfind(uri, '@');
        if (at + 1 >= uri.n ||
            dns_to_alabels(span_trim(span_from(uri, at + 1)), &name) != ASSAY_DONE)
            continue;
        if (!span_eq(dns_name_span(&name), host))
            return true;
    }
    return false;
}

/** Read what the host says (RFC 9990 4, steps 6 to 9). */
static void read_report(struct posture_rua *r)
{
    bool any = false;

    r->override = false;
    for (size_t i = 0; asked_data(&r->report) == YES && i < r->report.fact->n; i++) {
        struct dmarc_record record;
        assay_span text = r->report.fact->records[i].text;

        if (!dmarc_is_record(text))
            continue;
        any = true;
        dmarc_record_read(text, &record);
        r->override |= names_other_host(r->ruf ? record.ruf : record.rua, r->host);
    }
    r->authorised = asked_data(&r->report) == UNKNOWN ? UNKNOWN : truth_of(any && !r->override);
}

/** Whether reports may go there. */
static void conclude_consent(struct posture_rua *r)
{
    if (r->report_name.n)
        read_report(r);
    else if (r->external == YES)
        r->authorised = NO; /* the name is too long to be asked for */
    r->authorised = truth_or(truth_not(r->external), r->authorised);
}

/** Say why reports may not go to a host, and what it would have to publish. */
static void tell_refusal(struct posture *p, struct finding *f, const struct posture_rua *r)
{
    const char *what = r->ruf ? "failure reports" : "reports";
    assay_span name = p->dmarc.record_domain;

    if (!r->report_name.n) {
        say(p, f, "%s of %.*s cannot go to %.*s: the name it would have to publish is too long",
            what, SPAN_ARG(name), SPAN_ARG(r->host));
        advise(p, f, "Take an address at a shorter domain.");
        return;
    }
    if (r->override)
        say(p, f, "%.*s sends %s of %.*s on to another host, which it may not: none are sent",
            SPAN_ARG(r->host), what, SPAN_ARG(name));
    else
        say(p, f, "%.*s does not say that it takes %s of %.*s, so nobody sends any there",
            SPAN_ARG(r->host), what, SPAN_ARG(name));
    show(p, f, &r->report, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", r->report_name, r->override ? r->report.fact->records[0].text : SPAN_EMPTY,
            SPAN("v=DMARC1;"));
}

/** The answer that is missing to know of consent. */
static const struct asked *missing_consent(const struct posture_rua *r)
{
    return r->report.fact ? &r->report : NULL;
}

/** DMARC-RUA-EXTERNAL. */
static void judge_external(struct posture *p, const struct dmarc_look *look,
                           const struct posture_rua *r)
{
    struct finding *f;

    if (r->authorised != NO) {
        judged(p, F_DMARC_RUA_EXTERNAL, truth_not(r->authorised), r->uri, missing_consent(r));
        return;
    }
    f = hit(p, F_DMARC_RUA_EXTERNAL, ASSAY_ERROR, r->uri,
            !r->report_name.n ? "length"
            : r->override     ? "override"
                              : "unauthorised");
    show(p, f, look->at, look->r->text, r->uri);
    tell_refusal(p, f, r);
}

/** DMARC-RUA-NO-MX. */
static void judge_receives(struct posture *p, const struct dmarc_look *look,
                           const struct posture_rua *r)
{
    const struct asked *missing = asked_data(&r->mx) == UNKNOWN  ? &r->mx
                                  : asked_data(&r->a) == UNKNOWN ? &r->a
                                                                 : &r->aaaa;
    struct finding *f;

    if (r->receives != NO) {
        judged(p, F_DMARC_RUA_NO_MX, truth_not(r->receives), r->uri, missing);
        return;
    }
    f = hit(p, F_DMARC_RUA_NO_MX, ASSAY_ERROR, r->uri, NULL);
    say(p, f, "%.*s takes no mail (%s), so reports to %.*s are lost", SPAN_ARG(r->host),
        r->mx.fact->how == ASSAY_NXDOMAIN ? "it does not exist"
        : r->mx.fact->how == ASSAY_OK     ? "null MX"
                                          : "neither MX nor address",
        SPAN_ARG(r->uri));
    show(p, f, look->at, look->r->text, r->uri);
    show(p, f, &r->mx, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Name a mailbox that is read, at a host that takes mail.");
}

/* ---- ruf ---- */

/** DMARC-RUF privacy and fo-alone. */
static void judge_ruf(struct posture *p, const struct dmarc_look *look)
{
    const struct dmarc_part *ruf = dmarc_part_of(&look->parts, DMARC_TAG_RUF),
                            *fo = dmarc_part_of(&look->parts, DMARC_TAG_FO);
    struct dmarc_draft d = dmarc_draft_of(&look->parts, look->r->text);
    struct finding *f;

    if (ruf) {
        f = hit(p, F_DMARC_RUF, ASSAY_NOTICE, p->domain, "privacy");
        say(p, f,
            "failure reports are asked for: they hold parts of people's mail, and few receivers send them");
        show(p, f, look->at, look->r->text, ruf->text);
        dmarc_draft_remove(&d, DMARC_TAG_RUF);
        dmarc_draft_remove(&d, DMARC_TAG_FO);
    } else if (fo) {
        f = hit(p, F_DMARC_RUF, ASSAY_NOTICE, p->domain, "fo-alone");
        say(p, f, "fo says which failure reports are wanted, but there is no ruf: it is ignored");
        show(p, f, look->at, look->r->text, fo->text);
        dmarc_draft_remove(&d, DMARC_TAG_FO);
    } else {
        pass(p, F_DMARC_RUF, p->domain);
        return;
    }
    publish(p, f, "TXT", look->owner, look->r->text, dmarc_draft_text(p, &d));
}

/** DMARC-RUF unauthorised. */
static void judge_ruf_external(struct posture *p, const struct dmarc_look *look,
                               const struct posture_rua *r)
{
    struct finding *f;

    if (r->authorised != NO) {
        judged(p, F_DMARC_RUF, truth_not(r->authorised), r->uri, missing_consent(r));
        return;
    }
    f = hit(p, F_DMARC_RUF, ASSAY_NOTICE, r->uri, "unauthorised");
    show(p, f, look->at, look->r->text, r->uri);
    tell_refusal(p, f, r);
}

/* ---- all of it ---- */

/** Goal G7: one of the URIs works. */
static enum truth any_works(const struct posture *p)
{
    enum truth any = truth_of(false);

    for (size_t i = 0; i < p->dmarc.nruas; i++) {
        const struct posture_rua *r = &p->dmarc.ruas[i];

        if (!r->ruf && r->host.n)
            any = truth_or(any, truth_and(r->authorised, r->receives));
    }
    return any;
}

void judge_dmarc_reports(struct posture *p, const struct dmarc_look *look)
{
    judge_no_rua(p, look);
    judge_ruf(p, look);
    for (size_t i = 0; i < p->dmarc.nruas; i++) {
        struct posture_rua *r = &p->dmarc.ruas[i];

        judge_uri(p, look, r);
        if (!r->host.n)
            continue;
        conclude_consent(r);
        r->receives = posture_receives(&r->mx, &r->a, &r->aaaa);
        if (r->ruf) {
            judge_ruf_external(p, look, r);
        } else {
            judge_external(p, look, r);
            judge_receives(p, look, r);
        }
    }
    p->dmarc.rua_works = any_works(p);
}
