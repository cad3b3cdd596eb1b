/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/request.h"

#include "base/ip.h"
#include "base/number.h"

/** The words of the commands. */
static const char *const WORDS[] = {
    [REQUEST_WHY] = "why",         [REQUEST_LAST] = "list",     [REQUEST_NOT_SIGNED] = "not-signed",
    [REQUEST_STATUS] = "status",   [REQUEST_RELOAD] = "reload", [REQUEST_METRICS] = "metrics",
    [REQUEST_VERSION] = "version",
};

enum { N_WORDS = sizeof WORDS / sizeof *WORDS };

/** No control character is in it. */
static bool is_text(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
            return false;
    return true;
}

/** An address that can stand between < and >. */
static bool is_address(assay_span s)
{
    size_t at = span_rfind(s, '@');

    return at > 0 && at + 1 < s.n && span_find(s, '<') == s.n && span_find(s, '>') == s.n;
}

/** `not-signed ADDRESS [CLIENT [USER]]` */
static const char *read_not_signed(assay_span rest, struct request *r)
{
    struct ip ip;

    span_cut(&rest, ' ', &r->address);
    rest = span_trim(rest);
    if (rest.n)
        span_cut(&rest, ' ', &r->client);
    r->user = span_trim(rest);
    if (!is_address(r->address))
        return "not-signed takes an address, user@example.org";
    if (r->client.n && !ip_read(r->client, &ip))
        return "the client of not-signed is an address, IPv4 or IPv6";
    return NULL;
}

/** `list [N]` */
static const char *read_list(assay_span rest, struct request *r)
{
    uint64_t n = REQUEST_LIST_USUAL;

    if (rest.n && (!number_read(rest, REQUEST_LIST, &n) || !n))
        return "list takes a number, 1 to 1000";
    r->most = (unsigned)n;
    return NULL;
}

const char *request_read(assay_span line, struct request *ret)
{
    struct request r = {
        .id = SPAN_EMPTY, .address = SPAN_EMPTY, .client = SPAN_EMPTY, .user = SPAN_EMPTY};
    assay_span rest = line, word;
    const char *wrong = NULL;
    unsigned what = 0;

    span_cut(&rest, ' ', &word);
    rest = span_trim(rest);
    while (what < N_WORDS && !span_is(word, WORDS[what]))
        what++;
    if (what == N_WORDS)
        return "why ID, list [N], not-signed ADDRESS [CLIENT [USER]], status, reload, metrics, "
               "version";
    r.what = (enum request_what)what;
    if (!is_text(rest))
        return "a control character is in the line";
    switch (r.what) {
    case REQUEST_WHY:
        r.id = rest;
        wrong = rest.n ? NULL : "why takes a queue id or a Message-ID";
        break;
    case REQUEST_LAST: wrong = read_list(rest, &r); break;
    case REQUEST_NOT_SIGNED: wrong = read_not_signed(rest, &r); break;
    default: wrong = rest.n ? "this command takes nothing behind it" : NULL;
    }
    if (!wrong)
        *ret = r;
    return wrong;
}
