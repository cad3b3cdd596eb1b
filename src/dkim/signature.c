/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/signature.h"

#include "base/base64.h"
#include "base/number.h"
#include "dns/alabel.h"
#include "mail/canon.h"
#include "mail/taglist.h"

/** A signature being read. */
struct reader {
    struct arena *arena;
    const struct taglist *tags;
    struct dkim_signature *s;
    bool no_memory;
    size_t named[8]; /* how often h= names each notable field, in the order of their bits */
};

/** Note what is wrong; the first fault stays. */
static void fault(struct dkim_signature *s, const char *what, const char *ref)
{
    if (s->fault)
        return;
    s->fault = what;
    s->fault_ref = ref;
}

/** The value of a tag; a missing one that is required is a fault. */
static assay_span value_of(struct reader *r, const char *name, const char *missing)
{
    const assay_span *value = taglist_find(r->tags, name);

    if (value)
        return *value;
    if (missing)
        fault(r->s, missing, "RFC 6376 3.5");
    return (assay_span){NULL, 0};
}

/* ---- names ---- */

/**
 * A domain or selector as a canonical name; empty when it is none. A final dot is not in the
 * syntax.
 */
static assay_span name_of(struct reader *r, assay_span text)
{
    struct dns_name name;
    assay_span kept = SPAN_EMPTY;
    bool ends = text.n && text.p[text.n - 1] != '.';
    assay_status s = ends ? dns_to_alabels(text, &name) : ASSAY_EINVAL;

    if (s == ASSAY_ENOMEM ||
        (s == ASSAY_DONE && !arena_copy(r->arena, dns_name_span(&name), &kept)))
        r->no_memory = true;
    return kept;
}

bool dkim_is_host_name(assay_span name)
{
    char before = '.';

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i], next = i + 1 < name.n ? name.p[i + 1] : '.';

        if (c == '-' ? before == '.' || next == '.' : !ascii_alnum(c) && c != '.' && c != '_')
            return false;
        before = c;
    }
    return name.n > 0;
}

/** d= and s=. */
static void read_names(struct reader *r)
{
    struct dkim_signature *s = r->s;

    s->domain_as = value_of(r, "d", "d= is missing");
    s->selector_as = value_of(r, "s", "s= is missing");
    s->domain = name_of(r, s->domain_as);
    s->selector = name_of(r, s->selector_as);
    if (!dkim_is_host_name(s->domain) || !dns_parent(s->domain).n)
        fault(s, "d= is not a domain name", "RFC 6376 3.5");
    if (!dkim_is_host_name(s->selector))
        fault(s, "s= is not a selector", "RFC 6376 3.5");
}

/** A value of dkim-quoted-printable, in which folding white space means nothing (RFC 6376 2.11). */
static assay_span unfolded(struct reader *r, assay_span value)
{
    char *out = arena_get(r->arena, value.n + 1);

    if (out)
        return taglist_squeeze(value, out, value.n);
    r->no_memory = true;
    return SPAN_EMPTY;
}

/** i= of DKIM-Signature: its domain is that of d= or below it. */
static void read_identity(struct reader *r)
{
    struct dkim_signature *s = r->s;
    assay_span domain;
    size_t at;

    s->identity = value_of(r, "i", NULL);
    s->identity_domain = s->domain;
    if (!s->identity.p)
        return;
    at = span_rfind(s->identity, '@');
    domain = at < s->identity.n ? unfolded(r, span_from(s->identity, at + 1)) : SPAN_EMPTY;
    s->identity_domain = name_of(r, domain);
    if (!s->identity_domain.n)
        fault(s, "i= is not an identity", "RFC 6376 3.5");
    else if (!dns_is_under(s->identity_domain, s->domain))
        fault(s, "i= is neither d= nor below it", "RFC 6376 6.1.1");
}

/** i= of ARC-Message-Signature: the number of its set (RFC 8617 4.2.1). */
static void read_instance(struct reader *r)
{
    assay_span i = value_of(r, "i", "i= is missing");

    if (!number_read(i, LIMIT_ARC_SETS, &r->s->instance) || r->s->instance == 0)
        fault(r->s, "i= is not an instance", "RFC 8617 4.2.1");
    r->s->identity_domain = r->s->domain;
}

/* ---- how ---- */

/** a=. */
static void read_algorithm(struct reader *r)
{
    static const char *const NAMES[] = {"", "rsa-sha1", "rsa-sha256", "ed25519-sha256"};
    struct dkim_signature *s = r->s;

    s->algorithm_text = value_of(r, "a", "a= is missing");
    for (unsigned i = DKIM_RSA_SHA1; i <= DKIM_ED25519_SHA256; i++)
        if (span_is(s->algorithm_text, NAMES[i]))
            s->algorithm = (enum dkim_algorithm)i;
    if (s->algorithm == DKIM_ALGORITHM_OTHER)
        fault(s, "a= is an algorithm that is not known", "RFC 6376 3.3");
}

/** One half of c=. */
static bool canon_of(assay_span text, enum canon *ret)
{
    *ret = span_is(text, "relaxed") ? CANON_RELAXED : CANON_SIMPLE;
    return *ret == CANON_RELAXED || span_is(text, "simple");
}

/**
 * c=: "relaxed" alone is "relaxed/simple". Without c= a DKIM-Signature is simple; an
 * ARC-Message-Signature should be, too, but those who seal sign relaxed, and those who verify know
 * it.
 */
static void read_canon(struct reader *r, enum dkim_field which)
{
    assay_span c = value_of(r, "c", NULL);
    size_t slash = span_find(c, '/');

    r->s->header_canon = r->s->body_canon =
        which == DKIM_SIGNATURE || c.p ? CANON_SIMPLE : CANON_RELAXED;
    if (!c.p)
        return;
    if (!canon_of(span_first(c, slash), &r->s->header_canon) ||
        (slash < c.n && !canon_of(span_from(c, slash + 1), &r->s->body_canon)))
        fault(r->s, "c= is a canonicalization that is not known", "RFC 6376 3.4");
}

/** q=: one of the methods must be dns/txt. */
static void read_query(struct reader *r)
{
    assay_span q = value_of(r, "q", NULL), method;
    bool known = !q.p;

    while (taglist_item(&q, &method))
        known |= span_is(method, "dns/txt");
    if (!known)
        fault(r->s, "q= names no way to get the key that is known", "RFC 6376 3.5");
}

/** A number that may be long: what does not fit is as good as infinite (RFC 6376 3.5 t=, l=). */
static bool read_long(assay_span text, uint64_t *ret)
{
    bool digits = text.n > 0 && text.n <= 76;

    for (size_t i = 0; i < text.n; i++)
        digits &= ascii_digit(text.p[i]);
    if (digits && !number_read(text, UINT64_MAX - 1, ret))
        *ret = UINT64_MAX - 1;
    return digits;
}

/** l=, t=, x=. */
static void read_numbers(struct reader *r)
{
    struct dkim_signature *s = r->s;
    assay_span l = value_of(r, "l", NULL), t = value_of(r, "t", NULL), x = value_of(r, "x", NULL);

    s->length = BODY_WHOLE;
    s->expiration = DKIM_NEVER;
    if (l.p && !read_long(l, &s->length))
        fault(s, "l= is not a number", "RFC 6376 3.5");
    if (t.p && !read_long(t, &s->timestamp))
        fault(s, "t= is not a number", "RFC 6376 3.5");
    if (x.p && !read_long(x, &s->expiration))
        fault(s, "x= is not a number", "RFC 6376 3.5");
    if (t.p && x.p && s->expiration <= s->timestamp)
        fault(s, "x= is not after t=", "RFC 6376 3.5");
}

/* ---- what is signed ---- */

/** The notable fields, in the order of their bits. */
static const assay_span NOTABLE[] = {SPAN("From"),       SPAN("To"),          SPAN("Cc"),
                                     SPAN("Subject"),    SPAN("Date"),        SPAN("Reply-To"),
                                     SPAN("Message-ID"), SPAN("Content-Type")};

enum { N_NOTABLE = sizeof NOTABLE / sizeof *NOTABLE };

assay_span dkim_notable_text(unsigned bit)
{
    for (size_t i = 0; i < N_NOTABLE; i++)
        if (bit == 1u << i)
            return NOTABLE[i];
    return SPAN_EMPTY;
}

/** Count a field name if it is notable. \param counts  one for each of them */
static void count_notable(size_t counts[N_NOTABLE], assay_span name)
{
    enum { LENGTHS = 1 << 2 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 12 };

    if (name.n > 12 || !(LENGTHS >> name.n & 1))
        return;
    for (size_t i = 0; i < N_NOTABLE; i++)
        if (name.n == NOTABLE[i].n && ascii_lower(name.p[0]) == ascii_lower(NOTABLE[i].p[0]) &&
            span_ieq(name, NOTABLE[i]))
            counts[i]++;
}

/** A field name of RFC 5322 3.6.8; what stands between colons has none in it. */
static bool is_field_name(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return false;
    return name.n > 0;
}

bool dkim_next_name(assay_span *rest, assay_span *name)
{
    return taglist_item(rest, name);
}

/**
 * h=: field names, and From must be among them (RFC 6376 3.5, 5.4). An ARC-Message-Signature must
 * not name ARC-Seal (RFC 8617 4.1.2); those who verify it pass over names that are none, and so
 * does the public test suite.
 */
static void read_signed_names(struct reader *r, enum dkim_field which)
{
    struct dkim_signature *s = r->s;
    assay_span rest, name;
    size_t n = 0;

    s->names = value_of(r, "h", "h= is missing");
    rest = s->names;
    while (rest.p && dkim_next_name(&rest, &name)) {
        count_notable(r->named, name);
        if (which == DKIM_SIGNATURE && !is_field_name(name))
            fault(s, "h= is not a list of field names", "RFC 6376 3.5");
        if (which == ARC_MESSAGE_SIGNATURE && span_iis(name, "ARC-Seal"))
            fault(s, "h= names ARC-Seal", "RFC 8617 4.1.2");
        if (++n > LIMIT_SIGNED_FIELDS)
            fault(s, "h= names more than 512 fields", "RFC 6376 3.5");
    }
    if (which == DKIM_SIGNATURE && s->names.p && !r->named[0] && !s->fault) {
        s->unsigned_from = true;
        fault(s, "From is not signed", "RFC 6376 6.1.1");
    }
}

/**
 * What the message has of the notable fields. One is not covered when others of its name are (RFC
 * 6376 8.15).
 */
static void see_header(struct reader *r, const struct header *h)
{
    size_t there[N_NOTABLE] = {0};

    for (size_t i = 0; i < h->n; i++)
        count_notable(there, field_name(h, i));
    for (size_t i = 0; i < N_NOTABLE; i++) {
        r->s->present |= (unsigned)(there[i] > 0) << i;
        r->s->covered |= (unsigned)(there[i] > 0 && r->named[i] >= there[i]) << i;
    }
}

/* ---- octets ---- */

/** bh=: the digest of the body. */
static void read_body_hash(struct reader *r)
{
    uint8_t out[base64_decoded_max(128)];
    assay_span bh = value_of(r, "bh", "bh= is missing");
    size_t n = 0;

    if (!bh.p)
        return;
    if (bh.n > 128 || !base64_decode(bh, out, &n) || n == 0)
        fault(r->s, "bh= is not base64", "RFC 6376 3.5");
    else if (n != SHA256_SIZE && r->s->algorithm != DKIM_RSA_SHA1)
        fault(r->s, "bh= is not a SHA-256 digest", "RFC 6376 3.5");
    else
        memcpy(r->s->body_sha256, out, n < SHA256_SIZE ? n : SHA256_SIZE);
}

/** b=: the signature, and its first characters to tell it from others. */
static void read_signature(struct reader *r)
{
    struct dkim_signature *s = r->s;
    enum { HEAD = 8 };
    char *head;
    uint8_t *out;

    s->b = value_of(r, "b", "b= is missing");
    s->b_head = SPAN_EMPTY;
    if (!s->b.p)
        return;
    head = arena_get(r->arena, HEAD);
    out = arena_get(r->arena, base64_decoded_max(s->b.n));
    if (!head || !out) {
        r->no_memory = true;
        return;
    }
    s->b_head = taglist_squeeze(s->b, head, HEAD);
    s->signature = out;
    if (!base64_decode(s->b, out, &s->signature_n) || s->signature_n == 0)
        fault(s, "b= is not base64", "RFC 6376 3.5");
    else if (s->signature_n > LIMIT_SIGNATURE)
        fault(s, "b= is longer than a signature can be", "RFC 6376 3.5");
}

/**
 * v=: only "1" (RFC 6376 3.5); an ARC-Message-Signature has none, and one that stands there means
 * nothing.
 */
static void read_version(struct reader *r)
{
    assay_span v = value_of(r, "v", "v= is missing");

    if (v.p && !span_is(v, "1"))
        fault(r->s, "v= is a version that is not known", "RFC 6376 6.1.1");
}

assay_status dkim_signature_read(struct arena *a, const struct header *h, enum dkim_field which,
                                 size_t field, struct dkim_signature *ret)
{
    struct taglist tags;
    struct dkim_signature s = {.field = field};
    struct reader r = {.arena = a, .tags = &tags, .s = &s};
    assay_span where;

    switch (taglist_read(field_value(h, field), &tags, &where)) {
    case TAGLIST_OK: break;
    case TAGLIST_DUPLICATE: fault(&s, "a tag stands twice", "RFC 6376 3.2"); break;
    case TAGLIST_LIMIT: fault(&s, "more than 64 tags", "RFC 6376 3.2"); break;
    default: fault(&s, "not a list of tags", "RFC 6376 3.2"); break;
    }
    if (which == DKIM_SIGNATURE)
        read_version(&r);
    read_algorithm(&r);
    read_names(&r);
    if (which == DKIM_SIGNATURE)
        read_identity(&r);
    else
        read_instance(&r);
    read_canon(&r, which);
    read_query(&r);
    read_numbers(&r);
    read_signature(&r);
    read_body_hash(&r);
    read_signed_names(&r, which);
    see_header(&r, h);
    if (r.no_memory)
        return ASSAY_ENOMEM;
    *ret = s;
    return ASSAY_DONE;
}
