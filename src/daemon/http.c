/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/http.h"

#include "daemon/front.h"
#include "daemon/worker.h"
#include "store/store.h"
#include "world/pool.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

enum { METRICS_MAX = 1 << 20, CONNECTIONS = 64, TIMEOUT_S = 10 };

struct http {
    struct MHD_Daemon *daemon;
    struct front *front;
};

/* ---- what is shown ---- */

/** One figure with its help. */
static void figure(struct buf *out, const char *name, const char *type, const char *help,
                   uint64_t n)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
               (unsigned long long)n);
}

/** How long answers of the DNS took, as a histogram. */
static void latency(struct buf *out, const struct world_stats *s)
{
    uint64_t sum = 0;

    buf_puts(out, "# HELP assay_dns_latency_seconds from the question to the resolver's answer\n"
                  "# TYPE assay_dns_latency_seconds histogram\n");
    for (size_t i = 0; i < WORLD_BUCKETS; i++) {
        sum += s->latency[i];
        if (i + 1 < WORLD_BUCKETS)
            buf_printf(out, "assay_dns_latency_seconds_bucket{le=\"%g\"} %llu\n",
                       WORLD_BUCKET_US[i] / 1e6, (unsigned long long)sum);
        else
            buf_printf(out, "assay_dns_latency_seconds_bucket{le=\"+Inf\"} %llu\n",
                       (unsigned long long)sum);
    }
    buf_printf(out, "assay_dns_latency_seconds_sum %g\nassay_dns_latency_seconds_count %llu\n",
               (double)s->latency_us / 1e6, (unsigned long long)sum);
}

/** The world's figures. */
static void world(struct buf *out, const struct world_stats *s)
{
    figure(out, "assay_dns_hits_total", "counter", "questions answered from memory", s->hits);
    figure(out, "assay_dns_negative_hits_total", "counter",
           "of these: that there is no such name or record", s->negative);
    figure(out, "assay_dns_misses_total", "counter", "questions not answered from memory",
           s->misses);
    figure(out, "assay_dns_joined_total", "counter",
           "of these: under way already for somebody else", s->joined);
    figure(out, "assay_dns_flights_total", "counter", "questions sent to the resolver", s->flights);
    figure(out, "assay_dns_open", "gauge", "questions on their way", s->open);
    figure(out, "assay_dns_timeouts_total", "counter", "who waited in vain", s->timeouts);
    figure(out, "assay_dns_servfail_total", "counter", "answers SERVFAIL",
           s->landed[ASSAY_SERVFAIL]);
    figure(out, "assay_dns_bogus_total", "counter", "answers that failed DNSSEC validation",
           s->landed[ASSAY_BOGUS]);
    figure(out, "assay_dns_cache_bytes", "gauge", "octets of the answer cache", s->cache_bytes);
    latency(out, s);
}

/** The store's figures. */
static void store(struct buf *out, struct store *store)
{
    struct store_stats s;

    if (!store)
        return;
    store_stats(store, &s);
    figure(out, "assay_store_moved_total", "counter", "rows in the database", s.moved);
    figure(out, "assay_store_waiting", "gauge", "rows that wait in memory", s.waiting);
    figure(out, "assay_store_spill_bytes", "gauge", "octets not in the database yet", s.spilled);
    figure(out, "assay_store_delays_total", "counter", "times the database could not be written",
           s.delays);
}

void http_metrics(struct front *f, struct buf *out)
{
    struct world_stats s;

    front_metrics(f, out);
    front_world_stats(f, &s);
    world(out, &s);
    store(out, front_store(f));
}

/* ---- HTTP ---- */

/** Answer with text. */
static enum MHD_Result reply(struct MHD_Connection *c, unsigned code, struct buf *text,
                             const char *type)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(text->n, text->n ? text->p : (char[]){""},
                                        MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    buf_done(text);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    result = MHD_queue_response(c, code, r);
    MHD_destroy_response(r);
    return result;
}

/** One request. */
static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_n, void **state)
{
    struct http *h = arg;
    struct buf out = buf_new(METRICS_MAX);

    (void)version;
    (void)upload;
    (void)upload_n;
    (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        buf_puts(&out, "only GET\n");
        return reply(c, MHD_HTTP_METHOD_NOT_ALLOWED, &out, "text/plain");
    }
    if (strcmp(url, "/metrics") == 0) {
        http_metrics(h->front, &out);
        return reply(c, MHD_HTTP_OK, &out, "text/plain; version=0.0.4; charset=utf-8");
    }
    if (strcmp(url, "/healthz") == 0 || strcmp(url, "/readyz") == 0) {
        const char *why = url[1] == 'r' ? front_not_ready(h->front) : NULL;

        buf_printf(&out, "%s\n", why ? why : "ok");
        return reply(c, why ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, &out, "text/plain");
    }
    buf_puts(&out, "/metrics /healthz /readyz\n");
    return reply(c, MHD_HTTP_NOT_FOUND, &out, "text/plain");
}

struct http *http_start(struct front *f, int fd)
{
    struct http *h = calloc(1, sizeof *h);
    int own = dup(fd); /* the library closes what it is given */

    if (h)
        h->front = f;
    if (h && own >= 0)
        h->daemon =
            MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                             answer, h, MHD_OPTION_LISTEN_SOCKET, own, MHD_OPTION_CONNECTION_LIMIT,
                             (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                             (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (h && h->daemon)
        return h;
    if (own >= 0)
        close(own);
    free(h);
    return NULL;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    MHD_stop_daemon(h->daemon);
    free(h);
}
