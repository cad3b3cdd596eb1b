/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan_own.h"

#include "base/ip.h"
#include "dns/alabel.h"
#include "world/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TURN_MS = 50,         /* an idle turn */
    FAR_TURN_MS = 2,      /* the same while the web or a mail server is to answer */
    CHECKPOINT_MS = 1000, /* between resume points */
    PROGRESS_MS = 500,    /* between lines of progress */
    READY_BATCH = 256     /* evaluations between two turns of the client */
};

/* ---- signals ---- */

static volatile sig_atomic_t interrupts;

void scan_interrupt(void)
{
    interrupts++;
}

void scan_fail(struct scan *s, int status, const char *why)
{
    if (s->status)
        return;
    s->status = status;
    snprintf(s->result->why, sizeof s->result->why, "%s", why);
}

/* ---- output ---- */

/** A line with its facts waits for its turn. */
static void hold(struct scan *s, struct held *h, uint64_t line)
{
    *h = (struct held){.there = true, .line = line, .n = s->line.n, .facts = s->facts.n};
    if (!(h->text = malloc(h->n + h->facts + 1))) {
        scan_fail(s, EXIT_SOFTWARE, "out of memory");
        return;
    }
    if (h->n)
        memcpy(h->text, s->line.p, h->n);
    if (h->facts)
        memcpy(h->text + h->n, s->facts.p, h->facts);
    s->held_octets += h->n + h->facts;
}

void scan_put_line(struct scan *s, uint64_t turn, uint64_t line)
{
    struct held *h;

    if (!s->o->ordered) {
        scan_out_put(&s->out, buf_span(&s->line), buf_span(&s->facts));
        scan_out_done(&s->out, line - 1);
        return;
    }
    hold(s, &s->held[turn % s->o->window], line);
    while ((h = &s->held[s->due % s->o->window])->there && h->text) {
        scan_out_put(&s->out, (assay_span){h->text, h->n}, (assay_span){h->text + h->n, h->facts});
        scan_out_done(&s->out, h->line - 1);
        s->held_octets -= h->n + h->facts;
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
    buf_clear(&s->facts);
    scan_line_bad(&s->line, s->in.line, text, why);
    if (s->o->summary)
        scan_summary_line(s->o->summary, buf_span(&s->line));
    scan_put_line(s, turn, s->in.line);
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
            scan_fail(s, EXIT_USAGE, "the input is not the one that the resume point is of");
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
    if (got == SCAN_NOTHING) {
        scan_out_done(&s->out, s->in.line - 1);
        return;
    }
    s->result->records++;
    why = what_is_wrong(text, got, &name);
    if (!scan_is_ours(s->o, why ? text : dns_name_span(&name)))
        scan_out_done(&s->out, s->in.line - 1);
    else if (why)
        put_bad(s, s->turn++, text, why);
    else if (!scan_job_begin(s, dns_name_span(&name)))
        scan_fail(s, EXIT_SOFTWARE, "out of memory");
}

/** There may be one more domain on its way. */
static bool has_room(const struct scan *s)
{
    return s->open < s->o->window && (!s->o->ordered || s->turn - s->due < s->o->window) &&
           s->held_octets < SCAN_HELD_MOST && scan_out_room(&s->out, s->in.line);
}

/** Take names while there is room for them. */
static void take_input(struct scan *s)
{
    assay_span text;
    enum scan_got got = SCAN_RECORD;

    while (!s->input_ended && !interrupts && !s->status && has_room(s) &&
           udp_open(s->udp) < (size_t)s->o->window * SCAN_FIRSTS) {
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
    struct job *next;

    for (struct job *j = TAILQ_FIRST(&s->all); j && s->now - j->began > SCAN_PATIENCE; j = next) {
        next = TAILQ_NEXT(j, all);
        if (j->open && j->eval && !j->far && s->now - j->since > SCAN_PATIENCE)
            scan_job_give_up(j);
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
        scan_job_go_on(j);
    }
    for (int n = 0; n < READY_BATCH && s->evals < SCAN_EVALS && (j = TAILQ_FIRST(&s->fresh)); n++) {
        TAILQ_REMOVE(&s->fresh, j, ready);
        scan_job_go_on(j);
    }
}

/** Something can be judged without waiting. */
static bool is_busy(const struct scan *s)
{
    return !TAILQ_EMPTY(&s->ready) || (!TAILQ_EMPTY(&s->fresh) && s->evals < SCAN_EVALS);
}

/** The web or a mail server is to answer: their loop turns beside that of the client. */
static bool waits_for_far(const struct scan *s)
{
    return s->far && scan_far_open(s->far);
}

/** All of it. \return 0 or a status */
static int loop(struct scan *s)
{
    while (!s->status && interrupts < 2 && (s->open || (!s->input_ended && !interrupts))) {
        s->now = (uint32_t)(world_now() - s->begin);
        take_input(s);
        udp_turn(s->udp, is_busy(s) ? 0 : waits_for_far(s) ? FAR_TURN_MS : TURN_MS);
        if (s->far)
            scan_far_turn(s->far);
        run_ready(s);
        give_up_late(s);
        if (!tend_output(s, s->watching))
            break;
        show_progress(s, false);
    }
    s->now = (uint32_t)(world_now() - s->begin);
    show_progress(s, true);
    if (s->in.error)
        scan_fail(s, EXIT_UNREADABLE, "the input cannot be read");
    if (s->input_ended && s->in.line < s->out.from)
        scan_fail(s, EXIT_USAGE, "the input ends before the resume point");
    if (!s->out.error && s->status != EXIT_USAGE)
        scan_out_checkpoint(&s->out);
    if (s->out.error)
        scan_fail(s, EXIT_CANTWRITE, strerror(s->out.error));
    s->result->interrupted = interrupts > 0;
    return s->status ? s->status : s->result->interrupted ? EXIT_DEFER : 0;
}

/** Everything that a scan needs. \return 0 or a status */
static int set_up(struct scan *s)
{
    const struct scan_options *o = s->o;
    const char *why = "out of memory";
    int status;

    if ((status = scan_out_open(&s->out, o->output, o->facts, o->resume, s->result->why)) != 0)
        return status;
    if (udp_new(&o->udp, &s->udp, &why) != ASSAY_DONE ||
        suffixes_new(NULL, &s->suffixes, &why) != ASSAY_DONE ||
        assay_engine_new(0, &s->engine) != ASSAY_DONE || !(s->lists = lists_new(o->lists)) ||
        (o->world && !(s->far = scan_far_new(o->world, o->at_once))) ||
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
        scan_job_free(j);
    for (struct ask *a = s->spare, *next; a; a = next) {
        next = a->next;
        free(a);
    }
    for (size_t i = 0; s->held && i < s->o->window; i++)
        free(s->held[i].text);
    free(s->held);
    scan_input_close(&s->in);
    scan_out_close(&s->out);
    scan_far_free(s->far);
    lists_free(s->lists);
    shared_free(s->shared);
    if (s->udp)
        s->result->udp = *udp_counts(s->udp);
    udp_free(s->udp);
    suffixes_free(s->suffixes);
    assay_engine_free(s->engine);
    buf_done(&s->line);
    buf_done(&s->facts);
}

int scan_run(const struct scan_options *options, struct scan_result *ret)
{
    struct scan s = {.o = options,
                     .result = ret,
                     .line = buf_new(SCAN_LINE_MOST),
                     .facts = buf_new(SCAN_FACTS_MOST)};
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
