#include "listen.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cotpb.h"
#include "log.h"
#include "tell.h"

/* Who has just sent something counts as active, and who sent two messages
 * within a minute; who says who he is and then watches, soon does not. */
#define ACTIVE_US ((uint64_t)60 * 1000000)
#define JUST_US   ((uint64_t)10 * 1000000)

/* A socket that has been full for so long belongs to a slow client. */
#define SLOW_US   ((uint64_t)1000000)
#define SHARE_MIN ((size_t)65536)

static void
on_receipt(void *arg, struct fan_queue *q, struct receipt *r, bool sent)
{
	struct listen *l = arg;
	struct client *c =
	    (struct client *)(void *)((char *)q - offsetof(struct client, q));

	if (!sent)
		receipt_unref(r);
	else if (!receipts_add(&c->taken, r))
		l->n.no_memory++;
}

int
listen_init(struct listen *l, const struct listen_config *cfg, struct buf *out,
    const uint64_t seed[2], uint64_t wall)
{
	*l = (struct listen){
	    .cfg = *cfg, .out = out, .seed = {seed[0], seed[1]}};
	if (slots_init(&l->slots, cfg->node, cfg->max_clients, wall) < 0)
		return -1;
	keys_init(&l->keys, seed);
	sessions_init(&l->sessions, seed);
	fan_init(&l->fan);
	l->fan.on_receipt = on_receipt;
	l->fan.arg = l;
	buf_init(&l->scratch, 4 * cfg->max_event + 65536);
	buf_init(&l->message, cfg->max_send);
	return 0;
}

void
listen_fini(struct listen *l)
{
	slots_fini(&l->slots);
	keys_fini(&l->keys);
	sessions_fini(&l->sessions);
	fan_fini(&l->fan);
	buf_fini(&l->scratch);
	buf_fini(&l->message);
	cotpb_free(&l->pb);
}

void
listen_time(struct listen *l, uint64_t now, uint64_t wall)
{
	l->now = now;
	l->wall = wall;
}

/* ---- lists ---- */

void
listen_mark(struct listen *l, struct client *c, enum fan_class class)
{
	struct flow *f;
	bool watches;
	int i;

	if (c->dirty[LISTEN_ACTIVE] || c->doomed)
		return;
	watches = l->now - c->last_in >= JUST_US &&
	    l->now - c->before_last_in >= ACTIVE_US &&
	    (class == FAN_POSITION || class == FAN_ITEM);
	i = watches ? LISTEN_WATCHER : LISTEN_ACTIVE;
	if (c->dirty[i])
		return;
	f = &l->dirty[i];
	c->dirty[i] = true;
	c->next_dirty[i] = NULL;
	if (f->head)
		f->tail->next_dirty[i] = c;
	else
		f->head = c;
	f->tail = c;
	f->n++;
}

struct client *
listen_dirty(struct listen *l, int flow)
{
	struct flow *f = &l->dirty[flow];
	struct client *c = f->head;

	if (c) {
		f->head = c->next_dirty[flow];
		f->n--;
		c->dirty[flow] = false;
	}
	return c;
}

void
listen_doom(struct listen *l, struct client *c, const char *why)
{
	if (c->doomed)
		return;
	c->doomed = true;
	c->why = why;
	c->next_doomed = l->doomed;
	l->doomed = c;
}

static void
unlink_dirty(struct listen *l, struct client *c, int i)
{
	struct flow *f = &l->dirty[i];
	struct client **at = &f->head, *prev = NULL;

	while (*at && *at != c) {
		prev = *at;
		at = &(*at)->next_dirty[i];
	}
	if (!*at)
		return;
	*at = c->next_dirty[i];
	f->n--;
	if (f->tail == c)
		f->tail = prev;
}

static void
unlink_lists(struct listen *l, struct client *c)
{
	struct client **at;
	int i;

	for (i = 0; i < LISTEN_FLOWS; i++)
		if (c->dirty[i])
			unlink_dirty(l, c, i);
	for (at = &l->over; c->over && *at; at = &(*at)->next_over)
		if (*at == c) {
			*at = c->next_over;
			break;
		}
	for (at = &l->doomed; c->doomed && *at; at = &(*at)->next_doomed)
		if (*at == c) {
			*at = c->next_doomed;
			break;
		}
	if (c->blocked)
		l->n_blocked--;
}

/* Of a user's sessions the newest stay: a phone that lost its network comes
 * back before the old one is known to be dead. */
static void
supersede(struct listen *l, const struct person *p)
{
	const struct identity *who;
	uint32_t live = 0;

	TAILQ_FOREACH(who, &p->sessions, same)
	live += !who->client->doomed;
	TAILQ_FOREACH(who, &p->sessions, same)
	{
		if (live <= l->cfg.per_user)
			return;
		if (who->client->doomed)
			continue;
		listen_doom(l, who->client, "superseded");
		l->n.superseded++;
		live--;
	}
}

static int
join_person(struct listen *l, struct client *c, struct identity *who)
{
	if (sessions_join(&l->sessions, who) < 0)
		return -1;
	who->client = c;
	c->who = who;
	/* <auth> may come on any TLS connection. */
	c->framer.keep.wipe = true;
	return 0;
}

int
listen_join(struct listen *l, struct client *c, const char *via,
    const char *peer, struct identity *who)
{
	c->via = via;
	c->since = l->wall;
	c->last_in = c->before_last_in = l->now - ACTIVE_US;
	framer_init(&c->framer, l->cfg.max_event);
	c->peer = strdup(peer);
	if (!c->peer || slots_take(&l->slots, c, &c->id) < 0)
		goto fail;
	if (who && join_person(l, c, who) < 0) {
		slots_free(&l->slots, c->id);
		goto fail;
	}
	if (slots_text(&l->slots, c->id, c->conn) < 0)
		abort(); /* SLOT_TEXT_MAX is the longest */
	l->n.accepted++;
	tell_open(l, c, false);
	if (who && l->cfg.per_user)
		supersede(l, who->person);
	return 0;
fail:
	free(c->peer);
	c->peer = NULL;
	return -1;
}

static void
free_kept(struct listen *l, struct client *c)
{
	uint32_t i;

	for (i = 0; i < c->n_kept; i++) {
		l->kept_bytes -= c->kept[i].cap;
		free(c->kept[i].raw);
	}
	free(c->kept);
	c->kept = NULL;
	c->n_kept = 0;
	c->kept_bytes = 0;
}

void
listen_leave(struct listen *l, struct client *c, const char *why)
{
	tell_close(l, c, why);
	l->n.closed++;
	l->n.garbage += c->framer.garbage;
	l->n.replaced += c->q.replaced;
	l->n.dropped += c->q.dropped;
	unlink_lists(l, c);
	keys_leave(&l->keys, &c->holder);
	slots_free(&l->slots, c->id);
	fan_clear(&l->fan, &c->q);
	receipts_clear(&c->taken);
	free(c->taken.v);
	c->taken = (struct receipts){0};
	framer_fini(&c->framer);
	l->unfinished -= c->unfinished;
	c->unfinished = 0;
	free_kept(l, c);
	free(c->peer);
	c->peer = NULL;
	if (c->who)
		sessions_leave(&l->sessions, c->who);
	free(c->who);
	c->who = NULL;
}

uint32_t
listen_doom_if(struct listen *l,
    bool (*gone)(void *arg, const struct identity *who), void *arg,
    const char *why)
{
	struct client *c;
	uint32_t i, n = 0;

	for (i = 0; i < l->slots.cap; i++) {
		c = l->slots.obj[i];
		if (c && c->who && !c->doomed && gone(arg, c->who)) {
			listen_doom(l, c, why);
			n++;
		}
	}
	return n;
}

/* ---- queues ---- */

void
listen_delivered(struct listen *l, struct client *c)
{
	uint32_t i;

	for (i = 0; i < c->taken.n; i++)
		tell_delivered(l, c, c->taken.v[i]);
	l->n.delivered += c->taken.n;
	receipts_clear(&c->taken);
}

bool
listen_is_slow(const struct listen *l, const struct client *c)
{
	return c->blocked && l->now - c->blocked_since >= SLOW_US;
}

size_t
listen_queue_max(const struct listen *l, const struct client *c)
{
	size_t max = l->cfg.queue_max, share;

	if (!listen_is_slow(l, c))
		return l->cfg.queue_burst > max ? l->cfg.queue_burst : max;
	share = l->cfg.queue_total / (l->n_blocked ? l->n_blocked : 1);
	if (share < SHARE_MIN)
		share = SHARE_MIN;
	return share < max ? share : max;
}

static void
log_slow(const struct client *c, size_t bytes)
{
	struct log_line line;

	log_open(&line, LOG_SLOW);
	log_s(&line, "conn", c->conn);
	log_s(&line, "peer", c->peer);
	log_u64(&line, "queued", bytes);
	log_send(&line);
}

int
listen_shrink(struct listen *l, struct client *c)
{
	size_t max = listen_queue_max(l, c), was = c->q.bytes;

	if (was <= max)
		return 0;
	if (!c->slow)
		log_slow(c, was);
	c->slow = true;
	if (fan_shrink(&l->fan, &c->q, max - max / 4) == 0)
		return 0;
	l->n.overrun++;
	listen_doom(l, c, "queue-full");
	return -1;
}

void
listen_relieve(struct listen *l)
{
	struct client *c;

	while ((c = l->over)) {
		l->over = c->next_over;
		c->over = false;
		if (!c->doomed)
			(void)listen_shrink(l, c);
	}
}
