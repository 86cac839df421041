/* db_pg.h - what the files of the PostgreSQL engine share; only they include
 * it, and libpq-fe.h. */
#ifndef OTS_DB_PG_H
#define OTS_DB_PG_H

#include <libpq-fe.h>

#include "db_engine.h"

struct pg {
	PQconninfoOption *info; /* of the URI; holds the password */
	const char *secret;     /* of info, or NULL */
	PGconn *c;              /* NULL: lost */
	bool *prepared;         /* one for each SQL text */
	bool *busy;             /* its rows are not ended */
};

/* The connection is of no use any more: -1 with EAGAIN. */
int pg_lost(struct db *d, const char *text);
/* What was sent is answered: the last result, or NULL after db_fail. */
PGresult *pg_answer(struct db *d);
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
int pg_blob(struct db_rows *r, int col, struct slice *out);

#endif
