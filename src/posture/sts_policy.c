/* SPDX-License-Identifier: BSD-2-Clause */
/** \file sts_policy.c MTA-STS: the policy, and the MX hosts by it. */
#include "posture/sts.h"

enum { WEEK = 7 * HOST_DAY, EVIDENCE_WHOLE = 4096, LINE_SHOWN = 100 };
static const uint64_t MAX_AGE = 31557600; /* RFC 8461 3.2 */

/** The body. */
static assay_span body_of(const struct posture *p)
{
    const struct assay_fact *fact = p->mtasts.get.fact;

    return fact->n ? fact->data[0] : SPAN_EMPTY;
}

/** Show a line of the policy: in its place, or by itself where the whole is long. */
static void show_line(struct posture *p, struct finding *f, assay_span line)
{
    const assay_span body = body_of(p);
    const bool inside = line.n && line.p >= body.p && line.p + line.n <= body.p + body.n;

    if (inside && body.n > EVIDENCE_WHOLE)
        show(p, f, &p->mtasts.get, line, SPAN_EMPTY);
    else
        show(p, f, &p->mtasts.get, span_first(body, EVIDENCE_WHOLE), inside ? line : SPAN_EMPTY);
}

/** max_age to publish: what there is where it is right. */
static uint64_t good_max_age(const struct mtasts_policy *policy)
{
    if (!policy->has_max_age)
        return WEEK;
    return policy->over ? MAX_AGE : policy->max_age;
}

/** All MX hosts are known, so that a policy can name them. */
static bool hosts_known(const struct posture *p)
{
    return !hosts_missing(p) && !p->mx.more;
}

/** The mode to publish: what there is where it is right. What never was in force begins with testing unless it names
 *  every host. */
static enum mtasts_mode good_mode(const struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;

    if (policy->mode == MTASTS_ENFORCE && !policy->valid && !hosts_known(p))
        return MTASTS_TESTING;
    return policy->mode == MTASTS_NO_MODE ? MTASTS_TESTING : policy->mode;
}

/** Add the policy with what was wrong set right. */
static void publish_corrected(struct posture *p, struct finding *f)
{
    const struct mtasts_policy *policy = p->mtasts.policy;

    publish_sts(p, f, sts_file(p, good_mode(p), good_max_age(policy), !policy->valid));
}

/* ---- the text ---- */

/** The policy breaks its grammar (RFC 8461 3.2). */
static void judge_syntax(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    const struct mtasts_fault *first = policy->faults;
    struct finding *f;

    if (policy->valid) {
        pass(p, F_MTASTS_POLICY_SYNTAX, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_POLICY_SYNTAX, ASSAY_ERROR, p->domain, first->reason);
    if (first->line)
        say(p, f, "line %zu of the policy, \"%.*s\": %s; senders have no policy", first->line,
            SPAN_ARG(span_first(first->text, LINE_SHOWN)), first->problem);
    else
        say(p, f, "in the policy %s; senders have no policy", first->problem);
    for (size_t i = 0; i < policy->nfaults; i++) {
        show_line(p, f, policy->faults[i].line ? policy->faults[i].text : SPAN_EMPTY);
        if (policy->faults[i].line)
            note(p, f, "line %zu: %s", policy->faults[i].line, policy->faults[i].problem);
        else
            note(p, f, "%s", policy->faults[i].problem);
    }
    publish_corrected(p, f);
}

/** A key stands twice. */
static void judge_duplicate(struct posture *p)
{
    const assay_span key = p->mtasts.policy->duplicate;
    struct finding *f;

    if (!key.n) {
        pass(p, F_MTASTS_DUPLICATE_KEY, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_DUPLICATE_KEY, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "\"%.*s\" stands twice in the policy: the first one counts, but some senders take the last",
        SPAN_ARG(key));
    show_line(p, f, key);
    publish_corrected(p, f);
}

/** max_age is more than may be, or too little to protect. */
static void judge_max_age(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    struct finding *f;

    if (!policy->has_max_age)
        return;
    if (policy->over) {
        f = hit(p, F_MTASTS_MAX_AGE_RANGE, ASSAY_ERROR, p->domain, NULL);
        say(p, f,
            "max_age is %llu seconds, over the most of %llu (one year): some senders refuse the policy",
            (unsigned long long)policy->max_age, (unsigned long long)MAX_AGE);
        show_line(p, f, SPAN_EMPTY);
        publish_corrected(p, f);
    } else {
        pass(p, F_MTASTS_MAX_AGE_RANGE, p->domain);
    }
    if (policy->mode == MTASTS_NONE)
        return;
    if (policy->mode != MTASTS_ENFORCE || policy->max_age >= WEEK) {
        pass(p, F_MTASTS_MAX_AGE_SHORT, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_MAX_AGE_SHORT, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "senders keep the policy for %.*s only (max_age %llu): an attacker who blocks it for that long ends the protection",
        SPAN_ARG(days_text(p, (int64_t)policy->max_age)), (unsigned long long)policy->max_age);
    show_line(p, f, SPAN_EMPTY);
    publish_sts(p, f, sts_file(p, policy->mode, WEEK, false));
}

/** To enforce the policy, with the hosts added that it leaves out, would lose no mail as far as is known. */
static bool may_enforce(const struct posture *p)
{
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        const struct posture_host *host = &p->mx.hosts[i];

        if (host->sts_listed == YES && host->sts_holds == NO)
            return false;
    }
    return hosts_known(p) && p->mtasts.policy->valid;
}

/** The policy enforces nothing. */
static void judge_mode(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    const bool testing = policy->mode == MTASTS_TESTING;
    struct finding *f;

    if (policy->mode == MTASTS_NO_MODE)
        return;
    if (policy->mode == MTASTS_ENFORCE) {
        pass(p, F_MTASTS_MODE, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_MODE, testing ? ASSAY_WARNING : ASSAY_NOTICE, p->domain,
            mtasts_mode_text(policy->mode));
    say(p, f,
        testing
            ? "the policy is in mode testing: senders report what fails, but deliver all the same"
            : "the policy is in mode none: MTA-STS is being taken back");
    show_line(p, f, SPAN_EMPTY);
    if (testing && !may_enforce(p)) {
        advise(p, f,
               "See to it that the policy names every MX host and that each does what it demands; "
               "enforce it when TLS reports show no failure for two weeks.");
    } else if (testing) {
        advise(
            p, f,
            "When TLS reports show no failure for two weeks, publish this policy, then the record.");
        publish_sts(p, f, sts_file(p, MTASTS_ENFORCE, WEEK, true));
    } else {
        advise(
            p, f,
            "When the max_age of the policy before this one has passed, remove the record, then the file.");
    }
}

/* ---- patterns ---- */

/** A pattern matches some MX host. */
static bool matches_any(const struct posture *p, assay_span pattern)
{
    for (size_t i = 0; i < p->mx.nhosts; i++)
        if (mtasts_mx_matches(pattern, p->mx.hosts[i].name))
            return true;
    return false;
}

/** A pattern that stands for no host. */
static void judge_stale(struct posture *p, assay_span pattern)
{
    struct finding *f;

    if (matches_any(p, pattern)) {
        pass(p, F_MTASTS_MX_STALE, pattern);
        return;
    }
    if (p->mx.more) {
        unknown(p, F_MTASTS_MX_STALE, pattern, &p->mx.mx,
                "there are more MX hosts than are looked at");
        return;
    }
    f = hit(p, F_MTASTS_MX_STALE, ASSAY_NOTICE, pattern, NULL);
    say(p, f, "the policy names %.*s, which is no MX host of %.*s", SPAN_ARG(pattern),
        SPAN_ARG(p->domain));
    show_line(p, f, pattern);
    show(p, f, &p->mx.mx, SPAN_EMPTY, SPAN_EMPTY);
    advise(
        p, f,
        "Remove its line from the policy, and give the record a new id, unless a change of MX is on its way.");
}

/** A pattern behind which others may stand, too. */
static void judge_wide(struct posture *p, size_t i)
{
    const assay_span pattern = p->mtasts.policy->mx[i];
    const struct asked *suffix = &p->mtasts.suffixes[i];
    const bool star = span_starts(pattern, SPAN("*."));
    const assay_span tail = star ? span_from(pattern, 2) : SPAN_EMPTY;
    const bool own = star && span_ieq(tail, p->domain);
    enum truth public = !star ? NO : asked_data(suffix);
    struct finding *f;

    if (public == YES)
    public = truth_of(span_ieq(suffix->fact->data[0], tail));
    if (public != YES && !own) {
        judged(p, F_MTASTS_PATTERN_WIDE, public, pattern, suffix);
        return;
    }
    f = hit(p, F_MTASTS_PATTERN_WIDE, public == YES ? ASSAY_WARNING : ASSAY_NOTICE, pattern, NULL);
    say(p, f,
        public == YES ? "%.*s allows hosts of everybody who has a name below %.*s"
                      : "%.*s allows every host below %.*s as an MX host",
        SPAN_ARG(pattern), SPAN_ARG(tail));
    show_line(p, f, pattern);
    advise(p, f, "Name the MX hosts one by one.");
}

/** Judge the patterns. */
static void judge_patterns(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    const struct asked *missing = hosts_missing(p);

    for (size_t i = 0; i < policy->nmx; i++) {
        judge_wide(p, i);
        if (missing)
            unknown(p, F_MTASTS_MX_STALE, policy->mx[i], missing, NULL);
        else
            judge_stale(p, policy->mx[i]);
    }
}

/* ---- hosts ---- */

/** The severity of what enforce turns into lost mail. */
static enum assay_outcome severity_of(const struct posture *p)
{
    return p->mtasts.policy->mode == MTASTS_ENFORCE ? ASSAY_ERROR : ASSAY_WARNING;
}

/** What senders do then, by the mode. */
static const char *loss_of(const struct posture *p)
{
    return p->mtasts.policy->mode == MTASTS_ENFORCE
               ? "senders that check MTA-STS deliver nothing there"
               : "in mode enforce nothing would be delivered there";
}

/** The policy names the host, or not. */
static void judge_listed(struct posture *p, struct posture_host *host)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    struct finding *f;

    host->sts_listed = mtasts_policy_names(policy, host->name) ? YES
                       : policy->more_mx                       ? UNKNOWN
                                                               : NO;
    if (host->sts_listed == YES)
        pass(p, F_MTASTS_MX_UNLISTED, host->name);
    else if (host->sts_listed == UNKNOWN)
        unknown(p, F_MTASTS_MX_UNLISTED, host->name, &p->mtasts.get,
                "the policy has more patterns than are looked at");
    if (host->sts_listed != NO)
        return;
    f = hit(p, F_MTASTS_MX_UNLISTED, severity_of(p), host->name, NULL);
    say(p, f, "the policy does not name the MX host %.*s: %s", SPAN_ARG(host->name), loss_of(p));
    show(p, f, &p->mx.mx, SPAN_EMPTY, SPAN_EMPTY);
    show_line(p, f, SPAN_EMPTY);
    publish_sts(p, f, sts_file(p, policy->mode, good_max_age(policy), true));
}

/** What RFC 8461 4.2 asks of a host, in this order. */
enum demand { DEMAND_STARTTLS, DEMAND_TLS, DEMAND_NAME, DEMAND_DATES, DEMAND_TRUST, DEMANDS };

/** A demand is met. */
static enum truth meets(const struct posture *p, const struct posture_host *host, enum demand d)
{
    switch (d) {
    case DEMAND_STARTTLS: return host_starttls(host);
    case DEMAND_TLS: return host_tls12(host);
    case DEMAND_NAME: return host_named(host);
    case DEMAND_DATES: return host_dated(p, host);
    default: return host_trusted(host);
    }
}

/** Say which demand is not met. */
static void say_demand(struct posture *p, struct finding *f, const struct posture_host *host,
                       enum demand d)
{
    const struct probe_cert *leaf = host_leaf(host);

    switch (d) {
    case DEMAND_STARTTLS:
        say(p, f, "%.*s %s: %s", SPAN_ARG(host->name),
            host->seen->offered ? "refuses to begin TLS" : "does not offer STARTTLS", loss_of(p));
        advise(p, f, "Let %.*s offer STARTTLS to every client.", SPAN_ARG(host->name));
        break;
    case DEMAND_TLS:
        if (host->seen->failure.n)
            say(p, f, "TLS with %.*s fails (%.*s): %s", SPAN_ARG(host->name),
                SPAN_ARG(host->seen->failure), loss_of(p));
        else
            say(p, f, "%.*s agrees on TLS %s at best, where 1.2 is the least: %s",
                SPAN_ARG(host->name), probe_tls_text(host->seen->best), loss_of(p));
        advise(p, f, "Let %.*s speak TLS 1.2 and 1.3.", SPAN_ARG(host->name));
        break;
    case DEMAND_NAME:
        say(p, f, "the certificate of %.*s is made out to %.*s: %s", SPAN_ARG(host->name),
            SPAN_ARG(names_text(p, leaf->names)), loss_of(p));
        advise(p, f, "Get a certificate that names %.*s.", SPAN_ARG(host->name));
        break;
    case DEMAND_DATES:
        say(p, f, "the certificate of %.*s is valid from %.*s to %.*s: %s", SPAN_ARG(host->name),
            SPAN_ARG(day_text(p, leaf->from)), SPAN_ARG(day_text(p, leaf->to)), loss_of(p));
        advise(p, f, "Renew the certificate of %.*s, and let it be renewed by itself from now on.",
               SPAN_ARG(host->name));
        break;
    default:
        say(p, f,
            "the certificate of %.*s does not lead to an authority that is trusted on the web%s: %s",
            SPAN_ARG(host->name),
            host->seen->trust == PROBE_TRUST_SELF_SIGNED  ? " (it is self-signed)"
            : host->seen->trust == PROBE_TRUST_INCOMPLETE ? " (intermediates are not sent)"
                                                          : "",
            loss_of(p));
        advise(p, f, "Let %.*s send the whole chain of a certificate of a public authority.",
               SPAN_ARG(host->name));
        break;
    }
}

/** A host that is named does what senders demand, or not. */
static void judge_demands(struct posture *p, struct posture_host *host)
{
    static const char *const REASONS[] = {"starttls", "tls", "name", "expired", "untrusted"};
    enum truth all = YES;
    struct finding *f;
    int first = -1;

    for (int d = 0; d < DEMANDS; d++) {
        enum truth one = meets(p, host, (enum demand)d);

        if (one == NO && first < 0)
            first = d;
        all = truth_and(all, one);
    }
    host->sts_holds = all;
    if (all == YES)
        pass(p, F_MTASTS_MX_FAILS, host->name);
    else if (all == UNKNOWN && !host_is_deaf(host))
        unknown_probe(p, F_MTASTS_MX_FAILS, host);
    if (all != NO)
        return;
    f = hit(p, F_MTASTS_MX_FAILS, severity_of(p), host->name, REASONS[first]);
    say_demand(p, f, host, (enum demand)first);
    show_probe(p, f, host,
               first == DEMAND_TLS    ? host->seen->failure
               : first == DEMAND_NAME ? host_leaf(host)->names
                                      : SPAN_EMPTY);
    show_line(p, f, SPAN_EMPTY);
}

/** Judge the MX hosts by a valid policy. */
static void judge_hosts(struct posture *p)
{
    const struct asked *missing = hosts_missing(p);

    if (missing) {
        unknown(p, F_MTASTS_MX_UNLISTED, p->domain, missing, NULL);
        unknown(p, F_MTASTS_MX_FAILS, p->domain, missing, NULL);
        return;
    }
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        struct posture_host *host = &p->mx.hosts[i];

        judge_listed(p, host);
        if (host->sts_listed == NO)
            host->sts_holds = NO;
        else if (host->sts_listed == YES && !host->bad_name && !host_is_nowhere(host))
            judge_demands(p, host);
    }
}

/* ---- changes ---- */

/** The policy was changed and its id was not: senders do not see it (RFC 8461 3.1). */
static void judge_id(struct posture *p)
{
    const struct topic_mtasts *t = &p->mtasts;
    struct mtasts_record former;
    struct finding *f;

    if (asked_data(&t->recalled_txt) == NO || asked_data(&t->recalled_get) == NO)
        return;
    if (asked_data(&t->recalled_txt) == UNKNOWN || asked_data(&t->recalled_get) == UNKNOWN) {
        unknown(p, F_MTASTS_ID_STALE, p->domain,
                asked_data(&t->recalled_txt) == UNKNOWN ? &t->recalled_txt : &t->recalled_get,
                NULL);
        return;
    }
    mtasts_record_read(t->recalled_txt.fact->data[0], &former);
    if (!span_eq(former.id, t->record->id) || span_eq(t->recalled_get.fact->data[0], body_of(p))) {
        pass(p, F_MTASTS_ID_STALE, p->domain);
        return;
    }
    f = hit(p, F_MTASTS_ID_STALE, ASSAY_ERROR, p->domain, NULL);
    say(p, f,
        "the policy was changed, but its id is still %.*s: senders go on with the old policy until it runs out",
        SPAN_ARG(t->record->id));
    show(p, f, &t->txt, t->record->text, t->record->id);
    show(p, f, &t->recalled_get, span_first(t->recalled_get.fact->data[0], EVIDENCE_WHOLE),
         SPAN_EMPTY);
    show_line(p, f, SPAN_EMPTY);
    publish_sts(p, f, body_of(p));
}

/** The line of the area. */
static void sum_up(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;
    size_t holds = 0;

    for (size_t i = 0; i < p->mx.nhosts; i++)
        holds += p->mx.hosts[i].sts_holds == YES;
    p->summary[AREA_MTASTS] =
        policy->mode == MTASTS_NONE
            ? SPAN("mode none")
            : posture_printf(p, "mode %s; %zu of %zu MX host%s what it demands; kept for %.*s",
                             mtasts_mode_text(policy->mode), holds, p->mx.nhosts,
                             p->mx.nhosts == 1 ? " does" : "s do",
                             SPAN_ARG(days_text(p, (int64_t)policy->max_age)));
}

void judge_sts_policy(struct posture *p)
{
    const struct mtasts_policy *policy = p->mtasts.policy;

    judge_syntax(p);
    judge_duplicate(p);
    judge_max_age(p);
    judge_id(p);
    if (policy->valid && policy->mode != MTASTS_NONE) {
        judge_patterns(p);
        judge_hosts(p);
    }
    judge_mode(p); /* what to do depends on the hosts */
    if (policy->valid)
        sum_up(p);
}
