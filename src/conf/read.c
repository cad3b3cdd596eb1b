/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/read.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "conf/grow.h"
#include "conf/token.h"

#include <stdlib.h>

/** Octets of the longest path of an include. */
enum { PATH_MAX_N = 4096 };

/** A file that is being read, and what included it. */
struct source {
    const struct source *by;
    assay_span name;
    struct conf_text t;
    unsigned depth;
};

/** A reading. */
struct reader {
    struct conf_tree *tree;
    struct conf_complaints *complaints;
    conf_open_fn *open;
    void *arg;
    size_t octets;           /* of all files */
    struct conf_word *words; /* of the option at hand */
    size_t nwords, words_cap;
};

struct conf_found {
    struct reader *r;
    const struct source *by;
    struct conf_place at; /* of the path */
    char why[200];
};

static assay_status read_source(struct reader *r, const struct source *by, assay_span name,
                                assay_span text, struct conf_place at);

/** Refuse: complain, and go on. */
#define REFUSE(r, at, ...) conf_complain((r)->complaints, (at), false, __VA_ARGS__)

/** As much of a span as a complaint shows. */
#define SHOWN(s) SPAN_ARG(span_first((s), 80))

/* ---- tokens ---- */

/** The token behind those that were taken. */
static struct conf_token look(const struct source *src, size_t ahead)
{
    struct conf_text t = src->t;
    struct conf_token token;

    t.complaints = NULL;
    do
        token = conf_token_next(&t);
    while (ahead-- && token.kind != CONF_TOKEN_END);
    return token;
}

/** The kind of the token behind those that were taken. */
static enum conf_token_kind next_kind(const struct source *src)
{
    return look(src, 0).kind;
}

/** The token is a word or a string. */
static bool is_text(enum conf_token_kind kind)
{
    return kind == CONF_TOKEN_WORD || kind == CONF_TOKEN_STRING;
}

/** Skip what is left of a statement; a block that begins in it is skipped whole. */
static void skip_statement(struct source *src, bool in_block)
{
    unsigned depth = 0;

    for (;;) {
        enum conf_token_kind kind = next_kind(src);

        if (kind == CONF_TOKEN_END || (depth == 0 && kind == CONF_TOKEN_LINE) ||
            (depth == 0 && in_block && kind == CONF_TOKEN_CLOSE))
            return;
        conf_token_next(&src->t);
        depth += kind == CONF_TOKEN_OPEN;
        depth -= depth && kind == CONF_TOKEN_CLOSE;
    }
}

/* ---- words ---- */

/** The text of a token without escapes. \return false when memory is out */
static bool token_text(struct reader *r, const struct conf_token *token, assay_span *ret)
{
    char *out;
    size_t n = 0;

    if (token->kind != CONF_TOKEN_STRING)
        return arena_copy(&r->tree->arena, token->text, ret);
    if (!(out = arena_get(&r->tree->arena, token->text.n + 1)))
        return false;
    for (size_t i = 0; i < token->text.n; i++) {
        char c = token->text.p[i];

        if (((unsigned char)c < ' ' && c != '\t') || c == 127)
            REFUSE(r, conf_token_place(token, i), "a control character stands in this string");
        if (c == '\\' && i + 1 < token->text.n && strchr("\"\\", token->text.p[i + 1]))
            c = token->text.p[++i];
        else if (c == '\\')
            REFUSE(r, conf_token_place(token, i),
                   "a backslash stands before \" or another backslash only: write \\\\ for one");
        out[n++] = c;
    }
    out[n] = '\0';
    *ret = (assay_span){out, n};
    return true;
}

/** Add a word to the option at hand. */
static assay_status add_word(struct reader *r, const struct conf_token *token, bool comma)
{
    struct conf_word *word;

    if (r->nwords == LIMIT_CONF_WORDS) {
        REFUSE(r, token->at, "an option has more than %d values", LIMIT_CONF_WORDS);
        r->nwords++; /* said once */
    }
    if (r->nwords > LIMIT_CONF_WORDS)
        return ASSAY_DONE;
    if (!conf_grow(&r->tree->arena, &r->words, r->nwords, &r->words_cap, sizeof *r->words))
        return ASSAY_ENOMEM;
    word = &r->words[r->nwords];
    *word = (struct conf_word){.comma = comma, .at = token->at};
    if (!token_text(r, token, &word->text))
        return ASSAY_ENOMEM;
    r->nwords++;
    return ASSAY_DONE;
}

/** Behind a comma: the lines up to the next token belong to the value. */
static void skip_lines(struct source *src)
{
    while (next_kind(src) == CONF_TOKEN_LINE)
        conf_token_next(&src->t);
}

/**
 * Take the words of a value.
 *
 * \param ret_ok  whether what follows begins a statement
 */
static assay_status take_words(struct reader *r, struct source *src, bool *ret_ok)
{
    struct conf_token comma = {.kind = CONF_TOKEN_END};
    assay_status s = ASSAY_DONE;

    r->nwords = 0;
    *ret_ok = false;
    while (s == ASSAY_DONE) {
        struct conf_token token = look(src, 0);

        if (is_text(token.kind) &&
            !(token.kind == CONF_TOKEN_WORD && look(src, 1).kind == CONF_TOKEN_EQUALS)) {
            token = conf_token_next(&src->t);
            s = add_word(r, &token, comma.kind == CONF_TOKEN_COMMA);
            comma.kind = CONF_TOKEN_END;
            continue;
        }
        if (comma.kind == CONF_TOKEN_COMMA || (token.kind == CONF_TOKEN_COMMA && r->nwords == 0)) {
            REFUSE(r, comma.kind == CONF_TOKEN_COMMA ? comma.at : token.at,
                   "a comma stands between two values");
            return ASSAY_DONE;
        }
        if (token.kind == CONF_TOKEN_COMMA) {
            comma = conf_token_next(&src->t);
            skip_lines(src);
            continue;
        }
        if (token.kind == CONF_TOKEN_OPEN)
            REFUSE(r, token.at, "{ stands behind the name of a block only, in its line");
        else if (token.kind == CONF_TOKEN_EQUALS)
            REFUSE(r, token.at,
                   "= stands behind the name of an option; quote a value that has one");
        else
            *ret_ok = true;
        return ASSAY_DONE;
    }
    return s;
}

/* ---- statements ---- */

/** Put an option into its section. */
static assay_status add_item(struct reader *r, struct conf_section *section,
                             const struct conf_token *name)
{
    struct arena *a = &r->tree->arena;
    struct conf_item item = {.at = name->at, .n = r->nwords};

    if (section->n == LIMIT_CONF_ITEMS) {
        REFUSE(r, name->at, "more than %d options stand here", LIMIT_CONF_ITEMS);
        return ASSAY_DONE;
    }
    if (!conf_grow(a, &section->items, section->n, &section->cap, sizeof item) ||
        !arena_copy(a, name->text, &item.name) ||
        !(item.words = arena_get(a, r->nwords * sizeof *item.words)))
        return ASSAY_ENOMEM;
    memcpy(item.words, r->words, r->nwords * sizeof *item.words);
    section->items[section->n++] = item;
    return ASSAY_DONE;
}

/** Read `name = value`, its name taken. */
static assay_status read_item(struct reader *r, struct source *src, struct conf_section *section,
                              const struct conf_token *name)
{
    struct conf_token equals = conf_token_next(&src->t);
    bool ok;
    assay_status s = take_words(r, src, &ok);

    if (s != ASSAY_DONE)
        return s;
    if (!ok) {
        skip_statement(src, section->kind.n > 0);
        return ASSAY_DONE;
    }
    if (r->nwords == 0) {
        REFUSE(r, equals.at, "%.*s has no value; \"\" is an empty one", SHOWN(name->text));
        return ASSAY_DONE;
    }
    return r->nwords > LIMIT_CONF_WORDS ? ASSAY_DONE : add_item(r, section, name);
}

/** A new block. \return NULL when memory is out */
static struct conf_section *add_block(struct reader *r, const struct conf_token *kind)
{
    struct conf_tree *tree = r->tree;
    struct conf_section *b;

    if (!conf_grow(&tree->arena, &tree->blocks, tree->n, &tree->cap, sizeof *tree->blocks))
        return NULL;
    b = &tree->blocks[tree->n];
    *b = (struct conf_section){.at = kind->at, .name = SPAN_EMPTY, .name_at = kind->at};
    if (!arena_copy(&tree->arena, kind->text, &b->kind))
        return NULL;
    tree->n++;
    return b;
}

/** Take the name of a block, if there is one, and its brace. */
static assay_status take_head(struct reader *r, struct source *src, struct conf_section *b,
                              bool *ret_ok)
{
    struct conf_token token = look(src, 0);

    *ret_ok = true;
    if (is_text(token.kind)) {
        token = conf_token_next(&src->t);
        b->name_at = token.at;
        if (!token_text(r, &token, &b->name))
            return ASSAY_ENOMEM;
        if (!b->name.n)
            REFUSE(r, token.at, "a name is empty");
    }
    token = look(src, 0);
    *ret_ok = token.kind == CONF_TOKEN_OPEN;
    if (*ret_ok)
        conf_token_next(&src->t);
    else
        REFUSE(r, token.at, "\"%.*s\" is followed by = and a value, or by a name and {",
               SHOWN(b->kind));
    return ASSAY_DONE;
}

/** A block begins inside a block: most often the brace of the outer one was forgotten. */
static bool begins_block(const struct source *src)
{
    enum conf_token_kind first = next_kind(src);

    return first == CONF_TOKEN_OPEN || (is_text(first) && look(src, 1).kind == CONF_TOKEN_OPEN);
}

/** What ended a section. */
enum end { END_CLOSE, END_TEXT, END_NESTED };

static assay_status read_items(struct reader *r, struct source *src, struct conf_section *b,
                               enum end *ret);

/** Read a block, the word that begins it taken. */
static assay_status read_block(struct reader *r, struct source *src, struct conf_token kind)
{
    struct conf_section *b;
    enum end end = END_NESTED;
    assay_status s;
    bool ok;

    for (unsigned nested = 0; end == END_NESTED; nested++) {
        if (r->tree->n == LIMIT_CONF_BLOCKS) {
            REFUSE(r, kind.at, "more than %d blocks", LIMIT_CONF_BLOCKS);
            src->t.next = src->t.text.n;
            return ASSAY_DONE;
        }
        if (!(b = add_block(r, &kind)))
            return ASSAY_ENOMEM;
        if ((s = take_head(r, src, b, &ok)) != ASSAY_DONE)
            return s;
        if (!ok) {
            r->tree->n--;
            skip_statement(src, false);
            return ASSAY_DONE;
        }
        if ((s = read_items(r, src, b, &end)) != ASSAY_DONE)
            return s;
        if (end == END_TEXT && nested == 0)
            REFUSE(r, kind.at, "this block is not closed: } is missing");
        if (end == END_NESTED) {
            kind = conf_token_next(&src->t);
            REFUSE(r, kind.at,
                   "\"%.*s\" begins a block inside the block of line %u: is a } missing?",
                   SHOWN(kind.text), (unsigned)b->at.line);
        } else if (nested) {
            skip_lines(src);
            if (next_kind(src) ==
                CONF_TOKEN_CLOSE) /* it was not missing: the outer block ends here */
                conf_token_next(&src->t);
        }
    }
    return ASSAY_DONE;
}

/** Read the options of a block up to its end. */
static assay_status read_items(struct reader *r, struct source *src, struct conf_section *b,
                               enum end *ret)
{
    assay_status s = ASSAY_DONE;

    while (s == ASSAY_DONE) {
        struct conf_token token = look(src, 0);
        struct source behind = *src;

        if (token.kind == CONF_TOKEN_END) {
            *ret = END_TEXT;
            return ASSAY_DONE;
        }
        conf_token_next(&behind.t);
        if (token.kind == CONF_TOKEN_WORD && begins_block(&behind)) {
            *ret = END_NESTED;
            return ASSAY_DONE;
        }
        token = conf_token_next(&src->t);
        if (token.kind == CONF_TOKEN_CLOSE) {
            *ret = END_CLOSE;
            return ASSAY_DONE;
        }
        if (token.kind == CONF_TOKEN_LINE)
            continue;
        if (token.kind == CONF_TOKEN_WORD && next_kind(src) == CONF_TOKEN_EQUALS) {
            s = read_item(r, src, b, &token);
            continue;
        }
        REFUSE(r, token.at, "%s",
               token.kind == CONF_TOKEN_WORD ? "\"name = value\" is expected in a block"
                                             : "the name of an option is expected");
        skip_statement(src, true);
    }
    return s;
}

/* ---- include ---- */

void conf_found_why(struct conf_found *found, const char *why)
{
    assay_span kept = span_first(span_of(why), sizeof found->why - 1);

    memcpy(found->why, kept.p, kept.n);
    found->why[kept.n] = '\0';
}

assay_status conf_found_add(struct conf_found *found, assay_span name, assay_span text)
{
    struct reader *r = found->r;

    for (const struct source *src = found->by; src; src = src->by)
        if (span_eq(src->name, name)) {
            REFUSE(r, found->at, "%.*s includes itself", SHOWN(name));
            return ASSAY_EINVAL;
        }
    if (found->by->depth + 1 >= LIMIT_CONF_DEPTH) {
        REFUSE(r, found->at, "files include one another more than %d deep", LIMIT_CONF_DEPTH);
        return ASSAY_EINVAL;
    }
    return read_source(r, found->by, name, text, found->at);
}

/** The path of an include, behind the folder of the file it stands in. */
static void include_path(const struct source *src, assay_span path, struct buf *out)
{
    size_t slash = span_rfind(src->name, '/');

    if (path.n && path.p[0] != '/' && slash < src->name.n)
        buf_put(out, span_first(src->name, slash + 1));
    buf_put(out, path);
    buf_putc(out, '\0');
}

/** Ask the door for the files of an include. */
static assay_status find_files(struct reader *r, const struct source *src,
                               const struct conf_token *token, assay_span path)
{
    struct conf_found found = {.r = r, .by = src, .at = token->at, .why = "cannot be read"};
    struct buf full = buf_new(PATH_MAX_N);
    size_t errors = r->complaints->errors;
    assay_status s;

    include_path(src, path, &full);
    s = full.status;
    if (s == ASSAY_DONE) {
        s = r->open(r->arg, (assay_span){full.p, full.n - 1}, &found);
        if (s == ASSAY_EINVAL && r->complaints->errors == errors)
            REFUSE(r, token->at, "%.*s: %s", SPAN_ARG(span_first(buf_span(&full), 200)), found.why);
    } else if (s == ASSAY_EINVAL) {
        REFUSE(r, token->at, "this path is too long");
    }
    buf_done(&full);
    return s == ASSAY_ENOMEM ? s : ASSAY_DONE;
}

/** Read `include "PATH"`, its word taken. */
static assay_status read_include(struct reader *r, struct source *src)
{
    struct conf_token token = conf_token_next(&src->t);
    enum conf_token_kind behind = next_kind(src);
    assay_span path;

    if (!token_text(r, &token, &path))
        return ASSAY_ENOMEM;
    if (behind != CONF_TOKEN_LINE && behind != CONF_TOKEN_END) {
        REFUSE(r, look(src, 0).at, "include takes one file or pattern");
        skip_statement(src, false);
        return ASSAY_DONE;
    }
    if (!path.n || memchr(path.p, '\0', path.n)) {
        REFUSE(r, token.at, "include takes a file");
        return ASSAY_DONE;
    }
    if (!r->open) {
        REFUSE(r, token.at, "nothing can be included here");
        return ASSAY_DONE;
    }
    return find_files(r, src, &token, path);
}

/* ---- files ---- */

/** Read what stands in no block, and the blocks. */
static assay_status read_statement(struct reader *r, struct source *src)
{
    struct conf_token token = conf_token_next(&src->t);
    enum conf_token_kind behind = next_kind(src);

    if (token.kind == CONF_TOKEN_LINE)
        return ASSAY_DONE;
    if (token.kind == CONF_TOKEN_WORD && behind == CONF_TOKEN_EQUALS)
        return read_item(r, src, &r->tree->top, &token);
    if (token.kind == CONF_TOKEN_WORD && span_is(token.text, "include") && is_text(behind))
        return read_include(r, src);
    if (token.kind == CONF_TOKEN_WORD)
        return read_block(r, src, token);
    if (token.kind == CONF_TOKEN_CLOSE) {
        REFUSE(r, token.at, "} closes nothing");
        return ASSAY_DONE;
    }
    REFUSE(r, token.at, "the name of an option or a block is expected");
    skip_statement(src, false);
    return ASSAY_DONE;
}

/** Complain of the first octets that are no UTF-8. \return whether there are any */
static bool refuse_octets(struct reader *r, const struct source *src)
{
    assay_span rest = src->t.text, line;
    struct conf_place at = src->t.at;
    uint32_t code;

    if (utf8_ok(rest))
        return false;
    for (; span_cut(&rest, '\n', &line) && utf8_ok(line); at.line++)
        ;
    while (line.n) {
        size_t n = utf8_next(line, &code);

        if (!utf8_ok(span_first(line, n)))
            break;
        line = span_from(line, n);
        at.column += (uint32_t)n;
    }
    REFUSE(r, at, "an octet that is no UTF-8: save the file as UTF-8");
    return true;
}

/** Keep a copy of a file's text, with its limits. */
static assay_status keep_text(struct reader *r, struct conf_place at, assay_span text,
                              assay_span *ret)
{
    if (r->tree->files == LIMIT_CONF_FILES) {
        REFUSE(r, at, "more than %d files", LIMIT_CONF_FILES);
        return ASSAY_EINVAL;
    }
    if (text.n > LIMIT_CONF_TEXT - r->octets) {
        REFUSE(r, at, "the files are over %d octets", LIMIT_CONF_TEXT);
        return ASSAY_EINVAL;
    }
    r->octets += text.n;
    return arena_copy(&r->tree->arena, text, ret) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/**
 * Read one file.
 *
 * \param by  what included it, or NULL
 * \param at  where
 * \return ASSAY_DONE, ASSAY_EINVAL (a limit), ASSAY_ENOMEM
 */
static assay_status read_source(struct reader *r, const struct source *by, assay_span name,
                                assay_span text, struct conf_place at)
{
    struct source src = {.by = by, .depth = by ? by->depth + 1 : 0};
    assay_status s;

    if (!arena_copy(&r->tree->arena, name, &src.name))
        return ASSAY_ENOMEM;
    if (!by)
        at = (struct conf_place){.file = src.name, .line = 1, .column = 1};
    if ((s = keep_text(r, at, text, &src.t.text)) != ASSAY_DONE)
        return s;
    src.t.complaints = r->complaints;
    src.t.at = (struct conf_place){
        .file = src.name, .index = (uint32_t)r->tree->files++, .line = 1, .column = 1};
    if (!by)
        r->tree->top.at = src.t.at;
    if (span_starts(src.t.text, SPAN("\xef\xbb\xbf"))) /* some editors begin UTF-8 so */
        src.t.next = 3;
    if (refuse_octets(r, &src))
        return ASSAY_DONE;
    while (s == ASSAY_DONE && next_kind(&src) != CONF_TOKEN_END)
        s = read_statement(r, &src);
    conf_token_next(&src.t); /* complains of what stands behind the last token */
    return s;
}

assay_status conf_tree_read(assay_span text, assay_span name, conf_open_fn *open, void *arg,
                            struct conf_complaints *complaints, struct conf_tree **ret)
{
    struct conf_tree *tree = calloc(1, sizeof *tree);
    struct reader r = {.tree = tree, .complaints = complaints, .open = open, .arg = arg};
    assay_status s;

    if (!tree)
        return ASSAY_ENOMEM;
    s = read_source(&r, NULL, name, text, (struct conf_place){.line = 1});
    if (s == ASSAY_ENOMEM || complaints->status != ASSAY_DONE) {
        conf_tree_free(tree);
        return ASSAY_ENOMEM;
    }
    *ret = tree;
    return ASSAY_DONE;
}

void conf_tree_free(struct conf_tree *tree)
{
    if (!tree)
        return;
    arena_done(&tree->arena);
    free(tree);
}
