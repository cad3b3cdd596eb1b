/* SPDX-License-Identifier: BSD-2-Clause */
/** \file servers.c Each authoritative server asked by its address: do they answer, and the same? */
#include "posture/emit.h"

/* ---- gathering ---- */

/** What servers are asked: label in front of the domain, and type. */
static const struct {
    const char *label;
    uint16_t rrtype;
} SERVER_TABLE[SERVER_QUESTIONS] = {
    [SERVER_SOA] = {NULL, ASSAY_RR_SOA},
    [SERVER_TXT] = {NULL, ASSAY_RR_TXT},
    [SERVER_MX] = {NULL, ASSAY_RR_MX},
    [SERVER_DMARC] = {"_dmarc", ASSAY_RR_TXT},
};

/** Ask for the addresses of all names of servers. */
static assay_status ask_names(struct posture *p)
{
    struct topic_apex *t = &p->apex;
    assay_status s = ASSAY_DONE;

    if (asked_data(&t->ns) != YES)
        return ASSAY_DONE;
    if (!t->server_names) {
        t->nserver_names = 2 * (t->ns.fact->n < LIMIT_SERVERS ? t->ns.fact->n : LIMIT_SERVERS);
        t->server_names = arena_zero(&p->ev.keep, t->nserver_names * sizeof *t->server_names);
        if (!t->server_names)
            return ASSAY_ENOMEM;
    }
    for (size_t i = 0; i < t->nserver_names; i++)
        s = join(s, posture_ask_dns(p, i % 2 ? ASSAY_RR_AAAA : ASSAY_RR_A,
                                    t->ns.fact->records[i / 2].text, &t->server_names[i]));
    return s;
}

/** Add the addresses of one answer. */
static assay_status add_addresses(struct posture *p, const struct asked *q)
{
    struct topic_apex *t = &p->apex;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n && t->nservers < LIMIT_SERVERS; i++) {
        struct ip ip = ip_of(q->fact->data[i].p, q->fact->data[i].n);
        struct posture_server *server = &t->servers[t->nservers];
        char text[IP_TEXT];

        server->name = q->name;
        if (!arena_copy(&p->ev.keep, ip_text(&ip, text), &server->address))
            return ASSAY_ENOMEM;
        t->nservers++;
    }
    return ASSAY_DONE;
}

/** The servers, once. */
static assay_status list_servers(struct posture *p)
{
    struct topic_apex *t = &p->apex;
    assay_status s = ASSAY_DONE;

    if (t->servers)
        return ASSAY_DONE;
    t->nservers = 0;
    if (!(t->servers = arena_zero(&p->ev.keep, LIMIT_SERVERS * sizeof *t->servers)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < t->nserver_names && s == ASSAY_DONE; i++)
        s = add_addresses(p, &t->server_names[i]);
    if (s != ASSAY_DONE)
        t->servers = NULL;
    return s;
}

/** What was seen there before: `TYPE NAME@ADDRESS`. */
static assay_status ask_recalled(struct posture *p, const struct posture_server *server,
                                 const struct asked *now, struct asked *ret)
{
    return posture_ask(p, ASSAY_RECALL, 0,
                       pass_printf(&p->ev, "%s %.*s@%.*s",
                                   now->rrtype == ASSAY_RR_SOA  ? "SOA"
                                   : now->rrtype == ASSAY_RR_MX ? "MX"
                                                                : "TXT",
                                   SPAN_ARG(now->name), SPAN_ARG(server->address)),
                       ret);
}

/** Ask one server one thing. */
static assay_status ask_server(struct posture *p, struct posture_server *server, size_t question)
{
    struct asked *ret = &server->answers[question];
    const struct assay_fact *fact;
    struct dns_name below;
    assay_span name = p->domain;
    assay_status s;

    if (SERVER_TABLE[question].label) {
        if (!dns_prepend(SERVER_TABLE[question].label, p->domain, &below))
            return ASSAY_DONE;
        name = dns_name_span(&below);
    }
    s = ask_about(&p->ev, ASSAY_DNS, SERVER_TABLE[question].rrtype, name, server->address, &fact);
    if (s != ASSAY_DONE)
        return s;
    if (!ret->fact && !arena_copy(&p->ev.keep, name, &ret->name))
        return ASSAY_ENOMEM;
    ret->kind = ASSAY_DNS;
    ret->rrtype = SERVER_TABLE[question].rrtype;
    ret->fact = fact;
    return ask_recalled(p, server, ret, &server->recalled[question]);
}

assay_status gather_servers(struct posture *p)
{
    struct topic_apex *t = &p->apex;
    assay_status s = posture_ask_dns(p, ASSAY_RR_NS, p->domain, &t->ns);

    if (s != ASSAY_DONE || (s = ask_names(p)) != ASSAY_DONE || (s = list_servers(p)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; i < t->nservers; i++)
        for (size_t k = 0; k < SERVER_QUESTIONS; k++)
            s = join(s, ask_server(p, &t->servers[i], k));
    return s;
}

/* ---- judging ---- */

/** A server answers a question, with authority. */
static bool answers(const struct asked *q)
{
    return q->fact && fact_state(q->fact) != FACT_UNKNOWN && span_is(q->fact->reason, "aa");
}

/** ... some question. */
static bool answers_any(const struct posture_server *server)
{
    for (size_t k = 0; k < SERVER_QUESTIONS; k++)
        if (answers(&server->answers[k]))
            return true;
    return false;
}

/** "ns1.example.net (192.0.2.53)". */
static assay_span server_text(struct posture *p, const struct posture_server *server)
{
    return posture_printf(p, "%.*s (%.*s)", SPAN_ARG(server->name), SPAN_ARG(server->address));
}

/** DNS-NS-FAILING of one server. */
static void judge_failing(struct posture *p, const struct posture_server *server, bool others)
{
    assay_span who = server_text(p, server);
    struct finding *f;

    if (answers_any(server)) {
        pass(p, F_DNS_NS_FAILING, who);
        return;
    }
    if (!others) {
        unknown(p, F_DNS_NS_FAILING, who, &server->answers[SERVER_SOA], NULL);
        return;
    }
    f = hit(p, F_DNS_NS_FAILING, ASSAY_WARNING, who, NULL);
    say(p, f, "the name server %.*s %s, while others do", SPAN_ARG(who),
        fact_state(server->answers[SERVER_SOA].fact) == FACT_UNKNOWN
            ? "does not answer"
            : "does not answer for this zone with authority");
    show(p, f, &server->answers[SERVER_SOA], SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "asked at %.*s", SPAN_ARG(server->address));
    advise(p, f, "Repair that server, or take it out of the NS records here and at the registry.");
}

/** DNS-NS-FAILING. */
static void judge_all_failing(struct posture *p)
{
    const struct topic_apex *t = &p->apex;
    bool any = false;

    for (size_t i = 0; i < t->nservers; i++)
        any |= answers_any(&t->servers[i]);
    for (size_t i = 0; i < t->nservers; i++)
        judge_failing(p, &t->servers[i], any);
}

/** Two facts hold the same data. */
static bool same_data(const struct assay_fact *a, const struct assay_fact *b)
{
    if (fact_state(a) != fact_state(b) || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!span_eq(a->data[i], b->data[i]))
            return false;
    return true;
}

/** A remembered answer holds the same data as another one; what is remembered are texts, in order. */
static bool same_recalled(const struct asked *a, const struct asked *b)
{
    return same_data(a->fact, b->fact);
}

/** Whether two servers that answer differ on a question, now and before. */
static enum truth differ(const struct posture *p, const struct posture_server *a,
                         const struct posture_server *b, size_t question)
{
    const int64_t apart = 5 * 60;
    const struct asked *was_a = &a->recalled[question], *was_b = &b->recalled[question];

    if (same_data(a->answers[question].fact, b->answers[question].fact))
        return NO;
    if (asked_data(was_a) != YES || asked_data(was_b) != YES ||
        p->ev.now - was_a->fact->until < apart || p->ev.now - was_b->fact->until < apart)
        return UNKNOWN; /* a transfer may be on its way */
    return truth_of(!same_recalled(was_a, was_b));
}

/** DNS-NS-DISAGREE hits: these two. */
static void hit_disagree(struct posture *p, const struct posture_server *a,
                         const struct posture_server *b, size_t question)
{
    struct finding *f = hit(p, F_DNS_NS_DISAGREE, ASSAY_WARNING, p->domain, NULL);

    say(p, f,
        "%.*s and %.*s give different answers about %.*s, now and when they were asked before",
        SPAN_ARG(server_text(p, a)), SPAN_ARG(server_text(p, b)),
        SPAN_ARG(a->answers[question].name));
    show(p, f, &a->answers[question], SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "asked at %.*s", SPAN_ARG(a->address));
    show(p, f, &b->answers[question], SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "asked at %.*s", SPAN_ARG(b->address));
    advise(p, f, "See why the zone is not transferred to all servers.");
}

/** What the comparison of all servers came to so far. */
struct comparison {
    enum truth differ; /* some two */
    const struct asked
        *missing; /* an answer that one of them owes, though it gives others; or none gives any */
    size_t answering; /* servers */
};

/** Compare all on one question: with the first that answers it. Told when two differ. */
static void compare(struct posture *p, size_t question, struct comparison *c)
{
    const struct topic_apex *t = &p->apex;
    const struct posture_server *first = NULL;

    for (size_t i = 0; i < t->nservers && c->differ != YES; i++) {
        const struct posture_server *server = &t->servers[i];

        if (!answers(&server->answers[question])) {
            if (answers_any(server))
                c->missing = &server->answers[question];
        } else if (!first)
            first = server;
        else {
            enum truth now = differ(p, first, server, question);

            c->differ = truth_or(c->differ, now);
            if (now == YES)
                hit_disagree(p, first, server, question);
        }
    }
}

/** DNS-NS-DISAGREE. Of servers that answer nothing, where another does, DNS-NS-FAILING tells. */
static void judge_disagree(struct posture *p)
{
    const struct topic_apex *t = &p->apex;
    struct comparison c = {NO, NULL, 0};

    for (size_t i = 0; i < t->nservers; i++)
        c.answering += answers_any(&t->servers[i]);
    if (!c.answering)
        c.missing = &t->servers[0].answers[SERVER_SOA];
    for (size_t k = 0; k < SERVER_QUESTIONS && c.differ != YES; k++)
        compare(p, k, &c);
    if (c.differ == YES)
        return;
    if (c.differ == UNKNOWN)
        unknown(p, F_DNS_NS_DISAGREE, p->domain, &t->servers[0].answers[SERVER_SOA],
                "servers differ now; whether they did before is not known");
    else if (c.missing)
        unknown(p, F_DNS_NS_DISAGREE, p->domain, c.missing, NULL);
    else if (c.answering > 1 || t->nservers == 1)
        pass(p, F_DNS_NS_DISAGREE, p->domain);
}

/** The world came to TCP with a question, and the server took no connection. */
static bool refuses_tcp(const struct asked *q)
{
    return q->fact && fact_state(q->fact) == FACT_UNKNOWN &&
           (span_contains(q->fact->reason, SPAN("no connection over TCP")) ||
            (q->fact->how == ASSAY_REFUSED && span_contains(q->fact->reason, SPAN("TCP"))));
}

/** DNS-TCP of one server: an answer was cut short over UDP, and TCP is refused. */
static void judge_tcp(struct posture *p, const struct posture_server *server)
{
    assay_span who = server_text(p, server);
    struct finding *f;

    for (size_t k = 0; k < SERVER_QUESTIONS; k++) {
        const struct asked *q = &server->answers[k];

        if (!refuses_tcp(q))
            continue;
        f = hit(p, F_DNS_TCP, ASSAY_ERROR, who, NULL);
        say(p, f, "the answer about %.*s is too long for UDP, and %.*s refuses TCP",
            SPAN_ARG(q->name), SPAN_ARG(who));
        show(p, f, q, SPAN_EMPTY, SPAN_EMPTY);
        advise(p, f, "Let TCP port 53 through to that server; shorten the record.");
        return;
    }
    judged(p, F_DNS_TCP, answers_any(server) ? NO : UNKNOWN, who, &server->answers[SERVER_SOA]);
}

void judge_servers(struct posture *p)
{
    const struct topic_apex *t = &p->apex;

    if (!p->each_server || !t->nservers)
        return;
    judge_all_failing(p);
    judge_disagree(p);
    for (size_t i = 0; i < t->nservers; i++)
        judge_tcp(p, &t->servers[i]);
}
