/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_zone.c Any octets as a zone file: an error has a place in the text; every record that is read is
 * answered, and no answer comes for a name outside.
 */
#include "base/fuzz_must.h"
#include "cli/zone.h"

enum { ASKED_MAX = 64 };

/** What was read, to be asked again. */
struct seen {
    const struct zone *z;
    size_t n;
};

/** Ask for a record that the zone has. */
static assay_status ask_again(void *arg, const struct zone_record *r)
{
    struct seen *seen = arg;
    struct assay_question q = {.kind = ASSAY_DNS,
                               .rrtype = r->rrtype ? r->rrtype : ASSAY_RR_TXT,
                               .name = r->owner};
    struct zone_steps steps;
    struct assay_answer a;
    assay_fact *fact;

    must(dns_is_under(r->owner, zone_apex(seen->z)));
    must(r->line > 0 && r->column > 0);
    if (seen->n++ >= ASKED_MAX)
        return ASSAY_EORDER;
    if (zone_look(seen->z, &q, &fact, &steps) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    must(fact || !steps.n || steps.target.p);
    if (!fact)
        return ASSAY_DONE; /* below a delegation, or an alias that leaves */
    assay_fact_read(fact, &a);
    must(a.how != ASSAY_NXDOMAIN ||
         a.nchain); /* the name exists; what an alias leads to need not */
    if (r->rrtype && a.how == ASSAY_OK && !a.nchain)
        must(a.n > 0);
    assay_fact_free(fact);
    return ASSAY_DONE;
}

/** Take a name. */
static assay_status take_name(void *arg, assay_span name)
{
    struct dns_name again;

    (void)arg;
    must(name.n > 0 && dns_name_read(name, &again) && span_eq(dns_name_span(&again), name));
    return ASSAY_DONE;
}

/** Lines of a text. */
static size_t lines_of(assay_span text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assay_span text = {(const char *)data, size}, origin = SPAN("example.org");
    struct zone_error error = {0};
    struct zone *z = NULL;
    assay_status s = zone_read(text, origin, &z, &error);

    must(s == ASSAY_DONE || s == ASSAY_EINVAL);
    if (s == ASSAY_EINVAL) {
        must(error.line >= 1 && error.line <= lines_of(text) && error.column >= 1 &&
             error.column <= size + 1);
        must(error.text[0] && memchr(error.text, '\0', sizeof error.text));
    } else {
        struct seen seen = {.z = z};

        s = zone_scan(text, origin, ask_again, &seen, &error);
        must(s == ASSAY_DONE || s == ASSAY_EORDER);
        must(zone_names(text, origin, take_name, NULL, &error) == ASSAY_DONE);
        zone_free(z);
    }
    return 0;
}
