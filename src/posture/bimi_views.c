/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file bimi_views.c What large receivers do with the record. What each wants is known from their own pages and from
 * what was seen of them; all of them look at a sender's reputation, too, which nobody outside can see.
 */
#include "posture/bimi_judge.h"

/** What a receiver wants. */
static const struct receiver {
    const char *name;
    bool evidence;   /**< a mark certificate, always */
    bool disputed;   /**< whether it takes a Common Mark Certificate is said both ways */
    bool cut_off;    /**< it stopped trusting a root for what is issued later */
    bool no_percent; /**< it refuses a width or height in percent */
    bool small;      /**< it refuses more than 32 KiB */
    const char *shown, *shown_common;
} RECEIVERS[] = {
    {"Gmail", true, false, false, false, true, "the logo with a check mark",
     "the logo without a check mark"},
    {"Apple", true, true, true, true, false, "the logo, where the mail host passes its verdict on",
     NULL},
    {"Yahoo", false, false, false, false, false,
     "the logo, of senders of much mail with a good reputation", NULL},
    {"Fastmail", false, false, false, false, true, "the logo", NULL},
};

enum { LOGO_OCTETS = 32768 };

/** Put an answer. */
static void answer(struct assay_logo_view *view, enum assay_shows shows, const char *why)
{
    if (view->shows)
        return; /* the first reason stays */
    view->shows = shows;
    view->why = span_of(why);
}

/** A condition of showing. */
static void want(struct assay_logo_view *view, enum truth holds, const char *no,
                 const char *unknown)
{
    if (holds == NO)
        answer(view, ASSAY_SHOWS_NOT, no);
    else if (holds == UNKNOWN)
        answer(view, ASSAY_SHOWS_UNKNOWN, unknown);
}

/** The drawing that is shown: of the certificate where it is wanted, else of l=. */
static const struct svg_report *drawing(const struct topic_bimi *t, const struct receiver *r)
{
    return r->evidence && t->mark.svg.n ? &t->mark.drawing : &t->svg;
}

/** Width or height of a drawing are in percent. */
static bool has_percent(const struct svg_report *svg)
{
    for (size_t i = 0; i < svg->nproblems; i++)
        if (svg->problems[i].class == SVG_SHAPE &&
            (span_is(svg->problems[i].what, "svg width") ||
             span_is(svg->problems[i].what, "svg height")) &&
            span_contains(svg->problems[i].text, SPAN("a share")))
            return true;
    return false;
}

/** The certificate, as a receiver wants it. */
static void look_at_mark(const struct posture *p, const struct receiver *r,
                         struct assay_logo_view *view)
{
    const struct topic_bimi *t = &p->bimi;

    if (r->evidence && !t->record->a.n)
        answer(view, ASSAY_SHOWS_NOT, "it wants a mark certificate, and the record names none");
    if (r->evidence || t->record->a.n)
        want(view, t->mark_ok, "the mark certificate is not good",
             "the mark certificate could not be judged");
    if (r->cut_off && t->mark.cut_off)
        answer(view, ASSAY_SHOWS_NOT, "it does not trust that root for a certificate of this date");
    if (r->disputed && t->mark.common)
        answer(view, ASSAY_SHOWS_UNKNOWN,
               "whether it takes a Common Mark Certificate is said both ways");
}

/** What one receiver does. */
static void look(const struct posture *p, const struct receiver *r, struct assay_logo_view *view)
{
    const struct topic_bimi *t = &p->bimi;
    const struct svg_report *svg = drawing(t, r);

    view->receiver = r->name;
    want(view, t->dmarc_ok, "DMARC is not strict enough", "DMARC could not be judged");
    look_at_mark(p, r, view);
    if (!r->evidence)
        want(view, t->logo_ok, "the logo is not good", "the logo could not be judged");
    if (r->no_percent && has_percent(svg))
        answer(view, ASSAY_SHOWS_NOT, "it refuses a drawing whose width or height is in percent");
    if (r->small && svg->octets > LOGO_OCTETS)
        answer(view, ASSAY_SHOWS_NOT, "the drawing is larger than 32 KiB");
    answer(view, ASSAY_SHOWS, t->mark.common && r->shown_common ? r->shown_common : r->shown);
}

void bimi_judge_views(struct posture *p)
{
    const size_t n = sizeof RECEIVERS / sizeof *RECEIVERS;
    struct assay_logo_view *views = posture_get(p, n, sizeof *views);
    size_t show = 0;

    if (!views || p->depth != ASSAY_DEPTH_CHECK)
        return; /* what the web says was not asked */
    for (size_t i = 0; i < n; i++) {
        look(p, &RECEIVERS[i], &views[i]);
        show += views[i].shows == ASSAY_SHOWS;
    }
    p->result.logos = views;
    p->result.nlogos = n;
    p->summary[AREA_BIMI] =
        posture_printf(p, "%zu of %zu large receivers would show the logo%s", show, n,
                       p->bimi.mark_ok == YES ? ", proved by a mark certificate" : "");
}
