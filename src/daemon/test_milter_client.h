/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_milter_client.h
 * An MTA's side of a milter connection, for tests and benchmarks: it blocks, and it sends what
 * Postfix 3.7 sends.
 *
 * What that is, seen on its packets: a MACRO packet before every step, before each header field and
 * each chunk too, empty ones included; also before CONNECT to DATA when that step is not wanted,
 * but not before fields and chunks that are not; nothing more of a kind after SKIP; ABORT after
 * every message, and once more before QUIT. It writes in pieces of 4,096 octets over a UNIX socket,
 * of four segments over TCP, and when it waits for a reply. The queue id is not known before the
 * second RCPT.
 *
 *     struct mta m;
 *     mta_open(&m, "unix:/run/milter.sock");
 *     mta_negotiate(&m, MTA_POSTFIX);
 *     mta_client(&m, "mx.example", "192.0.2.55");
 *     mta_helo(&m, "mx.example");
 *     mta_message(&m, &mail, &answer);   any number of times
 *     mta_quit(&m);
 *
 * A step returns the filter's reply, of enum milter_reply; 'c' as well where Postfix would wait for
 * none; 0: the filter hung up, was silent for too long, or sent what is no reply.
 */
#ifndef DAEMON_TEST_MILTER_CLIENT_H
#define DAEMON_TEST_MILTER_CLIENT_H

#include "daemon/milter_codec.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/** Limits of this client. */
enum { MTA_EDITS = 256, MTA_LISTS = 512, MTA_PATIENCE = 10 };

/** What Postfix 3.7 offers. */
#define MTA_POSTFIX ((struct milter_offer){6, MILTER_F_ALL, MILTER_P_ALL})

/** A macro that the MTA knows; a table ends with one without a name. */
struct mta_macro {
    const char *name;  /**< without braces */
    const char *value; /**< NULL: unknown, as if it were not in the table */
};

/** One edit that the filter asked for. */
struct mta_edit {
    char what;              /**< of enum milter_reply */
    uint32_t index;         /**< of INSHEADER and CHGHEADER */
    assay_span name, value; /**< a field's; else the address, recipient, reason in `name`, and what
                                 follows it in `value` */
};

/** All that a filter said to a message. */
struct mta_answer {
    char reply;        /**< the final reply, 0: none came */
    unsigned progress; /**< how often PROGRESS came */
    size_t nedits;     /**< edits, in their order */
    struct mta_edit edits[MTA_EDITS];
    assay_span text;              /**< of REPLYCODE, as it was sent */
    void *packets[MTA_EDITS + 1]; /**< copies */
};

/** A connection. Private, but for what is said. */
struct mta {
    int fd;                         /**< the socket, for whoever abuses it; -1: closed */
    struct milter_offer agreed;     /**< what the filter wanted */
    const struct mta_macro *macros; /**< what is known besides the usual; may be NULL */
    const char *queue_id;           /**< for i, from the second RCPT on; "4XyZ123456z7" */
    struct milter_reader reader;
    struct buf out;
    size_t flush_at;
    char in[4096];
    assay_span left;
    char lists[MILTER_STAGES][MTA_LISTS];
    char address[256]; /**< of the last MAIL or RCPT, without brackets */
    char skipped;      /**< a command that SKIP was the reply to */
    bool has_id;
};

/** A message to send. */
struct mta_mail {
    const char *from;         /**< with brackets */
    const char *parameters;   /**< one, such as "SIZE=4711"; NULL: none */
    const char *const *rcpts; /**< with brackets; ends with NULL */
    assay_span message;       /**< header, empty line, body; lines ended by CRLF */
};

/* ---- octets ---- */

/** Send the first `n` octets of what waits. \return false: the filter hung up */
static inline bool mta_send(struct mta *m, size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t piece = n - done < m->flush_at ? n - done : m->flush_at;
        ssize_t sent = send(m->fd, m->out.p + done, piece, MSG_NOSIGNAL);

        if (sent <= 0 && errno != EINTR)
            return buf_clear(&m->out), false;
        done += sent > 0 ? (size_t)sent : 0;
    }
    m->out.n -= n;
    if (m->out.n)
        memmove(m->out.p, m->out.p + n, m->out.n);
    return true;
}

/** Send all that waits. \return false: the filter hung up */
static inline bool mta_flush(struct mta *m)
{
    return mta_send(m, m->out.n);
}

/** Queue octets as they are. */
static inline bool mta_raw(struct mta *m, assay_span octets)
{
    buf_put(&m->out, octets);
    return m->out.n < m->flush_at || mta_send(m, m->out.n - m->out.n % m->flush_at);
}

/** Queue a packet with a length that may be a lie. */
static inline bool mta_claim(struct mta *m, uint32_t length, char command, assay_span data)
{
    const char head[] = {(char)(length >> 24), (char)(length >> 16), (char)(length >> 8),
                         (char)length, command};

    return mta_raw(m, (assay_span){head, sizeof head}) && (!data.n || mta_raw(m, data));
}

/** Queue a packet. */
static inline bool mta_packet(struct mta *m, char command, assay_span data)
{
    return mta_claim(m, (uint32_t)data.n + 1, command, data);
}

/** Send what waits, and wait for a packet. \return false: none came */
static inline bool mta_receive(struct mta *m, struct milter_packet *ret)
{
    assay_status s;
    ssize_t n;

    if (!mta_flush(m))
        return false;
    while ((s = milter_read(&m->reader, &m->left, ret)) == ASSAY_MORE) {
        do
            n = recv(m->fd, m->in, sizeof m->in, 0);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
            return false;
        m->left = (assay_span){m->in, (size_t)n};
    }
    return s == ASSAY_DONE;
}

/** Whether the filter has hung up: waits for the end of the stream, for MTA_PATIENCE seconds. */
static inline bool mta_hung_up(struct mta *m)
{
    char octets[512];
    ssize_t n;

    mta_flush(m);
    while ((n = recv(m->fd, octets, sizeof octets, 0)) > 0 || (n < 0 && errno == EINTR))
        ;
    return n == 0 || errno == ECONNRESET || errno == EPIPE;
}

/* ---- the connection ---- */

/** The octets a write to this socket takes: as Postfix chooses them. */
static inline size_t mta_piece(int fd)
{
    int segment = 0;
    socklen_t n = sizeof segment;

    if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &n) == 0 && segment > 1024)
        return (size_t)segment * 4;
    return 4096;
}

/** Connect a socket to "unix:PATH" or "inet:PORT@127.0.0.1". \return -1: it cannot be */
static inline int mta_socket(const char *where)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool tcp = strncmp(where, "inet:", 5) == 0;
    int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet.sin_port = htons(tcp ? (uint16_t)strtoul(where + 5, NULL, 10) : 0);
    snprintf(local.sun_path, sizeof local.sun_path, "%.100s",
             strncmp(where, "unix:", 5) == 0 ? where + 5 : where);
    if (fd < 0)
        return -1;
    if ((tcp ? connect(fd, (struct sockaddr *)&inet, sizeof inet)
             : connect(fd, (struct sockaddr *)&local, sizeof local)) != 0)
        return close(fd), -1;
    return fd;
}

/** Connect. \return false: nobody listens */
static inline bool mta_open(struct mta *m, const char *where)
{
    struct timeval patience = {.tv_sec = MTA_PATIENCE};

    memset(m, 0, sizeof *m);
    m->out = buf_new(64 << 20);
    m->reader.max = MILTER_MAX;
    m->queue_id = "4XyZ123456z7";
    m->left = SPAN_EMPTY;
    if ((m->fd = mta_socket(where)) < 0)
        return false;
    setsockopt(m->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(m->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    m->flush_at = mta_piece(m->fd);
    return true;
}

/** Hang up without a word. */
static inline void mta_close(struct mta *m)
{
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    buf_done(&m->out);
    milter_reader_done(&m->reader);
}

/** A number of a packet. */
static inline uint32_t mta_word(assay_span s)
{
    return (uint32_t)(uint8_t)s.p[0] << 24 | (uint32_t)(uint8_t)s.p[1] << 16 |
           (uint32_t)(uint8_t)s.p[2] << 8 | (uint32_t)(uint8_t)s.p[3];
}

/** Begin with Postfix's own lists of macros. */
static inline void mta_lists(struct mta *m)
{
    static const char *const LISTS[MILTER_STAGES] = {
        "j {daemon_name} {daemon_addr} v _",
        "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
        "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
        "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
        "i",
        "i",
        "i"};

    for (size_t i = 0; i < MILTER_STAGES; i++)
        snprintf(m->lists[i], MTA_LISTS, "%s", LISTS[i]);
}

/** Offer, and take what is wanted. \return false: it did not come to an agreement */
static inline bool mta_negotiate(struct mta *m, struct milter_offer offer)
{
    const uint32_t words[] = {htonl(offer.version), htonl(offer.actions), htonl(offer.steps)};
    struct milter_packet packet;
    assay_span rest, list;
    uint32_t stage;

    mta_lists(m);
    if (!mta_packet(m, MILTER_C_OPTNEG, (assay_span){(const char *)words, sizeof words}) ||
        !mta_receive(m, &packet) || packet.command != MILTER_C_OPTNEG ||
        !milter_offer_read(packet.data, &m->agreed) || m->agreed.version > offer.version ||
        (m->agreed.actions & ~offer.actions))
        return false;
    for (rest = span_from(packet.data, 12); rest.n > 4;) {
        stage = mta_word(rest);
        rest = span_from(rest, 4);
        if (!milter_text_cut(&rest, &list) || stage >= MILTER_STAGES)
            return false;
        snprintf(m->lists[stage], MTA_LISTS, "%.*s", SPAN_ARG(list));
    }
    return true;
}

/* ---- answers ---- */

/** Forget an answer. All zero is an empty one. */
static inline void mta_answer_done(struct mta_answer *a)
{
    for (size_t i = 0; i <= MTA_EDITS; i++)
        free(a->packets[i]);
    memset(a, 0, sizeof *a);
}

/** Copy a packet's data into the answer. */
static inline assay_span mta_keep(struct mta_answer *a, size_t slot, assay_span data)
{
    char *copy = malloc(data.n + 1);

    if (!copy)
        return SPAN_EMPTY;
    memcpy(copy, data.p, data.n);
    free(a->packets[slot]);
    a->packets[slot] = copy;
    return (assay_span){copy, data.n};
}

/** Note an edit. \return false: it is none, or there are too many */
static inline bool mta_note(struct mta_answer *a, const struct milter_packet *packet)
{
    bool indexed = packet->command == MILTER_R_INSHEADER || packet->command == MILTER_R_CHGHEADER;
    struct mta_edit edit = {.what = packet->command, .name = SPAN_EMPTY, .value = SPAN_EMPTY};
    assay_span data;

    if (packet->command == '\0' || !strchr("+-2behimq", packet->command) ||
        a->nedits == MTA_EDITS || (indexed && packet->data.n < 4))
        return false;
    data = mta_keep(a, a->nedits, packet->data);
    if (indexed) {
        edit.index = mta_word(data);
        data = span_from(data, 4);
    }
    if (packet->command == MILTER_R_REPLBODY)
        edit.value = data;
    else if (!data.n || data.p[data.n - 1] != '\0' || !milter_text_cut(&data, &edit.name))
        return false; /* Postfix gives up on a text without an end */
    else
        milter_text_cut(&data, &edit.value);
    a->edits[a->nedits++] = edit;
    return true;
}

/** Wait for the final reply of a step. */
static inline char mta_reply(struct mta *m, char command, struct mta_answer *a)
{
    struct milter_packet packet;

    while (mta_receive(m, &packet)) {
        bool final = packet.command && strchr("acdfrst4", packet.command) != NULL;

        if ((final || packet.command == MILTER_R_PROGRESS) && packet.data.n)
            return 0; /* Postfix does not take data there */
        if (packet.command == MILTER_R_PROGRESS) {
            a->progress++;
            continue;
        }
        if (packet.command == MILTER_R_REPLYCODE)
            a->text = mta_keep(a, MTA_EDITS, milter_text(packet.data));
        if (packet.command == MILTER_R_SKIP)
            m->skipped = command;
        if (final || packet.command == MILTER_R_REPLYCODE)
            return a->reply = packet.command;
        if (command != MILTER_C_EOB || !mta_note(a, &packet))
            return 0;
    }
    return 0;
}

/* ---- steps ---- */

/** The value of a macro, or NULL. */
static inline const char *mta_value(const struct mta *m, assay_span name)
{
    static const struct mta_macro USUAL[] = {{"j", "mx.test.example"},
                                             {"daemon_name", "mx.test.example"},
                                             {"daemon_addr", "127.0.0.1"},
                                             {"v", "Postfix 3.7.11"},
                                             {"_", "mail.example.com [192.0.2.55]"},
                                             {"mail_mailer", "smtp"},
                                             {"rcpt_mailer", "smtp"},
                                             {NULL, NULL}};

    if (span_is(name, "i"))
        return m->has_id ? m->queue_id : NULL;
    if (m->address[0] && span_iends(name, SPAN("_addr")) && !span_is(name, "daemon_addr"))
        return m->address;
    if (m->address[0] && span_iends(name, SPAN("_host")))
        return strrchr(m->address, '@') ? strrchr(m->address, '@') + 1 : NULL;
    for (const struct mta_macro *k = m->macros; k && k->name; k++)
        if (span_is(name, k->name))
            return k->value;
    for (const struct mta_macro *k = USUAL; k->name; k++)
        if (span_is(name, k->name))
            return k->value;
    return NULL;
}

/** Queue the macros of a stage; MILTER_STAGES: an empty list. */
static inline bool mta_send_macros(struct mta *m, char command, unsigned stage)
{
    struct buf data = buf_new(1 << 16);
    assay_span list = stage < MILTER_STAGES ? span_of(m->lists[stage]) : SPAN_EMPTY, name, bare;
    bool ok;

    buf_putc(&data, command);
    while (list.p && span_cut(&list, ' ', &name)) {
        bare = span_starts(name, SPAN("{")) ? span_first(span_from(name, 1), name.n - 2) : name;
        if (!bare.n || !mta_value(m, bare))
            continue;
        buf_put(&data, name);
        buf_putc(&data, '\0');
        buf_puts(&data, mta_value(m, bare));
        buf_putc(&data, '\0');
    }
    ok = mta_packet(m, MILTER_C_MACRO, buf_span(&data));
    buf_done(&data);
    return ok;
}

/** What a command's step is called in the negotiation. */
struct mta_step {
    char command;
    uint32_t no, nr; /**< bits of enum milter_step */
    unsigned stage;  /**< whose macros it is sent with */
};

/** The step of a command. */
static inline struct mta_step mta_step(char command)
{
    static const struct mta_step STEPS[] = {
        {MILTER_C_CONNECT, MILTER_P_NOCONNECT, MILTER_P_NR_CONN, MILTER_M_CONNECT},
        {MILTER_C_HELO, MILTER_P_NOHELO, MILTER_P_NR_HELO, MILTER_M_HELO},
        {MILTER_C_MAIL, MILTER_P_NOMAIL, MILTER_P_NR_MAIL, MILTER_M_MAIL},
        {MILTER_C_RCPT, MILTER_P_NORCPT, MILTER_P_NR_RCPT, MILTER_M_RCPT},
        {MILTER_C_DATA, MILTER_P_NODATA, MILTER_P_NR_DATA, MILTER_M_DATA},
        {MILTER_C_UNKNOWN, MILTER_P_NOUNKNOWN, MILTER_P_NR_UNKN, MILTER_STAGES},
        {MILTER_C_HEADER, MILTER_P_NOHDRS, MILTER_P_NR_HDR, MILTER_M_EOH},
        {MILTER_C_EOH, MILTER_P_NOEOH, MILTER_P_NR_EOH, MILTER_M_EOH},
        {MILTER_C_BODY, MILTER_P_NOBODY, MILTER_P_NR_BODY, MILTER_M_EOB},
        {MILTER_C_EOB, 0, 0, MILTER_M_EOB}};
    size_t i = 0;

    while (STEPS[i].command != command && STEPS[i].command != MILTER_C_EOB)
        i++;
    return STEPS[i];
}

/** One step, with its macros, as Postfix does it. */
static inline char mta_event(struct mta *m, char command, assay_span data, struct mta_answer *a)
{
    struct mta_step step = mta_step(command);
    bool content =
        command == MILTER_C_HEADER || command == MILTER_C_EOH || command == MILTER_C_BODY;

    if (m->skipped == command)
        return MILTER_R_CONTINUE;
    m->skipped = 0;
    if (content && (m->agreed.steps & step.no))
        return MILTER_R_CONTINUE;
    if (!mta_send_macros(m, command, step.stage))
        return 0;
    if (m->agreed.steps & step.no)
        return MILTER_R_CONTINUE;
    if (!mta_packet(m, command, data))
        return 0;
    return m->agreed.steps & step.nr ? (char)MILTER_R_CONTINUE : mta_reply(m, command, a);
}

/** A step whose answer is a letter and no more. */
static inline char mta_simple(struct mta *m, char command, assay_span data)
{
    struct mta_answer a = {0};
    char reply = mta_event(m, command, data, &a);

    mta_answer_done(&a);
    return reply;
}

/** CONNECT: a client on the network; address NULL: unknown, "/...": a UNIX socket. */
static inline char mta_client(struct mta *m, const char *hostname, const char *address)
{
    struct buf data = buf_new(4096);
    char reply;

    buf_puts(&data, hostname);
    buf_putc(&data, '\0');
    if (!address) {
        buf_putc(&data, 'U');
    } else {
        bool local = address[0] == '/';

        buf_putc(&data, (char)(local ? 'L' : strchr(address, ':') ? '6' : '4'));
        buf_put(&data, local ? SPAN("\0\0") : SPAN("\x9C\x40"));
        buf_puts(&data, address);
        buf_putc(&data, '\0');
    }
    reply = mta_simple(m, MILTER_C_CONNECT, buf_span(&data));
    buf_done(&data);
    return reply;
}

/** A step with one or two texts; the second may be NULL. */
static inline char mta_texts(struct mta *m, char command, const char *one, const char *two,
                             struct mta_answer *a)
{
    struct buf data = buf_new(1 << 16);
    char reply;

    buf_puts(&data, one);
    buf_putc(&data, '\0');
    if (two) {
        buf_puts(&data, two);
        buf_putc(&data, '\0');
    }
    reply = mta_event(m, command, buf_span(&data), a);
    buf_done(&data);
    return reply;
}

/** HELO or EHLO. */
static inline char mta_helo(struct mta *m, const char *name)
{
    struct mta_answer a = {0};
    char reply = mta_texts(m, MILTER_C_HELO, name, NULL, &a);

    mta_answer_done(&a);
    return reply;
}

/** Note whose macros come next. */
static inline void mta_note_address(struct mta *m, const char *path)
{
    size_t n = strlen(path);
    bool bracketed = n >= 2 && path[0] == '<' && path[n - 1] == '>';

    snprintf(m->address, sizeof m->address, "%.*s", (int)(bracketed ? n - 2 : n), path + bracketed);
}

/** MAIL; parameters may be NULL. */
static inline char mta_mail(struct mta *m, const char *from, const char *parameters,
                            struct mta_answer *a)
{
    m->has_id = false;
    m->skipped = 0;
    mta_note_address(m, from);
    return mta_texts(m, MILTER_C_MAIL, from, parameters, a);
}

/** RCPT. */
static inline char mta_rcpt(struct mta *m, const char *to, struct mta_answer *a)
{
    char reply;

    mta_note_address(m, to);
    reply = mta_texts(m, MILTER_C_RCPT, to, NULL, a);
    m->has_id = true;
    return reply;
}

/** A header field: name, and what follows the colon, lines ended by CRLF or LF. */
static inline char mta_header(struct mta *m, assay_span name, assay_span value,
                              struct mta_answer *a)
{
    struct buf data = buf_new(1 << 20);
    char reply;

    if (!(m->agreed.steps & MILTER_P_HDR_LEADSPC) && span_starts(value, SPAN(" ")))
        value = span_from(value, 1);
    buf_put(&data, name);
    buf_putc(&data, '\0');
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\r' || i + 1 == value.n || value.p[i + 1] != '\n')
            buf_putc(&data, value.p[i]);
    buf_putc(&data, '\0');
    reply = mta_event(m, MILTER_C_HEADER, buf_span(&data), a);
    buf_done(&data);
    return reply;
}

/** Cut a field off a header, folded lines included. \return false: the empty line, or nothing */
static inline bool mta_cut_field(assay_span *rest, assay_span *name, assay_span *value)
{
    size_t n = 0, colon;

    if (!rest->n || rest->p[0] == '\r' || rest->p[0] == '\n')
        return false;
    do
        n += span_find(span_from(*rest, n), '\n') + 1;
    while (n < rest->n && ascii_wsp(rest->p[n]));
    colon = span_find(span_first(*rest, n), ':');
    *name = span_first(*rest, colon);
    *value = span_from(span_first(*rest, n), colon + 1);
    while (value->n && (value->p[value->n - 1] == '\n' || value->p[value->n - 1] == '\r'))
        value->n--;
    *rest = span_from(*rest, n);
    return true;
}

/** The message's text: fields, end of header, chunks. \return the first reply that is not 'c' */
static inline char mta_content(struct mta *m, assay_span rest, struct mta_answer *a)
{
    assay_span name, value;
    char reply = MILTER_R_CONTINUE;

    while (reply == MILTER_R_CONTINUE && mta_cut_field(&rest, &name, &value))
        if ((reply = mta_header(m, name, value, a)) == MILTER_R_SKIP)
            reply = MILTER_R_CONTINUE;
    if (reply == MILTER_R_CONTINUE)
        reply = mta_event(m, MILTER_C_EOH, SPAN_EMPTY, a);
    if (rest.n) /* the empty line */
        rest = span_from(rest, span_find(rest, '\n') + 1);
    for (; reply == MILTER_R_CONTINUE && rest.n; rest = span_from(rest, MILTER_CHUNK))
        if ((reply = mta_event(m, MILTER_C_BODY, span_first(rest, MILTER_CHUNK), a)) ==
            MILTER_R_SKIP)
            reply = MILTER_R_CONTINUE;
    return reply;
}

/** ABORT. */
static inline bool mta_abort(struct mta *m)
{
    m->skipped = 0;
    m->has_id = false;
    return mta_packet(m, MILTER_C_ABORT, SPAN_EMPTY) && mta_flush(m);
}

/** MAIL to DATA. \return the reply that ends the message, or 'c' */
static inline char mta_envelope(struct mta *m, const struct mta_mail *mail, struct mta_answer *a)
{
    char reply = mta_mail(m, mail->from, mail->parameters, a), one;
    bool taken = false;

    for (const char *const *to = mail->rcpts; reply == MILTER_R_CONTINUE && *to; to++) {
        if (!(one = mta_rcpt(m, *to, a)) || one == MILTER_R_ACCEPT || one == MILTER_R_DISCARD)
            return one;
        taken |= one == MILTER_R_CONTINUE;
        if (!taken && !to[1])
            return one; /* no recipient is left */
    }
    return reply == MILTER_R_CONTINUE ? mta_event(m, MILTER_C_DATA, SPAN_EMPTY, a) : reply;
}

/**
 * A whole message, and the ABORT behind it.
 *
 * \param a  emptied first; for mta_answer_done()
 * \return what became of it: a->reply; 'c' and 'a': accepted
 */
static inline char mta_message(struct mta *m, const struct mta_mail *mail, struct mta_answer *a)
{
    char reply;

    mta_answer_done(a);
    reply = mta_envelope(m, mail, a);
    if (reply == MILTER_R_CONTINUE)
        reply = mta_content(m, mail->message, a);
    if (reply == MILTER_R_CONTINUE)
        reply = mta_event(m, MILTER_C_EOB, SPAN_EMPTY, a);
    a->reply = reply;
    if (reply)
        mta_abort(m);
    return reply;
}

/** ABORT, QUIT, and hang up. */
static inline void mta_quit(struct mta *m)
{
    if (m->fd >= 0) {
        mta_packet(m, MILTER_C_ABORT, SPAN_EMPTY);
        mta_packet(m, MILTER_C_QUIT, SPAN_EMPTY);
        mta_flush(m);
    }
    mta_close(m);
}

#endif
