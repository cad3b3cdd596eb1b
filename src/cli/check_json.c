/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_json.c `assay check --json`, one document, and `--jsonl`, one line a domain. */
#include "cli/check.h"
#include "cli/posture_json.h"

/** Write what changed since the baseline. */
static void put_baseline(struct json *j, const struct check_report *r)
{
    json_object(j, "baseline");
    json_bool(j, "known", !r->is_new);
    json_number(j, "sustained", (int64_t)r->sustained);
    json_array(j, "added");
    for (size_t i = 0; i < r->posture->nfindings; i++)
        if (r->marks[i] & MARK_ADDED)
            posture_json_finding(j, NULL, &r->posture->findings[i]);
    json_end(j);
    json_array(j, "removed");
    for (size_t i = 0; i < r->ngone; i++) {
        json_object(j, NULL);
        json_text(j, "id", r->gone[i].id);
        json_text(j, "subject", r->gone[i].subject);
        json_text(j, "outcome", r->gone[i].outcome);
        json_bool(j, "unclear", r->gone[i].unclear);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

/** Write what was expected and is not so. */
static void put_expected(struct json *j, const struct check_report *r)
{
    json_object(j, "expect");
    json_text(j, "file", span_of(r->expect_file));
    json_array(j, "missed");
    for (size_t i = 0; i < r->nmissed; i++) {
        json_object(j, NULL);
        json_number(j, "line", (int64_t)r->missed[i].line);
        json_number(j, "column", (int64_t)r->missed[i].column);
        json_text(j, "text", r->missed[i].text);
        if (r->missed[i].unknown)
            json_null(j, "got");
        else
            json_text(j, "got", r->missed[i].got);
        json_end(j);
    }
    json_end(j);
    json_array(j, "accepted");
    for (size_t i = 0; i < r->posture->nfindings; i++)
        if (r->marks[i] & MARK_ACCEPTED)
            json_text(j, NULL, span_of(r->posture->findings[i].kind->id));
    json_end(j);
    json_end(j);
}

/** Write the object of one domain. */
static void put_domain(struct json *j, const struct check_report *r)
{
    json_object(j, NULL);
    json_number(j, "version", POSTURE_JSON_VERSION);
    json_text(j, "asked", span_of(r->asked));
    json_number(j, "status", r->status);
    if (!r->posture) {
        json_text(j, "error", r->error);
        json_end(j);
        return;
    }
    if (r->took >= 0)
        json_number(j, "took_ms", r->took);
    if (r->too_little.n)
        json_text(j, "too_little", r->too_little);
    posture_json(j, r->posture);
    if (r->compared)
        put_baseline(j, r);
    if (r->expect_file)
        put_expected(j, r);
    json_end(j);
}

static void begin(struct check_output *o)
{
    o->json = json_new(&o->out);
    json_object(&o->json, NULL);
    json_number(&o->json, "version", POSTURE_JSON_VERSION);
    json_text(&o->json, "program", SPAN("assay " ASSAY_VERSION));
    json_array(&o->json, "domains");
}

static void one(struct check_output *o, const struct check_report *r)
{
    put_domain(&o->json, r);
}

static void end(struct check_output *o)
{
    json_end(&o->json);
    json_end(&o->json);
    buf_putc(&o->out, '\n');
}

static void line(struct check_output *o, const struct check_report *r)
{
    struct json j = json_new(&o->out);

    put_domain(&j, r);
    buf_putc(&o->out, '\n');
}

const struct check_writer CHECK_JSON = {.begin = begin, .one = one, .end = end};
const struct check_writer CHECK_JSONL = {.one = line};
