/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include "base/json.h"
#include "base/number.h"
#include "base/time.h"
#include "cli/words.h"
#include "dns/alabel.h"

enum { SUBJECT_MAX = 1 << 16, NAME_MAX = 1024 };

/** Details that are numbers. */
static bool is_number(assay_span name)
{
    static const char *const NAMES[] = {"lookups", "void", "bits", "body", "body_signed", "sets"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (span_is(name, NAMES[i]))
            return true;
    return false;
}

/** Write the details of a check. */
static void put_details(struct json *j, const struct assay_check *c)
{
    json_object(j, "details");
    for (size_t i = 0; i < c->ndetails; i++) {
        char key[64];
        uint64_t number;
        assay_span name = c->details[i].name;

        if (!is_number(name) || name.n >= sizeof key ||
            !number_read(c->details[i].value, INT64_MAX, &number)) {
            json_text_at(j, name, c->details[i].value);
            continue;
        }
        memcpy(key, name.p, name.n);
        key[name.n] = '\0';
        json_number(j, key, (int64_t)number);
    }
    json_end(j);
}

/** Write the properties of a check, named as RFC 8601 writes them: "smtp.mailfrom". */
static void put_properties(struct json *j, const struct assay_check *c)
{
    json_object(j, "properties");
    for (size_t i = 0; i < c->nproperties; i++) {
        struct buf key = buf_new(NAME_MAX);

        buf_printf(&key, "%.*s.%.*s", SPAN_ARG(c->properties[i].ptype),
                   SPAN_ARG(c->properties[i].name));
        json_text_at(j, buf_span(&key), c->properties[i].value);
        buf_done(&key);
    }
    json_end(j);
}

void json_checks(struct json *j, const struct assay_verdict *v)
{
    json_array(j, "checks");
    for (size_t i = 0; i < v->nchecks; i++) {
        const struct assay_check *c = v->checks[i];

        json_object(j, NULL);
        json_text(j, "method", c->method);
        json_text(j, "scope", c->scope);
        json_text(j, "result", c->result);
        json_text(j, "reason", c->reason);
        json_text(j, "ref", c->ref);
        put_properties(j, c);
        put_details(j, c);
        json_end(j);
    }
    json_end(j);
}

/** Write the changes to the header. */
static void put_edits(struct json *j, const struct assay_verdict *v)
{
    json_array(j, "edits");
    for (size_t i = 0; i < v->nedits; i++) {
        const struct assay_edit *e = &v->edits[i];

        json_object(j, NULL);
        json_text(j, "action", e->remove ? SPAN("remove") : SPAN("insert"));
        json_number(j, "index", (int64_t)e->index);
        json_text(j, "name", e->name);
        if (!e->remove)
            json_text(j, "value", e->value);
        json_end(j);
    }
    json_end(j);
}

void json_disposition(struct json *j, const struct assay_verdict *v)
{
    json_object(j, "disposition");
    json_text(j, "action", span_of(report_word(v->what)));
    json_text(j, "cause", v->cause);
    json_text(j, "reason", v->reason);
    json_text(j, "would", span_of(report_word(v->would)));
    json_text(j, "policy", v->policy);
    if (v->override.n) {
        json_text(j, "override", v->override);
        json_text(j, "override_note", v->override_note);
    }
    if (v->hold)
        json_bool(j, "hold", true);
    if (v->code) {
        json_number(j, "code", v->code);
        json_text(j, "enhanced", v->enhanced);
        json_text(j, "text", v->text);
    }
    json_end(j);
    json_text(j, "authentication_results", v->authres);
    put_edits(j, v);
}

assay_status json_trace(struct json *j, assay_eval *eval)
{
    const struct assay_trace_line *lines;
    size_t n;
    assay_status s = assay_trace(eval, &lines, &n);

    if (s != ASSAY_DONE)
        return s;
    json_array(j, "trace");
    for (size_t i = 0; i < n; i++) {
        json_object(j, NULL);
        json_number(j, "depth", lines[i].depth);
        json_text(j, "what", lines[i].what);
        json_text(j, "gave", lines[i].gave);
        json_text(j, "then", lines[i].then);
        json_text(j, "ref", lines[i].ref);
        json_end(j);
    }
    json_end(j);
    return ASSAY_DONE;
}

/** Write where a part of the envelope was read. */
static void put_source(struct json *j, const char *key, const char *field, size_t line)
{
    json_object(j, key);
    json_text(j, "field", span_of(field));
    json_number(j, "line", (int64_t)line);
    json_end(j);
}

/** Write the envelope. */
static void put_envelope(struct json *j, const struct report *r)
{
    const struct envelope *env = r->envelope;
    char now[TIME_TEXT];
    assay_span address;

    json_object(j, "envelope");
    json_text(j, "ip", env->e.ip);
    json_text(j, "helo", env->e.helo);
    if (env->e.mail_from_unknown)
        json_null(j, "mail_from");
    else
        json_text(j, "mail_from", env->e.mail_from);
    json_array(j, "rcpt");
    for (size_t i = 0; (address = envelope_recipient(r->cli, r->context, i)).n; i++)
        json_text(j, NULL, address);
    json_end(j);
    json_text(j, "hostname", env->e.hostname);
    json_text(j, "now", time_text(env->e.now, now));
    json_number(j, "sample", env->e.sample);
    json_object(j, "guessed");
    if (env->client_guessed)
        put_source(j, "client", "Received", env->guess.client->line);
    if (env->sender_guessed)
        put_source(j, "mail_from", env->guess.sender_in_received ? "Received" : "Return-Path",
                   env->guess.sender_line);
    json_end(j);
    json_end(j);
}

/** Write what people know the message by. */
static void put_message(struct json *j, const struct report *r)
{
    assay_span author = r->verdict->author;
    struct buf subject = buf_new(SUBJECT_MAX);
    char ulabels[NAME_MAX];

    words_decode(message_field(r->header, "Subject"), &subject);
    json_text(j, "subject", buf_span(&subject));
    json_text(j, "author", author);
    json_text(j, "author_unicode", dns_to_ulabels(author, ulabels, sizeof ulabels));
    buf_done(&subject);
}

assay_status report_json(const struct report *r, bool trace, struct buf *out)
{
    struct json j = json_new(out);
    assay_status s = ASSAY_DONE;

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "file", span_of(r->file));
    put_message(&j, r);
    put_envelope(&j, r);
    json_checks(&j, r->verdict);
    json_disposition(&j, r->verdict);
    if (trace)
        s = json_trace(&j, r->eval);
    json_end(&j);
    buf_putc(out, '\n');
    return s;
}

void report_json_error(const struct cli *cli, const char *file, int status, struct buf *out)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "file", span_of(file));
    json_object(&j, "error");
    json_number(&j, "status", status);
    json_text(&j, "text", span_of(cli->complaint));
    json_end(&j);
    json_end(&j);
    buf_putc(out, '\n');
}
