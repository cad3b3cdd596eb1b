/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/** What stands before the text. */
struct head {
    uint32_t what, nlisteners;
};

bool channel_open(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
}

/** Room for the files of a packet beside it. */
union files {
    struct cmsghdr head;
    char room[CMSG_SPACE(CHANNEL_FILES * sizeof(int))];
};

bool channel_send(int end, const struct channel_packet *p)
{
    struct head head = {(uint32_t)p->what, p->nlisteners};
    struct iovec parts[2] = {{&head, sizeof head}, {(char *)(uintptr_t)p->text, p->n}};
    union files files = {0};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;

    if (p->nfiles) {
        m.msg_control = &files;
        m.msg_controllen = CMSG_SPACE(p->nfiles * sizeof(int));
        files.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(p->nfiles * sizeof(int)),
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&files.head), p->files, p->nfiles * sizeof(int));
    }
    do
        n = sendmsg(end, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n >= 0;
}

bool channel_say(int end, enum channel_what what, assay_span text)
{
    struct channel_packet p = {.what = what, .n = text.n < CHANNEL_TEXT ? text.n : CHANNEL_TEXT};

    memcpy(p.text, text.p, p.n);
    return channel_send(end, &p);
}

/** Take the files that came with a packet. */
static void take_files(struct msghdr *m, struct channel_packet *ret)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        ret->nfiles = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(ret->files, CMSG_DATA(c), ret->nfiles * sizeof(int));
    }
}

bool channel_receive(int end, struct channel_packet *ret)
{
    struct head head;
    struct iovec parts[2] = {{&head, sizeof head}, {ret->text, sizeof ret->text}};
    union files files;
    struct msghdr m = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &files, .msg_controllen = sizeof files};
    ssize_t n;

    do
        n = recvmsg(end, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    ret->nfiles = 0;
    if (n > 0)
        take_files(&m, ret);
    if (n < (ssize_t)sizeof head || head.nlisteners > ret->nfiles) {
        while (ret->nfiles)
            close(ret->files[--ret->nfiles]);
        return false;
    }
    ret->what = (enum channel_what)head.what;
    ret->nlisteners = head.nlisteners;
    ret->n = (size_t)n - sizeof head;
    return true;
}
