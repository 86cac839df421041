/* The core of ots-listen: bytes and records in, records and queues out. */
#include "listen_fix.h"

#include <errno.h>

#define EVENT "<event uid=\"u\"><point/></event>"

static void
test_frames(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(input(&f, 0, "<?xml version='1.0'?>\n<event uid"), 0);
	written(&f, "");
	assert_int_equal(input(&f, 0, "=\"a\tb\\c\">\n</event>\n" EVENT), 0);
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\txml:<event uid="
	    "\"a\\tb\\\\c\">\\n</event>\n"
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000001\txml:" EVENT "\n");
	/* protobuf, and an empty frame that says nothing */
	assert_int_equal(bytes(&f, 1, "\xbf\x03\x01\x02\x03\xbf\x00", 7), 0);
	written(&f, "ev:frame\tconn:n.1.101\tvia:tcp\tt:5000000\tpb:AQID\n");
	/* a NUL inside costs that message */
	assert_int_equal(bytes(&f, 1, "<event uid=\"\0\"></event>" EVENT,
			     23 + sizeof EVENT - 1),
	    0);
	written(
	    &f, "ev:frame\tconn:n.1.101\tvia:tcp\tt:5000002\txml:" EVENT "\n");
	assert_true(f.l.n.nul == 1);
	/* auth goes nowhere */
	assert_int_equal(input(&f, 1, "<auth><cot password=\"x\"/></auth>"), 0);
	written(&f, "");
	/* a document type ends the connection, nothing else does */
	assert_int_equal(input(&f, 1, "<!DOCTYPE x>"), -1);
	assert_true(f.c[1].doomed);
	assert_string_equal(f.c[1].why, "doctype");
	assert_false(f.c[0].doomed);
	tear_down(&f);
}

static void
test_ping(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(
	    input(&f, 0, "<event uid='a-ping' type='t-x-c-t'></event>"), 0);
	written(&f, "");
	assert_true(f.l.n.pings == 1);
	queued(&f, 0,
	    "<event version=\"2.0\" time=\"1970-01-01T00:00:05.000Z\" "
	    "start=\"1970-01-01T00:00:05.000Z\" "
	    "stale=\"1970-01-01T00:00:25.000Z\" type=\"t-x-c-t-r\" "
	    "uid=\"takPong\" how=\"h-g-i-g-o\"><point lat=\"0\" lon=\"0\" "
	    "hae=\"0\" ce=\"9999999\" le=\"9999999\"/></event>");
	queued(&f, 1, "");
	tear_down(&f);
}

/* Who asks and never reads gets a few answers, not a queue full of them. */
static void
test_ping_flood(void **state)
{
	struct fixture f;
	size_t n;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	for (i = 0; i < 1000; i++)
		assert_int_equal(
		    input(&f, 0, "<event type='t-x-c-t'></event>"), 0);
	assert_true(f.l.n.pings == 1000);
	assert_true(f.c[0].q.bytes > 16384 && f.c[0].q.bytes < 20000);
	/* ... who may only have been gathered for is answered next time */
	n = f.c[0].q.bytes;
	listen_time(&f.l, 1000000001, 5000000);
	assert_int_equal(input(&f, 0, "<event type='t-x-c-t'></event>"), 0);
	assert_true(f.c[0].q.bytes > n);
	n = f.c[0].q.bytes;
	f.c[0].blocked = true;
	f.l.n_blocked = 1;
	listen_time(&f.l, 1000000002, 5000000);
	assert_int_equal(input(&f, 0, "<event type='t-x-c-t'></event>"), 0);
	assert_true(f.c[0].q.bytes == n);
	tear_down(&f);
}

static void
test_delivery(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:bind\tconn:n.0.100\tkey:group:g\tkey:uid:A");
	record(&f, "ev:bind\tconn:n.1.101\tkey:group:g\tkey:callsign:X\\\\");
	record(&f, "ev:bind\tconn:n.2.102\tkey:group:h\tkey:callsign:X\\\\");
	/* broadcast, not to the sender */
	record(&f, "ev:send\tto:group:g\tnot:n.0.100\txml:a\\nb");
	queued(&f, 0, "");
	queued(&f, 1, "a\nb");
	queued(&f, 2, "");
	/* several keys: once each */
	record(&f,
	    "ev:send\tto:group:g\tto:group:h\tto:callsign:X\\\\\tto:uid:A"
	    "\tto:conn:n.2.102\txml:b");
	queued(&f, 0, "b");
	queued(&f, 1, "b");
	queued(&f, 2, "b");
	/* only */
	record(&f, "ev:send\tto:callsign:X\\\\\tonly:group:h\txml:c");
	queued(&f, 1, "");
	queued(&f, 2, "c");
	record(&f, "ev:send\tto:callsign:X\\\\\tonly:group:none\txml:c");
	queued(&f, 1, "");
	queued(&f, 2, "");
	/* an earlier client in the slot, another node, nonsense */
	record(&f, "ev:send\tto:conn:n.0.99\tto:conn:m.0.100\tto:x\txml:d");
	queued(&f, 0, "");
	assert_true(f.l.n.gone == 2);
	record(&f, "ev:unbind\tconn:n.1.101\tkey:group:g");
	record(&f, "ev:send\tto:group:g\txml:e");
	queued(&f, 0, "e");
	queued(&f, 1, "");
	/* a key dies with its client */
	listen_leave(&f.l, &f.c[0], "eof");
	record(&f, "ev:send\tto:group:g\tto:uid:A\txml:f");
	assert_true(f.l.n.nobody == 3);
	record(&f, "ev:hangup\tconn:n.2.102");
	assert_true(f.c[2].doomed);
	tear_down(&f);
}

static void
test_too_big(void **state)
{
	static char line[70100];
	struct fixture f;
	size_t n;

	(void)state;
	set_up(&f, 1 << 20);
	n = (size_t)snprintf(
	    line, sizeof line, "ev:send\tto:conn:n.0.100\txml:");
	memset(line + n, 'x', 65536);
	record(&f, line);
	assert_int_equal(f.c[0].q.bytes, 65536);
	line[n + 65536] = 'x';
	record(&f, line);
	assert_int_equal(f.c[0].q.bytes, 65536);
	assert_true(f.l.n.too_big == 1);
	tear_down(&f);
}

static void
test_telling_again(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:bind\tconn:n.0.100\tkey:group:g\tkey:callsign:a\\tb");
	record(
	    &f, "ev:send\tto:group:g\tnot:n.0.100\tuid:U\tkeep:1\txml:old one");
	record(&f, "ev:send\tto:group:g\tnot:n.0.100\tuid:U\tkeep:1\txml:n\\n");
	record(&f, "ev:send\tto:group:g\tnot:n.0.100\tuid:V\txml:not kept");
	listen_leave(&f.l, &f.c[1], "eof");
	listen_leave(&f.l, &f.c[2], "eof");
	buf_clear(&f.out);
	record(&f, "ev:hello\tversion:1\tprogram:ots-parse\tnode:n");
	assert_false(f.l.telling);
	record(&f, "ev:hello\tversion:1\tprogram:ots-route\tnode:n\tround:9");
	listen_tell(&f.l, 1 << 20);
	written(&f,
	    "ev:open\tconn:n.0.100\tvia:tcp\tpeer:peer:1\tt:5000000\tagain:1"
	    "\tkey:group:g\tkey:callsign:a\\tb\n"
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\tagain:1\txml:n\\n\n"
	    "ev:announced\tnode:n\tround:9\n");
	assert_false(f.l.telling);
	/* nor what found no room */
	f.l.kept_bytes += 64 << 20;
	record(
	    &f, "ev:send\tto:conn:n.0.100\tnot:n.0.100\tuid:W\tkeep:1\txml:w");
	f.l.kept_bytes -= 64 << 20;
	/* who leaves is told as well: ots-route may have just been started */
	record(
	    &f, "ev:send\tto:conn:n.0.100\tnot:n.0.100\tuid:V\tkeep:1\txml:v");
	record(&f, "ev:forget\tconn:n.0.100\tuid:other");
	record(&f, "ev:forget\tconn:n.1.101\tuid:U");
	assert_int_equal(f.c[0].n_kept, 3);
	record(&f, "ev:forget\tconn:n.0.100\tuid:U");
	assert_int_equal(f.c[0].n_kept, 2);
	listen_leave(&f.l, &f.c[0], "eof");
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\tagain:1\txml:v\n"
	    "ev:close\tconn:n.0.100\twhy:eof\tt:5000000\n");
	tear_down(&f);
}

/* However many names it gave itself, its groups are told: ots-route must be
 * able to take them away. */
static void
test_telling_many_keys(void **state)
{
	struct fixture f;
	char line[64];
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:bind\tconn:n.0.100\tkey:group:Gone");
	for (i = 0; i < 600; i++) {
		assert_true(str_fmt(line, sizeof line,
				"ev:bind\tconn:n.0.100\tkey:uid:%d", i) > 0);
		record(&f, line);
	}
	/* the last key takes the place of one that goes */
	record(&f, "ev:unbind\tconn:n.0.100\tkey:group:Gone");
	record(&f, "ev:bind\tconn:n.0.100\tkey:group:Red");
	record(&f, "ev:bind\tconn:n.0.100\tkey:incognito:1");
	buf_clear(&f.out);
	listen_tell_begin(&f.l, 7);
	listen_tell(&f.l, SIZE_MAX);
	assert_non_null(slice_find(buf_slice(&f.out),
	    SLICE("\tagain:1\tkey:group:Red\tkey:incognito:1\tkey:uid:")));
	tear_down(&f);
}

static void
test_slow_client(void **state)
{
	char line[300];
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 2000);
	f.c[0].blocked = true;
	f.l.n_blocked = 1;
	for (i = 0; i < 100; i++) {
		assert_true(snprintf(line, sizeof line,
				"ev:send\tto:conn:n.0.100\tclass:position"
				"\tuid:U%d\txml:%0100d",
				i % 3, i) > 0);
		record(&f, line);
		listen_relieve(&f.l);
		assert_true(f.c[0].q.bytes <= 2000);
	}
	assert_true(f.c[0].slow);
	assert_false(f.c[0].doomed);
	assert_true(f.c[0].q.replaced > 50);
	/* The newest of each uid is there. */
	assert_true(f.c[0].q.bytes >= 300);
	for (i = 0; i < 30; i++) {
		assert_true(snprintf(line, sizeof line,
				"ev:send\tto:conn:n.0.100\tclass:chat"
				"\tuid:C\txml:%0100d",
				i) > 0);
		record(&f, line);
	}
	listen_relieve(&f.l);
	assert_true(f.c[0].doomed);
	assert_string_equal(f.c[0].why, "queue-full");
	tear_down(&f);
}

static void
test_lists_survive_leaving(void **state)
{
	struct fixture f;
	struct client *c;
	int n = 0;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:bind\tconn:n.0.100\tkey:group:g");
	record(&f, "ev:bind\tconn:n.1.101\tkey:group:g");
	record(&f, "ev:bind\tconn:n.2.102\tkey:group:g");
	f.c[1].before_last_in = f.l.now;
	record(&f, "ev:send\tto:group:g\tclass:position\txml:x");
	/* a watcher too is told at once what is meant for him */
	record(&f, "ev:send\tto:conn:n.0.100\tclass:chat\txml:c");
	assert_true(f.c[0].dirty[LISTEN_ACTIVE]);
	assert_ptr_equal(listen_dirty(&f.l, LISTEN_ACTIVE), &f.c[1]);
	assert_ptr_equal(listen_dirty(&f.l, LISTEN_ACTIVE), &f.c[0]);
	listen_doom(&f.l, &f.c[0], "reset");
	listen_leave(&f.l, &f.c[2], "eof"); /* the tail */
	record(&f, "ev:send\tto:group:g\tclass:position\txml:y");
	while ((c = listen_dirty(&f.l, LISTEN_WATCHER))) {
		assert_ptr_equal(c, &f.c[0]);
		n++;
	}
	while ((c = listen_dirty(&f.l, LISTEN_ACTIVE))) {
		assert_ptr_equal(c, &f.c[1]);
		n++;
	}
	assert_int_equal(n, 2);
	listen_leave(&f.l, &f.c[0], "reset");
	assert_null(f.l.doomed);
	tear_down(&f);
}

/* Messages that never end: who makes it too much is closed. */
static void
test_unfinished(void **state)
{
	static char text[70000];
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	memset(text, 'x', sizeof text - 1);
	assert_int_equal(input(&f, 0, "<event "), 0);
	assert_int_equal(input(&f, 1, "<event "), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(input(&f, 0, text), 0);
	for (i = 0; i < 10 && input(&f, 1, text) == 0; i++)
		;
	assert_true(i < 10);
	assert_string_equal(f.c[1].why, "input-full");
	assert_false(f.c[0].doomed);
	/* Others go on, and there is room again when it has gone. */
	assert_int_equal(input(&f, 2, "<event uid='a'>"), 0);
	listen_leave(&f.l, &f.c[1], "input-full");
	assert_int_equal(input(&f, 0, text), 0);
	assert_int_equal(input(&f, 0, "></event>"), 0);
	assert_true(f.l.n.messages == 1);
	tear_down(&f);
	assert_int_equal(f.l.unfinished, 0);
}

static void
test_full_house(void **state)
{
	struct client extra = {0};
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(listen_join(&f.l, &f.c[3], "tcp", "p", NULL), 0);
	assert_int_equal(listen_join(&f.l, &extra, "tcp", "p", NULL), -1);
	assert_int_equal(errno, ENFILE);
	listen_leave(&f.l, &f.c[3], "eof");
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_ping),
	    cmocka_unit_test(test_ping_flood),
	    cmocka_unit_test(test_delivery),
	    cmocka_unit_test(test_too_big),
	    cmocka_unit_test(test_telling_again),
	    cmocka_unit_test(test_telling_many_keys),
	    cmocka_unit_test(test_slow_client),
	    cmocka_unit_test(test_lists_survive_leaving),
	    cmocka_unit_test(test_unfinished),
	    cmocka_unit_test(test_full_house),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
