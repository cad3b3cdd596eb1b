/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/providers.h"

#include "dns/name.h"

enum { COLUMNS = 4 };

bool provider_next(assay_span *list, struct provider *ret)
{
    assay_span line;

    while (span_line(list, &line)) {
        assay_span columns[COLUMNS], column, rest = line;
        size_t n = 0;

        if (!span_trim(line).n || span_trim(line).p[0] == '#')
            continue;
        while (n < COLUMNS && span_cut(&rest, '|', &column))
            columns[n++] = span_trim(column);
        if (n != COLUMNS || rest.p || !columns[0].n)
            continue;
        *ret = (struct provider){columns[0], columns[1], columns[2], columns[3]};
        return true;
    }
    return false;
}

bool provider_word(assay_span *column, assay_span *word)
{
    *column = span_trim(*column);
    if (!column->n)
        return false;
    *word = span_first(*column, span_find(*column, ' '));
    *column = span_from(*column, word->n);
    return true;
}

bool provider_has(assay_span column, assay_span name)
{
    assay_span word;

    while (provider_word(&column, &word))
        if (dns_is_under(name, word))
            return true;
    return false;
}
