/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mtasts.c MTA-STS: what is asked, what is published, and the record. */
#include "posture/sts.h"

#include "base/time.h"

/* ---- gathering ---- */

assay_span sts_url(struct posture *p)
{
    struct buf url = buf_new(2 * DNS_NAME_TEXT);
    assay_span ret = SPAN_EMPTY;

    if (mtasts_policy_url(p->domain, &url) &&
        (url.status != ASSAY_DONE || !arena_copy(&p->ev.keep, buf_span(&url), &ret)))
        p->no_memory = true;
    buf_done(&url);
    return ret;
}

/** Ask for the policy, and what was seen of it before. */
static assay_status ask_policy(struct posture *p)
{
    struct topic_mtasts *t = &p->mtasts;
    struct buf url = buf_new(2 * DNS_NAME_TEXT), recall = buf_new(2 * DNS_NAME_TEXT);
    assay_status s = ASSAY_DONE;

    if (mtasts_policy_url(p->domain, &url)) {
        buf_puts(&recall, "GET ");
        buf_put(&recall, buf_span(&url));
        if (url.status != ASSAY_DONE || recall.status != ASSAY_DONE)
            s = ASSAY_ENOMEM;
        else
            s = posture_ask(p, ASSAY_RECALL, 0, buf_span(&recall), &t->recalled_get);
        if (!p->no_web && s >= 0)
            s = join(s, posture_ask(p, ASSAY_GET, 0, buf_span(&url), &t->get));
    }
    buf_done(&url);
    buf_done(&recall);
    return s;
}

/** Ask for the record as it was seen before. */
static assay_status ask_former(struct posture *p)
{
    struct buf name = buf_new(2 * DNS_NAME_TEXT);
    assay_status s;

    buf_puts(&name, "TXT _mta-sts.");
    buf_put(&name, p->domain);
    s = name.status == ASSAY_DONE
            ? posture_ask(p, ASSAY_RECALL, 0, buf_span(&name), &p->mtasts.recalled_txt)
            : ASSAY_ENOMEM;
    buf_done(&name);
    return s;
}

/** Ask which patterns stand for all hosts below a public suffix. */
static assay_status ask_suffixes(struct posture *p)
{
    struct topic_mtasts *t = &p->mtasts;
    const struct mtasts_policy *policy = t->policy;
    assay_status s = ASSAY_DONE;

    if (!policy || !policy->nmx)
        return ASSAY_DONE;
    if (!t->suffixes && !(t->suffixes = arena_zero(&p->ev.keep, policy->nmx * sizeof *t->suffixes)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < policy->nmx; i++) {
        struct dns_name name;

        if (span_starts(policy->mx[i], SPAN("*.")) &&
            dns_name_read(span_from(policy->mx[i], 2), &name))
            s = join(s, posture_ask(p, ASSAY_SUFFIX, 0, dns_name_span(&name), &t->suffixes[i]));
    }
    return s;
}

/** Read what came. */
static assay_status read_answers(struct posture *p)
{
    struct topic_mtasts *t = &p->mtasts;
    assay_status s = ASSAY_DONE;

    if (!t->record && asked_data(&t->txt) == YES)
        s = mtasts_record_of(t->txt.fact, &t->record);
    if (s == ASSAY_DONE && !t->policy && sts_fetched(p) == STS_FETCHED)
        s = mtasts_policy_of(t->get.fact, &t->policy);
    return s;
}

assay_status gather_mtasts(struct assay_eval *ev, void *posture)
{
    struct posture *p = posture;
    struct topic_mtasts *t = &p->mtasts;
    assay_status s = posture_ask_below(p, ASSAY_RR_TXT, "_mta-sts", p->domain, &t->txt);

    (void)ev;
    if (posture_looks_at_web(p)) {
        s = join(s, posture_ask_below(p, ASSAY_RR_A, "mta-sts", p->domain, &t->host_a));
        s = join(s, posture_ask_below(p, ASSAY_RR_AAAA, "mta-sts", p->domain, &t->host_aaaa));
        s = join(s, ask_policy(p));
        s = join(s, ask_former(p));
    }
    if (s == ASSAY_DONE && (s = read_answers(p)) == ASSAY_DONE)
        s = ask_suffixes(p);
    return s;
}

/* ---- texts ---- */

/** A new id: the time of this look (RFC 8461 3.1). */
static assay_span new_id(struct posture *p)
{
    char text[TIME_TEXT], id[TIME_TEXT];
    assay_span time = time_text(p->ev.now, text);
    size_t n = 0;

    for (size_t i = 0; i < time.n; i++)
        if (ascii_alnum(time.p[i]) && time.p[i] != 'Z')
            id[n++] = time.p[i];
    return posture_printf(p, "%.*s", (int)n, id);
}

/** A record with a new id. */
static assay_span new_record(struct posture *p)
{
    return posture_printf(p, "v=STSv1; id=%.*s;", SPAN_ARG(new_id(p)));
}

/** The record as it is; empty: there is none. */
static assay_span old_record(const struct posture *p)
{
    const struct mtasts_record *r = p->mtasts.record;

    return r && r->found != MTASTS_RECORD_NONE ? r->text : SPAN_EMPTY;
}

/** The body of the policy as it is; empty: there is none. */
static assay_span old_file(const struct posture *p)
{
    const struct topic_mtasts *t = &p->mtasts;

    return t->policy && t->get.fact->n ? t->get.fact->data[0] : SPAN_EMPTY;
}

/** Put a line `mx:` for a host. */
static void put_mx(struct buf *out, assay_span host)
{
    buf_puts(out, "mx: ");
    buf_put(out, host);
    buf_putc(out, '\n');
}

assay_span sts_file(struct posture *p, enum mtasts_mode mode, uint64_t max_age, bool hosts)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    struct buf out = buf_new(2 * LIMIT_MTASTS_POLICY);
    assay_span ret = SPAN_EMPTY;

    buf_printf(&out, "version: STSv1\nmode: %s\n", mtasts_mode_text(mode));
    for (size_t i = 0; policy && i < policy->nmx; i++)
        put_mx(&out, policy->mx[i]);
    for (size_t i = 0; (hosts || !policy || !policy->nmx) && i < p->mx.nhosts; i++)
        if (!p->mx.hosts[i].bad_name &&
            (!policy || !mtasts_policy_names(policy, p->mx.hosts[i].name)))
            put_mx(&out, p->mx.hosts[i].name);
    if (out.status == ASSAY_DONE && mode != MTASTS_NONE &&
        !span_contains(buf_span(&out), SPAN("\nmx: "))) {
        buf_done(&out);
        return ret;
    }
    buf_puts(&out, "max_age: ");
    buf_putu(&out, max_age);
    buf_putc(&out, '\n');
    if (out.status != ASSAY_DONE || !arena_copy(&p->ev.keep, buf_span(&out), &ret))
        p->no_memory = true;
    buf_done(&out);
    return ret;
}

void publish_sts_file(struct posture *p, struct finding *f, assay_span file)
{
    const size_t n = f->nfixes;

    if (!file.n) {
        advise(p, f, "write a policy that names every MX host in a line mx, and serve it at %.*s",
               SPAN_ARG(sts_url(p)));
        return;
    }
    publish(p, f, "file", sts_url(p), old_file(p), file);
    if (f->nfixes > n) { /* a URL is no name below the domain, and still the owner's */
        f->fixes[n].elsewhere = false;
        f->fixes[n].undo = old_file(p).n
                               ? SPAN("serve the old file again, and give the record another id")
                               : SPAN("remove the record first, then the file");
    }
}

void publish_sts(struct posture *p, struct finding *f, assay_span file)
{
    publish_sts_file(p, f, file);
    if (!file.n)
        return;
    publish(p, f, "TXT", p->mtasts.txt.name, old_record(p), new_record(p));
}

/* ---- the record ---- */

/** DANE proves every MX host, as far as that is known. */
static bool dane_may_hold(const struct posture *p)
{
    bool may = p->mx.nhosts > 0 || hosts_missing(p);

    for (size_t i = 0; i < p->mx.nhosts; i++)
        may &= p->mx.hosts[i].dane_holds != NO;
    return may;
}

/** No record. Where it is not known whether DANE helps, it is the lesser matter. */
static void hit_missing(struct posture *p)
{
    const bool dane = dane_may_hold(p);
    struct finding *f =
        hit(p, F_MTASTS_MISSING, dane ? ASSAY_NOTICE : ASSAY_WARNING, p->domain, NULL);

    say(p, f,
        dane
            ? "%.*s has no MTA-STS record, so that senders who do not check DANE cannot tell its servers from others"
            : "%.*s has no MTA-STS record: an attacker on the way can keep mail to it from being encrypted",
        SPAN_ARG(p->domain));
    show(p, f, &p->mtasts.txt, SPAN_EMPTY, SPAN_EMPTY);
    advise(
        p, f,
        "Publish a TLS-RPT record first, so that senders tell what fails; then this policy, then the record.");
    if (p->mx.nhosts && !p->brief)
        publish_sts(p, f, sts_file(p, MTASTS_TESTING, HOST_DAY, true));
}

/** A policy is served and nothing announces it. */
static void hit_no_txt(struct posture *p)
{
    struct finding *f = hit(p, F_MTASTS_NO_TXT, ASSAY_ERROR, p->domain, NULL);

    say(p, f,
        "a valid policy is served at mta-sts.%.*s, but no valid record at _mta-sts.%.*s announces it: senders do not look for it",
        SPAN_ARG(p->domain), SPAN_ARG(p->domain));
    show(p, f, &p->mtasts.txt, old_record(p), SPAN_EMPTY);
    show(p, f, &p->mtasts.get, SPAN_EMPTY, SPAN_EMPTY);
    publish(p, f, "TXT", p->mtasts.txt.name, old_record(p), new_record(p));
}

/** Whether a valid policy is served. */
static enum truth serves_policy(const struct posture *p)
{
    const struct topic_mtasts *t = &p->mtasts;

    if (sts_fetched(p) == STS_FETCH_UNKNOWN)
        return UNKNOWN;
    return truth_of(t->policy && t->policy->valid);
}

/** Several records. */
static void hit_multiple(struct posture *p)
{
    const struct assay_fact *fact = p->mtasts.txt.fact;
    struct finding *f = hit(p, F_MTASTS_MULTIPLE, ASSAY_ERROR, p->domain, NULL);
    struct mtasts_record r;
    size_t n = 0;

    for (size_t i = 0; i < fact->n; i++) {
        mtasts_record_read(fact->records[i].text, &r);
        if (!span_starts(r.text, SPAN("v=STSv1")) || r.found == MTASTS_RECORD_NONE)
            continue;
        show(p, f, &p->mtasts.txt, r.text, SPAN_EMPTY);
        if (n++)
            publish(p, f, "TXT", p->mtasts.txt.name, r.text, SPAN_EMPTY);
    }
    say(p, f, "there are %zu MTA-STS records at _mta-sts.%.*s: senders take none of them", n,
        SPAN_ARG(p->domain));
}

/** A record that is wrong. */
static void hit_syntax(struct posture *p)
{
    const struct mtasts_record *r = p->mtasts.record;
    struct finding *f = hit(p, F_MTASTS_RECORD_SYNTAX, ASSAY_ERROR, p->domain, r->reason);

    say(p, f, "the MTA-STS record is wrong at \"%.*s\": %s; senders take it for none",
        SPAN_ARG(span_first(r->where, 100)), r->problem);
    show(p, f, &p->mtasts.txt, r->text, r->where);
    publish(p, f, "TXT", p->mtasts.txt.name, r->text, new_record(p));
}

/** The one record, which is right. */
static void judge_space(struct posture *p)
{
    const struct mtasts_record *r = p->mtasts.record;
    struct finding *f;

    if (!r->space) {
        pass(p, F_MTASTS_RECORD_WSP, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_RECORD_WSP, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "white space stands before the first `;` of the MTA-STS record: it may be there, but some senders then see no record");
    show(p, f, &p->mtasts.txt, r->text, span_first(r->text, span_find(r->text, ';')));
    publish(p, f, "TXT", p->mtasts.txt.name, r->text, new_record(p));
}

/** The checks of the record that are not known when its answer is missing. */
static void record_unknown(struct posture *p)
{
    static const enum finding_id RECORD[] = {F_MTASTS_MISSING, F_MTASTS_MULTIPLE,
                                             F_MTASTS_RECORD_SYNTAX, F_MTASTS_RECORD_WSP};

    for (size_t i = 0; i < sizeof RECORD / sizeof *RECORD; i++)
        unknown(p, RECORD[i], p->domain, &p->mtasts.txt, NULL);
    if (serves_policy(p) == NO)
        pass(p, F_MTASTS_NO_TXT, p->domain);
    else
        unknown(p, F_MTASTS_NO_TXT, p->domain, &p->mtasts.txt, NULL);
}

/** Judge the record. */
static void judge_record(struct posture *p)
{
    const struct mtasts_record *r = p->mtasts.record;
    const enum mtasts_found found = r ? r->found : MTASTS_RECORD_NONE;
    const enum truth served = serves_policy(p);

    if (found == MTASTS_RECORD_NONE && served != YES)
        hit_missing(p);
    else if (found != MTASTS_RECORD_NONE)
        pass(p, F_MTASTS_MISSING, p->domain);
    if (found == MTASTS_RECORD_SEVERAL)
        hit_multiple(p);
    else if (found != MTASTS_RECORD_NONE)
        pass(p, F_MTASTS_MULTIPLE, p->domain);
    if (found == MTASTS_RECORD_SYNTAX)
        hit_syntax(p);
    if (found == MTASTS_RECORD_ONE) {
        pass(p, F_MTASTS_RECORD_SYNTAX, p->domain);
        judge_space(p);
        pass(p, F_MTASTS_NO_TXT, p->domain);
    } else if (served == YES) {
        hit_no_txt(p);
    } else {
        judged(p, F_MTASTS_NO_TXT, served, p->domain, &p->mtasts.get);
    }
}

/* ---- all ---- */

/** What of the hosts is known without a policy in force: nothing holds. */
static void no_policy(struct posture *p)
{
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        if (p->mx.hosts[i].sts_listed == UNKNOWN)
            p->mx.hosts[i].sts_listed = NO;
        p->mx.hosts[i].sts_holds = NO;
    }
}

void judge_mtasts(struct posture *p)
{
    struct topic_mtasts *t = &p->mtasts;
    const enum truth data = asked_data(&t->txt);

    for (size_t i = 0; i < p->mx.nhosts; i++)
        p->mx.hosts[i].sts_listed = p->mx.hosts[i].sts_holds = UNKNOWN;
    t->published =
        data == UNKNOWN ? UNKNOWN : truth_of(data == YES && t->record->found == MTASTS_RECORD_ONE);
    t->valid = t->published == NO ? NO : UNKNOWN;
    if (data == UNKNOWN) {
        record_unknown(p);
        judge_sts_unknown(p, p->no_web ? &t->get : &t->txt);
        return;
    }
    judge_record(p);
    if (t->published == YES)
        judge_sts_fetch(p);
    if (t->valid == NO || (t->policy && t->policy->mode == MTASTS_NONE))
        no_policy(p);
    if (t->published == NO)
        p->summary[AREA_MTASTS] = SPAN("not used");
}
