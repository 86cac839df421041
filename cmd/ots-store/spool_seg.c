#include "spool_own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "num.h"

#define DIGITS       10 /* at least */
#define NAME_MAX_LEN 32
#define BIG_PAGE     ((size_t)2 << 20)
#define ZEROS        ((size_t)64 << 10)
/* Files with higher numbers are none of ours: places are far below 2^63. */
#define NUMBER_MAX (SPOOL_PLACE_MAX / 2 / SPOOL_SEGMENT)

static void
name_of(char name[NAME_MAX_LEN], uint64_t number)
{
	if (str_fmt(name, NAME_MAX_LEN, "%0*" PRIu64 ".rec", DIGITS, number) <
	    0)
		abort(); /* 20 digits fit */
}

int
segment_make(int dir, uint64_t number, size_t size, bool *made)
{
	char name[NAME_MAX_LEN];
	struct stat st;
	int fd, err;

	name_of(name, number);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	*made = st.st_size == 0;
	if ((uint64_t)st.st_size >= size)
		return fd;
	do
		err = posix_fallocate(fd, 0, (off_t)size);
	while (err == EINTR);
	if (err == 0)
		return fd;
	if (*made)
		(void)unlinkat(dir, name, 0);
	close(fd);
	errno = err;
	return -1;
}

int
segment_open(int dir, uint64_t number, size_t size)
{
	char name[NAME_MAX_LEN];
	struct stat st;
	int fd;

	name_of(name, number);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size >= size)
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

int
segment_rename(int dir, uint64_t from, uint64_t to)
{
	char a[NAME_MAX_LEN], b[NAME_MAX_LEN];

	name_of(a, from);
	name_of(b, to);
	return renameat(dir, a, dir, b);
}

int
segment_unlink(int dir, uint64_t number)
{
	char name[NAME_MAX_LEN];

	name_of(name, number);
	return unlinkat(dir, name, 0);
}

static bool
number_of(const char *name, uint64_t *number)
{
	struct slice s = slice_of(name);

	if (!slice_ends(s, ".rec"))
		return false;
	s.n -= 4;
	return s.n >= DIGITS && num_u64(s, NUMBER_MAX, number) == 0;
}

int
segment_each(int dir, void (*fn)(void *arg, uint64_t number), void *arg)
{
	int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	const struct dirent *e;
	uint64_t number;

	if (!d) {
		if (own >= 0)
			close(own);
		return -1;
	}
	while ((e = readdir(d)))
		if (number_of(e->d_name, &number))
			fn(arg, number);
	closedir(d);
	return 0;
}

int
segment_put(int fd, uint64_t at, const char *p, size_t n)
{
	ssize_t r;

	while (n) {
		r = pwrite(fd, p, n, (off_t)at);
		if (r < 0 && errno != EINTR)
			return -1;
		if (r > 0) {
			p += r;
			at += (uint64_t)r;
			n -= (size_t)r;
		}
	}
	return 0;
}

int
segment_zero(int fd, uint64_t from, uint64_t to)
{
	static const char zeros[ZEROS];
	size_t n;

	for (; from < to; from += n) {
		n = (size_t)least(to - from, ZEROS);
		if (segment_put(fd, from, zeros, n) < 0)
			return -1;
	}
	return 0;
}

char *
segment_reserve(size_t bytes, void **whole, size_t *size)
{
	uintptr_t at;

	*size = bytes + BIG_PAGE;
	*whole = mmap(NULL, *size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (*whole == MAP_FAILED) {
		*whole = NULL;
		return NULL;
	}
	at = (uintptr_t)*whole % BIG_PAGE;
	return (char *)*whole + (at ? BIG_PAGE - at : 0);
}
