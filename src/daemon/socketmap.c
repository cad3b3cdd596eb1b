/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/socketmap.h"

#include <stdio.h>

void socketmap_init(struct socketmap_session *s, assay_engine *engine,
                    const struct assay_srs *settings)
{
    *s = (struct socketmap_session){.engine = engine, .settings = settings};
}

void socketmap_done(struct socketmap_session *s)
{
    assay_eval_free(s->eval);
    s->eval = NULL;
}

/* ---- replies ---- */

/** Octets of a reply, its netstring not counted. */
enum { NETSTRING = 8, MOST_REPLY = SOCKETMAP_REPLY - NETSTRING };

/** Send a status, and what follows it. */
static void reply(struct socketmap_session *s, const char *status, assay_span text)
{
    assay_span shown = span_first(text, MOST_REPLY - 16);
    int n = snprintf(s->out, sizeof s->out, "%zu:%s %.*s,", strlen(status) + 1 + shown.n, status,
                     SPAN_ARG(shown));

    s->nout = (size_t)n;
}

/** The request cannot be understood, nor what follows it. */
static void reply_broken(struct socketmap_session *s)
{
    reply(s, "PERM", SPAN("this is no netstring, or one that is too long"));
    s->closing = true;
}

/** A line for access(5): code, enhanced code, reason. */
static void reply_access(struct socketmap_session *s, const struct assay_srs_rewrite *r)
{
    char text[MOST_REPLY];
    int n = snprintf(text, sizeof text, "%d %.*s %.*s", r->code,
                     SPAN_ARG(span_first(r->enhanced, 16)), SPAN_ARG(span_first(r->error, 512)));

    reply(s, "OK", (assay_span){text, (size_t)n});
}

/** Say what became of the address. */
static void reply_outcome(struct socketmap_session *s, const struct assay_srs_rewrite *r)
{
    bool refused = r->outcome == ASSAY_SRS_REFUSED, unknown = r->outcome == ASSAY_SRS_UNKNOWN;

    if (s->map == SOCKETMAP_CHECK && (refused || unknown))
        reply_access(s, r);
    else if (unknown)
        reply(s, "TEMP", r->error);
    else if (refused && s->map == SOCKETMAP_FORWARD)
        reply(s, "PERM", r->error);
    else if (r->outcome == ASSAY_SRS_REWRITTEN && s->map != SOCKETMAP_CHECK)
        reply(s, "OK", r->address);
    else
        reply(s, "NOTFOUND", SPAN_EMPTY);
}

/* ---- requests ---- */

void socketmap_answered(struct socketmap_session *s)
{
    assay_status status;

    if (!s->eval || (status = assay_step(s->eval)) == ASSAY_NEED)
        return;
    if (status == ASSAY_DONE)
        reply_outcome(s, assay_srs_result(s->eval));
    else
        reply(s, "TEMP", span_of(assay_strstatus(status)));
    socketmap_done(s);
}

/** Rewrite the key. */
static void begin(struct socketmap_session *s, assay_span key, int64_t now)
{
    struct assay_srs asked = *s->settings;
    assay_status status;

    asked.now = now;
    asked.address = key;
    asked.reverse = s->map != SOCKETMAP_FORWARD;
    if ((status = assay_srs_new(s->engine, &asked, &s->eval)) == ASSAY_DONE)
        socketmap_answered(s);
    else
        reply(s, "TEMP", span_of(assay_strstatus(status)));
}

/** Find the map of a name. \return false when there is none */
static bool find_map(assay_span name, enum socketmap_map *ret)
{
    static const char *const NAMES[SOCKETMAP_MAPS] = {"forward", "reverse", "check"};

    for (int i = 0; i < SOCKETMAP_MAPS; i++)
        if (span_is(name, NAMES[i])) {
            *ret = (enum socketmap_map)i;
            return true;
        }
    return false;
}

/** A request is complete. */
static void request(struct socketmap_session *s, int64_t now)
{
    assay_span text = {s->in, s->length < sizeof s->in ? s->length : sizeof s->in};
    size_t blank = span_find(text, ' ');

    if (blank == text.n)
        reply(s, "PERM", SPAN("a request is NAME KEY"));
    else if (!find_map(span_first(text, blank), &s->map))
        reply(s, "PERM", SPAN("there is no such map; there are forward, reverse and check"));
    else if (s->length - blank - 1 > LIMIT_SRS_ADDRESS)
        reply(s, "NOTFOUND", SPAN_EMPTY);
    else
        begin(s, span_from(text, blank + 1), now);
}

/* ---- netstrings ---- */

/** A digit of the length, or the colon behind it. \return false when it is broken */
static bool take_length(struct socketmap_session *s, char c)
{
    if (c == ':' && s->digits) {
        s->state = s->length ? SOCKETMAP_DATA : SOCKETMAP_COMMA;
        s->seen = 0;
        return true;
    }
    if (!ascii_digit(c) || (s->digits && !s->length)) /* no leading zero */
        return false;
    s->digits++;
    s->length = s->length * 10 + (size_t)(c - '0');
    return s->length <= SOCKETMAP_LONGEST;
}

/** Octets of data. \return how many were taken */
static size_t take_data(struct socketmap_session *s, assay_span octets)
{
    assay_span taken = span_first(octets, s->length - s->seen), kept = SPAN_EMPTY;

    if (s->seen < sizeof s->in)
        kept = span_first(taken, sizeof s->in - s->seen);
    if (kept.n)
        memcpy(s->in + s->seen, kept.p, kept.n);
    s->seen += taken.n;
    if (s->seen == s->length)
        s->state = SOCKETMAP_COMMA;
    return taken.n;
}

/** The octet behind the data. */
static bool take_comma(struct socketmap_session *s, char c, int64_t now)
{
    if (c != ',')
        return false;
    request(s, now);
    s->state = SOCKETMAP_LENGTH;
    s->digits = s->length = 0;
    return true;
}

size_t socketmap_input(struct socketmap_session *s, assay_span octets, int64_t now)
{
    size_t n = 0;

    while (n < octets.n && !s->eval && !s->nout && !s->closing) {
        if (s->state == SOCKETMAP_DATA)
            n += take_data(s, span_from(octets, n));
        else if (s->state == SOCKETMAP_LENGTH ? take_length(s, octets.p[n])
                                              : take_comma(s, octets.p[n], now))
            n++;
        else
            reply_broken(s);
    }
    return s->closing ? octets.n : n;
}

void socketmap_sent(struct socketmap_session *s, size_t n)
{
    n = n < s->nout ? n : s->nout;
    s->nout -= n;
    memmove(s->out, s->out + n, s->nout);
}
