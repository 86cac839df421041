/* store.h on each engine: what strangers write is stored as it came, or left
 * out as store.h says, and never costs what others wrote. */
#include "store_fix.h"

#define SQL_TEXT                                                               \
	"'; DROP TABLE ots_events; --\t\\N\n\\.\n\"$1\" %s {} \x01 \xf0\x9f"   \
	"\x98\x80"

static void
test_hostile(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct slice bad = S(SQL_TEXT), *all,
		     groups[] = {bad, SLICE("a\tb"), SLICE("a"), SLICE("b\\")};
	struct store_event e = position("x", 0);
	struct store_chat c = {.room = bad,
	    .room_name = bad,
	    .parent = bad,
	    .owner = bad,
	    .sender_uid = bad,
	    .sender_callsign = bad,
	    .text = bad,
	    .time = INT64_MIN,
	    .member = &bad,
	    .n_members = 1};
	struct store_item i = {.kind = SQL_TEXT,
	    .callsign = bad,
	    .remarks = bad,
	    .color = bad,
	    .iconset = bad,
	    .parent = bad};
	struct store_alert a = {.type = bad, .callsign = bad};
	struct store_blob b = {.title = bad, .json = bad};
	struct store_conn k = {.conn = bad,
	    .user = bad,
	    .serial = bad,
	    .via = bad,
	    .peer = bad,
	    .why = bad,
	    .t = INT64_MAX};
	struct store_mail m = {.receiver = bad, .receipt = bad};
	struct store_receipt r = {.chat = bad, .who = bad, .kind = '\''};
	char name[64];
	const char *at;
	size_t n;

	all = &e.uid; /* uid, type, how */
	for (n = 0; n < 3; n++)
		all[n] = bad;
	e.conn = e.user = e.device = e.callsign = e.team = e.role = e.endpoint =
	    e.phone = e.xml = bad;
	for (n = 0; n < 4; n++)
		e.takv[n] = bad;
	e.groups = groups;
	e.n_groups = 4;
	e.time = INT64_C(253402300799999999); /* year 9999 */
	e.start = INT64_MIN;
	e.stale = INT64_MAX;
	e.lat = -90;
	e.lon = 180;
	e.hae = 1.7976931348623157e308;
	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	OK(store_add_receipt(s, &r));
	OK(store_add_item(s, &i));
	OK(store_add_alert(s, &a));
	OK(store_add_casevac(s, &b));
	OK(store_add_video(s, &b));
	OK(store_add_share(s, &b));
	OK(store_add_stats(s, &b));
	OK(store_add_deletion(s, bad));
	OK(store_add_mail(s, &m));
	OK(store_add_open(s, &k));
	OK(store_add_close(s, &k));
	OK(store_add_restart(s, bad, 1));
	OK(store_add_sent(s, bad, bad, bad, 1));
	OK(store_add_delivered(s, bad, bad, bad, 1));
	OK(commit(s, 1));
	IS("SELECT uid FROM ots_events", SQL_TEXT "\n");
	IS("SELECT xml FROM ots_events", SQL_TEXT "\n");
	IS("SELECT text FROM ots_chats", SQL_TEXT "\n");
	IS("SELECT remarks FROM ots_items", SQL_TEXT "\n");
	IS("SELECT callsign FROM ots_devices", SQL_TEXT "\n");
	IS("SELECT username FROM ots_connections", SQL_TEXT "\n");
	IS("SELECT facts FROM ots_casevacs", SQL_TEXT "\n");
	IS("SELECT type FROM ots_types WHERE id <> 0", SQL_TEXT "\n");
	IS("SELECT time || ' ' || start || ' ' || stale || ' ' || cell "
	   "FROM ots_events",
	    "253402300799999999 -9223372036854775808 9223372036854775807 "
	    "359\n");
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_group_set_members"), 4);
	/* The set of "a<TAB>b" is not that of "a" and "b". */
	at = rows(f, "SELECT names || '\t' FROM ots_group_sets WHERE id = 1");
	for (n = 0; n < 4; n++) {
		assert_int_equal(
		    store_groups_next(&at, name, sizeof name), groups[n].n);
		if (n < 3)
			assert_memory_equal(name, groups[n].p, groups[n].n);
	}
	store_close(&s);
}

/* A megabyte here, and keys that no index takes. */
static void
test_long(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	size_t n = 1000000, i;
	char *big = malloc(n + 1);
	struct store_event e = position("DEV-1", 1);
	struct store_chat c = {.time = 1, .n_members = 1};
	struct slice text;

	assert_non_null(big);
	for (i = 0; i < n; i++) /* does not compress well */
		big[i] = (char)(' ' + (i * i * 31 + i / 7 * 13) % 90);
	big[n] = '\0';
	text = S(big);
	e.xml = e.callsign = e.role = text;
	c = (struct store_chat){.room = text,
	    .room_name = text,
	    .sender_uid = text,
	    .text = {big, 300000},
	    .member = &text,
	    .n_members = 1};
	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	c.room = SLICE("r");
	e = message("x", "b-t-f", 2);
	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	e = position("LONG", 3);
	e.device = e.conn = text;
	e.type = (struct slice){big, 5000};
	OK(store_add(s, &e));
	e.groups = &text;
	e.n_groups = 1;
	OK(store_add(s, &e));
	e.user = (struct slice){big, 5000};
	e.uid = (struct slice){big, 1024};
	OK(store_add(s, &e));
	OK(store_add_alert(s, &(struct store_alert){.type = text}));
	OK(commit(s, 1));
	IS("SELECT length(text) || ' ' || coalesce(room, '-') || ' ' || "
	   "coalesce(sender_uid, '-') FROM ots_chats ORDER BY id",
	    "300000 - -\n300000 r -\n");
	assert_int_equal(
	    count_of(f, "SELECT max(length(xml)) FROM ots_events"), 1000000);
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_chat_members"), 0);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 5);
	free(big);
	store_close(&s);
}

/* What the database refuses costs its batch, and nothing else. */
static void
test_poison(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event good = position("good", 1), bad[4];
	uint64_t at = 0;
	int i;

	for (i = 0; i < 4; i++)
		bad[i] = position("bad", 1);
	bad[0].xml = SLICE("\xff");
	bad[1].type = SLICE("\xc3");
	bad[2].lat = (double)strtod("nan", NULL);
	bad[3].groups = &bad[0].xml;
	bad[3].n_groups = 1;
	for (i = 0; i < 4; i++) {
		size_t bytes;

		OK(store_add(s, &good));
		bad[i].located = i != 2;
		OK(store_add(s, &bad[i]));
		FAILS(commit(s, at + 2), EINVAL);
		assert_int_equal(store_pending(s, &bytes), 0);
		OK(store_add(s, &good));
		OK(commit(s, ++at));
		OK(store_add(s, &bad[i]));
		FAILS(commit(s, at + 1), EINVAL);
		OK(commit(s, ++at)); /* it is left out */
	}
	IS("SELECT uid || count(*) FROM ots_events GROUP BY uid", "good4\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_types"), 2);
	store_close(&s);
}

/* Types of strangers' making do not fill the memory. */
static void
test_types(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	char type[64];
	int i, k, n = STORE_TYPES_MAX / 4;

	for (k = 0; k < 5; k++) {
		for (i = 0; i < n; i++) {
			str_fmt(type, sizeof type, "a-f-%d-%d", k, i);
			e = message("x", type, i);
			if (i == 0)
				e.type = S("a-f");
			OK(store_add(s, &e));
		}
		OK(commit(s, (uint64_t)k + 1));
	}
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_types"), STORE_TYPES_MAX);
	assert_true(count_of(f,
			"SELECT count(*) FROM ots_events e "
			"JOIN ots_types t ON t.id = e.type_id "
			"WHERE t.type = 'a-f'") > n);
	store_close(&s);
}

/* Its uid is a key everywhere. */
static void
test_no_uid(void **state)
{
	struct store *s = open_it(*state);
	struct store_event e = position("x", 1);
	char big[STORE_KEY_MAX + 2];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	e.uid = S(big);
	FAILS(store_add(s, &e), EINVAL);
	e.uid = (struct slice){0};
	FAILS(store_add(s, &e), EINVAL);
	e.uid = SLICE("");
	OK(store_add(s, &e));
	OK(commit(s, 1));
	store_close(&s);
}

#define TESTS(X)                                                               \
	X(test_hostile), X(test_long), X(test_poison), X(test_types),          \
	    X(test_no_uid)

FIX_MAIN(TESTS)
