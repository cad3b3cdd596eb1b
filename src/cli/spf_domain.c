/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_domain.h"

#include "base/number.h"
#include "cli/files.h"
#include "dns/alabel.h"
#include "world/lists.h"

#include <time.h>

/* ---- the door ---- */

/** Say that memory is out. */
static int failed(const struct spf_domain_door *d, assay_status s)
{
    cli_complain(d->cli, "%s", assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/** The TXT answer that has the record of --text alone. */
static assay_status fact_of_text(assay_span text, assay_fact **ret)
{
    struct buf rdata = buf_new(LIMIT_TXT + LIMIT_TXT / 255 + 2);
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_OK, .secure = ASSAY_UNKNOWN, .n = 1};
    assay_span data;
    assay_status s;

    do {
        assay_span piece = span_first(text, 255);

        buf_putc(&rdata, (char)piece.n);
        buf_put(&rdata, piece);
        text = span_from(text, piece.n);
    } while (text.n);
    data = buf_span(&rdata);
    a.data = &data;
    s = rdata.status == ASSAY_DONE ? assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, ret)
                                   : rdata.status;
    buf_done(&rdata);
    return s;
}

/** The record that is to stand in the place of the domain's own: as it is, or in a file behind @. */
static int read_text(struct spf_domain_door *d, const char *text, assay_span *ret)
{
    int status;

    *ret = span_of(text);
    if (text[0] != '@')
        return 0;
    if ((status = files_read(d->cli, text + 1, &d->file)) != 0)
        return status;
    *ret = span_trim(buf_span(&d->file));
    return 0;
}

/** Answer the first question, which is for the domain's record. */
static int give_text(struct spf_domain_door *d, const char *given)
{
    struct assay_question q;
    assay_fact *fact;
    assay_span text;
    assay_status s;
    int status = read_text(d, given, &text);

    if (status != 0)
        return status;
    if ((s = assay_step(d->eval)) < 0)
        return failed(d, s);
    if (!assay_next_question(d->eval, &q))
        return 0;
    if ((s = fact_of_text(text, &fact)) == ASSAY_EINVAL) {
        cli_complain(d->cli, "the record is over %d octets", LIMIT_TXT);
        return EXIT_USAGE;
    }
    if (s != ASSAY_DONE)
        return failed(d, s);
    s = assay_answer_question(d->eval, q.id, fact);
    assay_fact_free(fact);
    return s < 0 ? failed(d, s) : 0;
}

/** Make the evaluation. */
static int begin(struct spf_domain_door *d, const char *domain)
{
    const char *world = cli_value(d->cli, OPT_WORLD);
    int status = answers_init(d->cli, &d->answers);
    struct dns_name name;
    assay_status s;

    if (status == 0 && world)
        status = files_read_one_case(d->cli, world, &d->set, &d->answers.from);
    if (status != 0)
        return status;
    s = assay_engine_new(0, &d->engine);
    if (s == ASSAY_DONE)
        s = spf_survey_new(d->engine, span_of(domain), (int64_t)time(NULL), &d->eval);
    if (s == ASSAY_EINVAL ||
        (s == ASSAY_DONE && dns_to_alabels(span_of(domain), &name) == ASSAY_EINVAL)) {
        cli_complain(d->cli, "\"%.200s\" is no domain name", domain);
        return EXIT_USAGE;
    }
    return s == ASSAY_DONE ? 0 : failed(d, s);
}

int spf_door_open(const struct cli *cli, const char *domain, const char *text,
                  struct spf_domain_door *ret)
{
    int status;

    *ret =
        (struct spf_domain_door){.cli = cli, .file = buf_new(FILES_HELD_MAX), .domain = SPAN_EMPTY};
    if ((status = begin(ret, domain)) != 0 || (text && (status = give_text(ret, text)) != 0) ||
        (status = answers_drive(&ret->answers, ret->eval, domain)) != 0)
        return status;
    ret->walk = spf_survey_walk(ret->eval);
    ret->domain = ret->walk->top->domain;
    return 0;
}

void spf_door_close(struct spf_domain_door *d)
{
    assay_eval_free(d->eval);
    assay_engine_free(d->engine);
    answers_done(&d->answers);
    case_set_free(d->set);
    buf_done(&d->file);
}

/* ---- numbers ---- */

assay_span spf_digits(ip_number n, char out[SPF_COUNT])
{
    size_t at = SPF_COUNT;

    do
        out[--at] = (char)('0' + (int)(n % 10));
    while ((n /= 10) && at);
    return (assay_span){out + at, SPF_COUNT - at};
}

assay_span spf_count_text(const struct term *t, unsigned version, ip_number n, char out[SPF_COUNT])
{
    const ip_number subnet = (ip_number)1 << 64;
    struct buf text = buf_new(SPF_COUNT);
    bool subnets = version == 6 && n >= subnet;

    term_number(t, (uint64_t)(subnets ? n / subnet : n), &text);
    if (subnets)
        buf_puts(&text, " /64");
    if (text.n)
        memcpy(out, text.p, text.n);
    n = text.n;
    buf_done(&text);
    return (assay_span){out, (size_t)n};
}

/* ---- what is to be said ---- */

const char *spf_trouble_text(const struct spf_walk *walk)
{
    static const char *const TEXTS[] = {
        [SPF_WELL] = NULL,
        [SPF_TROUBLE_NONE] = "there is no SPF record",
        [SPF_TROUBLE_SEVERAL] = "there is more than one SPF record: receivers use none of them",
        [SPF_TROUBLE_SYNTAX] = "the record breaks the grammar: receivers answer permerror",
        [SPF_TROUBLE_TARGET] =
            "an include or redirect leads to no usable record: receivers answer permerror",
        [SPF_TROUBLE_LOOP] = "the record includes itself: receivers answer permerror",
        [SPF_TROUBLE_LOOKUPS] = "more than 10 terms ask the DNS: receivers answer permerror",
        [SPF_TROUBLE_VOIDS] = "more than 2 lookups find nothing: receivers answer permerror",
        [SPF_TROUBLE_MX] = "an mx has more than 10 hosts: receivers answer permerror",
    };
    enum spf_trouble first =
        walk->trouble[SPF_IPV4] ? walk->trouble[SPF_IPV4] : walk->trouble[SPF_IPV6];

    return TEXTS[first];
}

int spf_walk_status(const struct spf_walk *walk)
{
    if (spf_trouble_text(walk))
        return EXIT_FAILS;
    return walk->unknown || walk->over ? EXIT_DEFER : EXIT_ACCEPT;
}

/** Append a mark behind those that are there. */
static void put_mark(const char *mark, struct buf *out)
{
    if (out->n)
        buf_puts(out, "; ");
    buf_puts(out, mark);
}

/** What is wrong with the record that a term leads to. */
static void put_child_marks(const struct spf_node *child, struct buf *out)
{
    if (child->loop)
        put_mark("loop: it is being evaluated already", out);
    else if (child->fact && fact_state(child->fact) == FACT_UNKNOWN)
        put_mark("its record is not known: ", out), buf_puts(out, fact_trouble(child->fact));
    else if (child->fact && (!child->record || child->record->found == SPF_RECORD_NONE))
        put_mark("there is no SPF record", out);
    else if (child->record && child->record->found == SPF_RECORD_SEVERAL)
        put_mark("there are several SPF records", out);
    else if (child->record && child->record->found == SPF_RECORD_SYNTAX)
        put_mark("its record breaks the grammar", out);
    else if (child->again)
        put_mark("once more: it costs again", out);
}

void spf_put_marks(const struct spf_node *node, const struct spf_use *use, struct buf *out)
{
    if (use->child)
        put_child_marks(use->child, out);
    else if (use->fact && fact_state(use->fact) == FACT_UNKNOWN)
        put_mark("not known: ", out), buf_puts(out, fact_trouble(use->fact));
    if (use->client_macro)
        put_mark("it depends on the client: its addresses are not known", out);
    if (use->dead)
        put_mark("dead: it has no address", out);
    if (use->reserved)
        put_mark("no client of the Internet has these addresses", out);
    if (use->shadowed)
        put_mark("shadowed: terms before it match all of this", out);
    if (use->voids[SPF_IPV4] || use->voids[SPF_IPV6])
        put_mark(use->voids[SPF_IPV4] && use->voids[SPF_IPV6] ? "void"
                 : use->voids[SPF_IPV4]                       ? "void for IPv4"
                                                              : "void for IPv6",
                 out);
    if (!use->reached[SPF_IPV4] && !use->reached[SPF_IPV6] && node->reached[SPF_IPV4])
        put_mark("never reached", out);
}

void spf_put_head(const struct spf_domain_door *door, struct buf *out)
{
    const struct spf_walk *w = door->walk;
    const struct term *t = &door->cli->out;
    const char *trouble = spf_trouble_text(w);
    struct buf line = buf_new(4096);
    char digits[SPF_COUNT];
    unsigned voids =
        w->voids[SPF_IPV4] > w->voids[SPF_IPV6] ? w->voids[SPF_IPV4] : w->voids[SPF_IPV6];

    buf_printf(&line, "%.*s: %u of %d lookups, %u of %d voids; ", SPAN_ARG(door->domain),
               w->lookups, LIMIT_SPF_LOOKUPS, voids, LIMIT_SPF_VOIDS);
    buf_put(&line, spf_count_text(t, 4, ipset_size(&w->pass[SPF_IPV4]), digits));
    buf_puts(&line, " IPv4 and ");
    buf_put(&line, spf_count_text(t, 6, ipset_size(&w->pass[SPF_IPV6]), digits));
    buf_puts(&line, " IPv6 addresses may send");
    if (w->pass_open[SPF_IPV4] || w->pass_open[SPF_IPV6])
        buf_puts(&line, ", and more that are not known");
    buf_putc(&line, '.');
    term_paragraph(t, 0, buf_span(&line), out);
    buf_clear(&line);
    if (trouble)
        buf_printf(&line, "%c%s.", trouble[0] - 'a' + 'A', trouble + 1);
    else if (w->over)
        buf_puts(&line, "The tree is too large: what lies behind is not known.");
    else if (w->unknown)
        buf_puts(&line, "Some answers did not come: what depends on them is not known.");
    if (line.n)
        term_paragraph(t, 0, buf_span(&line), out);
    buf_done(&line);
}

assay_span spf_shared_by(assay_span target)
{
    assay_span list = lists_builtin(SPAN("shared-ranges")), line;

    while (target.n && span_line(&list, &line)) {
        size_t blank = span_find(line, ' ');

        if (line.n && line.p[0] != '#' && dns_is_under(target, span_first(line, blank)))
            return span_trim(span_from(line, blank));
    }
    return SPAN_EMPTY;
}
