/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "base/near.h"
#include "conf/grow.h"

enum { INCLUDES = 5 }; /* what opendkim allows */

/* ---- the table ---- */

#define ROW(name, fate, text) {name, fate, text},

static const struct import_row OPENDKIM_ROWS[] = {IMPORT_OPENDKIM(ROW)},
                               OPENDMARC_ROWS[] = {IMPORT_OPENDMARC(ROW)},
                               OPENARC_ROWS[] = {IMPORT_OPENARC(ROW)},
                               POSTSRSD_ROWS[] = {IMPORT_POSTSRSD(ROW)};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

const struct import_row *import_rows(enum import_program program, size_t *ret_n)
{
    switch (program) {
    case IMPORT_OPENDKIM_CONF: *ret_n = COUNT(OPENDKIM_ROWS); return OPENDKIM_ROWS;
    case IMPORT_OPENDMARC_CONF: *ret_n = COUNT(OPENDMARC_ROWS); return OPENDMARC_ROWS;
    case IMPORT_OPENARC_CONF: *ret_n = COUNT(OPENARC_ROWS); return OPENARC_ROWS;
    case IMPORT_POSTSRSD_CONF: *ret_n = COUNT(POSTSRSD_ROWS); return POSTSRSD_ROWS;
    case IMPORT_N_PROGRAMS: break;
    }
    *ret_n = 0;
    return NULL;
}

/** Say what becomes of an option. */
static void tell_fate(struct import *imp, const struct import_param *param)
{
    size_t n;
    const struct import_row *rows = import_rows(imp->program, &n);
    struct near near = near_new(param->name.p);

    for (size_t i = 0; i < n; i++) {
        near_try(&near, rows[i].name);
        if (!span_iis(param->name, rows[i].name))
            continue;
        if (rows[i].fate == DROPPED)
            import_dropped(imp, param->at, "%s: %s", rows[i].name, rows[i].text);
        else if (rows[i].fate == NONE)
            import_note(imp, param->at, "%s has no equivalent: %s", rows[i].name, rows[i].text);
        return;
    }
    import_note(imp, param->at, "unknown option %.*s%s%s%s", SPAN_ARG(span_first(param->name, 80)),
                near.best ? "; did you mean \"" : "", near.best ? near.best : "",
                near.best ? "\"?" : "");
}

/* ---- options ---- */

/** Keep an option. */
static void add_param(struct import *imp, struct import_params *p, assay_span name,
                      assay_span value, struct import_place at)
{
    struct import_param one = {.at = at};

    if (!import_text_ok(name) || !import_text_ok(value)) {
        import_note(imp, at, "this line has a control character, or is no UTF-8: it is left out");
        return;
    }
    if (!arena_copy(&imp->arena, name, &one.name) || !arena_copy(&imp->arena, value, &one.value) ||
        !conf_grow(&imp->arena, &p->all, p->n, &p->cap, sizeof one)) {
        imp->failed = true;
        return;
    }
    p->all[p->n++] = one;
    tell_fate(imp, &one);
}

const struct import_param *import_param(const struct import_params *p, const char *name)
{
    const struct import_param *found = NULL;

    for (size_t i = 0; i < p->n; i++)
        if (span_iis(p->all[i].name, name))
            found = &p->all[i];
    return found;
}

bool import_says_yes(const struct import_param *param)
{
    return param && param->value.n &&
           (strchr("tTyY1", param->value.p[0]) || span_iis(param->value, "on"));
}

/** Cut a word off: up to a blank. */
static assay_span cut_word(assay_span *rest)
{
    size_t n = 0;
    assay_span s = span_trim(*rest), word;

    while (n < s.n && !ascii_fws(s.p[n]))
        n++;
    word = span_first(s, n);
    *rest = span_trim(span_from(s, n));
    return word;
}

/** Read `Name value` lines: opendkim, opendmarc, openarc. `#` begins a comment anywhere. */
static void read_named(struct import *imp, const char *file, struct import_params *p,
                       unsigned depth)
{
    struct import_place at = {.file = file};
    assay_span rest, line;

    if (!imp->read(imp, file, &rest))
        return;
    while (span_line(&rest, &line) && !imp->failed) {
        assay_span value = span_first(line, span_find(line, '#')), name = cut_word(&value);

        at.line++;
        if (!name.n)
            continue;
        add_param(imp, p, name, value, at);
        if (imp->failed || !p->n || !span_iis(name, "Include") ||
            imp->program == IMPORT_OPENDMARC_CONF)
            continue;
        if (depth == INCLUDES)
            import_note(imp, at, "files include one another more than %d deep", INCLUDES);
        else
            read_named(imp, p->all[p->n - 1].value.p, p, depth + 1);
    }
}

/** A value of a shell's variable, without its quotes. */
static assay_span unquoted(assay_span value)
{
    value = span_trim(value);
    if (value.n > 1 && strchr("\"'", value.p[0]) && value.p[value.n - 1] == value.p[0])
        return span_from(span_first(value, value.n - 1), 1);
    return span_first(value, span_find(value, '#'));
}

/** Append the words of a list of postsrsd 2: { "a", "b" }. */
static void put_words(assay_span list, struct buf *out)
{
    for (size_t i = 0; i < list.n; i++)
        buf_putc(out, strchr("{},\"'\t\r\n", list.p[i] ? list.p[i] : ' ') ? ' ' : list.p[i]);
}

/** A line without its comment: `#` outside of quotes, or `//`. */
static assay_span without_comment(assay_span line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.n; i++) {
        quoted ^= line.p[i] == '"';
        if (!quoted && line.p[i] == '#')
            return span_first(line, i);
    }
    return line;
}

/** Read `name = value` lines, or NAME=value: postsrsd. A list in braces may go over lines. */
static void read_assigned(struct import *imp, const char *file, struct import_params *p)
{
    struct import_place at = {.file = file};
    assay_span rest, line;

    if (!imp->read(imp, file, &rest))
        return;
    while (span_line(&rest, &line) && !imp->failed) {
        struct buf value = buf_new(1 << 20);
        bool shell = span_starts(span_trim(line), SPAN("SRS_")) ||
                     span_starts(span_trim(line), SPAN("CHROOT=")) ||
                     span_starts(span_trim(line), SPAN("RUN_AS="));
        assay_span text = shell ? span_trim(line) : span_trim(without_comment(line));
        size_t equals = span_find(text, '=');
        struct import_place here = {.file = file, .line = ++at.line};

        if (!text.n || text.p[0] == '#')
            continue;
        if (equals == text.n) {
            import_note(imp, here, "%.*s is no option: NAME = VALUE is expected",
                        SPAN_ARG(span_first(text, 80)));
            continue;
        }
        if (shell)
            buf_put(&value, unquoted(span_from(text, equals + 1)));
        else
            put_words(span_from(text, equals + 1), &value);
        if (span_find(text, '{') < text.n && span_find(text, '}') == text.n && !shell)
            while (span_line(&rest, &line)) {
                at.line++;
                line = without_comment(line);
                buf_putc(&value, ' ');
                put_words(line, &value);
                if (span_find(line, '}') < line.n)
                    break;
            }
        if (value.status == ASSAY_DONE)
            add_param(imp, p, span_trim(span_first(text, equals)), span_trim(buf_span(&value)),
                      here);
        else
            imp->failed = true;
        buf_done(&value);
    }
}

void import_params_read(struct import *imp, const char *file, struct import_params *ret)
{
    if (imp->program == IMPORT_POSTSRSD_CONF)
        read_assigned(imp, file, ret);
    else
        read_named(imp, file, ret, 0);
}

/* ---- data sets ---- */

assay_span import_path(struct import *imp, assay_span path, assay_span base)
{
    struct buf out = buf_new(8192);
    assay_span kept = SPAN_EMPTY;

    if (base.n && path.n && path.p[0] != '/') {
        buf_put(&out, base);
        buf_putc(&out, '/');
        if (span_starts(path, SPAN("./")))
            path = span_from(path, 2);
    }
    buf_put(&out, path);
    if (out.status != ASSAY_DONE || !arena_copy(&imp->arena, buf_span(&out), &kept))
        imp->failed = true;
    buf_done(&out);
    return kept;
}

/** Keep an entry. */
static void add_entry(struct import *imp, struct import_set_of *set, assay_span key,
                      assay_span value, struct import_place at)
{
    struct import_entry one = {.at = at};

    if (!key.n)
        return;
    if (!import_text_ok(key) || !import_text_ok(value)) {
        import_note(imp, at, "this line has a control character, or is no UTF-8: it is left out");
        return;
    }
    if (!arena_copy(&imp->arena, key, &one.key) || !arena_copy(&imp->arena, value, &one.value) ||
        !conf_grow(&imp->arena, &set->all, set->n, &set->cap, sizeof one))
        imp->failed = true;
    else
        set->all[set->n++] = one;
}

/** Read the lines of a file: a key, blanks, a value. */
static void read_lines(struct import *imp, assay_span path, struct import_set_of *ret)
{
    struct import_place at = {.file = path.p};
    assay_span rest, line;

    if (!imp->read(imp, path.p, &rest))
        return;
    while (span_line(&rest, &line) && !imp->failed) {
        assay_span value = span_first(line, span_find(line, '#')), key = cut_word(&value);

        at.line++;
        add_entry(imp, ret, key, value, at);
    }
}

/** Read a list: entries parted by commas or blanks, each a key or key=value. */
static void read_list(struct import *imp, assay_span list, struct import_place at,
                      struct import_set_of *ret)
{
    while (list.n && !imp->failed) {
        size_t n = 0, equals;
        assay_span one;

        while (n < list.n && !ascii_fws(list.p[n]) && list.p[n] != ',')
            n++;
        one = span_first(list, n);
        equals = span_find(one, '=');
        add_entry(imp, ret, span_first(one, equals), span_from(one, equals + 1), at);
        list = span_from(list, n + 1);
    }
}

bool import_data_set(struct import *imp, const struct import_param *param, assay_span base,
                     struct import_set_of *ret)
{
    static const char *const OTHERS[] = {"db:",       "bdb:",    "dsn:",    "ldap:",
                                         "ldaps:",    "ldapi:",  "lua:",    "mdb:",
                                         "memcache:", "socket:", "repute:", "erlang:"};
    assay_span value = param->value;

    *ret = (struct import_set_of){.all = NULL};
    for (size_t i = 0; i < COUNT(OTHERS); i++)
        if (span_istarts(value, span_of(OTHERS[i]))) {
            import_note(imp, param->at, "%s is kept in %.*s: export it to a file, and import that",
                        param->name.p, SPAN_ARG(span_first(value, 80)));
            return false;
        }
    ret->patterns = span_istarts(value, SPAN("refile:"));
    if (ret->patterns)
        read_lines(imp, import_path(imp, span_from(value, 7), base), ret);
    else if (span_istarts(value, SPAN("file:")))
        read_lines(imp, import_path(imp, span_from(value, 5), base), ret);
    else if (value.n && (value.p[0] == '/' || span_starts(value, SPAN("./")) ||
                         span_starts(value, SPAN("../"))))
        read_lines(imp, import_path(imp, value, base), ret);
    else
        read_list(imp, span_istarts(value, SPAN("csl:")) ? span_from(value, 4) : value, param->at,
                  ret);
    return !imp->failed;
}
