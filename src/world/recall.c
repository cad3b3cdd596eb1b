/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/recall.h"

#include "base/limits.h"
#include "base/number.h"
#include "dns/name.h"
#include "world/failure.h"
#include "world/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <unistd.h>

/** One domain. */
struct entry {
    struct table_node node;
    TAILQ_ENTRY(entry) order;
    int64_t first, last; /* deferral */
    char name[];
};

struct recall {
    pthread_mutex_t lock;
    struct table table;
    TAILQ_HEAD(order, entry) order; /* the last deferred first */
    size_t most;
    int64_t forget;
};

/** What a question begins with. */
static const char DEFERRED[] = "deferred ";

struct recall *recall_new(size_t most, int64_t forget)
{
    struct recall *r = calloc(1, sizeof *r);
    struct table_seed seed;

    if (!r || getrandom(&seed, sizeof seed, 0) != sizeof seed || !table_init(&r->table, &seed)) {
        free(r);
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    TAILQ_INIT(&r->order);
    r->most = most;
    r->forget = forget;
    return r;
}

/** Drop a domain. */
static void drop(struct recall *r, struct entry *e)
{
    table_remove(&r->table, &e->node);
    TAILQ_REMOVE(&r->order, e, order);
    free(e);
}

void recall_free(struct recall *r)
{
    struct entry *e;

    if (!r)
        return;
    while ((e = TAILQ_FIRST(&r->order)))
        drop(r, e);
    table_done(&r->table);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/**
 * Drop what is too old. The list is in the order of the last deferrals, as long as the clock runs
 * forward.
 */
static void drop_old(struct recall *r, int64_t now)
{
    struct entry *e;

    while ((e = TAILQ_LAST(&r->order, order)) && now - e->last >= r->forget)
        drop(r, e);
}

/** The entry of a canonical name, or NULL. */
static struct entry *find(struct recall *r, assay_span name)
{
    const struct assay_question q = {.kind = ASSAY_RECALL, .name = name};

    return (struct entry *)(void *)table_find(&r->table, &q);
}

/** A new entry at the front; the last one goes when there are too many. */
static struct entry *enter(struct recall *r, assay_span name, int64_t first)
{
    struct entry *e = malloc(sizeof *e + name.n + 1);

    if (!e)
        return NULL;
    memcpy(e->name, name.p, name.n);
    e->name[name.n] = '\0';
    e->node = (struct table_node){.kind = ASSAY_RECALL, .name = {e->name, name.n}};
    e->first = e->last = first;
    while (r->table.n >= r->most)
        drop(r, TAILQ_LAST(&r->order, order));
    table_add(&r->table, &e->node);
    TAILQ_INSERT_HEAD(&r->order, e, order);
    return e;
}

/** Note a deferral. \param first  when there is no entry yet */
static assay_status note(struct recall *r, assay_span domain, int64_t first, int64_t last)
{
    struct dns_name name;
    struct entry *e;

    if (!dns_name_read(domain, &name) || !name.n || name.n > RECALL_NAME || !r->most)
        return ASSAY_EINVAL;
    if (!(e = find(r, dns_name_span(&name))) && !(e = enter(r, dns_name_span(&name), first)))
        return ASSAY_ENOMEM;
    TAILQ_REMOVE(&r->order, e, order);
    TAILQ_INSERT_HEAD(&r->order, e, order);
    if (last - e->last >= r->forget)
        e->first = first;
    e->last = last > e->last ? last : e->last;
    return ASSAY_DONE;
}

assay_status recall_seen(struct recall *r, assay_span domain, int64_t now)
{
    assay_status s;

    pthread_mutex_lock(&r->lock);
    drop_old(r, now);
    s = note(r, domain, now, now);
    pthread_mutex_unlock(&r->lock);
    return s;
}

/** When a domain was deferred first. \return false: nothing is remembered */
static bool first_of(struct recall *r, assay_span domain, int64_t now, int64_t *ret)
{
    struct dns_name name;
    const struct entry *e;

    if (!dns_name_read(domain, &name))
        return false;
    pthread_mutex_lock(&r->lock);
    drop_old(r, now);
    if ((e = find(r, dns_name_span(&name))) && now - e->last >= r->forget)
        e = NULL;
    if (e)
        *ret = e->first;
    pthread_mutex_unlock(&r->lock);
    return e != NULL;
}

assay_fact *recall_answer(struct recall *r, const struct assay_question *q, int64_t now)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_NODATA, .secure = ASSAY_UNKNOWN};
    char digits[32];
    assay_span item = {digits, 0};
    assay_fact *fact;
    int64_t first;

    if (q->kind != ASSAY_RECALL || !span_starts(q->name, SPAN(DEFERRED)))
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "only deferrals are remembered");
    if (first_of(r, span_from(q->name, sizeof DEFERRED - 1), now, &first)) {
        item.n = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)first);
        a.how = ASSAY_OK;
        a.data = &item;
        a.n = 1;
    }
    return assay_fact_new(q->kind, q->rrtype, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

size_t recall_count(struct recall *r)
{
    size_t n;

    pthread_mutex_lock(&r->lock);
    n = r->table.n;
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* ---- the file ---- */

char *recall_text(struct recall *r, size_t *ret_n)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    const struct entry *e;
    bool failed;

    if (!file)
        return NULL;
    pthread_mutex_lock(&r->lock);
    TAILQ_FOREACH_REVERSE(e, &r->order, order, order) /* who reads puts each to the front */
    fprintf(file, "%lld %lld %s\n", (long long)e->first, (long long)e->last, e->name);
    pthread_mutex_unlock(&r->lock);
    failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        free(text);
        return NULL;
    }
    *ret_n = n;
    return text;
}

/** Write all, down to the disk. \return 0, or an errno */
static int write_all(int fd, const char *text, size_t n)
{
    for (ssize_t wrote; n > 0; text += wrote, n -= (size_t)wrote)
        if ((wrote = write(fd, text, n)) < 0) {
            if (errno != EINTR)
                return errno;
            wrote = 0;
        }
    return fsync(fd) == 0 ? 0 : errno;
}

/** Put the text into a file of its own. \return 0, or an errno; then the file is gone */
static int write_file(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), error;

    if (fd < 0)
        return errno;
    error = write_all(fd, text, n);
    if (close(fd) != 0 && !error)
        error = errno;
    if (error)
        unlink(path);
    return error;
}

int recall_save(struct recall *r, const char *path)
{
    char beside[PATH_MAX];
    size_t n;
    char *text;
    int error;

    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return ENAMETOOLONG;
    if (!(text = recall_text(r, &n)))
        return ENOMEM;
    error = write_file(beside, text, n);
    free(text);
    if (!error && rename(beside, path) != 0) {
        error = errno;
        unlink(beside);
    }
    return error; /* that a crash may bring the file of before back does no harm */
}

/** A time and the space behind it. \return false: there is none */
static bool take_time(assay_span *rest, int64_t now, int64_t *ret)
{
    assay_span digits;
    uint64_t time;

    if (!span_cut(rest, ' ', &digits) || !number_read(digits, INT64_MAX, &time))
        return false;
    *ret = (int64_t)time < now ? (int64_t)time : now; /* the clock may have been wrong then */
    return true;
}

/** Take one line. \return ASSAY_ENOMEM, or ASSAY_DONE although it may be no entry */
static assay_status read_line(struct recall *r, assay_span line, int64_t now)
{
    int64_t first, last;
    assay_status s;

    if (!take_time(&line, now, &first) || !take_time(&line, now, &last) || first > last ||
        now - last >= r->forget)
        return ASSAY_DONE;
    pthread_mutex_lock(&r->lock);
    s = note(r, line, first, last);
    pthread_mutex_unlock(&r->lock);
    return s == ASSAY_ENOMEM ? s : ASSAY_DONE;
}

int recall_read(struct recall *r, FILE *file, int64_t now)
{
    char text[RECALL_NAME + 64];

    while (fgets(text, sizeof text, file)) {
        assay_span rest = span_of(text), line;
        bool whole = rest.n && rest.p[rest.n - 1] == '\n';

        if (whole && span_line(&rest, &line) && read_line(r, line, now) != ASSAY_DONE)
            return ENOMEM;
        while (!whole && fgets(text, sizeof text, file)) /* too long: skip to its end */
            whole = strchr(text, '\n') != NULL;
    }
    return ferror(file) ? EIO : 0;
}

int recall_load(struct recall *r, const char *path, int64_t now)
{
    FILE *file = fopen(path, "re");
    int error;

    if (!file)
        return errno == ENOENT ? 0 : errno;
    error = recall_read(r, file, now);
    fclose(file);
    return error;
}
