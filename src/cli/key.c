/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/key.h"

#include "base/json.h"
#include "base/number.h"
#include "crypto/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 18, BITS = 2048, PATH_N = 1024 };

/** A key that is made or shown. */
struct subject {
    const struct cli *cli;
    struct key_name name;
    enum key_type type;
    unsigned bits;
    bool made;         /* else shown */
    char path[PATH_N]; /* of the file */
    struct buf pem;
    assay_engine *engine;
    struct private_key *key;
    struct buf record, zone;
};

/* ---- the command line ---- */

/** Say how the command is used. */
static int usage(const struct cli *cli, const char *why)
{
    cli_complain(cli, "%s: assay key new rsa --selector s1 --domain example.org", why);
    return EXIT_USAGE;
}

/** Read the selector and the domain. */
static int read_name(struct subject *k)
{
    const char *selector = cli_value(k->cli, OPT_SELECTOR), *domain = cli_value(k->cli, OPT_DOMAIN);

    if (!selector || !domain)
        return usage(k->cli, selector ? "--domain is missing" : "--selector is missing");
    return key_name_read(k->cli, selector, domain, &k->name);
}

/** Note the path of the file. \param path  NULL: named by selector and domain */
static int read_path(struct subject *k, const char *path)
{
    int n = path ? snprintf(k->path, sizeof k->path, "%s", path)
                 : snprintf(k->path, sizeof k->path, "%.*s.%.*s.pem",
                            SPAN_ARG(dns_name_span(&k->name.selector)),
                            SPAN_ARG(dns_name_span(&k->name.domain)));

    if (n > 0 && (size_t)n < sizeof k->path)
        return 0;
    cli_complain(k->cli, "the name of the file is empty or too long");
    return EXIT_USAGE;
}

/** Read what follows `new`. */
static int read_new(struct subject *k)
{
    const struct cli_args *args = &k->cli->args;
    const char *type = args->noperands == 2 ? args->operands[1] : "",
               *bits = cli_value(k->cli, OPT_BITS);
    uint64_t number = BITS;
    int status;

    k->made = true;
    k->type = strcmp(type, "rsa") == 0 ? KEY_RSA : KEY_ED25519;
    if (k->type == KEY_ED25519 && strcmp(type, "ed25519") != 0)
        return usage(k->cli, "`new` makes a key of the type rsa or ed25519");
    if (bits && k->type == KEY_ED25519)
        return usage(k->cli, "--bits is for RSA; Ed25519 has 256");
    if (bits)
        (void)number_read(span_of(bits), BITS * 2, &number); /* one of the words allowed */
    k->bits = (unsigned)number;
    if ((status = read_name(k)) != 0)
        return status;
    return read_path(k, cli_value(k->cli, OPT_OUT));
}

/** Read what follows `show`. */
static int read_show(struct subject *k)
{
    static const enum cli_option_id OF_NEW[] = {OPT_BITS, OPT_OUT, OPT_FORCE};
    int status;

    if (k->cli->args.noperands != 2)
        return usage(k->cli, "`show` takes one file of a key; to make one");
    for (size_t i = 0; i < sizeof OF_NEW / sizeof *OF_NEW; i++)
        if (cli_has(k->cli, OF_NEW[i])) {
            cli_complain(k->cli, "--%s is for `assay key new`", CLI_OPTION_TABLE[OF_NEW[i]].name);
            return EXIT_USAGE;
        }
    if ((status = read_name(k)) != 0)
        return status;
    return read_path(k, k->cli->args.operands[1]);
}

/** Read the command line. */
static int read_args(struct subject *k)
{
    const char *word = k->cli->args.noperands ? k->cli->args.operands[0] : "";

    if (strcmp(word, "new") == 0)
        return read_new(k);
    if (strcmp(word, "show") == 0)
        return read_show(k);
    return usage(k->cli, "`new` makes a key, `show` shows the record of one");
}

/* ---- the file ---- */

/** Say why the file cannot be written. */
static int cannot_write(const struct subject *k, int error)
{
    if (error == EEXIST)
        cli_complain(k->cli,
                     "%s is there already, and was left as it is; --out FILE names another, --force"
                     " replaces it",
                     k->path);
    else
        cli_complain(k->cli, "%s: %s", k->path, strerror(error));
    return EXIT_CANTWRITE;
}

/** Write all octets of the key, down to the disk. \return 0 or an errno */
static int write_octets(const struct subject *k, int fd)
{
    assay_span rest = buf_span(&k->pem);

    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0)
        return errno;
    while (rest.n) {
        ssize_t n = write(fd, rest.p, rest.n);

        if (n < 0 && errno != EINTR)
            return errno;
        rest = span_from(rest, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

/** Write a file of another name, then give it the one wanted: there is never half a key. */
static int write_file(const struct subject *k)
{
    char path[PATH_N + 8];
    int fd, error;

    snprintf(path, sizeof path, "%s.XXXXXX", k->path);
    if ((fd = mkstemp(path)) < 0)
        return cannot_write(k, errno);
    error = write_octets(k, fd);
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && cli_has(k->cli, OPT_FORCE))
        error = rename(path, k->path) == 0 ? 0 : errno;
    else if (!error) /* unlike rename(), it replaces nothing */
        error = link(path, k->path) == 0 ? 0 : errno;
    unlink(path);
    return error ? cannot_write(k, error) : 0;
}

/* ---- the key ---- */

/** Make the text of the key, or read it. */
static int get_pem(struct subject *k)
{
    if (!k->made)
        return key_file_read(k->cli, k->path, &k->pem);
    if (!cli_has(k->cli, OPT_FORCE) && access(k->path, F_OK) == 0)
        return cannot_write(k, EEXIST); /* before the work; write_file() makes sure */
    k->pem = buf_new(OUTPUT_MAX);
    if (private_make(k->type, k->bits, &k->pem) == ASSAY_DONE)
        return 0;
    cli_complain(k->cli, "the key could not be made: out of memory, or no randomness");
    return EXIT_SOFTWARE;
}

/** Take the public half. */
static int read_key(struct subject *k)
{
    const char *why = NULL;
    assay_status s = assay_engine_new(0, &k->engine);

    if (s == ASSAY_DONE)
        s = private_read(k->engine, buf_span(&k->pem), &k->key, &why);
    if (s == ASSAY_DONE) {
        k->type = private_type(k->key);
        k->bits = private_bits(k->key);
        key_put_record(k->type, private_public(k->key), &k->record);
        key_put_zone_line(&k->name, buf_span(&k->record), &k->zone);
        return 0;
    }
    cli_complain(k->cli, "%s: %s", k->path, why ? why : assay_strstatus(s));
    return s == ASSAY_EINVAL ? EXIT_UNREADABLE : EXIT_SOFTWARE;
}

/* ---- showing ---- */

/** Append a line that must not be wrapped. */
static void put_line(assay_span line, struct buf *out)
{
    buf_puts(out, "      ");
    buf_put(out, line);
    buf_putc(out, '\n');
}

/** Append a paragraph, and the line it speaks of. */
static void put_step(const struct term *t, const char *what, assay_span line, struct buf *out)
{
    buf_putc(out, '\n');
    term_paragraph(t, 2, span_of(what), out);
    put_line(line, out);
}

/** Append what to do with the record. */
static void put_next(const struct subject *k, struct buf *out)
{
    const struct term *t = &k->cli->out;
    struct buf line = buf_new(OUTPUT_MAX);

    buf_printf(&line, "dig +short TXT %.*s", SPAN_ARG(dns_name_span(&k->name.whole)));
    put_step(t, "Then wait until the name servers of the domain give it:", buf_span(&line), out);
    buf_clear(&line);
    buf_printf(&line, "assay sign --key %s --selector %.*s --domain %.*s mail.eml | assay verify -",
               k->path, SPAN_ARG(dns_name_span(&k->name.selector)),
               SPAN_ARG(dns_name_span(&k->name.domain)));
    put_step(t, "And test it; a message is signed only if the published key verifies it:",
             buf_span(&line), out);
    buf_done(&line);
}

/** Append what the key is. */
static void put_key(const struct subject *k, struct buf *out)
{
    struct buf text = buf_new(OUTPUT_MAX);

    buf_printf(&text, "%s: an %s key", k->path, k->type == KEY_RSA ? "RSA" : "Ed25519");
    if (k->type == KEY_RSA)
        buf_printf(&text, " of %u bits", k->bits);
    if (k->made)
        buf_puts(&text, ". Only you may read it (mode 0600); who has it signs as this domain");
    buf_putc(&text, '.');
    term_paragraph(&k->cli->out, 0, buf_span(&text), out);
    buf_done(&text);
}

/** Append all for people. */
static void show(const struct subject *k, struct buf *out)
{
    const struct term *t = &k->cli->out;

    put_key(k, out);
    put_step(t, "Publish a TXT record of this name", dns_name_span(&k->name.whole), out);
    put_step(t, "with this value", buf_span(&k->record), out);
    put_step(t,
             "or, as a line of a zone file, in strings of at most 255 octets:", buf_span(&k->zone),
             out);
    put_next(k, out);
    if (k->type == KEY_RSA)
        return;
    buf_putc(out, '\n');
    term_paragraph(t, 2,
                   SPAN("Not every receiver verifies Ed25519 (RFC 8463): sign by an RSA key of"
                        " another selector, too."),
                   out);
}

/** Append all for programs. */
static void show_json(const struct subject *k, struct buf *out)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "file", span_of(k->path));
    json_text(&j, "algorithm", k->type == KEY_RSA ? SPAN("rsa") : SPAN("ed25519"));
    json_number(&j, "bits", k->bits);
    json_text(&j, "selector", dns_name_span(&k->name.selector));
    json_text(&j, "domain", dns_name_span(&k->name.domain));
    json_text(&j, "name", dns_name_span(&k->name.whole));
    json_text(&j, "record", buf_span(&k->record));
    json_text(&j, "zone", buf_span(&k->zone));
    json_end(&j);
    buf_putc(out, '\n');
}

/** Print. */
static int print(struct subject *k)
{
    struct buf out = buf_new(OUTPUT_MAX);
    int status;

    if (cli_has(k->cli, OPT_JSON))
        show_json(k, &out);
    else
        show(k, &out);
    status = cli_print(k->cli, &out);
    buf_done(&out);
    return status;
}

int cli_key(const struct cli *cli)
{
    struct subject k = {.cli = cli, .record = buf_new(OUTPUT_MAX), .zone = buf_new(OUTPUT_MAX)};
    int status = read_args(&k);

    if (status == 0)
        status = get_pem(&k);
    if (status == 0)
        status = read_key(&k);
    if (status == 0 && k.made)
        status = write_file(&k);
    if (status == 0)
        status = print(&k);
    private_free(k.key);
    private_wipe(&k.pem);
    assay_engine_free(k.engine);
    buf_done(&k.record);
    buf_done(&k.zone);
    return status;
}
