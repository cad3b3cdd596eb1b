/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/forged.h"

#include "dns/alabel.h"

bool forged_is_by(assay_span value, assay_span id)
{
    char other[DNS_NAME_TEXT];
    struct dns_name name;

    if (authres_is_from(value, id))
        return true;
    if (span_ascii(id) && !span_contains(id, SPAN("xn--")))
        return false;
    if (dns_to_alabels(id, &name) != ASSAY_DONE)
        return false;
    return authres_is_from(value, dns_name_span(&name)) ||
           authres_is_from(value, dns_to_ulabels(dns_name_span(&name), other, sizeof other));
}

/** A field is by one of our names. */
static bool is_ours(assay_span value, const struct forged_ids *ids)
{
    bool ours = forged_is_by(value, ids->id) || (ids->host.n && forged_is_by(value, ids->host));

    for (size_t i = 0; i < ids->nalso && !ours; i++)
        ours = forged_is_by(value, ids->also[i]);
    return ours;
}

/** A field must not stay. */
static assay_status is_unwanted(struct arena *scratch, assay_span value,
                                const struct forged_ids *ids, bool *ret)
{
    struct authres read;
    assay_status s;

    *ret = is_ours(value, ids);
    if (*ret)
        return ASSAY_DONE;
    if ((s = authres_read(scratch, value, &read)) == ASSAY_DONE)
        *ret = read.version != 1;
    return s;
}

assay_status forged_remove(struct arena *scratch, const struct header *h,
                           const struct forged_ids *ids, struct assay_edit *edits, size_t *n)
{
    const assay_span name = SPAN("Authentication-Results");
    unsigned index = (unsigned)header_count(h, name);

    for (size_t i = h->n; i > 0; i--) {
        bool unwanted;

        if (!field_is(h, i - 1, name))
            continue;
        if (is_unwanted(scratch, field_value(h, i - 1), ids, &unwanted) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        if (unwanted)
            edits[(*n)++] = (struct assay_edit){
                .remove = true, .index = index, .name = name, .value = SPAN_EMPTY};
        index--;
    }
    return ASSAY_DONE;
}
