/* SQLite for db.h: the connection. */
#include "db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

int
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
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
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
 * stand beside it: one name for all, so it is no symbolic link. One that is
 * there is not opened here: to close it would end the locks of this process's
 * other connections to it, and they would no longer see each other's writes. */
static int
make_file(struct db *d, const char *path)
{
	struct stat st;
	int fd;

	if (make_folders(d, path) < 0)
		return -1;
	fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EEXIST && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return db_fail(d, EACCES,
		    "unable to open %s: a symbolic link; name the file itself",
		    path);
	if (errno == EEXIST &&
	    faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return 0;
	return db_fail(
	    d, EACCES, "unable to open %s: %s", path, strerror(errno));
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
		const sqlite3_vfs *usual;

		/* Who counts its memory takes a lock for each piece of it. */
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
		usual = sqlite3_vfs_find(NULL);
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

/* Only a file that is empty yet can be made one that may shrink by and by
 * (lite_compact); asking for it in another takes its lock. */
static int
set_vacuum(struct db *d)
{
	int64_t pages = 0;

	if (lite_scalar(d, "PRAGMA page_count", &pages) < 0)
		return -1;
	return pages ? 0 : lite_script(d, "PRAGMA auto_vacuum = INCREMENTAL");
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
	if (set_vacuum(d) < 0 || set_wal(d) < 0)
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
		sqlite3_finalize(l->stmt[i].s);
	sqlite3_close(l->c);
	free(l->stmt);
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
	if (!l->stmt)
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

/* Room ----------------------------------------------------------------------*/

/* Batches write the same pages of indexes again and again: gather them longer
 * in the log, which is cut back when it has become large. */
static int
lite_heavy(struct db *d)
{
	return lite_script(d,
	    "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384;"
	    "PRAGMA journal_size_limit = 134217728;");
}

static int
lite_compact(struct db *d)
{
	int64_t n = 0;

	if (lite_script(d, "PRAGMA incremental_vacuum(1024)") < 0 ||
	    lite_scalar(d, "PRAGMA freelist_count", &n) < 0)
		return -1;
	if (n == 0)
		return 0;
	/* A file that was not made for it stays as large as it was. */
	return lite_scalar(d, "PRAGMA auto_vacuum", &n) < 0 ? -1 : n == 2;
}

const struct db_engine db_sqlite = {
    .begin = {"BEGIN", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE",
	"BEGIN IMMEDIATE"},
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
    .get_double = lite_double,
    .get_text = lite_text,
    .get_blob = lite_blob,
    .load_begin = lite_load_begin,
    .load_row = lite_load_row,
    .load_end = lite_load_end,
    .load_drop = lite_load_drop,
    .heavy = lite_heavy,
    .compact = lite_compact,
};
