/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "server.h"

#include "cli/scan.h"
#include "dns/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * A scan of many domains at a name server beside, on the other processor. The floor: the same questions through the
 * same system calls, 16 sockets, batches of 64, packets made beforehand, replies not looked at.
 */

enum {
    DOMAINS = 100000,
    SLICE = 20000, /* domains of one round */
    QUESTIONS = 6,
    ROUNDS = 5,
    SOCKETS = 16,
    BATCH = 64,
    WINDOW = 1000,
    PACKET = 2048
};

/** What each domain has. Nine of ten include one of twenty providers; some are broken, as they are. */
static void write_zone(FILE *f)
{
    fputs(
        "$ORIGIN example.\n$TTL 3600\n@ SOA ns host 1 3600 900 604800 60\n@ NS ns\nns A 127.0.0.1\n",
        f);
    for (int p = 0; p < 20; p++)
        fprintf(
            f,
            "_spf.p%d TXT \"v=spf1 ip4:198.18.%d.0/24 ip4:198.19.%d.0/24 include:_more.p%d.example ~all\"\n"
            "_more.p%d TXT \"v=spf1 ip4:203.0.113.%d ip6:2001:db8:%d::/48 ~all\"\n"
            "mx1.p%d A 198.18.%d.1\nmx2.p%d A 198.18.%d.2\n",
            p, p, p, p, p, p, p, p, p, p, p);
    for (int d = 0; d < DOMAINS; d++) {
        int p = d * 7 % 20;

        fprintf(f, "d%d MX 10 mx1.p%d\nd%d MX 20 mx2.p%d\n", d, p, d, p);
        if (d % 10)
            fprintf(f, "d%d TXT \"v=spf1 include:_spf.p%d.example ip4:192.0.2.%d %s\"\n", d, p,
                    d % 256, d % 3 ? "-all" : "~all");
        if (d % 4)
            fprintf(f, "_dmarc.d%d TXT \"v=DMARC1; p=%s; rua=mailto:dmarc@d%d.example\"\n", d,
                    d % 3 == 0   ? "none"
                    : d % 3 == 1 ? "quarantine"
                                 : "reject",
                    d);
        if (d % 20 == 1)
            fprintf(f,
                    "_mta-sts.d%d TXT \"v=STSv1; id=%d;\"\n_smtp._tls.d%d TXT \"v=TLSRPTv1; "
                    "rua=mailto:tls@d%d.example\"\n",
                    d, d, d, d);
        if (d % 50 == 1)
            fprintf(f, "default._bimi.d%d TXT \"v=BIMI1; l=https://d%d.example/l.svg; a=\"\n", d,
                    d);
    }
}

/** On which processor this thread runs, and what it starts. */
static void run_on(size_t processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static double wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- the floor ---- */

/** Packets made beforehand. */
struct floor {
    uint8_t *octets;
    struct iovec *packets;
    size_t n;
    int fds[SOCKETS], epoll;
    uint8_t in[BATCH][PACKET];
};

/** Make the packets of a slice. */
static void make_packets(struct floor *f, unsigned first)
{
    static const struct {
        uint16_t rrtype;
        const char *below;
    } ASKED[QUESTIONS] = {{ASSAY_RR_TXT, ""},
                          {ASSAY_RR_MX, ""},
                          {ASSAY_RR_TXT, "_dmarc."},
                          {ASSAY_RR_TXT, "_mta-sts."},
                          {ASSAY_RR_TXT, "_smtp._tls."},
                          {ASSAY_RR_TXT, "default._bimi."}};
    uint8_t *to = f->octets;

    f->n = 0;
    for (unsigned d = first; d < first + SLICE; d++)
        for (unsigned i = 0; i < QUESTIONS; i++) {
            char name[64];

            snprintf(name, sizeof name, "%sd%u.example", ASKED[i].below, d);
            f->packets[f->n] =
                (struct iovec){to, dns_query_write((uint16_t)(f->n * 40503), span_of(name),
                                                   ASKED[i].rrtype, true, to)};
            to += f->packets[f->n++].iov_len;
        }
}

static void floor_make(struct floor *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(SERVER_PORT)};
    int room = 1 << 20;

    f->octets = malloc(80u * SLICE * QUESTIONS);
    f->packets = malloc(sizeof *f->packets * SLICE * QUESTIONS);
    f->epoll = epoll_create1(0);
    for (int i = 0; i < SOCKETS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};

        f->fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        setsockopt(f->fds[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        if (connect(f->fds[i], (struct sockaddr *)&at, sizeof at) != 0 ||
            epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->fds[i], &event) != 0)
            bench_fail("the floor's sockets");
    }
}

/** Send a batch. */
static size_t floor_send(struct floor *f, size_t from, size_t n, unsigned socket)
{
    struct mmsghdr m[BATCH];
    int sent;

    memset(m, 0, n * sizeof *m);
    for (size_t i = 0; i < n; i++) {
        m[i].msg_hdr.msg_iov = &f->packets[from + i];
        m[i].msg_hdr.msg_iovlen = 1;
    }
    sent = sendmmsg(f->fds[socket], m, (unsigned)n, 0);
    return sent > 0 ? (size_t)sent : 0;
}

/** Receive what is there. */
static size_t floor_receive(struct floor *f, unsigned socket)
{
    struct mmsghdr m[BATCH];
    struct iovec io[BATCH];
    int n;

    memset(m, 0, sizeof m);
    for (size_t i = 0; i < BATCH; i++) {
        io[i] = (struct iovec){f->in[i], PACKET};
        m[i].msg_hdr.msg_iov = &io[i];
        m[i].msg_hdr.msg_iovlen = 1;
    }
    n = recvmmsg(f->fds[socket], m, BATCH, MSG_DONTWAIT, NULL);
    return n > 0 ? (size_t)n : 0;
}

/** All packets out, their replies in. \return those that were lost */
static size_t floor_run(struct floor *f)
{
    size_t sent = 0, got = 0, lost = 0;
    unsigned turn = 0;

    while (got + lost < f->n) {
        struct epoll_event events[SOCKETS];
        int n;

        while (sent < f->n && sent - got - lost < WINDOW) {
            size_t batch = f->n - sent, room = WINDOW - (sent - got - lost);

            batch = batch < BATCH ? batch : BATCH;
            sent += floor_send(f, sent, batch < room ? batch : room, turn++ % SOCKETS);
        }
        n = epoll_wait(f->epoll, events, SOCKETS, 500);
        if (n == 0)
            lost = sent - got;
        for (int i = 0; i < n; i++)
            got += floor_receive(f, events[i].data.u32);
    }
    return lost;
}

/* ---- ours ---- */

/** A file in memory with the names of a slice. */
static int names_file(unsigned first, unsigned n)
{
    int fd = memfd_create("names", 0);
    struct buf b = buf_new(64 << 20);

    for (unsigned d = first; d < first + n; d++)
        buf_printf(&b, "d%u.example\n", d);
    if (fd < 0 || write(fd, b.p, b.n) != (ssize_t)b.n || lseek(fd, 0, SEEK_SET) != 0)
        bench_fail("no file in memory");
    buf_done(&b);
    return fd;
}

/** Scan some domains. */
static void scan(unsigned first, unsigned n, struct scan_result *ret)
{
    struct scan_options o = {.udp = {.resolvers = SERVER_AT},
                             .input = names_file(first, n),
                             .output = memfd_create("lines", 0),
                             .facts = -1,
                             .window = SCAN_WINDOW,
                             .fields = scan_fields_default(),
                             .now = 1764000000};

    if (scan_run(&o, ret) != 0 || ret->domains != n)
        bench_fail(ret->why[0] ? ret->why : "scan");
    close(o.input);
    close(o.output);
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, compare);
    return v[ROUNDS / 2];
}

/** A line of output. */
static void put(const char *name, double ours, double limit, double ratio, const char *unit,
                const char *reach, bool reached)
{
    printf("%s\t%.2f\t%.2f\t%.2f\t%s\t%s%s\n", name, ours, limit, ratio, unit, reach,
           !*reach   ? ""
           : reached ? " reached"
                     : " MISSED");
    fflush(stdout);
}

/** Both, in alternating rounds. */
static void measure(struct floor *f)
{
    double cpu[ROUNDS], limit_cpu[ROUNDS], ratio[ROUNDS], speed[ROUNDS], limit_speed[ROUNDS],
        asked = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned first = i % (DOMAINS / SLICE) * SLICE;
        struct scan_result r;
        double begin_cpu = bench_clock(), begin = wall();
        size_t lost;

        scan(first, SLICE, &r);
        asked = (double)r.udp.asked;
        cpu[i] = (bench_clock() - begin_cpu) / asked;
        speed[i] = SLICE / (wall() - begin) * 1e6;
        if (r.udp.lost)
            printf("# scan: %llu tries were lost\n", (unsigned long long)r.udp.lost);
        make_packets(f, first);
        begin_cpu = bench_clock();
        begin = wall();
        lost = floor_run(f);
        limit_cpu[i] = (bench_clock() - begin_cpu) / (double)f->n;
        limit_speed[i] = SLICE / (wall() - begin) * 1e6;
        if (lost)
            printf("# scan: the floor lost %zu\n", lost);
        ratio[i] = limit_cpu[i] / cpu[i];
    }
    put("scan.question", median(cpu), median(limit_cpu), median(ratio), "us", "<= 6 us",
        median(cpu) <= 6);
    put("scan.domains", median(speed), median(limit_speed), median(speed) / median(limit_speed),
        "/s", ">= 0.72", median(speed) / median(limit_speed) >= 0.72);
    printf("# scan: %.3f questions a domain\n", asked / SLICE);
}

/** Memory of a process that scans all in a row. */
static void measure_memory(void)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct scan_result r;

        scan(0, DOMAINS, &r);
        _exit(0);
    }
    if (wait4(pid, &status, 0, &usage) != pid || status != 0)
        bench_fail("scan of all");
    put("scan.memory.100000", (double)usage.ru_maxrss / 1024, 64,
        (double)usage.ru_maxrss / 1024 / 64, "MiB", "<= 64", usage.ru_maxrss <= 64 * 1024);
}

/** dnsperf with the same questions. */
static void peer(const struct floor *f)
{
    char path[] = "/tmp/assay-bench-questions-XXXXXX", command[256];
    FILE *file = fdopen(mkstemp(path), "w");

    (void)f;
    for (unsigned d = 0; d < SLICE; d++)
        fprintf(
            file,
            "d%u.example TXT\nd%u.example MX\n_dmarc.d%u.example TXT\n_mta-sts.d%u.example TXT\n"
            "_smtp._tls.d%u.example TXT\ndefault._bimi.d%u.example TXT\n",
            d, d, d, d, d, d);
    fclose(file);
    snprintf(
        command, sizeof command,
        "dnsperf -s 127.0.0.1 -p %d -d %s -e -D -q 1000 -n 3 2>&1 | grep -E 'Queries per second|lost' | sed "
        "'s/^ */# dnsperf: /'",
        SERVER_PORT, path);
    fflush(stdout);
    if (system(command) != 0)
        puts("# dnsperf could not be run");
    unlink(path);
}

void bench_scan(void)
{
    static struct floor f;
    struct server *server;

    if (!bench_asked("scan"))
        return;
    run_on(0);
    if (!(server = server_start_zone("scan", "example", write_zone, 6)))
        return;
    run_on(1);
    measure_memory(); /* before this process has grown */
    floor_make(&f);
    measure(&f);
    if (bench_peers)
        peer(&f);
    server_stop(server);
}
