#include "qrdraw.h"

/* Black and white of the 256 colours: those below 16 are what the user has made
 * of them. */
#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define NORMAL         "\033[0m"

static void
terminal_row(struct buf *out, const struct qr *q, int y, bool colours)
{
	static const char *const block[] = {" ", "▄", "▀", "█"};
	int x;

	for (x = -QR_QUIET; x < q->side + QR_QUIET; x++) {
		unsigned ink = (qr_dark(q, x, y) ? 2u : 0u) |
		    (qr_dark(q, x, y + 1) ? 1u : 0u);

		(void)buf_puts(out, block[colours ? ink : 3 - ink]);
	}
}

int
qrdraw_terminal(struct buf *out, const struct qr *q, bool colours)
{
	int y;

	for (y = -QR_QUIET; y < q->side + QR_QUIET; y += 2) {
		(void)buf_puts(out, colours ? BLACK_ON_WHITE : "");
		terminal_row(out, q, y, colours);
		(void)buf_puts(out, colours ? NORMAL "\n" : "\n");
	}
	return out->failed ? -1 : 0;
}

static void
svg_row(struct buf *out, const struct qr *q, int y)
{
	int x, from;

	for (x = 0; x < q->side; x++) {
		if (!qr_dark(q, x, y))
			continue;
		for (from = x; qr_dark(q, x, y); x++)
			;
		(void)buf_fmt(out, "M%d %dh%dv1h-%dz", from + QR_QUIET,
		    y + QR_QUIET, x - from, x - from);
	}
}

int
qrdraw_svg(struct buf *out, const struct qr *q)
{
	int n = q->side + 2 * QR_QUIET, y;

	(void)buf_fmt(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "shape-rendering=\"crispEdges\">\n"
	    "<path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>\n"
	    "<path fill=\"#000\" d=\"",
	    n * 8, n * 8, n, n, n, n, n);
	for (y = 0; y < q->side; y++)
		svg_row(out, q, y);
	return buf_puts(out, "\"/>\n</svg>\n");
}
