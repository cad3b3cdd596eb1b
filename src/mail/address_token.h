/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file address_token.h
 * The tokens of an address field (RFC 5322 3.2), comments and folding left out.
 */
#ifndef MAIL_ADDRESS_TOKEN_H
#define MAIL_ADDRESS_TOKEN_H

#include "base/span.h"

/** What a token is. The specials stand in the order of SPECIALS in address_token(). */
enum token_kind {
    END,
    ATOM,
    QUOTED,
    LITERAL,
    STRAY,
    DOT,
    AT,
    COMMA,
    SEMICOLON,
    COLON,
    OPEN,
    CLOSE
};

/** A token, and what stood before it. */
struct token {
    enum token_kind kind;
    assay_span text; /**< as written; empty at the end */
    bool gap;        /**< comments or blanks stood before it */
};

/**
 * What is left of a field. Looking for an end that is not there is done once, so that the whole
 * stays linear.
 */
struct lexer {
    assay_span rest;
    /** a quoted string does not end: " is an octet without meaning from there on */
    bool no_quotes;
    bool no_comments; /**< the same for ( and ) */
};

/** Take the next token off. An octet that begins nothing is a STRAY. */
struct token address_token(struct lexer *in);

/** The token parts addresses; it is no piece of one. */
static inline bool is_part(enum token_kind kind)
{
    return kind == END || kind >= COMMA;
}

/** word = atom / quoted-string (3.2.5). */
static inline bool is_word(enum token_kind kind)
{
    return kind == ATOM || kind == QUOTED;
}

/**
 * Octets of the line end at the front when it folds: a blank or the end of the field comes behind
 * it; else 0.
 */
size_t address_fold_size(assay_span s) ASSAY_PURE;

/** The field is UTF-8 (RFC 6532 3.1), and no program stops reading inside it. */
bool address_is_text(assay_span s) ASSAY_PURE;

#endif
