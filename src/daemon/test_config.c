/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_config.c From the text of assayd.conf to what the daemon goes by: every kind of block, and
 * what is complained of with its place.
 */
#include "daemon/config.h"
#include "daemon/protocols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <syslog.h>

#include <cmocka.h>

/** Read a configuration that is good. The user that there is by default need not be on this host. */
static struct config *read_good(const char *text)
{
    struct buf why = buf_new(16384), all = buf_new(65536);
    struct config *c = NULL;
    assay_status s;

    buf_puts(&all, text);
    buf_puts(&all, "\nuser = nobody\n");
    s = config_read(buf_span(&all), SPAN("t.conf"), NULL, NULL, &c, &why);
    buf_done(&all);

    if (s != ASSAY_DONE)
        fail_msg("%d: %.*s", (int)s, SPAN_ARG(buf_span(&why)));
    buf_done(&why);
    return c;
}

/** A key block, and a listener, that many need. */
#define COMMON                                                                    \
    "authserv_id = mx.example.org\nmilter \"in\" { listen = unix:/tmp/x.sock }\n" \
    "key \"main\" { selector = s1  file = /etc/k1.pem }\n"                        \
    "key \"ed\" { selector = e1  file = /etc/k2.pem  algorithm = ed25519  domain = d.example }\n"

/* ---- what stands at the top ---- */

static void what_stands_at_the_top_arrives(void **state)
{
    struct config *c = read_good(
        COMMON
        "hostname = host.example.org\nresolver = 127.0.0.1@5353, 192.0.2.53@53\n"
        "resolver.timeout = 3s\nthreads = 3\nwhy.keep = 301\nstore = /var/x.db\n"
        "store.retention = 7d\nlog = syslog\nlog.format = json\nlog.level = warning\n"
        "log.facility = local3\nmessage_timeout = 2m\nidle_timeout = 90s\nmax_connections = 77\n"
        "header_bytes = 64k\nheader_count = 100\ncache = 1M\ncache.keys = 11\ndefer.keep = 222\n"
        "internal = 192.0.2.0/24, 2001:db8::/32\nsandbox = no\npid_file = /run/x.pid\n");

    (void)state;
    assert_true(span_is(c->hostname, "host.example.org"));
    assert_string_equal(c->world.resolvers, "127.0.0.1@5353 192.0.2.53@53");
    assert_int_equal(c->question_ms, 3000);
    assert_int_equal(c->threads, 3);
    assert_int_equal(c->why_keep, 101); /* of each worker, rounded up */
    assert_string_equal(c->store, "/var/x.db");
    assert_int_equal(c->retention_days, 7);
    assert_int_equal(c->log_target, LOG_TO_SYSLOG);
    assert_int_equal(c->log_format, LOG_JSON);
    assert_int_equal(c->log_level, 4);
    assert_int_equal(c->log_facility, LOG_LOCAL3);
    assert_int_equal(c->message_ms, 120000);
    assert_int_equal(c->listeners[0].idle_ms, 90000);
    assert_int_equal(c->most_connections, 77);
    assert_int_equal(c->header_bytes, 65536);
    assert_int_equal(c->header_count, 100);
    assert_int_equal(c->world.cache_bytes, 1 << 20);
    assert_int_equal(c->engine_keys, 11);
    assert_int_equal(c->recall_names, 222);
    assert_false(c->sandbox);
    assert_false(c->keys.sandbox);
    assert_string_equal(c->pid_file, "/run/x.pid");
    config_free(c);
}

static void without_a_word_the_daemon_has_sound_values(void **state)
{
    struct config *c = read_good(COMMON);

    (void)state;
    assert_null(c->world.resolvers); /* the system's */
    assert_null(c->store);
    assert_null(c->pid_file);
    assert_true(c->sandbox && c->keys.sandbox);
    assert_true(c->threads >= 1);
    assert_int_equal(c->log_target, LOG_TO_STDOUT);
    assert_int_equal(c->log_level, 6);
    assert_false(c->srs.on);
    assert_int_equal(c->keys.n, 0); /* keys that nobody signs with are not read */
    config_free(c);
}

static void clients_are_internal_by_their_network(void **state)
{
    static const struct {
        const char *ip;
        bool wanted;
    } ROWS[] = {
        {"192.0.2.1", true},   {"192.0.3.1", false},       {"2001:db8:1::1", true},
        {"2001:db9::", false}, {"::ffff:192.0.2.9", true}, {"127.0.0.1", false},
    };
    struct config *c = read_good(COMMON "internal = 192.0.2.0/24, 2001:db8::/32\n"),
                  *usual = read_good(COMMON);
    struct ip ip;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_true(ip_read(span_of(ROWS[i].ip), &ip));
        if (config_is_internal(c, &ip) != ROWS[i].wanted)
            fail_msg("%s: wanted %d", ROWS[i].ip, ROWS[i].wanted);
    }
    assert_true(ip_read(SPAN("127.0.0.1"), &ip) && config_is_internal(usual, &ip));
    assert_true(ip_read(SPAN("::1"), &ip) && config_is_internal(usual, &ip));
    config_free(c);
    config_free(usual);
}

/* ---- listeners ---- */

/** The listener at an address, or NULL. */
static const struct config_listener *at(const struct config *c, const char *address)
{
    for (size_t i = 0; i < c->nlisteners; i++)
        if (strcmp(c->listeners[i].address, address) == 0)
            return &c->listeners[i];
    return NULL;
}

static void every_block_listens_as_it_says(void **state)
{
    struct config *c = read_good(
        "authserv_id = mx.example.org\nidle_timeout = 60s\n"
        "milter \"in\" { listen = unix:/tmp/in.sock, inet:127.0.0.1:8891  mode = 0666  max_connections = 5  policy = p }\n"
        "milter \"out\" { listen = inet6:[::1]:8892  direction = out  idle_timeout = 20s }\n"
        "policy \"p\" { spf.fail = reject }\n"
        "control { listen = unix:/tmp/c.sock  mode = 0600 }\n"
        "http { listen = 127.0.0.1:9000 }\n"
        "srs { domain = srs.example.org  secret = /etc/s  listen = unix:/tmp/srs.sock  mode = 0640 }\n");
    const struct config_listener *in = at(c, "unix:/tmp/in.sock"),
                                 *tcp = at(c, "inet:127.0.0.1:8891"),
                                 *out = at(c, "inet6:[::1]:8892"),
                                 *srs = at(c, "unix:/tmp/srs.sock"),
                                 *control = at(c, "unix:/tmp/c.sock"),
                                 *http = at(c, "127.0.0.1:9000");

    (void)state;
    assert_int_equal(c->nlisteners, 6);
    assert_non_null(in);
    assert_string_equal(in->kind, "milter");
    assert_string_equal(in->name, "in");
    assert_ptr_equal(in->protocol, &milter_protocol);
    assert_int_equal(in->mode, 0666);
    assert_int_equal(in->most, 5);
    assert_int_equal(in->idle_ms, 60000);
    assert_int_equal(in->direction, DIRECTION_AUTO);
    assert_false(in->tcp);
    assert_string_equal(assay_policy_get(in->policy, "spf.fail"), "reject");
    assert_true(tcp && tcp->tcp && tcp->policy == in->policy);
    assert_true(out && out->direction == DIRECTION_OUT && out->idle_ms == 20000);
    assert_ptr_equal(out->policy, c->policy);
    assert_true(srs && srs->protocol == &socketmap_protocol && srs->mode == 0640);
    assert_true(control && control->protocol == &control_protocol && control->mode == 0600);
    assert_true(http && !http->protocol && http->tcp);
    for (size_t i = 0; i < c->nlisteners; i++)
        assert_int_equal(*c->listeners[i].open, 0);
    config_free(c);
}

static void the_control_socket_is_there_without_a_block(void **state)
{
    struct config *c = read_good(COMMON);
    unsigned n = 0;

    (void)state;
    for (size_t i = 0; i < c->nlisteners; i++)
        n += c->listeners[i].protocol == &control_protocol;
    assert_int_equal(n, 1);
    config_free(c);
}

/* ---- policies ---- */

static void a_policy_begins_with_what_its_parent_has(void **state)
{
    struct config *c =
        read_good(/* the child stands first, its parent behind it */
                  "authserv_id = mx.example.org\nspf.fail = tag\ndmarc.second_view = yes\n"
                  "policy \"c\" { parent = b  when.sender = x.example  enforce = no }\n"
                  "policy \"b\" { parent = a  when.client = 192.0.2.0/24  quarantine.by = hold }\n"
                  "policy \"a\" { when.recipient = y.example  spf.fail = reject }\n"
                  "milter \"in\" { listen = unix:/tmp/x.sock  policy = c }\n");
    const assay_policy *p = c->listeners[0].policy;
    static const char *const WANTED[][2] = {{"spf.fail", "reject"},
                                            {"quarantine.by", "hold"},
                                            {"enforce", "no"},
                                            {"dmarc.second_view", "yes"}};

    (void)state;
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++)
        assert_string_equal(assay_policy_get(p, WANTED[i][0]), WANTED[i][1]);
    assert_string_equal(assay_policy_get(c->policy, "spf.fail"), "tag");
    assert_string_equal(assay_policy_get(c->policy, "enforce"), "yes");
    config_free(c);
}

/* ---- signing, sealing, trust ---- */

static void sign_blocks_are_tried_the_nearest_first(void **state)
{
    static const char *const ORDER[] = {
        "ann@example.org key=s1:example.org:rsa,e1:d.example:ed25519 profile=strict",
        "example.org key=s1:example.org:rsa fields=From:To",
        "example.org key=s1:example.org:rsa profile=list-friendly canonicalization=simple/relaxed expire=604800 timestamp=no client=10.0.0.0/8",
        "example.org key=s1:example.org:rsa profile=strict canonicalization=relaxed/relaxed;",
        ".sub.example.org key=s1:sub.example.org:rsa",
        ".example.org key=s1:example.org:rsa",
        "* key=s1:*:rsa",
    };
    struct config *c = read_good(
        COMMON
        "sign \"*\" { key = main  profile = strict }\nsign \".example.org\" { key = main  profile = strict }\n"
        "sign \"example.org\" { key = main  profile = strict }\n"
        "sign \"example.org\" { key = main  profile = list-friendly  client = 10.0.0.0/8  expire = 7d  timestamp = no  canonicalization = simple/relaxed }\n"
        "sign \"ann@example.org\" { key = main, ed  profile = strict }\n"
        "sign \".sub.example.org\" { key = main  profile = strict }\n"
        "sign \"example.org\" { key = main  fields = From, To  user = bob }\n");
    const char *table = assay_policy_get(c->policy, "sign.table"), *from = table;

    (void)state;
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        const char *found = strstr(from, ORDER[i]);

        if (!found)
            fail_msg("wanted %s behind %s", ORDER[i], from);
        from = found + strlen(ORDER[i]);
    }
    config_free(c);
}

static void the_keys_process_holds_each_key_once_under_each_of_its_names(void **state)
{
    static const struct {
        const char *name, *path, *where;
        bool secret, ed25519;
    } WANTED[] = {
        {"s1._domainkey.example.org", "/etc/k1.pem", "t.conf:3:", false, false},
        {"e1._domainkey.d.example", "/etc/k2.pem", "t.conf:4:", false, true},
        {"s1._domainkey.xn--bcher-kva.example", "/etc/k1.pem", "t.conf:3:", false, false},
        {"s1._domainkey.seal.example", "/etc/k1.pem", "t.conf:3:", false, false},
        {"srs", "/etc/srs.secret", "t.conf:", true, false},
    };
    struct config *c = read_good(
        COMMON "sign \"example.org\" { key = main, ed }\nsign \"ann@example.org\" { key = main }\n"
               "sign \"b\xc3\xbc"
               "cher.example\" { key = main }\n"
               "seal { key = main  domain = seal.example }\n"
               "srs { domain = srs.example.org  secret = /etc/srs.secret  milter = yes }\n");

    (void)state;
    assert_int_equal(c->keys.n, sizeof WANTED / sizeof *WANTED);
    for (size_t i = 0; i < c->keys.n; i++) {
        const struct keyproc_item *item = &c->keys.items[i];

        assert_string_equal(item->name, WANTED[i].name);
        assert_string_equal(item->path, WANTED[i].path);
        assert_int_equal(strncmp(item->where, WANTED[i].where, strlen(WANTED[i].where)), 0);
        assert_int_equal(item->secret, WANTED[i].secret);
        assert_int_equal(item->ed25519, WANTED[i].ed25519);
    }
    assert_string_equal(assay_policy_get(c->policy, "seal.key"), "s1:seal.example:rsa");
    config_free(c);
}

static void forwarders_become_their_table(void **state)
{
    struct config *c = read_good(
        COMMON
        "forwarder \"uni\" { client = 192.0.2.0/24, 198.51.100.1  authors = a.example  note = \"the \\\"old\\\" one\"  until = 2099-12-31 }\n"
        "forwarder \"list\" { sealer = lists.example  recipients = ann@example.org }\n");
    const char *table = assay_policy_get(c->policy, "forwarders");

    (void)state;
    assert_non_null(strstr(table, "client=192.0.2.0/24,198.51.100.1"));
    assert_non_null(strstr(table, "authors=a.example"));
    assert_non_null(strstr(table, "until=2099-12-31"));
    assert_non_null(strstr(table, "note=\"the 'old' one\";"));
    assert_non_null(strstr(table, "sealer=lists.example recipients=ann@example.org note=\"list\""));
    config_free(c);
}

static void srs_has_what_its_block_says(void **state)
{
    static const struct {
        const char *address;
        bool local;
    } ROWS[] = {
        {"a@srs.example.org", true}, {"a@sub.srs.example.org", true}, {"a@home.example", true},
        {"a@x.home.example", false}, {"a@x.under.example", true},     {"a@under.example", false},
        {"a@EXAMPLE.net", false},    {"a@HOME.example", true},        {"postmaster", true},
    };
    struct config *c = read_good(
        COMMON
        "srs { domain = srs.example.org  secret = /etc/s  hash_length = 8  hash_least = 6  separator = \"+\"  max_age = 30d\n"
        "local = home.example, .under.example  overflow = refuse  milter = yes }\n");
    struct assay_srs request = config_srs_request(c);

    (void)state;
    assert_true(c->srs.on && c->srs.milter);
    assert_true(span_is(request.forwarder, "srs.example.org"));
    assert_int_equal(request.hash_length, 8);
    assert_int_equal(request.hash_min, 6);
    assert_int_equal(request.separator, '+');
    assert_int_equal(request.max_age_days, 30);
    assert_int_equal(request.overflow, ASSAY_SRS_REFUSE);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (config_is_local(c, span_of(ROWS[i].address)) != ROWS[i].local)
            fail_msg("%s: wanted %d", ROWS[i].address, ROWS[i].local);
    config_free(c);
}

/* ---- what is wrong ---- */

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text, *place, *word;
    } ROWS[] = {
        {"thread = 3\n", "t.conf:1:1:", "threads"},
        {"threads = many\n", "t.conf:1:11:", "threads"},
        {COMMON "milter \"b\" { listen = unix:/tmp/b  policy = absent }\n", "t.conf:5:", "absent"},
        {COMMON "sign \"a.example\" { key = absent }\n", "t.conf:5:", "absent"},
        {COMMON "policy \"a\" { parent = b  enforce = no }\npolicy \"b\" { parent = a }\n",
         "t.conf:5:", "its own ancestor"},
        {COMMON "milter \"g\" { listen = unix:/tmp/g  group = no-such-group-here }\n",
         "t.conf:5:", "no-such-group-here"},
        {COMMON "policy \"p\" { spf.fail = explode }\n",
         "t.conf:5:", "accept tag quarantine reject"},
        {COMMON "policy \"p\" { when.client = 300.1.1.1/99 }\n", "t.conf:5:", "client"},
        {COMMON "seal { key = main }\n", "t.conf:5:", "domain"},
        {"milter \"in\" {\n", "t.conf:", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct buf why = buf_new(16384);
        struct config *c = (struct config *)&why;
        assay_status s = config_read(span_of(ROWS[i].text), SPAN("t.conf"), NULL, NULL, &c, &why);

        buf_putc(&why, '\0');
        if (s != ASSAY_EINVAL || (void *)c != (void *)&why || !strstr(why.p, ROWS[i].place) ||
            !strstr(why.p, ROWS[i].word))
            fail_msg("%zu: wanted %s ... %s, got %d: %s", i, ROWS[i].place, ROWS[i].word, (int)s,
                     why.p);
        buf_done(&why);
    }
}

static void the_last_holder_frees_it(void **state)
{
    struct config *c = read_good(COMMON);

    (void)state;
    assert_ptr_equal(config_ref(c), c);
    config_free(c);
    assert_string_equal(c->listeners[0].name, "in"); /* still there */
    config_free(c);
    config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_at_the_top_arrives),
        cmocka_unit_test(without_a_word_the_daemon_has_sound_values),
        cmocka_unit_test(clients_are_internal_by_their_network),
        cmocka_unit_test(every_block_listens_as_it_says),
        cmocka_unit_test(the_control_socket_is_there_without_a_block),
        cmocka_unit_test(a_policy_begins_with_what_its_parent_has),
        cmocka_unit_test(sign_blocks_are_tried_the_nearest_first),
        cmocka_unit_test(the_keys_process_holds_each_key_once_under_each_of_its_names),
        cmocka_unit_test(forwarders_become_their_table),
        cmocka_unit_test(srs_has_what_its_block_says),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(the_last_holder_frees_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
