/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spf_watch.c
 * `assay spf watch`: is the flat record that is published still what its source says?
 *
 * The source is a record with the includes in it, at a name of its own or in a file. It is flattened anew; what
 * passes by it is compared with what passes by the records that are published. Nothing comes out while an answer is
 * missing, and nothing that would take away a good part of the senders: then a source is broken, most likely.
 */
#include "cli/spf_flatten.h"

/** What may go without a word, in percent of the addresses of a family. */
enum { SHRINK = 20 };

/** Flat records beside what is published. */
struct watch {
    const struct cli *cli;
    struct flat wanted;
    struct spf_domain_door published, source;
    struct arena arena;
    struct ipset gone[SPF_FAMILIES], come[SPF_FAMILIES];
};

/** Read the source and flatten it. */
static int open_wanted(struct watch *w, const char *domain)
{
    const char *source = cli_value(w->cli, OPT_SOURCE);
    const struct spf_record *r;
    char text[LIMIT_TXT + 1];
    int status;

    if (!source) {
        cli_complain(w->cli,
                     "--source is missing: the name or @FILE of the record that has the includes");
        return EXIT_USAGE;
    }
    if (source[0] == '@')
        return flat_open(w->cli, domain, source, &w->wanted);
    if ((status = spf_door_open(w->cli, source, NULL, &w->source)) != 0)
        return status;
    r = w->source.walk->top->record;
    if (!r || r->found != SPF_RECORD_OK || r->text.n > LIMIT_TXT) {
        cli_complain(w->cli, "%.200s: %s", source,
                     w->source.walk->top->unknown
                         ? "its TXT records are not known; nothing is changed"
                         : "there is no valid SPF record");
        return w->source.walk->top->unknown ? EXIT_DEFER : EXIT_FAILS;
    }
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(r->text));
    return flat_open(w->cli, domain, text, &w->wanted);
}

/** Compare the sets. \return false when memory is out */
static bool compare(struct watch *w)
{
    const struct spf_walk *is = w->published.walk, *should = w->wanted.door.walk;

    for (int f = 0; f < SPF_FAMILIES; f++)
        if (!ipset_minus(&w->arena, &is->pass[f], &should->pass[f], &w->gone[f]) ||
            !ipset_minus(&w->arena, &should->pass[f], &is->pass[f], &w->come[f]))
            return false;
    return true;
}

/** More would go than may. */
static bool shrinks(const struct watch *w)
{
    for (int f = 0; f < SPF_FAMILIES; f++) {
        ip_number gone = ipset_size(&w->gone[f]), all = ipset_size(&w->published.walk->pass[f]);

        if (gone > all / 100 * SHRINK + all % 100 * SHRINK / 100)
            return true;
    }
    return false;
}

/** Append prefixes of a set, each behind a sign. */
static bool put_set(struct watch *w, char sign, const struct ipset *set, struct buf *out)
{
    const struct ip_prefix *prefixes;
    char text[IP_TEXT];
    size_t n;

    if (!ipset_prefixes(&w->arena, set, &prefixes, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        ip_text(&prefixes[i].net, text);
        buf_printf(out, "%c %s/%u\n", sign, text, prefixes[i].bits);
    }
    return true;
}

/** Say on standard error what changed. */
static int say_changes(struct watch *w)
{
    struct buf out = buf_new(SPF_OUTPUT_MAX);
    bool ok = true;

    for (int f = 0; f < SPF_FAMILIES; f++)
        ok = ok && put_set(w, '-', &w->gone[f], &out) && put_set(w, '+', &w->come[f], &out);
    if (out.n)
        fwrite(out.p, 1, out.n, stderr);
    buf_done(&out);
    return ok ? 0 : EXIT_SOFTWARE;
}

/** Print the records to publish. */
static int print(const struct watch *w)
{
    struct buf out = buf_new(SPF_OUTPUT_MAX);
    const struct spf_record *old = w->published.walk->top->record;
    int status;

    flat_put_records(&w->wanted, old ? old->text : SPAN_EMPTY, &out);
    status = cli_print(w->cli, &out);
    buf_done(&out);
    return status ? status : EXIT_FAILS;
}

/** Decide. */
static int decide(struct watch *w)
{
    bool same = true;
    int status;

    if (w->published.walk->unknown || w->wanted.door.walk->unknown) {
        cli_complain(w->cli, "%.*s: some answers did not come; nothing is changed",
                     SPAN_ARG(w->published.domain));
        return EXIT_DEFER;
    }
    if (!compare(w))
        return EXIT_SOFTWARE;
    for (int f = 0; f < SPF_FAMILIES; f++)
        same = same && !w->gone[f].n && !w->come[f].n;
    if (same)
        return EXIT_ACCEPT;
    if ((status = say_changes(w)) != 0)
        return status;
    if (!shrinks(w) || cli_has(w->cli, OPT_FORCE))
        return print(w);
    cli_complain(
        w->cli,
        "%.*s: more than %d %% of the addresses that may send would go; --force publishes that",
        SPAN_ARG(w->published.domain), SHRINK);
    return EX_DATAERR;
}

int cli_spf_watch(const struct cli *cli, const char *domain)
{
    struct watch w = {.cli = cli};
    int status = open_wanted(&w, domain);

    if (status == 0)
        status = spf_door_open(cli, domain, NULL, &w.published);
    if (status == 0)
        status = decide(&w);
    flat_close(&w.wanted);
    spf_door_close(&w.published);
    spf_door_close(&w.source);
    arena_done(&w.arena);
    return status;
}
