/* What a user's groups are, and the snapshot of accounts.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accounts_db.h"

/* One user ------------------------------------------------------------------*/

struct pair {
	char group[ACCOUNT_GROUP_MAX];
	int64_t group_id;
	int bitpos, dirs, base, active; /* base: as the user has chosen */
};

struct choice {
	int64_t group_id;
	int dir;
	bool active;
};

struct device {
	char uid[ACCOUNT_DEVICE_MAX + 1], by[ACCOUNT_DEVICE_MAX + 1];
	int64_t rev;
	size_t from, to; /* its choices; the user's own come first */
};

struct view {
	struct pair *pairs;
	struct choice *choices;
	struct device *devices;
	const char **in, **out;
	size_t n_pairs, n_choices, n_devices;
	size_t cap_pairs, cap_choices, cap_devices, cap_names;
};

/* The list, with room for one more; or NULL. */
static void *
room(struct db *d, void *list, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *p;

	if (list && n < *cap)
		return list;
	p = reallocarray(list, more, size);
	if (p)
		*cap = more;
	else
		db_fail(d, EAGAIN, "no memory");
	return p;
}

static void
view_fini(struct view *v)
{
	free(v->pairs);
	free(v->choices);
	free(v->devices);
	free(v->in);
	free(v->out);
}

static struct pair *
new_pair(struct db *d, struct view *v, const char *group)
{
	struct pair *p =
	    room(d, v->pairs, v->n_pairs, &v->cap_pairs, sizeof *p);

	if (!p)
		return NULL;
	v->pairs = p;
	p += v->n_pairs;
	*p = (struct pair){0};
	if (str_fmt(p->group, sizeof p->group, "%s", group) < 0) {
		db_fail(d, EIO, "a group's name is too long");
		return NULL;
	}
	v->n_pairs++;
	return p;
}

/* A row of SQL_MEMBERS, sorted by group. */
static int
take_member(struct db *d, struct view *v, const struct db_rows *r)
{
	struct pair *p = v->n_pairs ? &v->pairs[v->n_pairs - 1] : NULL;

	if (!p || p->group_id != db_get_i64(r, 4)) {
		p = new_pair(d, v, db_get_text(r, 1));
		if (!p)
			return -1;
		p->bitpos = (int)db_get_i64(r, 2);
		p->group_id = db_get_i64(r, 4);
	}
	p->dirs |= (int)db_get_i64(r, 3);
	return 0;
}

/* The device of the row at hand: the last one, or one more. */
static struct device *
device_of(struct db *d, struct view *v, const char *uid)
{
	struct device *e = v->n_devices ? &v->devices[v->n_devices - 1] : NULL;

	if (e && !strcmp(e->uid, uid))
		return e;
	e = room(d, v->devices, v->n_devices, &v->cap_devices, sizeof *e);
	if (!e)
		return NULL;
	v->devices = e;
	e += v->n_devices;
	*e = (struct device){.from = v->n_choices};
	if (str_fmt(e->uid, sizeof e->uid, "%s", uid) < 0) {
		db_fail(d, EIO, "a device's uid is too long");
		return NULL;
	}
	v->n_devices++;
	return e;
}

/* A row of SQL_CHOICES, sorted by device. */
static int
take_choice(struct db *d, struct view *v, const struct db_rows *r)
{
	struct choice *c =
	    room(d, v->choices, v->n_choices, &v->cap_choices, sizeof *c);
	struct device *e;

	if (!c)
		return -1;
	v->choices = c;
	e = device_of(d, v, db_get_text(r, 1));
	if (!e)
		return -1;
	if (db_get_i64(r, 6) >= e->rev) {
		e->rev = db_get_i64(r, 6);
		if (str_fmt(e->by, sizeof e->by, "%s", db_get_text(r, 5)) < 0)
			return db_fail(d, EIO, "a device's uid is too long");
	}
	c[v->n_choices++] = (struct choice){
	    db_get_i64(r, 2), (int)db_get_i64(r, 3), db_get_bool(r, 4)};
	e->to = v->n_choices;
	return 0;
}

static void
apply(struct view *v, const struct device *e)
{
	size_t i, k;

	for (i = e->from; i < e->to; i++) {
		const struct choice *c = &v->choices[i];

		for (k = 0; k < v->n_pairs; k++) {
			struct pair *p = &v->pairs[k];

			if (p->group_id != c->group_id)
				continue;
			if (c->active)
				p->active |= c->dir & p->dirs;
			else
				p->active &= ~c->dir;
		}
	}
}

/* All rows were taken: what is active for the user. */
static int
settle(struct db *d, struct view *v)
{
	struct pair *p;
	size_t k;

	if (!v->n_pairs) {
		p = new_pair(d, v, ACCOUNT_ANON);
		if (!p)
			return -1;
		p->group_id = ACCOUNT_ANON_ID;
		p->bitpos = ACCOUNT_ANON_BIT;
		p->dirs = ACCOUNT_BOTH;
	}
	for (k = 0; k < v->n_pairs; k++)
		v->pairs[k].active = v->pairs[k].dirs;
	if (v->n_devices && !*v->devices[0].uid)
		apply(v, &v->devices[0]);
	for (k = 0; k < v->n_pairs; k++)
		v->pairs[k].base = v->pairs[k].active;
	return 0;
}

/* What is active for one device that has chosen. */
static void
settle_device(struct view *v, const struct device *e)
{
	size_t k;

	for (k = 0; k < v->n_pairs; k++)
		v->pairs[k].active = v->pairs[k].base;
	apply(v, e);
}

/* Rows of all users, in their order -----------------------------------------*/

struct feed {
	struct db_rows rows;
	bool more;    /* a row is at hand */
	int64_t user; /* of that row */
};

static int
feed_next(struct feed *f)
{
	int got = db_next(&f->rows);

	f->more = got == 1;
	f->user = f->more ? db_get_i64(&f->rows, 0) : 0;
	return got < 0 ? -1 : 0;
}

static int
feed_begin(
    struct db *d, struct feed *f, unsigned id, const struct db_val *v, size_t n)
{
	if (db_query(d, &f->rows, id, v, n) < 0)
		return -1;
	return feed_next(f);
}

static int
load(struct db *d, struct view *v, int64_t user, struct feed *members,
    struct feed *choices)
{
	v->n_pairs = v->n_choices = v->n_devices = 0;
	while (members->more && members->user == user)
		if (take_member(d, v, &members->rows) < 0 ||
		    feed_next(members) < 0)
			return -1;
	while (choices->more && choices->user == user)
		if (take_choice(d, v, &choices->rows) < 0 ||
		    feed_next(choices) < 0)
			return -1;
	return settle(d, v);
}

/* Members of one user -------------------------------------------------------*/

struct member_walk {
	const char *user, *device;
	struct view view;
	struct feed members, choices;
};

static int
walk_load(struct db *d, void *arg)
{
	struct member_walk *w = arg;
	struct user_row u;
	size_t k;

	if (accounts_user(d, w->user, &u) < 0 ||
	    feed_begin(d, &w->members, SQL_MEMBERS, DB_VALUES(dbv_i64(u.id))) <
		0 ||
	    feed_begin(d, &w->choices, SQL_CHOICES, DB_VALUES(dbv_i64(u.id))) <
		0 ||
	    load(d, &w->view, u.id, &w->members, &w->choices) < 0)
		return -1;
	for (k = 0; *w->device && k < w->view.n_devices; k++)
		if (!strcmp(w->view.devices[k].uid, w->device))
			settle_device(&w->view, &w->view.devices[k]);
	return 0;
}

static int
walk(struct db *d, void *arg)
{
	struct member_walk *w = arg;
	int r = walk_load(d, arg);

	db_end(&w->members.rows);
	db_end(&w->choices.rows);
	return r;
}

int
accounts_each_member(struct accounts *a, const char *user, const char *device,
    int (*fn)(void *arg, const struct account_member *m), void *arg)
{
	struct member_walk w = {.user = user, .device = device};
	int r = db_transact(a->db, DB_READ, walk, &w);
	size_t k;

	for (k = 0; r == 0 && k < w.view.n_pairs; k++) {
		const struct pair *p = &w.view.pairs[k];
		struct account_member m = {
		    user, p->group, p->bitpos, p->dirs, p->active};

		if (fn(arg, &m) != 0)
			break;
	}
	view_fini(&w.view);
	return r;
}

/* The snapshot --------------------------------------------------------------*/

struct snapshot {
	int (*fn)(void *arg, const struct account_view *v);
	void *arg;
	uint64_t rev;
	struct view view;
	struct feed users, members, choices;
	bool stopped;
};

/* The names of what is active now. */
static int
names(struct db *d, struct view *v, struct account_view *out)
{
	size_t k;

	if (v->n_pairs > v->cap_names) {
		free(v->in);
		free(v->out);
		v->in = reallocarray(NULL, v->n_pairs, sizeof *v->in);
		v->out = reallocarray(NULL, v->n_pairs, sizeof *v->out);
		v->cap_names = v->in && v->out ? v->n_pairs : 0;
		if (!v->cap_names)
			return db_fail(d, EAGAIN, "no memory");
	}
	out->in = v->in;
	out->out = v->out;
	out->n_in = out->n_out = 0;
	for (k = 0; k < v->n_pairs; k++) {
		if (v->pairs[k].active & ACCOUNT_IN)
			v->in[out->n_in++] = v->pairs[k].group;
		if (v->pairs[k].active & ACCOUNT_OUT)
			v->out[out->n_out++] = v->pairs[k].group;
	}
	return 0;
}

static int
tell(struct db *d, struct snapshot *s, struct account_view *out)
{
	if (names(d, &s->view, out) < 0)
		return -1;
	s->stopped = s->fn(s->arg, out) != 0;
	return 0;
}

/* The user of the row at hand, then its devices. */
static int
tell_user(struct db *d, struct snapshot *s)
{
	const struct db_rows *r = &s->users.rows;
	const char *by = db_get_text(r, 6);
	int64_t rev = db_get_i64(r, 7);
	struct account_view out = {.user = db_get_text(r, 1),
	    .by = by,
	    .admin = db_get_bool(r, 2),
	    .disabled = db_get_bool(r, 3)};
	size_t k;

	if (load(d, &s->view, s->users.user, &s->members, &s->choices) < 0 ||
	    tell(d, s, &out) < 0)
		return -1;
	for (k = 0; k < s->view.n_devices && !s->stopped; k++) {
		const struct device *e = &s->view.devices[k];

		if (!*e->uid)
			continue;
		settle_device(&s->view, e);
		out.device = e->uid;
		out.by = e->rev > rev ? e->by : by;
		if (tell(d, s, &out) < 0)
			return -1;
	}
	return 0;
}

static int
snapshot_all(struct db *d, struct snapshot *s)
{
	int64_t rev;

	if (accounts_counter(d, "revision", &rev) < 0 ||
	    feed_begin(d, &s->users, SQL_USERS, DB_NO_VALUES) < 0 ||
	    feed_begin(d, &s->members, SQL_MEMBERS_ALL, DB_NO_VALUES) < 0 ||
	    feed_begin(d, &s->choices, SQL_CHOICES_ALL, DB_NO_VALUES) < 0)
		return -1;
	s->rev = (uint64_t)rev;
	while (s->users.more && !s->stopped)
		if (tell_user(d, s) < 0 || feed_next(&s->users) < 0)
			return -1;
	return 0;
}

static int
snapshot(struct db *d, void *arg)
{
	struct snapshot *s = arg;
	int r = snapshot_all(d, s);

	db_end(&s->users.rows);
	db_end(&s->members.rows);
	db_end(&s->choices.rows);
	return r;
}

int
accounts_snapshot(struct accounts *a,
    int (*fn)(void *arg, const struct account_view *v), void *arg,
    uint64_t *rev)
{
	struct snapshot s = {.fn = fn, .arg = arg};
	int r = db_transact(a->db, DB_READ, snapshot, &s);

	view_fini(&s.view);
	*rev = s.rev;
	return r;
}
