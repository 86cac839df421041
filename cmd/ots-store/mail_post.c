/* For whom a chat is, and who of them has it. */
#include "mail.h"

#include <errno.h>
#include <stdlib.h>

#define ALL_MAX   2000 /* receivers of one chat to all */
#define MEANT_MAX 16   /* of one with that callsign */
#define FEW       8    /* devices of a client */
#define DEST_MAX  256  /* a longer one is nobody's, as in ots-route */
#define KEY_MAX   (2 * STORE_KEY_MAX + 1)

/* A device, and whose it is ("": nobody's). */
struct receiver {
	char uid[STORE_KEY_MAX + 1], user[STORE_KEY_MAX + 1];
};

struct receivers {
	struct receiver *v;
	size_t n, cap, max;
};

/* Nonzero: there is no room. What is too long is left out. */
static int
put(struct receivers *all, struct slice uid, struct slice user)
{
	struct receiver *more;
	size_t cap;

	if (all->n == all->max)
		return 1;
	if (all->n == all->cap) {
		cap = all->cap ? 2 * all->cap : 1;
		more = reallocarray(all->v, cap, sizeof *more);
		if (!more)
			return 1;
		all->v = more;
		all->cap = cap;
	}
	more = &all->v[all->n];
	if (str_fmt(more->uid, sizeof more->uid, "%.*s", (int)uid.n, uid.p) >=
		0 &&
	    str_fmt(more->user, sizeof more->user, "%.*s", (int)user.n,
		user.n ? user.p : "") >= 0)
		all->n++;
	return 0;
}

static struct slice
user_of(const struct store_device *d)
{
	return slice_of(d->user ? d->user : "");
}

/* ---- how many wait ---- */

/* The number plus one, in place of a pointer. NULL: not known, or no memory. */
static void **
waiting_at(struct mail *m, struct slice uid, struct slice user, bool make)
{
	char key[KEY_MAX];

	if (uid.n + 1 + user.n > sizeof key) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(key, uid.p, uid.n);
	key[uid.n] = '\0';
	if (user.n)
		memcpy(key + uid.n + 1, user.p, user.n);
	return map_at(
	    &m->waiting, (struct slice){key, uid.n + 1 + user.n}, make);
}

/* Room for one more, which is taken: 1; 0; -1. */
static int
take_room(struct mail *m, struct slice uid, struct slice user, int64_t now)
{
	void **at = waiting_at(m, uid, user, true);
	int64_t n;

	if (!at)
		return -1;
	if (!*at) {
		if (store_mail_count(m->store, uid, user, now, &n) < 0)
			return -1;
		*at = (void *)((uintptr_t)n + 1);
	}
	if ((uintptr_t)*at > m->conf->max) {
		m->n_full++;
		return 0;
	}
	*at = (void *)((uintptr_t)*at + 1);
	return 1;
}

static void
give_room(struct mail *m, struct slice uid, struct slice user)
{
	void **at = waiting_at(m, uid, user, false);

	if (at && (uintptr_t)*at > 1)
		*at = (void *)((uintptr_t)*at - 1);
}

void
mail_recount(struct mail *m)
{
	map_fini(&m->waiting);
}

/* ---- a chat ---- */

struct posting {
	struct mail *mail;
	const struct facts *facts;
	const struct conns *conns;
	struct store_mail letter;
	int64_t now;
};

/* Nobody gets what comes from its own connection. */
static int
post(struct posting *p, const struct receiver *to)
{
	const struct store_event *e = &p->facts->event;
	int r;

	p->letter.receiver = slice_of(to->uid);
	p->letter.user = slice_of(to->user);
	if (slice_eq(p->letter.receiver, e->device) ||
	    conns_has(p->conns, e->conn, p->letter.receiver))
		return 0;
	r = take_room(p->mail, p->letter.receiver, p->letter.user, p->now);
	return r > 0 ? store_add_mail(p->mail->store, &p->letter) : r;
}

static int
post_list(struct posting *p, const struct receivers *all)
{
	int r = 0;
	size_t i;

	for (i = 0; r == 0 && i < all->n; i++)
		r = post(p, &all->v[i]);
	return r;
}

static int
take(void *arg, const struct store_device *d)
{
	return put(arg, slice_of(d->uid), user_of(d));
}

static int
post_uid(struct posting *p, struct slice uid)
{
	struct receivers one = {.max = 1};
	int r = store_device(p->mail->store, uid, take, &one);

	if (r > 0)
		r = post_list(p, &one);
	free(one.v);
	return r;
}

static int
post_all(struct posting *p)
{
	struct receivers all = {.max = ALL_MAX};
	int64_t since = p->now - (int64_t)p->mail->conf->age_us;

	int r = store_each_device(p->mail->store, since, take, &all);

	if (r == 0)
		r = post_list(p, &all);
	free(all.v);
	return r;
}

/* Who has a callsign: those that the chat names, too (it has the uids of those
 * who are in the room); if it names none of them, who has it now, or had it
 * last. */
struct naming {
	const struct store_chat *chat;
	struct receivers meant, last;
	bool there;
	int64_t seen;
};

static bool
in_chat(const struct store_chat *c, struct slice uid)
{
	size_t i;

	if (slice_eq(c->room, uid))
		return true;
	for (i = 0; i < c->n_members; i++)
		if (slice_eq(c->member[i], uid))
			return true;
	return false;
}

static int
choose(void *arg, const struct store_device *d)
{
	struct naming *n = arg;
	bool there = *d->conn != '\0';

	if (in_chat(n->chat, slice_of(d->uid)))
		return put(&n->meant, slice_of(d->uid), user_of(d));
	if (n->last.n &&
	    (n->there > there ||
		(n->there == there && n->seen >= d->last_seen)))
		return 0;
	n->there = there;
	n->seen = d->last_seen;
	n->last.n = 0;
	return put(&n->last, slice_of(d->uid), user_of(d));
}

static int
post_callsign(struct posting *p, struct slice callsign)
{
	struct naming n = {.chat = &p->facts->chat,
	    .meant = {.max = MEANT_MAX},
	    .last = {.max = 1}};
	int r = store_each_device_named(p->mail->store, callsign, choose, &n);

	if (r == 0)
		r = post_list(p, n.meant.n ? &n.meant : &n.last);
	free(n.meant.v);
	free(n.last.v);
	return r;
}

/* ---- destinations ---- */

/* "Server only", as ATAK says it. */
#define NOBODY "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define ALL    "All Streaming"

struct dests {
	bool all, some;
};

static bool
is_uid(const struct rec_field *f)
{
	return slice_is(f->label, "dest-uid");
}

/* Does it name a client? */
static bool
is_name(const struct rec_field *f)
{
	return (is_uid(f) || slice_is(f->label, "dest-callsign")) &&
	    f->raw.n > 0 && f->raw.n <= DEST_MAX && !slice_is(f->raw, NOBODY) &&
	    !slice_is(f->raw, ALL);
}

/* That groups are named is known from those of the event. */
static struct dests
read_dests(const struct rec *r)
{
	struct dests d = {.all = false};
	size_t i;

	for (i = 1; i < r->n; i++) {
		const struct rec_field *f = &r->f[i];

		if (!slice_starts(f->label, "dest-") || f->raw.n == 0 ||
		    slice_is(f->label, "dest-group"))
			continue;
		if (slice_is(f->label, "dest-callsign") &&
		    slice_is(f->raw, ALL))
			d.all = true;
		else
			d.some = true;
	}
	return d;
}

static int
post_dests(struct posting *p, const struct rec *r)
{
	char text[DEST_MAX];
	size_t i;
	int got;

	for (i = 1; i < r->n; i++) {
		const struct rec_field *f = &r->f[i];
		struct slice name = {text, 0};

		if (!is_name(f))
			continue;
		name.n = rec_unescape_into(text, f->raw);
		got = is_uid(f) ? post_uid(p, name) : post_callsign(p, name);
		if (got < 0)
			return -1;
	}
	return 0;
}

/* Has this chat a name by which ots-listen tells of it? */
static bool
name_it(const struct facts *f, char *out, size_t size)
{
	struct slice conn = f->event.conn, t = f->label[FACTS_T];

	return conn.n && t.n &&
	    str_fmt(out, size, "%.*s/%.*s", (int)conn.n, conn.p, (int)t.n,
		t.p) >= 0;
}

/* Who is incognito says nothing to all. */
static bool
is_for_all(const struct posting *p, struct dests d)
{
	struct slice room = p->facts->chat.room;

	return p->mail->conf->mode == MAIL_ALL &&
	    (d.all || slice_is(room, "All Chat Rooms") ||
		slice_is(room, ALL)) &&
	    !conns_hidden(p->conns, p->facts->event.conn);
}

int
mail_chat(struct mail *m, const struct facts *f, const struct rec *r,
    const struct conns *c, int64_t now)
{
	struct posting p = {.mail = m, .facts = f, .conns = c, .now = now};
	char receipt[256];
	struct dests d;

	if (m->conf->mode == MAIL_OFF || !(f->says & SAYS_CHAT) ||
	    !slice_is(f->base, "b-t-f") || f->event.n_groups == 0 ||
	    !name_it(f, receipt, sizeof receipt))
		return 0;
	p.letter.receipt = slice_of(receipt);
	p.letter.expires = f->event.t + (int64_t)m->conf->age_us;
	if (p.letter.expires <= now)
		return 0;
	d = read_dests(r);
	if (d.some && !d.all)
		return post_dests(&p, r);
	return is_for_all(&p, d) ? post_all(&p) : 0;
}

/* ---- who has it ---- */

struct crediting {
	struct mail *mail;
	const struct conns *conns;
	struct slice conn, receipt, user;
	int64_t now;
	struct receivers have;
};

static int
credit(void *arg, struct slice device)
{
	const struct crediting *x = arg;

	give_room(x->mail, device, x->user);
	return store_add_delivered(
	    x->mail->store, x->receipt, device, x->user, x->now);
}

static int
collect(void *arg, struct slice uid, struct slice user)
{
	struct crediting *x = arg;

	if (!slice_eq(user, x->user) || !conns_has(x->conns, x->conn, uid))
		return 0;
	return put(&x->have, uid, user);
}

/* Of many devices those for whom it is, else each. */
int
mail_delivered(struct mail *m, const struct conns *c, struct slice conn,
    struct slice receipt, int64_t now)
{
	struct crediting x = {.mail = m,
	    .conns = c,
	    .conn = conn,
	    .receipt = receipt,
	    .user = conns_user(c, conn),
	    .now = now,
	    .have = {.max = CONNS_DEVICES_MAX + 1}};
	int r = 0;
	size_t i;

	if (conns_devices(c, conn) <= FEW)
		return conns_each(c, conn, credit, &x);
	r = store_each_receiver(m->store, receipt, collect, &x);
	for (i = 0; r == 0 && i < x.have.n; i++)
		r = credit(&x, slice_of(x.have.v[i].uid));
	free(x.have.v);
	return r;
}
