/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file evidence.h
 * What reports tell about a domain's mail: metrics that the plan weighs, and that some checks ask for.
 *
 * They come as JSON (assay-plan(1), docs/json/evidence.schema.json), made by whatever gathers the reports:
 *
 *     {"version": 1, "domain": "example.com", "end": "2026-11-23T00:00:00Z", "last_change": "2026-10-20",
 *      "mail": {"days": 28, "days_with_reports": 28, "reporters": 7, "messages": 41200,
 *               "legit": 40000, "legit_pass": 39900, "legit_dkim_pass": 39500, "forwarded": 300,
 *               "unclassified": 90, "threat": 810, "failing_days": 0, "list_posters": false,
 *               "sources": [{"name": "mailer.example.net", "messages": 90, "pass": 0, "new": true}],
 *               "selectors": [{"selector": "s1", "last_seen": "2026-11-22"}],
 *               "subdomains": [{"domain": "news.example.com", "days": 28, ...}]},
 *      "tls":  {"days": 28, "days_with_reports": 27, "reporters": 3, "sessions": 9000, "failed": 0},
 *      "brand": {"wanted": "certified", "logo": "https://example.com/logo.svg", "trademark": true}}
 *
 * Members that are not known are skipped; what is not told is not known. Counts are those of the window: `days`
 * days before `end`. "Legit" is mail of sources that the owner knows as its own; "pass" is DMARC's: aligned.
 */
#ifndef POSTURE_EVIDENCE_H
#define POSTURE_EVIDENCE_H

#include "base/arena.h"
#include "posture/posture.h"

/** Someone who sends as the domain. */
struct evidence_source {
    assay_span name; /**< an address, a host, a service: as people call it */
    uint64_t messages, pass;
    bool is_new; /**< first seen in the last 14 days of the window, and not only a few */
};

/** A selector that signs. */
struct evidence_selector {
    assay_span selector; /**< canonical */
    int64_t last_seen;
};

/** Aggregate reports of one domain. */
struct evidence_mail {
    bool given;        /**< there are any */
    assay_span domain; /**< of a sub-domain; empty: the domain itself */
    uint64_t days, days_with_reports, reporters;
    uint64_t messages, legit, legit_pass, legit_dkim_pass, forwarded, unclassified, threat;
    uint64_t failing_days;   /**< days on end, up to `end`, on which over 0.5 % of legit failed */
    enum truth list_posters; /**< its people write to mailing lists (RFC 9989 7.4) */
    const struct evidence_source *sources; /**< of the largest that fail, and all that are new */
    size_t nsources;
    const struct evidence_selector *selectors;
    size_t nselectors;
    bool has_selectors; /**< the list was given: who is not in it does not sign */
};

/** Reports of TLS (RFC 8460). */
struct evidence_tls {
    bool given;
    uint64_t days, days_with_reports, reporters, sessions;
    uint64_t failed; /**< sessions that failed on the receiving side */
};

/** What the owner wants of BIMI. */
enum evidence_brand { BRAND_NOT_TOLD, BRAND_NONE, BRAND_LOGO, BRAND_CERTIFIED };

/** All of it. Spans lie in the arena that it was read into. */
struct evidence {
    assay_span text;     /**< as it was read */
    int64_t end;         /**< of the window */
    int64_t last_change; /**< when the last step of the plan was taken; 0: not told */
    struct evidence_mail mail;
    struct evidence_mail *subdomains;
    size_t nsubdomains;
    struct evidence_tls tls;
    enum evidence_brand brand;
    assay_span logo; /**< https://...; empty: not told */
    enum truth trademark;
};

/**
 * Read metrics.
 *
 * \param domain   whose they have to be; canonical
 * \param ret_why  on ASSAY_EINVAL, what is wrong; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status evidence_read(struct arena *a, assay_span text, assay_span domain,
                                           struct evidence *ret, const char **ret_why);

#endif
