/* rows_fix.h - what the tests of rows.h share: rows with a store, on an empty
 * database. */
#ifndef OTS_ROWS_FIX_H
#define OTS_ROWS_FIX_H

#include "db_fix.h"

#include "../../cmd/ots-store/retain.h"
#include "../../cmd/ots-store/rows.h"
#include "../../cmd/ots-store/writer.h"
#include "accounts.h"

#define NOW    ((int64_t)1714979300000000)
#define SECOND ((int64_t)1000000)
#define DAY    ((uint64_t)86400 * 1000000)

static const uint64_t seed[2] = {1, 2};

static inline void
is(struct slice got, const char *want)
{
	if (!slice_is(got, want))
		fail_msg("got %.*s, want %s", (int)got.n, got.p, want);
}

struct world {
	struct store *store;
	struct rows rows;
	struct mail_config mail;
	struct buf line, out;
	uint64_t place;
	int64_t t; /* when clients say who they are */
};

static inline struct world *
world_new(const struct fix *f, enum mail_mode mode)
{
	struct world *w = calloc(1, sizeof *w);
	struct store_place place;
	char why[256] = "";

	assert_non_null(w);
	w->store = store_open(f->uri, why);
	if (!w->store)
		fail_msg("%s", why);
	assert_int_equal(store_place(w->store, "spool", &place), 0);
	w->place = place.offset;
	w->mail = (struct mail_config){mode, 7 * DAY, 2};
	w->t = NOW - SECOND;
	rows_init(&w->rows, seed);
	mail_init(&w->rows.mail, w->store, &w->mail, seed);
	w->rows.store = w->rows.latest.store = w->store;
	assert_int_equal(rows_load(&w->rows, NOW), 0);
	buf_init(&w->line, 1 << 20);
	buf_init(&w->out, 1 << 20);
	return w;
}

static inline void
world_free(struct world *w)
{
	rows_fini(&w->rows);
	store_close(&w->store);
	buf_fini(&w->line);
	buf_fini(&w->out);
	free(w);
}

static inline void
add(struct world *w, const char *line)
{
	if (rows_add(&w->rows, slice_of(line), NOW, false) < 0)
		fail_msg("%s: %s", line, strerror(errno));
}

static inline void
commit(struct world *w)
{
	struct store_place place = {0, ++w->place};

	assert_int_equal(mail_mark(&w->rows.mail, NOW), 0);
	if (store_commit(w->store, "spool", &place) < 0)
		fail_msg("%s", store_why(w->store));
	rows_done(&w->rows);
}

/* A device of a user (NULL: of none) says who it is. */
static inline void
client_of(struct world *w, const char *user, const char *conn, const char *uid,
    const char *callsign)
{
	char line[1024];

	assert_true(
	    str_fmt(line, sizeof line,
		"ev:cot\tuid:%s\ttype:a-f-G-U-C\thow:m-g\t"
		"stale:2100-01-01T00:00:00.000Z\tlat:1\tlon:2\t"
		"callsign:%s\tendpoint:*:-1:stcp\tconn:%s\t%s%s%s"
		"t:%lld\t"
		"xml:<event uid=\"%s\" type=\"a-f-G-U-C\" how=\"m-g\">"
		"<point lat=\"1\" lon=\"2\"/><detail>"
		"<contact callsign=\"%s &lt;\" endpoint=\"*\"/>"
		"</detail></event>",
		uid, callsign, conn, user ? "user:" : "", user ? user : "",
		user ? "\t" : "", (long long)w->t, uid, callsign) > 0);
	add(w, line);
}

static inline void
client(struct world *w, const char *conn, const char *uid, const char *callsign)
{
	client_of(w, NULL, conn, uid, callsign);
}

static inline void
chat(struct world *w, const char *conn, const char *uid, int64_t t,
    const char *room, const char *dest)
{
	char line[1024];

	assert_true(
	    str_fmt(line, sizeof line,
		"ev:cot\tuid:%s\ttype:b-t-f\tconn:%s\tt:%lld%s\t"
		"xml:<event><detail><__chat id=\"%s\"/></detail></event>",
		uid, conn, (long long)t, dest, room) > 0);
	add(w, line);
}

static inline void
leave(struct world *w, const char *conn)
{
	char line[128];

	assert_true(str_fmt(line, sizeof line, "ev:close\tconn:%s\tt:%lld",
			conn, (long long)NOW) > 0);
	add(w, line);
}

/* What was said to the filter, with " for TAB. */
static inline void
expect_out(struct world *w, const char *want)
{
	struct slice s;
	char *p, *tab;

	(void)buf_putc(&w->out, '\0');
	s = buf_slice(&w->out);
	p = slice_dup(s);
	assert_non_null(p);
	while ((tab = strchr(p, '\t')))
		*tab = '|';
	assert_string_equal(p, want);
	free(p);
	buf_clear(&w->out);
}

#endif
