/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/lists.h"

#include "base/buf.h"
#include "base/limits.h"
#include "fact/fact.h"
#include "world/failure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char FOLDER[] = "/etc/assay/lists";

/** Lists that are kept; octets of a name, of a path, of a line that is shown. */
enum { KEPT = 16, NAME = 64, PATH = 4096, SHOWN = 150 };

/** One that was read. */
struct kept {
    char name[NAME];
    assay_fact *fact;
};

struct lists {
    const char *folder;
    struct kept kept[KEPT];
    size_t n;
};

/** The name without its ending. */
static assay_span stem(assay_span name)
{
    return span_first(name, span_rfind(name, '.'));
}

assay_span lists_builtin(assay_span name)
{
    for (const struct lists_file *f = LISTS_FILES; f->name; f++)
        if (span_is(name, f->name) || span_eq(name, stem(span_of(f->name))))
            return f->octets;
    return SPAN_EMPTY;
}

/** The other name of a list that there is a copy of: with its ending, or without. Empty: there is none. */
static assay_span other_name(assay_span name)
{
    for (const struct lists_file *f = LISTS_FILES; f->name; f++) {
        assay_span whole = span_of(f->name), short_one = stem(whole);

        if (span_eq(whole, short_one))
            continue;
        if (span_eq(name, short_one))
            return whole;
        if (span_eq(name, whole))
            return short_one;
    }
    return SPAN_EMPTY;
}

struct lists *lists_new(const char *folder)
{
    struct lists *l = calloc(1, sizeof *l);

    if (l)
        l->folder = folder ? folder : FOLDER;
    return l;
}

void lists_free(struct lists *l)
{
    for (size_t i = 0; l && i < l->n; i++)
        assay_fact_free(l->kept[i].fact);
    free(l);
}

/** Names are file names: small letters, digits, hyphens, dots inside. */
static bool is_name(assay_span name)
{
    if (!name.n || name.n >= NAME || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_digit(name.p[i]) && !(name.p[i] >= 'a' && name.p[i] <= 'z') &&
            name.p[i] != '-' && name.p[i] != '.')
            return false;
    return true;
}

/** The fact of a list's octets. */
static assay_fact *fact_of(assay_span octets, assay_span reason)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = ASSAY_UNKNOWN,
                             .data = &octets,
                             .n = 1,
                             .reason = reason};
    assay_fact *fact;

    return assay_fact_new(ASSAY_LIST, 0, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

/** The fact of a file. \return false: it is not there */
static bool from_file(const struct lists *l, assay_span name, assay_fact **ret)
{
    struct buf octets = buf_new(LIMIT_FETCH + 1);
    char path[PATH], words[SHOWN + 10];
    FILE *file;
    char *room;
    size_t n = 0;

    if (snprintf(path, sizeof path, "%s/%.*s", l->folder, SPAN_ARG(name)) >= PATH)
        return false;
    if (!(file = fopen(path, "re")) && errno == ENOENT)
        return false;
    if (!file) {
        *ret = failure_new(ASSAY_LIST, 0, ASSAY_SERVFAIL, "%.*s cannot be read",
                           SPAN_ARG(span_first(span_of(path), SHOWN)));
        return true;
    }
    if ((room = buf_room(&octets, LIMIT_FETCH + 1)))
        n = octets.n = fread(room, 1, LIMIT_FETCH + 1, file);
    snprintf(words, sizeof words, "file %.*s", SPAN_ARG(span_first(span_of(path), SHOWN)));
    *ret = !room          ? NULL
           : ferror(file) ? failure_new(ASSAY_LIST, 0, ASSAY_SERVFAIL, "%s cannot be read", words)
           : n > LIMIT_FETCH ? failure_new(ASSAY_LIST, 0, ASSAY_TOOBIG, "%s is over %d octets",
                                           words, LIMIT_FETCH)
                             : fact_of(buf_span(&octets), span_of(words));
    fclose(file);
    buf_done(&octets);
    return true;
}

/** The fact of what was built in. */
static assay_fact *from_program(assay_span name)
{
    assay_span octets = lists_builtin(name), rest = octets, line;
    char words[SHOWN + 20] = "built in";

    if (!octets.n)
        return failure_new(ASSAY_LIST, 0, ASSAY_REFUSED, "there is no list %.*s", SPAN_ARG(name));
    if (span_line(&rest, &line) && span_starts(line, SPAN("#"))) {
        line = span_trim(span_from(line, 1));
        if (line.n && span_printable(line))
            snprintf(words, sizeof words, "built in: %.*s", SPAN_ARG(span_first(line, SHOWN)));
    }
    return fact_of(octets, span_of(words));
}

assay_fact *lists_fact(struct lists *l, const struct assay_question *q)
{
    assay_fact *fact = NULL;
    assay_span other;
    struct kept *k;

    if (!is_name(q->name))
        return failure_new(ASSAY_LIST, 0, ASSAY_REFUSED, "this is not the name of a list");
    for (size_t i = 0; i < l->n; i++)
        if (span_is(q->name, l->kept[i].name))
            return assay_fact_ref(l->kept[i].fact);
    other = other_name(q->name);
    if (!from_file(l, q->name, &fact) && !(other.n && from_file(l, other, &fact)))
        fact = from_program(q->name);
    if (!fact || fact->how != ASSAY_OK || l->n == KEPT)
        return fact;
    k = &l->kept[l->n++];
    snprintf(k->name, sizeof k->name, "%.*s", SPAN_ARG(q->name));
    k->fact = assay_fact_ref(fact);
    return fact;
}
