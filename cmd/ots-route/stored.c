#include "state.h"

#include "timetext.h"

/* Where devices were before the server was started (`latest` of ots-store).
 * They are idents of r->stored, as those of local programs are of r->feed: who
 * comes is shown them until they are stale, or until somebody says more of
 * them. They follow their user as if they were still connected: into the groups
 * that it has now, and away when it may not be here. */

/* Has it been heard of otherwise? */
static bool
heard(const struct route *r, struct slice uid)
{
	const struct name *n = map_get(&r->uids, uid);
	const struct ident *i;

	if (n == NULL)
		return false;
	LIST_FOREACH(i, &n->idents, by_uid)
	{
		if (i->conn != r->stored)
			return true;
	}
	return false;
}

/* Those that the record names count where nobody else says which. */
static struct gset *
groups_named(struct route *r, const struct rec *rec)
{
	struct slice names[GROUPS_MAX], name;
	size_t n = 0, pos = 1;

	while (n < GROUPS_MAX && rec_next(rec, "group", &pos, &name)) {
		if (name.n > 0)
			names[n++] = name;
	}
	return gset_make(&r->groups, names, n);
}

/* Those who cannot see it any more are told. */
static void
move(struct route *r, struct ident *i, struct gset *in, struct route_now now)
{
	const struct pos *p = &i->pos;

	if (p->in == NULL || p->in == in)
		return;
	if (p->in->n > 0) {
		sight_lost(r, p->in, in, i->conn, i, now);
		sight_tell(r, name_text(i->uid),
		    (struct slice){p->type, p->type_n}, NULL, NULL, now);
	}
	latest_regroup(r, i, in, now);
}

static bool
same(const struct ident *i, const struct event *e, const struct user *u)
{
	const struct pos *p = &i->pos;

	return i->user == u && p->xml != NULL &&
	    slice_eq((struct slice){p->xml, p->n}, e->xml);
}

/* To those who are there already, and kept for those who come. What was told
 * before is not told again. */
static void
show(struct route *r, const struct event *e, struct user *u, struct gset *in,
    struct route_now now)
{
	struct send s = {.uid = e->uid, .class = "position", .xml = e->xml};
	struct ident *i = ident_make(r, r->stored, e->uid);

	if (i == NULL) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	move(r, i, in, now);
	if (same(i, e, u))
		return;
	(void)user_ref(u);
	user_unref(&r->users, i->user);
	i->user = u;
	r->count[ROUTE_LATEST]++;
	send_groups(r, in, &s);
	latest_store(r, i, e, in, true);
}

/* 0, or -1: no memory. u is NULL if it has none. */
static int
user_of(struct route *r, const struct rec *rec, struct user **u)
{
	struct slice name = {"", 0};

	*u = NULL;
	if (!r->cfg.auth || !rec_raw(rec, "user", &name) || name.n == 0)
		return 0;
	*u = user_ref(users_get(&r->users, name));
	return *u != NULL ? 0 : -1;
}

static void
place(struct route *r, const struct event *e, struct route_now now)
{
	struct gset *in;
	struct user *u;

	if (user_of(r, e->rec, &u) < 0) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	in = r->cfg.auth && u == NULL ? groups_named(r, e->rec)
				      : access_in(r, u, e->uid);
	if (in == NULL || (in->n == 0 && u == NULL))
		r->count[ROUTE_LATEST_LEFT]++;
	else
		show(r, e, u, in, now);
	if (r->cfg.auth && u == NULL)
		gset_unref(&r->groups, in);
	user_unref(&r->users, u);
}

void
stored_latest(struct route *r, const struct rec *rec, struct route_now now)
{
	struct event e;
	int64_t stale;

	if (event_read(&e, rec) < 0 || e.conn.n > 0 ||
	    !slice_starts(e.base, "a-") || e.uid.n > EVENT_NAME_MAX ||
	    e.type.n > EVENT_TYPE_MAX || timetext_parse(e.stale, &stale) < 0) {
		r->count[ROUTE_BAD]++;
		route_log_bad(rec, "not a position");
		return;
	}
	if (stale <= now_ms(now) || heard(r, e.uid)) {
		r->count[ROUTE_LATEST_LEFT]++;
		return;
	}
	e.xml = store_plain(r, e.xml);
	if (e.xml.n == 0) {
		r->count[ROUTE_BAD]++;
		route_log_bad(rec, "not an event of ots-parse");
		return;
	}
	place(r, &e, now);
}

static struct ident *
stored_find(const struct route *r, const struct name *uid)
{
	struct ident *i;

	LIST_FOREACH(i, &uid->idents, by_uid)
	{
		if (i->conn == r->stored)
			return i;
	}
	return NULL;
}

void
stored_forget(struct route *r, const struct ident *i)
{
	struct ident *k;

	if (i->conn == r->stored)
		return;
	k = stored_find(r, i->uid);
	if (k != NULL)
		ident_drop(r, k);
}

static void
drop(struct route *r, struct ident *i, struct route_now now)
{
	if (i->pos.in != NULL)
		sight_gone(r, i, now);
	ident_drop(r, i);
}

void
stored_hide(struct route *r, struct slice uid, struct route_now now)
{
	const struct name *n = map_get(&r->uids, uid);
	struct ident *i = n != NULL ? stored_find(r, n) : NULL;

	if (i != NULL)
		drop(r, i, now);
}

void
stored_users(struct route *r, struct route_now now)
{
	struct ident *i, *next;
	struct gset *in;

	for (i = TAILQ_FIRST(&r->stored->idents); i != NULL; i = next) {
		next = TAILQ_NEXT(i, link);
		if (i->user == NULL || !i->user->listed)
			continue;
		in = access_in(r, i->user, name_text(i->uid));
		if (in != NULL)
			move(r, i, in, now);
		else
			drop(r, i, now);
	}
}
