/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/talk.h"

#include "base/buf.h"
#include "base/limits.h"
#include "world/address.h"
#include "world/clock.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** Octets read at once; octets that wait to be written at most; milliseconds for the answer to QUIT. */
enum { PIECE = 4096, OUT_MOST = 65536, QUIT_MS = 1000 };

/** Where a connection is. */
enum stage { CONNECTING, GREETING, EHLO, STARTTLS, SHAKING, QUITTING };

struct talk {
    struct talk_options o;
    enum stage stage;
    enum talk_end how;
    unsigned code;
    int64_t until; /* of all of it, on world_now()'s clock */
    char words[TALK_WORDS];
    int fd;
    struct event io, timer;
    short events; /* what `io` waits for */
    struct buf out;
    size_t out_at, in_n; /* octets sent, octets received in all */
    char line[LIMIT_PROBE_LINE + 1];
    size_t line_n;
    unsigned lines; /* of the reply that is being read */
    unsigned first; /* the code of its first line */
    bool offers;    /* STARTTLS stands in the reply to EHLO */
    bool ended;     /* done is to be called */
    SSL *ssl;
    BIO *rbio, *wbio; /* the ssl's */
};

enum talk_end talk_how(const struct talk *t)
{
    return t->how;
}

unsigned talk_code(const struct talk *t)
{
    return t->code;
}

const char *talk_words(const struct talk *t)
{
    return t->words;
}

SSL *talk_ssl(const struct talk *t)
{
    return t->ssl;
}

/* ---- ends ---- */

/** Note words, printable ones. */
static void note(struct talk *t, assay_span words)
{
    words = span_first(words, sizeof t->words - 1);
    for (size_t i = 0; i < words.n; i++)
        t->words[i] = (char)(words.p[i] < ' ' || words.p[i] > '~' ? '?' : words.p[i]);
    t->words[words.n] = '\0';
}

/** The talk is over: whoever runs the event calls `done` at its end. */
static void end(struct talk *t, enum talk_end how, const char *words)
{
    if (words)
        note(t, span_of(words));
    t->how = how;
    t->ended = true;
}

/** What silence or an end means at this stage. */
static void cut_short(struct talk *t, const char *words)
{
    static const enum talk_end ENDS[] = {
        [CONNECTING] = TALK_NOWHERE, [GREETING] = TALK_MUTE, [EHLO] = TALK_LOST,
        [STARTTLS] = TALK_LOST,      [SHAKING] = TALK_LOST,
    };

    if (t->stage == QUITTING) /* what there is to know is known */
        t->ended = true;
    else
        end(t, ENDS[t->stage], words);
}

/** Call `done` if the talk is over. The talk may be gone then. */
static void conclude(struct talk *t)
{
    if (!t->ended)
        return;
    event_del(&t->io);
    event_del(&t->timer);
    t->o.done(t->o.arg);
}

/* ---- writing ---- */

static void ready(evutil_socket_t fd, short what, void *arg);

/** Wait for reading, and for writing if there is something to write. */
static void wait_more(struct talk *t)
{
    bool writes = t->stage == CONNECTING || t->out_at < t->out.n;
    short events = (short)(EV_READ | EV_PERSIST | (writes ? EV_WRITE : 0));

    if (t->ended || events == t->events)
        return;
    event_del(&t->io);
    event_assign(&t->io, t->o.loop, t->fd, events, ready, t);
    t->events = events;
    if (event_add(&t->io, NULL) != 0)
        cut_short(t, "memory is out");
}

/** Write what can be written. */
static void flush(struct talk *t)
{
    while (t->out_at < t->out.n) {
        ssize_t n = send(t->fd, t->out.p + t->out_at, t->out.n - t->out_at, MSG_NOSIGNAL);

        if (n < 0)
            return; /* later; an end is found by reading */
        t->out_at += (size_t)n;
    }
    buf_clear(&t->out);
    t->out_at = 0;
}

/** Say a line. */
static void say(struct talk *t, const char *verb, const char *what)
{
    buf_printf(&t->out, "%s%s\r\n", verb, what);
    flush(t);
}

/** Send what TLS wants to send. */
static void flush_tls(struct talk *t)
{
    char octets[PIECE];
    int n;

    while ((n = BIO_read(t->wbio, octets, sizeof octets)) > 0)
        buf_put(&t->out, (assay_span){octets, (size_t)n});
    flush(t);
}

/** Say goodbye; there is a short time for the answer. */
static void quit(struct talk *t, enum talk_end how)
{
    struct timeval wait = world_wait(QUIT_MS);

    t->how = how;
    t->stage = QUITTING;
    if (how == TALK_TLS) {
        SSL_write(t->ssl, "QUIT\r\n", 6);
        flush_tls(t);
    } else {
        say(t, "QUIT", "");
    }
    if (evtimer_add(&t->timer, &wait) != 0)
        t->ended = true;
}

/* ---- TLS ---- */

/** Why the handshake failed. */
static void say_failure(struct talk *t)
{
    unsigned long error = ERR_peek_error();
    const char *words = error ? ERR_reason_error_string(error) : NULL;

    end(t, TALK_FAILED, words ? words : "the handshake failed");
    ERR_clear_error();
}

/** Go on with the handshake. */
static void shake(struct talk *t)
{
    int result, error;

    ERR_clear_error();
    result = SSL_do_handshake(t->ssl);
    error = SSL_get_error(t->ssl, result);
    if (result == 1) {
        flush_tls(t);
        quit(t, TALK_TLS);
    } else if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        flush_tls(t);
    } else {
        say_failure(t);
        flush_tls(t); /* the alert */
    }
}

/** Begin the handshake. */
static bool begin_tls(struct talk *t)
{
    t->ssl = SSL_new(t->o.context);
    t->rbio = BIO_new(BIO_s_mem());
    t->wbio = BIO_new(BIO_s_mem());
    if (!t->ssl || !t->rbio || !t->wbio || !SSL_set_tlsext_host_name(t->ssl, t->o.sni)) {
        SSL_free(t->ssl);
        BIO_free(t->rbio);
        BIO_free(t->wbio);
        t->ssl = NULL;
        return false;
    }
    BIO_set_mem_eof_return(t->rbio, -1);
    BIO_set_mem_eof_return(t->wbio, -1);
    SSL_set_bio(t->ssl, t->rbio, t->wbio);
    SSL_set_connect_state(t->ssl);
    t->stage = SHAKING;
    return true;
}

/* ---- replies ---- */

/** The whole reply is there; `line` is its last line. */
static void take_reply(struct talk *t, unsigned code)
{
    if (t->stage != QUITTING)
        t->code = code;
    switch (t->stage) {
    case GREETING:
        if (code != 220) {
            quit(t, TALK_GREETING);
            break;
        }
        t->stage = EHLO;
        say(t, "EHLO ", t->o.helo);
        break;
    case EHLO:
        if (code != 250) {
            quit(t, TALK_NO_EHLO);
        } else if (!t->offers) {
            quit(t, TALK_PLAIN);
        } else {
            t->stage = STARTTLS;
            say(t, "STARTTLS", "");
        }
        break;
    case STARTTLS:
        if (code != 220)
            quit(t, TALK_NO_TLS);
        else if (!begin_tls(t))
            cut_short(t, "memory is out");
        else
            shake(t);
        break;
    case QUITTING: t->ended = true; break;
    default: break;
    }
}

/** Take one line of a reply. */
static void take_line(struct talk *t, assay_span line)
{
    bool digits = line.n >= 3 && ascii_digit(line.p[0]) && ascii_digit(line.p[1]) &&
                  ascii_digit(line.p[2]) && line.p[0] >= '2' && line.p[0] <= '5';
    unsigned code =
        digits ? (unsigned)((line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0'))
               : 0;
    assay_span text = span_from(line, 4);

    if (!digits || (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')) {
        cut_short(t, "what the server says is not SMTP");
        return;
    }
    if (++t->lines > LIMIT_PROBE_LINES) {
        cut_short(t, "a reply has too many lines");
        return;
    }
    t->first = t->lines == 1 ? code : t->first;
    if (code != t->first) { /* RFC 5321 4.2.1 */
        cut_short(t, "the lines of a reply have different codes");
        return;
    }
    if (t->lines == 1 && t->stage == GREETING) {
        note(t, line);
        if (line.n > 3)
            t->words[3] = ' ';
    }
    if (t->stage == EHLO && t->lines > 1 && code == 250 &&
        span_iis(span_first(text, span_find(text, ' ')), "STARTTLS"))
        t->offers = true;
    if (line.n > 3 && line.p[3] == '-')
        return;
    t->lines = 0;
    take_reply(t, code);
}

/** Take octets while the talk is in the clear. \return what belongs to TLS already */
static assay_span take_text(struct talk *t, assay_span in)
{
    while (in.n && !t->ended && t->stage != SHAKING) {
        char c = in.p[0];

        in = span_from(in, 1);
        if (c == '\n') {
            assay_span line = {t->line, t->line_n};

            if (line.n && line.p[line.n - 1] == '\r')
                line.n--;
            t->line_n = 0;
            take_line(t, line);
        } else if (t->line_n == LIMIT_PROBE_LINE) {
            cut_short(t, "a line is too long");
        } else {
            t->line[t->line_n++] = c;
        }
    }
    return in;
}

/** Octets came. */
static void take(struct talk *t, assay_span in)
{
    if (t->stage == QUITTING && t->ssl) {
        t->ended = true; /* whatever it is */
        return;
    }
    if (t->stage != SHAKING)
        in = take_text(t, in);
    if (!in.n || t->ended || t->stage != SHAKING)
        return;
    if (BIO_write(t->rbio, in.p, (int)in.n) != (int)in.n)
        cut_short(t, "memory is out");
    else
        shake(t);
}

/* ---- events ---- */

/** The connection ended. */
static void over(struct talk *t, int number)
{
    if (t->stage == STARTTLS)
        end(t, TALK_FAILED, "the connection ended after STARTTLS");
    else if (t->stage == SHAKING)
        end(t, TALK_FAILED,
            number ? "the connection was broken off in the handshake"
                   : "the connection ended in the handshake");
    else
        cut_short(t, number ? strerror(number) : "the server ended the connection");
}

/** Read once. */
static void read_some(struct talk *t)
{
    char octets[PIECE];
    ssize_t n = recv(t->fd, octets, sizeof octets, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        over(t, n ? errno : 0);
        return;
    }
    t->in_n += (size_t)n;
    if (t->in_n > LIMIT_PROBE_OCTETS)
        cut_short(t, "the server sends without end");
    else
        take(t, (assay_span){octets, (size_t)n});
}

/** The connection is there, or not. */
static void connected(struct talk *t)
{
    int number = 0;
    socklen_t n = sizeof number;
    int64_t left = t->until - world_now();
    struct timeval wait = world_wait(left > 1 ? (unsigned)left : 1);

    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &number, &n) != 0)
        number = errno;
    if (number) {
        end(t, number == ECONNREFUSED ? TALK_REFUSED : TALK_NOWHERE, strerror(number));
        return;
    }
    t->stage = GREETING;
    if (evtimer_add(&t->timer, &wait) != 0)
        cut_short(t, "memory is out");
}

/** The socket is ready. */
static void ready(evutil_socket_t fd, short what, void *arg)
{
    struct talk *t = arg;

    (void)fd;
    if (t->stage == CONNECTING) {
        connected(t);
    } else {
        if (what & EV_WRITE)
            flush(t);
        if (what & EV_READ)
            read_some(t);
    }
    wait_more(t);
    conclude(t);
}

/** Time is up. */
static void late(evutil_socket_t fd, short what, void *arg)
{
    struct talk *t = arg;
    static const char *const WORDS[] = {
        [CONNECTING] = "no answer to the connection",
        [GREETING] = "no greeting in time",
        [EHLO] = "no answer to EHLO in time",
        [STARTTLS] = "no answer to STARTTLS in time",
        [SHAKING] = "the handshake did not end in time",
        [QUITTING] = NULL,
    };

    (void)fd;
    (void)what;
    if (!t->ended) /* else it only tells what talk_new() found */
        cut_short(t, WORDS[t->stage]);
    conclude(t);
}

struct talk *talk_new(const struct talk_options *options)
{
    struct talk *t = calloc(1, sizeof *t);
    struct address to = address_of(&options->ip, options->port);
    struct timeval wait =
        world_wait(options->ms < options->connect_ms ? options->ms : options->connect_ms);

    if (!t)
        return NULL;
    t->o = *options;
    t->until = world_now() + options->ms;
    t->out = buf_new(OUT_MOST);
    t->events = EV_READ | EV_WRITE | EV_PERSIST;
    t->fd = address_socket(&options->ip, SOCK_STREAM);
    event_assign(&t->io, options->loop, t->fd, t->events, ready, t);
    evtimer_assign(&t->timer, options->loop, late, t);
    if (t->fd < 0 || event_add(&t->io, NULL) != 0 || evtimer_add(&t->timer, &wait) != 0) {
        talk_free(t);
        return NULL;
    }
    if (connect(t->fd, (const struct sockaddr *)&to.at, to.n) != 0 && errno != EINPROGRESS) {
        end(t, errno == ECONNREFUSED ? TALK_REFUSED : TALK_NOWHERE, strerror(errno));
        event_del(&t->io);
        event_active(&t->timer, EV_TIMEOUT, 1); /* told from the loop */
    }
    return t;
}

void talk_free(struct talk *t)
{
    if (!t)
        return;
    event_del(&t->io);
    event_del(&t->timer);
    SSL_free(t->ssl);
    buf_done(&t->out);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}
