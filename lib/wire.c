#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

/* One write takes at most this much, so that a reader's wake-up is not put
 * off until all of a long queue has gone. */
#define WRITE_MAX ((size_t)256 << 10)

/* Wires carry whole batches; the default of 64 KiB would cut them up. */
#define PIPE_BYTES (1 << 20)

int
wire_unshare(int fd, int flags)
{
	char path[32];
	struct stat st;
	int own, old;

	if (fstat(fd, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return 0; /* epoll refuses it: reads and writes do not wait */
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		if (str_fmt(path, sizeof path, "/proc/self/fd/%d", fd) < 0)
			return -1;
		own = open(path, flags | O_NONBLOCK | O_CLOEXEC);
		if (own >= 0) {
			int r = dup3(own, fd, O_CLOEXEC);

			close(own);
			return r < 0 ? -1 : 0;
		}
	}
	/* A socket, or a pipe of another user's: change it as it is. */
	old = fcntl(fd, F_GETFL);
	return old < 0 ? -1 : fcntl(fd, F_SETFL, old | O_NONBLOCK);
}

/* ---- in ---- */

static void
hand_out(struct wire_in *w, struct slice line)
{
	int r = rec_parse(&w->rec, line);

	if (r == 0)
		return;
	if (r < 0) {
		w->bad++;
		return;
	}
	w->records++;
	w->on_record(w->arg, &w->rec);
}

static void
finish(struct wire_in *w, int err)
{
	w->ended = true;
	if (rec_lines_end(&w->lines))
		w->bad++;
	loop_del(w->loop, &w->io);
	w->on_end(w->arg, err);
}

static void
feed(struct wire_in *w, const char *p, size_t n)
{
	uint64_t dropped = w->lines.dropped;
	struct slice line;

	rec_lines_feed(&w->lines, p, n);
	while (rec_lines_next(&w->lines, &line))
		hand_out(w, line);
	w->bad += w->lines.dropped - dropped;
}

static void
readable(void *arg, uint32_t events)
{
	struct wire_in *w = arg;
	ssize_t n;

	(void)events;
	if (w->paused || w->ended)
		return;
	n = read(w->io.fd, w->chunk, WIRE_READ);
	if (n <= 0) {
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		finish(w, n < 0 ? errno : 0);
		return;
	}
	feed(w, w->chunk, (size_t)n);
	if (w->on_batch)
		w->on_batch(w->arg);
}

int
wire_in_open(
    struct wire_in *w, struct loop *l, int fd, char *chunk, size_t line_max)
{
	w->loop = l;
	w->chunk = chunk;
	w->paused = w->ended = false;
	w->records = w->bad = 0;
	rec_lines_init(&w->lines, line_max);
	if (wire_unshare(fd, O_RDONLY) < 0)
		return -1;
	/* More than one batch fits. Not every pipe may grow: no matter. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
	return loop_add(l, &w->io, fd, LOOP_IN, readable, w);
}

void
wire_in_close(struct wire_in *w)
{
	if (w->loop)
		loop_del(w->loop, &w->io);
	rec_lines_fini(&w->lines);
}

void
wire_in_pause(struct wire_in *w, bool pause)
{
	if (w->ended || w->paused == pause)
		return;
	w->paused = pause;
	/* Not by an empty interest: epoll would go on telling a hang-up. */
	if (pause)
		loop_del(w->loop, &w->io);
	else if (loop_add(w->loop, &w->io, w->io.fd, LOOP_IN, readable, w) < 0)
		finish(w, errno);
}

/* Byte by byte: what follows is the successor's. */
void
wire_in_last(struct wire_in *w, uint64_t wait_us)
{
	struct pollfd in = {.fd = w->io.fd, .events = POLLIN};
	uint64_t now = clock_mono_us(), until = now + wait_us;
	ssize_t n;
	char c;

	for (; !w->ended && rec_lines_open(&w->lines) && now < until;
	     now = clock_mono_us()) {
		n = read(w->io.fd, &c, 1);
		if (n > 0)
			feed(w, &c, 1);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
		else
			(void)poll(&in, 1, (int)((until - now) / 1000) + 1);
	}
	if (w->on_batch)
		w->on_batch(w->arg);
}

/* ---- out ---- */

static void
broken(struct wire_out *w, int err)
{
	w->broken = true;
	buf_clear(&w->q);
	loop_del(w->loop, &w->io);
	w->on_end(w->arg, err);
}

static void
writable(void *arg, uint32_t events)
{
	struct wire_out *w = arg;

	if (!(events & (LOOP_OUT | EPOLLERR | EPOLLHUP)))
		return;
	if (w->blocked) {
		w->blocked = false;
		wire_out_flush(w);
	} else if (events & (EPOLLERR | EPOLLHUP)) {
		broken(w, EPIPE);
	}
}

int
wire_out_open(
    struct wire_out *w, struct loop *l, int fd, size_t high, size_t max)
{
	w->loop = l;
	w->high = high;
	w->blocked = w->was_full = w->broken = false;
	w->bytes = 0;
	buf_init(&w->q, max);
	if (wire_unshare(fd, O_WRONLY) < 0)
		return -1;
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
	return loop_add(l, &w->io, fd, 0, writable, w);
}

void
wire_out_close(struct wire_out *w)
{
	if (w->loop)
		loop_del(w->loop, &w->io);
	buf_fini(&w->q);
}

void
wire_out_flush(struct wire_out *w)
{
	size_t size;
	ssize_t n;

	if (w->broken) {
		buf_clear(&w->q);
		return;
	}
	if (wire_out_full(w))
		w->was_full = true;
	while (!w->blocked && (size = buf_size(&w->q))) {
		n = write(w->io.fd, buf_data(&w->q),
		    size > WRITE_MAX ? WRITE_MAX : size);
		if (n >= 0) {
			buf_consume(&w->q, (size_t)n);
			w->bytes += (uint64_t)n;
		} else if (errno == EAGAIN) {
			w->blocked = true;
		} else if (errno != EINTR) {
			broken(w, errno);
			return;
		}
	}
	(void)loop_mod(w->loop, &w->io, w->blocked ? LOOP_OUT : 0);
	if (w->was_full && buf_size(&w->q) <= w->high / 2) {
		w->was_full = false;
		if (w->on_room)
			w->on_room(w->arg);
	}
}
