/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"
#include "base/time.h"
#include "store/store.h"

/** A text that is not empty. */
static void put_text(struct json *j, const char *name, assay_span text)
{
    if (text.n)
        json_text(j, name, text);
}

/** A number that is not zero; the time as people read it. */
static void put_number(struct json *j, const char *name, int64_t number)
{
    char text[TIME_TEXT];

    if (strcmp(name, "time") == 0)
        json_text(j, name, time_text(number, text));
    else if (number)
        json_number(j, name, number);
}

void store_json(struct buf *out, const struct store_row *row)
{
    struct json j = json_new(out);
    char id[2 * STORE_ID];

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "id", row_id_text(&row->id, id));
#define PUT(tag, name, about) put_number(&j, #name, row->name);
    STORE_NUMBERS(PUT)
#undef PUT
#define PUT(tag, name, most, about) put_text(&j, #name, row->name);
    STORE_TEXTS(PUT)
#undef PUT
    json_array(&j, "signatures");
    for (size_t i = 0; i < row->nsignatures; i++) {
        json_object(&j, NULL);
#define PUT(tag, name, most, about) put_text(&j, #name, row->signatures[i].name);
        STORE_SIGNATURE(PUT)
#undef PUT
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    buf_putc(out, '\n');
}
