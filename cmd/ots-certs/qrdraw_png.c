/* PNG (RFC 2083) with its data stored, not compressed: a code of ordinary size
 * takes 30 KB, and a library for a few of them would be one more thing to keep
 * up to date. */
#include "qrdraw.h"

#include <stdint.h>

#define STORED_MAX 65535 /* bytes of a stored block (RFC 1951 3.2.4) */

static uint32_t
crc32_of(const char *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int bit;

	while (n-- > 0) {
		c ^= (unsigned char)*p++;
		for (bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static uint32_t
adler32_of(const char *p, size_t n)
{
	uint32_t a = 1, b = 0;

	while (n-- > 0) {
		a = (a + (unsigned char)*p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void
put_u32(struct buf *out, uint32_t v)
{
	const char bytes[4] = {
	    (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};

	(void)buf_append(out, bytes, 4);
}

/* type: four letters. The checksum is of them and the data. */
static void
chunk(struct buf *out, const char *type, struct slice data)
{
	size_t start;

	put_u32(out, (uint32_t)data.n);
	start = buf_size(out);
	(void)buf_append(out, type, 4);
	(void)buf_put(out, data);
	if (!out->failed)
		put_u32(out,
		    crc32_of(buf_data(out) + start, buf_size(out) - start));
}

/* One line of pixels: the filter (none), then bits, 1 is white. */
static void
line(struct buf *out, const struct qr *q, int y, int scale)
{
	int n = (q->side + 2 * QR_QUIET) * scale, x;
	unsigned byte = 0;

	(void)buf_putc(out, 0);
	for (x = 0; x < n; x++) {
		byte = byte << 1 |
		    !qr_dark(q, x / scale - QR_QUIET, y / scale - QR_QUIET);
		if (x % 8 == 7)
			(void)buf_putc(out, (char)byte);
	}
	if (n % 8)
		(void)buf_putc(out, (char)(byte << (8 - n % 8)));
}

/* zlib's wrapping (RFC 1950) of stored blocks. */
static void
store(struct buf *out, struct slice s)
{
	uint32_t sum = adler32_of(s.p, s.n);

	(void)buf_append(out, "\x78\x01", 2);
	while (s.n > 0) {
		size_t n = s.n > STORED_MAX ? STORED_MAX : s.n;
		const char head[5] = {s.n == n, (char)n, (char)(n >> 8),
		    (char)~n, (char)(~n >> 8)};

		(void)buf_append(out, head, sizeof head);
		(void)buf_append(out, s.p, n);
		s.p += n;
		s.n -= n;
	}
	put_u32(out, sum);
}

int
qrdraw_png(struct buf *out, const struct qr *q, int scale)
{
	int n = (q->side + 2 * QR_QUIET) * scale, y;
	struct buf pixels, data;

	buf_init(&pixels, out->max);
	buf_init(&data, out->max);
	pixels.wipe = data.wipe = true; /* the code may say a password */
	put_u32(&data, (uint32_t)n);
	put_u32(&data, (uint32_t)n);
	(void)buf_append(&data, "\1\0\0\0\0", 5); /* 1 bit, grey */
	(void)buf_append(out, "\x89PNG\r\n\x1a\n", 8);
	chunk(out, "IHDR", buf_slice(&data));
	for (y = 0; y < n; y++)
		line(&pixels, q, y, scale);
	buf_clear(&data);
	store(&data, buf_slice(&pixels));
	if (pixels.failed || data.failed)
		out->failed = true;
	chunk(out, "IDAT", buf_slice(&data));
	chunk(out, "IEND", (struct slice){"", 0});
	buf_fini(&pixels);
	buf_fini(&data);
	return out->failed ? -1 : 0;
}
