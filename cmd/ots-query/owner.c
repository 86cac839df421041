#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"
#include "str.h"

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

/* The folder of path; the name in it. */
static const char *
split(const char *path, char dir[DB_URI_MAX])
{
	const char *slash = strrchr(path, '/');
	int n = slash == path ? 1 : slash ? (int)(slash - path) : 1;

	if (str_fmt(dir, DB_URI_MAX, "%.*s", n, slash ? path : ".") < 0)
		die(EXIT_USAGE, "the name of the database is too long");
	return slash ? slash + 1 : path;
}

void
owner_become(char uri[DB_URI_MAX])
{
	const char *path = db_sqlite_path(uri), *name;
	char dir[DB_URI_MAX], to[DB_URI_MAX];
	struct stat st;

	if (!path)
		return;
	if (access(path, F_OK) < 0)
		die_sys(EXIT_USAGE,
		    "there is no database %s (--database or --data names one, "
		    "ots-store makes one)",
		    path);
	name = split(path, dir);
	if (geteuid() != 0 || stat(dir, &st) < 0 || st.st_uid == 0)
		return;
	if (chdir(dir) < 0)
		die_sys(EXIT_USAGE, "unable to enter %s", dir);
	become(dir, &st);
	if (str_fmt(to, sizeof to, "sqlite:%s", name) < 0)
		die(EXIT_USAGE, "the name of the database is too long");
	memcpy(uri, to, sizeof to);
}
