/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * Through a Postfix of the benchmark's own: smtp-source sends to ports that differ in their milters
 * only, from an address that SPF looks up, and everything is thrown away behind the queue. CPU time is that of all of Postfix and the
 * milters, not of the sender.
 */

enum { ROUNDS = 5, MESSAGES = 600, SESSIONS = 8, PORT = 28250, ROWS = 5 };

/** One port. */
struct row {
    const char *name;
    enum bench_program programs[2];
    size_t n; /**< programs */
    struct bench_milter milters[2];
    bool up;
    double rate[ROUNDS], cpu[ROUNDS], ratio[ROUNDS];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/** The median of the rounds; they are sorted. */
static double median(double figures[ROUNDS])
{
    qsort(figures, ROUNDS, sizeof *figures, compare);
    return figures[ROUNDS / 2];
}

/* ---- Postfix ---- */

/** Run a command with the shell, in the benchmark's folder. */
__attribute__((format(printf, 2, 3))) static bool run(const struct bench_lab *lab,
                                                      const char *format, ...)
{
    char command[BENCH_PATH * 8];
    int n = snprintf(command, sizeof command, "cd %s && ", lab->folder);
    va_list args;

    va_start(args, format);
    vsnprintf(command + n, sizeof command - (size_t)n, format, args);
    va_end(args);
    return system(command) == 0;
}

/** Write main.cf: nothing of the world outside, everything discarded. */
static void write_main(const struct bench_lab *lab)
{
    FILE *f = bench_lab_file(lab, "etc/main.cf", NULL);

    fprintf(
        f,
        "compatibility_level = 3.6\nqueue_directory = %s/queue\ndata_directory = %s/data\n"
        "myhostname = mx.test.example\nmydestination =\ninet_interfaces = " BENCH_CLIENT "\n"
        "inet_protocols = ipv4\nmynetworks = " BENCH_CLIENT "/32\nalias_maps =\nalias_database =\n"
        "local_recipient_maps =\nmaillog_file = %s/log/mail.log\nmaillog_file_prefixes = /tmp\n"
        "milter_default_action = tempfail\nmilter_protocol = 6\nsmtp_dns_support_level = disabled\n"
        "default_transport = discard:\nrelay_transport = discard:\n"
        "smtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_peername_lookup = no\n"
        "message_size_limit = 0\nsmtpd_client_connection_count_limit = 0\n",
        lab->folder, lab->folder, lab->folder);
    fclose(f);
}

/** Write master.cf: a port for each row. */
static void write_master(const struct bench_lab *lab, const struct row *rows)
{
    char milters[BENCH_PATH * 3];

    for (size_t i = 0; i < ROWS; i++) {
        milters[0] = '\0';
        for (size_t k = 0; k < rows[i].n && rows[i].up; k++)
            snprintf(milters + strlen(milters), sizeof milters - strlen(milters), "%s%s",
                     k ? "," : "", rows[i].milters[k].where);
        if (!run(lab,
                 "echo '" BENCH_CLIENT
                 ":%d inet n - n - - smtpd -o smtpd_milters=%s' >>etc/master.cf",
                 PORT + (int)i, milters))
            bench_fail("no master.cf");
    }
}

/** Make a Postfix of its own and start it. */
static void start_postfix(const struct bench_lab *lab, const struct row *rows)
{
    if (!run(
            lab,
            "mkdir -p etc queue data log && chown postfix: data && "
            "cp /usr/share/postfix/master.cf.dist etc/master.cf && "
            "sed -i -E 's/^(smtp +inet)/#\\1/; /^[a-z]/ s/^(\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+)y/\\1n/' "
            "etc/master.cf"))
        bench_fail("Postfix cannot be configured");
    write_main(lab);
    write_master(lab, rows);
    if (!run(lab, "postfix -c $PWD/etc check && postfix -c $PWD/etc start 2>/dev/null"))
        bench_fail("Postfix does not start");
    sleep(2);
}

/** Its master's process. */
static pid_t master_of(const struct bench_lab *lab)
{
    char path[BENCH_PATH * 2];
    FILE *f;
    int pid = 0;

    snprintf(path, sizeof path, "%s/queue/pid/master.pid", lab->folder);
    if (!(f = fopen(path, "r")) || fscanf(f, "%d", &pid) != 1)
        bench_fail("Postfix does not run");
    fclose(f);
    return pid;
}

/* ---- the load ---- */

/** CPU time of Postfix and a row's milters. */
static double cpu(pid_t master, const struct row *row)
{
    double sum = bench_process_cpu(master);

    for (size_t i = 0; i < row->n; i++)
        sum += bench_process_cpu(row->milters[i].pid);
    return sum;
}

/** Wait until the queue is empty: what is behind the last answer is work too. */
static void drain(const struct bench_lab *lab)
{
    for (int i = 0;
         i < 600 &&
         !run(lab, "test -z \"$(find queue/incoming queue/active -type f 2>/dev/null | head -1)\"");
         i++)
        usleep(50000);
}

/** One round of one row. \param round  below 0: to warm up */
static void measure(const struct bench_lab *lab, pid_t master, struct row *row, size_t i, int round)
{
    double begin = cpu(master, row), t = now();

    if (!run(lab,
             "/usr/sbin/smtp-source -s %d -m %d -f billing@example.com -t bob@dest.example"
             " -M mail.example.com -F message " BENCH_CLIENT ":%d",
             SESSIONS, round < 0 ? MESSAGES / 5 : MESSAGES, PORT + (int)i)) {
        run(lab, "tail -5 log/mail.log >&2");
        bench_fail("smtp-source was refused");
    }
    t = now() - t;
    drain(lab);
    if (round < 0)
        return;
    row->rate[round] = MESSAGES / t;
    row->cpu[round] = (cpu(master, row) - begin) / MESSAGES;
}

/** All rounds, and the table. */
static void run_rounds(const struct bench_lab *lab, struct row *rows, pid_t master, size_t size)
{
    struct buf message;
    FILE *f = bench_lab_file(lab, "message", NULL);

    bench_lab_check(lab);
    bench_message_make(&lab->key, false, size, 1, &message);
    for (size_t i = 0; i < message.n; i++) /* smtp-source wants lines ended by LF */
        if (message.p[i] != '\r')
            fputc(message.p[i], f);
    fclose(f);
    buf_done(&message);
    for (int round = -1; round < ROUNDS; bench_lab_check(lab), round++)
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].up) {
                measure(lab, master, &rows[i], i, round);
                if (round >= 0)
                    rows[i].ratio[round] = rows[i].cpu[round] / rows[0].cpu[round];
            }
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].up) {
            double us = median(rows[i].cpu), base = median(rows[0].cpu),
                   rate = median(rows[i].rate);

            printf("postfix.%zuk.%s\t%.0f\t%.0f\t%.2f\tus\t\t\t\t%.0f (%.0f-%.0f)\n", size / 1024,
                   rows[i].name, us, base, median(rows[i].ratio), rate, rows[i].rate[0],
                   rows[i].rate[ROUNDS - 1]);
            fflush(stdout);
        }
}

/** Start what a row needs. */
static void start(const struct bench_lab *lab, struct row *row)
{
    row->up = true;
    for (size_t i = 0; i < row->n && row->up; i++)
        row->up = bench_milter_start(lab, row->programs[i], BENCH_VERIFY, false, &row->milters[i]);
}

void bench_postfix(void)
{
    struct row rows[ROWS] = {
        {.name = "none", .n = 0},
        {.name = "null", .programs = {BENCH_NULL}, .n = 1},
        {.name = "assayd", .programs = {BENCH_OURS}, .n = 1},
        {.name = "opendkim+opendmarc", .programs = {BENCH_OPENDKIM, BENCH_OPENDMARC}, .n = 2},
        {.name = "rspamd", .programs = {BENCH_RSPAMD}, .n = 1}};
    struct bench_lab lab;
    pid_t master;

    if (!bench_asked("postfix"))
        return;
    if (access("/usr/sbin/smtp-source", X_OK) != 0) {
        puts("# postfix: there is no Postfix");
        return;
    }
    puts("# name\tours\tlimit\tratio\tunit\treach\tp50 us\tp99 us\tmessages/s (range)");
    if (bench_lab_open(&lab)) {
        for (size_t i = 0; i < (bench_peers ? ROWS : 3); i++)
            start(&lab, &rows[i]);
        start_postfix(&lab, rows);
        master = bench_child(master_of(&lab));
        run_rounds(&lab, rows, master, 2048);
        run_rounds(&lab, rows, master, 20480);
        bench_child_stop(master);
        sleep(1); /* it is no child: nothing tells when it has ended */
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < rows[i].n; k++)
            bench_milter_stop(&rows[i].milters[k]);
    bench_lab_close(&lab);
}
