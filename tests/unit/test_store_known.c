/* store_known.c: what has not changed is not written again, and nobody can
 * tell. */
#include "store_fix.h"

#define DEVICE                                                                 \
	"SELECT callsign || '|' || team || '|' || lat || '|' || conn || '|' "  \
	"|| (shown - 1700000000000000) FROM ots_devices"

static void
put(struct store *s, const struct store_event *e, uint64_t place)
{
	OK(store_add(s, e));
	OK(commit(s, place));
}

static void
test_only_moves(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("DEV-1", 1);

	put(s, &e, 1);
	IS(DEVICE, "ALPHA|Cyan|51.5|n.1.2|1000000\n");
	fix_script(f, "UPDATE ots_devices SET callsign = 'OTHER'");
	e = position("DEV-1", 2);
	e.lat = 52.5;
	OK(store_add(s, &e));
	assert_null(s->fact[T_CONNS].first);
	OK(commit(s, 2));
	IS(DEVICE, "OTHER|Cyan|52.5|n.1.2|2000000\n");
	/* One change, and all of it is. */
	e = position("DEV-1", 3);
	e.team = SLICE("Red");
	put(s, &e, 3);
	IS(DEVICE, "ALPHA|Red|51.5|n.1.2|3000000\n");
	/* Nobody's is a change, too. */
	e.user = (struct slice){0};
	e.t++;
	put(s, &e, 4);
	IS("SELECT count(*) FROM ots_devices WHERE username IS NULL", "1\n");
	/* And now and then without one. */
	fix_script(f, "UPDATE ots_devices SET callsign = 'OTHER'");
	e = position("DEV-1", 4);
	e.team = SLICE("Red");
	s->known_until = 0;
	put(s, &e, 5);
	e.t++;
	put(s, &e, 6);
	IS(DEVICE, "ALPHA|Red|51.5|n.1.2|4000001\n");
	store_close(&s);
}

static void
test_other_connection(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event a = position("DEV-1", 1), b = position("DEV-1", 2);

	b.conn = SLICE("n.3.4");
	put(s, &a, 1);
	put(s, &b, 2);
	a.t = T0 + 3000000;
	put(s, &a, 3);
	IS(DEVICE, "ALPHA|Cyan|51.5|n.1.2|3000000\n");
	IS("SELECT conn || '|' || device FROM ots_connections ORDER BY conn",
	    "n.1.2|DEV-1\nn.3.4|DEV-1\n");
	/* The same id again after its end, as in a recording. */
	OK(store_add_close(s,
	    &(struct store_conn){.conn = SLICE("n.1.2"), .t = T0 + 4000000}));
	OK(commit(s, 4));
	IS(DEVICE, "ALPHA|Cyan|51.5||-1700000000000000\n");
	a.t = T0 + 5000000;
	put(s, &a, 5);
	IS(DEVICE, "ALPHA|Cyan|51.5|n.1.2|5000000\n");
	OK(store_add_restart(s, S("n"), T0 + 6000000));
	OK(commit(s, 6));
	IS("SELECT conn || '|' || uid FROM ots_devices", "|DEV-1\n");
	a.t = T0 + 7000000;
	put(s, &a, 7);
	IS(DEVICE, "ALPHA|Cyan|51.5|n.1.2|7000000\n");
	store_close(&s);
}

/* A batch that is not written teaches nothing. */
static void
test_drop(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("DEV-1", 1);

	put(s, &e, 1);
	e.team = SLICE("Red");
	OK(store_add(s, &e));
	store_drop(s);
	e.t++;
	put(s, &e, 2);
	IS(DEVICE, "ALPHA|Red|51.5|n.1.2|1000001\n");
	store_close(&s);
}

/* Anything ------------------------------------------------------------------*/

static uint64_t rolled;

static unsigned
roll(unsigned n)
{
	rolled = rolled * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(rolled >> 33) % n;
}

static struct slice
one_of(const char *const *list, unsigned n)
{
	return S(list[roll(n)]);
}

static struct slice
conn_of(unsigned device)
{
	static const char *const all[] = {"n.1.1", "n.2.1", "n.3.1", "n.1.2"};

	return S(all[roll(5) ? device % 4 : roll(4)]);
}

static void
say(struct store *s, int n)
{
	static const char *const uids[] = {"A", "B", "C", "D", "E"},
				 *const signs[] = {"X", "X", "X", "Y"};
	unsigned who = roll(5);
	struct store_event e = position(uids[who], n);

	e.lat = roll(80);
	e.conn = conn_of(who);
	e.callsign = one_of(signs, 4);
	e.team = roll(3) ? e.team : (struct slice){0};
	/* Of the connection, for ever. */
	if (e.conn.p[2] != '1')
		e.user = e.conn.p[2] == '2' ? S("bo") : (struct slice){0};
	e.identity = e.shown = roll(4) > 0;
	e.located = roll(4) > 0;
	e.has_battery = roll(2);
	e.battery = roll(100);
	e.shown = e.shown && roll(5);
	OK(store_add(s, &e));
}

static void
act(struct store *s, int n)
{
	struct store_conn c = {
	    .t = T0 + n * INT64_C(1000000), .via = S("tls"), .why = S("eof")};

	c.conn = conn_of(roll(4));
	switch (roll(24)) {
	case 0:
		OK(store_add_open(s, &c));
		break;
	case 1:
		OK(store_add_close(s, &c));
		break;
	case 2:
		OK(store_add_hidden(s, c.conn, roll(2)));
		break;
	case 3:
		OK(store_add_left(s, c.conn, S(roll(2) ? "A" : "B")));
		break;
	case 4:
		if (roll(2))
			OK(store_add_restart(s, S("n"), c.t));
		break;
	default:
		say(s, n);
		break;
	}
}

/* All tables of it empty, as at the first time. */
static void
wipe(const struct fix *f)
{
	fix_script(f,
	    "DELETE FROM ots_devices; DELETE FROM ots_connections;"
	    "DELETE FROM ots_events; DELETE FROM ots_positions;"
	    "DELETE FROM ots_visits; DELETE FROM ots_spool; UPDATE "
	    "ots_store_counters SET value = 0 "
	    "WHERE name = 'event'");
}

#define TEXT(column) "coalesce('' || " column ", '-') || '|' || "

static void
tables(const struct fix *f, char out[8192])
{
	assert_true(
	    str_fmt(out, 4096, "%s",
		rows(f,
		    "SELECT " TEXT("uid") TEXT("callsign") TEXT("team") TEXT(
			"username") TEXT("type") TEXT("first_seen")
			TEXT("last_seen") TEXT("last_event") TEXT("lat") TEXT(
			    "battery") TEXT("conn") TEXT("connected_at")
			    TEXT("disconnected_at") TEXT(
				"shown") "role "
					 "FROM ots_devices ORDER BY uid")) > 0);
	assert_true(str_fmt(out + strlen(out), 4096, "%s",
			rows(f,
			    "SELECT " TEXT("conn") TEXT("username") TEXT("via")
				TEXT("opened") TEXT("closed")
				    TEXT("incognito") "'' FROM ots_connections "
						      "ORDER BY conn")) > 0);
}

static void
run(const struct fix *f, uint64_t seed, bool forgetful, char out[8192])
{
	struct store *s = open_it(f);
	int batch, n = 0;
	unsigned some;

	rolled = seed;
	for (batch = 1; batch <= 40; batch++) {
		for (some = 1 + roll(6); some; some--)
			act(s, ++n);
		OK(commit(s, (uint64_t)batch));
		if (!forgetful)
			continue;
		store_close(&s);
		s = open_it(f);
	}
	store_close(&s);
	tables(f, out);
	wipe(f);
}

static void
test_as_without(void **state)
{
	const struct fix *f = *state;
	static char with[8192], without[8192];
	uint64_t seed;

	for (seed = 1; seed <= (is_pg(f) ? 3 : 6); seed++) {
		run(f, seed, false, with);
		run(f, seed, true, without);
		assert_string_equal(with, without);
	}
}

#define TESTS(X)                                                               \
	X(test_only_moves), X(test_other_connection), X(test_drop),            \
	    X(test_as_without)

FIX_MAIN(TESTS)
