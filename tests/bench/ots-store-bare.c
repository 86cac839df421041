/* What the database takes of the rows that ots-store has made, without it: all
 * rows of its tables are read into memory, and then written into new tables
 * with the same indexes, by COPY (SQLite: one prepared INSERT for each row).
 *
 *   ots-store-bare [-b BATCHES] FROM TO
 *
 * Both are URIs; TO has no tables yet. Each of so many transactions writes as
 * many rows of each table as the others. Left out are tables of a few rows
 * (numbers of types and of sets of groups, counters, the place in the spool).
 * Prints one key=value line. The time of the rows only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "num.h"
#include "store_db.h"

#define TABLES(X)                                                              \
	X("ots_events")                                                        \
	X("ots_positions")                                                     \
	X("ots_visits")                                                        \
	X("ots_latest")                                                        \
	X("ots_devices")                                                       \
	X("ots_connections")                                                   \
	X("ots_chatrooms")                                                     \
	X("ots_chat_members")                                                  \
	X("ots_chats")                                                         \
	X("ots_receipts")                                                      \
	X("ots_items")                                                         \
	X("ots_alerts")                                                        \
	X("ots_casevacs")                                                      \
	X("ots_videos")                                                        \
	X("ots_fileshares")                                                    \
	X("ots_stats")                                                         \
	X("ots_deletions")                                                     \
	X("ots_letters")                                                       \
	X("ots_mail")                                                          \
	X("ots_cells")                                                         \
	X("ots_group_set_members")

static const char *const names[] = {
#define X(name) name,
    TABLES(X)
#undef X
};
enum { N_TABLES = sizeof names / sizeof *names };

struct table {
	struct buf select, insert;
	enum db_type type[DB_PARAMS_MAX];
	size_t columns, rows, cap;
	struct db_val *value; /* row after row */
};

static struct table tables[N_TABLES];
static uint64_t batches = 10, batch;

_Noreturn static void
give_up(const char *what, const char *why)
{
	fprintf(stderr, "ots-store-bare: fatal: %s: %s\n", what, why);
	exit(111);
}

static void *
must(void *p)
{
	if (!p)
		give_up("rows", "no memory");
	return p;
}

static struct db *
open_with(const char *uri, const char *const *sql, size_t n)
{
	static struct db_schema s;
	char why[256];
	struct db *d;

	s = store_schema;
	s.sql = sql;
	s.n_sql = n;
	d = db_open(uri, &s, why);
	if (!d || db_heavy(d) < 0)
		give_up(uri, d ? db_why(d) : why);
	return d;
}

/* What is there ------------------------------------------------------------*/

static enum db_type
type_of(const char *name)
{
	switch (*name) {
	case 'b':
		return strcmp(name, "boolean") == 0 ? DB_BOOL : DB_I64;
	case 'i':
		return DB_I64;
	case 'd':
		return DB_DOUBLE;
	default:
		return DB_TEXT;
	}
}

/* "SELECT a, b FROM t ORDER BY 1", "INSERT INTO t (a, b) VALUES ($1, $2)" */
static void
make_sql(struct table *t, const char *name, struct db_rows *r, struct db *d)
{
	struct buf params;
	int got;

	buf_init(&t->select, 4096);
	buf_init(&t->insert, 4096);
	buf_init(&params, 4096);
	buf_puts(&t->select, "SELECT ");
	buf_fmt(&t->insert, "INSERT INTO %s (", name);
	while ((got = db_next(r)) == 1 && t->columns < DB_PARAMS_MAX) {
		const char *column = db_get_text(r, 0),
			   *comma = t->columns ? ", " : "";

		t->type[t->columns++] = type_of(db_get_text(r, 1));
		buf_fmt(&t->select, "%s%s", comma, column);
		buf_fmt(&t->insert, "%s%s", comma, column);
		buf_fmt(&params, "%s$%zu", comma, t->columns);
	}
	if (got < 0 || t->columns == 0)
		give_up(name, got < 0 ? db_why(d) : "no such table");
	buf_fmt(&t->select, " FROM %s ORDER BY 1", name);
	buf_fmt(&t->insert, ") VALUES (%.*s)", (int)buf_size(&params),
	    buf_data(&params));
	buf_append(&t->select, "", 1);
	buf_append(&t->insert, "", 1);
	buf_fini(&params);
}

static void
find_columns(const char *uri)
{
	static const char *const sqlite[] = {
	    "SELECT name, type FROM pragma_table_info($1)"};
	static const char *const pg[] = {
	    "SELECT column_name, data_type FROM information_schema.columns "
	    "WHERE table_schema = current_schema() AND table_name = $1 "
	    "ORDER BY ordinal_position"};
	struct db *d = open_with(uri, db_sqlite_path(uri) ? sqlite : pg, 1);
	struct db_rows r;
	size_t i;

	for (i = 0; i < N_TABLES; i++) {
		if (db_query(d, &r, 0, DB_VALUES(dbv_text(names[i]))) < 0)
			give_up(names[i], db_why(d));
		make_sql(&tables[i], names[i], &r, d);
		db_end(&r);
	}
	db_close(&d);
}

/* Reading ------------------------------------------------------------------*/

static struct db_val
value_of(const struct db_rows *r, int col, enum db_type type)
{
	const char *text;

	if (db_get_null(r, col))
		return dbv_null();
	switch (type) {
	case DB_I64:
		return dbv_i64(db_get_i64(r, col));
	case DB_BOOL:
		return dbv_bool(db_get_bool(r, col));
	case DB_DOUBLE:
		return dbv_double(db_get_double(r, col));
	default:
		text = db_get_text(r, col);
		return dbv_text(must(strdup(text)));
	}
}

/* In pieces by the first column would be kinder to memory; a bench has it. */
static void
read_table(struct db *d, size_t k)
{
	struct table *t = &tables[k];
	struct db_rows r;
	size_t i;
	int got;

	if (db_query(d, &r, (unsigned)k, DB_NO_VALUES) < 0)
		give_up(names[k], db_why(d));
	while ((got = db_next(&r)) == 1) {
		if (t->rows == t->cap) {
			t->cap = t->cap ? 2 * t->cap : 1024;
			t->value = must(reallocarray(
			    t->value, t->cap, t->columns * sizeof *t->value));
		}
		for (i = 0; i < t->columns; i++)
			t->value[t->rows * t->columns + i] =
			    value_of(&r, (int)i, t->type[i]);
		t->rows++;
	}
	db_end(&r);
	if (got < 0)
		give_up(names[k], db_why(d));
}

static void
read_all(const char *uri)
{
	const char *sql[N_TABLES];
	struct db *d;
	size_t i;

	for (i = 0; i < N_TABLES; i++)
		sql[i] = buf_data(&tables[i].select);
	d = open_with(uri, sql, N_TABLES);
	for (i = 0; i < N_TABLES; i++)
		read_table(d, i);
	db_close(&d);
}

/* Writing ------------------------------------------------------------------*/

static int
load_part(struct db *d, size_t k)
{
	const struct table *t = &tables[k];
	size_t row = t->rows * batch / batches,
	       end = t->rows * (batch + 1) / batches;
	struct db_load l;

	if (row == end)
		return 0;
	if (db_load_begin(d, &l, (unsigned)k) < 0)
		return -1;
	for (; row < end; row++)
		if (db_load_row(&l, t->value + row * t->columns, t->columns) <
		    0)
			return -1;
	return db_load_end(&l) < 0 ? -1 : 0;
}

static int
load_batch(struct db *d, void *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < N_TABLES; i++)
		if (load_part(d, i) < 0)
			return -1;
	return 0;
}

static uint64_t
own_cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	    (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void
write_all(const char *uri)
{
	const char *sql[N_TABLES];
	uint64_t start, cpu;
	double events = (double)tables[0].rows;
	size_t i, rows = 0;
	struct db *d;

	for (i = 0; i < N_TABLES; i++) {
		sql[i] = buf_data(&tables[i].insert);
		rows += tables[i].rows;
	}
	d = open_with(uri, sql, N_TABLES);
	cpu = own_cpu();
	start = clock_mono_us();
	for (batch = 0; batch < batches; batch++)
		if (db_transact(d, DB_ROWS, load_batch, NULL) < 0)
			give_up(uri, db_why(d));
	start = clock_mono_us() - start;
	cpu = own_cpu() - cpu;
	db_close(&d);
	printf("events=%.0f rows=%zu batches=%llu seconds=%.3f "
	       "events_per_s=%.0f cpu_us_per_event=%.3f\n",
	    events, rows, (unsigned long long)batches, (double)start / 1e6,
	    events * 1e6 / (double)start, (double)cpu / events);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "b:")) != -1)
		if (c != 'b' ||
		    num_u64(slice_of(optarg), 1000000, &batches) < 0 ||
		    batches == 0)
			return 100;
	if (optind != argc - 2) {
		fprintf(stderr, "usage: ots-store-bare [-b BATCHES] FROM TO\n");
		return 100;
	}
	find_columns(argv[optind]);
	read_all(argv[optind]);
	write_all(argv[optind + 1]);
	return 0;
}
