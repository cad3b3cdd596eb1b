/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/resolv.h"

#include "base/ip.h"
#include "base/number.h"

#include <net/if.h>
#include <stdio.h>

enum { DNS_PORT = 53, CONF_MOST = 65536 };

/** The index of the interface that a scope names, by number or name; 0: none (RFC 4007 11.2). */
static unsigned scope_index(assay_span scope)
{
    char name[IF_NAMESIZE];
    uint64_t number;

    if (number_read(scope, UINT32_MAX, &number))
        return (unsigned)number;
    if (scope.n >= sizeof name || memchr(scope.p, '\0', scope.n))
        return 0;
    memcpy(name, scope.p, scope.n);
    name[scope.n] = '\0';
    return if_nametoindex(name);
}

/** Write one resolver as libunbound takes it. \param scope  0: none */
static void write_resolver(const struct ip *ip, unsigned scope, unsigned port,
                           char out[RESOLVER_TEXT])
{
    char text[IP_TEXT];

    ip_text(ip, text);
    if (scope)
        snprintf(out, RESOLVER_TEXT, "%s%%%u@%u", text, scope, port);
    else
        snprintf(out, RESOLVER_TEXT, "%s@%u", text, port);
}

/** Read `ADDR[%SCOPE][@PORT]`, the address in brackets or not. */
static bool read_resolver(assay_span text, char out[RESOLVER_TEXT])
{
    size_t at = span_rfind(text, '@');
    assay_span address = span_first(text, at), scope;
    uint64_t port = DNS_PORT;
    unsigned index = 0;
    struct ip ip;

    if (at < text.n && (!number_read(span_from(text, at + 1), UINT16_MAX, &port) || port == 0))
        return false;
    if (address.n > 2 && address.p[0] == '[' && address.p[address.n - 1] == ']')
        address = (assay_span){address.p + 1, address.n - 2};
    at = span_find(address, '%');
    scope = span_from(address, at + 1);
    if (at < address.n && !(index = scope_index(scope)))
        return false;
    address = span_first(address, at);
    if (!(index ? ip6_read(address, &ip) : ip_read(address, &ip)))
        return false;
    write_resolver(&ip, index, (unsigned)port, out);
    return true;
}

/** Octets that part resolvers in a list. */
static bool parts(char c)
{
    return ascii_fws(c) || c == ',';
}

/** Cut the next word off; empty at the end. */
static assay_span next_word(assay_span *text)
{
    assay_span word;

    while (text->n && parts(text->p[0]))
        *text = span_from(*text, 1);
    word = (assay_span){text->p, 0};
    while (word.n < text->n && !parts(text->p[word.n]))
        word.n++;
    *text = span_from(*text, word.n);
    return word;
}

bool resolvers_read(assay_span text, struct resolvers *ret, const char **ret_why)
{
    struct resolvers r = {0};
    assay_span word = next_word(&text), rest = text;

    if (span_is(word, "recursive") && !next_word(&rest).n) {
        *ret = r;
        return true;
    }
    *ret_why = NULL;
    for (; word.n && !*ret_why; word = next_word(&text)) {
        if (r.n == LIMIT_RESOLVERS)
            *ret_why = "resolvers: more than 8";
        else if (!read_resolver(word, r.at[r.n++]))
            *ret_why = "resolvers: not an IP address, or not a port behind @";
    }
    if (!r.n)
        *ret_why = "resolvers: empty";
    if (*ret_why)
        return false;
    *ret = r;
    return true;
}

void resolvers_conf(assay_span text, struct resolvers *ret)
{
    struct resolvers r = {0};
    assay_span line;

    while (r.n < LIMIT_RESOLVERS && span_line(&text, &line)) {
        assay_span keyword = next_word(&line);

        /* a port or brackets are nothing the C library knows, but some write them */
        if (span_is(keyword, "nameserver") && read_resolver(next_word(&line), r.at[r.n]))
            r.n++;
    }
    *ret = r;
}

void resolvers_system(const char *path, struct resolvers *ret)
{
    char text[CONF_MOST];
    FILE *file = fopen(path, "re");
    size_t n = 0;

    if (file) {
        n = fread(text, 1, sizeof text, file);
        fclose(file);
    }
    resolvers_conf((assay_span){text, n}, ret);
}

const char *resolvers_words(const struct resolvers *r, char out[RESOLVERS_WORDS])
{
    size_t n;

    if (!r->n) {
        snprintf(out, RESOLVERS_WORDS, "the domain's name servers");
        return out;
    }
    n = (size_t)snprintf(out, RESOLVERS_WORDS, "the resolver%s", r->n > 1 ? "s" : "");
    for (size_t i = 0; i < r->n; i++) {
        assay_span at = span_of(r->at[i]);

        if (span_iends(at, SPAN("@53"))) /* not worth a word */
            at.n -= 3;
        n += (size_t)snprintf(out + n, RESOLVERS_WORDS - n, "%s%.*s", i ? ", " : " ", SPAN_ARG(at));
    }
    return out;
}
