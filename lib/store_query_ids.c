/* Ids by the best of several ways, those that others do not have left out, and
 * the rows of them. */
#include <errno.h>
#include <stdlib.h>

#include "store_query_own.h"

/* Which way is best is found by looking: at so many ids, of so many keys. One
 * of more keys than KEYS_MAX is left alone at first: to find the first id of
 * each takes a while, and where so much is meant, most of what there is is. */
#define LOOK_IDS  2048
#define LOOK_KEYS 64
#define KEYS_MAX  2048
/* If there is little of it in so many rows, it was wrong. */
#define TRY_ROWS 1024
#define TRY_HITS (TRY_ROWS / 16)
/* Rows of a long way are not read where ways of few keys do not have their ids,
 * as long as finding that out costs less than the rows would (query_merge). */
#define SIEVE_KEYS 8
#define SIEVE_MOST 100000
#define ROW_COST   30
/* Ids that are passed over before somebody else has a turn. */
#define PASS_IDS 2048

struct walk {
	struct query_run *run;
	const struct query_way *way;
	struct query_merge merge;
	size_t found; /* ids that were seen ahead, at most LOOK_IDS */
	bool crowded; /* more than KEYS_MAX keys, and none is in merge */
};

/* A question on its way. */
struct search {
	struct query_run *run;
	const struct query_plan *plan;
	struct walk walk[QUERY_WAYS_MAX];
	struct walk *best, *crowded; /* crowded: instead of all ids */
	bool sieve[QUERY_WAYS_MAX];
	uint64_t passed; /* ids that were not in a sieve */
	bool over;       /* a sieve has no more */
	uint64_t rows;
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
	const struct query_way *way = w->way;
	struct db_val v[4] = {dbv_i64(after), dbv_i64(w->run->until),
	    dbv_i64((int64_t)max), dbv_i64(key)};
	struct db_rows r;
	size_t n = 0;
	int got = 0;

	if (way->heads == QUERY_NONE)
		v[3] = dbv_text(way->text);
	if (db_query(w->run->r->db, &r, way->ids, v, way->keyless ? 3 : 4) < 0)
		return -1;
	while (n < max && (got = db_next(&r)) == 1)
		ids[n++] = db_get_i64(&r, 0);
	db_end(&r);
	return n < max && got < 0 ? -1 : (int)n;
}

/* Keys ----------------------------------------------------------------------*/

static int
add_head(struct walk *w, int64_t key, int64_t id)
{
	if (query_merge_add(&w->merge, key, id) < 0)
		return no_memory(w->run);
	return 0;
}

/* Keys that v says, at most *left of them. */
static int
read_heads(struct walk *w, const struct db_val v[2], size_t *left)
{
	int64_t max = *left < INT64_MAX ? (int64_t)*left + 1 : INT64_MAX;
	struct db_rows r;
	int got;

	if (db_query(w->run->r->db, &r, w->way->heads,
		DB_VALUES(dbv_i64(w->run->after), dbv_i64(w->run->until), v[0],
		    v[1], dbv_i64(max))) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		if (*left == 0) {
			w->crowded = true;
			break;
		}
		--*left;
		if (!db_get_null(&r, 1) &&
		    add_head(w, db_get_i64(&r, 0), db_get_i64(&r, 1)) < 0) {
			got = -1;
			break;
		}
	}
	db_end(&r);
	return got < 0 ? -1 : 0;
}

static int
heads_of_cells(struct walk *w, size_t *left)
{
	struct query_cells cells[QUERY_CELLS_MAX];
	size_t n = query_box_cells(w->run->q->box, cells), i;

	for (i = 0; i < n && !w->crowded; i++) {
		const struct db_val v[2] = {
		    dbv_i64(cells[i].first), dbv_i64(cells[i].last)};

		if (read_heads(w, v, left) < 0)
			return -1;
	}
	return 0;
}

static int
heads_of_text(struct walk *w, size_t *left)
{
	struct db_val v[2] = {dbv_text(w->way->text), dbv_i64(0)};

	if (w->way->heads == QUERY_TYPE_HEADS)
		v[1] = dbv_text(w->run->type_end);
	return read_heads(w, v, left);
}

static int
one_head(struct walk *w)
{
	int64_t head;
	int got = read_ids(w, 0, w->run->after, &head, 1);

	if (got > 0)
		return add_head(w, 0, head);
	return got;
}

/* Has the walk no more than so many keys? If it has, it is crowded. */
static int
begin_walk(struct walk *w, size_t max)
{
	w->merge.page = read_ids;
	w->merge.arg = w;
	w->crowded = false;
	if (w->way->heads == QUERY_NONE)
		return one_head(w);
	if ((w->way->heads == QUERY_CELL_HEADS ? heads_of_cells(w, &max)
					       : heads_of_text(w, &max)) < 0)
		return -1;
	if (w->crowded)
		query_merge_fini(&w->merge);
	return 0;
}

/* The best way --------------------------------------------------------------*/

static int
look_ahead(struct walk *w)
{
	int64_t ids[LOOK_IDS];
	size_t i;
	int got;

	w->found = w->merge.n > LOOK_KEYS ? LOOK_IDS : w->merge.n;
	for (i = 0; i < w->merge.n && w->found < LOOK_IDS; i++) {
		got = read_ids(w, w->merge.heap[i].key, w->merge.heap[i].head,
		    ids, LOOK_IDS - w->found);
		if (got < 0)
			return -1;
		w->found += (size_t)got;
	}
	return 0;
}

static int
try_way(struct search *s, size_t i)
{
	struct walk *w = &s->walk[i];

	w->run = s->run;
	w->way = &s->plan->way[i];
	if (begin_walk(w, KEYS_MAX) < 0)
		return -1;
	if (w->crowded) {
		if (!s->crowded)
			s->crowded = w;
		return 0;
	}
	if (s->plan->n > 2 && look_ahead(w) < 0)
		return -1;
	if (!s->best || w->found < s->best->found)
		s->best = w;
	return 0;
}

/* What others can tell of a way that may be long. */
static void
find_sieves(struct search *s)
{
	size_t i;

	for (i = 1; i < s->plan->n && s->best->found >= LOOK_IDS; i++)
		s->sieve[i] = &s->walk[i] != s->best && !s->walk[i].crowded &&
		    s->walk[i].merge.n <= SIEVE_KEYS;
}

static int
find_best(struct search *s)
{
	size_t i;

	for (i = 1; i < s->plan->n; i++)
		if (try_way(s, i) < 0)
			return -1;
	if (s->best)
		s->crowded = NULL;
	else if (try_way(s, 0) < 0)
		return -1;
	find_sieves(s);
	return 0;
}

/* Most of what there is was not asked for: what stands behind the ids so far is
 * found by the keys, however many there are. */
static int
change_way(struct search *s, int64_t after)
{
	s->best = s->crowded;
	s->crowded = NULL;
	s->run->after = after;
	return begin_walk(s->best, SIZE_MAX);
}

/* Ids -----------------------------------------------------------------------*/

/* Have all sieves that id? 1, 0, -1. */
static int
sift(struct search *s, int64_t id)
{
	size_t i;
	int got = 1;

	for (i = 1; i < s->plan->n && got == 1; i++) {
		struct walk *w = &s->walk[i];

		if (!s->sieve[i])
			continue;
		got = query_merge_seek(&w->merge, id);
		s->over |= w->merge.n == 0;
		if (w->merge.cost > SIEVE_MOST + s->passed * ROW_COST)
			s->sieve[i] = false;
	}
	s->passed += got == 0;
	return got;
}

/* The next ids, at most max: how many. *more: there may be others behind them.
 * -1. */
static int
next_ids(struct search *s, int64_t *ids, size_t max, bool *more)
{
	size_t n = 0, i;
	int64_t id = 0;
	int got = 0;

	for (i = 0; n < max && i < PASS_IDS && !s->over; i++) {
		got = query_merge_next(&s->best->merge, &id);
		if (got == 0)
			break;
		if (got == 1)
			got = sift(s, id);
		if (got < 0)
			return errno == ENOMEM ? no_memory(s->run) : -1;
		if (got == 1)
			ids[n++] = id;
	}
	*more = !s->over && s->best->merge.n != 0;
	return (int)n;
}

/* Rows ----------------------------------------------------------------------*/

static int
tell_rows(struct search *s, const int64_t *ids, size_t n)
{
	struct db_val v[QUERY_IN_MAX];
	struct db_rows r;
	int got = 0;
	size_t i;

	for (i = 0; i < QUERY_IN_MAX; i++)
		v[i] = dbv_i64(ids[i < n ? i : n - 1]);
	if (db_query(s->run->r->db, &r, s->plan->rows, v, QUERY_IN_MAX) < 0)
		return -1;
	while (!s->run->ended && (got = db_next(&r)) == 1)
		if (s->plan->tell(s->run, &r) != 0)
			s->run->ended = true;
	db_end(&r);
	return !s->run->ended && got < 0 ? -1 : 0;
}

static int
tell_all(struct search *s)
{
	int64_t ids[QUERY_IN_MAX] = {0};
	size_t max = 4; /* the first row soon */
	bool more = true;
	int n;

	while (more && !s->run->ended) {
		n = next_ids(s, ids, max, &more);
		if (n < 0 || (n > 0 && tell_rows(s, ids, (size_t)n) < 0))
			return -1;
		query_idle(s->run);
		s->rows += (uint64_t)n;
		if (s->crowded && n > 0 && s->rows >= TRY_ROWS) {
			if (s->run->told < TRY_HITS &&
			    change_way(s, ids[n - 1]) < 0)
				return -1;
			s->rows = s->run->told = 0;
		}
		if (n > 0)
			max = QUERY_IN_MAX;
	}
	return 0;
}

int
query_by_ids(struct query_run *run, const struct query_plan *p)
{
	struct search s = {.run = run, .plan = p};
	int r = find_best(&s);
	size_t i;

	if (r == 0)
		r = tell_all(&s);
	for (i = 0; i < p->n; i++)
		query_merge_fini(&s.walk[i].merge);
	return r;
}
