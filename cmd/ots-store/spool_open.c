#include "spool_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_folder(const char *dir)
{
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -1;
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
see(void *arg, uint64_t number)
{
	(void)number;
	*(bool *)arg = true;
}

/* Its state, or a new one. *fresh: which; *damaged: there was one. */
static int
open_state(struct spool *s, bool *fresh, bool *damaged)
{
	*damaged = false;
	s->st = state_open(s->dir, true, s->seg, fresh, &s->state_fd);
	if (!s->st && errno == EBADMSG) {
		*damaged = true;
		if (state_discard(s->dir) == 0)
			s->st = state_open(
			    s->dir, true, s->seg, fresh, &s->state_fd);
	}
	if (s->st && *fresh)
		return segment_each(s->dir, see, damaged);
	return s->st ? 0 : -1;
}

static int
again_fresh(struct spool *s)
{
	bool fresh;

	state_close(&s->st, s->state_fd);
	if (state_discard(s->dir) < 0)
		return -1;
	s->st = state_open(s->dir, true, s->seg, &fresh, &s->state_fd);
	return s->st ? 0 : -1;
}

/* Where the last line begins: look at all that is not forwarded. */
static void
find_line(struct spool *s)
{
	struct slice p;
	const char *lf;

	s->line = s->border;
	for (s->f = s->border; s->f < s->w; s->f += p.n) {
		p = spool_tail(s);
		lf = memrchr(p.p, '\n', p.n);
		if (lf)
			s->line = s->f + (uint64_t)(lf - p.p) + 1;
	}
	s->f = s->border;
}

/* From now on a filter has it. */
static int
publish(struct spool *s)
{
	struct spool_state *st = s->st;
	char boot[sizeof st->boot];

	find_line(s);
	s->ready = s->w;
	place_set(&st->written, s->w);
	place_set(&st->ready, s->ready);
	place_set(&st->border, s->border);
	place_set(&st->end, s->end);
	/* Not half, lest the next one believes that the machine went down. */
	state_boot(boot);
	if (memcmp(st->boot, boot, sizeof boot) != 0)
		memcpy(st->boot, boot, sizeof boot);
	atomic_store(&st->ask, SPOOL_GO_ON);
	atomic_store(&st->open, 1);
	s->ours = true;
	return msync(st, sizeof *st, MS_SYNC);
}

static int
set_up(struct spool *s)
{
	bool fresh, damaged;

	if (open_state(s, &fresh, &damaged) < 0)
		return -1;
	s->ring = segment_reserve(
	    (SPOOL_RING + 1) * s->seg, &s->whole, &s->whole_size);
	if (!s->ring)
		return -1;
	if (fresh && !damaged) {
		s->found = SPOOL_NEW;
		return state_new_id(s->dir) < 0 ? -1 : publish(s);
	}
	if (!fresh && spool_recover(s) == 0)
		return publish(s);
	if (!fresh && (errno != EBADMSG || again_fresh(s) < 0))
		return -1;
	return spool_rebuild(s) < 0 ? -1 : publish(s);
}

static void
explain(char why[SPOOL_WHY_MAX], const char *dir, const char *what, int err)
{
	const char *text = strerrordesc_np(err);

	switch (err) {
	case EBUSY:
		text = "another ots-store has it; end that one first";
		break;
	case EPROTO:
		text = "its state is of another version of ots-store; empty it "
		       "with that one, or use another folder";
		break;
	case EBADMSG:
		text = "its file id is damaged; use another folder";
	}
	if (str_fmt(why, SPOOL_WHY_MAX, "unable to %s the spool %s: %s", what,
		dir, text ? text : "error") < 0)
		(void)str_fmt(why, SPOOL_WHY_MAX, "unable to %s the spool: %s",
		    what, text ? text : "error");
}

struct spool *
spool_open(const struct spool_config *c, char why[SPOOL_WHY_MAX])
{
	struct spool *s = calloc(1, sizeof *s);
	char id[SPOOL_ID_MAX];
	const char *what = "open";
	int err, i;

	why[0] = '\0';
	if (!s)
		return NULL;
	for (i = 0; i < SPOOL_RING; i++)
		s->fd[i] = -1;
	s->lock = s->state_fd = -1;
	s->wake_fd = c->wake_fd;
	s->seg = c->segment ? c->segment : SPOOL_SEGMENT;
	s->max = c->max / s->seg;
	s->dir = open_folder(c->dir);
	if (s->dir < 0)
		goto bad;
	what = "lock";
	s->lock = state_lock(s->dir, "lock", c->wait_us);
	if (s->lock < 0)
		goto bad;
	what = "use";
	if (state_id(s->dir, true, id) < 0 || set_up(s) < 0)
		goto bad;
	return s;
bad:
	err = errno;
	explain(why, c->dir, what, err);
	spool_close(&s);
	errno = err;
	return NULL;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
spool_close(struct spool **s)
{
	struct spool *p = *s;
	int i;

	if (!p)
		return;
	if (p->st) {
		if (p->ours) {
			(void)spool_sync(p->dir, p->st, p->state_fd);
			atomic_store(&p->st->open, 0);
			(void)fdatasync(p->state_fd);
		}
		state_close(&p->st, p->state_fd);
	}
	for (i = 0; i < SPOOL_RING; i++)
		close_fd(p->fd[i]);
	if (p->whole)
		munmap(p->whole, p->whole_size);
	close_fd(p->lock);
	close_fd(p->dir);
	free(p);
	*s = NULL;
}
