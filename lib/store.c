#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "store_db.h"

static int
fail_open(struct store *s, char err[256], const char *why)
{
	int e = errno;

	if (why && str_fmt(err, 256, "%s", why) < 0)
		*err = '\0';
	store_close(&s);
	errno = e;
	return -1;
}

static int
set_up(struct store *s, const char *uri, char err[256])
{
	int i;

	clock_seed(s->seed);
	for (i = 0; i < T_COUNT; i++)
		map_init(&s->fact[i].by_key, s->seed);
	map_init(&s->known, s->seed);
	store_drop(s);
	s->db = db_open(uri, &store_schema, err);
	if (!s->db)
		return fail_open(s, err, NULL);
	if (store_keys_init(s) < 0 ||
	    db_one_i64(s->db, STORE_SQL_COUNTER, DB_VALUES(dbv_text("event")),
		&s->last_id) < 0)
		return fail_open(s, err, db_why(s->db));
	return 0;
}

struct store *
store_open(const char *uri, char err[256])
{
	struct store *s = calloc(1, sizeof *s);

	_Static_assert(DB_WHY_MAX == 256, "texts of one size");
	if (!s) {
		str_fmt(err, 256, "no memory");
		errno = EAGAIN;
		return NULL;
	}
	return set_up(s, uri, err) < 0 ? NULL : s;
}

void
store_close(struct store **s)
{
	int i;

	if (!*s)
		return;
	store_drop(*s);
	store_known_fini(*s);
	store_mem_fini(&(*s)->mem);
	store_keys_fini(*s);
	for (i = 0; i < T_COUNT; i++)
		map_fini(&(*s)->fact[i].by_key);
	free((*s)->row);
	store_visits_forget(*s);
	db_close(&(*s)->db);
	free(*s);
	*s = NULL;
}

const char *
store_why(const struct store *s)
{
	return db_why(s->db);
}

int
store_heavy(struct store *s)
{
	return db_heavy(s->db);
}

/* Progress ------------------------------------------------------------------*/

int
store_read_place(
    struct db *d, struct slice spool, struct store_place *out, bool *there)
{
	struct db_rows r;
	int got;

	*out = (struct store_place){0};
	if (db_query(d, &r, STORE_SQL_PLACE, DB_VALUES(dbv_slice(spool))) < 0)
		return -1;
	got = db_next(&r);
	*there = got == 1;
	if (got == 1) {
		out->segment = (uint64_t)db_get_i64(&r, 0);
		out->offset = (uint64_t)db_get_i64(&r, 1);
	}
	db_end(&r);
	return got < 0 ? -1 : 0;
}

int
store_place(struct store *s, const char *spool, struct store_place *out)
{
	bool there;

	if (store_read_place(s->db, slice_of(spool), &s->place, &there) < 0)
		return -1;
	s->placed = true;
	*out = s->place;
	return 0;
}

/* The batch is of no use: what is in it is refused. */
static bool
refused(int err)
{
	return err != EAGAIN && err != EACCES && err != EPROTO;
}

int
store_commit(
    struct store *s, const char *spool, const struct store_place *place)
{
	struct store_job j = {
	    .s = s, .spool = slice_of(spool), .place = *place};
	int err;

	if (!s->placed ||
	    (place->segment == s->place.segment &&
		place->offset == s->place.offset)) {
		store_drop(s);
		return db_fail(s->db, EINVAL, "the place in the spool is old");
	}
	if (store_keys_write(s) < 0 ||
	    db_transact(s->db, DB_ROWS, store_write, &j) < 0) {
		err = errno;
		s->unsure = true;
		if (refused(err))
			store_drop(s);
		errno = err;
		return -1;
	}
	s->place = *place;
	if (s->n_rows)
		s->last_id = s->row[s->n_rows - 1].id;
	store_known_done(s);
	s->n_rows = 0;
	store_drop(s);
	return 0;
}

/* Places on the map ---------------------------------------------------------*/

int64_t
store_cell(double lat, double lon)
{
	int y = (int)(lat + 90), x = (int)(lon + 180);

	y = y < 0 ? 0 : y > 179 ? 179 : y;
	x = x < 0 ? 0 : x > 359 ? 359 : x;
	return y * 360 + x;
}
