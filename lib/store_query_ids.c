/* Ids by one of several ways, and the rows of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "store.h"
#include "store_query_own.h"

/* Which way is best is found by looking: at so many ids, of so many keys. */
#define LOOK_IDS  2048
#define LOOK_KEYS 64

struct walk {
	struct query_run *run;
	const struct query_way *way;
	struct query_merge merge;
	size_t found; /* ids that were seen ahead, at most LOOK_IDS */
};

static int
no_memory(const struct query_run *run)
{
	return db_fail(run->r->db, EAGAIN, "no memory");
}

/* A page of ids (query_merge). */
static int
read_ids(void *arg, int64_t key, int64_t after, int64_t *ids, size_t max)
{
	const struct walk *w = arg;
	struct db_val v[4] = {dbv_i64(after), dbv_i64(w->run->until),
	    dbv_i64((int64_t)max), dbv_i64(key)};
	struct db_rows r;
	size_t n = 0;
	int got;

	if (w->way->heads == QUERY_SQL_COUNT)
		v[3] = dbv_text(w->way->text);
	if (db_query(
		w->run->r->db, &r, w->way->ids, v, w->way->keyless ? 3 : 4) < 0)
		return -1;
	while (n < max && (got = db_next(&r)) == 1)
		ids[n++] = db_get_i64(&r, 0);
	db_end(&r);
	return n < max && got < 0 ? -1 : (int)n;
}

/* Keys ----------------------------------------------------------------------*/

static int
read_heads(struct walk *w, const struct db_val *v, size_t n)
{
	struct db_rows r;
	int got;

	if (db_query(w->run->r->db, &r, w->way->heads, v, n) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		if (db_get_null(&r, 1))
			continue;
		if (query_merge_add(
			&w->merge, db_get_i64(&r, 0), db_get_i64(&r, 1)) < 0) {
			db_end(&r);
			return no_memory(w->run);
		}
	}
	db_end(&r);
	return got;
}

static int
heads_of_cells(struct walk *w)
{
	struct query_cells cells[QUERY_CELLS_MAX];
	size_t n = query_box_cells(w->run->q->box, cells), i;

	for (i = 0; i < n; i++)
		if (read_heads(w,
			DB_VALUES(dbv_i64(w->run->after),
			    dbv_i64(w->run->until), dbv_i64(cells[i].first),
			    dbv_i64(cells[i].last))) < 0)
			return -1;
	return 0;
}

static int
heads_of_types(struct walk *w)
{
	char end[STORE_KEY_MAX + 8];

	/* No type is as long as that. */
	if (query_prefix_end(w->way->text, end, sizeof end) < 0)
		return 0;
	return read_heads(w,
	    DB_VALUES(dbv_i64(w->run->after), dbv_i64(w->run->until),
		dbv_text(w->way->text), dbv_text(end)));
}

static int
one_head(struct walk *w)
{
	int64_t head;
	int got = read_ids(w, 0, w->run->after, &head, 1);

	if (got > 0 && query_merge_add(&w->merge, 0, head) < 0)
		return no_memory(w->run);
	return got;
}

static int
begin_walk(struct walk *w)
{
	w->merge.page = read_ids;
	w->merge.arg = w;
	switch (w->way->heads) {
	case QUERY_SQL_COUNT:
		return one_head(w);
	case QUERY_CELL_HEADS:
		return heads_of_cells(w);
	case QUERY_TYPE_HEADS:
		return heads_of_types(w);
	default:
		return read_heads(w,
		    DB_VALUES(dbv_i64(w->run->after), dbv_i64(w->run->until),
			dbv_text(w->way->text)));
	}
}

/* The best way --------------------------------------------------------------*/

static int
look_ahead(struct walk *w)
{
	static int64_t ids[LOOK_IDS];
	size_t i;
	int got;

	w->found = w->merge.n;
	if (w->merge.n > LOOK_KEYS)
		w->found = LOOK_IDS;
	for (i = 0; i < w->merge.n && w->found < LOOK_IDS; i++) {
		got = read_ids(w, w->merge.heap[i].key, w->merge.heap[i].head,
		    ids, LOOK_IDS - w->found);
		if (got < 0)
			return -1;
		w->found += (size_t)got;
	}
	return 0;
}

/* w is the best so far. */
static int
try_way(struct walk *w, const struct query_way *way)
{
	struct walk other = {.run = w->run, .way = way};

	if (begin_walk(&other) < 0 || look_ahead(&other) < 0) {
		query_merge_fini(&other.merge);
		return -1;
	}
	if (other.found < w->found) {
		query_merge_fini(&w->merge);
		*w = other;
		w->merge.arg = w;
	} else {
		query_merge_fini(&other.merge);
	}
	return 0;
}

/* Rows ----------------------------------------------------------------------*/

static int
tell_rows(struct query_run *run, enum query_sql rows, const int64_t *ids,
    size_t n, int (*tell)(struct query_run *run, const struct db_rows *r))
{
	struct db_val v[QUERY_IN_MAX];
	struct db_rows r;
	int got = 0;
	size_t i;

	for (i = 0; i < QUERY_IN_MAX; i++)
		v[i] = dbv_i64(ids[i < n ? i : n - 1]);
	if (db_query(run->r->db, &r, rows, v, QUERY_IN_MAX) < 0)
		return -1;
	while (!run->ended && (got = db_next(&r)) == 1)
		if (tell(run, &r) != 0)
			run->ended = true;
	db_end(&r);
	return !run->ended && got < 0 ? -1 : 0;
}

static int
tell_all(struct walk *w, enum query_sql rows,
    int (*tell)(struct query_run *run, const struct db_rows *r))
{
	int64_t ids[QUERY_IN_MAX];
	size_t n, max = 4; /* the first row soon */
	int got = 1;

	while (got == 1 && !w->run->ended) {
		for (n = 0; n < max; n++)
			if ((got = query_merge_next(&w->merge, &ids[n])) != 1)
				break;
		if (got < 0)
			return errno == ENOMEM ? no_memory(w->run) : -1;
		if (n && tell_rows(w->run, rows, ids, n, tell) < 0)
			return -1;
		query_idle(w->run);
		max = QUERY_IN_MAX;
	}
	return 0;
}

int
query_by_ids(struct query_run *run, const struct query_way *way, size_t n,
    enum query_sql rows,
    int (*tell)(struct query_run *run, const struct db_rows *r))
{
	struct walk w = {.run = run, .way = way};
	size_t i;
	int r = begin_walk(&w);

	if (r >= 0 && n > 1)
		r = look_ahead(&w);
	for (i = 1; r >= 0 && i < n; i++)
		r = try_way(&w, &way[i]);
	if (r >= 0)
		r = tell_all(&w, rows, tell);
	query_merge_fini(&w.merge);
	return r;
}
