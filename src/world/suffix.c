/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/suffix.h"

#include "base/time.h"
#include "dns/name.h"

#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { VERSION_WITHIN = 4096, VERSION_TEXT = 64, DATE = 10 };

struct suffixes {
    psl_ctx_t *psl; /* NULL: `list` is the one built in */
    const psl_ctx_t *list;
    char version[VERSION_TEXT];
};

/** When a file was last changed, or 0. */
static int64_t file_time(const char *path)
{
    struct stat st;

    return path && stat(path, &st) == 0 ? (int64_t)st.st_mtime : 0;
}

/**
 * The list's own word for its version: a comment `// VERSION: ...` near its top; empty when it has
 * none.
 */
static assay_span own_version(const char *path, char text[VERSION_WITHIN])
{
    FILE *file = fopen(path, "re");
    assay_span rest = {text, 0}, line;

    if (file) {
        rest.n = fread(text, 1, VERSION_WITHIN, file);
        fclose(file);
    }
    while (span_line(&rest, &line))
        if (span_starts(line, SPAN("// VERSION:")))
            return span_first(span_trim(span_from(line, 11)), VERSION_TEXT - 1);
    return SPAN_EMPTY;
}

/** Note which list this is: by its own word, else by its date. */
static void note_version(struct suffixes *s, const char *path, int64_t when)
{
    char text[VERSION_WITHIN], date[TIME_TEXT];
    assay_span version = path ? own_version(path, text) : SPAN_EMPTY;

    if (!version.n || !span_printable(version))
        version = span_first(time_text(when, date), DATE);
    memcpy(s->version, version.p, version.n);
    s->version[version.n] = '\0';
}

/** Take the list of a file. */
static bool load(struct suffixes *s, const char *path)
{
    if (!(s->psl = psl_load_file(path)))
        return false;
    if (psl_suffix_count(s->psl) == 0) { /* -1: compiled, not counted */
        psl_free(s->psl);
        s->psl = NULL;
        return false;
    }
    s->list = s->psl;
    note_version(s, path, file_time(path));
    return true;
}

/** Take the newest list of this machine. */
static bool load_newest(struct suffixes *s)
{
    const char *path = psl_dist_filename();

    if (file_time(path) > (int64_t)psl_builtin_file_time() && load(s, path))
        return true;
    s->list = psl_builtin();
    note_version(s, NULL, psl_builtin_file_time());
    return s->list != NULL;
}

assay_status suffixes_new(const char *path, struct suffixes **ret, const char **ret_why)
{
    struct suffixes *s = calloc(1, sizeof *s);

    if (!s)
        return ASSAY_ENOMEM;
    if (!(path ? load(s, path) : load_newest(s))) {
        *ret_why = path ? "suffix_list: the file is no public suffix list, or cannot be read"
                        : "suffix_list: libpsl has none; name a file";
        free(s);
        return ASSAY_EINVAL;
    }
    *ret = s;
    return ASSAY_DONE;
}

void suffixes_free(struct suffixes *s)
{
    if (s)
        psl_free(s->psl);
    free(s);
}

/**
 * The suffix of a canonical name. libpsl cuts at any dot, be it escaped; then the last label is the
 * suffix.
 */
static assay_span suffix_of(const struct suffixes *s, const struct dns_name *name)
{
    const char *found = psl_unregistrable_domain(s->list, name->p);
    assay_span whole = dns_name_span(name), suffix = span_of(found);

    if (!suffix.n || !dns_is_under(whole, suffix))
        return dns_last_labels(whole, 1);
    return suffix;
}

assay_fact *suffixes_fact(const struct suffixes *s, const struct assay_question *q)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_NODATA, .secure = ASSAY_UNKNOWN};
    char words[VERSION_TEXT + 32];
    struct dns_name name = {.n = 0};
    assay_fact *fact;
    assay_span suffix;

    if (q->name.n && q->name.n < sizeof name.p) { /* a copy that ends in NUL */
        memcpy(name.p, q->name.p, q->name.n);
        name.p[name.n = q->name.n] = '\0';
        suffix = suffix_of(s, &name);
        a.how = ASSAY_OK;
        a.data = &suffix;
        a.n = 1;
    }
    snprintf(words, sizeof words, "public suffix list of %s", s->version);
    a.reason = span_of(words);
    return assay_fact_new(q->kind, q->rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
}
