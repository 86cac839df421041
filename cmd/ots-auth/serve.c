#include "serve.h"

#include <errno.h>
#include <stdlib.h>

#include "feed.h"
#include "local.h"
#include "log.h"
#include "secret.h"

#define IDS "auth"

struct client {
	struct local_client local; /* first: see local.h */
	struct feed feed;
	bool watches;
	uint64_t told_bad;
};

struct serve {
	struct serve_config cfg;
	struct local local;
	struct snap *snap; /* the newest; NULL: none yet */
	struct buf text;   /* scratch for unescaped values */
	uint64_t watchers, stuck, lists;
};

static struct serve *
serve_of(const struct local_client *c)
{
	return c->local->arg;
}

static struct client *
client_of(struct local_client *c)
{
	return (struct client *)c;
}

/* --- what it says --- */

static void
on_watch(struct client *c)
{
	struct serve *s = serve_of(&c->local);

	if (c->watches)
		return;
	c->watches = true;
	s->watchers++;
	if (s->snap != NULL)
		feed_snap(&c->feed, s->snap);
}

/* A label's value without escapes, in s->text, which has the room. */
static bool
value(
    struct serve *s, const struct rec *r, const char *label, struct slice *out)
{
	struct slice raw;
	char *to;

	*out = (struct slice){"", 0};
	if (!rec_raw(r, label, &raw))
		return false;
	to = buf_reserve(&s->text, raw.n + 1);
	if (to == NULL)
		return false;
	*out = (struct slice){to, rec_unescape_into(to, raw)};
	buf_commit(&s->text, out->n);
	return true;
}

static bool
on_auth(struct client *c, const struct rec *r)
{
	struct serve *s = serve_of(&c->local);
	struct check_ask ask = {.client = c->local.slot};
	bool good;

	good = value(s, r, "id", &ask.id) && ask.id.n > 0 &&
	    ask.id.n <= CHECK_ID_MAX && value(s, r, "name", &ask.name) &&
	    value(s, r, "secret", &ask.secret);
	(void)value(s, r, "peer", &ask.peer);
	if (good)
		s->cfg.on_ask(s->cfg.arg, &ask);
	secret_wipe(s->text.p, s->text.cap);
	buf_clear(&s->text);
	return good;
}

static bool
on_record(struct local_client *c, const struct rec *r)
{
	if (rec_is(r, "watch"))
		on_watch(client_of(c));
	else if (rec_is(r, "auth"))
		return on_auth(client_of(c), r);
	else
		return rec_is(r, "hello");
	return true;
}

/* The bytes of passwords are in the chunk, and in the line that was put
 * together from two reads. */
static void
wipe(struct local_client *c)
{
	secret_wipe(c->local->chunk, WIRE_READ);
	buf_wipe_rest(&c->in.lines.keep);
}

static void
log_bad(struct client *c)
{
	uint64_t bad = c->local.in.bad;
	struct log_line l;

	if (bad == c->told_bad)
		return;
	log_open(&l, LOG_BAD_RECORD);
	log_s(&l, "conn", c->local.id);
	log_u64(&l, "records", bad - c->told_bad);
	log_send(&l);
	c->told_bad = bad;
}

static void
on_batch(struct local_client *c)
{
	struct serve *s = serve_of(c);

	wipe(c);
	log_bad(client_of(c));
	s->cfg.on_batch(s->cfg.arg);
}

/* --- a client's life --- */

static void
on_feed_end(void *arg, bool stuck)
{
	struct client *c = arg;

	if (stuck) {
		serve_of(&c->local)->stuck++;
		local_log(&c->local, "stuck");
	}
	local_end(&c->local);
}

static int
on_join(struct local_client *lc)
{
	struct client *c = client_of(lc);

	c->feed = (struct feed){.on_end = on_feed_end, .arg = c};
	feed_open(&c->feed, &lc->out);
	/* All at once: growing would leave copies of passwords behind. */
	return buf_reserve(&lc->in.lines.keep, SERVE_LINE_MAX) != NULL ? 0 : -1;
}

static void
on_room(struct local_client *c)
{
	feed_room(&client_of(c)->feed);
}

/* Whoever takes no answers asks nothing. */
static void
on_deaf(struct local_client *c)
{
	feed_gone(&client_of(c)->feed);
}

static void
on_leave(struct local_client *lc)
{
	struct client *c = client_of(lc);
	struct serve *s = serve_of(lc);

	s->watchers -= c->watches;
	s->lists += c->feed.lists;
	feed_close(&c->feed);
}

struct serve *
serve_open(const struct serve_config *cfg)
{
	struct serve *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	s->local = (struct local){
	    .path = cfg->path,
	    .mode = cfg->mode,
	    .program = "ots-auth",
	    .node = cfg->node,
	    .ids = IDS,
	    .max = SERVE_CLIENTS,
	    .size = sizeof(struct client),
	    .chunk = cfg->chunk,
	    .line_max = SERVE_LINE_MAX,
	    .queue_high = FEED_HIGH,
	    .queue_max = FEED_MAX,
	    .on_join = on_join,
	    .on_record = on_record,
	    .on_batch = on_batch,
	    .on_room = on_room,
	    .on_deaf = on_deaf,
	    .on_leave = on_leave,
	    .arg = s,
	};
	buf_init(&s->text, 2 * SERVE_LINE_MAX);
	if (buf_reserve(&s->text, 2 * SERVE_LINE_MAX) == NULL ||
	    local_open(&s->local, cfg->loop) < 0)
		serve_close(&s);
	return s;
}

void
serve_close(struct serve **sp)
{
	struct serve *s = *sp;
	int err = errno;

	*sp = NULL;
	if (s == NULL)
		return;
	local_close(&s->local);
	buf_fini(&s->text);
	snap_drop(&s->snap);
	free(s);
	errno = err;
}

/* --- from the others --- */

void
serve_snap(struct serve *s, struct snap *snap)
{
	struct local_client *c;

	(void)snap_ref(snap);
	snap_drop(&s->snap);
	s->snap = snap;
	TAILQ_FOREACH(c, &s->local.clients, link)
	{
		if (client_of(c)->watches && !c->deaf)
			feed_snap(&client_of(c)->feed, snap);
	}
}

void
serve_verdict(struct serve *s, const struct check_ask *ask, const char *why)
{
	struct local_client *c = local_get(&s->local, ask->client);
	struct rec_writer w;

	if (c == NULL || c->deaf)
		return;
	rec_begin(&w, &c->out.q, "verdict");
	rec_put(&w, "id", ask->id);
	rec_put(&w, "name", ask->name);
	rec_puts(&w, "ok", why == NULL ? "1" : "0");
	if (why != NULL)
		rec_puts(&w, "why", why);
	/* A verdict is owed: who cannot be told asks anew. */
	if (rec_end(&w) < 0)
		feed_overrun(&client_of(c)->feed);
}

void
serve_flush(struct serve *s)
{
	struct local_client *c;

	TAILQ_FOREACH(c, &s->local.clients, link)
	{
		if (!c->deaf && buf_size(&c->out.q) > 0)
			feed_pump(&client_of(c)->feed);
	}
}

void
serve_wipe(struct serve *s)
{
	struct local_client *c;

	secret_wipe(s->text.p, s->text.cap);
	TAILQ_FOREACH(c, &s->local.clients, link)
	{
		buf_fini(&c->in.lines.keep);
	}
}

struct serve_counts
serve_counts(const struct serve *s)
{
	struct local_counts k = local_counts(&s->local);
	struct serve_counts n = {
	    .clients = k.clients,
	    .watchers = s->watchers,
	    .records = k.records,
	    .bad = k.bad,
	    .refused = k.refused,
	    .stuck = s->stuck,
	    .lists = s->lists,
	};
	struct local_client *c;

	TAILQ_FOREACH(c, &s->local.clients, link)
	{
		n.lists += client_of(c)->feed.lists;
	}
	return n;
}
