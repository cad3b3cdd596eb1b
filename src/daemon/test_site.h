/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_site.h A site for tests of the daemon under load: a folder, keys, a DNS server, a
 * configuration, and messages of which is known what becomes of each.
 */
#ifndef DAEMON_TEST_SITE_H
#define DAEMON_TEST_SITE_H

#include "base/base64.h"
#include "daemon/test_milter_client.h"
#include "daemon/test_names.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

enum { SITE_PATH = 64, SITE_ROWS = 8, SITE_BIG = 200000 };

/** Its messages. */
enum site_mail {
    SITE_SIGNED,  /**< passes by its signature: accepted */
    SITE_FORGED,  /**< of the same author, and nothing proves it: rejected */
    SITE_SPF,     /**< passes by its client and reverse-path alone: accepted */
    SITE_BIG_ONE, /**< as SIGNED, and large */
    SITE_OUT,     /**< ours: is to be signed */
    SITE_MAILS
};

/** The site. */
struct site {
    char folder[SITE_PATH], conf[SITE_PATH + 8];
    char in[SITE_PATH + 24], out[SITE_PATH + 24], control[SITE_PATH + 24]; /**< "unix:PATH" */
    char records[2][1024];
    struct names_row rows[SITE_ROWS];
    struct names names;
    struct buf mails[SITE_MAILS];
};

/** A program of the build. */
static inline void site_program(const char *name, char path[4096])
{
    const char *build = getenv("ASSAY_BUILD");

    snprintf(path, 4096, "%s/%s", build ? build : "build", name);
}

/** Make a key NAME.pem. \param record  gets its record */
static inline bool site_key(const struct site *s, const char *name, char record[1024])
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    unsigned char *der = NULL;
    int n = key ? i2d_PUBKEY(key, &der) : 0;
    char path[SITE_PATH + 32], text[1024] = "";
    FILE *f;
    bool fine;

    snprintf(path, sizeof path, "%s/%s.pem", s->folder, name);
    if (n > 0 && base64_encoded((size_t)n) < sizeof text)
        base64_encode(der, (size_t)n, text);
    snprintf(record, 1024, "v=DKIM1; k=rsa; p=%.900s", text);
    umask(077);
    f = fopen(path, "w");
    umask(022);
    fine = n > 0 && f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (f)
        fclose(f);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    return fine;
}

/** Write a message of an author. */
static inline void site_write(const char *author, size_t size, struct buf *out)
{
    *out = buf_new(1 << 20);
    buf_printf(out,
               "From: Ann <%s>\r\nTo: bob@example.net\r\nSubject: parcel\r\n"
               "Date: Sat, 1 Nov 2025 10:00:00 +0000\r\nMessage-ID: <1.%s>\r\n\r\n",
               author, author);
    while (out->n < size)
        buf_puts(out, "Dear customer, the parcel you ordered on Monday is on its way to you.\r\n");
}

/** Have a message signed by `assay sign`, in place. */
static inline bool site_sign(const struct site *s, struct buf *mail)
{
    char program[4096], command[8192], path[SITE_PATH + 32], piece[4096];
    FILE *f;
    size_t n;

    site_program("assay", program);
    snprintf(path, sizeof path, "%s/mail.eml", s->folder);
    if (!(f = fopen(path, "w")))
        return false;
    fwrite(mail->p, 1, mail->n, f);
    fclose(f);
    snprintf(command, sizeof command,
             "'%s' sign --no-check --key %s/good.pem --selector s1 --domain good.example %s",
             program, s->folder, path);
    if (!(f = popen(command, "r"))) /* NOLINT: a test's own command */
        return false;
    buf_clear(mail);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_put(mail, (assay_span){piece, n});
    return pclose(f) == 0 && mail->status == ASSAY_DONE;
}

/** Make the messages. */
static inline bool site_mails(struct site *s)
{
    site_write("ann@good.example", 2000, &s->mails[SITE_SIGNED]);
    site_write("ann@good.example", 2000, &s->mails[SITE_FORGED]);
    site_write("ann@spf.example", 2000, &s->mails[SITE_SPF]);
    site_write("ann@good.example", SITE_BIG, &s->mails[SITE_BIG_ONE]);
    site_write("ann@own.example", 2000, &s->mails[SITE_OUT]);
    return site_sign(s, &s->mails[SITE_SIGNED]) && site_sign(s, &s->mails[SITE_BIG_ONE]);
}

/** Write the configuration. \param more  lines of it */
static inline bool site_configure(const struct site *s, const char *more)
{
    FILE *f = fopen(s->conf, "w");

    if (!f)
        return false;
    fprintf(
        f,
        "authserv_id = mx.test.example\nresolver = %s\nlog.level = warning\ncache = 256k\n"
        "store = %s/store/assay.db\n%s\n"
        "control { listen = %s  mode = 0666 }\n"
        "milter \"in\" { listen = %s  mode = 0666  direction = in }\n"
        "milter \"out\" { listen = %s  mode = 0666  direction = out }\n"
        "sign \"own.example\" { key = main }\n"
        "key \"main\" { selector = k1  domain = own.example  file = %s/own.pem }\n"
        "srs { domain = srs.own.example  secret = %s/srs.secret  milter = yes  local = own.example }\n%s",
        s->names.at, s->folder, geteuid() ? "" : "user = nobody", s->control, s->in, s->out,
        s->folder, s->folder, more);
    return fclose(f) == 0;
}

/** A file with a line, for its owner alone. */
static inline bool site_secret(const struct site *s)
{
    char path[SITE_PATH + 32];
    FILE *f;

    snprintf(path, sizeof path, "%s/srs.secret", s->folder);
    umask(077);
    f = fopen(path, "w");
    umask(022);
    return f && fputs("a-secret-that-nobody-else-knows\n", f) >= 0 && fclose(f) == 0;
}

/** Make all but the daemon. \return false: something is missing */
static inline bool site_open(struct site *s)
{
    char path[SITE_PATH + 32];

    memset(s, 0, sizeof *s);
    snprintf(s->folder, sizeof s->folder, "/tmp/assay-site-XXXXXX");
    if (!mkdtemp(s->folder) || chmod(s->folder, 0755) != 0 || !site_key(s, "good", s->records[0]) ||
        !site_key(s, "own", s->records[1]) || !site_secret(s))
        return false;
    snprintf(path, sizeof path, "%s/store", s->folder);
    if (mkdir(path, 0777) != 0 || chmod(path, 0777) != 0)
        return false;
    snprintf(s->conf, sizeof s->conf, "%s/conf", s->folder);
    snprintf(s->in, sizeof s->in, "unix:%s/in.sock", s->folder);
    snprintf(s->out, sizeof s->out, "unix:%s/out.sock", s->folder);
    snprintf(s->control, sizeof s->control, "unix:%s/control.sock", s->folder);
    s->rows[0] = (struct names_row){"good.example", NAMES_TXT, "v=spf1 -all"};
    s->rows[1] = (struct names_row){"_dmarc.good.example", NAMES_TXT, "v=DMARC1; p=reject"};
    s->rows[2] = (struct names_row){"s1._domainkey.good.example", NAMES_TXT, s->records[0]};
    s->rows[3] = (struct names_row){"k1._domainkey.own.example", NAMES_TXT, s->records[1]};
    s->rows[4] = (struct names_row){"mail.client.example", NAMES_A, "203.0.113.9"};
    s->rows[5] = (struct names_row){"spf.example", NAMES_TXT, "v=spf1 ip4:203.0.113.9 -all"};
    s->rows[6] = (struct names_row){"_dmarc.spf.example", NAMES_TXT, "v=DMARC1; p=reject"};
    return names_start(&s->names, s->rows, 7) && site_mails(s);
}

/** Remove it. */
static inline void site_close(struct site *s)
{
    char command[SITE_PATH + 16];

    if (s->names.at[0])
        names_stop(&s->names);
    for (size_t i = 0; i < SITE_MAILS; i++)
        buf_done(&s->mails[i]);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    if (system(command) != 0) /* NOLINT: a test's own command */
        fprintf(stderr, "%s stays\n", s->folder);
}

/** What becomes of a message: accept, reject, defer, or 0: the filter hung up. */
enum site_fate { SITE_NOTHING, SITE_ACCEPTED, SITE_REJECTED, SITE_DEFERRED };

/** Read it of an answer. */
static inline enum site_fate site_fate(const struct mta_answer *a)
{
    switch (a->reply) {
    case MILTER_R_CONTINUE:
    case MILTER_R_ACCEPT: return SITE_ACCEPTED;
    case MILTER_R_TEMPFAIL: return SITE_DEFERRED;
    case MILTER_R_REPLYCODE:
        return a->text.n && a->text.p[0] == '4' ? SITE_DEFERRED : SITE_REJECTED;
    case MILTER_R_REJECT: return SITE_REJECTED;
    default: return SITE_NOTHING;
    }
}

/** What should become of a message. */
static inline enum site_fate site_right(enum site_mail mail)
{
    return mail == SITE_FORGED ? SITE_REJECTED : SITE_ACCEPTED;
}

/** A field of this name is put into the message. */
static inline bool site_has_edit(const struct mta_answer *a, const char *name)
{
    for (size_t i = 0; i < a->nedits; i++)
        if (a->edits[i].what == MILTER_R_INSHEADER && span_is(a->edits[i].name, name))
            return true;
    return false;
}

/** The envelope of a message. */
static inline struct mta_mail site_envelope(const struct site *s, enum site_mail mail)
{
    static const char *const RCPTS[] = {"<bob@example.net>", NULL};

    return (struct mta_mail){.from = mail == SITE_OUT   ? "<ann@own.example>"
                                     : mail == SITE_SPF ? "<ann@spf.example>"
                                                        : "<ann@good.example>",
                             .parameters = NULL,
                             .rcpts = RCPTS,
                             .message = buf_span(&s->mails[mail])};
}

#endif
