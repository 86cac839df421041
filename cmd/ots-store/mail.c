#include "mail.h"

#include <errno.h>
#include <stdlib.h>

#define SECOND ((int64_t)1000000)

/* After a device has come: until then its delivery receipts for what it was
 * sent at once are in the database. */
#define LOOK_AFTER (2 * SECOND)
/* So long after it was sent it counts as not delivered, though the connection
 * has not ended. */
#define SENT_AGE (60 * SECOND)

#define VISITS_MAX 131072
/* So many marks go into a batch: they must leave room for events. */
#define MARKS_BATCH 4096
_Static_assert(MARKS_BATCH * 4 * STORE_KEY_MAX < STORE_BATCH_BYTES,
    "a mark has three keys");

struct mail_visit {
	STAILQ_ENTRY(mail_visit) link;
	int64_t due;
	int64_t upto; /* 0: not yet known */
	/* It came while another writer was there: what that one has sent, and
	 * was not delivered by now, may have died with it. */
	bool again;
	size_t conn_n, device_n;
	char text[]; /* conn, device */
};

struct mail_mark {
	STAILQ_ENTRY(mail_mark) link;
	bool in_batch;
	size_t receipt_n, conn_n, receiver_n;
	char text[]; /* receipt, NUL, conn, receiver */
};

void
mail_init(struct mail *m, struct store *s, const struct mail_config *conf,
    const uint64_t seed[2])
{
	*m = (struct mail){.store = s, .conf = conf};
	STAILQ_INIT(&m->visits);
	STAILQ_INIT(&m->marks);
	map_init(&m->sent, seed);
	map_init(&m->waiting, seed);
}

static void
drop_visit(struct mail *m)
{
	struct mail_visit *v = STAILQ_FIRST(&m->visits);

	STAILQ_REMOVE_HEAD(&m->visits, link);
	m->n_visits--;
	m->n_fresh -= v->upto == 0;
	free(v);
}

/* What was sent, and over which connection. */
static struct slice
key_of(const struct mail_mark *k)
{
	return (struct slice){k->text, k->receipt_n + 1 + k->conn_n};
}

static void
drop_mark(struct mail *m)
{
	struct mail_mark *k = STAILQ_FIRST(&m->marks);

	STAILQ_REMOVE_HEAD(&m->marks, link);
	m->n_marks--;
	if (map_get(&m->sent, key_of(k)) == k)
		(void)map_del(&m->sent, key_of(k));
	free(k);
}

void
mail_fini(struct mail *m)
{
	while (m->n_visits)
		drop_visit(m);
	while (m->n_marks)
		drop_mark(m);
	map_fini(&m->sent);
	map_fini(&m->waiting);
}

/* ---- a visit ---- */

void
mail_arrived(struct mail *m, struct slice conn, struct slice device,
    int64_t upto, int64_t now)
{
	struct mail_visit *v;

	if (m->conf->mode == MAIL_OFF || m->n_visits == VISITS_MAX)
		return;
	v = malloc(sizeof *v + conn.n + device.n);
	if (!v)
		return;
	v->due = now + LOOK_AFTER;
	v->upto = upto;
	v->again = upto != 0;
	v->conn_n = conn.n;
	v->device_n = device.n;
	memcpy(v->text, conn.p, conn.n);
	memcpy(v->text + conn.n, device.p, device.n);
	STAILQ_INSERT_TAIL(&m->visits, v, link);
	m->n_visits++;
	m->n_fresh += upto == 0;
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

/* NULL: no memory. */
static struct mail_mark *
mark_new(struct slice receipt, struct slice conn, struct slice receiver)
{
	struct mail_mark *k =
	    malloc(sizeof *k + receipt.n + 1 + conn.n + receiver.n);
	char *to;

	if (!k)
		return NULL;
	k->in_batch = false;
	k->receipt_n = receipt.n;
	k->conn_n = conn.n;
	k->receiver_n = receiver.n;
	to = k->text;
	memcpy(to, receipt.p, receipt.n);
	to += receipt.n;
	*to++ = '\0';
	memcpy(to, conn.p, conn.n);
	memcpy(to + conn.n, receiver.p, receiver.n);
	return k;
}

static int
put_record(const struct sending *s, const struct store_letter *l)
{
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
	return rec_end(&w);
}

/* A relay gets it once, whoever of its devices it is for. Nonzero: no more. */
static int
put_letter(void *arg, const struct store_letter *l)
{
	struct sending *s = arg;
	struct mail *m = s->mail;
	struct mail_mark *k =
	    mark_new(slice_of(l->receipt), s->conn, s->receiver);

	if (!k)
		return 1;
	if (!map_get(&m->sent, key_of(k))) {
		if (map_put(&m->sent, key_of(k), k) < 0 ||
		    put_record(s, l) < 0) {
			(void)map_del(&m->sent, key_of(k));
			free(k);
			return 1;
		}
		m->n_sent++;
	}
	STAILQ_INSERT_TAIL(&m->marks, k, link);
	m->n_marks++;
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
	    .user = conns_user(c, s.conn),
	    .conn = v->again ? (struct slice){"", 0} : s.conn,
	    .upto = v->upto ? v->upto : INT64_MAX,
	    .sent_before = v->again ? v->due - LOOK_AFTER : now - SENT_AGE,
	    .now = now,
	    .max = m->conf->max};

	if (!conns_open(c, s.conn))
		return 0;
	return store_each_mail(m->store, &q, put_letter, &s);
}

int
mail_send(struct mail *m, const struct conns *c, struct buf *out, int64_t upto,
    int64_t now)
{
	while (m->n_visits && mail_due(m) <= upto) {
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
		     conn = {k->text + k->receipt_n + 1, k->conn_n},
		     receiver = {conn.p + conn.n, k->receiver_n};

	k->in_batch = true;
	return store_add_sent(m->store, receipt, receiver, conn, now);
}

int
mail_mark(struct mail *m, int64_t now)
{
	struct mail_mark *k;
	size_t n = 0;

	mail_recount(m);
	STAILQ_FOREACH(k, &m->marks, link)
	{
		if (n++ == MARKS_BATCH)
			break;
		if (add_mark(m, k, now) < 0)
			return -1;
	}
	return 0;
}

void
mail_done(struct mail *m)
{
	struct mail_visit *v;

	STAILQ_FOREACH(v, &m->visits, link)
	{
		if (m->n_fresh == 0)
			break;
		m->n_fresh -= v->upto == 0;
		if (v->upto == 0)
			v->upto = store_last_id(m->store);
	}
	while (m->n_marks && STAILQ_FIRST(&m->marks)->in_batch)
		drop_mark(m);
}
