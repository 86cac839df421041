#include "store_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_db.h"
#include "store_query_own.h"

const char *const query_sql[] = {
#define X(id, text) [QUERY_##id] = (text),
    QUERY_SQL(X)
#undef X
};

/* Life ----------------------------------------------------------------------*/

struct store_reader *
store_reader_open(const char *uri, char err[256])
{
	struct store_reader *r = calloc(1, sizeof *r);
	int e;

	_Static_assert(DB_WHY_MAX == 256, "texts of one size");
	if (!r) {
		str_fmt(err, 256, "no memory");
		errno = EAGAIN;
		return NULL;
	}
	r->schema = store_schema;
	r->schema.sql = query_sql;
	r->schema.n_sql = QUERY_SQL_COUNT;
	r->db = db_open(uri, &r->schema, err);
	if (r->db)
		return r;
	e = errno;
	free(r);
	errno = e;
	return NULL;
}

void
store_reader_close(struct store_reader **r)
{
	if (!*r)
		return;
	db_close(&(*r)->db);
	free(*r);
	*r = NULL;
}

const char *
store_reader_why(const struct store_reader *r)
{
	return db_why(r->db);
}

/* A question ----------------------------------------------------------------*/

static int
add_set(struct query_run *run, size_t *cap, int64_t set)
{
	int64_t *sets;

	if (run->n_sets == *cap) {
		*cap = *cap ? 2 * *cap : 16;
		sets = reallocarray(run->sets, *cap, sizeof *sets);
		if (!sets)
			return db_fail(run->r->db, EAGAIN, "no memory");
		run->sets = sets;
	}
	run->sets[run->n_sets++] = set;
	return 0;
}

static int
read_sets(struct query_run *run)
{
	struct db_rows r;
	size_t cap = 0;
	int got;

	if (db_query(run->r->db, &r, QUERY_SETS,
		DB_VALUES(dbv_text(run->q->group))) < 0)
		return -1;
	while ((got = db_next(&r)) == 1)
		if (add_set(run, &cap, db_get_i64(&r, 0)) < 0) {
			got = -1;
			break;
		}
	db_end(&r);
	return got;
}

int
query_begin(struct query_run *run, struct store_reader *r,
    const struct store_query *q, const struct store_sink *to)
{
	int64_t newest;
	int got;

	*run = (struct query_run){.r = r, .q = q, .to = to};
	got = db_one_i64(
	    r->db, QUERY_NEWEST, DB_VALUES(dbv_text("event")), &newest);
	if (got <= 0)
		return got;
	run->after = q->since > INT64_MIN ? q->since - 1 : q->since;
	run->until = q->until > INT64_MIN ? q->until - 1 : q->until;
	if (run->until > newest)
		run->until = newest;
	if (q->group && read_sets(run) < 0)
		return -1;
	/* No type is as long as that. */
	if (q->type &&
	    query_prefix_end(q->type, run->type_end, sizeof run->type_end) < 0)
		return 0;
	return run->after < run->until && (!q->group || run->n_sets);
}

int
query_end(struct query_run *run, int r)
{
	int err = errno;

	free(run->sets);
	run->sets = NULL;
	if (r >= 0)
		query_idle(run);
	errno = err;
	return r < 0 ? -1 : 0;
}

void
query_idle(struct query_run *run)
{
	if (run->to->idle && run->to->idle(run->to->arg) != 0)
		run->ended = true;
}

/* What rows must be ---------------------------------------------------------*/

bool
query_in_set(const struct query_run *run, int64_t set)
{
	size_t low = 0, high = run->n_sets, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (run->sets[mid] < set)
			low = mid + 1;
		else
			high = mid;
	}
	return !run->q->group || (low < run->n_sets && run->sets[low] == set);
}

bool
query_begins(const char *text, const char *prefix)
{
	return !prefix || (text && slice_starts(slice_of(text), prefix));
}

bool
query_is(const char *text, const char *want)
{
	return !want || (text && !strcmp(text, want));
}

bool
query_in_box(const struct query_run *run, double lat, double lon)
{
	return !run->q->box || query_box_has(run->q->box, lat, lon);
}

/* Columns -------------------------------------------------------------------*/

const char *
query_text(const struct db_rows *r, int col)
{
	return db_get_null(r, col) ? NULL : db_get_text(r, col);
}

int64_t
query_i64(const struct db_rows *r, int col)
{
	return db_get_null(r, col) ? STORE_UNKNOWN : db_get_i64(r, col);
}

double
query_double(const struct db_rows *r, int col)
{
	return db_get_null(r, col) ? (double)NAN : db_get_double(r, col);
}
