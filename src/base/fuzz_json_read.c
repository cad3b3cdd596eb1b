/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_json_read.c Any text: what is taken for JSON can be walked to its end, every value in
 * it is JSON by itself, and a text that is read and written again is read as the same.
 */
#include "base/fuzz_must.h"
#include "base/json_read.h"

/** Look at a value and all in it. */
static void walk(const struct json_value *value, unsigned depth)
{
    struct json_value again, item;
    int64_t number;
    size_t at = 0, before = 0;

    must(depth <= JSON_DEPTH);
    must(json_read(value->text, &again) && again.type == value->type &&
         span_eq(again.text, value->text));
    if (json_number_of(value, &number))
        must(value->type == JSON_NUMBER);
    while (json_next(value, &at, &item)) {
        must(at > before && at < value->text.n);
        must(item.text.p > value->text.p &&
             item.text.p + item.text.n < value->text.p + value->text.n);
        before = at;
        walk(&item, depth + 1);
    }
    must(!before || value->type == JSON_ARRAY || value->type == JSON_OBJECT);
}

/** A text that is read, written and read again is the same. */
static void check_text(const struct json_value *value)
{
    struct buf text = buf_new(1 << 20), out = buf_new(1 << 20), back = buf_new(1 << 20);
    struct buf twice = buf_new(1 << 20);
    struct json j = json_new(&out), k = json_new(&twice);
    struct json_value again;

    if (json_text_of(value, &text)) {
        json_text(&j, NULL, buf_span(&text));
        must(json_ok(&j) && json_read(buf_span(&out), &again) && json_text_of(&again, &back));
        json_text(&k, NULL,
                  buf_span(&back)); /* octets that are no UTF-8 were mended the first time */
        must(span_eq(buf_span(&out), buf_span(&twice)));
    }
    buf_done(&text);
    buf_done(&out);
    buf_done(&back);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json_value value;

    if (n > 1 << 12 || !json_read((assay_span){(const char *)data, n}, &value))
        return 0;
    walk(&value, 0);
    check_text(&value);
    return 0;
}
