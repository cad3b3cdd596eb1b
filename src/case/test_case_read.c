/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/model.h"
#include "case/test_case.h"

/** Files that are read, and how many cases they have. */
static const struct {
    const char *claim, *text;
    size_t cases;
} GOOD[] = {
    {"an empty file has no case", "", 0},
    {"comments and blank lines alone are no case", "; a comment\n\n \t; another\n", 0},
    {"a world without [case] is one case", "[dns]\na.example A 192.0.2.1\n", 1},
    {"a file without [case] is one case", "[envelope]\nip = 192.0.2.1\n[expect]\nspf = none\n", 1},
    {"each [case] begins a new one", "[case]\n[case]\nname = b\n[case]\n", 3},
    {"what is shared is no case of its own", "[dns]\na.example A 192.0.2.1\n[case]\n", 1},
    {"lines end in CRLF too",
     "[case]\r\nname = a\r\n[envelope]\r\nip = 192.0.2.1\r\n[message]\r\n| From: a\r\n", 1},
    {"the last line needs no end", "[case]\nname = a", 1},
    {"blanks before and behind a line do not count", "  [case]  \n\tname   =   a b  \n", 1},
    {"the mark of UTF-8 is skipped", "\xEF\xBB\xBF[case]\nname = a\n", 1},
    {"a value may be empty", "[envelope]\nhelo =\nip =\n[policy]\narc.trusted =\n", 1},
    {"a value may hold = and ;",
     "[envelope]\nhelo = a=b;c\n[expect]\nar = x; spf=pass smtp.helo=a\n", 1},
    {"sections may stand twice where lines add up",
     "[dns]\na A 192.0.2.1\n[policy]\n[dns]\nb A 192.0.2.1\n[policy]\n", 1},
    {"only `to` repeats among what is received", "[envelope]\nto = a@b\nto = c@d\n", 1},
    {"time is RFC 3339 or seconds",
     "[case]\n[envelope]\nnow = 2026-11-23T12:00:00+01:00\n[case]\n[envelope]\nnow = 5\n", 2},
    {"a sample is 0 to 99", "[case]\n[envelope]\nsample = 0\n[case]\n[envelope]\nsample = 99\n", 2},
    {"| lines hold any octet but CR and LF", "[message]\n| From: \x01\x80\xFF\t; [x]\n|\n|x\n", 1},
    {"a message may be empty", "[envelope]\n[message]\n", 1},
    {"digests stand for the body",
     "[message]\n| From: a\n[digests]\nrelaxed sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= length=0\n"
     "simple sha256 frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=   length=2\n",
     1},
    {"marks", "[dns]\n@secure a\n@insecure b.a ; why\n@unknown c\n@suffix d\n", 1},
    {"the same mark twice is one", "[dns]\n@secure a\n@secure A.\n", 1},
    {"a record of an unknown form", "[dns]\na.example A \\# 4 c0000201\n", 1},
    {"strings over 255 octets are cut, not refused",
     "[dns]\na.example TXT \""
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"\n",
     1},
    {"results with properties",
     "[envelope]\n[message]\n[expect]\ndkim = pass d=a s=b reason=\"x | y\" | fail\nspf = pass mailfrom=a | none\n"
     "dkim = fail reason=the body was changed d=c\n",
     1},
    {"every key of what is expected",
     "[envelope]\n[message]\n[expect]\nspf = none\nspf.helo = none\nspf.exp =\nspf.lookups = 0 | 1\nspf.void = 0\n"
     "dkim = none\ndmarc = none\ndmarc.policy = none\ndmarc.org =\narc = none\narc.sealer =\nbimi = none\niprev = none\n"
     "disposition = accept | reject\nar = x\nedit = insert X: y\nedit = remove X\nedit = add X\nedit = change X\n"
     "trace = x\nquestions = 3\nasked = TXT a.example\nnot_asked = SUFFIX a\nasked = GET https://a\nmessage = ok | malformed\n",
     1},
    {"a domain case",
     "[envelope]\ndomain = a.example\nnow = 5\nselector = s\nselector = t\nknown_subdomain = b.a.example\n"
     "depth = deep\neach_server = yes\nno_probe = no\nno_web = yes\nprobe = yes\nweb = no\nsigns_nothing = no\nprofile = mail\n"
     "[evidence]\n| {}\n[web]\nGET https://a.example/x\n200 text/plain\n| a\n|\nGET https://b.example/\n"
     "TIMEOUT\nGET https://c.example/\nTLS-ERROR expired\nGET https://d.example/\nTOOBIG\nGET https://e.example/\n404\n"
     "GET https://f.example/\n200 text/plain; charset=utf-8 until=2030-01-01\n[smtp]\nPROBE a.example:25 192.0.2.1\nstarttls = yes\ntls = 1.3\ntls.min = 1.0\n"
     "cert = leaf names=a from=2026-01-01 to=2030-01-01 key=rsa:2048\ntrust = yes\nPROBE b.example:25\nTIMEOUT\nPROBE c.example:25\n"
     "554 no\n[lists]\n[expect]\nfinding = DMARC-MISSING error\nnot_finding = SPF-MISSING\nscore = 7\n"
     "finding = SPF-LOOKUPS error | SPF-VOID warning a.example reason=x text=\"a | b\"\n"
     "not_finding = SPF-LOOKUPS unknown a.example\nconfidence = 1 | 2\nscore.low = 0\nscore.high = 100\n"
     "profile = mail\nphase.auth = 2?\nphase.transport = 0\nphase.brand = 1\ngoal = G1 150 | G1 unknown\n"
     "grade = B | A?\nspf.lookups = 3\ndmarc.org = a.example\ndmarc.policy = none\n",
     1},
    {"a destination case",
     "[envelope]\nnexthop = a.example\nnow = 5\n[recall]\nat = 2026-01-01\n_mta-sts.a.example TXT \"v=STSv1; id=1\"\n"
     "GET https://mta-sts.a.example/.well-known/mta-sts.txt\n200 text/plain\n| version: STSv1\n[expect]\n"
     "tls_policy = secure\ntls_failure = x\n",
     1},
    {"a sending case",
     "[envelope]\ndirection = out\nfrom = a@b\n[sign]\n"
     "s._domainkey.a.example rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAAA\n"
     "s._domainkey.a.example rsa signature QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE= = TIMEOUT\n"
     "t._domainkey.a.example ed25519\n| -----BEGIN PRIVATE KEY-----\n"
     "|MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESc\n| VpezJpGXA7rAMcrn9g\n"
     "| -----END PRIVATE KEY-----\n[message]\n| From: a\n[expect]\nsignature = v=1\nedit = add X\n",
     1},
    {"an SRS case",
     "[envelope]\nsrs = forward\naddress = a@b\nforwarder = c.example\n[secret]\nhello = world\nany | thing\n[expect]\n"
     "address = SRS0=x | y\n",
     1},
    {"an SRS case with all its keys",
     "[envelope]\nsrs = reverse\naddress = a@b\nforwarder = c.example\nlocal = d.example\nlocal = .e.example\n"
     "hash_length = 27\nhash_min = 4\nmax_age = 1022\nseparator = =\noverflow = long\n[secret]\n| ; one\n"
     "| two mac\nsrs mac eA== = eQ==\nsrs mac eHg= = TIMEOUT\n[expect]\nerror = x\n",
     1},
};

static void good_files_are_read(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        struct case_set *set = NULL;
        struct case_error error = {0};
        assay_status s = case_read(span_of(GOOD[i].text), NULL, NULL, &set, &error);
        size_t n = s == ASSAY_DONE ? case_count(set) : 0;

        if (s != ASSAY_DONE || n != GOOD[i].cases) {
            printf("%s: wanted %zu cases, got %zu; %zu:%zu: %s\n", GOOD[i].claim, GOOD[i].cases, n,
                   error.line, error.column, error.text);
            faults++;
        }
        if (s == ASSAY_DONE)
            case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

/** Files that are refused: where, and a part of the words. */
static const struct {
    const char *claim, *text;
    size_t line, column;
    const char *words;
} BAD[] = {
    {"a line above all sections", "; x\n  name = a\n", 2, 3, "above the first section"},
    {"an unknown section", "[case]\n[evelope]\n", 2, 1,
     "\"[evelope]\"; did you mean \"envelope\"?"},
    {"an unknown section that is near to none", "[zzzzzzzz]\n", 1, 1,
     "unknown section \"[zzzzzzzz]\""},
    {"a section without its end", "[case\n", 1, 1, "not ended by ]"},
    {"text behind a section", "[case] x\n", 1, 7, "stands alone"},
    {"a line without =", "[case]\n name a\n", 2, 2, "KEY = VALUE"},
    {"a line without a key", "[envelope]\n= a\n", 2, 1, "KEY = VALUE"},
    {"an unknown key of [case]", "[case]\ntitle = x\n", 2, 1, "name and ref"},
    {"a name given twice", "[case]\nname = a\nname = b\n", 3, 1, "twice"},
    {"an unknown key of [envelope]", "[envelope]\nform = a@b\n", 2, 1,
     "\"form\" in [envelope]; did you mean \"from\"?"},
    {"keys have a case", "[envelope]\nFrom = a@b\n", 2, 1, "did you mean \"from\"?"},
    {"a key given twice", "[envelope]\nip = 192.0.2.1\n ip = 192.0.2.2\n", 3, 2,
     "\"ip\" stands twice"},
    {"no address", "[envelope]\nip = 192.0.2.256\n", 2, 6, "not an IPv4 or IPv6 address"},
    {"no time", "[envelope]\nnow   = yesterday\n", 2, 9, "RFC 3339"},
    {"no sample", "[envelope]\nsample = 100\n", 2, 10, "0 to 99"},
    {"an envelope twice", "[envelope]\n[dns]\n[envelope]\n", 3, 1, "[envelope] stands twice"},
    {"a message twice", "[message]\n| a\n[message]\n", 3, 1, "[message] stands twice"},
    {"a message above the first [case]", "[dns]\n[message]\n| From: a\n[case]\n", 2, 1,
     "are shared"},
    {"an envelope above the first [case]", "[envelope]\n[case]\n", 1, 1,
     "\"[envelope]\" stands above the first [case]"},

    {"a line of [message] that is none", "[message]\nFrom: a\n", 2, 1, "| TEXT or file = PATH"},
    {"another key in [message]", "[message]\n fil = x\n", 2, 2, "| TEXT or file = PATH"},
    {"a file where none may be named", "[message]\nfile = x.eml\n", 2, 8, "no file may be named"},
    {"lines and a file", "[message]\n| a\nfile = x\n", 3, 1, "either | lines or one file"},
    {"a CR inside a line", "[message]\n| a\rb\r\n", 2, 4, "a CR inside a line"},
    {"two CR at a line's end", "[message]\r\n| a\r\r\n", 2, 4, "a CR inside a line"},
    {"a body beside its digests", "[message]\n| a: b\n|\n| c\n[digests]\n", 5, 1,
     "[message] has one"},
    {"an unknown canonicalization", "[digests]\n nowsp sha256 x length=0\n", 2, 2,
     "unknown canonicalization"},
    {"an unknown hash", "[digests]\nsimple sha1 x length=0\n", 2, 8, "unknown hash"},
    {"no digest", "[digests]\nsimple sha256 abc= length=0\n", 2, 15, "32 octets"},
    {"no length", "[digests]\nsimple sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", 2, 1,
     "no length"},
    {"no number as length",
     "[digests]\nsimple sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= length=x\n", 2, 60,
     "no length"},
    {"text behind the length",
     "[digests]\nsimple sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= length=0 x\n", 2, 69,
     "behind the length"},

    {"an unknown type", "[dns]\na.example. 300 IN TXTT \"x\"\n", 2, 19,
     "unknown type \"TXTT\"; did you mean \"TXT\"?"},
    {"no type", "[dns]\na.example. 300 IN\n", 2, 1, "there is no type"},
    {"no data", "[dns]\na.example. TXT ; \"x\"\n", 2, 12, "no data behind \"TXT\""},
    {"another class", "[dns]\na.example. CH TXT \"x\"\n", 2, 12, "only IN"},
    {"a TTL with a unit", "[dns]\na.example. 1h IN TXT \"x\"\n", 2, 12, "no TTL"},
    {"a TTL that is too large", "[dns]\na.example. 2147483648 TXT \"x\"\n", 2, 12, "no TTL"},
    {"an empty label", "[dns]\n a..example. A 192.0.2.1\n", 2, 2, "no domain name"},
    {"a label over 63 octets",
     "[dns]\n0123456789012345678901234567890123456789012345678901234567890123.example A 192.0.2.1\n",
     2, 1, "no domain name"},
    {"a broken escape", "[dns]\na\\256.example A 192.0.2.1\n", 2, 1, "no domain name"},
    {"data of another type", "[dns]\na.example. A 2001:db8::1\n", 2, 14, "not an IPv4 address"},
    {"a word that is misspelt", "[dns]\na.example. A NXDOMIAN\n", 2, 14,
     "did you mean \"NXDOMAIN\"?"},
    {"ANY with data", "[dns]\na.example. ANY 192.0.2.1\n", 2, 16, "ANY takes one of NXDOMAIN"},
    {"MX without a name", "[dns]\na.example. MX 10\n", 2, 15, "something is missing"},
    {"a string without its end", "[dns]\na.example. TXT \"x\n", 2, 16, "not ended"},
    {"an unknown mark", "[dns]\n@secur a\n", 2, 1,
     "\"@secur\" in [dns]; did you mean \"@secure\"?"},
    {"a mark without a name", "[dns]\n@secure ; all\n", 2, 1, "@secure NAME"},
    {"a mark with two names", "[dns]\n@suffix a b\n", 2, 11, "behind the name"},
    {"a mark with no name", "[dns]\n@unknown a..b\n", 2, 10, "no domain name"},
    {"a word and data", "[dns]\na A 192.0.2.1\nb A 192.0.2.1\nA. A TIMEOUT\n", 4, 1,
     "either data or one word"},
    {"two words", "[dns]\na A NODATA\na A TIMEOUT\n", 3, 1, "either data or one word"},
    {"two targets of an alias", "[dns]\na CNAME b\na CNAME c\n", 3, 1, "one target"},
    {"two marks of one name", "[dns]\n@secure a\n@insecure a\n", 3, 1, "another mark"},
    {"the first clash is told", "[dns]\nb A 192.0.2.1\nb A NODATA\na A 192.0.2.1\na A NODATA\n", 3,
     1, "either data"},
    {"a clash in a later case",
     "[case]\n[dns]\na A NODATA\n[case]\n[dns]\na A 192.0.2.1\na A TIMEOUT\n", 7, 1, "contradicts"},

    {"an unknown key of [expect]", "[envelope]\n[expect]\nspf.hello = pass\n", 3, 1,
     "did you mean \"spf.helo\"?"},
    {"no result", "[envelope]\n[expect]\nspf =\n", 3, 6, "a result is expected"},
    {"an empty alternative", "[envelope]\n[expect]\nspf = pass |\n", 3, 7, "a result is expected"},
    {"a word behind a result", "[envelope]\n[expect]\nspf = pass example.com\n", 3, 7,
     "NAME=VALUE"},
    {"words before a property", "[envelope]\n[expect]\nspf = pass for mailfrom=example.com\n", 3, 7,
     "NAME=VALUE"},
    {"no number", "[envelope]\n[expect]\nspf.lookups = ten\n", 3, 15, "a number is expected"},
    {"no disposition", "[envelope]\n[expect]\ndisposition = acept\n", 3, 15,
     "accept, tag, quarantine, reject, defer or discard"},
    {"neither ok nor malformed", "[envelope]\n[expect]\nmessage = good\n", 3, 11,
     "ok or malformed"},
    {"a question without a name", "[envelope]\n[expect]\nasked = TXT\n", 3, 9, "TYPE NAME"},
    {"a question of an unknown type", "[envelope]\n[expect]\nnot_asked = TEXT a\n", 3, 13,
     "unknown type"},
    {"a question without a domain name", "[envelope]\n[expect]\nasked = A a..b\n", 3, 9,
     "no domain name"},
    {"an unknown edit", "[envelope]\n[expect]\nedit = delete X\n", 3, 8,
     "add, insert, change or remove"},
    {"an edit without a name", "[envelope]\n[expect]\nedit = remove\n", 3, 8, "name of a field"},

    {"an address in a domain case", "[envelope]\ndomain = a.example\nip = 192.0.2.1\n", 3, 1,
     "\"ip\" belongs to a case of the kind message, but \"domain\" makes this one of the kind domain"},
    {"a selector in an SPF case", "[envelope]\nip = 192.0.2.1\nselector = s\n", 3, 1,
     "makes this one of the kind SPF"},
    {"a message in a domain case", "[envelope]\ndomain = a\n[message]\n| From: a\n", 3, 1,
     "\"[message]\" belongs to"},
    {"two kinds at once", "[envelope]\ndomain = a\nnexthop = b\n", 3, 1,
     "\"nexthop\" belongs to a case of the kind destination"},
    {"a finding in a message case",
     "[envelope]\n[message]\n[expect]\nfinding = SPF-MISSING error error\n", 4, 1, "kind message"},
    {"keys in an SPF case", "[envelope]\n[sign]\n", 2, 1, "kind message"},
    {"a recorded MAC without an answer", "[secret]\nsrs mac eA==\n", 2, 1,
     "NAME mac BASE64 = BASE64"},
    {"a recorded MAC that is not base64", "[secret]\nsrs mac eA== = e\n", 2, 16, "is not base64"},
    {"a question that is not base64", "[secret]\nsrs mac e = eA==\n", 2, 9, "is not base64"},
    {"an empty secret", "[secret]\n|\n", 2, 1, "a secret is empty"},
    {"an unknown overflow", "[envelope]\nsrs = forward\noverflow = x\n", 3, 12,
     "refuse, keep or long"},
    {"a way that is none", "[envelope]\nsrs = there\n", 2, 7, "forward or reverse"},
    {"a forwarder that is no domain", "[envelope]\nforwarder = a@b\n", 2, 13, "a domain name"},
    {"a hash that is too short", "[envelope]\nhash_min = 3\n", 2, 12, "from 4 to 27"},
    {"a secret in a message case", "[message]\n[secret]\n", 2, 1, "kind sending"},

    {"a body without a request", "[web]\n| a\n", 2, 1, "GET https://... is expected"},
    {"a request of another kind", "[web]\nGET ftp://a\n", 2, 1, "GET https://"},
    {"a body without a status", "[web]\nGET https://a\n| a\n", 3, 1, "a status line"},
    {"a misspelt key of [smtp]", "[smtp]\nPROBE a:25\nstartls = yes\n", 3, 1,
     "did you mean \"starttls\"?"},
    {"no probe", "[smtp]\nstarttls = yes\n", 2, 1, "PROBE host:25"},
    {"no list", "[lists]\nroots = some\n", 2, 1, "builtin"},
    {"a GET without an answer", "[web]\nGET https://a/\n[dns]\n", 2, 1, "no answer stands below"},
    {"a GET without an answer at the end", "[web]\nGET https://a/\n", 2, 1, "no answer stands"},
    {"a GET answered twice", "[web]\nGET https://a/\n404\nGET https://a/\nTIMEOUT\n", 4, 1,
     "answered twice"},
    {"an end that is no time", "[web]\nGET https://a/\n200 text/plain until=soon\n", 3, 22,
     "RFC 3339"},
    {"a CR in a document", "[web]\nGET https://a/\n200\n| a\rb\r\n", 4, 4, "a CR inside a line"},
    {"a document of a file where there are none", "[web]\nGET https://a/\n200\nfile = x\n", 4, 8,
     "no file may be named"},
    {"a file behind lines", "[web]\nGET https://a/\n200\n| a\nfile = x\n", 5, 1, "a | line"},
    {"a PROBE of no host", "[smtp]\nPROBE a..b:25\n", 2, 7, "is no domain name"},
    {"a PROBE of no port", "[smtp]\nPROBE a\n", 2, 7, "PROBE host:25 is expected"},
    {"a PROBE with a value that is none",
     "[smtp]\nPROBE a:25\n starttls = yes\n; x\n  tls = 1.9\nPROBE b:25\nTIMEOUT\n", 5, 9, "1.9"},
    {"a PROBE with nothing below", "[smtp]\nPROBE a:25\nPROBE b:25\nTIMEOUT\n", 2, 1,
     "no answer stands below"},
    {"a PROBE with lines and a word", "[smtp]\nPROBE a:25\nstarttls = no\nTIMEOUT\n", 4, 1,
     "either lines or one word"},
    {"a PROBE with a word and lines", "[smtp]\nPROBE a:25\nTIMEOUT\nstarttls = no\n", 4, 1,
     "either lines or one word"},
    {"a list that nobody has built in", "[lists]\nroots = builtin\n", 2, 1, "built in"},
    {"a list of a file where there are none", "[lists]\nroots file = x\n", 2, 14, "no file may"},
    {"a server that is no address", "[dns]\n@server a.example\n", 2, 9, "not an IPv4"},
    {"a server and more", "[dns]\n@server 192.0.2.1 blind\n", 2, 19, "only lame and"},
    {"a server twice", "[dns]\n@server 192.0.2.1\n@server 192.0.2.1\n", 3, 9, "a block already"},
    {"an end of what is not signed", "[dns]\n@insecure a until 2030-01-01\n", 2, 13,
     "behind the name"},
    {"another word behind a mark", "[dns]\n@secure a for 2030-01-01\n", 2, 11, "behind the name"},
    {"no end of signatures", "[dns]\n@secure a until never\n", 2, 17, "RFC 3339"},
    {"a misspelt check", "[envelope]\n[expect]\nfinding = SPF-MISING error\n", 3, 11,
     "there is no check \"SPF-MISING\"; did you mean \"SPF-MISSING\"?"},
    {"a misspelt check behind a good one",
     "[envelope]\n[expect]\nnot_finding = SPF-MISSING | SPF-VOIDS\n", 3, 29,
     "did you mean \"SPF-VOID\"?"},
    {"a finding without an outcome", "[envelope]\n[expect]\nfinding = SPF-MISSING\n", 3, 11,
     "ID OUTCOME [SUBJECT] is expected"},
    {"an outcome that is none", "[envelope]\n[expect]\nfinding = SPF-MISSING fatal\n", 3, 11,
     "error, warning, notice, pass or unknown"},
    {"a property that is none",
     "[envelope]\n[expect]\nfinding = SPF-MISSING error a reason=x y=z\n", 3, 11,
     "reason=WORD or text="},
    {"a goal without a value", "[envelope]\n[expect]\ngoal = G1\n", 3, 8, "a goal and thousandths"},
    {"a rung that is none", "[envelope]\n[expect]\nphase.auth = x\n", 3, 14, "a rung is expected"},
    {"no domain", "[envelope]\ndomain = a..b\n", 2, 10, "no domain name"},
    {"no profile", "[envelope]\nprofile = bulk\n", 2, 11, "mail, send, receive or parked"},
    {"no depth", "[envelope]\ndepth = all\n", 2, 9, "check, deep or scan"},
    {"neither yes nor no", "[envelope]\nno_web = maybe\n", 2, 10, "yes or no"},
    {"metrics where no file may be named", "[envelope]\nevidence = x\n", 2, 12, "no file may"},
    {"metrics of lines and a file", "[evidence]\n| {}\nfile = x\n", 3, 1, "either | lines or one"},
    {"metrics in a message case", "[message]\n[evidence]\n| {}\n", 2, 1, "kind domain"},
    {"octets that are not base64", "[web]\nGET https://a/\n200\nbase64 A\n", 4, 8, "not base64"},
    {"lines of another kind", "[web]\nGET https://a/\n200\nlines = lf\n", 4, 1, "a | line"},
    {"a type that has no end", "[dns]\n@until a TXTT 5\n", 2, 10, "@until NAME TYPE TIME"},
    {"no end of a type", "[dns]\n@until a TXT\n", 2, 13, "RFC 3339"},
    {"no time to recall", "[recall]\nat = then\n", 2, 6, "RFC 3339"},
    {"no record to recall", "[recall]\na.example TXTT \"x\"\n", 2, 11, "unknown type"},
    {"no key to sign with", "[sign]\ns._domainkey.a dsa file = x\n", 2, 1, "rsa|ed25519"},
    {"a key of no name", "[sign]\ns..a rsa\n| x\n", 2, 1, "is no domain name"},
    {"a key's text without a name", "[sign]\n| x\n", 2, 1, "the key of which name?"},
    {"a key's text behind an answer",
     "[sign]\ns.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAAA\n| x\n", 3, 1,
     "the key of which name?"},
    {"a key that is none", "[sign]\n\ns._domainkey.a rsa\n| x\n", 3, 1, "no key in PEM"},
    {"a key that is none, and another", "[sign]\ns.a rsa\n| x\nt.a rsa\n", 2, 1, "no key in PEM"},
    {"a key of the other algorithm",
     "[sign]\ns.a rsa\n| -----BEGIN PRIVATE KEY-----\n| MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESc"
     "VpezJpGXA7rAMcrn9g\n| -----END PRIVATE KEY-----\n",
     2, 1, "the key is Ed25519, not RSA"},
    {"a file of keys where there are none", "[sign]\ns.a rsa file = x\n", 2, 9, "no file may be"},
    {"neither a key nor an answer", "[sign]\ns.a rsa key = x\n", 2, 9, "are expected"},
    {"a short digest", "[sign]\ns.a rsa signature 47DE = AAAA\n", 2, 19, "not 32 octets"},
    {"no digest", "[sign]\ns.a rsa signature\n", 2, 1, "not 32 octets"},
    {"no signature", "[sign]\ns.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", 2,
     1, "DIGEST = SIGNATURE"},
    {"a signature that is not base64",
     "[sign]\ns.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAA\n", 2, 66,
     "no signature in base64"},
    {"text behind a signature",
     "[sign]\ns.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAAA x\n", 2, 71,
     "text behind"},
    {"an answer given twice",
     "[sign]\ns.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = AAAA\n"
     "S.a rsa signature 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= = TIMEOUT\n",
     3, 1, "already"},
    {"a NUL in a key's line", NULL, 2, 1, "a NUL"},
};

static void bad_files_are_refused_where_they_are_bad(void **state)
{
    static const assay_span NUL = SPAN("[envelope]\nhelo = a\0b\n");
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct case_set *set = NULL;
        struct case_error error = {0};
        assay_span text = BAD[i].text ? span_of(BAD[i].text) : NUL;
        assay_status s = case_read(text, NULL, NULL, &set, &error);

        if (s != ASSAY_EINVAL || error.line != BAD[i].line || error.column != BAD[i].column ||
            !span_contains(span_of(error.text), span_of(BAD[i].words))) {
            printf("%s: wanted %zu:%zu: ...%s..., got %zu:%zu: %s\n", BAD[i].claim, BAD[i].line,
                   BAD[i].column, BAD[i].words, error.line, error.column, error.text);
            faults++;
        }
        if (s == ASSAY_DONE)
            case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

/** Read a file that has to be one. */
static struct case_set *must_read(const char *text, case_open_fn *open, void *arg)
{
    struct case_set *set = NULL;
    struct case_error error;

    if (case_read(span_of(text), open, arg, &set, &error) != ASSAY_DONE)
        fail_msg("%zu:%zu: %s in\n%s", error.line, error.column, error.text, text);
    return set;
}

static void values_are_as_they_stand(void **state)
{
    struct case_set *set = must_read(
        "[case]\nname =  a b \nref = RFC 7208 4.6.4\n[envelope]\nfrom = \"a b@c\"@d@e.example\n"
        "helo = [192.0.2.1]\nnow = 1970-01-02T00:00:00Z\nhostname = mx; x\nsample = 42\n",
        NULL, NULL);
    const struct case_one *one = case_at(set, 0);

    (void)state;
    assert_true(span_is(case_name(one), "a b"));
    assert_true(span_is(case_ref(one), "RFC 7208 4.6.4"));
    assert_true(span_is(one->values.mail_from, "\"a b@c\"@d@e.example"));
    assert_true(span_is(one->values.helo, "[192.0.2.1]"));
    assert_true(span_is(one->values.hostname, "mx; x"));
    assert_int_equal(one->values.now, 86400);
    assert_int_equal(one->values.sample, 42);
    case_set_free(set);
}

static void a_case_without_a_name_has_an_empty_one(void **state)
{
    struct case_set *set = must_read("[envelope]\nfrom = <>\n", NULL, NULL);

    (void)state;
    assert_int_equal(case_name(case_at(set, 0)).n, 0);
    assert_int_equal(case_ref(case_at(set, 0)).n, 0);
    assert_int_equal(case_at(set, 0)->values.mail_from.n, 0);
    case_set_free(set);
}

/** A message as it stands and as it is fed. */
static const struct {
    const char *claim, *text, *message;
} MESSAGES[] = {
    {"each line gets CRLF", "| a: b\n|\n| c\n", "a: b\r\n\r\nc\r\n"},
    {"one blank behind the bar goes, and only one", "|a: b\n| c: d\n|  e\n|\tf\n",
     "a: b\r\nc: d\r\n e\r\n\tf\r\n"},
    {"blanks at the end stay", "| a: b  \n", "a: b  \r\n"},
    {"blanks before the bar go", "  | a: b\n", "a: b\r\n"},
    {"CRLF of the file is no part of a line", "| a: b\r\n|\r\n", "a: b\r\n\r\n"},
    {"lines between that are blank or comments are no part", "| a: b\n\n; x\n| c: d\n",
     "a: b\r\nc: d\r\n"},
    {"a comment behind a bar is text", "| a: b\n| ; c\n", "a: b\r\n; c\r\n"},
    {"a section behind a bar is text", "| a: b\n|[case]\n", "a: b\r\n[case]\r\n"},
    {"with digests the header gets its empty line", "| a: b\n[digests]\n", "a: b\r\n\r\n"},
    {"with digests the empty line may be there", "| a: b\n|\n[digests]\n", "a: b\r\n\r\n"},
};

static void a_message_is_what_its_lines_say(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++) {
        char text[256];
        struct case_set *set;

        snprintf(text, sizeof text, "[message]\n%s", MESSAGES[i].text);
        set = must_read(text, NULL, NULL);
        faults += test_differs(MESSAGES[i].claim, span_of(MESSAGES[i].message),
                               case_message(case_at(set, 0)));
        case_set_free(set);
    }
    assert_int_equal(faults, 0);
}

/** A door with one file. */
static assay_status open_one(void *arg, assay_span path, struct buf *out)
{
    if (!span_is(path, "a folder/x.eml"))
        return ASSAY_EINVAL;
    buf_puts(out, arg);
    return ASSAY_DONE;
}

static void a_file_is_taken_byte_for_byte(void **state)
{
    char octets[] = "a: b\nc: d\r\re\n\n\xFFx";
    struct case_set *set = must_read("[message]\nfile = a folder/x.eml\n", open_one, octets);
    struct case_error error = {0};

    (void)state;
    assert_true(span_is(case_message(case_at(set, 0)), octets));
    case_set_free(set);
    assert_int_equal(case_read(SPAN("[message]\n\n file =  y.eml\n"), open_one, octets, &set,
                               &error),
                     ASSAY_EINVAL);
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 10);
    assert_string_equal(error.text, "\"y.eml\" cannot be read");
}

static void an_error_never_disturbs_a_terminal(void **state)
{
    struct case_set *set = NULL;
    struct case_error error = {0};

    (void)state;
    assert_int_equal(case_read(SPAN("[\x1b[31m\x9b\xC2\x9B\x7Fx\xC3\xA9]\n"), NULL, NULL, &set,
                               &error),
                     ASSAY_EINVAL);
    assert_true(span_contains(span_of(error.text), SPAN("\"[?[31m???x\xC3\xA9]\"")));
}

static void counts_have_limits(void **state)
{
    static const struct {
        const char *first, *line;
        size_t n;
        const char *words;
    } MANY[] = {
        {"", "[case]\n", LIMIT_CASES, "more than 16384 cases"},
        {"[envelope]\n", "to = a@b\n", LIMIT_CASE_LINES, "more than 4096 lines"},
        {"[policy]\n", "a = b\n", LIMIT_CASE_LINES, "more than 4096 lines"},
        {"[envelope]\n[expect]\n", "spf = pass\n", LIMIT_CASE_EXPECT, "more than 1024 lines"},
        {"[dns]\n", "a A 192.0.2.1\n", LIMIT_CASE_RECORDS, "more than 262144 lines"},
        {"[digests]\n", "simple sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= length=0\n",
         LIMIT_BODY_LENGTHS + 1, " digests"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof MANY / sizeof *MANY; i++) {
        struct buf text = buf_new(1 << 24);
        struct case_set *set = NULL;
        struct case_error error = {0};

        buf_puts(&text, MANY[i].first);
        for (size_t k = 0; k < MANY[i].n; k++)
            buf_puts(&text, MANY[i].line);
        assert_int_equal(case_read(buf_span(&text), NULL, NULL, &set, &error), ASSAY_DONE);
        case_set_free(set);
        buf_puts(&text, MANY[i].line);
        assert_int_equal(case_read(buf_span(&text), NULL, NULL, &set, &error), ASSAY_EINVAL);
        if (!span_contains(span_of(error.text), span_of(MANY[i].words)))
            fail_msg("wanted %s, got %s", MANY[i].words, error.text);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_are_read),
        cmocka_unit_test(bad_files_are_refused_where_they_are_bad),
        cmocka_unit_test(values_are_as_they_stand),
        cmocka_unit_test(a_case_without_a_name_has_an_empty_one),
        cmocka_unit_test(a_message_is_what_its_lines_say),
        cmocka_unit_test(a_file_is_taken_byte_for_byte),
        cmocka_unit_test(an_error_never_disturbs_a_terminal),
        cmocka_unit_test(counts_have_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
