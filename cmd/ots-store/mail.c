#include "mail.h"

#include <errno.h>
#include <stdlib.h>

#define SECOND ((int64_t)1000000)

/* After a device has come: until then its delivery receipts for what it was
 * sent at once are in the database. */
#define LOOK_AFTER (2 * SECOND)
/* Younger mail may be on its way. */
#define YOUNG SECOND
/* So long after it was sent it counts as not delivered. */
#define SENT_AGE (60 * SECOND)

#define VISITS_MAX 131072
#define ALL_MAX    2000 /* receivers of one chat to all */

struct mail_visit {
	STAILQ_ENTRY(mail_visit) link;
	int64_t due;
	size_t conn_n, device_n;
	char text[]; /* conn, device */
};

struct mail_mark {
	STAILQ_ENTRY(mail_mark) link;
	bool in_batch;
	size_t receipt_n, receiver_n;
	char text[]; /* receipt, receiver */
};

void
mail_init(struct mail *m, struct store *s, const struct mail_config *conf)
{
	*m = (struct mail){.store = s, .conf = conf};
	STAILQ_INIT(&m->visits);
	STAILQ_INIT(&m->marks);
}

static void
drop_visit(struct mail *m)
{
	struct mail_visit *v = STAILQ_FIRST(&m->visits);

	STAILQ_REMOVE_HEAD(&m->visits, link);
	m->n_visits--;
	free(v);
}

static void
drop_mark(struct mail *m)
{
	struct mail_mark *k = STAILQ_FIRST(&m->marks);

	STAILQ_REMOVE_HEAD(&m->marks, link);
	m->n_marks--;
	free(k);
}

void
mail_fini(struct mail *m)
{
	while (m->n_visits)
		drop_visit(m);
	while (m->n_marks)
		drop_mark(m);
}

/* ---- a chat ---- */

/* Who is meant by a callsign: who has it now, else who had it last. */
struct named {
	char uid[STORE_KEY_MAX + 1];
	bool there;
	int64_t seen;
};

static int
choose(void *arg, const struct store_device *d)
{
	struct named *n = arg;
	bool there = *d->conn != '\0';

	if (*n->uid &&
	    (n->there > there ||
		(n->there == there && n->seen >= d->last_seen)))
		return 0;
	if (str_fmt(n->uid, sizeof n->uid, "%s", d->uid) >= 0) {
		n->there = there;
		n->seen = d->last_seen;
	}
	return 0;
}

struct posting {
	struct mail *mail;
	struct store_mail letter;
	struct slice from; /* its device */
	int64_t now;
	size_t n;
	struct named *all; /* of a chat to all: whom */
};

static int
post(struct posting *p, struct slice receiver)
{
	struct mail *m = p->mail;
	int64_t waiting;

	if (slice_eq(receiver, p->from))
		return 0;
	if (store_mail_count(m->store, receiver, p->now, &waiting) < 0)
		return -1;
	if (waiting >= 0 && (uint64_t)waiting >= m->conf->max) {
		m->full++;
		return 0;
	}
	p->letter.receiver = receiver;
	return store_add_mail(m->store, &p->letter);
}

static int
known(void *arg, const struct store_device *d)
{
	(void)d;
	*(bool *)arg = true;
	return 0;
}

static int
post_uid(struct posting *p, struct slice uid)
{
	bool is = false;

	if (store_device(p->mail->store, uid, known, &is) < 0)
		return -1;
	return is ? post(p, uid) : 0;
}

static int
post_callsign(struct posting *p, struct slice callsign)
{
	struct named n = {.there = false};

	if (store_each_device_named(p->mail->store, callsign, choose, &n) < 0)
		return -1;
	return *n.uid ? post(p, slice_of(n.uid)) : 0;
}

static int
collect(void *arg, const struct store_device *d)
{
	struct posting *p = arg;
	struct named *all;

	if (p->n == ALL_MAX)
		return 1;
	if (p->n % 64 == 0) {
		all = reallocarray(p->all, p->n + 64, sizeof *all);
		if (!all)
			return 1;
		p->all = all;
	}
	if (str_fmt(p->all[p->n].uid, sizeof p->all->uid, "%s", d->uid) >= 0)
		p->n++;
	return 0;
}

static int
post_all(struct posting *p)
{
	int64_t since = p->now - (int64_t)p->mail->conf->age_us;
	int r = store_each_device(p->mail->store, since, collect, p);
	size_t i;

	for (i = 0; r == 0 && i < p->n; i++)
		r = post(p, slice_of(p->all[i].uid));
	free(p->all);
	return r;
}

static bool
for_all(const struct facts *f)
{
	return slice_is(f->chat.room, "All Chat Rooms") ||
	    slice_is(f->chat.room, "All Streaming");
}

static int
post_dests(struct posting *p, const struct rec *r, const char *label,
    int (*one)(struct posting *p, struct slice dest))
{
	char text[FACTS_NAME_MAX];
	struct slice raw;
	size_t pos = 1;

	while (rec_next(r, label, &pos, &raw))
		if (raw.n && raw.n <= sizeof text &&
		    one(p, (struct slice){text, rec_unescape_into(text, raw)}) <
			0)
			return -1;
	return 0;
}

static bool
has_dest(const struct rec *r)
{
	size_t i;

	for (i = 1; i < r->n; i++)
		if (slice_starts(r->f[i].label, "dest-"))
			return true;
	return false;
}

int
mail_chat(
    struct mail *m, const struct facts *f, const struct rec *r, int64_t now)
{
	struct posting p = {.mail = m, .from = f->event.device, .now = now};
	char receipt[256];

	if (m->conf->mode == MAIL_OFF || !(f->says & SAYS_CHAT) ||
	    !slice_is(f->base, "b-t-f") || !f->event.conn.n ||
	    !f->label[FACTS_T].n ||
	    str_fmt(receipt, sizeof receipt, "%.*s/%.*s", (int)f->event.conn.n,
		f->event.conn.p, (int)f->label[FACTS_T].n,
		f->label[FACTS_T].p) < 0)
		return 0;
	p.letter.receipt = slice_of(receipt);
	p.letter.expires = f->event.t + (int64_t)m->conf->age_us;
	if (p.letter.expires <= now)
		return 0;
	if (!has_dest(r))
		return m->conf->mode == MAIL_ALL && for_all(f) ? post_all(&p)
							       : 0;
	if (post_dests(&p, r, "dest-uid", post_uid) < 0)
		return -1;
	return post_dests(&p, r, "dest-callsign", post_callsign);
}

/* ---- a visit ---- */

void
mail_arrived(
    struct mail *m, struct slice conn, struct slice device, int64_t now)
{
	struct mail_visit *v;

	if (m->conf->mode == MAIL_OFF || m->n_visits == VISITS_MAX)
		return;
	v = malloc(sizeof *v + conn.n + device.n);
	if (!v)
		return;
	v->due = now + LOOK_AFTER;
	v->conn_n = conn.n;
	v->device_n = device.n;
	memcpy(v->text, conn.p, conn.n);
	memcpy(v->text + conn.n, device.p, device.n);
	STAILQ_INSERT_TAIL(&m->visits, v, link);
	m->n_visits++;
}

int64_t
mail_due(const struct mail *m)
{
	return m->n_visits ? STAILQ_FIRST(&m->visits)->due : INT64_MAX;
}

struct sending {
	struct mail *mail;
	struct slice conn, receiver;
	struct buf *out;
};

static bool
note(struct mail *m, struct slice receipt, struct slice receiver)
{
	struct mail_mark *k = malloc(sizeof *k + receipt.n + receiver.n);

	if (!k)
		return false;
	k->in_batch = false;
	k->receipt_n = receipt.n;
	k->receiver_n = receiver.n;
	memcpy(k->text, receipt.p, receipt.n);
	memcpy(k->text + receipt.n, receiver.p, receiver.n);
	STAILQ_INSERT_TAIL(&m->marks, k, link);
	m->n_marks++;
	return true;
}

/* Nonzero: no more. */
static int
put_letter(void *arg, const struct store_letter *l)
{
	struct sending *s = arg;
	const char *groups = l->groups;
	char name[STORE_KEY_MAX + 1];
	struct rec_writer w;
	int n;

	rec_begin(&w, s->out, "mail");
	rec_put(&w, "conn", s->conn);
	rec_puts(&w, "receipt", l->receipt);
	if (l->user)
		rec_puts(&w, "user", l->user);
	while ((n = store_groups_next(&groups, name, sizeof name)) >= 0)
		rec_put(&w, "group", (struct slice){name, (size_t)n});
	rec_puts(&w, "uid", l->uid);
	rec_puts(&w, "xml", l->xml);
	if (rec_end(&w) < 0 ||
	    !note(s->mail, slice_of(l->receipt), s->receiver))
		return 1;
	s->mail->sent++;
	return 0;
}

/* The mail of the first visitor. */
static int
visit(struct mail *m, const struct conns *c, struct buf *out, int64_t now)
{
	const struct mail_visit *v = STAILQ_FIRST(&m->visits);
	struct sending s = {.mail = m,
	    .conn = {v->text, v->conn_n},
	    .receiver = {v->text + v->conn_n, v->device_n},
	    .out = out};
	struct store_mail_query q = {.receiver = s.receiver,
	    .before = now - YOUNG,
	    .sent_before = now - SENT_AGE,
	    .now = now,
	    .max = m->conf->max};

	if (!conns_open(c, s.conn))
		return 0;
	return store_each_mail(m->store, &q, put_letter, &s);
}

int
mail_send(struct mail *m, const struct conns *c, struct buf *out, int64_t now)
{
	while (m->n_visits && STAILQ_FIRST(&m->visits)->due <= now) {
		if (visit(m, c, out, now) < 0)
			return -1;
		drop_visit(m);
	}
	return 0;
}

static int
add_mark(struct mail *m, struct mail_mark *k, int64_t now)
{
	struct slice receipt = {k->text, k->receipt_n},
		     receiver = {k->text + k->receipt_n, k->receiver_n};

	k->in_batch = true;
	return store_add_sent(m->store, receipt, receiver, now);
}

int
mail_mark(struct mail *m, int64_t now)
{
	struct mail_mark *k;

	STAILQ_FOREACH(k, &m->marks, link)
	{
		if (add_mark(m, k, now) < 0)
			return -1;
	}
	return 0;
}

void
mail_done(struct mail *m)
{
	while (m->n_marks && STAILQ_FIRST(&m->marks)->in_batch)
		drop_mark(m);
}
