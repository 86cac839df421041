/* loop.h - one thread, level-triggered epoll, timers, signals as a descriptor.
 * Times are microseconds of the monotonic clock; loop_now is read once per
 * wake-up. A handler may delete any io or timer, its own too; the memory of an
 * io must stay until the dispatch is over: free it from a loop_later task. */
#ifndef OTS_LOOP_H
#define OTS_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_IN    ((uint32_t)EPOLLIN)
#define LOOP_OUT   ((uint32_t)EPOLLOUT)
#define LOOP_NEVER UINT64_MAX

struct loop;

struct loop_io {
	int fd;
	uint32_t events;
	bool plain; /* a file that epoll refuses: always ready */
	void (*fn)(void *arg, uint32_t events);
	void *arg;
	struct loop_io *next_plain;
};

struct loop_timer {
	uint64_t at; /* absolute, or LOOP_NEVER when not set */
	size_t pos;  /* place in the heap + 1; 0: not in it */
	void (*fn)(void *arg);
	void *arg;
};

struct loop_task {
	struct loop_task *next;
	bool queued;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	int ep, sigfd;
	uint64_t now;
	bool stop;
	bool coarse; /* epoll_pwait2 is missing: waits are whole ms */
	struct loop_timer **heap;
	size_t n_timers, cap_timers;
	struct loop_task *later;
	struct loop_io *plain;
	sigset_t sigs;
	void (*on_signal[65])(void *arg, int signo);
	void *signal_arg[65];
	struct loop_io sig_io;
};

/* 0, or -1 with errno. */
int loop_init(struct loop *l);
void loop_fini(struct loop *l);

static inline uint64_t
loop_now(const struct loop *l)
{
	return l->now;
}

/* Watch fd. A regular file (which epoll refuses) counts as always ready.
 * events 0: registered, but silent (errors and hang-ups are still told). */
int loop_add(struct loop *l, struct loop_io *io, int fd, uint32_t events,
    void (*fn)(void *arg, uint32_t events), void *arg);
int loop_mod(struct loop *l, struct loop_io *io, uint32_t events);
/* Does not close the descriptor. Harmless when not added. */
void loop_del(struct loop *l, struct loop_io *io);

/* Block signo and call fn from the loop when it comes. */
int loop_signal(
    struct loop *l, int signo, void (*fn)(void *arg, int signo), void *arg);

/* The signals of a server: SIGTERM, SIGINT and SIGUSR1 call fn, SIGPIPE is
 * ignored. 0, or -1 with errno. */
int loop_signals(struct loop *l, void (*fn)(void *arg, int signo), void *arg);

void loop_timer_init(struct loop_timer *t, void (*fn)(void *arg), void *arg);
/* Set or move. 0, or -1 with errno ENOMEM. */
int loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at);
void loop_timer_clear(struct loop *l, struct loop_timer *t);

/* Call fn once, when the present round of handlers is over. */
void loop_later(
    struct loop *l, struct loop_task *t, void (*fn)(void *arg), void *arg);

/* Wait for at most `wait_us` (LOOP_NEVER: until something happens) and call
 * the handlers. 0, or -1 with errno. */
int loop_once(struct loop *l, uint64_t wait_us);
/* Until loop_stop. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
