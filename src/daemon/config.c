/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/config.h"

#include "base/limits.h"
#include "daemon/config_own.h"
#include "daemon/protocols.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECONDS = 1000, KEYS_MS = 5000, IDLE_SERVICE_S = 3600, DAY = 86400 };

void config_complain(struct making *m, struct conf_place at, const char *what, const char *why)
{
    m->wrong = true;
    buf_printf(m->why, "%.*s:%u:%u: %s%s%s\n", SPAN_ARG(at.file), at.line, at.column, what,
               why ? ": " : "", why ? why : "");
}

/** A text of the configuration, or NULL when it is not set. */
static const char *text_or_null(const struct conf_block *b, enum conf_option option)
{
    return conf_count(b, option) ? conf_text(b, option, 0).p : NULL;
}

/* ---- listeners ---- */

/** What a kind of block listens for. */
static const struct kind_row {
    enum conf_kind kind;
    const char *name;
    const struct stream_protocol *protocol;
    enum conf_option listen, mode, group;
} KINDS[] = {
    {CONF_MILTER, "milter", &milter_protocol, CONF_MILTER_LISTEN, CONF_MILTER_MODE,
     CONF_MILTER_GROUP},
    {CONF_CHECK, "check", &check_protocol, CONF_CHECK_LISTEN, CONF_CHECK_MODE, CONF_CHECK_GROUP},
    {CONF_SRS, "srs", &socketmap_protocol, CONF_SRS_LISTEN, CONF_SRS_MODE, CONF_SRS_GROUP},
    {CONF_CONTROL, "control", &control_protocol, CONF_CONTROL_LISTEN, CONF_CONTROL_MODE,
     CONF_CONTROL_GROUP},
    {CONF_HTTP, "http", NULL, CONF_HTTP_LISTEN, CONF_N_OPTIONS, CONF_N_OPTIONS},
};

enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

/** The number of a group, or -1: none is named, or that is complained of. */
static gid_t group_of(struct making *m, const struct conf_block *b, enum conf_option option)
{
    const char *name = option < CONF_N_OPTIONS ? text_or_null(b, option) : NULL;
    struct group *g = name ? getgrnam(name) : NULL;

    if (name && !g)
        config_complain(m, conf_where(b, option), "there is no such group", name);
    return g ? g->gr_gid : (gid_t)-1;
}

/** What a milter block says beside where it listens. */
static void read_milter(struct making *m, const struct conf_block *b, struct config_listener *l)
{
    const struct config *c = m->config;
    const char *policy = text_or_null(b, CONF_MILTER_POLICY);

    l->direction = (enum direction)conf_number(b, CONF_MILTER_DIRECTION);
    l->most = (unsigned)conf_number(b, CONF_MILTER_MAX_CONNECTIONS);
    if (conf_is_set(b, CONF_MILTER_IDLE_TIMEOUT))
        l->idle_ms = (unsigned)conf_number(b, CONF_MILTER_IDLE_TIMEOUT) * MILLISECONDS;
    l->policy = policy ? config_policy_named(m, span_of(policy)) : c->policy;
}

/** The listeners of one block: as many as it has addresses. \return false: memory is out */
static bool read_listeners(struct making *m, const struct kind_row *kind,
                           const struct conf_block *b)
{
    struct config *c = m->config;
    bool file = kind->mode < CONF_N_OPTIONS;

    for (size_t i = 0; i < conf_count(b, kind->listen); i++) {
        struct config_listener *l = &c->listeners[c->nlisteners++];
        assay_span name = b ? conf_block_name(b) : SPAN_EMPTY;

        *l = (struct config_listener){.kind = kind->name,
                                      .name = name.n ? name.p : kind->name,
                                      .address = conf_text(b, kind->listen, i).p,
                                      .protocol = kind->protocol,
                                      .policy = c->policy,
                                      .mode = file ? (unsigned)conf_number(b, kind->mode) : 0,
                                      .group = group_of(m, b, kind->group)};
        l->tcp = !span_starts(span_of(l->address), SPAN("unix:"));
        if (!(l->open = ARENA_NEW(&c->arena, atomic_uint)))
            return false;
        l->idle_ms = kind->kind == CONF_MILTER || kind->kind == CONF_CHECK
                         ? (unsigned)conf_number(m->top, CONF_TOP_IDLE_TIMEOUT) * MILLISECONDS
                         : IDLE_SERVICE_S * MILLISECONDS;
        if (kind->kind == CONF_MILTER)
            read_milter(m, b, l);
        if (kind->kind == CONF_CHECK)
            l->spool = text_or_null(b, CONF_CHECK_SPOOL);
        if (l->group != (gid_t)-1)
            config_add_group(c, l->group);
    }
    return true;
}

/** How many addresses are listened to, at most. */
static size_t count_listeners(const struct conf *conf)
{
    size_t n = 0;

    for (size_t k = 0; k < N_KINDS; k++) {
        const struct conf_block *b = conf_block(conf, KINDS[k].kind, 0);

        if (!b && KINDS[k].kind == CONF_CONTROL)
            n++;
        for (size_t i = 0; (b = conf_block(conf, KINDS[k].kind, i)); i++)
            n += conf_count(b, KINDS[k].listen);
    }
    return n;
}

/** All listeners. The control socket is there without a block, too. */
static bool read_all_listeners(struct making *m)
{
    struct config *c = m->config;
    size_t most = count_listeners(c->conf);

    if (!(c->listeners = arena_zero(&c->arena, (most + 1) * sizeof *c->listeners)))
        return false;
    for (size_t k = 0; k < N_KINDS; k++) {
        const struct conf_block *b = conf_block(c->conf, KINDS[k].kind, 0);

        if (!b && KINDS[k].kind == CONF_CONTROL && !read_listeners(m, &KINDS[k], NULL))
            return false;
        for (size_t i = 0; (b = conf_block(c->conf, KINDS[k].kind, i)); i++)
            if (!read_listeners(m, &KINDS[k], b))
                return false;
    }
    return true;
}

void config_add_group(struct config *c, gid_t group)
{
    for (size_t i = 0; i < c->ngroups; i++)
        if (c->groups[i] == group)
            return;
    if (c->ngroups < CONFIG_GROUPS)
        c->groups[c->ngroups++] = group;
}

/* ---- what stands at the top ---- */

/** Whom to run as. An account that only root would become is not looked for by others. */
static void read_user(struct making *m)
{
    struct config *c = m->config;
    const char *group = text_or_null(m->top, CONF_TOP_GROUP);
    struct passwd *p;

    c->user = text_or_null(m->top, CONF_TOP_USER);
    if (geteuid() != 0 || !c->user)
        return;
    if (!(p = getpwnam(c->user))) {
        config_complain(m, conf_where(m->top, CONF_TOP_USER), "there is no such user", c->user);
        return;
    }
    c->uid = c->keys.uid = p->pw_uid;
    c->gid = c->keys.gid = group ? group_of(m, m->top, CONF_TOP_GROUP) : p->pw_gid;
}

/** Networks whose mail is sent, not received. */
static bool read_internal(struct making *m)
{
    struct config *c = m->config;
    size_t n = conf_count(m->top, CONF_TOP_INTERNAL);

    if (!(c->internal = arena_zero(&c->arena, (n + 1) * sizeof *c->internal)))
        return false;
    for (size_t i = 0; i < n; i++)
        c->ninternal +=
            conf_network_read(conf_text(m->top, CONF_TOP_INTERNAL, i), &c->internal[c->ninternal]);
    return true;
}

/** Resolvers as the world takes them: parted by blanks; NULL: those of the system. */
static bool read_resolvers(struct making *m)
{
    struct config *c = m->config;
    struct buf all = buf_new(LIMIT_CONF_TEXT);
    size_t n = conf_count(m->top, CONF_TOP_RESOLVER);

    for (size_t i = 0; i < n; i++) {
        assay_span one = conf_text(m->top, CONF_TOP_RESOLVER, i);

        if (span_is(one, "system"))
            continue;
        if (all.n)
            buf_putc(&all, ' ');
        buf_put(&all, one);
    }
    buf_putc(&all, '\0');
    if (all.n > 1)
        c->world.resolvers = arena_text(&c->arena, all.p);
    buf_done(&all);
    return all.n <= 1 || c->world.resolvers;
}

/** Threads: as many as there are processors, unless it says otherwise. */
static unsigned threads_of(const struct conf_block *top)
{
    int64_t n = conf_number(top, CONF_TOP_THREADS);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (n > 0)
        return (unsigned)n;
    return processors < 1 ? 1 : processors > LIMIT_THREADS ? LIMIT_THREADS : (unsigned)processors;
}

/** Levels of the log, by the words of its option. */
static unsigned level_of(const struct conf_block *top)
{
    static const unsigned LEVELS[] = {3, 4, 6, 7};

    return LEVELS[conf_number(top, CONF_TOP_LOG_LEVEL)];
}

/** The facility of syslog, by the words of its option. */
static int facility_of(const struct conf_block *top)
{
    static const int FACILITIES[] = {LOG_MAIL,   LOG_DAEMON, LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2,
                                     LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

    return FACILITIES[conf_number(top, CONF_TOP_LOG_FACILITY)];
}

/** This host's name, where none is configured: the authserv-id and %{r} of SPF need one. */
static bool read_hostname(struct making *m)
{
    struct config *c = m->config;
    char name[256] = "";

    if (conf_count(m->top, CONF_TOP_HOSTNAME)) {
        c->hostname = conf_text(m->top, CONF_TOP_HOSTNAME, 0);
        return true;
    }
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    return arena_copy(&c->arena, span_of(name), &c->system_name);
}

/** Everything that stands at the top but the options of the receiver. */
static bool read_top(struct making *m)
{
    struct config *c = m->config;
    const struct conf_block *top = m->top;

    c->world.size = sizeof c->world;
    c->world.cache_bytes = (size_t)conf_number(top, CONF_TOP_CACHE);
    c->world.trust_anchor = text_or_null(top, CONF_TOP_RESOLVER_ANCHOR);
    c->question_ms = (unsigned)conf_number(top, CONF_TOP_RESOLVER_TIMEOUT) * MILLISECONDS;
    c->world.question_ms = c->question_ms;
    c->keys_ms = KEYS_MS;
    c->message_ms = (unsigned)conf_number(top, CONF_TOP_MESSAGE_TIMEOUT) * MILLISECONDS;
    c->header_bytes = (size_t)conf_number(top, CONF_TOP_HEADER_BYTES);
    c->header_count = (size_t)conf_number(top, CONF_TOP_HEADER_COUNT);
    c->most_connections = (unsigned)conf_number(top, CONF_TOP_MAX_CONNECTIONS);
    c->store = text_or_null(top, CONF_TOP_STORE);
    c->retention_days = (unsigned)(conf_number(top, CONF_TOP_STORE_RETENTION) / DAY);
    c->threads = threads_of(top);
    c->why_keep = ((unsigned)conf_number(top, CONF_TOP_WHY_KEEP) + c->threads - 1) / c->threads;
    c->engine_keys = (unsigned)conf_number(top, CONF_TOP_CACHE_KEYS);
    c->recall_names = (unsigned)conf_number(top, CONF_TOP_DEFER_KEEP);
    c->log_target = (enum log_target)conf_number(top, CONF_TOP_LOG);
    c->log_format = (enum log_format)conf_number(top, CONF_TOP_LOG_FORMAT);
    c->log_level = level_of(top);
    c->log_facility = facility_of(top);
    c->pid_file = text_or_null(top, CONF_TOP_PID_FILE);
    c->sandbox = c->keys.sandbox = conf_number(top, CONF_TOP_SANDBOX) != 0;
    read_user(m);
    return read_hostname(m) && read_internal(m) && read_resolvers(m);
}

/* ---- all of it ---- */

/** Fill a configuration whose `conf` is there. \return false: memory is out */
static bool fill(struct making *m)
{
    return read_top(m) && config_read_keys(m) && config_read_policies(m) && config_read_srs(m) &&
           read_all_listeners(m);
}

/** Make a configuration of one that was read and checked. \param conf  taken over, whatever comes */
static assay_status make(struct conf *conf, struct config **ret, struct buf *why)
{
    struct config *c = calloc(1, sizeof *c);
    struct making m = {.config = c, .why = why};
    assay_status s;

    if (!c) {
        conf_free(conf);
        return ASSAY_ENOMEM;
    }
    atomic_init(&c->refs, 1);
    c->conf = conf;
    m.top = conf_block(conf, CONF_TOP, 0);
    s = !fill(&m) ? ASSAY_ENOMEM : m.wrong ? ASSAY_EINVAL : ASSAY_DONE;
    if (s != ASSAY_DONE) {
        config_free(c);
        return s;
    }
    assay_policy_seal(c->policy);
    *ret = c;
    return ASSAY_DONE;
}

assay_status config_read(assay_span text, assay_span name, conf_open_fn *open, void *arg,
                         struct config **ret, struct buf *why)
{
    struct conf_complaints complaints = {0};
    struct conf *conf = NULL;
    assay_status s = conf_check(text, name, open, arg, time(NULL), &complaints, &conf);

    conf_complaints_print(&complaints, why);
    conf_complaints_done(&complaints);
    return s == ASSAY_DONE ? make(conf, ret, why) : s;
}

struct config *config_ref(struct config *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void config_free(struct config *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) > 1)
        return;
    assay_policy_free(c->policy);
    conf_free(c->conf);
    arena_done(&c->arena);
    free(c);
}

const struct config_listener *config_listener_like(const struct config *c,
                                                   const struct config_listener *other)
{
    for (size_t i = 0; i < c->nlisteners; i++)
        if (c->listeners[i].protocol == other->protocol &&
            strcmp(c->listeners[i].address, other->address) == 0)
            return &c->listeners[i];
    return NULL;
}

bool config_is_internal(const struct config *c, const struct ip *ip)
{
    for (size_t i = 0; i < c->ninternal; i++)
        if (ip_in(ip, &c->internal[i].ip, c->internal[i].bits))
            return true;
    return false;
}

enum direction config_direction(const struct config *c, enum direction said, assay_span ip,
                                assay_span user, bool local, const char **why)
{
    enum direction direction = DIRECTION_OUT;
    const char *because;
    struct ip address;

    if (said != DIRECTION_AUTO) {
        direction = said;
        because = "its direction says so";
    } else if (user.n) {
        because = "the user is authenticated";
    } else if (local) {
        because = "it comes from this host itself";
    } else if (ip_read(ip, &address) && config_is_internal(c, &address)) {
        because = "the client is in one of the networks of internal";
    } else {
        direction = DIRECTION_IN;
        because = "nobody is authenticated, and the client is in no network of internal";
    }
    if (why)
        *why = because;
    return direction;
}
