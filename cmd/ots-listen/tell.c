#include "tell.h"

/* In one record, beside its other labels. */
#define KEYS_TOLD (REC_FIELDS_MAX - 8)

#define STEP_US ((uint64_t)1000000)

void
tell_end(struct listen *l, struct rec_writer *w)
{
	if (rec_end(w) < 0)
		l->n.no_memory++;
}

/* Who it is. The values were escaped once, when it was let in. */
static void
put_who(struct rec_writer *w, const struct client *c)
{
	if (!c->who)
		return;
	rec_put_raw(w, "user", slice_of(c->who->raw));
	if (c->who->peer.serial[0])
		rec_put_raw(w, "serial", slice_of(c->who->peer.serial));
}

static void
begin_frame(
    struct listen *l, struct rec_writer *w, const struct client *c, uint64_t t)
{
	rec_begin(w, l->out, "frame");
	rec_puts(w, "conn", c->conn);
	put_who(w, c);
	rec_puts(w, "via", c->via);
	rec_put_u64(w, "t", t);
}

void
tell_frame(struct listen *l, struct rec_writer *w, struct client *c)
{
	uint64_t t = l->wall;

	/* Many come in one read. (If the clock was set back, so be it.) */
	if (t <= c->last_t && c->last_t - t < STEP_US)
		t = c->last_t + 1;
	c->last_t = t;
	begin_frame(l, w, c, t);
}

/* Keys by which a client is named: it may have made itself thousands. */
static bool
is_name(struct slice key)
{
	return slice_starts(key, "uid:") || slice_starts(key, "callsign:");
}

/* A record may not hold all. Groups and marks come first: of a group that is
 * not told ots-route would not know that the client must leave it. Names that
 * find no room are bound anew when ots-route is told the positions. */
static void
put_keys(struct rec_writer *w, const struct client *c)
{
	uint32_t i, n = 0, names;

	for (names = 0; names < 2; names++)
		for (i = 0; i < c->holder.n && n < KEYS_TOLD; i++) {
			struct slice key = c->holder.held[i].key->name;

			if (is_name(key) != (names == 1))
				continue;
			rec_put_raw(w, "key", key);
			n++;
		}
}

void
tell_open(struct listen *l, const struct client *c, bool again)
{
	struct rec_writer w;

	rec_begin(&w, l->out, "open");
	rec_puts(&w, "conn", c->conn);
	rec_puts(&w, "via", c->via);
	rec_puts(&w, "peer", c->peer);
	if (c->group)
		rec_puts(&w, "group", c->group);
	put_who(&w, c);
	rec_put_u64(&w, "t", c->since);
	if (again) {
		rec_puts(&w, "again", "1");
		put_keys(&w, c);
	}
	tell_end(l, &w);
}

static void
kept_again(struct listen *l, const struct client *c)
{
	struct rec_writer w;
	uint32_t i;

	for (i = 0; i < c->n_kept; i++) {
		if (c->kept[i].n == 0)
			continue; /* there was no room for it */
		begin_frame(l, &w, c, l->wall);
		rec_puts(&w, "again", "1");
		rec_put_raw(
		    &w, "xml", (struct slice){c->kept[i].raw, c->kept[i].n});
		tell_end(l, &w);
	}
}

void
tell_close(struct listen *l, const struct client *c, const char *why)
{
	struct rec_writer w;

	/* An ots-route that was just started must know who it was that left. */
	kept_again(l, c);
	rec_begin(&w, l->out, "close");
	rec_puts(&w, "conn", c->conn);
	put_who(&w, c);
	rec_puts(&w, "why", why);
	rec_put_u64(&w, "t", l->wall);
	tell_end(l, &w);
}

void
tell_delivered(
    struct listen *l, const struct client *c, const struct receipt *r)
{
	struct rec_writer w;

	rec_begin(&w, l->out, "delivered");
	rec_puts(&w, "conn", c->conn);
	rec_put_raw(&w, "receipt", (struct slice){r->text, r->n});
	rec_put_u64(&w, "t", l->wall);
	tell_end(l, &w);
}

/* ---- telling again ---- */

static void
tell_client(struct listen *l, const struct client *c)
{
	tell_open(l, c, true);
	kept_again(l, c);
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
		tell_end(l, &w);
	}
}

void
listen_tell_begin(struct listen *l, uint64_t round)
{
	l->telling = true;
	l->tell_slot = 0;
	l->tell_round = round;
}
