/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/failure.h"

#include "base/span.h"

#include <stdarg.h>
#include <stdio.h>

assay_fact *failure_new(enum assay_kind kind, uint16_t rrtype, enum assay_how how,
                        const char *format, ...)
{
    char words[256];
    struct assay_answer a = {.size = sizeof a, .how = how, .secure = ASSAY_UNKNOWN};
    assay_fact *fact;
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    for (char *p = words; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    a.reason = span_of(words);
    return assay_fact_new(kind, rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
}
