/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header.h"

#include <stdlib.h>

void header_init(struct header *h)
{
    *h = (struct header){.text = buf_new(LIMIT_HEADER)};
}

void header_done(struct header *h)
{
    buf_done(&h->text);
    free(h->fields);
    h->fields = NULL;
    h->n = h->cap = 0;
}

/** Room for one more field. */
static assay_status make_room(struct header *h)
{
    size_t cap = h->cap ? h->cap * 2 : 32;
    struct field *wider;

    if (h->n < h->cap)
        return ASSAY_DONE;
    if (h->n >= LIMIT_FIELDS)
        return ASSAY_EINVAL;
    if (!(wider = realloc(h->fields, cap * sizeof *wider)))
        return ASSAY_ENOMEM;
    h->fields = wider;
    h->cap = cap;
    return ASSAY_DONE;
}

/** Append pieces to the text, all or nothing. */
static assay_status append(struct header *h, const assay_span *pieces, size_t n)
{
    size_t total = 0;
    char *room;

    for (size_t i = 0; i < n; i++)
        total += pieces[i].n;
    if (!(room = buf_room(&h->text, total))) {
        assay_status s = h->text.status;

        h->text.status = ASSAY_DONE;
        return s;
    }
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].n)
            memcpy(room, pieces[i].p, pieces[i].n);
        room += pieces[i].n;
    }
    h->text.n += total;
    return ASSAY_DONE;
}

/**
 * Begin a field with a name of `name_n` octets and a colon at `colon`, both counted from its first
 * octet.
 */
static void begin_field(struct header *h, size_t at, size_t name_n, size_t colon)
{
    struct field *f = &h->fields[h->n++];

    f->at = (uint32_t)at;
    f->name_n = (uint32_t)name_n;
    f->value_at = (uint32_t)(at + (name_n ? colon + 1 : 0));
    f->end = (uint32_t)h->text.n;
    f->hash = span_hash((assay_span){h->text.p + at, name_n});
}

/**
 * Octets of a name without the blanks of obsolete syntax that stand before the colon (RFC 5322
 * 4.5).
 */
static size_t without_blanks(const char *name, size_t n)
{
    while (n && ascii_wsp(name[n - 1]))
        n--;
    return n;
}

assay_status header_line(struct header *h, assay_span line)
{
    size_t at = h->text.n, colon = span_find(line, ':');
    size_t name_n = colon < line.n && !ascii_wsp(line.p[0])
                        ? colon
                        : 0; /* what begins with a blank is no field */
    assay_status s;

    if (h->n && line.n && ascii_wsp(line.p[0])) {
        if ((s = append(h, &line, 1)) == ASSAY_DONE)
            h->fields[h->n - 1].end = (uint32_t)h->text.n;
        return s;
    }
    if ((s = make_room(h)) != ASSAY_DONE || (s = append(h, &line, 1)) != ASSAY_DONE)
        return s;
    begin_field(h, at, without_blanks(line.p, name_n), colon);
    return ASSAY_DONE;
}

assay_status header_field(struct header *h, assay_span name, assay_span value)
{
    const assay_span pieces[] = {name, SPAN(":"), value, SPAN("\r\n")};
    size_t at = h->text.n;
    assay_status s;

    if ((s = make_room(h)) != ASSAY_DONE || (s = append(h, pieces, 4)) != ASSAY_DONE)
        return s;
    begin_field(h, at, without_blanks(name.p, name.n), name.n);
    return ASSAY_DONE;
}

assay_span field_name(const struct header *h, size_t i)
{
    return (assay_span){h->text.p + h->fields[i].at, h->fields[i].name_n};
}

assay_span field_value(const struct header *h, size_t i)
{
    const struct field *f = &h->fields[i];
    assay_span value = {h->text.p + f->value_at, f->end - f->value_at};

    if (value.n && value.p[value.n - 1] == '\n')
        value.n--;
    if (value.n && value.p[value.n - 1] == '\r')
        value.n--;
    return value;
}

assay_span field_raw(const struct header *h, size_t i)
{
    const struct field *f = &h->fields[i];

    return (assay_span){h->text.p + f->at, f->end - f->at};
}

bool field_is(const struct header *h, size_t i, assay_span name)
{
    return h->fields[i].name_n == name.n && span_ieq(field_name(h, i), name);
}

size_t header_find(const struct header *h, assay_span name, size_t from)
{
    for (; from < h->n; from++)
        if (field_is(h, from, name))
            return from;
    return h->n;
}

size_t header_rfind(const struct header *h, assay_span name, uint32_t hash, size_t below)
{
    while (below-- > 0)
        if (h->fields[below].hash == hash && field_is(h, below, name))
            return below;
    return h->n;
}

size_t header_count(const struct header *h, assay_span name)
{
    size_t n = 0;

    for (size_t i = header_find(h, name, 0); i < h->n; i = header_find(h, name, i + 1))
        n++;
    return n;
}
