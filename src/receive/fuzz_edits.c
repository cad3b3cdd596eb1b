/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_edits.c
 * Any octets as HELO, MAIL FROM and a message, a line each: what is put into the header is a field that mail can carry,
 * what is taken out is there and is taken from the last to the first, and of what is left nothing is ours; what the
 * client is told fits SMTP.
 */
#include "base/fuzz_must.h"
#include "receive/verdict.h"

enum { MOST = 1 << 15 };

static assay_engine *engine;
static assay_policy *policy;

/** Who we are, once. */
static void set_up(void)
{
    static const char *const OPTIONS[][2] = {
        {"authserv_id", "mx.example.net"},
        {"authserv_id.also", "old.example.net"},
        {"received_spf", "yes"},
        {"dmarc.reject", "reject"},
        {"message.no_from", "reject"},
        {"message.no_colon", "tag"},
        {"reply.text", "{reason} {author} {domain} {ip} {cause}"},
        {"reply.url", "https://help.example/?d={domain}&r={reason}"},
    };

    if (engine)
        return;
    must(assay_engine_new(0, &engine) == ASSAY_DONE && assay_policy_new(&policy) == ASSAY_DONE);
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        must(assay_policy_set(policy, OPTIONS[i][0], OPTIONS[i][1], NULL) == ASSAY_DONE);
    assay_policy_seal(policy);
}

/** Every domain says reject; all else does not exist. */
static assay_status answer(void *arg, assay_eval *eval, const struct assay_question *q, size_t n)
{
    static const assay_span RECORD = {"\x12v=DMARC1; p=reject", 19};

    (void)arg;
    for (size_t i = 0; i < n; i++) {
        bool dmarc = q[i].rrtype == ASSAY_RR_TXT && span_starts(q[i].name, SPAN("_dmarc."));
        const struct assay_answer a = {.size = sizeof a,
                                       .how = dmarc ? ASSAY_OK : ASSAY_NXDOMAIN,
                                       .secure = ASSAY_INSECURE,
                                       .data = &RECORD,
                                       .n = dmarc};
        assay_fact *fact;

        must(assay_fact_new(q[i].kind, q[i].rrtype, &a, &fact) == ASSAY_DONE);
        (void)assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
    }
    return ASSAY_DONE;
}

/** Judge. */
static assay_eval *judge(assay_span helo, assay_span mail_from, assay_span message)
{
    const struct assay_envelope e = {.size = sizeof e,
                                     .now = 1795435200,
                                     .ip = SPAN("192.0.2.66"),
                                     .helo = helo,
                                     .mail_from = mail_from,
                                     .hostname = SPAN("host.example.net")};
    assay_eval *eval;

    must(assay_receive_new(engine, policy, &e, &eval) == ASSAY_DONE);
    must(assay_run(eval, message, answer, NULL) == ASSAY_DONE);
    return eval;
}

/** A value is folded as it has to be (RFC 5322 2.2.3), and of printable ASCII where we alone write it. */
static void check_value(const struct assay_edit *e)
{
    bool results = span_is(e->name, "Authentication-Results");
    assay_span rest = e->value, line;

    for (bool first = true; span_cut(&rest, '\n', &line); first = false) {
        must(first || (line.n > 1 && ascii_wsp(line.p[0])));
        must(!rest.p || (line.n && line.p[line.n - 1] == '\r'));
        line.n -= rest.p != NULL;
        must(line.n <= 998 && span_find(line, '\r') == line.n);
        for (size_t i = 0; i < line.n; i++)
            must(results || line.p[i] == '\t' || (line.p[i] >= ' ' && line.p[i] <= '~'));
    }
}

/** Removals come first, from the last to the first, each of a field that is there. */
static void check_edits(const struct receive *r, const struct assay_verdict *v)
{
    const struct header *h = &r->in.message.header;
    bool inserts = false;

    for (size_t i = 0; i < v->nedits; i++) {
        const struct assay_edit *e = &v->edits[i];

        inserts |= !e->remove;
        if (!e->remove) {
            check_value(e);
            continue;
        }
        must(!inserts && e->index >= 1 && e->index <= header_count(h, e->name));
        for (size_t k = 0; k < i; k++)
            must(!span_ieq(v->edits[k].name, e->name) || v->edits[k].index > e->index);
    }
}

/** The field at `i` is taken out. */
static bool is_removed(const struct header *h, size_t i, const struct assay_verdict *v)
{
    unsigned nth = 0;

    for (size_t k = 0; k <= i; k++)
        nth += field_is(h, k, field_name(h, i));
    for (size_t k = 0; k < v->nedits; k++)
        if (v->edits[k].remove && v->edits[k].index == nth && field_is(h, i, v->edits[k].name))
            return true;
    return false;
}

/** What is left of the header holds nothing that would be taken out. */
static void check_rest(assay_eval *eval, assay_span helo, assay_span mail_from)
{
    const struct header *h = &receive_of(eval)->in.message.header;
    const struct assay_verdict *v = assay_result(eval);
    struct buf text = buf_new(2 * MOST);
    assay_eval *again;

    for (size_t i = 0; i < h->n; i++)
        if (!is_removed(h, i, v))
            buf_put(&text, field_raw(h, i));
    buf_puts(&text, "\r\n");
    again = judge(helo, mail_from, buf_span(&text));
    v = assay_result(again);
    for (size_t i = 0; i < v->nedits; i++)
        must(!v->edits[i].remove);
    assay_eval_free(again);
    buf_done(&text);
}

/** Lines of a reply fit SMTP. */
static void check_reply(const struct assay_verdict *v)
{
    assay_span rest = v->text, line;
    size_t lines = 0;

    must((v->code != 0) == (v->what == ASSAY_REJECT || v->what == ASSAY_DEFER));
    while (v->code && span_cut(&rest, '\n', &line)) {
        must(span_printable(line) && 4 + v->enhanced.n + 1 + line.n + 2 <= LIMIT_REPLY_LINE);
        lines++;
    }
    must(lines <= LIMIT_REPLY_LINES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span rest = {(const char *)data, n}, helo, mail_from;
    assay_eval *eval;

    if (n > MOST || n == 0 || !span_cut(&rest, '\n', &helo) || !span_cut(&rest, '\n', &mail_from))
        return 0;
    set_up();
    eval = judge(helo, mail_from, rest.p ? rest : SPAN_EMPTY);
    check_edits(receive_of(eval), assay_result(eval));
    check_reply(assay_result(eval));
    if (!receive_of(eval)->in.message.faults)
        check_rest(eval, helo, mail_from);
    assay_eval_free(eval);
    return 0;
}
