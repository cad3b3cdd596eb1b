/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_keyproc.c The keys process, a real one, and the client that asks it: what it answers, what
 * it refuses to hold, and what is told when it is silent, killed or replaced.
 */
#include "base/base64.h"
#include "daemon/keyclient.h"
#include "daemon/keyproc.h"
#include "daemon/keywire.h"
#include "daemon/test_daemon.h"

#include <event2/event.h>
#include <fcntl.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { PATH = 128, LONG_MS = 20000, MANY = 3000 };

static char folder[] = "/tmp/assay-keyproc-XXXXXX";
static EVP_PKEY *rsa, *ed25519;
static char rsa_pem[PATH], ed_pem[PATH], secrets[PATH];

static const char RSA_NAME[] = "s1._domainkey.a.example", ED_NAME[] = "e1._domainkey.a.example";
static const uint8_t DIGEST[32] = {1, 2, 3};

/* ---- files ---- */

/** Write a file with a mode. */
static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
    EVP_PKEY **keys[] = {&rsa, &ed25519};
    char *paths[] = {rsa_pem, ed_pem};

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    rsa = EVP_RSA_gen(2048);
    ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    for (int i = 0; i < 2; i++) {
        FILE *f;

        snprintf(paths[i], PATH, "%s/key%d.pem", folder, i);
        if (!(f = fopen(paths[i], "w")) ||
            PEM_write_PrivateKey(f, *keys[i], NULL, NULL, 0, NULL, NULL) != 1 || fclose(f) != 0 ||
            chmod(paths[i], 0600) != 0)
            return -1;
    }
    snprintf(secrets, sizeof secrets, "%s/secrets", folder);
    write_file(secrets, "first\nsecond\n", 0600);
    return 0;
}

static int tear_down(void **state)
{
    char command[PATH];

    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ed25519);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT: a test's own command */
}

/** All that the tests ask for. */
static void plan_all(struct keyproc_item items[3], struct keyproc_plan *ret)
{
    items[0] = (struct keyproc_item){RSA_NAME, rsa_pem, "c:1:1", false, false};
    items[1] = (struct keyproc_item){ED_NAME, ed_pem, "c:2:1", false, true};
    items[2] = (struct keyproc_item){"srs", secrets, "c:3:1", true, false};
    *ret = (struct keyproc_plan){.items = items, .n = 3, .sandbox = true};
}

/** Start one that holds all. */
static void start(struct keyproc *ret, unsigned n)
{
    struct keyproc_item items[3];
    struct keyproc_plan plan;
    struct buf why = buf_new(4096);

    plan_all(items, &plan);
    assert_int_equal(keyproc_start(&plan, n, ret, &why), ASSAY_DONE);
    assert_int_equal(why.n, 0);
}

/* ---- asking ---- */

/** One question with its answer. */
struct asked {
    struct key_waiter *waiter;
    bool answered;
    enum assay_how how;
    size_t n;
    char text[1024];
    unsigned *left; /* counted down */
    struct event_base *loop;
};

/** The answer is there. */
static void take(void *arg, assay_fact *fact)
{
    struct asked *a = arg;
    struct assay_answer answer;
    assay_span text;

    assert_non_null(fact);
    assert_false(a->answered);
    assay_fact_read(fact, &answer);
    text = answer.n ? answer.data[0] : answer.reason;
    a->answered = true;
    a->how = answer.how;
    a->n = text.n;
    assert_true(text.n < sizeof a->text);
    memcpy(a->text, text.p, text.n);
    a->text[text.n] = '\0';
    if (--*a->left == 0)
        event_base_loopbreak(a->loop);
}

/** Ask one question. */
static void ask(struct keyclient *c, struct event_base *loop, enum assay_kind kind,
                const char *name, assay_span data, unsigned ms, unsigned *left, struct asked *ret)
{
    struct assay_question q = {.kind = kind, .name = span_of(name), .data = data};

    *ret = (struct asked){.left = left, .loop = loop};
    ++*left;
    assert_int_equal(keyclient_ask(c, &q, ms, take, ret, &ret->waiter), ASSAY_DONE);
    assert_false(ret->answered); /* from the loop alone */
}

/** The data of a question to sign DIGEST. */
static assay_span to_sign(const char *algorithm, char room[128])
{
    size_t n = (size_t)snprintf(room, 64, "%s ", algorithm);

    base64_encode(DIGEST, sizeof DIGEST, room + n);
    return (assay_span){room, n + base64_encoded(sizeof DIGEST)};
}

/** A keys process with its client, on a loop. */
struct pair {
    struct event_base *loop;
    struct keyproc proc;
    struct keyclient *client;
};

static void pair_open(struct pair *p)
{
    p->loop = event_base_new();
    start(&p->proc, 1);
    p->client = keyclient_new(p->loop, p->proc.sockets[0]);
    p->proc.sockets[0] = -1;
    assert_non_null(p->client);
}

static void pair_close(struct pair *p)
{
    pid_t pid = p->proc.pid;

    keyclient_free(p->client);
    keyproc_stop(&p->proc);
    if (pid)
        waitpid(pid, NULL, 0);
    event_base_free(p->loop);
}

/* ---- what it answers ---- */

/** The signature is one of DIGEST by this key. */
static bool verifies(EVP_PKEY *key, const struct asked *a)
{
    EVP_PKEY_CTX *pkey = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    const unsigned char *signature = (const unsigned char *)a->text;
    bool fine;

    if (key == ed25519) {
        fine = EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
               EVP_DigestVerify(md, signature, a->n, DIGEST, sizeof DIGEST) == 1;
    } else {
        pkey = EVP_PKEY_CTX_new(key, NULL);
        fine = EVP_PKEY_verify_init(pkey) == 1 &&
               EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(pkey, EVP_sha256()) == 1 &&
               EVP_PKEY_verify(pkey, signature, a->n, DIGEST, sizeof DIGEST) == 1;
    }
    EVP_PKEY_CTX_free(pkey);
    EVP_MD_CTX_free(md);
    return fine;
}

static void it_signs_and_hashes_and_refuses_what_it_does_not_hold(void **state)
{
    char by_rsa[128], by_ed[128];
    unsigned char first[20], second[20];
    struct asked a[6];
    unsigned left = 0;
    struct pair p;

    (void)state;
    pair_open(&p);
    ask(p.client, p.loop, ASSAY_SIGN, RSA_NAME, to_sign("rsa-sha256", by_rsa), LONG_MS, &left,
        &a[0]);
    ask(p.client, p.loop, ASSAY_SIGN, ED_NAME, to_sign("ed25519-sha256", by_ed), LONG_MS, &left,
        &a[1]);
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("octets"), LONG_MS, &left, &a[2]);
    ask(p.client, p.loop, ASSAY_SIGN, "s9._domainkey.a.example", to_sign("rsa-sha256", by_rsa),
        LONG_MS, &left, &a[3]);
    ask(p.client, p.loop, ASSAY_MAC, "other", SPAN("octets"), LONG_MS, &left, &a[4]);
    ask(p.client, p.loop, ASSAY_SIGN, RSA_NAME, to_sign("ed25519-sha256", by_ed), LONG_MS, &left,
        &a[5]);
    event_base_dispatch(p.loop);
    assert_int_equal(left, 0);
    assert_int_equal(a[0].how, ASSAY_OK);
    assert_true(verifies(rsa, &a[0]));
    assert_int_equal(a[1].how, ASSAY_OK);
    assert_true(verifies(ed25519, &a[1]));
    HMAC(EVP_sha1(), "first", 5, (const unsigned char *)"octets", 6, first, NULL);
    HMAC(EVP_sha1(), "second", 6, (const unsigned char *)"octets", 6, second, NULL);
    assert_int_equal(a[2].n, 40);
    assert_memory_equal(a[2].text, first, 20);
    assert_memory_equal(a[2].text + 20, second, 20);
    for (int i = 3; i < 6; i++) {
        assert_int_equal(a[i].how, ASSAY_REFUSED);
        assert_true(a[i].n > 0);
    }
    pair_close(&p);
}

static void packets_that_are_no_question_do_it_no_harm(void **state)
{
    static const struct {
        const char *octets;
        size_t n;
    } NONSENSE[] = {
        {"", 1},
        {"\1\0\0", 3},
        {"\1\0\0\0\0\0\xFF\xFF", 8}, /* a name longer than the packet */
        {"\1\0\0\0\xFF\xFF\0\0", 8}, /* no kind that there is */
        {"\1\0\0\0\0\0\3\0abc", 11},
    };
    struct keyproc proc;
    char answer[KEYWIRE_MAX], head[8 + 3];
    struct keywire_question q = {77, ASSAY_MAC, 3};
    struct keywire_answer back;
    pid_t pid;
    ssize_t n;

    (void)state;
    start(&proc, 1);
    pid = proc.pid;
    for (size_t i = 0; i < sizeof NONSENSE / sizeof *NONSENSE; i++)
        assert_true(send(proc.sockets[0], NONSENSE[i].octets, NONSENSE[i].n, 0) > 0);
    memcpy(head, &q, sizeof q);
    memcpy(head + sizeof q, "srs", 3);
    assert_int_equal(send(proc.sockets[0], head, sizeof head, 0), sizeof head);
    do {
        n = recv(proc.sockets[0], answer, sizeof answer, 0);
        assert_true(n >= (ssize_t)sizeof back);
        memcpy(&back, answer, sizeof back);
        assert_true(back.id == 77 || back.how == ASSAY_REFUSED);
    } while (back.id != 77);
    assert_int_equal(back.how, ASSAY_OK);
    keyproc_stop(&proc);
    waitpid(pid, NULL, 0);
}

/* ---- what it refuses to hold ---- */

static void files_that_will_not_do_are_named_with_their_place(void **state)
{
    char open_pem[PATH], text[PATH], absent[PATH], empty[PATH];
    const struct {
        struct keyproc_item item;
        const char *wanted;
    } ITEMS[] = {
        {{RSA_NAME, open_pem, "assayd.conf:3:5", false, false}, "everybody may read"},
        {{RSA_NAME, text, "assayd.conf:4:5", false, false}, "text: "},
        {{RSA_NAME, absent, "assayd.conf:5:5", false, false}, "No such file"},
        {{ED_NAME, rsa_pem, "assayd.conf:6:5", false, true}, "algorithm = rsa"},
        {{RSA_NAME, ed_pem, "assayd.conf:7:5", false, false}, "algorithm = ed25519"},
        {{"srs", empty, "assayd.conf:8:5", true, false}, "empty: "},
        {{"srs", folder, "assayd.conf:9:5", true, false}, "this is no file"},
    };
    struct keyproc_item all[8];

    (void)state;
    snprintf(open_pem, PATH, "%s/open.pem", folder);
    snprintf(text, PATH, "%s/text", folder);
    snprintf(absent, PATH, "%s/absent", folder);
    snprintf(empty, PATH, "%s/empty", folder);
    write_file(text, "-----BEGIN nothing\n", 0600);
    write_file(empty, "\n", 0600);
    write_file(open_pem, "x", 0644);
    for (size_t i = 0; i < sizeof ITEMS / sizeof *ITEMS; i++) {
        struct keyproc_plan plan = {.items = &ITEMS[i].item, .n = 1};
        struct buf why = buf_new(4096);
        struct keyproc proc = {0};

        all[i] = ITEMS[i].item;
        assert_int_equal(keyproc_start(&plan, 1, &proc, &why), ASSAY_EINVAL);
        buf_putc(&why, '\0');
        if (strncmp(why.p, ITEMS[i].item.where, strlen(ITEMS[i].item.where)) != 0 ||
            !strstr(why.p, ITEMS[i].item.path) || !strstr(why.p, ITEMS[i].wanted))
            fail_msg("wanted %s ... %s, got %s", ITEMS[i].item.where, ITEMS[i].wanted, why.p);
        assert_int_equal(proc.pid, 0);
        buf_done(&why);
    }
    { /* all at once: a line each */
        struct keyproc_plan plan = {.items = all, .n = sizeof ITEMS / sizeof *ITEMS};
        struct buf why = buf_new(8192);
        struct keyproc proc = {0};
        size_t lines = 0;

        assert_int_equal(keyproc_start(&plan, 1, &proc, &why), ASSAY_EINVAL);
        for (size_t i = 0; i < why.n; i++)
            lines += why.p[i] == '\n';
        assert_int_equal(lines, plan.n);
        buf_done(&why);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
}

/* ---- when it fails ---- */

static void silence_is_an_answer_in_time(void **state)
{
    struct event_base *loop = event_base_new();
    int ends[2];
    struct keyclient *c;
    struct asked a;
    unsigned left = 0;
    int64_t began = daemon_clock();

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    c = keyclient_new(loop, ends[0]);
    ask(c, loop, ASSAY_MAC, "srs", SPAN("x"), 150, &left, &a);
    event_base_dispatch(loop);
    assert_int_equal(a.how, ASSAY_TIMEOUT);
    assert_string_equal(a.text, "the keys process does not answer");
    assert_true(daemon_clock() - began >= 140 && daemon_clock() - began < 5000);
    keyclient_free(c);
    close(ends[1]);
    event_base_free(loop);
}

static void without_a_keys_process_the_answer_says_so(void **state)
{
    struct event_base *loop = event_base_new();
    struct keyclient *c = keyclient_new(loop, -1);
    struct asked a;
    unsigned left = 0;
    int64_t began = daemon_clock();

    (void)state;
    ask(c, loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &a);
    event_base_dispatch(loop);
    assert_int_equal(a.how, ASSAY_TIMEOUT);
    assert_string_equal(a.text, "there is no keys process");
    assert_true(daemon_clock() - began < 5000);
    keyclient_free(c);
    event_base_free(loop);
}

static void a_name_too_long_for_a_packet_is_answered_too(void **state)
{
    static char name[KEYWIRE_MAX + 1];
    struct asked a;
    unsigned left = 0;
    struct pair p;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    pair_open(&p);
    ask(p.client, p.loop, ASSAY_MAC, name, SPAN("x"), LONG_MS, &left, &a);
    event_base_dispatch(p.loop);
    assert_int_equal(a.how, ASSAY_TIMEOUT);
    pair_close(&p);
}

static void who_waits_is_told_at_once_when_it_is_killed(void **state)
{
    int64_t began = daemon_clock();
    struct asked a[5];
    unsigned left = 0;
    struct pair p;

    (void)state;
    pair_open(&p);
    kill(p.proc.pid, SIGSTOP);
    for (int i = 0; i < 5; i++)
        ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &a[i]);
    kill(p.proc.pid, SIGKILL);
    event_base_dispatch(p.loop);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(a[i].how, ASSAY_TIMEOUT);
        assert_string_equal(a[i].text, "there is no keys process");
    }
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &a[0]);
    event_base_dispatch(p.loop);
    assert_int_equal(a[0].how, ASSAY_TIMEOUT);
    assert_true(daemon_clock() - began < LONG_MS / 2);
    pair_close(&p);
}

static void a_replaced_one_still_gives_the_answers_it_owes(void **state)
{
    struct asked old, new;
    struct keyproc next;
    unsigned left = 0;
    struct pair p;
    pid_t first;

    (void)state;
    pair_open(&p);
    first = p.proc.pid;
    kill(first, SIGSTOP);
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &old);
    start(&next, 1);
    keyclient_use(p.client, next.sockets[0]);
    next.sockets[0] = -1;
    keyproc_leave(&p.proc);
    p.proc = next;
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("y"), LONG_MS, &left, &new);
    while (!new.answered)
        event_base_loop(p.loop, EVLOOP_ONCE);
    assert_int_equal(new.how, ASSAY_OK);
    assert_false(old.answered);
    kill(first, SIGCONT);
    event_base_dispatch(p.loop);
    assert_int_equal(old.how, ASSAY_OK);
    for (int i = 0; i < 20; i++)
        event_base_loop(p.loop, EVLOOP_NONBLOCK);
    assert_int_equal(waitpid(first, NULL, 0), first); /* nobody has its socket any more */
    pair_close(&p);
}

static void a_full_socket_holds_questions_back_and_loses_none(void **state)
{
    static struct asked all[MANY];
    unsigned left = 0;
    struct pair p;

    (void)state;
    pair_open(&p);
    kill(p.proc.pid, SIGSTOP);
    for (int i = 0; i < MANY; i++)
        ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &all[i]);
    kill(p.proc.pid, SIGCONT);
    event_base_dispatch(p.loop);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(all[i].how, ASSAY_OK);
    pair_close(&p);
}

static void forgotten_questions_are_not_answered(void **state)
{
    static struct asked all[MANY];
    unsigned left = 0, none = 0;
    struct asked last;
    struct pair p;

    (void)state;
    pair_open(&p);
    kill(p.proc.pid, SIGSTOP);
    for (int i = 0; i < MANY; i++) /* sent ones, and ones that wait to be */
        ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &none, &all[i]);
    for (int i = 0; i < MANY; i += 2)
        keyclient_forget(all[i].waiter);
    for (int i = 1; i < MANY; i += 2)
        keyclient_forget(all[i].waiter);
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &last);
    kill(p.proc.pid, SIGCONT);
    event_base_dispatch(p.loop);
    assert_int_equal(last.how, ASSAY_OK);
    assert_int_equal(none, MANY);
    ask(p.client, p.loop, ASSAY_MAC, "srs", SPAN("x"), LONG_MS, &left, &last); /* freed with it */
    pair_close(&p);
}

static void it_ends_when_nobody_has_its_sockets(void **state)
{
    struct keyproc proc;
    pid_t pid;
    int status;

    (void)state;
    start(&proc, 4);
    pid = proc.pid;
    keyproc_leave(&proc);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_signs_and_hashes_and_refuses_what_it_does_not_hold),
        cmocka_unit_test(packets_that_are_no_question_do_it_no_harm),
        cmocka_unit_test(files_that_will_not_do_are_named_with_their_place),
        cmocka_unit_test(silence_is_an_answer_in_time),
        cmocka_unit_test(without_a_keys_process_the_answer_says_so),
        cmocka_unit_test(a_name_too_long_for_a_packet_is_answered_too),
        cmocka_unit_test(who_waits_is_told_at_once_when_it_is_killed),
        cmocka_unit_test(a_replaced_one_still_gives_the_answers_it_owes),
        cmocka_unit_test(a_full_socket_holds_questions_back_and_loses_none),
        cmocka_unit_test(forgotten_questions_are_not_answered),
        cmocka_unit_test(it_ends_when_nobody_has_its_sockets),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
