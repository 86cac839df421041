/* Retention: a batch of rows at a time, found and deleted by a range of a key,
 * in a transaction that locks these rows only (SQLite: the file, for some
 * milliseconds). */
#include <errno.h>
#include <string.h>

#include "store_db.h"

static const char *const names[] = {
#define X(id, name, help) [STORE_##id] = (name),
    STORE_KINDS(X)
#undef X
};

const char *
store_kind_name(enum store_kind k)
{
	return names[k];
}

int
store_kind_of(struct slice name, enum store_kind *k)
{
	unsigned i;

	for (i = 0; i < STORE_KIND_COUNT; i++)
		if (slice_is(name, names[i])) {
			*k = (enum store_kind)i;
			return 0;
		}
	errno = EINVAL;
	return -1;
}

/* One table: its rows of the first range. */
struct range {
	int64_t before, gone;
	unsigned old, keep,
	    del; /* keep: before the deletion, or STORE_SQL_COUNT */
	int64_t n;
};

static int
forget_range(struct db *d, void *arg)
{
	struct range *x = arg;
	int64_t from = 0, to = 0;
	struct db_rows r;
	int got;

	x->n = 0;
	if (db_query(d, &r, x->old,
		DB_VALUES(dbv_i64(x->before), dbv_i64(x->gone))) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1 && db_get_null(&r, 0))
		got = 0;
	if (got == 1) {
		from = db_get_i64(&r, 0);
		to = db_get_i64(&r, 1);
	}
	db_end(&r);
	if (got <= 0)
		return got;
	if (x->keep != STORE_SQL_COUNT &&
	    db_exec(d, x->keep, DB_VALUES(dbv_i64(from), dbv_i64(to))) < 0)
		return -1;
	x->n = db_exec(d, x->del, DB_VALUES(dbv_i64(from), dbv_i64(to)));
	x->gone = to;
	return x->n < 0 ? -1 : 0;
}

/* PostgreSQL keeps deleted rows in its indexes for a while: what this round has
 * deleted is not looked for again. */
static int64_t
forget(
    struct store *s, unsigned old, unsigned keep, unsigned del, int64_t before)
{
	struct range x = {.before = before,
	    .gone = s->gone[old],
	    .old = old,
	    .keep = keep,
	    .del = del};

	if (db_transact(s->db, DB_ROWS, forget_range, &x) < 0)
		return -1;
	s->gone[old] = x.n ? x.gone : 0;
	return x.n;
}

/* Kinds that are one table. */
#define ONE_TABLE(X)                                                           \
	X(LATEST)                                                              \
	X(ITEMS)                                                               \
	X(ALERTS)                                                              \
	X(CASEVACS)                                                            \
	X(VIDEOS)                                                              \
	X(SHARES)                                                              \
	X(STATS)                                                               \
	X(DELETIONS)                                                           \
	X(CONNECTIONS)

/* What belongs together, one after the other. */
#define TWO(s, first, second, before, before2)                                 \
	forget_two((s), STORE_SQL_##first##_OLD, STORE_SQL_##first##_DEL,      \
	    STORE_SQL_##second##_OLD, STORE_SQL_##second##_DEL, (before),      \
	    (before2))

static int64_t
forget_two(struct store *s, unsigned old1, unsigned del1, unsigned old2,
    unsigned del2, int64_t before1, int64_t before2)
{
	int64_t n = forget(s, old1, STORE_SQL_COUNT, del1, before1);

	return n ? n : forget(s, old2, STORE_SQL_COUNT, del2, before2);
}

/* Devices -------------------------------------------------------------------*/

/* No index has the time when a device was seen last (store_ddl.c): all of them
 * are looked at, a page at a time. */
struct page {
	struct store *s;
	int64_t before, n;
	char to[STORE_KEY_MAX + 1];
};

static int
forget_page(struct db *d, void *arg)
{
	struct page *x = arg;
	struct db_rows r;
	int got;

	x->n = 0;
	*x->to = '\0';
	if (db_query(d, &r, STORE_SQL_DEVICES_PAGE,
		DB_VALUES(dbv_text(x->s->device))) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1)
		x->n = db_get_i64(&r, 0);
	if (got == 1 &&
	    str_fmt(x->to, sizeof x->to, "%s", db_get_text(&r, 1)) < 0)
		got = db_fail(d, EIO, "a key is too long");
	db_end(&r);
	if (got < 0 || x->n == 0)
		return got < 0 ? -1 : 0;
	return db_exec(d, STORE_SQL_DEVICES_DEL,
		   DB_VALUES(dbv_text(x->s->device), dbv_text(x->to),
		       dbv_i64(x->before))) < 0
	    ? -1
	    : 0;
}

static int64_t
forget_devices(struct store *s, int64_t before)
{
	struct page x = {.s = s, .before = before};

	if (db_transact(s->db, DB_ROWS, forget_page, &x) < 0)
		return -1;
	memcpy(s->device, x.to, sizeof s->device);
	return x.n;
}

int64_t
store_retain(struct store *s, enum store_kind k, int64_t before)
{
	switch (k) {
	case STORE_EVENTS:
		return forget(s, STORE_SQL_EVENTS_OLD, STORE_SQL_EVENTS_KEEP,
		    STORE_SQL_EVENTS_DEL, before);
	case STORE_POSITIONS:
		return TWO(
		    s, POSITIONS, VISITS, before, before - STORE_VISIT_US);
	case STORE_CHATS:
		return TWO(s, CHATS, RECEIPTS, before, before);
	case STORE_MAIL:
		return TWO(s, MAIL, LETTERS, before, before);
	case STORE_DEVICES:
		return forget_devices(s, before);
#define X(id)                                                                  \
	case STORE_##id:                                                       \
		return forget(s, STORE_SQL_##id##_OLD, STORE_SQL_COUNT,        \
		    STORE_SQL_##id##_DEL, before);
		ONE_TABLE(X)
#undef X
	case STORE_KIND_COUNT:
		break;
	}
	errno = EINVAL;
	return -1;
}

/* Room ----------------------------------------------------------------------*/

int
store_vacuum(struct store *s)
{
	return db_compact(s->db);
}
