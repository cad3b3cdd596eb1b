/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "base/json_read.h"
#include "posture/catalogue.h"

#include <inttypes.h>
#include <stdlib.h>

/** A record that lets more addresses pass than this is what the literature counts as wide. */
enum { WIDE = 100000, WORD_MOST = 64 };

/** Words that a member may have, each with its count. */
struct words {
    const char *member, *title;
    const char *words[6];
    uint64_t n[6];
};

struct scan_summary {
    uint64_t domains, bad, unknown; /* unknown: domains with a check that could not be told */
    struct words words[3];
    uint64_t over_limit, wide, counted;
    uint64_t sts_bad; /* domains that publish MTA-STS, and some of it is wrong */
    uint64_t by_id[FINDING_IDS][ASSAY_ERROR + 1]; /* domains, by the worst outcome */
};

struct scan_summary *scan_summary_new(void)
{
    struct scan_summary *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->words[0] = (struct words){.member = "spf",
                                 .title = "SPF",
                                 .words = {"valid", "broken", "missing", "unknown"}};
    s->words[1] = (struct words){.member = "dmarc",
                                 .title = "DMARC",
                                 .words = {"reject", "quarantine", "none", "missing", "unknown"}};
    s->words[2] = (struct words){.member = "mta_sts",
                                 .title = "MTA-STS",
                                 .words = {"published", "missing", "unknown"}};
    return s;
}

void scan_summary_free(struct scan_summary *s)
{
    free(s);
}

/* ---- counting ---- */

/** The text of a member, which has no escapes; empty when there is none. */
static assay_span text_of(const struct json_value *object, const char *name)
{
    struct json_value v;

    if (!json_member(object, name, &v) || v.type != JSON_TEXT || v.text.n < 2)
        return SPAN_EMPTY;
    return (assay_span){v.text.p + 1, v.text.n - 2};
}

/** A check by its id, or FINDING_IDS. */
static unsigned id_of(assay_span id, unsigned near)
{
    for (unsigned i = 0; i < FINDING_IDS; i++) {
        unsigned at = (near + i) % FINDING_IDS; /* they come in the order of the catalogue */

        if (span_is(id, assay_check_kind_at(at)->id))
            return at;
    }
    return FINDING_IDS;
}

/** An outcome by its word, or 0. */
static unsigned outcome_of(assay_span word)
{
    for (unsigned i = ASSAY_UNKNOWN_OUTCOME; i <= ASSAY_ERROR; i++)
        if (span_is(word, assay_outcome_text((enum assay_outcome)i)))
            return i;
    return 0;
}

/** Count the findings of one domain. */
static void count_findings(struct scan_summary *s, const struct json_value *line)
{
    struct json_value list, item;
    unsigned last = 0, worst = 0;
    bool unknown = false, sts = false;
    size_t at = 0;

    if (!json_member(line, "findings", &list))
        return;
    while (json_next(&list, &at, &item)) {
        unsigned id = id_of(text_of(&item, "id"), last),
                 outcome = outcome_of(text_of(&item, "outcome"));

        if (id == FINDING_IDS || !outcome)
            continue;
        unknown |= outcome == ASSAY_UNKNOWN_OUTCOME;
        sts |= outcome >= ASSAY_WARNING && id != F_MTASTS_MISSING &&
               span_is(span_of(assay_check_kind_at(id)->area), "MTASTS");
        s->over_limit += id == F_SPF_LOOKUPS && outcome == ASSAY_ERROR && last != id;
        if (id != last || !worst) {
            s->by_id[id][outcome]++;
            worst = outcome;
        } else if (outcome > worst) {
            s->by_id[id][worst]--;
            s->by_id[id][outcome]++;
            worst = outcome;
        }
        last = id;
    }
    s->unknown += unknown;
    s->sts_bad += sts && span_is(text_of(line, "mta_sts"), "published");
}

bool scan_summary_line(struct scan_summary *s, assay_span line)
{
    struct json_value v, member;
    int64_t number;

    if (!json_read(line, &v) || v.type != JSON_OBJECT)
        return false;
    if (json_member(&v, "error", &member)) {
        s->bad++;
        return true;
    }
    if (!json_member(&v, "domain", &member))
        return false;
    s->domains++;
    for (size_t i = 0; i < 3; i++) {
        assay_span word = text_of(&v, s->words[i].member);

        for (size_t k = 0; k < 6 && s->words[i].words[k]; k++)
            s->words[i].n[k] += span_is(word, s->words[i].words[k]);
    }
    if (json_member(&v, "spf_addresses", &member) && json_number_of(&member, &number)) {
        s->counted++;
        s->wide += number > WIDE;
    }
    count_findings(s, &v);
    return true;
}

/* ---- showing ---- */

/** One row: a word, its count, and its share. */
static void put_row(const struct term *t, struct buf *out, const char *what, uint64_t n,
                    uint64_t of)
{
    buf_printf(out, "  %-40s ", what);
    if (n < 1000000000000u) {
        struct buf number = buf_new(64);

        term_number(t, n, &number);
        for (size_t i = number.n; i < 12; i++)
            buf_putc(out, ' ');
        buf_put(out, buf_span(&number));
        buf_done(&number);
    }
    if (of)
        buf_printf(out, "  %5.1f %%", 100.0 * (double)n / (double)of);
    buf_putc(out, '\n');
}

/** Domains where a check of an area hit, by check. */
static void put_checks(const struct scan_summary *s, const struct term *t, struct buf *out,
                       const char *area, enum finding_id without)
{
    for (unsigned i = 0; i < FINDING_IDS; i++) {
        uint64_t n = s->by_id[i][ASSAY_ERROR] + s->by_id[i][ASSAY_WARNING];

        if (i != without && n && span_is(span_of(assay_check_kind_at(i)->area), area))
            put_row(t, out, assay_check_kind_at(i)->id, n, s->domains);
    }
}

/** Every check that hit or could not be told. */
static void put_all(const struct scan_summary *s, struct buf *out)
{
    buf_printf(out, "\n%-24s %12s %12s %12s %12s\n", "Check", "error", "warning", "notice",
               "unknown");
    for (unsigned i = 0; i < FINDING_IDS; i++) {
        const uint64_t *n = s->by_id[i];

        if (n[ASSAY_ERROR] + n[ASSAY_WARNING] + n[ASSAY_NOTICE] + n[ASSAY_UNKNOWN_OUTCOME])
            buf_printf(out, "%-24s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
                       assay_check_kind_at(i)->id, n[ASSAY_ERROR], n[ASSAY_WARNING],
                       n[ASSAY_NOTICE], n[ASSAY_UNKNOWN_OUTCOME]);
    }
}

void scan_summary_put(const struct scan_summary *s, const struct term *t, struct buf *out)
{
    put_row(t, out, "domains", s->domains, 0);
    put_row(t, out, "lines that are no domain name", s->bad, 0);
    put_row(t, out, "domains with something not known", s->unknown, s->domains);
    for (size_t i = 0; i < 3; i++) {
        buf_printf(out, "\n%s\n", s->words[i].title);
        for (size_t k = 0; k < 6 && s->words[i].words[k]; k++)
            put_row(t, out, s->words[i].words[k], s->words[i].n[k], s->domains);
        if (i == 0) {
            put_row(t, out, "over the limit of 10 lookups", s->over_limit, s->domains);
            put_row(t, out, "more than 100,000 IPv4 addresses pass", s->wide, s->domains);
        }
        if (i == 2) {
            put_row(t, out, "published, and something is wrong", s->sts_bad, s->words[2].n[0]);
            put_checks(s, t, out, "MTASTS", F_MTASTS_MISSING);
        }
    }
    put_all(s, out);
}

void scan_summary_json(const struct scan_summary *s, struct buf *out)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_number(&j, "domains", (int64_t)s->domains);
    json_number(&j, "bad_lines", (int64_t)s->bad);
    json_number(&j, "with_unknown", (int64_t)s->unknown);
    for (size_t i = 0; i < 3; i++) {
        json_object(&j, s->words[i].member);
        for (size_t k = 0; k < 6 && s->words[i].words[k]; k++)
            json_number(&j, s->words[i].words[k], (int64_t)s->words[i].n[k]);
        if (i == 0) {
            json_number(&j, "over_limit", (int64_t)s->over_limit);
            json_number(&j, "addresses_counted", (int64_t)s->counted);
            json_number(&j, "over_100000_addresses", (int64_t)s->wide);
        }
        if (i == 2)
            json_number(&j, "misconfigured", (int64_t)s->sts_bad);
        json_end(&j);
    }
    json_object(&j, "checks");
    for (unsigned i = 0; i < FINDING_IDS; i++) {
        const uint64_t *n = s->by_id[i];

        if (!(n[ASSAY_ERROR] + n[ASSAY_WARNING] + n[ASSAY_NOTICE] + n[ASSAY_UNKNOWN_OUTCOME]))
            continue;
        json_object(&j, assay_check_kind_at(i)->id);
        for (unsigned o = ASSAY_ERROR; o >= ASSAY_UNKNOWN_OUTCOME; o--)
            json_number(&j, assay_outcome_text((enum assay_outcome)o), (int64_t)n[o]);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    buf_putc(out, '\n');
}
