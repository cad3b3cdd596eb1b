/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_socketmap.c A client that sends anything, cut anywhere: what comes back is netstrings
 * with a status of socketmap_table(5), the same however it was cut; nothing follows a broken one.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "crypto/fuzz_engine.h"
#include "daemon/socketmap.h"
#include "srs/test_world.h"

enum { MOST = 1 << 20 };

/** A reply begins with one of these. */
static void check_status(assay_span text)
{
    static const char *const WORDS[] = {"OK ", "NOTFOUND ", "TEMP ", "PERM "};
    bool known = false;

    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        known |= span_starts(text, span_of(WORDS[i]));
    must(known);
}

/** All of it is netstrings. \return how many */
static size_t check_replies(assay_span out)
{
    size_t n = 0;

    for (; out.n; n++) {
        size_t length = 0, at = 0;

        for (; at < out.n && ascii_digit(out.p[at]); at++)
            length = length * 10 + (size_t)(out.p[at] - '0');
        must(at > 0 && at < 4 && out.n > at + length + 1 && out.p[at] == ':' &&
             out.p[at + 1 + length] == ',');
        check_status((assay_span){out.p + at + 1, length});
        out = span_from(out, at + length + 2);
    }
    return n;
}

/** Take what there is to send. */
static void receive(struct socketmap_session *s, struct buf *out)
{
    must(s->nout <= sizeof s->out);
    buf_put(out, socketmap_output(s));
    socketmap_sent(s, s->nout);
    must(s->nout == 0);
}

/** Send all of it in pieces of this size. \return what came back */
static struct buf talk(assay_span octets, size_t cut)
{
    static const assay_span LOCAL[] = {{".local.example", 14}};
    static const struct assay_srs SETTINGS = {.size = sizeof SETTINGS,
                                              .address = {"", 0},
                                              .forwarder = {"b.example", 9},
                                              .local = LOCAL,
                                              .nlocal = 1,
                                              .secret = {"", 0}};
    struct srs_secrets secrets = test_secrets("secret");
    struct socketmap_session s;
    struct buf out = buf_new(MOST);

    socketmap_init(&s, the_engine(), &SETTINGS);
    while (octets.n) {
        size_t n = socketmap_input(&s, span_first(octets, cut), TEST_NOW);

        must(n <= octets.n && (n || s.nout || s.eval));
        octets = span_from(octets, n);
        if (s.eval) {
            must(s.nout == 0);
            must(test_answer(the_engine(), s.eval, &secrets) == ASSAY_DONE);
            socketmap_answered(&s);
            must(!s.eval && s.nout);
        }
        receive(&s, &out);
    }
    socketmap_done(&s);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span octets = {(const char *)data + 1, n - 1};
    struct buf whole, cut;

    if (n < 1 || n > 1 << 16)
        return 0;
    whole = talk(octets, SIZE_MAX);
    cut = talk(octets, 1 + data[0] % 16);
    must(whole.status == ASSAY_DONE && cut.status == ASSAY_DONE);
    must(span_eq(buf_span(&whole), buf_span(&cut)));
    must(check_replies(buf_span(&whole)) <= n / 3 + 1);
    buf_done(&whole);
    buf_done(&cut);
    return 0;
}
