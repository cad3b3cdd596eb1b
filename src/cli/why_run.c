/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/why.h"

#include "base/time.h"

enum { MAX_KEYS = 64, WHEN_MAX = 2048 };

/** Say what the daemon's verdict has that this one has not: another version runs there. */
static void tell_misses(const struct cli *cli, const char *name, const struct case_outcome *o)
{
    for (size_t i = 0; i < o->nmisses; i++)
        cli_complain(cli, "%s: the daemon decided otherwise: %.*s was %.*s, here it is %.*s", name,
                     SPAN_ARG(span_first(o->misses[i].key, 60)),
                     SPAN_ARG(span_first(o->misses[i].wanted, 300)),
                     SPAN_ARG(span_first(o->misses[i].got, 300)));
}

/** Read the case. */
static int read_it(const struct cli *cli, const char *name, assay_span text, struct why_message *m)
{
    struct case_error error = {0};
    assay_status s = case_read(text, NULL, NULL, &m->set, &error);

    if (s == ASSAY_DONE && case_count(m->set) == 1) {
        m->one = case_at(m->set, 0);
        return 0;
    }
    if (s == ASSAY_ENOMEM)
        cli_complain(cli, "%s: out of memory", name);
    else
        cli_complain(cli, "%s: what assayd answers cannot be read: %zu:%zu: %s", name, error.line,
                     error.column, s == ASSAY_DONE ? "it is not one case" : error.text);
    return s == ASSAY_ENOMEM ? EXIT_SOFTWARE : EXIT_UNREADABLE;
}

/** Run it. */
static int run_it(const struct cli *cli, const char *name, struct why_message *m)
{
    struct case_error error = {0};
    assay_status s = assay_engine_new(MAX_KEYS, &m->engine);

    if (s == ASSAY_DONE)
        s = case_run(m->engine, m->one, &m->outcome, &error);
    if (s == ASSAY_DONE && !assay_result(m->outcome.eval))
        s = ASSAY_EINVAL;
    if (s == ASSAY_DONE)
        return 0;
    if (s == ASSAY_EINVAL)
        cli_complain(cli, "%s: what assayd answers cannot be run here: %zu:%zu: %s", name,
                     error.line, error.column, error.text);
    else
        cli_complain(cli, "%s: %s", name, assay_strstatus(s));
    return s == ASSAY_EINVAL ? EXIT_UNREADABLE : EXIT_SOFTWARE;
}

/** Say who brought the message, and when. */
static void put_when(const struct assay_envelope *e, struct buf *out)
{
    char text[TIME_TEXT];

    if (e->user.n)
        buf_printf(out, ", of the user %.*s", SPAN_ARG(span_first(e->user, 255)));
    if (e->ip.n)
        buf_printf(out, ", from the client %.*s", SPAN_ARG(e->ip));
    buf_printf(out, ", %.*s", SPAN_ARG(time_text(e->now, text)));
}

int why_message_run(const struct cli *cli, const char *name, assay_span text,
                    struct why_message *ret)
{
    const struct assay_envelope *e;
    int status;

    *ret = (struct why_message){.when = buf_new(WHEN_MAX), .message = {.fd = -1}};
    if ((status = read_it(cli, name, text, ret)) != 0 || (status = run_it(cli, name, ret)) != 0)
        return status;
    if ((status = message_open_memory(cli, name, case_message(ret->one), &ret->message)) != 0)
        return status;
    if ((e = case_envelope(ret->one)))
        ret->envelope.e = *e;
    if (assay_result(ret->outcome.eval)->nchecks &&
        span_is(assay_result(ret->outcome.eval)->checks[0]->method, "sign"))
        ret->envelope.e.mail_from_unknown = true; /* nothing of a signature depends on it */
    put_when(&ret->envelope.e, &ret->when);
    ret->report = (struct report){.cli = cli,
                                  .file = name,
                                  .header = &ret->message.header,
                                  .envelope = &ret->envelope,
                                  .context = ret->one,
                                  .replay = true,
                                  .when = buf_span(&ret->when),
                                  .eval = ret->outcome.eval,
                                  .verdict = assay_result(ret->outcome.eval)};
    tell_misses(cli, name, &ret->outcome);
    return 0;
}

void why_message_done(struct why_message *m)
{
    case_outcome_done(&m->outcome);
    message_close(&m->message);
    case_set_free(m->set);
    assay_engine_free(m->engine);
    buf_done(&m->when);
}

int why_status(const struct assay_verdict *v)
{
    for (size_t i = 0; i < v->nchecks && v->what == ASSAY_ACCEPT; i++)
        if (span_is(v->checks[i]->method, "sign") && !span_is(v->checks[i]->result, "signed"))
            return EXIT_FAILS;
    return report_status(v);
}
