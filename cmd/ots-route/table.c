#include "state.h"

#include "log.h"

/* The tables of users that ots-auth sends. */

static void
log_snapshot(const struct route *r, size_t changed)
{
	struct log_line l;

	log_open(&l, LOG_USERS);
	log_u64(&l, "revision", r->users.revision);
	log_u64(&l, "users", r->users.known);
	log_u64(&l, "changed", changed);
	log_send(&l);
}

static size_t
n_changed(const struct route *r)
{
	const struct user *u;
	size_t n = 0;

	TAILQ_FOREACH(u, &r->users.changed, link)
	{
		n++;
	}
	return n;
}

bool
route_auth(struct route *r, const struct rec *rec, struct route_now now)
{
	bool ready = r->users.ready;
	const char *why;
	size_t changed;

	switch (users_record(&r->users, rec, &why)) {
	case USERS_NOTHING:
		return false;
	case USERS_BAD:
	case USERS_TORN:
		route_log_bad(rec, why);
		return false;
	case USERS_WHOLE:
		break;
	}
	r->count[ROUTE_SNAPSHOTS]++;
	changed = n_changed(r);
	if (changed > 0 || !ready)
		log_snapshot(r, changed);
	if (!ready && !r->synced)
		r->asked_us = now.mono_us; /* nothing was read till now */
	access_users(r, now);
	return true;
}

void
route_auth_lost(struct route *r)
{
	(void)users_lost(&r->users);
}

bool
route_ready(const struct route *r)
{
	return !r->cfg.auth || r->users.ready;
}
