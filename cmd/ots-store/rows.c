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
}

void
rows_fini(struct rows *x)
{
	grants_fini(&x->grants);
	conns_fini(&x->conns);
	mail_fini(&x->mail);
	arena_fini(&x->arena);
}

struct loading {
	struct rows *rows;
	int64_t now;
};

static int
load_device(void *arg, const struct store_device *d)
{
	const struct loading *l = arg;
	struct slice conn = slice_of(d->conn), uid = slice_of(d->uid);

	if (conns_learn(&l->rows->conns, conn, uid))
		mail_arrived(&l->rows->mail, conn, uid, l->now);
	return 0;
}

/* Of several devices at one connection (relays), any counts as the client. */
int
rows_load(struct rows *x, int64_t now)
{
	struct loading l = {x, now};

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

/* What is known of who sent it. A device that says who it is, speaks for itself
 * (also behind a relay). */
static void
sender(struct rows *x, int64_t now)
{
	struct store_event *e = &x->facts.event;
	bool fresh;

	if (!e->conn.n)
		return;
	if (e->identity) {
		fresh = conns_learn(&x->conns, e->conn, e->uid);
		if (fresh && !x->facts.again)
			mail_arrived(&x->mail, e->conn, e->uid, now);
	}
	e->device = e->identity ? e->uid : conns_device(&x->conns, e->conn);
	e->groups = grants_of(&x->grants, e->user, e->device, &e->n_groups);
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

static int
add_event(struct rows *x, int64_t now, bool poor)
{
	struct facts *f = &x->facts;

	if (facts_event(f, &x->rec, now, &x->arena) < 0)
		return -1;
	sender(x, now);
	if (f->again)
		return 0;
	/* What finds no memory is left out. */
	if (poor || facts_detail(f, &x->arena) < 0) {
		f->says = 0;
		f->n_deleted = 0;
	}
	x->tally.events++;
	saw(x, f->event.t);
	if (store_add(x->store, &f->event) < 0 || add_says(x) < 0)
		return -1;
	return poor ? 0 : mail_chat(&x->mail, f, &x->rec, now);
}

/* ---- others ---- */

static int
add_conn(struct rows *x, int64_t now, bool open)
{
	struct store_conn c;

	if (facts_conn(&c, &x->rec, now, &x->arena) < 0)
		return -1;
	saw(x, c.t);
	if (open)
		return store_add_open(x->store, &c);
	conns_close(&x->conns, c.conn);
	return store_add_close(x->store, &c);
}

static int
add_delivered(struct rows *x, int64_t now)
{
	struct slice conn = facts_value(&x->rec, "conn", &x->arena),
		     receipt = facts_value(&x->rec, "receipt", &x->arena),
		     device = conns_device(&x->conns, conn);

	if (!conn.n || !receipt.n) {
		errno = EBADMSG;
		return -1;
	}
	if (!device.n)
		return 0;
	return store_add_delivered(x->store, receipt, device, now);
}

/* A new ots-listen: all connections of the one before are gone. */
static int
add_hello(struct rows *x, int64_t now)
{
	struct slice program = facts_value(&x->rec, "program", &x->arena),
		     node = facts_value(&x->rec, "node", &x->arena);

	if (!slice_is(program, "ots-listen") || !node.n)
		return 0;
	latest_wanted(&x->latest);
	/* It says no time: it came after all that came before it. */
	return store_add_restart(
	    x->store, node, x->last_t ? x->last_t + 1 : now);
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
