/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file token.h
 * The words and signs that the text of a configuration is made of.
 */
#ifndef CONF_TOKEN_H
#define CONF_TOKEN_H

#include "conf/complaint.h"

/** What a token is. */
enum conf_token_kind {
    CONF_TOKEN_WORD,
    CONF_TOKEN_STRING, /**< in quotes */
    CONF_TOKEN_EQUALS,
    CONF_TOKEN_OPEN,
    CONF_TOKEN_CLOSE,
    CONF_TOKEN_COMMA,
    CONF_TOKEN_LINE, /**< the end of a line */
    CONF_TOKEN_END   /**< the end of the text */
};

/** A token. */
struct conf_token {
    enum conf_token_kind kind;
    assay_span text; /**< of words; of strings what stands between the quotes, escapes as written */
    struct conf_place at;
};

/** A text being taken apart. Copy it to look ahead. */
struct conf_text {
    assay_span text;
    struct conf_place at;               /**< where `rest` begins */
    size_t next;                        /**< octets that were taken */
    struct conf_complaints *complaints; /**< NULL: look ahead in silence */
};

/** Take the next token. What is none (controls, `;`, an open string) is complained of and skipped. */
struct conf_token conf_token_next(struct conf_text *t);

/** The octet may stand in a word without quotes. */
bool conf_token_plain(char c) ASSAY_PURE;

/** The place of an octet of a token's text; strings have no line ends. */
struct conf_place conf_token_place(const struct conf_token *token, size_t i);

#endif
