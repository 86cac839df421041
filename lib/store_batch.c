/* A batch: rows gathered in memory, those of the present state reduced to the
 * newest of each key. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "store_db.h"

/* Arrivals are told by our own clock, but a recording may say anything, and
 * ids only grow. */
#define AHEAD_US INT64_C(60000000)

static const unsigned char n_values[] = {
#define X(name, sql, n, lead) [T_##name] = (n),
    STORE_TABLES(X)
#undef X
};
static const unsigned char lead[] = {
#define X(name, sql, n, lead) [T_##name] = (lead),
    STORE_TABLES(X)
#undef X
};

int
store_fail(int err)
{
	errno = err;
	return -1;
}

bool
store_full(const struct store *s)
{
	return s->unsure || s->n_rows >= STORE_BATCH_ROWS ||
	    s->n_facts >= STORE_BATCH_ROWS * 8 ||
	    s->mem.used >= STORE_BATCH_BYTES;
}

void
store_drop(struct store *s)
{
	int i;

	if (s->n_rows)
		store_visits_forget(s);
	for (i = 0; i < T_COUNT; i++) {
		s->fact[i].first = NULL;
		s->fact[i].last = &s->fact[i].first;
		map_fini(&s->fact[i].by_key);
	}
	s->alarms = NULL;
	s->last_alarm = &s->alarms;
	s->n_rows = s->n_facts = 0;
	s->unsure = false;
	store_mem_reset(&s->mem);
	store_keys_forget(s);
}

size_t
store_pending(const struct store *s, size_t *bytes)
{
	*bytes = s->mem.used;
	return s->n_rows;
}

int64_t
store_last_id(const struct store *s)
{
	return s->last_id;
}

/* Facts ---------------------------------------------------------------------*/

/* A new row at the end of a table's. NULL: no memory. */
static struct store_fact *
fact_new(struct store *s, enum store_table t, uint32_t event)
{
	size_t n = n_values[t];
	struct store_fact *f =
	    store_mem_take(&s->mem, sizeof *f + n * sizeof f->v[0]);

	if (!f)
		return NULL;
	memset(f, 0, sizeof *f + n * sizeof f->v[0]);
	f->event = event;
	f->other = STORE_NO_EVENT;
	*s->fact[t].last = f;
	s->fact[t].last = &f->next;
	s->n_facts++;
	return f;
}

struct store_fact *
store_fact_at(
    struct store *s, enum store_table t, struct slice key, uint32_t event)
{
	void **at = map_at(&s->fact[t].by_key, key, true);

	if (at && !*at)
		*at = fact_new(s, t, event);
	return at ? *at : NULL;
}

bool
store_fact_set(struct store *s, struct store_fact *f, size_t from,
    const struct db_val *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		f->v[from + i] = v[i];
		if (v[i].type == DB_TEXT &&
		    !store_mem_copy(&s->mem, &f->v[from + i].s))
			return false;
	}
	return true;
}

int
store_put(struct store *s, enum store_table t, const struct db_val *v, size_t n)
{
	struct store_fact *f = fact_new(
	    s, t, lead[t] ? (uint32_t)(s->n_rows - 1) : STORE_NO_EVENT);

	assert(lead[t] + n == n_values[t]);
	if (!f || !store_fact_set(s, f, lead[t], v, n))
		return store_fail(ENOMEM);
	return 0;
}

int
store_put_newest(struct store *s, enum store_table t, struct slice key,
    const struct db_val *v, size_t n)
{
	uint32_t event = (uint32_t)(s->n_rows - 1);
	struct store_fact *f = store_fact_at(s, t, key, event);

	if (!f || !store_fact_set(s, f, lead[t], v, n))
		return store_fail(ENOMEM);
	f->event = event;
	f->other = STORE_NO_EVENT;
	return 0;
}

bool
store_fact_merge(struct store *s, struct store_fact *f, size_t from,
    const struct db_val *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].type != DB_NULL &&
		    !store_fact_set(s, f, from + i, &v[i], 1))
			return false;
	return true;
}

/* Events --------------------------------------------------------------------*/

static bool
copy_event(struct store *s, struct store_event *e)
{
	struct slice *all[] = {&e->uid, &e->type, &e->how, &e->conn, &e->user,
	    &e->device, &e->callsign, &e->team, &e->role, &e->endpoint,
	    &e->phone, &e->takv[0], &e->takv[1], &e->takv[2], &e->takv[3],
	    &e->xml};
	struct slice *g;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (!store_mem_copy(&s->mem, all[i]))
			return false;
	if (e->n_groups == 0)
		return true;
	g = store_mem_take(&s->mem, e->n_groups * sizeof *g);
	if (!g)
		return false;
	for (i = 0; i < e->n_groups; i++) {
		g[i] = e->groups[i];
		if (!store_mem_copy(&s->mem, &g[i]))
			return false;
	}
	e->groups = g;
	return true;
}

static struct store_row *
next_row(struct store *s)
{
	struct store_row *more;
	size_t cap = s->cap_rows ? s->cap_rows * 2 : 64;

	if (s->n_rows < s->cap_rows)
		return &s->row[s->n_rows];
	more = reallocarray(s->row, cap, sizeof *more);
	if (!more)
		return NULL;
	s->row = more;
	s->cap_rows = cap;
	return &s->row[s->n_rows];
}

static void
bound_time(struct store_event *e)
{
	int64_t latest = (int64_t)clock_wall_us() + AHEAD_US;

	if (e->t > latest)
		e->t = latest - AHEAD_US;
	if (e->t < 0)
		e->t = 0;
}

int
store_add(struct store *s, const struct store_event *e)
{
	struct store_row *r;

	if (!store_key_fits(e->uid))
		return store_fail(EINVAL);
	if (store_full(s))
		return store_fail(ENOBUFS);
	r = next_row(s);
	if (!r)
		return store_fail(ENOMEM);
	*r = (struct store_row){.e = *e, .cell = -1};
	bound_time(&r->e);
	r->type = store_type(s, e->type);
	r->set = store_set(s, e->groups, e->n_groups);
	if (!r->type || !r->set || !copy_event(s, &r->e))
		return store_fail(ENOMEM);
	if (e->located) {
		r->cell = store_cell(e->lat, e->lon);
		store_cell_seen(s, r->cell);
	}
	s->n_rows++;
	if (store_has_position(r) && store_add_visit(s, r) < 0)
		return -1;
	return store_add_device(s, &r->e);
}
