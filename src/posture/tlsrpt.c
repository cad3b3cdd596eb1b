/* SPDX-License-Identifier: BSD-2-Clause */
/** \file tlsrpt.c TLS-RPT: the record that asks for reports, and whether they can arrive. */
#include "posture/emit.h"

#include "base/ip.h"
#include "dns/alabel.h"

/* ---- gathering ---- */

/** The host of a good item as a name. What is an address, or no name, is kept as that. */
static assay_status name_host(struct posture *p, struct posture_report_host *host)
{
    const assay_span text = host->uri->host;
    struct dns_name name;
    struct ip ip;
    assay_status s;

    host->name = SPAN_EMPTY;
    host->address = !host->uri->mailto && (span_starts(text, SPAN("[")) || ip_read(text, &ip));
    if (host->address || (s = dns_to_alabels(text, &name)) == ASSAY_EINVAL)
        return ASSAY_DONE;
    if (s == ASSAY_DONE && !arena_copy(&p->ev.keep, dns_name_span(&name), &host->name))
        s = ASSAY_ENOMEM;
    return s;
}

/** An item that stood before. */
static bool stood_before(const struct tlsrpt_record *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (span_eq(r->uris[k].text, r->uris[i].text))
            return true;
    return false;
}

/** The good items, once. */
static assay_status list_hosts(struct posture *p)
{
    struct topic_tlsrpt *t = &p->tlsrpt;
    struct posture_report_host *hosts;
    size_t n = 0;

    if (t->hosts || !t->record || !t->record->nuris)
        return ASSAY_DONE;
    if (!(hosts = arena_zero(&p->ev.keep, t->record->nuris * sizeof *hosts)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < t->record->nuris; i++) {
        assay_status s;

        if (t->record->uris[i].problem || stood_before(t->record, i))
            continue;
        hosts[n].uri = &t->record->uris[i];
        if ((s = name_host(p, &hosts[n])) != ASSAY_DONE)
            return s;
        n++;
    }
    t->hosts = hosts;
    t->nhosts = n;
    return ASSAY_DONE;
}

/** Ask whether a host can take reports. */
static assay_status ask_host(struct posture *p, struct posture_report_host *host)
{
    assay_status s = ASSAY_DONE;

    if (!host->name.n)
        return ASSAY_DONE;
    if (host->uri->mailto &&
        ((s = posture_ask_dns(p, ASSAY_RR_MX, host->name, &host->mx)) != ASSAY_DONE ||
         host->mx.fact->how != ASSAY_NODATA))
        return s;
    s = posture_ask_dns(p, ASSAY_RR_A, host->name, &host->a);
    return join(s, posture_ask_dns(p, ASSAY_RR_AAAA, host->name, &host->aaaa));
}

assay_status gather_tlsrpt(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    struct topic_tlsrpt *t = &p->tlsrpt;
    assay_status s = posture_ask_below(p, ASSAY_RR_TXT, "_smtp._tls", p->domain, &t->txt);

    (void)ev;
    if (s == ASSAY_DONE && !t->record && asked_data(&t->txt) == YES)
        s = tlsrpt_record_of(t->txt.fact, &t->record);
    if (s != ASSAY_DONE || (s = list_hosts(p)) != ASSAY_DONE || p->depth == ASSAY_DEPTH_SCAN)
        return s;
    for (size_t i = 0; i < t->nhosts; i++)
        s = join(s, ask_host(p, &t->hosts[i]));
    return s;
}

/* ---- texts ---- */

/** A record for reports: the good items there are, else an address of the domain. */
static assay_span new_record(struct posture *p)
{
    const struct topic_tlsrpt *t = &p->tlsrpt;
    struct buf out = buf_new(2 * LIMIT_TXT);
    assay_span ret = SPAN_EMPTY;

    buf_puts(&out, "v=TLSRPTv1; rua=");
    for (size_t i = 0; i < t->nhosts; i++) {
        buf_puts(&out, i ? "," : "");
        buf_put(&out, t->hosts[i].uri->text);
    }
    if (!t->nhosts)
        buf_printf(&out, "mailto:tls-reports@%.*s",
                   SPAN_ARG(p->domain.n < 1000 ? p->domain : SPAN_EMPTY));
    if (out.status != ASSAY_DONE || !arena_copy(&p->ev.keep, buf_span(&out), &ret))
        p->no_memory = true;
    buf_done(&out);
    return ret;
}

/** Add the record to publish in place of what there is. */
static void publish_record(struct posture *p, struct finding *f)
{
    const struct tlsrpt_record *r = p->tlsrpt.record;

    publish(p, f, "TXT", p->tlsrpt.txt.name,
            r && r->found != TLSRPT_RECORD_NONE ? r->text : SPAN_EMPTY, new_record(p));
}

/* ---- the record ---- */

/** Something that fails in silence without reports is published: MTA-STS, or TLSA records that senders use. */
static const char *unwatched(const struct posture *p)
{
    if (p->mtasts.published == YES)
        return "MTA-STS";
    for (size_t i = 0; i < p->mx.nhosts; i++)
        if (p->mx.hosts[i].dane_usable == YES)
            return "DANE";
    return NULL;
}

/** No record. */
static void hit_missing(struct posture *p)
{
    const char *what = unwatched(p);
    struct finding *f =
        hit(p, F_TLSRPT_MISSING, what ? ASSAY_WARNING : ASSAY_NOTICE, p->domain, NULL);

    if (what)
        say(p, f,
            "%.*s uses %s but asks for no TLS reports: mail that fails because of it fails in silence",
            SPAN_ARG(p->domain), what);
    else
        say(p, f, "%.*s asks for no reports on how senders get on with its encryption",
            SPAN_ARG(p->domain));
    show(p, f, &p->tlsrpt.txt, SPAN_EMPTY, SPAN_EMPTY);
    publish_record(p, f);
}

/** Several records. */
static void hit_multiple(struct posture *p)
{
    const struct assay_fact *fact = p->tlsrpt.txt.fact;
    struct finding *f = hit(p, F_TLSRPT_MULTIPLE, ASSAY_ERROR, p->domain, NULL);
    struct tlsrpt_record *r = posture_get(p, 1, sizeof *r);
    size_t n = 0;

    for (size_t i = 0; r && i < fact->n; i++) {
        tlsrpt_record_read(fact->records[i].text, r);
        if (!span_starts(r->text, SPAN("v=TLSRPTv1")) || r->found == TLSRPT_RECORD_NONE)
            continue;
        show(p, f, &p->tlsrpt.txt, r->text, SPAN_EMPTY);
        if (n++)
            publish(p, f, "TXT", p->tlsrpt.txt.name, r->text, SPAN_EMPTY);
    }
    say(p, f, "there are %zu TLS-RPT records at %.*s: senders take none of them", n,
        SPAN_ARG(p->tlsrpt.txt.name));
}

/** A record that is wrong. */
static void hit_syntax(struct posture *p)
{
    const struct tlsrpt_record *r = p->tlsrpt.record;
    struct finding *f = hit(p, F_TLSRPT_SYNTAX, ASSAY_ERROR, p->domain, NULL);

    say(p, f, "the TLS-RPT record is wrong at \"%.*s\": %s; senders send no reports",
        SPAN_ARG(span_first(r->where, 100)), r->problem);
    show(p, f, &p->tlsrpt.txt, r->text, r->where);
    publish_record(p, f);
}

/** White space before the first semicolon. */
static void judge_space(struct posture *p)
{
    const struct tlsrpt_record *r = p->tlsrpt.record;
    struct finding *f;

    if (!r->space) {
        pass(p, F_TLSRPT_RECORD_WSP, p->domain);
        return;
    }
    f = hit(p, F_TLSRPT_RECORD_WSP, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "white space stands before the first `;` of the TLS-RPT record: it may be there, but some senders then see no record");
    show(p, f, &p->tlsrpt.txt, r->text, span_first(r->text, span_find(r->text, ';')));
    publish_record(p, f);
}

/* ---- where reports go ---- */

/** Reports can get to a host. */
static enum truth is_alive(const struct posture_report_host *host)
{
    if (host->address)
        return YES;
    if (!host->name.n)
        return NO;
    if (host->uri->mailto)
        return posture_receives(&host->mx, &host->a, &host->aaaa);
    return truth_or(asked_data(&host->a), asked_data(&host->aaaa));
}

/** An answer that is missing, or that says there is nothing. */
static const struct asked *telling(const struct posture_report_host *host)
{
    if (host->mx.fact && host->mx.fact->how != ASSAY_NODATA)
        return &host->mx;
    return asked_data(&host->a) == UNKNOWN ? &host->a : &host->aaaa;
}

/** Items that are no address for reports. */
static void judge_items(struct posture *p)
{
    const struct tlsrpt_record *r = p->tlsrpt.record;
    const enum assay_outcome severity = p->tlsrpt.nhosts ? ASSAY_WARNING : ASSAY_ERROR;

    for (size_t i = 0; i < r->nuris; i++) {
        const struct tlsrpt_uri *uri = &r->uris[i];
        struct finding *f;

        if (stood_before(r, i))
            continue;
        if (!uri->problem) {
            pass(p, F_TLSRPT_RUA_INVALID, uri->text);
            continue;
        }
        f = hit(p, F_TLSRPT_RUA_INVALID, severity, uri->text.n ? uri->text : p->domain, NULL);
        say(p, f, "no reports can go to \"%.*s\": %s%s", SPAN_ARG(span_first(uri->text, 200)),
            uri->problem, p->tlsrpt.nhosts ? "" : "; nothing else is named");
        show(p, f, &p->tlsrpt.txt, r->text, uri->text);
        publish_record(p, f);
    }
}

/** Items whose host takes no reports. */
static void judge_hosts(struct posture *p)
{
    const struct topic_tlsrpt *t = &p->tlsrpt;
    enum truth any = NO;

    for (size_t i = 0; i < t->nhosts; i++)
        any = truth_or(any, is_alive(&t->hosts[i]));
    for (size_t i = 0; i < t->nhosts; i++) {
        const struct posture_report_host *host = &t->hosts[i];
        struct finding *f;

        if (is_alive(host) != NO) {
            judged(p, F_TLSRPT_RUA_DEAD, truth_not(is_alive(host)), host->uri->text, telling(host));
            continue;
        }
        f = hit(p, F_TLSRPT_RUA_DEAD, any == NO ? ASSAY_ERROR : ASSAY_WARNING, host->uri->text,
                NULL);
        say(p, f, "reports to %.*s cannot arrive: %.*s %s",
            SPAN_ARG(span_first(host->uri->text, 200)), SPAN_ARG(host->uri->host),
            !host->name.n       ? "is no host name"
            : host->uri->mailto ? "takes no mail"
                                : "has no address");
        show(p, f, &t->txt, t->record->text, host->uri->text);
        if (host->name.n)
            show(p, f, telling(host), SPAN_EMPTY, SPAN_EMPTY);
        advise(p, f, "Name another place for the reports, one that can take them.");
    }
}

/** What cannot be told without the answer. */
static void all_unknown(struct posture *p)
{
    static const enum finding_id IDS[] = {F_TLSRPT_MISSING, F_TLSRPT_MULTIPLE, F_TLSRPT_SYNTAX,
                                          F_TLSRPT_RECORD_WSP, F_TLSRPT_RUA_INVALID};

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        unknown(p, IDS[i], p->domain, &p->tlsrpt.txt, NULL);
    if (p->depth != ASSAY_DEPTH_SCAN)
        unknown(p, F_TLSRPT_RUA_DEAD, p->domain, &p->tlsrpt.txt, NULL);
}

/** A right record. */
static void judge_one(struct posture *p)
{
    struct topic_tlsrpt *t = &p->tlsrpt;

    judge_space(p);
    judge_items(p);
    judge_hosts(p);
    t->valid = truth_of(t->nhosts > 0);
    p->summary[AREA_TLSRPT] =
        t->nhosts == 1 ? posture_printf(p, "reports go to %.*s", SPAN_ARG(t->hosts[0].uri->text))
                       : posture_printf(p, "reports go to %zu places", t->nhosts);
}

void judge_tlsrpt(struct posture *p)
{
    struct topic_tlsrpt *t = &p->tlsrpt;
    const enum tlsrpt_found found = t->record ? t->record->found : TLSRPT_RECORD_NONE;

    t->valid = UNKNOWN;
    if (asked_data(&t->txt) == UNKNOWN) {
        all_unknown(p);
        return;
    }
    t->valid = NO;
    if (found == TLSRPT_RECORD_NONE) {
        p->summary[AREA_TLSRPT] = SPAN("not used");
        hit_missing(p);
        return;
    }
    pass(p, F_TLSRPT_MISSING, p->domain);
    if (found == TLSRPT_RECORD_SEVERAL) {
        hit_multiple(p);
        return;
    }
    pass(p, F_TLSRPT_MULTIPLE, p->domain);
    if (found == TLSRPT_RECORD_SYNTAX) {
        hit_syntax(p);
        return;
    }
    pass(p, F_TLSRPT_SYNTAX, p->domain);
    judge_one(p);
}
