/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/sign.h"

#include "base/number.h"
#include "dns/alabel.h"

#include <stdio.h>

/** A text being read. */
struct reader {
    struct arena *arena;
    struct sign_error *error;
    size_t entry;       /* from 1; 0: it has none */
    assay_span pattern; /* of the entry at hand */
    struct sign_rule *rule;
    unsigned seen; /* words of the entry at hand: bits by their places in WORDS */
};

/** Octets of the text that an error shows. */
enum { SHOWN = 60 };

/** Refuse a piece of the text. */
static assay_status refuse(struct reader *r, assay_span at, const char *what)
{
    char shown[SHOWN + 1], where[SHOWN + 40] = "";
    size_t n = 0;

    for (; n < at.n && n < SHOWN; n++)
        shown[n] = at.p[n] >= ' ' && at.p[n] <= '~' ? at.p[n] : '?';
    shown[n] = '\0';
    if (r->entry)
        snprintf(where, sizeof where, "entry %zu: ", r->entry);
    snprintf(r->error->text, sizeof r->error->text, "%s\"%s\": %s", where, shown, what);
    return ASSAY_EINVAL;
}

/** A name as a canonical one. \param what  what is wrong when it is none */
static assay_status read_name(struct reader *r, assay_span text, const char *what, assay_span *ret)
{
    struct dns_name name;
    assay_status s = text.n ? dns_to_alabels(text, &name) : ASSAY_EINVAL;

    if (s == ASSAY_EINVAL || (s == ASSAY_DONE && !dkim_is_host_name(dns_name_span(&name))))
        return refuse(r, text, what);
    if (s == ASSAY_DONE && !arena_copy(r->arena, dns_name_span(&name), ret))
        return ASSAY_ENOMEM;
    return s;
}

/** A domain: two labels or more. */
static assay_status read_domain(struct reader *r, assay_span text, assay_span *ret)
{
    static const char WHAT[] = "a domain is expected";
    assay_span name;
    assay_status s = read_name(r, text, WHAT, &name);

    if (s != ASSAY_DONE)
        return s;
    if (dns_labels(name) < 2)
        return refuse(r, text, WHAT);
    *ret = name;
    return ASSAY_DONE;
}

/** How many pieces there are between commas. */
static size_t pieces(assay_span list)
{
    assay_span one;
    size_t n = 0;

    while (span_cut(&list, ',', &one))
        n++;
    return n;
}

/* ---- keys ---- */

static assay_status read_key(struct reader *r, assay_span text, bool author, struct sign_key *ret)
{
    struct sign_key key = {.algorithm = DKIM_RSA_SHA256, .domain = SPAN_EMPTY};
    assay_span rest = text, selector = SPAN_EMPTY, domain = SPAN_EMPTY, algorithm = SPAN("rsa");
    struct dns_name name;
    assay_status s;

    (void)span_cut(&rest, ':', &selector);
    (void)(span_cut(&rest, ':', &domain) && span_cut(&rest, ':', &algorithm));
    if (rest.p || !domain.n)
        return refuse(r, text, "a key is SELECTOR:DOMAIN, or SELECTOR:DOMAIN:ed25519");
    if (span_is(algorithm, "ed25519"))
        key.algorithm = DKIM_ED25519_SHA256;
    else if (!span_is(algorithm, "rsa"))
        return refuse(r, algorithm, "an algorithm is rsa or ed25519");
    if ((s = read_name(r, selector, "a selector is expected", &key.selector)) != ASSAY_DONE)
        return s;
    if (!(author && span_is(domain, "*")) &&
        (s = read_domain(r, domain, &key.domain)) != ASSAY_DONE)
        return s;
    if (!dns_join(key.selector, "_domainkey", key.domain, &name))
        return refuse(r, text, "selector and domain are too long for a name");
    *ret = key;
    return ASSAY_DONE;
}

static assay_status set_keys(struct reader *r, assay_span value)
{
    size_t n = pieces(value);
    assay_span one;
    assay_status s = ASSAY_DONE;

    if (n > LIMIT_SIGN_KEYS)
        return refuse(r, value, "more than 8 keys");
    if (!(r->rule->keys = arena_zero(r->arena, n * sizeof *r->rule->keys)))
        return ASSAY_ENOMEM;
    while (s == ASSAY_DONE && span_cut(&value, ',', &one))
        s = read_key(r, one, true, &r->rule->keys[r->rule->nkeys++]);
    return s;
}

/* ---- who ---- */

static assay_status set_users(struct reader *r, assay_span value)
{
    struct sign_rule *rule = r->rule;
    assay_span one;

    if (pieces(value) > LIMIT_SIGN_LIST)
        return refuse(r, value, "more than 1,000 of them");
    if (!(rule->users = arena_zero(r->arena, pieces(value) * sizeof *rule->users)))
        return ASSAY_ENOMEM;
    while (span_cut(&value, ',', &one)) {
        if (!one.n)
            return refuse(r, one, "the name of a user is expected");
        if (!arena_copy(r->arena, one, &rule->users[rule->nusers++]))
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

static assay_status set_nets(struct reader *r, assay_span value)
{
    assay_span bad;
    assay_status s = matches_read(r->arena, value, MATCH_NETWORKS, &r->rule->nets, &bad);

    if (s == ASSAY_EINVAL)
        return refuse(r, bad, "an address or a network is expected, such as 10.0.0.0/8");
    return s;
}

/* ---- how ---- */

/** The name of a profile. */
static bool read_profile(assay_span value, enum dkim_profile *ret)
{
    *ret = span_is(value, "strict") ? DKIM_STRICT : DKIM_LIST_FRIENDLY;
    return *ret == DKIM_STRICT || span_is(value, "list-friendly");
}

static assay_status set_profile(struct reader *r, assay_span value)
{
    return read_profile(value, &r->rule->fields.profile)
               ? ASSAY_DONE
               : refuse(r, value, "a profile is strict or list-friendly");
}

/** A list of fields, which takes the place of a profile. */
static assay_status read_names(struct reader *r, assay_span value, struct sign_fields *ret)
{
    const char *fault = dkim_names_fault(value);

    if (fault)
        return refuse(r, value, fault);
    ret->profile = DKIM_OWN;
    return arena_copy(r->arena, value, &ret->names) ? ASSAY_DONE : ASSAY_ENOMEM;
}

static assay_status set_fields(struct reader *r, assay_span value)
{
    return read_names(r, value, &r->rule->fields);
}

/** One half of a canonicalization. */
static bool read_canon(assay_span text, enum canon *ret)
{
    *ret = span_is(text, "simple") ? CANON_SIMPLE : CANON_RELAXED;
    return *ret == CANON_SIMPLE || span_is(text, "relaxed");
}

static assay_status set_canon(struct reader *r, assay_span value)
{
    size_t slash = span_find(value, '/');

    if (slash == value.n || !read_canon(span_first(value, slash), &r->rule->header_canon) ||
        !read_canon(span_from(value, slash + 1), &r->rule->body_canon))
        return refuse(r, value,
                      "relaxed/relaxed, relaxed/simple, simple/relaxed or simple/simple "
                      "is expected");
    return ASSAY_DONE;
}

static assay_status set_expire(struct reader *r, assay_span value)
{
    if (!number_read(value, UINT32_MAX, &r->rule->expire) || !r->rule->expire)
        return refuse(r, value, "a number of seconds is expected");
    return ASSAY_DONE;
}

static assay_status set_timestamp(struct reader *r, assay_span value)
{
    r->rule->no_timestamp = span_is(value, "no");
    return r->rule->no_timestamp || span_is(value, "yes")
               ? ASSAY_DONE
               : refuse(r, value, "yes or no is expected");
}

static assay_status set_identity(struct reader *r, assay_span value)
{
    size_t at = span_rfind(value, '@');
    assay_status s;

    if (at == value.n || value.n > LIMIT_SIGN_IDENTITY)
        return refuse(r, value, "an identity is NAME@DOMAIN or @DOMAIN");
    s = read_domain(r, span_from(value, at + 1), &r->rule->identity_domain);
    if (s == ASSAY_DONE && !arena_copy(r->arena, value, &r->rule->identity))
        s = ASSAY_ENOMEM;
    return s;
}

/* ---- an entry ---- */

/** Its words behind the first. */
static const struct word {
    const char *name;
    assay_status (*set)(struct reader *r, assay_span value);
} WORDS[] = {
    {"key", set_keys},        {"user", set_users},          {"client", set_nets},
    {"profile", set_profile}, {"fields", set_fields},       {"canonicalization", set_canon},
    {"expire", set_expire},   {"timestamp", set_timestamp}, {"identity", set_identity},
};

enum { N_WORDS = sizeof WORDS / sizeof *WORDS, KEY = 1, PROFILE = 8, FIELDS = 16 };

/** What the address in From is compared with. */
static assay_status read_pattern(struct reader *r, assay_span text)
{
    struct sign_rule *rule = r->rule;
    size_t at = span_rfind(text, '@');
    assay_span domain = at < text.n ? span_from(text, at + 1) : text;

    if (!arena_copy(r->arena, text, &rule->text))
        return ASSAY_ENOMEM;
    rule->local = rule->domain = SPAN_EMPTY;
    if (span_is(text, "*"))
        return ASSAY_DONE;
    rule->pattern = at < text.n ? SIGN_ADDRESS : text.p[0] == '.' ? SIGN_BELOW : SIGN_DOMAIN;
    if (rule->pattern == SIGN_ADDRESS && at == 0)
        return refuse(r, text, "a pattern is NAME@DOMAIN, DOMAIN, .DOMAIN or *");
    rule->local = span_first(rule->text, rule->pattern == SIGN_ADDRESS ? at : 0);
    if (rule->pattern == SIGN_BELOW)
        return read_name(r, span_from(text, 1), "a domain is expected behind the dot",
                         &rule->domain);
    return read_domain(r, domain, &rule->domain);
}

/** One word behind the first. */
static assay_status read_word(struct reader *r, assay_span word)
{
    size_t equals = span_find(word, '=');

    for (size_t i = 0; i < N_WORDS && equals < word.n; i++) {
        if (!span_is(span_first(word, equals), WORDS[i].name))
            continue;
        if (r->seen >> i & 1)
            return refuse(r, word, "it stands twice");
        r->seen |= 1u << i;
        return WORDS[i].set(r, span_from(word, equals + 1));
    }
    return refuse(r, word,
                  "key=, user=, client=, profile=, fields=, canonicalization=, expire=, "
                  "timestamp= or identity= is expected");
}

/** What the words of an entry have to be to each other. */
static assay_status check_rule(struct reader *r)
{
    const struct sign_rule *rule = r->rule;

    if (!(r->seen & KEY))
        return refuse(r, rule->text, "it has no key=");
    if (r->seen & PROFILE && r->seen & FIELDS)
        return refuse(r, rule->text, "it has both profile= and fields=");
    for (size_t i = 0; i < rule->nkeys && rule->identity.n; i++)
        if (rule->keys[i].domain.n && !dns_is_under(rule->identity_domain, rule->keys[i].domain))
            return refuse(r, rule->identity, "an identity is of the key's domain or below it");
    return ASSAY_DONE;
}

/** Take the next word off. \return false when there is none */
static bool next_word(assay_span *rest, assay_span *word)
{
    size_t n = 0;

    *rest = span_trim(*rest);
    while (n < rest->n && !ascii_fws(rest->p[n]))
        n++;
    *word = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/** Read an entry that is not empty. */
static assay_status read_rule(struct reader *r, assay_span entry, assay_span pattern)
{
    assay_span word;
    assay_status s;

    *r->rule = (struct sign_rule){.header_canon = CANON_RELAXED,
                                  .body_canon = CANON_RELAXED,
                                  .fields = {DKIM_LIST_FRIENDLY, SPAN_EMPTY},
                                  .identity = SPAN_EMPTY,
                                  .identity_domain = SPAN_EMPTY};
    r->seen = 0;
    if ((s = read_pattern(r, pattern)) != ASSAY_DONE)
        return s;
    while (next_word(&entry, &word))
        if ((s = read_word(r, word)) != ASSAY_DONE)
            return s;
    return check_rule(r);
}

assay_status sign_table_read(struct arena *a, assay_span text, struct sign_table *ret,
                             struct sign_error *error)
{
    struct reader r = {.arena = a, .error = error};
    struct sign_table table = {NULL, 0};
    assay_span rest = text, entry, pattern;
    size_t entries = 0;

    while (span_cut(&rest, ';', &entry))
        entries++;
    if (entries > LIMIT_SIGN_RULES)
        return refuse(&r, span_first(text, SHOWN), "more than 10,000 entries");
    if (!(table.rules = arena_zero(a, (entries + 1) * sizeof *table.rules)))
        return ASSAY_ENOMEM;
    for (rest = text; span_cut(&rest, ';', &entry);) {
        assay_status s;

        r.entry++;
        if (!next_word(&entry, &pattern))
            continue;
        r.rule = &table.rules[table.n++];
        if ((s = read_rule(&r, entry, pattern)) != ASSAY_DONE)
            return s;
    }
    *ret = table;
    return ASSAY_DONE;
}

/* ---- sealing ---- */

assay_status sign_key_read(struct arena *a, assay_span text, struct sign_key *ret,
                           struct sign_error *error)
{
    struct reader r = {.arena = a, .error = error};

    if (text.n)
        return read_key(&r, text, false, ret);
    *ret = (struct sign_key){.selector = SPAN_EMPTY, .domain = SPAN_EMPTY};
    return ASSAY_DONE;
}

assay_status sign_fields_read(struct arena *a, assay_span text, struct sign_fields *ret,
                              struct sign_error *error)
{
    struct reader r = {.arena = a, .error = error};
    struct sign_fields fields = {.names = SPAN_EMPTY};
    assay_status s = ASSAY_DONE;

    if (!read_profile(text, &fields.profile))
        s = read_names(&r, text, &fields);
    if (s == ASSAY_DONE)
        *ret = fields;
    return s;
}
