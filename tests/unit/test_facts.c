/* What ots-store makes of events: the event itself, chat, and hostile ones. */
#include "facts_fix.h"

/* ---- the event ---- */

static void
test_facts_event(void **state)
{
	const struct store_event *e;
	const struct facts *f;

	(void)state;
	f = of(SLICE(EVENT("a-f-G-U-C", "DEV",
		   "<contact callsign=\"AL &amp;\\\t\" endpoint=\"*:-1:stcp\" "
		   "phone=\"1\"/><__group name=\"Puce\" role=\"Cook\"/>"
		   "<takv device=\"d\" platform=\"p\" os=\"o\" "
		   "version=\"v\"/>"
		   "<track speed=\"1.5\" course=\"271\"/>"
		   "<status battery=\"87\"/>")),
	    "\tconn:n.1.1\tuser:u\\\\1\tt:1714979299000001", "DEV");
	e = &f->event;
	is(e->uid, "DEV");
	is(e->type, "a-f-G-U-C");
	is(e->how, "m-g");
	is(e->conn, "n.1.1");
	is(e->user, "u\\1");
	is(e->callsign, "AL &\\ ");
	is(e->endpoint, "*:-1:stcp");
	is(e->phone, "1");
	is(e->team, "Puce");
	is(e->role, "Cook");
	is(e->takv[0], "d");
	is(e->takv[3], "v");
	assert_true(slice_starts(e->xml, "<event "));
	assert_true(slice_ends(e->xml, "</event>"));
	assert_true(e->t == 1714979299000001);
	assert_true(e->time == (int64_t)1714979289000000);
	assert_true(e->stale == e->time + 60000000);
	assert_true(e->located && e->identity);
	assert_true(e->lat == 1.5 && e->lon == -2.5 && e->hae == 3);
	assert_true(e->ce == 4 && e->le == 5);
	assert_true(e->has_track && e->speed == 1.5 && e->course == 271);
	assert_true(e->has_battery && e->battery == 87);
	assert_int_equal(f->says, 0);
	assert_int_equal(e->n_groups, 0);
}

static void
test_facts_arrival(void **state)
{
	static const char doc[] = EVENT("a-f-G", "X", "");
	static const char *const odd[] = {"", "\tt:", "\tt:0", "\tt:x",
	    "\tt:99999999999999999999", "\tt:253402300799000000"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_true(of(SLICE(doc), odd[i], NULL)->event.t == NOW);
	assert_true(of(SLICE(doc), "\tt:5", NULL)->event.t == 5);
}

static void
test_facts_missing(void **state)
{
	static const char *const lines[] = {"ev:cot", "ev:cot\tuid:a\ttype:b",
	    "ev:cot\tuid:a\txml:b", "ev:cot\tuid:\ttype:a\txml:<a/>"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		assert_int_equal(rec_parse(&t.rec, slice_of(lines[i])), 1);
		assert_int_equal(
		    facts_event(&t.facts, &t.rec, NOW, &t.arena), -1);
	}
	/* The least: no times, no place, nothing canonical. */
	assert_int_equal(
	    rec_parse(&t.rec, SLICE("ev:cot\tuid:a\ttype:b\txml:<x")), 1);
	assert_int_equal(facts_event(&t.facts, &t.rec, NOW, &t.arena), 0);
	assert_int_equal(facts_detail(&t.facts, &t.arena), 0);
	assert_true(t.facts.event.time == NOW && t.facts.event.stale == NOW);
	assert_false(t.facts.event.located);
	assert_int_equal(t.facts.says, 0);
}

static void
place(const char *lat, const char *lon, bool located)
{
	struct buf line = {.max = 4096};

	(void)buf_fmt(
	    &line, "ev:cot\tuid:a\ttype:b\tlat:%s\tlon:%s\txml:<a/>", lat, lon);
	assert_int_equal(rec_parse(&t.rec, buf_slice(&line)), 1);
	assert_int_equal(facts_event(&t.facts, &t.rec, NOW, &t.arena), 0);
	assert_int_equal(t.facts.event.located, located);
	assert_true(t.facts.event.lat >= -90 && t.facts.event.lat <= 90);
	assert_true(t.facts.event.lon >= -180 && t.facts.event.lon <= 180);
	buf_fini(&line);
}

static void
test_facts_place(void **state)
{
	(void)state;
	place("1", "1", true);
	place("0", "1e-9", true);
	place("90", "-180", true);
	place("0", "0.0", false);
	place("-0", "0", false);
	place("999999", "1", false);
	place("1", "999", false);
	place("NaN", "1", false);
	place("x'); DROP TABLE ots_events; --", "1", false);
}

static void
test_facts_identity(void **state)
{
	(void)state;
	assert_true(
	    say(EVENT("a-f-G", "X", "<contact callsign=\"A\" endpoint=\"\"/>"))
		->event.identity);
	assert_false(say(EVENT("a-f-G", "X", "<contact callsign=\"A\"/>"))
			 ->event.identity);
	assert_false(say(
	    EVENT("a-f-G", "X-ping", "<contact callsign=\"A\" endpoint=\"\"/>"))
			 ->event.identity);
	assert_false(
	    say(EVENT("b-t-f", "X", "<contact callsign=\"A\" endpoint=\"\"/>"))
		->event.identity);
	assert_false(say(EVENT("a-f-G", "X",
			     "<contact callsign=\"A\" endpoint=\"\"/>"
			     "<ackresponse/>"))
			 ->event.identity);
}

static void
test_facts_again(void **state)
{
	static const char doc[] = EVENT("a-f-G", "X", "");

	(void)state;
	assert_true(of(SLICE(doc), "\tconn:n.1.1\tagain:1", NULL)->again);
	assert_false(of(SLICE(doc), "\tagain:1", NULL)->again);
	assert_false(of(SLICE(doc), "\tconn:n.1.1", NULL)->again);
}

static void
test_facts_groups(void **state)
{
	static const char doc[] = EVENT("a-f-G", "X", "");
	const struct store_event *e;

	(void)state;
	e = &of(
	    SLICE(doc), "\tgroup:Red\tgroup:Blue\\\\\tgroup:Red\tgroup:", NULL)
		 ->event;
	assert_int_equal(e->n_groups, 2);
	is(e->groups[0], "Blue\\");
	is(e->groups[1], "Red");
	e = &of(SLICE(doc), "", NULL)->event;
	assert_int_equal(e->n_groups, 1);
	is(e->groups[0], "__ANON__");
	/* A client cannot choose. */
	e = &of(SLICE(doc), "\tconn:n.1.1\tgroup:Red", NULL)->event;
	assert_int_equal(e->n_groups, 0);
}

static void
track(const char *detail, bool has, double speed, double course)
{
	struct buf doc = {.max = 4096};
	const struct store_event *e;

	(void)buf_fmt(&doc, EVENT("a-f-G", "X", "%s"), detail);
	e = &of(buf_slice(&doc), "", NULL)->event;
	assert_int_equal(e->has_track, has);
	assert_true(e->speed == speed && e->course == course);
	buf_fini(&doc);
}

static void
test_facts_track(void **state)
{
	(void)state;
	track("<track speed=\"2\" course=\"-90\"/>", true, 2, 270);
	track("<track speed=\"9999999.0\" course=\"361\"/>", true, 0, 1);
	track("<track speed=\"NaN\" course=\"north\"/>", false, 0, 0);
	track("<track/>", false, 0, 0);
	track("<track speed=\"2\"/><track speed=\"3\"/>", true, 2, 0);
	track("<x><track speed=\"2\"/></x>", false, 0, 0);
}

static void
battery(const char *text, int64_t want)
{
	struct buf doc = {.max = 4096};
	const struct store_event *e;

	(void)buf_fmt(
	    &doc, EVENT("a-f-G", "X", "<status battery=\"%s\"/>"), text);
	e = &of(buf_slice(&doc), "", NULL)->event;
	assert_int_equal(e->has_battery, want >= 0);
	if (want >= 0)
		assert_int_equal(e->battery, want);
	buf_fini(&doc);
}

static void
test_facts_battery(void **state)
{
	(void)state;
	battery("87", 87);
	battery("87%", 87);
	battery("99.6", 100);
	battery("0", 0);
	battery("%", -1);
	battery("", -1);
	battery("101", -1);
	battery("-1", -1);
	battery("full", -1);
}

/* ---- chat ---- */

static void
test_facts_chat(void **state)
{
	const struct facts *f = say(EVENT("b-t-f", "GeoChat.A.Team.m1",
	    "<__chat id=\"Team\" chatroom=\"The Team\" parent=\"TeamGroups\" "
	    "senderCallsign=\"AL\" groupOwner=\"true\" messageId=\"m1\">"
	    "<hierarchy><group uid=\"x\"/></hierarchy>"
	    "<chatgrp uid0=\"A\" uid1=\"C\" uid2=\"B\" uid3=\"C\" id=\"Team\"/>"
	    "</__chat><link uid=\"A\" relation=\"p-p\"/>"
	    "<remarks source=\"s\" sourceID=\"A\" to=\"Team\" "
	    "time=\"2024-05-06T07:08:09.123456789Z\">hi &lt;b/&gt;&#10;"
	    "there</remarks>"));

	(void)state;
	assert_int_equal(f->says, SAYS_CHAT);
	is(f->chat.room, "Team");
	is(f->chat.room_name, "The Team");
	is(f->chat.parent, "TeamGroups");
	is(f->chat.owner, "A");
	is(f->chat.sender_uid, "A");
	is(f->chat.sender_callsign, "AL");
	is(f->chat.text, "hi <b/>\nthere");
	is(f->chat.message, "m1");
	assert_true(f->chat.time == (int64_t)1714979289123000);
	assert_int_equal(f->chat.n_members, 3);
	is(f->chat.member[0], "A");
	is(f->chat.member[1], "B");
	is(f->chat.member[2], "C");
}

/* By which receipts name it: the attribute, or the end of its uid. */
static void
test_facts_chat_message(void **state)
{
#define CHAT(uid, attrs)                                                       \
	say(EVENT("b-t-f", uid, "<__chat id=\"B\"" attrs "/>"))->chat.message
	(void)state;
	is(CHAT("GeoChat.A.B.m1", " messageId=\"m2\""), "m2");
	is(CHAT("GeoChat.A.B.m1", " messageId=\"\""), "m1");
	is(CHAT("GeoChat.A.B.m1", ""), "m1");
	is(CHAT("GeoChat.A.B.", ""), "GeoChat.A.B.");
	is(CHAT("GeoChat.", ""), "GeoChat.");
	is(CHAT("other.m1", ""), "other.m1");
	is(say(EVENT("b-t-f-r", "GeoChat.A.B.m1", ""))->receipt.chat, "m1");
}

static void
test_facts_chat_poor(void **state)
{
	const struct facts *f;

	(void)state;
	/* WinTAK: no remarks. No members, no parent, a time that is none. */
	f = say(EVENT("b-t-f", "GeoChat.A.B.m2", "<__chat chatroom=\"B\"/>"));
	assert_int_equal(f->says, SAYS_CHAT);
	is(f->chat.room, "B");
	is(f->chat.room_name, "B");
	is(f->chat.parent, NULL);
	is(f->chat.text, NULL);
	is(f->chat.sender_uid, "DEV");
	assert_int_equal(f->chat.n_members, 0);
	f = say(EVENT("b-t-f", "GeoChat.A.B.m3",
	    "<__chat id=\"B\"/><remarks time=\"noon\">x</remarks>"));
	assert_true(f->chat.time == f->event.time);
	/* No room at all: it is still an event. */
	f = say(EVENT("b-t-f", "c", "<__chat/><remarks>x</remarks>"));
	assert_int_equal(f->says, 0);
	f = say(EVENT("b-t-f", "c", "<remarks>x</remarks>"));
	assert_int_equal(f->says, 0);
}

static void
test_facts_chat_text_in_pieces(void **state)
{
	(void)state;
	is(say(EVENT("b-t-f", "c",
		   "<__chat "
		   "id=\"B\"/><remarks>a&amp;<i>no</i>b<i/>c</remarks>"))
		->chat.text,
	    "a&bc");
}

static void
test_facts_receipt(void **state)
{
	static const char *const types = "drps";
	char doc[2048];
	const struct facts *f;
	int i;

	(void)state;
	for (i = 0; types[i]; i++) {
		(void)str_fmt(doc, sizeof doc,
		    EVENT("b-t-f-%c", "m1",
			"<__chatreceipt id=\"A\" chatroom=\"A\" "
			"messageId=\"m1\" senderCallsign=\"B\">"
			"<chatgrp uid0=\"B\" uid1=\"A\"/></__chatreceipt>"
			"<link uid=\"B\" relation=\"p-p\"/>"),
		    types[i]);
		f = say(doc);
		assert_int_equal(f->says, SAYS_RECEIPT);
		is(f->receipt.chat, "m1");
		is(f->receipt.who, "DEV");
		assert_int_equal(f->receipt.kind, types[i]);
		f = of(slice_of(doc), "", NULL);
		is(f->receipt.who, "B");
	}
	f = say(EVENT("b-t-f-d", "m2", ""));
	assert_int_equal(f->says, SAYS_RECEIPT);
	is(f->receipt.chat, "m2");
}

static void
test_facts_conn(void **state)
{
	struct store_conn c;

	(void)state;
	assert_int_equal(rec_parse(&t.rec,
			     SLICE("ev:open\tconn:n.1.2\tvia:tls\tpeer:h:1\t"
				   "user:a\\tb\tserial:0f\tt:7")),
	    1);
	assert_int_equal(facts_conn(&c, &t.rec, NOW, &t.arena), 0);
	is(c.conn, "n.1.2");
	is(c.via, "tls");
	is(c.peer, "h:1");
	is(c.user, "a\tb");
	is(c.serial, "0f");
	is(c.why, NULL);
	assert_true(c.t == 7);
	assert_int_equal(rec_parse(&t.rec, SLICE("ev:close\tt:7")), 1);
	assert_int_equal(facts_conn(&c, &t.rec, NOW, &t.arena), -1);
}

/* ---- hostile ---- */

static void
test_facts_long_chat(void **state)
{
	struct buf doc = {.max = 1 << 20};
	const struct facts *f;
	int i;

	(void)state;
	(void)buf_puts(&doc,
	    "<event version=\"2.0\" type=\"b-t-f\" uid=\"c\" how=\"h\"" TIMES
	    ">" POINT "<detail><__chat id=\"B\"/><remarks>");
	for (i = 0; i < 60000; i++)
		(void)buf_puts(&doc, "&lt;\xe2\x82\xac'\\");
	(void)buf_puts(&doc, "</remarks></detail></event>");
	f = of(buf_slice(&doc), "", NULL);
	assert_int_equal(f->chat.text.n, 60000 * 6);
	assert_true(slice_starts(f->chat.text, "<\xe2\x82\xac'\\<"));
	assert_true(utf8_valid(f->chat.text.p, f->chat.text.n));
	buf_fini(&doc);
}

/* Names in the detail that are too long are left out, alone. */
static void
test_facts_long_names(void **state)
{
	struct buf doc = {.max = 1 << 20};
	const struct facts *f;
	int i;

	(void)state;
	(void)buf_puts(&doc,
	    "<event version=\"2.0\" type=\"b-t-f\" uid=\"c\" how=\"h\"" TIMES
	    ">" POINT "<detail><__chat id=\"B\"><chatgrp uid0=\"A\" uid1=\"");
	for (i = 0; i < 1025; i++)
		(void)buf_putc(&doc, 'x');
	(void)buf_puts(&doc,
	    "\" uid2=\"B\" uidx=\"C\" uid=\"D\" uid99999=\"E\"/></__chat>"
	    "<remarks>t</remarks></detail></event>");
	f = of(buf_slice(&doc), "", NULL);
	assert_int_equal(f->chat.n_members, 2);
	is(f->chat.member[1], "B");
	is(f->chat.text, "t");
	buf_fini(&doc);
}

static void
test_facts_many_links(void **state)
{
	struct buf doc = {.max = 4 << 20};
	const struct facts *f;
	int i;

	(void)state;
	(void)buf_puts(&doc,
	    "<event version=\"2.0\" type=\"t-x-d-d\" uid=\"c\" how=\"h\"" TIMES
	    ">" POINT "<detail>");
	for (i = 0; i < 30000; i++)
		(void)buf_fmt(&doc, "<link uid=\"m%05d\"/>", i);
	(void)buf_puts(&doc, "</detail></event>");
	f = of(buf_slice(&doc), "", NULL);
	assert_int_equal(f->n_deleted, 256);
	buf_fini(&doc);
}

/* No memory for a part of it is no reason to lose the event. */
static void
test_facts_arena_full(void **state)
{
	(void)state;
	make(SLICE(EVENT(
		 "b-t-f", "c", "<__chat id=\"B\"/><remarks>a&amp;b</remarks>")),
	    "");
	arena_clear(&t.arena);
	t.arena.max = 16;
	assert_int_equal(facts_event(&t.facts, &t.rec, NOW, &t.arena), 0);
	assert_int_equal(facts_detail(&t.facts, &t.arena), -1);
	is(t.facts.event.uid, "c");
}

static void
test_facts_arena(void **state)
{
	struct arena a = {.max = (size_t)4 << 20};
	struct slice s;
	char *p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		p = arena_take(&a, 1);
		assert_non_null(p);
		*p = 'x';
		assert_non_null(arena_take(&a, (size_t)1 << 20));
		assert_non_null(arena_take(&a, (size_t)300 << 10));
		s = arena_copy(&a, SLICE("abc"));
		is(s, "abc");
		assert_int_equal(*p, 'x');
		assert_null(arena_take(&a, (size_t)4 << 20));
		assert_null(arena_take(&a, SIZE_MAX));
		arena_clear(&a);
	}
	arena_fini(&a);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_facts_event),
	    T(test_facts_arrival),
	    T(test_facts_missing),
	    T(test_facts_place),
	    T(test_facts_identity),
	    T(test_facts_again),
	    T(test_facts_groups),
	    T(test_facts_track),
	    T(test_facts_battery),
	    T(test_facts_chat),
	    T(test_facts_chat_poor),
	    T(test_facts_chat_message),
	    T(test_facts_chat_text_in_pieces),
	    T(test_facts_receipt),
	    T(test_facts_conn),
	    T(test_facts_long_chat),
	    T(test_facts_long_names),
	    T(test_facts_many_links),
	    T(test_facts_arena_full),
	    T(test_facts_arena),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
