/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/wire.h"

#include "base/limits.h"
#include "dns/rdata.h"

/** Places of the header (RFC 1035 4.1.1) and the fixed sizes of what follows it. */
enum {
    AT_FLAGS = 2,
    AT_QDCOUNT = 4,
    AT_ANCOUNT = 6,
    AT_ARCOUNT = 10,
    HEADER = 12,
    QUESTION_FIXED = 4, /* QTYPE QCLASS */
    RECORD_FIXED = 10,  /* TYPE CLASS TTL RDLENGTH */
    RRSIG_END = 8,      /* of RRSIG RDATA: Signature Expiration (RFC 4034 3.1) */
    PACKET_MAX = 65535  /* RFC 1035 4.2.2 */
};

/** Bits of the header's second 16; AD is of RFC 4035 3.2.3. */
enum {
    QR = 0x8000,
    OPCODE = 0x7800,
    AA = 0x0400,
    TC = 0x0200,
    RD = 0x0100,
    AD = 0x0020,
    RCODE = 0x000F
};

/** Types and classes that only a message knows (RFC 1035 3.2.4, 4034 3, 6891 6.1.2). */
enum { CLASS_IN = 1, TYPE_OPT = 41, TYPE_RRSIG = 46 };

/**
 * EDNS (RFC 6891 6.1.3, 3225 3). 1,232 octets travel without fragments over every path of 1,280
 * octets, the least that IPv6 allows.
 */
enum { EDNS_SIZE = 1232, EDNS_DO = 0x8000, OPT_RECORD = 11 };

/**
 * Pointers in one name; more labels than this no name has, and a pointer to a pointer saves
 * nothing.
 */
enum { POINTERS_MAX = 127 };

/** Read 16 bits in network order. */
static uint16_t get16(const char *p)
{
    return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

/** Read 32 bits in network order. */
static uint32_t get32(const char *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/** Write 16 bits in network order. \return behind them */
static uint8_t *put16(uint8_t *p, unsigned n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
    return p + 2;
}

size_t dns_query_write(uint16_t id, assay_span name, uint16_t rrtype, bool dnssec,
                       uint8_t out[DNS_QUERY_MAX])
{
    uint8_t *p = put16(out, id);

    p = put16(p, dnssec ? RD | AD : RD);
    p = put16(p, 1); /* QDCOUNT */
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, 1); /* ARCOUNT: OPT */
    p += dns_name_wire(name, p);
    p = put16(p, rrtype);
    p = put16(p, CLASS_IN);
    *p++ = 0; /* OPT: the root, size in CLASS, extended RCODE, version and flags in TTL, RDLENGTH */
    p = put16(p, TYPE_OPT);
    p = put16(p, EDNS_SIZE);
    p = put16(p, 0);
    p = put16(p, dnssec ? EDNS_DO : 0);
    p = put16(p, 0);
    return (size_t)(p - out);
}

/** One record of a reply that may matter: CNAME, SOA, and the type that was asked. */
struct record {
    uint16_t rrtype;
    bool authority; /* it stands in the authority section */
    uint32_t ttl;
    uint32_t hash; /* of the owner: most comparisons end here */
    size_t owner;  /* where the owner begins */
    size_t data;   /* where RDATA begins */
    size_t data_n;
};

/** A reply being read. */
struct reader {
    struct arena *arena;
    assay_span packet;
    size_t at;
    assay_span asked; /* the name that was asked */
    uint32_t hash;    /* of it */
    uint16_t rrtype;  /* the type that was asked */
    struct record *records;
    size_t n;
    bool opt;
    struct dns_reply *out;
};

/**
 * Uncompress a name (RFC 1035 4.1.4).
 *
 * A pointer leads to a *prior* occurrence: each must point before the run of labels it ends, so no
 * name goes in a circle, and into the header no name goes. Labels of other kinds are dead (RFC 6891
 * 5).
 *
 * \param at    where it begins; set behind it
 * \param wire  gets it in wire form
 * \return its octets, or 0 when it is no name
 */
static size_t expand(assay_span packet, size_t *at, char wire[DNS_NAME_WIRE])
{
    size_t n = 0, from = *at, run = *at, behind = 0, pointers = 0;

    for (;;) {
        size_t octet = from < packet.n ? (unsigned char)packet.p[from] : DNS_LABEL + 1;

        if (octet >= 0xC0) {
            if (from + 2 > packet.n || ++pointers > POINTERS_MAX)
                return 0;
            if (!behind)
                behind = from + 2;
            from = get16(packet.p + from) & 0x3FFF;
            if (from >= run || from < HEADER)
                return 0;
            run = from;
            continue;
        }
        if (octet > DNS_LABEL || from + 1 + octet > packet.n || n + 1 + octet > DNS_NAME_WIRE)
            return 0;
        memcpy(wire + n, packet.p + from, 1 + octet);
        n += 1 + octet;
        from += 1 + octet;
        if (!octet)
            break;
    }
    *at = behind ? behind : from;
    return n;
}

/** Read a name as canonical text; `at` as in expand(). */
static bool get_name(assay_span packet, size_t *at, struct dns_name *ret)
{
    char wire[DNS_NAME_WIRE];
    assay_span s = {wire, expand(packet, at, wire)};

    return s.n && dns_name_unwire(&s, ret);
}

/** The name is written as servers mostly do: it points to the question, which is the name that was asked. */
static bool is_question(const struct reader *r, size_t at)
{
    return r->packet.n - at >= 2 && get16(r->packet.p + at) == (0xC000 | HEADER);
}

/** The question is the one that was asked (RFC 5452 9.1). */
static bool get_question(struct reader *r, assay_span name)
{
    struct dns_name asked;

    if (!get_name(r->packet, &r->at, &asked) || r->packet.n - r->at < QUESTION_FIXED)
        return false;
    r->at += QUESTION_FIXED;
    return span_eq(dns_name_span(&asked), name) && get16(r->packet.p + r->at - 4) == r->rrtype &&
           get16(r->packet.p + r->at - 2) == CLASS_IN;
}

/**
 * The OPT record: its TTL holds the upper bits of the RCODE. More than one is malformed (RFC 6891
 * 6.1.1).
 */
static bool take_opt(struct reader *r, size_t owner_n, uint32_t ttl)
{
    if (owner_n > 0 || r->opt)
        return false;
    r->opt = true;
    r->out->rcode |= (ttl >> 24) << 4;
    return true;
}

/** The record may matter to the answer. */
static bool wanted(const struct reader *r, uint16_t rrtype, bool authority)
{
    return authority ? rrtype == ASSAY_RR_SOA : rrtype == r->rrtype || rrtype == ASSAY_RR_CNAME;
}

/**
 * Signatures came; note when the first one ends (RFC 4034 3.1.5). That is a number of 32 bits that will
 * begin anew in 2106.
 */
static void note_signature(struct reader *r, assay_span rdata)
{
    int64_t end = rdata.n >= RRSIG_END + 4 ? get32(rdata.p + RRSIG_END) : 0;

    r->out->signatures = true;
    if (end && (!r->out->until || end < r->out->until))
        r->out->until = end;
}

/** Read the owner of a record. \param ret_n  set to the octets of its name */
static bool get_owner(struct reader *r, uint32_t *ret_hash, size_t *ret_n)
{
    struct dns_name owner;

    if (is_question(r, r->at)) {
        r->at += 2;
        *ret_hash = r->hash;
        *ret_n = r->asked.n;
        return true;
    }
    if (!get_name(r->packet, &r->at, &owner))
        return false;
    *ret_hash = span_hash(dns_name_span(&owner));
    *ret_n = owner.n;
    return true;
}

/** Read one record; note it if it matters. A TTL with the top bit set is zero (RFC 2181 8). */
static bool get_record(struct reader *r, uint16_t section)
{
    struct record record = {.owner = r->at, .authority = section > AT_ANCOUNT};
    const char *fixed;
    uint16_t class;
    size_t owner_n;

    if (!get_owner(r, &record.hash, &owner_n) || r->packet.n - r->at < RECORD_FIXED)
        return false;
    fixed = r->packet.p + r->at;
    record.rrtype = get16(fixed);
    class = get16(fixed + 2);
    record.ttl = get32(fixed + 4);
    record.data_n = get16(fixed + 8);
    record.data = r->at += RECORD_FIXED;
    if (record.data_n > r->packet.n - r->at)
        return false;
    r->at += record.data_n;
    if (section == AT_ARCOUNT)
        return record.rrtype != TYPE_OPT || take_opt(r, owner_n, record.ttl);
    if (record.rrtype == TYPE_RRSIG && section == AT_ANCOUNT)
        note_signature(r, (assay_span){r->packet.p + record.data, record.data_n});
    if (class == CLASS_IN && wanted(r, record.rrtype, record.authority)) {
        record.ttl = record.ttl >> 31 ? 0 : record.ttl;
        r->records[r->n++] = record;
    }
    return true;
}

/** Read all records of the three sections; they end where the packet ends. */
static assay_status get_records(struct reader *r)
{
    size_t all = 0, most = r->packet.n / (RECORD_FIXED + 1);

    for (uint16_t section = AT_ANCOUNT; section <= AT_ARCOUNT; section += 2)
        all += get16(r->packet.p + section);
    if (all > most)
        return ASSAY_EINVAL;
    if (!(r->records = arena_get(r->arena, (all + 1) * sizeof *r->records)))
        return ASSAY_ENOMEM;
    for (uint16_t section = AT_ANCOUNT; section <= AT_ARCOUNT; section += 2)
        for (unsigned i = get16(r->packet.p + section); i > 0; i--)
            if (!get_record(r, section))
                return ASSAY_EINVAL;
    return r->at == r->packet.n ? ASSAY_DONE : ASSAY_EINVAL;
}

/** The record belongs to this name of the answer. */
static bool owned(const struct reader *r, const struct record *record, uint16_t rrtype,
                  assay_span name, uint32_t hash)
{
    struct dns_name owner;
    size_t at = record->owner;

    if (record->rrtype != rrtype || record->authority || record->hash != hash)
        return false;
    if (is_question(r, at))
        return span_eq(r->asked, name);
    return get_name(r->packet, &at, &owner) && span_eq(dns_name_span(&owner), name);
}

/** The first record of the answer with this name and type, or NULL. */
static const struct record *find(const struct reader *r, uint16_t rrtype, assay_span name)
{
    uint32_t hash = span_hash(name);

    for (size_t i = 0; i < r->n; i++)
        if (owned(r, &r->records[i], rrtype, name, hash))
            return &r->records[i];
    return NULL;
}

/** The reply lives no longer than this. */
static void lower_ttl(struct dns_reply *out, uint32_t ttl)
{
    if (ttl < out->ttl)
        out->ttl = ttl;
}

/** Note one CNAME step. \param name  the alias; becomes its canonical name */
static assay_status take_link(struct reader *r, const struct record *record, struct dns_name *name)
{
    struct dns_reply *out = r->out;
    struct assay_link *link;
    size_t at = record->data;
    struct dns_name target;

    if (!get_name(r->packet, &at, &target) || at != record->data + record->data_n)
        return ASSAY_EINVAL;
    if (!out->chain && !(out->chain = arena_zero(r->arena, LIMIT_CNAMES * sizeof *out->chain)))
        return ASSAY_ENOMEM;
    link = &out->chain[out->nchain];
    if (!arena_copy(r->arena, dns_name_span(name), &link->owner) ||
        !arena_copy(r->arena, dns_name_span(&target), &link->target))
        return ASSAY_ENOMEM;
    out->nchain++;
    lower_ttl(out, record->ttl);
    *name = target;
    return ASSAY_DONE;
}

/** Follow the CNAME steps from `name` on (RFC 1034 3.6.2); a circle runs into the limit. */
static assay_status follow(struct reader *r, struct dns_name *name)
{
    const struct record *record;
    assay_status s;

    while (!find(r, r->rrtype, dns_name_span(name)) &&
           (record = find(r, ASSAY_RR_CNAME, dns_name_span(name)))) {
        if (r->out->nchain == LIMIT_CNAMES) {
            r->out->loop = true;
            break;
        }
        if ((s = take_link(r, record, name)) != ASSAY_DONE)
            return s;
    }
    return ASSAY_DONE;
}

/** Names in RDATA that may be compressed (RFC 3597 4): how many, behind how many octets. */
static unsigned names_in(uint16_t rrtype, size_t *before)
{
    *before = rrtype == ASSAY_RR_MX ? 2 : 0;
    switch (rrtype) {
    case ASSAY_RR_NS:
    case ASSAY_RR_CNAME:
    case ASSAY_RR_PTR:
    case ASSAY_RR_MX: return 1;
    case ASSAY_RR_SOA: return 2;
    default: return 0;
    }
}

/** Copy RDATA with its names uncompressed. */
static assay_status take_rdata(struct reader *r, const struct record *record, assay_span *ret)
{
    char text[2 + 2 * DNS_NAME_WIRE + 20]; /* as much as MX and SOA need at most */
    size_t n, at = record->data, end = record->data + record->data_n;
    unsigned names = names_in(record->rrtype, &n);
    assay_span s = {r->packet.p + at, record->data_n};

    if (names) {
        if (record->data_n < n)
            return ASSAY_EINVAL;
        memcpy(text, r->packet.p + at, n);
        for (at += n; names > 0; names--) {
            size_t name_n = expand(r->packet, &at, text + n);

            if (!name_n || at > end)
                return ASSAY_EINVAL;
            n += name_n;
        }
        if (end - at > sizeof text - n)
            return ASSAY_EINVAL;
        memcpy(text + n, r->packet.p + at, end - at);
        s = (assay_span){text, n + end - at};
    }
    if (!dns_rdata_ok(record->rrtype, s))
        return ASSAY_EINVAL;
    return arena_copy(r->arena, s, ret) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Take the records of the type that was asked, at the end of the chain. */
static assay_status take_data(struct reader *r, assay_span name)
{
    struct dns_reply *out = r->out;
    uint32_t hash = span_hash(name);
    assay_status s;

    if (!(out->rdata = arena_get(r->arena, (r->n + 1) * sizeof *out->rdata)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < r->n; i++) {
        if (!owned(r, &r->records[i], r->rrtype, name, hash))
            continue;
        if ((s = take_rdata(r, &r->records[i], &out->rdata[out->n])) != ASSAY_DONE)
            return s;
        out->n++;
        lower_ttl(out, r->records[i].ttl);
    }
    return ASSAY_DONE;
}

/**
 * How long a denial may be believed: the smaller of the SOA's TTL and its MINIMUM (RFC 2308 5). The
 * SOA must be of a zone that the name can lie in; without one the denial is not to be kept.
 */
static assay_status deny(struct reader *r, assay_span name)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct record *soa = &r->records[i];
        size_t at = soa->owner;
        struct dns_name owner;
        assay_span rdata;
        assay_status s;

        if (!soa->authority || !get_name(r->packet, &at, &owner) ||
            !dns_is_under(name, dns_name_span(&owner)))
            continue;
        if ((s = take_rdata(r, soa, &rdata)) != ASSAY_DONE)
            return s;
        lower_ttl(r->out, soa->ttl);
        lower_ttl(r->out, get32(rdata.p + rdata.n - 4)); /* MINIMUM is the last field */
        return ASSAY_DONE;
    }
    r->out->ttl = 0;
    return ASSAY_DONE;
}

/** Find the answer among the records. */
static assay_status find_answer(struct reader *r, assay_span asked)
{
    struct dns_name name;
    assay_status s;

    if (!dns_name_read(asked.n ? asked : SPAN("."), &name))
        return ASSAY_EINVAL;
    r->out->ttl = INT32_MAX;
    if ((s = follow(r, &name)) != ASSAY_DONE || r->out->loop)
        return s;
    if (r->out->rcode == DNS_NOERROR && (s = take_data(r, dns_name_span(&name))) != ASSAY_DONE)
        return s;
    return r->out->n ? ASSAY_DONE : deny(r, dns_name_span(&name));
}

assay_status dns_reply_read(struct arena *a, assay_span packet, assay_span name, uint16_t rrtype,
                            struct dns_reply *ret)
{
    struct dns_reply out = {0};
    struct reader r = {.arena = a,
                       .packet = packet,
                       .at = HEADER,
                       .asked = name,
                       .hash = span_hash(name),
                       .rrtype = rrtype,
                       .out = &out};
    unsigned flags;
    assay_status s;

    if (packet.n < HEADER || packet.n > PACKET_MAX)
        return ASSAY_EINVAL;
    flags = get16(packet.p + AT_FLAGS);
    out.id = get16(packet.p);
    out.rcode = flags & RCODE;
    out.truncated = flags & TC;
    out.authoritative = flags & AA;
    out.authentic = flags & AD;
    if (!(flags & QR) || flags & OPCODE || get16(packet.p + AT_QDCOUNT) != 1 ||
        !get_question(&r, name))
        return ASSAY_EINVAL;
    if (!out.truncated &&
        ((s = get_records(&r)) != ASSAY_DONE || (s = find_answer(&r, name)) != ASSAY_DONE))
        return s;
    *ret = out;
    return ASSAY_DONE;
}
