/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/files.h"

#include "world/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/** The longest path that is made of a case's folder and a name in it. */
enum { PATH_MAX_N = 4096 };

/* ---- reading ---- */

/** Say that a file cannot be read, and what to try. */
static int unreadable(const struct cli *cli, const char *name, int error)
{
    if (error == EISDIR)
        cli_complain(cli, "%s is a folder; name the files in it: %s/*", name, name);
    else
        cli_complain(cli, "%s: %s", name, strerror(error));
    return EXIT_UNREADABLE;
}

/** Open a file; "-" is standard input. \return 0, or a status that was complained of */
static int open_file(const struct cli *cli, const char *name, int *ret)
{
    struct stat about;

    if (strcmp(name, "-") == 0) {
        if (isatty(0) == 1 && cli->err.tty)
            cli_complain(cli, "reads the message from the terminal; end it with Ctrl-D");
        *ret = 0;
        return 0;
    }
    if ((*ret = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
        return unreadable(cli, name, errno);
    if (fstat(*ret, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(*ret);
        *ret = -1;
        return unreadable(cli, name, EISDIR);
    }
    return 0;
}

/** Read once. \return 0, or a status that was complained of; `*ret_n` is 0 at the end */
static int read_some(const struct cli *cli, const char *name, int fd, char *room, size_t *ret_n)
{
    ssize_t n;

    do
        n = read(fd, room, FILES_CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return unreadable(cli, name, errno);
    *ret_n = (size_t)n;
    return 0;
}

/** Read once, behind what a buffer holds. */
static int read_into(const struct cli *cli, const char *name, int fd, struct buf *b, bool *ret_end)
{
    char *room = buf_room(b, FILES_CHUNK);
    size_t n = 0;
    int status;

    if (!room && b->status == ASSAY_ENOMEM) {
        cli_complain(cli, "%s: out of memory", name);
        return EXIT_SOFTWARE;
    }
    if (!room) {
        cli_complain(cli, "%s: larger than %zu octets", name, b->max - FILES_CHUNK);
        return EXIT_UNREADABLE;
    }
    status = read_some(cli, name, fd, room, &n);
    b->n += n;
    *ret_end = n == 0;
    return status;
}

/** Read up to the end. */
static int read_all(const struct cli *cli, const char *name, int fd, struct buf *ret)
{
    bool end = false;
    int status = 0;

    while (!end && status == 0)
        status = read_into(cli, name, fd, ret, &end);
    return status;
}

int files_read(const struct cli *cli, const char *name, struct buf *ret)
{
    int fd, status = open_file(cli, name, &fd);

    if (status != 0)
        return status;
    status = read_all(cli, name, fd, ret);
    if (fd > 0)
        close(fd);
    return status;
}

/* ---- messages ---- */

/** The empty line that ends a header. */
static bool is_empty_line(assay_span line)
{
    return span_is(line, "\n") || span_is(line, "\r\n");
}

/**
 * Take whole lines into the header until it ends.
 *
 * \param at   where the next line begins; moved on
 * \return ASSAY_DONE: the header has ended. ASSAY_MORE: the next line is not complete. ASSAY_ENOMEM
 */
static assay_status take_lines(struct message_file *m, assay_span text, bool all, size_t *at)
{
    while (*at < text.n) {
        assay_span rest = span_from(text, *at);
        size_t end = span_find(rest, '\n');
        assay_span line = span_first(rest, end < rest.n ? end + 1 : end);
        assay_status s;

        if (end == rest.n && !all)
            return ASSAY_MORE;
        *at += line.n;
        if (is_empty_line(line))
            return ASSAY_DONE;
        if (*at == line.n && span_starts(line, SPAN("From "))) {
            m->line++;
            continue;
        }
        if ((s = header_line(&m->header, line)) == ASSAY_ENOMEM)
            return s;
        if (s !=
            ASSAY_DONE) /* over a limit: the verdict will say so; what is here is enough to show */
            return ASSAY_DONE;
    }
    return all ? ASSAY_DONE : ASSAY_MORE;
}

/** Read until the header is complete. */
static int read_header(const struct cli *cli, struct message_file *m)
{
    assay_status s = ASSAY_MORE;
    size_t at = 0;
    int status;

    while (s == ASSAY_MORE) {
        if (m->fd >= 0 && (status = read_into(cli, m->name, m->fd, &m->ahead, &m->ended)) != 0)
            return status;
        if (m->fd >= 0)
            m->rest = buf_span(&m->ahead);
        m->ended |= m->fd < 0 || m->ahead.n > LIMIT_HEADER;
        s = take_lines(m, m->rest, m->ended, &at);
    }
    m->ended = m->fd < 0;
    m->header_n = at;
    if (s != ASSAY_ENOMEM)
        return 0;
    cli_complain(cli, "%s: out of memory", m->name);
    return EXIT_SOFTWARE;
}

/** What a message is called. */
static const char *called(const struct message_file *m)
{
    return strcmp(m->name, "-") == 0 ? "standard input" : m->name;
}

/** A field whose name is one (RFC 5322 3.6.8). */
static bool is_field(const struct header *h, size_t i)
{
    assay_span name = span_first(field_raw(h, i), h->fields[i].name_n);

    for (size_t k = 0; k < name.n; k++)
        if (name.p[k] <= ' ' || name.p[k] > '~')
            return false;
    return name.n > 0;
}

/**
 * Refuse what is no message at all: a wrong file, or nothing, as from a pipe that failed. It would
 * be accepted, as a message without From.
 */
static int check_message(const struct cli *cli, const struct message_file *m)
{
    for (size_t i = 0; i < m->header.n; i++)
        if (is_field(&m->header, i))
            return 0;
    if (m->ahead.n == 0)
        cli_complain(cli, "%s is empty: no message to judge", called(m));
    else
        cli_complain(cli,
                     "%s is no message, it begins with no header field; save messages with their"
                     " whole source",
                     called(m));
    return EXIT_UNREADABLE;
}

int message_open(const struct cli *cli, const char *name, struct message_file *ret)
{
    int status;

    *ret = (struct message_file){.name = name, .fd = -1, .line = 1};
    ret->ahead = buf_new(LIMIT_HEADER + 4 * FILES_CHUNK);
    header_init(&ret->header);
    status = open_file(cli, name, &ret->fd);
    if (status == 0)
        status = read_header(cli, ret);
    return status == 0 ? check_message(cli, ret) : status;
}

int message_open_memory(const struct cli *cli, const char *name, assay_span octets,
                        struct message_file *ret)
{
    *ret = (struct message_file){.name = name, .fd = -1, .line = 1, .rest = octets};
    header_init(&ret->header);
    return read_header(cli, ret);
}

/** What parts two messages of an mbox. */
static const char MBOX_NEXT[] = "\n\nFrom ";

/** Octets at the end of a piece that may be the beginning of what parts two messages. */
static size_t begun(assay_span piece)
{
    size_t n = sizeof MBOX_NEXT - 2;

    while (n && !(n <= piece.n && memcmp(piece.p + piece.n - n, MBOX_NEXT, n) == 0))
        n--;
    return n;
}

/** End an mbox with its first message, and say so. What may be its end is held back. */
static void cut_mbox(const struct cli *cli, struct message_file *m, assay_span *piece)
{
    const char *next =
        piece->n ? memmem(piece->p, piece->n, MBOX_NEXT, sizeof MBOX_NEXT - 1) : NULL;

    if (next) {
        *piece = span_between(piece->p, next + 1);
        m->ended = true;
        cli_complain(cli,
                     "%s holds several messages; only the first is judged (formail -s parts them)",
                     called(m));
        return;
    }
    m->held_n = m->ended ? 0 : begun(*piece);
    piece->n -= m->held_n;
    memcpy(m->held, piece->p + piece->n, m->held_n);
}

/** Read the next piece, behind what was held back. */
static int read_piece(const struct cli *cli, struct message_file *m, char *room, assay_span *ret)
{
    size_t n = 0;
    int status = read_some(cli, m->name, m->fd, room + m->held_n, &n);

    memcpy(room, m->held, m->held_n);
    m->ended = n == 0;
    *ret = (assay_span){room, m->held_n + n};
    m->held_n = 0;
    return status;
}

int message_next(const struct cli *cli, struct message_file *m, char *room, assay_span *ret)
{
    bool mbox = m->fd >= 0 && m->line > 1 && !m->whole;
    int status = 0;

    *ret = m->rest;
    m->rest = SPAN_EMPTY;
    if (ret->n && mbox)
        cut_mbox(cli, m, ret);
    while (status == 0 && !ret->n && !m->ended) {
        status = read_piece(cli, m, room, ret);
        if (status == 0 && mbox && ret->n)
            cut_mbox(cli, m, ret);
    }
    return status;
}

void message_close(struct message_file *m)
{
    if (m->fd > 0)
        close(m->fd);
    buf_done(&m->ahead);
    header_done(&m->header);
}

assay_span message_field(const struct header *h, const char *name)
{
    size_t i = header_find(h, span_of(name), 0);

    return i < h->n ? field_value(h, i) : SPAN_EMPTY;
}

/* ---- cases ---- */

bool files_is_case(const char *name)
{
    return span_iends(span_of(name), SPAN(".case"));
}

/** What a case's files are read with. */
struct folder {
    const struct cli *cli;
    const char *of; /* the case's own file */
};

/** Take a list that is built in: `NAME = builtin` of a case. */
static assay_status read_builtin(assay_span name, struct buf *out)
{
    assay_span octets = lists_builtin(name);

    if (!octets.n)
        return ASSAY_EINVAL;
    buf_put(out, octets);
    return out->status;
}

/**
 * Read a file that a case names: a case_open_fn. Only regular files, so that a case cannot make us
 * wait.
 */
static assay_status read_named(void *arg, assay_span path, struct buf *out)
{
    const struct folder *f = arg;
    assay_span of = span_of(f->of);
    size_t slash = span_rfind(of, '/');
    struct buf full = buf_new(PATH_MAX_N);
    struct stat about;
    assay_status s = ASSAY_EINVAL;

    if (span_starts(path, SPAN("builtin:")))
        return read_builtin(span_from(path, 8), out);
    if (slash < of.n && path.n && path.p[0] != '/')
        buf_put(&full, span_first(of, slash + 1));
    buf_put(&full, path);
    buf_putc(&full, '\0');
    if (full.status != ASSAY_DONE)
        s = full.status;
    else if (stat(full.p, &about) != 0 || S_ISREG(about.st_mode))
        s = files_read(f->cli, full.p, out) == 0 ? ASSAY_DONE : ASSAY_EINVAL;
    else
        cli_complain(f->cli, "%s: no regular file", full.p);
    buf_done(&full);
    return s;
}

int files_read_case(const struct cli *cli, const char *name, struct case_set **ret)
{
    struct buf text = buf_new(FILES_HELD_MAX);
    struct folder folder = {cli, name};
    struct case_error error = {0};
    int status = files_read(cli, name, &text);
    assay_status s;

    if (status == 0 &&
        (s = case_read(buf_span(&text), read_named, &folder, ret, &error)) != ASSAY_DONE) {
        status = s == ASSAY_EINVAL ? EXIT_UNREADABLE : EXIT_SOFTWARE;
        if (s == ASSAY_EINVAL)
            cli_complain(cli, "%s:%zu:%zu: %s%s%.300s", name, error.line, error.column, error.text,
                         files_is_case(name) ? "" : "; to judge a message: assay verify ",
                         files_is_case(name) ? "" : name);
        else
            cli_complain(cli, "%s: %s", name, assay_strstatus(s));
    }
    buf_done(&text);
    return status;
}

int files_read_one_case(const struct cli *cli, const char *name, struct case_set **ret,
                        const struct case_one **ret_one)
{
    int status = files_read_case(cli, name, ret);

    if (status != 0)
        return status;
    if (case_count(*ret) == 1) {
        *ret_one = case_at(*ret, 0);
        return 0;
    }
    cli_complain(cli,
                 "%s has %zu cases; here a file with one is needed (assay case %s runs them all)",
                 name, case_count(*ret), name);
    case_set_free(*ret);
    *ret = NULL;
    return EXIT_USAGE;
}

/* ---- options ---- */

/** A line without its comment: `#` at its beginning or behind a blank. */
static assay_span without_comment(assay_span line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (i == 0 || ascii_wsp(line.p[i - 1])))
            return span_first(line, i);
    return line;
}

/** Copy a span as text. \return false when it does not fit, or holds a NUL */
static bool as_text(assay_span s, char *out, size_t size)
{
    if (s.n >= size || memchr(s.p, '\0', s.n))
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

/**
 * Set what one line says.
 *
 * \param ret_at   set to what is wrong, a span of the line
 * \param ret_why  set to why
 */
static assay_status set_line(assay_policy *policy, assay_span line, assay_span *ret_at,
                             const char **ret_why)
{
    char key[256], value[4096];
    size_t equals = span_find(line, '=');
    assay_status s;

    *ret_at = span_trim(line);
    *ret_why = "a line is `key = value`";
    if (equals == line.n)
        return ASSAY_EINVAL;
    *ret_at = span_trim(span_first(line, equals));
    if (!as_text(*ret_at, key, sizeof key) ||
        !as_text(span_trim(span_from(line, equals + 1)), value, sizeof value))
        return ASSAY_EINVAL;
    s = assay_policy_set(policy, key, value, ret_why);
    if (s == ASSAY_EINVAL && assay_policy_get(policy, key))
        *ret_at = span_trim(span_from(line, equals + 1));
    return s;
}

int files_set_options(const struct cli *cli, const char *name, assay_policy *policy)
{
    struct buf text = buf_new(FILES_HELD_MAX);
    int status = files_read(cli, name, &text);
    assay_span rest = buf_span(&text), line, at;
    const char *why;

    for (size_t n = 1; status == 0 && span_line(&rest, &line); n++) {
        assay_span said = without_comment(line);
        assay_status s = span_trim(said).n ? set_line(policy, said, &at, &why) : ASSAY_DONE;

        if (s == ASSAY_EINVAL)
            cli_complain(cli, "%s:%zu:%zu: %s", name, n, (size_t)(at.p - line.p) + 1, why);
        else if (s != ASSAY_DONE)
            cli_complain(cli, "%s: %s", name, assay_strstatus(s));
        status = s == ASSAY_DONE ? 0 : s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
    }
    buf_done(&text);
    return status;
}

int files_set_option(const struct cli *cli, const char *text, assay_policy *policy)
{
    const char *equals = strchr(text, '='), *why = NULL;
    char key[256];
    size_t n = equals ? (size_t)(equals - text) : 0;
    assay_status s;

    if (!equals || n >= sizeof key) {
        cli_complain(cli, "-o takes KEY=VALUE, not \"%.100s\"; assay help options lists them",
                     text);
        return EXIT_USAGE;
    }
    memcpy(key, text, n);
    key[n] = '\0';
    if ((s = assay_policy_set(policy, key, equals + 1, &why)) == ASSAY_DONE)
        return 0;
    cli_complain(cli, "-o %.100s: %s", text, s == ASSAY_EINVAL ? why : assay_strstatus(s));
    return s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
}
