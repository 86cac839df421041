#include "spool_own.h"

#include <unistd.h>

/* Looked at this often. */
#define LOOK_US ((uint64_t)5000000)

uint64_t
spool_kept(const struct spool_state *st)
{
	uint64_t released = place_get(&st->released),
		 synced = place_get(&st->synced);

	return synced > released ? synced : released;
}

struct range {
	int dir;
	size_t size;
	uint64_t from, to; /* numbers */
	bool failed;
};

static void
sync_one(void *arg, uint64_t number)
{
	struct range *r = arg;
	int fd;

	if (number < r->from || number > r->to ||
	    (fd = segment_open(r->dir, number, r->size)) < 0)
		return;
	if (fdatasync(fd) < 0)
		r->failed = true;
	close(fd);
}

int
spool_sync(int dir, struct spool_state *st, int state_fd)
{
	uint64_t from = spool_kept(st), to = place_get(&st->written);
	struct range r = {
	    .dir = dir,
	    .size = st->segment,
	    .from = from / st->segment,
	    .to = to / st->segment,
	};

	if (from >= to)
		return 0;
	/* Their names, too; where a folder can be synced. */
	(void)fsync(dir);
	if (segment_each(dir, sync_one, &r) < 0 || r.failed)
		return -1;
	place_set(&st->synced, to);
	return fdatasync(state_fd);
}

bool
sync_due(struct sync_pace *p, uint64_t now, const struct spool_state *st)
{
	bool due;

	if (now < p->at)
		return false;
	due = spool_kept(st) < p->place;
	p->at = now + LOOK_US;
	p->place = place_get(&st->written);
	return due;
}
