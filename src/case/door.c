/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/model.h"
#include "policy/policy.h"

const struct assay_envelope *case_envelope(const struct case_one *one)
{
    return one->envelope_at.n ? &one->values : NULL;
}

const struct assay_domain *case_domain(const struct case_one *one)
{
    return one->kind == CASE_DOMAIN ? &one->domain : NULL;
}

assay_span case_recipient(const struct case_one *one, size_t i)
{
    for (const struct case_line *line = one->envelope.first; line; line = line->next)
        if (span_is(line->key, "to") && i-- == 0)
            return line->value;
    return SPAN_EMPTY;
}

assay_span case_message(const struct case_one *one)
{
    return one->message;
}

bool case_has_digests(const struct case_one *one)
{
    return one->digests != NULL;
}

assay_status case_give_digests(const struct case_one *one, assay_eval *eval)
{
    assay_status s = ASSAY_DONE;

    for (const struct case_digest *d = one->digests; d && s == ASSAY_DONE; d = d->next)
        s = assay_body_digest(eval, d->canonicalization, d->length,
                              (assay_span){(const char *)d->sha256, sizeof d->sha256});
    return s;
}

/** Take what a case says of the policy itself (write.c). \return ASSAY_MORE when it is an option */
static assay_status set_origin(const struct case_line *line, assay_policy *policy)
{
    if (span_is(line->key, "policy.name"))
        return policy_rename(policy, line->value);
    if (span_is(line->key, "policy.unsure"))
        return policy_unsure(policy, line->value);
    return ASSAY_MORE;
}

/** Set the options of one [policy]. */
static assay_status set_options(const struct case_one *one, const struct case_lines *lines,
                                struct arena *a, assay_policy *policy, struct case_error *error)
{
    for (const struct case_line *line = lines->first; line; line = line->next) {
        const char *why = "";
        assay_span name, value;
        assay_status s = set_origin(line, policy);

        if (s == ASSAY_DONE)
            continue;
        if (s < 0)
            return s;
        if (!arena_copy(a, line->key, &name) || !arena_copy(a, line->value, &value))
            return ASSAY_ENOMEM;
        s = assay_policy_set(policy, name.p, value.p, &why);
        if (s == ASSAY_EINVAL)
            return case_refuse(one->set, assay_policy_get(policy, name.p) ? line->value : line->key,
                               error, "%s", why);
        if (s != ASSAY_DONE)
            return s;
    }
    return ASSAY_DONE;
}

assay_status case_set_policy(const struct case_one *one, assay_policy *policy,
                             struct case_error *ret_error)
{
    struct arena a = {0};
    assay_status s = ASSAY_DONE;

    if (one->shared)
        s = set_options(one, &one->shared->policy, &a, policy, ret_error);
    if (s == ASSAY_DONE)
        s = set_options(one, &one->policy, &a, policy, ret_error);
    arena_done(&a);
    return s;
}
