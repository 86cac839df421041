/* db_sqlite.h - what the files of the SQLite engine share; only they include
 * it, and sqlite3.h. */
#ifndef OTS_DB_SQLITE_H
#define OTS_DB_SQLITE_H

#include <sqlite3.h>

#include "db_engine.h"

struct lite_stmt {
	sqlite3_stmt *s;                    /* NULL: not prepared */
	bool busy;                          /* its rows are not ended */
	unsigned char n, at[DB_PARAMS_MAX]; /* SQLite's number of $1, $2 ... */
};

struct lite {
	sqlite3 *c;
	struct lite_stmt *stmt; /* one for each SQL text */
};

int lite_fail(struct db *d, int rc);

/* db_engine.h */
int lite_prepare(struct db *d, unsigned id);
int lite_query(
    struct db *d, struct db_rows *r, const struct db_val *v, size_t n);
int lite_next(struct db_rows *r);
void lite_end(struct db_rows *r);
int64_t lite_exec(struct db *d, unsigned id, const struct db_val *v, size_t n);
bool lite_null(const struct db_rows *r, int col);
int64_t lite_i64(const struct db_rows *r, int col);
bool lite_bool(const struct db_rows *r, int col);
double lite_double(const struct db_rows *r, int col);
const char *lite_text(const struct db_rows *r, int col);
int lite_blob(struct db_rows *r, int col, struct slice *out);
int lite_load_begin(struct db_load *l);
int lite_load_row(struct db_load *l, const struct db_val *v, size_t n);
int lite_load_end(struct db_load *l);
void lite_load_drop(struct db_load *l);

#endif
