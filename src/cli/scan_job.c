/* SPDX-License-Identifier: BSD-2-Clause */
/** \file scan_job.c One domain of a scan: its questions, its evaluation, its line. */
#include "cli/scan_own.h"

#include "case/case.h"
#include "cli/answers.h"
#include "fact/eval.h"
#include "world/failure.h"

#include <stdlib.h>

/** What every domain is asked for; what stands before its name. */
static const struct {
    uint16_t rrtype;
    const char *below;
} FIRST[SCAN_FIRSTS] = {{ASSAY_RR_TXT, ""},
                        {ASSAY_RR_MX, ""},
                        {ASSAY_RR_TXT, "_dmarc."},
                        {ASSAY_RR_TXT, "_mta-sts."},
                        {ASSAY_RR_TXT, "_smtp._tls."},
                        {ASSAY_RR_TXT, "default._bimi."}};

enum { FIRST_OCTETS = 64 /* of all of `below` */ };

/* ---- the end of a domain ---- */

static void free_ask(struct scan *s, struct ask *a)
{
    if (a->waits && a->is_far)
        scan_far_cancel(&a->far);
    else if (a->waits && a->is_shared)
        shared_cancel(&a->waiter);
    else if (a->waits)
        udp_cancel(s->udp, &a->query);
    assay_fact_free(a->fact);
    a->fact = NULL;
    a->job->far -= a->waits && a->is_far;
    a->waits = false;
}

void scan_job_free(struct job *j)
{
    struct scan *s = j->scan;

    for (size_t i = 0; i < SCAN_FIRSTS; i++)
        free_ask(s, &j->first[i]);
    for (struct ask *a = j->more, *next; a; a = next) {
        next = a->next;
        free_ask(s, a);
        a->next = s->spare;
        s->spare = a;
    }
    s->evals -= j->eval != NULL;
    assay_eval_free(j->eval);
    TAILQ_REMOVE(&s->all, j, all);
    s->open--;
    free(j);
}

/** A piece of a case. */
static assay_status put_facts(void *facts, assay_span text)
{
    struct buf *to = facts;

    buf_put(to, text);
    return to->status;
}

/** All it rests on, as a case that `assay case` runs again. */
static void record_facts(struct job *j)
{
    struct scan *s = j->scan;

    buf_clear(&s->facts);
    if (s->o->facts < 0)
        return;
    if (case_write_one_of_many(j->eval, j->line, put_facts, &s->facts) != ASSAY_DONE ||
        put_facts(&s->facts, SPAN("\n")) != ASSAY_DONE)
        scan_fail(s, EXIT_SOFTWARE, "out of memory");
}

/** The evaluation is done: its line, and the job is gone. */
static void finish(struct job *j)
{
    struct scan *s = j->scan;
    struct scan_found found = {.line = j->line,
                               .posture = assay_domain_result(j->eval),
                               .eval = j->eval,
                               .questions = j->questions,
                               .ms = s->now - j->began};

    s->result->domains++;
    s->result->failures += j->trouble;
    s->result->questions += j->questions;
    buf_clear(&s->line);
    if (s->o->summary) {
        scan_line_put(&s->line, &found, scan_fields_default());
        scan_summary_line(s->o->summary, buf_span(&s->line));
        buf_clear(&s->line);
    }
    if (s->o->output >= 0)
        scan_line_put(&s->line, &found, s->o->fields);
    if (s->line.status == ASSAY_EINVAL) { /* one domain must not end the scan of all others */
        buf_clear(&s->line);
        scan_line_bad(&s->line, j->line, j->name, "more was found than fits into a line of 4 MiB");
    }
    if (s->line.status != ASSAY_DONE)
        scan_fail(s, EXIT_SOFTWARE, "out of memory");
    record_facts(j);
    scan_put_line(s, j->turn, j->line);
    scan_job_free(j);
}

/* ---- answers ---- */

/** An answer came, or it is known that none will. */
static void answered(struct ask *a, assay_fact *fact)
{
    struct job *j = a->job;

    a->waits = false;
    a->fact = fact;
    if (!fact)
        j->no_memory = true;
    else if (fact_state(fact) == FACT_UNKNOWN)
        j->trouble = true;
    if (fact && a->id) {
        assay_answer_question(j->eval, a->id, fact);
        assay_fact_free(fact);
        a->fact = NULL;
    }
    if (--j->open == 0 && j->eval)
        TAILQ_INSERT_TAIL(&j->scan->ready, j, ready);
    else if (j->open == 0)
        TAILQ_INSERT_TAIL(&j->scan->fresh, j, ready);
}

static void udp_answered(struct udp_query *query, assay_fact *fact)
{
    answered((struct ask *)query, fact);
}

static void shared_answered(struct shared_waiter *waiter, assay_fact *fact)
{
    answered((struct ask *)(void *)((char *)waiter - offsetof(struct ask, waiter)), fact);
}

static void far_answered(struct scan_far_ask *far, assay_fact *fact)
{
    struct ask *a = (struct ask *)(void *)((char *)far - offsetof(struct ask, far));

    a->job->far--;
    a->job->since = a->job->scan->now;
    answered(a, fact);
}

/** An ask of its own for one more question. */
static struct ask *new_ask(struct job *j, uint32_t id)
{
    struct ask *a = j->scan->spare;

    if (a)
        j->scan->spare = a->next;
    else if (!(a = malloc(sizeof *a)))
        return NULL;
    *a = (struct ask){.job = j, .id = id, .next = j->more};
    j->more = a;
    return a;
}

/** Ask the DNS. \param ret  counted; NULL: the answer will come */
static assay_status ask_dns_for(struct job *j, const struct assay_question *q, assay_fact **ret)
{
    struct scan *s = j->scan;
    struct ask *a = new_ask(j, q->id);
    assay_status status = ASSAY_NEED;

    if (!a)
        return ASSAY_ENOMEM;
    j->questions++;
    if (dns_is_under(q->name, j->name)) {
        a->query = (struct udp_query){.name = q->name, .rrtype = q->rrtype, .done = udp_answered};
        udp_ask(s->udp, &a->query);
    } else {
        a->is_shared = true;
        a->waiter.done = shared_answered;
        status = shared_ask(s->shared, q->rrtype, q->name, &a->waiter, ret);
    }
    a->waits = status == ASSAY_NEED;
    j->open += a->waits;
    return status;
}

/** Ask the web, or a mail server. */
static assay_status ask_far_for(struct job *j, const struct assay_question *q)
{
    struct ask *a = new_ask(j, q->id);

    if (!a)
        return ASSAY_ENOMEM;
    a->far = (struct scan_far_ask){.kind = q->kind, .name = q->name, .done = far_answered};
    a->is_far = a->waits = true;
    scan_far_ask(j->scan->far, &a->far);
    j->open++;
    j->far++;
    return ASSAY_NEED;
}

/** Others than the DNS are to be asked. */
static bool is_for_far(const struct job *j, const struct assay_question *q)
{
    return j->scan->far && (q->kind == ASSAY_GET || q->kind == ASSAY_PROBE);
}

/** One of the first questions, or NULL. */
static assay_fact *find_first(const struct job *j, const struct assay_question *q)
{
    for (size_t i = 0; i < SCAN_FIRSTS; i++)
        if (FIRST[i].rrtype == q->rrtype && j->first[i].fact &&
            span_eq(j->first[i].query.name, q->name))
            return j->first[i].fact;
    return NULL;
}

/** An answer that needs no DNS; NULL: memory is out. */
static assay_fact *answer_here(struct job *j, const struct assay_question *q)
{
    if (q->kind == ASSAY_SUFFIX)
        return suffixes_fact(j->scan->suffixes, q);
    if (q->kind == ASSAY_LIST)
        return lists_fact(j->scan->lists, q);
    if (q->kind == ASSAY_RECALL)
        return answers_nothing(q);
    return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "a scan does not ask for it");
}

/** An answer that needs nobody. \return NULL: somebody is to be asked */
static assay_fact *at_hand(void *job, const struct assay_question *q)
{
    struct job *j = job;
    assay_fact *fact;

    if (q->kind != ASSAY_DNS)
        return is_for_far(j, q) ? NULL : answer_here(j, q);
    if ((fact = find_first(j, q)))
        return assay_fact_ref(fact);
    if (dns_is_under(q->name, j->name) ||
        !(fact = shared_look(j->scan->shared, q->rrtype, q->name)))
        return NULL;
    j->questions++;
    j->trouble |= fact_state(fact) == FACT_UNKNOWN;
    return fact;
}

/** See to it that a question will be answered. \return ASSAY_DONE, ASSAY_NEED: it waits, ASSAY_ENOMEM */
static assay_status answer(struct job *j, const struct assay_question *q)
{
    assay_fact *fact = NULL;
    assay_status status = ASSAY_DONE;

    if (q->kind == ASSAY_DNS && !find_first(j, q))
        status = ask_dns_for(j, q, &fact);
    else if (is_for_far(j, q))
        status = ask_far_for(j, q);
    else
        fact = at_hand(j, q); /* memory was out when it was asked, or it is a hint */
    if (status != ASSAY_DONE || !fact)
        return status == ASSAY_DONE ? ASSAY_ENOMEM : status;
    assay_answer_question(j->eval, q->id, fact);
    assay_fact_free(fact);
    return ASSAY_DONE;
}

/** Begin to judge, now that what every domain is asked for is there. */
static assay_status begin_eval(struct job *j)
{
    struct assay_domain d = {.size = sizeof d,
                             .now = j->scan->o->now,
                             .domain = j->name,
                             .depth = j->scan->o->deep ? ASSAY_DEPTH_DEEP : ASSAY_DEPTH_SCAN,
                             .web = j->scan->far && j->scan->o->web,
                             .probe = j->scan->far && j->scan->o->probe,
                             .brief = !SCAN_WANTS(j->scan->o->fields, TEXT)};
    assay_status status = assay_domain_new(j->scan->engine, &d, &j->eval);

    if (status != ASSAY_DONE)
        return status;
    j->scan->evals++;
    eval_at_hand(j->eval, at_hand, j);
    return ASSAY_DONE;
}

void scan_job_go_on(struct job *j)
{
    struct assay_question q;
    assay_status status = ASSAY_DONE;

    if (!j->eval)
        status = begin_eval(j);
    while (status == ASSAY_DONE && j->open == 0) {
        if ((status = assay_step(j->eval)) == ASSAY_DONE) {
            finish(j);
            return;
        }
        if (status != ASSAY_NEED)
            break;
        while (status >= 0 && assay_next_question(j->eval, &q))
            status = answer(j, &q);
        status = status < 0 ? status : ASSAY_DONE;
    }
    if (status != ASSAY_DONE || j->no_memory)
        scan_fail(j->scan, EXIT_SOFTWARE, "out of memory");
}

/* ---- the beginning of a domain ---- */

/** Put the first questions in line. */
static void ask_first(struct job *j)
{
    char *to = j->names;

    for (size_t i = 0; i < SCAN_FIRSTS; i++) {
        struct ask *a = &j->first[i];
        size_t n = strlen(FIRST[i].below);
        uint8_t wire[DNS_NAME_WIRE];

        a->job = j;
        if (!n) {
            a->query.name = j->name;
        } else {
            memcpy(to, FIRST[i].below, n);
            memcpy(to + n, j->name.p, j->name.n);
            a->query.name = (assay_span){to, n + j->name.n};
            to += n + j->name.n;
        }
        a->query.rrtype = FIRST[i].rrtype;
        a->query.done = udp_answered;
        if (n && j->name.n + n + 2 > DNS_NAME_WIRE &&
            dns_name_wire(j->name, wire) + n > DNS_NAME_WIRE)
            continue; /* such a name cannot be: it is not asked by the evaluation either */
        udp_ask(j->scan->udp, &a->query);
        a->waits = true;
        j->open++;
        j->questions++;
    }
}

bool scan_job_begin(struct scan *s, assay_span name)
{
    struct job *j = calloc(1, sizeof *j + name.n * SCAN_FIRSTS + FIRST_OCTETS);

    if (!j)
        return false;
    j->scan = s;
    j->line = s->in.line;
    j->turn = s->turn++;
    j->began = j->since = s->now;
    memcpy(j->names + name.n * (SCAN_FIRSTS - 1) + FIRST_OCTETS, name.p, name.n);
    j->name = (assay_span){j->names + name.n * (SCAN_FIRSTS - 1) + FIRST_OCTETS, name.n};
    TAILQ_INSERT_TAIL(&s->all, j, all);
    s->open++;
    ask_first(j);
    return true;
}

/* ---- giving up ---- */

void scan_job_give_up(struct job *j)
{
    for (struct ask *a = j->more; a; a = a->next)
        free_ask(j->scan, a);
    j->open = 0;
    j->trouble = true;
    assay_give_up(j->eval);
    scan_job_go_on(j);
}
