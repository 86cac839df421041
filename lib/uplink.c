#include "uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "net.h"

#define WAIT_MIN ((uint64_t)50000)
#define WAIT_MAX ((uint64_t)1000000)
/* A server that does not read any more has so long to end its stream. */
#define DEAF_US ((uint64_t)1000000)

/* Whatever happens to a connection is only noted by the wires' handlers; the
 * timer, due at once, then takes it down. So no callback comes from within
 * uplink_flush, and no record is freed while somebody still reads it. */
static void
lose(struct uplink *u, int err)
{
	if (!u->up)
		return;
	u->up = false;
	u->err = err;
	(void)loop_timer_set(u->loop, &u->retry, loop_now(u->loop));
}

static void
on_in_end(void *arg, int err)
{
	lose(arg, err);
}

/* It has gone, but what it wrote before is still read: that ends soon. */
static void
on_out_end(void *arg, int err)
{
	struct uplink *u = arg;

	if (!u->up)
		return;
	u->err = err;
	(void)loop_timer_set(u->loop, &u->retry, loop_now(u->loop) + DEAF_US);
}

static void
on_record(void *arg, const struct rec *r)
{
	struct uplink *u = arg;

	if (!u->up)
		return;
	/* It speaks: not one that accepts and hangs up again and again. */
	u->wait_us = WAIT_MIN;
	u->on_record(u->arg, r);
}

static void
unwire(struct uplink *u)
{
	u->up = false;
	if (u->wired) {
		wire_in_close(&u->in);
		/* In the middle of a read: nothing of it follows. */
		rec_lines_feed(&u->in.lines, "", 0);
		wire_out_close(&u->out);
	}
	u->wired = false;
	if (u->fd_out >= 0)
		close(u->fd_out);
	if (u->fd >= 0)
		close(u->fd);
	u->fd = u->fd_out = -1;
}

static int
wires(struct uplink *u)
{
	u->in = (struct wire_in){
	    .on_record = on_record, .on_end = on_in_end, .arg = u};
	u->out = (struct wire_out){.on_end = on_out_end, .arg = u};
	u->fd_out = fcntl(u->fd, F_DUPFD_CLOEXEC, 3);
	if (u->fd_out < 0)
		return -1;
	u->wired = true;
	if (wire_out_open(&u->out, u->loop, u->fd_out, UPLINK_QUEUE / 2,
		UPLINK_QUEUE) < 0 ||
	    wire_in_open(&u->in, u->loop, u->fd, u->chunk, u->line_max) < 0)
		return -1;
	return rec_hello(&u->out.q, u->program, u->node, 0, 0);
}

/* 0, or -1 with errno. */
static int
dial(struct uplink *u)
{
	int err;

	u->fd = net_try_unix(u->path);
	if (u->fd < 0)
		return -1;
	if (wires(u) == 0)
		return 0;
	err = errno;
	unwire(u);
	errno = err;
	return -1;
}

static void
later(struct uplink *u)
{
	(void)loop_timer_set(
	    u->loop, &u->retry, loop_now(u->loop) + u->wait_us);
	if (u->wait_us < WAIT_MAX / 2)
		u->wait_us *= 2;
	else
		u->wait_us = WAIT_MAX;
}

static void
down(struct uplink *u, int err)
{
	later(u);
	if (u->told_down)
		return;
	u->told_down = true;
	u->on_down(u->arg, err);
}

static void
on_timer(void *arg)
{
	struct uplink *u = arg;

	if (u->fd >= 0) {
		unwire(u);
		down(u, u->err);
		return;
	}
	if (dial(u) < 0) {
		down(u, errno);
		return;
	}
	u->up = true;
	u->told_down = false;
	u->on_up(u->arg);
	uplink_flush(u);
}

int
uplink_open(struct uplink *u, struct loop *l)
{
	u->loop = l;
	u->fd = u->fd_out = -1;
	u->up = u->wired = u->told_down = false;
	u->wait_us = WAIT_MIN;
	loop_timer_init(&u->retry, on_timer, u);
	return loop_timer_set(l, &u->retry, loop_now(l));
}

void
uplink_close(struct uplink *u)
{
	if (u->loop == NULL)
		return;
	loop_timer_clear(u->loop, &u->retry);
	unwire(u);
	u->loop = NULL;
}

struct buf *
uplink_out(struct uplink *u)
{
	return u->up && !u->out.broken ? &u->out.q : NULL;
}

void
uplink_flush(struct uplink *u)
{
	if (u->up)
		wire_out_flush(&u->out);
}
