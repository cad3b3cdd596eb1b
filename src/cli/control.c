/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/control.h"

#include "base/number.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/** Seconds that the daemon may be silent: not-signed waits for the DNS, a reload for keys. */
enum { PATIENCE_S = 60, HEAD_MAX = 32, PIECE = 1 << 16 };

static const char USUAL[] = "/run/assay/control.sock";

const char *control_socket(const struct cli *cli)
{
    const char *given = cli_value(cli, OPT_CONTROL);

    if (!given)
        return USUAL;
    return strncmp(given, "unix:", 5) == 0 ? given + 5 : given;
}

assay_status control_head(assay_span octets, bool *ret_ok, size_t *ret_length, size_t *ret_n)
{
    size_t end = span_find(span_first(octets, HEAD_MAX), '\n');
    assay_span line = span_first(octets, end);
    uint64_t length;
    bool ok = span_starts(line, SPAN("OK "));

    if (end == octets.n && end < HEAD_MAX)
        return ASSAY_MORE;
    if (end == HEAD_MAX || (!ok && !span_starts(line, SPAN("NO "))) ||
        !number_read(span_from(line, 3), CONTROL_ANSWER, &length))
        return ASSAY_EINVAL;
    *ret_ok = ok;
    *ret_length = (size_t)length;
    *ret_n = end + 1;
    return ASSAY_DONE;
}

/* ---- the socket ---- */

/** Say in `out` why there is no connection. */
static void put_absent(const char *path, int error, struct buf *out)
{
    buf_printf(out, "%s: %s", path, strerror(error));
    if (error == EACCES)
        buf_puts(out, "; the options mode and group of the block control say who may ask assayd");
    else if (error == ENOENT || error == ECONNREFUSED)
        buf_puts(out, "; assayd does not run, or listens elsewhere: --control names its socket");
}

/** Connect. \return -1: `out` says why not */
static int connect_to(const char *path, struct buf *out)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const struct timeval patience = {PATIENCE_S, 0};
    int fd = -1, error = ENAMETOOLONG;

    if (strlen(path) < sizeof at.sun_path) {
        memcpy(at.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        error = errno;
    }
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0) {
        error = errno;
        close(fd);
    }
    put_absent(path, error, out);
    return -1;
}

/** Send a line. */
static bool send_line(int fd, assay_span line)
{
    struct buf text = buf_new(CONTROL_LINE + 1);
    size_t sent = 0;

    buf_put(&text, line);
    buf_putc(&text, '\n');
    while (text.status == ASSAY_DONE && sent < text.n) {
        ssize_t n = send(fd, text.p + sent, text.n - sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    buf_done(&text);
    return sent == line.n + 1;
}

/** Read more. \return false: there is no more */
static bool receive(int fd, struct buf *b)
{
    char *room = buf_room(b, PIECE);
    ssize_t n;

    if (!room)
        return false;
    do
        n = recv(fd, room, PIECE, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    b->n += (size_t)n;
    return true;
}

/** Read an answer. */
static enum control_outcome read_answer(int fd, struct buf *ret)
{
    struct buf in = buf_new(CONTROL_ANSWER + HEAD_MAX + PIECE);
    size_t length = 0, head = 0;
    bool ok = false, whole;
    assay_status s;

    while ((s = control_head(buf_span(&in), &ok, &length, &head)) == ASSAY_MORE && receive(fd, &in))
        ;
    while (s == ASSAY_DONE && in.n < head + length && receive(fd, &in))
        ;
    whole = s == ASSAY_DONE && in.n == head + length;
    if (whole)
        buf_put(ret, span_from(buf_span(&in), head));
    else
        buf_puts(ret, s == ASSAY_EINVAL ? "what listens at the socket is not assayd"
                                        : "assayd did not answer to the end");
    buf_done(&in);
    return !whole || ret->status != ASSAY_DONE ? CONTROL_GONE : ok ? CONTROL_OK : CONTROL_NO;
}

/* ---- asking ---- */

enum control_outcome control_ask(const struct cli *cli, assay_span line, struct buf *ret)
{
    const char *path = control_socket(cli);
    enum control_outcome outcome = CONTROL_GONE;
    int fd;

    buf_clear(ret);
    if ((fd = connect_to(path, ret)) < 0)
        return CONTROL_GONE;
    if (send_line(fd, line))
        outcome = read_answer(fd, ret);
    else
        buf_printf(ret, "%s: assayd takes no question", path);
    close(fd);
    return outcome;
}

int control_need(const struct cli *cli, assay_span line, struct buf *ret)
{
    enum control_outcome outcome = control_ask(cli, line, ret);

    if (outcome == CONTROL_OK)
        return 0;
    cli_complain(cli, "%.*s", SPAN_ARG(span_first(buf_span(ret), CLI_COMPLAINT - 1)));
    return outcome == CONTROL_NO ? EXIT_FAILS : EXIT_UNREADABLE;
}
