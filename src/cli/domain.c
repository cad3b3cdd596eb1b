/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/domain.h"

#include "base/time.h"
#include "cli/files.h"
#include "dns/alabel.h"

#include <time.h>

/** Collect the names of an option that may be given several times. */
static int read_names(const struct cli *cli, enum cli_option_id option, assay_span *ret,
                      size_t most, size_t *ret_n)
{
    const char *value;
    size_t cursor = 0;

    while ((value = cli_next_value(cli, option, &cursor))) {
        struct dns_name name;

        if (*ret_n == most || dns_to_alabels(span_of(value), &name) != ASSAY_DONE) {
            cli_complain(cli,
                         *ret_n == most ? "--%s: \"%.100s\" is one too many"
                                        : "--%s: \"%.100s\" is no name",
                         CLI_OPTION_TABLE[option].name, value);
            return EXIT_USAGE;
        }
        ret[(*ret_n)++] = span_of(value);
    }
    return 0;
}

/** The profile of the command line. */
static enum assay_profile profile_of(const struct cli *cli)
{
    const char *value = cli_value(cli, OPT_PROFILE);

    for (int i = ASSAY_PROFILE_MAIL; value && i <= ASSAY_PROFILE_PARKED; i++)
        if (span_is(span_of(value), assay_profile_text((enum assay_profile)i)))
            return (enum assay_profile)i;
    return ASSAY_PROFILE_INFER;
}

/** What the case asks, where the command line does not. */
static void take_case(const struct case_one *one, struct assay_domain *d)
{
    const struct assay_domain *from = one ? case_domain(one) : NULL;

    if (!from)
        return;
    d->domain = from->domain;
    d->profile = d->profile ? d->profile : from->profile;
    d->depth = from->depth ? from->depth : d->depth;
    d->no_probe |= from->no_probe;
    d->no_web |= from->no_web;
    d->probe = from->probe;
    d->web = from->web;
    d->each_server |= from->each_server;
    d->signs_nothing = from->signs_nothing;
    if (!d->nselectors) {
        d->selectors = from->selectors;
        d->nselectors = from->nselectors;
    }
    if (!d->nsubdomains) {
        d->subdomains = from->subdomains;
        d->nsubdomains = from->nsubdomains;
    }
    if (!d->evidence.n)
        d->evidence = from->evidence;
}

/** The time to judge by. */
static int read_now(const struct cli *cli, const struct case_one *from, int64_t *ret)
{
    const char *now = cli_value(cli, OPT_NOW);
    const struct assay_envelope *envelope = from ? case_envelope(from) : NULL;

    *ret = envelope ? envelope->now : (int64_t)time(NULL);
    if (!now || time_read(span_of(now), ret))
        return 0;
    cli_complain(cli, "--now: \"%.100s\" is no time, such as 2026-11-23T12:00:00Z", now);
    return EXIT_USAGE;
}

int domain_asked_read(const struct cli *cli, const struct case_one *from, struct domain_asked *ret)
{
    struct assay_domain *d = &ret->domain;
    const char *evidence = cli_value(cli, OPT_EVIDENCE);
    int status;

    ret->evidence = buf_new(LIMIT_EVIDENCE + 1);
    *d = (struct assay_domain){.size = sizeof *d,
                               .domain = SPAN_EMPTY,
                               .profile = profile_of(cli),
                               .no_probe = cli_has(cli, OPT_NO_PROBE),
                               .no_web = cli_has(cli, OPT_NO_WEB),
                               .each_server = cli_has(cli, OPT_NS),
                               .selectors = ret->selectors,
                               .subdomains = ret->subdomains};
    if ((status = read_names(cli, OPT_SELECTOR, ret->selectors, LIMIT_SELECTORS, &d->nselectors)) !=
            0 ||
        (status = read_names(cli, OPT_SUBDOMAIN, ret->subdomains, LIMIT_SUBDOMAINS,
                             &d->nsubdomains)) != 0 ||
        (evidence && (status = files_read(cli, evidence, &ret->evidence)) != 0) ||
        (status = read_now(cli, from, &d->now)) != 0)
        return status;
    d->evidence = buf_span(&ret->evidence);
    take_case(from, d);
    return 0;
}

void domain_asked_done(struct domain_asked *asked)
{
    buf_done(&asked->evidence);
}
