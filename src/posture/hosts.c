/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/hosts.h"

#include "base/time.h"

enum { SMTP_READY = 220, SMTP_PERMANENT = 500, DATE = sizeof "2026-12-31" - 1, NAMES_SHOWN = 200 };

const struct asked *hosts_missing(const struct posture *p)
{
    const struct topic_mx *t = &p->mx;

    if (t->nhosts || t->receives != UNKNOWN)
        return NULL;
    return asked_data(&t->mx) == UNKNOWN ? &t->mx : asked_data(&t->a) == UNKNOWN ? &t->a : &t->aaaa;
}

void unknown_hosts(struct posture *p, enum finding_id id)
{
    const struct asked *missing = hosts_missing(p);

    if (missing && posture_looks_at_hosts(p)) /* a scan would not ask more if it knew them */
        unknown(p, id, p->domain, missing, NULL);
}

bool host_is_deaf(const struct posture_host *host)
{
    if (host->probe.fact && host->probe.fact->how == ASSAY_REFUSED)
        return true;
    return host->seen && host->seen->greeting >= SMTP_PERMANENT;
}

/** The probe got as far as EHLO. */
static bool greets(const struct posture_host *host)
{
    return host->seen && host->seen->greeting == SMTP_READY;
}

enum truth host_starttls(const struct posture_host *host)
{
    return greets(host) ? truth_of(host->seen->starttls) : UNKNOWN;
}

enum truth host_agrees(const struct posture_host *host)
{
    return greets(host) ? truth_of(host->seen->best != PROBE_TLS_NONE) : UNKNOWN;
}

enum truth host_tls12(const struct posture_host *host)
{
    return greets(host) ? truth_of(host->seen->best >= PROBE_TLS12) : UNKNOWN;
}

const struct probe_cert *host_leaf(const struct posture_host *host)
{
    return greets(host) && host->seen->ncerts ? &host->seen->certs[0] : NULL;
}

enum truth host_named(const struct posture_host *host)
{
    const struct probe_cert *leaf = host_leaf(host);

    return leaf ? truth_of(probe_name_matches(leaf->names, host->name)) : UNKNOWN;
}

enum truth host_dated(const struct posture *p, const struct posture_host *host)
{
    const int64_t now = p->ev.now;
    enum truth ret = host_leaf(host) ? YES : UNKNOWN;

    for (size_t i = 0; host_leaf(host) && i < host->seen->ncerts; i++)
        if (now < host->seen->certs[i].from || now > host->seen->certs[i].to)
            return i ? UNKNOWN : NO;
    return ret;
}

enum truth host_trusted(const struct posture_host *host)
{
    if (!host_leaf(host) || host->seen->trust == PROBE_TRUST_NOT_TOLD)
        return UNKNOWN;
    return truth_of(host->seen->trust == PROBE_TRUST_YES);
}

void show_probe(struct posture *p, struct finding *f, const struct posture_host *host,
                assay_span part)
{
    const struct assay_fact *fact = host->probe.fact;

    show(p, f, &host->probe, fact && fact->n ? fact->data[0] : SPAN_EMPTY, part);
}

void unknown_probe(struct posture *p, enum finding_id id, const struct posture_host *host)
{
    const struct assay_fact *fact = host->probe.fact;
    const char *cause = NULL;

    if (fact && fact->how == ASSAY_OK)
        cause = !host->seen                          ? "the probe cannot be read"
                : host->seen->greeting != SMTP_READY ? "the server does not greet"
                                                     : "the probe does not tell it";
    unknown(p, id, host->name, &host->probe, cause);
}

assay_span day_text(struct posture *p, int64_t t)
{
    char text[TIME_TEXT];
    assay_span all = time_text(t, text);

    return posture_printf(
        p, "%.*s", SPAN_ARG(all.n > DATE && all.p[DATE] == 'T' ? span_first(all, DATE) : all));
}

assay_span days_text(struct posture *p, int64_t seconds)
{
    const long long days = seconds / HOST_DAY;

    return posture_printf(p, "%lld day%s", days, days == 1 ? "" : "s");
}

assay_span names_text(struct posture *p, assay_span names)
{
    assay_span first = span_first(names, NAMES_SHOWN);

    return names.n ? posture_printf(p, "%.*s%s", SPAN_ARG(first), first.n < names.n ? "..." : "")
                   : SPAN("none");
}
