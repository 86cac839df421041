#include "qr.h"

#include <errno.h>
#include <stddef.h>

#include <qrencode.h>

#define BYTES_MAX 2331 /* version 40, level M, 8 bits */

int
qr_make(struct qr *q, struct slice text)
{
	QRcode *code;
	int i;

	if (text.n == 0 || text.n > BYTES_MAX) {
		errno = text.n ? ERANGE : EINVAL;
		return -1;
	}
	code = QRcode_encodeData(
	    (int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);
	if (!code)
		return -1; /* errno is set: EINVAL, ENOMEM, ERANGE */
	if (code->width > QR_SIDE_MAX) {
		QRcode_free(code);
		errno = ERANGE;
		return -1;
	}
	q->side = code->width;
	for (i = 0; i < q->side * q->side; i++)
		q->dark[i] = code->data[i] & 1; /* the other bits: its kind */
	QRcode_free(code);
	return 0;
}
