/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_providers.c Any octets as the list of providers: it ends, each line is cut into its own octets, and
 * no word has a blank in it.
 */
#include "base/fuzz_must.h"
#include "posture/providers.h"

#include <stdlib.h>

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return !s.n || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** A column: words parted by blanks, which it has. */
static void check_column(assay_span column, assay_span text)
{
    assay_span rest = column, word;
    size_t before = rest.n + 1;

    must(lies_in(column, text) && span_find(column, '|') == column.n);
    while (provider_word(&rest, &word)) {
        must(word.n && lies_in(word, column) && span_find(word, ' ') == word.n && rest.n < before);
        before = rest.n;
        (void)provider_has(column, word);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n}, list = text;
    struct provider provider;

    if (!n)
        return 0;
    while (provider_next(&list, &provider)) {
        must(provider.name.n && lies_in(provider.name, text) && provider.name.p[0] != '#');
        check_column(provider.hosts, text);
        check_column(provider.includes, text);
        check_column(provider.selectors, text);
    }
    return 0;
}
