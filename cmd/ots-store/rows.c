#include "rows.h"

#include <errno.h>

#define CONNS_MAX 131072
/* A record has 16 MiB at most, and its texts are taken apart once or twice. */
#define ARENA_MAX ((size_t)256 << 20)

void
rows_init(struct rows *x, const uint64_t seed[2])
{
	*x = (struct rows){.arena = {.max = ARENA_MAX}};
	grants_init(&x->grants, seed);
	conns_init(&x->conns, CONNS_MAX, seed);
	own_init(&x->own, seed);
}

void
rows_fini(struct rows *x)
{
	grants_fini(&x->grants);
	conns_fini(&x->conns);
	own_fini(&x->own);
	mail_fini(&x->mail);
	arena_fini(&x->arena);
}

struct loading {
	struct rows *rows;
	int64_t now;
};

/* Of several devices at one connection (relays) the last counts as the client.
 */
static int
load_open(void *arg, const struct store_open *o)
{
	const struct loading *l = arg;
	struct conns *c = &l->rows->conns;
	struct slice conn = slice_of(o->conn), user = {NULL, 0};

	if (o->groups)
		own_put(&l->rows->own, conn, slice_of(o->groups));
	if (o->user)
		user = slice_of(o->user);
	if (o->device)
		(void)conns_learn(c, conn, slice_of(o->device), user);
	conns_hide(c, conn, user, o->incognito);
	return 0;
}

/* The writer before may not have looked for its mail. What came since it is
 * there was sent to it by ots-route. */
static int
load_device(void *arg, const struct store_device *d)
{
	const struct loading *l = arg;
	struct slice conn = slice_of(d->conn), uid = slice_of(d->uid),
		     none = {NULL, 0};

	if (!conns_open(&l->rows->conns, conn))
		return 0;
	(void)conns_learn(&l->rows->conns, conn, uid, none);
	mail_arrived(&l->rows->mail, conn, uid, d->connected_at, l->now);
	return 0;
}

int
rows_load(struct rows *x, int64_t now)
{
	struct loading l = {x, now};

	if (store_each_open(x->store, load_open, &l) < 0)
		return -1;
	return store_each_device(x->store, 0, load_device, &l);
}

void
rows_done(struct rows *x)
{
	conns_sweep(&x->conns);
	mail_done(&x->mail);
}

static void
saw(struct rows *x, int64_t t)
{
	if (t > x->last_t)
		x->last_t = t;
}

/* ---- events ---- */

/* Is it for some groups only? */
static bool
is_for_groups(const struct rec *r)
{
	struct slice raw;
	size_t pos = 1;

	while (rec_next(r, "dest-group", &pos, &raw))
		if (raw.n)
			return true;
	return false;
}

static bool
is_for(const struct rec *r, struct slice group)
{
	char text[FACTS_NAME_MAX];
	struct slice raw, name = {text, 0};
	size_t pos = 1;

	while (rec_next(r, "dest-group", &pos, &raw)) {
		if (raw.n > sizeof text)
			continue;
		name.n = rec_unescape_into(text, raw);
		if (slice_eq(name, group))
			return true;
	}
	return false;
}

/* Those of its sender's groups that it is for (as in ots-route). */
static int
narrow(struct rows *x)
{
	struct store_event *e = &x->facts.event;
	struct slice *some;
	size_t i, n = 0;

	if (!is_for_groups(&x->rec))
		return 0;
	some = arena_take(&x->arena, (e->n_groups + 1) * sizeof *some);
	if (!some)
		return -1;
	for (i = 0; i < e->n_groups; i++)
		if (is_for(&x->rec, e->groups[i]))
			some[n++] = e->groups[i];
	e->groups = some;
	e->n_groups = n;
	return 0;
}

/* Those of a connection without a user that has some of its own, else those of
 * its user. Where nobody is a user they do not count (grants.h). */
static int
sent_into(struct rows *x)
{
	struct store_event *e = &x->facts.event;
	const char *own = NULL;

	if (!e->user.n && x->grants.all.n)
		own = own_get(&x->own, e->conn);
	if (own)
		return own_groups(own, &e->groups, &e->n_groups, &x->arena);
	e->groups = grants_of(&x->grants, e->user, e->device, &e->n_groups);
	return 0;
}

/* What is known of who sent it. A device that says who it is, speaks for itself
 * (also behind a relay). */
static int
sender(struct rows *x, int64_t now)
{
	struct store_event *e = &x->facts.event;
	bool fresh;

	if (!e->conn.n)
		return narrow(x);
	if (e->identity) {
		fresh = conns_learn(&x->conns, e->conn, e->uid, e->user);
		if (fresh && !x->facts.again)
			mail_arrived(&x->mail, e->conn, e->uid, 0, now);
	}
	e->device = e->identity ? e->uid : conns_device(&x->conns, e->conn);
	return sent_into(x) < 0 ? -1 : narrow(x);
}

/* What an event says besides: X(bit, function, field). */
#define SAYS(X)                                                                \
	X(SAYS_CHAT, store_add_chat, chat)                                     \
	X(SAYS_RECEIPT, store_add_receipt, receipt)                            \
	X(SAYS_ITEM, store_add_item, item)                                     \
	X(SAYS_ALERT, store_add_alert, alert)                                  \
	X(SAYS_CASEVAC, store_add_casevac, casevac)                            \
	X(SAYS_VIDEO, store_add_video, video)                                  \
	X(SAYS_SHARE, store_add_share, share)                                  \
	X(SAYS_STATS, store_add_stats, stats)

static int
add_says(struct rows *x)
{
	const struct facts *f = &x->facts;
	size_t i;

#define X(bit, add, field)                                                     \
	if (f->says & (bit) && add(x->store, &f->field) < 0)                   \
		return -1;
	SAYS(X)
#undef X
	for (i = 0; i < f->n_deleted; i++)
		if (store_add_deletion(x->store, f->deleted[i]) < 0)
			return -1;
	return 0;
}

static bool
has_dest(const struct rec *r)
{
	size_t i;

	for (i = 1; i < r->n; i++)
		if (slice_starts(r->f[i].label, "dest-"))
			return true;
	return false;
}

/* By what else a client comes onto the others' maps and leaves them
 * (ots-route(8), Control events): what ots-route does at once is done here, so
 * that nobody is shown by latest who was not. */
static int
add_control(struct rows *x)
{
	const struct facts *f = &x->facts;
	struct slice conn = f->event.conn, uid = f->label[FACTS_LINK_UID];
	bool hides;

	if (!conn.n || !slice_starts(f->base, "t-x-"))
		return 0;
	if (slice_is(f->base, "t-x-d-d"))
		return uid.n && !has_dest(&x->rec)
		    ? store_add_left(x->store, conn, uid)
		    : 0;
	if (slice_is(f->label[FACTS_VIA], "udp"))
		return 0; /* one of many does not hide the others */
	hides = slice_is(f->base, "t-x-c-i-e");
	if (!hides && !slice_is(f->base, "t-x-c-i-d"))
		return 0;
	conns_hide(&x->conns, conn, f->event.user, hides);
	return store_add_hidden(x->store, conn, hides);
}

static int
add_event(struct rows *x, int64_t now, bool poor)
{
	struct facts *f = &x->facts;

	if (facts_event(f, &x->rec, now, &x->arena) < 0 || sender(x, now) < 0)
		return -1;
	if (f->again)
		return 0;
	/* What finds no memory is left out. */
	if (poor || facts_detail(f, &x->arena) < 0) {
		f->says = 0;
		f->n_deleted = 0;
	}
	x->tally.events++;
	saw(x, f->event.t);
	if (store_add(x->store, &f->event) < 0 || add_control(x) < 0 ||
	    add_says(x) < 0)
		return -1;
	return poor ? 0 : mail_chat(&x->mail, f, &x->rec, &x->conns, now);
}

/* ---- others ---- */

static int
add_conn(struct rows *x, int64_t now, bool open)
{
	struct store_conn c;

	if (facts_conn(&c, &x->rec, now, &x->arena) < 0)
		return -1;
	saw(x, c.t);
	if (open && c.groups.p)
		own_put(&x->own, c.conn, c.groups);
	if (open)
		return store_add_open(x->store, &c);
	conns_close(&x->conns, c.conn);
	return store_add_close(x->store, &c);
}

static int
add_delivered(struct rows *x, int64_t now)
{
	struct slice conn = facts_value(&x->rec, "conn", &x->arena),
		     receipt = facts_value(&x->rec, "receipt", &x->arena);

	if (!conn.n || !receipt.n) {
		errno = EBADMSG;
		return -1;
	}
	return mail_delivered(&x->mail, &x->conns, conn, receipt, now);
}

/* A new ots-listen: all connections of the one before are gone. */
static int
add_hello(struct rows *x, int64_t now)
{
	struct slice program = facts_value(&x->rec, "program", &x->arena),
		     node = facts_value(&x->rec, "node", &x->arena);

	if (!slice_is(program, "ots-listen") || !node.n)
		return 0;
	conns_close_node(&x->conns, node);
	latest_wanted(&x->latest);
	/* One that says no time came after all that came before it. */
	return store_add_restart(x->store, node,
	    facts_arrival(&x->rec, x->last_t ? x->last_t + 1 : now, &x->arena));
}

static int
add_record(struct rows *x, int64_t now, bool poor)
{
	if (rec_is(&x->rec, "cot"))
		return add_event(x, now, poor);
	if (rec_is(&x->rec, "open"))
		return add_conn(x, now, true);
	if (rec_is(&x->rec, "close"))
		return add_conn(x, now, false);
	if (rec_is(&x->rec, "delivered"))
		return add_delivered(x, now);
	if (rec_is(&x->rec, "hello"))
		return add_hello(x, now);
	/* ots-route may be new. Who is here it was told by ots-listen. */
	if (rec_is(&x->rec, "announced"))
		latest_wanted(&x->latest);
	return 0;
}

int
rows_add(struct rows *x, struct slice line, int64_t now, bool poor)
{
	int r;

	if (line.n == 0)
		return 0;
	arena_clear(&x->arena);
	x->tally.records++;
	if (!utf8_valid(line.p, line.n) || rec_parse(&x->rec, line) < 0) {
		x->tally.bad++;
		return 0;
	}
	r = add_record(x, now, poor);
	if (r < 0 && errno == EBADMSG) {
		x->tally.bad++;
		r = 0;
	}
	return r;
}
