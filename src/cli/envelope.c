/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/envelope.h"

#include "base/time.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/** Samples for pct are from 0 to 99. */
enum { SAMPLES = 100 };

assay_span envelope_path(const char *value)
{
    assay_span path = span_trim(span_of(value));

    if (path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
        path = span_from(span_first(path, path.n - 1), 1);
    return path;
}

int envelope_ip(const struct cli *cli, const char *value, struct ip *ret)
{
    if (ip_read(span_of(value), ret))
        return 0;
    cli_complain(
        cli, "--ip: \"%.100s\" is no address of IPv4 or IPv6, such as 203.0.113.7 or 2001:db8::7",
        value);
    return EXIT_USAGE;
}

bool envelope_received(const struct header *h, int64_t *ret)
{
    struct received r;

    received_read(message_field(h, "Received"), &r);
    *ret = r.date;
    return r.dated;
}

/** The time to judge by: of --now, of the case, or the present. */
static int take_now(const struct cli *cli, const struct message_file *m, struct envelope *env)
{
    const char *now = cli_value(cli, OPT_NOW);

    if (!now) {
        if (!env->e.now)
            env->e.now = (int64_t)time(NULL);
        return 0;
    }
    if (strcmp(now, "received") == 0) {
        if (envelope_received(&m->header, &env->e.now))
            return 0;
        cli_complain(cli, "%s: --now received: no Received field with a date", m->name);
        return EXIT_USAGE;
    }
    if (time_read(span_of(now), &env->e.now))
        return 0;
    cli_complain(cli, "--now: \"%.100s\" is no time, such as 2026-11-23T12:00:00Z, or `received`",
                 now);
    return EXIT_USAGE;
}

/**
 * Where mail servers put the envelope for a program that they run: Exim's pipe transport and local(8) of
 * Postfix. They set these for --pipe alone; elsewhere the names mean nothing.
 */
static const struct {
    enum cli_option_id option;
    const char *variable;
} ENVIRONMENT[] = {{OPT_MAIL_FROM, "SENDER"},
                   {OPT_RCPT, "RECIPIENT"},
                   {OPT_IP, "CLIENT_ADDRESS"},
                   {OPT_HELO, "CLIENT_HELO"}};

/** What a mail server put into the environment in place of an option, or NULL. */
static const char *from_environment(enum cli_option_id option)
{
    const char *value = NULL;
    struct ip ip;

    for (size_t i = 0; i < sizeof ENVIRONMENT / sizeof *ENVIRONMENT; i++)
        if (ENVIRONMENT[i].option == option)
            value = getenv(ENVIRONMENT[i].variable);
    if (value && option == OPT_IP && !ip_read(span_of(value), &ip))
        return NULL; /* "unknown" */
    if (value && option == OPT_MAIL_FROM && strcmp(value, "MAILER-DAEMON") == 0)
        return ""; /* Postfix's word for the null reverse-path */
    return value;
}

/** What was given of the envelope by an option, or for --pipe by the mail server; NULL: nothing. */
static const char *given(const struct cli *cli, enum cli_option_id option)
{
    const char *value = cli_value(cli, option);

    if (!cli_has(cli, OPT_PIPE))
        return value;
    if (!value)
        value = from_environment(option);
    if (value && !*value && option != OPT_MAIL_FROM)
        return NULL; /* the mail server's variable was empty */
    return value;
}

/** What the command line says; it stands above all else. */
static int take_options(const struct cli *cli, struct envelope *env)
{
    const char *ip = given(cli, OPT_IP), *helo = given(cli, OPT_HELO);
    const char *sender = given(cli, OPT_MAIL_FROM), *hostname = cli_value(cli, OPT_HOSTNAME);
    struct ip address;
    int status;

    if (ip && (status = envelope_ip(cli, ip, &address)) != 0)
        return status;
    if (ip)
        env->e.ip = span_of(ip);
    if (helo)
        env->e.helo = span_of(helo);
    if (sender)
        env->e.mail_from = envelope_path(sender);
    if (sender)
        env->e.mail_from_unknown = false;
    if (!hostname && cli_has(cli, OPT_PIPE) &&
        gethostname(env->system_name, sizeof env->system_name - 1) == 0)
        hostname = env->system_name; /* who adds results is not for the message to say */
    if (hostname)
        env->e.hostname = span_of(hostname);
    return 0;
}

/** Take the client from the Received field that was found. */
static void take_client(const struct cli *cli, struct envelope *env)
{
    const struct received *r = &env->guess.client->received;

    env->client_guessed = !given(cli, OPT_IP) || !given(cli, OPT_HELO);
    if (!given(cli, OPT_IP))
        env->e.ip = env->guess.client_text;
    if (!given(cli, OPT_HELO))
        env->e.helo = r->helo;
    if (!env->e.hostname.n)
        env->e.hostname = r->by;
}

/** Read from the message what is not given. */
static void take_guess(const struct cli *cli, const struct message_file *m, struct envelope *env)
{
    struct ip known = {0};

    if (env->e.ip.n)
        (void)ip_read(env->e.ip, &known);
    guess_envelope(&m->header, m->line, &known, &env->guess);
    env->guessed = true;
    if (env->guess.client)
        take_client(cli, env);
    if (given(cli, OPT_MAIL_FROM))
        return;
    env->sender_guessed = env->guess.has_sender;
    if (env->guess.has_sender)
        env->e.mail_from = env->guess.sender;
    else if (env->e.ip.n && !given(cli, OPT_IP))
        env->e.mail_from_unknown = true;
}

int envelope_make(const struct cli *cli, const struct message_file *m, const struct case_one *one,
                  struct envelope *ret)
{
    const struct assay_envelope *given = one ? case_envelope(one) : NULL;
    int status;

    *ret = (struct envelope){
        .e = {.helo = SPAN_EMPTY,
              .ip = SPAN_EMPTY,
              .mail_from = SPAN_EMPTY,
              .hostname = SPAN_EMPTY,
              .sample = (uint8_t)(span_hash(buf_span(&m->header.text)) % SAMPLES)}};
    if (given)
        ret->e = *given;
    ret->e.size = sizeof ret->e;
    if ((status = take_options(cli, ret)) != 0 || (status = take_now(cli, m, ret)) != 0)
        return status;
    if (!given && !cli_has(cli, OPT_NO_GUESS))
        take_guess(cli, m, ret);
    return 0;
}

assay_span envelope_recipient(const struct cli *cli, const struct case_one *one, size_t i)
{
    const char *value = NULL;
    size_t cursor = 0;

    if (!cli_has(cli, OPT_RCPT) && i == 0 && given(cli, OPT_RCPT))
        return envelope_path(given(cli, OPT_RCPT));
    if (!cli_has(cli, OPT_RCPT))
        return one ? case_recipient(one, i) : SPAN_EMPTY;
    for (size_t k = 0; k <= i; k++)
        value = cli_next_value(cli, OPT_RCPT, &cursor);
    return envelope_path(value);
}

assay_status envelope_recipients(const struct cli *cli, const struct case_one *one,
                                 assay_eval *eval)
{
    assay_span address;
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; s == ASSAY_DONE && (address = envelope_recipient(cli, one, i)).n; i++)
        s = assay_rcpt(eval, address);
    return s;
}
