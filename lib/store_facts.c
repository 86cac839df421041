/* What the event that was added last says besides, and mail. */
#include <assert.h>
#include <errno.h>

#include "store_db.h"

static const struct store_event *
last(const struct store *s)
{
	assert(s->n_rows);
	return &s->row[s->n_rows - 1].e;
}

static uint32_t
last_at(const struct store *s)
{
	return (uint32_t)(s->n_rows - 1);
}

static struct db_val
key_or_null(struct slice s)
{
	return store_key_fits(s) ? dbv_slice(s) : dbv_null();
}

/* Chats ---------------------------------------------------------------------*/

static int
add_room(struct store *s, const struct store_chat *c)
{
	struct store_fact *f =
	    store_fact_at(s, T_ROOMS, c->room, STORE_NO_EVENT);

	if (!f ||
	    !store_fact_merge(s, f, 0,
		DB_VALUES(dbv_slice(c->room), dbv_slice(c->room_name),
		    dbv_slice(c->parent), dbv_slice(c->owner))))
		return store_fail(ENOMEM);
	return 0;
}

static int
add_member(struct store *s, struct slice room, struct slice uid)
{
	char key[2 * STORE_KEY_MAX + 16];
	struct store_fact *f;
	int n;

	n = str_fmt(key, sizeof key, "%zu:%.*s%.*s", room.n, (int)room.n,
	    room.p, (int)uid.n, uid.p);
	if (n < 0)
		return 0;
	f = store_fact_at(
	    s, T_MEMBERS, (struct slice){key, (size_t)n}, STORE_NO_EVENT);
	if (!f ||
	    !store_fact_merge(
		s, f, 0, DB_VALUES(dbv_slice(room), dbv_slice(uid))))
		return store_fail(ENOMEM);
	return 0;
}

int
store_add_chat(struct store *s, const struct store_chat *c)
{
	const struct store_event *e = last(s);
	struct slice message = c->message;
	size_t i;

	if (!store_key_fits(message))
		message.n = 0;
	if (store_put(s, T_CHATS,
		DB_VALUES(dbv_slice(e->device), dbv_slice(e->uid),
		    key_or_null(c->room), key_or_null(c->sender_uid),
		    dbv_slice(c->sender_callsign), dbv_slice(c->text),
		    dbv_i64(c->time), dbv_slice(message.n ? message : e->uid),
		    key_or_null(e->user))) < 0)
		return -1;
	if (!store_key_fits(c->room))
		return 0;
	if (add_room(s, c) < 0)
		return -1;
	for (i = 0; i < c->n_members; i++)
		if (store_key_fits(c->member[i]) &&
		    add_member(s, c->room, c->member[i]) < 0)
			return -1;
	return 0;
}

int
store_add_receipt(struct store *s, const struct store_receipt *r)
{
	const struct store_event *e = last(s);

	if (!store_key_fits(r->chat))
		return 0;
	return store_put(s, T_RECEIPTS,
	    DB_VALUES(dbv_slice(e->device), dbv_slice(r->chat),
		dbv_slice((struct slice){&r->kind, 1}), dbv_slice(r->who)));
}

/* Items ---------------------------------------------------------------------*/

int
store_add_item(struct store *s, const struct store_item *i)
{
	const struct store_event *e = last(s);

	return store_put_newest(s, T_ITEMS, e->uid,
	    DB_VALUES(dbv_i64(0), dbv_slice(e->device), dbv_slice(e->uid),
		dbv_text(i->kind), dbv_slice(e->type), dbv_slice(i->callsign),
		dbv_double(e->lat), dbv_double(e->lon), dbv_slice(i->remarks),
		dbv_slice(i->color), dbv_slice(i->iconset),
		dbv_slice(i->parent)));
}

static bool
share_group(const struct store_event *a, const struct store_event *b)
{
	size_t i, k;

	if (a->n_groups == 0 && b->n_groups == 0)
		return true;
	for (i = 0; i < a->n_groups; i++)
		for (k = 0; k < b->n_groups; k++)
			if (slice_eq(a->groups[i], b->groups[k]))
				return true;
	return false;
}

int
store_add_deletion(struct store *s, struct slice uid)
{
	const struct store_event *e = last(s);
	struct store_fact *f;

	if (!store_key_fits(uid))
		return 0;
	/* One that this batch will write is newer than what it deletes. */
	f = map_get(&s->fact[T_ITEMS].by_key, uid);
	if (f && share_group(e, &s->row[f->event].e))
		f->other = last_at(s);
	if (store_put(s, T_ITEMS_DELETED, DB_VALUES(dbv_slice(uid))) < 0)
		return -1;
	return store_put(
	    s, T_DELETIONS, DB_VALUES(dbv_slice(e->device), dbv_slice(uid)));
}

/* Others --------------------------------------------------------------------*/

int
store_add_alert(struct store *s, const struct store_alert *a)
{
	struct store_alarm *x = store_mem_take(&s->mem, sizeof *x);

	if (!x)
		return store_fail(ENOMEM);
	*x = (struct store_alarm){.event = last_at(s), .a = *a};
	if (!store_mem_copy(&s->mem, &x->a.type) ||
	    !store_mem_copy(&s->mem, &x->a.callsign))
		return store_fail(ENOMEM);
	*s->last_alarm = x;
	s->last_alarm = &x->next;
	return 0;
}

int
store_add_casevac(struct store *s, const struct store_blob *b)
{
	const struct store_event *e = last(s);

	return store_put_newest(s, T_CASEVACS, e->uid,
	    DB_VALUES(dbv_slice(e->device), dbv_slice(e->uid),
		dbv_slice(e->callsign), dbv_double(e->lat), dbv_double(e->lon),
		dbv_slice(b->title), dbv_slice(b->json)));
}

int
store_add_video(struct store *s, const struct store_blob *b)
{
	const struct store_event *e = last(s);

	return store_put_newest(s, T_VIDEOS, e->uid,
	    DB_VALUES(dbv_slice(e->device), dbv_slice(e->uid),
		dbv_slice(b->title), dbv_slice(b->json)));
}

int
store_add_share(struct store *s, const struct store_blob *b)
{
	const struct store_event *e = last(s);

	return store_put(s, T_SHARES,
	    DB_VALUES(dbv_slice(e->device), dbv_slice(e->uid),
		dbv_slice(b->title), dbv_slice(b->json)));
}

int
store_add_stats(struct store *s, const struct store_blob *b)
{
	return store_put(s, T_STATS,
	    DB_VALUES(key_or_null(last(s)->device), dbv_slice(b->json)));
}

/* Mail ----------------------------------------------------------------------*/

static int
add_letter(struct store *s, int64_t expires)
{
	struct store_row *r = &s->row[s->n_rows - 1];

	if (r->letter)
		return 0;
	r->letter = true;
	return store_put(s, T_LETTERS,
	    DB_VALUES(dbv_slice(r->e.device), dbv_slice(r->e.uid),
		dbv_slice(r->e.user), dbv_i64(expires), dbv_slice(r->e.xml)));
}

/* Of MAIL_ADD. */
enum { M_RECEIVER = 1, M_USER };

/* All mail of an event stands together; the first of it is found by the
 * receipt. */
int
store_add_mail(struct store *s, const struct store_mail *m)
{
	const struct db_val v[] = {dbv_slice(m->receiver),
	    store_or_empty(m->user), dbv_slice(m->receipt),
	    dbv_i64(m->expires)};

	if (!store_key_fits(m->receiver) || !store_key_fits(m->receipt))
		return 0;
	if (add_letter(s, m->expires) < 0)
		return -1;
	if (map_get(&s->fact[T_MAIL].by_key, m->receipt))
		return store_put(s, T_MAIL, v, 4);
	return store_put_newest(s, T_MAIL, m->receipt, v, 4);
}

int
store_batch_receivers(struct store *s, struct slice receipt,
    int (*fn)(void *arg, struct slice uid, struct slice user), void *arg)
{
	const struct store_fact *f = map_get(&s->fact[T_MAIL].by_key, receipt);
	uint32_t event = f ? f->event : STORE_NO_EVENT;
	int r = 0;

	for (; f && f->event == event && r == 0; f = f->next)
		r = fn(arg, f->v[M_RECEIVER].s, f->v[M_USER].s);
	return r;
}

/* `who` is its connection, or its user. */
static int
add_mail_state(struct store *s, enum store_table t, struct slice receipt,
    struct slice receiver, struct slice who, int64_t when)
{
	if (store_full(s))
		return store_fail(ENOBUFS);
	if (!store_key_fits(receipt) || !store_key_fits(receiver))
		return 0;
	return store_put(s, t,
	    DB_VALUES(dbv_slice(receipt), dbv_slice(receiver), dbv_i64(when),
		store_or_empty(who)));
}

int
store_add_sent(struct store *s, struct slice receipt, struct slice receiver,
    struct slice conn, int64_t t)
{
	return add_mail_state(s, T_SENT, receipt, receiver, conn, t);
}

int
store_add_delivered(struct store *s, struct slice receipt,
    struct slice receiver, struct slice user, int64_t t)
{
	return add_mail_state(s, T_DELIVERED, receipt, receiver, user, t);
}
