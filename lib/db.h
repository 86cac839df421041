/* db.h - SQLite or PostgreSQL behind one interface, for the same SQL texts.
 * A schema is a list of numbered, forward-only migrations for each engine and
 * one list of statements, prepared when first used; a statement is named by
 * its place in that list. Parameters are $1, $2 ... in both engines.
 *
 * Functions return 0 (or what they say), or -1 with errno and db_why:
 *   EAGAIN   the database is away or busy: try again later. A lost connection
 *            is made anew by the next call outside a transaction
 *   EACCES   it refuses us (rights, password, no such database, damaged)
 *   EEXIST   a unique key is there already
 *   EPROTO   it was made by a newer version of this program
 *   EINVAL   a value over DB_VALUE_MAX, a text that is not UTF-8 or has a NUL,
 *            a number that is not finite, a bad URI
 *   ESTALE   its tables have gone: it is another one, to be opened again
 *   EIO      anything else
 * No text of an error holds a password. One thread at a time; not over fork. */
#ifndef OTS_DB_H
#define OTS_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

#define DB_WHY_MAX    256
#define DB_PARAMS_MAX 32
#define DB_VALUE_MAX  ((size_t)16 << 20)
#define DB_URI_MAX    4096
#define DB_WAIT_MS    10000 /* for locks and for conflicts with others */
#define DB_TRY_MS     100   /* the same with DB_TRY */

struct db;

struct db_migration {
	const char *sqlite, *pg; /* any number of statements */
};

struct db_schema {
	const char *name; /* [a-z_]: several may share a database */
	const struct db_migration *migrations;
	size_t n_migrations;
	const char *const *sql;
	size_t n_sql;
};

/* uri: "sqlite:PATH", "sqlite:///PATH" (as SQLAlchemy has it), a path or
 * ":memory:"; "postgresql://...", "postgres://...", either with "+driver"
 * before the colon. Makes a missing SQLite file (0600, its folder 0700) and
 * runs the migrations that are due; several programs may do so at once. The
 * schema must outlive the database. NULL: why. */
struct db *db_open(
    const char *uri, const struct db_schema *schema, char why[DB_WHY_MAX]);
void db_close(struct db **d);
const char *db_why(const struct db *d);

/* The path of a SQLite database's file, a loan of uri; NULL if it has none. */
const char *db_sqlite_path(const char *uri);

/* Which database is meant: uri, else $OTS_DATABASE_URI, else
 * $SQLALCHEMY_DATABASE_URI, else, in the folder of data (data, else
 * $OTS_DATA_FOLDER, else ~/ots), the first line of env/OTS_DATABASE_URI, which
 * ots-server(8) obeys (a path in there is relative to the folder), else
 * db/ots.db. NULL and "" are nothing. 0, or -1 with
 * errno: ENAMETOOLONG, ENOENT (no home) or why the file cannot be read. */
int db_default_uri(const char *uri, const char *data, char out[DB_URI_MAX]);

/* Parameters: loans until the call returns. */
enum db_type { DB_NULL, DB_I64, DB_BOOL, DB_DOUBLE, DB_TEXT, DB_BLOB };

struct db_val {
	enum db_type type;
	int64_t i;
	double f;
	struct slice s;
};

static inline struct db_val
dbv_null(void)
{
	return (struct db_val){.type = DB_NULL};
}

static inline struct db_val
dbv_i64(int64_t v)
{
	return (struct db_val){.type = DB_I64, .i = v};
}

static inline struct db_val
dbv_bool(bool v)
{
	return (struct db_val){.type = DB_BOOL, .i = v};
}

/* Kept with all its digits; the sign of a zero may be lost. */
static inline struct db_val
dbv_double(double v)
{
	return (struct db_val){.type = DB_DOUBLE, .f = v};
}

/* p NULL: null. */
static inline struct db_val
dbv_slice(struct slice s)
{
	return s.p ? (struct db_val){.type = DB_TEXT, .s = s} : dbv_null();
}

/* NULL: null. */
static inline struct db_val
dbv_text(const char *s)
{
	return s ? (struct db_val){.type = DB_TEXT, .s = slice_of(s)}
		 : dbv_null();
}

static inline struct db_val
dbv_blob(const void *p, size_t n)
{
	return (struct db_val){.type = DB_BLOB, .s = {p, n}};
}

/* The last two arguments of db_query and db_exec. */
#define DB_VALUES(...)                                                         \
	(const struct db_val[]){__VA_ARGS__},                                  \
	    sizeof((const struct db_val[]){__VA_ARGS__}) /                     \
	    sizeof(struct db_val)
#define DB_NO_VALUES NULL, 0

/* Rows of one query. Zeroed memory is an ended one. */
struct db_rows {
	struct db *db;
	void *h; /* of the engine; NULL: ended */
	unsigned id;
	int row, n_rows;
	char *scratch; /* of db_get_blob */
};

/* Begin a query. A statement whose rows are not ended cannot begin again:
 * EIO. */
int db_query(struct db *d, struct db_rows *r, unsigned id,
    const struct db_val *v, size_t n);
/* 1: a row; 0: no more; -1. After 0 and -1 the rows are ended. */
int db_next(struct db_rows *r);
/* May be repeated. */
void db_end(struct db_rows *r);
/* Columns from 0. Texts and blobs are loans until the next db_next or db_end
 * (a blob: until the next db_get_blob, too). A null is 0, false and "". */
bool db_get_null(const struct db_rows *r, int col);
int64_t db_get_i64(const struct db_rows *r, int col);
bool db_get_bool(const struct db_rows *r, int col);
double db_get_double(const struct db_rows *r, int col);
const char *db_get_text(const struct db_rows *r, int col);
/* 0, or -1: no memory. */
int db_get_blob(struct db_rows *r, int col, struct slice *out);

/* Run a statement to its end: how many rows it changed. */
int64_t db_exec(struct db *d, unsigned id, const struct db_val *v, size_t n);
/* The first column of the first row: 1; 0: no row. */
int db_one_i64(
    struct db *d, unsigned id, const struct db_val *v, size_t n, int64_t *out);

/* One statement for many rows of values, in a transaction. PostgreSQL need not
 * run it for each row: "INSERT INTO table (columns) VALUES ($1, $2, ...)" with
 * nothing behind is a COPY; with "ON CONFLICT ..." behind, without a parameter
 * in it, the rows are gathered first, and no two may have the same key if it is
 * DO UPDATE. What the server refuses may be told by a later call. No other call
 * on the database between begin and end. After -1 the load has ended, and so
 * must the transaction. */
struct db_load {
	struct db *db;
	void *h; /* of the engine; NULL: ended */
	unsigned id;
	int64_t changed;
};
int db_load_begin(struct db *d, struct db_load *l, unsigned id);
/* The values are loans until it returns. */
int db_load_row(struct db_load *l, const struct db_val *v, size_t n);
/* How many rows were changed. */
int64_t db_load_end(struct db_load *l);

enum db_mode {
	DB_READ,  /* all its queries see one moment */
	DB_WRITE, /* as if it ran alone */
	DB_TRY,   /* the same, but EAGAIN where that means to wait for others */
	DB_ROWS,  /* each statement sees what others have written before it, and
		   * only the rows that it changes are locked; never run twice */
};

/* Run fn in a transaction: committed if it returns 0 or more, else undone. With
 * DB_WRITE it is run again after a conflict with another writer (within
 * DB_WAIT_MS), so it must leave no trace but in the database, and end its rows.
 * What fn returned, or -1. Not nested. EAGAIN: it may have been committed. */
int db_transact(struct db *d, enum db_mode mode,
    int (*fn)(struct db *d, void *arg), void *arg);

/* Say why and set errno: -1. */
int db_fail(struct db *d, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For who writes or reads a lot: larger caches. */
int db_heavy(struct db *d);
/* Give some of the room back that deleted rows have left, not in a transaction:
 * 1: there is more; 0; -1. PostgreSQL sees to that by itself: 0. */
int db_compact(struct db *d);

/* Prepare a statement now (tests do, for all of them). */
int db_prepare(struct db *d, unsigned id);
/* The version of the schema in the database. */
int db_version(struct db *d, int64_t *version);

#endif
