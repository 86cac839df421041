/* Any bytes as a client's stream: whole and in pieces it must give the same
 * messages, none over the maximum. The first byte says how long the pieces
 * are. Behind a document with the word switch there are frames only. */
#include "buf.h"
#include "frame.h"
#include "fuzz.h"

#define MAX ((size_t)4096)

/* Kinds and messages, one behind the other. */
static void
run(const char *p, size_t n, size_t piece, struct buf *out)
{
	struct framer f;
	struct slice msg;
	enum frame_kind kind = FRAME_NONE;
	size_t step;

	framer_init(&f, MAX);
	while (n && kind < FRAME_TOO_BIG) {
		step = n < piece ? n : piece;
		framer_feed(&f, p, step);
		p += step;
		n -= step;
		while ((kind = framer_next(&f, &msg)) != FRAME_NONE) {
			must(frame_kind_name(kind)[0] != '\0');
			(void)buf_putc(out, (char)kind);
			if (kind >= FRAME_TOO_BIG)
				break;
			must(msg.n <= MAX);
			(void)buf_put_u64(out, msg.n);
			(void)buf_put(out, msg);
			must(kind == FRAME_PB || !f.binary);
			if (kind == FRAME_XML &&
			    slice_find(msg, SLICE("switch")))
				framer_binary(&f);
		}
	}
	/* What ends a stream may be found sooner or later. */
	if (kind < FRAME_TOO_BIG)
		(void)buf_put_u64(out, f.garbage);
	framer_fini(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {.max = 1 << 24}, pieces = {.max = 1 << 24};
	const char *p = (const char *)data;

	if (size < 2 || size > 1 << 17)
		return 0;
	run(p + 1, size - 1, size, &whole);
	run(p + 1, size - 1, (size_t)data[0] + 1, &pieces);
	must(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
