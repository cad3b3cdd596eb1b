/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

bool sandbox_become(uid_t uid, gid_t gid, const gid_t *more_groups, size_t n)
{
    if (geteuid() != 0 || uid == 0)
        return true;
    if (setgroups(n, more_groups) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return false;
    if (setuid(0) == 0) { /* Robustness: there must be no way back */
        errno = EPERM;
        return false;
    }
    return true;
}

bool sandbox_hide(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* ---- filters of system calls ---- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

/** What signing takes: no file, no socket that is not open yet, no process, no further thread. */
static const int KEYS_MAY[] = {
    SYS_read,         SYS_write,
    SYS_recvmsg,      SYS_recvfrom,
    SYS_sendmsg,      SYS_sendto,
    SYS_close,        SYS_exit,
    SYS_exit_group,   SYS_brk,
    SYS_mmap,         SYS_munmap,
    SYS_mremap,       SYS_mprotect,
    SYS_madvise,      SYS_futex,
    SYS_getrandom,    SYS_clock_gettime,
    SYS_getpid,       SYS_gettid,
    SYS_rt_sigreturn, SYS_rt_sigprocmask,
    SYS_rt_sigaction, SYS_restart_syscall,
    SYS_sched_yield,  SYS_tgkill,
    SYS_rseq,         SYS_set_robust_list,
    SYS_munlock,      SYS_mlock,
    SYS_nanosleep,    SYS_clock_nanosleep,
};

/** What the front never needs, and whoever broke into it would like to have. */
static const int FRONT_MAY_NOT[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_setuid,
    SYS_setgid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setgroups,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
    SYS_personality,
    SYS_acct,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_syslog,
    SYS_quotactl,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
};

enum { MOST_CALLS = 128, OTHER_NUMBERS = 0x40000000 };

/** Add the calls to a program, each with what follows when it is met. */
static size_t add_calls(struct sock_filter *program, const int *calls, size_t n, uint32_t met)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        program[at++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
        program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, met);
    }
    return at;
}

/**
 * Install a filter on all threads there are: `met` for these calls, `else_` for all others. The same
 * calls under other numbers (x32 on x86-64) are nobody's here.
 */
static bool install(const int *calls, size_t n, uint32_t met, uint32_t else_)
{
    struct sock_filter program[7 + 2 * MOST_CALLS] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_NUMBERS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog all = {.filter = program};
    size_t at = 6;

    at += add_calls(program + at, calls, n, met);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, else_);
    all.len = (unsigned short)at;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &all) == 0;
}

bool sandbox_filter(enum sandbox_kind kind)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
#if ARCHITECTURE == 0 || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)kind; /* sanitizers make calls of their own when they report */
    (void)install;
    (void)KEYS_MAY;
    (void)FRONT_MAY_NOT;
    return true;
#else
    if (kind == SANDBOX_KEYS)
        return install(KEYS_MAY, sizeof KEYS_MAY / sizeof *KEYS_MAY, SECCOMP_RET_ALLOW,
                       SECCOMP_RET_KILL_PROCESS);
    return install(FRONT_MAY_NOT, sizeof FRONT_MAY_NOT / sizeof *FRONT_MAY_NOT,
                   SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
#endif
}
