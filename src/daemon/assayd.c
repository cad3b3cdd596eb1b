/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/assayd.h"

#include "base/limits.h"
#include "conf/conf.h"
#include "daemon/master.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

static const char CONFIGURATION[] = "/etc/assay/assayd.conf";

static const char HELP[] =
    "assayd - judges, signs and seals mail beside a mail server\n"
    "\n"
    "    assayd                                  run, with /etc/assay/assayd.conf\n"
    "    assayd --check -c new.conf              say all that is wrong with a configuration, and end\n"
    "    assayd --dump-defaults > assayd.conf    every option with its initial value and what it is for\n"
    "\n"
    "  -c, --config FILE      the configuration\n"
    "  -o, --option 'N = V'   an option or block more, as if it stood at the end of the file; may be repeated\n"
    "      --check            read the configuration, keys included; exit 78 when something is wrong\n"
    "      --dump-defaults    print a complete configuration\n"
    "      --version, --help\n"
    "\n"
    "SIGHUP or `assay reload` reads the configuration anew. assayd(8), assayd.conf(5).\n";

/** What the command line says. */
struct call {
    struct master_call master;
    struct buf overrides;
    bool check, dump, done;
};

/** Take the options. \return 0, or the exit status */
static int read_options(int argc, char **argv, struct call *c)
{
    static const struct option OPTIONS[] = {
        {"config", required_argument, NULL, 'c'},
        {"option", required_argument, NULL, 'o'},
        {"check", no_argument, NULL, 'k'},
        {"dump-defaults", no_argument, NULL, 'd'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "c:o:h", OPTIONS, NULL)) != -1) {
        switch (o) {
        case 'c': c->master.path = optarg; break;
        case 'o':
            buf_puts(&c->overrides, optarg);
            buf_putc(&c->overrides, '\n');
            break;
        case 'k': c->check = true; break;
        case 'd': c->dump = true; break;
        case 'v':
            printf("assayd %s\n", assay_version());
            c->done = true;
            return 0;
        case 'h':
            fputs(HELP, stdout);
            c->done = true;
            return 0;
        default: fputs("assayd: see assayd --help\n", stderr); return EX_USAGE;
        }
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "assayd: %s: it takes no operands; the configuration is named by -c FILE\n",
            argv[optind]);
    return EX_USAGE;
}

/** --dump-defaults. */
static int dump(void)
{
    struct buf out = buf_new(LIMIT_CONF_TEXT);
    bool fine;

    conf_dump_defaults(&out);
    fine =
        out.status == ASSAY_DONE && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    buf_done(&out);
    return fine ? 0 : EX_CANTCREAT;
}

int assayd_main(int argc, char **argv)
{
    struct call c = {.master.path = CONFIGURATION, .overrides = buf_new(LIMIT_CONF_TEXT)};
    int status = read_options(argc, argv, &c);

    c.master.overrides = buf_span(&c.overrides);
    if (status == 0 && !c.done)
        status = c.dump ? dump() : c.check ? master_check(&c.master) : master_run(&c.master);
    buf_done(&c.overrides);
    return status;
}
