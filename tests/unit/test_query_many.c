/* store_query.h on each engine, where there is much: each answer is compared
 * with what a look at every event says. */
#include "store_fix.h"

#include "store_query.h"

#define DAY    INT64_C(86400000000)
#define EVENTS 12000
#define UIDS   40
#define TYPES  12
#define USERS  6
#define GROUPS 5

struct one {
	int64_t id;
	int uid, type, user, group;
	double lat, lon;
	bool located;
};

static struct one all[EVENTS];
static uint64_t state_of_chance;

static int
chance(int below)
{
	state_of_chance = state_of_chance * UINT64_C(6364136223846793005) + 1;
	return (int)((state_of_chance >> 33) % (uint64_t)below);
}

/* Names ---------------------------------------------------------------------*/

static const char *
name(const char *what, int i)
{
	static char text[8][16];
	static int at;

	at = (at + 1) % 8;
	str_fmt(text[at], sizeof text[at], "%s%d", what, i);
	return text[at];
}

/* Two of three are of what is in the field. */
static const char *
type_of(int i)
{
	return name(i % 3 ? "a-f-" : "b-m-", i);
}

/* Events --------------------------------------------------------------------*/

static void
put(struct store *s, const struct one *o)
{
	struct store_event e = position(name("uid", o->uid), 0);
	struct slice group = S(name("group", o->group));

	e.t = o->id;
	e.type = S(type_of(o->type));
	e.user = S(name("user", o->user));
	e.device = e.uid;
	e.groups = &group;
	e.n_groups = 1;
	e.lat = o->lat;
	e.lon = o->lon;
	e.located = o->located;
	e.identity = false;
	OK(store_add(s, &e));
}

/* In the order of their arrival, some minutes apart. */
static void
fill(const struct fix *f, void (*make)(struct one *o, int i))
{
	struct store *s = open_it(f);
	int64_t t = T0;
	int i;

	state_of_chance = 7;
	for (i = 0; i < EVENTS; i++) {
		t += 1 + chance(600) * INT64_C(1000000);
		all[i] = (struct one){.id = t, .located = true};
		make(&all[i], i);
		put(s, &all[i]);
		if (i % 2000 == 1999)
			OK(commit(s, (uint64_t)i));
	}
	store_close(&s);
}

/* Each uid goes its way over the map; the later, the other half of it all. */
static void
anything(struct one *o, int i)
{
	static double lat[UIDS], lon[UIDS];

	o->uid = chance(UIDS);
	o->type = chance(TYPES / 2) + (i > EVENTS / 2 ? TYPES / 2 : 0);
	o->user = chance(USERS / 2) + (i > EVENTS / 3 ? USERS / 2 : 0);
	o->group = (o->user + chance(2)) % GROUPS;
	o->located = chance(20) != 0;
	if (i < UIDS * 4 || chance(200) == 0) {
		lat[o->uid] = chance(160) - 80;
		lon[o->uid] = chance(360) - 180;
	}
	lat[o->uid] += chance(100) / 100.0 - 0.5;
	lon[o->uid] += chance(100) / 100.0 - 0.5;
	o->lat = lat[o->uid];
	o->lon = lon[o->uid] > 180 ? lon[o->uid] - 360
	    : lon[o->uid] < -180   ? lon[o->uid] + 360
				   : lon[o->uid];
}

/* First a town, then each event is somewhere else in the south. */
static void
spread(struct one *o, int i)
{
	o->uid = i % UIDS;
	o->type = i % TYPES;
	if (i < EVENTS / 2)
		o->lat = 51.5;
	else {
		o->lat = -0.5 - i % 60;
		o->lon = -179.5 + i / 60 % 100 * 3;
	}
}

/* What is asked for ---------------------------------------------------------*/

struct question {
	struct store_query q;
	struct store_box box;
	char uid[16], type[16], user[16], group[16];
};

static bool
in_box(const struct store_box *b, const struct one *o)
{
	if (!o->located || o->lat < b->south || o->lat > b->north)
		return false;
	return b->west <= b->east ? o->lon >= b->west && o->lon <= b->east
				  : o->lon >= b->west || o->lon <= b->east;
}

static bool
is_wanted(const struct one *o, const struct store_query *q)
{
	return o->id >= q->since && o->id < q->until &&
	    (!q->uid || !strcmp(q->uid, name("uid", o->uid))) &&
	    (!q->type ||
		!strncmp(q->type, type_of(o->type), strlen(q->type))) &&
	    (!q->user || !strcmp(q->user, name("user", o->user))) &&
	    (!q->group || !strcmp(q->group, name("group", o->group))) &&
	    (!q->box || in_box(q->box, o));
}

static void
random_question(struct question *x)
{
	static const int heights[] = {1, 10, 60, 179};

	*x = (struct question){.q = {.until = INT64_MAX}};
	if (chance(4) == 0) {
		str_fmt(x->uid, sizeof x->uid, "uid%d", chance(UIDS + 1));
		x->q.uid = x->uid;
	}
	if (chance(3) == 0) {
		str_fmt(x->type, sizeof x->type, "%s", type_of(chance(TYPES)));
		x->type[2 + chance(3)] = '\0';
		x->q.type = x->type;
	}
	if (chance(3) == 0) {
		str_fmt(x->user, sizeof x->user, "user%d", chance(USERS + 1));
		x->q.user = x->user;
	}
	if (chance(3) == 0) {
		str_fmt(x->group, sizeof x->group, "group%d", chance(GROUPS));
		x->q.group = x->group;
	}
	if (chance(3) == 0) {
		x->box.south = chance(170) - 85.25;
		x->box.north = x->box.south + heights[chance(4)];
		x->box.west = chance(360) - 180;
		x->box.east = chance(360) - 180;
		x->q.box = &x->box;
	}
	if (chance(3) == 0)
		x->q.since = all[chance(EVENTS)].id;
	if (chance(3) == 0)
		x->q.until = all[chance(EVENTS)].id;
}

/* Events --------------------------------------------------------------------*/

struct expected {
	const struct store_query *q;
	size_t at, rows;
};

/* The next one that is wanted is this one. */
static int
is_next(void *arg, const struct store_event_row *e)
{
	struct expected *x = arg;

	while (x->at < EVENTS && !is_wanted(&all[x->at], x->q))
		x->at++;
	assert_true(x->at < EVENTS);
	assert_int_equal(e->id, all[x->at].id);
	assert_string_equal(e->uid, name("uid", all[x->at].uid));
	x->at++;
	x->rows++;
	return 0;
}

static size_t
ask_events(struct store_reader *r, const struct store_query *q)
{
	struct expected x = {.q = q};
	const struct store_sink to = {.event = is_next, .arg = &x};

	if (store_query_events(r, q, &to) < 0)
		fail_msg("%s", store_reader_why(r));
	for (; x.at < EVENTS; x.at++)
		assert_false(is_wanted(&all[x.at], q));
	return x.rows;
}

static struct store_reader *
read_it(const struct fix *f)
{
	char why[256] = "";
	struct store_reader *r = store_reader_open(f->uri, why);

	if (!r)
		fail_msg("%s", why);
	return r;
}

static void
test_events(void **state)
{
	const struct fix *f = *state;
	struct store_reader *r;
	struct question x;
	size_t rows = 0;
	int i;

	fill(f, anything);
	r = read_it(f);
	for (i = 0; i < 150; i++) {
		random_question(&x);
		rows += ask_events(r, &x.q);
	}
	assert_true(rows > 1000);
	store_reader_close(&r);
}

/* More squares than can be looked at, and what is there is far behind. */
static void
test_crowded(void **state)
{
	const struct fix *f = *state;
	const struct store_box south = {-90, -180, 0, 180},
			       north = {0, -180, 90, 180},
			       world = {-90, -180, 90, 180};
	struct store_query q = {.until = INT64_MAX, .box = &south};
	struct store_reader *r;

	fill(f, spread);
	r = read_it(f);
	assert_int_equal(ask_events(r, &q), EVENTS / 2);
	q.type = "a-";
	assert_int_equal(ask_events(r, &q), EVENTS / 3);
	q.uid = "uid1";
	assert_true(ask_events(r, &q) > 0);
	q = (struct store_query){.until = INT64_MAX, .box = &world};
	assert_int_equal(ask_events(r, &q), EVENTS);
	q.box = &north;
	assert_int_equal(ask_events(r, &q), EVENTS / 2);
	store_reader_close(&r);
}

/* Tracks --------------------------------------------------------------------*/

struct points {
	const struct store_query *q;
	bool seen[EVENTS];
	const char *uid;
	char last[16];
	int64_t after;
	size_t rows;
};

static int
is_point(void *arg, const struct store_point *p)
{
	struct points *x = arg;
	size_t i;

	if (strcmp(x->last, p->uid) != 0) {
		assert_true(strcmp(x->last, p->uid) < 0);
		str_fmt(x->last, sizeof x->last, "%s", p->uid);
		x->after = 0;
	}
	assert_true(p->id > x->after);
	x->after = p->id;
	for (i = 0; i < EVENTS && all[i].id != p->id; i++)
		;
	assert_true(i < EVENTS);
	assert_string_equal(p->uid, name("uid", all[i].uid));
	x->seen[i] = true;
	x->rows++;
	return 0;
}

static size_t
ask_points(struct store_reader *r, const struct store_query *q)
{
	static struct points x;
	const struct store_sink to = {.point = is_point, .arg = &x};
	size_t i;

	x = (struct points){.q = q};
	if (store_query_tracks(r, q, &to) < 0)
		fail_msg("%s", store_reader_why(r));
	for (i = 0; i < EVENTS; i++) {
		bool want =
		    all[i].located && all[i].type % 3 && is_wanted(&all[i], q);

		if (x.seen[i] != want)
			fail_msg("event %zu: %d", i, want);
	}
	return x.rows;
}

static void
test_tracks(void **state)
{
	const struct fix *f = *state;
	struct store_reader *r;
	struct question x;
	size_t rows = 0;
	int i;

	fill(f, anything);
	r = read_it(f);
	for (i = 0; i < 150; i++) {
		random_question(&x);
		/* These are of the newest event. */
		x.q.type = x.q.user = x.q.group = NULL;
		rows += ask_points(r, &x.q);
	}
	assert_true(rows > 1000);
	store_reader_close(&r);
}

/* Visits --------------------------------------------------------------------*/

static void
add_at(struct store *s, const char *uid, int64_t t, double lon)
{
	struct store_event e = position(uid, 0);

	e.t = t;
	e.lon = lon;
	OK(store_add(s, &e));
}

#define VISITS(want)                                                           \
	IS("SELECT uid || ' ' || cell || ' ' || ((id - 1700000000000000) / "   \
	   "1000000) FROM ots_visits ORDER BY id",                             \
	    want)

/* A row when a uid comes to a square, and each day; not for each event. */
static void
test_visits(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	int64_t t = T0;
	int i;

	for (i = 0; i < 100; i++)
		add_at(s, i % 2 ? "A" : "B", t += 1000000, 10.5);
	OK(commit(s, 1));
	VISITS("B 50950 1\nA 50950 2\n");
	for (i = 0; i < 10; i++)
		add_at(s, "A", t += 1000000, 10.5 + i % 2);
	add_at(s, "A", t + DAY, 10.5);
	OK(commit(s, 2));
	VISITS("B 50950 1\nA 50950 2\nA 50951 102\nA 50950 86510\n");
	/* What was given up was not written. */
	add_at(s, "A", t + DAY + 1000000, 20.5);
	store_drop(s);
	add_at(s, "A", t + DAY + 2000000, 20.5);
	OK(commit(s, 3));
	VISITS("B 50950 1\nA 50950 2\nA 50951 102\nA 50950 86510\n"
	       "A 50960 86512\n");
	/* They go after the positions that they lead to. */
	OK(store_retain(s, STORE_POSITIONS, t + DAY + DAY / 2));
	OK(store_retain(s, STORE_POSITIONS, t + DAY + DAY / 2));
	VISITS("B 50950 1\nA 50950 2\nA 50951 102\nA 50950 86510\n"
	       "A 50960 86512\n");
	OK(store_retain(s, STORE_POSITIONS, t + 2 * DAY));
	VISITS("A 50950 86510\nA 50960 86512\n");
	store_close(&s);
}

#define TESTS(X) X(test_events), X(test_crowded), X(test_tracks), X(test_visits)

FIX_MAIN(TESTS)
