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

/* The value of a digit; 64 for any other byte. */
static uint32_t
digit(unsigned char c)
{
	static const uint8_t from_plus[] = {62, 64, 64, 64, 63, 52, 53, 54, 55,
	    56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64, 64, 0, 1, 2, 3, 4,
	    5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
	    23, 24, 25, 64, 64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33,
	    34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
	    51};

	return c < '+' || c > 'z' ? 64 : from_plus[c - '+'];
}

/* Four digits as 24 bits; with a higher bit: they are none. */
static uint32_t
four(const unsigned char *p, unsigned pad)
{
	uint32_t a = digit(p[0]), b = digit(p[1]),
		 c = pad < 2 ? digit(p[2]) : 0, d = pad < 1 ? digit(p[3]) : 0;

	return (a | b | c | d) > 63 ? UINT32_MAX
				    : a << 18 | b << 12 | c << 6 | d;
}

ssize_t
base64_decode(char *to, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	const char *begin = to;
	unsigned i, pad;
	size_t n;
	uint32_t v;

	if (text.n % 4)
		return -1;
	for (n = text.n; n; n -= 4, p += 4) {
		pad = n > 4 || p[3] != '=' ? 0 : p[2] != '=' ? 1 : 2;
		v = four(p, pad);
		/* Bits that no byte has are zero: bytes have one text only. */
		if (v >> 24 || v & ((UINT32_C(1) << 8 * pad) - 1))
			return -1;
		for (i = 0; i < 3 - pad; i++)
			*to++ = (char)(v >> (16 - 8 * i));
	}
	return to - begin;
}
