/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/lists.h"

#include "fact/fact.h"
#include "world/lists.h"

/** Put what a list came to. */
static int take(const struct cli *cli, const char *name, const struct assay_fact *fact,
                struct buf *ret)
{
    if (fact && fact->how == ASSAY_OK) {
        buf_put(ret, fact->n ? fact->data[0] : SPAN_EMPTY);
        if (ret->status == ASSAY_DONE)
            return 0;
    }
    if (!fact || fact->how == ASSAY_OK) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    cli_complain(cli, "the list %s: %.*s", name, SPAN_ARG(fact->reason));
    return EXIT_UNREADABLE;
}

int cli_list(const struct cli *cli, const char *name, struct buf *ret)
{
    struct assay_question q = {.kind = ASSAY_LIST, .name = span_of(name)};
    struct lists *lists = lists_new(cli_value(cli, OPT_LISTS));
    assay_fact *fact = lists ? lists_fact(lists, &q) : NULL;
    int status = take(cli, name, fact, ret);

    assay_fact_free(fact);
    lists_free(lists);
    return status;
}
