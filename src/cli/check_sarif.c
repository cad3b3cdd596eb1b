/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check_sarif.c
 * `assay check --sarif`: SARIF 2.1.0. The rules are the catalogue; a result points to its record, which is an
 * artifact of the log with a dns: URI (RFC 4501), and to the name as a logical location.
 */
#include "base/utf8.h"
#include "cli/check.h"

enum { URI_MAX = 4096, URI_NAME = 1000, MESSAGE_MAX = 1 << 16, BUCKETS = 1024 };

/** A record that a result points to. */
struct sarif_artifact {
    struct sarif_artifact *next; /* in order */
    struct sarif_artifact *same; /* in its bucket */
    assay_span uri, text;
    size_t index;
};

/** A domain that could not be looked at. */
struct sarif_failure {
    struct sarif_failure *next; /* in order */
    assay_span text;
};

/** Where a check is explained. */
#define HELP_URI "https://assay.example/findings/"

/* ---- rules ---- */

/** A severity as SARIF spells it. */
static const char *level_of(enum assay_outcome outcome)
{
    switch (outcome) {
    case ASSAY_ERROR: return "error";
    case ASSAY_WARNING: return "warning";
    case ASSAY_NOTICE: return "note";
    default: return "none";
    }
}

/** Write a message. */
static void put_message(struct json *j, const char *key, assay_span text)
{
    json_object(j, key);
    json_text(j, "text", text.n ? text : SPAN("-"));
    json_end(j);
}

/** Write one rule. */
static void put_rule(struct json *j, const struct assay_check_kind *k)
{
    char uri[128] = HELP_URI;
    size_t n = strlen(uri);

    for (const char *p = k->id; *p && n + 7 < sizeof uri; p++)
        uri[n++] = ascii_lower(*p);
    memcpy(uri + n, ".html", 6);
    json_object(j, NULL);
    json_text(j, "id", span_of(k->id));
    put_message(j, "shortDescription", span_of(k->title[0] ? k->title : k->id));
    put_message(j, "fullDescription", span_of(k->why[0] ? k->why : k->id));
    put_message(j, "help", span_of(k->fix[0] ? k->fix : k->id));
    json_text(j, "helpUri", span_of(uri));
    json_object(j, "defaultConfiguration");
    json_text(j, "level", span_of(level_of(k->severities[0])));
    json_end(j);
    json_object(j, "properties");
    json_array(j, "tags");
    json_text(j, NULL, span_of(k->area));
    json_end(j);
    json_text(j, "source", span_of(k->source));
    json_end(j);
    json_end(j);
}

/** The place of a rule in the list. */
static size_t rule_index(const struct assay_check_kind *kind)
{
    const struct assay_check_kind *k;
    size_t i = 0;

    while ((k = assay_check_kind_at(i)) && k != kind)
        i++;
    return i;
}

static void begin(struct check_output *o)
{
    struct json *j = &o->json;
    const struct assay_check_kind *k;

    o->last_artifact = &o->artifacts;
    o->last_failure = &o->failures;
    if (!(o->buckets = arena_zero(&o->arena, BUCKETS * sizeof(struct sarif_artifact *))))
        o->out.status = ASSAY_ENOMEM;
    *j = json_new(&o->out);
    json_object(j, NULL);
    json_text(
        j, "$schema",
        SPAN(
            "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"));
    json_text(j, "version", SPAN("2.1.0"));
    json_array(j, "runs");
    json_object(j, NULL);
    json_object(j, "tool");
    json_object(j, "driver");
    json_text(j, "name", SPAN("assay"));
    json_text(j, "version", SPAN(ASSAY_VERSION));
    json_text(j, "informationUri", SPAN("https://assay.example/"));
    json_array(j, "rules");
    for (size_t i = 0; (k = assay_check_kind_at(i)); i++)
        put_rule(j, k);
    json_end(j);
    json_end(j);
    json_end(j);
    json_text(j, "columnKind", SPAN("unicodeCodePoints"));
    json_array(j, "results");
}

/* ---- artifacts ---- */

/** Append what of a name may stand in a URI as it is; the rest as %HH. */
static void put_uri(assay_span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (ascii_alnum(c) || (c && strchr("-._~", c)))
            buf_putc(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

/** The URI of a question, such as `dns:_dmarc.example.org?type=TXT`; for GET the URL. */
static void uri_of(assay_span question, struct buf *out)
{
    size_t blank = span_find(question, ' ');
    assay_span kind = span_first(question, blank), name = span_from(question, blank + 1);

    if (span_is(kind, "GET")) {
        buf_puts(out, "https:");
        name = span_istarts(name, SPAN("https:")) ? span_from(name, 6) : name;
        for (size_t i = 0; i < name.n; i++)
            if (name.p[i] > ' ' && name.p[i] <= '~' && !strchr("\"<>\\^`{|}%", name.p[i]))
                buf_putc(out, name.p[i]);
            else
                buf_printf(out, "%%%02X", (unsigned char)name.p[i]);
    } else if (span_is(kind, "PROBE")) {
        buf_puts(out, "smtp:");
        put_uri(name, out);
    } else {
        buf_puts(out, "dns:");
        put_uri(name, out);
        buf_puts(out, "?type=");
        put_uri(kind, out);
    }
}

/** The artifact of a piece of evidence, made if it is new; NULL: memory is out. */
static struct sarif_artifact *artifact_of(struct check_output *o, const struct assay_evidence *e)
{
    struct buf uri = buf_new(URI_MAX);
    struct sarif_artifact *a, **bucket;

    if (!o->buckets)
        return NULL;
    uri_of(e->question, &uri);
    bucket = &o->buckets[(span_hash(buf_span(&uri)) ^ span_hash(e->answer)) % BUCKETS];
    for (a = *bucket; a; a = a->same)
        if (span_eq(a->uri, buf_span(&uri)) && span_eq(a->text, e->answer))
            break;
    if (!a && (a = ARENA_NEW(&o->arena, struct sarif_artifact))) {
        if (!arena_copy(&o->arena, buf_span(&uri), &a->uri) ||
            !arena_copy(&o->arena, e->answer, &a->text)) {
            a = NULL;
        } else {
            a->index = o->nartifacts++;
            a->same = *bucket;
            *bucket = a;
            *o->last_artifact = a;
            o->last_artifact = &a->next;
        }
    }
    if (!a)
        o->out.status = ASSAY_ENOMEM;
    check_done(&uri, &o->out);
    return a;
}

/** Characters of a text, as JSON has them. */
static int64_t characters(assay_span text)
{
    int64_t n = 0;

    for (uint32_t code; text.n; n++)
        text = span_from(text, utf8_next(text, &code));
    return n;
}

/** Write the part of a record; by lines and columns too, as viewers of code want it, where it is one line. */
static void put_region(struct json *j, const struct assay_evidence *e)
{
    size_t begin = e->end ? e->begin : 0, end = e->end ? e->end : e->answer.n;
    assay_span part = span_first(span_from(e->answer, begin), end > begin ? end - begin : 0);
    int64_t offset = characters(span_first(e->answer, begin)), length = characters(part);

    json_object(j, "region");
    if (span_find(e->answer, '\n') == e->answer.n && span_find(e->answer, '\r') == e->answer.n) {
        json_number(j, "startLine", 1);
        json_number(j, "startColumn", offset + 1);
        json_number(j, "endColumn", offset + length + 1);
    }
    json_number(j, "charOffset", offset);
    json_number(j, "charLength", length);
    json_object(j, "snippet");
    json_text(j, "text", part);
    json_end(j);
    json_end(j);
}

/** Write where in its artifact a piece of evidence stands; without one, the name that it is about. */
static void put_physical(struct check_output *o, const struct assay_finding *f,
                         const struct assay_evidence *e)
{
    struct json *j = &o->json;
    const struct sarif_artifact *a = e ? artifact_of(o, e) : NULL;
    struct buf uri = buf_new(URI_MAX);

    buf_puts(&uri, "dns:");
    put_uri(span_first(f->subject, URI_NAME), &uri);
    json_object(j, "physicalLocation");
    json_object(j, "artifactLocation");
    json_text(j, "uri", a ? a->uri : buf_span(&uri));
    if (a)
        json_number(j, "index", (int64_t)a->index);
    json_end(j);
    if (a) {
        put_region(j, e);
    } else {
        json_object(j, "region");
        json_number(j, "startLine", 1);
        json_end(j);
    }
    json_end(j);
    check_done(&uri, &o->out);
}

/** Write a location: the record, and the name it is about. */
static void put_location(struct check_output *o, const struct assay_finding *f,
                         const struct assay_evidence *e)
{
    struct json *j = &o->json;

    json_object(j, NULL);
    put_physical(o, f, e && e->question.n ? e : NULL);
    json_array(j, "logicalLocations");
    json_object(j, NULL);
    json_text(j, "fullyQualifiedName", f->subject.n ? f->subject : SPAN("-"));
    json_text(j, "kind", SPAN("resource"));
    json_end(j);
    json_end(j);
    if (e && e->note.n)
        put_message(j, "message", e->note);
    json_end(j);
}

/* ---- results ---- */

/** Write the text of a result: what was found, what to do, and the records. */
static void put_result_message(struct json *j, const struct assay_finding *f)
{
    struct buf text = buf_new(MESSAGE_MAX);

    buf_put(&text, check_sentence(f));
    for (size_t i = 0; i < f->nfixes; i++) {
        const struct assay_fix *x = &f->fixes[i];

        if (x->text.n) {
            buf_puts(&text, "\n");
            buf_put(&text, x->text);
        }
        if (!x->type.n)
            continue;
        buf_puts(&text, x->after.n ? "\nPublish " : "\nRemove ");
        buf_put(&text, x->name);
        buf_puts(&text, " ");
        buf_put(&text, x->type);
        buf_puts(&text, ": ");
        buf_put(&text, x->after.n ? x->after : x->before);
    }
    put_message(j, "message", text.status == ASSAY_DONE ? buf_span(&text) : check_sentence(f));
    check_done(&text, j->out);
}

/** What stays the same for a result from run to run. */
static void put_fingerprint(struct json *j, const struct check_report *r,
                            const struct assay_finding *f)
{
    struct buf text = buf_new(URI_MAX);

    buf_put(&text, r->posture->domain);
    buf_printf(&text, " %s ", f->kind->id);
    buf_put(&text, f->subject);
    json_object(j, "partialFingerprints");
    json_text(j, "check/v1", buf_span(&text));
    json_end(j);
    check_done(&text, j->out);
}

/** Write one result. */
static void put_result(struct check_output *o, const struct check_report *r, size_t index)
{
    struct json *j = &o->json;
    const struct assay_finding *f = &r->posture->findings[index];
    bool hit = f->outcome >= ASSAY_NOTICE;

    json_object(j, NULL);
    json_text(j, "ruleId", span_of(f->kind->id));
    json_number(j, "ruleIndex", (int64_t)rule_index(f->kind));
    json_text(j, "kind",
              hit                        ? SPAN("fail")
              : f->outcome == ASSAY_PASS ? SPAN("pass")
                                         : SPAN("open"));
    json_text(j, "level", span_of(level_of(f->outcome)));
    put_result_message(j, f);
    json_array(j, "locations");
    put_location(o, f, f->nevidence ? &f->evidence[0] : NULL);
    json_end(j);
    if (f->nevidence > 1) {
        json_array(j, "relatedLocations");
        for (size_t i = 1; i < f->nevidence; i++)
            put_location(o, f, &f->evidence[i]);
        json_end(j);
    }
    put_fingerprint(j, r, f);
    if (r->compared)
        json_text(j, "baselineState",
                  r->marks[index] & MARK_ADDED ? SPAN("new") : SPAN("unchanged"));
    if (r->marks[index] & MARK_ACCEPTED) {
        json_array(j, "suppressions");
        json_object(j, NULL);
        json_text(j, "kind", SPAN("external"));
        json_text(j, "justification", SPAN("accepted by --expect"));
        json_end(j);
        json_end(j);
    }
    json_object(j, "properties");
    json_text(j, "domain", r->posture->domain);
    if (f->reason.n)
        json_text(j, "reason", f->reason);
    json_end(j);
    json_end(j);
}

/** Keep why a domain could not be looked at: that is told of the run, not as what a check found. */
static void keep_failure(struct check_output *o, const struct check_report *r)
{
    struct buf text = buf_new(URI_MAX);
    struct sarif_failure *failure = ARENA_NEW(&o->arena, struct sarif_failure);

    buf_printf(&text, "%.*s: %.*s", SPAN_ARG(span_first(span_of(r->asked), URI_NAME)),
               SPAN_ARG(r->error));
    if (failure && arena_copy(&o->arena, buf_span(&text), &failure->text)) {
        *o->last_failure = failure;
        o->last_failure = &failure->next;
    } else
        o->out.status = ASSAY_ENOMEM;
    check_done(&text, &o->out);
}

static void one(struct check_output *o, const struct check_report *r)
{
    for (size_t i = 0; r->posture && i < r->posture->nfindings; i++) {
        const struct assay_finding *f = &r->posture->findings[i];

        if (f->outcome >= ASSAY_NOTICE || (o->verbose && f->outcome == ASSAY_UNKNOWN_OUTCOME))
            put_result(o, r, i);
    }
    if (!r->posture)
        keep_failure(o, r);
}

/** Write how the run went. */
static void put_invocation(struct check_output *o)
{
    struct json *j = &o->json;

    json_array(j, "invocations");
    json_object(j, NULL);
    json_bool(j, "executionSuccessful", !o->failures);
    json_array(j, "toolExecutionNotifications");
    for (const struct sarif_failure *f = o->failures; f; f = f->next) {
        json_object(j, NULL);
        json_text(j, "level", SPAN("error"));
        put_message(j, "message", f->text);
        json_end(j);
    }
    json_end(j);
    json_end(j);
    json_end(j);
}

static void end(struct check_output *o)
{
    struct json *j = &o->json;

    json_end(j);
    put_invocation(o);
    json_array(j, "artifacts");
    for (const struct sarif_artifact *a = o->artifacts; a; a = a->next) {
        json_object(j, NULL);
        json_object(j, "location");
        json_text(j, "uri", a->uri);
        json_number(j, "index", (int64_t)a->index);
        json_end(j);
        json_object(j, "contents");
        json_text(j, "text", a->text);
        json_end(j);
        json_end(j);
    }
    for (int i = 0; i < 4; i++)
        json_end(j);
    buf_putc(&o->out, '\n');
}

const struct check_writer CHECK_SARIF = {.begin = begin, .one = one, .end = end};
