/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/fetch_url.h"

#include "base/limits.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

/**
 * The last label begins with a digit, as no top-level domain does (RFC 3696 2): some read such a host
 * as an address, be it 127.1 or 0x7f000001.
 */
static bool ends_in_number(assay_span host)
{
    return ascii_digit(dns_last_labels(host, 1).p[0]);
}

/** A piece of the URL; NULL: it has none. */
static char *part(CURLU *parts, CURLUPart which)
{
    char *text = NULL;

    return curl_url_get(parts, which, &text, 0) == CURLUE_OK ? text : NULL;
}

/** The host is a name of the DNS. */
static assay_status read_host(CURLU *parts, struct dns_name *ret, const char **ret_why)
{
    char *text = part(parts, CURLUPART_HOST);
    assay_span host = span_of(text);
    struct dns_name name;
    bool ok = true;

    *ret_why = "the host of the URL is not the name of a host";
    for (size_t i = 0; i < host.n; i++)
        ok = ok &&
             (ascii_alnum(host.p[i]) || host.p[i] == '-' || host.p[i] == '.' || host.p[i] == '_');
    ok = ok && host.n && dns_name_read(host, &name) && name.n;
    curl_free(text);
    if (!ok)
        return ASSAY_EINVAL;
    *ret_why = "the host of the URL is an address, not a name";
    if (ends_in_number(dns_name_span(&name)))
        return ASSAY_EINVAL;
    *ret = name;
    return ASSAY_DONE;
}

/** The port: 443, or 80, but for laboratories. */
static assay_status read_port(CURLU *parts, const struct web *web, bool clear, unsigned *ret,
                              const char **ret_why)
{
    unsigned usual = clear ? HTTP_PORT : HTTPS_PORT;
    char *text = part(parts, CURLUPART_PORT);
    uint64_t port = web->https_port && !clear ? web->https_port : usual;
    bool ok = !text || number_read(span_of(text), UINT16_MAX, &port);

    curl_free(text);
    *ret_why = "the URL names a port other than that of its scheme";
    if (!ok || !port || (text && port != usual && !web->allow_private))
        return ASSAY_EINVAL;
    *ret = (unsigned)port;
    return ASSAY_DONE;
}

/** The scheme is https, or http where that does no harm; there is no user. */
static bool read_scheme(CURLU *parts, bool *ret_clear)
{
    char *scheme = part(parts, CURLUPART_SCHEME), *user = part(parts, CURLUPART_USER),
         *password = part(parts, CURLUPART_PASSWORD), *path = part(parts, CURLUPART_PATH);
    bool clear = span_is(span_of(scheme), "http") && span_iends(span_of(path), SPAN(".crl")),
         good = (clear || span_is(span_of(scheme), "https")) && !user && !password;

    curl_free(scheme);
    curl_free(user);
    curl_free(password);
    curl_free(path);
    *ret_clear = clear;
    return good;
}

/** Write host and port back, so that libcurl connects to what was looked at. */
static bool pin(const struct fetch_url *u)
{
    char host[DNS_NAME_TEXT + 1], port[NUMBER_DIGITS + 1];

    snprintf(host, sizeof host, "%.*s", SPAN_ARG(dns_name_span(&u->host)));
    snprintf(port, sizeof port, "%u", u->port);
    return curl_url_set(u->parts, CURLUPART_HOST, host, 0) == CURLUE_OK &&
           curl_url_set(u->parts, CURLUPART_PORT, port, 0) == CURLUE_OK;
}

assay_status fetch_url_read(assay_span text, const struct web *web, struct fetch_url *ret,
                            const char **ret_why)
{
    struct fetch_url u = {.parts = NULL};
    assay_status s = ASSAY_EINVAL;
    char *copy;
    CURLUcode code;

    *ret_why = "the URL is too long, or has octets that no URL has";
    if (text.n > LIMIT_URL || !span_printable(text))
        return ASSAY_EINVAL;
    copy = malloc(text.n + 1);
    u.parts = curl_url();
    if (!copy || !u.parts) {
        free(copy);
        curl_url_cleanup(u.parts);
        return ASSAY_ENOMEM;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    code = curl_url_set(u.parts, CURLUPART_URL, copy, 0);
    free(copy);
    *ret_why = "the URL is not valid, or not one of https, or has a user";
    if (code == CURLUE_OUT_OF_MEMORY)
        s = ASSAY_ENOMEM;
    else if (code == CURLUE_OK && read_scheme(u.parts, &u.clear) &&
             (s = read_host(u.parts, &u.host, ret_why)) == ASSAY_DONE &&
             (s = read_port(u.parts, web, u.clear, &u.port, ret_why)) == ASSAY_DONE && !pin(&u))
        s = ASSAY_ENOMEM;
    if (s == ASSAY_DONE)
        *ret = u;
    else
        curl_url_cleanup(u.parts);
    return s;
}

void fetch_url_done(struct fetch_url *u)
{
    curl_url_cleanup(u->parts);
    u->parts = NULL;
}
