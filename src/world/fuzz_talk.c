/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_talk.c An SMTP server that says any octets, in pieces of any size: the talk ends once, within its
 * limits, and whatever it says of itself can be written into a probe.
 */
#include "world/talk.c" /* its functions behind the socket */

#include "base/arena.h"
#include "base/fuzz_must.h"
#include "probe/probe.h"
#include "world/sight.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(void *arg)
{
    (void)arg;
}

/** What probe.c would write of it is read back. */
static void check(const struct talk *t)
{
    static const char *const FORMATS[] = {
        [TALK_GREETING] = "%s\n", [TALK_FAILED] = "starttls = yes\ntls = FAILED %s\n"};
    struct arena a = {0};
    struct probe p;
    assay_span where;
    const char *why;
    char text[TALK_WORDS + 60];

    for (const char *c = t->words; *c; c++)
        must(*c >= ' ' && *c <= '~');
    must(t->how != TALK_NO_TLS || (t->code >= 200 && t->code <= 599));
    if (t->how != TALK_GREETING && t->how != TALK_FAILED)
        return;
    snprintf(text, sizeof text, FORMATS[t->how], t->words);
    must(probe_read(&a, span_of(text), &p, &where, &why) == ASSAY_DONE);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event_base *loop;
    static SSL_CTX *context;
    struct talk *t = calloc(1, sizeof *t);
    size_t piece = size ? 1 + data[0] : 1;
    int pair[2];

    if (!loop) {
        loop = event_base_new();
        context = sight_context_new(SIGHT_BEST);
    }
    must(t && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    t->o = (struct talk_options){.loop = loop,
                                 .sni = "mx.example",
                                 .helo = "client.example",
                                 .context = context,
                                 .done = nothing};
    t->fd = pair[0];
    t->out = buf_new(OUT_MOST);
    t->stage = GREETING;
    evtimer_assign(&t->timer, loop, late, t);
    event_assign(&t->io, loop, t->fd, EV_READ, ready, t);
    for (size_t at = 1; at < size && !t->ended; at += piece)
        take(t, span_first((assay_span){(const char *)data + at, size - at}, piece));
    if (!t->ended)
        over(t, 0);
    must(t->ended);
    must(t->line_n <= LIMIT_PROBE_LINE && t->lines <= LIMIT_PROBE_LINES + 1);
    check(t);
    talk_free(t);
    close(pair[1]);
    return 0;
}
