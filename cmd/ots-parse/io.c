#include "io.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "die.h"

volatile sig_atomic_t io_stop, io_report;

static sigset_t waiting; /* the mask while we wait: as we were started */

static void
on_stop(int signo)
{
	(void)signo;
	if (io_stop)
		_exit(EXIT_TEMP);
	io_stop = 1;
}

static void
on_report(int signo)
{
	(void)signo;
	io_report = 1;
}

/* Without SA_RESTART: a signal ends the system call that it meets. */
static int
handle(int signo, void (*fn)(int), sigset_t *set)
{
	struct sigaction sa = {.sa_handler = fn};

	sigemptyset(&sa.sa_mask);
	if (set)
		sigaddset(set, signo);
	return sigaction(signo, &sa, NULL);
}

int
io_start(void)
{
	sigset_t ours;

	sigemptyset(&ours);
	if (handle(SIGTERM, on_stop, &ours) < 0 ||
	    handle(SIGINT, on_stop, &ours) < 0 ||
	    handle(SIGUSR1, on_report, &ours) < 0 ||
	    handle(SIGPIPE, SIG_IGN, NULL) < 0 ||
	    sigprocmask(SIG_BLOCK, &ours, &waiting) < 0)
		return -1;
	sigdelset(&waiting, SIGTERM);
	sigdelset(&waiting, SIGINT);
	sigdelset(&waiting, SIGUSR1);
	return 0;
}

ssize_t
io_read(char *p, size_t n, uint64_t wait_us)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct timespec ts = {.tv_sec = (time_t)(wait_us / 1000000),
	    .tv_nsec = (long)(wait_us % 1000000) * 1000};
	ssize_t got;
	int ready;

	for (;;) {
		ready =
		    ppoll(&in, 1, wait_us == IO_EVER ? NULL : &ts, &waiting);
		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0)
			return -1;
		got = read(STDIN_FILENO, p, n);
		/* Somebody else made it non-blocking, and took the bytes. */
		if (got < 0 && errno == EAGAIN)
			continue;
		return got;
	}
}

static int
write_all(struct buf *b)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	ssize_t n;

	while (buf_size(b)) {
		n = write(STDOUT_FILENO, buf_data(b), buf_size(b));
		if (n >= 0) {
			buf_consume(b, (size_t)n);
			continue;
		}
		if (errno == EAGAIN && ppoll(&out, 1, NULL, &waiting) < 0 &&
		    errno != EINTR)
			return -1;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return 0;
}

int
io_write(struct buf *b)
{
	sigset_t blocked;
	int r, err;

	/* A second TERM gets us out of a write that never ends. And even with
	 * nothing to write, signals get in here: ppoll does not let them when
	 * input is always there. */
	if (sigprocmask(SIG_SETMASK, &waiting, &blocked) < 0)
		return -1;
	r = write_all(b);
	err = errno;
	if (sigprocmask(SIG_SETMASK, &blocked, NULL) < 0)
		return -1;
	errno = err;
	return r;
}
