/* store_query.h on each engine. */
#include "store_fix.h"

#include "store_query.h"

static struct store_reader *
read_it(const struct fix *f)
{
	char why[256] = "";
	struct store_reader *r = store_reader_open(f->uri, why);

	if (!r)
		fail_msg("%s", why);
	return r;
}

/* Answers as text -----------------------------------------------------------*/

struct said {
	struct buf b;
	int rows, max, idle;
};

static int
said_one(struct said *s)
{
	return ++s->rows == s->max;
}

static int
say_event(void *arg, const struct store_event_row *e)
{
	struct said *s = arg;

	buf_fmt(&s->b, "%s ", e->uid);
	return said_one(s);
}

static int
say_track(void *arg, const struct store_track *t)
{
	struct said *s = arg;

	buf_fmt(&s->b, "%s/%s/%s/%lld+%lld: ", t->uid,
	    t->callsign ? t->callsign : "-", t->type ? t->type : "-",
	    (long long)(t->first - T0) / 1000000,
	    (long long)(t->last - t->first) / 1000000);
	return 0;
}

static int
say_point(void *arg, const struct store_point *p)
{
	struct said *s = arg;

	buf_fmt(&s->b, "%s%g ", p->gap ? "| " : "", p->lat);
	return said_one(s);
}

static int
say_chat(void *arg, const struct store_chat_row *c)
{
	struct said *s = arg;

	buf_fmt(&s->b, "%s@%s=%s ", c->callsign,
	    c->room_name ? c->room_name : "-", c->text);
	return said_one(s);
}

static int
say_device(void *arg, const struct store_device_row *d)
{
	struct said *s = arg;

	buf_fmt(&s->b, "%s ", d->uid);
	return said_one(s);
}

static int
say_alert(void *arg, const struct store_alert_row *a)
{
	struct said *s = arg;

	buf_fmt(
	    &s->b, "%s%s ", a->uid, a->cancelled == STORE_UNKNOWN ? "!" : "");
	return said_one(s);
}

static int
say_idle(void *arg)
{
	struct said *s = arg;

	s->idle++;
	return 0;
}

typedef int (*asker)(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);

static const char *
answer_of(
    const struct fix *f, asker ask, const struct store_query *query, int max)
{
	static char text[1 << 16];
	struct store_query q = *query;
	struct said s = {.b.max = sizeof text, .max = max};
	const struct store_sink to = {say_event, say_track, say_point, say_chat,
	    say_device, say_alert, say_idle, &s};
	struct store_reader *r = read_it(f);

	if (!q.until)
		q.until = INT64_MAX;
	if (ask(r, &q, &to) < 0)
		fail_msg("%s", store_reader_why(r));
	assert_true(s.idle > 0);
	str_fmt(text, sizeof text, "%.*s", (int)buf_size(&s.b),
	    buf_size(&s.b) ? buf_data(&s.b) : "");
	buf_fini(&s.b);
	store_reader_close(&r);
	assert_null(r);
	return text;
}

#define ASK(what, want, ...)                                                   \
	assert_string_equal(answer_of(f, store_query_##what,                   \
				&(struct store_query){__VA_ARGS__}, 0),        \
	    want)

/* What is in the store ------------------------------------------------------*/

static const struct slice red[] = {{"Red", 3}};
static const struct slice both[] = {{"Blue", 4}, {"Red", 3}};

static struct store_event
at(const char *uid, int n, double lat, double lon)
{
	struct store_event e = position(uid, n);

	e.lat = lat;
	e.lon = lon;
	return e;
}

/* A: Blue, London; B: Red, Fiji, over the date line; M: a marker of A, no
 * place; Z: at the pole, Blue and Red. */
static void
fill(const struct fix *f)
{
	struct store *s = open_it(f);
	struct store_event e;
	int i;

	for (i = 0; i < 3; i++) {
		e = at("A", 4 * i, 51.5 + i, -0.25);
		OK(store_add(s, &e));
		e = at("B", 4 * i + 1, -17.5, i == 0 ? 179.5 : -179.5);
		e.groups = red;
		e.n_groups = 1;
		e.user = S("bob");
		e.callsign = S("BRAVO");
		e.type = S("a-h-G");
		OK(store_add(s, &e));
		e = message("M", "b-m-p", 4 * i + 2);
		e.device = S("A");
		OK(store_add(s, &e));
		e = at("Z", 4 * i + 3, 90, 180);
		e.groups = both;
		e.type = S("a-f-A");
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	store_close(&s);
}

/* Events --------------------------------------------------------------------*/

static void
test_each_key(void **state)
{
	const struct fix *f = *state;

	ASK(events, "", .uid = NULL);
	fill(f);
	ASK(events, "A B M Z A B M Z A B M Z ", .uid = NULL);
	ASK(events, "A A A ", .uid = "A");
	ASK(events, "", .uid = "a");
	ASK(events, "A Z A Z A Z ", .type = "a-f");
	ASK(events, "A B Z A B Z A B Z ", .type = "a-");
	ASK(events, "M M M ", .type = "b");
	ASK(events, "", .type = "a-f-G-U-C-I");
	ASK(events, "B Z B Z B Z ", .group = "Red");
	ASK(events, "A M Z A M Z A M Z ", .group = "Blue");
	ASK(events, "", .group = "Green");
	ASK(events, "B B B ", .user = "bob");
	ASK(events, "", .user = "b%");
}

static void
test_time(void **state)
{
	const struct fix *f = *state;

	fill(f);
	ASK(events, "Z A B ", .since = T0 + 3000000, .until = T0 + 6000000);
	ASK(events, "A ", .since = T0, .until = T0 + 1);
	ASK(events, "", .since = T0 + 1, .until = T0 + 1);
	ASK(events, "", .since = T0 + 5, .until = T0 + 1);
	ASK(events, "B ", .uid = "B", .since = T0 + 6000000);
	ASK(events, "A Z ", .type = "a-f", .since = T0 + 8000000);
	ASK(events, "B ", .group = "Red", .until = T0 + 3000000);
	ASK(events, "", .since = INT64_MIN, .until = INT64_MIN + 1);
}

static void
test_several(void **state)
{
	const struct fix *f = *state;
	const struct store_box north = {50, -10, 53, 10};

	fill(f);
	ASK(events, "Z Z Z ", .type = "a-f", .group = "Red");
	ASK(events, "", .uid = "A", .group = "Red");
	ASK(events, "A A ", .box = &north, .type = "a-", .user = "alice");
	ASK(events, "A ", .box = &north, .since = T0 + 1);
	ASK(events, "M M M ", .user = "alice", .type = "b", .group = "Blue");
}

static void
test_boxes(void **state)
{
	const struct fix *f = *state;
	const struct store_box dateline = {-18, 179, -17, -179},
			       east = {-18, 179, -17, 180},
			       border = {51.5, -0.25, 51.5, -0.25},
			       none = {51.5, -0.24, 51.6, 0},
			       pole = {89, -180, 90, -179},
			       world = {-90, -180, 90, 180};

	fill(f);
	ASK(events, "B B B ", .box = &dateline);
	ASK(events, "B ", .box = &east);
	ASK(events, "A ", .box = &border);
	ASK(events, "", .box = &none);
	ASK(events, "Z Z Z ", .box = &pole); /* stands at 180 */
	ASK(events, "A B Z A B Z A B Z ", .box = &world);
}

/* More than a page of each key, and what a merge of them must be. */
static void
test_pages(void **state)
{
	const struct fix *f = *state;
	static const char *const types[] = {
	    "a-f-G", "a-f-A", "a-h-G", "b-m-p", "a-f-S"};
	struct store *s = open_it(f);
	struct store_event e;
	char want[1 << 14];
	size_t n = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		char uid[16];

		str_fmt(uid, sizeof uid, "%d", i);
		e = position(uid, i);
		e.type = S(types[i * 7 / 3 % 5]);
		OK(store_add(s, &e));
		if (slice_starts(e.type, "a-f"))
			n += (size_t)str_fmt(
			    want + n, sizeof want - n, "%s ", uid);
	}
	OK(commit(s, 1));
	ASK(events, want, .type = "a-f");
	assert_string_equal(answer_of(f, store_query_events,
				&(struct store_query){.type = "a-"}, 3),
	    "0 1 2 ");
	store_close(&s);
}

/* What arrives after the question is not in the answer. */
struct later {
	struct store *s;
	int rows;
	uint64_t offset;
};

static int
count_event(void *arg, const struct store_event_row *e)
{
	struct later *l = arg;

	(void)e;
	l->rows++;
	return 0;
}

static int
one_more(void *arg)
{
	struct later *l = arg;
	struct store_event e = position("A", 100);
	struct store *s = l->s;

	OK(store_add(s, &e));
	OK(commit(s, ++l->offset));
	return 0;
}

static void
test_writer(void **state)
{
	const struct fix *f = *state;
	struct later later = {.offset = 1}, *l = &later;
	const struct store_sink to = {
	    .event = count_event, .idle = one_more, .arg = l};
	struct store_query q = {.until = INT64_MAX};
	struct store_reader *r;

	fill(f);
	l->s = open_it(f);
	r = read_it(f);
	assert_int_equal(store_query_events(r, &q, &to), 0);
	assert_int_equal(l->rows, 12);
	assert_int_equal(store_query_events(r, &q, &to), 0);
	assert_true(l->rows > 24);
	store_reader_close(&r);
	store_close(&l->s);
}

/* Others --------------------------------------------------------------------*/

static void
test_tracks(void **state)
{
	const struct fix *f = *state;
	const struct store_box box = {53, -1, 54, 1};
	struct store *s;

	fill(f);
	ASK(tracks,
	    "A/ALPHA/a-f-G-U-C/0+8: 51.5 52.5 53.5 "
	    "B/BRAVO/a-h-G/1+8: -17.5 -17.5 -17.5 "
	    "Z/ALPHA/a-f-A/3+8: 90 90 90 ",
	    .uid = NULL);
	ASK(tracks, "A/ALPHA/a-f-G-U-C/4+0: 52.5 ", .uid = "A",
	    .since = T0 + 4000000, .until = T0 + 8000000);
	ASK(tracks, "B/BRAVO/a-h-G/1+8: -17.5 -17.5 -17.5 ", .user = "bob");
	ASK(tracks, "Z/ALPHA/a-f-A/11+0: 90 ", .group = "Red", .type = "a-f",
	    .since = T0 + 8000000);
	ASK(tracks, "A/ALPHA/a-f-G-U-C/0+8: 53.5 ", .box = &box);
	ASK(tracks, "", .uid = "M");
	/* Who it was is known when its events are forgotten. */
	s = open_it(f);
	while (store_retain(s, STORE_EVENTS, T0 + 60000000) > 0)
		;
	store_close(&s);
	ASK(events, "", .uid = NULL);
	ASK(tracks, "B/BRAVO/a-h-G/1+8: -17.5 -17.5 -17.5 ", .group = "Red",
	    .type = "a-h");
}

/* Out of the box and into it again: a new piece. */
static void
test_track_gap(void **state)
{
	const struct fix *f = *state;
	const struct store_box box = {0, 0, 10, 10};
	static const double lats[] = {-1, 1, 2, 11, 12, 3, 4};
	struct store *s = open_it(f);
	struct store_event e;
	int i;

	for (i = 0; i < 7; i++) {
		e = at("A", i, lats[i], 5);
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	store_close(&s);
	ASK(tracks, "A/ALPHA/a-f-G-U-C/0+6: 1 2 | 3 4 ", .box = &box);
}

static void
test_chats(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_chat c = {
	    .room = S("r"), .room_name = S("Room"), .sender_callsign = S("A")};
	struct store_event e;
	int i;

	e = position("DEV-1", 0);
	OK(store_add(s, &e));
	for (i = 0; i < 100; i++) {
		char text[16];

		e = message("chat", "b-t-f", i);
		str_fmt(text, sizeof text, "%d", i);
		c.text = S(text);
		c.sender_uid = i % 50 ? S("S") : S("T");
		e.groups = i % 30 ? both : red;
		e.n_groups = i % 30 ? 2 : 1;
		OK(store_add(s, &e));
		OK(store_add_chat(s, &c));
	}
	OK(commit(s, 1));
	store_close(&s);
	ASK(chats, "A@Room=0 A@Room=50 ", .uid = "T");
	ASK(chats, "A@Room=50 ", .uid = "T", .group = "Blue");
	ASK(chats, "A@Room=98 A@Room=99 ", .since = T0 + 98000000);
	ASK(chats, "", .user = "bob");
	assert_string_equal(
	    answer_of(f, store_query_chats,
		&(struct store_query){.user = "alice", .group = "Red"}, 2),
	    "A@Room=0 A@Room=1 ");
}

static void
test_devices(void **state)
{
	const struct fix *f = *state;
	const struct store_box fiji = {-18, 179, -17, -179};
	struct store *s;
	struct store_event e;
	int i;

	fill(f);
	ASK(devices, "A B Z ", .uid = NULL);
	ASK(devices, "B ", .uid = "B");
	ASK(devices, "", .uid = "B", .group = "Blue");
	ASK(devices, "B Z ", .group = "Red");
	ASK(devices, "", .group = "Green");
	ASK(devices, "B ", .box = &fiji);
	ASK(devices, "B ", .type = "a-h", .user = "bob");
	ASK(devices, "Z ", .since = T0 + 11000000);
	s = open_it(f);
	for (i = 0; i < 250; i++) {
		char uid[16];

		str_fmt(uid, sizeof uid, "C%03d", i);
		e = position(uid, 20 + i);
		OK(store_add(s, &e));
	}
	OK(commit(s, 2));
	store_close(&s);
	ASK(devices, "C248 C249 ", .since = T0 + 268000000);
}

static void
test_alerts(void **state)
{
	const struct fix *f = *state;
	const struct store_box box = {51, -1, 52, 0};
	const struct store_alert on = {.type = S("911 Alert"),
				     .callsign = S("A")},
				 off = {.cancel = true};
	struct store *s = open_it(f);
	struct store_event e;

	e = position("X", 0);
	OK(store_add(s, &e));
	OK(store_add_alert(s, &on));
	e = position("Y", 1);
	OK(store_add(s, &e));
	OK(store_add_alert(s, &on));
	e = message("X", "b-a-o-can", 2);
	OK(store_add(s, &e));
	OK(store_add_alert(s, &off));
	OK(commit(s, 1));
	store_close(&s);
	ASK(alerts, "X Y! ", .uid = NULL);
	ASK(alerts, "Y! ", .uid = "Y", .group = "Blue", .type = "911");
	ASK(alerts, "", .type = "Troops");
	ASK(alerts, "X Y! ", .box = &box, .user = "alice");
	ASK(alerts, "Y! ", .since = T0 + 1);
}

#define TESTS(X)                                                               \
	X(test_each_key), X(test_time), X(test_several), X(test_boxes),        \
	    X(test_pages), X(test_writer), X(test_tracks), X(test_track_gap),  \
	    X(test_chats), X(test_devices), X(test_alerts)

FIX_MAIN(TESTS)
