/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"
#include "case/write.h"
#include "crypto/private.h"
#include "fact/fact.h"
#include "receive/receive.h"
#include "send/send.h"
#include "srs/srs.h"

#include <stdio.h>

/** Write the name of a key; what would make another kind of line is escaped. */
static void put_name(struct case_writer *w, assay_span name)
{
    char escaped[8];

    if (name.n && (name.p[0] == '[' || name.p[0] == '|' || name.p[0] == ';')) {
        snprintf(escaped, sizeof escaped, "\\%03u", (unsigned)(unsigned char)name.p[0]);
        case_puts(w, escaped);
        name = span_from(name, 1);
    }
    case_put(w, name);
}

/** Write a signature, or why there is none. */
static void put_answer(struct case_writer *w, const struct assay_answer *a)
{
    char base64[(LIMIT_SIGNATURE + 2) / 3 * 4];

    if (a->how == ASSAY_OK && a->n == 1 && a->data[0].n > 0 && a->data[0].n <= LIMIT_SIGNATURE) {
        base64_encode((const uint8_t *)a->data[0].p, a->data[0].n, base64);
        case_put(w, (assay_span){base64, base64_encoded(a->data[0].n)});
        return;
    }
    /* what is no signature was taken for a refusal */
    case_puts(w, fact_how_text(a->how == ASSAY_OK ? ASSAY_REFUSED : a->how));
    if (a->reason.n && span_printable(a->reason)) {
        case_puts(w, " ");
        case_put(w, a->reason);
    }
}

/** Write a question with its answer. */
static void put_line(struct case_writer *w, const struct assay_question *q, const assay_fact *fact)
{
    uint8_t digest[SHA256_SIZE];
    struct assay_answer a;
    enum key_type type;

    if (!private_question(q->data, &type, digest))
        return;
    put_name(w, q->name);
    case_puts(w, type == KEY_RSA ? " rsa signature " : " ed25519 signature ");
    case_put(w, span_from(q->data, span_find(q->data, ' ') + 1));
    case_puts(w, " = ");
    assay_fact_read(fact, &a);
    put_answer(w, &a);
    case_puts(w, "\n");
}

void case_write_sign(struct case_writer *w, const assay_eval *eval)
{
    struct assay_question q;
    assay_fact *fact;
    bool begun = false;

    for (size_t cursor = 0; assay_evidence(eval, &cursor, &q, &fact);) {
        if (q.kind != ASSAY_SIGN || !fact)
            continue;
        if (!begun)
            case_puts(w, "\n; what the key holder answered; the keys are not kept\n[sign]\n");
        begun = true;
        put_line(w, &q, fact);
    }
}
