#include "auth.h"

#include "log.h"

#define LINE_MAX ((size_t)65536)

static void
say(struct auth *a, const struct auth_ask *q)
{
	struct buf *out = uplink_out(&a->up);
	struct rec_writer w;

	if (!out)
		return;
	rec_begin(&w, out, "auth");
	rec_put_u64(&w, "id", q->id);
	rec_puts(&w, "name", q->user);
	rec_puts(&w, "secret", q->secret);
	rec_puts(&w, "peer", q->peer);
	/* If there is no room it waits for the next connection, or in vain. */
	(void)rec_end(&w);
	a->sent = true;
}

static void
on_up(void *arg)
{
	struct auth *a = arg;
	struct auth_ask *q;

	log_kv(LOG_AUTH, "what", "connected", "path", a->up.path, NULL);
	a->up.out.q.wipe = true;
	TAILQ_FOREACH(q, &a->asks, list)
	say(a, q);
}

static void
on_down(void *arg, int err)
{
	struct auth *a = arg;

	log_kv(LOG_AUTH_AWAY, "path", a->up.path, "error",
	    err ? strerror(err) : "it has ended", NULL);
}

static struct auth_ask *
find(const struct auth *a, uint64_t id)
{
	struct auth_ask *q;

	/* Answers come about in the order of the questions. */
	TAILQ_FOREACH(q, &a->asks, list)
	if (q->id == id)
		return q;
	return NULL;
}

static void
on_record(void *arg, const struct rec *r)
{
	struct auth *a = arg;
	struct auth_ask *q;
	struct slice ok, why = {"", 0};
	char text[128];
	uint64_t id;

	if (!rec_is(r, "verdict") || rec_u64(r, "id", UINT64_MAX, &id) < 0 ||
	    !rec_raw(r, "ok", &ok) || !(q = find(a, id)))
		return;
	(void)rec_raw(r, "why", &why);
	if (str_fmt(text, sizeof text, "%.*s", (int)(why.n < 100 ? why.n : 100),
		why.p) < 0)
		text[0] = '\0';
	auth_forget(a, q);
	q->fn(q->arg, slice_is(ok, "1"), text);
}

int
auth_open(struct auth *a, struct loop *l, const char *path, const char *node,
    char *chunk)
{
	*a = (struct auth){.up = {.path = path,
			       .program = "ots-listen",
			       .node = node,
			       .chunk = chunk,
			       .line_max = LINE_MAX,
			       .on_up = on_up,
			       .on_record = on_record,
			       .on_down = on_down}};
	a->up.arg = a;
	TAILQ_INIT(&a->asks);
	return uplink_open(&a->up, l);
}

void
auth_close(struct auth *a)
{
	uplink_close(&a->up);
}

void
auth_ask(struct auth *a, struct auth_ask *q)
{
	q->id = ++a->last_id;
	TAILQ_INSERT_TAIL(&a->asks, q, list);
	say(a, q);
}

void
auth_forget(struct auth *a, struct auth_ask *q)
{
	if (q->id == 0)
		return;
	TAILQ_REMOVE(&a->asks, q, list);
	q->id = 0;
}

void
auth_turn(struct auth *a)
{
	struct buf *out;

	if (!a->sent)
		return;
	uplink_flush(&a->up);
	out = uplink_out(&a->up);
	if (!out)
		return; /* gone: its memory was overwritten when freed */
	buf_wipe_rest(out);
	if (buf_size(out) == 0)
		a->sent = false;
}
