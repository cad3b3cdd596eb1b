/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_keys_secret.c What the keys process holds cannot be had: not by the user that the front
 * runs as, by no way the system offers; and the front holds none of it.
 *
 * It runs against the assayd that is installed, not one with sanitizers, which take the filter of
 * system calls away. Each way of reading is first tried on a process that does not hide, where it
 * succeeds.
 */
#undef __SANITIZE_ADDRESS__ /* the filter is tried here, without what a sanitizer would call */
#undef __SANITIZE_THREAD__
#include "daemon/sandbox.c"

#include "daemon/test_daemon.h"
#include "daemon/test_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <sys/mman.h>

#include <cmocka.h>

enum { NOBODY = 65534, PATTERN = 32, CHUNK = 1 << 20 };

static struct site site;
static struct daemon assayd;
static char program[4096 + 32], folder_before[4096];

/* ---- ways to read another process ---- */

/** A place in the memory of all processes that are this program's children; of others it does not matter. */
static const char MARK[PATTERN] = "the-secret-of-a-careless-program";

/** Open a file of a process. \return it could be, and had something in it */
static bool opens(pid_t pid, const char *name)
{
    char path[64], piece[64];
    int fd;
    bool read_it;

    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    read_it = strcmp(name, "mem") == 0 ? pread(fd, piece, sizeof piece, (off_t)(uintptr_t)MARK) > 0
                                       : read(fd, piece, sizeof piece) > 0;
    close(fd);
    return read_it;
}

static bool by_mem(pid_t pid)
{
    return opens(pid, "mem");
}

static bool by_maps(pid_t pid)
{
    return opens(pid, "maps");
}

static bool by_auxv(pid_t pid)
{
    return opens(pid, "auxv");
}

static bool by_descriptors(pid_t pid)
{
    char path[64];
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    return (d = opendir(path)) && closedir(d) == 0;
}

static bool by_attaching(pid_t pid)
{
    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0)
        return false;
    waitpid(pid, NULL, __WALL);
    return ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0;
}

static bool by_seizing(pid_t pid)
{
    return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
}

static bool by_vm_readv(pid_t pid)
{
    char piece[PATTERN];
    struct iovec here = {piece, sizeof piece}, there = {(void *)(uintptr_t)MARK, sizeof piece};

    return process_vm_readv(pid, &here, 1, &there, 1, 0) > 0;
}

/** Take a descriptor out of it. */
static bool by_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    return fd >= 0 && syscall(SYS_pidfd_getfd, fd, 1, 0) >= 0;
}

/** A debugger. */
static bool by_gdb(pid_t pid)
{
    char command[256];

    snprintf(
        command, sizeof command,
        "gdb -nx -batch -p %d -ex 'info inferiors' 2>/dev/null </dev/null | grep -q 'process %d'",
        pid, pid);
    return system(command) == 0; /* NOLINT: a test's own command */
}

static const struct way {
    const char *name;
    bool (*reads)(pid_t pid);
    bool needs_gdb;
} WAYS[] = {
    {"/proc/PID/mem", by_mem, false},
    {"/proc/PID/maps", by_maps, false},
    {"/proc/PID/auxv", by_auxv, false},
    {"/proc/PID/fd", by_descriptors, false},
    {"PTRACE_ATTACH", by_attaching, false},
    {"PTRACE_SEIZE", by_seizing, false},
    {"process_vm_readv", by_vm_readv, false},
    {"pidfd_getfd", by_pidfd, false},
    {"gdb", by_gdb, true},
};

/** Become the front's user. */
static bool be_nobody(void)
{
    return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
                              setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

/** A process of that user that does not hide. */
static pid_t careless(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (!be_nobody() || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
            _exit(1);
        for (;;)
            pause();
    }
    usleep(100000);
    return pid;
}

/** As the front's user, try one way. \return 1: it reads; 0: it does not; -1: it could not be tried */
static int attempt(const struct way *way, pid_t pid)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(!be_nobody() ? 2 : way->reads(pid) ? 1 : 0);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) == 2)
        return -1;
    return WEXITSTATUS(status);
}

static void no_way_reads_the_keys_process(void **state)
{
    pid_t open = careless(), keys = daemon_child(&assayd, "keys");
    unsigned tried = 0;

    (void)state;
    assert_true(open > 0 && keys > 0);
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        if (attempt(&WAYS[i], open) != 1) {
            print_message("%s does not work here at all\n", WAYS[i].name);
            continue;
        }
        tried++;
        if (attempt(&WAYS[i], keys) != 0)
            fail_msg("%s reads the keys process", WAYS[i].name);
    }
    kill(open, SIGKILL);
    waitpid(open, NULL, 0);
    assert_true(tried >= 5);
    assert_int_equal(daemon_child(&assayd, "keys"), keys); /* it did not suffer */
}

/* ---- what lies in memory ---- */

/** What is looked for. */
struct pattern {
    const char *name;
    unsigned char octets[PATTERN];
    size_t n;
};

/** Whether the memory of a process holds a pattern. \return -1: it cannot be read */
static int holds(pid_t pid, const struct pattern *p)
{
    static char room[CHUNK];
    char path[64], line[512];
    unsigned long begin, end;
    int found = 0, fd;
    FILE *maps;

    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    maps = fopen(path, "r");
    if (fd < 0 || !maps) {
        if (maps)
            fclose(maps);
        return -1;
    }
    while (!found && fgets(line, sizeof line, maps)) {
        char *rest;

        begin = strtoul(line, &rest, 16);
        end = strtoul(rest + 1, NULL, 16);
        for (unsigned long at = begin; at < end && !found; at += CHUNK - PATTERN) {
            size_t n = end - at < CHUNK ? end - at : CHUNK;
            ssize_t got = pread(fd, room, n, (off_t)at);

            found = got > 0 && memmem(room, (size_t)got, p->octets, p->n) != NULL;
        }
    }
    fclose(maps);
    close(fd);
    return found;
}

/** A secret number of a key in the order that a little machine holds it in. */
static struct pattern number(const char *name, EVP_PKEY *key, const char *parameter)
{
    struct pattern p = {.name = name, .n = PATTERN};
    unsigned char octets[512];
    BIGNUM *n = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(key, parameter, &n), 1);
    assert_true(BN_bn2lebinpad(n, octets, sizeof octets) > 0);
    memcpy(p.octets, octets + 16, PATTERN);
    BN_free(n);
    return p;
}

/** A line of the key's file. */
static struct pattern line_of(const char *path)
{
    struct pattern p = {.name = "a line of the PEM file", .n = PATTERN};
    char line[128];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    for (int i = 0; i < 10; i++)
        assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    memcpy(p.octets, line, PATTERN);
    return p;
}

/** Have a message signed, and its sender rewritten, so that both are used. */
static void use_them(void)
{
    for (int i = 0; i < 4; i++) {
        enum site_mail mail = i % 2 ? SITE_OUT : SITE_SIGNED;
        struct mta_mail envelope = site_envelope(&site, mail);
        struct mta_answer a = {0};
        struct mta m;

        assert_true(mta_open(&m, i % 2 ? site.out : site.in) && mta_negotiate(&m, MTA_POSTFIX) &&
                    mta_client(&m, "x", "203.0.113.9") && mta_helo(&m, "x.example"));
        assert_int_equal(mta_message(&m, &envelope, &a), MILTER_R_CONTINUE);
        if (mail == SITE_OUT)
            assert_true(site_has_edit(&a, "DKIM-Signature"));
        mta_answer_done(&a);
        mta_quit(&m);
    }
}

static void the_front_holds_nothing_of_a_key_or_a_secret(void **state)
{
    struct pattern patterns[5] = {{.name = "the secret of SRS", .n = 31}};
    pid_t front = daemon_child(&assayd, "front"), keys = daemon_child(&assayd, "keys");
    char path[SITE_PATH + 16];
    EVP_PKEY *key;
    unsigned held = 0;
    FILE *f;

    (void)state;
    memcpy(patterns[0].octets, "a-secret-that-nobody-else-knows", 31);
    snprintf(path, sizeof path, "%s/own.pem", site.folder);
    assert_non_null(f = fopen(path, "r"));
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    assert_non_null(key);
    patterns[1] = number("d", key, "d");
    patterns[2] = number("p", key, "rsa-factor1");
    patterns[3] = number("q", key, "rsa-factor2");
    patterns[4] = line_of(path);
    EVP_PKEY_free(key);
    use_them();
    if (geteuid() != 0 || holds(keys, &patterns[0]) < 0)
        skip(); /* who may not look sees nothing */
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        print_message("%-24s keys %d front %d master %d\n", patterns[i].name,
                      holds(keys, &patterns[i]), holds(front, &patterns[i]),
                      holds(assayd.pid, &patterns[i]));
        held += holds(keys, &patterns[i]) == 1;
        assert_int_equal(holds(front, &patterns[i]), 0);
        assert_int_equal(holds(assayd.pid, &patterns[i]), 0);
    }
    assert_true(held >= 3);                         /* who looks so does find it */
    assert_int_equal(holds(keys, &patterns[4]), 0); /* the file's text is wiped */
}

/* ---- dumps and calls ---- */

static void a_crash_of_the_keys_process_leaves_no_dump(void **state)
{
    pid_t keys = daemon_child(&assayd, "keys"), now = keys;
    struct dirent *entry;
    DIR *d;

    (void)state;
    assert_true(keys > 0);
    assert_int_equal(kill(keys, SIGSEGV), 0);
    for (int i = 0; i < 200 && (now == keys || !now); i++) {
        usleep(50000);
        now = daemon_child(&assayd, "keys");
    }
    assert_true(now && now != keys); /* another one took its place */
    assert_non_null(d = opendir(site.folder));
    while ((entry = readdir(d)))
        if (strncmp(entry->d_name, "core", 4) == 0)
            fail_msg("it left %s", entry->d_name);
    closedir(d);
    use_them();
}

/** A figure of every thread of a process is this. */
static void assert_of_each_thread(const char *name, const char *word, long wanted)
{
    pid_t pid = daemon_child(&assayd, name);
    char path[64], file[300];
    struct dirent *entry;
    unsigned n = 0;
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    assert_non_null(d = opendir(path));
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        snprintf(file, sizeof file, "task/%.200s/status", entry->d_name);
        if (daemon_figure(pid, file, word) != wanted)
            fail_msg("%s, thread %s: %s %ld", name, entry->d_name, word,
                     daemon_figure(pid, file, word));
    }
    closedir(d);
    assert_true(n > 1);
}

static void every_thread_is_behind_the_filter(void **state)
{
    static const char *const NAMES[] = {"keys", "front"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_of_each_thread(NAMES[i], "Seccomp:", 2);
        assert_of_each_thread(NAMES[i], "NoNewPrivs:", 1);
    }
}

/** Calls, without the library, for what a sanitizer would do beside them. */
static long do_call(long number)
{
    static const char PATH[] = "/etc/hostname";

    switch (number) {
    case SYS_openat: return syscall(number, AT_FDCWD, PATH, O_RDONLY);
    case SYS_socket: return syscall(number, AF_INET, SOCK_STREAM, 0);
    case SYS_kill: return syscall(number, 1, 0);
    case SYS_clone: return syscall(number, SIGCHLD, 0, 0, 0, 0);
    case SYS_prctl: return syscall(number, PR_SET_DUMPABLE, 1, 0, 0, 0);
    case SYS_getrandom: {
        char octets[8];

        return syscall(number, octets, sizeof octets, 0);
    }
    case SYS_write: return syscall(number, STDERR_FILENO, "", 0);
    case SYS_mmap: return syscall(number, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    default: return syscall(number, 0, 0, 0, 0, 0, 0);
    }
}

/** Make a call behind the filter. \return the signal that ended the child, 0: it lived */
static int signal_of(long number)
{
    const struct rlimit none = {0, 0};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &none); /* its own dump is no part of this */
        if (!sandbox_filter(SANDBOX_KEYS))
            syscall(SYS_exit_group, 9);
        if (do_call(number) == 0 && number == SYS_clone)
            syscall(SYS_exit_group, 0);
        syscall(SYS_exit_group, 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    assert_int_equal(WEXITSTATUS(status), 3);
    return 0;
}

static void what_signing_does_not_take_ends_the_keys_process(void **state)
{
    static const struct {
        const char *name;
        long number;
        int wanted;
    } CALLS[] = {
        {"openat", SYS_openat, SIGSYS},
        {"socket", SYS_socket, SIGSYS},
        {"connect", SYS_connect, SIGSYS},
        {"execve", SYS_execve, SIGSYS},
        {"ptrace", SYS_ptrace, SIGSYS},
        {"kill", SYS_kill, SIGSYS},
        {"clone", SYS_clone, SIGSYS},
        {"prctl", SYS_prctl, SIGSYS},
        {"setuid", SYS_setuid, SIGSYS},
        {"unlinkat", SYS_unlinkat, SIGSYS},
        {"another openat", SYS_openat | 0x40000000, SIGSYS},
        {"process_vm_readv", SYS_process_vm_readv, SIGSYS},
        {"getrandom", SYS_getrandom, 0},
        {"write", SYS_write, 0},
        {"mmap", SYS_mmap, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++)
        if (signal_of(CALLS[i].number) != CALLS[i].wanted)
            fail_msg("%s: wanted signal %d, got %d", CALLS[i].name, CALLS[i].wanted,
                     signal_of(CALLS[i].number));
}

/* ---- all of it ---- */

/** The assayd without sanitizers. */
static bool find_program(void)
{
    const char *top = getenv("ASSAY_TOP");

    snprintf(program, sizeof program, "%.4000s/build/assayd", top ? top : ".");
    return access(program, X_OK) == 0;
}

static int set_up(void **state)
{
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
    char log[SITE_PATH + 16], absolute[8400];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    (void)setrlimit(RLIMIT_CORE, &any); /* a dump would be possible, were it not forbidden */
    if (!find_program() || !getcwd(folder_before, sizeof folder_before) || !site_open(&site) ||
        !site_configure(&site, "threads = 3\n"))
        return -1;
    snprintf(absolute, sizeof absolute, "%s%s%s", program[0] == '/' ? "" : folder_before,
             program[0] == '/' ? "" : "/", program);
    snprintf(log, sizeof log, "%s/log", site.folder);
    if (chdir(site.folder) != 0 || chmod(site.folder, 0777) != 0 ||
        !daemon_start(&assayd, absolute, site.conf, site.out, log))
        return -1;
    use_them();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)daemon_stop(&assayd);
    if (chdir(folder_before) != 0)
        return -1;
    site_close(&site);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_way_reads_the_keys_process),
        cmocka_unit_test(the_front_holds_nothing_of_a_key_or_a_secret),
        cmocka_unit_test(every_thread_is_behind_the_filter),
        cmocka_unit_test(what_signing_does_not_take_ends_the_keys_process),
        cmocka_unit_test(a_crash_of_the_keys_process_leaves_no_dump),
    };

    if (!find_program()) {
        print_message("skipped: no assayd in build/\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
