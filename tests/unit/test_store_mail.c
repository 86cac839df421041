/* store.h on each engine: mail, and the devices and connections that the writer
 * asks for. */
#include "store_fix.h"

/* Mail ----------------------------------------------------------------------*/

static int
put_letter(void *arg, const struct store_letter *l)
{
	char name[64];
	const char *at = l->groups;

	buf_fmt(arg, "%s/%lld/%s/%s:", l->receipt, (long long)l->tries, l->uid,
	    l->xml);
	while (store_groups_next(&at, name, sizeof name) >= 0)
		buf_fmt(arg, "%s,", name);
	return 0;
}

/* For a device of alice at n.9.9. */
static struct store_mail_query
question(const char *who, int64_t now)
{
	return (struct store_mail_query){.receiver = S(who),
	    .user = SLICE("alice"),
	    .conn = SLICE("n.9.9"),
	    .upto = now,
	    .sent_before = 0,
	    .now = now,
	    .max = 2};
}

static const char *
answer(struct store *s, struct store_mail_query q)
{
	static char text[4096];
	struct buf b;

	buf_init(&b, sizeof text - 1);
	OK(store_each_mail(s, &q, put_letter, &b));
	if (buf_size(&b))
		memcpy(text, buf_data(&b), buf_size(&b));
	text[buf_size(&b)] = '\0';
	buf_fini(&b);
	return text;
}

static const char *
mail_for(struct store *s, const char *who, int64_t now)
{
	return answer(s, question(who, now));
}

static void
letter(struct store *s, int n, const char *receipt)
{
	struct store_event e = message("M", "b-t-f", n);
	struct store_mail m = {.receiver = SLICE("DEV-2"),
	    .user = SLICE("alice"),
	    .receipt = S(receipt),
	    .expires = T0 + 100000000};

	OK(store_add(s, &e));
	OK(store_add_mail(s, &m));
	m.receiver = SLICE("DEV-3");
	OK(store_add_mail(s, &m));
}

#define LETTER(receipt, tries) receipt "/" tries "/M/<event/>:Blue,__ANON__,"

static void
test_mail(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	int64_t now = T0 + 50000000, n;
	struct slice alice = SLICE("alice");

	letter(s, 1, "r1");
	letter(s, 2, "r2");
	letter(s, 3, "r3");
	/* Told in the same batch. */
	OK(store_add_delivered(s, S("r1"), S("DEV-3"), alice, now));
	OK(commit(s, 1));
	assert_true(store_last_id(s) == T0 + 3000000);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_letters"), 3);
	assert_string_equal(
	    mail_for(s, "DEV-2", now), LETTER("r1", "0") LETTER("r2", "0"));
	OK(store_mail_count(s, S("DEV-3"), alice, now, &n));
	assert_int_equal(n, 2);
	OK(store_mail_count(s, S("DEV-3"), S(""), now, &n));
	assert_int_equal(n, 0);
	OK(store_add_delivered(s, S("r2"), S("DEV-2"), alice, now));
	OK(store_add_delivered(s, S("unknown"), S("DEV-2"), alice, now));
	OK(commit(s, 2));
	assert_string_equal(
	    mail_for(s, "DEV-2", now), LETTER("r1", "0") LETTER("r3", "0"));
	/* Too young; expired; nobody's. */
	assert_string_equal(mail_for(s, "DEV-2", T0 + 1000000 - 1), "");
	assert_string_equal(mail_for(s, "DEV-2", T0 + 100000000), "");
	assert_string_equal(mail_for(s, "DEV-9", now), "");
	/* It outlives its event. */
	while (store_retain(s, STORE_EVENTS, now) > 0)
		;
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 0);
	assert_string_equal(
	    mail_for(s, "DEV-2", now), LETTER("r1", "0") LETTER("r3", "0"));
	store_close(&s);
}

/* It is of the user whose the device was, and of no other. */
static void
test_mail_of_a_user(void **state)
{
	static const char *const users[] = {"", "alice", "Alice", "bob"};
	struct store *s = open_it(*state);
	struct store_event e = message("M", "b-t-f", 1);
	struct store_mail m = {.receiver = SLICE("DEV-2"),
	    .receipt = SLICE("r"),
	    .expires = T0 + 100000000};
	struct store_mail_query q = question("DEV-2", T0 + 50000000);
	size_t i;

	OK(store_add(s, &e));
	OK(store_add_mail(s, &m));
	m.receiver = SLICE("DEV-3");
	m.user = SLICE("alice");
	OK(store_add_mail(s, &m));
	OK(commit(s, 1));
	for (i = 0; i < 4; i++) {
		q.user = S(users[i]);
		q.receiver = SLICE("DEV-2");
		assert_string_equal(
		    answer(s, q), i == 0 ? LETTER("r", "0") : "");
		q.receiver = SLICE("DEV-3");
		assert_string_equal(
		    answer(s, q), i == 1 ? LETTER("r", "0") : "");
	}
	/* Nor does another one take it. */
	OK(store_add_delivered(s, S("r"), S("DEV-2"), S("bob"), T0));
	OK(store_add_delivered(s, S("r"), S("DEV-3"), S(""), T0));
	OK(store_add_delivered(s, S("r"), S("DEV-3"), S("bob"), T0));
	OK(commit(s, 2));
	assert_string_equal(answer(s, q), "");
	q.user = S("alice");
	assert_string_equal(answer(s, q), LETTER("r", "0"));
	OK(store_add_delivered(s, S("r"), S("DEV-3"), S("alice"), T0));
	OK(commit(s, 3));
	assert_string_equal(answer(s, q), "");
	store_close(&s);
}

/* What was sent over a connection is not sent there again, and over another one
 * when that has ended without it. */
static void
test_mail_sent(void **state)
{
	struct store *s = open_it(*state);
	int64_t now = T0 + 50000000;
	struct store_mail_query q = question("DEV-2", now);
	struct store_conn c = {.conn = SLICE("n.9.9"), .t = T0};

	OK(store_add_open(s, &c));
	letter(s, 1, "r1");
	OK(commit(s, 1));
	OK(store_add_sent(s, S("r1"), S("DEV-2"), c.conn, now));
	OK(commit(s, 2));
	assert_string_equal(answer(s, q), "");
	q.sent_before = now + 1;
	assert_string_equal(answer(s, q), "");
	q.conn = SLICE("n.9.10");
	assert_string_equal(answer(s, q), LETTER("r1", "1"));
	q.sent_before = now;
	assert_string_equal(answer(s, q), "");
	OK(store_add_close(s, &c));
	OK(commit(s, 3));
	assert_string_equal(answer(s, q), LETTER("r1", "1"));
	q.conn = SLICE("n.9.9");
	assert_string_equal(answer(s, q), "");
	store_close(&s);
}

static int
put_receiver(void *arg, struct slice uid, struct slice user)
{
	return buf_fmt(arg, "%.*s/%.*s;", (int)uid.n, uid.p, (int)user.n,
	    user.n ? user.p : "");
}

#define BUF_IS(want)                                                           \
	do {                                                                   \
		buf_putc(&b, '\0');                                            \
		assert_string_equal(buf_data(&b), want);                       \
		buf_clear(&b);                                                 \
	} while (0)

static void
test_receivers(void **state)
{
	struct store *s = open_it(*state);
	struct buf b;

	buf_init(&b, 1 << 20);
	letter(s, 1, "r1");
	letter(s, 2, "r2");
	OK(store_each_receiver(s, S("r1"), put_receiver, &b));
	BUF_IS("DEV-2/alice;DEV-3/alice;");
	OK(store_each_receiver(s, S("r3"), put_receiver, &b));
	BUF_IS("");
	OK(store_add_delivered(s, S("r1"), S("DEV-2"), S("alice"), T0));
	OK(commit(s, 1));
	OK(store_each_receiver(s, S("r1"), put_receiver, &b));
	BUF_IS("DEV-3/alice;");
	OK(store_each_receiver(s, S("r2"), put_receiver, &b));
	BUF_IS("DEV-2/alice;DEV-3/alice;");
	buf_fini(&b);
	store_close(&s);
}

/* Devices -------------------------------------------------------------------*/

static int
put_device(void *arg, const struct store_device *d)
{
	return buf_fmt(arg, "%s/%s/%s/%s/%lld;", d->uid,
	    d->callsign ? d->callsign : "-", d->user ? d->user : "-", d->conn,
	    (long long)(d->last_seen - T0) / 1000000);
}

static void
test_reading(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	struct buf b;
	char name[16];
	int i;

	buf_init(&b, 1 << 20);
	for (i = 1000; i < 2100; i++) {
		str_fmt(name, sizeof name, "D%04d", i);
		e = position(name, i);
		e.callsign = i < 1002 ? S("TWIN") : S(name);
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	OK(store_each_device_named(s, S("TWIN"), put_device, &b));
	BUF_IS("D1000/TWIN/alice/n.1.2/1000;D1001/TWIN/alice/n.1.2/1001;");
	assert_int_equal(store_device(s, S("D1500"), put_device, &b), 1);
	BUF_IS("D1500/D1500/alice/n.1.2/1500;");
	assert_int_equal(store_device(s, S("none"), put_device, &b), 0);
	OK(store_each_device(s, T0 + 2098 * INT64_C(1000000), put_device, &b));
	BUF_IS("D2098/D2098/alice/n.1.2/2098;D2099/D2099/alice/n.1.2/2099;");
	OK(store_each_device(s, 0, put_device, &b));
	assert_int_equal(buf_size(&b),
	    1098 * strlen("D1500/D1500/alice/n.1.2/1500;") +
		2 * strlen("D1001/TWIN/alice/n.1.2/1001;"));
	buf_fini(&b);
	store_close(&s);
}

static void
seen(struct store *s, const char *uid, const char *callsign, const char *user,
    const char *conn, int n)
{
	struct store_event e = position(uid, n);

	e.callsign = S(callsign);
	e.user = S(user);
	e.conn = S(conn);
	OK(store_add(s, &e));
}

/* What is not yet in the database is known, too. */
static void
test_devices_of_the_batch(void **state)
{
	struct store *s = open_it(*state);
	struct store_conn c = {.conn = SLICE("n.1.2"), .t = T0};
	struct store_event e;
	struct buf b;

	buf_init(&b, 1 << 20);
	seen(s, "A", "one", "alice", "n.1.2", 1);
	seen(s, "B", "two", "bob", "n.2.2", 1);
	seen(s, "C", "two", "carol", "n.3.2", 1);
	assert_int_equal(store_device(s, S("A"), put_device, &b), 1);
	BUF_IS("A/one/alice/n.1.2/1;");
	assert_int_equal(store_device(s, S("X"), put_device, &b), 0);
	OK(store_each_device_named(s, S("two"), put_device, &b));
	BUF_IS("B/two/bob/n.2.2/1;C/two/carol/n.3.2/1;");
	OK(store_each_device(s, T0, put_device, &b));
	BUF_IS("A/one/alice/n.1.2/1;B/two/bob/n.2.2/1;C/two/carol/n.3.2/1;");
	OK(commit(s, 1));
	/* Another callsign and connection, no user; only heard of; new. */
	seen(s, "A", "two", "", "n.4.2", 5);
	e = message("M", "b-t-f", 6);
	e.device = SLICE("B");
	e.conn = SLICE("n.2.2");
	OK(store_add(s, &e));
	seen(s, "D", "two", "dave", "n.5.2", 7);
	OK(store_each_device_named(s, S("one"), put_device, &b));
	BUF_IS("");
	OK(store_each_device_named(s, S("two"), put_device, &b));
	BUF_IS("B/two/bob/n.2.2/6;C/two/carol/n.3.2/1;A/two/-/n.4.2/5;"
	       "D/two/dave/n.5.2/7;");
	/* Seen long ago, and now. */
	OK(store_each_device(s, T0 + 5000000, put_device, &b));
	BUF_IS("A/two/-/n.4.2/5;B/two/bob/n.2.2/6;D/two/dave/n.5.2/7;");
	c.conn = SLICE("n.3.2");
	OK(store_add_close(s, &c));
	c.conn = SLICE("n.5.2");
	OK(store_add_close(s, &c));
	OK(store_each_device_named(s, S("two"), put_device, &b));
	BUF_IS("B/two/bob/n.2.2/6;C/two/carol//1;A/two/-/n.4.2/5;"
	       "D/two/dave//7;");
	/* And it is so in the database. */
	OK(commit(s, 2));
	OK(store_each_device(s, 0, put_device, &b));
	BUF_IS("A/two/-/n.4.2/5;B/two/bob/n.2.2/6;C/two/carol//1;"
	       "D/two/dave//7;");
	buf_fini(&b);
	store_close(&s);
}

static int
put_open(void *arg, const struct store_open *o)
{
	return buf_fmt(arg, "%s/%s/%s/%d;", o->conn, o->user ? o->user : "-",
	    o->device ? o->device : "-", o->incognito);
}

static void
test_open_connections(void **state)
{
	struct store *s = open_it(*state);
	struct store_conn c = {
	    .conn = SLICE("n.1.2"), .user = SLICE("alice"), .t = T0};
	struct buf b;
	char conn[16];
	int i;

	buf_init(&b, 1 << 20);
	OK(store_add_open(s, &c));
	seen(s, "A", "one", "alice", "n.1.2", 1);
	seen(s, "B", "two", "alice", "n.1.2", 2);
	seen(s, "C", "three", "carol", "n.2.2", 1);
	seen(s, "D", "four", "", "n.3.2", 1);
	c.conn = SLICE("n.4.2");
	OK(store_add_open(s, &c));
	c.conn = SLICE("n.2.2");
	OK(store_add_close(s, &c));
	OK(store_add_hidden(s, S("n.3.2"), true));
	OK(commit(s, 1));
	OK(store_each_open(s, put_open, &b));
	BUF_IS("n.1.2/alice/B/0;n.3.2/-/D/1;n.4.2/alice/-/0;");
	for (i = 0; i < 1200; i++) {
		str_fmt(conn, sizeof conn, "x.%d.1", i);
		c = (struct store_conn){.conn = S(conn), .t = T0};
		OK(store_add_open(s, &c));
	}
	OK(commit(s, 2));
	OK(store_each_open(s, put_open, &b));
	assert_int_equal(buf_size(&b),
	    strlen("n.1.2/alice/B/0;n.3.2/-/D/1;n.4.2/alice/-/0;") +
		1200 * strlen("x.1.1/-/-/0;") + 90 + 900 * 2 + 200 * 3);
	buf_fini(&b);
	store_close(&s);
}

#define TESTS(X)                                                               \
	X(test_mail), X(test_mail_of_a_user), X(test_mail_sent),               \
	    X(test_receivers), X(test_reading), X(test_devices_of_the_batch),  \
	    X(test_open_connections)

FIX_MAIN(TESTS)
