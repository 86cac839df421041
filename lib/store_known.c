/* Devices of which the database knows all but where they are: what has not
 * changed is not written again with each position, and neither are the indexes
 * over it. What is known here was committed by us. Another writer may have
 * written something else since, so it is forgotten now and then. */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "store_db.h"

#define KNOWN_MAX 65536
#define KNOWN_US  UINT64_C(60000000)

enum { D_SAYS = D_CALLSIGN, N_SAYS = D_FIRST - D_SAYS };

/* What DEVICE_MOVE has of them. */
static const unsigned char moving[] = {D_EVENT, D_SET, D_UID, D_FIRST, D_LAST,
    D_STALE, D_LAT, D_LON, D_HAE, D_SPEED, D_COURSE, D_BATTERY, D_SHOWN};

struct store_known {
	uint64_t says[N_SAYS]; /* hashes; 0: null, or not known */
	size_t conn_n;
	char conn[];
};

static void
forget_all(struct store *s)
{
	size_t pos = 0;
	struct slice key;
	void *v;

	while (map_next(&s->known, &pos, &key, &v))
		free(v);
	map_fini(&s->known);
}

void
store_known_fini(struct store *s)
{
	forget_all(s);
}

/* Asking ------------------------------------------------------------------*/

bool
store_known_at(const struct store *s, struct slice device, struct slice conn)
{
	const struct store_known *k = map_get(&s->known, device);

	return k && slice_eq((struct slice){k->conn, k->conn_n}, conn);
}

static uint64_t
hash(const struct store *s, const struct db_val *v)
{
	return v->type == DB_TEXT ? map_hash(s->seed, v->s) | 1 : 0;
}

/* Does the row say it? Who says who it is, says whose it is, or nobody's. */
static bool
is_said(const struct store_fact *f, size_t i)
{
	return f->v[D_SAYS + i].type != DB_NULL ||
	    (D_SAYS + i == D_USERNAME && f->v[D_TYPE].type != DB_NULL);
}

/* Is where it is all that this row has? */
static bool
only_moves(const struct store *s, const struct store_fact *f)
{
	const struct store_known *k = map_get(&s->known, f->v[D_UID].s);
	size_t i;

	if (!k || f->v[D_CONN].type == DB_NULL ||
	    !slice_eq(f->v[D_CONN].s, (struct slice){k->conn, k->conn_n}))
		return false;
	for (i = 0; i < N_SAYS; i++)
		if (is_said(f, i) && hash(s, &f->v[D_SAYS + i]) != k->says[i])
			return false;
	return true;
}

/* Writing -----------------------------------------------------------------*/

static int
put_moving(struct db_load *l, const struct store_fact *f)
{
	struct db_val v[sizeof moving];
	size_t i;

	for (i = 0; i < sizeof moving; i++)
		v[i] = f->v[moving[i]];
	return db_load_row(l, v, sizeof moving);
}

static int
write_some(struct db *d, const struct store *s, unsigned sql, bool moves)
{
	const struct store_fact *f = s->fact[T_DEVICES].first;
	struct db_load l;

	while (f && f->moves != moves)
		f = f->next;
	if (!f)
		return 0;
	if (db_load_begin(d, &l, sql) < 0)
		return -1;
	for (; f; f = f->next) {
		if (f->moves != moves)
			continue;
		if ((moves ? put_moving(&l, f)
			   : db_load_row(&l, f->v, D_COUNT)) < 0)
			return -1;
	}
	return db_load_end(&l) < 0 ? -1 : 0;
}

int
store_write_devices(struct db *d, const struct store *s)
{
	struct store_fact *f;

	for (f = s->fact[T_DEVICES].first; f; f = f->next)
		f->moves = only_moves(s, f);
	if (write_some(d, s, STORE_SQL_DEVICE_PUT, false) < 0)
		return -1;
	return write_some(d, s, STORE_SQL_DEVICE_MOVE, true);
}

/* Learning ----------------------------------------------------------------*/

static struct store_known *
make(struct slice conn)
{
	struct store_known *k = calloc(1, sizeof *k + conn.n);

	if (!k)
		return NULL;
	k->conn_n = conn.n;
	if (conn.n)
		memcpy(k->conn, conn.p, conn.n);
	return k;
}

/* One that cannot be kept is written whole next time. */
static void
learn(struct store *s, const struct store_fact *f)
{
	struct slice uid = f->v[D_UID].s, conn = f->v[D_CONN].s;
	struct store_known *old = map_del(&s->known, uid), *k = NULL;
	size_t i;

	if (f->v[D_CONN].type != DB_NULL && conn.n && s->known.n < KNOWN_MAX)
		k = make(conn);
	for (i = 0; k && i < N_SAYS; i++)
		k->says[i] = is_said(f, i) ? hash(s, &f->v[D_SAYS + i])
		    : old                  ? old->says[i]
					   : 0;
	free(old);
	if (k && map_put(&s->known, uid, k) < 0)
		free(k);
}

/* Is that connection closed in this batch? */
static bool
ended(const struct store *s, const struct store_known *k)
{
	const struct store_fact *c = map_get(
	    &s->fact[T_CONNS].by_key, (struct slice){k->conn, k->conn_n});

	return c && c->v[C_CLOSED].type != DB_NULL;
}

static void
forget_ended(struct store *s)
{
	size_t pos = 0;
	struct slice key;
	void *v;

	while (map_next(&s->known, &pos, &key, &v))
		if (ended(s, v)) {
			(void)map_del(&s->known, key);
			free(v);
		}
}

void
store_known_done(struct store *s)
{
	const struct store_fact *f;
	uint64_t now = clock_mono_us();

	/* Which devices were at them is not known. */
	if (now >= s->known_until || s->fact[T_CONNS_GONE].first) {
		forget_all(s);
		s->known_until = now + KNOWN_US;
	}
	if (s->fact[T_CONNS_GONE].first)
		return;
	for (f = s->fact[T_DEVICES].first; f; f = f->next)
		if (!f->moves)
			learn(s, f);
	if (s->fact[T_AWAY].first)
		forget_ended(s);
}
