/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/model.h"
#include "case/test_case.h"
#include "dns/rdata.h"
#include "fact/fact.h"

/** A question to a world and its answer. Data are joined by commas as zone files write them. */
struct row {
    const char *claim, *dns;
    const char *type, *name;
    enum assay_how how;
    const char *data;
    size_t nchain;
    enum assay_secure secure;
    bool absent;
};

#define OK   ASSAY_OK
#define INS  ASSAY_INSECURE
#define SEC  ASSAY_SECURE
#define UNK  ASSAY_UNKNOWN
#define NX   ASSAY_NXDOMAIN
#define NONE ASSAY_NODATA

static const struct row ROWS[] = {
    {"a record is found", "a.example. A 192.0.2.1", "A", "a.example", OK, "192.0.2.1", 0, INS,
     false},
    {"the final dot may be missing", "a.example A 192.0.2.1", "A", "a.example", OK, "192.0.2.1", 0,
     INS, false},
    {"names are compared without case", "A.eXample. A 192.0.2.1", "A", "a.example", OK, "192.0.2.1",
     0, INS, false},
    {"\\DDD is an octet of a label", "\\065.example. A 192.0.2.1", "A", "a.example", OK,
     "192.0.2.1", 0, INS, false},
    {"\\. is a dot inside a label", "a\\.b.example. A 192.0.2.1", "A", "a\\.b.example", OK,
     "192.0.2.1", 0, INS, false},
    {"\\. parts no labels", "a\\.b.example. A 192.0.2.1", "A", "b.example", NX, "", 0, INS, true},
    {"\\\\ is a backslash", "a\\\\.example. A 192.0.2.1", "A", "a\\\\.example", OK, "192.0.2.1", 0,
     INS, false},
    {"a blank in a label is escaped", "a\\ b.example. A 192.0.2.1", "A", "a\\032b.example", OK,
     "192.0.2.1", 0, INS, false},
    {"a name beyond ASCII becomes A-labels",
     "b\xC3\xBC"
     "cher.example. A 192.0.2.1",
     "A", "xn--bcher-kva.example", OK, "192.0.2.1", 0, INS, false},
    {"TTL and class stand in either order", "a.example. IN 300 A 192.0.2.1", "A", "a.example", OK,
     "192.0.2.1", 0, INS, false},
    {"type and class have no case", "a.example. in a 192.0.2.1", "A", "a.example", OK, "192.0.2.1",
     0, INS, false},
    {"strings of one record are joined by who reads them", "a.example. TXT \"a\" \"b c\"", "TXT",
     "a.example", OK, "\"a\" \"b c\"", 0, INS, false},
    {"escapes stand inside strings", "a.example. TXT \"a\\\"b\\059\\\\\"", "TXT", "a.example", OK,
     "\"a\\\"b;\\\\\"", 0, INS, false},
    {"a comment begins outside of quotes", "a.example. TXT \"a;b\" ; \"c\"", "TXT", "a.example", OK,
     "\"a;b\"", 0, INS, false},
    {"an escaped quote ends no string", "a.example. TXT \"a\\\";b\"", "TXT", "a.example", OK,
     "\"a\\\";b\"", 0, INS, false},
    {"a word without quotes is a string", "a.example. TXT v=spf1", "TXT", "a.example", OK,
     "\"v=spf1\"", 0, INS, false},
    {"a word in quotes is data", "a.example. TXT \"TIMEOUT\"", "TXT", "a.example", OK,
     "\"TIMEOUT\"", 0, INS, false},
    {"a record given twice is once", "a.example. A 192.0.2.1\nA.example 60 A 192.0.2.1", "A",
     "a.example", OK, "192.0.2.1", 0, INS, false},
    {"records of one type are one answer", "a.example. MX 20 b.example\na.example. MX 10 C.example",
     "MX", "a.example", OK, "10 c.example.,20 b.example.", 0, INS, false},
    {"every type is read",
     "a.example AAAA 2001:db8::1\na.example NS n.example\na.example SOA n.example h.example 1 2 3 4 5\n"
     "a.example DS 1 8 2 00\na.example CAA 0 issue \"x\"\na.example SPF \"v=spf1\"\na.example PTR p.example\n"
     "a.example TLSA 3 1 1 00",
     "TLSA", "a.example", OK, "3 1 1 00", 0, INS, false},

    {"a name without this type has no data", "a.example. A 192.0.2.1", "TXT", "a.example", NONE, "",
     0, INS, false},
    {"a name that is not there does not exist", "a.example. A 192.0.2.1", "A", "b.example", NX, "",
     0, INS, true},
    {"a name above another exists", "a.b.example. A 192.0.2.1", "A", "b.example", NONE, "", 0, INS,
     false},
    {"a name that only ends alike is not above", "ab.example. A 192.0.2.1", "A", "b.example", NX,
     "", 0, INS, true},
    {"a name below another does not exist", "b.example. A 192.0.2.1", "A", "a.b.example", NX, "", 0,
     INS, true},
    {"the root exists above all", "a.example. A 192.0.2.1", "A", "", NONE, "", 0, INS, false},
    {"an asterisk is a label like others", "*.example. A 192.0.2.1", "A", "a.example", NX, "", 0,
     INS, true},
    {"an asterisk can be asked", "*.example. A 192.0.2.1", "A", "*.example", OK, "192.0.2.1", 0,
     INS, false},

    {"NXDOMAIN", "a.example. A NXDOMAIN", "A", "a.example", NX, "", 0, INS, false},
    {"NODATA", "a.example. A NODATA", "A", "a.example", NONE, "", 0, INS, false},
    {"SERVFAIL", "a.example. A SERVFAIL", "A", "a.example", ASSAY_SERVFAIL, "", 0, INS, false},
    {"REFUSED", "a.example. A REFUSED", "A", "a.example", ASSAY_REFUSED, "", 0, INS, false},
    {"TIMEOUT", "a.example. A TIMEOUT", "A", "a.example", ASSAY_TIMEOUT, "", 0, INS, false},
    {"BOGUS", "a.example. A BOGUS", "A", "a.example", ASSAY_BOGUS, "", 0, INS, false},
    {"TOOBIG", "a.example. A TOOBIG", "A", "a.example", ASSAY_TOOBIG, "", 0, INS, false},
    {"a word with a type is for that question only", "a.example. A TIMEOUT\na.example. TXT \"x\"",
     "TXT", "a.example", OK, "\"x\"", 0, INS, false},
    {"a word with ANY is for every type", "a.example. ANY TIMEOUT", "TXT", "a.example",
     ASSAY_TIMEOUT, "", 0, INS, false},
    {"data of a type stand before a word with ANY", "a.example. ANY TIMEOUT\na.example. TXT \"x\"",
     "TXT", "a.example", OK, "\"x\"", 0, INS, false},
    {"a name that is said not to exist does so for other types", "a.example. TXT NXDOMAIN", "A",
     "a.example", NX, "", 0, INS, false},
    {"a name that does not exist makes none above it", "a.b.example. TXT NXDOMAIN", "A",
     "b.example", NX, "", 0, INS, true},
    {"a name that does not answer is there", "a.b.example. TXT TIMEOUT", "A", "b.example", NONE, "",
     0, INS, false},

    {"a CNAME is followed", "a.example. CNAME b.example.\nb.example. A 192.0.2.1", "A", "a.example",
     OK, "192.0.2.1", 1, INS, false},
    {"a chain of CNAMEs is followed",
     "a.example. CNAME b.example.\nb.example. CNAME c.example\nc.example A 192.0.2.1", "A",
     "a.example", OK, "192.0.2.1", 2, INS, false},
    {"a CNAME itself can be asked", "a.example. CNAME b.example.", "CNAME", "a.example", OK,
     "b.example.", 0, INS, false},
    {"a CNAME to nowhere", "a.example. CNAME b.example.", "A", "a.example", NX, "", 1, INS, true},
    {"a CNAME to a name without the type", "a.example. CNAME b.example.\nb.example. TXT \"x\"", "A",
     "a.example", NONE, "", 1, INS, false},
    {"a CNAME to a failure", "a.example. CNAME b.example.\nb.example. A TIMEOUT", "A", "a.example",
     ASSAY_TIMEOUT, "", 1, INS, false},
    {"a loop fails", "a.example. CNAME b.example.\nb.example. CNAME a.example.", "A", "a.example",
     ASSAY_SERVFAIL, "", 0, INS, false},
    {"a CNAME to itself fails", "a.example. CNAME a.example.", "A", "a.example", ASSAY_SERVFAIL, "",
     0, INS, false},
    {"a type that the alias has itself stands first",
     "a.example. CNAME b.example.\na.example. A TIMEOUT", "A", "a.example", ASSAY_TIMEOUT, "", 0,
     INS, false},

    {"@secure counts for the name", "a.example A 192.0.2.1\n@secure a.example", "A", "a.example",
     OK, "192.0.2.1", 0, SEC, false},
    {"@secure counts for all below", "a.example A 192.0.2.1\n@secure example.", "A", "a.example",
     OK, "192.0.2.1", 0, SEC, false},
    {"@secure counts for denials", "@secure example", "A", "a.example", NX, "", 0, SEC, true},
    {"@secure does not count beside", "ab.example A 192.0.2.1\n@secure b.example", "A",
     "ab.example", OK, "192.0.2.1", 0, INS, false},
    {"the most specific mark counts",
     "@secure example\n@insecure b.example\na.b.example A 192.0.2.1", "A", "a.b.example", OK,
     "192.0.2.1", 0, INS, false},
    {"@unknown of the root counts for all", "@unknown .\na.example A 192.0.2.1", "A", "a.example",
     OK, "192.0.2.1", 0, UNK, false},
    {"a mark makes no name", "@secure b.example", "A", "b.example", NX, "", 0, SEC, true},
    {"the end of a chain has its own mark",
     "a.example CNAME b.example\nb.example A 192.0.2.1\n@secure b.example", "A", "a.example", OK,
     "192.0.2.1", 1, SEC, false},

    {"a suffix is the last label", "a.example A 192.0.2.1", "SUFFIX", "a.b.example", OK, "example",
     0, INS, false},
    {"@suffix is a suffix", "@suffix b.example.", "SUFFIX", "a.b.example", OK, "b.example", 0, INS,
     false},
    {"a name may be a suffix itself", "@suffix b.example.", "SUFFIX", "b.example", OK, "b.example",
     0, INS, false},
    {"the longest suffix counts", "@suffix example\n@suffix b.example.", "SUFFIX", "a.b.example",
     OK, "b.example", 0, INS, false},
    {"a GET has no answer", "", "GET", "https://a.example/", ASSAY_TIMEOUT, "", 0, INS, true},
    {"a PROBE has no answer", "", "PROBE", "a.example:25", ASSAY_TIMEOUT, "", 0, INS, true},
    {"a SIGN finds no key", "", "SIGN", "s._domainkey.a.example", ASSAY_REFUSED, "", 0, INS, true},
    {"a RECALL remembers nothing", "", "RECALL", "x", NONE, "", 0, INS, false},
};

/** Read a file that has to be one. */
static struct case_set *must_read(const char *text)
{
    struct case_set *set = NULL;
    struct case_error error;

    if (case_read(span_of(text), NULL, NULL, &set, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s in\n%s", error.line, error.column, error.text, text);
    return set;
}

/** The world of [dns] lines. */
static struct case_set *world_of(const char *dns)
{
    struct buf text = buf_new(1 << 24);
    struct case_set *set;

    buf_puts(&text, "[dns]\n");
    buf_puts(&text, dns);
    buf_putc(&text, '\0');
    set = must_read(text.p);
    buf_done(&text);
    return set;
}

/** Ask a case. */
static assay_fact *ask_one(const struct case_one *one, const char *type, const char *name,
                           bool *ret_absent)
{
    struct case_worlds worlds = case_worlds_of(one);
    struct assay_question q = {.name = span_of(name)};
    assay_fact *fact = NULL;

    assert_true(case_question_read(span_of(type), &q.kind, &q.rrtype));
    assert_int_equal(case_world_ask(&worlds, &q, &fact, ret_absent), ASSAY_DONE);
    return fact;
}

/** The data of an answer as text. */
static assay_span data_text(const struct assay_answer *a, uint16_t rrtype, struct buf *out)
{
    for (size_t i = 0; i < a->n; i++) {
        buf_puts(out, i ? "," : "");
        if (rrtype)
            dns_rdata_text(rrtype, a->data[i], out);
        else
            buf_put(out, a->data[i]);
    }
    return buf_span(out);
}

static void the_world_answers_as_the_manual_says(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const struct row *row = &ROWS[i];
        struct case_set *set = world_of(row->dns);
        struct buf text = buf_new(65536);
        struct assay_answer a;
        bool absent = false;
        assay_fact *fact = ask_one(case_at(set, 0), row->type, row->name, &absent);
        assay_span data;

        assay_fact_read(fact, &a);
        data = data_text(&a, dns_type_read(span_of(row->type)), &text);
        if (a.how != row->how || !span_is(data, row->data) || a.nchain != row->nchain ||
            a.secure != row->secure || absent != row->absent) {
            printf(
                "%s: wanted %s \"%s\", %zu aliases, security %d, absent %d; got %s \"%.*s\", %zu, %d, %d\n",
                row->claim, fact_how_text(row->how), row->data, row->nchain, row->secure,
                row->absent, fact_how_text(a.how), SPAN_ARG(data), a.nchain, a.secure, absent);
            faults++;
        }
        assay_fact_free(fact);
        buf_done(&text);
        case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

/** Questions that are not the DNS's, and a whole file each. */
static const struct {
    const char *claim, *text, *type, *name;
    enum assay_how how;
    const char *data;
    int http;
    const char *media, *reason;
    int64_t until;
    bool absent;
} THINGS[] = {
    {"a document is its lines, each with LF",
     "[web]\nGET https://a.example/x?y=1\n200 text/plain\n| a\n|  b\n|\n|c\n", "GET",
     "https://a.example/x?y=1", OK, "a\n b\n\nc\n", 200, "text/plain", "", 0, false},
    {"a document may be empty", "[web]\nGET https://a/\n404\n", "GET", "https://a/", OK, "", 404,
     "", "", 0, false},
    {"a document may be a file", "[web]\nGET https://a/\n200\nfile = x y\n", "GET", "https://a/",
     OK, "<x y>", 200, "", "", 0, false},
    {"lines of a document may get CRLF", "[web]\nGET https://a/\n200\nlines = crlf\n| a\n|\n| b\n",
     "GET", "https://a/", OK, "a\r\n\r\nb\r\n", 200, "", "", 0, false},
    {"octets of a document may stand in base64",
     "[web]\nGET https://a/\n200\n| a\nbase64 YgpjDQ==\nbase64 ZA==\n", "GET", "https://a/", OK,
     "a\nb\nc\rd", 200, "", "", 0, false},
    {"parameters of a media type are left out",
     "[web]\nGET https://a/\n200 text/plain; charset=utf-8 until=1970-01-02\n", "GET", "https://a/",
     OK, "", 200, "text/plain", "", 2 * 86400 - 1, false},
    {"the end of a certificate stands behind the status",
     "[web]\nGET https://a/\n301 until=1970-01-01T00:00:07Z\n", "GET", "https://a/", OK, "", 301,
     "", "", 7, false},
    {"a certificate that fails says why", "[web]\nGET https://a/\nTLS-ERROR expired until=9\n",
     "GET", "https://a/", ASSAY_TLSERROR, "", 0, "", "expired", 9, false},
    {"a host may not be there", "[web]\nGET https://a/\nNXDOMAIN\n", "GET", "https://a/", NX, "", 0,
     "", "", 0, false},
    {"a host may refuse", "[web]\nGET https://a/\nREFUSED port 443\n", "GET", "https://a/",
     ASSAY_REFUSED, "", 0, "", "port 443", 0, false},
    {"a document may be too big", "[web]\nGET https://a/\nTOOBIG\n", "GET", "https://a/",
     ASSAY_TOOBIG, "", 0, "", "", 0, false},
    {"another document is not there", "[web]\nGET https://a/\n404\n", "GET", "https://a/b",
     ASSAY_TIMEOUT, "", 0, "", "not in the case", 0, true},
    {"a case's own answer comes before the shared one",
     "[web]\nGET https://a/\n404\n[case]\n[web]\nGET https://a/\n200\n", "GET", "https://a/", OK,
     "", 200, "", "", 0, false},
    {"a shared answer is an answer", "[web]\nGET https://a/\n404\n[case]\n[web]\n", "GET",
     "https://a/", OK, "", 404, "", "", 0, false},

    {"a probe is its lines",
     "[smtp]\nPROBE MX.a.example.:25 192.0.2.1\n starttls = yes \n; a comment\n\ntls = 1.3\n",
     "PROBE", "mx.a.example:25", OK, "starttls = yes\ntls = 1.3\n", 0, "", "", 0, false},
    {"a greeting is a line", "[smtp]\nPROBE a:25\n554 go away\n", "PROBE", "a:25", OK,
     "554 go away\n", 0, "", "", 0, false},
    {"a probe may be refused", "[smtp]\nPROBE a:25\nREFUSED\n", "PROBE", "a:25", ASSAY_REFUSED, "",
     0, "", "", 0, false},
    {"another port is not there", "[smtp]\nPROBE a:25\nREFUSED\n", "PROBE", "a:26", ASSAY_TIMEOUT,
     "", 0, "", "not in the case", 0, true},

    {"a list is a file", "[lists]\nroots file = r\n", "LIST", "roots", OK, "<r>", 0, "", "", 0,
     false},
    {"a list may be built in", "[lists]\nroots = builtin\n[case]\n", "LIST", "roots", OK,
     "<builtin:roots>", 0, "", "", 0, false},
    {"a list may stand in the file",
     "[lists]\nlogs = builtin\nroots = lines\n| a = builtin\n|\nmore = lines\n| x\n", "LIST",
     "roots", OK, "a = builtin\n\n", 0, "", "", 0, false},
    {"a list may be out of reach", "[lists]\nroots = SERVFAIL\n", "LIST", "roots", ASSAY_SERVFAIL,
     "", 0, "", "", 0, false},
    {"another list is not there", "[lists]\nroots = builtin\n", "LIST", "logs", NONE, "", 0, "",
     "not in the case", 0, true},

    {"a record is remembered, its strings joined",
     "[recall]\nat = 1970-01-01T00:00:05Z\na.example TXT \"a\" \"b\"\n", "RECALL", "TXT a.example",
     OK, "ab", 0, "", "", 5, false},
    {"several records are remembered, each on a line",
     "[recall]\na.example TXT \"b\"\na.example TXT \"a\"\na.example MX 5 b.example.\n", "RECALL",
     "TXT a.example", OK, "b\na", 0, "", "", 0, false},
    {"what was not there is remembered, too", "[recall]\na.example TXT NXDOMAIN\n", "RECALL",
     "TXT a.example", NX, "", 0, "", "", 0, false},
    {"records of other types are remembered as a zone file has them",
     "[recall]\na.example MX 5 B.example.\n", "RECALL", "MX a.example", OK, "5 b.example.", 0, "",
     "", 0, false},
    {"a document is remembered", "[recall]\nat = 7\nGET   https://a/\n200 text/plain\n| x\n",
     "RECALL", "GET https://a/", OK, "x\n", 200, "text/plain", "", 7, false},
    {"what is remembered is no answer now", "[recall]\nGET https://a/\n200 text/plain\n", "GET",
     "https://a/", ASSAY_TIMEOUT, "", 0, "", "not in the case", 0, true},
    {"another record is not remembered", "[recall]\na.example TXT \"a\"\n", "RECALL",
     "TXT b.example", NONE, "", 0, "", "as the case says", 0, false},
    {"a domain that was deferred is remembered", "[recall]\ndeferred a.example since 9\n", "RECALL",
     "deferred a.example", OK, "9", 0, "", "as the case says", 0, false},

    {"signatures end", "[dns]\na.example TXT \"x\"\n@secure example until 1970-01-01T00:00:03Z\n",
     "TXT", "a.example", OK, "\001x", 0, "", "", 3, false},
    {"the end of the last name of a chain counts",
     "[dns]\na.example CNAME b.test\nb.test TXT \"x\"\n@secure example until 3\n@secure test until 4\n",
     "TXT", "a.example", OK, "\001x", 0, "", "", 4, false},
    {"the signatures of a type end apart",
     "[dns]\na.example TXT \"x\"\n@secure example until 3\n@until a.example TXT 2030-01-01\n",
     "TXT", "a.example", OK, "\001x", 0, "", "", 1893542399, false},
    {"those of another type do not",
     "[dns]\na.example TXT \"x\"\n@secure example until 3\n@until a.example MX 2030-01-01\n", "TXT",
     "a.example", OK, "\001x", 0, "", "", 3, false},
    {"what is not secure has no signatures",
     "[dns]\na.example TXT \"x\"\n@secure example until 3\n@insecure a.example\n", "TXT",
     "a.example", OK, "\001x", 0, "", "", 0, false},
};

/** A door whose files hold their own names. */
static assay_status open_name(void *arg, assay_span path, struct buf *out)
{
    (void)arg;
    buf_putc(out, '<');
    buf_put(out, path);
    buf_putc(out, '>');
    return ASSAY_DONE;
}

static void what_is_no_record_is_answered_as_the_manual_says(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof THINGS / sizeof *THINGS; i++) {
        struct case_set *set = NULL;
        struct case_error error;
        struct assay_answer a;
        assay_fact *fact;
        assay_span data;
        bool absent = false;

        if (case_read(span_of(THINGS[i].text), open_name, NULL, &set, &error) != ASSAY_DONE)
            fail_msg("%s: %zu:%zu: %s", THINGS[i].claim, error.line, error.column, error.text);
        fact = ask_one(case_at(set, 0), THINGS[i].type, THINGS[i].name, &absent);
        assay_fact_read(fact, &a);
        data = a.n ? a.data[0] : SPAN_EMPTY;
        if (a.how != THINGS[i].how || !span_is(data, THINGS[i].data) || a.http != THINGS[i].http ||
            !span_is(a.media_type, THINGS[i].media) || !span_is(a.reason, THINGS[i].reason) ||
            a.until != THINGS[i].until || absent != THINGS[i].absent) {
            printf("%s: wanted %s \"%s\" %d \"%s\" \"%s\" %lld %d; got %s \"%.*s\" %d \"%.*s\" "
                   "\"%.*s\" %lld %d\n",
                   THINGS[i].claim, fact_how_text(THINGS[i].how), THINGS[i].data, THINGS[i].http,
                   THINGS[i].media, THINGS[i].reason, (long long)THINGS[i].until, THINGS[i].absent,
                   fact_how_text(a.how), SPAN_ARG(data), a.http, SPAN_ARG(a.media_type),
                   SPAN_ARG(a.reason), (long long)a.until, absent);
            faults++;
        }
        assay_fact_free(fact);
        case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

static void a_server_says_what_stands_in_its_block(void **state)
{
    static const struct {
        const char *server, *name;
        enum assay_how how;
        bool absent;
        const char *reason;
    } ROWS_OF[] = {{"192.0.2.1", "a.example", OK, false, "aa"},
                   {"192.0.2.1", "b.example", NX, true, "aa"},
                   {"2001:db8::1", "a.example", ASSAY_REFUSED, false, ""},
                   {"192.0.2.2", "a.example", OK, false, ""},
                   {"192.0.2.2", "c.example", ASSAY_TIMEOUT, false,
                    "the server takes no connection over TCP"},
                   {"192.0.2.3", "a.example", ASSAY_TIMEOUT, true, "no such server in the case"},
                   {"", "a.example", NX, true, ""},
                   {"", "b.example", OK, false, ""}};
    struct case_set *set =
        world_of("@server 192.0.2.1\na.example TXT \"x\"\n@server 2001:DB8:0::1\n"
                 "a.example ANY REFUSED\n@server 192.0.2.2 lame no-tcp\na.example TXT \"x\"\n"
                 "c.example TXT TIMEOUT\n@server\n"
                 "b.example TXT \"x\"\n");
    struct case_worlds worlds = case_worlds_of(case_at(set, 0));

    (void)state;
    for (size_t i = 0; i < sizeof ROWS_OF / sizeof *ROWS_OF; i++) {
        struct assay_question q = {.kind = ASSAY_DNS,
                                   .rrtype = ASSAY_RR_TXT,
                                   .name = span_of(ROWS_OF[i].name),
                                   .data = span_of(ROWS_OF[i].server)};
        assay_fact *fact;
        bool absent;

        assert_int_equal(case_world_ask(&worlds, &q, &fact, &absent), ASSAY_DONE);
        if (fact->how != ROWS_OF[i].how || absent != ROWS_OF[i].absent ||
            !span_is(fact->reason, ROWS_OF[i].reason))
            fail_msg("%s of %s: wanted %s, got %s", ROWS_OF[i].name, ROWS_OF[i].server,
                     fact_how_text(ROWS_OF[i].how), fact_how_text(fact->how));
        assay_fact_free(fact);
    }
    case_set_free(set);
}

/** How a chain of `n` aliases answers. */
static enum assay_how chain_answer(size_t n, size_t *ret_links)
{
    struct buf dns = buf_new(1 << 16);
    struct case_set *set;
    struct assay_answer a;
    assay_fact *fact;

    for (size_t i = 0; i < n; i++)
        buf_printf(&dns, "a%zu.example CNAME a%zu.example\n", i, i + 1);
    buf_printf(&dns, "a%zu.example A 192.0.2.1\n", n);
    buf_putc(&dns, '\0');
    set = world_of(dns.p);
    fact = ask_one(case_at(set, 0), "A", "a0.example", NULL);
    assay_fact_read(fact, &a);
    *ret_links = a.nchain;
    assay_fact_free(fact);
    case_set_free(set);
    buf_done(&dns);
    return a.how;
}

static void sixteen_aliases_are_followed_and_no_more(void **state)
{
    size_t links;

    (void)state;
    assert_int_equal(chain_answer(16, &links), ASSAY_OK);
    assert_int_equal(links, 16);
    assert_int_equal(chain_answer(17, &links), ASSAY_SERVFAIL);
    assert_int_equal(links, 0);
}

static void each_alias_has_its_own_security(void **state)
{
    struct case_set *set =
        world_of("a.example CNAME b.example\nb.example CNAME c.example\nc.example A 192.0.2.1\n"
                 "@secure b.example\n@unknown c.example");
    assay_fact *fact = ask_one(case_at(set, 0), "A", "a.example", NULL);
    struct assay_answer a;

    (void)state;
    assay_fact_read(fact, &a);
    assert_int_equal(a.nchain, 2);
    assert_true(span_is(a.chain[0].owner, "a.example") && span_is(a.chain[0].target, "b.example"));
    assert_true(span_is(a.chain[1].owner, "b.example") && span_is(a.chain[1].target, "c.example"));
    assert_int_equal(a.chain[0].secure, ASSAY_INSECURE);
    assert_int_equal(a.chain[1].secure, ASSAY_SECURE);
    assert_int_equal(a.secure, ASSAY_UNKNOWN);
    assay_fact_free(fact);
    case_set_free(set);
}

static void a_suffix_says_where_it_is_from(void **state)
{
    struct case_set *set = world_of("@suffix example");
    assay_fact *fact = ask_one(case_at(set, 0), "SUFFIX", "a.example", NULL);
    struct assay_answer a;

    (void)state;
    assay_fact_read(fact, &a);
    assert_true(span_is(a.reason, "as the case says"));
    assay_fact_free(fact);
    case_set_free(set);
}

/** A file with a shared world and a case that adds to it, and how the case answers. */
static const struct {
    const char *claim, *shared, *own, *type, *name;
    enum assay_how how;
    const char *data;
    enum assay_secure secure;
} SHARED[] = {
    {"what is shared counts", "a.example A 192.0.2.1", "", "A", "a.example", OK, "192.0.2.1", INS},
    {"own records come in addition", "a.example A 192.0.2.1", "a.example A 192.0.2.2", "A",
     "a.example", OK, "192.0.2.1,192.0.2.2", INS},
    {"an own word stands in place of shared data", "a.example A 192.0.2.1", "a.example A TIMEOUT",
     "A", "a.example", ASSAY_TIMEOUT, "", INS},
    {"own data stand in place of a shared word", "a.example A TIMEOUT", "a.example A 192.0.2.1",
     "A", "a.example", OK, "192.0.2.1", INS},
    {"a shared name exists for the case", "a.example A 192.0.2.1", "", "TXT", "a.example", NONE, "",
     INS},
    {"an own mark wins over the same shared one", "@secure example\na.example A 192.0.2.1",
     "@unknown example", "A", "a.example", OK, "192.0.2.1", UNK},
    {"a more specific shared mark wins over an own one", "@secure a.example\na.example A 192.0.2.1",
     "@unknown example", "A", "a.example", OK, "192.0.2.1", SEC},
    {"an own alias leads to a shared name", "b.example A 192.0.2.1", "a.example CNAME b.example",
     "A", "a.example", OK, "192.0.2.1", INS},
    {"a shared alias leads to an own name", "a.example CNAME b.example", "b.example A 192.0.2.1",
     "A", "a.example", OK, "192.0.2.1", INS},
    {"a shared suffix counts", "@suffix b.example", "@suffix example", "SUFFIX", "a.b.example", OK,
     "b.example", INS},
};

static void a_case_adds_to_what_is_shared(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof SHARED / sizeof *SHARED; i++) {
        struct buf file = buf_new(65536), text = buf_new(65536);
        struct case_set *set;
        struct assay_answer a;
        assay_fact *fact;
        assay_span data;

        buf_printf(&file, "[dns]\n%s\n[case]\nname = x\n[dns]\n%s\n[case]\nname = other\n",
                   SHARED[i].shared, SHARED[i].own);
        buf_putc(&file, '\0');
        set = must_read(file.p);
        fact = ask_one(case_at(set, 0), SHARED[i].type, SHARED[i].name, NULL);
        assay_fact_read(fact, &a);
        data = data_text(&a, dns_type_read(span_of(SHARED[i].type)), &text);
        if (a.how != SHARED[i].how || !span_is(data, SHARED[i].data) ||
            a.secure != SHARED[i].secure) {
            printf("%s: wanted %s \"%s\" %d, got %s \"%.*s\" %d\n", SHARED[i].claim,
                   fact_how_text(SHARED[i].how), SHARED[i].data, SHARED[i].secure,
                   fact_how_text(a.how), SPAN_ARG(data), a.secure);
            faults++;
        }
        assay_fact_free(fact);
        case_set_free(set);
        buf_done(&file);
        buf_done(&text);
    }
    assert_int_equal(faults, 0);
}

static void ten_thousand_records_are_found_one_by_one(void **state)
{
    struct buf dns = buf_new(1 << 22);
    struct case_set *set;
    char name[64];

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        buf_printf(&dns, "n%u.d%u.example A 10.%u.%u.1\n", i, i % 97, i / 256, i % 256);
    buf_putc(&dns, '\0');
    set = world_of(dns.p);
    for (unsigned i = 0; i < 10000; i++) {
        struct assay_answer a;
        assay_fact *fact;

        snprintf(name, sizeof name, "n%u.d%u.example", i, i % 97);
        fact = ask_one(case_at(set, 0), "A", name, NULL);
        assay_fact_read(fact, &a);
        assert_int_equal(a.n, 1);
        assert_int_equal((unsigned char)a.data[0].p[2], i % 256);
        assay_fact_free(fact);
    }
    case_set_free(set);
    buf_done(&dns);
}

static void an_answer_is_made_once(void **state)
{
    struct case_set *set = world_of("a.example A 192.0.2.1");
    struct case_worlds worlds = case_worlds_of(case_at(set, 0));
    struct assay_question q = {.kind = ASSAY_DNS, .rrtype = ASSAY_RR_A, .name = SPAN("a.example")};
    assay_fact *first, *second, *other;

    (void)state;
    assert_int_equal(case_facts_ask(case_at(set, 0)->facts, &worlds, &q, &first), ASSAY_DONE);
    assert_int_equal(case_facts_ask(case_at(set, 0)->facts, &worlds, &q, &second), ASSAY_DONE);
    q.rrtype = ASSAY_RR_AAAA;
    assert_int_equal(case_facts_ask(case_at(set, 0)->facts, &worlds, &q, &other), ASSAY_DONE);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, other);
    assay_fact_free(first);
    assay_fact_free(second);
    assay_fact_free(other);
    case_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_world_answers_as_the_manual_says),
        cmocka_unit_test(what_is_no_record_is_answered_as_the_manual_says),
        cmocka_unit_test(a_server_says_what_stands_in_its_block),
        cmocka_unit_test(sixteen_aliases_are_followed_and_no_more),
        cmocka_unit_test(each_alias_has_its_own_security),
        cmocka_unit_test(a_suffix_says_where_it_is_from),
        cmocka_unit_test(a_case_adds_to_what_is_shared),
        cmocka_unit_test(ten_thousand_records_are_found_one_by_one),
        cmocka_unit_test(an_answer_is_made_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
