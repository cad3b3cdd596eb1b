/* SPDX-License-Identifier: BSD-2-Clause */
/** \file sts.h What the parts of MTA-STS share: mtasts.c (record), sts_fetch.c (fetch), sts_policy.c (policy, hosts). */
#ifndef POSTURE_STS_H
#define POSTURE_STS_H

#include "posture/hosts.h"

/** What came of fetching the policy (RFC 8461 3.3). */
enum sts_fetch {
    STS_FETCH_UNKNOWN, /**< no answer, or not asked */
    STS_FETCHED,       /**< 200, with a body that is not too big */
    STS_NO_HOST,
    STS_STATUS,
    STS_REDIRECT,
    STS_TOO_BIG,
    STS_REFUSED,
    STS_CERTIFICATE, /**< the server could not be authenticated */
    STS_HANDSHAKE    /**< another failure of TLS */
};

/** What came of fetching the policy. */
enum sts_fetch sts_fetched(const struct posture *p);

/** The URL of the policy; empty when the domain's name is too long. */
assay_span sts_url(struct posture *p);

/** The text of a policy to publish: mode and max_age, the good patterns there are, or with `hosts` every MX host that
 *  they leave out. Empty where it would name nobody, and has to. */
assay_span sts_file(struct posture *p, enum mtasts_mode mode, uint64_t max_age, bool hosts);

/** Add a policy to publish, its record as it is. */
void publish_sts_file(struct posture *p, struct finding *f, assay_span file);

/** Add a policy to publish, and the record with a new id that goes with it (RFC 8461 8.1: the file first). */
void publish_sts(struct posture *p, struct finding *f, assay_span file);

/** What cannot be told without the policy. \param missing  the answer that is wanted */
void judge_sts_unknown(struct posture *p, const struct asked *missing);

/** Judge the fetch, and the policy where there is one. */
void judge_sts_fetch(struct posture *p);

/** Judge the policy, and the MX hosts by it. Only where it was fetched. */
void judge_sts_policy(struct posture *p);

#endif
