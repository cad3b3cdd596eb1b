/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file json_read.h
 * JSON read (RFC 8259), for what a program of ours has written: nothing is copied or held, a value
 * is a span of the text.
 *
 *     json_read(text, &all)                    the whole text is one value, and well formed
 *     json_member(&all, "store", &store)       a member of an object
 *     for (at = 0; json_next(&list, &at, &item);)
 *     json_text_of(&item, &out), json_number_of(&item, &n)
 */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/json.h"

/** What a value is. */
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

/** A value: a span of the text that was read. */
struct json_value {
    enum json_type type;
    assay_span text; /**< as it is written, quotes and brackets included */
};

/**
 * Read a text that is one value, blanks around it.
 *
 * \return false: it is not JSON, or nested over JSON_DEPTH
 */
bool json_read(assay_span text, struct json_value *ret);

/** The first member of that name, written without escapes. \return false: there is none */
bool json_member(const struct json_value *object, const char *name, struct json_value *ret);

/**
 * The next value of an array, or of an object's members.
 *
 * \param at  0 at first; moved on
 * \return false behind the last, and when it is no container
 */
bool json_next(const struct json_value *container, size_t *at, struct json_value *ret);

/**
 * Append the text of a string. Half a surrogate pair becomes U+FFFD.
 *
 * \return false: it is none, and nothing was appended
 */
bool json_text_of(const struct json_value *value, struct buf *out);

/** The value of an integer. \return false: it is none, or over the limits */
bool json_number_of(const struct json_value *value, int64_t *ret);

#endif
