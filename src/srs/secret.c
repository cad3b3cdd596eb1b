/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/secret.h"

#include "crypto/mac.h"

const char *srs_secrets_read(assay_span text, struct srs_secrets *ret)
{
    struct srs_secrets read = {.n = 0};
    assay_span line;

    while (span_line(&text, &line)) {
        while (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!line.n)
            continue;
        if (read.n == LIMIT_SRS_SECRETS)
            return "more than 32 secrets";
        read.at[read.n++] = line;
    }
    if (!read.n)
        return "no secret";
    *ret = read;
    return NULL;
}

assay_status srs_secrets_answer(const struct assay_engine *engine,
                                const struct srs_secrets *secrets, assay_span data,
                                assay_fact **ret)
{
    uint8_t macs[LIMIT_SRS_SECRETS * MAC_SIZE];
    const assay_span item = {(const char *)macs, secrets->n * MAC_SIZE};
    struct assay_answer a = {.size = sizeof a,
                             .how = secrets->n ? ASSAY_OK : ASSAY_REFUSED,
                             .secure = ASSAY_INSECURE,
                             .data = &item,
                             .n = secrets->n > 0,
                             .reason = secrets->n ? SPAN_EMPTY : SPAN("no such secret")};

    for (size_t i = 0; i < secrets->n; i++) {
        assay_status s = mac_of(engine, secrets->at[i], data, macs + i * MAC_SIZE);

        if (s != ASSAY_DONE)
            return s;
    }
    return assay_fact_new(ASSAY_MAC, 0, &a, ret);
}
