/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_listen.c Listening sockets, and what a service manager passes and is told.
 */
#include "daemon/listen.h"
#include "daemon/service.h"
#include "daemon/test_milter_client.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { PATH = 64, MOST = 4 };

static char folder[] = "/tmp/assay-listen-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[PATH];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT: a test's own command */
}

/** A configuration that listens at these addresses. */
static struct config config_of(struct config_listener *listeners, const char *const *addresses,
                               size_t n)
{
    for (size_t i = 0; i < n; i++)
        listeners[i] = (struct config_listener){.kind = "milter",
                                                .name = "in",
                                                .address = addresses[i],
                                                .mode = 0660,
                                                .group = (gid_t)-1};
    return (struct config){.listeners = listeners, .nlisteners = n};
}

/** Listen there. */
static assay_status listen_at(const char *const *addresses, size_t n, struct listening *before,
                              struct listening *ret, struct buf *why)
{
    struct config_listener listeners[MOST];
    struct config c = config_of(listeners, addresses, n);

    return listen_all(&c, before, ret, why);
}

/** Somebody answers at this address of the test client. */
static bool answers(const char *where)
{
    int fd = mta_socket(where);

    return fd >= 0 && close(fd) == 0;
}

/** A unix address in the folder. */
static const char *at(const char *name, char room[PATH])
{
    snprintf(room, PATH, "unix:%s/%s", folder, name);
    return room;
}

static void a_unix_socket_has_its_mode_and_group_from_the_first_moment(void **state)
{
    char address[PATH];
    struct config_listener l = {.kind = "milter",
                                .name = "in",
                                .address = at("sub/a.sock", address),
                                .mode = 0640,
                                .group = geteuid() == 0 ? 12 : getegid()};
    struct config c = {.listeners = &l, .nlisteners = 1};
    struct listening none = {0}, now;
    struct buf why = buf_new(4096);
    struct stat st;

    (void)state;
    assert_int_equal(listen_all(&c, &none, &now, &why), ASSAY_DONE);
    assert_int_equal(stat(address + 5, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(st.st_gid, l.group);
    assert_true(fcntl(now.fds[0], F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(now.fds[0], F_GETFD) & FD_CLOEXEC);
    assert_true(answers(address));
    listen_done(&now);
    assert_int_equal(stat(address + 5, &st), -1); /* nothing is left */
}

static void a_socket_that_a_killed_program_left_is_taken(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct listening none = {0}, now;
    struct buf why = buf_new(4096);
    char address[PATH];
    const char *addresses[] = {at("stale.sock", address)};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    memcpy(un.sun_path, address + 5, strlen(address + 5));
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    close(fd);
    assert_int_equal(listen_at(addresses, 1, &none, &now, &why), ASSAY_DONE);
    assert_true(answers(address));
    listen_done(&now);
}

static void what_cannot_be_listened_to_is_said_and_all_is_as_it_was(void **state)
{
    static char too_long[200];
    char used[PATH], mine[PATH], file[PATH];
    struct listening none = {0}, other, now;
    const char *first[] = {at("used.sock", used)};
    struct buf why = buf_new(4096);
    struct stat st;
    FILE *f;

    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    memcpy(too_long, "unix:/tmp/", 10);
    at("file", file);
    assert_non_null(f = fopen(file + 5, "w"));
    fclose(f);
    assert_int_equal(listen_at(first, 1, &none, &other, &why), ASSAY_DONE);
    {
        const char *wrong[] = {used,
                               file,
                               too_long,
                               "unix:/nowhere/at/all.sock",
                               "inet:127.0.0.1:0x",
                               "inet:name.example:25",
                               "nonsense",
                               "systemd:absent",
                               "inet:192.0.2.1:8891"};

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            const char *both[] = {at("mine.sock", mine), wrong[i]};

            buf_clear(&why);
            assert_int_equal(listen_at(both, 2, &none, &now, &why), ASSAY_EINVAL);
            buf_putc(&why, '\0');
            if (!strstr(why.p, wrong[i]) || !strstr(why.p, "milter \"in\": cannot listen at"))
                fail_msg("wanted a word about %s, got %s", wrong[i], why.p);
            assert_int_equal(stat(mine + 5, &st), -1);
        }
    }
    assert_true(answers(used)); /* it was not taken from whom it belongs to */
    assert_int_equal(stat(file + 5, &st), 0);
    listen_done(&other);
    buf_done(&why);
}

static void a_reload_keeps_what_stays_and_closes_what_goes(void **state)
{
    char a[PATH], b[PATH], c[PATH];
    const char *first[] = {at("a.sock", a), at("b.sock", b), "inet:127.0.0.1:18911"},
               *second[] = {"inet:127.0.0.1:18911", at("c.sock", c), a};
    struct listening none = {0}, before, now;
    struct buf why = buf_new(4096);
    int fd_a, fd_tcp, waiting;

    (void)state;
    assert_int_equal(listen_at(first, 3, &none, &before, &why), ASSAY_DONE);
    fd_a = before.fds[0];
    fd_tcp = before.fds[2];
    waiting = mta_socket(a); /* nobody has accepted it yet */
    assert_true(waiting >= 0);
    assert_int_equal(listen_at(second, 3, &before, &now, &why), ASSAY_DONE);
    assert_int_equal(now.fds[0], fd_tcp);
    assert_int_equal(now.fds[2], fd_a);
    assert_int_equal(before.fds[0], -1);
    assert_int_equal(before.fds[2], -1);
    listen_done(&before);
    assert_true(answers(a) && answers(c) && answers("inet:18911") && !answers(b));
    close(waiting);
    listen_done(&now);
}

static void a_reload_that_fails_leaves_all_that_was(void **state)
{
    char a[PATH], b[PATH];
    const char *first[] = {at("a.sock", a), at("b.sock", b)}, *second[] = {b, a, "nonsense"};
    struct listening none = {0}, before, now;
    struct buf why = buf_new(4096);

    (void)state;
    assert_int_equal(listen_at(first, 2, &none, &before, &why), ASSAY_DONE);
    assert_int_equal(listen_at(second, 3, &before, &now, &why), ASSAY_EINVAL);
    assert_true(before.fds[0] >= 0 && before.fds[1] >= 0);
    assert_true(answers(a) && answers(b));
    listen_done(&before);
    buf_done(&why);
}

static void tcp_is_listened_to_in_both_families(void **state)
{
    const char *addresses[] = {"inet:127.0.0.1:18912", "127.0.0.1:18913", "inet6:[::1]:18914"};
    struct listening none = {0}, now;
    struct buf why = buf_new(4096);
    int six = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    size_t n = six >= 0 && bind(six, (struct sockaddr *)&any, sizeof any) == 0 ? 3 : 2;

    (void)state;
    if (six >= 0)
        close(six);
    assert_int_equal(listen_at(addresses, n, &none, &now, &why), ASSAY_DONE);
    assert_true(answers("inet:18912") && answers("inet:18913"));
    listen_done(&now);
}

/* ---- the service manager ---- */

/** In a child: sockets are passed as systemd does. \return the exit status: places that do not hold */
static int passed(void)
{
    int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), got, wrong = 0;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *addresses[] = {"systemd:milter"};
    struct listening none = {0}, now;
    struct buf why = buf_new(4096);
    char pid[24];

    wrong |= bind(b, (struct sockaddr *)&in, sizeof in) != 0 || listen(b, 5) != 0;
    a = fcntl(a, F_DUPFD, 50);
    b = fcntl(b, F_DUPFD, 60);
    wrong |= dup2(a, 3) != 3 || dup2(b, 4) != 4;
    snprintf(pid, sizeof pid, "%d", getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "srs:milter", 1);
    wrong |= (got = service_socket("milter")) < 4 || !(fcntl(got, F_GETFL) & O_NONBLOCK) ||
             !(fcntl(got, F_GETFD) & FD_CLOEXEC);
    wrong |= (service_socket("srs") < 4) << 1 | (service_socket("mil") >= 0) << 2 |
             (service_socket("") >= 0) << 2;
    wrong |= (listen_at(addresses, 1, &none, &now, &why) != ASSAY_DONE) << 3;
    setenv("LISTEN_FDS", "1", 1); /* the second is none of ours */
    wrong |= (service_socket("milter") >= 0) << 4;
    setenv("LISTEN_FDS", "99999999999", 1);
    wrong |= (service_socket("milter") >= 0) << 4;
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_PID", "1", 1); /* meant for somebody else */
    wrong |= (service_socket("milter") >= 0) << 5;
    unsetenv("LISTEN_PID");
    wrong |= (service_socket("milter") >= 0) << 6;
    return wrong;
}

static void sockets_that_are_passed_are_found_by_their_names(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0)
        _exit(passed());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/** Receive what was notified. */
static void assert_told(int fd, const char *wanted)
{
    char text[256];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    if (!wanted) {
        assert_int_equal(n, -1);
        return;
    }
    assert_true(n >= 0);
    text[n] = '\0';
    assert_string_equal(text, wanted);
}

static void the_manager_is_told_by_path_and_by_abstract_name(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char path[PATH], abstract[PATH];
    int by_path = socket(AF_UNIX, SOCK_DGRAM, 0), by_name = socket(AF_UNIX, SOCK_DGRAM, 0);
    static char too_long[200];

    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    snprintf(path, sizeof path, "%s/notify", folder);
    memcpy(un.sun_path, path, strlen(path));
    assert_int_equal(bind(by_path, (struct sockaddr *)&un, sizeof un), 0);
    snprintf(abstract, sizeof abstract, "@%s/notify", folder);
    memset(un.sun_path, 0, sizeof un.sun_path);
    memcpy(un.sun_path + 1, abstract + 1, strlen(abstract + 1));
    assert_int_equal(bind(by_name, (struct sockaddr *)&un,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(abstract))),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
    service_notify("READY=1");
    assert_told(by_path, "READY=1");
    setenv("NOTIFY_SOCKET", abstract, 1);
    service_notify("RELOADING=1\nX=y");
    assert_told(by_name, "RELOADING=1\nX=y");
    setenv("NOTIFY_SOCKET", too_long, 1);
    service_notify("READY=1");
    setenv("NOTIFY_SOCKET", "", 1);
    service_notify("READY=1");
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    service_notify("READY=1");
    unsetenv("NOTIFY_SOCKET");
    service_notify("READY=1");
    assert_told(by_path, NULL);
    assert_told(by_name, NULL);
    close(by_path);
    close(by_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unix_socket_has_its_mode_and_group_from_the_first_moment),
        cmocka_unit_test(a_socket_that_a_killed_program_left_is_taken),
        cmocka_unit_test(what_cannot_be_listened_to_is_said_and_all_is_as_it_was),
        cmocka_unit_test(a_reload_keeps_what_stays_and_closes_what_goes),
        cmocka_unit_test(a_reload_that_fails_leaves_all_that_was),
        cmocka_unit_test(tcp_is_listened_to_in_both_families),
        cmocka_unit_test(sockets_that_are_passed_are_found_by_their_names),
        cmocka_unit_test(the_manager_is_told_by_path_and_by_abstract_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
