/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "base/number.h"
#include "cli/answers.h"
#include "cli/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUMMARY_MOST = 1 << 20, READ_CHUNK = 1 << 16 };

/* ---- the command line ---- */

/** Say what is wrong with an option. */
static int bad_value(const struct cli *cli, enum cli_option_id option, const char *what)
{
    cli_complain(cli, "--%s: \"%.100s\" is not %s", CLI_OPTION_TABLE[option].name,
                 cli_value(cli, option), what);
    return EXIT_USAGE;
}

/** `2/8`: the second of eight. */
static int take_shard(const struct cli *cli, struct scan_options *o)
{
    assay_span value = span_of(cli_value(cli, OPT_SHARD)), part;
    uint64_t shard, of;

    if (!value.n)
        return 0;
    if (!span_cut(&value, '/', &part) || !number_read(part, SCAN_SHARDS, &shard) || !value.p ||
        !number_read(value, SCAN_SHARDS, &of) || shard < 1 || shard > of)
        return bad_value(cli, OPT_SHARD, "a part such as 2/8, the second of eight");
    o->shard = (unsigned)shard - 1;
    o->nshards = (unsigned)of;
    return 0;
}

/** `5`: of a hundred; `0.01` too. */
static int take_sample(const struct cli *cli, struct scan_options *o)
{
    const char *value = cli_value(cli, OPT_SAMPLE);
    uint64_t whole, part = 0;
    assay_span text, first;

    if (!value)
        return 0;
    text = span_of(value);
    if (text.n && text.p[text.n - 1] == '%')
        text.n--;
    span_cut(&text, '.', &first);
    if (!number_read(first, 100, &whole) ||
        (text.p && (text.n > 4 || !number_read(text, 9999, &part))))
        return bad_value(cli, OPT_SAMPLE, "a percentage such as 5 or 0.25");
    for (size_t i = text.p ? text.n : 4; i < 4; i++)
        part *= 10;
    o->sample = (unsigned)(whole * 10000 + part);
    if (!o->sample || o->sample > SCAN_PER_MILLION)
        return bad_value(cli, OPT_SAMPLE, "a percentage above 0, 100 at most");
    return 0;
}

/** The fields of a line. */
static int take_fields(const struct cli *cli, struct scan_options *o)
{
    const char *value = cli_value(cli, OPT_FIELDS);
    struct buf names = buf_new(1024);
    assay_span bad;

    o->fields = scan_fields_default();
    if (!value || scan_fields_read(span_of(value), &o->fields, &bad))
        return 0;
#define FIELD_NAME(id, name, ...) buf_puts(&names, " " name);
    SCAN_FIELDS(FIELD_NAME)
#undef FIELD_NAME
    cli_complain(cli, "--fields: there is no \"%.*s\"; there are%.*s",
                 SPAN_ARG(span_first(bad, 100)), SPAN_ARG(buf_span(&names)));
    buf_done(&names);
    return EXIT_USAGE;
}

/** The options that are numbers and words. */
static int take_options(const struct cli *cli, struct scan_options *o)
{
    int status;

    if ((status = cli_number(cli, OPT_WINDOW, 1, SCAN_WINDOW_MOST, &o->window)) != 0 ||
        (status = cli_number(cli, OPT_IN_FLIGHT, 1, 60000, &o->udp.most)) != 0 ||
        (status = cli_number(cli, OPT_AT_ONCE, 1, SCAN_AT_ONCE_MOST, &o->at_once)) != 0 ||
        (status = take_shard(cli, o)) != 0 || (status = take_sample(cli, o)) != 0)
        return status;
    o->ordered = cli_has(cli, OPT_ORDERED);
    o->deep = cli_has(cli, OPT_DEEP);
    o->web = cli_has(cli, OPT_WEB);
    o->probe = cli_has(cli, OPT_PROBE);
    o->lists = cli_value(cli, OPT_LISTS);
    o->column = cli_value(cli, OPT_CSV);
    o->resume = cli_value(cli, OPT_RESUME);
    return take_fields(cli, o);
}

/* ---- files ---- */

/** A name of a zone goes into a file. */
static assay_status put_name(void *names, assay_span name)
{
    return fwrite(name.p, 1, name.n, names) == name.n && putc('\n', names) != EOF ? ASSAY_DONE
                                                                                  : ASSAY_EORDER;
}

/** Write the names of a zone into a file without a name, which is the input. The zone is not held, but mapped. */
static int take_names(const struct cli *cli, assay_span zone, struct scan_options *o)
{
    const char *origin = cli_value(cli, OPT_ORIGIN);
    struct dns_name at = {0};
    struct zone_error error;
    FILE *names = tmpfile();
    assay_status s;

    if (origin && !dns_name_read(span_of(origin), &at))
        return bad_value(cli, OPT_ORIGIN, "a domain name");
    s = names ? zone_names(zone, dns_name_span(&at), put_name, names, &error) : ASSAY_EORDER;
    if (s == ASSAY_DONE && fflush(names) == 0)
        o->input = dup(fileno(names));
    if (names)
        fclose(names);
    if (o->input >= 0 && lseek(o->input, 0, SEEK_SET) == 0)
        return 0;
    if (s == ASSAY_EINVAL)
        cli_complain(cli, "%.200s:%zu:%zu: %s", cli_value(cli, OPT_ZONE), error.line, error.column,
                     error.text);
    else
        cli_complain(cli, "the names of the zone: %s", strerror(errno));
    return s == ASSAY_EINVAL ? EXIT_UNREADABLE : EXIT_CANTWRITE;
}

/** Open a zone file. */
static int open_zone(const struct cli *cli, struct scan_options *o)
{
    const char *name = cli_value(cli, OPT_ZONE);
    int fd = open(name, O_RDONLY | O_CLOEXEC), status = EXIT_UNREADABLE;
    struct stat st = {0};
    void *at = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
        status = take_names(cli, (assay_span){at, (size_t)st.st_size}, o);
        munmap(at, (size_t)st.st_size);
    } else {
        cli_complain(cli, "%.200s: %s", name, fd < 0 ? strerror(errno) : "not a file with records");
    }
    if (fd >= 0)
        close(fd);
    return status;
}

/** Open where names come from. */
static int open_input(const struct cli *cli, struct scan_options *o)
{
    const char *name = cli->args.noperands ? cli->args.operands[0] : "-";

    if (cli->args.noperands > 1) {
        cli_complain(cli, "takes one file: cat %.100s ... | assay scan", name);
        return EXIT_USAGE;
    }
    if (cli_has(cli, OPT_ZONE) && (cli->args.noperands || o->column)) {
        cli_complain(cli, "--zone is the input: no file and no --csv beside it");
        return EXIT_USAGE;
    }
    if (cli_has(cli, OPT_ZONE))
        return open_zone(cli, o);
    o->input = span_is(span_of(name), "-") ? 0 : open(name, O_RDONLY | O_CLOEXEC);
    if (o->input >= 0) {
        if (o->input == 0 && isatty(0))
            cli_complain(cli,
                         "reading domain names from the terminal, one a line; end with Ctrl-D");
        return 0;
    }
    cli_complain(cli, "%.200s: %s", name, strerror(errno));
    return EXIT_UNREADABLE;
}

/** Open a file of an option, to be written. With a resume point what is there stays. \return 0 or EXIT_CANTWRITE */
static int open_file(const struct cli *cli, enum cli_option_id option, const char *resume, int *ret)
{
    const char *name = cli_value(cli, option);

    if (!name)
        return 0;
    *ret = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | (resume ? 0 : O_TRUNC), 0666);
    if (*ret >= 0)
        return 0;
    cli_complain(cli, "%.200s: %s", name, strerror(errno));
    return EXIT_CANTWRITE;
}

/** Open where lines and facts go. */
static int open_output(const struct cli *cli, struct scan_options *o)
{
    int status;

    if (!cli_has(cli, OPT_OUT))
        o->output = cli_has(cli, OPT_SUMMARY) ? -1 : 1;
    status = open_file(cli, OPT_OUT, o->resume, &o->output);
    return status ? status : open_file(cli, OPT_RECORD_FACTS, o->resume, &o->facts);
}

/** Close a file that was written. \return 0 or EXIT_CANTWRITE */
static int close_file(const struct cli *cli, enum cli_option_id option, int fd)
{
    if (fd <= 1 || close(fd) == 0)
        return 0;
    cli_complain(cli, "%.200s: %s", cli_value(cli, option), strerror(errno));
    return EXIT_CANTWRITE;
}

/** Have a world for the web and for mail servers, if they are looked at. It asks the resolvers that the scan asks. */
static int open_world(struct answers *answers, struct scan_options *o)
{
    if (!o->web && !o->probe)
        return 0;
    if (!answers->resolvers.n)
        buf_puts(&answers->resolvers, "127.0.0.1");
    signal(SIGPIPE,
           SIG_IGN); /* a server that has gone, or who reads the output: both are told by write() */
    return answers_world(answers, &o->world);
}

/* ---- the summary ---- */

/** Write the tables. */
static int put_summary(const struct cli *cli, const struct scan_summary *s)
{
    struct buf out = buf_new(SUMMARY_MOST);
    int status;

    if (cli_has(cli, OPT_JSON))
        scan_summary_json(s, &out);
    else
        scan_summary_put(s, &cli->out, &out);
    status = cli_print(cli, &out);
    buf_done(&out);
    return status;
}

/** The file begins with `{`: lines that a scan has written. */
static bool is_jsonl(int fd)
{
    char first = 0;

    return pread(fd, &first, 1, 0) == 1 && first == '{';
}

/** Count the lines of a file that a scan has written. */
static int sum_up(const struct cli *cli, int fd, struct scan_summary *s)
{
    struct buf text = buf_new(SCAN_LINE_MOST + READ_CHUNK);
    uint64_t lines = 0, strange = 0;
    ssize_t n;
    char *to;

    while ((to = buf_room(&text, READ_CHUNK)) && (n = read(fd, to, READ_CHUNK)) > 0) {
        size_t at = 0;
        const char *end;

        text.n += (size_t)n;
        while ((end = memchr(text.p + at, '\n', text.n - at))) {
            lines++;
            strange += !scan_summary_line(s, span_between(text.p + at, end));
            at = (size_t)(end - text.p) + 1;
        }
        memmove(text.p, text.p + at, text.n - at);
        text.n -= at;
    }
    strange += text.n > 0; /* a last line that was cut */
    buf_done(&text);
    if (strange)
        cli_complain(cli, "%llu of %llu lines are not of assay scan, and were not counted",
                     (unsigned long long)strange, (unsigned long long)lines + (text.n > 0));
    return 0;
}

/* ---- the scan ---- */

static void on_signal(int number)
{
    (void)number;
    scan_interrupt();
}

/** Scan, and say what came of it. */
static int run(const struct cli *cli, struct scan_options *o)
{
    struct sigaction act = {.sa_handler = on_signal}, old_int, old_term;
    struct scan_result result;
    int status;

    sigaction(SIGINT, &act, &old_int);
    sigaction(SIGTERM, &act, &old_term);
    status = scan_run(o, &result);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    if (status != 0 && result.why[0])
        cli_complain(cli, "%s", result.why);
    if (result.interrupted)
        cli_complain(cli, "interrupted after %llu domains%s",
                     (unsigned long long)(result.domains + result.bad),
                     o->resume ? "; the same command goes on" : "");
    if (result.bad)
        cli_complain(cli, "%llu lines are no domain name; their lines of output say why",
                     (unsigned long long)result.bad);
    return status;
}

/** With everything open. */
static int scan(const struct cli *cli, struct scan_options *o)
{
    int status;

    if (cli_has(cli, OPT_SUMMARY) && !(o->summary = scan_summary_new())) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    if (o->summary && is_jsonl(o->input))
        status = sum_up(cli, o->input, o->summary);
    else
        status = run(cli, o);
    if (o->summary)
        status = cli_worse(status, put_summary(cli, o->summary));
    scan_summary_free(o->summary);
    return status;
}

int cli_scan(const struct cli *cli)
{
    struct scan_options o = {.window = SCAN_WINDOW,
                             .at_once = SCAN_AT_ONCE,
                             .prove = true,
                             .now = (int64_t)time(NULL),
                             .progress = &cli->err,
                             .output = -1,
                             .facts = -1,
                             .input = -1};
    struct answers answers;
    int status = answers_init(cli, &answers);

    o.udp.resolvers = answers_resolvers(&answers);
    if (status == 0 && (status = take_options(cli, &o)) == 0 &&
        (status = open_world(&answers, &o)) == 0 && (status = open_input(cli, &o)) == 0 &&
        (status = open_output(cli, &o)) == 0)
        status = scan(cli, &o);
    if (o.input > 0)
        close(o.input);
    status = cli_worse(status, close_file(cli, OPT_OUT, o.output));
    status = cli_worse(status, close_file(cli, OPT_RECORD_FACTS, o.facts));
    answers_done(&answers);
    return status;
}
