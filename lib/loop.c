#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define LOOP_BATCH 256

int
loop_init(struct loop *l)
{
	*l = (struct loop){.sigfd = -1};
	sigemptyset(&l->sigs);
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	l->now = clock_mono_us();
	return l->ep < 0 ? -1 : 0;
}

void
loop_fini(struct loop *l)
{
	if (l->sigfd >= 0)
		close(l->sigfd);
	if (l->ep >= 0)
		close(l->ep);
	free(l->heap);
	*l = (struct loop){.ep = -1, .sigfd = -1};
}

/* ---- descriptors ---- */

int
loop_add(struct loop *l, struct loop_io *io, int fd, uint32_t events,
    void (*fn)(void *arg, uint32_t events), void *arg)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	*io =
	    (struct loop_io){.fd = fd, .events = events, .fn = fn, .arg = arg};
	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) == 0)
		return 0;
	if (errno == EPERM) {
		/* A regular file: never waits. */
		io->plain = true;
		io->next_plain = l->plain;
		l->plain = io;
		return 0;
	}
	io->fn = NULL;
	return -1;
}

int
loop_mod(struct loop *l, struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (io->events == events || !io->fn)
		return 0;
	io->events = events;
	if (io->plain)
		return 0;
	return epoll_ctl(l->ep, EPOLL_CTL_MOD, io->fd, &ev);
}

void
loop_del(struct loop *l, struct loop_io *io)
{
	struct loop_io **at;

	if (!io->fn)
		return;
	io->fn = NULL;
	if (!io->plain) {
		(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, io->fd, NULL);
		return;
	}
	for (at = &l->plain; *at && *at != io; at = &(*at)->next_plain)
		;
	if (*at)
		*at = io->next_plain;
}

/* ---- signals ---- */

static void
read_signals(void *arg, uint32_t events)
{
	struct loop *l = arg;
	struct signalfd_siginfo si;

	(void)events;
	while (read(l->sigfd, &si, sizeof si) == (ssize_t)sizeof si)
		if (si.ssi_signo < 65 && l->on_signal[si.ssi_signo])
			l->on_signal[si.ssi_signo](
			    l->signal_arg[si.ssi_signo], (int)si.ssi_signo);
}

int
loop_signal(
    struct loop *l, int signo, void (*fn)(void *arg, int signo), void *arg)
{
	bool first = l->sigfd < 0;
	int fd;

	l->on_signal[signo] = fn;
	l->signal_arg[signo] = arg;
	sigaddset(&l->sigs, signo);
	if (sigprocmask(SIG_BLOCK, &l->sigs, NULL) < 0)
		return -1;
	fd = signalfd(l->sigfd, &l->sigs, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -1;
	l->sigfd = fd;
	return first ? loop_add(l, &l->sig_io, fd, LOOP_IN, read_signals, l)
		     : 0;
}

int
loop_signals(struct loop *l, void (*fn)(void *arg, int signo), void *arg)
{
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    loop_signal(l, SIGTERM, fn, arg) < 0 ||
	    loop_signal(l, SIGINT, fn, arg) < 0 ||
	    loop_signal(l, SIGUSR1, fn, arg) < 0)
		return -1;
	return 0;
}

/* ---- timers: a binary heap by deadline ---- */

void
loop_timer_init(struct loop_timer *t, void (*fn)(void *arg), void *arg)
{
	*t = (struct loop_timer){.at = LOOP_NEVER, .fn = fn, .arg = arg};
}

static void
place(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->pos = i + 1;
}

static void
sift_up(struct loop *l, size_t i, struct loop_timer *t)
{
	while (i && l->heap[(i - 1) / 2]->at > t->at) {
		place(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(l, i, t);
}

static void
sift_down(struct loop *l, size_t i, struct loop_timer *t)
{
	size_t child;

	while ((child = 2 * i + 1) < l->n_timers) {
		if (child + 1 < l->n_timers &&
		    l->heap[child + 1]->at < l->heap[child]->at)
			child++;
		if (l->heap[child]->at >= t->at)
			break;
		place(l, i, l->heap[child]);
		i = child;
	}
	place(l, i, t);
}

void
loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	size_t i = t->pos;
	struct loop_timer *last;

	t->at = LOOP_NEVER;
	if (i == 0)
		return;
	t->pos = 0;
	last = l->heap[--l->n_timers];
	if (last == t)
		return;
	i--;
	if (i && l->heap[(i - 1) / 2]->at > last->at)
		sift_up(l, i, last);
	else
		sift_down(l, i, last);
}

int
loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at)
{
	size_t cap;
	void *p;

	if (t->pos && t->at == at)
		return 0;
	loop_timer_clear(l, t);
	if (l->n_timers == l->cap_timers) {
		cap = l->cap_timers ? l->cap_timers * 2 : 16;
		p = reallocarray(l->heap, cap, sizeof(struct loop_timer *));
		if (!p)
			return -1;
		l->heap = p;
		l->cap_timers = cap;
	}
	t->at = at;
	sift_up(l, l->n_timers++, t);
	return 0;
}

static void
run_timers(struct loop *l)
{
	struct loop_timer *t;

	while (l->n_timers && l->heap[0]->at <= l->now) {
		t = l->heap[0];
		loop_timer_clear(l, t);
		t->fn(t->arg);
	}
}

/* ---- tasks ---- */

void
loop_later(
    struct loop *l, struct loop_task *t, void (*fn)(void *arg), void *arg)
{
	if (t->queued)
		return;
	*t = (struct loop_task){
	    .next = l->later, .queued = true, .fn = fn, .arg = arg};
	l->later = t;
}

static void
run_tasks(struct loop *l)
{
	struct loop_task *t;

	while ((t = l->later)) {
		l->later = t->next;
		t->queued = false;
		t->fn(t->arg); /* may free t */
	}
}

/* ---- the loop ---- */

static bool
plain_ready(const struct loop *l)
{
	const struct loop_io *io;

	for (io = l->plain; io; io = io->next_plain)
		if (io->events)
			return true;
	return false;
}

static void
run_plain(struct loop *l)
{
	struct loop_io *io, *next;

	for (io = l->plain; io; io = next) {
		next = io->next_plain;
		if (io->fn && io->events)
			io->fn(io->arg, io->events);
	}
}

/* Where the kernel (before 5.11) or a tool under which we run does not know
 * epoll_pwait2, milliseconds must do, rounded up. */
static int
wait_ms(struct loop *l, struct epoll_event *evs, uint64_t until)
{
	int ms = -1;

	if (until != LOOP_NEVER)
		ms = until > 1000000000 ? 1000000 : (int)((until + 999) / 1000);
	return epoll_wait(l->ep, evs, LOOP_BATCH, ms);
}

static int
wait(struct loop *l, struct epoll_event *evs, uint64_t wait_us)
{
	struct timespec ts, *timeout = &ts;
	uint64_t until = LOOP_NEVER;
	int n;

	if (l->n_timers) {
		uint64_t at = l->heap[0]->at, now = clock_mono_us();

		until = at > now ? at - now : 0;
	}
	if (wait_us < until)
		until = wait_us;
	if (l->stop || l->later || plain_ready(l))
		until = 0;
	if (until == LOOP_NEVER)
		timeout = NULL;
	else
		ts = (struct timespec){.tv_sec = (time_t)(until / 1000000),
		    .tv_nsec = (long)(until % 1000000) * 1000};
	if (l->coarse)
		return wait_ms(l, evs, until);
	n = epoll_pwait2(l->ep, evs, LOOP_BATCH, timeout, NULL);
	if (n < 0 && errno == ENOSYS) {
		l->coarse = true;
		return wait_ms(l, evs, until);
	}
	return n;
}

int
loop_once(struct loop *l, uint64_t wait_us)
{
	struct epoll_event evs[LOOP_BATCH];
	struct loop_io *io;
	int n, i;

	n = wait(l, evs, wait_us);
	if (n < 0 && errno != EINTR)
		return -1;
	l->now = clock_mono_us();
	for (i = 0; i < n; i++) {
		io = evs[i].data.ptr;
		if (io->fn)
			io->fn(io->arg, evs[i].events);
	}
	run_plain(l);
	run_timers(l);
	run_tasks(l);
	return 0;
}

int
loop_run(struct loop *l)
{
	while (!l->stop)
		if (loop_once(l, LOOP_NEVER) < 0)
			return -1;
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}
