#include "users.h"

#include <stdlib.h>

void
users_init(struct users *us, struct groups *groups, const uint64_t seed[2])
{
	*us = (struct users){.groups = groups};
	map_init(&us->all, seed);
	TAILQ_INIT(&us->changed);
}

static void
grant_drop(struct users *us, struct grant *g)
{
	gset_unref(us->groups, g->in);
	gset_unref(us->groups, g->out);
	free(g->by);
	*g = (struct grant){NULL, NULL, NULL};
}

static void
device_free(struct users *us, struct device *d)
{
	LIST_REMOVE(d, link);
	grant_drop(us, &d->now);
	grant_drop(us, &d->next);
	free(d);
}

static void
user_free(struct users *us, struct user *u)
{
	struct device *d;

	while ((d = LIST_FIRST(&u->devices)) != NULL)
		device_free(us, d);
	grant_drop(us, &u->now);
	grant_drop(us, &u->next);
	(void)map_del(&us->all, user_name(u));
	free(u);
}

void
users_fini(struct users *us)
{
	size_t pos = 0;
	struct slice name;
	void *v;

	while (map_next(&us->all, &pos, &name, &v))
		user_free(us, v);
	map_fini(&us->all);
}

struct user *
users_get(struct users *us, struct slice name)
{
	void **at = map_at(&us->all, name, true);
	struct user *u;

	if (at == NULL || *at != NULL)
		return at != NULL ? *at : NULL;
	u = calloc(1, sizeof(*u) + name.n);
	if (u == NULL) {
		(void)map_del(&us->all, name);
		return NULL;
	}
	u->n = name.n;
	memcpy(u->name, name.p, name.n);
	LIST_INIT(&u->conns);
	LIST_INIT(&u->devices);
	*at = u;
	return u;
}

struct user *
user_ref(struct user *u)
{
	if (u != NULL)
		u->refs++;
	return u;
}

/* Nobody speaks of it, neither a connection nor a snapshot. */
static bool
user_idle(const struct users *us, const struct user *u)
{
	return u->refs == 0 && !u->known && !u->listed &&
	    !(us->open && u->seen == us->seen);
}

void
user_unref(struct users *us, struct user *u)
{
	if (u == NULL)
		return;
	u->refs--;
	if (user_idle(us, u))
		user_free(us, u);
}

struct device *
user_device(const struct user *u, struct slice uid)
{
	struct device *d;

	LIST_FOREACH(d, &u->devices, link)
	{
		if (slice_eq((struct slice){d->uid, d->n}, uid))
			return d;
	}
	return NULL;
}

/* --- the end of a snapshot --- */

static void
list_changed(struct users *us, struct user *u)
{
	if (u->listed)
		return;
	u->listed = true;
	TAILQ_INSERT_TAIL(&us->changed, u, link);
}

/* True: other groups than before. */
static bool
grant_take(struct users *us, struct grant *now, struct grant *next)
{
	bool differs = now->in != next->in || now->out != next->out;

	grant_drop(us, now);
	*now = *next;
	*next = (struct grant){NULL, NULL, NULL};
	return differs;
}

static void
devices_commit(struct users *us, struct user *u)
{
	struct device *d, *next;

	for (d = LIST_FIRST(&u->devices); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		d->changed = false;
		if (!u->known || d->seen != us->seen) {
			device_free(us, d); /* back to the user's groups */
			list_changed(us, u);
		} else if (d->next.in != NULL) {
			d->changed = grant_take(us, &d->now, &d->next);
			list_changed(us, u);
		}
	}
}

static void
user_commit(struct users *us, struct user *u)
{
	bool was = u->known, told = u->seen == us->seen;

	u->changed = false;
	u->known = told;
	if (told && u->next.in != NULL) {
		u->changed = grant_take(us, &u->now, &u->next) && was;
		list_changed(us, u);
	}
	if (told != was || (told && u->disabled != u->next_disabled) ||
	    (!us->ready && u->refs > 0)) /* somebody waits for the first one */
		list_changed(us, u);
	if (told) {
		u->disabled = u->next_disabled;
		us->known++;
	} else {
		grant_drop(us, &u->now);
		u->disabled = false;
	}
	devices_commit(us, u);
}

static void
commit(struct users *us)
{
	size_t pos = 0;
	struct slice name;
	void *v;

	us->open = false;
	us->known = 0;
	while (map_next(&us->all, &pos, &name, &v))
		user_commit(us, v);
	us->ready = true;
}

void
users_settled(struct users *us)
{
	struct user *u;

	while ((u = TAILQ_FIRST(&us->changed)) != NULL) {
		TAILQ_REMOVE(&us->changed, u, link);
		u->listed = false;
		u->changed = false;
		if (user_idle(us, u))
			user_free(us, u);
	}
}

/* --- what comes to nothing --- */

static void
user_revert(struct users *us, struct user *u)
{
	struct device *d, *next;

	grant_drop(us, &u->next);
	for (d = LIST_FIRST(&u->devices); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		grant_drop(us, &d->next);
		if (d->now.in == NULL)
			device_free(us, d);
	}
	if (user_idle(us, u))
		user_free(us, u);
}

bool
users_lost(struct users *us)
{
	size_t pos = 0;
	struct slice name;
	void *v;

	if (!us->open)
		return false;
	us->open = false;
	us->torn++;
	while (map_next(&us->all, &pos, &name, &v))
		user_revert(us, v);
	return true;
}

/* --- records --- */

static enum users_news
bad(struct users *us, const char **why, const char *text)
{
	us->bad++;
	*why = text;
	return USERS_BAD;
}

/* The set under a label: `was`, if it is still the same. */
static struct gset *
set_of(struct users *us, const struct rec *rec, const char *label,
    struct gset *was, const char **why)
{
	struct slice names[REC_FIELDS_MAX];
	uint64_t before = us->bad;
	size_t n = group_names(rec, label, names, &us->bad);

	if (us->bad > before)
		*why = "not the name of a group";
	if (n > GROUPS_MAX)
		*why = "more than 64 groups: those last by name are left out";
	if (was != NULL && gset_is(was, names, n))
		return gset_ref(was);
	return gset_make(us->groups, names, n);
}

static bool
same_text(const char *a, struct slice b)
{
	return a != NULL ? slice_is(b, a) : b.n == 0;
}

/* What differs from now is laid aside. 0, or -1: no memory. */
static int
grant_stage(struct users *us, const struct rec *rec, const struct grant *now,
    struct grant *next, const char **why)
{
	struct slice by = {"", 0};
	bool same;

	next->in = set_of(us, rec, "in", now->in, why);
	next->out = set_of(us, rec, "out", now->out, why);
	if (rec_raw(rec, "by", &by) && by.n > 256)
		by.n = 0;
	if (next->in == NULL || next->out == NULL) {
		grant_drop(us, next);
		return -1;
	}
	same = next->in == now->in && next->out == now->out &&
	    same_text(now->by, by);
	if (!same && by.n > 0)
		next->by = slice_dup(by);
	if (same)
		grant_drop(us, next);
	return 0;
}

static enum users_news
no_memory(struct users *us, const char **why)
{
	us->failed = true; /* then it is not whole */
	return bad(us, why, "no memory");
}

static enum users_news
on_user(struct users *us, const struct rec *rec, const char **why)
{
	struct slice name = {"", 0}, text;
	struct user *u;

	if (!rec_raw(rec, "name", &name) || !group_name_ok(name))
		return bad(us, why, "not a name");
	if (us->all.n >= USERS_MAX)
		return no_memory(us, why);
	u = users_get(us, name);
	if (u == NULL)
		return no_memory(us, why);
	if (u->seen == us->seen)
		return bad(us, why, "a user comes twice");
	u->seen = us->seen;
	u->next_disabled =
	    rec_raw(rec, "disabled", &text) && !slice_is(text, "0");
	if (grant_stage(us, rec, &u->now, &u->next, why) < 0)
		return no_memory(us, why);
	return *why != NULL ? USERS_BAD : USERS_NOTHING;
}

static struct device *
device_new(struct user *u, struct slice uid)
{
	struct device *d, *k;
	size_t n = 0;

	LIST_FOREACH(k, &u->devices, link)
	{
		n++;
	}
	d = n < USER_DEVICES_MAX ? calloc(1, sizeof(*d) + uid.n) : NULL;
	if (d == NULL)
		return NULL;
	d->n = uid.n;
	memcpy(d->uid, uid.p, uid.n);
	LIST_INSERT_HEAD(&u->devices, d, link);
	return d;
}

/* Behind its user. */
static enum users_news
on_device(struct users *us, const struct rec *rec, const char **why)
{
	struct slice name = {"", 0}, uid = {"", 0};
	struct device *d;
	struct user *u;

	if (!rec_raw(rec, "user", &name) || !rec_raw(rec, "uid", &uid) ||
	    uid.n == 0 || uid.n > 256)
		return bad(us, why, "labels missing");
	u = map_get(&us->all, name);
	if (u == NULL || u->seen != us->seen)
		return bad(us, why, "a device of nobody");
	d = user_device(u, uid);
	if (d == NULL)
		d = device_new(u, uid);
	if (d == NULL)
		return bad(us, why, "too many devices of one user");
	if (d->seen == us->seen)
		return bad(us, why, "a device comes twice");
	d->seen = us->seen;
	if (grant_stage(us, rec, &d->now, &d->next, why) < 0)
		return no_memory(us, why);
	return *why != NULL ? USERS_BAD : USERS_NOTHING;
}

static enum users_news
on_begin(struct users *us, const struct rec *rec, const char **why)
{
	uint64_t revision;

	(void)users_lost(us); /* the one before had no end */
	if (rec_u64(rec, "revision", UINT64_MAX, &revision) < 0)
		return bad(us, why, "no revision");
	us->open = true;
	us->failed = false;
	us->revision = revision;
	us->records = 0;
	us->seen++;
	return USERS_NOTHING;
}

static enum users_news
on_end(struct users *us, const struct rec *rec, const char **why)
{
	uint64_t revision, count;

	if (us->failed || rec_u64(rec, "revision", UINT64_MAX, &revision) < 0 ||
	    rec_u64(rec, "count", UINT64_MAX, &count) < 0 ||
	    revision != us->revision || count != us->records) {
		*why = us->failed ? "no memory" : "records are missing";
		(void)users_lost(us);
		return USERS_TORN;
	}
	commit(us);
	return USERS_WHOLE;
}

enum users_news
users_record(struct users *us, const struct rec *rec, const char **why)
{
	bool user = rec_is(rec, "user"), end = rec_is(rec, "users-end");

	*why = NULL;
	if (rec_is(rec, "users"))
		return on_begin(us, rec, why);
	if (!user && !end && !rec_is(rec, "device"))
		return USERS_NOTHING;
	if (!us->open)
		return bad(us, why, "not within a snapshot");
	if (end)
		return on_end(us, rec, why);
	us->records++;
	return user ? on_user(us, rec, why) : on_device(us, rec, why);
}
