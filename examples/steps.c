/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Step by step, as a mail filter sees a message: envelope, header fields one by one, body in
 * chunks, end; and questions answered whenever their answers come, here from a table.
 *
 * Built with: cc steps.c $(pkg-config --cflags --libs libassay)
 */
#include <assay/assay.h>

#include <stdio.h>
#include <string.h>

/** The octets of a text. */
static assay_span span(const char *text)
{
    return (assay_span){text, strlen(text)};
}

/* ---- a world of three records ---- */

/** TXT records; a filter would ask a resolver here. */
static const struct {
    const char *name, *text;
} RECORDS[] = {
    {"example.com", "v=spf1 ip4:192.0.2.0/24 -all"},
    {"_dmarc.example.com", "v=DMARC1; p=reject"},
};

/** The answer to a question as a fact; a filter would keep facts in its cache. */
static assay_fact *look_up(const struct assay_question *q)
{
    struct assay_answer answer = {.size = sizeof answer,
                                  .how = ASSAY_NXDOMAIN,
                                  .secure = ASSAY_UNKNOWN};
    assay_span rdata;
    char octets[256];
    assay_fact *fact = NULL;

    for (size_t i = 0; q->rrtype == ASSAY_RR_TXT && i < sizeof RECORDS / sizeof *RECORDS; i++) {
        size_t n = strlen(RECORDS[i].text);

        if (q->name.n != strlen(RECORDS[i].name) ||
            memcmp(q->name.p, RECORDS[i].name, q->name.n) != 0)
            continue;
        octets[0] = (char)n; /* TXT data are strings with their length in front */
        memcpy(octets + 1, RECORDS[i].text, n);
        rdata = (assay_span){octets, n + 1};
        answer.how = ASSAY_OK;
        answer.data = &rdata;
        answer.n = 1;
    }
    return assay_fact_new(q->kind, q->rrtype, &answer, &fact) == ASSAY_DONE ? fact : NULL;
}

/**
 * Hand out what is asked now, and answer it. A filter would send queries, and answer when replies
 * come.
 */
static void answer_questions(assay_eval *eval)
{
    struct assay_question q;

    while (assay_next_question(eval, &q)) {
        assay_fact *fact = look_up(&q);

        printf("%s type %u %.*s\n", q.hint ? "may want" : "asks", q.rrtype, (int)q.name.n,
               q.name.p);
        if (fact)
            assay_answer_question(eval, q.id, fact);
        assay_fact_free(fact);
    }
}

/** Step, and answer, until nothing is asked any more. */
static assay_status advance(assay_eval *eval)
{
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED)
        answer_questions(eval);
    return s;
}

/* ---- a message as a milter brings it ---- */

static assay_status bring_message(assay_eval *eval)
{
    assay_status s = assay_rcpt(eval, span("bob@example.net"));

    if (s == ASSAY_DONE)
        s = advance(eval); /* at MAIL FROM: SPF asks while the message is still on its way */
    if (s == ASSAY_MORE)
        s = assay_header(eval, span("From"), span(" Alice <alice@example.com>"));
    if (s == ASSAY_DONE)
        s = assay_header(eval, span("Subject"), span(" hello"));
    if (s == ASSAY_DONE)
        s = assay_eoh(eval);
    if (s == ASSAY_DONE)
        s = advance(eval); /* at the end of the header: keys and policies are asked for */
    if (s == ASSAY_MORE)
        s = assay_body(eval, span("body, in chu"));
    if (s == ASSAY_DONE)
        s = assay_body(eval, span("nks of any size\r\n"));
    if (s == ASSAY_DONE)
        s = assay_eom(eval);
    return s == ASSAY_DONE ? advance(eval) : s;
}

/** Print the verdict: what to do, and the header to add. */
static void print_verdict(const struct assay_verdict *v)
{
    static const char *const WORDS[] = {"accept", "quarantine", "reject",
                                        "defer",  "tag",        "discard"};

    printf("%s: %.*s\n", WORDS[v->what], (int)v->reason.n, v->reason.p);
    for (size_t i = 0; i < v->nedits; i++)
        if (!v->edits[i].remove)
            printf("%.*s: %.*s\n", (int)v->edits[i].name.n, v->edits[i].name.p,
                   (int)v->edits[i].value.n, v->edits[i].value.p);
}

int main(void)
{
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = 1764000000,
                                      .ip = span("192.0.2.7"),
                                      .helo = span("mail.example.com"),
                                      .mail_from = span("alice@example.com"),
                                      .hostname = span("mx.example.net")};
    assay_engine *engine = NULL;
    assay_policy *policy = NULL;
    assay_eval *eval = NULL;
    const char *why = "";
    assay_status s = assay_engine_new(64, &engine);

    if (s == ASSAY_DONE)
        s = assay_policy_new(&policy);
    if (s == ASSAY_DONE)
        s = assay_policy_set(policy, "dmarc.reject", "quarantine", &why);
    if (s == ASSAY_DONE) {
        assay_policy_seal(policy);
        s = assay_receive_new(engine, policy, &envelope, &eval);
    }
    if (s == ASSAY_DONE)
        s = bring_message(eval);
    if (s == ASSAY_DONE)
        print_verdict(assay_result(eval));
    else
        fprintf(stderr, "%s %s\n", assay_strstatus(s), why);

    assay_eval_free(eval);
    assay_policy_free(policy);
    assay_engine_free(engine);
    return s == ASSAY_DONE ? 0 : 1;
}
