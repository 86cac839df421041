/* store.h on each engine: a fault at every step of a commit, and kill -9: each
 * event is there once. */
#include "store_fix.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* Faults --------------------------------------------------------------------*/

/* An engine whose fault_at-th call does not come through: the database is lost
 * before it, or after it has been done. */
static struct {
	const struct db_engine *real;
	const struct fix *f;
	int calls, at;
	bool after;
} fault;

static void
end_others(const struct fix *f)
{
	fix_script(f,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
	    "WHERE pid <> pg_backend_pid() AND datname = current_database()");
}

static int
lose(struct db *d)
{
	if (is_pg(fault.f))
		end_others(fault.f);
	return db_fail(d, EAGAIN, "a fault of the test's");
}

#define FAULTY(d, type, call)                                                  \
	do {                                                                   \
		bool now_ = ++fault.calls == fault.at;                         \
		type r_;                                                       \
                                                                               \
		if (now_ && !fault.after)                                      \
			return lose(d);                                        \
		r_ = fault.real->call;                                         \
		return now_ ? lose(d) : r_;                                    \
	} while (0)

static int64_t
faulty_exec(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	FAULTY(d, int64_t, exec(d, id, v, n));
}

static int
faulty_script(struct db *d, const char *sql)
{
	/* There is nothing between SQLite and its answer. */
	if (!strcmp(sql, "ROLLBACK") ||
	    (fault.after && !is_pg(fault.f) && strcmp(sql, "COMMIT") != 0))
		return fault.real->script(d, sql);
	FAULTY(d, int, script(d, sql));
}

static int
faulty_query(struct db *d, struct db_rows *r, const struct db_val *v, size_t n)
{
	if (++fault.calls == fault.at)
		return lose(d);
	return fault.real->query(d, r, v, n);
}

static int
faulty_begin(struct db_load *l)
{
	if (++fault.calls == fault.at)
		return lose(l->db);
	return fault.real->load_begin(l);
}

static int
faulty_row(struct db_load *l, const struct db_val *v, size_t n)
{
	FAULTY(l->db, int, load_row(l, v, n));
}

static int
faulty_end(struct db_load *l)
{
	if (!fault.after && fault.calls + 1 == fault.at)
		fault.real->load_drop(l);
	FAULTY(l->db, int, load_end(l));
}

/* A batch of what there is, of names of its own. */
static void
add_batch(struct store *s, int n)
{
	struct store_blob b = {.title = SLICE("t"), .json = SLICE("{}")};
	struct store_mail m = {.receiver = SLICE("D"),
	    .receipt = SLICE("r"),
	    .expires = INT64_MAX};
	struct store_conn c = {.conn = SLICE("n.1.2"), .t = T0 + n};
	char uid[32], type[32];
	struct store_event e;

	str_fmt(uid, sizeof uid, "E%d", n);
	str_fmt(type, sizeof type, "a-f-%d", n);
	e = position(uid, n);
	e.type = S(type);
	e.lon = n % 180 + 0.5;
	OK(store_add_open(s, &c));
	OK(store_add(s, &e));
	OK(store_add_chat(s,
	    &(struct store_chat){.text = S(uid),
		.room = S(uid),
		.member = &e.uid,
		.n_members = 1}));
	OK(store_add_item(s, &(struct store_item){.kind = "marker"}));
	e.device = SLICE("DEV-1");
	e.uid = SLICE("ALARM");
	OK(store_add(s, &e));
	OK(store_add_alert(s, &(struct store_alert){.type = S("x")}));
	OK(store_add_stats(s, &b));
	OK(store_add_mail(s, &m));
	OK(store_add_delivered(s, S("r"), S("D"), S(""), 5));
	OK(store_add_close(s, &c));
}

/* Commit it with a fault at that call: 1: there were fewer calls. */
static int
commit_with_fault(struct store *s, int at, uint64_t place)
{
	int i, r;

	fault.calls = 0;
	fault.at = at;
	r = commit(s, place);
	fault.at = 0;
	if (r == 0)
		return 1;
	assert_int_equal(errno, EAGAIN);
	FAILS(store_add_restart(s, S("n"), 1), ENOBUFS);
	for (i = 0; i < 5 && (r = commit(s, place)) < 0; i++)
		assert_int_equal(errno, EAGAIN);
	OK(r);
	return 0;
}

static void
test_faults(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct db_engine faulty = *s->db->engine;
	int n = 0, at, r;

	fault.real = s->db->engine;
	fault.f = f;
	faulty.exec = faulty_exec;
	faulty.script = faulty_script;
	faulty.query = faulty_query;
	faulty.load_begin = faulty_begin;
	faulty.load_row = faulty_row;
	faulty.load_end = faulty_end;
	s->db->engine = &faulty;
	for (r = 0; r < 2; r++) {
		fault.after = r == 1;
		for (at = 1;; at++) {
			n++;
			add_batch(s, n);
			if (commit_with_fault(s, at, (uint64_t)n))
				break;
		}
		assert_true(at > 40); /* all of these have failed */
	}
	s->db->engine = fault.real;
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 2 * n);
	assert_int_equal(count_of(f,
			     "SELECT count(DISTINCT uid) "
			     "FROM ots_events"),
	    n + 1);
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_positions"), 2 * n);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_chats"), n);
	assert_int_equal(
	    count_of(f, "SELECT count(DISTINCT text) FROM ots_chats"), n);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_items"), n);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_stats"), n);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_types"), n + 1);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_alerts"), 1);
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_mail WHERE state = 2"), n);
	assert_int_equal(count_of(f,
			     "SELECT count(*) FROM ots_events e "
			     "JOIN ots_types t ON t.id = e.type_id"),
	    2 * n);
	store_close(&s);
}

/* kill -9 -------------------------------------------------------------------*/

#define ALL   4000
#define BATCH 40

/* A child's part: from where it is in the database to the end. */
static void
child(const struct fix *f)
{
	char why[256], uid[32];
	struct store *s = store_open(f->uri, why);
	struct store_place p;
	struct store_event e;
	int i;

	if (!s || store_place(s, SPOOL, &p) < 0)
		_exit(1);
	while (p.offset < ALL) {
		for (i = 0; i < BATCH; i++) {
			str_fmt(uid, sizeof uid, "E%d", (int)p.offset + i);
			e = position(uid, 0);
			if (store_add(s, &e) < 0)
				_exit(1);
		}
		p.offset += BATCH;
		if (store_commit(s, SPOOL, &p) < 0)
			_exit(1);
	}
	_exit(0);
}

/* true: it came to its end. */
static bool
run_for(const struct fix *f, long ms)
{
	struct timespec ts = {.tv_nsec = ms * 1000000};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		child(f);
	nanosleep(&ts, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_kill(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	long ms;

	for (ms = 5; !run_for(f, ms % 997); ms += 3)
		assert_true(ms < 990);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), ALL);
	assert_int_equal(
	    count_of(f, "SELECT count(DISTINCT uid) FROM ots_events"), ALL);
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_positions"), ALL);
	store_close(&s);
}

#define TESTS(X) X(test_faults), X(test_kill)

FIX_MAIN(TESTS)
