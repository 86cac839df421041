/* SQLite for db.h: the only file that includes sqlite3.h. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "db_engine.h"

struct lite {
	sqlite3 *c;
	sqlite3_stmt **stmt; /* one for each SQL text, NULL: not prepared */
	bool *busy;          /* its rows are not ended */
};

static int
lite_fail(struct db *d, int rc)
{
	struct lite *l = d->h;
	const char *text = l->c ? sqlite3_errmsg(l->c) : sqlite3_errstr(rc);
	int err = EIO;

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		d->conflict = true;
		err = EAGAIN;
		text = "another program keeps it locked; try again later";
		break;
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_IOERR:
		err = EAGAIN;
		break;
	case SQLITE_CONSTRAINT:
		err = rc == SQLITE_CONSTRAINT_UNIQUE ||
			rc == SQLITE_CONSTRAINT_PRIMARYKEY
		    ? EEXIST
		    : EIO;
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		err = EACCES;
		break;
	}
	return db_fail(d, err, "sqlite: %s", text);
}

static int
lite_script(struct db *d, const char *sql)
{
	struct lite *l = d->h;

	/* Some failures have ended the transaction themselves. */
	if (!strcmp(sql, "ROLLBACK") && sqlite3_get_autocommit(l->c))
		return 0;
	if (sqlite3_exec(l->c, sql, NULL, NULL, NULL) != SQLITE_OK)
		return lite_fail(d, sqlite3_extended_errcode(l->c));
	return 0;
}

static int
lite_scalar(struct db *d, const char *sql, int64_t *out)
{
	struct lite *l = d->h;
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(l->c, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		*out = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = sqlite3_extended_errcode(l->c);
	if (rc != SQLITE_OK)
		lite_fail(d, rc);
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : -1;
}

/* Opening -------------------------------------------------------------------*/

/* Make the folders that lack on the way to the file, the last one for the
 * owner alone. */
static int
make_folders(struct db *d, const char *path)
{
	char at[DB_URI_MAX];
	size_t i, last = 0;

	if (str_fmt(at, sizeof at, "%s", path) < 0)
		return db_fail(d, EINVAL, "%s: the name is too long", path);
	for (i = 1; at[i]; i++)
		if (at[i] == '/')
			last = i;
	for (i = 1; i <= last; i++) {
		if (at[i] != '/')
			continue;
		at[i] = '\0';
		if (mkdir(at, i == last ? 0700 : 0755) < 0 && errno != EEXIST)
			return db_fail(d, EACCES,
			    "unable to make the folder %s: %s", at,
			    strerror(errno));
		at[i] = '/';
	}
	return 0;
}

/* The file holds the hashes of passwords. Its -wal and -shm get its mode and
 * stand beside it: one name for all, so it is no symbolic link. */
static int
make_file(struct db *d, const char *path)
{
	int fd;

	if (make_folders(d, path) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return db_fail(d, EACCES, "unable to open %s: %s", path,
		    errno == ELOOP ? "a symbolic link; name the file itself"
				   : strerror(errno));
	close(fd);
	return 0;
}

/* SQLite would look at each folder from the root on, and services may run below
 * one that they cannot enter (0700 of a person's): a name is taken as it is,
 * relative to the working folder, which must stay. */
static int
name_as_is(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return str_fmt(out, (size_t)size, "%s", name) < 0 ? SQLITE_CANTOPEN
							  : SQLITE_OK;
}

static const char *
vfs_name(void)
{
	static sqlite3_vfs vfs;

	if (!vfs.zName) {
		const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

		if (!usual)
			return NULL;
		vfs = *usual;
		vfs.zName = "ots";
		vfs.pNext = NULL;
		vfs.xFullPathname = name_as_is;
		sqlite3_vfs_register(&vfs, 0);
	}
	return vfs.zName;
}

/* Switching to WAL wants the file for itself, and SQLite does not always wait
 * for that by itself when several programs begin at once. */
static int
set_wal(struct db *d)
{
	uint64_t until = clock_mono_us() + DB_WAIT_MS * UINT64_C(1000);
	struct timespec ts = {.tv_nsec = 20000000};

	while (lite_script(d, "PRAGMA journal_mode = WAL") < 0) {
		if (errno != EAGAIN || clock_mono_us() > until)
			return -1;
		nanosleep(&ts, NULL);
	}
	return 0;
}

static int
lite_setup(struct db *d)
{
	struct lite *l = d->h;

	sqlite3_extended_result_codes(l->c, 1);
	sqlite3_busy_timeout(l->c, DB_WAIT_MS);
	sqlite3_db_config(l->c, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(l->c, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(l->c, SQLITE_LIMIT_LENGTH, (int)DB_VALUE_MAX * 2);
	if (set_wal(d) < 0)
		return -1;
	/* FULL: who was told that a certificate is revoked or a password is
	 * changed may rely on it after a power cut, and changes are rare. */
	return lite_script(d,
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
	    "PRAGMA temp_store = MEMORY;");
}

static void
lite_close(struct db *d)
{
	struct lite *l = d->h;
	size_t i;

	for (i = 0; l->stmt && i < d->schema->n_sql; i++)
		sqlite3_finalize(l->stmt[i]);
	sqlite3_close(l->c);
	free(l->stmt);
	free(l->busy);
	free(l);
	d->h = NULL;
}

static int
lite_open(struct db *d, const char *path)
{
	struct lite *l = d->h = calloc(1, sizeof *l);
	int rc;

	if (!l)
		return db_fail(d, EAGAIN, "no memory");
	l->stmt = calloc(d->schema->n_sql + 1, sizeof(*l->stmt));
	l->busy = calloc(d->schema->n_sql + 1, sizeof(*l->busy));
	if (!l->stmt || !l->busy)
		return db_fail(d, EAGAIN, "no memory");
	if (!*path)
		path = ":memory:";
	if (strcmp(path, ":memory:") != 0 && make_file(d, path) < 0)
		return -1;
	rc = sqlite3_open_v2(path, &l->c,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    vfs_name());
	if (rc != SQLITE_OK || lite_setup(d) < 0) {
		char text[DB_WHY_MAX];
		int err;

		if (rc != SQLITE_OK)
			lite_fail(d, rc);
		err = errno;
		memcpy(text, d->why, sizeof text);
		return db_fail(d, err, "%.100s: %.140s", path, text);
	}
	return 0;
}

static void
lite_patience(struct db *d, int ms)
{
	struct lite *l = d->h;

	sqlite3_busy_timeout(l->c, ms);
}

static int
lite_ready(struct db *d)
{
	(void)d;
	return 0;
}

/* Statements ----------------------------------------------------------------*/

static int
lite_prepare(struct db *d, unsigned id)
{
	struct lite *l = d->h;

	if (l->busy[id])
		return db_fail(d, EIO, "statement %u is in use", id);
	if (l->stmt[id])
		return 0;
	if (sqlite3_prepare_v3(l->c, d->schema->sql[id], -1,
		SQLITE_PREPARE_PERSISTENT, &l->stmt[id], NULL) != SQLITE_OK)
		return lite_fail(d, sqlite3_extended_errcode(l->c));
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

/* By name: SQLite numbers $2 and $1 in the order in which they appear. */
static int
lite_bind(struct db *d, unsigned id, const struct db_val *v, size_t n,
    sqlite3_destructor_type keep)
{
	struct lite *l = d->h;
	sqlite3_stmt *s = l->stmt[id];
	char name[16];
	size_t i;

	if ((size_t)sqlite3_bind_parameter_count(s) != n)
		return db_fail(d, EIO,
		    "statement %u has %d parameters, not %zu", id,
		    sqlite3_bind_parameter_count(s), n);
	for (i = 0; i < n; i++) {
		int at, rc;

		if (str_fmt(name, sizeof name, "$%zu", i + 1) < 0)
			return -1;
		at = sqlite3_bind_parameter_index(s, name);
		if (!at)
			return db_fail(
			    d, EIO, "statement %u has no %s", id, name);
		rc = bind_one(s, at, &v[i], keep);
		if (rc != SQLITE_OK)
			return lite_fail(d, rc);
	}
	return 0;
}

static void
lite_reset(struct lite *l, unsigned id)
{
	sqlite3_reset(l->stmt[id]);
	sqlite3_clear_bindings(l->stmt[id]);
	l->busy[id] = false;
}

static int
lite_query(struct db *d, struct db_rows *r, const struct db_val *v, size_t n)
{
	struct lite *l = d->h;

	if (lite_bind(d, r->id, v, n, SQLITE_TRANSIENT) < 0)
		return -1;
	l->busy[r->id] = true;
	r->h = l->stmt[r->id];
	return 0;
}

static int
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

static void
lite_end(struct db_rows *r)
{
	lite_reset(r->db->h, r->id);
}

static int64_t
lite_exec(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	struct lite *l = d->h;
	int64_t changed = -1;
	int rc;

	if (lite_bind(d, id, v, n, SQLITE_STATIC) < 0)
		return -1;
	while ((rc = sqlite3_step(l->stmt[id])) == SQLITE_ROW)
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

static bool
lite_null(const struct db_rows *r, int col)
{
	return sqlite3_column_type(r->h, col) == SQLITE_NULL;
}

static int64_t
lite_i64(const struct db_rows *r, int col)
{
	return sqlite3_column_int64(r->h, col);
}

static bool
lite_bool(const struct db_rows *r, int col)
{
	return sqlite3_column_int64(r->h, col) != 0;
}

static const char *
lite_text(const struct db_rows *r, int col)
{
	const unsigned char *t = sqlite3_column_text(r->h, col);

	return t ? (const char *)t : "";
}

static int
lite_blob(struct db_rows *r, int col, struct slice *out)
{
	out->p = sqlite3_column_blob(r->h, col);
	out->n = (size_t)sqlite3_column_bytes(r->h, col);
	if (!out->p)
		out->p = "";
	return 0;
}

const struct db_engine db_sqlite = {
    .begin = {"BEGIN", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE"},
    .has_versions = "SELECT count(*) FROM sqlite_master "
		    "WHERE type = 'table' AND name = 'ots_schema'",
    .open = lite_open,
    .close = lite_close,
    .patience = lite_patience,
    .ready = lite_ready,
    .script = lite_script,
    .scalar = lite_scalar,
    .prepare = lite_prepare,
    .query = lite_query,
    .exec = lite_exec,
    .next = lite_next,
    .end = lite_end,
    .get_null = lite_null,
    .get_i64 = lite_i64,
    .get_bool = lite_bool,
    .get_text = lite_text,
    .get_blob = lite_blob,
};
