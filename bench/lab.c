/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- children: none outlives the benchmark ---- */

static pid_t children[64];
static const char *open_folder; /* of the lab that is open */

/** What still runs when the program ends, however it ends. */
static void stop_children(void)
{
    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (children[i])
            kill(children[i], SIGTERM);
    if (open_folder)
        fprintf(stderr, "bench: %s is left to look at\n", open_folder);
}

pid_t bench_child(pid_t pid)
{
    static bool registered;

    if (!registered)
        registered = atexit(stop_children) == 0;
    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (!children[i]) {
            children[i] = pid;
            break;
        }
    return pid;
}

void bench_child_stop(pid_t pid)
{
    int tries = 100;

    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (children[i] == pid)
            children[i] = 0;
    kill(pid, SIGTERM);
    while (waitpid(pid, NULL, WNOHANG) == 0)
        if (tries-- > 0)
            usleep(50000);
        else
            kill(pid, SIGKILL);
}

/* ---- the folder and the resolver ---- */

FILE *bench_lab_file(const struct bench_lab *lab, const char *name, char path[BENCH_PATH])
{
    char own[BENCH_PATH * 2];
    FILE *f;

    snprintf(own, sizeof own, "%s/%s", lab->folder, name);
    if (path)
        snprintf(path, BENCH_PATH, "%.*s", BENCH_PATH - 1, own);
    if (!(f = fopen(own, "w")))
        bench_fail("no temporary file");
    return f;
}

/** Write a TXT record of unbound's: strings of 255 octets. */
static void put_txt(FILE *f, const char *name, assay_span text)
{
    fprintf(f, "  local-data: '%s 3600 TXT", name);
    for (; text.n; text = span_from(text, 255))
        fprintf(f, " \"%.*s\"", SPAN_ARG(span_first(text, 255)));
    fputs("'\n", f);
}

/** The resolver's configuration: it answers from here, and nothing else exists. */
static void write_resolver(const struct bench_lab *lab, char path[BENCH_PATH])
{
    FILE *f = bench_lab_file(lab, "unbound.conf", path);

    fprintf(
        f,
        "server:\n  interface: " BENCH_RESOLVER "\n  port: 53\n  username: \"\"\n  chroot: \"\"\n"
        "  directory: \"%s\"\n  logfile: unbound.log\n  pidfile: \"\"\n  use-syslog: no\n  do-daemonize: no\n  num-threads: 1\n"
        "  module-config: \"iterator\"\n  access-control: 127.0.0.0/8 allow\n  local-zone: \".\" static\n"
        "  local-data: '. 3600 SOA . . 1 3600 900 604800 3600'\n"
        "  local-data: 'example.com 3600 A 192.0.2.55'\n"
        "  local-data: 'example.com 3600 MX 10 mail.example.com'\n"
        "  local-data: 'mail.example.com 3600 A 192.0.2.55'\n"
        "  local-data: '55.2.0.192.in-addr.arpa 3600 PTR mail.example.com'\n",
        lab->folder);
    put_txt(f, "example.com", SPAN("v=spf1 ip4:198.51.100.0/24 a:mail.example.com mx -all"));
    put_txt(f, "mail.example.com", SPAN("v=spf1 a -all"));
    put_txt(f, "_dmarc.example.com", SPAN("v=DMARC1; p=reject"));
    put_txt(f, "s1._domainkey.example.com", buf_span(&lab->key.record));
    fputs("remote-control:\n  control-enable: no\n", f);
    fclose(f);
}

/** Whether the resolver answers the question for example.com/A. */
static bool resolver_answers(void)
{
    static const char QUESTION[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    struct timeval patience = {.tv_usec = 100000};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char answer[512];
    ssize_t n = -1;

    inet_pton(AF_INET, BENCH_RESOLVER, &to.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
        send(fd, QUESTION, sizeof QUESTION - 1, 0) > 0)
        n = recv(fd, answer, sizeof answer, 0);
    close(fd);
    return n > 12;
}

/** Give lo an address and raise it. */
static bool raise_loopback(const char *name, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in inet = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok;

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    inet_pton(AF_INET, address, &inet.sin_addr);
    memcpy(&request.ifr_addr, &inet, sizeof inet);
    ok = ioctl(fd, SIOCSIFADDR, &request) == 0;
    request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return ok;
}

/** Leave the machine's network for an empty one. */
static bool enter_network(void)
{
    static bool entered;

    if (!entered)
        entered = unshare(CLONE_NEWNET) == 0 && raise_loopback("lo", "127.0.0.1") &&
                  raise_loopback("lo:1", BENCH_CLIENT);
    if (!entered)
        puts("# milter: no network of its own; that takes root");
    return entered;
}

/** Start the resolver. */
static bool start_resolver(struct bench_lab *lab)
{
    char conf[BENCH_PATH];
    char *argv[] = {"/usr/sbin/unbound", "-d", "-c", conf, NULL};

    if (!enter_network())
        return false;
    write_resolver(lab, conf);
    if (posix_spawn(&lab->resolver, argv[0], NULL, NULL, argv, environ) != 0) {
        lab->resolver = 0;
        puts("# milter: there is no unbound");
        return false;
    }
    bench_child(lab->resolver);
    for (int i = 0; i < 50; i++) {
        if (resolver_answers())
            return true;
        usleep(100000);
    }
    puts("# milter: the resolver does not answer");
    return false;
}

bool bench_lab_open(struct bench_lab *lab)
{
    memset(lab, 0, sizeof *lab);
    snprintf(lab->folder, sizeof lab->folder, "/tmp/assay-bench-XXXXXX");
    if (!mkdtemp(lab->folder) || chmod(lab->folder, 0755) != 0)
        bench_fail("no temporary folder");
    open_folder = lab->folder;
    bench_key_make(false, &lab->key);
    return start_resolver(lab);
}

void bench_lab_check(const struct bench_lab *lab)
{
    if (waitpid(lab->resolver, NULL, WNOHANG) != 0)
        bench_fail("the resolver has ended");
}

void bench_lab_close(struct bench_lab *lab)
{
    char command[BENCH_PATH + 16];

    if (lab->resolver)
        bench_child_stop(lab->resolver);
    open_folder = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", lab->folder);
    if (system(command) != 0)
        printf("# %s is left behind\n", lab->folder);
    EVP_PKEY_free(lab->key.pkey);
    buf_done(&lab->key.record);
}

/* ---- processes ---- */

/** Call for a process and all that come from it. */
static double over_family(pid_t pid, double (*of)(pid_t))
{
    double sum = of(pid);
    char path[64];
    FILE *f;
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    if ((f = fopen(path, "r"))) {
        while (fscanf(f, "%d", &child) == 1)
            sum += over_family(child, of);
        fclose(f);
    }
    return sum;
}

/** What its children took that it has waited for. */
static double cpu_of_the_dead(pid_t pid)
{
    char path[64], line[1024] = "";
    const char *p;
    unsigned long user = 0, system = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!(f = fopen(path, "r")))
        return 0;
    p = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL; /* a name may hold anything */
    fclose(f);
    if (!p || sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user,
                     &system) != 2)
        return 0;
    return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

/** The clock of one process, all its threads, those that ended too. */
static double cpu_of(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3 + cpu_of_the_dead(pid);
}

/** KiB of one process; of pages that processes share each has its part. */
static double rss_of(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if ((f = fopen(path, "r"))) {
        while (fgets(line, sizeof line, f) && sscanf(line, "Pss: %ld", &kib) != 1)
            ;
        fclose(f);
    }
    return (double)kib;
}

double bench_process_cpu(pid_t pid)
{
    return over_family(pid, cpu_of);
}

long bench_process_rss(pid_t pid)
{
    return (long)over_family(pid, rss_of);
}
