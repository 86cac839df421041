/* Any bytes as an event: what the scanner does not refuse, its tokens give back
 * to the byte; and skipping an element ends where walking it does. */
#include <stdint.h>
#include <stdlib.h>

#include "buf.h"
#include "cotwalk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
put_start(struct buf *out, const struct cotwalk *w)
{
	unsigned i;

	(void)buf_putc(out, '<');
	(void)buf_put(out, w->name);
	for (i = 0; i < w->n_attr; i++) {
		(void)buf_putc(out, ' ');
		(void)buf_put(out, w->attr[i].name);
		(void)buf_puts(out, "=\"");
		(void)buf_put(out, w->attr[i].value);
		(void)buf_putc(out, '"');
	}
	(void)buf_puts(out, w->empty ? "/>" : ">");
}

/* True: it was not refused. */
static bool
walk(struct cotwalk *w, struct buf *out)
{
	bool empty = false;

	for (;;) {
		switch (cotwalk_next(w)) {
		case COTWALK_BAD:
			return false;
		case COTWALK_DONE:
			return true;
		case COTWALK_START:
			must(w->depth >= 1 && w->depth <= COTWALK_DEPTH_MAX);
			put_start(out, w);
			empty = w->empty;
			break;
		case COTWALK_TEXT:
			must(w->text.n > 0 && w->depth >= 1);
			(void)buf_put(out, w->text);
			empty = false;
			break;
		case COTWALK_END:
			must(w->n_attr == 0);
			if (!empty) {
				(void)buf_puts(out, "</");
				(void)buf_put(out, w->name);
				(void)buf_putc(out, '>');
			}
			empty = false;
			break;
		}
	}
}

static void
undo_all(const struct cotwalk *w, char *to)
{
	unsigned i;

	for (i = 0; i < w->n_attr; i++)
		must(cotwalk_undo(to, w->attr[i].value) <= w->attr[i].value.n);
}

/* Children of the root one by one: the same verdict. */
static bool
skip(struct cotwalk *w, char *to)
{
	enum cotwalk_token t;

	while ((t = cotwalk_next(w)) != COTWALK_DONE) {
		if (t == COTWALK_BAD)
			return false;
		if (t == COTWALK_TEXT)
			must(cotwalk_undo(to, w->text) <= w->text.n);
		if (t == COTWALK_START)
			undo_all(w, to);
		if (t == COTWALK_START && w->depth == 2) {
			if (!cotwalk_skip(w))
				return false;
			must(w->token == COTWALK_END && w->depth == 1);
		}
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice xml = {(const char *)data, size};
	struct buf out = {.max = 1 << 20};
	struct cotwalk w;
	bool good;
	char *to;

	if (size > 1 << 17)
		return 0;
	to = malloc(size + 1);
	must(to != NULL);
	cotwalk_init(&w, xml);
	good = walk(&w, &out);
	must(!good || slice_eq(buf_slice(&out), xml));
	cotwalk_init(&w, xml);
	must(skip(&w, to) == good);
	buf_fini(&out);
	free(to);
	return 0;
}
