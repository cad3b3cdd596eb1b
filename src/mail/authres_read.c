/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "base/number.h"
#include "base/utf8.h"
#include "mail/authres.h"
#include "mail/authres_grammar.h"

/*
 * take_word() parts the field into words: what stands between white space, comments, semicolons and
 * the octets a name ends at. A word may be quoted, wholly or in parts. Reading copies words,
 * unquoted, into one text that the field's length bounds; telling whose field it is compares them
 * where they stand.
 *
 * What breaks the grammar is a fault and is read as well as it can be; where that is not at all,
 * all is passed over up to the next semicolon outside quotes and comments. A quote or comment that
 * does not end takes the rest of the field with it: a field that two readers may part in two ways
 * shall give too few results rather than some that were never there.
 */

/* ---- words ---- */

/** What is left of a field. */
struct cursor {
    assay_span rest;
    bool fault;
};

/** Nothing is left of this resinfo, or of the piece with the authserv-id. */
static bool at_end(const struct cursor *c)
{
    return !c->rest.n || c->rest.p[0] == ';';
}

/** The next octet is this one. */
static bool at(const struct cursor *c, char octet)
{
    return c->rest.n && c->rest.p[0] == octet;
}

/** Take an octet if it is the next. */
static bool take(struct cursor *c, char octet)
{
    if (!at(c, octet))
        return false;
    c->rest = span_from(c->rest, 1);
    return true;
}

/** Blanks, line ends, and control octets: some programs see a blank in each of those. */
static bool is_gap(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7F;
}

/** Take a comment off (RFC 5322 3.2.2). Quotes mean nothing in it. */
static void skip_comment(struct cursor *c)
{
    size_t depth = 0, i = 0;

    do {
        if (c->rest.p[i] == '\\')
            i++;
        else if (c->rest.p[i] == '(')
            c->fault |= ++depth > LIMIT_COMMENT_DEPTH;
        else if (c->rest.p[i] == ')')
            depth--;
    } while (++i < c->rest.n && depth);
    c->fault |= depth > 0;
    c->rest = span_from(c->rest, i);
}

/** Take comments and white space off. \return there were some */
static bool skip_gap(struct cursor *c)
{
    const char *begin = c->rest.p;

    while (c->rest.n && (at(c, '(') || is_gap(c->rest.p[0])))
        if (at(c, '('))
            skip_comment(c);
        else
            c->rest = span_from(c->rest, 1);
    return c->rest.p != begin;
}

/**
 * Octets of the quoted string at the front (RFC 5322 3.2.4); all there are when it does not end.
 */
static size_t quoted_size(struct cursor *c, assay_span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1;
        i += s.p[i] == '\\';
    }
    c->fault = true;
    return s.n;
}

/**
 * Take a word off, as it is written.
 *
 * \param stops  octets at which it ends too
 * \return empty when something else is next
 */
static assay_span take_word(struct cursor *c, const char *stops)
{
    assay_span whole = c->rest, ends = span_of(stops);

    while (!at_end(c) && !at(c, '(') && !is_gap(c->rest.p[0]) &&
           span_find(ends, c->rest.p[0]) == ends.n)
        c->rest = span_from(c->rest, at(c, '"') ? quoted_size(c, c->rest) : 1);
    return span_first(whole, whole.n - c->rest.n);
}

/** Look for what can be understood behind the next semicolon. */
static void skip_piece(struct cursor *c)
{
    c->fault = true;
    while (!at_end(c))
        if (!skip_gap(c))
            take_word(c, "");
}

/** A word being unquoted. */
struct unquoter {
    assay_span rest;
    bool quoted;
};

/** The next octet of a word. Folding inside quotes is taken out, and a tab is a space there. */
static bool next_octet(struct unquoter *u, char *ret)
{
    while (u->rest.n) {
        char c = u->rest.p[0];

        u->rest = span_from(u->rest, 1);
        if (c == '"') {
            u->quoted = !u->quoted;
            continue;
        }
        if (u->quoted && c == '\\' && u->rest.n) {
            c = u->rest.p[0];
            u->rest = span_from(u->rest, 1);
        }
        if (c == '\r' || c == '\n')
            continue;
        *ret = c == '\t' ? ' ' : c;
        return true;
    }
    return false;
}

/* ---- the head: the authserv-id and its version ---- */

/** The number in a word; what is none, or too large for one, is the highest. */
static uint64_t read_version(struct cursor *c, assay_span word)
{
    uint64_t version;

    if (number_read(word, UINT64_MAX, &version))
        return version;
    c->fault = true;
    return UINT64_MAX;
}

/** A method with its result is next, where the authserv-id should be: some write none. */
static bool is_method_next(struct cursor c)
{
    if (!take_word(&c, "=/").n)
        return false;
    skip_gap(&c);
    if (take(&c, '/')) {
        skip_gap(&c);
        take_word(&c, "=");
        skip_gap(&c);
    }
    return at(&c, '=');
}

/** The piece at hand has ended, or a version stands before its end. */
static bool is_head_complete(struct cursor c)
{
    uint64_t version;

    skip_gap(&c);
    if (at_end(&c))
        return true;
    if (!number_read(take_word(&c, ""), UINT64_MAX, &version))
        return false;
    skip_gap(&c);
    return at_end(&c);
}

/** An id without a final dot, which names the same domain. */
static assay_span without_dot(assay_span id)
{
    return id.n > 1 && id.p[id.n - 1] == '.' ? span_first(id, id.n - 1) : id;
}

/** A word, unquoted, is this id; both without case and final dot. */
static bool is_id(assay_span word, assay_span id)
{
    struct unquoter u = {word, false};
    char c;

    for (size_t i = 0; i < id.n; i++)
        if (!next_octet(&u, &c) || ascii_lower(c) != ascii_lower(id.p[i]))
            return false;
    return !next_octet(&u, &c) || (c == '.' && !next_octet(&u, &c));
}

/**
 * What stands before the first semicolon begins with this id, if comments, white space, quotes and
 * backslashes are taken out: how programs that do not know the grammar may come to see it.
 */
static bool is_id_squeezed(struct cursor c, assay_span id)
{
    size_t i = 0;

    for (bool gap = skip_gap(&c); !at_end(&c); gap = skip_gap(&c)) {
        char octet = c.rest.p[0];

        c.rest = span_from(c.rest, 1);
        if (i == id.n)
            return gap || octet == '"' || (octet == '.' && (at_end(&c) || skip_gap(&c)));
        if (octet == '"' || octet == '\\')
            continue;
        if (ascii_lower(octet) != ascii_lower(id.p[i++]))
            return false;
    }
    return i == id.n;
}

bool authres_is_from(assay_span value, assay_span authserv_id)
{
    assay_span id = without_dot(authserv_id), word;
    struct cursor c = {value, false}, whole = c;

    if (!id.n)
        return false;
    skip_gap(&c);
    word = take_word(&c, "");
    if (is_id(word, id))
        return true;
    if ((authres_is_token(word) || authres_is_quoted(word)) && is_head_complete(c))
        return false; /* it is another's */
    return is_id_squeezed(whole, id);
}

/* ---- results ---- */

/** A field while it is read. */
struct reader {
    struct arena *a;
    struct cursor at;
    char *text;         /* where the next unquoted word goes */
    struct authres got; /* what was read so far */
    struct authres_result results[LIMIT_AUTHRES_RESULTS];
    struct authres_property properties[LIMIT_AUTHRES_PROPERTIES]; /* of the result at hand */
};

/** Put a word, unquoted, into the text. */
static assay_span put_word(struct reader *r, assay_span word)
{
    struct unquoter u = {word, false};
    assay_span put = {r->text, 0};

    while (next_octet(&u, r->text))
        r->text++;
    put.n = (size_t)(r->text - put.p);
    return put;
}

/** Put a name in lower case. */
static assay_span put_name(struct reader *r, assay_span word)
{
    char *begin = r->text;
    assay_span name = put_word(r, word);

    for (size_t i = 0; i < name.n; i++)
        begin[i] = ascii_lower(begin[i]);
    r->at.fault |= !authres_is_keyword(word);
    return name;
}

/** value (RFC 2045 5.1, RFC 6532 3.2). */
static bool is_value(assay_span word)
{
    return authres_is_token(word) || authres_is_quoted(word);
}

/** local-part (RFC 5322 3.4.1), its obsolete form left out. */
static bool is_local(assay_span word)
{
    return authres_is_dot_atom(word) || authres_is_quoted(word);
}

/** `@` domain-name. */
static bool is_at_domain(assay_span word)
{
    return word.n && word.p[0] == '@' && authres_is_domain_name(span_from(word, 1));
}

/** pvalue (RFC 8601 2.2) without white space. */
static bool is_pvalue(assay_span word)
{
    size_t i = span_rfind(word, '@');

    return is_value(word) || authres_is_domain_name(word) ||
           ((i == 0 || is_local(span_first(word, i))) && is_at_domain(span_from(word, i)));
}

/** What follows is ptype.property=value, not a value. */
static bool is_property_next(struct cursor c)
{
    assay_span word = take_word(&c, ""), name;
    size_t equals = span_find(word, '=');
    size_t dot = span_find(span_first(word, equals), '.');

    name = span_from(span_first(word, equals), dot + 1);
    return equals < word.n && dot < equals && authres_is_keyword(span_first(word, dot)) &&
           authres_is_keyword(name) && !is_pvalue(word);
}

/** Read what stands behind the = of a property: a pvalue. White space may stand before its @. */
static assay_span read_pvalue(struct reader *r)
{
    bool gap = skip_gap(&r->at), good;
    assay_span word, value;
    struct cursor behind;

    if (gap && is_property_next(r->at)) { /* smtp.mailfrom= smtp.helo=example.com */
        r->at.fault = true;
        return SPAN_EMPTY;
    }
    word = take_word(&r->at, "");
    value = put_word(r, word);
    good = is_pvalue(word);
    behind = r->at;
    skip_gap(&behind);
    if (word.n && span_find(word, '@') == word.n && at(&behind, '@')) {
        assay_span domain = take_word(&behind, "");

        value.n += put_word(r, domain).n;
        good = is_local(word) && is_at_domain(domain);
        r->at = behind;
    }
    r->at.fault |= !good;
    return value;
}

/** Read the value of reason=. The first one counts; its place is before the properties. */
static void read_reason(struct reader *r, struct authres_result *result)
{
    assay_span word;

    skip_gap(&r->at);
    word = take_word(&r->at, "");
    r->at.fault |= result->reason.n || result->nproperties || !is_value(word);
    if (!result->reason.n)
        result->reason = put_word(r, word);
}

/** Read a propspec, the reasonspec, or what is like one: some leave the ptype out. */
static void read_property(struct reader *r, struct authres_result *result)
{
    assay_span ptype = take_word(&r->at, "=."), name = ptype;
    struct authres_property property;

    skip_gap(&r->at);
    if (take(&r->at, '.')) {
        skip_gap(&r->at);
        name = take_word(&r->at, "=");
        skip_gap(&r->at);
    } else {
        ptype = SPAN_EMPTY;
    }
    if (!name.n || !take(&r->at, '=')) {
        skip_piece(&r->at);
        return;
    }
    if (!ptype.n && span_iis(name, "reason")) {
        read_reason(r, result);
        return;
    }
    property.ptype = put_name(r, ptype);
    property.name = put_name(r, name);
    property.value = read_pvalue(r);
    if (result->nproperties < LIMIT_AUTHRES_PROPERTIES)
        r->properties[result->nproperties++] = property;
    else
        r->at.fault = true;
}

/** Read `none`, if it is all there is up to the next semicolon. */
static bool read_none(struct reader *r)
{
    struct cursor c = r->at;
    assay_span word = take_word(&c, "=/");

    skip_gap(&c);
    if (!span_iis(word, "none") || !at_end(&c))
        return false;
    r->at = c;
    r->at.fault |= r->got.none;
    r->got.none = true;
    return true;
}

/** Read method=. \return false: there is none */
static bool read_method(struct reader *r, struct authres_result *result)
{
    assay_span method = take_word(&r->at, "=/");

    skip_gap(&r->at);
    if (take(&r->at, '/')) {
        skip_gap(&r->at);
        result->version = read_version(&r->at, take_word(&r->at, "="));
        skip_gap(&r->at);
    }
    if (!take(&r->at, '='))
        return false;
    result->method = put_name(r, method);
    return result->method.n > 0;
}

/** Keep a result that was read. */
static assay_status add_result(struct reader *r, struct authres_result *result)
{
    size_t size = result->nproperties * sizeof *r->properties;
    struct authres_property *kept = arena_get(r->a, size);

    if (!kept)
        return ASSAY_ENOMEM;
    if (size)
        memcpy(kept, r->properties, size);
    result->properties = kept;
    r->results[r->got.n++] = *result;
    return ASSAY_DONE;
}

/** Read a resinfo, or `none`, up to its semicolon. */
static assay_status read_resinfo(struct reader *r)
{
    struct authres_result result = {.version = 1, .reason = SPAN_EMPTY};

    skip_gap(&r->at);
    if (read_none(r))
        return ASSAY_DONE;
    if (read_method(r, &result)) {
        skip_gap(&r->at);
        result.result = put_name(r, take_word(&r->at, ""));
    }
    if (!result.result.n || r->got.n == LIMIT_AUTHRES_RESULTS) {
        skip_piece(&r->at);
        return ASSAY_DONE;
    }
    for (skip_gap(&r->at); !at_end(&r->at); skip_gap(&r->at))
        read_property(r, &result);
    return add_result(r, &result);
}

/** Read the authserv-id and its version. */
static void read_head(struct reader *r)
{
    assay_span word = take_word(&r->at, "");

    r->at.fault |= !is_value(word);
    r->got.authserv_id = put_word(r, word);
    skip_gap(&r->at);
    if (!at_end(&r->at))
        r->got.version = read_version(&r->at, take_word(&r->at, ""));
    skip_gap(&r->at);
    if (!at_end(&r->at))
        skip_piece(&r->at);
}

/** UTF-8 without control octets but those of folding white space. */
static bool is_text(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_gap(s.p[i]) && !ascii_fws(s.p[i]))
            return false;
    return utf8_ok(s);
}

/** Hand out what was read. */
static assay_status give(struct reader *r, struct authres *ret)
{
    size_t size = r->got.n * sizeof *r->results;
    struct authres_result *kept = arena_get(r->a, size);

    if (!kept)
        return ASSAY_ENOMEM;
    if (size)
        memcpy(kept, r->results, size);
    r->got.results = kept;
    r->got.fault = r->at.fault || (r->got.none && r->got.n);
    r->got.none = r->got.none && !r->got.n;
    *ret = r->got;
    return ASSAY_DONE;
}

assay_status authres_read(struct arena *a, assay_span value, struct authres *ret)
{
    struct reader r;
    bool more;

    r.a = a;
    r.at = (struct cursor){value, !is_text(value)};
    r.got = (struct authres){.authserv_id = SPAN_EMPTY, .version = 1};
    if (!(r.text = arena_get(a, value.n)))
        return ASSAY_ENOMEM;
    skip_gap(&r.at);
    more = is_method_next(r.at);
    if (!more) {
        read_head(&r);
        more = take(&r.at, ';');
        r.at.fault |= !more; /* there is neither a resinfo nor "none" */
    } else {
        r.at.fault = true;
    }
    for (; more; more = take(&r.at, ';'))
        if (read_resinfo(&r) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    return give(&r, ret);
}
