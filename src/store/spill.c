/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/spill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_ROOM = 32, RUN = 10, DIGITS = 16 };

/** A row that waits in memory. */
struct waiting {
    struct waiting *next;
    size_t n;
    char row[];
};

struct spill {
    int dir, lock;
    uint64_t segment, most;
    pthread_mutex_t mutex; /**< over all that follows */

    int fd;          /**< the file that grows, or -1 */
    uint64_t number; /**< what it is called by; the next one is called by one more */
    uint64_t end;    /**< its octets */
    uint64_t total;  /**< octets of all files */
    struct segment_id segment_id;

    uint8_t run[RUN]; /**< random: the beginning of the ids of this run */
    uint64_t counter; /**< the rest of the last one */

    bool failing; /**< the last write failed: rows wait without being tried */
    struct waiting *first, **behind;
    size_t waiting_octets;
    uint64_t waiting, written, waited, lost, failures;
    char why[STORE_WHY];

    uint64_t dirty; /**< the first file that was written to since spill_sync() began; 0: none */
    char frame[FRAME_MOST];
};

/* ---- names ---- */

/** The name of a file. */
static void name_of(uint64_t number, char name[NAME_ROOM])
{
    snprintf(name, NAME_ROOM, "rows-%016" PRIx64, number);
}

/** Read a name. \return false when it is none of ours */
static bool number_of(const char *name, uint64_t *ret)
{
    uint64_t number = 0;

    if (strncmp(name, "rows-", 5) != 0 || strlen(name) != 5 + DIGITS)
        return false;
    for (const char *p = name + 5; *p; p++) {
        int digit = ascii_hex(*p);

        if (digit < 0 || (*p >= 'A' && *p <= 'F'))
            return false;
        number = number << 4 | (unsigned)digit;
    }
    *ret = number;
    return number != 0 && number != UINT64_MAX;
}

/** What is in the directory. */
struct listing {
    uint64_t oldest, newest; /**< 0: there is no file */
    uint64_t octets;
};

/** Look through the directory. \return false and errno */
static bool list(int dir, struct listing *ret)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    struct stat st;
    uint64_t number;
    int error;

    if (!d) {
        error = errno;
        if (fd >= 0)
            close(fd);
        errno = error;
        return false;
    }
    *ret = (struct listing){0};
    while (errno = 0, (entry = readdir(d))) {
        if (!number_of(entry->d_name, &number))
            continue;
        if (!ret->oldest || number < ret->oldest)
            ret->oldest = number;
        if (number > ret->newest)
            ret->newest = number;
        if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            ret->octets += (uint64_t)st.st_size;
    }
    error = errno;
    closedir(d);
    errno = error;
    return error == 0;
}

/* ---- open and close ---- */

/** Open the directory and take its lock. \return NULL, or what did not work; errno */
static const char *take(struct spill *s, const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return "cannot be made";
    if ((s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return "cannot be opened";
    s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        return "its file \"lock\" cannot be opened";
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? "another program has it open" : "cannot be locked";
    return NULL;
}

/** Look what is there already, and draw the beginning of the ids. \return as take() */
static const char *begin(struct spill *s)
{
    struct listing found;

    if (!list(s->dir, &found))
        return "cannot be read";
    s->number = found.newest;
    s->total = found.octets;
    if (getrandom(s->run, sizeof s->run, 0) != (ssize_t)sizeof s->run)
        return "needs random numbers, and there are none";
    return NULL;
}

bool spill_open(const char *dir, uint64_t segment, uint64_t most, struct spill **ret,
                char why[STORE_WHY])
{
    struct spill *s = calloc(1, sizeof *s);
    const char *wrong;
    int error;

    if (!s) {
        snprintf(why, STORE_WHY, "out of memory");
        return false;
    }
    s->dir = s->lock = s->fd = -1;
    s->segment = segment;
    s->most = most;
    s->behind = &s->first;
    pthread_mutex_init(&s->mutex, NULL);
    errno = 0;
    if (!(wrong = take(s, dir)) && !(wrong = begin(s))) {
        *ret = s;
        return true;
    }
    error = errno;
    snprintf(why, STORE_WHY, "%s: %s%s%s", dir, wrong, error && error != EWOULDBLOCK ? ": " : "",
             error && error != EWOULDBLOCK ? strerror(error) : "");
    spill_close(s);
    return false;
}

void spill_close(struct spill *s)
{
    if (!s)
        return;
    for (struct waiting *w = s->first, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    if (s->fd >= 0)
        close(s->fd);
    if (s->lock >= 0)
        close(s->lock);
    if (s->dir >= 0)
        close(s->dir);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

/* ---- appending; all of it under the mutex ---- */

/** No more rows for the file that grows. */
static void end_file(struct spill *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/** Write octets at the end of the file that grows: all of them, or none. \return false and errno */
static bool write_whole(struct spill *s, const char *octets, size_t n)
{
    ssize_t done;
    int error;

    do
        done = write(s->fd, octets, n);
    while (done < 0 && errno == EINTR);
    if (done == (ssize_t)n) {
        s->end += n;
        s->total += n;
        s->dirty = s->dirty ? s->dirty : s->number;
        return true;
    }
    error = done < 0 ? errno : ENOSPC;
    /* Robustness: nothing may stand behind a torn frame, should it not be taken back; and a file that
       has ended can be removed, which makes room. */
    (void)!ftruncate(s->fd, (off_t)s->end);
    end_file(s);
    errno = error;
    return false;
}

/** Begin another file. \return false and errno */
static bool begin_file(struct spill *s)
{
    char name[NAME_ROOM], head[SEGMENT_HEAD];
    int error;

    end_file(s);
    name_of(s->number + 1, name);
    s->fd = openat(s->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->fd >= 0 || errno == EEXIST) /* another time, another name */
        s->number++;
    if (s->fd < 0)
        return false;
    s->end = 0;
    if (getrandom(&s->segment_id, sizeof s->segment_id, 0) == (ssize_t)sizeof s->segment_id) {
        segment_head(&s->segment_id, head);
        if (write_whole(s, head, sizeof head))
            return true;
    }
    error = errno;
    end_file(s);
    unlinkat(s->dir, name, 0);
    errno = error;
    return false;
}

/** Write the row of `n` octets that stands in s->frame. \return false and errno */
static bool write_row(struct spill *s, size_t n)
{
    if (s->total + FRAME_HEAD + n > s->most) {
        end_file(s); /* so that it can be removed */
        errno = EDQUOT;
        return false;
    }
    if ((s->fd < 0 || s->end + FRAME_HEAD + n > s->segment) && !begin_file(s))
        return false;
    return write_whole(s, s->frame, frame_seal(&s->segment_id, s->frame, n));
}

/** Note that the disk took nothing. */
static void note_failure(struct spill *s)
{
    s->failing = true;
    s->failures++;
    snprintf(s->why, sizeof s->why, "%s",
             errno == EDQUOT && s->total + FRAME_MOST > s->most ? "the spill has reached its limit"
                                                                : strerror(errno));
}

/** Keep a row in memory. */
static enum store_kept keep_waiting(struct spill *s, size_t n)
{
    struct waiting *w = NULL;

    if (n + sizeof *w <= LIMIT_STORE_QUEUE - s->waiting_octets)
        w = malloc(sizeof *w + n);
    if (!w) {
        s->lost++;
        return STORE_LOST;
    }
    w->next = NULL;
    w->n = n;
    memcpy(w->row, s->frame + FRAME_HEAD, n);
    *s->behind = w;
    s->behind = &w->next;
    s->waiting_octets += sizeof *w + n;
    s->waiting++;
    s->waited++;
    return STORE_WAITS;
}

/** The next id. */
static struct store_id next_id(struct spill *s)
{
    struct store_id id;
    uint64_t counter = ++s->counter;

    memcpy(id.octet, s->run, RUN);
    for (int i = STORE_ID; i-- > RUN; counter >>= 8)
        id.octet[i] = counter & 0xFF;
    return id;
}

enum store_kept spill_append(struct spill *s, const struct store_row *row, struct store_id *ret_id)
{
    struct store_row own = *row;
    enum store_kept kept = STORE_WRITTEN;
    size_t n;

    pthread_mutex_lock(&s->mutex);
    own.id = next_id(s);
    n = row_encode(&own, s->frame + FRAME_HEAD);
    if (!s->failing && write_row(s, n)) {
        s->written++;
    } else {
        if (!s->failing)
            note_failure(s);
        kept = keep_waiting(s, n);
    }
    pthread_mutex_unlock(&s->mutex);
    if (ret_id)
        *ret_id = own.id;
    return kept;
}

/** Write the first row that waits. \return false: there is none, or the disk takes nothing */
static bool retry_one(struct spill *s)
{
    struct waiting *w = s->first;

    if (!w) {
        s->failing = false;
        return false;
    }
    memcpy(s->frame + FRAME_HEAD, w->row, w->n);
    if (!write_row(s, w->n)) {
        note_failure(s);
        return false;
    }
    s->first = w->next;
    if (!s->first)
        s->behind = &s->first;
    s->waiting_octets -= sizeof *w + w->n;
    s->waiting--;
    s->written++;
    free(w);
    return true;
}

bool spill_retry(struct spill *s)
{
    bool more = true, none;

    while (more) {
        pthread_mutex_lock(&s->mutex);
        more = retry_one(s);
        none = !s->first;
        pthread_mutex_unlock(&s->mutex);
    }
    return none;
}

/* ---- for the writer ---- */

bool spill_oldest(struct spill *s, struct spill_segment *ret)
{
    struct listing found;
    struct stat st;
    char name[NAME_ROOM];

    if (!list(s->dir, &found) || !found.oldest)
        return false;
    pthread_mutex_lock(&s->mutex);
    *ret = (struct spill_segment){.number = found.oldest,
                                  .end = s->end,
                                  .growing = s->fd >= 0 && s->number == found.oldest};
    pthread_mutex_unlock(&s->mutex);
    if (ret->growing)
        return true;
    name_of(found.oldest, name);
    if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    ret->end = (uint64_t)st.st_size;
    return true;
}

int spill_read(struct spill *s, uint64_t number)
{
    char name[NAME_ROOM];

    name_of(number, name);
    return openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

bool spill_remove(struct spill *s, const struct spill_segment *segment, bool keep)
{
    char name[NAME_ROOM], aside[NAME_ROOM];

    name_of(segment->number, name);
    snprintf(aside, sizeof aside, "damaged-%016" PRIx64, segment->number);
    if ((keep ? renameat(s->dir, name, s->dir, aside) : unlinkat(s->dir, name, 0)) != 0)
        return errno == ENOENT;
    pthread_mutex_lock(&s->mutex);
    s->total -= segment->end < s->total ? segment->end : s->total;
    pthread_mutex_unlock(&s->mutex);
    return true;
}

void spill_rotate(struct spill *s)
{
    pthread_mutex_lock(&s->mutex);
    end_file(s);
    pthread_mutex_unlock(&s->mutex);
}

/** Have the disk keep one file. \return false and errno; a file that was removed is no failure */
static bool sync_file(struct spill *s, uint64_t number)
{
    int fd = spill_read(s, number), error;
    bool ok;

    if (fd < 0)
        return errno == ENOENT;
    ok = fdatasync(fd) == 0;
    error = errno;
    close(fd);
    errno = error;
    return ok;
}

bool spill_sync(struct spill *s)
{
    uint64_t first, last;
    bool ok = true;

    pthread_mutex_lock(&s->mutex);
    first = s->dirty;
    last = s->number;
    s->dirty = 0;
    pthread_mutex_unlock(&s->mutex);
    if (!first)
        return true;
    for (uint64_t number = first; number <= last && ok; number++)
        ok = sync_file(s, number);
    if (ok && fsync(s->dir) == 0)
        return true;
    pthread_mutex_lock(&s->mutex);
    s->dirty = first;
    pthread_mutex_unlock(&s->mutex);
    return false;
}

void spill_stats(struct spill *s, struct store_stats *ret)
{
    pthread_mutex_lock(&s->mutex);
    ret->written = s->written;
    ret->waited = s->waited;
    ret->waiting = s->waiting;
    ret->lost = s->lost;
    ret->spilled = s->total;
    ret->failures = s->failures;
    memcpy(ret->spill_why, s->why, sizeof s->why);
    pthread_mutex_unlock(&s->mutex);
}
