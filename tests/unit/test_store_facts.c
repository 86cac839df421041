/* store.h on each engine: what events say besides. */
#include "store_fix.h"

/* Chats ---------------------------------------------------------------------*/

static void
test_chat(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct slice members[] = {
	    SLICE("DEV-1"), SLICE("DEV-2"), SLICE("DEV-1")};
	struct store_chat c = {.room = SLICE("room"),
	    .room_name = SLICE("The Room"),
	    .parent = SLICE("RootContactGroup"),
	    .sender_uid = SLICE("DEV-1"),
	    .sender_callsign = SLICE("ALPHA"),
	    .text = SLICE("hello"),
	    .message = SLICE("m1"),
	    .time = 5,
	    .member = members,
	    .n_members = 3};
	struct store_receipt r = {
	    .chat = SLICE("m1"), .who = SLICE("DEV-2"), .kind = 'd'};
	struct store_event e = message("C1", "b-t-f", 1);

	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	e = message("R1", "b-t-f-d", 2);
	OK(store_add(s, &e));
	OK(store_add_receipt(s, &r));
	OK(commit(s, 1));
	/* The same uid by somebody else is another message; what is told of a
	 * room stays until it is told anew. */
	e = message("C1", "b-t-f", 3);
	e.device = SLICE("DEV-3");
	c.room_name = (struct slice){0};
	c.owner = SLICE("DEV-3");
	c.text = SLICE("mine");
	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	OK(commit(s, 2));
	IS("SELECT c.id || '|' || c.device || '|' || c.uid || '|' || room || "
	   "'|' || sender_uid || '|' || sender_callsign || '|' || text || '|' "
	   "|| c.time || '|' || g.names FROM ots_chats c JOIN ots_group_sets "
	   "g ON g.id = c.group_set ORDER BY c.id",
	    "1700000001000000|DEV-1|C1|room|DEV-1|ALPHA|hello|5|"
	    "Blue\t__ANON__\n"
	    "1700000003000000|DEV-3|C1|room|DEV-1|ALPHA|mine|5|"
	    "Blue\t__ANON__\n");
	IS("SELECT id || '|' || name || '|' || parent || '|' || owner "
	   "FROM ots_chatrooms",
	    "room|The Room|RootContactGroup|DEV-3\n");
	IS("SELECT room || ' ' || uid FROM ots_chat_members ORDER BY uid",
	    "room DEV-1\nroom DEV-2\n");
	IS("SELECT id || '|' || chat || '|' || kind || '|' || who "
	   "FROM ots_receipts",
	    "1700000002000000|m1|d|DEV-2\n");
	/* Receipts are found by the message; one without an id has its uid. */
	c.message = (struct slice){0};
	e = message("C2", "b-t-f", 4);
	OK(store_add(s, &e));
	OK(store_add_chat(s, &c));
	OK(commit(s, 3));
	IS("SELECT c.uid || '|' || c.message || '|' || coalesce(r.kind, '-') "
	   "FROM ots_chats c LEFT JOIN ots_receipts r ON r.chat = c.message "
	   "ORDER BY c.id",
	    "C1|m1|d\nC1|m1|d\nC2|C2|-\n");
	store_close(&s);
}

/* Items ---------------------------------------------------------------------*/

#define ITEMS                                                                  \
	"SELECT uid || '|' || kind || '|' || type || '|' || "                  \
	"coalesce(callsign, '-') || '|' || coalesce(remarks, '-') || '|' || "  \
	"(id - 1700000000000000) || '|' || CASE WHEN deleted = 0 THEN 0 ELSE " \
	"deleted - 1700000000000000 END FROM ots_items ORDER BY uid"

static void
put_item(struct store *s, const char *uid, int n, const char *remarks)
{
	struct store_event e = message(uid, "a-h-G", n);
	struct store_item i = {.kind = "marker", .callsign = SLICE("M")};

	if (remarks)
		i.remarks = S(remarks);
	OK(store_add(s, &e));
	OK(store_add_item(s, &i));
}

static void
delete_item(struct store *s, const char *uid, int n, const char *group)
{
	struct store_event e = message("DEL", "t-x-d-d", n);
	struct slice g = S(group);

	e.groups = &g;
	e.n_groups = 1;
	OK(store_add(s, &e));
	OK(store_add_deletion(s, S(uid)));
}

static void
test_items(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	int i;

	for (i = 0; i < 10; i++)
		put_item(s, "A", i, i < 9 ? "old" : NULL);
	assert_int_equal(s->n_facts, 3); /* the device, its connection */
	put_item(s, "B", 11, "b");
	OK(commit(s, 1));
	IS(ITEMS,
	    "A|marker|a-h-G|M|-|9000000|0\n"
	    "B|marker|a-h-G|M|b|11000000|0\n");
	/* Only by one who sees it. */
	delete_item(s, "A", 12, "Red");
	delete_item(s, "B", 13, "Blue");
	delete_item(s, "nothing", 14, "Blue");
	OK(commit(s, 2));
	IS(ITEMS,
	    "A|marker|a-h-G|M|-|9000000|0\n"
	    "B|marker|a-h-G|M|b|11000000|13000000\n");
	IS("SELECT uid || '|' || device FROM ots_deletions ORDER BY id",
	    "A|DEV-1\nB|DEV-1\nnothing|DEV-1\n");
	/* Both in one batch, in either order. */
	put_item(s, "A", 15, "x");
	delete_item(s, "A", 16, "Blue");
	delete_item(s, "B", 17, "Blue");
	put_item(s, "B", 18, "again");
	put_item(s, "C", 19, "c");
	delete_item(s, "C", 20, "Red");
	OK(commit(s, 3));
	IS(ITEMS,
	    "A|marker|a-h-G|M|x|15000000|16000000\n"
	    "B|marker|a-h-G|M|again|18000000|0\n"
	    "C|marker|a-h-G|M|c|19000000|0\n");
	store_close(&s);
}

/* Alerts --------------------------------------------------------------------*/

#define ALERTS                                                                 \
	"SELECT uid || '|' || username || '|' || type || '|' || "              \
	"(started - 1700000000000000) || '|' || (last - 1700000000000000) "    \
	"|| '|' || CASE WHEN cancelled = 0 THEN 0 ELSE "                       \
	"cancelled - 1700000000000000 END FROM ots_alerts ORDER BY id"

static void
alarm_by(struct store *s, const char *user, int n, bool cancel)
{
	struct store_event e = message("ALARM", "b-a-o-tbl", n);
	struct store_alert a = {.type = SLICE("911 Alert"), .cancel = cancel};

	e.user = S(user);
	OK(store_add(s, &e));
	OK(store_add_alert(s, &a));
}

static void
test_alerts(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);

	alarm_by(s, "alice", 1, false);
	alarm_by(s, "alice", 2, false);
	OK(commit(s, 1));
	alarm_by(s, "alice", 3, false);
	/* Another user with the same uid. */
	alarm_by(s, "mallory", 4, true);
	alarm_by(s, "mallory", 5, false);
	OK(commit(s, 2));
	IS(ALERTS,
	    "ALARM|alice|911 Alert|1000000|3000000|0\n"
	    "ALARM|mallory|911 Alert|5000000|5000000|0\n");
	alarm_by(s, "alice", 6, true);
	alarm_by(s, "alice", 7, false);
	OK(commit(s, 3));
	IS(ALERTS,
	    "ALARM|alice|911 Alert|1000000|3000000|6000000\n"
	    "ALARM|mallory|911 Alert|5000000|5000000|0\n"
	    "ALARM|alice|911 Alert|7000000|7000000|0\n");
	store_close(&s);
}

static void
test_others(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_blob b = {.title = SLICE("t"), .json = SLICE("{\"a\":1}")};
	int (*const add[])(struct store *, const struct store_blob *) = {
	    store_add_casevac, store_add_video, store_add_share,
	    store_add_stats};
	struct store_event e;
	size_t i;
	int n;

	for (n = 0; n < 3; n++)
		for (i = 0; i < 4; i++) {
			e = message("X", "x", n * 10 + (int)i);
			OK(store_add(s, &e));
			OK(add[i](s, &b));
			if (n)
				OK(commit(s, (uint64_t)(n * 10) + i));
		}
	IS("SELECT uid || title || facts FROM ots_casevacs", "Xt{\"a\":1}\n");
	IS("SELECT uid || title || facts FROM ots_videos", "Xt{\"a\":1}\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_fileshares"), 3);
	IS("SELECT DISTINCT device || facts FROM ots_stats",
	    "DEV-1{\"a\":1}\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_stats"), 3);
	IS("SELECT CAST(id AS text) FROM ots_videos", "1700000021000000\n");
	store_close(&s);
}

#define TESTS(X) X(test_chat), X(test_items), X(test_alerts), X(test_others)

FIX_MAIN(TESTS)
