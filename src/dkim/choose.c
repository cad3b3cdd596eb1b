/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file choose.c Which header fields are signed (RFC 6376 5.4): the profiles as a table, or a list of
 * one's own.
 */
#include "dkim/sign.h"

#include "base/buf.h"

/** How a field is named in h=. */
enum rule {
    NO,
    AS_THERE,  /* as often as it is there */
    NO_MORE,   /* once more if it is there: a second one is nobody's honest work */
    NEVER_MORE /* once more, be it there or not: nobody may add one */
};

/** One field. */
struct row {
    const char *name;
    enum rule strict, list_friendly;
};

/*
 * Mailing lists add Reply-To, Sender and their own fields, and give a body another type. What comes
 * back from them verifies only if the body was left alone; then it should not fail for these.
 */
static const struct row ROWS[] = {
    {"From", NEVER_MORE, NEVER_MORE},
    {"To", NEVER_MORE, AS_THERE},
    {"Cc", NEVER_MORE, AS_THERE},
    {"Subject", NEVER_MORE, NO_MORE},
    {"Date", NEVER_MORE, NO_MORE},
    {"Message-ID", NEVER_MORE, NO_MORE},
    {"Reply-To", NEVER_MORE, AS_THERE},
    {"Sender", AS_THERE, NO},
    {"In-Reply-To", AS_THERE, AS_THERE},
    {"References", AS_THERE, AS_THERE},
    {"MIME-Version", NEVER_MORE, AS_THERE},
    {"Content-Type", NEVER_MORE, AS_THERE},
    {"Content-Transfer-Encoding", NEVER_MORE, AS_THERE},
    {"Content-ID", AS_THERE, AS_THERE},
    {"Content-Description", AS_THERE, AS_THERE},
    {"Resent-Date", AS_THERE, NO},
    {"Resent-From", AS_THERE, NO},
    {"Resent-To", AS_THERE, NO},
    {"Resent-Cc", AS_THERE, NO},
    {"List-Id", NEVER_MORE, NO},
    {"List-Help", NEVER_MORE, NO},
    {"List-Unsubscribe", NEVER_MORE, NO},
    {"List-Unsubscribe-Post", NEVER_MORE, NO}, /* RFC 8058 4 has both of them signed */
    {"List-Subscribe", NEVER_MORE, NO},
    {"List-Post", NEVER_MORE, NO},
    {"List-Owner", NEVER_MORE, NO},
    {"List-Archive", NEVER_MORE, NO},
};

/** Names being written. */
struct chooser {
    const struct header *h;
    struct buf out;
    size_t n; /* names so far */
};

/** Name a field. */
static void put(struct chooser *c, assay_span name, size_t times)
{
    for (; times > 0 && c->n <= LIMIT_SIGNED_FIELDS; times--, c->n++) {
        if (c->n)
            buf_putc(&c->out, ':');
        buf_put(&c->out, name);
    }
}

/** Name a field by its rule. From is named even when it is not there: it has to be (5.4). */
static void choose(struct chooser *c, assay_span name, enum rule rule)
{
    size_t there = header_count(c->h, name), more = 0;

    if (rule == NEVER_MORE || (rule == NO_MORE && there))
        more = 1;
    if (rule == AS_THERE && there == 0 && span_iis(name, "From"))
        more = 1;
    if (rule != NO)
        put(c, name, there + more);
}

/** Choose by a profile. */
static void choose_profile(struct chooser *c, const struct dkim_signer *s)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        choose(c, span_of(ROWS[i].name),
               s->profile == DKIM_STRICT ? ROWS[i].strict : ROWS[i].list_friendly);
}

/** How often a list has a name. */
static size_t times_in(assay_span names, assay_span name)
{
    assay_span one;
    size_t n = 0;

    while (span_cut(&names, ':', &one))
        n += span_ieq(span_trim(one), name);
    return n;
}

/** Choose by a list: each name at its first place. */
static void choose_own(struct chooser *c, assay_span names)
{
    assay_span rest = names, name;

    while (span_cut(&rest, ':', &name)) {
        assay_span before = span_between(names.p, name.p);

        name = span_trim(name);
        if (times_in(before, name) == 0)
            choose(c, name, times_in(names, name) > 1 ? NEVER_MORE : AS_THERE);
    }
}

assay_status dkim_choose_names(struct arena *a, const struct header *h, const struct dkim_signer *s,
                               assay_span *ret)
{
    struct chooser c = {.h = h, .out = buf_new(LIMIT_SIGNED_FIELDS * (LIMIT_FIELD_NAME + 1))};
    assay_status status = ASSAY_ENOMEM;

    if (s->profile == DKIM_OWN)
        choose_own(&c, s->names);
    else
        choose_profile(&c, s);
    if (s->field == ARC_MESSAGE_SIGNATURE && s->profile != DKIM_OWN)
        choose(&c, SPAN("DKIM-Signature"), AS_THERE); /* RFC 8617 4.1.2 */
    if (c.n > LIMIT_SIGNED_FIELDS)
        status = ASSAY_EINVAL;
    else if (c.out.status == ASSAY_DONE && arena_copy(a, buf_span(&c.out), ret))
        status = ASSAY_DONE;
    buf_done(&c.out);
    return status;
}

/* ---- a list of one's own ---- */

/** A field that others change, take out or add (RFC 6376 5.4, 5.4.1; RFC 8617 4.1.2). */
static bool is_unfit(assay_span name)
{
    static const char *const NAMES[] = {"Return-Path",
                                        "Received",
                                        "Bcc",
                                        "Resent-Bcc",
                                        "Authentication-Results",
                                        "DKIM-Signature",
                                        "ARC-Seal",
                                        "ARC-Message-Signature",
                                        "ARC-Authentication-Results"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (span_iis(name, NAMES[i]))
            return true;
    return false;
}

/** A field name (RFC 5322 3.6.8) that can stand in a tag. */
static bool is_name(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ';')
            return false;
    return name.n > 0 && name.n <= LIMIT_FIELD_NAME;
}

const char *dkim_names_fault(assay_span names)
{
    assay_span rest = names, name;
    bool from = false;
    size_t n = 0;

    while (span_cut(&rest, ':', &name)) {
        name = span_trim(name);
        if (!is_name(name))
            return "what stands between two colons is no name of a field";
        if (is_unfit(name))
            return "it names a field that others change, take out or add: Return-Path, Received, "
                   "Bcc, Authentication-Results, DKIM-Signature or of ARC";
        from |= span_iis(name, "From");
        if (++n > LIMIT_OWN_FIELDS)
            return "it names more than 128 fields";
    }
    return from ? NULL : "From is not among its fields, and has to be signed";
}
