/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file peer_null_milter.c The floor of every milter that is built on libmilter: it takes all that
 * the MTA sends, looks at nothing, and adds one field. peer_null_milter SOCKET
 */
#include <libmilter/mfapi.h>

#include <string.h>

static sfsistat connect_(SMFICTX *ctx, char *hostname, _SOCK_ADDR *address)
{
    (void)ctx, (void)hostname, (void)address;
    return SMFIS_CONTINUE;
}

static sfsistat helo(SMFICTX *ctx, char *name)
{
    (void)ctx, (void)name;
    return SMFIS_CONTINUE;
}

static sfsistat envelope(SMFICTX *ctx, char **args)
{
    (void)ctx, (void)args;
    return SMFIS_CONTINUE;
}

static sfsistat header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx, (void)name, (void)value;
    return SMFIS_CONTINUE;
}

static sfsistat step(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat body(SMFICTX *ctx, unsigned char *octets, size_t n)
{
    (void)ctx, (void)octets, (void)n;
    return SMFIS_CONTINUE;
}

static sfsistat eom(SMFICTX *ctx)
{
    char name[] = "X-Null", value[] = "seen";

    return smfi_addheader(ctx, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

int main(int argc, char **argv)
{
    char name[] = "null";
    struct smfiDesc filter = {.xxfi_name = name,
                              .xxfi_version = SMFI_VERSION,
                              .xxfi_flags = SMFIF_ADDHDRS,
                              .xxfi_connect = connect_,
                              .xxfi_helo = helo,
                              .xxfi_envfrom = envelope,
                              .xxfi_envrcpt = envelope,
                              .xxfi_header = header,
                              .xxfi_eoh = step,
                              .xxfi_body = body,
                              .xxfi_eom = eom,
                              .xxfi_abort = step,
                              .xxfi_close = step};

    if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS)
        return 64;
    return smfi_main();
}
