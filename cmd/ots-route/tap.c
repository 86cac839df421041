#include "tap.h"

bool
tap_wants(const struct rec *rec)
{
	return rec_is(rec, "cot") || rec_is(rec, "open") ||
	    rec_is(rec, "close");
}

static bool
tap_lose(struct tap *t)
{
	t->lost_all++;
	return t->lost++ == 0;
}

bool
tap_put(struct tap *t, struct slice line)
{
	size_t size;

	(void)tap_room(t);
	size = buf_size(t->q);
	if (t->lost > 0 || (size > 0 && size + line.n + 1 > t->max))
		return tap_lose(t);
	/* Both or neither: there is no such thing as half a line. */
	if (buf_put(t->q, line) < 0 || buf_putc(t->q, '\n') < 0) {
		buf_truncate(t->q, size);
		t->q->failed = false;
		return tap_lose(t);
	}
	return false;
}

bool
tap_room(struct tap *t)
{
	struct rec_writer w;

	if (t->lost == 0 || buf_size(t->q) > t->max / 2)
		return false;
	rec_begin(&w, t->q, "lost");
	rec_put_u64(&w, "n", t->lost);
	if (rec_end(&w) < 0)
		return false;
	t->lost = 0;
	return true;
}
