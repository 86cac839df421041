/* QR codes: what they say, and how they are drawn. */
#include "certs_fix.h"

#include "../../cmd/ots-certs/qrdraw.h"
#include "../../cmd/ots-certs/qrlink.h"

static void
test_links(void **state)
{
	struct package_server s;
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(
	    qrlink_encode(&b, SLICE("aZ09-._~ &=?#/%+\n\x00\xff")), 0);
	assert_text(&b, "aZ09-._~%20%26%3D%3F%23%2F%25%2B%0A%00%FF");
	assert_null(package_server_parse("tak.example.org", &s));
	assert_int_equal(qrlink_enroll(&b, &s, "a@b", "t&host=x"), 0);
	assert_text(&b,
	    "tak://com.atakmap.app/enroll?host=tak.example.org"
	    "&username=a%40b&token=t%26host%3Dx");
	assert_int_equal(qrlink_itak(&b, &s, "My Server"), 0);
	assert_text(&b, "My Server,tak.example.org,8089,SSL");
	assert_null(package_server_parse("tak.example.org:8090", &s));
	assert_int_equal(qrlink_enroll(&b, &s, "a", "t"), 0);
	assert_text(&b,
	    "tak://com.atakmap.app/enroll?host=tak.example.org"
	    "%3A8090&username=a&token=t");
	assert_int_equal(qrlink_itak(&b, &s, "a,b"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(qrlink_itak(&b, &s, ""), -1);
	assert_int_equal(qrlink_import(&b, "https://h/p?a=1&b=2"), 0);
	assert_text(&b,
	    "tak://com.atakmap.app/import?url="
	    "https%3A%2F%2Fh%2Fp%3Fa%3D1%26b%3D2");
	assert_int_equal(qrlink_import(&b, "http://h/"), -1);
	assert_int_equal(qrlink_import(&b, "https://"), -1);
	assert_int_equal(qrlink_import(&b, "https://h/a b"), -1);
	assert_int_equal(errno, EINVAL);
	buf_fini(&b);
}

static void
test_qr_limits(void **state)
{
	static struct qr q;
	static char text[2400];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(qr_make(&q, (struct slice){text, 0}), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(qr_make(&q, (struct slice){text, 2332}), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(qr_make(&q, (struct slice){text, 2331}), 0);
	assert_int_equal(q.side, QR_SIDE_MAX);
	assert_int_equal(qr_make(&q, SLICE("a")), 0);
	assert_int_equal(q.side, 21);
	assert_true(qr_dark(&q, 0, 0)); /* the corner of a finder */
	assert_false(qr_dark(&q, 7, 7));
	assert_false(qr_dark(&q, -1, 0));
	assert_false(qr_dark(&q, 0, 21));
}

/* What a half block says of its upper and lower half, in *p. */
static unsigned
take_block(const char **p)
{
	static const char *const block[] = {" ", "▄", "▀", "█"};
	unsigned i;

	for (i = 0; i < 4; i++)
		if (strncmp(*p, block[i], strlen(block[i])) == 0) {
			*p += strlen(block[i]);
			return i;
		}
	fail_msg("no half block: %.8s", *p);
	return 0;
}

static void
read_terminal(const struct qr *q, const char *p, bool colours)
{
	static const char begin[] = "\033[38;5;16;48;5;231m", end[] = "\033[0m";
	int x, y;

	for (y = -QR_QUIET; y < q->side + QR_QUIET; y += 2) {
		if (colours) {
			assert_memory_equal(p, begin, sizeof begin - 1);
			p += sizeof begin - 1;
		}
		for (x = -QR_QUIET; x < q->side + QR_QUIET; x++) {
			unsigned bits = take_block(&p);

			if (!colours)
				bits = 3 - bits;
			assert_int_equal(bits >> 1, qr_dark(q, x, y));
			assert_int_equal(bits & 1, qr_dark(q, x, y + 1));
		}
		if (colours) {
			assert_memory_equal(p, end, sizeof end - 1);
			p += sizeof end - 1;
		}
		assert_int_equal(*p++, '\n');
	}
	assert_int_equal(*p, '\0');
}

static void
test_terminal(void **state)
{
	static struct qr q;
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(qr_make(&q, SLICE("tak://com.atakmap.app/")), 0);
	assert_int_equal(qrdraw_terminal(&b, &q, true), 0);
	(void)buf_putc(&b, '\0');
	read_terminal(&q, buf_data(&b), true);
	buf_clear(&b);
	assert_int_equal(qrdraw_terminal(&b, &q, false), 0);
	(void)buf_putc(&b, '\0');
	read_terminal(&q, buf_data(&b), false);
	buf_fini(&b);
}

static uint32_t
u32_at(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | u[3];
}

/* The pixels out of the stored blocks at p. */
static void
inflate(const char *p, struct buf *out)
{
	bool last;

	p += 2;
	do {
		size_t n = (unsigned char)p[1] | (unsigned char)p[2] << 8;

		assert_int_equal((unsigned char)p[3], ~n & 0xff);
		last = *p == 1;
		assert_true(last || *p == 0);
		assert_int_equal(buf_append(out, p + 5, n), 0);
		p += 5 + n;
	} while (!last);
}

static void
check_png(const struct qr *q, int scale)
{
	int n = (q->side + 2 * QR_QUIET) * scale, row = (n + 7) / 8 + 1, x, y;
	struct buf png, px;

	buf_init(&png, MAX);
	buf_init(&px, MAX);
	assert_int_equal(qrdraw_png(&png, q, scale), 0);
	assert_memory_equal(buf_data(&png), "\x89PNG\r\n\x1a\n", 8);
	assert_memory_equal(buf_data(&png) + 12, "IHDR", 4);
	assert_int_equal(u32_at(buf_data(&png) + 16), n);
	assert_int_equal(u32_at(buf_data(&png) + 20), n);
	assert_memory_equal(buf_data(&png) + 37, "IDAT", 4);
	inflate(buf_data(&png) + 41, &px);
	assert_int_equal(buf_size(&px), row * n);
	for (y = 0; y < n; y++)
		for (x = 0; x < n; x++) {
			unsigned byte =
			    (unsigned char)buf_data(&px)[y * row + 1 + x / 8];

			assert_int_equal(!(byte >> (7 - x % 8) & 1),
			    qr_dark(
				q, x / scale - QR_QUIET, y / scale - QR_QUIET));
		}
	assert_true(slice_ends(buf_slice(&png), "IEND\xae\x42\x60\x82"));
	buf_fini(&png);
	buf_fini(&px);
}

static void
test_png(void **state)
{
	static struct qr q;
	static char text[1000];
	struct buf tight;

	(void)state;
	assert_int_equal(qr_make(&q, SLICE("a")), 0);
	check_png(&q, 1);
	check_png(&q, 3);
	memset(text, 'x', sizeof text);
	assert_int_equal(qr_make(&q, (struct slice){text, sizeof text}), 0);
	check_png(&q, 8); /* more than one block */
	buf_init(&tight, 500);
	assert_int_equal(qrdraw_png(&tight, &q, 8), -1);
	buf_fini(&tight);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_qr_limits),
	    cmocka_unit_test(test_terminal),
	    cmocka_unit_test(test_png),
	};

	return cmocka_run_group_tests_name("qr", tests, NULL, NULL);
}
