#include "state.h"

#include <stdlib.h>

#include "cotmake.h"

/* Who sees whom: a position or an alert is seen by those who receive from one
 * of the groups that it was sent into. Connections are looked at by the set
 * they receive from, since many have the same. */

void
crowd_add(struct route *r, struct crowd *w, struct conn *c)
{
	size_t cap = w->cap > 0 ? 2 * w->cap : TO_MAX;
	struct conn **v;

	if (w->n == w->cap) {
		v = reallocarray(w->v, cap, sizeof(struct conn *));
		if (v == NULL) {
			r->count[ROUTE_DROPPED]++;
			return;
		}
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n++] = c;
}

static bool
sees_elsewhere(
    const struct conn *v, const struct ident *i, struct route_now now)
{
	const struct ident *k;

	LIST_FOREACH(k, &i->uid->idents, by_uid)
	{
		if (k == i)
			continue;
		if (k->conn == v && !v->mesh)
			return true;
		/* Nobody says that one of these leaves. */
		if (k->conn->feed || k->conn->mesh) {
			if (k->pos.xml != NULL &&
			    k->pos.stale_ms > now_ms(now) &&
			    gset_meet(k->pos.in, v->out))
				return true;
		} else if (!k->conn->incognito &&
		    gset_meet(k->conn->in, v->out)) {
			return true;
		}
	}
	return false;
}

bool
sight_alone(const struct ident *i)
{
	return LIST_FIRST(&i->uid->idents) == i && LIST_NEXT(i, by_uid) == NULL;
}

bool
sight_sees(const struct conn *v, const struct gset *is, const struct ident *i,
    struct route_now now)
{
	if (is != NULL && gset_meet(is, v->out))
		return true;
	return i != NULL && !sight_alone(i) && sees_elsewhere(v, i, now);
}

void
sight_lost(struct route *r, const struct gset *was, const struct gset *is,
    const struct conn *from, const struct ident *i, struct route_now now)
{
	size_t pos = 0;
	struct slice key;
	struct conn *v;
	void *set;

	r->lost.n = 0;
	while (map_next(&r->groups.sets, &pos, &key, &set)) {
		const struct gset *out = set;

		if (!gset_meet(was, out) || (is != NULL && gset_meet(is, out)))
			continue;
		LIST_FOREACH(v, &out->readers, by_out)
		{
			if (v != from && v->was_out == NULL &&
			    !sight_sees(v, NULL, i, now))
				crowd_add(r, &r->lost, v);
		}
	}
	/* Those who receive from other groups since just now. */
	TAILQ_FOREACH(v, &r->changed, changed)
	{
		if (v != from && v->was_out != NULL &&
		    gset_meet(was, v->was_out) && !sight_sees(v, is, i, now))
			crowd_add(r, &r->lost, v);
	}
}

static void
tell_lost(struct route *r, const struct send *s)
{
	struct crowd *w = &r->lost;

	for (size_t at = 0; at < w->n; at += TO_MAX)
		send_conns(
		    r, w->v + at, w->n - at < TO_MAX ? w->n - at : TO_MAX, s);
}

void
sight_tell(struct route *r, struct slice uid, struct slice type,
    const struct gset *groups, const struct conn *except, struct route_now now)
{
	struct send s = {.class = "control", .plain = true};
	size_t n;
	char id[37];

	if (groups == NULL && r->lost.n == 0)
		return;
	buf_clear(&r->a);
	buf_clear(&r->b);
	(void)rec_unescape(&r->a, uid);
	n = buf_size(&r->a);
	(void)rec_unescape(&r->a, type);
	r->cfg.uuid(id);
	if (r->a.failed ||
	    cotmake_gone(&r->b, now_ms(now), slice_of(id),
		(struct slice){buf_data(&r->a), n},
		(struct slice){buf_data(&r->a) + n, buf_size(&r->a) - n}) < 0) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	s.uid = slice_of(id);
	s.xml = buf_slice(&r->b);
	if (except != NULL)
		s.except = conn_id(except);
	r->count[ROUTE_GONE]++;
	if (groups != NULL)
		send_groups(r, groups, &s);
	else
		tell_lost(r, &s);
}

void
sight_gone(struct route *r, const struct ident *i, struct route_now now)
{
	const struct pos *p = &i->pos;
	const struct conn *c = i->conn;

	if (sight_alone(i)) {
		sight_tell(r, name_text(i->uid),
		    (struct slice){p->type, p->type_n}, p->in,
		    c->incognito ? c : NULL, now); /* it is still there */
		return;
	}
	sight_lost(r, p->in, NULL, c, i, now);
	sight_tell(r, name_text(i->uid), (struct slice){p->type, p->type_n},
	    NULL, NULL, now);
}
