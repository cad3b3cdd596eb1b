/* SPDX-License-Identifier: BSD-2-Clause */
/** \file sts_fetch.c How the policy of MTA-STS is fetched (RFC 8461 3.3). */
#include "posture/sts.h"

enum { HTTP_OK = 200, HTTP_REDIRECT = 300, HTTP_REDIRECT_END = 400 };

/** The word that a reason begins with: what is wrong with a certificate, or what failed. */
static assay_span first_word(assay_span reason)
{
    return span_first(span_first(reason, span_find(reason, ' ')), span_find(reason, ':'));
}

/** What a failure of TLS says of the certificate. */
static bool is_certificate(assay_span reason)
{
    const assay_span word = first_word(reason);

    return span_is(word, "name") || span_is(word, "expired") || span_is(word, "untrusted");
}

enum sts_fetch sts_fetched(const struct posture *p)
{
    const struct topic_mtasts *t = &p->mtasts;
    const struct assay_fact *fact = t->get.fact;
    const bool nowhere = asked_data(&t->host_a) == NO && asked_data(&t->host_aaaa) == NO;

    if (!fact || fact == &p->ev.toobig)
        return nowhere ? STS_NO_HOST : STS_FETCH_UNKNOWN;
    switch (fact->how) {
    case ASSAY_OK:
        if (fact->http >= HTTP_REDIRECT && fact->http < HTTP_REDIRECT_END)
            return STS_REDIRECT;
        if (fact->http != HTTP_OK)
            return STS_STATUS;
        return fact->n && fact->data[0].n > LIMIT_MTASTS_POLICY ? STS_TOO_BIG : STS_FETCHED;
    case ASSAY_NODATA:
    case ASSAY_NXDOMAIN: return STS_NO_HOST;
    case ASSAY_TOOBIG: return STS_TOO_BIG;
    case ASSAY_REFUSED: return STS_REFUSED;
    case ASSAY_TLSERROR: return is_certificate(fact->reason) ? STS_CERTIFICATE : STS_HANDSHAKE;
    default: return nowhere ? STS_NO_HOST : STS_FETCH_UNKNOWN;
    }
}

/** The policy cannot be had. */
static void hit_fetch(struct posture *p, enum sts_fetch fetch)
{
    static const char *const REASONS[] = {[STS_NO_HOST] = "host",
                                          [STS_STATUS] = "status",
                                          [STS_TOO_BIG] = "size",
                                          [STS_REFUSED] = "refused",
                                          [STS_HANDSHAKE] = "refused"};
    const struct topic_mtasts *t = &p->mtasts;
    struct finding *f = hit(p, F_MTASTS_FETCH, ASSAY_ERROR, p->domain, REASONS[fetch]);
    const assay_span reason = t->get.fact ? t->get.fact->reason : SPAN_EMPTY;

    switch (fetch) {
    case STS_NO_HOST:
        say(p, f,
            "mta-sts.%.*s has no address, so that senders cannot fetch the policy that the record announces",
            SPAN_ARG(p->domain));
        break;
    case STS_STATUS:
        say(p, f,
            "the server of the policy answers with status %d, not 200: senders have no policy",
            t->get.fact->http);
        break;
    case STS_TOO_BIG:
        say(p, f, "the policy is over %d octets: senders stop there", LIMIT_MTASTS_POLICY);
        break;
    case STS_REFUSED:
        say(p, f, "mta-sts.%.*s refuses the connection: senders cannot fetch the policy%s%.*s",
            SPAN_ARG(p->domain), reason.n ? ": " : "", SPAN_ARG(reason));
        break;
    default:
        say(p, f, "TLS with mta-sts.%.*s fails (%.*s): senders cannot fetch the policy",
            SPAN_ARG(p->domain), SPAN_ARG(reason));
        break;
    }
    if (fetch == STS_NO_HOST) {
        show(p, f, &t->host_a, SPAN_EMPTY, SPAN_EMPTY);
        show(p, f, &t->host_aaaa, SPAN_EMPTY, SPAN_EMPTY);
    } else {
        show(p, f, &t->get, SPAN_EMPTY, SPAN_EMPTY);
    }
    advise(p, f, "Serve the policy at %.*s with status 200, by HTTPS.", SPAN_ARG(sts_url(p)));
    if (p->mx.nhosts)
        publish_sts_file(p, f, sts_file(p, MTASTS_TESTING, HOST_DAY, true));
}

/** Senders do not follow redirects (RFC 8461 3.3). */
static void judge_redirect(struct posture *p, bool redirect)
{
    struct finding *f;

    if (!redirect) {
        pass(p, F_MTASTS_REDIRECT, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_REDIRECT, ASSAY_ERROR, p->domain, NULL);
    say(p, f,
        "the policy's address answers with a redirect (status %d), which senders must not follow: they have no policy",
        p->mtasts.get.fact->http);
    show(p, f, &p->mtasts.get, SPAN_EMPTY, SPAN_EMPTY);
    advise(
        p, f,
        "Answer with status 200 and the policy at %.*s itself, or let the server fetch it from where it is.",
        SPAN_ARG(sts_url(p)));
}

/** The certificate of the policy host failed. */
static void hit_certificate(struct posture *p)
{
    const struct assay_fact *fact = p->mtasts.get.fact;
    const assay_span word = first_word(fact->reason);
    const bool name = span_is(word, "name"), expired = span_is(word, "expired");
    struct finding *f = hit(p, F_MTASTS_CERT, ASSAY_ERROR, p->domain,
                            name      ? "name"
                            : expired ? "expired"
                                      : "untrusted");

    say(p, f, "the certificate of mta-sts.%.*s %s: senders cannot fetch the policy",
        SPAN_ARG(p->domain),
        name      ? "is made out to another name"
        : expired ? "is out of its dates"
                  : "does not lead to an authority that browsers trust");
    show(p, f, &p->mtasts.get, SPAN_EMPTY, SPAN_EMPTY);
    if (fact->until)
        note(p, f, "it ends on %.*s", SPAN_ARG(day_text(p, fact->until)));
    advise(
        p, f,
        name ? "Get a certificate that names mta-sts.%.*s."
        : expired
            ? "Renew the certificate of mta-sts.%.*s, and let it be renewed by itself from now on."
            : "Get a certificate for mta-sts.%.*s from a public authority, and send its intermediates.",
        SPAN_ARG(p->domain));
}

/** The certificate of the policy host is good, or ends soon. */
static void judge_until(struct posture *p)
{
    const int64_t left = p->mtasts.get.fact->until - p->ev.now;
    struct finding *f;

    if (!p->mtasts.get.fact->until || left >= HOST_SOON) {
        pass(p, F_MTASTS_CERT, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_CERT, ASSAY_WARNING, p->domain, "soon");
    say(p, f,
        "the certificate of mta-sts.%.*s ends on %.*s, in %.*s; then senders cannot fetch the policy",
        SPAN_ARG(p->domain), SPAN_ARG(day_text(p, p->mtasts.get.fact->until)),
        SPAN_ARG(days_text(p, left)));
    show(p, f, &p->mtasts.get, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "its certificate ends on %.*s", SPAN_ARG(day_text(p, p->mtasts.get.fact->until)));
    advise(p, f, "Renew it now, and see why it was not renewed by itself.");
}

void judge_sts_unknown(struct posture *p, const struct asked *missing)
{
    static const enum finding_id IDS[] = {F_MTASTS_FETCH,         F_MTASTS_REDIRECT,
                                          F_MTASTS_CERT,          F_MTASTS_CONTENT_TYPE,
                                          F_MTASTS_POLICY_SYNTAX, F_MTASTS_DUPLICATE_KEY,
                                          F_MTASTS_MAX_AGE_RANGE, F_MTASTS_MAX_AGE_SHORT,
                                          F_MTASTS_MODE,          F_MTASTS_MX_UNLISTED,
                                          F_MTASTS_MX_FAILS};

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        unknown(p, IDS[i], p->domain, missing, NULL);
}

/** The media type has to be text/plain (RFC 8461 3.2). */
static void judge_type(struct posture *p)
{
    const assay_span type = p->mtasts.get.fact->media_type;
    struct finding *f;

    if (span_iis(span_trim(span_first(type, span_find(type, ';'))), "text/plain")) {
        pass(p, F_MTASTS_CONTENT_TYPE, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_CONTENT_TYPE, ASSAY_ERROR, p->domain, NULL);
    if (type.n)
        say(p, f, "the policy is served as %.*s, not as text/plain: senders may refuse it",
            SPAN_ARG(span_first(type, 100)));
    else
        say(p, f,
            "the policy is served without a media type, not as text/plain: senders may refuse it");
    show(p, f, &p->mtasts.get, SPAN_EMPTY, SPAN_EMPTY);
    advise(p, f, "Let the server answer with `Content-Type: text/plain`");
    p->mtasts.valid = NO;
}

void judge_sts_fetch(struct posture *p)
{
    const enum sts_fetch fetch = sts_fetched(p);

    if (fetch == STS_FETCH_UNKNOWN) {
        judge_sts_unknown(p, &p->mtasts.get);
        return;
    }
    p->mtasts.valid = truth_of(fetch == STS_FETCHED && p->mtasts.policy->valid);
    switch (fetch) {
    case STS_FETCHED:
    case STS_REDIRECT:
    case STS_CERTIFICATE: pass(p, F_MTASTS_FETCH, p->domain); break;
    default: hit_fetch(p, fetch); break;
    }
    if (fetch == STS_FETCHED || fetch == STS_REDIRECT || fetch == STS_STATUS)
        judge_redirect(p, fetch == STS_REDIRECT);
    if (fetch == STS_CERTIFICATE)
        hit_certificate(p);
    else if (fetch == STS_FETCHED || fetch == STS_REDIRECT || fetch == STS_STATUS)
        judge_until(p);
    if (fetch == STS_FETCHED) {
        judge_type(p);
        judge_sts_policy(p);
    }
}
