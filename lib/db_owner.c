#include "db_owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "str.h"

/* What was done with dir, and the text of errno. */
static int
fail(char why[DB_WHY_MAX], int e, const char *what, const char *dir)
{
	if (str_fmt(why, DB_WHY_MAX, "%s %s: %s", what, dir, strerror(errno)) <
	    0)
		str_fmt(why, DB_WHY_MAX, "%s its folder: %s", what,
		    strerror(errno));
	errno = e;
	return -1;
}

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

static int
become(const struct stat *st)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	int r = pw ? initgroups(pw->pw_name, st->st_gid)
		   : setgroups(1, &st->st_gid);

	if (r < 0 || setresgid(st->st_gid, st->st_gid, st->st_gid) < 0 ||
	    setresuid(st->st_uid, st->st_uid, st->st_uid) < 0)
		return -1;
	return 0;
}

int
db_become_owner(char uri[DB_URI_MAX], char why[DB_WHY_MAX])
{
	const char *path = db_sqlite_path(uri), *rest;
	char dir[DB_URI_MAX], to[DB_URI_MAX];
	struct stat st;

	if (!path || geteuid() != 0)
		return 0;
	rest = nearest(path, dir, &st);
	if (!rest || st.st_uid == 0)
		return 0;
	if (str_fmt(to, sizeof to, "sqlite:%s", rest) < 0) {
		errno = ENAMETOOLONG;
		return fail(why, EINVAL, "unable to name what is in", dir);
	}
	/* Of what is no folder, too. */
	if (chdir(dir) < 0)
		return fail(why, EINVAL, "unable to enter", dir);
	if (become(&st) < 0)
		return fail(why, EAGAIN, "unable to become the owner of", dir);
	memcpy(uri, to, sizeof to);
	return 0;
}
