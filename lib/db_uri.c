/* Where a database is: the part of db.h that has none yet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_engine.h"

const struct db_engine *
db_engine_of(const char *uri, const char **rest)
{
	struct slice s = slice_of(uri);
	const char *colon = strchr(uri, ':');

	*rest = uri;
	if (slice_starts(s, "sqlite:")) {
		*rest = uri + strlen("sqlite:");
		if (!strncmp(*rest, "///", 3))
			*rest += 3;
		return &db_sqlite;
	}
	if (colon && !strncmp(colon, "://", 3)) {
		*rest = colon;
		return slice_starts(s, "postgresql:") ||
			slice_starts(s, "postgresql+") ||
			slice_starts(s, "postgres:") ||
			slice_starts(s, "postgres+")
		    ? &db_pg
		    : NULL;
	}
	return &db_sqlite;
}

const char *
db_sqlite_path(const char *uri)
{
	const char *rest;

	if (db_engine_of(uri, &rest) != &db_sqlite || !*rest ||
	    !strcmp(rest, ":memory:"))
		return NULL;
	return rest;
}

static const char *
environment(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* The data folder. */
static int
data_folder(const char *data, char out[DB_URI_MAX])
{
	const char *home = environment("HOME");
	int r;

	if (!data || !*data)
		data = environment("OTS_DATA_FOLDER");
	if (!data && !home) {
		errno = ENOENT;
		return -1;
	}
	r = data ? str_fmt(out, DB_URI_MAX, "%s", data)
		 : str_fmt(out, DB_URI_MAX, "%s/ots", home);
	return r < 0 ? -1 : 0;
}

/* The first line of a file as an envdir has it. 1: here it is; 0: none. */
static int
env_file(const char *data, char out[DB_URI_MAX])
{
	char path[DB_URI_MAX];
	FILE *f;
	size_t n;
	int err;

	if (str_fmt(path, sizeof path, "%s/env/OTS_DATABASE_URI", data) < 0)
		return -1;
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	n = fread(out, 1, DB_URI_MAX - 1, f);
	err = ferror(f) ? errno : 0;
	fclose(f);
	if (err) {
		errno = err;
		return -1;
	}
	out[n] = '\0';
	n = strcspn(out, "\n");
	while (n && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	out[n] = '\0';
	return n > 0;
}

/* What a file of the data folder calls a relative path is so in that folder,
 * wherever the caller stands. */
static int
below(const char *folder, char uri[DB_URI_MAX])
{
	char whole[DB_URI_MAX];
	const char *path = db_sqlite_path(uri);

	if (!path || *path == '/')
		return 0;
	if (str_fmt(whole, sizeof whole, "%s/%s", folder, path) < 0)
		return -1;
	memcpy(uri, whole, sizeof whole);
	return 0;
}

int
db_default_uri(const char *uri, const char *data, char out[DB_URI_MAX])
{
	char folder[DB_URI_MAX];
	int r;

	if (!uri || !*uri)
		uri = environment("OTS_DATABASE_URI");
	if (!uri)
		uri = environment("SQLALCHEMY_DATABASE_URI");
	if (uri) {
		r = str_fmt(out, DB_URI_MAX, "%s", uri);
	} else {
		if (data_folder(data, folder) < 0)
			return -1;
		r = env_file(folder, out);
		if (r == 0)
			r = str_fmt(out, DB_URI_MAX, "%s/db/ots.db", folder);
		else if (r > 0)
			r = below(folder, out);
	}
	if (r < 0 && errno == ENOSPC)
		errno = ENAMETOOLONG;
	return r < 0 ? -1 : 0;
}
