/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/test_conf.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A milter, so that no text is warned of for having none. */
#define M "milter m { listen = systemd:m }\n"

/** The text of a file. */
static char *file_text(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    if (!f)
        fail_msg("%s: cannot be opened", path);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/** A text is taken without complaint. */
static struct conf *taken(const char *text, const struct test_file *files)
{
    struct conf *conf = NULL;
    struct buf out;
    assay_status s = test_check(text, files, &out, &conf);

    if (s != ASSAY_DONE || out.p[0] != '\0')
        fail_msg("wanted no complaint of:\n%s\ngot:\n%s", text, out.p);
    buf_done(&out);
    return conf;
}

/** The text of the only block of a kind, with everything that has to be around it. */
static const struct conf_block *only(const struct conf *conf, enum conf_kind kind)
{
    const struct conf_block *b = conf_block(conf, kind, 0);

    assert_non_null(b);
    assert_null(conf_block(conf, kind, 1));
    return b;
}

/** An option has these values, parted by blanks. */
static void has(const struct conf_block *b, enum conf_option option, const char *wanted)
{
    struct buf got = buf_new(4096);

    for (size_t i = 0; i < conf_count(b, option); i++) {
        assay_span value = conf_text(b, option, i);

        buf_puts(&got, i ? " " : "");
        buf_put(&got, value);
    }
    buf_putc(&got, '\0');
    if (strcmp(got.p, wanted) != 0)
        fail_msg("%s: wanted %s, got %s", CONF_OPTION_TABLE[option].name, wanted, got.p);
    buf_done(&got);
}

static void the_small_site_of_the_manual_is_taken(void **state)
{
    static const char TEXT[] =
        "# assayd.conf, the whole of it for a small site\n"
        "authserv_id = mx.example.org\n"
        "resolver    = system                       # or 127.0.0.1@53; several\n"
        "store       = /var/lib/assay/assay.db\n"
        "milter \"in\" { listen = unix:/var/spool/postfix/assay/milter.sock  mode = 0660  group = postfix }\n"
        "sign \"example.org\" { key = main  profile = list-friendly }\n"
        "key \"main\" { selector = s2026  file = /etc/assay/keys/s2026.pem }\n"
        "srs { domain = srs.example.org  secret = /etc/assay/srs.secret  listen = "
        "unix:/var/spool/postfix/assay/srs.sock }\n";
    struct conf *conf = taken(TEXT, NULL);
    const struct conf_block *b = only(conf, CONF_MILTER);
    const struct conf_setting *settings;
    size_t n;

    (void)state;
    has(b, CONF_MILTER_LISTEN, "unix:/var/spool/postfix/assay/milter.sock");
    assert_int_equal(conf_number(b, CONF_MILTER_MODE), 0660);
    has(b, CONF_MILTER_GROUP, "postfix");
    assert_true(span_is(conf_block_name(b), "in"));
    assert_int_equal(conf_block_place(b).line, 5);
    assert_int_equal(conf_where(b, CONF_MILTER_MODE).column, 67);
    has(only(conf, CONF_SIGN), CONF_SIGN_KEY, "main");
    assert_int_equal(conf_number(only(conf, CONF_SIGN), CONF_SIGN_PROFILE), 1);
    assert_ptr_equal(conf_block_named(conf, CONF_KEY, SPAN("main")), only(conf, CONF_KEY));
    assert_null(conf_block_named(conf, CONF_KEY, SPAN("mai")));
    assert_null(conf_block_named(conf, CONF_KEY, SPAN("main2")));
    settings = conf_settings(only(conf, CONF_TOP), &n);
    assert_int_equal(n, 1);
    assert_string_equal(settings[0].name, "authserv_id");
    assert_string_equal(settings[0].value, "mx.example.org");
    assert_int_equal(settings[0].at.line, 2);
    conf_free(conf);
}

static void beside_a_check_block_the_mail_server_names_listeners(void **state)
{
    struct conf *conf = taken("check { listen = unix:/c  spool = /var/spool/exim4/input }\n"
                              "policy p { when.listener = gate }\n",
                              NULL);

    (void)state;
    has(only(conf, CONF_POLICY), CONF_POLICY_WHEN_LISTENER, "gate");
    has(only(conf, CONF_CHECK), CONF_CHECK_SPOOL, "/var/spool/exim4/input");
    conf_free(conf);
}

static void values_are_read_into_one_form(void **state)
{
    struct conf *conf = taken(
        "cache = 2G\nidle_timeout = 2h\nthreads = auto\nstore.retention = 2w\nlog.level = debug\n"
        "internal = 192.0.2.77/24, 2001:DB8::1\ninternal = ::ffff:192.0.2.1\n"
        "authserv_id.also = mx1 mx2\nhostname = MX.B\xc3\xbc"
        "cher.Example.\n"
        "resolver = 127.0.0.1@53 [::1]@5353 fe80::1%eth0\n"
        "resolver.trust_anchor = none\nsandbox = no\n"
        "http { listen = localhost:80 [2001:DB8::1]:81 }\n"
        "milter m { listen = inet:localhost:8891 inet6:[::1]:8891 systemd:m unix:/m  mode = 600 }\n"
        "key k { selector = S1.x  file = /k }\n"
        "sign User@Example.ORG { key = k fields = From, to expire = 0  client = ::/0 }\n"
        "sign *@a.example { key = k }\nsign .B.example { key = k }\nsign * { key = k }\n"
        "forwarder f { sealer = A.example until = 2026-12-31 note = a, b  \"c d\" }\n"
        "policy p { when.header = List-Id: x  when.header = \"a\"  dmarc.reject = reject\n"
        "  arc.trusted = a.example, b.example }\n",
        NULL);
    const struct conf_block *top = only(conf, CONF_TOP), *b;
    const struct conf_setting *settings;
    struct ip ip;
    size_t n;

    (void)state;
    assert_int_equal(conf_number(top, CONF_TOP_CACHE), 2LL << 30);
    assert_int_equal(conf_number(top, CONF_TOP_IDLE_TIMEOUT), 7200);
    assert_int_equal(conf_number(top, CONF_TOP_THREADS), 0);
    assert_int_equal(conf_number(top, CONF_TOP_STORE_RETENTION), 14 * 86400);
    assert_int_equal(conf_number(top, CONF_TOP_LOG_LEVEL), 3);
    assert_int_equal(conf_number(top, CONF_TOP_SANDBOX), 0);
    has(top, CONF_TOP_INTERNAL, "192.0.2.0/24 2001:db8::1 192.0.2.1");
    has(top, CONF_TOP_HOSTNAME, "mx.xn--bcher-kva.example");
    has(top, CONF_TOP_RESOLVER, "127.0.0.1@53 [::1]@5353 fe80::1%eth0");
    assert_true(ip_read(SPAN("192.0.2.200"), &ip));
    assert_true(conf_networks_have(top, CONF_TOP_INTERNAL, &ip));
    assert_true(ip_read(SPAN("127.0.0.1"), &ip));
    assert_false(conf_networks_have(top, CONF_TOP_INTERNAL, &ip));
    assert_true(conf_networks_have(NULL, CONF_TOP_INTERNAL, &ip));
    has(only(conf, CONF_HTTP), CONF_HTTP_LISTEN, "127.0.0.1:80 [2001:db8::1]:81");
    b = only(conf, CONF_MILTER);
    has(b, CONF_MILTER_LISTEN, "inet:127.0.0.1:8891 inet6:[::1]:8891 systemd:m unix:/m");
    assert_int_equal(conf_number(b, CONF_MILTER_MODE), 0600);
    has(only(conf, CONF_KEY), CONF_KEY_SELECTOR, "s1.x");
    b = conf_block_named(conf, CONF_SIGN, SPAN("User@example.org"));
    assert_non_null(b);
    has(b, CONF_SIGN_FIELDS, "From to");
    has(b, CONF_SIGN_CLIENT, "::/0");
    assert_int_equal(conf_number(b, CONF_SIGN_TIMESTAMP), 1);
    assert_non_null(conf_block_named(conf, CONF_SIGN, SPAN("a.example")));
    assert_non_null(conf_block_named(conf, CONF_SIGN, SPAN(".b.example")));
    assert_non_null(conf_block_named(conf, CONF_SIGN, SPAN("*")));
    b = only(conf, CONF_FORWARDER);
    has(b, CONF_FORWARDER_NOTE, "a, b c d");
    assert_int_equal(conf_number(b, CONF_FORWARDER_UNTIL), 1798761600); /* the day is good */
    b = only(conf, CONF_POLICY);
    has(b, CONF_POLICY_WHEN_HEADER, "List-Id: x a");
    assert_int_equal(conf_count(b, CONF_POLICY_WHEN_HEADER), 2);
    settings = conf_settings(b, &n);
    assert_int_equal(n, 2);
    assert_string_equal(settings[1].value, "a.example, b.example");
    conf_free(conf);
}

static void what_is_not_set_has_its_initial_value(void **state)
{
    (void)state;
    has(NULL, CONF_TOP_INTERNAL, "127.0.0.0/8 ::1");
    has(NULL, CONF_TOP_RESOLVER, "system");
    has(NULL, CONF_TOP_GROUP, "");
    has(NULL, CONF_CONTROL_LISTEN, "unix:/run/assay/control.sock");
    assert_int_equal(conf_number(NULL, CONF_TOP_STORE_RETENTION), 90 * 86400);
    assert_int_equal(conf_number(NULL, CONF_CONTROL_MODE), 0660);
    assert_int_equal(conf_number(NULL, CONF_MILTER_MAX_CONNECTIONS), 0);
    assert_false(conf_is_set(NULL, CONF_TOP_INTERNAL));
}

/** A text without one `#` of each line that begins with one. Free it. */
static char *uncommented(const char *text)
{
    char *copy = calloc(1, strlen(text) + 1), *out = copy;

    for (const char *p = text; *p; p++)
        if (*p != '#' || (p > text && p[-1] != '\n'))
            *out++ = *p;
    return copy;
}

static void the_defaults_are_a_configuration_with_each_option_once(void **state)
{
    static const char *const WANTED[] = {"there is no policy \"others\"", /* of the example alone */
                                         "takes one of three", "fields stands instead of profile"};
    struct buf dump = buf_new(1 << 20), out;
    char *text;
    struct conf *conf = NULL;
    size_t lines = 0;

    (void)state;
    conf_dump_defaults(&dump);
    buf_putc(&dump, '\0');
    assert_int_equal(dump.status, ASSAY_DONE);
    assert_int_equal(test_check(dump.p, NULL, &out, &conf), ASSAY_DONE);
    assert_non_null(strstr(out.p, "no mail server can ask"));
    conf_free(conf);
    buf_done(&out);
    text = uncommented(dump.p);
    assert_int_equal(test_check(text, NULL, &out, &conf), ASSAY_EINVAL);
    for (const char *p = out.p; (p = strchr(p, '\n')); p++)
        lines++;
    for (size_t i = 0; i < COUNT(WANTED); i++)
        if (!strstr(out.p, WANTED[i]) || lines != COUNT(WANTED))
            fail_msg("wanted only %s and so on, got:\n%s", WANTED[i], out.p);
    for (size_t i = 0; i < CONF_N_OPTIONS; i++) {
        struct buf line = buf_new(200);

        buf_printf(&line, "%s%s = ", CONF_OPTION_TABLE[i].block == CONF_TOP ? "\n" : "\n    ",
                   CONF_OPTION_TABLE[i].name);
        buf_putc(&line, '\0');
        if (!strstr(text, line.p))
            fail_msg("wanted %s, got:\n%s", line.p, text);
        buf_done(&line);
    }
    free(text);
    buf_done(&out);
    buf_done(&dump);
}

static void initial_values_are_in_the_form_that_values_are_read_into(void **state)
{
    struct buf text = buf_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < CONF_N_OPTIONS; i++) {
        const struct conf_option_row *row = &CONF_OPTION_TABLE[i];
        enum conf_option option = (enum conf_option)i;
        struct conf *conf;

        assert_true(strlen(row->help) > 5 && row->help[strlen(row->help) - 1] != '.');
        if (row->block != CONF_TOP || !*row->initial)
            continue;
        buf_clear(&text);
        buf_printf(&text, "%s = %s\n" M, row->name, row->initial);
        buf_putc(&text, '\0');
        conf = taken(text.p, NULL);
        assert_int_equal(conf_count(conf_block(conf, CONF_TOP, 0), option),
                         conf_count(NULL, option));
        for (size_t k = 0; k < conf_count(NULL, option); k++)
            assert_true(span_eq(conf_text(conf_block(conf, CONF_TOP, 0), option, k),
                                conf_text(NULL, option, k)));
        assert_int_equal(conf_number(conf_block(conf, CONF_TOP, 0), option),
                         conf_number(NULL, option));
        conf_free(conf);
    }
    buf_done(&text);
}

static void no_option_of_the_top_or_a_policy_has_the_name_of_one_of_the_receiver(void **state)
{
    const struct assay_option *o;

    (void)state;
    for (size_t i = 0; (o = assay_policy_option(i)); i++)
        for (size_t k = 0; k < CONF_N_OPTIONS; k++)
            if ((CONF_OPTION_TABLE[k].block == CONF_TOP ||
                 CONF_OPTION_TABLE[k].block == CONF_POLICY) &&
                strcmp(o->name, CONF_OPTION_TABLE[k].name) == 0)
                fail_msg("%s is in both tables", o->name);
}

static void the_sample_of_the_package_is_taken_with_and_without_its_comments(void **state)
{
    char *text = file_text("packaging/assayd.conf"), *more = uncommented(text);
    struct conf *conf = taken(text, NULL);

    (void)state;
    assert_null(conf_block(conf, CONF_SRS, 0));
    conf_free(conf);
    conf = taken(more, NULL);
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++)
        assert_int_equal(conf_block(conf, (enum conf_kind)kind, 0) != NULL,
                         kind != CONF_POLICY && kind != CONF_SEAL && kind != CONF_CHECK &&
                             kind != CONF_CONTROL);
    conf_free(conf);
    free(text);
    free(more);
}

static void the_examples_of_the_manual_are_taken(void **state)
{
    static const char *const HEADS[] = {"# A SMALL SITE\n", "# A LARGE SITE\n"};
    char *page = file_text("docs/man/assayd.conf.5.scd");

    (void)state;
    for (size_t i = 0; i < COUNT(HEADS); i++) {
        char *begin = strstr(page, HEADS[i]), *end;

        assert_non_null(begin);
        begin = strstr(begin, "```\n") + 4;
        end = strstr(begin, "```");
        *end = '\0';
        conf_free(taken(begin, NULL));
        *end = '`';
    }
    free(page);
}

/* ---- complaints ---- */

#define KEY  "key k { selector = s  file = /k }\n"
#define SIGN "sign s.example { key = k }\n"

/** A text, and all that is said of it. */
static const struct row {
    const char *text, *complaints;
} ROWS[] = {
    /* names */
    {M KEY SIGN "key \"main\" { selecter = a file = /a }\n",
     "a.conf:4:1: \"selector\" is missing in key \"main\"\n"
     "a.conf:4:1: warning: key \"main\" is used by nobody: no sign or seal block names it\n"
     "a.conf:4:14: unknown option \"selecter\" in key \"main\"; did you mean \"selector\"?\n"},
    {M "strore = /a\n", "a.conf:2:1: unknown option \"strore\"; did you mean \"store\"?\n"},
    {M "dmarc.rejct = auto\n",
     "a.conf:2:1: unknown option \"dmarc.rejct\"; did you mean \"dmarc.reject\"?\n"},
    {M "qqqqqqqqqqqqqqqqqqqqqqqqq = auto\n",
     "a.conf:2:1: unknown option \"qqqqqqqqqqqqqqqqqqqqqqqqq\"\n"},
    {M "selector = s\n", "a.conf:2:1: unknown option \"selector\"; it stands in key blocks\n"},
    {M "http { listen = 127.0.0.1:1  store = /a }\n",
     "a.conf:2:30: unknown option \"store\" in http; it stands at the top, in no block\n"},
    {M "http { listen = 127.0.0.1:1  dmarc.reject = auto }\n",
     "a.conf:2:30: unknown option \"dmarc.reject\" in http; it stands in policy blocks\n"},
    {M "mitler x { }\n", "a.conf:2:1: unknown block \"mitler\"; did you mean \"milter\"?\n"},
    {M "qqqqqqqqqqqq x { }\n", "a.conf:2:1: unknown block \"qqqqqqqqqqqq\"\n"},
    {"milter { listen = systemd:m }\n",
     "a.conf:1:1: a milter block has a name: milter \"in\" { ... }\n"},
    {M "srs x { domain = a.example secret = /s milter = yes local = b.example }\n",
     "a.conf:2:5: a srs block has no name\n"},
    {M KEY "sign a@b@.example { key = k }\n",
     "a.conf:3:6: the name of a sign block takes example.org, .example.org, * or user@example.org, not "
     "\"a@b@.example\"\n"},
    {M M, "a.conf:2:8: milter \"m\" stands twice; the first begins in line 1 of a.conf\n"
          "a.conf:2:21: systemd:m is listened on already, in line 1 of a.conf\n"},
    {M "http { listen = 127.0.0.1:1 }\nhttp { listen = 127.0.0.1:2 }\n",
     "a.conf:3:1: a second http block; the first begins in line 2 of a.conf\n"},
    {M KEY "sign a { key = k }\nsign A { key = k }\n",
     "a.conf:4:6: sign \"a\" stands twice; the first begins in line 3 of a.conf\n"},
    {M KEY "sign a { key = k }\nsign A { key = k user = x }\n", ""},
    /* how often */
    {M "cache = 1M\ncache = 2M\n", "a.conf:3:1: \"cache\" is set already, in line 2 of a.conf\n"},
    {M "cache = 1M 2M\n", "a.conf:2:12: cache takes one value\n"},
    {M "dmarc.reject = auto\ndmarc.reject = auto\n",
     "a.conf:3:1: \"dmarc.reject\" is set already, in line 2 of a.conf\n"},
    {M "milter n { mode = 0660 }\n", "a.conf:2:1: \"listen\" is missing in milter \"n\"\n"},
    /* values */
    {M "cache = 1k\n", "a.conf:2:9: cache takes a size such as 64k 16M 1G, 64k-16G, not \"1k\"\n"},
    {M "cache = 17G\n",
     "a.conf:2:9: cache takes a size such as 64k 16M 1G, 64k-16G, not \"17G\"\n"},
    {M "cache = 99999999999G\n",
     "a.conf:2:9: cache takes a size such as 64k 16M 1G, 64k-16G, not \"99999999999G\"\n"},
    {M "cache = -1M\n",
     "a.conf:2:9: cache takes a size such as 64k 16M 1G, 64k-16G, not \"-1M\"\n"},
    {M "threads = 0\n", "a.conf:2:11: threads takes a number, auto 1-128, not \"0\"\n"},
    {M "threads = 1k\n", "a.conf:2:11: threads takes a number, auto 1-128, not \"1k\"\n"},
    {M "why.keep = \"\"\n", "a.conf:2:12: why.keep takes a number, 0-1000000, not \"\"\n"},
    {M "idle_timeout = 30\n",
     "a.conf:2:16: idle_timeout takes a duration such as 30s 5m 2h 1d, 10s-1d, not \"30\"\n"},
    {M "idle_timeout = 9s\n",
     "a.conf:2:16: idle_timeout takes a duration such as 30s 5m 2h 1d, 10s-1d, not \"9s\"\n"},
    {M "log = syslogd\n",
     "a.conf:2:7: log takes one of: stdout syslog journald, not \"syslogd\"; did you mean "
     "\"syslog\"?\n"},
    {M "store = assay.db\n", "a.conf:2:9: store takes an absolute path, not \"assay.db\"\n"},
    {M "resolver.trust_anchor = none2\n",
     "a.conf:2:25: resolver.trust_anchor takes an absolute path or none, not \"none2\"\n"},
    {M "hostname = a..b\n", "a.conf:2:12: hostname takes a domain name, not \"a..b\"\n"},
    {M "hostname = \"a b\"\n", "a.conf:2:12: hostname takes a domain name, not \"a b\"\n"},
    {M "internal = 192.0.2.0/33 x ::1/129 1.2.3.4/\n",
     "a.conf:2:12: internal takes an address or ADDRESS/BITS, not \"192.0.2.0/33\"\n"
     "a.conf:2:25: internal takes an address or ADDRESS/BITS, not \"x\"\n"
     "a.conf:2:27: internal takes an address or ADDRESS/BITS, not \"::1/129\"\n"
     "a.conf:2:35: internal takes an address or ADDRESS/BITS, not \"1.2.3.4/\"\n"},
    {M "resolver = ::1@0 127.0.0.1:53 x\n",
     "a.conf:2:12: resolver takes system, recursive or ADDRESS@PORT, not \"::1@0\"\n"
     "a.conf:2:18: resolver takes system, recursive or ADDRESS@PORT, not \"127.0.0.1:53\"\n"
     "a.conf:2:31: resolver takes system, recursive or ADDRESS@PORT, not \"x\"\n"},
    {M "resolver = system 127.0.0.1\n", "a.conf:2:12: system stands alone, or addresses do\n"},
    {M "resolver = 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9\n",
     "a.conf:2:76: more than 8 resolvers\n"},
    {M "user = \"\"\n", "a.conf:2:8: user takes a word, not \"\"\n"},
    {"milter m { listen = systemd:m unix:a inet:127.0.0.1 inet:8891@127.0.0.1 inet:[::1]:1 inet6:127.0.0.1:1 "
     "127.0.0.1:5 inet:1.2.3.4:0 systemd: }\n",
     "a.conf:1:31: listen takes an absolute path behind unix:, not \"unix:a\"\n"
     "a.conf:1:38: listen takes an address and, behind a colon, a port, not \"inet:127.0.0.1\"\n"
     "a.conf:1:53: listen takes the address before the port, inet:127.0.0.1:8891, not \"inet:8891@127.0.0.1\"\n"
     "a.conf:1:73: listen takes an IPv4 address behind inet:, not \"inet:[::1]:1\"\n"
     "a.conf:1:86: listen takes an IPv6 address behind inet6:, not \"inet6:127.0.0.1:1\"\n"
     "a.conf:1:104: listen takes unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT or systemd:NAME, not "
     "\"127.0.0.1:5\"\n"
     "a.conf:1:116: listen takes an address and, behind a colon, a port, not \"inet:1.2.3.4:0\"\n"
     "a.conf:1:131: listen takes the FileDescriptorName of a socket unit behind systemd:, not \"systemd:\"\n"},
    {"milter m { listen = unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaa }\n",
     "a.conf:1:21: listen takes a path of at most 107 octets, for the system has no more, not "
     "\"unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"},
    {M "http { listen = inet:127.0.0.1:1 }\n",
     "a.conf:2:17: listen takes ADDRESS:PORT or [ADDRESS]:PORT, not \"inet:127.0.0.1:1\"\n"},
    {M "http { listen = ::1:80 }\n",
     "a.conf:2:17: listen takes an address and, behind a colon, a port, not \"::1:80\"\n"},
    {"milter m { listen = unix:/a mode = 1777 }\n",
     "a.conf:1:36: mode takes permissions in octal, such as 0660, not \"1777\"\n"},
    {"milter m { listen = unix:/a mode = 068 }\n",
     "a.conf:1:36: mode takes permissions in octal, such as 0660, not \"068\"\n"},
    {M "policy p { when.dkim = a@b.example @ . .. when.client = 1.2.3.4/33 }\n",
     "a.conf:2:24: when.dkim takes domains and .domains, not \"a@b.example\"\n"
     "a.conf:2:36: when.dkim takes domains and .domains, not \"@\"\n"
     "a.conf:2:38: when.dkim takes domains and .domains, not \".\"\n"
     "a.conf:2:40: when.dkim takes domains and .domains, not \"..\"\n"
     "a.conf:2:57: when.client takes networks such as 192.0.2.0/24, and names such as mail.example.org or "
     ".example.org, not \"1.2.3.4/33\"\n"},
    {M "policy p { when.client = 1.2.3.4 dmarc.reject = often }\n",
     "a.conf:2:49: dmarc.reject takes one of: auto quarantine reject tag accept discard\n"},
    {M KEY "sign a.example { key = k fields = From, \"a b\" Sub:ject }\n",
     "a.conf:3:41: fields takes the name of a header field, not \"a b\"\n"
     "a.conf:3:47: fields takes the name of a header field, not \"Sub:ject\"\n"},
    {M "forwarder f { client = 1.2.3.4 until = 2026-02-30 }\n",
     "a.conf:2:40: until takes a date such as 2027-01-31, not \"2026-02-30\"\n"},
    {M "forwarder f { client = 1.2.3.4 until = 1893456000 }\n",
     "a.conf:2:40: until takes a date such as 2027-01-31, not \"1893456000\"\n"},
    /* what has to fit together */
    {"", "a.conf:1:1: warning: no mail server can ask: there is no milter, check or srs block\n"},
    {"milter m { listen = systemd:m policy = partner }\npolicy partners { when.client = ::1 }\n",
     "a.conf:1:40: there is no policy \"partner\"; did you mean \"partners\"?\n"},
    {M "sign a.example { key = k }\n", "a.conf:2:24: there is no key \"k\"\n"},
    {M KEY "sign a.example { key = k, kk }\n",
     "a.conf:3:27: there is no key \"kk\"; did you mean \"k\"?\n"},
    {M KEY, "a.conf:2:1: warning: key \"k\" is used by nobody: no sign or seal block names it\n"},
    {M "policy p { when.listener = n when.client = ::1 }\n",
     "a.conf:2:28: there is no milter \"n\"; did you mean \"m\"?\n"},
    {M "policy a { parent = b when.client = ::1 }\npolicy b { parent = a when.client = ::1 }\n",
     "a.conf:2:12: policy \"a\" is its own ancestor\n"
     "a.conf:3:12: policy \"b\" is its own ancestor\n"},
    {M "policy a { dmarc.reject = auto }\n",
     "a.conf:2:1: warning: policy \"a\" has no condition and no milter names it: it is for every message\n"},
    {"milter a { listen = inet:127.0.0.1:80 }\nhttp { listen = localhost:80 }\n",
     "a.conf:2:17: 127.0.0.1:80 is listened on already, in line 1 of a.conf\n"},
    {M "control { listen = inet:127.0.0.1:80 }\n",
     "a.conf:2:20: control is a unix socket: who may open it, may reload\n"},
    {M "check { listen = inet:127.0.0.1:80 mode = 0600 group = x }\n",
     "a.conf:2:36: warning: mode is for unix sockets; there is none here\n"
     "a.conf:2:48: warning: group is for unix sockets; there is none here\n"},
    {M KEY "sign a.example { key = k fields = From profile = strict }\n",
     "a.conf:3:26: fields stands instead of profile, not beside it\n"},
    {M KEY "sign a.example { key = k fields = To }\n",
     "a.conf:3:26: fields leaves out From, which every signature covers (RFC 6376 5.4)\n"},
    {M KEY "sign a.example { key = k identity = a }\n",
     "a.conf:3:26: identity takes an address or @DOMAIN, not \"a\"\n"},
    {M KEY "sign a.example { key = k identity = @xa.example }\n",
     "a.conf:3:26: identity is not in a.example, for which key \"k\" signs (RFC 6376 3.5)\n"},
    {M KEY "sign a.example { key = k identity = a@x.a.example }\n", ""},
    {M "key k { selector = s file = /k domain = b.example }\nsign a.example { key = k }\n",
     "a.conf:3:24: warning: key \"k\" signs for b.example: that does not align with a.example in DMARC\n"},
    {M KEY "seal { key = k }\n",
     "a.conf:3:1: \"domain\" is missing in seal, for key \"k\" has none either\n"},
    {M KEY "seal { key = k domain = a.example }\n", ""},
    {M "srs { domain = a.example secret = /s listen = unix:/s hash_length = 5 hash_least = 6 }\n",
     "a.conf:2:71: hash_least is above hash_length: no address that is written would be known\n"},
    {M "srs { domain = a.example secret = /s }\n",
     "a.conf:2:1: warning: srs is asked by nobody: set listen, or milter = yes\n"},
    {M "srs { domain = a.example secret = /s milter = yes }\n",
     "a.conf:2:38: warning: milter = yes without local: mail for here would have its sender "
     "rewritten too\n"},
    {M "srs { domain = a.example secret = /s milter = yes local = b.example }\n", ""},
    {M "forwarder f { note = x }\n",
     "a.conf:2:1: forwarder \"f\" is not told from others: client, name or sealer says who it is\n"},
    {M "forwarder f { client = ::1 name = a.example }\n",
     "a.conf:2:1: forwarder \"f\" takes one of three: client, name or sealer says who it is\n"},
    {M "forwarder f { client = ::1 until = 2026-11-28 }\n",
     "a.conf:2:28: warning: forwarder \"f\" is trusted no more: this date is past\n"},
    {M "forwarder f { client = ::1 until = 2026-11-29 }\n", ""},
};

static void everything_wrong_is_told_with_its_place(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct conf *conf = NULL;
        struct buf out;
        assay_status s = test_check(ROWS[i].text, NULL, &out, &conf), wanted = ASSAY_DONE;

        for (const char *p = ROWS[i].complaints; p && *p; p = strchr(p, '\n') + 1)
            if (strstr(p, ": warning: ") == NULL || strchr(p, '\n') < strstr(p, ": warning: "))
                wanted = ASSAY_EINVAL;
        if (strcmp(out.p, ROWS[i].complaints) != 0 || s != wanted)
            failed++, print_error("of:\n%s\nwanted %d:\n%s\ngot %d:\n%s", ROWS[i].text, wanted,
                                  ROWS[i].complaints, s, out.p);
        conf_free(conf);
        buf_done(&out);
    }
    assert_int_equal(failed, 0);
}

static void policies_refine_one_another_sixteen_deep_at_most(void **state)
{
    struct buf text = buf_new(1 << 16), out;
    struct conf *conf = NULL;

    (void)state;
    buf_puts(&text, M "policy p0 { when.client = ::1 }\n");
    for (int i = 1; i < 18; i++)
        buf_printf(&text, "policy p%d { parent = p%d when.client = ::1 }\n", i, i - 1);
    buf_putc(&text, '\0');
    assert_int_equal(test_check(text.p, NULL, &out, &conf), ASSAY_EINVAL);
    assert_string_equal(out.p, "a.conf:19:14: policies refine one another more than 16 deep\n");
    buf_done(&text);
    buf_done(&out);
}

static void complaints_of_included_files_have_their_places(void **state)
{
    static const struct test_file FILES[] = {
        {"x/1.conf", "sign a.example { key = one }\n"},
        {"x/2.conf", "key one { selector = s file = /a }\nmilter m { listen = systemd:n }\n"},
        {NULL, NULL}};
    struct conf *conf = NULL;
    struct buf out;

    (void)state;
    assert_int_equal(test_check(M "include x/*.conf\nqqqqqqqqqqqq = 1\n", FILES, &out, &conf),
                     ASSAY_EINVAL);
    assert_string_equal(
        out.p, "a.conf:3:1: unknown option \"qqqqqqqqqqqq\"\n"
               "x/2.conf:2:8: milter \"m\" stands twice; the first begins in line 1 of a.conf\n");
    buf_done(&out);
}

static void a_pattern_holds_of_what_it_names(void **state)
{
    static const struct {
        const char *pattern, *user, *domain;
        bool holds;
    } TABLE[] = {
        {"*", "", "a.example", true},
        {"a.example", "", "a.example", true},
        {"a.example", "x", "a.example", true},
        {"a.example", "", "b.a.example", false},
        {".a.example", "", "b.a.example", true},
        {".a.example", "", "a.example", false},
        {".a.example", "", "ba.example", false},
        {"X@a.example", "x", "a.example", true},
        {"x@a.example", "", "a.example", false},
        {"x@a.example", "y", "a.example", false},
        {"x@a.example", "x", "b.a.example", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(TABLE); i++)
        if (conf_pattern_holds(span_of(TABLE[i].pattern), span_of(TABLE[i].user),
                               span_of(TABLE[i].domain)) != TABLE[i].holds)
            fail_msg("%s of %s@%s: wanted %d", TABLE[i].pattern, TABLE[i].user, TABLE[i].domain,
                     TABLE[i].holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_site_of_the_manual_is_taken),
        cmocka_unit_test(beside_a_check_block_the_mail_server_names_listeners),
        cmocka_unit_test(values_are_read_into_one_form),
        cmocka_unit_test(what_is_not_set_has_its_initial_value),
        cmocka_unit_test(the_defaults_are_a_configuration_with_each_option_once),
        cmocka_unit_test(initial_values_are_in_the_form_that_values_are_read_into),
        cmocka_unit_test(no_option_of_the_top_or_a_policy_has_the_name_of_one_of_the_receiver),
        cmocka_unit_test(the_examples_of_the_manual_are_taken),
        cmocka_unit_test(everything_wrong_is_told_with_its_place),
        cmocka_unit_test(policies_refine_one_another_sixteen_deep_at_most),
        cmocka_unit_test(complaints_of_included_files_have_their_places),
        cmocka_unit_test(a_pattern_holds_of_what_it_names),
        cmocka_unit_test(the_sample_of_the_package_is_taken_with_and_without_its_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
