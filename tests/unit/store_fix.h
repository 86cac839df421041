/* store_fix.h - what the tests of store.h share: events, and tables as text. */
#ifndef OTS_STORE_FIX_H
#define OTS_STORE_FIX_H

#include "db_fix.h"

#include "buf.h"
#include "clock.h"
#include "store.h"
#include "store_db.h"

#define S(text)     slice_of(text)
#define SPOOL       "main"
#define T0          INT64_C(1700000000000000)
#define ROWS_OF(id) rows(f, "SELECT " id)

static inline struct store *
open_it(const struct fix *f)
{
	char why[256] = "";
	struct store *s = store_open(f->uri, why);
	struct store_place p;

	if (!s)
		fail_msg("%s", why);
	if (store_place(s, SPOOL, &p) < 0)
		fail_msg("%s", store_why(s));
	return s;
}

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg(                                              \
			    "%s: %s (errno %d)", #call, store_why(s), errno);  \
	} while (0)
#define FAILS(call, err)                                                       \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal((call), -1);                                  \
		assert_int_equal(errno, (err));                                \
	} while (0)

/* The rows of a query of one column of texts, each with a line feed. */
static inline const char *
rows(const struct fix *f, const char *sql)
{
	static char text[1 << 16];
	const struct db_schema schema = {"none", NULL, 0, &sql, 1};
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, &schema, why);
	struct db_rows r;
	size_t n = 0;
	int got;

	*text = '\0';
	if (!d || db_query(d, &r, 0, DB_NO_VALUES) < 0)
		fail_msg("%s: %s", sql, d ? db_why(d) : why);
	while ((got = db_next(&r)) == 1)
		n += (size_t)str_fmt(
		    text + n, sizeof text - n, "%s\n", db_get_text(&r, 0));
	if (got < 0)
		fail_msg("%s: %s", sql, db_why(d));
	db_end(&r);
	db_close(&d);
	return text;
}

/* Of a query of one number. */
static inline long long
count_of(const struct fix *f, const char *sql)
{
	const char *text = rows(f, sql);

	if (!*text)
		fail_msg("%s: no row", sql);
	return strtoll(text, NULL, 10);
}

#define IS(sql, want) assert_string_equal(rows(f, sql), want)

/* A position of a device, at T0 + n seconds. */
static inline struct store_event
position(const char *uid, int n)
{
	static const struct slice groups[] = {{"Blue", 4}, {"__ANON__", 8}};

	return (struct store_event){.t = T0 + n * INT64_C(1000000),
	    .time = T0,
	    .start = T0 + 1,
	    .stale = T0 + 60000000,
	    .uid = S(uid),
	    .type = S("a-f-G-U-C"),
	    .how = S("m-g"),
	    .lat = 51.5,
	    .lon = -0.25,
	    .hae = 12.5,
	    .ce = 9999999,
	    .le = 9999999,
	    .located = true,
	    .conn = S("n.1.2"),
	    .user = S("alice"),
	    .device = S(uid),
	    .callsign = S("ALPHA"),
	    .team = S("Cyan"),
	    .role = S("Team Member"),
	    .takv = {S("Pixel"), S("ATAK-CIV"), S("34"), S("5.5")},
	    .xml = S("<event/>"),
	    .groups = groups,
	    .n_groups = 2,
	    .identity = true,
	    .shown = true};
}

/* Something else of a device: no place, no identity. */
static inline struct store_event
message(const char *uid, const char *type, int n)
{
	struct store_event e = position("DEV-1", n);

	e.uid = S(uid);
	e.type = S(type);
	e.identity = e.shown = e.located = false;
	e.lat = e.lon = 0;
	return e;
}

/* The batch, up to there. */
static inline int
commit(struct store *s, uint64_t offset)
{
	return store_commit(s, SPOOL, &(struct store_place){1, offset});
}

#endif
