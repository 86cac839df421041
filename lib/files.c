#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK ((size_t)16384)

/* As read(2), but a signal is no reason to return. */
static ssize_t
read_on(int fd, char *p, size_t n)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r;
}

/* There is no room left: is there more? */
static int
at_end(int fd)
{
	char c = '\0';
	ssize_t n = read_on(fd, &c, 1);

	explicit_bzero(&c, 1);
	if (n > 0)
		errno = EFBIG;
	return n == 0 ? 0 : -1;
}

int
files_read_fd(int fd, struct buf *out)
{
	size_t room;
	ssize_t n;
	char *p;

	while ((room = out->max - buf_size(out)) > 0) {
		if (room > CHUNK)
			room = CHUNK;
		p = buf_reserve(out, room);
		if (!p)
			return -1;
		n = read_on(fd, p, room);
		if (n <= 0)
			return n < 0 ? -1 : 0;
		buf_commit(out, (size_t)n);
	}
	return at_end(fd);
}

int
files_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r, err;

	if (fd < 0)
		return -1;
	r = files_read_fd(fd, out);
	err = errno;
	close(fd);
	errno = err;
	return r;
}

int
files_write_fd(int fd, struct slice bytes)
{
	ssize_t n;

	while (bytes.n) {
		n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}
