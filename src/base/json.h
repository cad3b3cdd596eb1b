/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file json.h
 * JSON written as it goes (RFC 8259), on one line, into a buffer.
 *
 *     struct json j = json_new(&out);
 *     json_object(&j, NULL);
 *         json_text(&j, "file", name);
 *         json_array(&j, "checks");
 *             json_number(&j, NULL, 3);
 *         json_end(&j);
 *     json_end(&j);                        {"file":"...","checks":[3]}
 *
 * Whatever texts hold, the output is JSON in UTF-8: octets that are no character become U+FFFD, and
 * control characters are escaped, those of C1 and DEL too, and what is invisible or turns the direction of
 * text (utf8_harmful()), so that a terminal can show the line.
 *
 * Failure sticks in the buffer's status: ASSAY_ENOMEM or the buffer's limit; ASSAY_EINVAL too when
 * the calls do not make JSON (a key in an array, none in an object, an end too many, nesting over
 * JSON_DEPTH).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/** Objects and arrays inside each other, at most. */
enum { JSON_DEPTH = 32 };

/** A writer. */
struct json {
    struct buf *out;
    unsigned depth;     /**< containers that are open */
    uint32_t in_object; /**< one bit for each: an object, not an array */
    bool follows;       /**< a value stands before in this container */
    bool ended;         /**< the outermost value is complete */
};

/** Begin to write; one value, behind what the buffer holds. */
static inline struct json json_new(struct buf *out)
{
    return (struct json){.out = out};
}

/**
 * Open an object. \param key  in an object the member's name, in an array and at the top NULL; so
 * for all calls
 */
void json_object(struct json *j, const char *key);

/** Open an array. */
void json_array(struct json *j, const char *key);

/** Close the innermost object or array. */
void json_end(struct json *j);

/** Write a string. */
void json_text(struct json *j, const char *key, assay_span text);

/** Write a string whose key is not known when the program is written. */
void json_text_at(struct json *j, assay_span key, assay_span text);

/** Write an integer. */
void json_number(struct json *j, const char *key, int64_t number);

/** Write true or false. */
void json_bool(struct json *j, const char *key, bool value);

/** Write null. */
void json_null(struct json *j, const char *key);

/** The value is complete, and everything found room. */
static inline bool json_ok(const struct json *j)
{
    return j->ended && j->out->status == ASSAY_DONE;
}

#endif
