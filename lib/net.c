#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "num.h"

static int
fail(int err)
{
	errno = err;
	return -1;
}

/* ---- addresses ---- */

static void
set_v4(struct net_addr *a, struct in_addr ip, uint16_t port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)&a->ss;

	*a = (struct net_addr){.len = sizeof *sin};
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	sin->sin_addr = ip;
}

static void
set_v6(struct net_addr *a, struct in6_addr ip, uint16_t port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(void *)&a->ss;

	*a = (struct net_addr){.len = sizeof *sin6};
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_addr = ip;
}

static bool
have_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int
net_parse(struct slice text, struct net_addr *out)
{
	char host[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;
	const char *colon = memrchr(text.p, ':', text.n);
	struct slice h;
	uint64_t port;

	if (!colon)
		return fail(EINVAL);
	h = (struct slice){text.p, (size_t)(colon - text.p)};
	if (num_u64((struct slice){colon + 1, text.n - h.n - 1}, 65535, &port) <
	    0)
		return fail(EINVAL);
	if (h.n == 0) {
		if (have_ipv6())
			set_v6(out, in6addr_any, (uint16_t)port);
		else
			set_v4(
			    out, (struct in_addr){INADDR_ANY}, (uint16_t)port);
		return 0;
	}
	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']') {
		h.p++;
		h.n -= 2;
	}
	if (h.n >= sizeof host || memchr(h.p, '\0', h.n))
		return fail(EINVAL);
	memcpy(host, h.p, h.n);
	host[h.n] = '\0';
	if (inet_pton(AF_INET, host, &v4) == 1)
		set_v4(out, v4, (uint16_t)port);
	else if (inet_pton(AF_INET6, host, &v6) == 1)
		set_v6(out, v6, (uint16_t)port);
	else
		return fail(EINVAL);
	return 0;
}

uint16_t
net_port(const struct net_addr *a)
{
	if (a->ss.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)&a->ss)
				 ->sin6_port);
	if (a->ss.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)&a->ss)
				 ->sin_port);
	return 0;
}

int
net_text(const struct net_addr *a, char out[NET_TEXT_MAX])
{
	const struct sockaddr_in6 *sin6 = (const void *)&a->ss;
	const struct sockaddr_in *sin = (const void *)&a->ss;
	char host[INET6_ADDRSTRLEN];
	const unsigned char *b;

	if (a->ss.ss_family == AF_INET) {
		if (!inet_ntop(AF_INET, &sin->sin_addr, host, sizeof host))
			return -1;
		return str_fmt(out, NET_TEXT_MAX, "%s:%u", host, net_port(a));
	}
	if (a->ss.ss_family != AF_INET6)
		return str_fmt(out, NET_TEXT_MAX, "local");
	if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
		b = sin6->sin6_addr.s6_addr + 12;
		return str_fmt(out, NET_TEXT_MAX, "%u.%u.%u.%u:%u", b[0], b[1],
		    b[2], b[3], net_port(a));
	}
	if (!inet_ntop(AF_INET6, &sin6->sin6_addr, host, sizeof host))
		return -1;
	return str_fmt(out, NET_TEXT_MAX, "[%s]:%u", host, net_port(a));
}

size_t
net_site(const struct net_addr *a, unsigned char out[NET_SITE_MAX])
{
	const struct sockaddr_in6 *sin6 = (const void *)&a->ss;
	const struct sockaddr_in *sin = (const void *)&a->ss;

	if (a->ss.ss_family == AF_INET) {
		memcpy(out, &sin->sin_addr, 4);
		return 4;
	}
	if (a->ss.ss_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
		memcpy(out, sin6->sin6_addr.s6_addr + 12, 4);
		return 4;
	}
	memcpy(out, &sin6->sin6_addr, 8);
	return 8;
}

/* ---- TCP ---- */

static int
close_fail(int fd)
{
	int err = errno;

	close(fd);
	return fail(err);
}

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

int
net_listen_tcp(const struct net_addr *a, struct net_addr *bound)
{
	int fd = socket(
	    a->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
	    (a->ss.ss_family == AF_INET6 &&
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !IN6_IS_ADDR_UNSPECIFIED(
			&((const struct sockaddr_in6 *)(const void *)&a->ss)
			     ->sin6_addr)) < 0) ||
	    bind(fd, (const struct sockaddr *)&a->ss, a->len) < 0 ||
	    listen(fd, 65535) < 0)
		return close_fail(fd);
	bound->len = sizeof bound->ss;
	if (getsockname(fd, (struct sockaddr *)&bound->ss, &bound->len) < 0)
		return close_fail(fd);
	return fd;
}

int
net_accept_tcp(int lfd, struct net_addr *peer, unsigned dead_ms)
{
	int fd;

	peer->len = sizeof peer->ss;
	fd = accept4(lfd, (struct sockaddr *)&peer->ss, &peer->len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -1;
	/* A peer that died shows by unanswered probes, or by data that nobody
	 * acknowledges; none of these fails on a fresh TCP socket. */
	(void)set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)(dead_ms / 2000));
	(void)set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, (int)(dead_ms / 8000));
	(void)set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
	(void)set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)dead_ms);
	return fd;
}

/* ---- Unix ---- */

static int
unix_addr(const char *path, struct sockaddr_un *un)
{
	size_t n = strlen(path);

	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n == 0)
		return fail(EINVAL);
	if (n >= sizeof un->sun_path)
		return fail(ENAMETOOLONG);
	memcpy(un->sun_path, path, n);
	return 0;
}

int
net_connect_unix(const char *path)
{
	struct sockaddr_un un;
	int fd, flags;

	if (unix_addr(path, &un) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Waits at most until the listener takes it from its backlog. */
	if (connect(fd, (const struct sockaddr *)&un, sizeof un) < 0)
		return close_fail(fd);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return close_fail(fd);
	return fd;
}

int
net_try_unix(const char *path)
{
	struct sockaddr_un un;
	int fd;

	if (unix_addr(path, &un) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&un, sizeof un) < 0)
		return close_fail(fd);
	return fd;
}

int
net_listen_unix(const char *path, unsigned mode)
{
	struct sockaddr_un un;
	struct stat st;
	mode_t mask;
	int fd, r;

	if (unix_addr(path, &un) < 0)
		return -1;
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return fail(EEXIST);
		fd = net_try_unix(path);
		if (fd >= 0)
			close(fd);
		/* EAGAIN: somebody listens who is too busy, or stopped. */
		if (fd >= 0 || errno == EAGAIN)
			return fail(EADDRINUSE);
		if (unlink(path) < 0)
			return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* The mode holds from the first moment. */
	mask = umask(~mode & 0777);
	r = bind(fd, (const struct sockaddr *)&un, sizeof un);
	umask(mask);
	if (r < 0 || listen(fd, 128) < 0)
		return close_fail(fd);
	return fd;
}

/* ---- tools ---- */

int
net_resolve(const char *host, const char *port, int socktype,
    struct net_addr *out, int max, const char **why)
{
	struct addrinfo hints = {.ai_socktype = socktype}, *list, *ai;
	int r, n = 0;

	r = getaddrinfo(host, port, &hints, &list);
	if (r != 0) {
		*why = r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r);
		return -1;
	}
	for (ai = list; ai && n < max; ai = ai->ai_next) {
		if (ai->ai_addrlen > sizeof out[n].ss)
			continue;
		out[n] = (struct net_addr){.len = ai->ai_addrlen};
		memcpy(&out[n].ss, ai->ai_addr, ai->ai_addrlen);
		n++;
	}
	freeaddrinfo(list);
	return n;
}

uint64_t
net_raise_nofile(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 256;
	if (rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &rl) < 0 &&
		    getrlimit(RLIMIT_NOFILE, &rl) < 0)
			return 256;
	}
	return rl.rlim_cur;
}
