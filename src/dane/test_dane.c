/* SPDX-License-Identifier: BSD-2-Clause */
/* TLSA records are usable or not, and match a chain, as RFC 6698, 7671 and 7672 say. */
#include "dane/dane.h"

#include "dns/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The certificate of RFC 6698 appendix C: whole, its digests, its key, the digests of that. */
#define C_FULL                                                                                 \
    "30820454308202BC020900AB58D24E77AD2AF6300D06092A864886F70D0101050500306C310B300906035504" \
    "0613024E4C311630140603550408130D4E6F6F72642D486F6C6C616E643112301006035504071309416D7374" \
    "657264616D310C300A060355040A13034F5333312330210603550403131A64616E652E6B6965762E70726163" \
    "746963756D2E6F73332E6E6C301E170D3132303131363136353730335A170D3232303131333136353730335A" \
    "306C310B3009060355040613024E4C311630140603550408130D4E6F6F72642D486F6C6C616E643112301006" \
    "035504071309416D7374657264616D310C300A060355040A13034F5333312330210603550403131A64616E65" \
    "2E6B6965762E70726163746963756D2E6F73332E6E6C308201A2300D06092A864886F70D0101010500038201" \
    "8F003082018A0282018100E62C84A5AFE59F0A2A6B250DEE687AC8C5C604F57D26CEB2119140FFAC38C4B9CB" \
    "BE8923082E7F81626B6AD5DEA0C8771C74E3CAA7F613054AEFA3673E48FFE47B3F7AF987DE281A68230B24B9" \
    "DA1A98DCBE51195B60E42FD7517C328D983E26A827C877AB914EE4C1BFDEAD48BD25BE5F2C473BA9C1CBBDDD" \
    "A0C374D0D58C389CC3D6D8C20662E19CF768F32441B7F7D14AEA8966CE7C32A1722AB38623D008029A9E4702" \
    "883F8B977A1A1E5292BF8AD72239D4039337B86A3AC60FA001290452177BF1798609A05A130F033457A52126" \
    "29FBDDB8E70E2A9E6556873C4F7CA46AE4A8B178F05FB319005E1C1C7D4BD77DFA34035563C126AA2C3328B9" \
    "00E7990AC9787F01DA82F74C3D4B6674CCECE1FD4C6EF9E6644F4635EDEDA39D8B0E2F7C8E06DAE7756213BD" \
    "3D60831175BE290442B4AFC5AE6F46B769855A067C1097E617962529E166F22AEE10DDB981B8CD6FF17D3D70" \
    "723169038DBFBC1A449C8D0D31BC683C5F3CE26148E42EC9BBD4D9F261569B25B53C1D7FC2DDFF6B4CAC0502" \
    "03010001300D06092A864886F70D010105050003820181002B2ABE063E9C86AC4A1F7835372091079C8276A9" \
    "C2C5D1EC5764DE523FDDABDEAB3FD34E6FE6CBA054580A6785A663595D90132B93D473929E81FA0887D2FFF7" \
    "8A81C7D014B97778AB6AC9E5E690F6F5A9E92BB5FBAB71B857AE69B6E18BDCCB0BA6FCD9D4B084A34F363514" \
    "8C495D48FE635903B888EC1DEB2610548EDD48D63F86513A456246983148C0D5DB82D73A4C350A42BB661D76" \
    "3430FC6C8E5F9D13EA1B76AA52A4C358E5EA04000F794618303AB6CEEA4E9A8E9C74D73C1B0B7BAF16DEDE76" \
    "96B5E2F206F777100F5727E1684D4132F5E692F47AF6756EA8B421000BE031B5D8F0220E436B51FB154FE959" \
    "5333C13A2403F9DE08E5DDC5A22FD6182E339593E26374450220BC14F3E40FF33F084526B09C34250702E8A3" \
    "52B332CCCB0F9DE2CF2B338823B92AFC61C0B6B8ABDB5AF718ED8DDA97C298E46B82A01B14814868CFA4F2C3" \
    "6268BFFF4A591F42658BF75918902D3E426DFE1D5FF0FC6A212071F6DA8BD833FE2E560D87775E8EE9333C05" \
    "B6FB8EB56589D910DB5EA903"
#define C_256 "EFDDF0D915C7BDC5782C0881E1B2A95AD099FBDD06D7B1F77982D9364338D955"
#define C_512                                                                                  \
    "81EE7F6C0ECC6B09B7785A9418F54432DE630DD54DC6EE9E3C49DE547708D236D4C413C3E97E44F969E63595" \
    "8AA410495844127C04883503E5B024CF7A8F6A94"
#define K_FULL                                                                                 \
    "308201A2300D06092A864886F70D01010105000382018F003082018A0282018100E62C84A5AFE59F0A2A6B25" \
    "0DEE687AC8C5C604F57D26CEB2119140FFAC38C4B9CBBE8923082E7F81626B6AD5DEA0C8771C74E3CAA7F613" \
    "054AEFA3673E48FFE47B3F7AF987DE281A68230B24B9DA1A98DCBE51195B60E42FD7517C328D983E26A827C8" \
    "77AB914EE4C1BFDEAD48BD25BE5F2C473BA9C1CBBDDDA0C374D0D58C389CC3D6D8C20662E19CF768F32441B7" \
    "F7D14AEA8966CE7C32A1722AB38623D008029A9E4702883F8B977A1A1E5292BF8AD72239D4039337B86A3AC6" \
    "0FA001290452177BF1798609A05A130F033457A5212629FBDDB8E70E2A9E6556873C4F7CA46AE4A8B178F05F" \
    "B319005E1C1C7D4BD77DFA34035563C126AA2C3328B900E7990AC9787F01DA82F74C3D4B6674CCECE1FD4C6E" \
    "F9E6644F4635EDEDA39D8B0E2F7C8E06DAE7756213BD3D60831175BE290442B4AFC5AE6F46B769855A067C10" \
    "97E617962529E166F22AEE10DDB981B8CD6FF17D3D70723169038DBFBC1A449C8D0D31BC683C5F3CE26148E4" \
    "2EC9BBD4D9F261569B25B53C1D7FC2DDFF6B4CAC050203010001"
#define K_256 "8755CDAA8FE24EF16CC0F2C918063185E433FAAF1415664911D9E30A924138C4"
#define K_512                                                                                  \
    "D43165B4CDF8F8660AECCCC5344D9D9AE45FFD7E6AAB7AB9EEC169B58E11F227ED90C17330CC17B5CCEF0390" \
    "066008C720CEC6AAE533A934B3A2D7E232C94AB4"

/* Digests of certificates that are not there, and one of each length. */
#define A_256 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B_256 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define A_512 A_256 A_256
#define X_256 "1111111111111111111111111111111111111111111111111111111111111111"

#define LEAF_IS  "cert = leaf names=mx.shop.example from=2026-01-01 to=2026-12-31 "
#define DIGESTS  "spki256=" K_256 " cert256=" C_256
#define LEAF     LEAF_IS DIGESTS "\n"
#define LEAF_ALL LEAF_IS DIGESTS " spki512=" K_512 " cert512=" C_512 "\n"
#define CA       "cert = ca names=- from=2020-01-01 to=2030-12-31 spki256=" A_256 " cert256=" B_256 "\n"

enum { MOST = 8 };
static const int64_t NOW = 1795392000; /* 2026-11-23 */

/** An RRset as zone files write it. */
static assay_fact *tlsa_fact(const char *const *records)
{
    struct assay_answer answer = {.size = sizeof answer, .how = ASSAY_OK, .secure = ASSAY_SECURE};
    assay_span data[MOST];
    struct buf rdata[MOST];
    assay_fact *fact = NULL;
    const char *why = NULL;

    answer.data = data;
    for (; answer.n < MOST && records[answer.n]; answer.n++) {
        rdata[answer.n] = buf_new(8192);
        assert_true(
            dns_rdata_read(ASSAY_RR_TLSA, span_of(records[answer.n]), &rdata[answer.n], &why));
        data[answer.n] = buf_span(&rdata[answer.n]);
    }
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TLSA, &answer, &fact), ASSAY_DONE);
    for (size_t i = 0; i < answer.n; i++)
        buf_done(&rdata[i]);
    return fact;
}

static void records_are_usable_or_not_and_why(void **state)
{
    static const struct {
        const char *record;
        enum dane_fault fault;
        bool certificate;
    } ROWS[] = {
        {"3 1 1 " K_256, DANE_USABLE, false},       {"3 1 2 " K_512, DANE_USABLE, false},
        {"3 1 0 " K_FULL, DANE_USABLE, false},      {"2 0 1 " C_256, DANE_USABLE, false},
        {"2 0 0 " C_FULL, DANE_USABLE, true},       {"2 0 0 " K_FULL, DANE_USABLE, false},
        {"2 1 0 " C_FULL, DANE_USABLE, false},      {"3 0 0 " C_FULL, DANE_USABLE, false},
        {"0 0 1 " C_256, DANE_BAD_USAGE, false},    {"1 1 1 " K_256, DANE_BAD_USAGE, false},
        {"4 1 1 " K_256, DANE_BAD_USAGE, false},    {"255 1 1 " K_256, DANE_BAD_USAGE, false},
        {"3 2 1 " K_256, DANE_BAD_SELECTOR, false}, {"3 255 1 " K_256, DANE_BAD_SELECTOR, false},
        {"3 1 3 " K_256, DANE_BAD_MATCHING, false}, {"3 1 255 " K_256, DANE_BAD_MATCHING, false},
        {"3 1 1 " K_512, DANE_BAD_LENGTH, false},   {"3 1 2 " K_256, DANE_BAD_LENGTH, false},
        {"3 1 1 AB", DANE_BAD_LENGTH, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const char *const records[] = {ROWS[i].record, NULL};
        assay_fact *fact = tlsa_fact(records);
        const struct dane_rrset *set = NULL;

        assert_int_equal(dane_rrset_of(fact, &set), ASSAY_DONE);
        assert_int_equal(set->n, 1);
        if (set->records[0].fault != ROWS[i].fault ||
            set->records[0].certificate != ROWS[i].certificate)
            fail_msg("%.20s: fault %d, certificate %d", ROWS[i].record, set->records[0].fault,
                     set->records[0].certificate);
        assert_int_equal(set->nusable, ROWS[i].fault == DANE_USABLE);
        assert_int_equal(set->ee, ROWS[i].fault == DANE_USABLE && ROWS[i].record[0] == '3');
        assert_int_equal(set->ta, ROWS[i].fault == DANE_USABLE && ROWS[i].record[0] == '2');
        assay_fact_free(fact);
    }
}

/** Bits of what a comparison came to. */
enum { EE = 1, TA = 2, ANY = 4, UNKNOWN_ONE = 8, NOT_SENT = 16, NAMED = 32, DATED = 64 };

/** Records in canonical order, a chain, what each record comes to (n, m, s, u), and the whole. */
static const struct {
    const char *name, *records[MOST], *certs, *match;
    unsigned want;
} ROWS[] = {
    {"all of RFC 6698 appendix C",
     {"3 0 0 " C_FULL, "3 0 1 " C_256, "3 0 2 " C_512, "3 1 0 " K_FULL, "3 1 1 " K_256,
      "3 1 2 " K_512},
     LEAF_ALL,
     "mmmmmm",
     EE | ANY | NAMED | DATED},
    {"the key of the leaf", {"3 1 1 " K_256}, LEAF CA, "m", EE | ANY | NAMED | DATED},
    {"another key", {"3 1 1 " X_256}, LEAF CA, "n", NAMED | DATED},
    {"the next key beside",
     {"3 1 1 " X_256, "3 1 1 " K_256},
     LEAF CA,
     "nm",
     EE | ANY | NAMED | DATED},
    {"usage 3 is the leaf only", {"3 1 1 " A_256}, LEAF CA, "n", NAMED | DATED},
    {"usage 2 is any that was sent", {"2 0 1 " B_256}, LEAF CA, "m", TA | ANY | NAMED | DATED},
    {"usage 2 may be the leaf", {"2 1 1 " K_256}, LEAF, "m", TA | ANY | NAMED | DATED},
    {"usage 2 that was not sent", {"2 0 1 " B_256}, LEAF, "n", NAMED | DATED},
    {"a certificate in the record need not be sent",
     {"2 0 0 " C_FULL},
     LEAF_IS "spki256=" A_256 " cert256=" B_256,
     "s",
     NOT_SENT | NAMED | DATED},
    {"a key in the record has to be sent",
     {"2 1 0 " K_FULL},
     LEAF_IS "spki256=" A_256 " cert256=" B_256,
     "n",
     NAMED | DATED},
    {"the selector is kept apart", {"3 0 1 " K_256}, LEAF, "n", NAMED | DATED},
    {"unusable records match nothing, and nothing falls back to the roots of the web",
     {"1 1 1 " K_256},
     LEAF,
     "n",
     NAMED | DATED},
    {"an unusable one beside a usable one",
     {"1 1 1 " K_256, "3 1 1 " X_256},
     LEAF,
     "nn",
     NAMED | DATED},
    {"of two digests the stronger counts",
     {"3 1 1 " K_256, "3 1 2 " A_512},
     LEAF_ALL,
     "mn",
     ANY | NAMED | DATED},
    {"full data counts beside a digest",
     {"3 1 0 " K_FULL, "3 1 2 " A_512},
     LEAF_ALL,
     "mn",
     EE | ANY | NAMED | DATED},
    {"a stronger digest of another selector does not count",
     {"3 0 2 " A_512, "3 1 1 " K_256},
     LEAF_ALL,
     "nm",
     EE | ANY | NAMED | DATED},
    {"a stronger digest of another usage does not count",
     {"2 1 2 " A_512, "3 1 1 " K_256},
     LEAF_ALL,
     "nm",
     EE | ANY | NAMED | DATED},
    {"an unusable stronger digest does not count",
     {"3 1 1 " K_256, "3 1 2 " A_256},
     LEAF_ALL,
     "mn",
     EE | ANY | NAMED | DATED},
    {"a digest that is not told", {"3 1 2 " K_512}, LEAF, "u", UNKNOWN_ONE | NAMED | DATED},
    {"a digest that is told of the leaf only",
     {"2 1 2 " A_512},
     LEAF_ALL CA,
     "u",
     UNKNOWN_ONE | NAMED | DATED},
    {"no certificate", {"3 1 1 " K_256}, "", "u", UNKNOWN_ONE | DATED},
    {"another name",
     {"2 0 1 " B_256},
     "cert = leaf names=www.shop.example from=2026-01-01 to=2026-12-31 " DIGESTS "\n" CA,
     "m",
     TA | ANY | DATED},
    {"a wildcard",
     {"2 0 1 " B_256},
     "cert = leaf names=*.shop.example from=2026-01-01 to=2026-12-31 " DIGESTS "\n" CA,
     "m",
     TA | ANY | NAMED | DATED},
    {"the next hop",
     {"2 0 1 " B_256},
     "cert = leaf names=shop.example from=2026-01-01 to=2026-12-31 " DIGESTS "\n" CA,
     "m",
     TA | ANY | NAMED | DATED},
    {"an expired leaf",
     {"2 0 1 " B_256},
     "cert = leaf names=mx.shop.example from=2025-01-01 to=2026-11-22 " DIGESTS "\n" CA,
     "m",
     TA | ANY | NAMED},
    {"a leaf that is not valid yet",
     {"2 0 1 " B_256},
     "cert = leaf names=mx.shop.example from=2026-11-24 to=2027-11-22 " DIGESTS "\n" CA,
     "m",
     TA | ANY | NAMED},
    {"an expired leaf of usage 3 matches all the same",
     {"3 1 1 " K_256},
     "cert = leaf names=- from=2025-01-01 to=2026-01-22 " DIGESTS "\n",
     "m",
     EE | ANY},
    {"an expired certificate behind the one that matches",
     {"2 1 1 " K_256},
     LEAF "cert = ca names=- from=2020-01-01 to=2021-12-31\n",
     "m",
     TA | ANY | NAMED | DATED},
};

/** What a comparison came to, in bits. */
static unsigned bits_of(const struct dane_comparison *c)
{
    return (c->ee ? EE : 0) | (c->ta ? TA : 0) | (c->any ? ANY : 0) |
           (c->unknown ? UNKNOWN_ONE : 0) | (c->not_sent ? NOT_SENT : 0) | (c->named ? NAMED : 0) |
           (c->dated ? DATED : 0);
}

/** Compare one row. */
static bool row_holds(const struct assay_engine *engine, size_t i)
{
    const assay_span names[] = {SPAN("mx.shop.example"), SPAN("shop.example")};
    assay_fact *fact = tlsa_fact(ROWS[i].records);
    struct buf text = buf_new(1 << 16);
    struct arena a = {0};
    const struct dane_rrset *set = NULL;
    struct dane_comparison c;
    struct probe probe;
    assay_span where;
    const char *why;
    char match[MOST + 1] = "";

    buf_puts(&text, "starttls = yes\ntls = 1.3\n");
    buf_puts(&text, ROWS[i].certs);
    assert_int_equal(dane_rrset_of(fact, &set), ASSAY_DONE);
    assert_int_equal(probe_read(&a, buf_span(&text), &probe, &where, &why), ASSAY_DONE);
    assert_int_equal(dane_compare(engine, set, &probe, names, 2, NOW, &c), ASSAY_DONE);
    for (size_t k = 0; k < set->n; k++)
        match[k] = "nmsu"[c.match[k]];
    arena_done(&a);
    buf_done(&text);
    assay_fact_free(fact);
    if (strcmp(match, ROWS[i].match) == 0 && bits_of(&c) == ROWS[i].want)
        return true;
    printf("  %s: %s %u, wanted %s %u\n", ROWS[i].name, match, bits_of(&c), ROWS[i].match,
           ROWS[i].want);
    return false;
}

static void a_chain_is_compared_as_senders_do(void **state)
{
    struct assay_engine *engine = NULL;
    size_t wrong = 0;

    (void)state;
    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    for (size_t i = 0; i < COUNT(ROWS); i++)
        wrong += !row_holds(engine, i);
    assay_engine_free(engine);
    assert_int_equal(wrong, 0);
}

static void a_record_is_shown_in_short(void **state)
{
    static const struct {
        const char *record, *text;
    } TEXTS[] = {{"3 1 1 " K_256, "3 1 1 8755cdaa..."},
                 {"255 255 255 00", "255 255 255 00"},
                 {"3 1 1 01020304", "3 1 1 01020304"}};

    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        const char *const records[] = {TEXTS[i].record, NULL};
        assay_fact *fact = tlsa_fact(records);
        const struct dane_rrset *set = NULL;
        char out[DANE_TEXT];

        assert_int_equal(dane_rrset_of(fact, &set), ASSAY_DONE);
        assert_true(span_is(dane_text(&set->records[0], out), TEXTS[i].text));
        assay_fact_free(fact);
    }
}

static void records_have_a_limit(void **state)
{
    struct assay_answer answer = {.size = sizeof answer, .how = ASSAY_OK};
    assay_span data[LIMIT_TLSA + 1];
    char octets[LIMIT_TLSA + 1][4] = {{0}};
    const struct dane_rrset *set = NULL;
    assay_fact *fact = NULL;

    (void)state;
    for (; answer.n <= LIMIT_TLSA; answer.n++) {
        octets[answer.n][0] = 3;
        octets[answer.n][3] = (char)answer.n;
        data[answer.n] = (assay_span){octets[answer.n], 4};
    }
    answer.data = data;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TLSA, &answer, &fact), ASSAY_DONE);
    assert_int_equal(dane_rrset_of(fact, &set), ASSAY_DONE);
    assert_true(set->more && set->n == LIMIT_TLSA && set->nusable == LIMIT_TLSA);
    assay_fact_free(fact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_usable_or_not_and_why),
        cmocka_unit_test(a_chain_is_compared_as_senders_do),
        cmocka_unit_test(a_record_is_shown_in_short),
        cmocka_unit_test(records_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
