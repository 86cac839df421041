/* What ots-store says of those who were there when the server ended: from the
 * records that it sees to those that it puts into the stream. */
#include "rows_fix.h"

#include "log.h"

#define HELLO "ev:hello\tversion:1\tprogram:ots-listen\tnode:n"
#define SAYS(conn, type, rest)                                                 \
	"ev:cot\tuid:X\ttype:" type "\tconn:" conn "\t" rest                   \
	"t:1714979299500000\txml:<event/>"
#define ENTERS(conn, uid, rest)                                                \
	"ev:cot\tuid:" uid "\ttype:a-f-G-U-C\thow:m-g\t"                       \
	"stale:2100-01-01T00:00:00.000Z\tlat:0\tlon:0\tcallsign:c\t"           \
	"endpoint:\t" rest "conn:" conn "\tt:1714979299000000\t"               \
	"xml:<event uid=\"" uid "\"/>"

/* The uids that are told, each with a blank; all must be. */
static const char *
told(struct world *w)
{
	static char text[1 << 16];
	struct slice rest, uid;
	size_t n = 0, turns = 0;
	const char *at;

	buf_clear(&w->out);
	latest_wanted(&w->rows.latest);
	while (w->rows.latest.wanted && turns++ < 1000) {
		size_t before = buf_size(&w->out);

		assert_int_equal(latest_send(&w->rows.latest, &w->out, NOW), 0);
		rest = buf_slice(&w->out);
		rest.p += before;
		rest.n -= before;
		while ((at = slice_find(rest, SLICE("\tuid:")))) {
			rest.n -= (size_t)(at + 5 - rest.p);
			rest.p = at + 5;
			uid = (struct slice){rest.p, strcspn(rest.p, "\t\n")};
			n += (size_t)str_fmt(text + n, sizeof text - n, "%.*s ",
			    (int)uid.n, uid.p);
		}
		buf_clear(&w->out);
	}
	assert_false(w->rows.latest.wanted);
	text[n] = '\0';
	return text;
}

/* All of it in a batch, then a new ots-listen. */
static const struct {
	const char *lines[5], *told;
} cases[] = {
    {{ENTERS("n.1.1", "A", "")}, "A "},
    {{ENTERS("n.1.1", "A", "via:tcp\t"), "ev:close\tconn:n.1.1\tt:1"}, ""},
    /* destinations: what one is told is not about its sender */
    {{ENTERS("n.1.1", "A", "dest-uid:B\t")}, ""},
    {{ENTERS("n.1.1", "A", "dest-callsign:b\t")}, ""},
    {{ENTERS("n.1.1", "A", "dest-mission:m\t")}, ""},
    {{ENTERS("n.1.1", "A", "dest-group:Red\t")}, ""},
    {{ENTERS("n.1.1", "A", "dest-callsign:All Streaming\t")}, "A "},
    {{ENTERS(
	 "n.1.1", "A", "dest-callsign:All Streaming\tdest-uid:B\tdest-uid:\t")},
	"A "},
    {{ENTERS("n.1.1", "A", "dest-callsign:All Streaming\tdest-group:Red\t")},
	""},
    /* incognito, and no longer */
    {{ENTERS("n.1.1", "A", ""), SAYS("n.1.1", "t-x-c-i-e", "")}, ""},
    {{ENTERS("n.1.1", "A", ""), SAYS("n.1.1", "t-x-c-i-e;x", "")}, ""},
    {{ENTERS("n.1.1", "A", ""), SAYS("n.2.1", "t-x-c-i-e", "")}, "A "},
    {{SAYS("n.1.1", "t-x-c-i-e", ""), ENTERS("n.1.1", "A", "")}, ""},
    {{SAYS("n.1.1", "t-x-c-i-e", ""), ENTERS("n.1.1", "A", ""),
	 SAYS("n.1.1", "t-x-c-i-d", "")},
	""},
    {{SAYS("n.1.1", "t-x-c-i-e", ""), SAYS("n.1.1", "t-x-c-i-d", ""),
	 ENTERS("n.1.1", "A", "")},
	"A "},
    /* but one of the mesh does not hide the others */
    {{ENTERS("n.1.1", "A", "via:udp\t"),
	 SAYS("n.1.1", "t-x-c-i-e", "via:udp\t")},
	"A "},
    /* what a local program says hides nobody */
    {{ENTERS("n.1.1", "A", ""), "ev:cot\tuid:X\ttype:t-x-c-i-e\txml:<x/>"},
	"A "},
    /* it leaves, or somebody else does */
    {{ENTERS("n.1.1", "A", ""), SAYS("n.1.1", "t-x-d-d", "link-uid:A\t")}, ""},
    {{ENTERS("n.1.1", "A", ""), SAYS("n.1.1", "t-x-d-d", "link-uid:B\t")},
	"A "},
    {{ENTERS("n.1.1", "A", ""), SAYS("n.2.1", "t-x-d-d", "link-uid:A\t")},
	"A "},
    {{ENTERS("n.1.1", "A", ""),
	 SAYS("n.1.1", "t-x-d-d", "link-uid:A\tdest-uid:B\t")},
	"A "},
    {{ENTERS("n.1.1", "A", ""), ENTERS("n.1.1", "B", ""),
	 SAYS("n.1.1", "t-x-d-d", "link-uid:A\t")},
	"B "},
};

static void
test_who(void **state)
{
	const struct fix *f = *state;
	struct world *w;
	size_t i, k;

	log_level(LOG_LEVEL_ERROR);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		w = world_new(f, MAIL_OFF);
		for (k = 0; k < 5 && cases[i].lines[k]; k++)
			add(w, cases[i].lines[k]);
		commit(w);
		assert_string_equal(told(w), "");
		add(w, HELLO);
		commit(w);
		if (strcmp(told(w), cases[i].told) != 0)
			fail_msg("case %zu: %s", i, told(w));
		world_free(w);
		fix_script(f,
		    "DELETE FROM ots_devices;"
		    "DELETE FROM ots_connections;"
		    "DELETE FROM ots_spool;");
	}
}

/* Whenever ots-route may be a new one. */
static void
test_when(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);

	add(w, "ev:hello\tversion:1\tprogram:ots-route\tnode:n");
	add(w, "ev:open\tconn:n.1.1\tagain:1");
	assert_false(w->rows.latest.wanted);
	add(w, "ev:announced\tnode:n\tround:1");
	assert_true(w->rows.latest.wanted);
	assert_int_equal(latest_send(&w->rows.latest, &w->out, NOW), 0);
	assert_false(w->rows.latest.wanted);
	add(w, HELLO);
	assert_true(w->rows.latest.wanted);
	world_free(w);
}

/* Many are told in steps, in which one may come back. */
static void
test_steps(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);
	struct latest *l = &w->rows.latest;
	static char line[4096];
	char pad[1800], uid[16];
	int i, steps = 0;

	log_level(LOG_LEVEL_ERROR);
	memset(pad, 'x', sizeof pad - 1);
	pad[sizeof pad - 1] = '\0';
	for (i = 0; i < 1000; i++) {
		assert_true(str_fmt(uid, sizeof uid, "D%03d", i) > 0);
		assert_true(str_fmt(line, sizeof line,
				"ev:cot\tuid:%s\ttype:a-f-G-U-C\tcallsign:%s\t"
				"endpoint:\tstale:2100-01-01T00:00:00.000Z\t"
				"conn:n.%d.1\txml:<event uid=\"%s\" x=\"%s\"/>",
				uid, uid, i, uid, pad) > 0);
		add(w, line);
	}
	add(w, HELLO);
	commit(w);
	w->out.max = 16 << 20;
	while (l->wanted) {
		assert_int_equal(latest_send(l, &w->out, NOW), 0);
		assert_true(buf_size(&w->out) < 600 << 10);
		if (++steps == 1) {
			assert_true(l->told > 100 && l->told < 500);
			/* of a full one nothing is asked */
			assert_int_equal(latest_send(l, &w->out, NOW), 0);
			assert_true(l->told < 500);
			add(w, ENTERS("n.2000.1", "D999", ""));
			commit(w);
		}
		buf_clear(&w->out);
		assert_true(steps < 10);
	}
	assert_true(steps > 2);
	assert_int_equal(l->told, 999);
	assert_int_equal(l->left, 0);
	/* asked anew in between: all from the first one on */
	latest_wanted(l);
	assert_int_equal(latest_send(l, &w->out, NOW), 0);
	buf_clear(&w->out);
	latest_wanted(l);
	while (l->wanted) {
		assert_int_equal(latest_send(l, &w->out, NOW), 0);
		buf_clear(&w->out);
	}
	assert_int_equal(l->told, 999);
	world_free(w);
}

static size_t
times(const struct buf *b, const char *text)
{
	struct slice rest = buf_slice(b), what = slice_of(text);
	const char *at;
	size_t n = 0;

	for (; (at = slice_find(rest, what)); n++) {
		rest.n -= (size_t)(at + 1 - rest.p);
		rest.p = at + 1;
	}
	return n;
}

static struct world *
with_users(const struct fix *f, struct accounts *a)
{
	struct world *w = world_new(f, MAIL_OFF);

	assert_int_equal(grants_refresh(&w->rows.grants, a), 0);
	return w;
}

/* The groups of a socket of the mesh are those of its open, also for a writer
 * that has not seen it. */
static void
test_mesh(void **state)
{
	const struct fix *f = *state;
	char why[256] = "";
	struct accounts *a = accounts_open(f->uri, why);
	struct world *w;

	assert_non_null(a);
	assert_int_equal(accounts_add(a, "alice", false), 0);
	w = with_users(f, a);
	add(w, "ev:open\tconn:n.1.1\tvia:udp\tgroup:Mesh\tgroup:A\\tB\tt:1");
	add(w, "ev:open\tconn:n.2.1\tvia:tcp\tt:1");
	add(w, "ev:open\tconn:n.3.1\tvia:tls\tuser:eve\tgroup:Mesh\tt:1");
	add(w, ENTERS("n.1.1", "A", "via:udp\t"));
	add(w, ENTERS("n.2.1", "B", "via:tcp\t"));
	add(w, ENTERS("n.3.1", "E", "via:tls\tuser:eve\t"));
	commit(w);
	world_free(w);
	w = with_users(f, a);
	add(w, ENTERS("n.1.1", "C", "via:udp\t"));
	add(w, HELLO);
	commit(w);
	assert_int_equal(latest_send(&w->rows.latest, &w->out, NOW), 0);
	assert_int_equal(times(&w->out, "ev:latest"), 4);
	assert_int_equal(
	    times(&w->out, "\tgroup:A\\tB\tgroup:Mesh\txml:<event uid=\"A"), 1);
	assert_int_equal(
	    times(&w->out, "\tgroup:A\\tB\tgroup:Mesh\txml:<event uid=\"C"), 1);
	assert_int_equal(
	    times(&w->out, "\tgroup:__ANON__\txml:<event uid=\"B"), 1);
	assert_int_equal(times(&w->out, "\tuser:eve\txml:<event uid=\"E"), 1);
	assert_int_equal(times(&w->out, "\tgroup:"), 5);
	world_free(w);
	accounts_close(&a);
}

/* So many that the first ones are forgotten. */
static void
test_own(void **state)
{
	struct own o;
	char conn[32];
	int i;

	(void)state;
	own_init(&o, seed);
	assert_null(own_get(&o, SLICE("n.1.1")));
	own_put(&o, SLICE("n.1.1"), SLICE("Red"));
	own_put(&o, SLICE("n.2.1"), SLICE("Red"));
	own_put(&o, SLICE("n.1.1"), SLICE("Blue"));
	assert_int_equal(o.n, 2);
	assert_string_equal(own_get(&o, SLICE("n.1.1")), "Blue");
	for (i = 3; i < OWN_MAX + 2; i++) {
		assert_true(str_fmt(conn, sizeof conn, "n.%d.1", i) > 0);
		own_put(&o, slice_of(conn), SLICE("Red"));
	}
	assert_int_equal(o.n, OWN_MAX);
	assert_null(own_get(&o, SLICE("n.2.1")));
	assert_string_equal(own_get(&o, SLICE("n.1.1")), "Blue");
	own_fini(&o);
}

#define TESTS(X)                                                               \
	X(test_who), X(test_when), X(test_steps), X(test_mesh), X(test_own)
FIX_MAIN(TESTS)
