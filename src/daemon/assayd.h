/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file assayd.h
 * `assayd`, the daemon: the mail filter beside a mail server.
 *
 * Three processes:
 *
 *     assayd          master.h    reads the configuration, listens, keeps the others alive
 *     assayd: keys    keyproc.h   holds the private keys and the secrets; answers SIGN and MAC
 *     assayd: front   front.h     workers, each a thread with a loop
 *
 * One message in the front, from the mail server's socket to its reply:
 *
 *     stream.c           octets come and go; limits of time and size
 *     milter_codec.c     octets are packets
 *     milter_session.c   packets are a message: an evaluation of the library is begun and fed
 *     drive.c            it is stepped; what it asks is asked: world/ (DNS, shared by all workers), keyclient.c
 *                        (SIGN, MAC), world/recall.c (what was deferred before)
 *     outcome.c          the verdict: row.c makes a row for the store, log.c an event, metrics.c counts, why.c keeps the
 *                        evaluation itself for a while
 *     milter_session.c   edits and reply, in one write
 *
 * Beside the milter: check.c (the same for mail servers without milters), socketmap_stream.c (SRS for
 * Postfix), control.c (assay why, assay status, assay reload), http.c (metrics). config.c makes what
 * all of them go by of what conf/ has read.
 */
#ifndef DAEMON_ASSAYD_H
#define DAEMON_ASSAYD_H

/** Run the program. \return its exit status (sysexits.h) */
int assayd_main(int argc, char **argv);

#endif
