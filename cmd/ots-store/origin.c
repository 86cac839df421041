#include "origin.h"

#include <sys/stat.h>

#include "db.h"

#define SETTLED_S 2

void
origin_note(struct origin *o, const char *uri)
{
	struct stat st;

	*o = (struct origin){.path = db_sqlite_path(uri)};
	if (!o->path || stat(o->path, &st) < 0) {
		o->path = NULL;
		return;
	}
	o->dev = st.st_dev;
	o->ino = st.st_ino;
}

enum origin_is
origin_now(const struct origin *o, uint64_t wall)
{
	struct stat st;
	int64_t age;

	if (!o->path)
		return ORIGIN_SAME;
	if (stat(o->path, &st) < 0)
		return ORIGIN_GONE;
	if (st.st_dev == o->dev && st.st_ino == o->ino)
		return ORIGIN_SAME;
	age = (int64_t)(wall / 1000000) - (int64_t)st.st_mtime;
	return st.st_size > 0 && (age < 0 || age > SETTLED_S) ? ORIGIN_OTHER
							      : ORIGIN_GONE;
}
