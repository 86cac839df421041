#include "output.h"

#include <errno.h>

#include "clock.h"
#include "log.h"

#define IOV_PIECES    512
#define WATCHERS_TURN 32 /* watchers flushed per turn */
#define EARLY_BYTES   ((size_t)256 << 10)
#define HELD_BYTES    ((size_t)16 << 20) /* by links, about */

static void
drained(struct server *s, struct conn *k)
{
	struct log_line line;

	k->c.blocked = false;
	s->core.n_blocked--;
	loop_del(&s->loop, &k->out);
	if (!k->c.slow)
		return;
	k->c.slow = false;
	log_open(&line, LOG_SLOW_END);
	log_s(&line, "conn", k->c.conn);
	log_u64(&line, "replaced", k->c.q.replaced);
	log_u64(&line, "dropped", k->c.q.dropped);
	log_send(&line);
}

static void flush(struct server *s, struct conn *k);

static void
writable(void *arg, uint32_t events)
{
	struct conn *k = arg;

	(void)events;
	if (!k->c.doomed)
		flush(k->s, k);
}

void
output_block(struct server *s, struct conn *k)
{
	if (k->c.blocked)
		return;
	if (loop_add(&s->loop, &k->out, k->link.fd, LOOP_OUT, writable, k) <
	    0) {
		listen_doom(&s->core, &k->c, "no-memory");
		return;
	}
	k->c.blocked = true;
	k->c.blocked_since = s->core.now;
	s->core.n_blocked++;
}

void
output_moved(struct server *s, struct conn *k)
{
	if (!k->c.blocked)
		return;
	loop_del(&s->loop, &k->out);
	k->c.blocked = false;
	s->core.n_blocked--;
	output_block(s, k);
}

/* A call failed: later, or never. */
static void
failed(struct server *s, struct conn *k)
{
	if (errno == EAGAIN)
		output_block(s, k);
	else
		listen_doom(
		    &s->core, &k->c, errno == ETIMEDOUT ? "timeout" : "reset");
}

static size_t
budget(const struct server *s, const struct link_ops *ops)
{
	size_t share = HELD_BYTES / (s->core.n_blocked + 1);

	if (share > ops->budget)
		return ops->budget;
	return share > ops->budget_least ? share : ops->budget_least;
}

static int
pieces(const struct server *s, const struct conn *k, struct iovec *iov)
{
	const struct link_ops *ops = k->link.ops;

	if (ops->whole)
		return fan_each(&k->c.q, iov, IOV_PIECES);
	return fan_iov(&k->c.q, iov, IOV_PIECES, budget(s, ops));
}

/* What its link has taken is with the client, unless the link holds some. */
static void
tell_taken(struct server *s, struct conn *k)
{
	if (k->c.taken.n && !k->link.ops->holds(&k->link))
		listen_delivered(&s->core, &k->c);
}

/* Send what the socket takes; watch it for the rest. */
static void
flush(struct server *s, struct conn *k)
{
	const struct link_ops *ops = k->link.ops;
	struct iovec iov[IOV_PIECES];
	struct fan_queue *q = &k->c.q;
	bool full = false;
	ssize_t n;

	if (k->c.blocked && ops->flush(&k->link) < 0) {
		failed(s, k);
		return;
	}
	tell_taken(s, k);
	while (q->bytes && !full) {
		n = ops->writev(&k->link, iov, pieces(s, k, iov), &full);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failed(s, k);
			return;
		}
		fan_sent(&s->core.fan, q, (size_t)n);
		tell_taken(s, k);
	}
	if (full)
		output_block(s, k);
	else if (k->c.blocked)
		drained(s, k);
}

/* Flush up to `max` clients of a flow. */
static void
flush_flow(struct server *s, int flow, uint32_t max)
{
	uint64_t before = clock_mono_us();
	struct client *c;

	while (max-- && (c = listen_dirty(&s->core, flow)))
		if (!c->doomed && !c->blocked)
			flush(s, (struct conn *)(void *)c);
	gather_spent(&s->gather[flow], clock_mono_us() - before);
}

/* The watchers are flushed a few at a time, so that all else goes on between:
 * those who waited when it began, not those who have joined them since. */
static void
flush_watchers(struct server *s)
{
	uint32_t n =
	    s->slices_left < WATCHERS_TURN ? s->slices_left : WATCHERS_TURN;

	flush_flow(s, LISTEN_WATCHER, n);
	s->slices_left -= n;
	if (!s->core.dirty[LISTEN_WATCHER].head)
		s->slices_left = 0;
}

void
output_due(struct server *s)
{
	uint64_t now = clock_mono_us();
	bool early = s->core.fan.added_bytes - s->flushed_mark > EARLY_BYTES;
	struct gather *active = &s->gather[LISTEN_ACTIVE],
		      *watch = &s->gather[LISTEN_WATCHER];

	if (early)
		s->flushed_mark = s->core.fan.added_bytes;
	if (s->core.dirty[LISTEN_ACTIVE].head &&
	    (early || gather_due(active) <= now)) {
		gather_begin(active, now);
		flush_flow(s, LISTEN_ACTIVE, UINT32_MAX);
	}
	if (!s->slices_left && s->core.dirty[LISTEN_WATCHER].head &&
	    (early || gather_due(watch) <= now)) {
		s->slices_left = s->core.dirty[LISTEN_WATCHER].n;
		s->slice_gap =
		    gather_spread(watch, s->slices_left / WATCHERS_TURN);
		s->slice_at = now;
		gather_begin(watch, now);
	}
	if (s->slices_left && (early || s->slice_at <= now)) {
		flush_watchers(s);
		s->slice_at = now + s->slice_gap;
	}
}

/* How long nothing needs to be flushed. */
uint64_t
output_wait(const struct server *s)
{
	uint64_t now = clock_mono_us(), at = LOOP_NEVER, due;
	int i;

	for (i = 0; i < LISTEN_FLOWS; i++) {
		if (!s->core.dirty[i].head)
			continue;
		due = i == LISTEN_WATCHER && s->slices_left
		    ? s->slice_at
		    : gather_due(&s->gather[i]);
		if (due < at)
			at = due;
	}
	if (at == LOOP_NEVER)
		return LOOP_NEVER;
	return at > now ? at - now : 0;
}

void
output_relieve(struct server *s)
{
	struct client *c;
	uint32_t i;

	/* Who is over only because of the gathering is not slow. */
	for (c = s->core.over; c; c = c->next_over)
		if (!c->blocked && !c->doomed)
			flush(s, (struct conn *)(void *)c);
	if (s->core.over)
		listen_relieve(&s->core);
	if (!fan_crowded(&s->core.fan))
		return;
	for (i = 0; i < s->core.slots.cap; i++) {
		c = s->core.slots.obj[i];
		if (c && !c->doomed && listen_is_slow(&s->core, c) &&
		    listen_shrink(&s->core, c) == 0 &&
		    fan_detach(&s->core.fan, &c->q) < 0)
			listen_doom(&s->core, c, "no-memory");
	}
}

void
output_rest(struct server *s)
{
	flush_flow(s, LISTEN_ACTIVE, UINT32_MAX);
	flush_flow(s, LISTEN_WATCHER, UINT32_MAX);
}

void
output_last(struct server *s, struct conn *k)
{
	flush(s, k);
}
