/* Fill a database with a long time of traffic, for measuring what is asked of a
 * large one. The same every time but for the times.
 *
 *   ots-fill [-n EVENTS] [-d DAYS] [-e END] [-u UIDS] URI
 *
 * 5,000,000 events over 60 days that end at END (seconds since 1970; now):
 * 2,000 uids, of which 400 are devices of 50 users and 200 aircraft that fly
 * all over the world, the others are what feeds and people have put on the map;
 * 200 types; 20 groups. A thousandth of the events at the beginning, and as
 * many at the end, are of a uid, a type, a user, a group and a place that there
 * are not at other times (old-..., new-...). Prints key=value. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "num.h"
#include "store.h"
#include "str.h"

#define SECOND   UINT64_C(1000000)
#define BATCH    8192
#define USERS    50
#define DEVICES  400
#define AIRCRAFT 200
#define UIDS_MAX 100000
#define TYPES    200
#define GROUPS   20
#define CITIES   12
#define NAME     48

static uint64_t n_events = 5000000, days = 60, n_uids = 2000, end;

_Noreturn static void
give_up(const char *what, const char *why)
{
	fprintf(stderr, "ots-fill: fatal: %s: %s\n", what, why);
	exit(111);
}

/* Chance --------------------------------------------------------------------*/

static uint64_t state = 1;

static uint64_t
chance(uint64_t below)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

static double
between(double low, double high)
{
	return low + (high - low) * (double)chance(1 << 30) / (1 << 30);
}

/* Small numbers more often than large ones. */
static unsigned
low(unsigned below)
{
	double x = between(0, 1);

	return (unsigned)(x * x * x * below);
}

/* Who -----------------------------------------------------------------------*/

struct thing {
	char uid[NAME], callsign[NAME];
	unsigned user, type;
	double lat, lon, course, step;
};

static struct thing things[UIDS_MAX];
static char users[USERS][NAME], types[TYPES][NAME], groups[GROUPS][NAME];
/* Those of each user, sorted. */
static struct slice group_of[USERS][3];
static size_t n_groups_of[USERS];

#define NAMED(at, ...)                                                         \
	do {                                                                   \
		if (str_fmt((at), NAME, __VA_ARGS__) < 0)                      \
			give_up("names", "too long");                          \
	} while (0)

static void
make_names(void)
{
	static const char *const what[] = {
	    "U-C", "U-C-I", "E-V", "E-S", "I", "U-H"};
	unsigned i;

	for (i = 0; i < USERS; i++)
		NAMED(users[i], "user-%02u", i);
	for (i = 0; i < GROUPS; i++)
		NAMED(groups[i], "Group-%02u", i);
	NAMED(types[0], "a-f-G-U-C");
	for (i = 1; i < TYPES - 8; i++)
		NAMED(types[i], "a-%c-%c-%s-%u", "fhnusp"[i % 6],
		    "GASX"[i / 6 % 4], what[i / 24 % 6], i);
	for (; i < TYPES; i++)
		NAMED(types[i], "%s-%u", i % 2 ? "b-m-p-s-m" : "u-d-f", i);
}

static int
by_text(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	return strcmp(x->p, y->p);
}

static void
make_groups(void)
{
	unsigned i, k, first;

	for (i = 0; i < USERS; i++) {
		first = (unsigned)chance(GROUPS);
		n_groups_of[i] = 1 + i % 3;
		for (k = 0; k < n_groups_of[i]; k++)
			group_of[i][k] =
			    slice_of(groups[(first + k * 7) % GROUPS]);
		qsort(group_of[i], n_groups_of[i], sizeof group_of[i][0],
		    by_text);
	}
}

/* Seven of ten are around some towns. */
static void
settle(struct thing *t)
{
	static double lat[CITIES], lon[CITIES];
	unsigned c;

	if (lat[0] == 0)
		for (c = 0; c < CITIES; c++) {
			lat[c] = between(-40, 60);
			lon[c] = between(-170, 170);
		}
	c = (unsigned)chance(CITIES);
	if (chance(10) < 7) {
		t->lat = lat[c] + between(-0.4, 0.4);
		t->lon = lon[c] + between(-0.4, 0.4);
	} else {
		t->lat = between(-60, 70);
		t->lon = between(-180, 180);
	}
}

static void
make_things(void)
{
	unsigned i;

	for (i = 0; i < n_uids; i++) {
		struct thing *t = &things[i];

		t->user = (unsigned)chance(USERS);
		t->step = 0.001;
		t->course = between(0, 360);
		settle(t);
		if (i < DEVICES) {
			NAMED(t->uid, "ANDROID-%016llx",
			    (unsigned long long)i * 2654435761);
			t->user = i % USERS;
		} else if (i < DEVICES + AIRCRAFT) {
			NAMED(t->uid, "ICAO-%06x", i * 7919);
			t->user %= 3;
			t->step = 0.2;
			t->type = 12; /* one that is in the air */
		} else {
			NAMED(
			    t->uid, "%08x-0000-4000-8000-%012x", i * 40503, i);
			t->type = 1 + low(TYPES - 1);
		}
		NAMED(t->callsign, "CALL-%u", i);
	}
}

static void
move(struct thing *t)
{
	if (chance(50) == 0)
		t->course = between(0, 360);
	t->lat += t->step * cos(t->course / 57.3);
	t->lon += t->step * sin(t->course / 57.3);
	if (t->lat > 80 || t->lat < -70)
		t->course = 180 - t->course;
	t->lat = fmin(80, fmax(-70, t->lat));
	if (t->lon > 180)
		t->lon -= 360;
	if (t->lon < -180)
		t->lon += 360;
}

/* Events --------------------------------------------------------------------*/

#define XML                                                                    \
	"<event version=\"2.0\" uid=\"%s\" type=\"%s\" how=\"m-g\" "           \
	"time=\"2026-01-01T00:00:00.000Z\" "                                   \
	"start=\"2026-01-01T00:00:00.000Z\" "                                  \
	"stale=\"2026-01-01T00:06:15.000Z\">"                                  \
	"<point lat=\"%.7f\" lon=\"%.7f\" hae=\"57.1\" ce=\"4.9\" "            \
	"le=\"9999999.0\"/><detail><takv os=\"34\" version=\"5.5.0.7\" "       \
	"device=\"GOOGLE PIXEL 8\" platform=\"ATAK-CIV\"/><contact "           \
	"endpoint=\"*:-1:stcp\" callsign=\"%s\"/>"                             \
	"<uid Droid=\"%s\"/><precisionlocation altsrc=\"GPS\" "                \
	"geopointsrc=\"GPS\"/><__group role=\"Team Member\" name=\"Cyan\"/>"   \
	"<status battery=\"%u\"/><track course=\"%.2f\" speed=\"1.37\"/>"      \
	"</detail></event>"

static struct store *s;
static char xml[2048];

static void
refused(void)
{
	give_up("the store", *store_why(s) ? store_why(s) : strerror(errno));
}

/* What all have. */
static struct store_event
event_of(struct thing *t, const char *type, int64_t at)
{
	struct store_event e = {.t = at,
	    .time = at,
	    .start = at,
	    .stale = at + 375 * (int64_t)SECOND,
	    .uid = slice_of(t->uid),
	    .type = slice_of(type),
	    .how = SLICE("m-g"),
	    .lat = t->lat,
	    .lon = t->lon,
	    .hae = 57.1,
	    .ce = 4.9,
	    .le = 9999999,
	    .located = true,
	    .user = slice_of(users[t->user]),
	    .callsign = slice_of(t->callsign),
	    .groups = group_of[t->user],
	    .n_groups = n_groups_of[t->user],
	    .has_track = true,
	    .has_battery = true,
	    .speed = 1.37,
	    .course = t->course,
	    .battery = (int64_t)chance(100)};
	int n = str_fmt(xml, sizeof xml, XML, t->uid, type, t->lat, t->lon,
	    t->callsign, t->callsign, (unsigned)e.battery, t->course);

	if (n < 0)
		give_up("events", "too long");
	e.xml = (struct slice){xml, (size_t)n};
	e.device = slice_of(things[t->user].uid);
	return e;
}

static void
add(const struct store_event *e)
{
	if (store_add(s, e) < 0)
		refused();
}

static void
add_position(struct thing *t, int64_t at)
{
	struct store_event e;

	move(t);
	e = event_of(t, types[t->type], at);
	if (t < things + DEVICES) {
		e.device = e.uid;
		e.team = SLICE("Cyan");
		e.role = SLICE("Team Member");
		e.endpoint = SLICE("*:-1:stcp");
		e.takv[0] = SLICE("GOOGLE PIXEL 8");
		e.takv[1] = SLICE("ATAK-CIV");
		e.identity = true;
	}
	add(&e);
}

static void
add_chat(struct thing *t, uint64_t i, int64_t at)
{
	struct thing *other = &things[chance(DEVICES)];
	struct store_event e = event_of(t, "b-t-f", at);
	struct store_chat c = {.sender_uid = slice_of(t->uid),
	    .sender_callsign = slice_of(t->callsign),
	    .text = SLICE("On my way, ten minutes, two vehicles."),
	    .time = at};
	char uid[160];

	c.room = c.room_name =
	    chance(2) ? slice_of(other->uid) : SLICE("All Chat Rooms");
	if (str_fmt(uid, sizeof uid, "GeoChat.%s.%.*s.%llu", t->uid,
		(int)c.room.n, c.room.p, (unsigned long long)i) < 0)
		give_up("events", "too long");
	e.uid = slice_of(uid);
	e.device = slice_of(t->uid);
	add(&e);
	if (store_add_chat(s, &c) < 0)
		refused();
}

static void
add_other(struct thing *t, uint64_t i, int64_t at)
{
	struct store_event e;

	if (i % 3 == 0) {
		e = event_of(t, "b-t-f-d", at);
		add(&e);
		if (store_add_receipt(s,
			&(struct store_receipt){
			    .chat = e.uid, .who = e.callsign, .kind = 'd'}) < 0)
			refused();
	} else if (i % 3 == 1) {
		e = event_of(t, "t-x-c-m", at);
		add(&e);
		if (store_add_stats(
			s, &(struct store_blob){.json = SLICE("{}")}) < 0)
			refused();
	} else if (i % 32 == 0) {
		e = event_of(t, "b-a-o-tbl", at);
		add(&e);
		if (store_add_alert(s,
			&(struct store_alert){.type = SLICE("911 Alert"),
			    .callsign = e.callsign,
			    .cancel = i % 64 == 0}) < 0)
			refused();
	} else {
		e = event_of(t, types[TYPES - 1 - i % 8], at);
		add(&e);
		if (store_add_item(s,
			&(struct store_item){
			    .kind = "marker", .callsign = e.callsign}) < 0)
			refused();
	}
}

/* Something that there is at no other time: a chat, or a position. */
static void
add_rare(const char *when, double lat, uint64_t i, int64_t at)
{
	static struct slice group;
	struct thing t = {.lat = lat, .lon = lat * 2};
	struct store_event e;
	char type[NAME], user[NAME], name[NAME];

	NAMED(t.uid, "%s-uid", when);
	NAMED(t.callsign, "%s-callsign", when);
	NAMED(type, "%s-type", when);
	NAMED(user, "%s-user", when);
	NAMED(name, "%s-group", when);
	group = slice_of(name);
	e = event_of(&t, i % 2 ? type : "a-f-rare", at);
	e.user = slice_of(user);
	e.device = slice_of(t.uid);
	e.identity = true;
	e.groups = &group;
	e.n_groups = 1;
	add(&e);
	if (i % 2 &&
	    store_add_chat(s,
		&(struct store_chat){.sender_uid = e.uid,
		    .sender_callsign = e.callsign,
		    .room = SLICE("rare"),
		    .text = SLICE("rare"),
		    .time = at}) < 0)
		refused();
}

static void
add_one(uint64_t i, int64_t at)
{
	uint64_t rare = n_events / 1000, kind = chance(1000);

	if (i < rare && i % 8 == 0)
		add_rare("old", -80.5, i / 8, at);
	else if (i + rare >= n_events && i % 8 == 0)
		add_rare("new", 85.5, i / 8, at);
	else if (kind < 600)
		add_position(&things[chance(DEVICES)], at);
	else if (kind < 850)
		add_position(&things[DEVICES + chance(AIRCRAFT)], at);
	else if (kind < 970)
		add_position(&things[DEVICES + AIRCRAFT +
				 chance(n_uids - DEVICES - AIRCRAFT)],
		    at);
	else if (kind < 980)
		add_chat(&things[chance(DEVICES)], i, at);
	else
		add_other(&things[chance(DEVICES)], i, at);
}

static void
fill(const char *uri)
{
	uint64_t span = days * 86400 * SECOND, i, k;
	uint64_t each = span / n_events ? span / n_events : 1;
	int64_t from = (int64_t)(end - each * n_events);
	struct store_place at;

	if (store_heavy(s) < 0 || store_place(s, "ots-fill", &at) < 0)
		give_up(uri, store_why(s));
	for (i = 0; i < n_events; i += k) {
		for (k = 0; k < BATCH && i + k < n_events; k++)
			add_one(i + k,
			    from + (int64_t)((i + k) * each + chance(each)));
		at.offset++;
		if (store_commit(s, "ots-fill", &at) < 0)
			give_up(uri, store_why(s));
	}
}

static void
number(const char *text, uint64_t max, uint64_t *out)
{
	if (num_u64(slice_of(text), max, out) < 0 || *out == 0)
		give_up(text, "not a number for this");
}

int
main(int argc, char **argv)
{
	char why[256];
	uint64_t took;
	int c;

	end = clock_wall_us() / SECOND;
	while ((c = getopt(argc, argv, "n:d:e:u:")) != -1)
		if (c == 'n')
			number(optarg, UINT64_C(1000000000), &n_events);
		else if (c == 'd')
			number(optarg, 36500, &days);
		else if (c == 'e')
			number(optarg, UINT64_C(4000000000), &end);
		else if (c == 'u')
			number(optarg, UIDS_MAX, &n_uids);
		else
			return 100;
	if (optind != argc - 1 || end / 86400 <= days ||
	    n_uids <= DEVICES + AIRCRAFT) {
		fprintf(stderr,
		    "usage: ots-fill [-n EVENTS] [-d DAYS] [-e END] "
		    "[-u UIDS] URI\n");
		return 100;
	}
	end *= SECOND;
	make_names();
	make_groups();
	make_things();
	s = store_open(argv[optind], why);
	if (!s)
		give_up(argv[optind], why);
	took = clock_mono_us();
	fill(argv[optind]);
	took = clock_mono_us() - took;
	store_close(&s);
	printf("bench=fill events=%llu seconds=%.1f per_s=%.0f\n",
	    (unsigned long long)n_events, (double)took / 1e6,
	    (double)n_events * 1e6 / (double)took);
	return 0;
}
