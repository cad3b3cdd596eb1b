/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/probe.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/number.h"
#include "dns/name.h"
#include "world/failure.h"
#include "world/host.h"
#include "world/sight.h"
#include "world/talk.h"

#include <stdlib.h>

enum { SMTP_PORT = 25, LEAST_CONNECT_MS = 2000 };

/** One server being probed. */
struct visit {
    TAILQ_ENTRY(visit) link; /* of one of the prober's lists */
    struct visits *list;
    struct prober *prober;
    struct flight *flight;
    struct dns_name name; /* ends in NUL */
    unsigned port;
    struct host host;
    struct host_addresses addresses;
    size_t at;         /* the address that is tried, or that answered */
    size_t refused;    /* addresses that refused */
    unsigned made;     /* connections */
    struct talk *talk; /* NULL: none now */
    enum sight_context step;
    int best;          /* the version agreed at first, as OpenSSL has it */
    const char *least; /* the lowest version that is accepted; NULL: not known */
    bool wondering;    /* `least` can still be found out */
    unsigned weak;
    struct buf certs; /* cert and trust lines of the first connection */
    char version[8];
};

TAILQ_HEAD(visits, visit);

struct prober {
    struct web *web;
    SSL_CTX *contexts[SIGHT_CONTEXTS];
    struct visits asking, ready, running; /* for addresses, in line, connected */
    size_t nrunning, n;
    bool serving;
};

/* ---- visits ---- */

/** Put a visit into another list. */
static void move(struct visit *v, struct visits *list)
{
    struct prober *p = v->prober;

    if (v->list)
        TAILQ_REMOVE(v->list, v, link);
    p->nrunning -= v->list == &p->running;
    p->nrunning += list == &p->running;
    v->list = list;
    TAILQ_INSERT_TAIL(list, v, link);
}

/** Free a visit, wherever it is. */
static void free_visit(struct visit *v)
{
    struct prober *p = v->prober;

    talk_free(v->talk);
    if (v->list) {
        p->nrunning -= v->list == &p->running;
        TAILQ_REMOVE(v->list, v, link);
        p->n--;
    }
    host_forget(&v->host);
    buf_done(&v->certs);
    free(v);
}

static void serve(struct prober *p);

/** The answer is there. \param fact  taken over; NULL: memory is out */
static void land(struct visit *v, assay_fact *fact)
{
    struct prober *p = v->prober;
    struct flight *flight = v->flight;

    free_visit(v);
    flight_land(flight, fact);
    serve(p);
}

/** Nothing was seen. */
#define FAIL(v, how, ...) land((v), failure_new(ASSAY_PROBE, 0, (how), __VA_ARGS__))

/** What was seen, as text. */
static void tell(struct visit *v, const struct buf *text)
{
    assay_span octets = buf_span(text);
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = ASSAY_UNKNOWN,
                             .ttl = WEB_TTL,
                             .data = &octets,
                             .n = 1};
    assay_fact *fact = NULL;

    if (text->status == ASSAY_EINVAL)
        FAIL(v, ASSAY_TOOBIG, "the server's certificates are too large to be told");
    else if (text->status == ASSAY_DONE && assay_fact_new(ASSAY_PROBE, 0, &a, &fact) == ASSAY_DONE)
        land(v, fact);
    else
        land(v, NULL);
}

/** tell() a line or two. */
#define TELL(v, ...)                            \
    do {                                        \
        struct buf text_ = buf_new(LIMIT_FACT); \
                                                \
        buf_printf(&text_, __VA_ARGS__);        \
        tell((v), &text_);                      \
        buf_done(&text_);                       \
    } while (0)

/** All that was seen of a server that speaks TLS. */
static void tell_all(struct visit *v)
{
    struct buf text = buf_new(LIMIT_FACT);

    buf_printf(&text, "starttls = yes\ntls = %s\n", v->version);
    if (v->least)
        buf_printf(&text, "tls.min = %s\n", v->least);
    sight_put_weak(&text, v->weak);
    buf_put(&text, buf_span(&v->certs));
    if (v->certs.status != ASSAY_DONE)
        text.status = v->certs.status;
    tell(v, &text);
    buf_done(&text);
}

/* ---- connections ---- */

static void talked(void *arg);

/** Connect once more. \return false when memory or descriptors are out */
static bool connect_again(struct visit *v)
{
    struct prober *p = v->prober;
    SSL_CTX **context = &p->contexts[v->step];
    unsigned left = web_left(p->web, v->flight), share = left / (unsigned)(v->addresses.n - v->at);

    if (!*context && !(*context = sight_context_new(v->step)))
        return false;
    if (share < LEAST_CONNECT_MS)
        share = LEAST_CONNECT_MS;
    v->made++;
    v->talk = talk_new(&(struct talk_options){
        .loop = p->web->loop,
        .ip = v->addresses.at[v->at],
        .port = v->port,
        .sni = v->name.p,
        .helo = p->web->helo,
        .context = *context,
        .connect_ms = share < WEB_CONNECT_MS ? share : WEB_CONNECT_MS,
        .ms = left,
        .done = talked,
        .arg = v,
    });
    return v->talk != NULL;
}

/** Nobody answered at this address: try the next. \param words  why; of the talk that is over */
static void next_address(struct visit *v, const char *words)
{
    v->at++;
    if (v->at < v->addresses.n && v->made < LIMIT_PROBE_CONNECTIONS) {
        talk_free(v->talk);
        v->talk = NULL;
        if (!connect_again(v))
            land(v, NULL);
        return;
    }
    if (v->refused == v->addresses.n)
        FAIL(v, ASSAY_REFUSED, "the host refuses the connection on port %u", v->port);
    else
        FAIL(v, ASSAY_TIMEOUT, "no SMTP on port %u: %s", v->port, words);
}

/** Old things are asked for, and this one can tell something new. */
static bool worth(const struct visit *v, enum sight_context step)
{
    switch (step) {
    case SIGHT_TLS10: return v->wondering && v->best > TLS1_VERSION;
    case SIGHT_TLS11: return v->wondering && v->best > TLS1_1_VERSION;
    case SIGHT_TLS12: return v->wondering && v->best > TLS1_2_VERSION;
    case SIGHT_WEAK: return true;
    default: return false;
    }
}

/** Go on with the next old thing, or say what was seen. */
static void next_step(struct visit *v)
{
    talk_free(v->talk);
    v->talk = NULL;
    do
        v->step++;
    while (v->step < SIGHT_CONTEXTS && !worth(v, v->step));
    if (v->step >= SIGHT_WEAK && v->wondering) { /* nothing older than the best was accepted */
        v->wondering = false;
        v->least = v->version;
    }
    if (!v->prober->web->probe_old || v->step >= SIGHT_CONTEXTS ||
        v->made >= LIMIT_PROBE_CONNECTIONS)
        tell_all(v);
    else if (!connect_again(v))
        land(v, NULL);
}

/** The first connection spoke TLS. */
static void take_first(struct visit *v)
{
    const SSL *ssl = talk_ssl(v->talk);
    const char *why;

    v->best = SSL_version(ssl);
    v->weak = sight_weak(ssl);
    v->wondering = v->prober->web->probe_old;
    buf_clear(&v->certs);
    sight_put_chain(&v->certs, ssl);
    sight_put_trust(&v->certs, ssl, roots_store(&v->prober->web->roots, &why));
    memcpy(v->version, sight_version(ssl), strlen(sight_version(ssl)) + 1);
    next_step(v);
}

/** A later connection ended. */
static void take_later(struct visit *v)
{
    enum talk_end how = talk_how(v->talk);

    if (how == TALK_TLS) {
        v->weak |= sight_weak(talk_ssl(v->talk));
        if (v->step < SIGHT_WEAK) {
            v->least = sight_version(talk_ssl(v->talk));
            v->wondering = false;
        }
    } else if (how != TALK_FAILED) { /* it wants no more of us */
        v->wondering = false;
        v->step = SIGHT_WEAK;
    }
    next_step(v);
}

/** EHLO was answered by something else than 250. */
static void no_ehlo(struct visit *v, unsigned code)
{
    if (code == 500 || code == 502 || code == 504) /* it knows HELO only (RFC 5321 3.2) */
        TELL(v, "starttls = no\n");
    else
        FAIL(v, ASSAY_TIMEOUT, "EHLO was answered by %u", code);
}

/** A connection ended. */
static void talked(void *arg)
{
    struct visit *v = arg;
    const struct talk *t = v->talk;

    if (v->step != SIGHT_BEST) {
        take_later(v);
        return;
    }
    switch (talk_how(t)) {
    case TALK_REFUSED:
        v->refused++;
        next_address(v, talk_words(t));
        break;
    case TALK_NOWHERE:
    case TALK_MUTE: next_address(v, talk_words(t)); break;
    case TALK_GREETING: TELL(v, "%s\n", talk_words(t)); break;
    case TALK_LOST: FAIL(v, ASSAY_TIMEOUT, "%s", talk_words(t)); break;
    case TALK_NO_EHLO: no_ehlo(v, talk_code(t)); break;
    case TALK_PLAIN: TELL(v, "starttls = no\n"); break;
    case TALK_NO_TLS: TELL(v, "starttls = %u\n", talk_code(t)); break;
    case TALK_FAILED: TELL(v, "starttls = yes\ntls = FAILED %s\n", talk_words(t)); break;
    case TALK_TLS: take_first(v); break;
    }
}

/** Begin as many of those in line as may be under way. */
static void serve(struct prober *p)
{
    struct visit *v;

    if (p->serving)
        return;
    p->serving = true;
    while (p->nrunning < LIMIT_PROBES && (v = TAILQ_FIRST(&p->ready))) {
        move(v, &p->running);
        if (!connect_again(v))
            land(v, NULL);
    }
    p->serving = false;
}

/** The addresses are known, or not. */
static void has_addresses(void *arg)
{
    struct visit *v = arg;
    struct prober *p = v->prober;
    struct assay_question q = table_question(&v->flight->node);
    assay_fact *fact;

    if (host_addresses(&v->host, &q, p->web->allow_private, &v->addresses, &fact))
        move(v, &p->ready);
    else
        land(v, fact);
    serve(p);
}

/* ---- the transport ---- */

/** Read "host:25". */
static bool read_name(const struct web *web, assay_span text, struct dns_name *ret,
                      unsigned *ret_port)
{
    size_t colon = span_rfind(text, ':');
    assay_span host = span_first(text, colon);
    uint64_t port;

    for (size_t i = 0; i < host.n; i++)
        if (!ascii_alnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.' && host.p[i] != '_')
            return false;
    if (!number_read(span_from(text, colon + 1), UINT16_MAX, &port) || !host.n ||
        !dns_name_read(host, ret) || ascii_digit(dns_last_labels(dns_name_span(ret), 1).p[0]) ||
        (port != SMTP_PORT && !web->allow_private))
        return false;
    ret->p[ret->n] = '\0'; /* such a name has 253 octets at most */
    *ret_port = port == SMTP_PORT && web->smtp_port ? web->smtp_port : (unsigned)port;
    return true;
}

/** transport.start */
static assay_status start(void *self, struct flight *flight)
{
    struct prober *p = self;
    struct visit *v = calloc(1, sizeof *v);
    assay_status s;

    if (!v)
        return ASSAY_ENOMEM;
    v->prober = p;
    v->flight = flight;
    v->certs = buf_new(LIMIT_FACT);
    if (!read_name(p->web, flight->node.name, &v->name, &v->port)) {
        FAIL(v, ASSAY_TIMEOUT, "not connected to: this is not port 25 of a host's name");
        return ASSAY_DONE;
    }
    s = host_ask(&v->host, p->web->flights, dns_name_span(&v->name), web_left(p->web, flight),
                 has_addresses, v);
    if (s != ASSAY_DONE) {
        free_visit(v);
        return s;
    }
    flight->handle = v;
    p->n++;
    move(v, &p->asking);
    return ASSAY_DONE;
}

/** transport.cancel */
static void cancel(void *self, struct flight *flight)
{
    free_visit(flight->handle);
    serve(self);
}

/** transport.free */
static void free_prober(void *self)
{
    struct prober *p = self;

    for (size_t i = 0; i < SIGHT_CONTEXTS; i++)
        SSL_CTX_free(p->contexts[i]);
    free(p);
}

/** transport.stop */
static void stop(void *self)
{
    struct prober *p = self;
    struct visit *v;

    p->serving = true; /* nothing begins any more */
    TAILQ_FOREACH(v, &p->asking, link)
    host_forget(&v->host);
}

const struct transport probe_transport = {start, cancel, free_prober, stop};

void *probe_new(struct web *web)
{
    struct prober *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->web = web;
    TAILQ_INIT(&p->asking);
    TAILQ_INIT(&p->ready);
    TAILQ_INIT(&p->running);
    return p;
}

size_t probe_busy(const void *self)
{
    return ((const struct prober *)self)->n;
}
