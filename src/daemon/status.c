/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/status.h"

#include "base/json.h"
#include "base/time.h"
#include "daemon/why.h"
#include "store/store.h"
#include "world/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/** Write a point in time. */
static void put_time(struct json *j, const char *key, int64_t when)
{
    char text[TIME_TEXT];

    json_text(j, key, time_text(when, text));
}

/** Write the processes. */
static void put_processes(struct json *j, const struct front_facts *f)
{
    json_object(j, "processes");
    json_number(j, "master", getppid());
    json_number(j, "front", getpid());
    json_number(j, "keys", f->keys);
    json_number(j, "threads", f->threads);
    json_end(j);
}

/** Write where connections come in. */
static void put_listeners(struct json *j, const struct config *c)
{
    static const char *const DIRECTIONS[] = {
        [DIRECTION_AUTO] = "auto", [DIRECTION_IN] = "in", [DIRECTION_OUT] = "out"};

    json_array(j, "listeners");
    for (size_t i = 0; i < c->nlisteners; i++) {
        const struct config_listener *l = &c->listeners[i];

        json_object(j, NULL);
        json_text(j, "kind", span_of(l->kind));
        json_text(j, "name", span_of(l->name));
        json_text(j, "address", span_of(l->address));
        if (strcmp(l->kind, "milter") == 0)
            json_text(j, "direction", span_of(DIRECTIONS[l->direction]));
        if (l->protocol && l->open)
            json_number(j, "connections", atomic_load(l->open));
        json_end(j);
    }
    json_end(j);
}

/** Write what became of messages. */
static void put_messages(struct json *j, const struct front *f)
{
    static const struct {
        const char *name;
        enum metric metric;
    } ROWS[] = {
        {"in", METRIC_MESSAGES_IN},
        {"out", METRIC_MESSAGES_OUT},
        {"accept", METRIC_WHAT_ACCEPT},
        {"tag", METRIC_WHAT_TAG},
        {"quarantine", METRIC_WHAT_QUARANTINE},
        {"reject", METRIC_WHAT_REJECT},
        {"discard", METRIC_WHAT_DISCARD},
        {"defer", METRIC_WHAT_DEFER},
    };

    json_object(j, "messages");
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        json_number(j, ROWS[i].name, front_count(f, ROWS[i].metric));
    json_number(j, "no_verdict",
                front_count(f, METRIC_NO_VERDICT_FAILURE) +
                    front_count(f, METRIC_NO_VERDICT_LIMIT));
    json_end(j);
}

/** Write how the store is. */
static void put_store(struct json *j, const struct front *f, const struct config *c)
{
    struct store *store = front_store(f);
    struct store_stats s;

    if (!store) {
        json_null(j, "store");
        return;
    }
    store_stats(store, &s);
    json_object(j, "store");
    json_text(j, "path", span_of(c->store));
    json_number(j, "kept", (int64_t)(s.written + s.waiting));
    json_number(j, "waiting", (int64_t)s.waiting);
    json_number(j, "spilled", (int64_t)s.spilled);
    json_number(j, "lost", (int64_t)s.lost);
    json_text(j, "error", span_of(s.database_why[0] ? s.database_why : s.spill_why));
    json_end(j);
}

/** Write how the DNS answers. */
static void put_dns(struct json *j, const struct front *f)
{
    struct world_stats s;

    front_world_stats(f, &s);
    json_object(j, "dns");
    json_number(j, "hits", (int64_t)s.hits);
    json_number(j, "misses", (int64_t)s.misses);
    json_number(j, "queries", (int64_t)s.flights);
    json_number(j, "timeouts", (int64_t)s.timeouts);
    json_number(j, "servfail", (int64_t)s.landed[ASSAY_SERVFAIL]);
    json_number(j, "cache_bytes", (int64_t)s.cache_bytes);
    json_end(j);
}

/** Write one key, and what it did last. */
static void put_key(struct json *j, const struct keyproc_item *item, const struct why_key *key)
{
    json_object(j, NULL);
    json_text(j, "name", span_of(item->name));
    json_text(j, "algorithm", item->ed25519 ? SPAN("ed25519-sha256") : SPAN("rsa-sha256"));
    if (key->known) {
        json_object(j, "last");
        put_time(j, "time", key->time);
        json_text(j, "result", span_of(key->result));
        json_text(j, "reason", span_of(key->reason));
        json_end(j);
    } else {
        json_null(j, "last");
    }
    json_end(j);
}

/** Look what the keys did last, in the messages of all workers. */
static void look_at_keys(const struct front *f, const struct keyproc_item *const *items,
                         struct why_key *keys, size_t n)
{
    const struct worker *w;

    for (size_t i = 0; i < n; i++)
        snprintf(keys[i].name, sizeof keys[i].name, "%s", items[i]->name);
    for (unsigned i = 0; (w = front_worker(f, i)); i++)
        why_keys(w->why, keys, n);
}

/** Write the keys. */
static void put_keys(struct json *j, const struct front *f, const struct keyproc_plan *plan)
{
    const struct keyproc_item *items[STATUS_KEYS];
    struct why_key *keys = calloc(STATUS_KEYS, sizeof *keys);
    size_t n = 0, all = 0;

    if (!keys)
        j->out->status = ASSAY_ENOMEM;
    for (size_t i = 0; keys && i < plan->n; i++) {
        if (plan->items[i].secret)
            continue;
        if (all++ < STATUS_KEYS)
            items[n++] = &plan->items[i];
    }
    if (keys)
        look_at_keys(f, items, keys, n);
    json_array(j, "keys");
    for (size_t i = 0; i < n; i++)
        put_key(j, items[i], &keys[i]);
    json_end(j);
    json_number(j, "keys_left_out", (int64_t)(all - n));
    free(keys);
}

/** Write what the last reload came to. */
static void put_reload(struct json *j, const struct front_facts *f)
{
    if (!f->reloaded) {
        json_null(j, "reload");
        return;
    }
    json_object(j, "reload");
    put_time(j, "time", f->reloaded);
    json_text(j, "result", f->complaints[0] ? SPAN("refused") : SPAN("taken"));
    json_text(j, "complaints", span_of(f->complaints));
    json_end(j);
}

void status_write(struct worker *w, struct buf *out)
{
    struct json j = json_new(out);
    char why[FRONT_WHY];
    struct front_facts f;

    front_facts(w->front, &f);
    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "assay", span_of(assay_version()));
    put_time(&j, "started", f.started);
    json_number(&j, "uptime", (int64_t)time(NULL) - f.started);
    json_text(&j, "not_ready", front_is_ready(w->front, why) ? SPAN_EMPTY : span_of(why));
    put_processes(&j, &f);
    put_listeners(&j, w->config);
    put_messages(&j, w->front);
    put_store(&j, w->front, w->config);
    put_dns(&j, w->front);
    put_keys(&j, w->front, &w->config->keys);
    put_reload(&j, &f);
    json_end(&j);
    buf_putc(out, '\n');
}
