#include "state.h"

#include <stdlib.h>

#include "log.h"

/* Where users count, an event says nothing of who sent it before the open of
 * its connection was heard. After a restart that comes soon: the line waits
 * for it here. */

#define HOLD_CONN ((size_t)1 << 20)
#define HOLD_ALL  ((size_t)64 << 20)

bool
hold_put(struct route *r, struct conn *c, struct slice line)
{
	size_t size;

	if (c->held == NULL) {
		c->held = calloc(1, sizeof(*c->held));
		if (c->held == NULL)
			return false;
		buf_init(c->held, HOLD_CONN);
	}
	size = buf_size(c->held);
	if (r->held + line.n + 1 > HOLD_ALL || size + line.n + 1 > HOLD_CONN ||
	    buf_put(c->held, line) < 0 || buf_putc(c->held, '\n') < 0) {
		if (buf_size(c->held) > size)
			buf_truncate(c->held, size);
		c->held->failed = false;
		return false;
	}
	r->held += line.n + 1;
	return true;
}

static struct buf *
hold_take(struct route *r, struct conn *c)
{
	struct buf *b = c->held;

	c->held = NULL;
	if (b != NULL)
		r->held -= buf_size(b);
	return b;
}

static void
hold_free(struct buf *b)
{
	buf_fini(b);
	free(b);
}

void
hold_release(struct route *r, struct conn *c,
    void (*fn)(struct route *r, const struct rec *rec, struct route_now now),
    struct route_now now)
{
	struct buf *b = hold_take(r, c);
	struct rec_lines lines;
	struct slice line;
	struct rec *rec;

	if (b == NULL)
		return;
	rec = malloc(sizeof(*rec));
	rec_lines_init(&lines, HOLD_CONN);
	rec_lines_feed(&lines, buf_data(b), buf_size(b));
	while (rec_lines_next(&lines, &line) == 1) {
		if (rec != NULL && rec_parse(rec, line) == 1)
			fn(r, rec, now);
		else
			r->count[ROUTE_DROPPED]++;
	}
	rec_lines_fini(&lines);
	free(rec);
	hold_free(b);
}

void
hold_drop(struct route *r, struct conn *c)
{
	struct buf *b = hold_take(r, c);
	struct log_line l;
	const char *p;
	size_t n = 0;

	if (b == NULL)
		return;
	for (p = buf_data(b); p < buf_data(b) + buf_size(b); p++)
		n += *p == '\n';
	r->count[ROUTE_UNOPENED] += n;
	log_open(&l, LOG_WAITING);
	log_str(&l, "conn", conn_id(c));
	log_s(&l, "why", "who sent them was never told, or is refused");
	log_u64(&l, "dropped", n);
	log_send(&l);
	hold_free(b);
}
