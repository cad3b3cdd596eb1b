/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_formats.h"

#include "dns/name.h"

const char TXT_FORMATS[] = "zone nsupdate octodns dnscontrol terraform paste";

enum { STRING = 255 };

/** What is written: a format's head, a record, its foot. */
struct format {
    const char *name;
    void (*head)(assay_span domain, struct buf *out);
    void (*record)(assay_span domain, unsigned ttl, const struct txt_record *r, struct buf *out);
};

/** A name as seen from its zone: "@" for the zone itself. */
static assay_span relative(assay_span name, assay_span domain, const char *apex)
{
    if (span_eq(name, domain))
        return span_of(apex);
    if (domain.n && dns_is_under(name, domain))
        return span_first(name, name.n - domain.n - 1);
    return name;
}

/** Append text between quotes, `"` and `\` escaped. */
static void put_quoted(assay_span text, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, text.p[i]);
    }
    buf_putc(out, '"');
}

/** Append text as the strings of a zone file, 255 octets each. */
static void put_strings(assay_span text, struct buf *out)
{
    do {
        put_quoted(span_first(text, STRING), out);
        text = span_from(text, STRING);
        if (text.n)
            buf_putc(out, ' ');
    } while (text.n);
}

static void no_head(assay_span domain, struct buf *out)
{
    (void)domain;
    (void)out;
}

/* ---- a zone file (RFC 1035 5.1) ---- */

static void zone_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                        struct buf *out)
{
    (void)domain;
    buf_put(out, r->name);
    buf_printf(out, ". %u IN TXT ", ttl);
    put_strings(r->text, out);
    buf_putc(out, '\n');
}

/* ---- nsupdate(1) (RFC 2136): a value goes, another comes, in one message ---- */

static void nsupdate_head(assay_span domain, struct buf *out)
{
    buf_puts(out, "zone ");
    buf_put(out, domain);
    buf_putc(out, '\n');
}

static void nsupdate_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                            struct buf *out)
{
    (void)domain;
    if (r->before.n) {
        buf_puts(out, "prereq yxrrset ");
        buf_put(out, r->name);
        buf_puts(out, ". TXT\nupdate delete ");
        buf_put(out, r->name);
        buf_puts(out, ". TXT ");
        put_strings(r->before, out);
        buf_putc(out, '\n');
    }
    buf_puts(out, "update add ");
    buf_put(out, r->name);
    buf_printf(out, ". %u TXT ", ttl);
    put_strings(r->text, out);
    buf_puts(out, "\nsend\n");
}

/* ---- octoDNS: YAML, a semicolon escaped ---- */

static void octodns_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                           struct buf *out)
{
    put_quoted(relative(r->name, domain, ""), out);
    buf_printf(out, ":\n  - type: TXT\n    ttl: %u\n    values:\n      - '", ttl);
    for (size_t i = 0; i < r->text.n; i++) {
        if (r->text.p[i] == ';')
            buf_putc(out, '\\');
        buf_putc(out, r->text.p[i]);
        if (r->text.p[i] == '\'')
            buf_putc(out, '\'');
    }
    buf_puts(out, "'\n");
}

/* ---- dnscontrol: JavaScript ---- */

static void dnscontrol_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                              struct buf *out)
{
    buf_puts(out, "TXT(");
    put_quoted(relative(r->name, domain, "@"), out);
    buf_puts(out, ", ");
    put_quoted(r->text, out);
    buf_printf(out, ", TTL(%u)),\n", ttl);
}

/* ---- Terraform: a resource of the dns provider, which speaks RFC 2136 ---- */

/** Append text as HCL has it: between quotes, with `${` and `%{`, which would begin a template, doubled. */
static void put_hcl(assay_span text, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '"' || c == '\\')
            buf_putc(out, '\\');
        if ((c == '$' || c == '%') && i + 1 < text.n && text.p[i + 1] == '{')
            buf_putc(out, c);
        buf_putc(out, c);
    }
    buf_putc(out, '"');
}

static void terraform_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                             struct buf *out)
{
    assay_span name = relative(r->name, domain, "spf");

    buf_puts(out, "resource \"dns_txt_record_set\" \"");
    for (size_t i = 0; i < name.n; i++)
        buf_putc(out, ascii_alnum(name.p[i]) || name.p[i] == '_' ? name.p[i] : '_');
    buf_puts(out, "\" {\n  zone = ");
    buf_putc(out, '"');
    buf_put(out, domain);
    buf_puts(out, ".\"\n");
    if (!span_eq(r->name, domain)) {
        buf_puts(out, "  name = ");
        put_hcl(name, out);
        buf_putc(out, '\n');
    }
    buf_puts(out, "  txt  = [");
    put_hcl(r->text, out);
    buf_printf(out, "]\n  ttl  = %u\n}\n", ttl);
}

/* ---- for the form of a web page ---- */

static void paste_record(assay_span domain, unsigned ttl, const struct txt_record *r,
                         struct buf *out)
{
    (void)domain;
    (void)ttl;
    buf_put(out, r->name);
    buf_putc(out, '\n');
    buf_put(out, r->text);
    buf_puts(out, "\n\n");
}

static const struct format FORMATS[] = {
    {"zone", no_head, zone_record},           {"nsupdate", nsupdate_head, nsupdate_record},
    {"octodns", no_head, octodns_record},     {"dnscontrol", no_head, dnscontrol_record},
    {"terraform", no_head, terraform_record}, {"paste", no_head, paste_record},
};

bool txt_write(const char *format, assay_span domain, unsigned ttl,
               const struct txt_record *records, size_t n, struct buf *out)
{
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strcmp(format, FORMATS[i].name) != 0)
            continue;
        FORMATS[i].head(domain, out);
        for (size_t k = 0; k < n; k++)
            FORMATS[i].record(domain, ttl, &records[k], out);
        return true;
    }
    return false;
}
