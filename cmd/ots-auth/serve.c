#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "feed.h"
#include "log.h"
#include "net.h"
#include "passwd.h"
#include "wire.h"

#define NODE "auth"

struct client {
	TAILQ_ENTRY(client) link;
	struct serve *serve;
	struct wire_in in;
	struct feed feed;
	struct loop_task reap;
	struct slot_id slot;
	int fd, fd_out;
	bool watches, ending;
	uint64_t told_bad;
};

struct serve {
	struct serve_config cfg;
	struct loop_io io;
	int fd;
	struct slots slots;
	TAILQ_HEAD(, client) clients;
	struct snap *snap; /* the newest; NULL: none yet */
	struct buf text;   /* scratch for unescaped values */
	struct serve_counts counts;
};

/* --- a client's life --- */

static void
client_log(const struct client *c, const char *what)
{
	struct log_line l;
	char id[SLOT_TEXT_MAX];

	if (slots_text(&c->serve->slots, c->slot, id) < 0)
		return;
	log_open(&l, LOG_LOCAL);
	log_s(&l, "what", what);
	log_s(&l, "conn", id);
	log_u64(&l, "records", c->in.records);
	log_u64(&l, "bad", c->in.bad);
	log_send(&l);
}

static void
client_free(struct client *c)
{
	struct serve *s = c->serve;

	TAILQ_REMOVE(&s->clients, c, link);
	slots_free(&s->slots, c->slot);
	s->counts.records += c->in.records;
	s->counts.bad += c->in.bad - c->told_bad;
	s->counts.clients--;
	s->counts.watchers -= c->watches;
	s->counts.lists += c->feed.lists;
	wire_in_close(&c->in);
	feed_close(&c->feed);
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

/* Its memory stays until the present handlers have returned. */
static void
client_end(struct client *c)
{
	c->ending = true;
	loop_later(c->serve->cfg.loop, &c->reap, client_reap, c);
}

static void
on_feed_end(void *arg, bool stuck)
{
	struct client *c = arg;

	if (stuck) {
		c->serve->counts.stuck++;
		client_log(c, "stuck");
	}
	client_end(c);
}

/* --- what it says --- */

static void
on_watch(struct client *c)
{
	struct serve *s = c->serve;

	if (c->watches)
		return;
	c->watches = true;
	s->counts.watchers++;
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
	struct serve *s = c->serve;
	struct check_ask ask = {.client = c->slot};
	bool good;

	good = value(s, r, "id", &ask.id) && ask.id.n > 0 &&
	    ask.id.n <= CHECK_ID_MAX && value(s, r, "name", &ask.name) &&
	    value(s, r, "secret", &ask.secret);
	(void)value(s, r, "peer", &ask.peer);
	if (good)
		s->cfg.on_ask(s->cfg.arg, &ask);
	passwd_wipe(s->text.p, s->text.cap);
	buf_clear(&s->text);
	return good;
}

static void
on_record(void *arg, const struct rec *r)
{
	struct client *c = arg;

	if (c->ending)
		return;
	if (rec_is(r, "watch"))
		on_watch(c);
	else if (!rec_is(r, "hello") && (!rec_is(r, "auth") || !on_auth(c, r)))
		c->in.bad++;
}

/* The bytes of passwords are in the chunk, and in the line that was put
 * together from two reads. */
static void
wipe(struct client *c)
{
	passwd_wipe(c->serve->cfg.chunk, WIRE_READ);
	buf_wipe_rest(&c->in.lines.keep);
}

static void
log_bad(struct client *c)
{
	struct log_line l;
	char id[SLOT_TEXT_MAX];

	if (c->in.bad == c->told_bad ||
	    slots_text(&c->serve->slots, c->slot, id) < 0)
		return;
	log_open(&l, LOG_BAD_RECORD);
	log_s(&l, "conn", id);
	log_u64(&l, "records", c->in.bad - c->told_bad);
	log_send(&l);
	c->serve->counts.bad += c->in.bad - c->told_bad;
	c->told_bad = c->in.bad;
}

static void
on_batch(void *arg)
{
	struct client *c = arg;

	wipe(c);
	log_bad(c);
	c->serve->cfg.on_batch(c->serve->cfg.arg);
}

/* It may have closed its writing side only, to go on watching. */
static void
on_in_end(void *arg, int err)
{
	struct client *c = arg;

	wipe(c);
	if (err != 0)
		client_end(c);
}

/* --- clients that come --- */

/* One descriptor for each direction, since a loop watches one only once. */
static int
client_wires(struct client *c)
{
	struct serve *s = c->serve;

	c->in = (struct wire_in){.on_record = on_record,
	    .on_batch = on_batch,
	    .on_end = on_in_end,
	    .arg = c};
	c->feed = (struct feed){.on_end = on_feed_end, .arg = c};
	c->fd_out = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	if (c->fd_out < 0 || feed_open(&c->feed, s->cfg.loop, c->fd_out) < 0 ||
	    wire_in_open(
		&c->in, s->cfg.loop, c->fd, s->cfg.chunk, SERVE_LINE_MAX) < 0 ||
	    buf_reserve(&c->in.lines.keep, SERVE_LINE_MAX) == NULL)
		return -1;
	return rec_hello(&c->feed.out.q, "ots-auth", s->cfg.node, 0);
}

static void
refuse(struct serve *s, int fd, const char *why)
{
	s->counts.refused++;
	log_kv(LOG_REFUSE, "via", "local", "why", why, NULL);
	close(fd);
}

static void
client_new(struct serve *s, int fd)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL) {
		refuse(s, fd, "no memory");
		return;
	}
	c->serve = s;
	c->fd = fd;
	c->fd_out = -1;
	if (slots_take(&s->slots, c, &c->slot) < 0) {
		refuse(s, fd, "too many local programs");
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	s->counts.clients++;
	if (client_wires(c) < 0) {
		s->counts.refused++;
		log_kv(
		    LOG_REFUSE, "via", "local", "why", strerror(errno), NULL);
		client_free(c);
		return;
	}
	client_log(c, "joined");
	feed_pump(&c->feed);
}

static void
acceptable(void *arg, uint32_t events)
{
	struct serve *s = arg;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct log_line line;
	int err = errno;

	(void)events;
	if (fd >= 0) {
		client_new(s, fd);
	} else if (err != EAGAIN && err != EINTR && err != ECONNABORTED) {
		log_open(&line, LOG_SYSTEM);
		log_s(&line, "call", "accept");
		log_errno(&line, err);
		log_send(&line);
	}
}

struct serve *
serve_open(const struct serve_config *cfg)
{
	struct serve *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	s->fd = -1;
	TAILQ_INIT(&s->clients);
	buf_init(&s->text, 2 * SERVE_LINE_MAX);
	if (slots_init(&s->slots, NODE, SERVE_CLIENTS, clock_wall_us()) < 0 ||
	    buf_reserve(&s->text, 2 * SERVE_LINE_MAX) == NULL)
		goto fail;
	s->fd = net_listen_unix(cfg->path, cfg->mode);
	if (s->fd < 0 ||
	    loop_add(cfg->loop, &s->io, s->fd, LOOP_IN, acceptable, s) < 0)
		goto fail;
	log_kv(LOG_LISTEN, "via", "local", "path", cfg->path, NULL);
	return s;
fail:
	serve_close(&s);
	return NULL;
}

void
serve_close(struct serve **sp)
{
	struct serve *s = *sp;
	struct client *c, *next;
	int err = errno;

	*sp = NULL;
	if (s == NULL)
		return;
	for (c = TAILQ_FIRST(&s->clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		client_free(c);
	}
	if (s->fd >= 0) {
		loop_del(s->cfg.loop, &s->io);
		close(s->fd);
		(void)unlink(s->cfg.path);
	}
	slots_fini(&s->slots);
	buf_fini(&s->text);
	snap_drop(&s->snap);
	free(s);
	errno = err;
}

/* --- from the others --- */

void
serve_snap(struct serve *s, struct snap *snap)
{
	struct client *c;

	(void)snap_ref(snap);
	snap_drop(&s->snap);
	s->snap = snap;
	TAILQ_FOREACH(c, &s->clients, link)
	{
		if (c->watches && !c->ending)
			feed_snap(&c->feed, snap);
	}
}

void
serve_verdict(struct serve *s, const struct check_ask *ask, const char *why)
{
	struct client *c = slots_get(&s->slots, ask->client);
	struct rec_writer w;

	if (c == NULL || c->ending)
		return;
	rec_begin(&w, &c->feed.out.q, "verdict");
	rec_put(&w, "id", ask->id);
	rec_put(&w, "name", ask->name);
	rec_puts(&w, "ok", why == NULL ? "1" : "0");
	if (why != NULL)
		rec_puts(&w, "why", why);
	/* A verdict is owed: who cannot be told asks anew. */
	if (rec_end(&w) < 0)
		feed_overrun(&c->feed);
}

void
serve_flush(struct serve *s)
{
	struct client *c;

	TAILQ_FOREACH(c, &s->clients, link)
	{
		if (!c->ending && buf_size(&c->feed.out.q) > 0)
			feed_pump(&c->feed);
	}
}

void
serve_wipe(struct serve *s)
{
	struct client *c;

	passwd_wipe(s->text.p, s->text.cap);
	TAILQ_FOREACH(c, &s->clients, link)
	{
		buf_fini(&c->in.lines.keep);
	}
}

struct serve_counts
serve_counts(const struct serve *s)
{
	struct serve_counts n = s->counts;
	const struct client *c;

	TAILQ_FOREACH(c, &s->clients, link)
	{
		n.records += c->in.records;
		n.bad += c->in.bad - c->told_bad;
		n.lists += c->feed.lists;
	}
	return n;
}
