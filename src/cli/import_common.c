/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "base/number.h"
#include "conf/conf.h"

#include <stdio.h>

assay_span import_base(const struct import_params *p)
{
    const struct import_param *base = import_param(p, "BaseDirectory");

    return base ? base->value : SPAN_EMPTY;
}

void import_number(struct import *imp, const struct import_param *param, const char *option,
                   uint64_t least, uint64_t most, const char *unit)
{
    char text[40];
    uint64_t n;

    if (!param)
        return;
    if (!number_read(param->value, UINT32_MAX, &n) || n < least || n > most) {
        import_note(imp, param->at, "%s is %.*s; %s takes %u to %u, and keeps what it has",
                    param->name.p, SPAN_ARG(span_first(param->value, 80)), option, (unsigned)least,
                    (unsigned)most);
        return;
    }
    snprintf(text, sizeof text, "%u%s", (unsigned)n, unit);
    import_set(imp, &imp->top, option, span_of(text), param);
}

/* ---- sockets ---- */

/** PORT@HOST as inet:ADDRESS:PORT. */
static bool inet_socket(assay_span spec, bool six, struct buf *out)
{
    size_t at = span_find(spec, '@');
    assay_span host = span_from(spec, at + 1), port = span_first(spec, at);
    struct ip ip;
    char text[IP_TEXT];

    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = span_from(span_first(host, host.n - 1), 1);
    if (at == spec.n)
        host = six ? SPAN("::") : SPAN("0.0.0.0");
    else if (span_iis(host, "localhost"))
        host = six ? SPAN("::1") : SPAN("127.0.0.1");
    if (!ip_read(host, &ip))
        return false;
    ip_text(&ip, text);
    buf_printf(out, ip.version == 4 ? "inet:%s:" : "inet6:[%s]:", text);
    buf_put(out, port);
    return true;
}

/** A socket of a milter as listen takes it; false: it cannot be told. */
static bool socket_text(assay_span spec, struct buf *out)
{
    assay_span path = spec;

    if (span_istarts(spec, SPAN("inet6:")))
        return inet_socket(span_from(spec, 6), true, out);
    if (span_istarts(spec, SPAN("inet:")))
        return inet_socket(span_from(spec, 5), false, out);
    if (span_istarts(spec, SPAN("local:")))
        path = span_from(spec, 6);
    else if (span_istarts(spec, SPAN("unix:")))
        path = span_from(spec, 5);
    if (!path.n || path.p[0] != '/')
        return false;
    buf_puts(out, "unix:");
    buf_put(out, path);
    return true;
}

/** Permissions of the socket, and its group. */
static void import_rights(struct import *imp, const struct import_params *p, struct import_block *b)
{
    const struct import_param *umask = import_param(p, "UMask"), *user = import_param(p, "UserID");
    unsigned bits = 0;
    char text[16];

    for (size_t i = 0; umask && i < umask->value.n; i++) {
        if (umask->value.p[i] < '0' || umask->value.p[i] > '7' || i > 4) {
            import_note(imp, umask->at, "UMask is no octal number");
            umask = NULL;
        } else {
            bits = bits * 8 + (unsigned)(umask->value.p[i] - '0');
        }
    }
    if (umask) {
        snprintf(text, sizeof text, "0%o", 0666 & ~bits & 0777);
        import_set(imp, b, "mode", span_of(text), umask);
    }
    if (user && span_find(user->value, ':') + 1 < user->value.n)
        import_set(imp, b, "group", span_from(user->value, span_find(user->value, ':') + 1), user);
}

/** The milter. One does for all programs. */
static void import_socket(struct import *imp, const struct import_params *p, const char *direction)
{
    const struct import_param *param = import_param(p, "Socket");
    struct buf text = buf_new(4096);
    struct import_block *b = import_find_block(imp, "milter", SPAN("in"));

    if (!param)
        return;
    if (!socket_text(param->value, &text)) {
        import_note(imp, param->at, "Socket is %.*s: give listen an address in place of a name",
                    SPAN_ARG(span_first(param->value, 100)));
    } else if (b) {
        import_note(imp, param->at,
                    "Socket: one milter does all; take %.*s out of smtpd_milters of Postfix",
                    SPAN_ARG(span_first(param->value, 100)));
        if (import_find_line(b, "direction") &&
            !span_is(import_find_line(b, "direction")->value, direction))
            import_find_line(b, "direction")->value = SPAN("auto");
    } else {
        b = import_block(imp, "milter", SPAN("in"), param->at);
        import_set(imp, b, "listen", buf_span(&text), param);
        if (span_starts(buf_span(&text), SPAN("unix:")))
            import_rights(imp, p, b);
        if (strcmp(direction, "auto") != 0)
            import_set(imp, b, "direction", span_of(direction), import_param(p, "Mode"));
    }
    imp->failed |= text.status != ASSAY_DONE;
    buf_done(&text);
}

/* ---- hosts ---- */

void import_internal(struct import *imp, const struct import_param *param, assay_span base)
{
    struct import_set_of set;
    struct conf_network net;

    if (!param || !import_data_set(imp, param, base, &set))
        return;
    for (size_t i = 0; i < set.n; i++) {
        const struct import_entry *e = &set.all[i];
        assay_span text = e->key;

        if (text.n > 1 && text.p[0] == '[' && text.p[text.n - 1] == ']')
            text = span_from(span_first(text, text.n - 1), 1);
        if (span_iis(text, "localhost"))
            text = SPAN("127.0.0.1");
        if (conf_network_read(text, &net))
            import_add(imp, &imp->top, "internal", text, param, false);
        else if (text.p[0] == '!')
            import_note(imp, e->at,
                        "%s excludes %.*s: write internal as networks that leave it out",
                        param->name.p, SPAN_ARG(span_first(span_from(text, 1), 100)));
        else
            import_note(imp, e->at, "%s has %.*s: internal takes addresses, not names of hosts",
                        param->name.p, SPAN_ARG(span_first(text, 100)));
    }
}

/* ---- the log, names, the resolver ---- */

/** Syslog. */
static void import_log(struct import *imp, const struct import_params *p)
{
    const struct import_param *facility = import_param(p, "SyslogFacility");
    assay_span words = span_of(CONF_OPTION_TABLE[CONF_TOP_LOG_FACILITY].range), word;

    if (import_says_yes(import_param(p, "Syslog")))
        import_set(imp, &imp->top, "log", SPAN("syslog"), import_param(p, "Syslog"));
    if (!facility)
        return;
    while (span_cut(&words, ' ', &word))
        if (span_ieq(word, facility->value)) {
            import_set(imp, &imp->top, "log.facility", word, facility);
            return;
        }
    import_note(imp, facility->at, "SyslogFacility is %.*s; log.facility takes %s",
                SPAN_ARG(span_first(facility->value, 80)),
                CONF_OPTION_TABLE[CONF_TOP_LOG_FACILITY].range);
}

/** Our name in Authentication-Results; a second one is one more of ours. */
static void import_name(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "AuthservID");
    const struct import_line *line = import_find_line(&imp->top, "authserv_id");

    if (!param)
        return;
    if (span_is(param->value, "HOSTNAME"))
        import_dropped(imp, param->at,
                       "AuthservID: the name of the host is what authserv_id is "
                       "unless it is set");
    else if (line && !span_ieq(line->value, param->value))
        import_add(imp, &imp->top, "authserv_id.also", param->value, param, false);
    else if (!line)
        import_set(imp, &imp->top, "authserv_id", param->value, param);
}

/** Nameservers, DNSTimeout, TrustAnchorFile. */
static void import_resolver(struct import *imp, const struct import_params *p)
{
    const struct import_param *servers = import_param(p, "Nameservers"),
                              *anchor = import_param(p, "TrustAnchorFile");
    struct import_set_of set;
    struct ip ip;

    if (servers && import_data_set(imp, servers, import_base(p), &set))
        for (size_t i = 0; i < set.n; i++) {
            if (ip_read(set.all[i].key, &ip))
                import_add(imp, &imp->top, "resolver", set.all[i].key, servers, false);
            else
                import_note(imp, servers->at, "Nameservers has %.*s, which is no address",
                            SPAN_ARG(span_first(set.all[i].key, 80)));
        }
    if (anchor)
        import_set(imp, &imp->top, "resolver.trust_anchor",
                   import_path(imp, anchor->value, import_base(p)), anchor);
    import_number(imp, import_param(p, "DNSTimeout"), "resolver.timeout", 1, 60, "s");
}

void import_common(struct import *imp, const struct import_params *p, const char *direction)
{
    import_name(imp, p);
    import_resolver(imp, p);
    import_internal(imp, import_param(p, "InternalHosts"), import_base(p));
    import_log(imp, p);
    import_number(imp, import_param(p, "MaximumHeaders"), "header_bytes", 16384, 1 << 20, "");
    import_number(imp, import_param(p, "MinimumKeyBits"), "dkim.min_rsa_bits", 1024, 4096, "");
    import_number(imp, import_param(p, "MinimumKeySizeRSA"), "dkim.min_rsa_bits", 1024, 4096, "");
    import_number(imp, import_param(p, "MaximumSignaturesToVerify"), "dkim.max_signatures", 1, 100,
                  "");
    import_socket(imp, p, direction);
}

void import_algorithm(struct import *imp, const struct import_params *p, struct import_block *key)
{
    const struct import_param *param = import_param(p, "SignatureAlgorithm");

    if (!param)
        return;
    if (span_iis(param->value, "ed25519-sha256"))
        import_set(imp, key, "algorithm", SPAN("ed25519"), param);
    else if (span_iis(param->value, "rsa-sha256"))
        import_set(imp, key, "algorithm", SPAN("rsa"), param);
    else
        import_note(imp, param->at,
                    "SignatureAlgorithm is %.*s, which is no more (RFC 8301): rsa-sha256 "
                    "signs",
                    SPAN_ARG(span_first(param->value, 80)));
}

/** A list of header fields is a plain one: nothing is taken from a default, no patterns. */
static bool is_plain_list(const struct import_set_of *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (strchr("*+-.", set->all[i].key.p[0]) ||
            span_find(set->all[i].key, '*') < set->all[i].key.n)
            return false;
    return set->n > 0;
}

void import_fields(struct import *imp, const struct import_params *p, struct import_block *b,
                   const char *option)
{
    const struct import_param *sign = import_param(p, "SignHeaders"),
                              *over = import_param(p, "OversignHeaders");
    struct import_set_of set;
    bool from = false;

    if (!sign || !import_data_set(imp, sign, import_base(p), &set))
        return;
    if (!is_plain_list(&set)) {
        import_note(
            imp, sign->at,
            "SignHeaders is %.*s: the profile strict signs what RFC 6376 5.4 names; to have "
            "more, give fields as a list",
            SPAN_ARG(span_first(sign->value, 100)));
        return;
    }
    for (size_t i = 0; i < set.n; i++)
        from |= span_iis(set.all[i].key, "From");
    if (!from) /* opendkim adds what must be signed */
        import_add(imp, b, option, SPAN("From"), sign, false);
    for (size_t i = 0; i < set.n; i++)
        import_add(imp, b, option, set.all[i].key, sign, false);
    if (over && import_data_set(imp, over, import_base(p), &set) && is_plain_list(&set))
        for (size_t i = 0; i < set.n; i++)
            import_add(imp, b, option, set.all[i].key, over, true);
}
