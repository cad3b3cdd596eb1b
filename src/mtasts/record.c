/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtasts/mtasts.h"

#include "base/fields.h"

#include <stdlib.h>

static const char VERSION[] = "v=STSv1";
enum { ID_MAX = 32 };

/** sts-id: 1 to 32 letters and digits (RFC 8461 3.1). */
static bool is_id(assay_span id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!ascii_alnum(id.p[i]))
            return false;
    return id.n >= 1 && id.n <= ID_MAX;
}

/** Note what is wrong; the first problem stays. */
static void fault(struct mtasts_record *r, const char *reason, assay_span where,
                  const char *problem)
{
    if (r->problem)
        return;
    r->found = MTASTS_RECORD_SYNTAX;
    r->problem = problem;
    r->reason = reason;
    r->where = where;
}

/** Take one field. */
static void take(struct mtasts_record *r, const struct field *f)
{
    if (!span_is(f->name, "id")) {
        if (!field_is_extension(f))
            fault(r, "field", f->whole, "it is not name=value");
    } else if (!is_id(f->value)) {
        fault(r, "id", f->whole, "the id is not 1 to 32 letters and digits");
    } else if (!r->id.n) {
        r->id = f->value;
    }
}

/** No record yet. */
static struct mtasts_record nothing(assay_span text)
{
    return (struct mtasts_record){.text = text, .id = SPAN_EMPTY, .where = SPAN_EMPTY};
}

void mtasts_record_read(assay_span text, struct mtasts_record *ret)
{
    assay_span rest = span_from(text, sizeof VERSION - 1);
    struct mtasts_record r = nothing(text);
    struct field field;

    switch (fields_start(text, VERSION)) {
    case FIELDS_OTHER: break;
    case FIELDS_NEARLY:
        fault(&r, "version", span_first(text, span_find(text, ';')),
              "it has to begin with v=STSv1 exactly");
        break;
    case FIELDS_VERSION:
        r.found = MTASTS_RECORD_ONE;
        r.space = fields_space(text, sizeof VERSION - 1);
        while (fields_next(&rest, &field))
            take(&r, &field);
        if (!r.id.n)
            fault(&r, "id", text, "there is no id");
        break;
    }
    *ret = r;
}

/** Select among the TXT records of an answer: those that begin with the version (RFC 8461 3.1). */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct mtasts_record *r = calloc(1, sizeof *r);
    enum fields_start best = FIELDS_OTHER;

    if (!r)
        return ASSAY_ENOMEM;
    *r = nothing(SPAN_EMPTY);
    for (size_t i = 0; i < fact->n; i++) {
        const assay_span text = fact->records[i].text;
        enum fields_start start = fields_start(text, VERSION);

        if (start == FIELDS_VERSION && best == FIELDS_VERSION)
            r->found = MTASTS_RECORD_SEVERAL;
        if (start <= best)
            continue;
        best = start;
        mtasts_record_read(text, r);
    }
    *ret = r;
    return ASSAY_DONE;
}

assay_status mtasts_record_of(const struct assay_fact *fact, const struct mtasts_record **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}
