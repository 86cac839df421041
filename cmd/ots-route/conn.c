#include "state.h"

#include <stdlib.h>

/* Connections: those of ots-listen, and the feed, which stands for all local
 * programs. */

struct conn *
conn_find(const struct route *r, struct slice id)
{
	return map_get(&r->conns, id);
}

void
conn_bind(struct route *r, const struct conn *c, const char *kind,
    const struct gset *groups)
{
	struct rec_writer w;

	if (groups->n == 0)
		return;
	rec_begin(&w, r->out, kind);
	rec_put_raw(&w, "conn", conn_id(c));
	for (size_t i = 0; i < groups->n; i++)
		rec_put_raw(&w, "key", group_key(groups->v[i]));
	route_end(r, &w);
}

void
conn_set_groups(
    struct route *r, struct conn *c, struct gset *in, struct gset *out)
{
	(void)gset_ref(in);
	(void)gset_ref(out);
	if (c->out != NULL)
		LIST_REMOVE(c, by_out);
	gset_unref(&r->groups, c->in);
	gset_unref(&r->groups, c->out);
	c->in = in;
	c->out = out;
	LIST_INSERT_HEAD(&out->readers, c, by_out);
}

struct conn *
conn_make(struct route *r, struct slice id)
{
	static const struct slice nowhere = {"", 0};
	struct conn *c;

	/* NODE.SLOT.GENERATION: never the feed's id, never an escape. */
	if (id.n >= SLOT_TEXT_MAX || memchr(id.p, '.', id.n) == NULL ||
	    memchr(id.p, '\\', id.n) != NULL || r->conns.n >= CONNS_MAX)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	memcpy(c->id, id.p, id.n);
	c->id_n = id.n;
	c->peer = peer_get(r, nowhere, nowhere);
	if (c->peer == NULL || map_put(&r->conns, id, c) < 0) {
		peer_unref(r, c->peer);
		free(c);
		return NULL;
	}
	TAILQ_INIT(&c->idents);
	conn_set_groups(r, c, r->nobody, r->nobody);
	return c;
}

void
conn_admit(struct route *r, struct conn *c, bool holds)
{
	c->access = ACCESS_OK;
	c->born = ++r->seq;
	if (holds)
		return;
	conn_bind(r, c, "bind", c->out);
	latest_newcomer(r, c, WAIT_SERVE);
	alert_newcomer(r, c);
}

void
conn_free(struct route *r, struct conn *c)
{
	struct ident *i;

	latest_newcomer(r, c, WAIT_NOT);
	alert_conn_gone(r, c);
	hold_drop(r, c);
	while ((i = TAILQ_FIRST(&c->idents)) != NULL)
		ident_unlink(r, i);
	if (c->access == ACCESS_WAIT)
		r->waits--;
	if (c->user != NULL)
		LIST_REMOVE(c, by_user);
	user_unref(&r->users, c->user);
	gset_unref(&r->groups, c->own);
	if (!c->feed)
		LIST_REMOVE(c, by_out);
	gset_unref(&r->groups, c->in);
	gset_unref(&r->groups, c->out);
	gset_unref(&r->groups, c->had);
	free(c->notice);
	peer_unref(r, c->peer);
	(void)map_del(&r->conns, conn_id(c));
	free(c);
}

void
conn_strip(struct route *r, struct conn *c, struct route_now now)
{
	struct ident *i;

	while ((i = TAILQ_FIRST(&c->idents)) != NULL) {
		if (i->pos.in != NULL)
			sight_gone(r, i, now);
		ident_unlink(r, i);
	}
}

void
conn_gone(struct route *r, struct conn *c, struct route_now now)
{
	conn_strip(r, c, now);
	conn_free(r, c);
}

/* NODE of NODE.SLOT.GENERATION */
static struct slice
conn_node(const struct conn *c)
{
	const char *dot = memchr(c->id, '.', c->id_n);

	return (struct slice){
	    c->id, dot != NULL ? (size_t)(dot - c->id) : c->id_n};
}

void
conn_sweep(
    struct route *r, struct slice node, bool unheard, struct route_now now)
{
	size_t pos = 0;
	struct slice id;
	void *v;

	while (map_next(&r->conns, &pos, &id, &v)) {
		struct conn *c = v;

		if (!slice_eq(conn_node(c), node))
			continue;
		if (unheard && c->round == r->round)
			continue;
		conn_gone(r, c, now);
	}
}
