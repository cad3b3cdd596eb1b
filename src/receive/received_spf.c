/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/verdict.h"

#include "base/utf8.h"

/*
 * Received-SPF (RFC 7208 9.1):
 *
 *     pass (mx.example.net: 192.0.2.1 is listed by example.com)
 *      client-ip=192.0.2.1; envelope-from="a@example.com"; helo=mail.example.com;
 *      receiver=mx.example.net; identity=mailfrom; mechanism="ip4:192.0.2.0/24";
 *
 * What the client chose stands in quotes or a comment, cut short, without anything that ends those.
 */
enum { VALUE_MAX = 320, FIELD_MAX = 8192 };

/** The octet may stand in a dot-atom as it is (RFC 5322 3.2.3). */
static bool is_atom(char c)
{
    return ascii_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/** The value is a dot-atom. */
static bool is_dot_atom(assay_span s)
{
    bool dot = true;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' ? dot : !is_atom(s.p[i]))
            return false;
        dot = s.p[i] == '.';
    }
    return s.n > 0 && !dot;
}

/** Append octets so that they end no comment and no quote; what is no printable ASCII becomes `?`. */
static void put_escaped(assay_span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = c >= ' ' && c <= '~';

        if (c == '"' || c == '\\' || c == '(' || c == ')')
            buf_putc(out, '\\');
        buf_putc(out, plain ? c : '?');
    }
}

/** Append `key=value` on a line of its own. An empty value is left out. */
static void put_pair(const char *key, assay_span value, struct buf *out)
{
    value = utf8_first(value, VALUE_MAX);
    if (!value.n)
        return;
    buf_printf(out, "\r\n\t%s=", key);
    if (is_dot_atom(value)) {
        buf_put(out, value);
    } else {
        buf_putc(out, '"');
        put_escaped(value, out);
        buf_putc(out, '"');
    }
    buf_putc(out, ';');
}

/** Append all pairs. */
static void put_pairs(const struct receive *r, const struct spf_verdict *v, struct buf *out)
{
    bool error = v->result == SPF_TEMPERROR || v->result == SPF_PERMERROR;

    put_pair("client-ip", r->ip_text, out);
    put_pair("envelope-from", r->mail_from.n ? r->mail_from : SPAN("<>"), out);
    put_pair("helo", r->helo, out);
    put_pair("receiver", r->hostname.n ? r->hostname : verdict_our_id(r), out);
    put_pair("identity", SPAN("mailfrom"), out);
    if (v->result != SPF_NONE && !error)
        put_pair("mechanism", v->term.n ? v->term : SPAN("default"), out);
    if (error)
        put_pair("problem", v->reason, out);
}

assay_status verdict_received_spf(struct receive *r, assay_span *ret)
{
    const struct spf_verdict *v = &r->spf_mfrom.verdict;
    struct buf out = buf_new(FIELD_MAX);
    bool kept;

    buf_printf(&out, "%s (", spf_result_text(v->result));
    put_escaped(utf8_first(verdict_our_id(r), VALUE_MAX), &out);
    buf_puts(&out, ": ");
    put_escaped(utf8_first(v->reason, VALUE_MAX), &out);
    buf_putc(&out, ')');
    put_pairs(r, v, &out);
    kept = out.status != ASSAY_ENOMEM && arena_copy(&r->ev.keep, buf_span(&out), ret);
    buf_done(&out);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}
