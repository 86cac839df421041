#include "check_net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define TOO_LONG "no answer in time"

/* 1: ready; 0: the time is over. */
static int
wait_fd(int fd, short events, uint64_t deadline_us)
{
	struct pollfd p = {fd, events, 0};

	for (;;) {
		uint64_t now = clock_mono_us();
		int ms, r;

		if (now >= deadline_us)
			return 0;
		ms = (int)((deadline_us - now + 999) / 1000);
		r = poll(&p, 1, ms);
		if (r > 0 || (r < 0 && errno != EINTR))
			return 1;
	}
}

/* What the child tells. */
struct answer {
	int n; /* addresses; -1: why */
	char why[128];
	struct net_addr addr[CHECK_ADDRESSES];
};

static _Noreturn void
resolver(int fd, const char *host, const char *port)
{
	static struct answer a;
	const char *why = NULL;

	a.n =
	    net_resolve(host, port, SOCK_STREAM, a.addr, CHECK_ADDRESSES, &why);
	if (a.n < 0 && str_fmt(a.why, sizeof a.why, "%s", why) < 0)
		a.why[0] = '\0';
	_exit(write(fd, &a, sizeof a) == (ssize_t)sizeof a ? 0 : 1);
}

/* The whole answer, which is smaller than a pipe. */
static bool
receive(int fd, struct answer *a, uint64_t timeout_us)
{
	uint64_t deadline = clock_mono_us() + timeout_us;
	size_t n = 0;

	while (n < sizeof *a) {
		ssize_t r;

		if (!wait_fd(fd, POLLIN, deadline))
			return false;
		r = read(fd, (char *)a + n, sizeof *a - n);
		if (r == 0 || (r < 0 && errno != EINTR))
			return false;
		n += r > 0 ? (size_t)r : 0;
	}
	return true;
}

int
check_resolve(const char *host, const char *port, uint64_t timeout_us,
    struct net_addr out[CHECK_ADDRESSES], const char **why)
{
	static struct answer a;
	bool got;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		*why = strerror(errno);
		return -1;
	}
	if (pid == 0)
		resolver(fd[1], host, port);
	close(fd[1]);
	got = receive(fd[0], &a, timeout_us);
	close(fd[0]);
	if (!got)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!got || a.n < 0) {
		*why = got ? a.why : TOO_LONG;
		return -1;
	}
	memcpy(out, a.addr, sizeof a.addr);
	return a.n;
}

static int
refuse(int fd, int err, const char **why)
{
	if (fd >= 0)
		close(fd);
	*why = strerror(err);
	return -1;
}

int
check_connect(const struct net_addr *a, uint64_t timeout_us, const char **why)
{
	int fd, err = 0;
	socklen_t len = sizeof err;

	fd = socket(
	    a->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(fd, errno, why);
	if (connect(fd, (const struct sockaddr *)&a->ss, a->len) == 0)
		return fd;
	if (errno != EINPROGRESS)
		return refuse(fd, errno, why);
	if (!wait_fd(fd, POLLOUT, clock_mono_us() + timeout_us)) {
		close(fd);
		*why = TOO_LONG;
		return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	return err ? refuse(fd, err, why) : fd;
}

const char *
check_handshake(struct tls *t, int fd, uint64_t timeout_us)
{
	uint64_t deadline = clock_mono_us() + timeout_us;
	bool out;
	int r;

	while ((r = tls_handshake(t, &out)) == 0)
		if (!wait_fd(fd, out ? POLLOUT : POLLIN, deadline))
			return TOO_LONG;
	return r < 0 ? tls_why(t) : NULL;
}

ssize_t
check_read(struct tls *t, int fd, char *p, size_t n, uint64_t timeout_us,
    bool *ended, const char **why)
{
	uint64_t deadline = clock_mono_us() + timeout_us;
	ssize_t r;

	*ended = false;
	while ((r = tls_read(t, p, n)) < 0 && errno == EAGAIN)
		if (!wait_fd(fd, POLLIN, deadline))
			return 0;
	*ended = r == 0;
	if (r < 0)
		*why = errno == EPROTO ? tls_why(t) : strerror(errno);
	return r;
}

const char *
check_write(struct tls *t, int fd, const char *p, size_t n, uint64_t timeout_us)
{
	uint64_t deadline = clock_mono_us() + timeout_us;

	while (n > 0 || tls_held(t) > 0) {
		/* iov_base is not const, but is only read. */
		struct iovec iov = {(void *)(uintptr_t)p, n};
		ssize_t r = n > 0 ? tls_writev(t, &iov, 1) : tls_flush(t);

		if (r < 0 && errno == EPROTO)
			return tls_why(t);
		if (r < 0 && errno != EAGAIN)
			return strerror(errno);
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
		if (r < 0 && !wait_fd(fd, POLLOUT, deadline))
			return TOO_LONG;
	}
	return NULL;
}
