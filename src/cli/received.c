/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/received.h"

#include "base/limits.h"
#include "cli/date.h"

/** A piece of a field: a comment without its parentheses, or a word. */
struct token {
    bool comment;
    assay_span text;
};

/**
 * Where the comment that begins a span ends: behind its parenthesis, or at the end of the field.
 */
static size_t comment_end(assay_span s)
{
    unsigned depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '(' && depth < LIMIT_COMMENT_DEPTH)
            depth++;
        else if (s.p[i] == ')' && --depth == 0)
            return i + 1;
    }
    return s.n;
}

/** Take the next piece. A semicolon is a word of its own. */
static bool next_token(assay_span *rest, struct token *t)
{
    size_t n = 0;

    while (rest->n && ascii_fws(rest->p[0]))
        *rest = span_from(*rest, 1);
    t->comment = rest->n && rest->p[0] == '(';
    if (t->comment) {
        n = comment_end(*rest);
        t->text = span_from(span_first(*rest, n), 1);
        if (t->text.n && t->text.p[t->text.n - 1] == ')')
            t->text.n--;
    } else {
        while (n < rest->n && !ascii_fws(rest->p[n]) && rest->p[n] != '(' && rest->p[n] != ';')
            n++;
        if (n == 0 && rest->n)
            n = 1;
        t->text = span_first(*rest, n);
    }
    *rest = span_from(*rest, n);
    return n > 0;
}

/** The next word inside a comment. */
static bool next_word(assay_span *rest, assay_span *word)
{
    size_t n = 0;

    while (rest->n && (ascii_fws(rest->p[0]) || rest->p[0] == ','))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !ascii_fws(rest->p[n]) && rest->p[n] != ',')
        n++;
    *word = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/* ---- addresses ---- */

/** Read an address literal: `[IP]`, `[IPv6:IP]`, with `:PORT` behind it. */
static bool read_literal(assay_span word, struct ip *ret)
{
    size_t end = span_find(word, ']');
    assay_span inner;

    if (!word.n || word.p[0] != '[' || end == word.n)
        return false;
    inner = span_from(span_first(word, end), 1);
    if (span_istarts(inner, SPAN("IPv6:")))
        inner = span_from(inner, 5);
    return ip_read(inner, ret);
}

/** Read an address in a word of its own, with or without brackets and `user@` before it. */
static bool read_address(assay_span word, struct ip *ret)
{
    size_t at = span_rfind(word, '@'), literal;

    if (at < word.n)
        word = span_from(word, at + 1);
    if ((literal = span_find(word, '[')) < word.n)
        return read_literal(span_from(word, literal), ret);
    return ip_read(word, ret);
}

/* ---- the "from" part ---- */

/** What the comments of the "from" part say. */
struct client {
    struct ip ip;
    bool looked_up;  /* something stands before [IP] where its name belongs */
    assay_span name; /* that name; empty for "unknown" */
    assay_span helo; /* of HELO, EHLO, helo= */
};

/** A host name as it stands: no `user@`, no final dot; empty for "unknown" and the like. */
static assay_span host_name(assay_span word)
{
    size_t at = span_rfind(word, '@');

    if (at < word.n)
        word = span_from(word, at + 1);
    if (word.n && word.p[word.n - 1] == '.')
        word.n--;
    if (span_iis(word, "unknown") || span_iis(word, "unverified") || !word.n || word.p[0] == '[')
        return SPAN_EMPTY;
    for (size_t i = 0; i < word.n; i++)
        if ((unsigned char)word.p[i] <= ' ' || strchr("\"<>()[]\\,;:=/", word.p[i]))
            return SPAN_EMPTY;
    return word;
}

/** A comment says who logged in or how the line was encrypted, not where the client is. */
static bool is_about_session(assay_span comment)
{
    static const char *const HEADS[] = {"authenticated", "auth:",   "using",     "version=",
                                        "no client",     "client ", "envelope-", "may be forged"};

    comment = span_trim(comment);
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++)
        if (span_istarts(comment, span_of(HEADS[i])))
            return true;
    return false;
}

/** The value of `helo=` or `ehlo=`, or the word behind HELO or EHLO. */
static bool read_helo(assay_span word, assay_span *rest, assay_span *ret)
{
    if (span_istarts(word, SPAN("helo=")) || span_istarts(word, SPAN("ehlo="))) {
        *ret = span_from(word, 5);
        return true;
    }
    if (!span_iis(word, "helo") && !span_iis(word, "ehlo"))
        return false;
    if (!next_word(rest, ret))
        *ret = SPAN_EMPTY;
    return true;
}

/** Read a comment of the "from" part. */
static void read_client(assay_span comment, struct client *c)
{
    assay_span word, name = SPAN_EMPTY;
    struct ip ip;

    if (is_about_session(comment))
        return;
    while (next_word(&comment, &word)) {
        assay_span helo;

        if (read_helo(word, &comment, &helo)) {
            if (helo.n)
                c->helo = helo;
        } else if (read_address(word, &ip)) {
            c->ip = ip;
            c->looked_up = name.n && span_find(word, '[') < word.n;
            c->name = c->looked_up ? host_name(name) : SPAN_EMPTY;
            name = SPAN_EMPTY;
        } else if (span_find(word, '=') == word.n) {
            name = word;
        }
    }
}

/** A word that ends the "from" part. */
static bool is_keyword(assay_span word)
{
    static const char *const WORDS[] = {"by", "via", "with", "id", "for", ";"};

    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (span_iis(word, WORDS[i]))
            return true;
    return false;
}

/** Join the word behind "from" and what the comments say. */
static void settle_client(assay_span first, const struct client *c, struct received *r)
{
    struct ip literal;

    r->ip = c->ip;
    r->helo = c->helo.n ? c->helo : first;
    r->name = c->name;
    r->looked_up = c->looked_up;
    if (read_address(first, &literal)) {
        if (!r->ip.version)
            r->ip = literal;
        r->looked_up |= c->helo.n > 0 && !c->ip.version; /* Exim: from [IP] (helo=HELO) */
    } else if (c->helo.n) {
        r->name = host_name(first); /* Exim, qmail: from NAME, and the HELO inside */
        r->looked_up = true;
    }
}

/** Read from behind "from" up to the next part. \return the word that ended it */
static assay_span read_from(assay_span *rest, struct received *r)
{
    struct client client = {.name = SPAN_EMPTY, .helo = SPAN_EMPTY};
    assay_span first = SPAN_EMPTY;
    struct token t;

    while (next_token(rest, &t)) {
        if (t.comment)
            read_client(t.text, &client);
        else if (is_keyword(t.text))
            break;
        else if (!first.n)
            first = t.text;
    }
    settle_client(first, &client, r);
    return t.text;
}

/* ---- the rest ---- */

bool received_path(assay_span value, assay_span *ret)
{
    assay_span path = span_trim(value);
    size_t route;

    if (path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
        path = span_from(span_first(path, path.n - 1), 1);
    else if (span_find(path, '@') == path.n)
        return false;
    for (size_t i = 0; i < path.n; i++)
        if ((unsigned char)path.p[i] <= ' ' || path.p[i] == 0x7F || path.p[i] == '<' ||
            path.p[i] == '>')
            return false;
    route = path.n && path.p[0] == '@' ? span_find(path, ':') : path.n; /* RFC 5321 C */
    *ret = route < path.n ? span_from(path, route + 1) : path;
    return true;
}

/** The reverse-path behind `envelope-from`. */
static void read_sender(assay_span text, struct received *r)
{
    assay_span word;

    if (r->has_sender || !next_word(&text, &word) ||
        !(span_istarts(word, SPAN("envelope-from")) || span_istarts(word, SPAN("envelope-sender"))))
        return;
    if (!next_word(&text, &word))
        return;
    if (word.n && word.p[0] == '<' && span_find(word, '>') < word.n)
        word = span_first(word, span_find(word, '>') + 1);
    r->has_sender = received_path(word, &r->sender);
}

/** The host behind "by"; its address may follow in a comment. */
static void read_by(assay_span *rest, struct received *r)
{
    assay_span ahead = *rest;
    struct token t;

    if (!next_token(rest, &t) || t.comment || is_keyword(t.text))
        return;
    r->by = host_name(t.text);
    ahead = *rest;
    if (next_token(&ahead, &t) && t.comment) {
        struct client c = {.name = SPAN_EMPTY, .helo = SPAN_EMPTY};

        read_client(t.text, &c);
        r->by_ip = c.ip;
    }
}

/** The protocol behind "with". */
static void read_with(assay_span rest, struct received *r)
{
    struct token t;

    if (next_token(&rest, &t) && !t.comment)
        r->with = t.text;
}

/** Read what follows the "from" part. */
static void read_rest(assay_span rest, assay_span word, struct received *r)
{
    struct token t = {false, word};
    bool exim = false;

    do {
        if (t.comment) {
            read_sender(t.text, r);
            exim |= span_starts(t.text, SPAN("Exim "));
        } else if (span_iis(t.text, "by") && !r->by.n) {
            read_by(&rest, r);
        } else if (span_iis(t.text, "with") && !r->with.n) {
            read_with(rest, r);
        } else if (span_istarts(t.text, SPAN("envelope-from"))) {
            read_sender(span_between(t.text.p, rest.p + rest.n), r);
        } else if (span_is(t.text, ";")) {
            r->dated |= date_read(rest, &r->date);
        }
    } while (next_token(&rest, &t));
    /* Exim writes the first word without brackets only when it has verified that name. */
    if (exim && !r->looked_up && r->ip.version && !r->name.n && host_name(r->helo).n) {
        r->name = host_name(r->helo);
        r->looked_up = true;
    }
}

void received_read(assay_span value, struct received *ret)
{
    assay_span rest = value, end = SPAN_EMPTY;
    struct token t;

    *ret = (struct received){.helo = SPAN_EMPTY,
                             .name = SPAN_EMPTY,
                             .by = SPAN_EMPTY,
                             .with = SPAN_EMPTY,
                             .sender = SPAN_EMPTY};
    while (next_token(&rest, &t)) {
        if (t.comment)
            continue;
        end = span_iis(t.text, "from") ? read_from(&rest, ret) : t.text;
        break;
    }
    read_rest(rest, end, ret);
}
