/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/mailbox.h"

#include <event2/event_struct.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock; /* of `posts` */
    STAILQ_HEAD(, post) posts;
    int bell; /* an eventfd; rung when the queue stops being empty */
    struct event event;
};

/** A post that the mailbox allocated. */
struct letter {
    struct post post;
    void (*fn)(void *arg);
    void *arg;
};

/** Run a letter. */
static void open_letter(void *arg)
{
    struct letter letter = *(struct letter *)arg;

    free(arg);
    letter.fn(letter.arg);
}

/** Take everything out. \return the first; the others hang on it */
static struct post *take_all(struct mailbox *m)
{
    struct post *first;

    pthread_mutex_lock(&m->lock);
    first = STAILQ_FIRST(&m->posts);
    STAILQ_INIT(&m->posts);
    pthread_mutex_unlock(&m->lock);
    return first;
}

/** The bell rang. It is silenced first: what comes behind that rings again, or is taken now. */
static void run_all(evutil_socket_t fd, short what, void *arg)
{
    struct mailbox *m = arg;
    uint64_t rings;

    (void)what;
    if (read(fd, &rings, sizeof rings) != sizeof rings)
        return;
    for (struct post *post = take_all(m), *next; post; post = next) {
        next = STAILQ_NEXT(post, next); /* before `fn` uses the memory again */
        post->fn(post->arg);
    }
}

struct mailbox *mailbox_new(struct event_base *loop)
{
    struct mailbox *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    pthread_mutex_init(&m->lock, NULL);
    STAILQ_INIT(&m->posts);
    m->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->bell >= 0 &&
        event_assign(&m->event, loop, m->bell, EV_READ | EV_PERSIST, run_all, m) == 0 &&
        event_add(&m->event, NULL) == 0)
        return m;
    if (m->bell >= 0)
        close(m->bell);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return NULL;
}

void mailbox_free(struct mailbox *m)
{
    struct post *post;

    if (!m)
        return;
    while ((post = STAILQ_FIRST(&m->posts))) {
        STAILQ_REMOVE_HEAD(&m->posts, next);
        if (post->fn == open_letter)
            free(post->arg);
    }
    event_del(&m->event);
    close(m->bell);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/** Wake the loop. The count cannot come to its end: one ring for each time the queue was empty. */
static void ring(const struct mailbox *m)
{
    uint64_t one = 1;
    ssize_t n = write(m->bell, &one, sizeof one);

    (void)n;
}

void mailbox_put(struct mailbox *m, struct post *post)
{
    bool first;

    pthread_mutex_lock(&m->lock);
    first = STAILQ_EMPTY(&m->posts);
    STAILQ_INSERT_TAIL(&m->posts, post, next);
    pthread_mutex_unlock(&m->lock);
    if (first)
        ring(m);
}

assay_status mailbox_post(struct mailbox *m, void (*fn)(void *arg), void *arg)
{
    struct letter *letter = malloc(sizeof *letter);

    if (!letter)
        return ASSAY_ENOMEM;
    *letter = (struct letter){.post = {.fn = open_letter, .arg = letter}, .fn = fn, .arg = arg};
    mailbox_put(m, &letter->post);
    return ASSAY_DONE;
}
