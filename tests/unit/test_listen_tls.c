/* What ots-listen knows of users and passwords, without sockets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/authdoc.h"
#include "../../cmd/ots-listen/listen.h"

static const uint64_t seed[2] = {1, 2};

/* ---- names ---- */

static void
test_identity(void **state)
{
	struct tls_peer peer = {.user = "x", .serial = "ab", .not_after = 7};
	char longest[TLS_USER_MAX + 1];
	struct identity who;

	(void)state;
	assert_int_equal(identity_set(&who, &peer, SLICE("dom\\alice")), 0);
	assert_string_equal(who.user, "dom\\alice");
	assert_string_equal(who.raw, "dom\\\\alice");
	assert_string_equal(who.peer.serial, "ab");
	assert_int_equal(identity_set(&who, &peer, SLICE("J\xc3\xbcrgen")), 0);
	memset(longest, '\\', sizeof longest);
	assert_int_equal(identity_set(&who, &peer,
			     (struct slice){longest, TLS_USER_MAX - 1}),
	    0);
	assert_int_equal(strlen(who.raw), 2 * (TLS_USER_MAX - 1));
	assert_int_equal(
	    identity_set(&who, &peer, (struct slice){longest, TLS_USER_MAX}),
	    -1);
	assert_int_equal(identity_set(&who, &peer, SLICE("")), -1);
	assert_int_equal(identity_set(&who, &peer, SLICE("a\tb")), -1);
	assert_int_equal(identity_set(&who, &peer, SLICE("a\x7f")), -1);
	assert_int_equal(identity_set(&who, &peer, SLICE("a\0b")), -1);
	assert_int_equal(identity_set(&who, &peer, SLICE("\xff")), -1);
}

/* ---- <auth> ---- */

/* The document, and so many bytes behind it. */
static void
auth_is(const char *text, size_t behind, const char *user, const char *secret)
{
	struct authdoc doc = {0};
	size_t n = 0;

	assert_int_equal(authdoc_read(slice_of(text), &doc, &n), AUTHDOC_WHOLE);
	assert_int_equal(n, strlen(text) - behind);
	assert_string_equal(doc.user, user);
	assert_string_equal(doc.secret, secret);
}

static void
auth_not(struct slice text, enum authdoc_is want)
{
	struct authdoc doc = {0};
	size_t n;

	assert_int_equal(authdoc_read(text, &doc, &n), want);
}

#define DOC                                                                    \
	"<?xml version=\"1.0\"?>\n<auth><cot username=\"alice\" "              \
	"password=\"s&lt;c&#x72;&#101;t &amp;amp;\" uid='A'/></auth>"

static void
test_authdoc(void **state)
{
	const char *doc = DOC;
	size_t i;

	(void)state;
	auth_is(DOC, 0, "alice", "s<cret &amp;");
	auth_is(DOC "<event", 6, "alice", "s<cret &amp;");
	for (i = 0; i < sizeof DOC - 1; i++)
		auth_not((struct slice){doc, i}, AUTHDOC_MORE);
	/* the other order, other quotes, an empty password, all of UTF-8 */
	auth_is("<auth><cot password='\"' username='b\xc3\xbc'/></auth>", 0,
	    "b\xc3\xbc", "\"");
	auth_is("<auth><cot username='a' password=''/></auth>", 0, "a", "");
	auth_is("<auth><cot username='&#228;&#x20ac;&#x1F600;' password='p'/>"
		"</auth>",
	    0, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "p");
}

static void
test_authdoc_bad(void **state)
{
	static char longest[FRAME_AUTH_MAX + 64];
	static const char *const bad[] = {
	    "<event uid='a'></event>",
	    "<auth></auth>",
	    "<auth/>",
	    "<auth><cots username='a' password='b'/></auth>",
	    "<auth><cot username='a'/></auth>",
	    "<auth><cot password='a'/></auth>",
	    "<auth><cot username='' password='a'/></auth>",
	    "<auth><cot username='a' password='&lt'/></auth>",
	    "<auth><cot username='a' password='&nbsp;'/></auth>",
	    "<auth><cot username='a' password='&#0;'/></auth>",
	    "<auth><cot username='a' password='&#xd800;'/></auth>",
	    "<auth><cot username='a' password='&#x110000;'/></auth>",
	    "<auth><cot username='a' password='&#x;'/></auth>",
	    "<auth><cot username='a' password='\xff'/></auth>",
	    "<auth><cot username='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaa' password='b'/></auth>",
	    "<!DOCTYPE a><auth><cot username='a' password='b'/></auth>",
	    "\xbf\x02\x01\x02",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		auth_not(slice_of(bad[i]), AUTHDOC_BAD);
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "<auth><cot username='", 21);
	auth_not((struct slice){longest, FRAME_AUTH_MAX}, AUTHDOC_MORE);
	auth_not((struct slice){longest, FRAME_AUTH_MAX + 1}, AUTHDOC_BAD);
}

/* ---- users in the core ---- */

struct fixture {
	struct listen l;
	struct buf out;
	struct client c[5];
};

static void
set_up(struct fixture *f, uint32_t per_user)
{
	struct listen_config cfg = {.node = "n",
	    .max_clients = 5,
	    .max_event = 1 << 20,
	    .max_send = 65536,
	    .queue_max = 1 << 20,
	    .queue_total = 1 << 30,
	    .input_total = 1 << 20,
	    .per_user = per_user};

	*f = (struct fixture){0};
	buf_init(&f->out, 1 << 24);
	assert_int_equal(listen_init(&f->l, &cfg, &f->out, seed, 100), 0);
	listen_time(&f->l, 1000000000, 5000000);
}

static void
tear_down(struct fixture *f)
{
	int i;

	for (i = 0; i < 5; i++)
		if (f->c[i].peer)
			listen_leave(&f->l, &f->c[i], "eof");
	assert_true(f->l.sessions.by_user.n == 0);
	listen_fini(&f->l);
	buf_fini(&f->out);
}

static void
join(struct fixture *f, int i, const char *user, const char *serial)
{
	struct identity *who = calloc(1, sizeof *who);
	struct tls_peer peer = {.not_after = 100 + i};

	assert_non_null(who);
	assert_true(
	    str_fmt(peer.serial, sizeof peer.serial, "%s", serial) >= 0);
	assert_int_equal(identity_set(who, &peer, slice_of(user)), 0);
	assert_int_equal(listen_join(&f->l, &f->c[i], "tls", "p:1", who), 0);
}

static void
written(struct fixture *f, const char *want)
{
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_string_equal(buf_data(&f->out), want);
	buf_clear(&f->out);
}

static void
test_labels(void **state)
{
	char event[] = "<event/>";
	struct fixture f;

	(void)state;
	set_up(&f, 0);
	join(&f, 0, "a\\b", "1f");
	assert_int_equal(listen_input(&f.l, &f.c[0], event, 8), 0);
	listen_tell_begin(&f.l, 3);
	listen_tell(&f.l, 1 << 20);
	listen_leave(&f.l, &f.c[0], "eof");
	written(&f,
	    "ev:open\tconn:n.0.100\tvia:tls\tpeer:p:1\tuser:a\\\\b\tserial:1f"
	    "\tt:5000000\n"
	    "ev:frame\tconn:n.0.100\tuser:a\\\\b\tserial:1f\tvia:tls"
	    "\tt:5000000\txml:<event/>\n"
	    "ev:open\tconn:n.0.100\tvia:tls\tpeer:p:1\tuser:a\\\\b\tserial:1f"
	    "\tt:5000000\tagain:1\n"
	    "ev:announced\tnode:n\tround:3\n"
	    "ev:close\tconn:n.0.100\tuser:a\\\\b\tserial:1f\twhy:eof"
	    "\tt:5000000\n");
	tear_down(&f);
}

static void
test_per_user(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 2);
	join(&f, 0, "alice", "1");
	join(&f, 1, "bob", "2");
	join(&f, 2, "alice", "3");
	for (i = 0; i < 3; i++)
		assert_false(f.c[i].doomed);
	/* the newest stay, and nobody else's goes */
	join(&f, 3, "alice", "1");
	assert_true(f.c[0].doomed);
	assert_string_equal(f.c[0].why, "superseded");
	assert_false(f.c[1].doomed || f.c[2].doomed || f.c[3].doomed);
	/* one that goes already does not count */
	join(&f, 4, "alice", "1");
	assert_true(f.c[2].doomed);
	assert_false(f.c[1].doomed || f.c[3].doomed || f.c[4].doomed);
	assert_true(f.l.n.superseded == 2);
	tear_down(&f);
}

static bool
has_serial_3(void *arg, const struct identity *who)
{
	(void)arg;
	return slice_is(slice_of(who->peer.serial), "3");
}

static void
test_doom_if(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 0);
	join(&f, 0, "alice", "3");
	join(&f, 1, "alice", "4");
	assert_int_equal(listen_join(&f.l, &f.c[2], "tcp", "p", NULL), 0);
	assert_int_equal(listen_doom_if(&f.l, has_serial_3, NULL, "x"), 1);
	assert_int_equal(listen_doom_if(&f.l, has_serial_3, NULL, "x"), 0);
	assert_true(f.c[0].doomed);
	assert_false(f.c[1].doomed || f.c[2].doomed);
	tear_down(&f);
}

static bool
holds(const char *p, size_t n, const char *secret)
{
	return p && slice_find((struct slice){p, n}, slice_of(secret));
}

/* A password beside a certificate means nothing, and leaves nothing behind. */
static void
test_forget_auth(void **state)
{
	static const char text[] =
	    "<auth><cot username='a' password='SECRET'/></auth><event/>";
	const size_t all = sizeof text - 1;
	char whole[sizeof text], part[sizeof text];
	struct fixture f;
	size_t i;

	(void)state;
	set_up(&f, 0);
	join(&f, 0, "alice", "3");
	buf_clear(&f.out);
	for (i = 1; i < all; i++) {
		memcpy(whole, text, all);
		memcpy(part, text, all);
		assert_int_equal(listen_input(&f.l, &f.c[0], whole, i), 0);
		assert_false(holds(whole, i, "SECRET"));
		assert_int_equal(
		    listen_input(&f.l, &f.c[0], part + i, all - i), 0);
		assert_false(holds(part + i, all - i, "SECRET"));
		assert_false(holds(
		    f.c[0].framer.keep.p, f.c[0].framer.keep.cap, "SECRET"));
		f.c[0].last_t = 0;
		written(&f,
		    "ev:frame\tconn:n.0.100\tuser:alice\tserial:3\tvia:tls"
		    "\tt:5000000\txml:<event/>\n");
	}
	assert_true(f.l.n.auths == all - 1);
	tear_down(&f);
}

/* A buffer that wipes: nothing is left where it was. */
static void
test_buf_wipe(void **state)
{
	struct buf b = {.max = 4096, .wipe = true};

	(void)state;
	assert_int_equal(buf_puts(&b, "SECRET and more"), 0);
	buf_consume(&b, 7);
	buf_wipe_rest(&b);
	assert_false(holds(b.p, b.cap, "SECRET"));
	assert_int_equal(buf_size(&b), 8);
	assert_memory_equal(buf_data(&b), "and more", 8);
	assert_int_equal(buf_append(&b, (char[3000]){0}, 3000), 0);
	assert_memory_equal(buf_data(&b), "and more", 8);
	buf_fini(&b);
	assert_true(b.wipe && b.max == 4096 && !b.p);
	buf_wipe_rest(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_authdoc),
	    cmocka_unit_test(test_authdoc_bad),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_per_user),
	    cmocka_unit_test(test_doom_if),
	    cmocka_unit_test(test_forget_auth),
	    cmocka_unit_test(test_buf_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
