#include "db.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "db_engine.h"

int
db_fail(struct db *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof d->why, fmt, ap);
	va_end(ap);
	errno = err;
	return -1;
}

const char *
db_why(const struct db *d)
{
	return d->why;
}

/* Migrations ----------------------------------------------------------------*/

int
db_version(struct db *d, int64_t *version)
{
	char sql[160];
	int64_t have;

	*version = 0;
	if (d->engine->ready(d) < 0 ||
	    d->engine->scalar(d, d->engine->has_versions, &have) < 0)
		return -1;
	if (!have)
		return 0;
	if (str_fmt(sql, sizeof sql,
		"SELECT coalesce(max(version), 0) FROM ots_schema "
		"WHERE module = '%s'",
		d->schema->name) < 0)
		return db_fail(d, EINVAL, "the name of the schema is too long");
	return d->engine->scalar(d, sql, version);
}

/* 1: up to date; 0: migrations are due. */
static int
up_to_date(struct db *d, int64_t *version)
{
	int64_t newest = (int64_t)d->schema->n_migrations;

	if (db_version(d, version) < 0)
		return -1;
	if (*version > newest)
		return db_fail(d, EPROTO,
		    "the database has version %lld of \"%s\" and this program "
		    "knows %lld: use the newer program",
		    (long long)*version, d->schema->name, (long long)newest);
	return *version == newest;
}

static int
migrate_one(struct db *d, int64_t version)
{
	const struct db_migration *m = &d->schema->migrations[version - 1];
	char sql[200];

	if (d->engine->script(d, d->engine == &db_pg ? m->pg : m->sqlite) < 0)
		return -1;
	if (str_fmt(sql, sizeof sql,
		"INSERT INTO ots_schema VALUES ('%s', %lld, %llu)",
		d->schema->name, (long long)version,
		(unsigned long long)clock_wall_us()) < 0)
		return db_fail(d, EINVAL, "the name of the schema is too long");
	return d->engine->script(d, sql);
}

static int
migrate(struct db *d, void *arg)
{
	int64_t version;
	int r;

	(void)arg;
	if (d->engine->lock && d->engine->script(d, d->engine->lock) < 0)
		return -1;
	if (d->engine->script(d,
		"CREATE TABLE IF NOT EXISTS ots_schema ("
		"module text NOT NULL, version bigint NOT NULL, "
		"applied bigint NOT NULL, PRIMARY KEY (module, version))") < 0)
		return -1;
	r = up_to_date(d, &version);
	while (r == 0 && version < (int64_t)d->schema->n_migrations)
		r = migrate_one(d, ++version);
	return r < 0 ? -1 : 0;
}

/* Life ----------------------------------------------------------------------*/

static int transact(
    struct db *d, int mode, int (*fn)(struct db *d, void *arg), void *arg);

static int
open_engine(struct db *d, const char *uri)
{
	char where[DB_URI_MAX];
	const char *rest;
	int r;

	d->engine = db_engine_of(uri, &rest);
	if (!d->engine)
		return db_fail(d, EINVAL,
		    "the URI of the database begins with neither sqlite: nor "
		    "postgresql:");
	if (str_fmt(where, sizeof where, "%s%s",
		d->engine == &db_pg ? "postgresql" : "", rest) < 0)
		return db_fail(
		    d, EINVAL, "the URI of the database is too long");
	r = d->engine->open(d, where);
	explicit_bzero(where, sizeof where); /* it may hold a password */
	return r;
}

struct db *
db_open(const char *uri, const struct db_schema *schema, char why[DB_WHY_MAX])
{
	struct db *d = calloc(1, sizeof *d);
	int64_t version;
	int r, err;

	if (!d) {
		str_fmt(why, DB_WHY_MAX, "no memory");
		errno = EAGAIN;
		return NULL;
	}
	d->schema = schema;
	r = open_engine(d, uri);
	if (r == 0)
		r = up_to_date(d, &version);
	if (r == 0)
		r = transact(d, DB_MIGRATE, migrate, NULL);
	if (r >= 0)
		return d;
	err = errno;
	if (str_fmt(why, DB_WHY_MAX, "%s", d->why) < 0)
		*why = '\0';
	db_close(&d);
	errno = err;
	return NULL;
}

void
db_close(struct db **d)
{
	if (!*d)
		return;
	if ((*d)->h)
		(*d)->engine->close(*d);
	free(*d);
	*d = NULL;
}

/* Statements ----------------------------------------------------------------*/

static int
check_values(struct db *d, const struct db_val *v, size_t n)
{
	size_t i;

	if (n > DB_PARAMS_MAX)
		return db_fail(d, EINVAL, "too many parameters");
	for (i = 0; i < n; i++) {
		if (v[i].s.n > DB_VALUE_MAX)
			return db_fail(d, EINVAL, "a value is too long");
		if (v[i].type == DB_TEXT && !utf8_valid(v[i].s.p, v[i].s.n))
			return db_fail(d, EINVAL, "a text is not UTF-8");
		if (v[i].type == DB_DOUBLE && !isfinite(v[i].f))
			return db_fail(d, EINVAL, "a number is not finite");
	}
	return 0;
}

int
db_prepare(struct db *d, unsigned id)
{
	assert(id < d->schema->n_sql);
	d->conflict = false;
	if (d->engine->ready(d) < 0)
		return -1;
	return d->engine->prepare(d, id);
}

int
db_query(struct db *d, struct db_rows *r, unsigned id, const struct db_val *v,
    size_t n)
{
	*r = (struct db_rows){.db = d, .id = id, .row = -1};
	if (check_values(d, v, n) < 0 || db_prepare(d, id) < 0)
		return -1;
	return d->engine->query(d, r, v, n);
}

int
db_next(struct db_rows *r)
{
	int got, err;

	if (!r->h)
		return 0;
	got = r->db->engine->next(r);
	if (got != 1) {
		err = errno;
		db_end(r);
		errno = err;
	}
	return got;
}

void
db_end(struct db_rows *r)
{
	if (r->h)
		r->db->engine->end(r);
	r->h = NULL;
	free(r->scratch);
	r->scratch = NULL;
}

bool
db_get_null(const struct db_rows *r, int col)
{
	return r->db->engine->get_null(r, col);
}

int64_t
db_get_i64(const struct db_rows *r, int col)
{
	return r->db->engine->get_i64(r, col);
}

bool
db_get_bool(const struct db_rows *r, int col)
{
	return r->db->engine->get_bool(r, col);
}

double
db_get_double(const struct db_rows *r, int col)
{
	return r->db->engine->get_double(r, col);
}

const char *
db_get_text(const struct db_rows *r, int col)
{
	return r->db->engine->get_text(r, col);
}

int
db_get_blob(struct db_rows *r, int col, struct slice *out)
{
	return r->db->engine->get_blob(r, col, out);
}

int64_t
db_exec(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	if (check_values(d, v, n) < 0 || db_prepare(d, id) < 0)
		return -1;
	return d->engine->exec(d, id, v, n);
}

int
db_one_i64(
    struct db *d, unsigned id, const struct db_val *v, size_t n, int64_t *out)
{
	struct db_rows r;
	int got;

	if (db_query(d, &r, id, v, n) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1)
		*out = db_get_i64(&r, 0);
	db_end(&r);
	return got;
}

int
db_load_begin(struct db *d, struct db_load *l, unsigned id)
{
	assert(d->inside);
	*l = (struct db_load){.db = d, .id = id};
	return db_prepare(d, id) < 0 ? -1 : d->engine->load_begin(l);
}

int
db_load_row(struct db_load *l, const struct db_val *v, size_t n)
{
	int r = -1, err;

	if (!l->h)
		return db_fail(l->db, EIO, "the load has ended");
	if (check_values(l->db, v, n) == 0)
		r = l->db->engine->load_row(l, v, n);
	if (r < 0) {
		err = errno;
		l->db->engine->load_drop(l);
		l->h = NULL;
		errno = err;
	}
	return r;
}

int64_t
db_load_end(struct db_load *l)
{
	int r;

	if (!l->h)
		return db_fail(l->db, EIO, "the load has ended");
	r = l->db->engine->load_end(l);
	l->h = NULL;
	return r < 0 ? -1 : l->changed;
}

/* Transactions --------------------------------------------------------------*/

/* One try: what fn returned, or -1. */
static int
transact_once(
    struct db *d, int mode, int (*fn)(struct db *d, void *arg), void *arg)
{
	int r, err;

	d->conflict = false;
	if (d->engine->ready(d) < 0 ||
	    d->engine->script(d, d->engine->begin[mode]) < 0)
		return -1;
	d->inside = true;
	r = fn(d, arg);
	if (r >= 0 && d->engine->script(d, "COMMIT") < 0)
		r = -1;
	d->inside = false;
	if (r < 0) {
		char why[DB_WHY_MAX];
		bool conflict = d->conflict;

		err = errno;
		memcpy(why, d->why, sizeof why);
		(void)d->engine->script(d, "ROLLBACK");
		memcpy(d->why, why, sizeof why);
		d->conflict = conflict;
		errno = err;
	}
	return r;
}

/* Up to the time given, so that those who met do not meet again. */
static void
pause_some(uint64_t us)
{
	uint64_t seed[2];
	struct timespec ts = {0};

	clock_seed(seed);
	ts.tv_nsec = (long)(seed[0] % us) * 1000;
	nanosleep(&ts, NULL);
}

static int
transact(struct db *d, int mode, int (*fn)(struct db *d, void *arg), void *arg)
{
	uint64_t until = clock_mono_us() + DB_WAIT_MS * UINT64_C(1000);
	uint64_t pause = 10000;
	int r;

	assert(!d->inside);
	while ((r = transact_once(d, mode, fn, arg)) < 0 && d->conflict &&
	    (mode == DB_WRITE || mode == DB_MIGRATE)) {
		if (clock_mono_us() > until) {
			errno = EAGAIN;
			break;
		}
		pause_some(pause);
		if (pause < 200000)
			pause *= 2;
	}
	return r;
}

int
db_transact(struct db *d, enum db_mode mode, int (*fn)(struct db *d, void *arg),
    void *arg)
{
	bool hurry = mode == DB_TRY && d->engine->patience;
	int r, err;

	if (hurry)
		d->engine->patience(d, DB_TRY_MS);
	r = transact(d, (int)mode, fn, arg);
	err = errno;
	if (hurry)
		d->engine->patience(d, DB_WAIT_MS);
	errno = err;
	return r;
}

/* Room ----------------------------------------------------------------------*/

int
db_heavy(struct db *d)
{
	return d->engine->heavy ? d->engine->heavy(d) : 0;
}

int
db_compact(struct db *d)
{
	assert(!d->inside);
	d->conflict = false;
	return d->engine->ready(d) < 0 ? -1 : d->engine->compact(d);
}
