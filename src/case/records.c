/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"
#include "case/read.h"
#include "dns/alabel.h"
#include "dns/rdata.h"

/** Words that stand in place of data. */
static const struct {
    const char *text;
    enum assay_how how;
} WORDS[] = {
    {"NXDOMAIN", ASSAY_NXDOMAIN}, {"NODATA", ASSAY_NODATA},   {"SERVFAIL", ASSAY_SERVFAIL},
    {"REFUSED", ASSAY_REFUSED},   {"TIMEOUT", ASSAY_TIMEOUT}, {"BOGUS", ASSAY_BOGUS},
    {"TOOBIG", ASSAY_TOOBIG},
};

/** The marks, and the table each goes to. */
static const struct {
    const char *text;
    enum case_table_of table;
    enum assay_secure secure;
} MARKS[] = {
    {"@secure", CASE_MARKS, ASSAY_SECURE},   {"@insecure", CASE_MARKS, ASSAY_INSECURE},
    {"@unknown", CASE_MARKS, ASSAY_UNKNOWN}, {"@suffix", CASE_SUFFIXES, ASSAY_INSECURE},
    {"@until", CASE_ENDS, ASSAY_INSECURE},   /* read_end() */
    {"@server", CASE_MARKS, ASSAY_INSECURE}, /* read_server() */
};

enum {
    N_WORDS = sizeof WORDS / sizeof *WORDS,
    N_MARKS = sizeof MARKS / sizeof *MARKS,
    MOST_RDATA = 65535
};

static const char *word_name(size_t i)
{
    return i < N_WORDS ? WORDS[i].text : NULL;
}

static const char *mark_name(size_t i)
{
    return i < N_MARKS ? MARKS[i].text : NULL;
}

static const char *type_name(size_t i)
{
    static const uint16_t TYPES[] = {ASSAY_RR_A,   ASSAY_RR_AAAA, ASSAY_RR_MX,    ASSAY_RR_TXT,
                                     ASSAY_RR_SPF, ASSAY_RR_PTR,  ASSAY_RR_CNAME, ASSAY_RR_TLSA,
                                     ASSAY_RR_NS,  ASSAY_RR_SOA,  ASSAY_RR_DS,    ASSAY_RR_CAA,
                                     ASSAY_RR_ANY};

    return i < sizeof TYPES / sizeof *TYPES ? dns_type_text(TYPES[i]) : NULL;
}

/* ---- pieces of a line ---- */

assay_span case_without_comment(assay_span line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '\\')
            i++;
        else if (line.p[i] == '"')
            quoted = !quoted;
        else if (line.p[i] == ';' && !quoted)
            return span_trim(span_first(line, i));
    }
    return span_trim(line);
}

/**
 * Read a name, absolute whether its final dot is there or not. Beyond ASCII it becomes A-labels.
 */
static assay_status read_name(struct case_reader *r, assay_span text, struct dns_name *ret)
{
    assay_status s = ASSAY_EINVAL;

    if (span_ascii(text))
        s = dns_name_read(text, ret) ? ASSAY_DONE : ASSAY_EINVAL;
    else
        s = dns_to_alabels(text, ret);
    if (s != ASSAY_EINVAL)
        return s;
    return CASE_REFUSE(
        r, text,
        "%s is no domain name: labels of 1 to 63 octets, 255 in all (RFC 1035 2.3.4); \\. \\\\ \\DDD "
        "escape",
        case_shown(text).text);
}

/** A new row under a name. */
static assay_status new_record(struct case_reader *r, assay_span name_text,
                               struct case_record **ret)
{
    struct dns_name name;
    struct case_record *record;
    char *key;
    assay_status s = read_name(r, name_text, &name);

    if (s != ASSAY_DONE)
        return s;
    if (r->nrecords >= LIMIT_CASE_RECORDS)
        return CASE_REFUSE(r, r->line, "more than %d lines of [dns] in one file",
                           LIMIT_CASE_RECORDS);
    record = ARENA_NEW(&r->set->arena, struct case_record);
    key = arena_get(&r->set->arena, name.n);
    if (!record || !key)
        return ASSAY_ENOMEM;
    record->key = case_key(dns_name_span(&name), key);
    record->at = r->line;
    record->rdata = SPAN_EMPTY;
    record->until = 0;
    r->nrecords++;
    *ret = record;
    return ASSAY_DONE;
}

/* ---- marks ---- */

/** The world that lines of [dns] go to. */
static struct case_world *world_of(struct case_reader *r)
{
    return r->server ? &r->server->world : &r->one->world;
}

/** Read what a server is like: `lame`, `no-tcp`. */
static assay_status read_traits(struct case_reader *r, assay_span more, struct case_world *world)
{
    assay_span word;

    world->authoritative = true;
    while ((word = case_word(&more)).n) {
        if (span_is(word, "lame"))
            world->authoritative = false;
        else if (span_is(word, "no-tcp"))
            world->no_tcp = true;
        else
            return CASE_REFUSE(r, word, "only lame and no-tcp may stand behind the address");
    }
    return ASSAY_DONE;
}

/** Read `@server ADDRESS`: what follows is said by that server alone; `@server`: by all again. */
static assay_status read_server(struct case_reader *r, assay_span address, assay_span more)
{
    struct case_server *server;
    struct ip ip;

    r->server = NULL;
    if (!address.n)
        return ASSAY_DONE;
    if (!ip_read(address, &ip))
        return CASE_REFUSE(r, address, "@server %s: not an IPv4 or IPv6 address",
                           case_shown(address).text);
    if (!(server = ARENA_NEW(&r->set->arena, struct case_server)))
        return ASSAY_ENOMEM;
    ip_text(&ip, server->address);
    if (case_world_server(&r->one->world, span_of(server->address)))
        return CASE_REFUSE(r, address, "this server has a block already");
    if (r->nrecords++ >= LIMIT_CASE_RECORDS || ++r->nservers > LIMIT_SERVERS)
        return CASE_REFUSE(r, r->line, "more than %d servers in one file", LIMIT_SERVERS);
    server->next = r->one->world.servers;
    r->one->world.servers = r->server = server;
    return read_traits(r, more, &server->world);
}

/** Read `until TIME` behind a mark. */
static assay_status read_until(struct case_reader *r, assay_span rest, struct case_record *record)
{
    assay_span word = case_word(&rest);

    if (!word.n)
        return ASSAY_DONE;
    if (record->secure != ASSAY_SECURE || !span_is(word, "until"))
        return CASE_REFUSE(r, word, "text behind the name; only @secure NAME until TIME has more");
    return case_read_until(r, span_trim(rest), &record->until);
}

/** Read `@until NAME TYPE TIME`. */
static assay_status read_end(struct case_reader *r, assay_span name, assay_span rest)
{
    assay_span type = case_word(&rest);
    struct case_record *record;
    assay_status s;

    if (!dns_type_read(type))
        return CASE_REFUSE(r, type.n ? type : r->line, "@until NAME TYPE TIME is expected");
    if ((s = new_record(r, name, &record)) != ASSAY_DONE)
        return s;
    record->rrtype = dns_type_read(type);
    if ((s = case_read_until(r, span_trim(rest), &record->until)) != ASSAY_DONE)
        return s;
    return case_world_add(&r->set->arena, world_of(r), CASE_ENDS, record);
}

/** Read `@secure NAME` and its like. */
static assay_status read_mark(struct case_reader *r, assay_span line)
{
    assay_span rest = line, mark = case_word(&rest), name = case_word(&rest);
    struct case_record *record;
    assay_status s;
    size_t i = 0;

    if (span_is(mark, "@server"))
        return read_server(r, name, rest);
    if (span_is(mark, "@until"))
        return read_end(r, name, rest);
    while (i < N_MARKS && !span_is(mark, MARKS[i].text))
        i++;
    if (i == N_MARKS)
        return CASE_REFUSE(r, mark, "unknown mark %s in [dns]%s", case_shown(mark).text,
                           case_hint(mark, mark_name).text);
    if (!name.n)
        return CASE_REFUSE(r, mark, "%s NAME is expected", MARKS[i].text);
    if ((s = new_record(r, name, &record)) != ASSAY_DONE)
        return s;
    record->secure = MARKS[i].secure;
    if ((s = read_until(r, rest, record)) != ASSAY_DONE)
        return s;
    return case_world_add(&r->set->arena, world_of(r), MARKS[i].table, record);
}

/* ---- data ---- */

/** The word that stands in place of data, or ASSAY_OK. */
static enum assay_how read_word(assay_span data)
{
    for (size_t i = 0; i < N_WORDS; i++)
        if (span_is(data, WORDS[i].text))
            return WORDS[i].how;
    return ASSAY_OK;
}

/**
 * Cut quoted strings over 255 octets into several, which mean the same (RFC 7208 3.3): a key is
 * often one.
 */
static void cut_strings(assay_span data, struct buf *out)
{
    bool quoted = false;
    size_t octets = 0;

    for (size_t i = 0; i < data.n; i++) {
        size_t n = 1;

        if (data.p[i] == '\\' && i + 1 < data.n)
            n = ascii_digit(data.p[i + 1]) && i + 3 < data.n ? 4 : 2;
        if (data.p[i] == '"') {
            quoted = !quoted;
            octets = 0;
        } else if (quoted && octets++ == 255) {
            buf_puts(out, "\" \"");
            octets = 1;
        }
        buf_put(out, span_first(span_from(data, i), n));
        i += n - 1;
    }
}

/** Read RDATA into r->octets. \return NULL, or what is wrong */
static const char *read_rdata(struct case_reader *r, uint16_t rrtype, assay_span data)
{
    struct buf cut = buf_new(LIMIT_CASE_TEXT);
    const char *why = NULL;

    buf_clear(&r->octets);
    if (rrtype == ASSAY_RR_TXT || rrtype == ASSAY_RR_SPF) {
        cut_strings(data, &cut);
        data = buf_span(&cut);
    }
    if (cut.status != ASSAY_DONE)
        r->octets.status = cut.status;
    else if (!dns_rdata_read(rrtype, data, &r->octets, &why))
        why = why ? why : "not data of this type";
    buf_done(&cut);
    return why ? why : r->octets.n > MOST_RDATA ? "over 65535 octets" : NULL;
}

/** Read what stands behind the type. */
static assay_status read_data(struct case_reader *r, struct case_record *record, assay_span data)
{
    const char *why;

    record->how = read_word(data);
    if (record->how != ASSAY_OK)
        return ASSAY_DONE;
    if (record->rrtype == ASSAY_RR_ANY)
        return CASE_REFUSE(
            r, data,
            "ANY takes one of NXDOMAIN NODATA SERVFAIL REFUSED TIMEOUT BOGUS TOOBIG, not %s%s",
            case_shown(data).text, case_hint(data, word_name).text);
    if ((why = read_rdata(r, record->rrtype, data)))
        return CASE_REFUSE(r, data, "%s %s: %s%s", dns_type_text(record->rrtype),
                           case_shown(data).text, why, case_hint(data, word_name).text);
    if (r->octets.status != ASSAY_DONE ||
        !arena_copy(&r->set->arena, buf_span(&r->octets), &record->rdata))
        return ASSAY_ENOMEM;
    return ASSAY_DONE;
}

/* ---- records ---- */

/** Take the TTL and the class off, both of which may be missing. */
static assay_status take_ttl_and_class(struct case_reader *r, assay_span *rest, uint32_t *ttl)
{
    bool has_ttl = false, has_class = false;

    *ttl = 3600;
    for (;;) {
        assay_span after = *rest, word = case_word(&after);
        uint64_t number;

        if (word.n && ascii_digit(word.p[0]) && !has_ttl) {
            if (!number_read(word, INT32_MAX, &number)) /* RFC 2181 8 */
                return CASE_REFUSE(r, word, "%s is no TTL: seconds, at most 2147483647",
                                   case_shown(word).text);
            *ttl = (uint32_t)number;
            has_ttl = true;
        } else if (span_iis(word, "IN") && !has_class) {
            has_class = true;
        } else if (span_iis(word, "CH") || span_iis(word, "HS")) {
            return CASE_REFUSE(r, word, "class %s: only IN is known here", case_shown(word).text);
        } else {
            return ASSAY_DONE;
        }
        *rest = after;
    }
}

assay_status case_read_record(struct case_reader *r, assay_span line, struct case_world *w,
                              enum case_table_of table)
{
    assay_span rest = line, owner = case_word(&rest), type, data;
    struct case_record *record;
    assay_status s = new_record(r, owner, &record);

    if (s != ASSAY_DONE || (s = take_ttl_and_class(r, &rest, &record->ttl)) != ASSAY_DONE)
        return s;
    type = case_word(&rest);
    data = span_trim(rest);
    if (!type.n)
        return CASE_REFUSE(r, owner, "NAME [TTL] [IN] TYPE DATA is expected, there is no type");
    if (!(record->rrtype = dns_type_read(type)))
        return CASE_REFUSE(r, type, "unknown type %s%s", case_shown(type).text,
                           case_hint(type, type_name).text);
    if (!data.n)
        return CASE_REFUSE(r, type, "there are no data behind %s", case_shown(type).text);
    if (table == CASE_RECALLS)
        record->until = r->recalled_at;
    if ((s = read_data(r, record, data)) != ASSAY_DONE)
        return s;
    return case_world_add(&r->set->arena, w, table, record);
}

assay_status case_read_dns(struct case_reader *r, assay_span line)
{
    line = case_without_comment(line);
    if (line.p[0] == '@')
        return read_mark(r, line);
    return case_read_record(r, line, world_of(r), CASE_RECORDS);
}

/* ---- how questions are called ---- */

static const char *const KINDS[] = {"?",   "DNS",    "GET",    "PROBE", "SIGN",
                                    "MAC", "RECALL", "SUFFIX", "LIST"};

enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

const char *case_question_text(enum assay_kind kind, uint16_t rrtype)
{
    const char *type = kind == ASSAY_DNS ? dns_type_text(rrtype) : NULL;

    return type ? type : KINDS[(size_t)kind < N_KINDS ? (size_t)kind : 0];
}

bool case_question_read(assay_span text, enum assay_kind *ret_kind, uint16_t *ret_rrtype)
{
    *ret_kind = ASSAY_DNS;
    *ret_rrtype = dns_type_read(text);
    for (size_t i = ASSAY_GET; i < N_KINDS && !*ret_rrtype; i++) {
        if (!span_iis(text, KINDS[i]))
            continue;
        *ret_kind = (enum assay_kind)i;
        return true;
    }
    return *ret_rrtype != 0;
}
