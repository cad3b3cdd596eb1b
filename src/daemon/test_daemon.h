/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_daemon.h assayd of the build, run by a test: its processes, what they hold, what they
 * complain of.
 */
#ifndef DAEMON_TEST_DAEMON_H
#define DAEMON_TEST_DAEMON_H

#include "daemon/test_milter_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { DAEMON_PROCESSES = 3, DAEMON_PATIENCE_MS = 20000, DAEMON_WORDS = 65536 };

/** One that runs. */
struct daemon {
    pid_t pid;
    char log[128]; /**< a file: what all its processes print */
};

/** What one process holds. */
struct daemon_holds {
    char name[32];
    pid_t pid;
    long rss, pss; /**< KiB; what PSS counts depends on who else has the libraries in use */
    long own;      /**< KiB of no file: heap, stacks */
    long files;
};

/** Milliseconds on the wall. */
static inline int64_t daemon_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/** Somebody listens at "unix:PATH". */
static inline bool daemon_listens(const char *where)
{
    int fd = mta_socket(where);

    return fd >= 0 && close(fd) == 0;
}

/** Start it, and wait until it listens. \param program  the file; \param where  one of its sockets */
static inline bool daemon_start(struct daemon *d, const char *program, const char *conf,
                                const char *where, const char *log)
{
    char *argv[] = {(char *)(uintptr_t)program, "-c", (char *)(uintptr_t)conf, NULL};
    int64_t end = daemon_clock() + DAEMON_PATIENCE_MS;
    posix_spawn_file_actions_t actions;
    int error;

    snprintf(d->log, sizeof d->log, "%s", log);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    error = posix_spawn(&d->pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        return false;
    while (daemon_clock() < end && waitpid(d->pid, NULL, WNOHANG) == 0) {
        if (daemon_listens(where))
            return true;
        usleep(20000);
    }
    return false;
}

/** End it. \return its exit status; -1: it did not exit */
static inline int daemon_stop(struct daemon *d)
{
    int status = -1;

    kill(d->pid, SIGTERM);
    if (waitpid(d->pid, &status, 0) != d->pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

/** A number behind a word in a file of /proc; 0: there is none. */
static inline long daemon_figure(pid_t pid, const char *file, const char *word)
{
    char path[384], line[256];
    long n = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    if (!(f = fopen(path, "r")))
        return 0;
    while (!n && fgets(line, sizeof line, f))
        if (strncmp(line, word, strlen(word)) == 0)
            n = strtol(line + strlen(word), NULL, 10);
    fclose(f);
    return n;
}

/** Open files of a process. */
static inline long daemon_files(pid_t pid)
{
    char path[64];
    long n = -2; /* . and .. */
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    if (!(d = opendir(path)))
        return 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/** What a process holds. */
static inline void daemon_look(pid_t pid, struct daemon_holds *ret)
{
    char path[64];
    FILE *f;

    *ret = (struct daemon_holds){.pid = pid};
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    if ((f = fopen(path, "r"))) {
        if (fgets(ret->name, sizeof ret->name, f))
            ret->name[strcspn(ret->name, "\n")] = '\0';
        fclose(f);
    }
    ret->rss = daemon_figure(pid, "smaps_rollup", "Rss:");
    ret->pss = daemon_figure(pid, "smaps_rollup", "Pss:");
    ret->own = daemon_figure(pid, "smaps_rollup", "Anonymous:");
    ret->files = daemon_files(pid);
}

/** All processes: the master, then its children. \return how many */
static inline size_t daemon_look_all(const struct daemon *d,
                                     struct daemon_holds all[DAEMON_PROCESSES])
{
    char path[64];
    size_t n = 1;
    int child;
    FILE *f;

    daemon_look(d->pid, &all[0]);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", d->pid, d->pid);
    if ((f = fopen(path, "r"))) {
        while (n < DAEMON_PROCESSES && fscanf(f, "%d", &child) == 1)
            daemon_look(child, &all[n++]);
        fclose(f);
    }
    return n;
}

/** The process called "assayd: NAME", or 0. */
static inline pid_t daemon_child(const struct daemon *d, const char *name)
{
    struct daemon_holds all[DAEMON_PROCESSES];
    size_t n = daemon_look_all(d, all);

    for (size_t i = 0; i < n; i++)
        if (strncmp(all[i].name, "assayd: ", 8) == 0 && strcmp(all[i].name + 8, name) == 0)
            return all[i].pid;
    return 0;
}

/** What a sanitizer has reported, or that a process ended: the words, or NULL. Free it. */
static inline char *daemon_complains(const struct daemon *d)
{
    static const char *const SIGNS[] = {"Sanitizer", "runtime error:", "process ended", "ASSERT"};
    char *text = calloc(1, DAEMON_WORDS);
    FILE *f = fopen(d->log, "r");
    bool bad = false;

    if (text && f && fread(text, 1, DAEMON_WORDS - 1, f) > 0)
        for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
            bad |= strstr(text, SIGNS[i]) != NULL;
    if (f)
        fclose(f);
    if (bad)
        return text;
    free(text);
    return NULL;
}

#endif
