/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/fetch.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dns/name.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/fetch_url.h"
#include "world/host.h"
#include "world/leaf.h"
#include "world/quiet.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/** Octets of a media type that are kept. */
enum { MEDIA_TYPE = 128 };

/** One document on its way. */
struct get {
    TAILQ_ENTRY(get) link; /* of one of the fetcher's lists */
    struct gets *list;
    struct fetcher *fetcher;
    struct flight *flight;
    struct fetch_url url;
    struct host host;
    struct host_addresses addresses;
    CURL *easy; /* NULL: not begun */
    struct curl_slist *pins;
    CURLSH *pinned; /* where libcurl keeps them: with itself they would stay for good */
    struct buf body;
    size_t head_n;
    bool head_over;
    bool connected;
    struct leaf leaf;
    char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(gets, get);

struct fetcher {
    struct web *web;
    CURLM *multi; /* NULL: not made yet, or given up */
    struct curl_slist *headers;
    struct gets asking, ready, running; /* for addresses, in line, with libcurl */
    size_t nrunning, n;
    struct event timer;
    bool serving;
    bool broken; /* libcurl asked for what memory did not allow */
};

/* ---- gets ---- */

/** Put a document into another list. */
static void move(struct get *g, struct gets *list)
{
    if (g->list)
        TAILQ_REMOVE(g->list, g, link);
    g->fetcher->nrunning -= g->list == &g->fetcher->running;
    g->list = list;
    g->fetcher->nrunning += list == &g->fetcher->running;
    TAILQ_INSERT_TAIL(list, g, link);
}

/** Free a document, wherever it is. */
static void free_get(struct get *g)
{
    struct fetcher *f = g->fetcher;
    struct quiet quiet = quiet_begin();

    if (g->easy) {
        curl_multi_remove_handle(f->multi, g->easy);
        curl_easy_cleanup(g->easy);
    }
    curl_share_cleanup(g->pinned);
    quiet_end(&quiet);
    if (g->list) {
        f->nrunning -= g->list == &f->running;
        TAILQ_REMOVE(g->list, g, link);
        f->n--;
    }
    curl_slist_free_all(g->pins);
    host_forget(&g->host);
    fetch_url_done(&g->url);
    buf_done(&g->body);
    free(g);
}

/** The answer is there. \param fact  taken over; NULL: memory is out */
static void land(struct get *g, assay_fact *fact)
{
    struct flight *flight = g->flight;

    free_get(g);
    flight_land(flight, fact);
}

/** No document came. */
#define FAIL(g, how, ...) land((g), failure_new(ASSAY_GET, 0, (how), __VA_ARGS__))

/* ---- what libcurl calls ---- */

/** A piece of the body. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct get *g = arg;

    buf_put(&g->body, (assay_span){p, size * n});
    return g->body.status == ASSAY_DONE ? size * n : 0;
}

/** A line of the header. */
static size_t on_head(char *p, size_t size, size_t n, void *arg)
{
    struct get *g = arg;

    (void)p;
    g->head_n += size * n;
    g->head_over = g->head_n > LIMIT_FETCH_HEAD;
    return g->head_over ? 0 : size * n;
}

/** Judge the server's chain. */
static int verify(X509_STORE_CTX *x, void *arg)
{
    struct get *g = arg;

    return leaf_verify(x, dns_name_span(&g->url.host), &g->leaf);
}

/** Set the TLS side of one connection up. */
static CURLcode on_tls(CURL *easy, void *context, void *arg)
{
    struct get *g = arg;

    (void)easy;
    g->connected = true;
    SSL_CTX_set1_cert_store(context, g->fetcher->web->roots.store);
    SSL_CTX_set_cert_verify_callback(context, verify, g);
    return CURLE_OK;
}

static void on_event(evutil_socket_t fd, short what, void *arg);

/** libcurl wants to know of a socket, or no more. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct fetcher *f = arg;
    struct event *event = socket_arg;
    short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

    (void)easy;
    if (event)
        event_free(event);
    event = what == CURL_POLL_REMOVE ? NULL : event_new(f->web->loop, fd, events, on_event, f);
    f->broken |= what != CURL_POLL_REMOVE && (!event || event_add(event, NULL) != 0);
    f->broken |= curl_multi_assign(f->multi, fd, event) != CURLM_OK && what != CURL_POLL_REMOVE;
    return 0;
}

/** libcurl wants to be called in so many milliseconds; -1: no more. */
static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct fetcher *f = arg;
    struct timeval wait = world_wait(ms > 0 ? (unsigned)ms : 0);

    (void)multi;
    if (ms < 0)
        evtimer_del(&f->timer);
    else
        f->broken |= evtimer_add(&f->timer, &wait) != 0;
    return 0;
}

/* ---- the end of one ---- */

/** Content-Type without parameters, lower-case; printable. */
static assay_span media_type(CURL *easy, char out[MEDIA_TYPE])
{
    const char *text = NULL;
    assay_span s;

    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &text);
    s = span_of(text);
    s = span_trim(span_first(s, span_find(s, ';')));
    if (s.n > MEDIA_TYPE || !span_printable(s))
        return SPAN_EMPTY;
    for (size_t i = 0; i < s.n; i++)
        out[i] = ascii_lower(s.p[i]);
    return (assay_span){out, s.n};
}

/** A document came, of whatever status. */
static assay_fact *document(const struct get *g)
{
    char type[MEDIA_TYPE];
    assay_span body = buf_span(&g->body);
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = ASSAY_UNKNOWN,
                             .ttl = WEB_TTL,
                             .data = &body,
                             .n = 1,
                             .media_type = media_type(g->easy, type),
                             .until = g->leaf.until};
    assay_fact *fact;
    long http = 0;

    curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &http);
    a.http = (int)http;
    return assay_fact_new(ASSAY_GET, 0, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

/** What libcurl says, without the codes that OpenSSL puts in front. */
static const char *words_of(const struct get *g, CURLcode code)
{
    const char *words = *g->error ? g->error : curl_easy_strerror(code), *behind;

    if (strstr(words, "SSL_ERROR_SYSCALL"))
        return "the server ended the connection"; /* libssl has no words for it */
    while ((behind = strstr(words, "::")))
        words = behind + 2;
    return words;
}

/** Nobody takes the connection. */
static void no_connection(struct get *g, CURLcode code)
{
    long number = 0;

    curl_easy_getinfo(g->easy, CURLINFO_OS_ERRNO, &number);
    if (number == ECONNREFUSED)
        FAIL(g, ASSAY_REFUSED, "the host refuses the connection on port %u", g->url.port);
    else
        FAIL(g, ASSAY_TIMEOUT, "no connection to port %u: %s", g->url.port,
             number ? strerror((int)number) : words_of(g, code));
}

/** Time is up. */
static void too_late(struct get *g)
{
    FAIL(g, ASSAY_TIMEOUT, "%s in time",
         g->url.clear     ? "the document did not come"
         : !g->connected  ? "no connection"
         : !g->leaf.until ? "the TLS handshake did not end"
                          : "the document did not come whole");
}

/** libcurl is done with a document. */
static void finish(struct get *g, CURLcode code)
{
    if (g->body.status == ASSAY_ENOMEM || code == CURLE_OUT_OF_MEMORY)
        land(g, NULL);
    else if (g->body.status != ASSAY_DONE || code == CURLE_FILESIZE_EXCEEDED)
        FAIL(g, ASSAY_TOOBIG, "the document is over %d octets", LIMIT_FETCH);
    else if (g->head_over)
        FAIL(g, ASSAY_SERVFAIL, "no document: the header of the answer is over %d octets",
             LIMIT_FETCH_HEAD);
    else if (code == CURLE_OK)
        land(g, document(g));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        too_late(g);
    else if (code == CURLE_COULDNT_CONNECT)
        no_connection(g, code);
    else if (*g->leaf.fault)
        FAIL(g, ASSAY_TLSERROR, "%s", g->leaf.fault);
    else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION)
        FAIL(g, ASSAY_TLSERROR, "handshake failed: %s", words_of(g, code));
    else
        FAIL(g, ASSAY_SERVFAIL, "no document: %s", words_of(g, code));
}

static void serve(struct fetcher *f);

/** Memory was out for libcurl's events: nothing that it has will ever end. */
static void give_all_up(struct fetcher *f)
{
    struct get *g;

    while ((g = TAILQ_FIRST(&f->running)))
        land(g, NULL);
    evtimer_del(&f->timer);
    curl_multi_cleanup(f->multi);
    f->multi = NULL;
    f->broken = false;
}

/** Take what libcurl is done with. */
static void take_ended(struct fetcher *f)
{
    CURLMsg *message;
    int left;

    while (f->multi && !f->broken && (message = curl_multi_info_read(f->multi, &left))) {
        CURLcode code = message->data.result; /* the message goes with its handle */
        char *private = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish((struct get *)(void *)private, code);
    }
    if (f->multi && f->broken)
        give_all_up(f);
    serve(f);
}

/** A socket of libcurl's is ready, or its timer is. */
static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct fetcher *f = arg;
    struct quiet quiet = quiet_begin();
    int still = 0,
        flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

    curl_multi_socket_action(f->multi, what & EV_TIMEOUT ? CURL_SOCKET_TIMEOUT : fd, flags, &still);
    quiet_end(&quiet);
    take_ended(f);
}

/* ---- the beginning of one ---- */

/** Set options; the first failure sticks. */
#define SET(ok, easy, option, value) \
    ((ok) = (ok) && curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

/** What every document has in common. */
static bool set_manners(CURL *easy)
{
    bool ok = true;

    SET(ok, easy, CURLOPT_NOSIGNAL, 1L);
    SET(ok, easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(ok, easy, CURLOPT_PROXY, "");
    SET(ok, easy, CURLOPT_NOPROXY, "*");
    SET(ok, easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(ok, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(ok, easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(ok, easy, CURLOPT_FORBID_REUSE, 1L);
    SET(ok, easy, CURLOPT_FRESH_CONNECT, 1L);
    SET(ok, easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(ok, easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(ok, easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    SET(ok, easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(ok, easy, CURLOPT_SSL_VERIFYHOST, 0L); /* libcurl would take a common name: see verify() */
    SET(ok, easy, CURLOPT_CAINFO, NULL);
    SET(ok, easy, CURLOPT_CAPATH, NULL);
    SET(ok, easy, CURLOPT_MAXFILESIZE, (long)LIMIT_FETCH);
    return ok;
}

/** What is of this one. */
static bool set_up(struct get *g, unsigned ms)
{
    CURL *easy = g->easy;
    char agent[40];
    bool ok = set_manners(easy);

    snprintf(agent, sizeof agent, "assay/%s", assay_version());
    SET(ok, easy, CURLOPT_USERAGENT, agent);
    SET(ok, easy, CURLOPT_PROTOCOLS_STR, g->url.clear ? "http" : "https");
    SET(ok, easy, CURLOPT_CURLU, g->url.parts);
    SET(ok, easy, CURLOPT_SHARE, g->pinned);
    SET(ok, easy, CURLOPT_RESOLVE, g->pins);
    SET(ok, easy, CURLOPT_HTTPHEADER, g->fetcher->headers);
    SET(ok, easy, CURLOPT_TIMEOUT_MS, (long)ms);
    SET(ok, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(ms < WEB_CONNECT_MS ? ms : WEB_CONNECT_MS));
    SET(ok, easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(ok, easy, CURLOPT_WRITEDATA, g);
    SET(ok, easy, CURLOPT_HEADERFUNCTION, on_head);
    SET(ok, easy, CURLOPT_HEADERDATA, g);
    SET(ok, easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(ok, easy, CURLOPT_SSL_CTX_DATA, g);
    SET(ok, easy, CURLOPT_ERRORBUFFER, g->error);
    SET(ok, easy, CURLOPT_PRIVATE, g);
    return ok;
}

/** "HOST:PORT:ADDR,[ADDR6],..." for CURLOPT_RESOLVE. */
static struct curl_slist *pins_of(const struct get *g)
{
    struct buf text = buf_new(DNS_NAME_TEXT + 16 + LIMIT_HOST_ADDRESSES * (IP_TEXT + 3));
    struct curl_slist *pins = NULL;

    buf_put(&text, dns_name_span(&g->url.host));
    buf_printf(&text, ":%u", g->url.port);
    for (size_t i = 0; i < g->addresses.n; i++) {
        const struct ip *ip = &g->addresses.at[i];
        char address[IP_TEXT];

        ip_text(ip, address);
        buf_printf(&text, ip->version == 4 ? "%c%s" : "%c[%s]", i ? ',' : ':', address);
    }
    buf_putc(&text, '\0');
    if (text.status == ASSAY_DONE)
        pins = curl_slist_append(NULL, text.p);
    buf_done(&text);
    return pins;
}

/** There is one multi for all documents. */
static bool have_multi(struct fetcher *f)
{
    if (f->multi)
        return true;
    if (!(f->multi = curl_multi_init()))
        return false;
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    return true;
}

/** Give a document to libcurl. \return false when memory is out */
static bool hand_over(struct get *g)
{
    struct fetcher *f = g->fetcher;
    CURL *easy = curl_easy_init();

    if (!easy)
        return false;
    g->easy = easy;
    g->pins = pins_of(g);
    if (g->pins && (g->pinned = curl_share_init()) &&
        curl_share_setopt(g->pinned, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
        set_up(g, web_left(f->web, g->flight)) && have_multi(f) &&
        curl_multi_add_handle(f->multi, easy) == CURLM_OK)
        return true;
    g->easy = NULL;
    curl_easy_cleanup(easy);
    return false;
}

/** Begin one that stood in line. */
static void begin(struct get *g)
{
    const char *why;

    if (!roots_store(&g->fetcher->web->roots, &why)) {
        FAIL(g, ASSAY_TIMEOUT, "not fetched: %s", why);
        return;
    }
    if (web_left(g->fetcher->web, g->flight) <= 1) {
        FAIL(g, ASSAY_TIMEOUT, "not fetched in time: it stood in line");
        return;
    }
    move(g, &g->fetcher->running);
    if (!hand_over(g))
        land(g, NULL);
}

/** Documents of one host that libcurl has. */
static unsigned of_host(const struct fetcher *f, const struct dns_name *host)
{
    const struct get *g;
    unsigned n = 0;

    TAILQ_FOREACH(g, &f->running, link)
    n += span_eq(dns_name_span(&g->url.host), dns_name_span(host));
    return n;
}

/** Begin as many of those in line as may be under way. */
static void serve(struct fetcher *f)
{
    struct get *g, *next;

    if (f->serving)
        return;
    f->serving = true;
    for (g = TAILQ_FIRST(&f->ready); g && f->nrunning < LIMIT_FETCHES; g = next) {
        next = TAILQ_NEXT(g, link);
        if (of_host(f, &g->url.host) < LIMIT_FETCHES_HOST)
            begin(g);
    }
    f->serving = false;
}

/** The addresses are known, or not. */
static void has_addresses(void *arg)
{
    struct get *g = arg;
    struct fetcher *f = g->fetcher;
    struct assay_question q = table_question(&g->flight->node);
    assay_fact *fact;

    if (host_addresses(&g->host, &q, f->web->allow_private, &g->addresses, &fact))
        move(g, &f->ready);
    else
        land(g, fact);
    serve(f);
}

/* ---- the transport ---- */

/** libcurl is set up once for the process, when it is needed first. */
static pthread_once_t curl_is_set_up = PTHREAD_ONCE_INIT;

/** Set it up. */
static void set_curl_up(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/** transport.start */
static assay_status start(void *self, struct flight *flight)
{
    struct fetcher *f = self;
    struct get *g = calloc(1, sizeof *g);
    const char *why = NULL;
    assay_status s;

    pthread_once(&curl_is_set_up, set_curl_up);
    if (!g)
        return ASSAY_ENOMEM;
    g->fetcher = f;
    g->flight = flight;
    g->body = buf_new(LIMIT_FETCH);
    s = fetch_url_read(flight->node.name, f->web, &g->url, &why);
    if (s == ASSAY_DONE)
        s = host_ask(&g->host, f->web->flights, dns_name_span(&g->url.host),
                     web_left(f->web, flight), has_addresses, g);
    if (s == ASSAY_EINVAL) {
        FAIL(g, ASSAY_TIMEOUT, "not fetched: %s", why);
        return ASSAY_DONE;
    }
    if (s != ASSAY_DONE) {
        free_get(g);
        return s;
    }
    flight->handle = g;
    f->n++;
    move(g, &f->asking);
    return ASSAY_DONE;
}

/** transport.cancel */
static void cancel(void *self, struct flight *flight)
{
    free_get(flight->handle);
    serve(self);
}

/** transport.free */
static void free_fetcher(void *self)
{
    struct fetcher *f = self;

    if (f->multi)
        curl_multi_cleanup(f->multi);
    evtimer_del(&f->timer);
    curl_slist_free_all(f->headers);
    free(f);
}

/** transport.stop */
static void stop(void *self)
{
    struct fetcher *f = self;
    struct get *g;

    f->serving = true; /* nothing begins any more */
    TAILQ_FOREACH(g, &f->asking, link)
    host_forget(&g->host);
}

const struct transport fetch_transport = {start, cancel, free_fetcher, stop};

void *fetch_new(struct web *web)
{
    struct fetcher *f = calloc(1, sizeof *f);

    if (!f || !(f->headers = curl_slist_append(NULL, "Accept-Encoding: identity"))) {
        free(f);
        return NULL;
    }
    f->web = web;
    TAILQ_INIT(&f->asking);
    TAILQ_INIT(&f->ready);
    TAILQ_INIT(&f->running);
    evtimer_assign(&f->timer, web->loop, on_event, f);
    return f;
}

size_t fetch_busy(const void *self)
{
    return ((const struct fetcher *)self)->n;
}
