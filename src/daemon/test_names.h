/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_names.h A DNS server that knows a table of names, for tests of the daemon: a thread with
 * a socket of its own. Names below a known one exist not; the answers may be kept for 300 s.
 */
#ifndef DAEMON_TEST_NAMES_H
#define DAEMON_TEST_NAMES_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAMES_A = 1, NAMES_TXT = 16, NAMES_PACKET = 4096, NAMES_TTL = 300 };

/** A record. */
struct names_row {
    const char *name;
    uint16_t type;    /**< NAMES_A, NAMES_TXT */
    const char *data; /**< an address; a text of any length */
};

/** The server. Read `at`. */
struct names {
    const struct names_row *rows;
    size_t n;
    pthread_t thread;
    int udp, stop[2];
    char at[40]; /**< ADDRESS@PORT */
};

/** Append a number of two octets. */
static inline void names_put16(struct buf *out, unsigned n)
{
    buf_putc(out, (char)(n >> 8));
    buf_putc(out, (char)n);
}

/** Read the question's name, in text. \return octets of the question section; 0: it is none */
static inline size_t names_question(assay_span q, char text[256])
{
    size_t at = 12, n = 0;

    while (at < q.n && q.p[at]) {
        size_t label = (uint8_t)q.p[at];

        if (label > 63 || at + label + 5 >= q.n || n + label + 2 > 256)
            return 0;
        memcpy(text + n, q.p + at + 1, label);
        n += label;
        text[n++] = '.';
        at += label + 1;
    }
    text[n ? n - 1 : 0] = '\0';
    return at + 5 <= q.n ? at + 5 - 12 : 0;
}

/** Append a record; its name is that of the question. */
static inline void names_put_record(struct buf *out, const struct names_row *row)
{
    assay_span text = span_of(row->data);
    struct in_addr address;

    buf_put(out, SPAN("\xC0\x0C"));
    names_put16(out, row->type);
    buf_put(out, SPAN("\0\1\0\0"));
    names_put16(out, NAMES_TTL);
    if (row->type == NAMES_A && inet_pton(AF_INET, row->data, &address) == 1) {
        names_put16(out, 4);
        buf_put(out, (assay_span){(const char *)&address, 4});
        return;
    }
    names_put16(out, (unsigned)(text.n + text.n / 255 + (text.n % 255 > 0)));
    for (; text.n; text = span_from(text, text.n < 255 ? text.n : 255)) {
        assay_span piece = span_first(text, 255);

        buf_putc(out, (char)piece.n);
        buf_put(out, piece);
    }
}

/** Answer a query. */
static inline void names_answer(const struct names *s, assay_span q, struct buf *out)
{
    static const char SOA[] =
        "\0\0\6\0\1\0\0\1\x2C\0\x16\0\0\0\0\0\1\0\0\x0E\x10\0\0\2\x58\0\1\x51\x80\0\0\1\x2C";
    char name[256];
    size_t n = q.n >= 17 ? names_question(q, name) : 0;
    unsigned type = n ? (unsigned)((uint8_t)q.p[8 + n] << 8 | (uint8_t)q.p[9 + n]) : 0;
    unsigned found = 0;
    bool known = n && !name[0];

    if (!n)
        return;
    for (size_t i = 0; i < s->n; i++) {
        known |= strcasecmp(s->rows[i].name, name) == 0;
        found += s->rows[i].type == type && strcasecmp(s->rows[i].name, name) == 0;
    }
    buf_put(out, span_first(q, 2));
    names_put16(out, known ? 0x8580 : 0x8583);
    names_put16(out, 1);
    names_put16(out, found);
    names_put16(out, !found);
    names_put16(out, 0);
    buf_put(out, (assay_span){q.p + 12, n});
    for (size_t i = 0; i < s->n; i++)
        if (s->rows[i].type == type && strcasecmp(s->rows[i].name, name) == 0)
            names_put_record(out, &s->rows[i]);
    if (!found)
        buf_put(out, (assay_span){SOA, sizeof SOA - 1});
}

/** The thread. */
static inline void *names_serve(void *arg)
{
    struct names *s = arg;
    struct pollfd both[2] = {{.fd = s->udp, .events = POLLIN},
                             {.fd = s->stop[0], .events = POLLIN}};
    char in[NAMES_PACKET];

    while (poll(both, 2, -1) >= 0 && !both[1].revents) {
        struct sockaddr_in from;
        socklen_t from_n = sizeof from;
        ssize_t n = recvfrom(s->udp, in, sizeof in, 0, (struct sockaddr *)&from, &from_n);
        struct buf out = buf_new(NAMES_PACKET);

        if (n > 0)
            names_answer(s, (assay_span){in, (size_t)n}, &out);
        if (out.n && out.status == ASSAY_DONE)
            (void)sendto(s->udp, out.p, out.n, 0, (struct sockaddr *)&from, from_n);
        buf_done(&out);
    }
    return NULL;
}

/** Start. \param rows  outlive it */
static inline bool names_start(struct names *s, const struct names_row *rows, size_t n)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t at_n = sizeof at;

    s->rows = rows;
    s->n = n;
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s->udp < 0 || bind(s->udp, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(s->udp, (struct sockaddr *)&at, &at_n) != 0 || pipe(s->stop) != 0)
        return false;
    snprintf(s->at, sizeof s->at, "127.0.0.1@%u", ntohs(at.sin_port));
    return pthread_create(&s->thread, NULL, names_serve, s) == 0;
}

/** Stop. */
static inline void names_stop(struct names *s)
{
    close(s->stop[1]);
    pthread_join(s->thread, NULL);
    close(s->stop[0]);
    close(s->udp);
}

#endif
