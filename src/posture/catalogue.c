/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/posture.h"

/* clang-format off */
static const struct assay_check_kind KINDS[] = {
#define KIND(id, text, area, severity, other, reasons, source, title, why, fix) \
    {text, #area, {severity, other}, reasons, source, title, why, fix},
    FINDINGS(KIND)
#undef KIND
};

static const uint8_t KIND_AREA[] = {
#define KIND(id, text, area, ...) AREA_##area,
    FINDINGS(KIND)
#undef KIND
};
/* clang-format on */

const struct assay_check_kind *assay_check_kind_at(size_t index)
{
    return index < FINDING_IDS ? &KINDS[index] : NULL;
}

unsigned assay_catalogue_version(void)
{
    return CATALOGUE_VERSION;
}

enum area finding_area(enum finding_id id)
{
    return (enum area)KIND_AREA[id];
}

enum finding_id finding_find(const char *id)
{
    for (int i = 0; i < FINDING_IDS; i++)
        if (span_iis(span_of(id), KINDS[i].id))
            return (enum finding_id)i;
    return FINDING_IDS;
}

const char *assay_outcome_text(enum assay_outcome outcome)
{
    static const char *const TEXTS[] = {"?", "pass", "unknown", "notice", "warning", "error"};

    return TEXTS[outcome <= ASSAY_ERROR ? outcome : 0];
}

const char *assay_profile_text(enum assay_profile profile)
{
    static const char *const TEXTS[] = {"infer", "mail", "send", "receive", "parked"};

    return TEXTS[profile <= ASSAY_PROFILE_PARKED ? profile : 0];
}
