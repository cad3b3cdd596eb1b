/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/write.h"

#include "base/base64.h"
#include "base/number.h"
#include "base/time.h"
#include "fact/fact.h"
#include "srs/srs.h"

/** Write `key = number`. */
static void put_number(struct case_writer *w, const char *key, unsigned number)
{
    char digits[NUMBER_DIGITS];

    case_put_value(w, key, number_text(number, digits));
}

static void write_envelope(struct case_writer *w, const struct srs *r)
{
    static const char *const OVERFLOWS[] = {"refuse", "keep", "long"};
    const struct assay_srs *asked = &r->asked;
    char text[TIME_TEXT];

    case_puts(w, "\n[envelope]\n");
    case_put_value(w, "now", time_text(r->ev.now, text));
    case_put_value(w, "srs", asked->reverse ? SPAN("reverse") : SPAN("forward"));
    case_put_value(w, "address", asked->address);
    case_put_value(w, "forwarder", asked->forwarder);
    for (size_t i = 0; i < asked->nlocal && i < LIMIT_CASE_LINES / 2; i++)
        case_put_value(w, "local", asked->local[i]);
    put_number(w, "hash_length", asked->hash_length);
    put_number(w, "hash_min", asked->hash_min);
    put_number(w, "max_age", asked->max_age_days);
    case_put_value(w, "separator", (assay_span){&asked->separator, 1});
    case_put_value(w, "overflow", span_of(OVERFLOWS[asked->overflow]));
}

/** Write octets as base64. */
static void put_base64(struct case_writer *w, assay_span octets)
{
    char *text = arena_get(&w->arena, base64_encoded(octets.n) + 1);

    if (!text) {
        w->status = ASSAY_ENOMEM;
        return;
    }
    base64_encode((const uint8_t *)octets.p, octets.n, text);
    case_put(w, (assay_span){text, base64_encoded(octets.n)});
}

/** Write what the holder of the secrets answered; no secret can be found from it. */
static void write_secret(struct case_writer *w, const struct srs *r)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(&r->ev, &cursor, &q, &fact)) {
        bool data = fact && fact->how == ASSAY_OK && fact->n == 1 && fact->data[0].n;

        case_puts(w, "\n[secret]\n");
        case_put(w, q.name);
        case_puts(w, " mac ");
        put_base64(w, q.data);
        case_puts(w, " = ");
        if (data)
            put_base64(w, fact->data[0]);
        else /* what is no answer of the holder's has the same result */
            case_puts(w, fact && fact->how == ASSAY_REFUSED ? "REFUSED" : "TIMEOUT");
        case_puts(w, "\n");
    }
}

void case_write_srs(struct case_writer *w, const struct srs *r)
{
    case_puts(w, "; an address rewritten by libassay " ASSAY_VERSION
                 ", with all it rests on: see assay-case(5)\n[case]\nname = recorded/srs\n");
    write_envelope(w, r);
    write_secret(w, r);
    case_puts(w, "\n[expect]\n");
    if (r->result.address.n)
        case_put_value(w, "address", r->result.address);
    if (r->result.error.n)
        case_put_value(w, "error", r->result.error);
}
