/* qrdraw.h - a QR code as something to look at. Pure. Each appends to *out,
 * with the quiet zone around: 0, or -1 with errno (buf.h). */
#ifndef OTS_CERTS_QRDRAW_H
#define OTS_CERTS_QRDRAW_H

#include <stdbool.h>

#include "buf.h"
#include "qr.h"

/* Half blocks in UTF-8, two modules one above the other in a character. With
 * colours, black on white whatever the terminal's are; without, light is what
 * is drawn, which is right where the text is lighter than its background. */
int qrdraw_terminal(struct buf *out, const struct qr *q, bool colours);

int qrdraw_svg(struct buf *out, const struct qr *q);

/* PNG, grey with one bit a pixel, `scale` pixels a module. */
int qrdraw_png(struct buf *out, const struct qr *q, int scale);

#endif
