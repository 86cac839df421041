/* SQLite for db.h: statements and rows. */
#include "db_sqlite.h"

#include <errno.h>
#include <string.h>

/* Parameters are found by name: SQLite numbers $2 and $1 in the order in which
 * they appear. */
static int
find_params(struct db *d, unsigned id, struct lite_stmt *st)
{
	int n = sqlite3_bind_parameter_count(st->s), i, at;
	char name[16];

	if (n > DB_PARAMS_MAX)
		return db_fail(
		    d, EIO, "statement %u has too many parameters", id);
	for (i = 0; i < n; i++) {
		if (str_fmt(name, sizeof name, "$%d", i + 1) < 0)
			return -1;
		at = sqlite3_bind_parameter_index(st->s, name);
		if (!at)
			return db_fail(
			    d, EIO, "statement %u has no %s", id, name);
		st->at[i] = (unsigned char)at;
	}
	st->n = (unsigned char)n;
	return 0;
}

int
lite_prepare(struct db *d, unsigned id)
{
	struct lite *l = d->h;
	struct lite_stmt *st = &l->stmt[id];

	if (st->busy)
		return db_fail(d, EIO, "statement %u is in use", id);
	if (st->s)
		return 0;
	if (sqlite3_prepare_v3(l->c, d->schema->sql[id], -1,
		SQLITE_PREPARE_PERSISTENT, &st->s, NULL) != SQLITE_OK)
		return lite_fail(d, sqlite3_extended_errcode(l->c));
	if (find_params(d, id, st) < 0) {
		sqlite3_finalize(st->s);
		st->s = NULL;
		return -1;
	}
	return 0;
}

/* keep: SQLITE_STATIC, or SQLITE_TRANSIENT for a copy. */
static int
bind_one(sqlite3_stmt *s, int at, const struct db_val *v,
    sqlite3_destructor_type keep)
{
	switch (v->type) {
	case DB_I64:
	case DB_BOOL:
		return sqlite3_bind_int64(s, at, v->i);
	case DB_DOUBLE:
		return sqlite3_bind_double(s, at, v->f);
	case DB_TEXT:
		return sqlite3_bind_text64(
		    s, at, v->s.p, v->s.n, keep, SQLITE_UTF8);
	case DB_BLOB:
		return v->s.n ? sqlite3_bind_blob64(s, at, v->s.p, v->s.n, keep)
			      : sqlite3_bind_zeroblob(s, at, 0);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(s, at);
}

static int
lite_bind(struct db *d, unsigned id, const struct db_val *v, size_t n,
    sqlite3_destructor_type keep)
{
	struct lite_stmt *st = &((struct lite *)d->h)->stmt[id];
	size_t i;

	if (st->n != n)
		return db_fail(d, EIO,
		    "statement %u has %d parameters, not %zu", id, st->n, n);
	for (i = 0; i < n; i++) {
		int rc = bind_one(st->s, st->at[i], &v[i], keep);

		if (rc != SQLITE_OK)
			return lite_fail(d, rc);
	}
	return 0;
}

static void
lite_reset(struct lite *l, unsigned id)
{
	sqlite3_reset(l->stmt[id].s);
	sqlite3_clear_bindings(l->stmt[id].s);
	l->stmt[id].busy = false;
}

int
lite_query(struct db *d, struct db_rows *r, const struct db_val *v, size_t n)
{
	struct lite *l = d->h;

	if (lite_bind(d, r->id, v, n, SQLITE_TRANSIENT) < 0)
		return -1;
	l->stmt[r->id].busy = true;
	r->h = l->stmt[r->id].s;
	return 0;
}

int
lite_next(struct db_rows *r)
{
	struct lite *l = r->db->h;
	int rc = sqlite3_step(r->h);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return lite_fail(r->db, sqlite3_extended_errcode(l->c));
}

void
lite_end(struct db_rows *r)
{
	lite_reset(r->db->h, r->id);
}

int64_t
lite_exec(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	struct lite *l = d->h;
	int64_t changed = -1;
	int rc;

	if (lite_bind(d, id, v, n, SQLITE_STATIC) < 0)
		return -1;
	while ((rc = sqlite3_step(l->stmt[id].s)) == SQLITE_ROW)
		;
	if (rc == SQLITE_DONE)
		changed = sqlite3_changes64(l->c);
	else
		lite_fail(d, sqlite3_extended_errcode(l->c));
	rc = errno;
	lite_reset(l, id);
	errno = rc;
	return changed;
}

bool
lite_null(const struct db_rows *r, int col)
{
	return sqlite3_column_type(r->h, col) == SQLITE_NULL;
}

int64_t
lite_i64(const struct db_rows *r, int col)
{
	return sqlite3_column_int64(r->h, col);
}

bool
lite_bool(const struct db_rows *r, int col)
{
	return sqlite3_column_int64(r->h, col) != 0;
}

double
lite_double(const struct db_rows *r, int col)
{
	return sqlite3_column_double(r->h, col);
}

const char *
lite_text(const struct db_rows *r, int col)
{
	const unsigned char *t = sqlite3_column_text(r->h, col);

	return t ? (const char *)t : "";
}

int
lite_blob(struct db_rows *r, int col, struct slice *out)
{
	out->p = sqlite3_column_blob(r->h, col);
	out->n = (size_t)sqlite3_column_bytes(r->h, col);
	if (!out->p)
		out->p = "";
	return 0;
}

/* Loads ---------------------------------------------------------------------*/

int
lite_load_begin(struct db_load *l)
{
	l->h = ((struct lite *)l->db->h)->stmt[l->id].s;
	return 0;
}

int
lite_load_row(struct db_load *l, const struct db_val *v, size_t n)
{
	int64_t changed = lite_exec(l->db, l->id, v, n);

	if (changed > 0)
		l->changed += changed;
	return changed < 0 ? -1 : 0;
}

int
lite_load_end(struct db_load *l)
{
	(void)l;
	return 0;
}

void
lite_load_drop(struct db_load *l)
{
	(void)l;
}
