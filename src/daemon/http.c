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

/** How long answers of the DNS took, as a histogram. */
static void latency(struct buf *out, const struct world_stats *s)
{
    uint64_t sum = 0;

    buf_puts(out, "# HELP " WORLD_LATENCY " from the question to the resolver's answer\n"
                  "# TYPE " WORLD_LATENCY " histogram\n");
    for (size_t i = 0; i < WORLD_BUCKETS; i++) {
        sum += s->latency[i];
        if (i + 1 < WORLD_BUCKETS)
            buf_printf(out, WORLD_LATENCY "_bucket{le=\"%g\"} %llu\n", WORLD_BUCKET_US[i] / 1e6,
                       (unsigned long long)sum);
        else
            buf_printf(out, WORLD_LATENCY "_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
    }
    buf_printf(out, WORLD_LATENCY "_sum %g\n" WORLD_LATENCY "_count %llu\n",
               (double)s->latency_us / 1e6, (unsigned long long)sum);
}

#define FIGURE(name, type, help, value) \
    metrics_figure(out, &last, name, #type, help, (long long)(value));

/** The world's figures. */
static void world(struct buf *out, const struct world_stats *s)
{
    assay_span last = SPAN_EMPTY;

    WORLD_FIGURES(FIGURE)
    latency(out, s);
}

/** The store's figures. */
static void store(struct buf *out, struct store *store)
{
    struct store_stats stats, *s = &stats;
    assay_span last = SPAN_EMPTY;

    if (!store)
        return;
    store_stats(store, s);
    STORE_FIGURES(FIGURE)
}

/** What state the front is in. */
static void state(struct buf *out, const struct front_state *s)
{
    assay_span last = SPAN_EMPTY;

    FRONT_FIGURES(FIGURE)
}

void http_metrics(struct front *f, struct buf *out)
{
    struct front_state now;
    struct world_stats s;

    front_metrics(f, out);
    front_state(f, &now);
    state(out, &now);
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
        char why[FRONT_WHY];
        bool fine = (url[1] == 'r' ? front_is_ready : front_is_alive)(h->front, why);

        buf_printf(&out, "%s\n", fine ? "ok" : why);
        return reply(c, fine ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, &out, "text/plain");
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
    /* USE_ITC: else it is stopped by shutdown(2), and the socket is dead for who takes it over. */
    if (h && own >= 0)
        h->daemon =
            MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0,
                             NULL, NULL, answer, h, MHD_OPTION_LISTEN_SOCKET, own,
                             MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                             MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
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
