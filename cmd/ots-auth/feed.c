#include "feed.h"

#define PIECE ((size_t)64 << 10)

static void
end(struct feed *f, bool stuck)
{
	if (f->ended)
		return;
	f->ended = true;
	loop_timer_clear(f->loop, &f->stuck);
	f->on_end(f->arg, stuck);
}

/* Whole lines, so that verdicts may stand between them. */
static void
put_piece(struct feed *f)
{
	const char *p = f->snap->text + f->at, *lf;
	size_t n = f->snap->n - f->at;

	if (n > PIECE) {
		lf = memchr(p + PIECE, '\n', n - PIECE);
		n = lf != NULL ? (size_t)(lf - p) + 1 : n;
	}
	if (buf_append(&f->out->q, p, n) < 0) {
		end(f, true);
		return;
	}
	f->at += n;
	if (f->at < f->snap->n)
		return;
	f->lists++;
	snap_drop(&f->snap);
	f->snap = f->next;
	f->next = NULL;
	f->at = 0;
}

static void
watch_reader(struct feed *f)
{
	if (f->ended)
		return;
	if (buf_size(&f->out->q) == 0) {
		loop_timer_clear(f->loop, &f->stuck);
	} else if (f->stuck.at == LOOP_NEVER) {
		f->taken = f->out->bytes;
		(void)loop_timer_set(
		    f->loop, &f->stuck, loop_now(f->loop) + FEED_STUCK_US);
	}
}

void
feed_pump(struct feed *f)
{
	if (f->pumping)
		return;
	f->pumping = true;
	do {
		f->room = false;
		while (!f->ended && f->snap != NULL && !wire_out_full(f->out))
			put_piece(f);
		wire_out_flush(f->out);
	} while (f->room && !f->ended);
	f->pumping = false;
	watch_reader(f);
}

void
feed_overrun(struct feed *f)
{
	end(f, true);
}

void
feed_room(struct feed *f)
{
	f->room = true;
	feed_pump(f);
}

void
feed_gone(struct feed *f)
{
	end(f, false);
}

static void
on_stuck(void *arg)
{
	struct feed *f = arg;

	if (f->out->bytes == f->taken)
		end(f, true);
	else
		feed_pump(f);
}

void
feed_open(struct feed *f, struct wire_out *out)
{
	f->loop = out->loop;
	f->out = out;
	loop_timer_init(&f->stuck, on_stuck, f);
}

void
feed_close(struct feed *f)
{
	if (f->loop != NULL)
		loop_timer_clear(f->loop, &f->stuck);
	snap_drop(&f->snap);
	snap_drop(&f->next);
}

void
feed_snap(struct feed *f, struct snap *s)
{
	if (f->snap == NULL) {
		f->snap = snap_ref(s);
		f->at = 0;
	} else {
		snap_drop(&f->next);
		f->next = snap_ref(s);
	}
	feed_pump(f);
}
