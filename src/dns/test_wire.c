/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/wire.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dns/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#ifdef HAVE_LDNS
#include <ldns/ldns.h>
#endif

/* Packets as literals. The question is for TXT of a.example: its name stands at 12, `example` at 14, the first
   record at 27. */
#define HEAD(flags, qd, an, ns, ar) "\x12\x34" flags "\0" qd "\0" an "\0" ns "\0" ar
#define FINE                        "\x81\x80"
#define NXDOMAIN                    "\x81\x83"
#define A_EXAMPLE                   "\1a\7example\0"
#define TO_A                        "\xC0\x0C" /* a pointer to a.example */
#define TO_EXAMPLE                  "\xC0\x0E" /* to example */
#define IN                          "\0\1"
#define TXT                         "\0\x10" IN
#define CNAME                       "\0\5" IN
#define SOA                         "\0\6" IN
#define QUESTION                    A_EXAMPLE TXT
#define TTL300                      "\0\0\1\x2c"
#define TTL60                       "\0\0\0\x3c"
#define HI                          "\0\3\2hi" /* RDLENGTH and RDATA */
#define SOA_DATA(minimum) \
    "\0\x1c\1n" TO_EXAMPLE "\1h" TO_EXAMPLE "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4" minimum

#define RRSIG_UNTIL(end) "\0\x0e\0\x10\x0d\2\0\0\1\x2c" end "\0\0"

/**
 * A packet and what is read of it: "EINVAL", or rcode, flags, TTL, chain and data as describe()
 * writes them.
 */
struct row {
    const char *what;
    assay_span packet;
    const char *want;
};

/** Write a reply as text. */
static void describe(assay_status s, const struct dns_reply *r, uint16_t rrtype, struct buf *out)
{
    if (s != ASSAY_DONE) {
        buf_puts(out, s == ASSAY_EINVAL ? "EINVAL" : "ENOMEM");
        return;
    }
    buf_printf(out, "%d%s%s%s%s%s ttl=%u", (int)r->rcode, r->authoritative ? " aa" : "",
               r->truncated ? " tc" : "", r->authentic ? " ad" : "", r->signatures ? " rrsig" : "",
               r->loop ? " loop" : "", r->ttl);
    if (r->until)
        buf_printf(out, " until=%lld", (long long)r->until);
    for (size_t i = 0; i < r->nchain; i++)
        buf_printf(out, " %.*s>%.*s", SPAN_ARG(r->chain[i].owner), SPAN_ARG(r->chain[i].target));
    for (size_t i = 0; i < r->n; i++) {
        buf_putc(out, ' ');
        dns_rdata_text(rrtype, r->rdata[i], out);
    }
}

/** Read a packet from memory of just its size, so that reading on is seen. */
static assay_status read_exact(struct arena *a, assay_span packet, assay_span name, uint16_t rrtype,
                               struct dns_reply *ret)
{
    char *copy = malloc(packet.n ? packet.n : 1);
    assay_status s;

    memcpy(copy, packet.p, packet.n);
    s = dns_reply_read(a, (assay_span){copy, packet.n}, name, rrtype, ret);
    free(copy); /* nothing of a reply may point into its packet */
    return s;
}

/** Compare what is read of a packet with what is wanted. */
static bool as_wanted(const char *what, assay_span packet, const char *name, uint16_t rrtype,
                      const char *want)
{
    struct arena a = {0};
    struct buf got = buf_new(1 << 20);
    struct dns_reply reply;
    assay_status s = read_exact(&a, packet, span_of(name), rrtype, &reply);
    bool agree;

    describe(s, &reply, rrtype, &got);
    agree = span_is(buf_span(&got), want);
    if (!agree)
        printf("%s: wanted %s, got %.*s\n", what, want, SPAN_ARG(buf_span(&got)));
    buf_done(&got);
    arena_done(&a);
    return agree;
}

/** Run a table. */
static void read_table(const struct row *rows, size_t n, const char *name, uint16_t rrtype)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        wrong += !as_wanted(rows[i].what, rows[i].packet, name, rrtype, rows[i].want);
    assert_int_equal(wrong, 0);
}

#define ONE_TXT HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI

static void a_reply_gives_chain_data_and_ttl(void **state)
{
    static const struct row ROWS[] = {
        {"one record", SPAN(ONE_TXT), "0 ttl=300 \"hi\""},
        {"the question in other letters",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") "\1A\7eXample\0" TXT TO_A TXT TTL300 HI),
         "0 ttl=300 \"hi\""},
        {"AD", SPAN(HEAD("\x81\xa0", "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI),
         "0 ad ttl=300 \"hi\""},
        {"two records, the smaller TTL",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A TXT TTL300 HI TO_A TXT TTL60
              "\0\2\1x"),
         "0 ttl=60 \"hi\" \"x\""},
        {"records of other owners and types",
         SPAN(HEAD(FINE, "\1", "\3", "\1", "\1")
                  QUESTION TO_EXAMPLE TXT TTL60 HI TO_A TXT TTL300 HI TO_A
              "\0\1" IN TTL60 "\0\4\1\2\3\4" TO_A TXT TTL60 HI TO_A TXT TTL60 HI),
         "0 ttl=300 \"hi\""},
        {"a record of class CH",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A "\0\x10\0\3" TTL60 HI), "0 ttl=0"},
        {"RRSIG is noted and ignored",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A TXT TTL300 HI TO_A "\0\x2e" IN TTL60
                                                                                  "\0\2xx"),
         "0 rrsig ttl=300 \"hi\""},
        {"the first signature that ends is noted",
         SPAN(HEAD("\x85\x80", "\1", "\4", "\0", "\0") QUESTION TO_A TXT TTL300 HI TO_A
              "\0\x2e" IN TTL60 RRSIG_UNTIL("\x96\x79\x24\x80") TO_A "\0\x2e" IN TTL60 RRSIG_UNTIL(
                  "\x38\x6d\x43\x80") TO_A "\0\x2e" IN TTL60 RRSIG_UNTIL("\xff\xff\xff\xff")),
         "0 aa rrsig ttl=300 until=946684800 \"hi\""},
        {"CNAME",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A CNAME TTL60
              "\0\4\1B" TO_EXAMPLE "\1b" TO_EXAMPLE TXT TTL300 HI),
         "0 ttl=60 a.example>b.example \"hi\""},
        {"CNAME behind its target",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION
              "\1b" TO_EXAMPLE TXT TTL300 HI TO_A CNAME TTL60 "\0\4\1b" TO_EXAMPLE),
         "0 ttl=60 a.example>b.example \"hi\""},
        {"CNAME to a name without the type",
         SPAN(HEAD(FINE, "\1", "\1", "\1", "\0") QUESTION TO_A CNAME TTL300
              "\0\4\1b" TO_EXAMPLE TO_EXAMPLE SOA TTL300 SOA_DATA(TTL60)),
         "0 ttl=60 a.example>b.example"},
        {"CNAME to a name that does not exist",
         SPAN(HEAD(NXDOMAIN, "\1", "\1", "\1", "\0") QUESTION TO_A CNAME TTL60
              "\0\4\1b" TO_EXAMPLE TO_EXAMPLE SOA TTL300 SOA_DATA(TTL300)),
         "3 ttl=60 a.example>b.example"},
        {"CNAME of another owner",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_EXAMPLE CNAME TTL60
              "\0\4\1b" TO_EXAMPLE "\1b" TO_EXAMPLE TXT TTL300 HI),
         "0 ttl=0"},
        {"the data of a name go before its CNAME",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A CNAME TTL60
              "\0\4\1b" TO_EXAMPLE TO_A TXT TTL300 HI),
         "0 ttl=300 \"hi\""},
        {"a TTL with the top bit is zero",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT "\x80\0\0\1" HI),
         "0 ttl=0 \"hi\""},
        {"the longest TTL",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT "\x7f\xff\xff\xff" HI),
         "0 ttl=2147483647 \"hi\""},
        {"OPT",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\1") QUESTION TO_A TXT TTL300 HI
              "\0\0\x29\x04\xd0\0\0\x80\0\0\0"),
         "0 ttl=300 \"hi\""},
        {"OPT with an extended RCODE: BADVERS",
         SPAN(HEAD(FINE, "\1", "\0", "\0", "\1") QUESTION "\0\0\x29\x04\xd0\1\0\0\0\0\0"),
         "16 ttl=0"},
        {"TC: the rest is not looked at",
         SPAN(HEAD("\x83\x80", "\1", "\7", "\0", "\0") QUESTION "\xff"), "0 tc ttl=0"},
        {"data with NXDOMAIN are none",
         SPAN(HEAD(NXDOMAIN, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI), "3 ttl=0"},
        {"SERVFAIL", SPAN(HEAD("\x81\x82", "\1", "\0", "\0", "\0") QUESTION), "2 ttl=0"},
        {"no strings at all would be no TXT; an empty one is",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 "\0\1\0"),
         "0 ttl=300 \"\""},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, "a.example", ASSAY_RR_TXT);
}

static void a_denial_lives_as_long_as_rfc_2308_says(void **state)
{
    static const struct row ROWS[] = {
        {"MINIMUM is smaller",
         SPAN(HEAD(NXDOMAIN, "\1", "\0", "\1", "\0")
                  QUESTION TO_EXAMPLE SOA TTL300 SOA_DATA(TTL60)),
         "3 ttl=60"},
        {"the SOA's TTL is smaller",
         SPAN(HEAD(FINE, "\1", "\0", "\1", "\0") QUESTION TO_EXAMPLE SOA TTL60 SOA_DATA(TTL300)),
         "0 ttl=60"},
        {"no SOA", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") QUESTION), "0 ttl=0"},
        {"the SOA of another zone",
         SPAN(HEAD(FINE, "\1", "\0", "\1", "\0") QUESTION "\1c\0" SOA TTL60 SOA_DATA(TTL300)),
         "0 ttl=0"},
        {"the SOA below the name",
         SPAN(HEAD(FINE, "\1", "\0", "\1", "\0") QUESTION "\1x" TO_A SOA TTL60 SOA_DATA(TTL300)),
         "0 ttl=0"},
        {"another zone's first",
         SPAN(HEAD(FINE, "\1", "\0", "\2", "\0") QUESTION "\1c\0" SOA TTL60 SOA_DATA(TTL60)
                  TO_EXAMPLE SOA TTL300 SOA_DATA(TTL300)),
         "0 ttl=300"},
        {"the SOA in the answer section",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_EXAMPLE SOA TTL60 SOA_DATA(TTL300)),
         "0 ttl=0"},
        {"a SOA cut short",
         SPAN(HEAD(FINE, "\1", "\0", "\1", "\0") QUESTION TO_EXAMPLE SOA TTL60 "\0\4\0\0\0\1"),
         "EINVAL"},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, "a.example", ASSAY_RR_TXT);
}

static void what_is_no_reply_to_this_question_is_refused(void **state)
{
    static const struct row ROWS[] = {
        {"empty", SPAN(""), "EINVAL"},
        {"a query: QR=0", SPAN(HEAD("\x01\0", "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI),
         "EINVAL"},
        {"opcode NOTIFY",
         SPAN(HEAD("\xa1\x80", "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI), "EINVAL"},
        {"no question", SPAN(HEAD(FINE, "\0", "\0", "\0", "\0")), "EINVAL"},
        {"a question that is not counted", SPAN(HEAD(FINE, "\0", "\0", "\0", "\0") QUESTION),
         "EINVAL"},
        {"two questions", SPAN(HEAD(FINE, "\2", "\0", "\0", "\0") QUESTION QUESTION), "EINVAL"},
        {"another name", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") "\1b\7example\0" TXT), "EINVAL"},
        {"a longer name", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") "\1b\1a\7example\0" TXT),
         "EINVAL"},
        {"another type", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") A_EXAMPLE "\0\1" IN), "EINVAL"},
        {"another class", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") A_EXAMPLE "\0\x10\0\3"),
         "EINVAL"},
        {"TC and another name", SPAN(HEAD("\x83\x80", "\1", "\0", "\0", "\0") "\1b\7example\0" TXT),
         "EINVAL"},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, "a.example", ASSAY_RR_TXT);
}

static void broken_packets_are_refused(void **state)
{
    static const struct row ROWS[] = {
        {"more answers than there are",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A TXT TTL300 HI), "EINVAL"},
        {"fewer answers than there are",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 HI TO_A TXT TTL300 HI),
         "EINVAL"},
        {"65,535 of each",
         SPAN("\x12\x34" FINE "\0\1\xff\xff\xff\xff\xff\xff" QUESTION TO_A TXT TTL300 HI),
         "EINVAL"},
        {"octets behind the last record", SPAN(ONE_TXT "\0"), "EINVAL"},
        {"a pointer to itself",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\xC0\x1b" TXT TTL300 HI), "EINVAL"},
        {"a pointer to the run it ends",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\1x\xC0\x1b" TXT TTL300 HI), "EINVAL"},
        {"two pointers in a circle",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A CNAME TTL300 "\0\4\xC0\x29\xC0\x27"),
         "EINVAL"},
        {"a forward pointer",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION "\xC0\x30" TXT TTL300
                                                          "\0\1\0" TO_A TXT TTL300 HI),
         "EINVAL"},
        {"a pointer behind the packet",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\xFF\xFF" TXT TTL300 HI), "EINVAL"},
        {"a pointer into the header",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\xC0\x04" TXT TTL300 HI), "EINVAL"},
        {"a question that points", SPAN(HEAD(FINE, "\1", "\0", "\0", "\0") "\xC0\x0C" TXT),
         "EINVAL"},
        {"a label of type 01",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\x41"
                                                          "x\0" TXT TTL300 HI),
         "EINVAL"},
        {"a label of type 10",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION "\x81x\0" TXT TTL300 HI), "EINVAL"},
        {"RDLENGTH longer than the packet",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 "\0\4\2hi"), "EINVAL"},
        {"a string longer than its RDATA",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 "\0\3\3hi"), "EINVAL"},
        {"no RDATA", SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A TXT TTL300 "\0\0"),
         "EINVAL"},
        {"one good record and a broken one",
         SPAN(HEAD(FINE, "\1", "\2", "\0", "\0") QUESTION TO_A TXT TTL300 HI TO_A TXT TTL300
              "\0\0"),
         "EINVAL"},
        {"CNAME data longer than its name",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A CNAME TTL300 "\0\5\1b" TO_EXAMPLE
                                                                            "x"),
         "EINVAL"},
        {"CNAME data shorter than its name",
         SPAN(HEAD(FINE, "\1", "\1", "\0", "\0") QUESTION TO_A CNAME TTL300 "\0\3\1b" TO_EXAMPLE),
         "EINVAL"},
        {"two OPT",
         SPAN(HEAD(FINE, "\1", "\0", "\0", "\2") QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\0"
                                                          "\0\0\x29\x04\xd0\0\0\0\0\0\0"),
         "EINVAL"},
        {"OPT with an owner",
         SPAN(HEAD(FINE, "\1", "\0", "\0", "\1") QUESTION TO_A "\0\x29\x04\xd0\0\0\0\0\0\0"),
         "EINVAL"},
    };

    (void)state;
    read_table(ROWS, sizeof ROWS / sizeof *ROWS, "a.example", ASSAY_RR_TXT);
}

static void a_packet_cut_anywhere_is_refused(void **state)
{
    static const assay_span PACKETS[] = {
        SPAN(ONE_TXT),
        SPAN(HEAD(NXDOMAIN, "\1", "\1", "\1", "\1") QUESTION TO_A CNAME TTL60
             "\0\4\1b" TO_EXAMPLE TO_EXAMPLE SOA TTL300 SOA_DATA(
                 TTL300) "\0\0\x29\x04\xd0\0\0\x80\0\0\0"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof PACKETS / sizeof *PACKETS; i++)
        for (size_t n = 0; n < PACKETS[i].n; n++)
            assert_true(
                as_wanted("cut", span_first(PACKETS[i], n), "a.example", ASSAY_RR_TXT, "EINVAL"));
}

/** A packet that is put together piece by piece. */
struct packet {
    size_t n;
    char p[70000];
};

/** Append octets. */
static void put(struct packet *k, assay_span s)
{
    memcpy(k->p + k->n, s.p, s.n);
    k->n += s.n;
}

/** Append a number of two octets. */
static void put2(struct packet *k, size_t n)
{
    put(k, (assay_span){(char[]){(char)(n >> 8), (char)n}, 2});
}

/** Append a name without compression. */
static void put_name(struct packet *k, const char *name)
{
    char wire[DNS_NAME_WIRE];

    put(k, (assay_span){wire, dns_name_wire(span_of(name), (uint8_t *)wire)});
}

/** Begin a reply to a question. */
static void begin(struct packet *k, const char *name, uint16_t rrtype, size_t answers)
{
    k->n = 0;
    put(k, SPAN("\x12\x34" FINE "\0\1"));
    put2(k, answers);
    put(k, SPAN("\0\0\0\0"));
    put_name(k, name);
    put2(k, rrtype);
    put(k, SPAN(IN));
}

/** Set the number of answers. */
static void count(struct packet *k, size_t answers)
{
    k->p[6] = (char)(answers >> 8);
    k->p[7] = (char)answers;
}

/** Append one record with a TTL of 300. */
static void put_record(struct packet *k, const char *owner, uint16_t rrtype, assay_span rdata)
{
    put_name(k, owner);
    put2(k, rrtype);
    put(k, SPAN(IN TTL300));
    put2(k, rdata.n);
    put(k, rdata);
}

/** Append a CNAME. */
static void put_cname(struct packet *k, const char *owner, const char *target)
{
    char wire[DNS_NAME_WIRE];

    put_record(k, owner, ASSAY_RR_CNAME,
               (assay_span){wire, dns_name_wire(span_of(target), (uint8_t *)wire)});
}

/** What the packet holds. */
static assay_span packet_span(const struct packet *k)
{
    return (assay_span){k->p, k->n};
}

/** A chain of CNAMEs n0 > n1 > ... with an address at its end. */
static void put_chain(struct packet *k, unsigned steps)
{
    char owner[20], target[20];

    begin(k, "n0.example", ASSAY_RR_A, steps + 1);
    for (unsigned i = 0; i < steps; i++) {
        snprintf(owner, sizeof owner, "n%u.example", i);
        snprintf(target, sizeof target, "n%u.example", i + 1);
        put_cname(k, owner, target);
    }
    snprintf(owner, sizeof owner, "n%u.example", steps);
    put_record(k, owner, ASSAY_RR_A, SPAN("\1\2\3\4"));
}

static void chains_end_at_the_limit(void **state)
{
    static struct packet k;
    struct arena a = {0};
    struct dns_reply reply;

    (void)state;
    for (unsigned steps = 0; steps <= LIMIT_CNAMES + 3; steps++) {
        bool over = steps > LIMIT_CNAMES;

        put_chain(&k, steps);
        assert_int_equal(read_exact(&a, packet_span(&k), SPAN("n0.example"), ASSAY_RR_A, &reply),
                         ASSAY_DONE);
        assert_int_equal(reply.loop, over);
        assert_int_equal(reply.nchain, over ? LIMIT_CNAMES : steps);
        assert_int_equal(reply.n, over ? 0 : 1);
        arena_rewind(&a);
    }
    arena_done(&a);
}

static void circles_of_cnames_are_told(void **state)
{
    static struct packet k;
    struct arena a = {0};
    struct dns_reply reply;

    (void)state;
    for (int length = 1; length <= 3; length++) {
        static const char *const NAMES[] = {"a.example", "b.example", "c.example"};

        begin(&k, "a.example", ASSAY_RR_A, (size_t)length);
        for (int i = 0; i < length; i++)
            put_cname(&k, NAMES[i], NAMES[(i + 1) % length]);
        assert_int_equal(read_exact(&a, packet_span(&k), SPAN("a.example"), ASSAY_RR_A, &reply),
                         ASSAY_DONE);
        assert_true(reply.loop);
        assert_int_equal(reply.n, 0);
    }
    begin(&k, "a.example", ASSAY_RR_CNAME, 1); /* asked for CNAME, none is followed */
    put_cname(&k, "a.example", "a.example");
    assert_true(
        as_wanted("CNAME", packet_span(&k), "a.example", ASSAY_RR_CNAME, "0 ttl=300 a.example."));
    arena_done(&a);
}

static void names_end_at_255_octets(void **state)
{
    static struct packet k;

    (void)state;
    for (size_t labels = 120; labels <= 130;
         labels++) { /* 127 labels of one octet, and the root, are 255 */
        begin(&k, "x", ASSAY_RR_A, 1);
        for (size_t i = 0; i < labels; i++)
            put(&k, SPAN("\1a"));
        put(&k, SPAN("\0\0\1" IN TTL300 "\0\4\1\2\3\4"));
        assert_true(as_wanted("long owner", packet_span(&k), "x", ASSAY_RR_A,
                              labels <= 127 ? "0 ttl=0" : "EINVAL"));
    }
}

static void a_pointer_may_follow_a_pointer_but_not_for_ever(void **state)
{
    static struct packet k;

    (void)state;
    for (unsigned pointers = 1; pointers < 300; pointers += 21) {
        size_t before = 12;

        begin(&k, "x", 999, 1);
        put(&k, SPAN("\0" /* the root owns the record that holds the pointers */
                     "\3\xe8" IN TTL300));
        put2(&k, pointers * 2);
        for (unsigned i = 0; i < pointers; i++) {
            size_t here = k.n;

            put2(&k, 0xC000 | before);
            before = here;
        }
        k.p[7] = 2;
        put2(&k, 0xC000 | before);
        put(&k, SPAN("\3\xe7" IN TTL300 "\0\0"));
        assert_true(as_wanted("pointers", packet_span(&k), "x", 999,
                              pointers < 127 ? "0 ttl=300 \\# 0 " : "EINVAL"));
    }
}

static void the_largest_packets_are_read_and_no_larger(void **state)
{
    static struct packet k;
    struct arena a = {0};
    struct dns_reply reply;
    size_t n = 0;

    (void)state;
    begin(&k, "a.example", ASSAY_RR_PTR, 0);
    while (k.n + 14 <= 65535) { /* the most records: pointers both as owner and as data */
        put(&k, SPAN(TO_A "\0\x0c" IN TTL300 "\0\2" TO_A));
        count(&k, ++n);
    }
    assert_int_equal(read_exact(&a, packet_span(&k), SPAN("a.example"), ASSAY_RR_PTR, &reply),
                     ASSAY_DONE);
    assert_int_equal(reply.n, n);
    put(&k, SPAN(TO_A "\0\x0c" IN TTL300 "\0\2" TO_A)); /* one more: no message is that long */
    count(&k, n + 1);
    assert_int_equal(dns_reply_read(&a, packet_span(&k), SPAN("a.example"), ASSAY_RR_PTR, &reply),
                     ASSAY_EINVAL);
    arena_done(&a);
}

static void counts_that_lie_cost_no_memory(void **state)
{
    assay_span packet = SPAN("\x12\x34" FINE "\0\1\xff\xff\xff\xff\xff\xff" QUESTION);
    struct arena a = {0};
    struct dns_reply reply;

    (void)state;
    assert_int_equal(read_exact(&a, packet, SPAN("a.example"), ASSAY_RR_TXT, &reply), ASSAY_EINVAL);
    assert_null(a.first);
    arena_done(&a);
}

static void names_in_data_come_uncompressed(void **state)
{
    static const struct {
        uint16_t rrtype;
        assay_span rdata;
        const char *want;
    } ROWS[] = {
        {ASSAY_RR_MX, SPAN("\0\x0a\2mx\xC0\x0E"), "0 ttl=300 10 mx.example."},
        {ASSAY_RR_MX, SPAN("\0\x0a\2MX\7EXAMPLE\0"), "0 ttl=300 10 mx.example."},
        {ASSAY_RR_MX, SPAN("\0\0\0"), "0 ttl=300 0 ."},
        {ASSAY_RR_MX, SPAN("\0"), "EINVAL"},
        {ASSAY_RR_MX, SPAN(""), "EINVAL"},
        {ASSAY_RR_MX, SPAN("\0\x0a"), "EINVAL"},
        {ASSAY_RR_NS, SPAN("\xC0\x0C"), "0 ttl=300 a.example."},
        {ASSAY_RR_PTR, SPAN("\xC0\x0C"), "0 ttl=300 a.example."},
        {ASSAY_RR_PTR, SPAN("\xC0"), "EINVAL"},
        {ASSAY_RR_SOA, SPAN("\xC0\x0C\xC0\x0E\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"),
         "0 ttl=300 a.example. example. 1 2 3 4 5"},
        {ASSAY_RR_SOA, SPAN("\xC0\x0C\xC0\x0E\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0"), "EINVAL"},
        {ASSAY_RR_SOA, SPAN("\xC0\x0C\xC0\x0E\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\6"),
         "EINVAL"},
        {ASSAY_RR_SOA, SPAN("\xC0\x0C"), "EINVAL"},
        {ASSAY_RR_A, SPAN("\1\2\3"), "EINVAL"},
        {ASSAY_RR_AAAA, SPAN("\1\2\3\4"), "EINVAL"},
        {ASSAY_RR_TLSA, SPAN("\3\1\1\xab"), "0 ttl=300 3 1 1 ab"},
        {999, SPAN("\xC0\x0C"), "0 ttl=300 \\# 2 c00c"},
    };
    static struct packet k;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        char what[30];

        begin(&k, "a.example", ROWS[i].rrtype, 1);
        put_record(&k, "a.example", ROWS[i].rrtype, ROWS[i].rdata);
        snprintf(what, sizeof what, "row %zu", i);
        wrong += !as_wanted(what, packet_span(&k), "a.example", ROWS[i].rrtype, ROWS[i].want);
    }
    assert_int_equal(wrong, 0);
}

static void a_query_is_written_as_servers_read_it(void **state)
{
    uint8_t out[DNS_QUERY_MAX];
    size_t n = dns_query_write(0x1234, SPAN("a.example"), ASSAY_RR_TXT, true, out);
    static const char WANT[] =
        "\x12\x34\x01\x20\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0\0";
    struct dns_name longest = {.n = 0};

    (void)state;
    assert_int_equal(n, sizeof WANT); /* the NUL of the literal is the last octet */
    assert_memory_equal(out, WANT, n);
    assert_int_equal(dns_query_write(1, SPAN_EMPTY, ASSAY_RR_SOA, false, out), 12 + 5 + 11);
    assert_int_equal(out[3], 0);
    memcpy(longest.p, "a", 1);
    for (longest.n = 1; longest.n < 253; longest.n += 2)
        memcpy(longest.p + longest.n, ".a", 2);
    assert_int_equal(dns_query_write(1, dns_name_span(&longest), 1, true, out), DNS_QUERY_MAX);
}

#ifdef HAVE_LDNS

static const char *const LABELS[] = {"a",   "b",     "mail",       "_dmarc", "Example",
                                     "COM", "x\\.y", "\\000\\255", "xn--a"};

/** A random name of a few labels, so that names share their ends. */
static void random_name(unsigned *seed, char *out, size_t size)
{
    size_t n = 0;

    for (int labels = 1 + rand_r(seed) % 4; labels > 0; labels--)
        n += (size_t)snprintf(out + n, size - n, "%s.",
                              LABELS[(size_t)rand_r(seed) % (sizeof LABELS / sizeof *LABELS)]);
}

/** A random record as text. */
static void random_record(unsigned *seed, const char *owner, uint16_t rrtype, char *out,
                          size_t size)
{
    char name[100], other[100];
    unsigned number = (unsigned)rand_r(seed) % 65536;

    random_name(seed, name, sizeof name);
    random_name(seed, other, sizeof other);
    switch (rrtype) {
    case ASSAY_RR_A: snprintf(out, size, "%s 300 IN A 192.0.2.%u", owner, number % 256); break;
    case ASSAY_RR_AAAA: snprintf(out, size, "%s 300 IN AAAA 2001:db8::%x", owner, number); break;
    case ASSAY_RR_MX: snprintf(out, size, "%s 300 IN MX %u %s", owner, number, name); break;
    case ASSAY_RR_NS: snprintf(out, size, "%s 300 IN NS %s", owner, name); break;
    case ASSAY_RR_PTR: snprintf(out, size, "%s 300 IN PTR %s", owner, name); break;
    case ASSAY_RR_CNAME: snprintf(out, size, "%s 300 IN CNAME %s", owner, name); break;
    case ASSAY_RR_SOA:
        snprintf(out, size, "%s 300 IN SOA %s %s 1 2 3 4 %u", owner, name, other, number);
        break;
    case ASSAY_RR_TLSA: snprintf(out, size, "%s 300 IN TLSA 3 1 1 %08x", owner, number); break;
    default:
        snprintf(out, size, "%s 300 IN TXT \"v=%u\" \"\\%03u\"", owner, number, number % 256);
        break;
    }
}

/** Add a record to a section of an ldns packet. */
static void push(ldns_pkt *pkt, ldns_pkt_section section, const char *text)
{
    ldns_rr *rr = NULL;

    assert_int_equal(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL), LDNS_STATUS_OK);
    ldns_pkt_push_rr(pkt, section, rr);
}

/** RDATA of a record as ldns writes it, without compression. */
static void ldns_rdata(const ldns_rr *rr, uint16_t rrtype, struct buf *out)
{
    ldns_buffer *b = ldns_buffer_new(1000);

    assert_int_equal(ldns_rr_rdata2buffer_wire(b, rr), LDNS_STATUS_OK);
    dns_rdata_canonical(rrtype, (assay_span){(char *)ldns_buffer_begin(b), ldns_buffer_position(b)},
                        out);
    ldns_buffer_free(b);
}

/** A random reply, compressed by ldns. \return its octets; free them */
static uint8_t *random_packet(unsigned *seed, const char *owner, uint16_t rrtype, ldns_pkt *pkt,
                              size_t *n)
{
    char line[400], other[100];
    uint8_t *wire = NULL;

    for (int i = rand_r(seed) % 6; i > 0; i--) {
        bool ours = rand_r(seed) % 3 > 0;

        random_name(seed, other, sizeof other);
        random_record(seed, ours ? owner : other, rrtype, line, sizeof line);
        push(pkt, LDNS_SECTION_ANSWER, line);
    }
    for (int i = rand_r(seed) % 3; i > 0; i--) {
        random_name(seed, other, sizeof other);
        random_record(seed, other, ASSAY_RR_SOA, line, sizeof line);
        push(pkt, rand_r(seed) % 2 ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ADDITIONAL, line);
    }
    assert_int_equal(ldns_pkt2wire(&wire, pkt, n), LDNS_STATUS_OK);
    return wire;
}

/** Say what differs. */
static void print_difference(uint16_t rrtype, assay_span want, assay_span got)
{
    struct buf a = buf_new(4000);

    buf_puts(&a, "wanted ");
    dns_rdata_text(rrtype, want, &a);
    buf_puts(&a, ", got ");
    dns_rdata_text(rrtype, got, &a);
    printf("type %u: %.*s\n", rrtype, SPAN_ARG(buf_span(&a)));
    buf_done(&a);
}

/** Both data are the same but for the case of names. */
static void compare_record(const ldns_rr *rr, uint16_t rrtype, assay_span rdata)
{
    struct buf want = buf_new(1000), got = buf_new(1000);
    bool agree;

    ldns_rdata(rr, rrtype, &want);
    dns_rdata_canonical(rrtype, rdata, &got);
    agree = span_eq(buf_span(&got), buf_span(&want));
    if (!agree)
        print_difference(rrtype, buf_span(&want), buf_span(&got));
    buf_done(&want);
    buf_done(&got);
    assert_true(agree);
}

/** Compare the records of the owner that ldns knows with those that were read. */
static void compare_data(const ldns_pkt *pkt, const char *owner, uint16_t rrtype,
                         const struct dns_reply *reply)
{
    const ldns_rr_list *answer = ldns_pkt_answer(pkt);
    ldns_rdf *name = ldns_dname_new_frm_str(owner);
    size_t at = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(answer, i);

        if (ldns_dname_compare(ldns_rr_owner(rr), name) != 0)
            continue;
        assert_true(at < reply->n);
        compare_record(rr, rrtype, reply->rdata[at++]);
    }
    assert_int_equal(at, reply->n);
    ldns_rdf_deep_free(name);
}

/** One round against ldns: the same records of a packet that it compressed. */
static void round_with_ldns(unsigned *seed)
{
    static const uint16_t TYPES[] = {ASSAY_RR_A,    ASSAY_RR_AAAA,  ASSAY_RR_MX,
                                     ASSAY_RR_NS,   ASSAY_RR_PTR,   ASSAY_RR_SOA,
                                     ASSAY_RR_TLSA, ASSAY_RR_CNAME, ASSAY_RR_TXT};
    uint16_t rrtype = TYPES[(size_t)rand_r(seed) % (sizeof TYPES / sizeof *TYPES)];
    ldns_pkt *pkt = ldns_pkt_new(), *again = NULL;
    struct arena a = {0};
    struct dns_reply reply;
    struct dns_name name;
    char owner[100];
    uint8_t *wire;
    size_t n;

    random_name(seed, owner, sizeof owner);
    assert_true(dns_name_read(span_of(owner), &name));
    ldns_pkt_set_qr(pkt, true);
    ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, ldns_rr_new_frm_type((ldns_rr_type)rrtype));
    ldns_rr_set_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0), ldns_dname_new_frm_str(owner));
    ldns_rr_set_question(ldns_rr_list_rr(ldns_pkt_question(pkt), 0), true);
    wire = random_packet(seed, owner, rrtype, pkt, &n);
    assert_int_equal(read_exact(&a, (assay_span){(char *)wire, n}, dns_name_span(&name), rrtype,
                                &reply),
                     ASSAY_DONE);
    compare_data(pkt, owner, rrtype, &reply);

    wire[(size_t)rand_r(seed) % n] =
        (uint8_t)rand_r(seed); /* what both still read, they read alike */
    if (read_exact(&a, (assay_span){(char *)wire, n}, dns_name_span(&name), rrtype, &reply) ==
            ASSAY_DONE &&
        !reply.truncated && reply.rcode == DNS_NOERROR && reply.nchain == 0 &&
        ldns_wire2pkt(&again, wire, n) == LDNS_STATUS_OK) {
        const ldns_rr_list *list = ldns_pkt_answer(again);
        size_t same = 0;

        for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
            same += ldns_rr_get_type(ldns_rr_list_rr(list, i)) == (ldns_rr_type)rrtype &&
                    ldns_rr_get_class(ldns_rr_list_rr(list, i)) == LDNS_RR_CLASS_IN;
        if (same == ldns_rr_list_rr_count(list))
            compare_data(again, owner, rrtype, &reply);
    }
    ldns_pkt_free(again);
    ldns_pkt_free(pkt);
    free(wire);
    arena_done(&a);
}

/** What dns_query_write() makes is a query for ldns too. */
static void query_with_ldns(unsigned *seed)
{
    uint8_t out[DNS_QUERY_MAX];
    char text[100], *owner;
    struct dns_name name, asked;
    ldns_pkt *pkt = NULL;
    size_t n;

    random_name(seed, text, sizeof text);
    assert_true(dns_name_read(span_of(text), &name));
    n = dns_query_write(0xBEEF, dns_name_span(&name), ASSAY_RR_MX, true, out);
    assert_int_equal(ldns_wire2pkt(&pkt, out, n), LDNS_STATUS_OK);
    assert_int_equal(ldns_pkt_id(pkt), 0xBEEF);
    assert_true(ldns_pkt_edns_do(pkt) && ldns_pkt_rd(pkt) && ldns_pkt_ad(pkt) && !ldns_pkt_qr(pkt));
    assert_int_equal(ldns_pkt_edns_udp_size(pkt), 1232);
    owner = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0)));
    assert_true(dns_name_read(span_of(owner), &asked));
    assert_true(span_eq(dns_name_span(&asked), dns_name_span(&name)));
    free(owner);
    ldns_pkt_free(pkt);
}

static void ldns_agrees_on_packets_that_it_compressed(void **state)
{
    unsigned seed = 4711;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        round_with_ldns(&seed);
        if (i % 20 == 0)
            query_with_ldns(&seed);
    }
}

#else

static void ldns_agrees_on_packets_that_it_compressed(void **state)
{
    (void)state;
    skip(); /* libldns-dev is not here */
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_gives_chain_data_and_ttl),
        cmocka_unit_test(a_denial_lives_as_long_as_rfc_2308_says),
        cmocka_unit_test(what_is_no_reply_to_this_question_is_refused),
        cmocka_unit_test(broken_packets_are_refused),
        cmocka_unit_test(a_packet_cut_anywhere_is_refused),
        cmocka_unit_test(chains_end_at_the_limit),
        cmocka_unit_test(circles_of_cnames_are_told),
        cmocka_unit_test(names_end_at_255_octets),
        cmocka_unit_test(a_pointer_may_follow_a_pointer_but_not_for_ever),
        cmocka_unit_test(the_largest_packets_are_read_and_no_larger),
        cmocka_unit_test(counts_that_lie_cost_no_memory),
        cmocka_unit_test(names_in_data_come_uncompressed),
        cmocka_unit_test(a_query_is_written_as_servers_read_it),
        cmocka_unit_test(ldns_agrees_on_packets_that_it_compressed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
