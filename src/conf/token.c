/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/token.h"

bool conf_token_plain(char c)
{
    return (unsigned char)c > ' ' && c != 127 && !strchr("\"={},;", c);
}

struct conf_place conf_token_place(const struct conf_token *token, size_t i)
{
    struct conf_place at = token->at;

    at.column += (uint32_t)i + (token->kind == CONF_TOKEN_STRING);
    return at;
}

/** The octet that is `ahead` of the next, or NUL behind the end. */
static char peek(const struct conf_text *t, size_t ahead)
{
    return t->next + ahead < t->text.n ? t->text.p[t->next + ahead] : '\0';
}

/** Move on by `n` octets of this line. */
static void skip(struct conf_text *t, size_t n)
{
    t->next += n;
    t->at.column += (uint32_t)n;
}

/** The rest of the text begins with the end of a line. */
static bool at_line_end(const struct conf_text *t)
{
    return peek(t, 0) == '\n' || (peek(t, 0) == '\r' && peek(t, 1) == '\n');
}

/** Complain of what stands here. */
static void refuse(const struct conf_text *t, struct conf_place at, const char *what)
{
    if (t->complaints)
        conf_complain(t->complaints, at, false, "%s", what);
}

/** Skip blanks, a comment, and what is no token. */
static void skip_blanks(struct conf_text *t)
{
    while (t->next < t->text.n && !at_line_end(t)) {
        char c = peek(t, 0);

        if (c == '#') {
            while (t->next < t->text.n && !at_line_end(t))
                skip(t, 1);
        } else if (c == ';') {
            refuse(t, t->at, "a semicolon ends nothing here: leave it out, or quote what it is in");
            skip(t, 1);
        } else if (ascii_wsp(c)) {
            skip(t, 1);
        } else if (!conf_token_plain(c) && !strchr("\"={},", c ? c : ';')) {
            refuse(t, t->at, "a control character, which belongs nowhere in this file");
            skip(t, 1);
        } else {
            return;
        }
    }
}

/** Take a word. */
static void take_word(struct conf_text *t, struct conf_token *token)
{
    size_t from = t->next;

    while (t->next < t->text.n && conf_token_plain(peek(t, 0)))
        skip(t, 1);
    token->text = (assay_span){t->text.p + from, t->next - from};
}

/** Take a string with its quotes; one that its line does not end is taken up to there. */
static void take_string(struct conf_text *t, struct conf_token *token)
{
    size_t from = t->next + 1;

    skip(t, 1);
    while (t->next < t->text.n && !at_line_end(t) && peek(t, 0) != '"') {
        bool escape = peek(t, 0) == '\\' && t->next + 1 < t->text.n && peek(t, 1) != '\n' &&
                      peek(t, 1) != '\r';

        skip(t, escape ? 2 : 1);
    }
    token->text = (assay_span){t->text.p + from, t->next - from};
    if (t->next < t->text.n && peek(t, 0) == '"')
        skip(t, 1);
    else
        refuse(t, token->at, "this string is not ended on its line: \" is missing");
}

/** Take the end of a line. */
static void take_line_end(struct conf_text *t)
{
    t->next += peek(t, 0) == '\r' ? 2 : 1;
    t->at.line++;
    t->at.column = 1;
}

struct conf_token conf_token_next(struct conf_text *t)
{
    static const char SIGNS[] = "={},";
    static const enum conf_token_kind KINDS[] = {CONF_TOKEN_EQUALS, CONF_TOKEN_OPEN,
                                                 CONF_TOKEN_CLOSE, CONF_TOKEN_COMMA};
    struct conf_token token = {.kind = CONF_TOKEN_END, .text = SPAN_EMPTY};
    const char *sign;

    skip_blanks(t);
    token.at = t->at;
    if (t->next == t->text.n)
        return token;
    if (at_line_end(t)) {
        token.kind = CONF_TOKEN_LINE;
        take_line_end(t);
    } else if ((sign = strchr(SIGNS, peek(t, 0)))) {
        token.kind = KINDS[sign - SIGNS];
        skip(t, 1);
    } else if (peek(t, 0) == '"') {
        token.kind = CONF_TOKEN_STRING;
        take_string(t, &token);
    } else {
        token.kind = CONF_TOKEN_WORD;
        take_word(t, &token);
    }
    return token;
}
