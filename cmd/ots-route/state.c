#include "state.h"

#include <errno.h>
#include <stdlib.h>

#include "log.h"

/* --- names --- */

static struct name *
name_get(struct map *m, struct slice text)
{
	void **at = map_at(m, text, true);
	struct name *n;

	if (at == NULL)
		return NULL;
	if (*at != NULL)
		return *at;
	n = malloc(sizeof(*n) + text.n);
	if (n == NULL) {
		(void)map_del(m, text);
		return NULL;
	}
	LIST_INIT(&n->idents);
	n->n = text.n;
	memcpy(n->text, text.p, text.n);
	*at = n;
	return n;
}

static void
name_release(struct map *m, struct name *n)
{
	if (!LIST_EMPTY(&n->idents))
		return;
	(void)map_del(m, name_text(n));
	free(n);
}

/* --- idents --- */

/* The table's key: the connection, a TAB (never within an id or an escaped
 * value), the uid. */
static struct slice
ident_key(const struct conn *c, struct slice uid,
    char out[SLOT_TEXT_MAX + 1 + EVENT_NAME_MAX])
{
	memcpy(out, c->id, c->id_n);
	out[c->id_n] = '\t';
	memcpy(out + c->id_n + 1, uid.p, uid.n);
	return (struct slice){out, c->id_n + 1 + uid.n};
}

struct ident *
ident_find(const struct route *r, const struct conn *c, struct slice uid)
{
	char key[SLOT_TEXT_MAX + 1 + EVENT_NAME_MAX];

	if (uid.n == 0 || uid.n > EVENT_NAME_MAX)
		return NULL;
	if (c->last != NULL && slice_eq(name_text(c->last->uid), uid))
		return c->last;
	return map_get(&r->idents, ident_key(c, uid, key));
}

static void
ident_touch(struct ident *i)
{
	struct conn *c = i->conn;

	c->last = i;
	if (TAILQ_NEXT(i, link) == NULL)
		return;
	TAILQ_REMOVE(&c->idents, i, link);
	TAILQ_INSERT_TAIL(&c->idents, i, link);
}

static void
bind_key(struct route *r, const struct conn *c, const char *kind,
    const char *prefix, struct slice name)
{
	struct rec_writer w;

	if (c->feed)
		return; /* ots-listen does not know it */
	buf_clear(&r->key);
	(void)buf_puts(&r->key, prefix);
	(void)buf_put(&r->key, name);
	rec_begin(&w, r->out, kind);
	rec_put_raw(&w, "conn", conn_id(c));
	rec_put_raw(&w, "key", buf_slice(&r->key));
	route_end(r, &w);
}

/* Does another uid of the same connection go by this callsign? */
static bool
callsign_shared(const struct ident *i, const struct name *callsign)
{
	const struct ident *k;

	if (LIST_NEXT(LIST_FIRST(&callsign->idents), by_callsign) == NULL &&
	    LIST_FIRST(&callsign->idents) == i)
		return false;
	TAILQ_FOREACH(k, &i->conn->idents, link)
	{
		if (k != i && k->callsign == callsign)
			return true;
	}
	return false;
}

void
ident_unlink(struct route *r, struct ident *i)
{
	struct conn *c = i->conn;
	char key[SLOT_TEXT_MAX + 1 + EVENT_NAME_MAX];

	latest_drop(r, i);
	(void)map_del(&r->idents, ident_key(c, name_text(i->uid), key));
	LIST_REMOVE(i, by_uid);
	name_release(&r->uids, i->uid);
	if (i->callsign != NULL) {
		LIST_REMOVE(i, by_callsign);
		name_release(&r->callsigns, i->callsign);
	}
	user_unref(&r->users, i->user);
	TAILQ_REMOVE(&c->idents, i, link);
	c->n_idents--;
	r->n_idents--;
	if (c->device == i)
		c->device = NULL;
	if (c->last == i)
		c->last = NULL;
	free(i);
}

void
ident_drop(struct route *r, struct ident *i)
{
	bind_key(r, i->conn, "unbind", "uid:", name_text(i->uid));
	if (i->callsign != NULL && !callsign_shared(i, i->callsign))
		bind_key(
		    r, i->conn, "unbind", "callsign:", name_text(i->callsign));
	ident_unlink(r, i);
}

/* At the limit the least recently used one makes room, but never the device:
 * a relay's stations come and go for months. */
static void
ident_make_room(struct route *r, struct conn *c)
{
	struct ident *i;

	if (c->n_idents < (c->feed ? FEED_MAX : IDENTS_MAX))
		return;
	i = TAILQ_FIRST(&c->idents);
	if (i == c->device)
		i = TAILQ_NEXT(i, link);
	r->count[ROUTE_EVICTED]++;
	ident_drop(r, i);
}

struct ident *
ident_make(struct route *r, struct conn *c, struct slice uid)
{
	struct ident *i = ident_find(r, c, uid);
	char key[SLOT_TEXT_MAX + 1 + EVENT_NAME_MAX];

	if (i != NULL) {
		ident_touch(i);
		return i;
	}
	if (uid.n == 0 || uid.n > EVENT_NAME_MAX)
		return NULL;
	ident_make_room(r, c);
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return NULL;
	i->conn = c;
	i->pos.owner = i;
	i->uid = name_get(&r->uids, uid);
	if (i->uid == NULL)
		goto fail;
	if (map_put(&r->idents, ident_key(c, uid, key), i) < 0) {
		name_release(&r->uids, i->uid);
		goto fail;
	}
	LIST_INSERT_HEAD(&i->uid->idents, i, by_uid);
	TAILQ_INSERT_TAIL(&c->idents, i, link);
	c->n_idents++;
	r->n_idents++;
	c->last = i;
	stored_forget(r, i);
	return i;
fail:
	free(i);
	return NULL;
}

int
ident_rename(struct route *r, struct ident *i, struct slice callsign)
{
	struct name *n = name_get(&r->callsigns, callsign);
	struct name *old = i->callsign;

	if (n == NULL)
		return -1;
	if (old != NULL) {
		LIST_REMOVE(i, by_callsign);
		name_release(&r->callsigns, old);
	}
	i->callsign = n;
	LIST_INSERT_HEAD(&n->idents, i, by_callsign);
	return 0;
}

static void
log_identity(const struct ident *i)
{
	struct log_line l;

	log_open(&l, LOG_IDENTITY);
	log_str(&l, "conn", conn_id(i->conn));
	log_str(&l, "uid", name_text(i->uid));
	log_str(&l, "callsign", name_text(i->callsign));
	log_send(&l);
}

static bool
ident_has_callsign(const struct ident *i, struct slice callsign)
{
	return i->callsign != NULL &&
	    slice_eq(name_text(i->callsign), callsign);
}

/* The first uid is the device's; now it is known. */
static void
set_device(struct route *r, struct conn *c, struct ident *i)
{
	if (c->device == NULL)
		c->device = i;
	alert_known(r, c);
}

struct ident *
ident_learn(struct route *r, struct conn *c, const struct event *e)
{
	size_t before = c->n_idents;
	struct ident *old = ident_find(r, c, e->uid);
	struct ident *i;

	if (old != NULL && ident_has_callsign(old, e->callsign)) {
		ident_touch(old);
		set_device(r, c, old);
		return old;
	}
	i = ident_make(r, c, e->uid);
	if (i == NULL) {
		r->count[ROUTE_DROPPED]++;
		return NULL;
	}
	if (old == NULL) {
		bind_key(r, c, "bind", "uid:", e->uid);
		alert_back(r, i);
	}
	if (i->callsign != NULL && !callsign_shared(i, i->callsign))
		bind_key(r, c, "unbind", "callsign:", name_text(i->callsign));
	if (ident_rename(r, i, e->callsign) < 0) {
		r->count[ROUTE_DROPPED]++;
		return i;
	}
	if (!callsign_shared(i, i->callsign))
		bind_key(r, c, "bind", "callsign:", e->callsign);
	set_device(r, c, i);
	/* A feed of a thousand aircraft is not a thousand log lines. */
	if (!c->feed || before == 0)
		log_identity(i);
	return i;
}
