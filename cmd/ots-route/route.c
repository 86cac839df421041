#include "state.h"

#include <errno.h>
#include <stdlib.h>

#include "cotscan.h"
#include "log.h"

#define SCRATCH_MAX (REC_LINE_MAX + 65536)
#define PROGRAM     "ots-route"
#define FEED_ID     "feed"
#define STORED_ID   "stored"

/* The answer names the round, so that answers to earlier questions are not
 * mistaken for it. */
void
route_ask(struct route *r, struct route_now now)
{
	r->round = now.wall_us > r->round ? now.wall_us : r->round + 1;
	r->asked_us = now.mono_us;
	r->synced = false;
	if (rec_hello(r->out, PROGRAM, r->cfg.node, r->round, 0) < 0)
		r->count[ROUTE_DROPPED]++;
}

static void
synced(struct route *r)
{
	r->synced = true;
	latest_synced(r);
}

/* The pseudo-connection of all local programs together, or of those of whom
 * only ots-store knows. */
static struct conn *
feed_new(struct route *r, const char *id)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->id_n = strlen(id);
	memcpy(c->id, id, c->id_n + 1);
	c->feed = true;
	c->access = ACCESS_OK;
	c->in = gset_ref(r->anon);
	c->out = gset_ref(r->anon);
	TAILQ_INIT(&c->idents);
	return c;
}

struct route *
route_new(const struct route_config *cfg, struct route_now now)
{
	static const struct slice anon = {"__ANON__", 8};
	struct route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->cfg = *cfg;
	r->out = cfg->out;
	map_init(&r->conns, cfg->seed);
	map_init(&r->idents, cfg->seed);
	map_init(&r->uids, cfg->seed);
	map_init(&r->callsigns, cfg->seed);
	groups_init(&r->groups, cfg->seed);
	users_init(&r->users, &r->groups, cfg->seed);
	map_init(&r->peers, cfg->seed);
	TAILQ_INIT(&r->latest);
	TAILQ_INIT(&r->newcomers);
	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->alarming);
	TAILQ_INIT(&r->alerts);
	TAILQ_INIT(&r->changed);
	r->exact_max = EXACT_MAX;
	buf_init(&r->key, SCRATCH_MAX);
	buf_init(&r->xml, SCRATCH_MAX);
	buf_init(&r->a, SCRATCH_MAX);
	buf_init(&r->b, SCRATCH_MAX);
	r->anon = gset_make(&r->groups, &anon, 1);
	r->nobody = gset_make(&r->groups, NULL, 0);
	if (r->anon != NULL && r->nobody != NULL) {
		r->feed = feed_new(r, FEED_ID);
		r->stored = feed_new(r, STORED_ID);
	}
	if (r->feed == NULL || r->stored == NULL) {
		route_free(&r);
		return NULL;
	}
	route_ask(r, now);
	return r;
}

void
route_free(struct route **rp)
{
	struct route *r = *rp;
	struct slice id;
	size_t pos = 0;
	void *v;

	*rp = NULL;
	if (r == NULL)
		return;
	if (r->n_serving > 0)
		TAILQ_REMOVE(&r->latest, &r->mark, link);
	while (map_next(&r->conns, &pos, &id, &v))
		conn_free(r, v);
	if (r->feed != NULL)
		conn_free(r, r->feed);
	if (r->stored != NULL)
		conn_free(r, r->stored);
	alert_free_all(r);
	users_fini(&r->users);
	gset_unref(&r->groups, r->anon);
	gset_unref(&r->groups, r->nobody);
	free(r->lost.v);
	map_fini(&r->conns);
	map_fini(&r->idents);
	map_fini(&r->uids);
	map_fini(&r->callsigns);
	groups_fini(&r->groups);
	map_fini(&r->peers);
	buf_fini(&r->key);
	buf_fini(&r->xml);
	buf_fini(&r->a);
	buf_fini(&r->b);
	free(r);
}

void
route_log_bad(const struct rec *rec, const char *why)
{
	struct log_line l;

	log_open(&l, LOG_BAD_RECORD);
	log_str(&l, "kind", rec->kind);
	log_s(&l, "why", why);
	log_send(&l);
}

static void
bad_record(struct route *r, const struct rec *rec, const char *why)
{
	r->count[ROUTE_BAD]++;
	route_log_bad(rec, why);
}

/* --- events --- */

static void
on_again(struct route *r, struct conn *c, const struct event *e,
    struct route_now now)
{
	struct ident *i;

	r->count[ROUTE_AGAIN]++;
	if (event_alert(e))
		alert_again(r, c, e, now);
	if (!e->identity)
		return;
	access_device(r, c, e->uid, now);
	i = ident_learn(r, c, e);
	/* What we have ourselves is as new as what ots-listen kept, or newer.
	 */
	if (i != NULL && i->pos.xml == NULL && !c->incognito)
		latest_store(r, i, e, c->in, false);
}

static void
on_event(struct route *r, struct conn *c, struct event *e, struct route_now now)
{
	r->count[ROUTE_EVENTS]++;
	switch (control_event(r, c, e, now)) {
	case CONTROL_CONSUMED:
		r->count[ROUTE_CONSUMED]++;
		return;
	case CONTROL_FORBIDDEN:
		r->count[ROUTE_FORBIDDEN]++;
		return;
	case CONTROL_FORWARD:
		break;
	}
	if (e->marti) {
		buf_clear(&r->xml);
		if (event_strip(e, &r->xml) < 0) {
			bad_record(r, e->rec, "marti");
			return;
		}
		e->xml = buf_slice(&r->xml);
	}
	deliver_event(r, c, e, now);
}

/* The event of a local program goes into the groups that it names, else
 * __ANON__. */
static void
on_feed(struct route *r, struct event *e, struct route_now now)
{
	struct slice names[GROUPS_MAX], name;
	struct conn *c = r->feed;
	size_t n = 0, pos = 0;

	e->again = false; /* only ots-listen tells again */
	while (n < GROUPS_MAX && rec_next(e->rec, "group", &pos, &name)) {
		if (name.n > 0)
			names[n++] = name;
	}
	if (n == 0) {
		e->in = gset_ref(r->anon);
	} else if (gset_is(c->in, names, n)) {
		e->in = gset_ref(c->in);
	} else {
		e->in = gset_make(&r->groups, names, n);
		if (e->in == NULL) {
			r->count[ROUTE_DROPPED]++;
			return;
		}
		/* Kept for the next event, which mostly names the same. */
		gset_unref(&r->groups, c->in);
		c->in = gset_ref(e->in);
	}
	on_event(r, c, e, now);
	gset_unref(&r->groups, e->in);
}

static void
on_cot(struct route *r, const struct rec *rec, struct route_now now)
{
	struct event e;
	struct conn *c;

	if (event_read(&e, rec) < 0) {
		bad_record(r, rec, "labels missing");
		return;
	}
	if (e.conn.n == 0) {
		on_feed(r, &e, now);
		return;
	}
	c = conn_find(r, e.conn);
	if (c == NULL)
		c = conn_make(r, e.conn);
	if (c == NULL) {
		bad_record(r, rec, "conn");
		return;
	}
	if (c->access != ACCESS_OK && !access_event(r, c, rec))
		return;
	c->round = r->round;
	e.in = c->in;
	if (e.again)
		on_again(r, c, &e, now);
	else
		on_event(r, c, &e, now);
}

/* --- connections --- */

static void
on_open(struct route *r, const struct rec *rec, struct route_now now)
{
	struct slice id;
	struct conn *c = NULL;

	if (rec_raw(rec, "conn", &id)) {
		c = conn_find(r, id);
		if (c == NULL)
			c = conn_make(r, id);
	}
	if (c == NULL) {
		bad_record(r, rec, "conn");
		return;
	}
	if (access_open(r, c, rec, now) < 0) {
		bad_record(r, rec, "another user, or other groups");
		return;
	}
	c->round = r->round;
	if (c->held != NULL)
		hold_release(r, c, on_cot, now);
}

static void
on_close(struct route *r, const struct rec *rec, struct route_now now)
{
	struct slice id;
	struct conn *c;

	if (!rec_raw(rec, "conn", &id)) {
		bad_record(r, rec, "conn");
		return;
	}
	c = conn_find(r, id);
	if (c != NULL)
		conn_gone(r, c, now);
}

/* --- other programs --- */

static void
on_hello(struct route *r, const struct rec *rec, struct route_now now)
{
	struct slice program = {"", 0}, node = {"", 0};
	struct log_line l;

	(void)rec_raw(rec, "program", &program);
	(void)rec_raw(rec, "node", &node);
	log_open(&l, LOG_PEER_HELLO);
	log_str(&l, "program", program);
	log_str(&l, "node", node);
	log_send(&l);
	if (slice_is(program, "ots-listen")) {
		/* A new ots-listen has no connections: nothing to wait for. */
		conn_sweep(r, node, false, now);
		synced(r);
	} else {
		/* What it had in hand when it was killed is lost. */
		route_ask(r, now);
	}
}

static void
on_announced(struct route *r, const struct rec *rec, struct route_now now)
{
	struct slice node = {"", 0};
	struct log_line l;
	uint64_t round;

	if (rec_u64(rec, "round", UINT64_MAX, &round) < 0 ||
	    !rec_raw(rec, "node", &node)) {
		bad_record(r, rec, "labels missing");
		return;
	}
	if (round != r->round)
		return; /* the answer to an earlier question */
	conn_sweep(r, node, true, now);
	synced(r);
	log_open(&l, LOG_SYNC);
	log_str(&l, "node", node);
	log_u64(&l, "conns", r->conns.n);
	log_u64(&l, "uids", r->n_idents);
	log_send(&l);
}

void
route_record(struct route *r, const struct rec *rec, struct route_now now)
{
	r->count[ROUTE_RECORDS]++;
	if (!r->synced && now.mono_us - r->asked_us >= SYNC_US)
		synced(r); /* nobody answers: a file, or another source */
	if (rec_is(rec, "cot"))
		on_cot(r, rec, now);
	else if (rec_is(rec, "open"))
		on_open(r, rec, now);
	else if (rec_is(rec, "close"))
		on_close(r, rec, now);
	else if (rec_is(rec, "hello"))
		on_hello(r, rec, now);
	else if (rec_is(rec, "announced"))
		on_announced(r, rec, now);
	else if (rec_is(rec, "mail"))
		store_mail(r, rec);
	else if (rec_is(rec, "latest"))
		stored_latest(r, rec, now);
	/* What we do not know ends here. */
}

/* What other taps see of an injected event: under the id of its program,
 * whatever that program wrote there. */
static void
copy_for_taps(struct buf *tap, const struct rec *rec, struct slice id)
{
	static const char *const skip[] = {
	    "conn", "via", "user", "serial", "again", NULL};
	struct rec_writer w;

	rec_begin(&w, tap, "cot");
	rec_put(&w, "conn", id);
	rec_puts(&w, "via", "local");
	rec_put_fields(&w, rec, skip);
	(void)rec_end(&w);
}

int
route_inject(struct route *r, const struct rec *rec, struct slice id,
    struct buf *tap, struct route_now now)
{
	struct event e;

	if (rec_is(rec, "hello"))
		return 0;
	if (!rec_is(rec, "cot")) {
		bad_record(r, rec, "not a kind for local programs");
		errno = EBADMSG;
		return -1;
	}
	if (event_read(&e, rec) < 0 || !cotscan_canonical(e.xml)) {
		bad_record(r, rec, "not an event of ots-parse");
		errno = EBADMSG;
		return -1;
	}
	r->count[ROUTE_INJECTED]++;
	if (tap != NULL)
		copy_for_taps(tap, rec, id);
	on_feed(r, &e, now);
	return 0;
}

void
route_batch_end(struct route *r, struct route_now now)
{
	latest_serve(r, now);
}

bool
route_pending(const struct route *r)
{
	return r->n_serving > 0 || !TAILQ_EMPTY(&r->newcomers) ||
	    !TAILQ_EMPTY(&r->alarming);
}

uint64_t
route_count(const struct route *r, enum route_counter c)
{
	return r->count[c];
}

const char *
route_counter_name(enum route_counter c)
{
	static const char *const names[] = {
#define X(id, name, help) name,
	    ROUTE_COUNTERS(X)
#undef X
	};

	return names[c];
}

struct route_gauges
route_gauges(const struct route *r)
{
	return (struct route_gauges){r->conns.n, r->n_idents, r->latest_bytes,
	    r->n_alerts, r->users.known, r->users.bad, r->users.torn};
}
