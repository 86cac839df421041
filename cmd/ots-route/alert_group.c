#include "state.h"

#include "cotscan.h"

/* An alert is in the groups of its user, also when these change: nobody sees
 * more of a user in distress than of others, and nobody who may see him misses
 * it. While all of them are switched off it is in none, and comes back with
 * them. One without a user (TCP) stays where it is. */

/* A new reference; NULL: no memory. */
static struct gset *
alert_due(struct route *r, const struct alert *a)
{
	const struct device *d;
	struct gset *in;

	if (a->user == NULL || a->user->now.in == NULL)
		return gset_ref(a->in);
	if (a->from != NULL && a->from->user == a->user &&
	    a->from->access == ACCESS_OK) {
		in = a->from->in;
	} else {
		d = user_device(a->user, a->owner);
		in = d != NULL && d->now.in != NULL ? d->now.in
						    : a->user->now.in;
	}
	return a->part != NULL ? gset_both(&r->groups, a->part, in)
			       : gset_ref(in);
}

static struct slice
alert_type(const struct alert *a)
{
	struct slice type;

	return cotscan_attr(a->xml, "type", &type) ? type : SLICE("b-a");
}

void
alert_regroup_before(struct route *r, struct route_now now)
{
	struct alert *a;
	struct gset *due, *left;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		due = alert_due(r, a);
		left = due != NULL ? gset_minus(&r->groups, a->in, due) : NULL;
		if (left != NULL && left->n > 0)
			sight_tell(
			    r, a->uid, alert_type(a), left, a->from, now);
		gset_unref(&r->groups, due);
		gset_unref(&r->groups, left);
	}
}

/* It leaves no group, but some leave it. */
static void
blind(struct route *r, const struct alert *a)
{
	struct conn *v;

	r->lost.n = 0;
	TAILQ_FOREACH(v, &r->changed, changed)
	{
		if (v != a->from && v->was_out != NULL &&
		    gset_meet(a->in, v->was_out) && !gset_meet(a->in, v->out))
			crowd_add(r, &r->lost, v);
	}
}

/* To all of its groups, like a position; some see it twice. */
static void
show(struct route *r, const struct alert *a, const struct gset *to,
    struct route_now now)
{
	struct send s = {.uid = a->uid, .class = "chat"};

	if (to->n == 0 || !alert_retime(r, a, now))
		return;
	s.xml = buf_slice(&r->xml);
	if (a->from != NULL && !a->from->feed)
		s.except = conn_id(a->from);
	send_groups(r, to, &s);
}

void
alert_regroup(struct route *r, bool exact, struct route_now now)
{
	struct alert *a;
	struct gset *due;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		due = alert_due(r, a);
		if (due == NULL) {
			r->count[ROUTE_DROPPED]++;
			continue;
		}
		if (exact && due == a->in)
			blind(r, a);
		else if (exact)
			sight_lost(r, a->in, due, a->from, NULL, now);
		if (exact)
			sight_tell(r, a->uid, alert_type(a), NULL, NULL, now);
		if (due != a->in)
			show(r, a, due, now);
		gset_unref(&r->groups, a->in);
		a->in = due;
	}
}

void
alert_bar(struct route *r, const struct user *u, struct route_now now)
{
	struct alert *a, *next;

	for (a = TAILQ_FIRST(&r->alerts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, link);
		if (a->user != u)
			continue;
		alert_tell_end(r, a, a->in, now);
		alert_end(r, a, "refused user");
	}
}
