/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_sight.c Any octets as the certificate of a mail server: what is told of one that OpenSSL takes is
 * read back by probe/probe.h.
 */
#include "world/sight.c" /* its functions of one certificate */

#include "base/arena.h"
#include "base/fuzz_must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = buf_new(LIMIT_FACT);
    struct arena a = {0};
    const unsigned char *p = data;
    X509 *cert = d2i_X509(NULL, &p, (long)size);
    struct probe probe;
    assay_span where = SPAN_EMPTY;
    const char *why = "";

    if (cert) {
        buf_puts(&out, "starttls = yes\ntls = 1.3\n");
        put_cert(&out, cert, true);
        put_cert(&out, cert, false);
        must(out.status == ASSAY_DONE || out.status == ASSAY_ENOMEM);
        if (out.status == ASSAY_DONE) {
            if (probe_read(&a, buf_span(&out), &probe, &where, &why) != ASSAY_DONE) {
                fprintf(stderr, "%s: %.*s in %.*s\n", why, SPAN_ARG(where),
                        SPAN_ARG(buf_span(&out)));
                must(false);
            }
            must(probe.ncerts == 2 && probe.certs[0].leaf && !probe.certs[1].leaf);
            must(probe.certs[0].spki256.n == 32 && probe.certs[0].cert512.n == 64);
        }
    }
    ERR_clear_error();
    X509_free(cert);
    arena_done(&a);
    buf_done(&out);
    return 0;
}
