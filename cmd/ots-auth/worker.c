#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "passwd.h"
#include "secret.h"

#define AGAIN_US ((uint64_t)1000000)

struct task {
	uint64_t job;
	size_t secret_n;
	char hash[PASSWD_HASH_MAX];
	char secret[PASSWD_MAX];
};

struct done {
	uint64_t job;
	bool right;
};

/* --- in the child --- */

static int
worker_run(void *arg)
{
	static struct task task;
	struct done done;
	ssize_t n;

	(void)arg;
	while (
	    (n = read(CHILD_FD, &task, sizeof task)) == (ssize_t)sizeof task) {
		done = (struct done){.job = task.job};
		done.right =
		    passwd_check(task.hash, task.secret, task.secret_n);
		secret_wipe(&task, sizeof task);
		if (write(CHILD_FD, &done, sizeof done) < 0)
			break;
	}
	secret_wipe(&task, sizeof task);
	return n == 0 ? 0 : 111;
}

/* --- in the parent --- */

struct worker {
	struct workers *all;
	struct child child;
	struct loop_io io;
	struct loop_timer again;
	bool busy;
	uint64_t job;
};

struct workers {
	struct workers_config cfg;
	uint64_t lost;
	struct worker w[WORKERS_MAX];
};

static void on_result(void *arg, uint32_t events);

static int
start(struct worker *w)
{
	w->busy = false;
	if (child_start(&w->child, SOCK_SEQPACKET, "auth-password", worker_run,
		NULL) < 0)
		return -1;
	if (loop_add(w->all->cfg.loop, &w->io, w->child.fd, LOOP_IN, on_result,
		w) == 0)
		return 0;
	(void)child_end(&w->child);
	return -1;
}

static void
again_later(struct worker *w)
{
	struct loop *l = w->all->cfg.loop;

	(void)loop_timer_set(l, &w->again, loop_now(l) + AGAIN_US);
}

static void
died(struct worker *w)
{
	struct workers *all = w->all;
	bool busy = w->busy;

	loop_del(all->cfg.loop, &w->io);
	(void)child_end(&w->child);
	w->busy = false;
	all->lost++;
	log_kv(LOG_CHILD, "what", "password", "why", "it died", NULL);
	again_later(w);
	if (busy)
		all->cfg.on_done(all->cfg.arg, w->job, CHECK_IS_LOST);
}

static void
on_result(void *arg, uint32_t events)
{
	struct worker *w = arg;
	struct done done;
	ssize_t n;

	(void)events;
	n = recv(w->child.fd, &done, sizeof done, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof done || !w->busy || done.job != w->job) {
		died(w);
		return;
	}
	w->busy = false;
	w->all->cfg.on_done(w->all->cfg.arg, done.job,
	    done.right ? CHECK_IS_RIGHT : CHECK_IS_WRONG);
}

static void
on_again(void *arg)
{
	struct worker *w = arg;

	if (start(w) < 0)
		again_later(w);
	else
		w->all->cfg.on_more(w->all->cfg.arg);
}

struct workers *
workers_start(const struct workers_config *cfg)
{
	struct workers *all = calloc(1, sizeof *all);
	int err;

	if (all == NULL)
		return NULL;
	all->cfg = *cfg;
	for (unsigned i = 0; i < cfg->n; i++) {
		all->w[i].all = all;
		loop_timer_init(&all->w[i].again, on_again, &all->w[i]);
	}
	for (unsigned i = 0; i < cfg->n; i++) {
		if (start(&all->w[i]) < 0) {
			err = errno;
			workers_end(&all);
			errno = err;
			return NULL;
		}
	}
	return all;
}

void
workers_end(struct workers **wp)
{
	struct workers *all = *wp;

	*wp = NULL;
	if (all == NULL)
		return;
	for (unsigned i = 0; i < all->cfg.n; i++) {
		loop_timer_clear(all->cfg.loop, &all->w[i].again);
		loop_del(all->cfg.loop, &all->w[i].io);
		(void)child_end(&all->w[i].child);
	}
	free(all);
}

/* A packet to one that is idle always fits. */
static bool
give(struct worker *w, uint64_t job, const char *hash, struct slice secret)
{
	struct task task = {.job = job, .secret_n = secret.n};
	ssize_t n = -1;

	if (secret.n <= sizeof task.secret &&
	    str_fmt(task.hash, sizeof task.hash, "%s", hash) >= 0) {
		memcpy(task.secret, secret.p, secret.n);
		n = send(w->child.fd, &task, sizeof task,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	secret_wipe(&task, sizeof task);
	w->busy = n == (ssize_t)sizeof task;
	w->job = job;
	return w->busy;
}

bool
workers_give(
    struct workers *all, uint64_t job, const char *hash, struct slice secret)
{
	for (unsigned i = 0; i < all->cfg.n; i++) {
		struct worker *w = &all->w[i];

		if (w->child.pid > 0 && !w->busy && give(w, job, hash, secret))
			return true;
	}
	return false;
}

uint64_t
workers_lost(const struct workers *w)
{
	return w->lost;
}
