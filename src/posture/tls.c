/* SPDX-License-Identifier: BSD-2-Clause */
/** \file tls.c TLS of the MX hosts, as senders without any policy meet it. */
#include "posture/hosts.h"

enum { RSA_LEAST = 2048 };

/* ---- where others speak ---- */

/** MTASTS-MX-FAILS hit this host for this reason: it is the same cause. */
static bool sts_says(const struct posture *p, const struct posture_host *host, const char *reason)
{
    for (const struct finding *f = p->first; f; f = f->next)
        if (f->id == F_MTASTS_MX_FAILS && f->outcome >= ASSAY_NOTICE &&
            span_eq(f->subject, host->name) && span_is(f->reason, reason))
            return true;
    return false;
}

/** A TLSA record of usage 3 authenticates the host: names, dates and roots are free there. */
static bool is_pinned(struct posture *p, const struct posture_host *host)
{
    struct dane_comparison c = {.ee = false};

    if (host->dane_holds == YES && host->rrset && host->seen &&
        dane_compare(p->ev.engine, host->rrset, host->seen, NULL, 0, p->ev.now, &c) != ASSAY_DONE)
        p->no_memory = true;
    return c.ee;
}

/* ---- the connection ---- */

/** STARTTLS is offered and taken. */
static void judge_starttls(struct posture *p, const struct posture_host *host)
{
    struct finding *f;

    if (host->starttls == YES)
        pass(p, F_TLS_NO_STARTTLS, host->name);
    else if (host->starttls == UNKNOWN)
        unknown_probe(p, F_TLS_NO_STARTTLS, host);
    if (host->starttls != NO || has_hit(p, F_DANE_NO_STARTTLS, host->name) ||
        sts_says(p, host, "starttls"))
        return;
    f = hit(p, F_TLS_NO_STARTTLS, ASSAY_WARNING, host->name, NULL);
    if (host->seen->offered)
        say(p, f, "%.*s offers STARTTLS but answers it with %u: mail to it is sent in clear text",
            SPAN_ARG(host->name), host->seen->starttls_code);
    else
        say(p, f, "%.*s does not offer STARTTLS: mail to it is sent in clear text",
            SPAN_ARG(host->name));
    show_probe(p, f, host, SPAN_EMPTY);
    advise(p, f,
           "Let the mail server offer STARTTLS; a certificate of any kind is better than none.");
}

/** The handshake succeeds. */
static void judge_handshake(struct posture *p, const struct posture_host *host)
{
    const enum truth agrees = host_agrees(host);
    struct finding *f;

    if (agrees == YES)
        pass(p, F_TLS_HANDSHAKE, host->name);
    else if (agrees == UNKNOWN)
        unknown_probe(p, F_TLS_HANDSHAKE, host);
    if (agrees != NO || has_hit(p, F_DANE_NO_STARTTLS, host->name) || sts_says(p, host, "tls"))
        return;
    f = hit(p, F_TLS_HANDSHAKE, ASSAY_WARNING, host->name, NULL);
    say(p, f,
        "%.*s begins TLS, but the handshake fails (%.*s): mail to it is delayed or sent in clear text",
        SPAN_ARG(host->name), SPAN_ARG(host->seen->failure));
    show_probe(p, f, host, host->seen->failure);
    advise(
        p, f,
        "See the log of the mail server for \"%.*s\"; its certificate, key and versions of TLS are the usual causes.",
        SPAN_ARG(host->seen->failure));
}

/** The best version is old. */
static void judge_old(struct posture *p, const struct posture_host *host)
{
    struct finding *f;

    if (host->seen->best >= PROBE_TLS12) {
        pass(p, F_TLS_OLD, host->name);
        return;
    }
    if (sts_says(p, host, "tls"))
        return;
    f = hit(p, F_TLS_OLD, ASSAY_WARNING, host->name, NULL);
    say(p, f, "%.*s agrees on %s %s at best, which is broken and no longer allowed",
        SPAN_ARG(host->name), host->seen->best == PROBE_SSL3 ? "SSL" : "TLS",
        host->seen->best == PROBE_SSL3 ? "3.0" : probe_tls_text(host->seen->best));
    show_probe(p, f, host, SPAN_EMPTY);
    advise(p, f, "Let the mail server speak TLS 1.2 and 1.3.");
}

/** What of old is still taken, parted by commas. */
static assay_span legacy_text(struct posture *p, const struct posture_host *host)
{
    static const char *const WEAK[] = {"RC4", "export ciphers", "anonymous ciphers", "compression"};
    const struct probe *probe = host->seen;
    const struct probe_cert *leaf = host_leaf(host);
    struct buf out = buf_new(1024);
    assay_span ret;

    if (probe->least && probe->least < PROBE_TLS12 && probe->best >= PROBE_TLS12)
        buf_printf(&out, ", %s%s", probe->least == PROBE_SSL3 ? "" : "TLS ",
                   probe->least == PROBE_SSL3 ? "SSL 3.0" : probe_tls_text(probe->least));
    for (unsigned i = 0; i < 4; i++)
        if (probe->weak & 1u << i)
            buf_printf(&out, ", %s", WEAK[i]);
    for (size_t i = 0; i < probe->ncerts; i++)
        if (span_iis(probe->certs[i].key, "rsa") && probe->certs[i].key_bits &&
            probe->certs[i].key_bits < RSA_LEAST)
            buf_printf(&out, ", an RSA key of %u bits", probe->certs[i].key_bits);
    if (leaf && span_iis(leaf->sig, "sha1"))
        buf_puts(&out, ", a certificate signed with SHA-1");
    p->no_memory |= out.status == ASSAY_ENOMEM;
    ret = posture_printf(p, "%.*s", SPAN_ARG(span_from(buf_span(&out), 2)));
    buf_done(&out);
    return ret;
}

/** Something of old is still taken. */
static void judge_legacy(struct posture *p, const struct posture_host *host)
{
    assay_span what = legacy_text(p, host);
    struct finding *f;

    if (!what.n && host->seen->least == PROBE_TLS_NONE)
        unknown_probe(p, F_TLS_LEGACY, host);
    else if (!what.n)
        pass(p, F_TLS_LEGACY, host->name);
    if (!what.n)
        return;
    f = hit(p, F_TLS_LEGACY, ASSAY_NOTICE, host->name, NULL);
    say(p, f, "%.*s still takes what is no longer safe: %.*s", SPAN_ARG(host->name),
        SPAN_ARG(what));
    show_probe(p, f, host, SPAN_EMPTY);
    advise(
        p, f,
        "Turn off in the mail server: %.*s (in Postfix: smtpd_tls_protocols, smtpd_tls_ciphers).",
        SPAN_ARG(what));
}

/* ---- the certificate ---- */

/** A policy of MTA-STS that names the host needs the dates of its certificate to hold. */
static enum truth sts_relies(const struct posture *p, const struct posture_host *host)
{
    if (p->mtasts.valid != YES)
        return p->mtasts.valid;
    return truth_and(truth_of(p->mtasts.policy->mode >= MTASTS_TESTING), host->sts_listed);
}

/** What of the domain needs the dates of the certificate to hold: DANE by usage 2 does; where usage 3 proves
 *  the host, nobody asks here. */
static enum truth relies(const struct posture *p, const struct posture_host *host)
{
    return truth_or(sts_relies(p, host), host->dane_holds);
}

/** Something relies on a certificate that ends soon; `left` seconds from now. */
static void judge_soon(struct posture *p, const struct posture_host *host, int64_t left)
{
    const struct probe_cert *leaf = host_leaf(host);
    const enum truth needed = relies(p, host);
    struct finding *f;

    if (needed == UNKNOWN)
        unknown(p, F_TLS_CERT_EXPIRED, host->name,
                sts_relies(p, host) == UNKNOWN ? &p->mtasts.get : &host->tlsa, NULL);
    else if (needed == NO)
        pass(p, F_TLS_CERT_EXPIRED, host->name);
    if (needed != YES)
        return;
    f = hit(p, F_TLS_CERT_EXPIRED, ASSAY_WARNING, host->name, NULL);
    say(p, f, "the certificate of %.*s ends on %.*s, in %.*s, and %s relies on it",
        SPAN_ARG(host->name), SPAN_ARG(day_text(p, leaf->to)), SPAN_ARG(days_text(p, left)),
        sts_relies(p, host) == YES ? "MTA-STS" : "DANE");
    show_probe(p, f, host, SPAN_EMPTY);
    advise(p, f, "Renew the certificate of %.*s, and let it be renewed by itself from now on.",
           SPAN_ARG(host->name));
}

/** The certificate has ended, or ends soon and something relies on it. */
static void judge_expired(struct posture *p, const struct posture_host *host)
{
    const struct probe_cert *leaf = host_leaf(host);
    const int64_t left = leaf->to - p->ev.now;
    struct finding *f;

    if (left >= HOST_SOON)
        pass(p, F_TLS_CERT_EXPIRED, host->name);
    else if (left >= 0)
        judge_soon(p, host, left);
    if (left >= 0 || sts_says(p, host, "expired") || has_hit(p, F_DANE_TA_CERT, host->name))
        return;
    f = hit(p, F_TLS_CERT_EXPIRED, ASSAY_NOTICE, host->name, NULL);
    say(p, f, "the certificate of %.*s ended on %.*s; senders without a policy do not mind",
        SPAN_ARG(host->name), SPAN_ARG(day_text(p, leaf->to)));
    show_probe(p, f, host, SPAN_EMPTY);
    advise(p, f, "Renew the certificate of %.*s, and let it be renewed by itself from now on.",
           SPAN_ARG(host->name));
}

/** The certificate names another host. */
static void judge_name(struct posture *p, const struct posture_host *host)
{
    const struct probe_cert *leaf = host_leaf(host);
    struct finding *f;

    if (host_named(host) == YES) {
        pass(p, F_TLS_CERT_NAME, host->name);
        return;
    }
    if (sts_says(p, host, "name") || has_hit(p, F_DANE_TA_CERT, host->name))
        return;
    f = hit(p, F_TLS_CERT_NAME, ASSAY_NOTICE, host->name, NULL);
    say(p, f, "the certificate of %.*s is made out to %.*s; senders without a policy do not mind",
        SPAN_ARG(host->name), SPAN_ARG(names_text(p, leaf->names)));
    show_probe(p, f, host, leaf->names);
    advise(p, f, "Get a certificate that names %.*s.", SPAN_ARG(host->name));
}

/** The chain leads nowhere. */
static void judge_trust(struct posture *p, const struct posture_host *host)
{
    static const struct {
        const char *reason, *text, *fix;
    } KINDS[] = {
        [PROBE_TRUST_SELF_SIGNED] =
            {"self-signed", "is signed by itself",
             "Get a certificate from a public authority; most cost nothing."},
        [PROBE_TRUST_INCOMPLETE] =
            {"incomplete", "comes without the certificates between it and its authority",
             "Let the server send the intermediates, too (often called fullchain)."},
        [PROBE_TRUST_UNKNOWN] = {"unknown", "is from an authority that is not trusted on the web",
                                 "Get a certificate from a public authority; most cost nothing."},
    };
    const enum probe_trust trust = host->seen->trust;
    struct finding *f;

    if (host_trusted(host) == UNKNOWN)
        unknown_probe(p, F_TLS_CERT_UNTRUSTED, host);
    else if (host_trusted(host) == YES)
        pass(p, F_TLS_CERT_UNTRUSTED, host->name);
    if (host_trusted(host) != NO || sts_says(p, host, "untrusted"))
        return;
    f = hit(p, F_TLS_CERT_UNTRUSTED, ASSAY_NOTICE, host->name, KINDS[trust].reason);
    say(p, f, "the certificate of %.*s %s; senders without a policy do not mind",
        SPAN_ARG(host->name), KINDS[trust].text);
    show_probe(p, f, host, SPAN_EMPTY);
    advise(p, f, "%s", KINDS[trust].fix);
}

/* ---- hosts ---- */

/** One host. */
static void judge_host(struct posture *p, const struct posture_host *host)
{
    static const enum finding_id LATER[] = {F_TLS_OLD, F_TLS_LEGACY, F_TLS_CERT_EXPIRED,
                                            F_TLS_CERT_NAME, F_TLS_CERT_UNTRUSTED};

    if (host->bad_name || host_is_nowhere(host) || host_is_deaf(host) || is_pinned(p, host))
        return;
    judge_starttls(p, host);
    if (host->starttls == NO)
        return;
    judge_handshake(p, host);
    for (size_t i = 0; host_agrees(host) == UNKNOWN && i < sizeof LATER / sizeof *LATER; i++)
        unknown_probe(p, LATER[i], host);
    if (host_agrees(host) != YES)
        return;
    judge_old(p, host);
    judge_legacy(p, host);
    if (!host_leaf(host))
        return;
    judge_expired(p, host);
    judge_name(p, host);
    judge_trust(p, host);
}

/** The line where all is well. */
static void sum(struct posture *p)
{
    size_t good = 0, open = 0, n = p->mx.nhosts;

    for (size_t i = 0; i < n; i++) {
        good += p->mx.hosts[i].tls12 == YES;
        open += p->mx.hosts[i].tls12 == UNKNOWN;
    }
    if (open == n)
        p->summary[AREA_TLS] =
            posture_printf(p, "whether the MX host%s encrypt%s with TLS 1.2 or better is not known",
                           n == 1 ? "" : "s", n == 1 ? "s" : "");
    else if (open)
        p->summary[AREA_TLS] = posture_printf(
            p, "%zu of %zu MX hosts encrypt with TLS 1.2 or better; of %zu it is not known", good,
            n, open);
    else
        p->summary[AREA_TLS] = posture_printf(p, "%zu of %zu MX host%s with TLS 1.2 or better",
                                              good, n, n == 1 ? " encrypts" : "s encrypt");
}

void judge_tls(struct posture *p)
{

    unknown_hosts(p, F_TLS_NO_STARTTLS);
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        struct posture_host *host = &p->mx.hosts[i];

        host->starttls = host_starttls(host);
        host->tls12 = host_tls12(host);
        judge_host(p, host);
    }
    if (p->mx.nhosts && !p->brief)
        sum(p);
}
