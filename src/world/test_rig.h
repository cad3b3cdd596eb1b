/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_rig.h The lab of tools/lab/lab.py beside a C test: started with a description, asked through
 * worlds, ended with the test.
 */
#ifndef WORLD_TEST_RIG_H
#define WORLD_TEST_RIG_H

#include "base/number.h"
#include "fact/fact.h"
#include "world/own.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/** What is running. */
struct weblab {
    pid_t pid; /**< 0: it could not be started */
    int in;    /**< its standard input: it ends with that */
    char resolver[64], server[64], anchor[256], ca_file[256];
    unsigned https_port, smtp_port;
};

/** Take the value of a key out of the line of JSON that lab.py prints. */
static void weblab_value(const char *json, const char *key, char *out, size_t size)
{
    char pattern[40];
    const char *at;
    size_t n = 0;

    snprintf(pattern, sizeof pattern, "\"%s\": ", key);
    at = strstr(json, pattern);
    assert_non_null(at);
    for (at += strlen(pattern) + (at[strlen(pattern)] == '"'); *at && !strchr("\",}", *at); at++)
        if (n + 1 < size)
            out[n++] = *at;
    out[n] = '\0';
}

/** Read a port. */
static unsigned weblab_port(const char *text)
{
    uint64_t port = 0;

    assert_true(number_read(span_of(text), UINT16_MAX, &port));
    return (unsigned)port;
}

/** Read the line that says where it listens. */
static bool weblab_read(struct weblab *lab, FILE *out)
{
    char line[4096], number[16];

    if (!fgets(line, sizeof line, out))
        return false;
    weblab_value(line, "resolver", lab->resolver, sizeof lab->resolver);
    weblab_value(line, "server", lab->server, sizeof lab->server);
    weblab_value(line, "trust_anchor", lab->anchor, sizeof lab->anchor);
    weblab_value(line, "ca_file", lab->ca_file, sizeof lab->ca_file);
    weblab_value(line, "https_port", number, sizeof number);
    lab->https_port = weblab_port(number);
    weblab_value(line, "smtp_port", number, sizeof number);
    lab->smtp_port = weblab_port(number);
    return true;
}

/** Start the lab. \return false: what it needs is not there */
static bool weblab_start(struct weblab *lab, const char *description)
{
    int in[2], out[2];
    FILE *file;
    bool there;

    memset(lab, 0, sizeof *lab);
    if (pipe(in) != 0 || pipe(out) != 0)
        return false;
    if ((lab->pid = fork()) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execl("/usr/bin/python3", "python3", "tools/lab/lab.py", description, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    lab->in = in[1];
    file = fdopen(out[0], "r");
    there = weblab_read(lab, file);
    fclose(file);
    return there;
}

/** Stop it. */
static void weblab_stop(struct weblab *lab)
{
    close(lab->in);
    if (lab->pid > 0)
        waitpid(lab->pid, NULL, 0);
}

/** The options of a world in the lab. */
static struct assay_world_options weblab_options(const struct weblab *lab)
{
    return (struct assay_world_options){.size = sizeof(struct assay_world_options),
                                        .resolvers = lab->resolver,
                                        .trust_anchor = lab->anchor,
                                        .question_ms = 2000,
                                        .allow_private = true,
                                        .smtp_port = lab->smtp_port,
                                        .https_port = lab->https_port,
                                        .ca_file = lab->ca_file,
                                        .web_ms = 4000,
                                        .helo = "client.example"};
}

/** A world of these options. */
static assay_world *weblab_world(const struct assay_world_options *o)
{
    assay_world *w = NULL;
    const char *why = "";

    if (assay_world_new(o, &w, &why) != ASSAY_DONE)
        fail_msg("no world: %s", why);
    return w;
}

/** One question and what came. */
struct asking {
    enum assay_kind kind;
    uint16_t rrtype;
    const char *name, *data;
    assay_fact *fact;
    bool told;
    size_t *open;
};

static void weblab_came(void *arg, assay_fact *fact)
{
    struct asking *a = arg;

    a->fact = fact ? assay_fact_ref(fact) : NULL;
    assert_false(a->told);
    a->told = true;
    --*a->open;
}

/** The question. */
static struct assay_question weblab_question(const struct asking *a)
{
    return (struct assay_question){
        .kind = a->kind, .rrtype = a->rrtype, .name = span_of(a->name), .data = span_of(a->data)};
}

/** Ask all at once, and wait for the answers; free their facts. */
__attribute__((unused)) static void weblab_ask(assay_world *w, struct asking *asking, size_t n)
{
    size_t open = n;

    for (size_t i = 0; i < n; i++) {
        struct assay_question q = weblab_question(&asking[i]);
        struct waiter *waiter;
        bool web = q.kind == ASSAY_GET || q.kind == ASSAY_PROBE;

        asking[i].open = &open;
        asking[i].told = false;
        assert_int_equal(world_ask(w, &q, web ? w->web_ms : w->question_ms, weblab_came, &asking[i],
                                   &waiter),
                         ASSAY_DONE);
    }
    while (open)
        event_base_loop(w->loop, EVLOOP_ONCE);
}

#endif
