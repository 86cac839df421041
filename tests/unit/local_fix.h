/* For tests of lib/local: a local server, and clients of it that are bare
 * sockets, so that they can misbehave. */
#ifndef LOCAL_FIX_H
#define LOCAL_FIX_H

#include "loop_fix.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "local.h"
#include "net.h"

#define HELLO   "\nev:hello\tversion:1\tprogram:test\tnode:n1\n"
#define CLIENTS 3
#define LINE    256
#define HIGH    ((size_t)64 << 10)
#define QUEUE   ((size_t)1 << 20)

struct client {
	struct local_client local;
	unsigned records;
	bool left;
};

struct fixture {
	struct loop loop;
	struct local l;
	char dir[64], path[96];
	int fd[CLIENTS + 1]; /* of the clients; -1: none */
	unsigned joins, records, batches, rooms, deafs, leaves, logs;
	char last[LINE]; /* the last record */
	char id[SLOT_TEXT_MAX];
	struct slot_id slot; /* of the last that joined */
	int refuse;          /* errno of on_join; 0: it is welcome */
	bool end;            /* at its first record */
	bool end_deaf;       /* when it is deaf */
};

static inline struct fixture *
fixture_of(const struct local_client *c)
{
	return c->local->arg;
}

static inline int
on_join(struct local_client *c)
{
	struct fixture *f = fixture_of(c);

	f->joins++;
	f->slot = c->slot;
	assert_true(str_fmt(f->id, sizeof f->id, "%s", c->id) > 0);
	assert_false(c->mute || c->deaf);
	assert_int_equal(((struct client *)c)->records, 0);
	errno = f->refuse;
	return f->refuse != 0 ? -1 : 0;
}

static inline bool
on_record(struct local_client *c, const struct rec *r)
{
	struct fixture *f = fixture_of(c);

	f->records++;
	((struct client *)c)->records++;
	assert_true(str_fmt(f->last, sizeof f->last, "%.*s", (int)r->line.n,
			r->line.p) >= 0);
	if (f->end)
		local_end(c);
	return rec_is(r, "good");
}

static inline void
on_batch(struct local_client *c)
{
	fixture_of(c)->batches++;
}

static inline void
on_room(struct local_client *c)
{
	fixture_of(c)->rooms++;
}

static inline void
on_deaf(struct local_client *c)
{
	struct fixture *f = fixture_of(c);

	assert_true(c->deaf);
	f->deafs++;
	if (f->end_deaf)
		local_end(c);
}

static inline void
on_leave(struct local_client *c)
{
	struct client *own = (struct client *)c;

	assert_false(own->left);
	own->left = true;
	fixture_of(c)->leaves++;
}

static inline void
on_log(const struct local_client *c, struct log_line *l)
{
	log_u64(l, "own", ((const struct client *)c)->records);
	fixture_of(c)->logs++;
}

static inline void
open_local(struct fixture *f)
{
	f->l = (struct local){
	    .path = f->path,
	    .mode = 0640,
	    .program = "test",
	    .node = "n1",
	    .ids = "ids",
	    .max = CLIENTS,
	    .size = sizeof(struct client),
	    .chunk = f->l.chunk,
	    .line_max = LINE,
	    .queue_high = HIGH,
	    .queue_max = QUEUE,
	    .on_join = on_join,
	    .on_record = on_record,
	    .on_batch = on_batch,
	    .on_room = on_room,
	    .on_deaf = on_deaf,
	    .on_leave = on_leave,
	    .on_log = on_log,
	    .arg = f,
	};
	assert_int_equal(local_open(&f->l, &f->loop), 0);
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	log_level(LOG_LEVEL_ERROR);
	assert_true(
	    str_fmt(f->dir, sizeof f->dir, "%s", "/tmp/localXXXXXX") > 0);
	assert_non_null(mkdtemp(f->dir));
	assert_true(str_fmt(f->path, sizeof f->path, "%s/s", f->dir) > 0);
	for (int i = 0; i <= CLIENTS; i++)
		f->fd[i] = -1;
	assert_int_equal(loop_init(&f->loop), 0);
	f->l.chunk = malloc(WIRE_READ);
	assert_non_null(f->l.chunk);
	open_local(f);
	*state = f;
	return 0;
}

static inline void
hang_up(struct fixture *f, int i)
{
	assert_int_equal(close(f->fd[i]), 0);
	f->fd[i] = -1;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	local_close(&f->l);
	local_close(&f->l); /* harmless */
	assert_int_equal(f->leaves, f->joins);
	for (int i = 0; i <= CLIENTS; i++)
		if (f->fd[i] >= 0)
			close(f->fd[i]);
	assert_int_equal(rmdir(f->dir), 0); /* the socket is gone */
	loop_fini(&f->loop);
	free(f->l.chunk);
	free(f);
	return 0;
}

/* --- what the tests do --- */

static inline void
wait_count(struct fixture *f, const unsigned *count, unsigned want)
{
	loop_count(&f->loop, count, want);
}

/* Whatever is to happen at once has happened then. */
static inline void
settle(struct fixture *f)
{
	for (int i = 0; i < 5; i++)
		assert_int_equal(loop_once(&f->loop, 0), 0);
}

static inline void
dial(struct fixture *f, int i)
{
	f->fd[i] = net_connect_unix(f->path);
	assert_true(f->fd[i] >= 0);
}

static inline void
say(struct fixture *f, int i, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(write(f->fd[i], text, n), n);
}

static inline void
hear(struct fixture *f, int i, const char *want)
{
	loop_hear(&f->loop, f->fd[i], want);
}

/* The server has closed its side, having said nothing (more). */
static inline void
hear_end(struct fixture *f, int i)
{
	uint64_t until = clock_mono_us() + PATIENCE;
	char c;
	ssize_t r;

	while ((r = read(f->fd[i], &c, 1)) != 0) {
		assert_true(r < 0);
		if (errno == ECONNRESET)
			break; /* with something of ours unread */
		assert_int_equal(errno, EAGAIN);
		loop_turn(&f->loop, until);
	}
}

static inline void
meet(struct fixture *f, int i)
{
	dial(f, i);
	hear(f, i, HELLO);
}

static inline struct local_client *
first(struct fixture *f)
{
	return TAILQ_FIRST(&f->l.clients);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
