/* Devices and connections in a batch: what is known of each, newest last. */
#include <errno.h>

#include "store_db.h"

static bool
device_says(struct store *s, struct store_fact *f, const struct store_event *e)
{
	return store_fact_merge(s, f, D_CALLSIGN,
		   DB_VALUES(store_key_fits(e->callsign)
			   ? dbv_slice(e->callsign)
			   : dbv_null(),
		       dbv_slice(e->team), dbv_slice(e->role),
		       dbv_slice(e->takv[0]), dbv_slice(e->takv[1]),
		       dbv_slice(e->takv[2]), dbv_slice(e->takv[3]),
		       dbv_slice(e->phone), dbv_slice(e->endpoint), dbv_null(),
		       dbv_slice(e->type))) &&
	    store_fact_set(s, f, D_USERNAME,
		DB_VALUES(e->user.n ? dbv_slice(e->user) : dbv_null()));
}

static bool
device_is_at(struct store *s, struct store_fact *f, const struct store_event *e)
{
	f->event = (uint32_t)(s->n_rows - 1);
	return store_fact_merge(s, f, D_STALE,
	    DB_VALUES(dbv_i64(e->stale), dbv_double(e->lat), dbv_double(e->lon),
		dbv_double(e->hae),
		e->has_track ? dbv_double(e->speed) : dbv_null(),
		e->has_track ? dbv_double(e->course) : dbv_null(),
		e->has_battery ? dbv_i64(e->battery) : dbv_null()));
}

static void
unshow(struct store_fact *f)
{
	f->other = STORE_NO_EVENT;
	f->v[D_SHOWN] = dbv_i64(0);
}

/* Over which connection it is here; both sides are told once in a batch. */
static bool
device_is_on(struct store *s, struct store_fact *f, const struct store_event *e)
{
	struct store_fact *c;

	if (f->v[D_CONN].type == DB_TEXT) {
		if (slice_eq(f->v[D_CONN].s, e->conn))
			return true;
		unshow(f);
	}
	if (!store_fact_set(s, f, D_CONNECTED,
		DB_VALUES(dbv_i64(e->t), dbv_slice(e->conn))))
		return false;
	if (store_known_at(s, e->device, e->conn))
		return true;
	c = store_fact_at(s, T_CONNS, e->conn, STORE_NO_EVENT);
	return c &&
	    store_fact_merge(s, c, 0,
		DB_VALUES(dbv_slice(e->conn),
		    e->user.n ? dbv_slice(e->user) : dbv_null())) &&
	    store_fact_merge(s, c, C_DEVICE, DB_VALUES(dbv_slice(e->device)));
}

int
store_add_device(struct store *s, const struct store_event *e)
{
	struct store_fact *f;

	if (!store_key_fits(e->device) || e->device.n == 0)
		return 0;
	f = store_fact_at(s, T_DEVICES, e->device, STORE_NO_EVENT);
	if (!f)
		return store_fail(ENOMEM);
	if (f->v[D_UID].type == DB_NULL &&
	    !store_fact_set(s, f, D_UID, DB_VALUES(dbv_slice(e->device))))
		return store_fail(ENOMEM);
	if (f->v[D_FIRST].type == DB_NULL)
		f->v[D_FIRST] = dbv_i64(e->t);
	f->v[D_LAST] = dbv_i64(e->t);
	if ((e->identity && !device_says(s, f, e)) ||
	    (e->located && slice_eq(e->uid, e->device) &&
		!device_is_at(s, f, e)) ||
	    (store_key_fits(e->conn) && !device_is_on(s, f, e)))
		return store_fail(ENOMEM);
	if (e->shown)
		f->other = (uint32_t)(s->n_rows - 1);
	return 0;
}

int
store_add_hidden(struct store *s, struct slice conn, bool incognito)
{
	struct store_fact *c;

	if (!store_key_fits(conn))
		return 0;
	c = store_fact_at(s, T_CONNS, conn, STORE_NO_EVENT);
	if (!c || !store_fact_merge(s, c, 0, DB_VALUES(dbv_slice(conn))))
		return store_fail(ENOMEM);
	c->v[C_INCOGNITO] = dbv_i64(incognito);
	c->other = (uint32_t)s->n_rows;
	return store_put(s, T_HIDDEN, DB_VALUES(dbv_slice(conn)));
}

int
store_add_left(struct store *s, struct slice conn, struct slice uid)
{
	struct store_fact *f;

	if (!store_key_fits(conn) || !store_key_fits(uid))
		return 0;
	f = map_get(&s->fact[T_DEVICES].by_key, uid);
	if (f && f->v[D_CONN].type == DB_TEXT && slice_eq(f->v[D_CONN].s, conn))
		unshow(f);
	return store_put(s, T_LEFT, DB_VALUES(dbv_slice(conn), dbv_slice(uid)));
}

int
store_add_open(struct store *s, const struct store_conn *c)
{
	struct store_fact *f;

	if (store_full(s))
		return store_fail(ENOBUFS);
	if (!store_key_fits(c->conn))
		return 0;
	f = store_fact_at(s, T_CONNS, c->conn, STORE_NO_EVENT);
	if (!f ||
	    !store_fact_merge(s, f, 0,
		DB_VALUES(dbv_slice(c->conn), dbv_slice(c->user),
		    dbv_slice(c->serial), dbv_slice(c->via),
		    dbv_slice(c->peer))) ||
	    !store_fact_merge(s, f, C_GROUPS, DB_VALUES(dbv_slice(c->groups))))
		return store_fail(ENOMEM);
	if (f->v[C_OPENED].type == DB_NULL)
		f->v[C_OPENED] = dbv_i64(c->t);
	return 0;
}

int
store_add_close(struct store *s, const struct store_conn *c)
{
	struct store_fact *f;

	if (store_full(s))
		return store_fail(ENOBUFS);
	if (!store_key_fits(c->conn))
		return 0;
	f = store_fact_at(s, T_CONNS, c->conn, STORE_NO_EVENT);
	if (!f ||
	    !store_fact_merge(s, f, 0,
		DB_VALUES(dbv_slice(c->conn), dbv_slice(c->user),
		    dbv_slice(c->serial), dbv_slice(c->via), dbv_slice(c->peer),
		    dbv_null(), dbv_i64(c->t), dbv_slice(c->why))))
		return store_fail(ENOMEM);
	return store_put(
	    s, T_AWAY, DB_VALUES(dbv_slice(c->conn), dbv_i64(c->t)));
}

int
store_add_restart(struct store *s, struct slice node, int64_t t)
{
	char from[STORE_KEY_MAX + 2], to[STORE_KEY_MAX + 2];
	struct db_val v[3];

	if (store_full(s))
		return store_fail(ENOBUFS);
	/* Ids are NODE.SLOT.GENERATION, and no node has a dot: all of them lie
	 * between "NODE." and "NODE/", '/' being the letter behind '.'. */
	if (node.n == 0 || !store_key_fits(node) ||
	    str_fmt(from, sizeof from, "%.*s.", (int)node.n, node.p) < 0 ||
	    str_fmt(to, sizeof to, "%.*s/", (int)node.n, node.p) < 0)
		return 0;
	v[0] = dbv_text(from);
	v[1] = dbv_text(to);
	v[2] = dbv_i64(t);
	return store_put(s, T_CONNS_GONE, v, 3) < 0 ||
		store_put(s, T_DEVICES_AWAY, v, 3) < 0
	    ? -1
	    : 0;
}

/* At the end of the batch: who was shown before its connection was hidden is
 * not; who came over a connection that was closed in it is away again. */
void
store_settle_devices(struct store *s)
{
	struct store_fact *f, *c;

	for (f = s->fact[T_DEVICES].first; f; f = f->next) {
		if (f->v[D_CONN].type == DB_NULL)
			continue;
		c = map_get(&s->fact[T_CONNS].by_key, f->v[D_CONN].s);
		if (c && c->other != STORE_NO_EVENT &&
		    f->other != STORE_NO_EVENT && f->other < c->other)
			unshow(f);
		if (!c || c->v[C_CLOSED].type == DB_NULL)
			continue;
		unshow(f);
		f->v[D_CONN] = dbv_text("");
		f->v[D_DISCONNECTED] = c->v[C_CLOSED];
	}
}

/* ---- what the batch knows ---- */

/* Is that connection closed by now? */
static bool
is_closed(const struct store *s, struct slice conn)
{
	const struct store_fact *c = map_get(&s->fact[T_CONNS].by_key, conn);

	return c && c->v[C_CLOSED].type != DB_NULL;
}

bool
store_batch_device(struct store *s, struct store_device *d)
{
	struct store_fact *f =
	    map_get(&s->fact[T_DEVICES].by_key, slice_of(d->uid));

	if (f) {
		f->walk = s->walk;
		d->uid = f->v[D_UID].s.p;
		d->last_seen = f->v[D_LAST].i;
		if (f->v[D_CALLSIGN].type == DB_TEXT)
			d->callsign = f->v[D_CALLSIGN].s.p;
		/* Only who says who it is has a type. */
		if (f->v[D_TYPE].type == DB_TEXT)
			d->user = f->v[D_USERNAME].type == DB_TEXT
			    ? f->v[D_USERNAME].s.p
			    : NULL;
		if (f->v[D_CONN].type == DB_TEXT) {
			d->conn = f->v[D_CONN].s.p;
			d->connected_at = f->v[D_CONNECTED].i;
		}
	}
	if (*d->conn && is_closed(s, slice_of(d->conn)))
		d->conn = "";
	return f != NULL;
}

const char *
store_batch_next(
    struct store *s, struct slice callsign, const struct store_fact **at)
{
	const struct store_fact *f = *at;

	for (; f; f = f->next)
		if (f->walk != s->walk &&
		    (!callsign.p ||
			(f->v[D_CALLSIGN].type == DB_TEXT &&
			    slice_eq(f->v[D_CALLSIGN].s, callsign))))
			break;
	*at = f ? f->next : NULL;
	return f ? f->v[D_UID].s.p : NULL;
}
