/* db_engine.h - what is behind db.h: one table of functions for each engine.
 * Only db.c and the engines include it. Each function that fails has called
 * db_fail; `conflict` says that the transaction may succeed if run again. */
#ifndef OTS_DB_ENGINE_H
#define OTS_DB_ENGINE_H

#include "db.h"

struct db {
	const struct db_engine *engine;
	const struct db_schema *schema;
	void *h;       /* the connection */
	bool inside;   /* a transaction */
	bool conflict; /* the last failure was one */
	char why[DB_WHY_MAX];
};

enum { DB_MIGRATE = DB_ROWS + 1 };

struct db_engine {
	const char *begin[5];     /* by enum db_mode and DB_MIGRATE */
	const char *lock;         /* behind begin of DB_MIGRATE, or NULL */
	const char *has_versions; /* a query: 0, or else it has ots_schema */
	/* where: what stands behind the scheme (SQLite), or the whole URI with
	 * the scheme postgresql. */
	int (*open)(struct db *d, const char *where);
	void (*close)(struct db *d);
	/* How long to wait for locks, where begin does not say it; or NULL. */
	void (*patience)(struct db *d, int ms);
	/* Connected? Makes a lost connection anew. */
	int (*ready)(struct db *d);
	int (*script)(struct db *d, const char *sql);
	int (*scalar)(struct db *d, const char *sql, int64_t *out);
	int (*prepare)(struct db *d, unsigned id);
	/* Begin, for a prepared statement; exec: changed rows. */
	int (*query)(
	    struct db *d, struct db_rows *r, const struct db_val *v, size_t n);
	int64_t (*exec)(
	    struct db *d, unsigned id, const struct db_val *v, size_t n);
	int (*next)(struct db_rows *r);
	void (*end)(struct db_rows *r);
	bool (*get_null)(const struct db_rows *r, int col);
	int64_t (*get_i64)(const struct db_rows *r, int col);
	bool (*get_bool)(const struct db_rows *r, int col);
	double (*get_double)(const struct db_rows *r, int col);
	const char *(*get_text)(const struct db_rows *r, int col);
	int (*get_blob)(struct db_rows *r, int col, struct slice *out);
	/* Of a prepared statement. begin sets h; after drop (which keeps the
	 * text of why) and end, failed or not, nothing is left of it. */
	int (*load_begin)(struct db_load *l);
	int (*load_row)(struct db_load *l, const struct db_val *v, size_t n);
	int (*load_end)(struct db_load *l);
	void (*load_drop)(struct db_load *l);
	int (*heavy)(struct db *d); /* or NULL */
	int (*compact)(struct db *d);
};

extern const struct db_engine db_sqlite, db_pg;

/* The engine of a URI, or NULL, and what stands behind its scheme. */
const struct db_engine *db_engine_of(const char *uri, const char **rest);

#endif
