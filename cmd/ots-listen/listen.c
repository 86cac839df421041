#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "cotmake.h"
#include "cotscan.h"
#include "log.h"
#include "map.h"

/* Who has just sent something counts as active, and who sent two messages
 * within a minute; who says who he is and then watches, soon does not. */
#define ACTIVE_US ((uint64_t)60 * 1000000)
#define JUST_US   ((uint64_t)10 * 1000000)

/* A socket that has been full for so long belongs to a slow client. */
#define SLOW_US   ((uint64_t)1000000)
#define SHARE_MIN ((size_t)65536)

/* Answers to pings are never dropped from a queue: who has more than that to
 * read gets one for all pings of one time, and none while it does not read. */
#define PONG_QUEUE ((size_t)16384)

int
listen_init(struct listen *l, const struct listen_config *cfg, struct buf *out,
    const uint64_t seed[2], uint64_t wall)
{
	*l = (struct listen){
	    .cfg = *cfg, .out = out, .seed = {seed[0], seed[1]}};
	if (slots_init(&l->slots, cfg->node, cfg->max_clients, wall) < 0)
		return -1;
	keys_init(&l->keys, seed);
	fan_init(&l->fan);
	buf_init(&l->scratch, 4 * cfg->max_event + 65536);
	return 0;
}

void
listen_fini(struct listen *l)
{
	slots_fini(&l->slots);
	keys_fini(&l->keys);
	fan_fini(&l->fan);
	buf_fini(&l->scratch);
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
	bool watches = l->now - c->last_in >= JUST_US &&
	    l->now - c->before_last_in >= ACTIVE_US &&
	    (class == FAN_POSITION || class == FAN_ITEM);
	int i = watches ? LISTEN_WATCHER : LISTEN_ACTIVE;
	struct flow *f = &l->dirty[i];

	if (c->dirty[i] || c->dirty[LISTEN_ACTIVE] || c->doomed)
		return;
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

/* ---- records about clients ---- */

static void
finish_record(struct listen *l, struct rec_writer *w)
{
	if (rec_end(w) < 0)
		l->n.no_memory++;
}

static void
put_open(struct listen *l, const struct client *c, bool again)
{
	struct rec_writer w;
	uint32_t i;

	rec_begin(&w, l->out, "open");
	rec_puts(&w, "conn", c->conn);
	rec_puts(&w, "via", c->via);
	rec_puts(&w, "peer", c->peer);
	rec_put_u64(&w, "t", c->since);
	if (again)
		rec_puts(&w, "again", "1");
	/* Keys beyond what a record holds are bound anew by ots-route when it
	 * is told the positions. */
	for (i = 0; again && i < c->holder.n && i < REC_FIELDS_MAX - 8; i++)
		rec_put_raw(&w, "key", c->holder.held[i].key->name);
	finish_record(l, &w);
}

static void
tell_kept(struct listen *l, const struct client *c)
{
	struct rec_writer w;
	uint32_t i;

	for (i = 0; i < c->n_kept; i++) {
		if (c->kept[i].n == 0)
			continue; /* there was no room for it */
		rec_begin(&w, l->out, "frame");
		rec_puts(&w, "conn", c->conn);
		rec_puts(&w, "via", c->via);
		rec_put_u64(&w, "t", l->wall);
		rec_puts(&w, "again", "1");
		rec_put_raw(
		    &w, "xml", (struct slice){c->kept[i].raw, c->kept[i].n});
		finish_record(l, &w);
	}
}

int
listen_join(
    struct listen *l, struct client *c, const char *via, const char *peer)
{
	c->via = via;
	c->since = l->wall;
	c->last_in = c->before_last_in = l->now - ACTIVE_US;
	framer_init(&c->framer, l->cfg.max_event);
	c->peer = strdup(peer);
	if (!c->peer)
		return -1;
	if (slots_take(&l->slots, c, &c->id) < 0) {
		free(c->peer);
		c->peer = NULL;
		return -1;
	}
	if (slots_text(&l->slots, c->id, c->conn) < 0)
		abort(); /* SLOT_TEXT_MAX is the longest */
	l->n.accepted++;
	put_open(l, c, false);
	return 0;
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
	struct rec_writer w;

	/* An ots-route that was just started must know who it was that left. */
	tell_kept(l, c);
	rec_begin(&w, l->out, "close");
	rec_puts(&w, "conn", c->conn);
	rec_puts(&w, "why", why);
	rec_put_u64(&w, "t", l->wall);
	finish_record(l, &w);
	l->n.closed++;
	l->n.garbage += c->framer.garbage;
	l->n.replaced += c->q.replaced;
	l->n.dropped += c->q.dropped;
	unlink_lists(l, c);
	keys_leave(&l->keys, &c->holder);
	slots_free(&l->slots, c->id);
	fan_clear(&l->fan, &c->q);
	framer_fini(&c->framer);
	l->unfinished -= c->unfinished;
	c->unfinished = 0;
	free_kept(l, c);
	free(c->peer);
	c->peer = NULL;
}

/* ---- what clients say ---- */

static void
lay_down_for(struct listen *l, struct client *c, struct slice xml)
{
	char *to = fan_reserve(&l->fan, xml.n);

	if (!to) {
		l->n.no_memory++;
		return;
	}
	memcpy(to, xml.p, xml.n);
	if (fan_push(&c->q, fan_commit(&l->fan, xml.n, FAN_CONTROL, 0)) < 0)
		l->n.no_memory++;
	else
		listen_mark(l, c, FAN_CONTROL);
}

/* t-x-c-t is answered here and goes no further (cot-streaming 6). */
static bool
answer_ping(struct listen *l, struct client *c, struct slice xml)
{
	struct slice type;

	if (!cotscan_attr(xml, "type", &type) || !slice_is(type, "t-x-c-t"))
		return false;
	l->n.pings++;
	if (c->q.bytes > PONG_QUEUE && (c->blocked || c->last_pong == l->now))
		return true;
	c->last_pong = l->now;
	buf_clear(&l->scratch);
	if (cotmake_pong(&l->scratch, (int64_t)(l->wall / 1000)) == 0)
		lay_down_for(l, c, buf_slice(&l->scratch));
	return true;
}

static void
bad_message(const struct client *c, const char *why, size_t bytes)
{
	struct log_line line;

	log_open(&line, LOG_BAD_MESSAGE);
	log_s(&line, "conn", c->conn);
	log_s(&line, "why", why);
	log_u64(&line, "bytes", bytes);
	log_send(&line);
}

static void
put_frame(
    struct listen *l, struct client *c, const char *label, struct slice value)
{
	struct rec_writer w;

	rec_begin(&w, l->out, "frame");
	rec_puts(&w, "conn", c->conn);
	rec_puts(&w, "via", c->via);
	rec_put_u64(&w, "t", l->wall);
	rec_put(&w, label, value);
	if (rec_end(&w) == 0) {
		l->n.messages++;
		c->messages++;
		return;
	}
	if (errno == EILSEQ) {
		l->n.nul++;
		bad_message(c, "nul", value.n);
	} else {
		l->n.no_memory++;
	}
}

static void
protobuf(struct listen *l, struct client *c, struct slice msg)
{
	if (msg.n == 0)
		return; /* legal, and says nothing (cot-streaming 4.3) */
	buf_clear(&l->scratch);
	if (base64_encode(&l->scratch, msg) < 0) {
		l->n.no_memory++;
		return;
	}
	l->n.protobuf++;
	put_frame(l, c, "pb", buf_slice(&l->scratch));
}

/* The memory of unfinished messages is bounded in all. Who holds little of it
 * is left alone: the one that makes it too much is closed. */
static int
account_unfinished(struct listen *l, struct client *c)
{
	size_t cap = c->framer.keep.cap;

	l->unfinished += cap - c->unfinished;
	c->unfinished = cap;
	if (l->unfinished <= l->cfg.input_total || cap <= SHARE_MIN)
		return 0;
	l->n.unfinished_full++;
	listen_doom(l, c, "input-full");
	return -1;
}

int
listen_input(struct listen *l, struct client *c, const char *p, size_t n)
{
	struct slice msg;
	enum frame_kind k;

	framer_feed(&c->framer, p, n);
	while ((k = framer_next(&c->framer, &msg)) != FRAME_NONE) {
		c->before_last_in = c->last_in;
		c->last_in = l->now;
		switch (k) {
		case FRAME_XML:
			if (!answer_ping(l, c, msg))
				put_frame(l, c, "xml", msg);
			break;
		case FRAME_PB:
			protobuf(l, c, msg);
			break;
		case FRAME_AUTH:
			/* Nobody is asked for a password here: like other
			 * servers on plain TCP (cot-streaming 3.1). */
			l->n.auths++;
			break;
		default:
			listen_doom(l, c, frame_kind_name(k));
			return -1;
		}
	}
	return account_unfinished(l, c);
}

/* ---- telling again ---- */

static void
tell_client(struct listen *l, const struct client *c)
{
	put_open(l, c, true);
	tell_kept(l, c);
}

void
listen_tell(struct listen *l, size_t high)
{
	struct rec_writer w;
	const struct client *c;

	while (l->telling && buf_size(l->out) < high) {
		if (l->tell_slot < l->slots.cap) {
			c = l->slots.obj[l->tell_slot++];
			if (c && !c->doomed)
				tell_client(l, c);
			continue;
		}
		l->telling = false;
		rec_begin(&w, l->out, "announced");
		rec_puts(&w, "node", l->cfg.node);
		rec_put_u64(&w, "round", l->tell_round);
		finish_record(l, &w);
	}
}

void
listen_tell_begin(struct listen *l, uint64_t round)
{
	l->telling = true;
	l->tell_slot = 0;
	l->tell_round = round;
}

/* ---- queues ---- */

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
