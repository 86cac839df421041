#include "state.h"

#include <stdlib.h>

#include "cotmake.h"
#include "cotscan.h"
#include "log.h"

/* The groups of connections change while they live (cot-streaming 7.10). Sets
 * are changed in all places first, then the keys of ots-listen, then those are
 * told who have lost sight of somebody, and then positions go into the new
 * groups: so nobody gets, in between, what neither the old nor the new groups
 * would give him.
 *
 * Who has lost sight is found one by one. When too many change at once for
 * that (a group of thousands is deleted), all who could see a position are
 * told that it is gone and then shown it again, as far as they still may, and
 * those who changed are left to t-x-g-c, on which clients begin anew. */

void
regroup_add(struct route *r, struct conn *c, struct gset *in, struct gset *out)
{
	struct log_line l;

	if (c->changing || (c->in == in && c->out == out))
		return;
	if (c->in != in)
		c->was_in = gset_ref(c->in);
	if (c->out != out)
		c->was_out = gset_ref(c->out);
	conn_set_groups(r, c, in, out);
	c->changing = c->moved = true;
	TAILQ_INSERT_TAIL(&r->changed, c, changed);
	r->n_changed++;
	r->count[ROUTE_REGROUPED]++;
	log_open(&l, LOG_GROUPS);
	log_str(&l, "conn", conn_id(c));
	if (c->user != NULL)
		log_str(&l, "user", user_name(c->user));
	log_u64(&l, "in", in->n);
	log_u64(&l, "out", out->n);
	log_send(&l);
}

static struct slice
pos_type(const struct ident *i)
{
	return (struct slice){i->pos.type, i->pos.type_n};
}

/* --- notices --- */

/* To those who could see the connection's positions. */
static void
hide(struct route *r, struct conn *c, struct route_now now)
{
	struct ident *i;

	TAILQ_FOREACH(i, &c->idents, link)
	{
		if (i->pos.in == NULL)
			continue;
		sight_lost(r, i->pos.in, c->in, c, i, now);
		sight_tell(r, name_text(i->uid), pos_type(i), NULL, NULL, now);
	}
}

/* The same before keys change, to all who receive from a group that is left.
 */
static void
hide_before(struct route *r, struct conn *c, struct route_now now)
{
	struct ident *i;
	struct gset *left;

	TAILQ_FOREACH(i, &c->idents, link)
	{
		/* Who sees the uid elsewhere would not be shown it again. */
		if (i->pos.in == NULL || !sight_alone(i))
			continue;
		left = gset_minus(&r->groups, i->pos.in, c->in);
		if (left == NULL)
			r->count[ROUTE_DROPPED]++;
		else if (left->n > 0)
			sight_tell(
			    r, name_text(i->uid), pos_type(i), left, c, now);
		gset_unref(&r->groups, left);
	}
}

static bool
lost_sight(const struct conn *v, const struct ident *i, struct route_now now)
{
	return v->was_out != NULL && v != i->conn &&
	    gset_meet(i->pos.in, v->was_out) &&
	    !sight_sees(v, i->pos.in, i, now);
}

/* To those who receive from fewer groups: what they no longer see of those
 * who send into the same ones as before. */
static void
blind(struct route *r, struct route_now now)
{
	struct conn *v;
	struct slice key;
	size_t pos = 0;
	bool any = false;
	void *at;

	TAILQ_FOREACH(v, &r->changed, changed)
	{
		any |= v->was_out != NULL && !gset_within(v->was_out, v->out);
	}
	while (any && map_next(&r->idents, &pos, &key, &at)) {
		const struct ident *i = at;

		if (i->pos.in == NULL || i->conn->was_in != NULL)
			continue;
		r->lost.n = 0;
		TAILQ_FOREACH(v, &r->changed, changed)
		{
			if (lost_sight(v, i, now))
				crowd_add(r, &r->lost, v);
		}
		sight_tell(r, name_text(i->uid), pos_type(i), NULL, NULL, now);
	}
}

/* --- the change --- */

static void
bind_change(struct route *r, const struct conn *c)
{
	struct gset *left, *joined;

	if (c->was_out == NULL)
		return;
	left = gset_minus(&r->groups, c->was_out, c->out);
	joined = gset_minus(&r->groups, c->out, c->was_out);
	if (left == NULL || joined == NULL) {
		/* Rather too little than too much. */
		conn_bind(r, c, "unbind", c->was_out);
		conn_bind(r, c, "bind", c->out);
	} else {
		conn_bind(r, c, "unbind", left);
		conn_bind(r, c, "bind", joined);
	}
	gset_unref(&r->groups, left);
	gset_unref(&r->groups, joined);
}

static void
show(struct route *r, struct conn *c, struct route_now now)
{
	struct ident *i;

	if (c->was_in == NULL)
		return;
	TAILQ_FOREACH(i, &c->idents, link)
	{
		latest_regroup(r, i, c->in, now);
	}
}

/* It receives from other groups: what it could see before need not be shown
 * to it again, unless that was not done yet. */
static void
look(struct route *r, struct conn *c)
{
	bool settled = c->wait == WAIT_NOT && !c->alarming;

	if (c->was_out == NULL)
		return;
	c->born = ++r->seq;
	c->served = 0;
	gset_unref(&r->groups, c->had);
	c->had = NULL;
	if (gset_within(c->out, c->was_out) && settled)
		return; /* nothing can be new to it */
	if (settled)
		c->had = gset_ref(c->was_out);
	c->had_alerts = !c->unalarmed;
	latest_newcomer(r, c, WAIT_SERVE);
	alert_newcomer(r, c);
}

static void
change_end(struct route *r, struct conn *c)
{
	TAILQ_REMOVE(&r->changed, c, changed);
	gset_unref(&r->groups, c->was_in);
	gset_unref(&r->groups, c->was_out);
	c->was_in = c->was_out = NULL;
	c->changing = false;
}

bool
regroup_run(struct route *r, struct route_now now)
{
	size_t work = r->n_changed * (r->groups.sets.n + r->n_idents);
	bool exact = r->n_changed == 1 || work <= r->exact_max;
	struct conn *c;

	if (!exact) {
		TAILQ_FOREACH(c, &r->changed, changed)
		{
			if (c->was_in != NULL)
				hide_before(r, c, now);
		}
		alert_regroup_before(r, now);
	}
	TAILQ_FOREACH(c, &r->changed, changed)
	{
		bind_change(r, c);
	}
	if (exact) {
		TAILQ_FOREACH(c, &r->changed, changed)
		{
			if (c->was_in != NULL)
				hide(r, c, now);
		}
		blind(r, now);
	}
	alert_regroup(r, exact, now);
	TAILQ_FOREACH(c, &r->changed, changed)
	{
		look(r, c);
	}
	TAILQ_FOREACH(c, &r->changed, changed)
	{
		show(r, c, now);
	}
	while ((c = TAILQ_FIRST(&r->changed)) != NULL)
		change_end(r, c);
	r->n_changed = 0;
	return exact;
}

/* --- t-x-g-c --- */

static void
send_notice(
    struct route *r, struct conn *c, struct slice by, struct route_now now)
{
	struct send s = {.class = "control", .plain = true};
	char id[37];

	buf_clear(&r->a);
	buf_clear(&r->b);
	r->cfg.uuid(id);
	(void)buf_puts(&r->a, id);
	if (by.n > 0) {
		(void)buf_putc(&r->a, '.');
		(void)rec_unescape(&r->a, by);
	}
	if (r->a.failed ||
	    cotmake_groups(&r->b, now_ms(now), buf_slice(&r->a)) < 0) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	s.uid = buf_slice(&r->a);
	s.xml = buf_slice(&r->b);
	r->count[ROUTE_NOTICES]++;
	send_conns(r, &c, 1, &s);
}

void
regroup_notice(
    struct route *r, struct conn *c, const char *by, struct route_now now)
{
	struct slice text = slice_of(by != NULL ? by : "");

	free(c->notice);
	c->notice = NULL;
	if (c->wait == WAIT_SERVE || c->wait == WAIT_NOW)
		c->notice = slice_dup(text);
	if (c->notice == NULL)
		send_notice(r, c, text, now);
}

void
regroup_served(struct route *r, struct conn *c, struct route_now now)
{
	char *by = c->notice;

	gset_unref(&r->groups, c->had);
	c->had = NULL;
	if (by == NULL)
		return;
	c->notice = NULL;
	send_notice(r, c, slice_of(by), now);
	free(by);
}
