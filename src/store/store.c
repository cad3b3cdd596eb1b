/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/spill.h"
#include "store/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000, PRUNE_EVERY = 3600, DAY = 86400, CHUNK = 1 << 18, LAST_WORDS = 5000 };

/** A file of the spill being moved. */
struct moving {
    struct spill_segment segment;
    int fd; /**< -1: none */
    struct segment_id id;
    bool readable;     /**< its head is that of a segment */
    bool broken;       /**< some of it cannot be read: it is kept for people to look at */
    uint64_t position; /**< what the database has */
};

struct store {
    char *path;
    struct store_options options;
    struct spill *spill;

    /* the writer's own */
    struct db *db; /**< NULL: it could not be opened yet */
    struct moving moving;
    struct store_signature signatures[LIMIT_SIGNATURES];
    int64_t synced, pruned; /**< when last: milliseconds, seconds; of the clock that never jumps */
    int64_t end;            /**< when it has to end, in milliseconds; 0: it has not */
    char chunk[CHUNK];

    pthread_t thread;
    _Atomic uint64_t appended; /**< rows since the writer began its last round */
    pthread_mutex_t mutex;     /**< over all that follows */
    pthread_cond_t wake, idle;
    bool stop;
    uint64_t asked, answered; /**< store_flush(): tickets */
    int64_t before;           /**< store_prune(); 0: nothing is asked */
    struct store_stats stats; /**< the writer's */
};

_Static_assert((int)CHUNK >= 2 * (int)FRAME_MOST, "a chunk holds any frame");

/** Milliseconds of the clock that never jumps. */
static int64_t ticks(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS + now.tv_nsec / 1000000;
}

/* ---- what the writer counts ---- */

/** Count. */
static void count(struct store *s, uint64_t *figure, uint64_t n)
{
    pthread_mutex_lock(&s->mutex);
    *figure += n;
    pthread_mutex_unlock(&s->mutex);
}

/** Note that the database cannot be written, and why. \return false */
static bool delayed(struct store *s, const char *why)
{
    pthread_mutex_lock(&s->mutex);
    s->stats.delays++;
    snprintf(s->stats.database_why, STORE_WHY, "%s", why);
    pthread_mutex_unlock(&s->mutex);
    return false;
}

/** Undo the transaction and note why. \return false */
static bool undo(struct store *s)
{
    delayed(s, db_why(s->db));
    db_rollback(s->db);
    return false;
}

/* ---- moving one batch ---- */

/** What a batch came to; counted when it is committed. */
struct batch {
    uint64_t rows, moved, known, refused, damaged;
};

/** Move one row. \return false: the database cannot be written now */
static bool move_row(struct store *s, assay_span octets, struct batch *b)
{
    struct store_row row;
    enum db_result result = DB_REFUSED;

    if (row_decode(octets, s->signatures, &row))
        result = db_put(s->db, &row);
    b->rows++;
    b->moved += result == DB_DONE;
    b->known += result == DB_KNOWN;
    b->refused += result == DB_REFUSED;
    return result != DB_LATER;
}

/** Read the next octets of the file. \return false: they cannot be read */
static bool read_chunk(struct store *s, uint64_t at, assay_span *ret)
{
    uint64_t left = s->moving.segment.end - at;
    size_t want = left < CHUNK ? (size_t)left : CHUNK;
    ssize_t n;

    do
        n = pread(s->moving.fd, s->chunk, want, (off_t)at);
    while (n < 0 && errno == EINTR);
    *ret = (assay_span){s->chunk, n > 0 ? (size_t)n : 0};
    return n > 0;
}

/** Move the frames of a chunk, up to the limit of a batch. `*at` is moved on. */
static bool move_chunk(struct store *s, assay_span octets, bool last, uint64_t *at, struct batch *b)
{
    const struct segment_id *id = &s->moving.id;
    struct frame frame;
    size_t done;

    while (b->rows < LIMIT_STORE_BATCH && (done = frame_next(id, octets, last, &frame))) {
        *at += done;
        octets = span_from(octets, done);
        b->damaged += frame.skipped;
        if (frame.row.p && !move_row(s, frame.row, b))
            return false;
    }
    return true;
}

/** Move rows inside a transaction. \return false: undo it */
static bool fill_batch(struct store *s, uint64_t *at, struct batch *b)
{
    const struct spill_segment *segment = &s->moving.segment;
    assay_span octets;

    while (b->rows < LIMIT_STORE_BATCH && *at < segment->end) {
        if (!read_chunk(s, *at, &octets)) {
            b->damaged += segment->end - *at; /* Robustness: it must not keep back the others */
            s->moving.broken = true;
            *at = segment->end;
            break;
        }
        if (!move_chunk(s, octets, *at + octets.n == segment->end, at, b))
            return false;
    }
    return db_set_position(s->db, &s->moving.id, *at) == DB_DONE;
}

/** Add a batch to the figures. */
static void count_batch(struct store *s, const struct batch *b)
{
    pthread_mutex_lock(&s->mutex);
    s->stats.moved += b->moved;
    s->stats.known += b->known;
    s->stats.refused += b->refused;
    s->stats.damaged += b->damaged;
    s->stats.database_why[0] = '\0';
    pthread_mutex_unlock(&s->mutex);
}

/** Move one batch: one transaction. \return false: the database cannot be written now */
static bool move_batch(struct store *s)
{
    struct batch b = {0};
    uint64_t at = s->moving.position;

    if (db_begin(s->db) != DB_DONE)
        return delayed(s, db_why(s->db));
    if (!fill_batch(s, &at, &b) || db_commit(s->db) != DB_DONE)
        return undo(s);
    s->moving.position = at;
    count_batch(s, &b);
    return true;
}

/* ---- moving all of it ---- */

/** Done with a file, for now. */
static void put_down(struct store *s)
{
    if (s->moving.fd >= 0)
        close(s->moving.fd);
    s->moving = (struct moving){.fd = -1};
}

/** Take up a file: open it, read its head, ask how far it was read. \return false: not now */
static bool take_up(struct store *s, const struct spill_segment *segment)
{
    struct moving *m = &s->moving;
    char head[SEGMENT_HEAD];
    ssize_t n;

    if (m->fd >= 0 && m->segment.number == segment->number) {
        m->segment = *segment;
        return true;
    }
    put_down(s);
    m->fd = spill_read(s->spill, segment->number);
    if (m->fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return delayed(s, strerror(errno));
    m->segment = *segment;
    n = m->fd < 0 ? -1 : pread(m->fd, head, sizeof head, 0);
    m->readable = segment_read((assay_span){head, n > 0 ? (size_t)n : 0}, &m->id);
    m->broken = n < 0 || (n == SEGMENT_HEAD && !m->readable);
    if (m->readable && db_position(s->db, &m->id, &m->position) != DB_DONE) {
        delayed(s, db_why(s->db));
        put_down(s);
        return false;
    }
    if (m->position < SEGMENT_HEAD)
        m->position = SEGMENT_HEAD;
    return true;
}

/** The database has all of a file that does not grow: remove it. \return false: not now */
static bool finish(struct store *s)
{
    struct moving *m = &s->moving;

    if (!m->readable)
        count(s, &s->stats.damaged, m->segment.end);
    if (!spill_remove(s->spill, &m->segment, m->broken)) {
        put_down(s);
        return delayed(s, strerror(errno));
    }
    if (m->readable && db_forget(s->db, &m->id) != DB_DONE)
        delayed(s, db_why(s->db)); /* a position of no file is in nobody's way */
    put_down(s);
    return true;
}

/** Open the database, if that is still to be done. */
static bool have_database(struct store *s)
{
    char why[STORE_WHY];

    if (s->db || db_open(s->path, s->options.busy, &s->db, why) == DB_DONE)
        return true;
    return delayed(s, why);
}

/** Somebody wants the writer to end. */
static bool is_stopped(struct store *s)
{
    bool stop;

    pthread_mutex_lock(&s->mutex);
    stop = s->stop;
    pthread_mutex_unlock(&s->mutex);
    return stop;
}

/** The writer is to end, and has had time to. */
static bool is_late(struct store *s)
{
    if (!s->end && is_stopped(s))
        s->end = ticks() + LAST_WORDS;
    return s->end && ticks() >= s->end;
}

/** Move all there is. \return false: the database cannot be written now */
static bool move_all(struct store *s)
{
    struct spill_segment segment;

    if (!have_database(s))
        return false;
    while (spill_oldest(s->spill, &segment)) {
        if (!take_up(s, &segment))
            return false;
        while (s->moving.readable && s->moving.position < segment.end)
            if (is_late(s) || !move_batch(s))
                return false;
        if (segment.growing)
            return true;
        if (!finish(s))
            return false;
    }
    return true;
}

/* ---- the writer ---- */

/** Before when rows are removed now; 0: none are. */
static int64_t prune_before(struct store *s, int64_t asked)
{
    int64_t now = ticks() / MS, before = asked;

    if (s->options.days && (!s->pruned || now - s->pruned >= PRUNE_EVERY)) {
        int64_t oldest = (int64_t)time(NULL) - (int64_t)s->options.days * DAY;

        s->pruned = now;
        before = oldest > before ? oldest : before;
    }
    return before;
}

/** Remove old rows, piece by piece; new ones need not wait. \return false: not now */
static bool prune(struct store *s, int64_t before)
{
    unsigned n = LIMIT_STORE_PRUNE;

    while (before && n == LIMIT_STORE_PRUNE && !is_stopped(s)) {
        if (db_prune(s->db, before, &n) != DB_DONE)
            return delayed(s, db_why(s->db));
        count(s, &s->stats.pruned, n);
        if (!move_all(s))
            return false;
    }
    return true;
}

/** Have the disk keep the spill, if it is time. */
static void sync_in_time(struct store *s)
{
    if (!s->options.sync || ticks() - s->synced < s->options.sync)
        return;
    s->synced = ticks();
    (void)spill_sync(s->spill); /* tried again next time */
}

/** One round. \return all that was there is in the database */
static bool do_round(struct store *s, int64_t before)
{
    bool none_waits = spill_retry(s->spill), moved, pruned = true;

    sync_in_time(s);
    moved = move_all(s);
    before = moved ? prune_before(s, before) : 0;
    if (before)
        pruned = prune(s, before);
    if (!pruned)
        s->pruned = 0;
    return none_waits && moved && pruned;
}

/** Wait for work, `interval` at most. The mutex is held. */
static void rest(struct store *s)
{
    struct timespec until;
    unsigned ms = s->options.interval;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / MS;
    until.tv_nsec += (long)(ms % MS) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&s->wake, &s->mutex, &until);
}

/** The last round: when all is moved, the last file goes too. */
static void end_writer(struct store *s)
{
    if (!do_round(s, 0))
        return;
    spill_rotate(s->spill);
    (void)move_all(s);
}

/** The writer. */
static void *writer(void *store)
{
    struct store *s = store;
    bool ok = true;

    pthread_mutex_lock(&s->mutex);
    while (!s->stop) {
        uint64_t ticket;
        int64_t before;

        if (!ok || (s->asked == s->answered && s->appended < LIMIT_STORE_BATCH))
            rest(s);
        ticket = s->asked;
        before = s->before;
        s->appended = 0;
        pthread_mutex_unlock(&s->mutex);
        ok = do_round(s, before);
        pthread_mutex_lock(&s->mutex);
        if (!ok)
            continue;
        s->before = s->before == before ? 0 : s->before;
        s->answered = ticket;
        pthread_cond_broadcast(&s->idle);
    }
    pthread_mutex_unlock(&s->mutex);
    end_writer(s);
    return NULL;
}

/* ---- the doors ---- */

/** Options with their initial values filled in. */
static struct store_options complete(const struct store_options *options)
{
    struct store_options o = options ? *options : (struct store_options){0};

    o.interval = o.interval ? o.interval : 1000;
    o.busy = o.busy ? o.busy : 1000;
    o.segment = o.segment ? o.segment : LIMIT_STORE_SEGMENT;
    o.spill_most = o.spill_most ? o.spill_most : 1u << 30;
    return o;
}

/** Make what the threads meet at. */
static void make_meeting(struct store *s)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_cond_init(&s->idle, &attr);
    pthread_condattr_destroy(&attr);
}

/** Free all but the thread. */
static void unmake(struct store *s)
{
    put_down(s);
    db_close(s->db);
    spill_close(s->spill);
    pthread_cond_destroy(&s->idle);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->mutex);
    free(s->path);
    free(s);
}

/** Make the store of a path, without its parts. \return NULL: out of memory */
static struct store *make(const char *path, const struct store_options *options)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    make_meeting(s);
    s->moving.fd = -1;
    s->options = complete(options);
    if ((s->path = strdup(path)))
        return s;
    unmake(s);
    return NULL;
}

/** Open the spill beside the database. */
static bool open_spill(struct store *s, char why[STORE_WHY])
{
    char *dir = NULL;
    bool ok;

    if (asprintf(&dir, "%s.spill", s->path) < 0) {
        snprintf(why, STORE_WHY, "out of memory");
        return false;
    }
    ok = spill_open(dir, s->options.segment, s->options.spill_most, &s->spill, why);
    free(dir);
    return ok;
}

/** Open the database, unless it can wait. \return false: it will never work */
static bool open_database(struct store *s, char why[STORE_WHY])
{
    char text[STORE_WHY];

    switch (db_open(s->path, s->options.busy, &s->db, text)) {
    case DB_DONE: return true;
    case DB_LATER: delayed(s, text); return true;
    default: snprintf(why, STORE_WHY, "%.100s: %.150s", s->path, text); return false;
    }
}

/** Start the writer; signals are for the other threads. */
static bool start(struct store *s, char why[STORE_WHY])
{
    sigset_t all, old;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&s->thread, NULL, writer, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        snprintf(why, STORE_WHY, "no thread for the store: %s", strerror(error));
    return error == 0;
}

bool store_open(const char *path, const struct store_options *options, struct store **ret,
                char why[STORE_WHY])
{
    struct store *s = make(path, options);

    if (!s) {
        snprintf(why, STORE_WHY, "out of memory");
        return false;
    }
    if (open_spill(s, why) && open_database(s, why) && start(s, why)) {
        *ret = s;
        return true;
    }
    unmake(s);
    return false;
}

enum store_kept store_append(struct store *s, const struct store_row *row, struct store_id *ret_id)
{
    enum store_kept kept = spill_append(s->spill, row, ret_id);

    if (atomic_fetch_add(&s->appended, 1) == LIMIT_STORE_BATCH - 1)
        pthread_cond_signal(&s->wake); /* should it be missed, `interval` comes all the same */
    return kept;
}

bool store_flush(struct store *s, unsigned patience)
{
    struct timespec until;
    uint64_t ticket;
    int64_t ms = ticks() + patience;
    bool done;

    until = (struct timespec){ms / MS, ms % MS * 1000000};
    pthread_mutex_lock(&s->mutex);
    ticket = ++s->asked;
    pthread_cond_signal(&s->wake);
    while (s->answered < ticket && !s->stop &&
           pthread_cond_timedwait(&s->idle, &s->mutex, &until) != ETIMEDOUT)
        ;
    done = s->answered >= ticket;
    pthread_mutex_unlock(&s->mutex);
    return done;
}

void store_prune(struct store *s, int64_t before)
{
    pthread_mutex_lock(&s->mutex);
    if (before > s->before)
        s->before = before;
    pthread_mutex_unlock(&s->mutex);
}

void store_stats(struct store *s, struct store_stats *ret)
{
    pthread_mutex_lock(&s->mutex);
    *ret = s->stats;
    pthread_mutex_unlock(&s->mutex);
    spill_stats(s->spill, ret);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->mutex);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    unmake(s);
}
