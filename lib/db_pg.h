/* db_pg.h - what the files of the PostgreSQL engine share; only they include
 * it, and libpq-fe.h. */
#ifndef OTS_DB_PG_H
#define OTS_DB_PG_H

#include <libpq-fe.h>

#include "buf.h"
#include "db_engine.h"

#define PG_NUMBER_MAX 32

struct pg {
	PQconninfoOption *info; /* of the URI; holds the password */
	const char *secret;     /* of info, or NULL */
	PGconn *c;              /* NULL: lost */
	bool *prepared;         /* one for each SQL text */
	bool *busy;             /* its rows are not ended */
	int may_stage;          /* db_pg_load.c; 0: not known */
};

/* db_fail with the first line of the text, without the password: -1. */
int pg_fail(struct db *d, int err, const char *text);
/* errno for an SQLSTATE; notes a conflict. */
int pg_errno(struct db *d, const char *state);
/* The connection is of no use any more: -1 with EAGAIN. */
int pg_lost(struct db *d, const char *text);
/* Until when an answer to what is sent now must have come. */
uint64_t pg_until(const struct db *d);
/* Send what waits, taking in what comes. */
int pg_flush(struct db *d, uint64_t until);
/* One result, NULL: no more. */
int pg_result(struct db *d, uint64_t until, PGresult **res);
/* db_fail for a result that is an error. */
int pg_fail_result(struct db *d, const PGresult *res);
/* What was sent is answered: the last result, or NULL after db_fail. */
PGresult *pg_answer(struct db *d);
/* The last result of some SQL, or NULL after db_fail. */
PGresult *pg_simple(struct db *d, const char *sql);
int64_t pg_number(const char *text);

/* db_engine.h */
int pg_prepare(struct db *d, unsigned id);
int pg_query(struct db *d, struct db_rows *r, const struct db_val *v, size_t n);
int64_t pg_exec(struct db *d, unsigned id, const struct db_val *v, size_t n);
int pg_next(struct db_rows *r);
void pg_end(struct db_rows *r);
bool pg_null(const struct db_rows *r, int col);
const char *pg_text(const struct db_rows *r, int col);
int64_t pg_i64(const struct db_rows *r, int col);
bool pg_bool(const struct db_rows *r, int col);
double pg_double(const struct db_rows *r, int col);
int pg_blob(struct db_rows *r, int col, struct slice *out);
int pg_load_begin(struct db_load *l);
int pg_load_row(struct db_load *l, const struct db_val *v, size_t n);
int pg_load_end(struct db_load *l);
void pg_load_drop(struct db_load *l);

/* Send a prepared statement: 0, or -1 after db_fail. */
int pg_send(struct db *d, unsigned id, const struct db_val *v, size_t n);
/* A number that reads back as the same. */
int pg_double_text(char out[PG_NUMBER_MAX], double v);

#endif
