/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#ifndef BENCH_PEERS

#include <stdio.h>

void bench_other(void)
{
    puts("# the peers are not built in: ./dev bench --peers");
}

#else

#include "world.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <opendkim/dkim.h>
#include <spf2/spf.h>
#include <spf2/spf_dns_zone.h>

#include <stdio.h>

/* ---- libopendkim ---- */

/** A verification by libopendkim: the message is parsed by the caller, as its milter does. */
struct opendkim {
    DKIM_LIB *lib;
    assay_span message;
};

static const char *opendkim_record;

/** Its question for a key, answered from memory. */
static DKIM_CBSTAT opendkim_key(DKIM *dkim, DKIM_SIGINFO *sig, unsigned char *buf, size_t n)
{
    (void)dkim;
    (void)sig;
    snprintf((char *)buf, n, "%s", opendkim_record);
    return DKIM_CBSTAT_CONTINUE;
}

/** Give it the header fields. */
static bool opendkim_header(DKIM *dkim, assay_span *rest)
{
    while (rest->n && rest->p[0] != '\r') {
        size_t n = 0;

        do
            n += span_find(span_from(*rest, n), '\n') + 1;
        while (n < rest->n && ascii_wsp(rest->p[n]));
        if (dkim_header(dkim, (unsigned char *)(uintptr_t)rest->p, n - 2) != DKIM_STAT_OK)
            return false;
        *rest = span_from(*rest, n);
    }
    *rest = span_from(*rest, 2);
    return true;
}

static bool opendkim_verify(void *arg)
{
    struct opendkim *o = arg;
    assay_span rest = o->message;
    DKIM_STAT s;
    DKIM *dkim = dkim_verify(o->lib, (const unsigned char *)"bench", NULL, &s);
    bool ok = dkim && opendkim_header(dkim, &rest) && dkim_eoh(dkim) == DKIM_STAT_OK &&
              dkim_body(dkim, (unsigned char *)(uintptr_t)rest.p, rest.n) == DKIM_STAT_OK &&
              dkim_eom(dkim, NULL) == DKIM_STAT_OK;

    dkim_free(dkim);
    return ok;
}

/** One line for libopendkim. */
static void bench_opendkim(const char *name, size_t size, unsigned times)
{
    uint64_t now = 1764000000;
    struct bench_key key;
    struct bench_least least;
    struct buf message;
    struct opendkim o = {dkim_init(NULL, NULL), SPAN_EMPTY};

    if (bench_skipped(name))
        return;
    bench_key_make(false, &key);
    bench_message_make(&key, false, size, 1, &message);
    bench_least_make(&key, false, buf_span(&message), 1, &least);
    buf_putc(&key.record, '\0');
    opendkim_record = key.record.p;
    o.message = buf_span(&message);
    dkim_set_key_lookup(o.lib, opendkim_key);
    dkim_options(o.lib, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &now, sizeof now);
    bench_pair(name, opendkim_verify, &o, bench_least_run, &least, times, BENCH_AT_LEAST, 0);
    dkim_close(o.lib);
}

/* ---- libspf2 ---- */

static bool spf2_check(void *server)
{
    SPF_request_t *request = SPF_request_new(server);
    SPF_response_t *response = NULL;
    bool ok;

    SPF_request_set_ipv4_str(request, "192.0.2.55");
    SPF_request_set_env_from(request, "billing@example.com");
    ok = SPF_request_query_mailfrom(request, &response) == SPF_E_SUCCESS &&
         SPF_response_result(response) == SPF_RESULT_PASS;
    SPF_response_free(response);
    SPF_request_free(request);
    return ok;
}

/** The record of spf.8lookups, in the memory of libspf2. */
static void spf2_fill(SPF_dns_server_t *zone)
{
    char name[32];
    struct buf text = buf_new(4096);

    SPF_dns_zone_add_str(
        zone, "example.com", ns_t_txt, NETDB_SUCCESS,
        "v=spf1 include:i1.example.net include:i2.example.net include:i3.example.net "
        "include:i4.example.net include:i5.example.net include:i6.example.net a:out.example.com mx "
        "-all");
    for (int i = 1; i <= 6; i++) {
        buf_clear(&text);
        buf_puts(&text, "v=spf1");
        for (int k = 0; k < (i == 6 ? 11 : 10); k++)
            buf_printf(&text, " ip4:198.%d.%d.0/24", 50 + i, k * 7);
        buf_puts(&text, " ~all");
        buf_putc(&text, '\0');
        snprintf(name, sizeof name, "i%d.example.net", i);
        SPF_dns_zone_add_str(zone, name, ns_t_txt, NETDB_SUCCESS, text.p);
    }
    SPF_dns_zone_add_str(zone, "out.example.com", ns_t_a, NETDB_SUCCESS, "203.0.113.1");
    SPF_dns_zone_add_str(zone, "example.com", ns_t_mx, NETDB_SUCCESS, "mx1.example.com");
    SPF_dns_zone_add_str(zone, "example.com", ns_t_mx, NETDB_SUCCESS, "mx2.example.com");
    SPF_dns_zone_add_str(zone, "mx1.example.com", ns_t_a, NETDB_SUCCESS, "203.0.113.2");
    SPF_dns_zone_add_str(zone, "mx2.example.com", ns_t_a, NETDB_SUCCESS, "192.0.2.55");
    buf_done(&text);
}

/** One line for libspf2. */
static void bench_spf2(void)
{
    const char *name = "spf.8lookups.libspf2";
    SPF_dns_server_t *zone;
    SPF_server_t *server;
    struct bench_key key;
    struct bench_least one;

    if (bench_skipped(name))
        return;
    bench_key_make(false, &key);
    bench_least_make(&key, false, SPAN_EMPTY, 1, &one);
    zone = SPF_dns_zone_new(NULL, "bench", 0);
    spf2_fill(zone);
    server = SPF_server_new_dns(zone, 0);
    SPF_server_set_rec_dom(server, "mx.example.net");
    bench_pair(name, spf2_check, server, bench_least_run, &one, 2000, BENCH_AT_MOST, 0);
    SPF_server_free(server);
}

void bench_other(void)
{
    bench_opendkim("dkim.verify.rsa2048.2k.libopendkim", 2048, 1000);
    bench_opendkim("dkim.verify.rsa2048.20k.libopendkim", 20480, 500);
    bench_opendkim("dkim.verify.rsa2048.1m.libopendkim", 1 << 20, 20);
    bench_spf2();
}

#endif
