/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"
#include "base/number.h"
#include "base/time.h"
#include "conf/own.h"
#include "dns/alabel.h"

#include <stdio.h>

enum { DAY = 86400, NUMBER_MAX = 1 << 30 };

/** A reader of one type. */
typedef assay_status read_fn(struct arena *a, const struct conf_option_row *row, assay_span text,
                             struct conf_value *ret, char why[CONF_WHY]);

/** Refuse a value in the words of its type. */
static assay_status refuse(const struct conf_option_row *row, assay_span text, char why[CONF_WHY])
{
    struct buf words = buf_new(CONF_WHY - 100);
    assay_status s;

    conf_type_words(row, &words);
    snprintf(why, CONF_WHY, "takes %.*s, not \"%.*s\"", SPAN_ARG(buf_span(&words)),
             CONF_SHOWN(text));
    s = words.status == ASSAY_DONE ? ASSAY_EINVAL : words.status;
    buf_done(&words);
    return s;
}

/** Keep the text as the value. */
static assay_status keep(struct arena *a, assay_span text, struct conf_value *ret)
{
    return arena_copy(a, text, &ret->text) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- words and numbers ---- */

static assay_status read_text(struct arena *a, const struct conf_option_row *row, assay_span text,
                              struct conf_value *ret, char why[CONF_WHY])
{
    (void)row;
    (void)why;
    return keep(a, text, ret);
}

static assay_status read_word(struct arena *a, const struct conf_option_row *row, assay_span text,
                              struct conf_value *ret, char why[CONF_WHY])
{
    return text.n ? keep(a, text, ret) : refuse(row, text, why);
}

/** A word of a range. */
static bool find_word(const char *range, assay_span text, int64_t *ret)
{
    assay_span words = span_of(range), word;

    for (int64_t i = 0; span_cut(&words, ' ', &word); i++)
        if (span_eq(word, text)) {
            *ret = i;
            return true;
        }
    return false;
}

/** Name the word of a range that is nearest. */
static void add_near(const char *range, assay_span text, char why[CONF_WHY])
{
    char words[160], asked[65];
    struct near near = near_new(asked);
    size_t used = strlen(why);

    snprintf(words, sizeof words, "%s", range);
    snprintf(asked, sizeof asked, "%.*s", CONF_SHOWN(text));
    near = near_new(asked);
    for (char *word = words; word;) {
        char *next = strchr(word, ' ');

        if (next)
            *next++ = '\0';
        near_try(&near, word);
        word = next;
    }
    if (near.best)
        snprintf(why + used, CONF_WHY - used, "; did you mean \"%s\"?", near.best);
}

/** A plain number. */
static bool plain_number(assay_span s, int64_t *ret)
{
    uint64_t n;

    if (!number_read(s, NUMBER_MAX, &n))
        return false;
    *ret = (int64_t)n;
    return true;
}

/** A number with a unit behind it. */
static bool unit_number(assay_span s, const char *units, const int64_t *factors, int64_t *ret)
{
    const char *unit = s.n ? strchr(units, s.p[s.n - 1]) : NULL;
    int64_t n;

    if (!unit || !*unit || !plain_number(span_first(s, s.n - 1), &n))
        return false;
    *ret = n * factors[unit - units];
    return true;
}

/** Seconds. */
static bool duration(assay_span s, int64_t *ret)
{
    static const int64_t FACTORS[] = {1, 60, 3600, DAY, 7 * DAY};

    return unit_number(s, "smhdw", FACTORS, ret) || (span_is(s, "0") && plain_number(s, ret));
}

/** Octets. */
static bool octets(assay_span s, int64_t *ret)
{
    static const int64_t FACTORS[] = {1 << 10, 1 << 10, 1 << 20, 1 << 20, 1 << 30, 1 << 30};

    return unit_number(s, "kKmMgG", FACTORS, ret) || plain_number(s, ret);
}

/** A number of some kind inside "LOW-HIGH", or the word before it, which is 0. */
static bool counted(const char *range, assay_span text, bool (*number)(assay_span, int64_t *),
                    int64_t *ret)
{
    assay_span high = span_of(range), low, word = SPAN_EMPTY;
    int64_t least, most, n;

    if (span_find(high, ' ') < high.n)
        span_cut(&high, ' ', &word);
    span_cut(&high, '-', &low);
    if (word.n && span_eq(word, text)) {
        *ret = 0;
        return true;
    }
    if (!number(low, &least) || !number(high, &most) || !number(text, &n) || n < least || n > most)
        return false;
    *ret = n;
    return true;
}

/** Permissions: 660 or 0660. */
static bool mode(assay_span text, int64_t *ret)
{
    int64_t bits = 0;

    if (text.n < 3 || text.n > 4 || (text.n == 4 && text.p[0] != '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '7')
            return false;
        bits = bits * 8 + (text.p[i] - '0');
    }
    *ret = bits;
    return true;
}

/** A date; the day itself is still good. */
static bool date(assay_span text, int64_t *ret)
{
    int64_t t;

    if (text.n < 10 || text.p[4] != '-' || !time_read(text, &t))
        return false;
    *ret = text.n == 10 ? t + DAY : t;
    return true;
}

bool conf_number_read(const struct conf_option_row *row, assay_span text, int64_t *ret)
{
    switch (row->type) {
    case CONF_TYPE_CHOICE: return find_word(row->range, text, ret);
    case CONF_TYPE_NUMBER: return counted(row->range, text, plain_number, ret);
    case CONF_TYPE_DURATION: return counted(row->range, text, duration, ret);
    case CONF_TYPE_SIZE: return counted(row->range, text, octets, ret);
    case CONF_TYPE_MODE: return mode(text, ret);
    case CONF_TYPE_DATE: return date(text, ret);
    default: return false;
    }
}

static assay_status read_numeric(struct arena *a, const struct conf_option_row *row,
                                 assay_span text, struct conf_value *ret, char why[CONF_WHY])
{
    assay_status s;

    if (conf_number_read(row, text, &ret->number))
        return keep(a, text, ret);
    s = refuse(row, text, why);
    if (row->type == CONF_TYPE_CHOICE)
        add_near(row->range, text, why);
    return s;
}

/* ---- names ---- */

static assay_status read_path(struct arena *a, const struct conf_option_row *row, assay_span text,
                              struct conf_value *ret, char why[CONF_WHY])
{
    int64_t which;

    if (text.n > 1 && text.p[0] == '/')
        return keep(a, text, ret);
    return text.n && find_word(row->range, text, &which) ? keep(a, text, ret)
                                                         : refuse(row, text, why);
}

/** Every octet may stand in the name of a host, or is an underscore. */
static bool is_hostlike(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_alnum(name.p[i]) && !strchr("-_.", name.p[i] ? name.p[i] : '?'))
            return false;
    return name.n > 0;
}

/** A domain name in canonical form. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status canonical(struct arena *a, assay_span text, assay_span *ret)
{
    struct dns_name name;
    assay_status s = dns_to_alabels(text, &name);

    if (s != ASSAY_DONE)
        return s;
    if (!is_hostlike(dns_name_span(&name)))
        return ASSAY_EINVAL;
    return arena_copy(a, dns_name_span(&name), ret) ? ASSAY_DONE : ASSAY_ENOMEM;
}

static assay_status read_name(struct arena *a, const struct conf_option_row *row, assay_span text,
                              struct conf_value *ret, char why[CONF_WHY])
{
    assay_status s = canonical(a, text, &ret->text);

    return s == ASSAY_EINVAL ? refuse(row, text, why) : s;
}

assay_status conf_pattern_read(struct arena *a, assay_span text, bool domain_only, assay_span *ret,
                               char why[CONF_WHY])
{
    size_t at = span_rfind(text, '@');
    assay_span user = at < text.n ? span_first(text, at) : SPAN_EMPTY;
    assay_span domain = at < text.n ? span_from(text, at + 1) : text, name;
    struct buf out = buf_new(2048);
    assay_status s;

    if (span_is(user, "*") && !domain_only) /* all users: the domain says that */
        return conf_pattern_read(a, domain, true, ret, why);
    snprintf(why, CONF_WHY, "takes example.org, .example.org, *%s, not \"%.*s\"",
             domain_only ? "" : " or user@example.org", CONF_SHOWN(text));
    if (at < text.n && (domain_only || !user.n || span_starts(domain, SPAN("."))))
        return ASSAY_EINVAL;
    if (span_is(text, "*"))
        return arena_copy(a, text, ret) ? ASSAY_DONE : ASSAY_ENOMEM;
    if ((s = canonical(a, span_from(domain, domain.n && domain.p[0] == '.'), &name)) != ASSAY_DONE)
        return s;
    buf_put(&out, user);
    buf_puts(&out, at < text.n ? "@" : domain.p[0] == '.' ? "." : "");
    buf_put(&out, name);
    s = out.status == ASSAY_DONE && !arena_copy(a, buf_span(&out), ret) ? ASSAY_ENOMEM : out.status;
    buf_done(&out);
    return s;
}

static assay_status read_pattern(struct arena *a, const struct conf_option_row *row,
                                 assay_span text, struct conf_value *ret, char why[CONF_WHY])
{
    return conf_pattern_read(a, text, row->range[0] != '\0', &ret->text, why);
}

static assay_status read_field(struct arena *a, const struct conf_option_row *row, assay_span text,
                               struct conf_value *ret, char why[CONF_WHY])
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == ':')
            return refuse(row, text, why);
    return text.n ? keep(a, text, ret) : refuse(row, text, why);
}

/* ---- addresses ---- */

static assay_status read_network(struct arena *a, const struct conf_option_row *row,
                                 assay_span text, struct conf_value *ret, char why[CONF_WHY])
{
    char address[IP_TEXT], whole[IP_TEXT + 8];
    struct conf_network net;

    if (!conf_network_read(text, &net))
        return refuse(row, text, why);
    for (unsigned i = net.bits; i < ip_size(&net.ip) * 8; i++)
        net.ip.b[i / 8] = (uint8_t)(net.ip.b[i / 8] & ~(0x80 >> i % 8));
    ip_text(&net.ip, address);
    if (net.bits == ip_size(&net.ip) * 8)
        return keep(a, span_of(address), ret);
    snprintf(whole, sizeof whole, "%s/%u", address, net.bits);
    return keep(a, span_of(whole), ret);
}

/** What is listened on, written in one way only. */
static assay_status keep_listen(struct arena *a, const struct conf_listen *l, const char *inet,
                                const char *inet6, assay_span text, struct conf_value *ret)
{
    char address[IP_TEXT], whole[IP_TEXT + 24];

    if (l->kind != CONF_LISTEN_IP)
        return keep(a, text, ret);
    ip_text(&l->ip, address);
    if (l->ip.version == 4)
        snprintf(whole, sizeof whole, "%s%s:%u", inet, address, l->port);
    else
        snprintf(whole, sizeof whole, "%s[%s]:%u", inet6, address, l->port);
    return keep(a, span_of(whole), ret);
}

static assay_status read_listen(struct arena *a, const struct conf_option_row *row, assay_span text,
                                struct conf_value *ret, char why[CONF_WHY])
{
    const char *what = "takes unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT or systemd:NAME";
    struct conf_listen l;
    bool scheme = span_starts(text, SPAN("unix:")) || span_starts(text, SPAN("inet:")) ||
                  span_starts(text, SPAN("inet6:")) || span_starts(text, SPAN("systemd:"));

    if (row->type == CONF_TYPE_ADDRESS)
        what = "takes ADDRESS:PORT or [ADDRESS]:PORT";
    if (scheme != (row->type == CONF_TYPE_LISTEN) || !conf_listen_read(text, &l, &what)) {
        snprintf(why, CONF_WHY, "%s, not \"%.*s\"", what, CONF_SHOWN(text));
        return ASSAY_EINVAL;
    }
    return scheme ? keep_listen(a, &l, "inet:", "inet6:", text, ret)
                  : keep_listen(a, &l, "", "", text, ret);
}

/** ADDRESS, or ADDRESS@PORT; an IPv6 address may have a scope, and brackets around both. */
static bool is_resolver(assay_span text)
{
    size_t at = span_rfind(text, '@');
    assay_span address = span_first(text, at);
    uint64_t port = 53;
    struct ip ip;

    if (at < text.n && (!number_read(span_from(text, at + 1), 65535, &port) || port == 0))
        return false;
    if (address.n > 1 && address.p[0] == '[' && address.p[address.n - 1] == ']')
        address = span_from(span_first(address, address.n - 1), 1);
    return ip_read(span_first(address, span_find(address, '%')), &ip);
}

static assay_status read_resolver(struct arena *a, const struct conf_option_row *row,
                                  assay_span text, struct conf_value *ret, char why[CONF_WHY])
{
    if (span_is(text, "system") || span_is(text, "recursive") || is_resolver(text))
        return keep(a, text, ret);
    return refuse(row, text, why);
}

assay_status conf_value_read(struct arena *a, const struct conf_option_row *row, assay_span text,
                             struct conf_value *ret, char why[CONF_WHY])
{
    static read_fn *const READERS[] = {
        [CONF_TYPE_TEXT] = read_text,        [CONF_TYPE_WORD] = read_word,
        [CONF_TYPE_CHOICE] = read_numeric,   [CONF_TYPE_NUMBER] = read_numeric,
        [CONF_TYPE_DURATION] = read_numeric, [CONF_TYPE_SIZE] = read_numeric,
        [CONF_TYPE_MODE] = read_numeric,     [CONF_TYPE_PATH] = read_path,
        [CONF_TYPE_NAME] = read_name,        [CONF_TYPE_PATTERN] = read_pattern,
        [CONF_TYPE_MATCH] = read_word,       [CONF_TYPE_LABEL] = read_name,
        [CONF_TYPE_NETWORK] = read_network,  [CONF_TYPE_LISTEN] = read_listen,
        [CONF_TYPE_ADDRESS] = read_listen,   [CONF_TYPE_RESOLVER] = read_resolver,
        [CONF_TYPE_FIELD] = read_field,      [CONF_TYPE_DATE] = read_numeric,
        [CONF_TYPE_REF] = read_word,
    };
    struct conf_value value = {.text = SPAN_EMPTY};
    assay_status s = READERS[row->type](a, row, text, &value, why);

    if (s == ASSAY_DONE)
        *ret = value;
    return s;
}
