/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/time.h"
#include "case/write.h"
#include "receive/verdict.h"
#include "send/send.h"

static void write_envelope(struct case_writer *w, const struct send *s)
{
    char text[TIME_TEXT], ip[IP_TEXT];

    case_puts(w, "\n[envelope]\n");
    case_put_value(w, "now", time_text(s->ev.now, text));
    case_puts(w, "direction = out\n");
    if (s->ip.version)
        case_put_value(w, "ip", ip_text(&s->ip, ip));
    if (s->hostname.n)
        case_put_value(w, "hostname", s->hostname);
    if (s->user.n)
        case_put_value(w, "user", s->user);
}

static void write_policy(struct case_writer *w, const struct send *s)
{
    const struct assay_option *option;

    case_puts(w, "\n[policy]\n");
    for (size_t i = 0; (option = assay_policy_option(i)); i++)
        case_put_value(w, option->name,
                       span_trim(span_of(assay_policy_get(s->policy, option->name))));
}

/** Write the signatures, the topmost first: its edit is the last. */
static void write_signatures(struct case_writer *w)
{
    const struct assay_verdict *v = w->verdict;

    for (size_t i = v->nedits; i > 0; i--) {
        assay_span rest = v->edits[i - 1].value, line;

        if (v->edits[i - 1].remove)
            continue;
        case_puts(w, "signature =");
        while (span_line(&rest, &line)) {
            case_puts(w, " ");
            case_put(w, span_trim(line));
        }
        case_puts(w, "\n");
    }
}

static void write_expect(struct case_writer *w)
{
    const struct assay_verdict *v = w->verdict;

    case_puts(w, "\n[expect]\n");
    for (size_t i = 0; i < v->nchecks; i++)
        case_write_signature(w, "sign", v->checks[i]);
    write_signatures(w);
    case_put_value(w, "disposition", span_of(verdict_word(v->what)));
}

void case_write_send(struct case_writer *w, const struct send *s)
{
    w->in = &s->in;
    w->top = s->policy;
    case_write_case(w);
    write_envelope(w, s);
    write_policy(w, s);
    case_write_world(w);
    case_write_sign(w, &s->ev);
    case_write_message(w);
    write_expect(w);
}
