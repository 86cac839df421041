#include "state.h"

#include <stdlib.h>

#include "log.h"

/* Who takes part, and in which groups. Without ots-auth everybody does, in
 * __ANON__; with it, so does who has no user (TCP) unless its open names groups
 * (the mesh), and the others are in the groups of their user, or of their
 * device if it has made its own choice. Who a connection is of stands in its
 * open, and nowhere else. */

struct verdict {
	enum access access;
	const char *why; /* of ACCESS_BARRED */
	struct gset *in, *out;
};

static struct verdict
barred(const struct route *r, const char *why)
{
	return (struct verdict){ACCESS_BARRED, why, r->nobody, r->nobody};
}

/* uid: of its device, as far as it is known. */
static struct verdict
judge_user(const struct route *r, const struct user *u, struct slice uid)
{
	const struct device *d;

	if (!r->cfg.auth || u == NULL)
		return (struct verdict){ACCESS_OK, NULL, r->anon, r->anon};
	if (!r->users.ready)
		return (struct verdict){
		    ACCESS_WAIT, NULL, r->nobody, r->nobody};
	if (!u->known)
		return barred(r, "unknown user");
	if (u->disabled)
		return barred(r, "disabled user");
	d = uid.n > 0 ? user_device(u, uid) : NULL;
	if (d != NULL && d->now.in != NULL)
		return (struct verdict){ACCESS_OK, NULL, d->now.in, d->now.out};
	return (struct verdict){ACCESS_OK, NULL, u->now.in, u->now.out};
}

static struct verdict
judge(const struct route *r, const struct conn *c, struct slice uid)
{
	if (c->own != NULL)
		return (struct verdict){ACCESS_OK, NULL, c->own, c->own};
	return judge_user(r, c->user, uid);
}

struct gset *
access_in(const struct route *r, const struct user *u, struct slice uid)
{
	struct verdict v = judge_user(r, u, uid);

	return v.access == ACCESS_BARRED ? NULL : v.in;
}

static struct slice
device_uid(const struct conn *c)
{
	static const struct slice none = {"", 0};

	return c->device != NULL ? name_text(c->device->uid) : none;
}

static void
set_access(struct route *r, struct conn *c, enum access a)
{
	if (c->access == ACCESS_WAIT)
		r->waits--;
	if (a == ACCESS_WAIT)
		r->waits++;
	c->access = a;
}

/* It is told nothing more, and the others that it has gone. */
static void
bar(struct route *r, struct conn *c, const char *why, struct route_now now)
{
	struct rec_writer w;
	struct log_line l;

	log_open(&l, LOG_REFUSE);
	log_str(&l, "conn", conn_id(c));
	if (c->user != NULL)
		log_str(&l, "user", user_name(c->user));
	log_s(&l, "why", why);
	log_send(&l);
	r->count[ROUTE_HANGUPS]++;
	rec_begin(&w, r->out, "hangup");
	rec_put_raw(&w, "conn", conn_id(c));
	rec_puts(&w, "why", why);
	route_end(r, &w);
	conn_strip(r, c, now);
	latest_newcomer(r, c, WAIT_NOT);
	alert_conn_gone(r, c);
	hold_drop(r, c);
	set_access(r, c, ACCESS_BARRED);
	conn_set_groups(r, c, r->nobody, r->nobody);
}

static void
log_waiting(const struct conn *c, const char *why)
{
	struct log_line l;

	log_open(&l, LOG_WAITING);
	log_str(&l, "conn", conn_id(c));
	if (c->user != NULL)
		log_str(&l, "user", user_name(c->user));
	log_s(&l, "why", why);
	log_send(&l);
}

/* --- open --- */

/* The keys of groups that ots-listen has for it are made those that are its
 * due. True: they were; *any: it had some. */
static bool
fix_keys(
    struct route *r, const struct conn *c, const struct rec *rec, bool *any)
{
	struct gset *held, *extra, *missing;
	struct slice names[REC_FIELDS_MAX], key;
	size_t n = 0, pos = 1;
	bool same = false;

	while (rec_next(rec, "key", &pos, &key)) {
		if (slice_starts(key, "group:") && key.n > 6)
			names[n++] = (struct slice){key.p + 6, key.n - 6};
	}
	*any = n > 0;
	held = gset_make(&r->groups, names, n);
	extra = held != NULL ? gset_minus(&r->groups, held, c->out) : NULL;
	missing = held != NULL ? gset_minus(&r->groups, c->out, held) : NULL;
	if (extra != NULL && missing != NULL) {
		conn_bind(r, c, "unbind", extra);
		same = extra->n == 0 && missing->n == 0;
		if (!same)
			conn_bind(r, c, "bind", c->out);
	} else {
		r->count[ROUTE_DROPPED]++;
	}
	gset_unref(&r->groups, held);
	gset_unref(&r->groups, extra);
	gset_unref(&r->groups, missing);
	return same;
}

/* What ots-listen says that it answers to, from before our time: its uids, and
 * its callsign if there is no doubt which uid it belongs to. The first uid is
 * the device's, as far as can be told. */
static void
learn_keys(struct route *r, struct conn *c, const struct rec *rec)
{
	struct slice key, callsign = {NULL, 0};
	size_t pos = 0, uids = 0, callsigns = 0;
	struct ident *i = NULL;

	while (rec_next(rec, "key", &pos, &key)) {
		if (slice_starts(key, "uid:")) {
			i = ident_make(
			    r, c, (struct slice){key.p + 4, key.n - 4});
			if (i != NULL)
				alert_back(r, i);
			if (i != NULL && c->user != NULL && c->device == NULL)
				c->device = i;
			uids++;
		} else if (slice_starts(key, "callsign:")) {
			callsign = (struct slice){key.p + 9, key.n - 9};
			callsigns++;
		} else if (slice_is(key, CONTROL_INCOGNITO)) {
			c->incognito = true;
		}
	}
	if (uids == 1 && callsigns == 1 && i != NULL && i->callsign == NULL &&
	    callsign.n > 0 && callsign.n <= EVENT_NAME_MAX)
		(void)ident_rename(r, i, callsign);
}

/* It was told again. */
static void
told_again(struct route *r, struct conn *c, const struct rec *rec, bool fresh,
    struct route_now now)
{
	bool any, same = fix_keys(r, c, rec, &any);

	if (fresh)
		conn_admit(r, c, true);
	if (same)
		return;
	/* Our bind was lost, or its groups changed while we were away. */
	latest_newcomer(r, c, WAIT_SERVE);
	alert_newcomer(r, c);
	if (fresh && any)
		regroup_notice(r, c, NULL, now);
}

/* Those that an open without a user names: if not one of them can be, it is in
 * none. NULL: it names none. */
static struct gset *
own_groups(struct route *r, const struct rec *rec)
{
	struct slice names[REC_FIELDS_MAX];
	struct gset *own;
	uint64_t bad = 0;
	size_t n = group_names(rec, "group", names, &bad);

	if (n == 0 && bad == 0)
		return NULL;
	if (bad > 0) {
		r->count[ROUTE_BAD] += bad;
		route_log_bad(rec, "not the name of a group");
	}
	own = gset_make(&r->groups, names, n);
	if (own == NULL) {
		r->count[ROUTE_DROPPED]++;
		own = gset_ref(r->nobody);
	}
	return own;
}

/* Does it say what it said before? */
static bool
same_who(struct route *r, const struct conn *c, const struct rec *rec,
    struct slice user)
{
	struct gset *own;
	bool same;

	if (c->user != NULL)
		return slice_eq(user_name(c->user), user);
	if (user.n > 0)
		return false;
	own = own_groups(r, rec);
	same = own == c->own;
	gset_unref(&r->groups, own);
	return same;
}

/* False: it said another name, or other groups, before. */
static bool
identify(struct route *r, struct conn *c, const struct rec *rec)
{
	struct slice user = {"", 0};

	if (!r->cfg.auth)
		return true;
	(void)rec_raw(rec, "user", &user);
	if (c->opened)
		return same_who(r, c, rec, user);
	if (user.n == 0) {
		c->own = own_groups(r, rec);
		return true;
	}
	c->user = user_ref(users_get(&r->users, user));
	if (c->user != NULL)
		LIST_INSERT_HEAD(&c->user->conns, c, by_user);
	return true;
}

/* What no open should be like; NULL: it may take part. */
static const char *
forbidden(const struct route *r, const struct conn *c, const struct rec *rec)
{
	struct slice text;

	if (!r->cfg.auth || c->user != NULL)
		return NULL;
	if (rec_raw(rec, "user", &text) && text.n > 0)
		return "no memory";
	if (rec_raw(rec, "via", &text) && slice_is(text, "tls"))
		return "no user";
	return NULL;
}

int
access_open(struct route *r, struct conn *c, const struct rec *rec,
    struct route_now now)
{
	struct slice text;
	bool again = rec_raw(rec, "again", &text) && slice_is(text, "1");
	bool any, fresh = c->access != ACCESS_OK;
	struct verdict v;
	const char *why;

	if (!identify(r, c, rec))
		return -1;
	c->mesh = rec_raw(rec, "via", &text) && slice_is(text, "udp");
	peer_open(r, c, rec);
	why = c->access == ACCESS_BARRED ? "refused before"
					 : forbidden(r, c, rec);
	v = why != NULL ? barred(r, why) : judge(r, c, device_uid(c));
	c->opened = true;
	if (v.access == ACCESS_BARRED) {
		bar(r, c, v.why, now);
		return 0;
	}
	if (again) {
		learn_keys(r, c, rec);
		v = judge(r, c, device_uid(c));
	}
	if (fresh)
		conn_set_groups(r, c, v.in, v.out);
	set_access(r, c, v.access);
	if (v.access == ACCESS_WAIT) {
		if (again)
			(void)fix_keys(r, c, rec, &any);
		log_waiting(c, "its user is not known yet");
	} else if (again) {
		told_again(r, c, rec, fresh, now);
	} else if (fresh) {
		conn_admit(r, c, false);
	}
	return 0;
}

/* --- events --- */

bool
access_event(struct route *r, struct conn *c, const struct rec *rec)
{
	switch (c->access) {
	case ACCESS_OK:
		return true;
	case ACCESS_NEW:
		if (!r->cfg.auth) {
			/* Its open was lost, or is older than we are. In the
			 * latter case it holds its keys; if it does not, that
			 * shows when ots-listen tells its connections. */
			conn_set_groups(r, c, r->anon, r->anon);
			conn_admit(r, c, !r->synced);
			return true;
		}
		if (hold_put(r, c, rec->line))
			return false;
		r->count[ROUTE_UNOPENED]++;
		log_waiting(c, "its open was not heard, and no room");
		return false;
	case ACCESS_WAIT:
		r->count[ROUTE_WAITING]++;
		log_waiting(c, "its user is not known yet");
		return false;
	case ACCESS_BARRED:
		r->count[ROUTE_BARRED]++;
		return false;
	}
	return false;
}

void
access_device(
    struct route *r, struct conn *c, struct slice uid, struct route_now now)
{
	struct verdict v;

	if (c->user == NULL || c->device != NULL || c->access != ACCESS_OK ||
	    LIST_EMPTY(&c->user->devices))
		return;
	v = judge(r, c, uid);
	if (v.access != ACCESS_OK)
		return;
	regroup_add(r, c, v.in, v.out);
	if (c->changing)
		(void)regroup_run(r, now);
	c->moved = false;
}

/* --- a snapshot --- */

static bool
user_barred(const struct user *u)
{
	return !u->known || u->disabled;
}

static void
bar_user(struct route *r, struct user *u, struct route_now now)
{
	struct conn *c;
	struct verdict v;

	LIST_FOREACH(c, &u->conns, by_user)
	{
		v = judge(r, c, device_uid(c));
		if (c->access != ACCESS_BARRED)
			bar(r, c, v.why, now);
	}
	alert_bar(r, u, now);
}

static void
move_user(struct route *r, struct user *u)
{
	struct conn *c;
	struct verdict v;

	LIST_FOREACH(c, &u->conns, by_user)
	{
		v = judge(r, c, device_uid(c));
		if (c->access == ACCESS_OK) {
			regroup_add(r, c, v.in, v.out);
		} else if (c->access == ACCESS_WAIT) {
			conn_set_groups(r, c, v.in, v.out);
			set_access(r, c, ACCESS_OK);
			conn_admit(r, c, false);
		}
	}
}

/* Who asked for the change that concerns this connection. */
static const char *
asked_by(const struct user *u, const struct conn *c)
{
	const struct device *d;

	if (u->changed)
		return u->now.by;
	d = user_device(u, device_uid(c));
	return d != NULL ? d->now.by : NULL;
}

/* t-x-g-c: to all of a user whose groups changed, or to those whose device has
 * made another choice; not to the device that asked. */
static void
notify_user(struct route *r, struct user *u, bool exact, struct route_now now)
{
	struct conn *c;
	const char *by;

	LIST_FOREACH(c, &u->conns, by_user)
	{
		if (c->access != ACCESS_OK || (!u->changed && !c->moved))
			continue;
		c->moved = false;
		/* After an inexact change even that one must begin anew. */
		by = exact ? asked_by(u, c) : NULL;
		if (by == NULL || !slice_is(device_uid(c), by))
			regroup_notice(r, c, by, now);
	}
}

void
access_users(struct route *r, struct route_now now)
{
	struct user *u;
	bool waited = r->waits > 0, exact;

	if (TAILQ_EMPTY(&r->users.changed))
		return;
	TAILQ_FOREACH(u, &r->users.changed, link)
	{
		if (user_barred(u))
			bar_user(r, u, now);
	}
	TAILQ_FOREACH(u, &r->users.changed, link)
	{
		if (!user_barred(u))
			move_user(r, u);
	}
	exact = regroup_run(r, now);
	stored_users(r, now);
	TAILQ_FOREACH(u, &r->users.changed, link)
	{
		notify_user(r, u, exact, now);
	}
	users_settled(&r->users);
	/* What ots-listen keeps of those that waited was not listened to. */
	if (waited)
		route_ask(r, now);
}
