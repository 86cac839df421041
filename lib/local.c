#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"

/* --- a client's life --- */

void
local_log(const struct local_client *c, const char *what)
{
	struct log_line l;

	log_open(&l, LOG_LOCAL);
	log_s(&l, "what", what);
	log_s(&l, "conn", c->id);
	log_u64(&l, "records", c->in.records);
	log_u64(&l, "bad", c->in.bad);
	if (c->local->on_log != NULL)
		c->local->on_log(c, &l);
	log_send(&l);
}

static void
client_free(struct local_client *c)
{
	struct local *l = c->local;

	if (c->met && l->on_leave != NULL)
		l->on_leave(c);
	TAILQ_REMOVE(&l->clients, c, link);
	slots_free(&l->slots, c->slot);
	l->sum.clients--;
	l->sum.records += c->in.records;
	l->sum.bad += c->in.bad;
	wire_in_close(&c->in);
	wire_out_close(&c->out);
	if (c->fd_out >= 0)
		close(c->fd_out);
	close(c->fd);
	free(c);
}

static void
reap(void *arg)
{
	struct local_client *c = arg;

	local_log(c, "left");
	client_free(c);
}

/* When both directions are at an end; its memory stays until the present
 * handlers have returned. */
static void
ended(struct local_client *c)
{
	if (c->mute && c->deaf)
		loop_later(c->local->loop, &c->reap, reap, c);
}

void
local_end(struct local_client *c)
{
	c->mute = c->deaf = true;
	ended(c);
}

/* --- its wires --- */

static void
on_record(void *arg, const struct rec *r)
{
	struct local_client *c = arg;

	if (!c->mute && !c->local->on_record(c, r))
		c->in.bad++;
}

static void
on_batch(void *arg)
{
	struct local_client *c = arg;

	if (c->local->on_batch != NULL)
		c->local->on_batch(c);
}

/* It may have closed its writing side only, to go on watching. */
static void
on_in_end(void *arg, int err)
{
	struct local_client *c = arg;

	c->mute = true;
	if (err != 0)
		c->deaf = true;
	ended(c);
	on_batch(c);
}

/* It has gone, but what it wrote before is still read. */
static void
on_out_end(void *arg, int err)
{
	struct local_client *c = arg;

	(void)err;
	c->deaf = true;
	ended(c);
	if (c->local->on_deaf != NULL)
		c->local->on_deaf(c);
}

static void
on_room(void *arg)
{
	struct local_client *c = arg;

	if (c->local->on_room != NULL)
		c->local->on_room(c);
}

static int
wires_open(struct local_client *c)
{
	struct local *l = c->local;

	c->in = (struct wire_in){.on_record = on_record,
	    .on_batch = on_batch,
	    .on_end = on_in_end,
	    .arg = c};
	c->out = (struct wire_out){
	    .on_room = on_room, .on_end = on_out_end, .arg = c};
	c->fd_out = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	if (c->fd_out < 0 ||
	    wire_out_open(
		&c->out, l->loop, c->fd_out, l->queue_high, l->queue_max) < 0 ||
	    wire_in_open(&c->in, l->loop, c->fd, l->chunk, l->line_max) < 0)
		return -1;
	return rec_hello(&c->out.q, l->program, l->node, 0, 0);
}

static int
join(struct local_client *c)
{
	struct local *l = c->local;

	if (slots_text(&l->slots, c->slot, c->id) < 0 || wires_open(c) < 0)
		return -1;
	c->met = true;
	return l->on_join != NULL ? l->on_join(c) : 0;
}

/* --- clients that come --- */

static void
refuse(struct local *l, const char *why)
{
	l->sum.refused++;
	log_kv(LOG_REFUSE, "via", "local", "why", why, NULL);
}

static void
client_new(struct local *l, int fd)
{
	struct local_client *c = calloc(1, l->size);

	if (c == NULL || slots_take(&l->slots, c, &c->slot) < 0) {
		refuse(l, c == NULL ? "no memory" : "too many local programs");
		free(c);
		close(fd);
		return;
	}
	c->local = l;
	c->fd = fd;
	c->fd_out = -1;
	TAILQ_INSERT_TAIL(&l->clients, c, link);
	l->sum.clients++;
	if (join(c) < 0) {
		refuse(l, strerror(errno));
		client_free(c);
		return;
	}
	local_log(c, "joined");
	wire_in_pause(&c->in, l->paused);
	wire_out_flush(&c->out);
}

static void
acceptable(void *arg, uint32_t events)
{
	struct local *l = arg;
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct log_line line;
	int err = errno;

	(void)events;
	if (fd >= 0) {
		client_new(l, fd);
	} else if (err != EAGAIN && err != EINTR && err != ECONNABORTED) {
		log_open(&line, LOG_SYSTEM);
		log_s(&line, "call", "accept");
		log_errno(&line, err);
		log_send(&line);
	}
}

/* --- all --- */

int
local_open(struct local *l, struct loop *loop)
{
	int err;

	l->loop = loop;
	l->fd = -1;
	l->paused = false;
	l->sum = (struct local_counts){0};
	l->slots = (struct slots){0};
	TAILQ_INIT(&l->clients);
	if (slots_init(&l->slots, l->ids, l->max, clock_wall_us()) == 0)
		l->fd = net_listen_unix(l->path, l->mode);
	if (l->fd >= 0 &&
	    loop_add(loop, &l->io, l->fd, LOOP_IN, acceptable, l) == 0) {
		log_kv(LOG_LISTEN, "via", "local", "path", l->path, NULL);
		return 0;
	}
	err = errno;
	local_close(l);
	errno = err;
	return -1;
}

void
local_close(struct local *l)
{
	struct local_client *c, *next;

	if (l->loop == NULL)
		return;
	for (c = TAILQ_FIRST(&l->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		client_free(c);
	}
	if (l->fd >= 0) {
		loop_del(l->loop, &l->io);
		close(l->fd);
		(void)unlink(l->path);
	}
	slots_fini(&l->slots);
	l->loop = NULL;
}

struct local_client *
local_get(const struct local *l, struct slot_id slot)
{
	return slots_get(&l->slots, slot);
}

void
local_flush(struct local *l)
{
	struct local_client *c;

	TAILQ_FOREACH(c, &l->clients, link)
	{
		if (!c->deaf && !c->out.blocked && buf_size(&c->out.q) > 0)
			wire_out_flush(&c->out);
	}
}

void
local_pause(struct local *l, bool pause)
{
	struct local_client *c;

	if (l->paused == pause)
		return;
	l->paused = pause;
	TAILQ_FOREACH(c, &l->clients, link)
	{
		wire_in_pause(&c->in, pause);
	}
}

struct local_counts
local_counts(const struct local *l)
{
	struct local_counts n = l->sum;
	const struct local_client *c;

	TAILQ_FOREACH(c, &l->clients, link)
	{
		n.records += c->in.records;
		n.bad += c->in.bad;
	}
	return n;
}
