/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "base/number.h"

#include <stdio.h>

/* ---- opendmarc ---- */

/** Domains of an option, added to a list. */
static void add_domains(struct import *imp, struct import_block *b, const char *option,
                        const struct import_param *param, assay_span base)
{
    struct import_set_of set;

    if (param && import_data_set(imp, param, base, &set))
        for (size_t i = 0; i < set.n; i++)
            import_add(imp, b, option, set.all[i].key, param, false);
}

/** DomainWhitelistFile is the name of a file, however it is written. */
static void add_domains_file(struct import *imp, const struct import_param *param, assay_span base)
{
    struct buf value = buf_new(8192);
    struct import_param file;

    if (!param)
        return;
    file = *param;
    buf_puts(&value, "file:");
    buf_put(&value, param->value);
    imp->failed |=
        value.status != ASSAY_DONE || !arena_copy(&imp->arena, buf_span(&value), &file.value);
    buf_done(&value);
    if (!imp->failed)
        add_domains(imp, &imp->top, "arc.trusted", &file, base);
}

/** Whether mail that fails is rejected; opendmarc only marked it unless it was told to. */
static void import_reject(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "RejectFailures"),
                              *hold = import_param(p, "HoldQuarantinedMessages");
    struct import_param unset = {.name = SPAN("RejectFailures is not set")};

    unset.at.file = p->n ? p->all[0].at.file : "opendmarc.conf";
    if (import_says_yes(param))
        import_set(imp, &imp->top, "dmarc.reject", SPAN("reject"), param);
    else
        import_set(imp, &imp->top, "enforce", SPAN("no"), param ? param : &unset);
    if (import_says_yes(hold))
        import_set(imp, &imp->top, "quarantine.by", SPAN("hold"), hold);
}

/** The text of a rejection, %s the domain. */
static void import_reply(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "RejectString");
    struct buf text = buf_new(4096);

    for (size_t i = 0; param && i < param->value.n; i++) {
        if (span_starts(span_from(param->value, i), SPAN("%s"))) {
            buf_puts(&text, "{author}");
            i++;
        } else {
            buf_putc(&text, param->value.p[i]);
        }
    }
    if (param && text.status == ASSAY_DONE)
        import_set(imp, &imp->top, "reply.text", buf_span(&text), param);
    imp->failed |= text.status == ASSAY_ENOMEM;
    buf_done(&text);
}

/** Authors whose mail was not looked at. */
static void import_ignored(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "IgnoreMailFrom");
    struct import_block *b;

    if (!param)
        return;
    b = import_block(imp, "policy", SPAN("ignored"), param->at);
    add_domains(imp, b, "when.author", param, import_base(p));
    import_set(imp, b, "enforce", SPAN("no"), param);
}

/** The hosts of a file are not looked at. */
static void import_hosts(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "IgnoreHosts");
    struct import_param file;

    if (!param)
        return;
    file = *param;
    file.value = import_path(imp, param->value, import_base(p));
    if (!imp->failed)
        import_internal(imp, &file, SPAN_EMPTY);
}

void import_opendmarc(struct import *imp, const struct import_params *p)
{
    const struct import_param *history = import_param(p, "HistoryFile"),
                              *required = import_param(p, "RequiredHeaders");

    import_common(imp, p, "auto");
    import_reject(imp, p);
    import_reply(imp, p);
    import_hosts(imp, p);
    import_ignored(imp, p);
    add_domains(imp, &imp->top, "arc.trusted", import_param(p, "DomainWhitelist"), import_base(p));
    add_domains_file(imp, import_param(p, "DomainWhitelistFile"), import_base(p));
    if (history)
        import_set(imp, &imp->top, "store", SPAN("/var/lib/assay/assay.db"), history);
    if (import_says_yes(required))
        import_set(imp, &imp->top, "message.no_from", SPAN("reject"), required);
}

/* ---- openarc ---- */

void import_openarc(struct import *imp, const struct import_params *p)
{
    const struct import_param *mode = import_param(p, "Mode"), *domain = import_param(p, "Domain"),
                              *selector = import_param(p, "Selector"),
                              *file = import_param(p, "KeyFile");
    bool seal = !mode || span_find(mode->value, 's') < mode->value.n ||
                span_find(mode->value, 'v') == mode->value.n;
    struct import_block *key, *b;

    import_common(imp, p, "auto");
    if (!seal)
        return;
    if (!domain || !selector || !file) {
        if (p->n)
            import_note(
                imp, p->all[0].at,
                "Domain, Selector and KeyFile stand together; one is missing, nothing is sealed");
        return;
    }
    key = import_block(imp, "key", SPAN("arc"), file->at);
    import_set(imp, key, "selector", selector->value, selector);
    import_set(imp, key, "domain", domain->value, domain);
    import_set(imp, key, "file", import_path(imp, file->value, import_base(p)), file);
    import_algorithm(imp, p, key);
    b = import_block(imp, "seal", SPAN_EMPTY, domain->at);
    import_set(imp, b, "key", SPAN("arc"), file);
    import_fields(imp, p, b, "fields");
}

/* ---- postsrsd ---- */

/** The option of either version. */
static const struct import_param *either(const struct import_params *p, const char *one,
                                         const char *two)
{
    const struct import_param *found = import_param(p, two);

    found = found ? found : import_param(p, one);
    return found && found->value.n ? found : NULL;
}

/** Local domains. */
static void import_local(struct import *imp, const struct import_params *p, struct import_block *b)
{
    const struct import_param *file = import_param(p, "domains-file");
    struct buf value = buf_new(8192);
    struct import_param named;

    add_domains(imp, b, "local", either(p, "SRS_EXCLUDE_DOMAINS", "domains"), SPAN_EMPTY);
    if (!file || !file->value.n)
        return;
    named = *file;
    buf_puts(&value, "file:");
    buf_put(&value, file->value);
    imp->failed |=
        value.status != ASSAY_DONE || !arena_copy(&imp->arena, buf_span(&value), &named.value);
    buf_done(&value);
    if (!imp->failed)
        add_domains(imp, b, "local", &named, SPAN_EMPTY);
}

/** A number of srs; one that does not fit is noted. */
static void import_hash(struct import *imp, const struct import_param *param,
                        struct import_block *b, const char *option)
{
    uint64_t n;

    if (!param)
        return;
    if (number_read(param->value, 27, &n) && n >= 4)
        import_set(imp, b, option, param->value, param);
    else
        import_note(imp, param->at, "%s is %.*s; %s takes 4 to 27", param->name.p,
                    SPAN_ARG(span_first(param->value, 80)), option);
}

/** unix:/PATH or inet:HOST:PORT; another form is noted. \return whether it was set */
static bool set_endpoint(struct import *imp, struct import_block *b,
                         const struct import_param *param)
{
    bool unix_path = span_starts(param->value, SPAN("unix:/"));
    bool inet = span_starts(param->value, SPAN("inet:127.")) ||
                span_starts(param->value, SPAN("inet:localhost:"));

    if (unix_path || inet) {
        import_set(imp, b, "listen", param->value, param);
        return true;
    }
    import_note(imp, param->at, "%s is %.*s: give listen a unix socket, or an address of this host",
                param->name.p, SPAN_ARG(span_first(param->value, 100)));
    return false;
}

/** Who asks: TCP tables become a socketmap. */
static void import_endpoints(struct import *imp, const struct import_params *p,
                             struct import_block *b, const struct import_param *any)
{
    const struct import_param *map = import_param(p, "socketmap"),
                              *milter = import_param(p, "milter"),
                              *port = either(p, "SRS_FORWARD_PORT", "SRS_FORWARD_PORT");

    if (map && map->value.n)
        set_endpoint(imp, b, map);
    if (!import_find_line(b, "listen"))
        import_set(imp, b, "listen", SPAN("unix:/var/spool/postfix/assay/srs.sock"),
                   port  ? port
                   : map ? map
                         : any);
    if (port)
        import_note(imp, port->at,
                    "SRS_FORWARD_PORT: in main.cf of Postfix write sender_canonical_maps = "
                    "socketmap:unix:assay/srs.sock:forward and recipient_canonical_maps = "
                    "socketmap:unix:assay/srs.sock:reverse in place of the tcp: tables");
    if (!milter || !milter->value.n)
        return;
    import_set(imp, b, "milter", SPAN("yes"), milter);
    if (import_find_block(imp, "milter", SPAN("in")))
        import_note(imp, milter->at,
                    "milter: one milter does all; take %.*s out of smtpd_milters of Postfix",
                    SPAN_ARG(span_first(milter->value, 100)));
    else
        set_endpoint(imp, import_block(imp, "milter", SPAN("in"), milter->at), milter);
}

/** The domain of rewritten senders. */
static void import_srs_domain(struct import *imp, const struct import_params *p,
                              struct import_block *b, const struct import_param *any)
{
    const struct import_param *domain = either(p, "SRS_DOMAIN", "srs-domain"),
                              *domains = import_param(p, "domains");
    assay_span rest = domains ? domains->value : SPAN_EMPTY, first = SPAN_EMPTY;

    while (!domain && span_cut(&rest, ' ', &first) && !first.n)
        ;
    if (domain || first.n) {
        first = domain ? domain->value : first;
        import_set(imp, b, "domain", span_from(first, first.p[0] == '.'),
                   domain ? domain : domains);
        return;
    }
    b->off = "The domain is not in these files; set it, and take the # away.";
    import_set(imp, b, "domain", SPAN("srs.example.org"), any);
    import_note(
        imp, any->at,
        "SRS_DOMAIN is not set: postsrsd took mydomain of Postfix; the srs block is written "
        "as a comment: set domain to what `postconf -h mydomain` prints");
}

void import_postsrsd(struct import *imp, const struct import_params *p)
{
    const struct import_param *secret = either(p, "SRS_SECRET", "secrets-file"),
                              *separator = either(p, "SRS_SEPARATOR", "separator"), *any;
    struct import_param unset = {.name = SPAN("the default of postsrsd")};
    struct import_block *b;

    if (!p->n)
        return;
    any = &p->all[0];
    unset.at = (struct import_place){.file = any->at.file};
    b = import_block(imp, "srs", SPAN_EMPTY, any->at);
    import_srs_domain(imp, p, b, &unset);
    import_set(imp, b, "secret", secret ? secret->value : SPAN("/etc/postsrsd.secret"),
               secret ? secret : &unset);
    import_endpoints(imp, p, b, &unset);
    import_hash(imp, either(p, "SRS_HASHLENGTH", "hash-length"), b, "hash_length");
    import_hash(imp, either(p, "SRS_HASHMIN", "hash-minimum"), b, "hash_least");
    if (separator)
        import_set(imp, b, "separator", separator->value, separator);
    import_local(imp, p, b);
    if (import_says_yes(import_param(p, "syslog")))
        import_set(imp, &imp->top, "log", SPAN("syslog"), import_param(p, "syslog"));
}
