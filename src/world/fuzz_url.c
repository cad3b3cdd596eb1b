/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_url.c Any octets as a URL: what is taken leads to the name of a host on a port that is
 * allowed, and libcurl reads the same out of it.
 */
#include "base/fuzz_must.h"
#include "base/ip.h"
#include "base/number.h"
#include "world/fetch_url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A piece of a URL is just this. */
static void must_have(CURLU *parts, CURLUPart which, assay_span want)
{
    char *text = NULL;

    must(curl_url_get(parts, which, &text, 0) == CURLUE_OK && span_eq(span_of(text), want));
    curl_free(text);
}

/** A URL that was taken holds what it must. */
static void check(const struct fetch_url *u, bool allow_private)
{
    char digits[NUMBER_DIGITS], *text = NULL;
    assay_span host = dns_name_span(&u->host);
    struct dns_name again;
    struct ip ip;

    must(host.n > 0 && !ip_read(host, &ip) && !ascii_digit(dns_last_labels(host, 1).p[0]));
    must(dns_name_read(host, &again) && span_eq(dns_name_span(&again), host));
    for (size_t i = 0; i < host.n; i++)
        must(ascii_alnum(host.p[i]) || host.p[i] == '-' || host.p[i] == '.' || host.p[i] == '_');
    must(u->port > 0 && u->port <= UINT16_MAX &&
         (allow_private || u->port == (u->clear ? 80 : 443)));
    must_have(u->parts, CURLUPART_SCHEME, u->clear ? SPAN("http") : SPAN("https"));
    if (u->clear) {
        must(curl_url_get(u->parts, CURLUPART_PATH, &text, 0) == CURLUE_OK);
        must(span_iends(span_of(text), SPAN(".crl")));
        curl_free(text);
        text = NULL;
    }
    must_have(u->parts, CURLUPART_HOST, host);
    must_have(u->parts, CURLUPART_PORT, number_text(u->port, digits));
    must(curl_url_get(u->parts, CURLUPART_USER, &text, 0) != CURLUE_OK);
    must(curl_url_get(u->parts, CURLUPART_PASSWORD, &text, 0) != CURLUE_OK);
    must(curl_url_get(u->parts, CURLUPART_URL, &text, 0) == CURLUE_OK);
    for (const char *p = text; *p; p++)
        must((unsigned char)*p > ' ' && *p != 0x7F);
    curl_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct web web = {.allow_private = size && data[0] & 1};
    struct fetch_url u = {.parts = NULL};
    const char *why = NULL;
    assay_span text = span_from((assay_span){(const char *)data, size}, 1);

    if (fetch_url_read(text, &web, &u, &why) == ASSAY_DONE)
        check(&u, web.allow_private);
    else
        must(why && *why && !u.parts);
    fetch_url_done(&u);
    return 0;
}
