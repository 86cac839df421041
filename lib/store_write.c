/* A batch into the database: one transaction, which may be run again. */
#include <errno.h>

#include "clock.h"
#include "store_db.h"

struct table {
	unsigned sql;
	unsigned char n, lead;
};
static const struct table tables[] = {
#define X(name, sql, n, lead) [T_##name] = {STORE_SQL_##sql, (n), (lead)},
    STORE_TABLES(X)
#undef X
};

/* The value that is the id of another event: of ITEM_PUT; of DEVICE_PUT. */
enum { ITEM_DELETED_AT = 2 };

/* Progress ------------------------------------------------------------------*/

/* The first thing written: of two writers with one spool the second waits here,
 * and finds that the place has moved. 1: go on; 0: this batch was written. */
static int
move_place(struct db *d, const struct store_job *j)
{
	const struct store_place *to = &j->place, *from = &j->s->place;
	struct db_val v[6] = {dbv_slice(j->spool),
	    dbv_i64((int64_t)to->segment), dbv_i64((int64_t)to->offset),
	    dbv_i64((int64_t)clock_wall_us()), dbv_i64((int64_t)from->segment),
	    dbv_i64((int64_t)from->offset)};
	struct store_place now;
	bool there;
	int64_t n = db_exec(d, STORE_SQL_PLACE_MOVE, v, 6);

	if (n == 0 && from->segment == 0 && from->offset == 0)
		n = db_exec(d, STORE_SQL_PLACE_ADD, v, 4);
	if (n != 0)
		return n < 0 ? -1 : 1;
	if (store_read_place(d, j->spool, &now, &there) < 0)
		return -1;
	if (now.segment == to->segment && now.offset == to->offset)
		return 0;
	return db_fail(d, EBUSY,
	    "it knows another place of this spool: another program writes what "
	    "is in there, or an older database was put back");
}

/* Ids -----------------------------------------------------------------------*/

/* Those of the batch, when `last` is the newest in the database. */
static int64_t
number_rows(struct store *s, int64_t last)
{
	size_t i;

	for (i = 0; i < s->n_rows; i++) {
		struct store_row *r = &s->row[i];

		r->id = r->e.t > last ? r->e.t : last + 1;
		last = r->id;
	}
	return last;
}

/* The counter is the lock between writers of different spools: ids are given in
 * the order in which batches are committed. */
static int
give_ids(struct db *d, struct store *s)
{
	int64_t newest, n;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		newest = number_rows(s, s->last_id);
		n = db_exec(d, STORE_SQL_COUNTER_MOVE,
		    DB_VALUES(dbv_text("event"), dbv_i64(newest),
			dbv_i64(s->last_id)));
		if (n != 0)
			return n < 0 ? -1 : 0;
		if (db_one_i64(d, STORE_SQL_COUNTER,
			DB_VALUES(dbv_text("event")), &s->last_id) < 0)
			return -1;
	}
	return db_fail(d, EAGAIN, "the counter of events moves");
}

/* What a fact takes from its event. */
static void
lead_fact(const struct store *s, const struct table *t, struct store_fact *f)
{
	const struct store_row *r;

	if (t->lead == 0)
		return;
	if (f->other != STORE_NO_EVENT)
		f->v[t->sql == STORE_SQL_ITEM_PUT ? ITEM_DELETED_AT : D_SHOWN] =
		    dbv_i64(s->row[f->other].id);
	if (f->event == STORE_NO_EVENT)
		return;
	r = &s->row[f->event];
	f->v[0] = dbv_i64(r->id);
	if (t->lead > 1)
		f->v[1] = dbv_i64(r->set->id);
}

/* Rows ----------------------------------------------------------------------*/

static struct db_val
text_or_empty(struct slice s)
{
	return s.p ? dbv_slice(s) : dbv_text("");
}

static int
event_row(struct db_load *l, const struct store_row *r)
{
	const struct store_event *e = &r->e;

	return db_load_row(l,
	    DB_VALUES(dbv_i64(r->id), text_or_empty(e->uid),
		r->cell < 0 ? dbv_null() : dbv_i64(r->cell),
		dbv_i64(r->type->id), text_or_empty(e->how), dbv_i64(e->time),
		dbv_i64(e->start), dbv_i64(e->stale), dbv_double(e->lat),
		dbv_double(e->lon), dbv_double(e->hae), dbv_double(e->ce),
		dbv_double(e->le), dbv_slice(e->user), dbv_slice(e->device),
		dbv_slice(e->callsign), dbv_i64(r->set->id),
		text_or_empty(e->xml)));
}

static int
position_row(struct db_load *l, const struct store_row *r)
{
	const struct store_event *e = &r->e;

	return db_load_row(l,
	    DB_VALUES(dbv_i64(r->id), text_or_empty(e->uid), dbv_double(e->lat),
		dbv_double(e->lon), dbv_double(e->hae), dbv_double(e->ce),
		e->has_track ? dbv_double(e->speed) : dbv_null(),
		e->has_track ? dbv_double(e->course) : dbv_null(),
		e->has_battery ? dbv_i64(e->battery) : dbv_null()));
}

static bool
is_row(const struct store_row *r)
{
	(void)r;
	return true;
}

static int
write_rows(struct db *d, const struct store *s, unsigned sql,
    bool (*want)(const struct store_row *r),
    int (*put)(struct db_load *l, const struct store_row *r))
{
	struct db_load l;
	size_t i = 0;

	while (i < s->n_rows && !want(&s->row[i]))
		i++;
	if (i == s->n_rows)
		return 0;
	if (db_load_begin(d, &l, sql) < 0)
		return -1;
	for (; i < s->n_rows; i++)
		if (want(&s->row[i]) && put(&l, &s->row[i]) < 0)
			return -1;
	return db_load_end(&l) < 0 ? -1 : 0;
}

static int
write_facts(struct db *d, struct store *s, const struct table *t,
    const struct store_facts *list)
{
	struct store_fact *f = list->first;
	struct db_load l;

	if (!f)
		return 0;
	if (db_load_begin(d, &l, t->sql) < 0)
		return -1;
	for (; f; f = f->next) {
		lead_fact(s, t, f);
		if (db_load_row(&l, f->v, t->n) < 0)
			return -1;
	}
	return db_load_end(&l) < 0 ? -1 : 0;
}

static int
write_devices(struct db *d, const struct store *s)
{
	struct store_fact *f;

	for (f = s->fact[T_DEVICES].first; f; f = f->next)
		lead_fact(s, &tables[T_DEVICES], f);
	return store_write_devices(d, s);
}

/* Alerts --------------------------------------------------------------------*/

/* An alert that is told again is still the same one. It is its sender's: nobody
 * else renews or ends it. */
static int
write_alert(struct db *d, const struct store *s, const struct store_alarm *a)
{
	const struct store_row *r = &s->row[a->event];
	const struct store_event *e = &r->e;
	struct db_val uid = text_or_empty(e->uid),
		      user = text_or_empty(e->user);
	int64_t n;

	if (a->a.cancel)
		return db_exec(d, STORE_SQL_ALERT_CANCEL,
			   DB_VALUES(uid, user, dbv_i64(e->t))) < 0
		    ? -1
		    : 0;
	n = db_exec(d, STORE_SQL_ALERT_AGAIN,
	    DB_VALUES(uid, user, dbv_i64(e->t), dbv_double(e->lat),
		dbv_double(e->lon)));
	if (n == 0)
		n = db_exec(d, STORE_SQL_ALERT_ADD,
		    DB_VALUES(dbv_i64(r->id), dbv_i64(r->set->id),
			dbv_slice(e->device), uid, user,
			text_or_empty(a->a.type), dbv_slice(a->a.callsign),
			dbv_i64(e->t), dbv_i64(e->t), dbv_double(e->lat),
			dbv_double(e->lon)));
	return n < 0 ? -1 : 0;
}

static int
write_alerts(struct db *d, const struct store *s)
{
	const struct store_alarm *a;

	for (a = s->alarms; a; a = a->next)
		if (write_alert(d, s, a) < 0)
			return -1;
	return 0;
}

/* All -----------------------------------------------------------------------*/

int
store_write(struct db *d, void *arg)
{
	const struct store_job *j = arg;
	struct store *s = j->s;
	int i, r = move_place(d, j);

	if (r <= 0)
		return r;
	if (give_ids(d, s) < 0 ||
	    write_rows(d, s, STORE_SQL_EVENT_ADD, is_row, event_row) < 0 ||
	    write_rows(d, s, STORE_SQL_POSITION_ADD, store_has_position,
		position_row) < 0)
		return -1;
	store_settle_devices(s);
	for (i = 0; i < T_COUNT; i++)
		if ((i == T_DEVICES
			    ? write_devices(d, s)
			    : write_facts(d, s, &tables[i], &s->fact[i])) < 0)
			return -1;
	return write_alerts(d, s);
}
