/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/forwarders.h"

#include "base/limits.h"
#include "base/time.h"

enum { DAY = 86400, DATE = 10 };

/** The table being read. */
struct reader {
    struct arena *a;
    struct forwarder *f; /* the entry at hand */
    bool known;          /* it says whom it trusts */
    unsigned seen;       /* the keys it has, one bit each */
    const char *why;
    assay_span bad;
};

/** Refuse some octets. */
static assay_status refuse(struct reader *r, const char *why, assay_span bad)
{
    r->why = why;
    r->bad = bad;
    return ASSAY_EINVAL;
}

/* ---- pieces ---- */

/** Octets up to a separator outside of quotes, or all. \return false: a quote does not end */
static bool piece_of(assay_span s, const char *separators, size_t *ret)
{
    bool quoted = false;
    size_t n = 0;

    for (; n < s.n; n++) {
        if (s.p[n] == '"')
            quoted = !quoted;
        else if (!quoted && s.p[n] && strchr(separators, s.p[n]))
            break;
    }
    *ret = n;
    return !quoted;
}

/** A value without its quotes. */
static assay_span unquoted(assay_span value)
{
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        return span_from(span_first(value, value.n - 1), 1);
    return value;
}

/* ---- the keys ---- */

/** Read the patterns of a list. */
static assay_status read_list(struct reader *r, assay_span value, unsigned kinds,
                              struct matches *ret, const char *why)
{
    assay_span bad;
    assay_status s = matches_read(r->a, value, kinds, ret, &bad);

    return s == ASSAY_EINVAL ? refuse(r, why, bad.n ? bad : value) : s;
}

/** Read whom it trusts. */
static assay_status read_whom(struct reader *r, enum forwarder_by by, assay_span word,
                              assay_span value)
{
    assay_status s;

    if (r->known)
        return refuse(r, "one of client, name and sealer begins an entry, and only one", word);
    s = by == FORWARDER_CLIENT
            ? read_list(r, value, MATCH_NETWORKS, &r->f->whom, "client takes networks")
            : read_list(r, value, MATCH_DOMAINS, &r->f->whom, "name and sealer take a domain");
    if (s == ASSAY_DONE && by != FORWARDER_CLIENT && r->f->whom.n > 1)
        return refuse(r, "name and sealer take one domain", value);
    if (s == ASSAY_DONE && by == FORWARDER_SEALER && r->f->whom.all[0].type != MATCH_DOMAIN)
        return refuse(r, "sealer takes a domain, without the dot", value);
    r->known = true;
    r->f->by = by;
    r->f->who = word;
    return s;
}

/** Read the last day. */
static assay_status read_until(struct reader *r, assay_span value)
{
    if (value.n != DATE || value.p[4] != '-' || !time_read(value, &r->f->end))
        return refuse(r, "until takes a date such as 2027-06-30", value);
    r->f->until = value;
    r->f->end += DAY;
    return ASSAY_DONE;
}

/** Read a note: people see it. */
static assay_status read_note(struct reader *r, assay_span value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7F)
            return refuse(r, "a note takes no control characters", value);
    r->f->note = value;
    return ASSAY_DONE;
}

/** Read `KEY=VALUE`. */
static assay_status read_word(struct reader *r, assay_span word)
{
    static const char *const KEYS[] = {"client",     "name",  "sealer", "authors",
                                       "recipients", "until", "note"};
    size_t equals = span_find(word, '='), key = 0;
    assay_span value = unquoted(span_from(word, equals + 1));

    while (key < sizeof KEYS / sizeof *KEYS && !span_is(span_first(word, equals), KEYS[key]))
        key++;
    if (equals == word.n || key == sizeof KEYS / sizeof *KEYS)
        return refuse(r, "client= name= sealer= authors= recipients= until= or note= is expected",
                      word);
    if (r->seen & 1u << key)
        return refuse(r, "a key stands twice in an entry", word);
    r->seen |= 1u << key;
    if (key > FORWARDER_SEALER && !r->known)
        return refuse(r, "an entry begins with client=, name= or sealer=", word);
    switch (key) {
    case 3: return read_list(r, value, MATCH_DOMAINS, &r->f->authors, "authors takes domains");
    case 4:
        return read_list(r, value, MATCH_ADDRESSES, &r->f->recipients,
                         "recipients takes domains and addresses");
    case 5: return read_until(r, value);
    case 6: return read_note(r, value);
    default: return read_whom(r, (enum forwarder_by)key, word, value);
    }
}

/** Read one entry. */
static assay_status read_entry(struct reader *r, assay_span entry)
{
    assay_status s = ASSAY_DONE;

    *r->f = (struct forwarder){.who = SPAN_EMPTY, .until = SPAN_EMPTY, .note = SPAN_EMPTY};
    r->known = false;
    r->seen = 0;
    for (entry = span_trim(entry); entry.n && s == ASSAY_DONE; entry = span_trim(entry)) {
        size_t n;

        if (!piece_of(entry, " \t\r\n", &n))
            return refuse(r, "a quote does not end", entry);
        s = read_word(r, span_first(entry, n));
        entry = span_from(entry, n);
    }
    return s;
}

/** Read all entries into their places, of which there are enough. */
static assay_status read_all(struct reader *r, assay_span text, struct forwarders *ret)
{
    assay_status s = ASSAY_DONE;

    while (text.n && s == ASSAY_DONE) {
        size_t n;

        if (!piece_of(text, ";", &n))
            return refuse(r, "a quote does not end", text);
        if (span_trim(span_first(text, n)).n) {
            r->f = &ret->all[ret->n++];
            s = read_entry(r, span_first(text, n));
            ret->names |= r->f->by == FORWARDER_NAME;
        }
        text = span_from(text, n + 1);
    }
    return s;
}

assay_status forwarders_read(struct arena *a, assay_span text, struct forwarders *ret,
                             const char **ret_why, assay_span *ret_bad)
{
    struct reader r = {.a = a, .why = "", .bad = SPAN_EMPTY};
    struct forwarders all = {NULL, 0, false};
    assay_status s;
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ';';
    if (n > LIMIT_FORWARDERS + 1)
        s = refuse(&r, "more entries than are taken", SPAN_EMPTY);
    else if (!arena_copy(a, text, &text) || !(all.all = arena_zero(a, n * sizeof *all.all)))
        s = ASSAY_ENOMEM;
    else
        s = read_all(&r, text, &all);
    if (s == ASSAY_DONE)
        *ret = all;
    *ret_why = r.why;
    *ret_bad = r.bad;
    return s;
}

bool forwarder_is_for(const struct forwarder *f, const struct forwarded *message)
{
    return (!f->authors.n ||
            matches_every_domain(&f->authors, message->authors, message->nauthors)) &&
           (!f->recipients.n ||
            matches_every_path(&f->recipients, message->recipients, message->nrecipients));
}
