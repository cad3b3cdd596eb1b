/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/key.h"

#include "base/base64.h"
#include "base/limits.h"
#include "cli/files.h"
#include "dns/alabel.h"

#include <sys/stat.h>

/** Octets of one string of a TXT record (RFC 1035 3.3). */
enum { STRING_MAX = 255 };

/** Complain of a name. */
static int refuse_name(const struct cli *cli, const char *option, const char *value,
                       const char *why)
{
    cli_complain(cli, "--%s %.100s: %s", option, value, why);
    return EXIT_USAGE;
}

/** Letters, digits, hyphens, underscores and dots alone: what selectors and domains are made of. */
static bool is_plain(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_alnum(name.p[i]) && !memchr("-_.", name.p[i], 3))
            return false;
    return name.n > 0;
}

/** Read one of the two. */
static int read_part(const struct cli *cli, const char *option, const char *value,
                     struct dns_name *ret)
{
    assay_status s = dns_to_alabels(span_of(value), ret);

    if (s == ASSAY_DONE && is_plain(dns_name_span(ret)))
        return 0;
    if (s != ASSAY_ENOMEM)
        return refuse_name(cli, option, value,
                           "no name: letters, digits and hyphens, parted by dots, are expected"
                           " (RFC 6376 3.1)");
    cli_complain(cli, "%s", assay_strstatus(s));
    return EXIT_SOFTWARE;
}

int key_name_read(const struct cli *cli, const char *selector, const char *domain,
                  struct key_name *ret)
{
    struct key_name name;
    int status = read_part(cli, "selector", selector, &name.selector);

    if (status == 0)
        status = read_part(cli, "domain", domain, &name.domain);
    if (status == 0 && dns_labels(dns_name_span(&name.domain)) < 2)
        status = refuse_name(cli, "domain", domain, "a domain such as example.org is expected");
    if (status == 0 && !dns_join(dns_name_span(&name.selector), "_domainkey",
                                 dns_name_span(&name.domain), &name.whole))
        status = refuse_name(cli, "selector", selector, "too long for a name of this domain");
    if (status == 0)
        *ret = name;
    return status;
}

/** Complain of a file that others may read. */
static void check_mode(const struct cli *cli, const char *path)
{
    struct stat about;

    if (stat(path, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & (S_IROTH | S_IWOTH)))
        cli_complain(cli, "%s: everyone on this machine may %s it (mode %04o): chmod o= %s", path,
                     about.st_mode & S_IWOTH ? "write" : "read", (unsigned)about.st_mode & 07777,
                     path);
}

int key_file_read(const struct cli *cli, const char *path, struct buf *ret)
{
    *ret = buf_new(4 * FILES_CHUNK);
    if (!buf_room(ret, 2 * FILES_CHUNK)) { /* so that no part of it is moved and left behind */
        cli_complain(cli, "%s: out of memory", path);
        return EXIT_SOFTWARE;
    }
    check_mode(cli, path);
    return files_read(cli, path, ret);
}

void key_put_record(enum key_type type, assay_span public, struct buf *out)
{
    char base64[(LIMIT_KEY + 2) / 3 * 4];

    base64_encode((const uint8_t *)public.p, public.n, base64);
    buf_puts(out, type == KEY_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
    buf_put(out, (assay_span){base64, base64_encoded(public.n)});
}

void key_put_zone_line(const struct key_name *name, assay_span record, struct buf *out)
{
    buf_put(out, dns_name_span(&name->whole));
    buf_puts(out, ". IN TXT");
    for (; record.n; record = span_from(record, STRING_MAX)) {
        buf_puts(out, " \"");
        buf_put(out, span_first(record, STRING_MAX));
        buf_putc(out, '"');
    }
}
