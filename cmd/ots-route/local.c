#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"
#include "slot.h"
#include "tap.h"
#include "wire.h"

#define CLIENTS_MAX 256
#define QUEUE_MAX   ((size_t)1 << 20)
#define NODE        "feed"

struct client {
	TAILQ_ENTRY(client) link;
	struct local *local;
	struct wire_in in;
	struct wire_out out;
	struct tap tap;
	struct loop_task reap;
	struct slot_id slot;
	char id[SLOT_TEXT_MAX];
	int fd, fd_out;
	bool in_ended, out_ended;
};

struct local {
	struct local_config cfg;
	struct loop_io io;
	int fd;
	struct slots slots;
	TAILQ_HEAD(, client) clients;
	struct buf line; /* an injected event as taps see it */
	bool paused;
};

/* --- one client --- */

static void
client_log(const struct client *c, const char *what)
{
	struct log_line l;

	log_open(&l, LOG_LOCAL);
	log_s(&l, "what", what);
	log_s(&l, "conn", c->id);
	log_u64(&l, "records", c->in.records);
	log_u64(&l, "bad", c->in.bad);
	log_u64(&l, "lost", c->tap.lost_all);
	log_send(&l);
}

static void
client_free(struct client *c)
{
	struct local *l = c->local;

	TAILQ_REMOVE(&l->clients, c, link);
	slots_free(&l->slots, c->slot);
	wire_in_close(&c->in);
	wire_out_close(&c->out);
	if (c->fd_out >= 0)
		close(c->fd_out);
	close(c->fd);
	free(c);
}

static void
client_reap(void *arg)
{
	struct client *c = arg;

	client_log(c, "left");
	client_free(c);
}

/* When both directions are at an end; its memory stays until the present
 * handlers have returned. */
static void
client_ended(struct client *c)
{
	if (c->in_ended && c->out_ended)
		loop_later(c->local->cfg.loop, &c->reap, client_reap, c);
}

static void
tap_line(struct local *l, struct slice line, const struct client *but)
{
	struct client *c;

	TAILQ_FOREACH(c, &l->clients, link)
	{
		if (c == but || c->out_ended || !tap_put(&c->tap, line))
			continue;
		log_kv(LOG_LOST, "conn", c->id, NULL);
	}
}

static void
client_record(void *arg, const struct rec *rec)
{
	struct client *c = arg;
	struct local *l = c->local;
	struct route_now now = {loop_now(l->cfg.loop), clock_wall_us()};
	struct slice line;

	buf_clear(&l->line);
	if (route_inject(l->cfg.route, rec, slice_of(c->id), &l->line, now) < 0)
		c->in.bad++;
	line = buf_slice(&l->line);
	if (line.n > 0) {
		line.n--; /* tap_put adds the LF */
		tap_line(l, line, c);
	}
}

static void
client_batch(void *arg)
{
	struct client *c = arg;

	c->local->cfg.on_batch(c->local->cfg.arg);
}

/* It may have closed its writing side only, to go on watching. */
static void
client_in_end(void *arg, int err)
{
	struct client *c = arg;

	c->in_ended = true;
	if (err != 0)
		c->out_ended = true;
	client_ended(c);
	client_batch(c);
}

/* It has gone, but what it wrote before is still read. */
static void
client_out_end(void *arg, int err)
{
	struct client *c = arg;

	(void)err;
	c->out_ended = true;
	client_ended(c);
}

static void
client_room(void *arg)
{
	struct client *c = arg;

	if (tap_room(&c->tap))
		wire_out_flush(&c->out);
}

/* One descriptor for each direction, since a loop watches one only once. */
static int
client_wires(struct client *c)
{
	struct local *l = c->local;

	c->in.on_record = client_record;
	c->in.on_batch = client_batch;
	c->in.on_end = client_in_end;
	c->in.arg = c;
	c->out.on_room = client_room;
	c->out.on_end = client_out_end;
	c->out.arg = c;
	c->fd_out = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	if (c->fd_out < 0 ||
	    wire_out_open(&c->out, l->cfg.loop, c->fd_out, QUEUE_MAX / 2,
		QUEUE_MAX + REC_LINE_MAX + 4096) < 0 ||
	    wire_in_open(
		&c->in, l->cfg.loop, c->fd, l->cfg.chunk, REC_LINE_MAX) < 0)
		return -1;
	c->tap.q = &c->out.q;
	c->tap.max = QUEUE_MAX;
	return rec_hello(&c->out.q, "ots-route", l->cfg.node, 0);
}

static void
refuse(int fd, const char *why)
{
	log_kv(LOG_REFUSE, "via", "local", "why", why, NULL);
	close(fd);
}

static void
client_new(struct local *l, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		refuse(fd, "no memory");
		return;
	}
	c->local = l;
	c->fd = fd;
	c->fd_out = -1;
	if (slots_take(&l->slots, c, &c->slot) < 0) {
		refuse(fd, "too many local programs");
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&l->clients, c, link);
	if (slots_text(&l->slots, c->slot, c->id) < 0 || client_wires(c) < 0) {
		log_kv(
		    LOG_REFUSE, "via", "local", "why", strerror(errno), NULL);
		client_free(c);
		return;
	}
	client_log(c, "joined");
	wire_in_pause(&c->in, l->paused);
	wire_out_flush(&c->out);
}

/* --- all --- */

static void
acceptable(void *arg, uint32_t events)
{
	struct local *l = arg;
	int fd;

	(void)events;
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		client_new(l, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		struct log_line line;
		int err = errno;

		log_open(&line, LOG_SYSTEM);
		log_s(&line, "call", "accept");
		log_errno(&line, err);
		log_send(&line);
	}
}

struct local *
local_open(const struct local_config *cfg)
{
	struct local *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cfg = *cfg;
	l->fd = -1;
	TAILQ_INIT(&l->clients);
	buf_init(&l->line, REC_LINE_MAX + 4096);
	if (slots_init(&l->slots, NODE, CLIENTS_MAX, clock_wall_us()) < 0)
		goto fail;
	l->fd = net_listen_unix(cfg->path, cfg->mode);
	if (l->fd < 0 ||
	    loop_add(cfg->loop, &l->io, l->fd, LOOP_IN, acceptable, l) < 0)
		goto fail;
	log_kv(LOG_LISTEN, "via", "local", "path", cfg->path, NULL);
	return l;
fail:
	local_close(&l);
	return NULL;
}

void
local_close(struct local **lp)
{
	struct local *l = *lp;
	struct client *c, *next;
	int err = errno;

	*lp = NULL;
	if (l == NULL)
		return;
	for (c = TAILQ_FIRST(&l->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		client_free(c);
	}
	if (l->fd >= 0) {
		loop_del(l->cfg.loop, &l->io);
		close(l->fd);
		(void)unlink(l->cfg.path);
	}
	slots_fini(&l->slots);
	buf_fini(&l->line);
	free(l);
	errno = err;
}

void
local_tap(struct local *l, const struct rec *rec)
{
	if (l != NULL && tap_wants(rec))
		tap_line(l, rec->line, NULL);
}

void
local_flush(struct local *l)
{
	struct client *c;

	if (l == NULL)
		return;
	TAILQ_FOREACH(c, &l->clients, link)
	{
		if (!c->out_ended && !c->out.blocked && buf_size(&c->out.q) > 0)
			wire_out_flush(&c->out);
	}
}

void
local_pause(struct local *l, bool pause)
{
	struct client *c;

	if (l == NULL || l->paused == pause)
		return;
	l->paused = pause;
	TAILQ_FOREACH(c, &l->clients, link)
	{
		wire_in_pause(&c->in, pause);
	}
}
