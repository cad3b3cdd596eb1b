/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_script.h A transport that does as the test says: at once, later, never, with no room,
 * without memory. Include it after cmocka.h.
 */
#ifndef WORLD_TEST_SCRIPT_H
#define WORLD_TEST_SCRIPT_H

#include "world/transport.h"

#include <string.h>

enum { HELD = 64 };

/** The transport and what it saw. */
struct script {
    bool at_once, no_memory;
    size_t room; /**< flights it takes at a time */
    size_t started, cancelled, held_n;
    struct flight *held[HELD]; /**< taken and open */
};

/** The answer of the script; NULL when memory is out. */
static assay_fact *an_answer(const struct flight *f)
{
    assay_span data = SPAN("\5hello");
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .ttl = 300, .data = &data, .n = 1};
    assay_fact *fact;

    return assay_fact_new(f->node.kind, f->node.rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

/** transport.start */
static assay_status script_start(void *self, struct flight *f)
{
    struct script *s = self;

    if (s->no_memory)
        return ASSAY_ENOMEM;
    if (s->held_n >= s->room)
        return ASSAY_NEED;
    s->started++;
    if (s->at_once)
        flight_land(f, an_answer(f));
    else
        s->held[s->held_n++] = f;
    return ASSAY_DONE;
}

/** transport.cancel */
static void script_cancel(void *self, struct flight *f)
{
    struct script *s = self;
    size_t i = 0;

    s->cancelled++;
    while (i < s->held_n && s->held[i] != f)
        i++;
    assert_true(i < s->held_n); /* cancelled once, and only what was taken */
    s->held[i] = s->held[--s->held_n];
}

/** transport.free */
static void script_free(void *self)
{
    assert_int_equal(((struct script *)self)->held_n, 0);
}

/** The transport; its self is a struct script. */
static const struct transport SCRIPT = {script_start, script_cancel, script_free, NULL};

/** The oldest flight it holds lands. */
static void land_one(struct script *s)
{
    struct flight *f = s->held[0];

    memmove(s->held, s->held + 1, --s->held_n * sizeof(*s->held));
    flight_land(f, an_answer(f));
}

#endif
