/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_srs.c Addresses of any octets, there and back: what was rewritten comes home, no
 * address is longer than allowed, and a changed hash brings nobody home.
 */
#include "base/fuzz_must.h"
#include "base/utf8.h"
#include "crypto/fuzz_engine.h"
#include "srs/test_world.h"

enum { OPTIONS = 6 };

/** The result of a rewriting that is not refused by how it was asked. */
static assay_eval *rewrite(const struct assay_srs *asked, const struct srs_secrets *secrets)
{
    assay_eval *eval = test_rewrite(the_engine(), asked, secrets);
    const struct assay_srs_rewrite *r;

    must(eval != NULL);
    r = assay_srs_result(eval);
    must(r->outcome == ASSAY_SRS_REWRITTEN || r->error.n);
    must(span_printable(r->error) && r->address.n <= LIMIT_SRS_ADDRESS + asked->address.n);
    if (r->outcome == ASSAY_SRS_UNCHANGED)
        must(span_eq(r->address, asked->address));
    if (r->outcome == ASSAY_SRS_REWRITTEN)
        must(utf8_ok(r->address) && r->address.n <= LIMIT_SRS_ADDRESS);
    return eval;
}

/** Both are the same mailbox: local parts octet for octet, quotes aside. */
static void check_same(assay_span a, assay_span b)
{
    struct srs_address x, y;
    struct arena arena = {0};
    const char *why;

    must(srs_address_read(&arena, a, &x, &why) == ASSAY_DONE && !why);
    must(srs_address_read(&arena, b, &y, &why) == ASSAY_DONE && !why);
    must(span_eq(x.local, y.local) && span_eq(x.domain, y.domain));
    arena_done(&arena);
}

/** The local part of an address, for SRS1: its first hop gets all of it but the tag. */
static bool is_srs(assay_span address)
{
    struct srs_address x;
    struct arena arena = {0};
    const char *why;
    bool is;

    must(srs_address_read(&arena, address, &x, &why) == ASSAY_DONE && !why);
    is = srs_tag(x.local) >= 0;
    arena_done(&arena);
    return is;
}

/** What was made comes home, with any secret that made it; without that secret it does not. */
static void check_way_home(const struct assay_srs *asked, assay_span made)
{
    struct srs_secrets later = test_secrets("new\nsecret"), others = test_secrets("new\nother");
    struct assay_srs back = *asked;
    assay_eval *home;

    back.reverse = true;
    back.address = made;
    home = rewrite(&back, &later);
    must(assay_srs_result(home)->outcome == ASSAY_SRS_REWRITTEN);
    if (!is_srs(asked->address))
        check_same(assay_srs_result(home)->address, asked->address);
    else
        must(is_srs(assay_srs_result(home)->address));
    assay_eval_free(home);
    home = rewrite(&back, &others); /* 4 characters: one of 2^24 is the same by chance */
    must(asked->hash_length < 8 || assay_srs_result(home)->outcome == ASSAY_SRS_REFUSED);
    assay_eval_free(home);
}

/** Rewrite it once more: never longer by a second SRS1, and SRS1 leads to the SRS0. */
static void check_there(const struct assay_srs *asked)
{
    struct srs_secrets secrets = test_secrets("secret");
    assay_eval *there = rewrite(asked, &secrets);
    const struct assay_srs_rewrite *r = assay_srs_result(there);
    struct assay_srs next = *asked;
    assay_eval *again;

    if (r->outcome == ASSAY_SRS_REWRITTEN) {
        if (asked->overflow != ASSAY_SRS_LONG)
            must(r->address.n <= 254 && r->address.n - asked->forwarder.n - 1 <= 64);
        check_way_home(asked, r->address);
        next.address = r->address;
        again = rewrite(&next, &secrets);
        must(assay_srs_result(again)->outcome == ASSAY_SRS_UNCHANGED);
        assay_eval_free(again);
        next.forwarder = SPAN("c.example");
        again = rewrite(&next, &secrets);
        if (assay_srs_result(again)->outcome == ASSAY_SRS_REWRITTEN)
            check_way_home(&next, assay_srs_result(again)->address);
        assay_eval_free(again);
    }
    assay_eval_free(there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char SEPARATORS[] = "=+-";
    static const unsigned LENGTHS[] = {0, 4, 8, 12, 27};
    static const assay_span FORWARDERS[] = {{"b.example", 9},
                                            {"b", 1},
                                            {"xn--bcher-kva.example", 21}};
    struct srs_secrets secrets = test_secrets("secret");
    struct assay_srs asked = {.size = sizeof asked, .now = TEST_NOW, .secret = SPAN_EMPTY};
    assay_span text = {(const char *)data, n};

    if (n < OPTIONS || n > 2000)
        return 0;
    asked.separator = SEPARATORS[data[0] % 3];
    asked.hash_length = LENGTHS[data[1] % 5];
    asked.overflow = (enum assay_srs_overflow)(data[2] % 3);
    asked.forwarder = FORWARDERS[data[3] % 3];
    asked.now += (int64_t)data[4] * TEST_DAY;
    asked.reverse = data[5] & 1;
    asked.address = span_from(text, OPTIONS);
    if (asked.reverse)
        assay_eval_free(rewrite(&asked, &secrets));
    else
        check_there(&asked);
    return 0;
}
