#include "owner.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "str.h"

/* The deepest folder above path that exists: its name is written to dir; what
 * is left of path, or NULL. */
static const char *
nearest(const char *path, char dir[DB_URI_MAX], struct stat *st)
{
	const char *end = strrchr(path, '/');

	for (; end; end = memrchr(path, '/', (size_t)(end - path))) {
		size_t n = end == path ? 1 : (size_t)(end - path);

		if (str_fmt(dir, DB_URI_MAX, "%.*s", (int)n, path) < 0)
			return NULL;
		if (stat(dir, st) == 0)
			return end + 1;
		if (end == path)
			break;
	}
	if (str_fmt(dir, DB_URI_MAX, ".") < 0 || stat(dir, st) < 0)
		return NULL;
	return path;
}

static void
become(const char *dir, const struct stat *st)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	int r = pw ? initgroups(pw->pw_name, st->st_gid)
		   : setgroups(1, &st->st_gid);

	if (r < 0 || setresgid(st->st_gid, st->st_gid, st->st_gid) < 0 ||
	    setresuid(st->st_uid, st->st_uid, st->st_uid) < 0)
		die_sys(EXIT_TEMP, "unable to become the owner of %s", dir);
}

void
owner_become(char uri[DB_URI_MAX])
{
	const char *path = db_sqlite_path(uri), *rest;
	char dir[DB_URI_MAX], to[DB_URI_MAX];
	struct stat st;

	if (!path || geteuid() != 0)
		return;
	rest = nearest(path, dir, &st);
	if (!rest || st.st_uid == 0)
		return;
	if (!S_ISDIR(st.st_mode))
		die(EXIT_USAGE, "%s is not a folder", dir);
	if (chdir(dir) < 0)
		die_sys(EXIT_USAGE, "unable to enter %s", dir);
	become(dir, &st);
	if (str_fmt(to, sizeof to, "sqlite:%s", rest) < 0)
		die(EXIT_USAGE, "the name of the database is too long");
	memcpy(uri, to, sizeof to);
}
