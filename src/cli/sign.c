/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/answers.h"
#include "cli/files.h"
#include "cli/key.h"
#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** Octets of the text of sign.table, of what is printed, and of a message that comes from a pipe. */
enum { TABLE_MAX = 1 << 16, OUTPUT_MAX = 16 << 20, SPOOL_MAX = 1 << 30 };

/**
 * A message being signed. It is read twice: once to be signed, once to be copied below the
 * signatures. What cannot be read twice is kept in a file without a name meanwhile.
 */
struct signer {
    const struct cli *cli;
    const char *name; /* of the message */
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval;
    struct answers answers;
    struct case_set *world;
    struct message_file message;
    char *room;        /* FILES_ROOM octets */
    struct buf table;  /* sign.table by the keys of the command line */
    FILE *spool;       /* NULL: the message is a file */
    off_t begin;       /* where the message begins in its file */
    struct stat about; /* the file before it was read */
    size_t n;          /* octets of the message */
};

/** Memory is out, or a call was refused that should not be. */
static int failed(const struct signer *s, assay_status status)
{
    cli_complain(s->cli, "%s: %s", s->name, assay_strstatus(status));
    return EXIT_SOFTWARE;
}

/* ---- the keys ---- */

/** How often an option was given. */
static size_t count(const struct cli *cli, enum cli_option_id option)
{
    size_t cursor = 0, n = 0;

    while (cli_next_value(cli, option, &cursor))
        n++;
    return n;
}

/** The value of an option for the key at `index`: its own, or the only one. */
static const char *value_at(const struct cli *cli, enum cli_option_id option, size_t index)
{
    size_t cursor = 0;
    const char *value = cli_next_value(cli, option, &cursor), *next = value;

    for (size_t i = 0; i < index && next; i++)
        next = cli_next_value(cli, option, &cursor);
    return next ? next : value;
}

/** Each key has a selector, and there is one domain, or one for each. */
static int check_counts(const struct signer *s)
{
    size_t keys = count(s->cli, OPT_KEY), selectors = count(s->cli, OPT_SELECTOR),
           domains = count(s->cli, OPT_DOMAIN);

    if (keys == 0 && !cli_has(s->cli, OPT_WORLD))
        cli_complain(s->cli, "by which key? assay sign --key FILE --selector s1 --domain"
                             " example.org mail.eml");
    else if (selectors != keys)
        cli_complain(s->cli, "each --key takes a --selector of its own: %zu of %zu are there",
                     selectors, keys);
    else if (keys && domains != 1 && domains != keys)
        cli_complain(s->cli,
                     domains ? "one --domain for all keys, or one for each: %zu of %zu"
                               " are there"
                             : "--domain is missing: d= of the signature, usually that of"
                               " the address in From",
                     domains, keys);
    else
        return 0;
    return EXIT_USAGE;
}

/** Add an entry's key to sign.table. */
static void put_key(struct signer *s, const struct key_name *name)
{
    struct keyring_public public;

    buf_puts(&s->table, s->table.n ? "," : "* key=");
    buf_put(&s->table, dns_name_span(&name->selector));
    buf_putc(&s->table, ':');
    buf_put(&s->table, dns_name_span(&name->domain));
    if (keyring_public(s->answers.ring, dns_name_span(&name->whole), &public) &&
        public.type == KEY_ED25519)
        buf_puts(&s->table, ":ed25519");
}

/** Read the key at `index`. */
static int read_key(struct signer *s, size_t index)
{
    const char *path = value_at(s->cli, OPT_KEY, index), *why = NULL;
    struct key_name name;
    struct buf pem = buf_new(0);
    assay_status status;
    int exit = key_name_read(s->cli, value_at(s->cli, OPT_SELECTOR, index),
                             value_at(s->cli, OPT_DOMAIN, index), &name);

    if (exit == 0 && (exit = key_file_read(s->cli, path, &pem)) == 0) {
        status = keyring_add_key(s->answers.ring, dns_name_span(&name.whole), buf_span(&pem), &why);
        if (status == ASSAY_DONE)
            put_key(s, &name);
        else if (status == ASSAY_EINVAL)
            cli_complain(s->cli, "%s: %s", path, why);
        exit = status == ASSAY_DONE     ? 0
               : status == ASSAY_EINVAL ? EXIT_UNREADABLE
                                        : failed(s, status);
    }
    private_wipe(&pem);
    return exit;
}

/** Read all keys. */
static int read_keys(struct signer *s)
{
    size_t n = count(s->cli, OPT_KEY);
    int status = check_counts(s);
    assay_status made;

    if (status != 0 || n == 0)
        return status;
    if ((made = keyring_new(s->engine, &s->answers.ring)) != ASSAY_DONE)
        return failed(s, made);
    for (size_t i = 0; i < n && status == 0; i++)
        status = read_key(s, i);
    return status;
}

/* ---- the policy ---- */

/** Set an option; the value is a text of ours. */
static int set(struct signer *s, const char *name, const char *value)
{
    const char *why = "";
    assay_status status = assay_policy_set(s->policy, name, value, &why);

    if (status == ASSAY_EINVAL)
        cli_complain(s->cli, "%s", why);
    return status == ASSAY_DONE ? 0 : status == ASSAY_EINVAL ? EXIT_USAGE : failed(s, status);
}

/** Set sign.table by the keys of the command line, unless someone said otherwise. */
static int set_table(struct signer *s)
{
    if (*assay_policy_get(s->policy, "sign.table"))
        return 0;
    buf_putc(&s->table, '\0');
    if (s->table.status != ASSAY_DONE)
        return failed(s, s->table.status);
    return set(s, "sign.table", s->table.p);
}

/** Set what the [policy] of --world says. */
static int set_case_options(struct signer *s)
{
    struct case_error error = {0};
    assay_status status = case_set_policy(s->answers.from, s->policy, &error);

    if (status == ASSAY_EINVAL)
        cli_complain(s->cli, "%s:%zu:%zu: %s", cli_value(s->cli, OPT_WORLD), error.line,
                     error.column, error.text);
    return status == ASSAY_DONE ? 0 : status == ASSAY_EINVAL ? EXIT_USAGE : failed(s, status);
}

/** Make the policy: defaults, the case, --policy, -o, and the keys. */
static int make_policy(struct signer *s)
{
    const char *file = cli_value(s->cli, OPT_POLICY), *option;
    assay_status made = assay_policy_new(&s->policy);
    size_t cursor = 0;
    int status = 0;

    if (made != ASSAY_DONE)
        return failed(s, made);
    if (s->answers.from)
        status = set_case_options(s);
    if (status == 0 && file)
        status = files_set_options(s->cli, file, s->policy);
    while (status == 0 && (option = cli_next_value(s->cli, OPT_SET, &cursor)))
        status = files_set_option(s->cli, option, s->policy);
    if (status == 0 && cli_has(s->cli, OPT_NO_CHECK))
        status = set(s, "sign.check", "no");
    if (status == 0)
        status = set_table(s);
    assay_policy_seal(s->policy);
    return status;
}

/* ---- reading ---- */

/** Open the message, and find out whether it can be read twice. */
static int open_message(struct signer *s)
{
    bool standard = strcmp(s->name, "-") == 0;
    int status;

    s->begin = standard ? lseek(0, 0, SEEK_CUR) : 0;
    if ((status = message_open(s->cli, s->name, &s->message)) != 0)
        return status;
    if (fstat(s->message.fd, &s->about) == 0 && S_ISREG(s->about.st_mode) && s->begin >= 0)
        return 0;
    if ((s->spool = tmpfile()))
        return 0;
    cli_complain(s->cli, "keeping a copy of the message in a temporary file: %s", strerror(errno));
    return EXIT_CANTWRITE;
}

/** Keep a piece for the second reading. */
static int keep(struct signer *s, assay_span piece)
{
    s->n += piece.n;
    if (!s->spool)
        return 0;
    if (s->n > SPOOL_MAX)
        cli_complain(s->cli, "%s: larger than %d octets; from a file it may be larger", s->name,
                     SPOOL_MAX);
    else if (fwrite(piece.p, 1, piece.n, s->spool) == piece.n)
        return 0;
    else
        cli_complain(s->cli, "keeping a copy of the message in a temporary file: %s",
                     strerror(errno));
    return EXIT_CANTWRITE;
}

/** Read the message for the first time. */
static int feed(struct signer *s)
{
    assay_span piece;
    assay_status status;
    int exit;

    for (;;) {
        if ((exit = message_next(s->cli, &s->message, s->room, &piece)) != 0)
            return exit;
        if (!piece.n)
            break;
        if ((status = assay_feed(s->eval, piece)) != ASSAY_DONE)
            return failed(s, status);
        if ((exit = keep(s, piece)) != 0)
            return exit;
    }
    status = assay_eom(s->eval);
    return status == ASSAY_DONE ? 0 : failed(s, status);
}

/** Make the evaluation and bring it to its end. */
static int run(struct signer *s)
{
    struct assay_envelope e = {.size = sizeof e, .now = (int64_t)time(NULL)};
    assay_status status;
    int exit;

    if (s->answers.from && case_envelope(s->answers.from))
        e = *case_envelope(s->answers.from);
    if ((status = assay_send_new(s->engine, s->policy, &e, &s->eval)) != ASSAY_DONE)
        return failed(s, status);
    if ((exit = feed(s)) != 0)
        return exit;
    return answers_drive(&s->answers, s->eval, s->name);
}

/* ---- telling ---- */

/** Say on standard error how it came to that. */
static int explain(const struct signer *s)
{
    struct cli other = *s->cli;
    struct buf out = buf_new(OUTPUT_MAX);
    assay_status status;

    if (!cli_has(s->cli, OPT_EXPLAIN))
        return 0;
    other.out = other.err;
    status = report_explain(&other, s->eval, NULL, &out);
    if (status == ASSAY_DONE)
        fwrite(out.p, 1, out.n, stderr);
    buf_done(&out);
    return status == ASSAY_DONE ? 0 : failed(s, status);
}

/** Say what is to be said of one key. \return it did not sign */
static bool tell_key(const struct signer *s, const struct assay_check *c)
{
    assay_span domain = report_property(c, "header", "d"),
               selector = report_property(c, "header", "s");
    bool published = cli_has(s->cli, OPT_NO_CHECK) || !span_is(c->result, "skipped");

    if (span_is(c->result, "signed")) {
        if (c->reason.n)
            cli_complain(s->cli, "%.*s of %.*s signs, but %.*s", SPAN_ARG(selector),
                         SPAN_ARG(domain), SPAN_ARG(c->reason));
        return false;
    }
    if (!domain.n)
        cli_complain(s->cli, "%s is not signed: %.*s", s->name, SPAN_ARG(c->reason));
    else
        cli_complain(s->cli, "%.*s of %.*s does not sign: %.*s%s", SPAN_ARG(selector),
                     SPAN_ARG(domain), SPAN_ARG(c->reason),
                     published ? ""
                               : "; `assay key show` has the record, --no-check signs without"
                                 " looking");
    return true;
}

/** Say which keys did not sign. \return 0 when all did */
static int tell(const struct signer *s)
{
    const struct assay_verdict *v = assay_result(s->eval);
    size_t missing = 0;

    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, "sign"))
            missing += tell_key(s, v->checks[i]);
    if (!missing)
        return 0;
    return v->what == ASSAY_DEFER ? EXIT_DEFER : EXIT_FAILS;
}

/* ---- writing ---- */

/** The message's lines end with CRLF; else with LF, and so shall those of the signatures. */
static bool has_crlf(const struct signer *s)
{
    assay_span ahead = buf_span(&s->message.ahead);
    size_t end = span_find(ahead, '\n');

    return end > 0 && end < ahead.n && ahead.p[end - 1] == '\r';
}

/** Append a field. */
static void put_field(const struct assay_edit *edit, const char *end, struct buf *out)
{
    assay_span rest = edit->value, line;

    buf_put(out, edit->name);
    buf_puts(out, ": ");
    while (span_line(&rest, &line)) {
        buf_put(out, line);
        buf_puts(out, end);
    }
}

/** Write the signatures: the edits stand in the order in which they are put on top. */
static int write_signatures(const struct signer *s)
{
    const struct assay_verdict *v = assay_result(s->eval);
    struct buf out = buf_new(OUTPUT_MAX);
    int status;

    for (size_t i = v->nedits; i > 0; i--)
        if (!v->edits[i - 1].remove)
            put_field(&v->edits[i - 1], has_crlf(s) ? "\r\n" : "\n", &out);
    status = cli_print(s->cli, &out);
    buf_done(&out);
    return status;
}

/** Write octets of the message. */
static int write_piece(const struct signer *s, assay_span piece)
{
    if (fwrite(piece.p, 1, piece.n, stdout) == piece.n)
        return 0;
    cli_complain(s->cli, "writing to standard output: %s", strerror(errno));
    return EXIT_CANTWRITE;
}

/** The file is as it was before it was read. */
static bool is_unchanged(const struct signer *s)
{
    struct stat now;

    return s->spool || (fstat(s->message.fd, &now) == 0 && now.st_size == s->about.st_size &&
                        now.st_mtim.tv_sec == s->about.st_mtim.tv_sec &&
                        now.st_mtim.tv_nsec == s->about.st_mtim.tv_nsec);
}

/** Read the next piece for the second time. \return its octets; 0: there are no more */
static size_t reread(const struct signer *s, size_t at)
{
    size_t n = s->n - at < FILES_CHUNK ? s->n - at : FILES_CHUNK;
    ssize_t got;

    do
        got = pread(s->spool ? fileno(s->spool) : s->message.fd, s->room, n,
                    (s->spool ? 0 : s->begin) + (off_t)at);
    while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

/** Octets of the line "From ..." that an mbox puts before a message; it stays on top. */
static size_t mbox_line(const struct signer *s)
{
    assay_span ahead = buf_span(&s->message.ahead);

    return s->message.line > 1 ? span_find(ahead, '\n') + 1 : 0;
}

/** Write the message below its signatures. */
static int write_message(const struct signer *s)
{
    size_t at = mbox_line(s), n;
    int status = write_piece(s, span_first(buf_span(&s->message.ahead), at));

    if (status == 0)
        status = write_signatures(s);
    while (status == 0 && at < s->n && (n = reread(s, at)) > 0) {
        status = write_piece(s, (assay_span){s->room, n});
        at += n;
    }
    if (status != 0)
        return status;
    if (at == s->n && is_unchanged(s))
        return 0;
    cli_complain(s->cli, "%s was changed while it was signed: what was written will not verify",
                 s->name);
    return EXIT_FAILS;
}

/* ---- the command ---- */

/** Read the command line, and make what signing takes. */
static int begin(struct signer *s)
{
    const char *world = cli_value(s->cli, OPT_WORLD);
    int status = answers_init(s->cli, &s->answers);

    if (status == 0 && s->cli->args.noperands > 1) {
        cli_complain(s->cli, "signs one message at a time; its result is on standard output");
        status = EXIT_USAGE;
    }
    if (status == 0 && world)
        status = files_read_one_case(s->cli, world, &s->world, &s->answers.from);
    if (status != 0)
        return status;
    if (!(s->room = malloc(FILES_ROOM)) || assay_engine_new(8, &s->engine) != ASSAY_DONE)
        return failed(s, ASSAY_ENOMEM);
    return 0;
}

/** All of it, in order. */
static int sign(struct signer *s)
{
    static int (*const STEPS[])(struct signer *) = {begin, read_keys, make_policy, open_message,
                                                    run};
    int status = 0;

    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS && status == 0; i++)
        status = STEPS[i](s);
    if (status == 0)
        status = explain(s);
    if (status == 0)
        status = tell(s);
    if (status == 0 && s->spool && fflush(s->spool) != 0) {
        cli_complain(s->cli, "keeping a copy of the message in a temporary file: %s",
                     strerror(errno));
        status = EXIT_CANTWRITE;
    }
    return status == 0 ? write_message(s) : status;
}

int cli_sign(const struct cli *cli)
{
    struct signer s = {.cli = cli,
                       .name = cli->args.noperands ? cli->args.operands[0] : "-",
                       .message = {.fd = -1},
                       .table = buf_new(TABLE_MAX)};
    int status = sign(&s);

    assay_eval_free(s.eval);
    assay_policy_free(s.policy);
    keyring_free(s.answers.ring);
    answers_done(&s.answers);
    message_close(&s.message);
    case_set_free(s.world);
    assay_engine_free(s.engine);
    if (s.spool)
        fclose(s.spool);
    buf_done(&s.table);
    free(s.room);
    return status;
}
