#include "taps.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "local.h"
#include "log.h"
#include "tap.h"

#define CLIENTS_MAX 256
#define QUEUE_MAX   ((size_t)1 << 20)
#define IDS         "feed"

struct client {
	struct local_client local; /* first: see local.h */
	struct tap tap;
};

struct taps {
	struct taps_config cfg;
	struct local local;
	struct buf line; /* an injected event as taps see it */
};

static struct client *
client_of(struct local_client *c)
{
	return (struct client *)c;
}

static void
show_line(struct taps *t, struct slice line, const struct local_client *but)
{
	struct local_client *c;

	TAILQ_FOREACH(c, &t->local.clients, link)
	{
		if (c != but && !c->deaf && tap_put(&client_of(c)->tap, line))
			log_kv(LOG_LOST, "conn", c->id, NULL);
	}
}

/* --- one client --- */

static int
on_join(struct local_client *c)
{
	client_of(c)->tap = (struct tap){.q = &c->out.q, .max = QUEUE_MAX};
	return 0;
}

static bool
on_record(struct local_client *c, const struct rec *rec)
{
	struct taps *t = c->local->arg;
	struct route_now now = {loop_now(t->cfg.loop), clock_wall_us()};
	struct slice line;
	bool good;

	buf_clear(&t->line);
	good = route_inject(
		   t->cfg.route, rec, slice_of(c->id), &t->line, now) == 0;
	line = buf_slice(&t->line);
	if (line.n > 0) {
		line.n--; /* tap_put adds the LF */
		show_line(t, line, c);
	}
	return good;
}

static void
on_batch(struct local_client *c)
{
	struct taps *t = c->local->arg;

	t->cfg.on_batch(t->cfg.arg);
}

static void
on_room(struct local_client *c)
{
	if (tap_room(&client_of(c)->tap))
		wire_out_flush(&c->out);
}

static void
on_log(const struct local_client *c, struct log_line *l)
{
	log_u64(l, "lost", ((const struct client *)c)->tap.lost_all);
}

/* --- all --- */

struct taps *
taps_open(const struct taps_config *cfg)
{
	struct taps *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	t->local = (struct local){
	    .path = cfg->path,
	    .mode = cfg->mode,
	    .program = "ots-route",
	    .node = cfg->node,
	    .ids = IDS,
	    .max = CLIENTS_MAX,
	    .size = sizeof(struct client),
	    .chunk = cfg->chunk,
	    .line_max = REC_LINE_MAX,
	    .queue_high = QUEUE_MAX / 2,
	    .queue_max = QUEUE_MAX + REC_LINE_MAX + 4096,
	    .on_join = on_join,
	    .on_record = on_record,
	    .on_batch = on_batch,
	    .on_room = on_room,
	    .on_log = on_log,
	    .arg = t,
	};
	buf_init(&t->line, REC_LINE_MAX + 4096);
	if (local_open(&t->local, cfg->loop) < 0)
		taps_close(&t);
	return t;
}

void
taps_close(struct taps **tp)
{
	struct taps *t = *tp;
	int err = errno;

	*tp = NULL;
	if (t == NULL)
		return;
	local_close(&t->local);
	buf_fini(&t->line);
	free(t);
	errno = err;
}

void
taps_show(struct taps *t, const struct rec *rec)
{
	if (t != NULL && tap_wants(rec))
		show_line(t, rec->line, NULL);
}

void
taps_flush(struct taps *t)
{
	if (t != NULL)
		local_flush(&t->local);
}

void
taps_pause(struct taps *t, bool pause)
{
	if (t != NULL)
		local_pause(&t->local, pause);
}
