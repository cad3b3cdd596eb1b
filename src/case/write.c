/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/write.h"

#include "base/number.h"
#include "base/time.h"
#include "receive/receive.h"
#include "receive/verdict.h"
#include "send/send.h"
#include "srs/srs.h"

/* ---- pieces ---- */

/** Hand out what has gathered. */
static void flush(struct case_writer *w)
{
    if (w->status == ASSAY_DONE && w->out.status != ASSAY_DONE)
        w->status = ASSAY_ENOMEM;
    if (w->status == ASSAY_DONE && w->out.n)
        w->status = w->put(w->arg, buf_span(&w->out));
    buf_clear(&w->out);
}

void case_put(struct case_writer *w, assay_span s)
{
    if (w->out.n + s.n > CASE_WRITE_STAGE)
        flush(w);
    if (s.n <= CASE_WRITE_STAGE)
        buf_put(&w->out, s);
    else if (w->status == ASSAY_DONE)
        w->status = w->put(w->arg, s);
}

/** A line can hold the value: no CR, LF or NUL, and no blank at its ends. */
static bool fits_line(assay_span value)
{
    return span_eq(span_trim(value), value) && span_find(value, '\r') == value.n &&
           span_find(value, '\n') == value.n && span_find(value, '\0') == value.n;
}

/** The value as a line can hold it: `?` for what it cannot. */
static assay_span fit_line(struct case_writer *w, assay_span value)
{
    assay_span inside = span_trim(value);
    char *octets = arena_get(&w->arena, value.n);

    if (!octets) {
        w->status = ASSAY_ENOMEM;
        return SPAN_EMPTY;
    }
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool end = value.p + i < inside.p || value.p + i >= inside.p + inside.n;

        octets[i] = end || c == '\r' || c == '\n' || c == '\0' ? '?' : c;
    }
    return (assay_span){octets, value.n};
}

void case_put_value(struct case_writer *w, const char *key, assay_span value)
{
    if (!fits_line(value)) {
        case_puts(w, "; the next value had octets that no line can hold\n");
        value = fit_line(w, value);
    }
    case_puts(w, key);
    case_puts(w, value.n ? " = " : " =");
    case_put(w, value);
    case_puts(w, "\n");
}

/* ---- [case], [envelope], [policy] ---- */

void case_write_case(struct case_writer *w)
{
    case_puts(w, "; a verdict of libassay " ASSAY_VERSION
                 ", with all it rests on: see assay-case(5)\n[case]\nname = recorded");
    if (w->verdict->author.n) {
        case_puts(w, "/");
        case_put(w, w->verdict->author);
    }
    case_puts(w, "\n");
}

/** Write an address of the envelope, its local part as filler where that is wanted. */
static void write_address(struct case_writer *w, const char *key, assay_span address, bool redact)
{
    if (redact) {
        char *octets = arena_get(&w->arena, address.n);

        if (!octets) {
            w->status = ASSAY_ENOMEM;
            return;
        }
        case_redact_address(address, octets);
        address.p = octets;
    }
    case_put_value(w, key, address);
}

/** The table of forwarders tells recipients of one domain apart: filler would change what it says. */
static bool recipients_matter(const struct receive *r)
{
    const struct forwarders *table = &r->decided->forwarders;

    for (size_t i = 0; i < table->n; i++)
        for (size_t k = 0; k < table->all[i].recipients.n; k++)
            if (table->all[i].recipients.all[k].type == MATCH_ADDRESS)
                return true;
    return false;
}

/** Write the recipients. */
static void write_recipients(struct case_writer *w, bool redact)
{
    const size_t most = LIMIT_CASE_LINES / 2;
    const struct receive *r = w->r;

    if (redact && r->nrecipients && recipients_matter(r)) {
        case_puts(w, "; not redacted, because the option forwarders tells recipients apart\n");
        redact = false;
    }
    for (size_t i = 0; i < r->nrecipients && i < most; i++)
        write_address(w, "to", r->recipients[i], redact);
    if (r->nrecipients > most)
        case_puts(w, "; there were more recipients than a case may have\n");
}

static void write_envelope(struct case_writer *w)
{
    const struct receive *r = w->r;
    bool redact = w->flags & ASSAY_CASE_REDACT,
         matters = redact && case_local_part_matters(&w->r->ev);
    char text[TIME_TEXT], digits[NUMBER_DIGITS];

    case_puts(w, "\n[envelope]\n");
    case_put_value(w, "now", time_text(r->ev.now, text));
    if (r->ip_text.n)
        case_put_value(w, "ip", r->ip_text);
    if (r->helo.n)
        case_put_value(w, "helo", r->helo);
    if (matters && r->mail_from.n)
        case_puts(w, "; not redacted, because the local part stands in an SPF record's macro\n");
    if (redact && !matters && r->mail_from.n && r->decided->received_spf)
        case_puts(
            w,
            "; Received-SPF holds the local part, which is filler here: a replay writes another\n");
    if (r->mail_from.n)
        write_address(w, "from", r->mail_from, redact && !matters);
    else
        case_puts(w, r->sender_unknown ? "from = ?\n" : "from = <>\n");
    write_recipients(w, redact);
    if (r->hostname.n)
        case_put_value(w, "hostname", r->hostname);
    case_put_value(w, "sample", number_text(r->sample, digits));
    if (r->listener.n)
        case_put_value(w, "listener", r->listener);
    if (r->user.n && !redact)
        case_put_value(w, "user", r->user);
}

/** The value of an option as the flow read it: of the policy that counted at that time. */
static assay_span option_value(const struct receive *r, const char *name)
{
    const struct assay_policy *const OF[] = {
        [POLICY_AT_ONCE] = r->top, [POLICY_AT_HEADER] = r->policy, [POLICY_AT_END] = r->decided};

    if (strcmp(name, "iprev.check") == 0) /* it may be looked at for some other policy's sake */
        return policy_wants_iprev(r->top) ? SPAN("yes") : SPAN("no");
    return span_of(assay_policy_get(OF[policy_stage_of(name)], name));
}

static void write_policy(struct case_writer *w)
{
    const struct receive *r = w->r;
    const struct assay_option *option;

    case_puts(w, "\n[policy]\n");
    if (r->decided->name.n)
        case_put_value(w, "policy.name", r->decided->name);
    if (r->unsure)
        case_put_value(w, "policy.unsure", r->unsure_of);
    for (size_t i = 0; (option = assay_policy_option(i)); i++)
        case_put_value(w, option->name, option_value(r, option->name));
}

/* ---- [expect] ---- */

/** The first check of a method and scope ("": any), or NULL. */
static const struct assay_check *find_check(const struct assay_verdict *v, const char *method,
                                            const char *scope)
{
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, method) &&
            (!*scope || span_is(v->checks[i]->scope, scope)))
            return v->checks[i];
    return NULL;
}

/** Write the result of a check. */
static void write_result(struct case_writer *w, const char *key, const struct assay_check *c)
{
    case_put_value(w, key, c ? c->result : SPAN("none"));
}

bool case_is_word(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '|')
            return false;
    return s.n > 0;
}

/** Write a detail of a check, if it is there and can be written. */
static void write_detail(struct case_writer *w, const char *key, const struct assay_check *c,
                         const char *name)
{
    for (size_t i = 0; c && i < c->ndetails; i++)
        if (span_is(c->details[i].name, name) && case_is_word(c->details[i].value))
            case_put_value(w, key, c->details[i].value);
}

void case_write_signature(struct case_writer *w, const char *key, const struct assay_check *c)
{
    case_puts(w, key);
    case_puts(w, " = ");
    case_put(w, c->result);
    for (size_t i = 0; i < c->nproperties; i++) {
        const struct assay_property *p = &c->properties[i];

        if ((!span_is(p->name, "d") && !span_is(p->name, "s")) || !case_is_word(p->value))
            continue;
        case_puts(w, " ");
        case_put(w, p->name);
        case_puts(w, "=");
        case_put(w, p->value);
    }
    case_puts(w, "\n");
}

/** Write what only a message has. */
static void write_message_results(struct case_writer *w)
{
    const struct assay_verdict *v = w->verdict;
    const struct assay_check *dmarc = find_check(v, "dmarc", "");

    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, "dkim"))
            case_write_signature(w, "dkim", v->checks[i]);
    write_result(w, "dmarc", dmarc);
    write_detail(w, "dmarc.policy", dmarc, "policy");
    write_detail(w, "dmarc.org", dmarc, "org");
    write_result(w, "arc", find_check(v, "arc", ""));
    if (find_check(v, "seal", ""))
        write_result(w, "seal", find_check(v, "seal", ""));
    case_put_value(w, "disposition", span_of(verdict_word(v->what)));
    if (v->would != v->what)
        case_put_value(w, "would", span_of(verdict_word(v->would)));
    case_put_value(w, "cause", v->cause);
    case_puts(w, v->malformed ? "message = malformed\n" : "message = ok\n");
}

static void write_expect(struct case_writer *w)
{
    const struct assay_check *mfrom = find_check(w->verdict, "spf", "mfrom");

    case_puts(w, "\n[expect]\n");
    write_result(w, "spf", mfrom);
    write_detail(w, "spf.lookups", mfrom, "lookups");
    write_detail(w, "spf.void", mfrom, "void");
    write_result(w, "spf.helo", find_check(w->verdict, "spf", "helo"));
    write_result(w, "iprev", find_check(w->verdict, "iprev", ""));
    if (!w->r->envelope_only)
        write_message_results(w);
}

/** Write what became of a message. */
static void write_verdict(struct case_writer *w)
{
    w->in = &w->r->in;
    w->top = w->r->top;
    case_write_case(w);
    write_envelope(w);
    write_policy(w);
    case_write_world(w);
    case_write_recall(w);
    case_write_sign(w, &w->r->ev);
    if (!w->r->envelope_only)
        case_write_message(w);
    write_expect(w);
}

/** Write what `w` is set up for. */
static assay_status write_all(struct case_writer *w, assay_eval *eval)
{
    const struct send *send = send_of(eval);

    w->ev = eval;
    w->r = receive_of(eval);
    w->verdict = assay_result(eval);
    w->out = buf_new(CASE_WRITE_STAGE);
    if (assay_srs_result(eval)) {
        case_write_srs(w, srs_of(eval));
    } else if (assay_domain_result(eval)) {
        case_write_domain(w, eval);
    } else if (!w->verdict) {
        return ASSAY_EORDER;
    } else if (send) {
        case_write_send(w, send);
    } else {
        write_verdict(w);
    }
    flush(w);
    buf_done(&w->out);
    arena_done(&w->arena);
    return w->status;
}

assay_status assay_case_write(assay_eval *eval, assay_span body, unsigned flags,
                              assay_status (*put)(void *arg, assay_span text), void *arg)
{
    struct case_writer w = {.body = body, .flags = flags, .put = put, .arg = arg};

    return write_all(&w, eval);
}

assay_status case_write_one_of_many(assay_eval *eval, uint64_t number,
                                    assay_status (*put)(void *arg, assay_span text), void *arg)
{
    struct case_writer w = {.body = SPAN_EMPTY, .number = number, .put = put, .arg = arg};

    return write_all(&w, eval);
}
