/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"
#include "conf/own.h"

/* ---- blocks ---- */

const struct conf_block *conf_block(const struct conf *conf, enum conf_kind kind, size_t i)
{
    return i < conf->n[kind] ? conf->blocks[kind][i] : NULL;
}

const struct conf_block *conf_block_named(const struct conf *conf, enum conf_kind kind,
                                          assay_span name)
{
    size_t low = 0, high = conf->n[kind];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (span_compare(conf->sorted[kind][middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < conf->n[kind] && span_eq(conf->sorted[kind][low]->name, name)
               ? conf->sorted[kind][low]
               : NULL;
}

assay_span conf_block_name(const struct conf_block *block)
{
    return block->name;
}

struct conf_place conf_block_place(const struct conf_block *block)
{
    return block->at;
}

/* ---- options ---- */

const struct conf_entry *conf_entry_of(const struct conf_block *block, enum conf_option option)
{
    for (size_t i = 0; block && i < block->n; i++)
        if (block->entries[i].option == option)
            return &block->entries[i];
    return NULL;
}

bool conf_is_set(const struct conf_block *block, enum conf_option option)
{
    return conf_entry_of(block, option) != NULL;
}

struct conf_place conf_where(const struct conf_block *block, enum conf_option option)
{
    const struct conf_entry *e = conf_entry_of(block, option);

    return e ? e->at : block ? block->at : (struct conf_place){.file = SPAN_EMPTY};
}

/** A word of an initial value; they are written as they are canonical. */
static assay_span initial_word(const struct conf_option_row *row, size_t i)
{
    assay_span rest = span_of(row->initial), word = SPAN_EMPTY;

    if (!(row->flags & CONF_LIST) || row->type == CONF_TYPE_TEXT)
        return i == 0 ? rest : SPAN_EMPTY;
    for (size_t k = 0; k <= i; k++)
        if (!span_cut(&rest, ' ', &word))
            return SPAN_EMPTY;
    return word;
}

size_t conf_count(const struct conf_block *block, enum conf_option option)
{
    const struct conf_entry *e = conf_entry_of(block, option);
    size_t n = 0;

    if (e)
        return e->n;
    while (initial_word(&CONF_OPTION_TABLE[option], n).n)
        n++;
    return n;
}

assay_span conf_text(const struct conf_block *block, enum conf_option option, size_t i)
{
    const struct conf_entry *e = conf_entry_of(block, option);

    if (!e)
        return initial_word(&CONF_OPTION_TABLE[option], i);
    return i < e->n ? e->values[i] : SPAN_EMPTY;
}

int64_t conf_number(const struct conf_block *block, enum conf_option option)
{
    const struct conf_option_row *row = &CONF_OPTION_TABLE[option];
    const struct conf_entry *e = conf_entry_of(block, option);
    int64_t initial;

    if (e)
        return e->number;
    return conf_number_read(row, span_of(row->initial), &initial) ? initial : 0;
}

bool conf_networks_have(const struct conf_block *block, enum conf_option option,
                        const struct ip *ip)
{
    struct conf_network net;

    for (size_t i = 0, n = conf_count(block, option); i < n; i++)
        if (conf_network_read(conf_text(block, option, i), &net) && ip_in(ip, &net.ip, net.bits))
            return true;
    return false;
}

const struct conf_setting *conf_settings(const struct conf_block *block, size_t *ret_n)
{
    *ret_n = block ? block->nsettings : 0;
    return block ? block->settings : NULL;
}

/* ---- what values say ---- */

bool conf_network_read(assay_span text, struct conf_network *ret)
{
    size_t slash = span_find(text, '/');
    struct conf_network net;
    uint64_t bits;

    if (!ip_read(span_first(text, slash), &net.ip))
        return false;
    bits = ip_size(&net.ip) * 8;
    if (slash < text.n && !number_read(span_from(text, slash + 1), bits, &bits))
        return false;
    net.bits = (unsigned)bits;
    *ret = net;
    return true;
}

/** ADDRESS:PORT. */
static bool read_address(assay_span text, uint8_t version, struct conf_listen *l,
                         const char **ret_why)
{
    size_t colon = span_rfind(text, ':');
    assay_span address = span_first(text, colon);
    uint64_t port;

    *ret_why = span_find(text, '@') < text.n
                   ? "takes the address before the port, inet:127.0.0.1:8891"
                   : "takes an address and, behind a colon, a port";
    if (colon == text.n || !number_read(span_from(text, colon + 1), 65535, &port) || port == 0)
        return false;
    if (address.n > 1 && address.p[0] == '[' && address.p[address.n - 1] == ']')
        address = span_from(span_first(address, address.n - 1), 1);
    else if (span_find(address, ':') < address.n)
        return false;
    if (span_is(address, "localhost"))
        address = version == 6 ? SPAN("::1") : SPAN("127.0.0.1");
    if (!ip_read(address, &l->ip))
        return false;
    *ret_why =
        version == 4 ? "takes an IPv4 address behind inet:" : "takes an IPv6 address behind inet6:";
    l->kind = CONF_LISTEN_IP;
    l->port = (uint16_t)port;
    return version == 0 || version == l->ip.version;
}

bool conf_listen_read(assay_span text, struct conf_listen *ret, const char **ret_why)
{
    struct conf_listen l = {.kind = CONF_LISTEN_UNIX, .name = SPAN_EMPTY};
    bool ok;

    if (span_starts(text, SPAN("unix:"))) {
        l.name = span_from(text, 5);
        ok = l.name.n > 1 && l.name.p[0] == '/' && l.name.n <= CONF_UNIX_PATH;
        *ret_why = l.name.n > CONF_UNIX_PATH
                       ? "takes a path of at most 107 octets, for the system has no more"
                       : "takes an absolute path behind unix:";
    } else if (span_starts(text, SPAN("systemd:"))) {
        l.kind = CONF_LISTEN_SYSTEMD;
        l.name = span_from(text, 8);
        ok = l.name.n > 0;
        *ret_why = "takes the FileDescriptorName of a socket unit behind systemd:";
    } else if (span_starts(text, SPAN("inet6:"))) {
        ok = read_address(span_from(text, 6), 6, &l, ret_why);
    } else if (span_starts(text, SPAN("inet:"))) {
        ok = read_address(span_from(text, 5), 4, &l, ret_why);
    } else {
        ok = read_address(text, 0, &l, ret_why);
    }
    if (ok)
        *ret = l;
    return ok;
}

bool conf_pattern_holds(assay_span pattern, assay_span user, assay_span domain)
{
    size_t at = span_rfind(pattern, '@');

    if (span_is(pattern, "*"))
        return true;
    if (at < pattern.n)
        return user.n && span_ieq(span_first(pattern, at), user) &&
               span_eq(span_from(pattern, at + 1), domain);
    if (pattern.n && pattern.p[0] == '.')
        return domain.n > pattern.n && span_iends(domain, pattern);
    return span_eq(pattern, domain);
}
