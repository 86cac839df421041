#include "base64.h"

#include <errno.h>

int
base64_encode(struct buf *out, struct slice in)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)in.p;
	size_t n = in.n, len;
	uint32_t v;
	char *to;

	if (n > SIZE_MAX / 4 * 3 - 3) {
		errno = ENOBUFS;
		return -1;
	}
	if (n == 0)
		return out->failed ? -1 : 0;
	len = (n + 2) / 3 * 4;
	to = buf_reserve(out, len);
	if (!to)
		return -1;
	for (; n; p += 3, to += 4) {
		v = (uint32_t)p[0] << 16;
		if (n > 1)
			v |= (uint32_t)p[1] << 8;
		if (n > 2)
			v |= p[2];
		to[0] = digits[v >> 18];
		to[1] = digits[v >> 12 & 63];
		to[2] = n > 1 ? digits[v >> 6 & 63] : '=';
		to[3] = n > 2 ? digits[v & 63] : '=';
		n = n > 3 ? n - 3 : 0;
	}
	buf_commit(out, len);
	return 0;
}
