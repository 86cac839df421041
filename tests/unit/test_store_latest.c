/* Who was on the others' maps when a server ended, and is not back yet. */
#include "store_fix.h"

struct told {
	struct buf text;
	size_t n, max;
};

static int
put(void *arg, const struct store_latest *l)
{
	struct told *t = arg;

	assert_int_equal(buf_fmt(&t->text, "%s ", l->uid), 0);
	t->n++;
	return t->n == t->max;
}

/* Uids, each with a blank. */
static const char *
told(struct store *s, const char *after, int64_t now, size_t max)
{
	static char text[1 << 16];
	struct told t = {.max = max};

	buf_init(&t.text, sizeof text);
	OK(store_each_latest(s, after, now, put, &t));
	assert_true(str_fmt(text, sizeof text, "%.*s", (int)buf_size(&t.text),
			buf_data(&t.text)) >= 0);
	buf_fini(&t.text);
	return text;
}

#define ALL(s) told(s, "", T0, SIZE_MAX)

/* One step: what happens, the device, the connection. */
static void
step(struct store *s, const char *what, int n)
{
	char kind[2], uid[8], conn[8];
	struct store_event e;
	struct store_conn c = {.t = T0 + n * INT64_C(1000000)};

	if (*what == 'R') {
		OK(store_add_restart(s, S("n"), c.t));
		return;
	}
	assert_int_equal(strlen(what), 11);
	memcpy(kind, what, 2);
	memcpy(uid, what + 2, 2);
	memcpy(conn, what + 5, 6);
	kind[1] = uid[2] = conn[5] = '\0';
	c.conn = S(conn);
	e = position(uid, n);
	e.conn = S(conn);
	e.shown = *kind == 'p' || *kind == '0';
	if (*kind == '0') /* shown, but nowhere */
		e.located = false;
	if (*kind == 'm')
		e.identity = e.located = false;
	if (strchr("p0hm", *kind))
		OK(store_add(s, &e));
	else if (*kind == 'l')
		OK(store_add_left(s, S(conn), S(uid)));
	else if (*kind == 'x')
		OK(store_add_close(s, &c));
	else
		OK(store_add_hidden(s, S(conn), *kind == 'e'));
}

/* p: a position for all; 0: one of nowhere; h: a position not for all; m: a
 * message; l: it takes its leave; x: close; e, d: incognito, no longer; R: a
 * new ots-listen. */
static const struct {
	const char *steps[8], *told;
} cases[] = {
    {{"p D1 n.1.1"}, ""}, /* it is still here */
    {{"p D1 n.1.1 ", "R"}, "D1 "},
    {{"0 D1 n.1.1 ", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "p D2 n.2.1 ", "R"}, "D1 D2 "},
    {{"p D1 n.1.1 ", "p D2 n.1.1 ", "R"}, "D1 D2 "}, /* a relay */
    {{"p D1 n.1.1 ", "R", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "m D1 n.1.1 ", "R"}, "D1 "},
    {{"p D1 o.1.1 ", "R"}, ""}, /* of another node */
    /* had left */
    {{"p D1 n.1.1 ", "x D1 n.1.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "p D2 n.2.1 ", "x D1 n.1.1 ", "R"}, "D2 "},
    {{"p D1 n.1.1 ", "l D1 n.1.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "l D1 n.1.1 ", "p D1 n.1.1 ", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "l D1 n.2.1 ", "R"}, "D1 "}, /* says another */
    {{"p D1 n.1.1 ", "p D1 n.2.1 ", "x D1 n.1.1 ", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "p D1 n.2.1 ", "x D1 n.2.1 ", "R"}, ""},
    /* incognito */
    {{"p D1 n.1.1 ", "e -- n.1.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "e -- n.1.1 ", "p D1 n.1.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "e -- n.2.1 ", "R"}, "D1 "},
    {{"e -- n.1.1 ", "p D1 n.1.1 ", "R"}, ""},
    {{"e -- n.1.1 ", "p D1 n.1.1 ", "d -- n.1.1 ", "R"}, ""},
    {{"e -- n.1.1 ", "p D1 n.1.1 ", "d -- n.1.1 ", "p D1 n.1.1 ", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "p D2 n.1.1 ", "e -- n.1.1 ", "R"}, ""},
    /* not for all */
    {{"h D1 n.1.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "h D1 n.1.1 ", "R"}, "D1 "},
    /* has come back */
    {{"p D1 n.1.1 ", "R", "p D1 n.9.1 "}, ""},
    {{"p D1 n.1.1 ", "R", "h D1 n.9.1 "}, ""},
    {{"p D1 n.1.1 ", "R", "m D1 n.9.1 "}, ""},
    {{"p D1 n.1.1 ", "R", "p D1 n.9.1 ", "x D1 n.9.1 "}, ""},
    {{"p D1 n.1.1 ", "R", "p D1 n.9.1 ", "R"}, "D1 "},
    {{"p D1 n.1.1 ", "R", "h D1 n.9.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "R", "p D1 n.9.1 ", "e -- n.9.1 ", "R"}, ""},
    {{"p D1 n.1.1 ", "p D2 n.2.1 ", "R", "p D2 n.9.1 "}, "D1 "},
};

/* Batch after batch of so many steps. */
static void
try(const struct fix *f, size_t at, size_t each)
{
	struct store *s = open_it(f);
	uint64_t offset = 0;
	size_t i;

	for (i = 0; i < 8 && cases[at].steps[i]; i++) {
		char text[12] = "           ";

		if (i % each == 0 && i)
			OK(commit(s, ++offset));
		memcpy(text, cases[at].steps[i], strlen(cases[at].steps[i]));
		step(s, *text == 'R' ? "R" : text, (int)i + 1);
	}
	OK(commit(s, ++offset));
	if (strcmp(ALL(s), cases[at].told) != 0)
		fail_msg("case %zu by %zu: told %s", at, each, ALL(s));
	store_close(&s);
}

static void
test_who(void **state)
{
	const struct fix *f = *state;
	size_t i, each;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (each = 1; each < 4; each++) {
			/* 1: each for itself; 3: nearly all at once */
			struct store *s = open_it(f);

			store_close(&s);
			fix_script(f,
			    "DELETE FROM ots_devices;"
			    "DELETE FROM ots_connections;"
			    "DELETE FROM ots_spool;");
			try(f, i, each == 3 ? 8 : each);
		}
}

static int
check_one(void *arg, const struct store_latest *l)
{
	(void)arg;
	assert_string_equal(l->uid, "D1");
	assert_string_equal(l->user, "alice");
	assert_string_equal(l->groups, "Blue\t__ANON__");
	assert_string_equal(l->xml, "<event/>");
	assert_true(l->stale == T0 + 60000000);
	assert_true(l->id == T0 + 1000000);
	return 0;
}

/* It is the event that was shown, not a later one; also when events are
 * forgotten. */
static void
test_what(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("D1", 1);
	int i;

	OK(store_add(s, &e));
	e = position("D1", 2);
	e.shown = false;
	e.xml = S("<other/>");
	e.groups = NULL;
	e.n_groups = 0;
	OK(store_add(s, &e));
	OK(store_add_restart(s, S("n"), T0 + 3000000));
	OK(commit(s, 1));
	OK(store_each_latest(s, "", T0, check_one, NULL));
	assert_string_equal(told(s, "", T0 + 59999999, SIZE_MAX), "D1 ");
	assert_string_equal(told(s, "", T0 + 60000000, SIZE_MAX), "");
	/* The last one of its uid is kept, and that is not it. */
	while (store_retain(s, STORE_EVENTS, INT64_MAX) > 0)
		;
	assert_string_equal(ALL(s), "");
	for (i = 3; i < 5; i++) {
		e = position("D1", i);
		OK(store_add(s, &e));
	}
	OK(store_add_restart(s, S("n"), T0 + 6000000));
	OK(commit(s, 2));
	while (store_retain(s, STORE_EVENTS, INT64_MAX) > 0)
		;
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 0);
	assert_string_equal(ALL(s), "D1 ");
	store_close(&s);
}

/* Some at a time, in the order of their uids. */
static void
test_pages(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	char name[16];
	int i;

	for (i = 0; i < 1100; i++) {
		assert_true(str_fmt(name, sizeof name, "D%04d", i) > 0);
		e = position(name, i);
		if (i % 500 == 0)
			e.stale = T0 + 1000;
		OK(store_add(s, &e));
	}
	OK(store_add_restart(s, S("n"), T0 + 1200 * INT64_C(1000000)));
	OK(commit(s, 1));
	/* All but the three that are stale. */
	assert_int_equal(
	    strlen(told(s, "", T0 + 2000, SIZE_MAX)), 1097 * strlen("D0001 "));
	assert_string_equal(told(s, "", T0 + 2000, 2), "D0001 D0002 ");
	assert_string_equal(told(s, "D0499", T0 + 2000, 1), "D0501 ");
	assert_string_equal(
	    told(s, "D1097", T0 + 2000, SIZE_MAX), "D1098 D1099 ");
	assert_string_equal(told(s, "D1099", T0 + 2000, SIZE_MAX), "");
	store_close(&s);
}

#define TESTS(X) X(test_who), X(test_what), X(test_pages)
FIX_MAIN(TESTS)
