/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "base/ip.h"
#include "dns/alabel.h"
#include "fact/eval.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/shared.h"
#include "world/suffix.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TURN_MS = 50,         /* an idle turn */
    CHECKPOINT_MS = 1000, /* between resume points */
    PROGRESS_MS = 500,    /* between lines of progress */
    EVALS = 500,          /* evaluations alive at a time: each takes some forty KiB */
    READY_BATCH = 256,    /* evaluations between two turns of the client */
    FIRSTS = 6            /* questions before the evaluation */
};

/** What every domain is asked for; what stands before its name. */
static const struct {
    uint16_t rrtype;
    const char *below;
} FIRST[FIRSTS] = {{ASSAY_RR_TXT, ""},
                   {ASSAY_RR_MX, ""},
                   {ASSAY_RR_TXT, "_dmarc."},
                   {ASSAY_RR_TXT, "_mta-sts."},
                   {ASSAY_RR_TXT, "_smtp._tls."},
                   {ASSAY_RR_TXT, "default._bimi."}};

enum { FIRST_OCTETS = 64 /* of all of `below` */ };

struct job;

/** One question of a domain on its way. */
struct ask {
    struct udp_query query;      /* first: a query is one of these */
    struct shared_waiter waiter; /* in its place, when the question is not the domain's alone */
    struct job *job;
    struct ask *next; /* of those behind the first */
    assay_fact *fact;
    uint32_t id; /* of the evaluation's question; 0: a first one */
    bool waits, is_shared;
};

/** One domain. */
struct job {
    TAILQ_ENTRY(job) ready, all;
    struct scan *scan;
    uint64_t line, turn; /* of the input; its place in the order of output */
    uint32_t began;      /* milliseconds since the scan began */
    unsigned open;       /* questions that it waits for */
    unsigned questions;
    bool trouble, no_memory;
    assay_eval *eval;
    struct ask first[FIRSTS];
    struct ask *more;
    assay_span name;
    char names[];
};

/** A line that waits for its turn. */
struct held {
    char *text;
    size_t n;
    uint64_t line;
    bool there;
};

/** A scan. */
struct scan {
    const struct scan_options *o;
    struct scan_result *result;
    struct udp *udp;
    struct shared *shared;
    struct suffixes *suffixes;
    assay_engine *engine;
    struct scan_input in;
    struct scan_out out;
    TAILQ_HEAD(jobs, job) fresh, ready, all; /* fresh: may be judged now; ready: may go on */
    size_t open, evals;                      /* domains; those of them that are being judged */
    uint64_t turn, due; /* the next turn to be given; the next line that is put, if ordered */
    struct held *held;  /* a ring of `window` */
    struct buf line;
    struct ask *spare;
    int64_t begin;
    uint32_t now, checkpoint_at, progress_at;
    bool input_ended, watching, same;
    int status; /* 0: it goes on */
};

/* ---- signals ---- */

static volatile sig_atomic_t interrupts;

void scan_interrupt(void)
{
    interrupts++;
}

/** It cannot go on. */
static void fail(struct scan *s, int status, const char *why)
{
    if (s->status)
        return;
    s->status = status;
    snprintf(s->result->why, sizeof s->result->why, "%s", why);
}

/* ---- output ---- */

/** A line is complete: it goes out, or waits until those before it have. */
static void put_line(struct scan *s, uint64_t turn, uint64_t line)
{
    struct held *h;

    if (!s->o->ordered) {
        scan_out_put(&s->out, buf_span(&s->line));
        scan_out_done(&s->out, line - 1);
        return;
    }
    h = &s->held[turn % s->o->window];
    h->there = true;
    h->line = line;
    h->n = s->line.n;
    if ((h->text = malloc(h->n ? h->n : 1)))
        memcpy(h->text, s->line.p, h->n);
    else
        fail(s, EXIT_SOFTWARE, "out of memory");
    while ((h = &s->held[s->due % s->o->window])->there && h->text) {
        scan_out_put(&s->out, (assay_span){h->text, h->n});
        scan_out_done(&s->out, h->line - 1);
        free(h->text);
        *h = (struct held){0};
        s->due++;
    }
}

/** What was no domain name. */
static void put_bad(struct scan *s, uint64_t turn, assay_span text, const char *why)
{
    s->result->bad++;
    buf_clear(&s->line);
    scan_line_bad(&s->line, s->in.line, text, why);
    if (s->o->summary)
        scan_summary_line(s->o->summary, buf_span(&s->line));
    put_line(s, turn, s->in.line);
}

/* ---- the end of a domain ---- */

static void free_ask(struct scan *s, struct ask *a)
{
    if (a->waits && a->is_shared)
        shared_cancel(&a->waiter);
    else if (a->waits)
        udp_cancel(s->udp, &a->query);
    assay_fact_free(a->fact);
    a->fact = NULL;
    a->waits = false;
}

static void free_job(struct job *j)
{
    struct scan *s = j->scan;

    for (size_t i = 0; i < FIRSTS; i++)
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
    if (s->line.status != ASSAY_DONE)
        fail(s, EXIT_SOFTWARE, "out of memory, or a line over 4 MiB");
    put_line(s, j->turn, j->line);
    free_job(j);
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

/** One of the first questions, or NULL. */
static assay_fact *find_first(const struct job *j, const struct assay_question *q)
{
    for (size_t i = 0; i < FIRSTS; i++)
        if (FIRST[i].rrtype == q->rrtype && j->first[i].fact &&
            span_eq(j->first[i].query.name, q->name))
            return j->first[i].fact;
    return NULL;
}

/** An answer that needs nobody. \return NULL: the DNS is to be asked */
static assay_fact *at_hand(void *job, const struct assay_question *q)
{
    struct job *j = job;
    assay_fact *fact;

    if (q->kind == ASSAY_SUFFIX)
        return suffixes_fact(j->scan->suffixes, q);
    if (q->kind != ASSAY_DNS)
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "a scan does not ask for it");
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
                             .no_probe = true,
                             .no_web = true,
                             .brief = !SCAN_WANTS(j->scan->o->fields, TEXT)};
    assay_status status = assay_domain_new(j->scan->engine, &d, &j->eval);

    if (status != ASSAY_DONE)
        return status;
    j->scan->evals++;
    eval_at_hand(j->eval, at_hand, j);
    return ASSAY_DONE;
}

/** Judge as far as the answers reach. */
static void go_on(struct job *j)
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
        fail(j->scan, EXIT_SOFTWARE, "out of memory");
}

/* ---- the beginning of a domain ---- */

/** Put the first questions in line. */
static void ask_first(struct job *j)
{
    char *to = j->names;

    for (size_t i = 0; i < FIRSTS; i++) {
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

/** Begin with a domain. */
static bool begin_job(struct scan *s, assay_span name)
{
    struct job *j = calloc(1, sizeof *j + name.n * FIRSTS + FIRST_OCTETS);

    if (!j)
        return false;
    j->scan = s;
    j->line = s->in.line;
    j->turn = s->turn++;
    j->began = s->now;
    memcpy(j->names + name.n * (FIRSTS - 1) + FIRST_OCTETS, name.p, name.n);
    j->name = (assay_span){j->names + name.n * (FIRSTS - 1) + FIRST_OCTETS, name.n};
    TAILQ_INSERT_TAIL(&s->all, j, all);
    s->open++;
    ask_first(j);
    return true;
}

bool scan_is_ours(const struct scan_options *o, assay_span name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    if (!o->nshards && !o->sample)
        return true;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 1099511628211u;
    h ^= h >> 33; /* the finish of MurmurHash3, so that every bit counts */
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    if (o->nshards && (h & 0xFFFFFFFF) % o->nshards != o->shard)
        return false;
    return !o->sample || (h >> 32) % SCAN_PER_MILLION < o->sample;
}

/** Why a name cannot be asked for, or NULL. */
static const char *what_is_wrong(assay_span text, enum scan_got got, struct dns_name *ret)
{
    struct ip ip;

    if (got == SCAN_LONG)
        return "the line is too long";
    if (!text.n)
        return "there is no name in this line";
    if (ip_read(text, &ip))
        return "an address, not a domain name";
    if (dns_to_alabels(text, ret) != ASSAY_DONE || !ret->n)
        return "not a domain name";
    for (size_t i = 0; i < ret->n; i++)
        if (!ascii_alnum(ret->p[i]) && ret->p[i] != '-' && ret->p[i] != '_' && ret->p[i] != '.')
            return "not a domain name";
    return NULL;
}

/** The records that an earlier run did are those that this input has. */
static bool is_same(struct scan *s)
{
    if (!s->same && s->in.line > s->out.from) {
        s->same = !s->out.from || s->in.mark_hash == s->out.from_hash;
        if (!s->same)
            fail(s, EXIT_USAGE, "the input is not the one that the resume point is of");
    }
    return s->in.line <= s->out.from || s->same;
}

/** Take one record of the input. */
static void take_record(struct scan *s, assay_span text, enum scan_got got)
{
    struct dns_name name;
    const char *why;

    if (!is_same(s) || !scan_out_begin(&s->out, s->in.line - 1, s->in.before, s->in.hash))
        return;
    s->result->records++;
    why = what_is_wrong(text, got, &name);
    if (!scan_is_ours(s->o, why ? text : dns_name_span(&name)))
        scan_out_done(&s->out, s->in.line - 1);
    else if (why)
        put_bad(s, s->turn++, text, why);
    else if (!begin_job(s, dns_name_span(&name)))
        fail(s, EXIT_SOFTWARE, "out of memory");
}

/** There may be one more domain on its way. */
static bool has_room(const struct scan *s)
{
    return s->open < s->o->window && (!s->o->ordered || s->turn - s->due < s->o->window) &&
           scan_out_room(&s->out, s->in.line);
}

/** Take names while there is room for them. */
static void take_input(struct scan *s)
{
    assay_span text;
    enum scan_got got = SCAN_RECORD;

    while (!s->input_ended && !interrupts && !s->status && has_room(s) &&
           udp_open(s->udp) < (size_t)s->o->window * FIRSTS) {
        got = scan_input_next(&s->in, &text);
        if (got == SCAN_WAIT)
            break;
        if (got == SCAN_END) {
            s->input_ended = true;
            break;
        }
        take_record(s, text, got);
    }
    if (got == SCAN_WAIT && !s->watching)
        s->watching = udp_watch(s->udp, s->in.fd);
    else if (got != SCAN_WAIT && s->watching) {
        udp_watch(s->udp, -1);
        s->watching = false;
    }
}

/* ---- the loop ---- */

/** Domains that take too long are judged by what is there. */
static void give_up_late(struct scan *s)
{
    struct job *j;

    while ((j = TAILQ_FIRST(&s->all)) && s->now - j->began > SCAN_PATIENCE && j->open && j->eval) {
        for (struct ask *a = j->more; a; a = a->next)
            free_ask(s, a);
        j->open = 0;
        j->trouble = true;
        assay_give_up(j->eval);
        go_on(j);
    }
}

/** Show how far it is. */
static void show_progress(struct scan *s, bool last)
{
    double seconds = (double)s->now / 1000;
    uint64_t done = s->result->domains + s->result->bad;
    char eta[64] = "";

    if (!s->o->progress || !s->o->progress->tty || (!last && s->now < s->progress_at))
        return;
    s->progress_at = s->now + PROGRESS_MS;
    if (s->in.size && s->in.octets && seconds > 1 && !last) {
        double left = seconds * (double)(s->in.size - s->in.octets) / (double)s->in.octets;

        snprintf(eta, sizeof eta, ", %u:%02u:%02u left", (unsigned)left / 3600,
                 (unsigned)left / 60 % 60, (unsigned)left % 60);
    }
    fprintf(stderr, "\r\033[K%" PRIu64 " domains, %.0f/s, %" PRIu64 " with an answer missing%s%s",
            done, seconds > 0 ? (double)done / seconds : 0, s->result->failures, eta,
            last ? "\n" : "");
    fflush(stderr);
}

/** Note what is done, now and then. \return false: the output cannot be written */
static bool tend_output(struct scan *s, bool idle)
{
    if (s->o->resume && s->now >= s->checkpoint_at) {
        s->checkpoint_at = s->now + CHECKPOINT_MS;
        return scan_out_checkpoint(&s->out);
    }
    return (!idle || scan_out_flush(&s->out)) && !s->out.error;
}

/** Judge those whose answers are there. */
static void run_ready(struct scan *s)
{
    struct job *j;

    for (int n = 0; n < READY_BATCH && (j = TAILQ_FIRST(&s->ready)); n++) {
        TAILQ_REMOVE(&s->ready, j, ready);
        go_on(j);
    }
    for (int n = 0; n < READY_BATCH && s->evals < EVALS && (j = TAILQ_FIRST(&s->fresh)); n++) {
        TAILQ_REMOVE(&s->fresh, j, ready);
        go_on(j);
    }
}

/** Something can be judged without waiting. */
static bool is_busy(const struct scan *s)
{
    return !TAILQ_EMPTY(&s->ready) || (!TAILQ_EMPTY(&s->fresh) && s->evals < EVALS);
}

/** All of it. \return 0 or a status */
static int loop(struct scan *s)
{
    while (!s->status && interrupts < 2 && (s->open || (!s->input_ended && !interrupts))) {
        s->now = (uint32_t)(world_now() - s->begin);
        take_input(s);
        udp_turn(s->udp, is_busy(s) ? 0 : TURN_MS);
        run_ready(s);
        give_up_late(s);
        if (!tend_output(s, s->watching))
            break;
        show_progress(s, false);
    }
    s->now = (uint32_t)(world_now() - s->begin);
    show_progress(s, true);
    if (s->in.error)
        fail(s, EXIT_UNREADABLE, "the input cannot be read");
    if (s->input_ended && s->in.line < s->out.from)
        fail(s, EXIT_USAGE, "the input ends before the resume point");
    if (!s->out.error && s->status != EXIT_USAGE)
        scan_out_checkpoint(&s->out);
    if (s->out.error)
        fail(s, EXIT_CANTWRITE, strerror(s->out.error));
    s->result->interrupted = interrupts > 0;
    return s->status ? s->status : s->result->interrupted ? EXIT_DEFER : 0;
}

/** Everything that a scan needs. \return 0 or a status */
static int set_up(struct scan *s)
{
    const struct scan_options *o = s->o;
    const char *why = "out of memory";
    int status;

    if ((status = scan_out_open(&s->out, o->output, o->resume, s->result->why)) != 0)
        return status;
    if (udp_new(&o->udp, &s->udp, &why) != ASSAY_DONE ||
        suffixes_new(NULL, &s->suffixes, &why) != ASSAY_DONE ||
        assay_engine_new(0, &s->engine) != ASSAY_DONE ||
        !(s->shared = shared_new(s->udp, SCAN_CACHE)) ||
        (o->ordered && !(s->held = calloc(o->window, sizeof *s->held)))) {
        snprintf(s->result->why, sizeof s->result->why, "%s", why);
        return EXIT_USAGE;
    }
    if (o->prove && !udp_prove(s->udp)) {
        snprintf(s->result->why, sizeof s->result->why,
                 "no resolver answers at %.100s; --resolver ADDR[@PORT] names another",
                 o->udp.resolvers ? o->udp.resolvers : "127.0.0.1");
        return EXIT_UNREADABLE;
    }
    scan_input_open(&s->in, o->input, o->column);
    s->in.mark = s->out.from;
    return 0;
}

/** Give everything back. */
static void clean_up(struct scan *s)
{
    struct job *j;

    while ((j = TAILQ_FIRST(&s->all)))
        free_job(j);
    for (struct ask *a = s->spare, *next; a; a = next) {
        next = a->next;
        free(a);
    }
    for (size_t i = 0; s->held && i < s->o->window; i++)
        free(s->held[i].text);
    free(s->held);
    scan_input_close(&s->in);
    scan_out_close(&s->out);
    shared_free(s->shared);
    if (s->udp)
        s->result->udp = *udp_counts(s->udp);
    udp_free(s->udp);
    suffixes_free(s->suffixes);
    assay_engine_free(s->engine);
    buf_done(&s->line);
}

int scan_run(const struct scan_options *options, struct scan_result *ret)
{
    struct scan s = {.o = options, .result = ret, .line = buf_new(SCAN_LINE_MOST)};
    int status;

    *ret = (struct scan_result){0};
    TAILQ_INIT(&s.fresh);
    TAILQ_INIT(&s.ready);
    TAILQ_INIT(&s.all);
    s.begin = world_now();
    status = set_up(&s);
    if (status == 0)
        status = loop(&s);
    clean_up(&s);
    return status;
}
