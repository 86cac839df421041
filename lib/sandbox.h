/* sandbox.h - give up every system call but a few, for good.
 * The only module that knows libseccomp. Applies to the calling thread: call
 * it when everything is open, with one thread. A call that is not in the list
 * kills the process with SIGSYS. */
#ifndef OTS_SANDBOX_H
#define OTS_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#define SANDBOX_ARGS_MAX 3

/* A condition on one argument: (argument & mask) == value. mask 0: none. */
struct sandbox_arg {
	unsigned arg;
	uint64_t mask, value;
};

/* A system call that stays, if all its conditions hold. The same call may
 * stand in a list several times: one line that fits is enough. */
struct sandbox_call {
	const char *name;
	struct sandbox_arg arg[SANDBOX_ARGS_MAX];
};

/* The argument is the descriptor fd (32 bits count). */
#define SANDBOX_FD(n, fd)                                                      \
	{                                                                      \
		(n), 0xffffffffu, (uint32_t)(fd)                               \
	}

/* What a pure filter needs: read 0, write 1 and 2, memory that is not
 * executable, waiting, clocks, signals that came, the end. */
extern const struct sandbox_call sandbox_filter_calls[];
extern const size_t sandbox_filter_n;

/* 1: done. 0: this build cannot (sanitizers make system calls of their own),
 * nothing was changed. -1 with errno; ENOSYS: a name in the list
 * is no system call. */
int sandbox_enter(const struct sandbox_call *calls, size_t n);

#endif
