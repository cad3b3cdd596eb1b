/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/guess.h"

#include "dns/alabel.h"

#include <libpsl.h>

size_t guess_line(const struct header *h, size_t field, size_t first_line)
{
    size_t line = first_line;

    for (uint32_t i = 0; i < h->fields[field].at; i++)
        line += h->text.p[i] == '\n';
    return line;
}

/* ---- of one organization ---- */

/** Names under which the hosts of one organization hand mail to each other. */
static const struct {
    const char *domain, *of;
} ALIASES[] = {{"office365.com", "outlook.com"}, {"exchangelabs.com", "outlook.com"}};

/** The name that an organization is known by here. */
static const char *known_by(const char *domain)
{
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (strcmp(domain, ALIASES[i].domain) == 0)
            return ALIASES[i].of;
    return domain;
}

/**
 * The organizational domain of a host, by the public suffix list: enough to tell whose machine it
 * is.
 */
static bool organization(assay_span host, struct dns_name *ret)
{
    const psl_ctx_t *psl = psl_builtin();
    struct dns_name name;
    char text[DNS_NAME_TEXT + 1];
    const char *domain;

    if (!host.n || dns_to_alabels(host, &name) != ASSAY_DONE)
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    domain = psl ? psl_registrable_domain(psl, text) : NULL;
    return dns_name_read(span_of(domain ? known_by(domain) : text), ret);
}

/** Both hosts are of one organization. */
static bool same_organization(assay_span a, assay_span b)
{
    struct dns_name x, y;

    return organization(a, &x) && organization(b, &y) &&
           span_eq(dns_name_span(&x), dns_name_span(&y));
}

/**
 * Both addresses are of one network as large organizations have them. A HELO name alone proves
 * nothing, the client chooses it; with such addresses beside it a step inside is the likelier
 * reading.
 */
static bool same_network(const struct ip *a, const struct ip *b)
{
    return a->version && ip_in(a, b, a->version == 4 ? 16 : 24);
}

/** No step of SMTP: mail from outside does not come in so. */
static bool is_web(const struct received *r)
{
    return span_iis(r->with, "HTTP") || span_iis(r->with, "HTTPS");
}

/** The client is a host of the receiving organization. */
static bool is_inside(const struct received *r)
{
    if (r->looked_up)
        return same_organization(r->name, r->by);
    return same_organization(r->helo, r->by) && (same_network(&r->ip, &r->by_ip) || is_web(r));
}

/** The client logged in (RFC 3848): ESMTPA, ESMTPSA, and their kin. */
static bool is_submission(const struct received *r)
{
    return span_iends(r->with, SPAN("SMTPA")) || span_iends(r->with, SPAN("MTPSA"));
}

/* ---- the walk ---- */

/** What a field is taken for. */
static enum guess_step judge(const struct received *r, const struct ip *client)
{
    if (!r->ip.version)
        return GUESS_NO_CLIENT;
    if (client->version)
        return ip_in(&r->ip, client, client->version == 4 ? 32 : 128) ? GUESS_TAKEN : GUESS_OTHER;
    if (ip_private(&r->ip))
        return GUESS_PRIVATE;
    return is_inside(r) ? GUESS_INSIDE : GUESS_TAKEN;
}

/** Look at the Received fields from the top until one is taken. */
static void find_client(const struct header *h, size_t first_line, const struct ip *client,
                        struct guess *g)
{
    struct guess_field *outermost = NULL;

    for (size_t i = header_find(h, SPAN("Received"), 0);
         i < h->n && g->nfields < GUESS_FIELDS && !g->client;
         i = header_find(h, SPAN("Received"), i + 1)) {
        struct guess_field *f = &g->fields[g->nfields++];

        f->field = i;
        f->line = guess_line(h, i, first_line);
        received_read(field_value(h, i), &f->received);
        f->step = judge(&f->received, client);
        if (f->step == GUESS_TAKEN && outermost && is_submission(&f->received)) {
            f->step = GUESS_SUBMITTED;
            break;
        }
        if (f->step == GUESS_TAKEN)
            g->client = f;
        else if (f->step == GUESS_INSIDE)
            outermost = f;
    }
    if (g->client || !outermost)
        return;
    outermost->step = GUESS_TAKEN;
    g->client = outermost;
    g->all_inside = true;
}

/**
 * The Return-Path that final delivery wrote (RFC 5321 4.4): above the field that was taken.
 * Microsoft's servers write it at the end of the header. \return its index, or h->n
 */
static size_t find_return_path(const struct header *h, const struct guess *g)
{
    size_t i = header_find(h, SPAN("Return-Path"), 0);
    bool anywhere = !g->client || span_iis(g->client->received.with, "Microsoft");

    return anywhere || i < g->client->field ? i : h->n;
}

/** MAIL FROM: of Return-Path, else what the Received field says. */
static void find_sender(const struct header *h, size_t first_line, struct guess *g)
{
    size_t i = find_return_path(h, g);

    if (i < h->n && received_path(field_value(h, i), &g->sender)) {
        g->has_sender = true;
        g->sender_line = guess_line(h, i, first_line);
    } else if (g->client && g->client->received.has_sender) {
        g->has_sender = g->sender_in_received = true;
        g->sender = g->client->received.sender;
        g->sender_line = g->client->line;
    }
}

void guess_envelope(const struct header *h, size_t first_line, const struct ip *client,
                    struct guess *ret)
{
    *ret = (struct guess){.sender = SPAN_EMPTY, .client_text = SPAN_EMPTY};
    find_client(h, first_line, client, ret);
    if (ret->client)
        ret->client_text = ip_text(&ret->client->received.ip, ret->text);
    find_sender(h, first_line, ret);
}
