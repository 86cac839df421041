/* store_query_own.h - what the files of store_query.h share; only they and
 * tests include it. */
#ifndef OTS_STORE_QUERY_OWN_H
#define OTS_STORE_QUERY_OWN_H

#include <math.h>
#include <stddef.h>

#include "buf.h"
#include "db.h"
#include "store.h"
#include "store_query.h"
#include "store_query_sql.h"

enum query_sql {
#define X(id, text) QUERY_##id,
	QUERY_SQL(X)
#undef X
	    QUERY_SQL_COUNT
};

extern const char *const query_sql[];

struct store_reader {
	struct db *db;
	struct db_schema schema;
};

/* Places (pure) -------------------------------------------------------------*/

/* Cells of store_cell, first to last. */
struct query_cells {
	int64_t first, last;
};
#define QUERY_CELLS_MAX (180 * 2)
bool query_box_has(const struct store_box *b, double lat, double lon);
/* How many: none overlaps another. */
size_t query_box_cells(
    const struct store_box *b, struct query_cells out[QUERY_CELLS_MAX]);

/* The rows of its cells, from the beginning of the first to the end of the
 * last, and in each the first column and how many are behind it, around the
 * world. */
struct query_band {
	int64_t first, last, column, more;
};
struct query_band query_box_band(const struct store_box *b);

/* The first text behind all those that begin with prefix. -1: no room. */
int query_prefix_end(const char *prefix, char *out, size_t size);
#define QUERY_PREFIX_MAX (STORE_KEY_MAX + 8)

/* Merging (pure) ------------------------------------------------------------*/

/* Many growing rows of ids become one. page reads the ids of a key behind
 * `after` into ids: how many, fewer than max: those were all; -1. */
struct query_cursor {
	int64_t key, head; /* head: the next id */
	int64_t *ids;      /* those behind it */
	size_t at, n, size;
	size_t ask; /* for so many, next time */
	bool more;  /* there may be more behind ids */
};
struct query_merge {
	struct query_cursor *heap; /* the least head first */
	size_t n, cap;
	int (*page)(
	    void *arg, int64_t key, int64_t after, int64_t *ids, size_t max);
	void *arg;
	uint64_t cost; /* of all pages: an id is 1 */
};
/* A row that begins with head. -1: no memory. */
int query_merge_add(struct query_merge *m, int64_t key, int64_t head);
/* 1: *id is the next one; 0: no more; -1: page failed, or no memory (errno). */
int query_merge_next(struct query_merge *m, int64_t *id);
/* Pass over all before id: is it there? 1, 0, -1. */
int query_merge_seek(struct query_merge *m, int64_t id);
void query_merge_fini(struct query_merge *m);

/* Asking --------------------------------------------------------------------*/

/* A question on its way. */
struct query_run {
	struct store_reader *r;
	const struct store_query *q;
	const struct store_sink *to;
	int64_t after, until;            /* after < id <= until */
	char type_end[QUERY_PREFIX_MAX]; /* behind all types */
	int64_t *sets; /* those that the group is in, sorted */
	size_t n_sets;
	bool ended;    /* the sink wants no more */
	uint64_t told; /* rows that are asked for, lately */
};
/* 1; 0: there can be no answer; -1. */
int query_begin(struct query_run *run, struct store_reader *r,
    const struct store_query *q, const struct store_sink *to);
/* The last idle; r: what came before. 0, or -1. */
int query_end(struct query_run *run, int r);
void query_idle(struct query_run *run);

bool query_in_set(const struct query_run *run, int64_t set);
bool query_begins(const char *text, const char *prefix);
bool query_is(const char *text, const char *want);
bool query_in_box(const struct query_run *run, double lat, double lon);

/* Columns, null as NULL, STORE_UNKNOWN and NaN. */
const char *query_text(const struct db_rows *r, int col);
int64_t query_i64(const struct db_rows *r, int col);
double query_double(const struct db_rows *r, int col);

/* How the ids of a table are found: a statement of ids, and the key in it. */
struct query_way {
	enum query_sql ids;
	enum query_sql heads; /* or none: there is one key */
	const char *text;     /* the key, if it is a text; or of the heads */
	bool keyless;
};
#define QUERY_NONE QUERY_SQL_COUNT

#define QUERY_WAYS_MAX 6
/* The ways to find what a question is for. The first is that of all ids, the
 * others are by what is asked for, those that are preferred first. */
struct query_plan {
	struct query_way way[QUERY_WAYS_MAX];
	size_t n;
	enum query_sql rows; /* of ids */
	int (*tell)(struct query_run *run, const struct db_rows *r);
};
/* All ids by the best way, and the rows of them, each told. 0, or -1. */
int query_by_ids(struct query_run *run, const struct query_plan *p);

#endif
