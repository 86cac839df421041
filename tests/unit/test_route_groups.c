/* Properties over random groups, clients and events: a small model of
 * ots-listen receives what the core writes, and the recipients of each event
 * are compared with those that cot-streaming 7.1 to 7.3 name. */
#include "route_fix.h"

#define CLIENTS 12
#define GROUPS  4
#define ROUNDS  20000

static uint64_t rng_state = 88172645463325252u;

static unsigned
rnd(unsigned n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (unsigned)(rng_state % n);
}

/* What ots-listen knows of one client. */
struct model {
	bool live;
	unsigned in, out; /* groups, as bits */
	unsigned uid;     /* U<uid>, as it said last; 0: none */
	unsigned callsign;
	char key[64][KEY_MAX];
	unsigned got; /* how often in the present event */
};

static struct model model[CLIENTS];

static struct model *
model_of(struct slice conn)
{
	unsigned i = 0;

	assert_true(conn.n >= 5 && conn.p[0] == 'n');
	for (size_t k = 2; k < conn.n && conn.p[k] != '.'; k++)
		i = i * 10 + (unsigned)(conn.p[k] - '0');
	assert_true(i < CLIENTS);
	return &model[i];
}

static char *
key_slot(struct model *m, struct slice key)
{
	for (int i = 0; i < 64; i++) {
		if (slice_is(key, m->key[i]))
			return m->key[i];
	}
	return NULL;
}

static bool
answers(struct model *m, struct slice key)
{
	char id[KEY_MAX];

	assert_true(
	    str_fmt(id, sizeof(id), "conn:n.%d.1", (int)(m - model)) > 0);
	return slice_is(key, id) || key_slot(m, key) != NULL;
}

static void
model_bind(const struct rec *r, bool on)
{
	struct slice conn, key;
	struct model *m;
	size_t pos = 0;
	char *slot;

	assert_true(rec_raw(r, "conn", &conn));
	m = model_of(conn);
	while (rec_next(r, "key", &pos, &key)) {
		slot = key_slot(m, key);
		if (!on) {
			assert_non_null(slot);
			slot[0] = '\0';
		} else if (slot == NULL) {
			slot = key_slot(m, (struct slice){"", 0});
			assert_non_null(slot);
			assert_true(key.n < KEY_MAX);
			memcpy(slot, key.p, key.n);
			slot[key.n] = '\0';
		}
	}
}

static bool
any(const struct rec *r, const char *label, struct model *m, bool none)
{
	struct slice key;
	size_t pos = 0;

	while (rec_next(r, label, &pos, &key)) {
		none = false;
		if (answers(m, key))
			return true;
	}
	return none;
}

static void
model_send(const struct rec *r)
{
	struct slice not = {"", 0};
	char id[KEY_MAX];

	(void)rec_raw(r, "not", &not );
	for (int i = 0; i < CLIENTS; i++) {
		struct model *m = &model[i];

		assert_true(str_fmt(id, sizeof(id), "n.%d.1", i) > 0);
		if (m->live && !slice_is(not, id) && any(r, "to", m, false) &&
		    any(r, "only", m, true))
			m->got++;
	}
}

static void
model_read(struct fix *f)
{
	static struct rec rec;
	struct rec_lines lines;
	struct slice line;

	for (int i = 0; i < CLIENTS; i++)
		model[i].got = 0;
	rec_lines_init(&lines, REC_LINE_MAX);
	rec_lines_feed(&lines, buf_data(&f->out), buf_size(&f->out));
	while (rec_lines_next(&lines, &line) == 1) {
		assert_int_equal(rec_parse(&rec, line), 1);
		if (rec_is(&rec, "bind"))
			model_bind(&rec, true);
		else if (rec_is(&rec, "unbind"))
			model_bind(&rec, false);
		else if (rec_is(&rec, "send"))
			model_send(&rec);
	}
	rec_lines_fini(&lines);
	forget(f);
}

static struct gset *
groups_of(struct fix *f, unsigned bits)
{
	struct slice names[GROUPS];
	static const char *const name[GROUPS] = {"g0", "g1", "g2", "g3"};
	size_t n = 0;
	struct gset *s;

	for (unsigned i = 0; i < GROUPS; i++) {
		if (bits & (1u << i))
			names[n++] = slice_of(name[i]);
	}
	s = gset_make(&f->r->groups, names, n);
	assert_non_null(s);
	return s;
}

static void
move(struct fix *f, struct conn *c, unsigned in, unsigned out)
{
	struct gset *a = groups_of(f, in), *b = groups_of(f, out);

	conn_set_groups(f->r, c, a, b);
	gset_unref(&f->r->groups, a);
	gset_unref(&f->r->groups, b);
}

/* Connect, with groups of one's own. */
static void
enter(struct fix *f, int i)
{
	struct model *m = &model[i];
	struct conn *c;
	char id[KEY_MAX];

	memset(m, 0, sizeof(*m));
	m->live = true;
	m->in = rnd(1u << GROUPS);
	m->out = rnd(1u << GROUPS);
	assert_true(str_fmt(id, sizeof(id), "n.%d.1", i) > 0);
	put(f, "ev:open|conn:%s|via:tcp", id);
	c = conn_find(f->r, slice_of(id));
	assert_non_null(c);
	forget(f);
	move(f, c, m->in, m->out);
	conn_bind(f->r, c, "bind", c->out);
	model_read(f);
}

/* The latest positions that a newcomer must get: of live others, by groups,
 * not its own. */
static void
check_newcomer(struct fix *f, int i)
{
	unsigned want = 0;

	route_batch_end(f->r, f->now);
	model_read(f);
	for (int k = 0; k < CLIENTS; k++) {
		if (k != i) {
			assert_int_equal(model[k].got, 0);
			if (model[k].live && model[k].uid != 0 &&
			    (model[k].in & model[i].out) != 0)
				want++;
		}
	}
	assert_int_equal(model[i].got, want);
}

static void
check(int from, bool all, unsigned uids, unsigned callsigns, unsigned in)
{
	for (int k = 0; k < CLIENTS; k++) {
		const struct model *m = &model[k];
		bool want = m->live && k != from && (in & m->out) != 0 &&
		    (all || (m->uid != 0 && (uids & (1u << m->uid)) != 0) ||
			(m->uid != 0 &&
			    (callsigns & (1u << m->callsign)) != 0));

		assert_int_equal(m->got, want ? 1 : 0);
	}
}

static void
do_sa(struct fix *f, int i)
{
	struct model *m = &model[i];

	/* Two devices may share a uid, many a callsign. */
	if (m->uid == 0)
		m->uid = 1 + rnd(8);
	m->callsign = rnd(6);
	put(f,
	    "ev:cot|conn:n.%d.1|uid:U%u|type:a-f|callsign:C%u|endpoint:|"
	    "stale:" FRESH "|xml:x",
	    i, m->uid, m->callsign);
	model_read(f);
	check(i, true, 0, 0, m->in);
}

static void
do_event(struct fix *f, int i)
{
	unsigned uids = 0, callsigns = 0, in = model[i].in, n = rnd(4), g;
	char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned d = 0; d < n; d++) {
		unsigned v = rnd(2) ? 1 + rnd(8) : 16 + rnd(6);

		if (v < 16)
			uids |= 1u << v;
		else
			callsigns |= 1u << (v - 16);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    v < 16 ? "|dest-uid:U%u" : "|dest-callsign:C%u",
		    v < 16 ? v : v - 16);
	}
	if (rnd(4) == 0) {
		g = rnd(GROUPS);
		in &= 1u << g;
		(void)snprintf(
		    text + len, sizeof(text) - len, "|dest-group:g%u", g);
	}
	put(f, "ev:cot|conn:n.%d.1|uid:m|type:b-t-f-d%s|xml:x", i, text);
	model_read(f);
	check(i, n == 0, uids, callsigns, in);
}

/* Does k see the uid of i on another connection, or has it itself? */
static bool
sees_elsewhere(int k, int i)
{
	if (model[k].uid == model[i].uid)
		return true;
	for (int o = 0; o < CLIENTS; o++) {
		if (o != i && model[o].live && model[o].uid == model[i].uid &&
		    (model[o].in & model[k].out) != 0)
			return true;
	}
	return false;
}

static void
do_close(struct fix *f, int i)
{
	struct model *m = &model[i];

	m->live = false;
	put(f, "ev:close|conn:n.%d.1", i);
	model_read(f);
	for (int k = 0; k < CLIENTS; k++) {
		bool want = model[k].live && m->uid != 0 &&
		    (m->in & model[k].out) != 0 && !sees_elsewhere(k, i);

		assert_int_equal(model[k].got, want ? 1 : 0);
	}
}

static void
test_random(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	f->r->cfg.latest_max = (size_t)1 << 30;
	sync_now(f, "n");
	for (int turn = 0; turn < ROUNDS; turn++) {
		int i = (int)rnd(CLIENTS);

		if (!model[i].live) {
			enter(f, i);
			check_newcomer(f, i);
		} else if (rnd(12) == 0) {
			do_close(f, i);
		} else if (rnd(3) == 0) {
			do_sa(f, i);
		} else {
			do_event(f, i);
		}
		route_batch_end(f->r, f->now);
		assert_int_equal(buf_size(&f->out), 0);
	}
	/* Everybody goes: nothing is left behind. */
	for (int i = 0; i < CLIENTS; i++) {
		if (model[i].live)
			do_close(f, i);
	}
	assert_int_equal(f->r->conns.n + f->r->idents.n + f->r->uids.n +
		f->r->callsigns.n + f->r->latest_bytes,
	    0);
	assert_int_equal(f->r->groups.names.n, 1);
	fix_free(f);
}

/* An alert in a group that the canceller is not in is not ended by it; one
 * that it shares in part is, and the others learn nothing of the canceller. */
static void
test_cancel_groups(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	memset(model, 0, sizeof(model));
	for (int i = 0; i < 3; i++) {
		struct conn *c;

		enter(f, i);
		c = conn_find(f->r,
		    slice_of(i == 0  ? "n.0.1"
			    : i == 1 ? "n.1.1"
				     : "n.2.1"));
		move(f, c, i == 0 ? 3 : i == 1 ? 4 : 6, model[i].out);
	}
	route_batch_end(f->r, f->now);
	forget(f);
	put(f,
	    "ev:cot|conn:n.0.1|uid:X|type:b-a-g|emergency:g|xml:" CANON(
		NOW_TEXT, FRESH, "b-a-g", "X"));
	forget(f);
	put(f, "ev:cot|conn:n.1.1|uid:X|type:b-a-o-can|xml:<secret/>");
	expect(f,
	    "ev:send|to:group:g2|not:n.1.1|uid:X|class:chat|xml:<secret/>\n");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	/* nor can it replace it */
	put(f,
	    "ev:cot|conn:n.1.1|uid:X|type:b-a-g|emergency:g|xml:" CANON(
		NOW_TEXT, FRESH, "b-a-g", "X"));
	assert_int_equal(route_gauges(f->r).alerts, 2);
	forget(f);
	put(f, "ev:cot|conn:n.2.1|uid:X|type:b-a-o-can|xml:<secret/>");
	assert_int_equal(route_gauges(f->r).alerts, 0);
	assert_non_null(slice_find(buf_slice(&f->out),
	    SLICE("ev:send\tto:group:g0\tuid:X\tclass:chat\txml:<event ")));
	assert_non_null(slice_find(buf_slice(&f->out),
	    SLICE("ev:send\tto:group:g1\tto:group:g2\tnot:n.2.1\tuid:X\t"
		  "class:chat\txml:<secret/>")));
	fix_free(f);
}

/* The same uid where nobody of the others sees it is not elsewhere. */
static void
test_elsewhere_by_group(void **state)
{
	struct fix *f = fix_new();
	struct conn *c;

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	join(f, "n.3.1");
	c = conn_find(f->r, SLICE("n.3.1"));
	move(f, c, 1, 1);
	sa(f, "n.3.1", "A", "alpha");
	forget(f);
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE_TO("to:conn:n.2.1", "", "A", "a-f-G-U-C"));
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_cancel_groups),
	    cmocka_unit_test(test_elsewhere_by_group),
	};

	return cmocka_run_group_tests_name("route-groups", tests, NULL, NULL);
}
