/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_milter_abuse.c What a milter must stand: broken, slow and hostile clients, each at the
 * cost of its own connection, while a good client beside it is served within a second.
 *
 * It runs against the milter at $MILTER_SOCKET ("unix:PATH" or "inet:PORT@127.0.0.1"), whichever
 * program that is; without it, against assayd of the build, whose memory and descriptors are looked
 * at too. The good client comes over a UNIX socket, for no DNS is to be waited for.
 */
#include "daemon/test_milter_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

extern char **environ;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MOST_RSS = 4 << 20 }; /* a sanitizer's own memory says nothing of the daemon's */
#else
enum { MOST_RSS = 64 << 10 }; /* KiB of the daemon, all its processes */
#endif

enum {
    MOST_CONNECTIONS = 1200, /* of the daemon that is started here */
};

static const char *where;       /* the milter */
static pid_t daemon_pid;        /* 0: not ours */
static long descriptors_before; /* when it had just begun */
static char folder[] = "/tmp/assay-abuse-XXXXXX";

/* ---- the daemon ---- */

/** Start assayd of the build. \return false: there is none */
static bool start_daemon(void)
{
    static char program[4096], conf[64], socket_name[64];
    const char *build = getenv("ASSAY_BUILD");
    char *argv[] = {program, "-c", conf, NULL};
    FILE *f;

    snprintf(program, sizeof program, "%s/assayd", build ? build : "build");
    if (access(program, X_OK) != 0 || !mkdtemp(folder))
        return false;
    snprintf(conf, sizeof conf, "%s/conf", folder);
    snprintf(socket_name, sizeof socket_name, "unix:%s/milter.sock", folder);
    if (!(f = fopen(conf, "w")))
        return false;
    fprintf(f,
            "authserv_id = mx.test.example\nresolver = 127.0.0.1@9\nlog.level = warning\n"
            "max_connections = %d\ncontrol { listen = unix:%s/control.sock }\n"
            "milter \"in\" { listen = %s  mode = 0666 }\n%s",
            MOST_CONNECTIONS, folder, socket_name, geteuid() ? "" : "user = nobody\n");
    fclose(f);
    if (posix_spawn(&daemon_pid, program, NULL, NULL, argv, environ) != 0)
        return false;
    where = socket_name;
    for (int i = 0; i < 200 && waitpid(daemon_pid, NULL, WNOHANG) == 0; i++) {
        int fd = mta_socket(where);

        if (fd >= 0)
            return close(fd) == 0;
        usleep(50000);
    }
    kill(daemon_pid, SIGTERM);
    return false;
}

/** The processes of the daemon: it and its children. */
static size_t processes(pid_t pids[16])
{
    char path[64];
    FILE *f;
    size_t n = 1;
    int child;

    pids[0] = daemon_pid;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", daemon_pid, daemon_pid);
    if ((f = fopen(path, "r"))) {
        while (n < 16 && fscanf(f, "%d", &child) == 1)
            pids[n++] = child;
        fclose(f);
    }
    return n;
}

/** KiB of memory that all of them hold. */
static long memory_now(void)
{
    pid_t pids[16];
    size_t n = processes(pids);
    long sum = 0, pages;
    char path[64];
    FILE *f;

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "/proc/%d/statm", pids[i]);
        if ((f = fopen(path, "r"))) {
            if (fscanf(f, "%*d %ld", &pages) == 1)
                sum += pages * sysconf(_SC_PAGESIZE) / 1024;
            fclose(f);
        }
    }
    return sum;
}

/** Descriptors that all of them hold. */
static long descriptors_now(void)
{
    pid_t pids[16];
    size_t n = processes(pids);
    long sum = 0;
    char path[64];
    DIR *d;

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "/proc/%d/fd", pids[i]);
        if ((d = opendir(path))) {
            while (readdir(d))
                sum++;
            closedir(d);
        }
    }
    return sum;
}

/* ---- a good client, and the one who watches it ---- */

static const char MESSAGE[] =
    "Subject: hello\r\nX-Note: a message\r\n\tof two lines\r\n\r\nHello.\r\n";
static const char *const RCPTS[] = {"<bob@example.net>", NULL};
static const struct mta_mail MAIL = {"<>", NULL, RCPTS, {MESSAGE, sizeof MESSAGE - 1}};

/** Seconds. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** Open, agree. \return false: it did not come to that */
static bool begin(struct mta *m)
{
    return mta_open(m, where) && mta_negotiate(m, MTA_POSTFIX);
}

/** Open, agree, be greeted: ready for a message. */
static bool begin_session(struct mta *m)
{
    return begin(m) && mta_client(m, "localhost", "/run/x") == MILTER_R_CONTINUE &&
           mta_helo(m, "localhost") == MILTER_R_CONTINUE;
}

/** A message is taken. */
static bool message_served(struct mta *m)
{
    struct mta_answer a = {0};
    char reply = mta_message(m, &MAIL, &a);

    mta_answer_done(&a);
    return reply == MILTER_R_CONTINUE || reply == MILTER_R_ACCEPT;
}

/** All of a good client's visit. */
static bool visit(void)
{
    struct mta m;
    bool served = begin_session(&m) && message_served(&m);

    mta_quit(&m);
    return served;
}

/** Visits while something else goes on. */
static struct {
    pthread_t thread;
    atomic_bool stop;
    atomic_uint visits;
    unsigned failed;
    double worst;
} watch;

static void *watch_run(void *arg)
{
    while (!watch.stop) {
        double t = now();

        watch.visits++;
        watch.failed += !visit();
        watch.worst = now() - t > watch.worst ? now() - t : watch.worst;
        usleep(10000);
    }
    return arg;
}

/** Before each test. */
static int watch_begin(void **state)
{
    (void)state;
    watch.stop = false;
    watch.visits = watch.failed = 0;
    watch.worst = 0;
    return where ? pthread_create(&watch.thread, NULL, watch_run, NULL) : 0;
}

/** After each test: the good client was served all the time, and the daemon is small. */
static int watch_end(void **state)
{
    (void)state;
    if (!where)
        return 0;
    for (int i = 0; i < 200 && watch.visits < 3; i++)
        usleep(10000);
    watch.stop = true;
    pthread_join(watch.thread, NULL);
    if (watch.failed || watch.worst > 1.0 || watch.visits < 2) {
        print_error("the good client: %u visits, %u not served, the longest %.3f s\n",
                    (unsigned)watch.visits, watch.failed, watch.worst);
        return -1;
    }
    if (daemon_pid && memory_now() > MOST_RSS) {
        print_error("the daemon holds %ld KiB\n", memory_now());
        return -1;
    }
    return 0;
}

/** Without a milter there is nothing to abuse. */
static void need_milter(void)
{
    if (!where)
        skip();
}

/* ---- what is expected ---- */

/** What becomes of a connection. */
enum fate {
    ENDS,     /**< the milter hangs up */
    REFUSED,  /**< it hangs up, or says tempfail */
    ANSWERED, /**< it hangs up or gives any final reply: it is not silent */
    SERVED    /**< the message is taken */
};

/** The letter of a final reply, 't' for any code 4xx, 'r' for 5xx; 0: it is none. */
static char final_letter(const struct milter_packet *p)
{
    if (p->command == MILTER_R_REPLYCODE)
        return p->data.n && p->data.p[0] == '4' ? 't' : 'r';
    return p->command && strchr("acdrst", p->command) ? p->command
           : p->command == MILTER_R_SHUTDOWN          ? 't'
                                                      : '\0';
}

/**
 * Send what waits, and read so many final replies, or up to one that is not to go on.
 *
 * \return the last of them; 0: the milter hung up; '?': it is silent
 */
static char last_word(struct mta *m, unsigned replies)
{
    struct milter_packet packet;
    char letter = '?';

    while (replies > 0) {
        if (!mta_receive(m, &packet))
            return mta_hung_up(m) ? '\0' : '?';
        if (!final_letter(&packet))
            continue;
        letter = final_letter(&packet);
        if (letter != 'c' && letter != 's')
            break;
        replies--;
    }
    return letter;
}

/** That is its fate. */
static bool fits(enum fate fate, char word)
{
    switch (fate) {
    case ENDS: return word == '\0';
    case REFUSED: return word == '\0' || word == 't';
    case ANSWERED: return word != '?';
    default: return word == 'c' || word == 'a';
    }
}

/** Check and close. \param replies  that the milter owes when it goes along */
static void expect(struct mta *m, unsigned replies, enum fate fate, const char *what)
{
    static const char *const FATES[] = {"an end", "an end or tempfail", "any answer", "service"};
    char word = fate == ENDS ? (mta_hung_up(m) ? '\0' : '?') : last_word(m, replies);

    mta_close(m);
    if (!fits(fate, word))
        fail_msg("%s: wanted %s, got '%c'", what, FATES[fate], word ? word : '0');
}

/* ---- octets that are no packets ---- */

static void lengths_that_cannot_be_end_the_connection(void **state)
{
    static const uint32_t LENGTHS[] = {0, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 1 << 30, 70000};
    struct mta m;

    (void)state;
    need_milter();
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++)
        for (int agreed = 0; agreed < 2; agreed++) {
            assert_true(agreed ? begin(&m) : mta_open(&m, where));
            mta_claim(&m, LENGTHS[i], 'C', SPAN("octets that follow"));
            expect(&m, 0, ENDS, "an impossible length");
        }
}

/** A whole session's octets. */
static const char SESSION[] =
    "\0\0\0\x0DO\0\0\0\6\0\0\1\xFF\0\x1F\xFF\xFF"
    "\0\0\0\x14"
    "DCj\0mx.test.example\0" /* a whole packet of macros */
    "\0\0\0\x14"
    "Clocalhost\0L\0\0/run/x" /* unterminated on purpose: 1 + 10 + 3 + 6 */
    "\0\0\0\x0BHlocalhost\0"
    "\0\0\0\4M<>\0"
    "\0\0\0\7R<a@b>\0\0\0\0\1T"
    "\0\0\0\x0CLSubject\0 x\0\0\0\0\1N\0\0\0\4Bx\r\n\0\0\0\1E";

static void a_session_cut_anywhere_ends_with_it(void **state)
{
    (void)state;
    need_milter();
    for (size_t n = 0; n < sizeof SESSION - 1; n++) {
        struct mta m;

        assert_true(mta_open(&m, where));
        mta_raw(&m, (assay_span){SESSION, n});
        mta_flush(&m);
        shutdown(m.fd, SHUT_WR);
        if (!mta_hung_up(&m))
            fail_msg("cut at %zu: it does not hang up", n);
        mta_close(&m);
    }
}

static void garbage_costs_its_connection(void **state)
{
    uint64_t seed = 4711;
    char octets[300];

    (void)state;
    need_milter();
    for (unsigned i = 0; i < 300; i++) {
        struct mta m;

        for (size_t k = 0; k < sizeof octets; k++)
            octets[k] = (char)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 40);
        octets[0] = octets[1] = octets[2] = (char)(i % 3 ? 0 : octets[0]);
        assert_true(i % 2 ? begin(&m) : mta_open(&m, where));
        mta_raw(&m, (assay_span){octets, sizeof octets});
        mta_flush(&m);
        shutdown(m.fd, SHUT_WR);
        if (!mta_hung_up(&m))
            fail_msg("garbage %u: it does not hang up", i);
        mta_close(&m);
    }
}

/* ---- commands in an order or with data that cannot be ---- */

/** A packet of a row; length in the string's own. */
struct sent {
    char command; /**< 0: the last one */
    assay_span data;
};

#define C_CONNECT                             \
    {                                         \
        'C', SPAN("localhost\0L\0\0/run/x\0") \
    }
#define C_HELO                   \
    {                            \
        'H', SPAN("localhost\0") \
    }
#define C_MAIL            \
    {                     \
        'M', SPAN("<>\0") \
    }
#define C_RCPT                         \
    {                                  \
        'R', SPAN("<a@example.net>\0") \
    }
#define C_DATA        \
    {                 \
        'T', SPAN("") \
    }
#define C_HEADER                   \
    {                              \
        'L', SPAN("Subject\0 x\0") \
    }
#define C_EOH         \
    {                 \
        'N', SPAN("") \
    }
#define C_BODY             \
    {                      \
        'B', SPAN("x\r\n") \
    }
#define C_EOB         \
    {                 \
        'E', SPAN("") \
    }
#define C_ABORT       \
    {                 \
        'A', SPAN("") \
    }
#define C_NC          \
    {                 \
        'K', SPAN("") \
    }
#define C_QUIT        \
    {                 \
        'Q', SPAN("") \
    }

static const struct {
    const char *what;
    bool agreed; /**< the negotiation comes first */
    enum fate fate;
    struct sent sent[24];
} ORDERS[] = {
    {"MAIL without a negotiation", false, REFUSED, {C_MAIL}},
    {"CONNECT without a negotiation", false, REFUSED, {C_CONNECT}},
    {"EOB first", false, REFUSED, {C_EOB}},
    {"EOB behind the negotiation", true, REFUSED, {C_EOB}},
    {"EOB behind HELO", true, REFUSED, {C_CONNECT, C_HELO, C_EOB}},
    {"EOB behind MAIL", true, REFUSED, {C_CONNECT, C_HELO, C_MAIL, C_EOB}},
    {"RCPT before MAIL", true, REFUSED, {C_CONNECT, C_HELO, C_RCPT, C_EOB}},
    {"a field before MAIL", true, REFUSED, {C_CONNECT, C_HELO, C_HEADER, C_EOB}},
    {"a body before MAIL", true, REFUSED, {C_CONNECT, C_HELO, C_BODY, C_EOB}},
    {"MAIL twice", true, REFUSED, {C_CONNECT, C_HELO, C_MAIL, C_MAIL, C_RCPT, C_EOH, C_EOB}},
    {"a field behind EOH",
     true,
     REFUSED,
     {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_HEADER, C_EOB}},
    {"a field behind the body",
     true,
     REFUSED,
     {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_BODY, C_HEADER, C_EOB}},
    {"RCPT behind the header",
     true,
     REFUSED,
     {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_RCPT, C_EOH, C_EOB}},
    {"EOH twice", true, REFUSED, {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_EOH, C_EOB}},
    {"CONNECT in a message", true, REFUSED, {C_CONNECT, C_HELO, C_MAIL, C_CONNECT, C_EOB}},
    {"a command that nobody knows", true, REFUSED, {{'z', SPAN("what\0")}, C_EOB}},
    {"a command that is a reply", true, REFUSED, {{'h', SPAN("A\0b\0")}, C_EOB}},
    {"NUL as a command", true, REFUSED, {{'\1', SPAN("")}, C_EOB}},
    {"CONNECT without a family", true, REFUSED, {{'C', SPAN("localhost\0")}, C_EOB}},
    {"CONNECT with no address",
     true,
     REFUSED,
     {{'C', SPAN("h\0"
                 "4\0\0nonsense\0")},
      C_EOB}},
    {"MAIL with nothing", true, REFUSED, {C_CONNECT, C_HELO, {'M', SPAN("")}, C_RCPT, C_EOB}},
    {"a field without a name",
     true,
     REFUSED,
     {C_CONNECT, C_HELO, C_MAIL, C_RCPT, {'L', SPAN("\0x\0")}, C_EOH, C_EOB}},
    {"macros for nothing", true, REFUSED, {{'D', SPAN("")}, C_EOB}},
    {"QUIT in a message", true, ENDS, {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_QUIT}},
    {"QUIT behind the negotiation", true, ENDS, {C_QUIT}},
    {"QUIT behind ABORT", true, ENDS, {C_CONNECT, C_HELO, C_ABORT, C_ABORT, C_QUIT}},
    {"CONNECT behind ABORT",
     true,
     ANSWERED,
     {C_CONNECT, C_HELO, C_ABORT, C_CONNECT, C_HELO, C_EOB}},
};

/** Whether a command gets a reply. */
static bool has_reply(const struct mta *m, char command)
{
    return strchr("CHMRTLNBE", command) && !(m->agreed.steps & mta_step(command).nr);
}

/** Send packets as they are. \return the replies that are owed */
static unsigned send_all(struct mta *m, const struct sent *sent)
{
    unsigned replies = 0;

    for (; sent->command; sent++) {
        mta_packet(m, sent->command, sent->data);
        replies += has_reply(m, sent->command);
    }
    return replies;
}

static void commands_out_of_order_are_refused(void **state)
{
    (void)state;
    need_milter();
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++) {
        struct mta m;

        assert_true(ORDERS[i].agreed ? begin(&m) : mta_open(&m, where));
        expect(&m, send_all(&m, ORDERS[i].sent), ORDERS[i].fate, ORDERS[i].what);
    }
}

static void a_second_negotiation_is_answered_or_ends(void **state)
{
    struct mta m;

    (void)state;
    need_milter();
    assert_true(begin(&m));
    if (!mta_negotiate(&m, MTA_POSTFIX))
        assert_true(mta_hung_up(&m));
    mta_close(&m);
}

static void an_mta_that_offers_nonsense_is_not_agreed_with(void **state)
{
    static const struct milter_offer OFFERS[] = {{0, 0x1FF, 0x1FFFFF}, {1, 0xF, 0x3F}};
    struct mta m;

    (void)state;
    need_milter();
    for (size_t i = 0; i < 2; i++) {
        assert_true(mta_open(&m, where));
        if (!mta_negotiate(&m, OFFERS[i]))
            assert_true(mta_hung_up(&m));
        mta_close(&m);
    }
    assert_true(mta_open(&m, where));
    mta_packet(&m, 'O', SPAN("\0\0\0\6\0\0\1"));
    expect(&m, 1, REFUSED, "an offer of seven octets");
}

static void older_mtas_are_served(void **state)
{
    static const struct milter_offer OFFERS[] = {
        {2, 0x3F, 0x7F}, {3, 0x3F, 0x17F}, {4, 0x3F, 0x3FF}, {6, 0x1FF, 0}, {6, 0x11, 0x1FFFFF}};

    (void)state;
    need_milter();
    for (size_t i = 0; i < sizeof OFFERS / sizeof *OFFERS; i++) {
        struct mta m;

        assert_true(mta_open(&m, where) && mta_negotiate(&m, OFFERS[i]));
        assert_int_equal(mta_client(&m, "localhost", "/run/x"), 'c');
        assert_int_equal(mta_helo(&m, "localhost"), 'c');
        if (!message_served(&m) || !message_served(&m))
            fail_msg("offer %zu", i);
        mta_quit(&m);
    }
}

/* ---- odd, but to be served ---- */

static void odd_but_legal_sessions_are_served(void **state)
{
    static const struct {
        const char *what;
        struct sent sent[24];
    } ROWS[] = {
        {"data in EOB", {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, {'E', SPAN("x\r\n")}}},
        {"data in EOB behind a body",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_BODY, {'E', SPAN("x\r\n")}}},
        {"no body", {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_EOB}},
        {"no header", {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_BODY, C_EOB}},
        {"HELO twice", {C_CONNECT, C_HELO, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_EOB}},
        {"ABORT behind MAIL",
         {C_CONNECT, C_HELO, C_MAIL, C_ABORT, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_BODY, C_EOB}},
        {"ABORT in the header",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_ABORT, C_MAIL, C_RCPT, C_HEADER, C_EOH,
          C_EOB}},
        {"ABORT in the body",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_BODY, C_ABORT, C_MAIL, C_RCPT, C_EOH, C_EOB}},
        {"ABORT many times",
         {C_CONNECT, C_ABORT, C_ABORT, C_HELO, C_ABORT, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_EOB}},
        {"QUIT_NC in a message",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_NC, C_CONNECT, C_HELO, C_MAIL, C_RCPT,
          C_HEADER, C_EOH, C_BODY, C_EOB}},
        {"QUIT_NC behind ABORT",
         {C_CONNECT, C_HELO, C_MAIL, C_ABORT, C_NC, C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH,
          C_EOB}},
        {"QUIT_NC behind a message",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_EOB, C_ABORT, C_NC, C_CONNECT, C_HELO, C_MAIL,
          C_RCPT, C_EOH, C_EOB}},
        {"two messages at once, no ABORT between",
         {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_HEADER, C_EOH, C_BODY, C_EOB, C_MAIL, C_RCPT,
          C_HEADER, C_EOH, C_BODY, C_EOB}},
        {"a list of macros without an end",
         {C_CONNECT,
          C_HELO,
          {'D', SPAN("Mi\0"
                     "4Xy\0{auth_authen}")},
          C_MAIL,
          C_RCPT,
          C_EOH,
          C_EOB}},
        {"macros for a command that nobody knows",
         {{'D', SPAN("zi\0x\0")}, C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_EOH, C_EOB}},
        {"texts without an end",
         {{'C', SPAN("localhost\0L\0\0/run/x")},
          {'H', SPAN("localhost")},
          {'M', SPAN("<>")},
          {'R', SPAN("<a@example.net>")},
          {'L', SPAN("Subject\0x")},
          C_EOH,
          C_EOB}},
    };

    (void)state;
    need_milter();
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct mta m;

        assert_true(begin(&m));
        expect(&m, send_all(&m, ROWS[i].sent), SERVED, ROWS[i].what);
    }
}

static void a_thousand_messages_on_one_connection_are_served(void **state)
{
    struct mta m;

    (void)state;
    need_milter();
    assert_true(begin_session(&m));
    for (unsigned i = 0; i < 1000; i++)
        if (!message_served(&m))
            fail_msg("message %u", i);
    mta_quit(&m);
}

static void quit_nc_hands_a_connection_on_many_times(void **state)
{
    struct mta m;

    (void)state;
    need_milter();
    assert_true(begin(&m));
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(mta_client(&m, "localhost", i % 2 ? "/run/x" : NULL), 'c');
        assert_int_equal(mta_helo(&m, "localhost"), 'c');
        assert_true(message_served(&m));
        mta_packet(&m, MILTER_C_QUIT_NC, SPAN_EMPTY);
    }
    mta_quit(&m);
}

/* ---- too much ---- */

/** Queue what stands before a header. \return the replies that are owed */
static unsigned send_envelope(struct mta *m)
{
    static const struct sent ENVELOPE[] = {C_CONNECT, C_HELO, C_MAIL, C_RCPT, {0, SPAN("")}};

    return send_all(m, ENVELOPE);
}

/** Send a packet many times, reading the replies, then the end of a message. */
static void flood(char command, assay_span data, unsigned times, enum fate fate, const char *what)
{
    static const struct sent END[] = {C_EOH, C_EOB, {0, SPAN("")}};
    struct milter_packet packet;
    struct mta m;
    bool open = true;

    assert_true(begin(&m));
    for (unsigned n = send_envelope(&m); open && n; n--)
        open = mta_receive(&m, &packet);
    for (unsigned i = 0; open && i < times; i++) {
        open = mta_packet(&m, command, data);
        if (open && has_reply(&m, command))
            open = mta_receive(&m, &packet) && final_letter(&packet) == 'c';
    }
    if (open)
        expect(&m, send_all(&m, END), fate, what);
    else
        mta_close(&m); /* it had enough */
}

static void floods_are_answered_and_cost_little_memory(void **state)
{
    static char text[60001];

    (void)state;
    need_milter();
    memset(text, 'x', sizeof text);
    memcpy(text, "X\0", 2);
    flood('L', SPAN("X\0y\0"), 100000, ANSWERED, "100,000 fields");
    flood('L', (assay_span){text, 60000}, 500, ANSWERED, "30 MB of fields");
    flood('R', SPAN("<a@example.net>\0"), 20000, ANSWERED, "20,000 recipients");
    memcpy(text, "Li\0", 3);
    flood('D', (assay_span){text, 60000}, 2000, ANSWERED, "2,000 lists of macros of 60 KB");
}

static void one_that_never_reads_is_not_waited_for(void **state)
{
    struct mta m;
    unsigned sent = 0;

    (void)state;
    need_milter();
    assert_true(begin(&m));
    assert_int_equal(fcntl(m.fd, F_SETFL, O_NONBLOCK), 0);
    while (sent < 1000000 && mta_packet(&m, 'H', SPAN("localhost\0")))
        sent++;
    sleep(1);
    mta_close(&m);
}

/* ---- slow ones, and many ---- */

static void one_octet_at_a_time_is_served_in_the_end(void **state)
{
    static const struct sent ALL[] = {C_CONNECT, C_HELO, C_MAIL, C_RCPT, C_DATA,
                                      C_HEADER,  C_EOH,  C_BODY, C_EOB,  {0, SPAN("")}};
    struct mta m;
    unsigned replies;
    struct buf octets;

    (void)state;
    need_milter();
    assert_true(begin(&m));
    m.flush_at = SIZE_MAX / 2;
    replies = send_all(&m, ALL);
    octets = m.out;
    m.out = buf_new(1 << 20);
    for (size_t i = 0; i < octets.n; i++) {
        assert_int_equal(send(m.fd, octets.p + i, 1, MSG_NOSIGNAL), 1);
        usleep(2000);
    }
    buf_done(&octets);
    m.flush_at = 4096;
    expect(&m, replies, SERVED, "one octet at a time");
}

/** Open so many connections, each with so many octets of a session sent. \return how many it took */
static size_t open_many(int *fds, size_t n, size_t octets)
{
    for (size_t i = 0; i < n; i++) {
        if ((fds[i] = mta_socket(where)) < 0)
            return i;
        if (octets)
            (void)!send(fds[i], SESSION, octets, MSG_NOSIGNAL);
    }
    return n;
}

static void one_octet_a_second_on_many_connections_stalls_nobody(void **state)
{
    int fds[100];
    size_t n;

    (void)state;
    need_milter();
    n = open_many(fds, 100, 0);
    for (size_t second = 0; second < 5; second++) {
        for (size_t i = 0; i < n; i++)
            (void)!send(fds[i], SESSION + second, 1, MSG_NOSIGNAL);
        sleep(1);
    }
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    assert_int_equal(n, 100);
}

static void a_thousand_idle_connections_stall_nobody(void **state)
{
    static const size_t OCTETS[] = {0, 3, 17, 60,
                                    100}; /* nothing, a cut length, agreed, in a packet */
    static int fds[1000];

    (void)state;
    need_milter();
    for (size_t k = 0; k < sizeof OCTETS / sizeof *OCTETS; k++) {
        size_t n = open_many(fds, 1000, OCTETS[k]);
        double t = now();

        sleep(1);
        if (!visit() || now() - t > 2.0)
            fail_msg("%zu octets each: a good client was not served among them", OCTETS[k]);
        for (size_t i = 0; i < n; i++)
            close(fds[i]);
        assert_int_equal(n, 1000);
    }
}

/** Fill it: each connection has been negotiated with, so none waits to be let in. */
static size_t fill(int *fds, size_t n)
{
    struct timeval patience = {.tv_sec = MTA_PATIENCE};
    char reply[512];

    n = open_many(fds, n, 17);
    for (size_t i = 0; i < n; i++) {
        setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        (void)!recv(fds[i], reply, sizeof reply, 0);
    }
    return n;
}

/** What the next one hears. \return the letter; 0: the milter hangs up; '?': it is silent */
static char one_too_many(void)
{
    struct mta m;
    char word = '\0';

    if (mta_open(&m, where) && mta_negotiate(&m, MTA_POSTFIX)) {
        mta_packet(&m, 'C', SPAN("localhost\0L\0\0/run/x\0"));
        word = last_word(&m, 1);
    }
    mta_close(&m);
    return word;
}

static void a_full_daemon_says_so_at_once(void **state)
{
    static int fds[MOST_CONNECTIONS];
    size_t n;
    double t;
    char word;

    (void)state;
    if (!daemon_pid)
        skip(); /* who knows what another one takes */
    n = fill(fds, MOST_CONNECTIONS);
    t = now();
    word = one_too_many();
    t = now() - t;
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    if (!fits(REFUSED, word) || t > 1.0)
        fail_msg("one connection too many: got '%c' after %.3f s", word ? word : '0', t);
    for (int i = 0; i < 100 && !visit(); i++)
        usleep(50000);
    assert_true(visit());
}

static void half_closed_and_reset_connections_are_let_go(void **state)
{
    struct linger at_once = {1, 0};

    (void)state;
    need_milter();
    for (unsigned i = 0; i < 200; i++) {
        struct mta m;

        assert_true(begin_session(&m));
        mta_packet(&m, 'M', SPAN("<>\0"));
        if (i % 3 == 0) { /* it still reads */
            mta_flush(&m);
            shutdown(m.fd, SHUT_WR);
            assert_true(mta_hung_up(&m));
        } else if (i % 3 == 1) { /* it no longer reads */
            shutdown(m.fd, SHUT_RD);
            (void)send_envelope(&m);
            mta_packet(&m, 'E', SPAN_EMPTY);
            mta_flush(&m);
        } else {
            mta_packet(&m, 'E', SPAN_EMPTY);
            mta_flush(&m);
            setsockopt(m.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        mta_close(&m);
    }
}

static void the_daemon_gives_its_descriptors_back(void **state)
{
    (void)state;
    if (!daemon_pid)
        skip();
    for (unsigned i = 0; i < 300; i++)
        assert_true(visit());
    for (int i = 0; i < 100 && descriptors_now() > descriptors_before + 4; i++)
        usleep(50000);
    if (descriptors_now() > descriptors_before + 4)
        fail_msg("%ld descriptors before, %ld behind", descriptors_before, descriptors_now());
}

/* ---- all of it ---- */

static int set_up(void **state)
{
    struct rlimit files = {4096, 4096};

    (void)state;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    where = getenv("MILTER_SOCKET");
    if (!where && !start_daemon()) {
        where = NULL;
        daemon_pid = 0;
        print_message("no MILTER_SOCKET, and no assayd in the build\n");
    }
    if (daemon_pid && visit())
        descriptors_before = descriptors_now();
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    if (daemon_pid) {
        kill(daemon_pid, SIGTERM);
        waitpid(daemon_pid, NULL, 0);
    }
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return strstr(folder, "XXXXXX") ? 0 : system(command);
}

/** A test with a good client beside it. */
#define watched(test) cmocka_unit_test_setup_teardown(test, watch_begin, watch_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        watched(lengths_that_cannot_be_end_the_connection),
        watched(a_session_cut_anywhere_ends_with_it),
        watched(garbage_costs_its_connection),
        watched(commands_out_of_order_are_refused),
        watched(a_second_negotiation_is_answered_or_ends),
        watched(an_mta_that_offers_nonsense_is_not_agreed_with),
        watched(older_mtas_are_served),
        watched(odd_but_legal_sessions_are_served),
        watched(a_thousand_messages_on_one_connection_are_served),
        watched(quit_nc_hands_a_connection_on_many_times),
        watched(floods_are_answered_and_cost_little_memory),
        watched(one_that_never_reads_is_not_waited_for),
        watched(one_octet_at_a_time_is_served_in_the_end),
        watched(one_octet_a_second_on_many_connections_stalls_nobody),
        watched(a_thousand_idle_connections_stall_nobody),
        watched(half_closed_and_reset_connections_are_let_go),
        cmocka_unit_test(a_full_daemon_says_so_at_once),
        cmocka_unit_test(the_daemon_gives_its_descriptors_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
