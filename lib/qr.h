/* qr.h - a text as a QR code (ISO 18004). The only module that knows
 * libqrencode. How it is drawn is the caller's affair. */
#ifndef OTS_QR_H
#define OTS_QR_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

#define QR_SIDE_MAX 177 /* of version 40 */
/* Modules of white that a reader wants on each side. */
#define QR_QUIET 4

struct qr {
	int side; /* modules in a row */
	uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX];
};

/* Bytes as they are, with error correction M (15 %). 0, or -1 with errno:
 * ERANGE (more than fits, 2331 bytes), EINVAL (empty), ENOMEM. */
int qr_make(struct qr *q, struct slice text);

/* Is that module dark? Outside, in the quiet zone, it never is. */
static inline bool
qr_dark(const struct qr *q, int x, int y)
{
	return x >= 0 && y >= 0 && x < q->side && y < q->side &&
	    q->dark[y * q->side + x];
}

#endif
