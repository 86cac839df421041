#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "num.h"

/* A file of /proc, whole, NUL-terminated. */
static int
proc_read(int pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t n = 0;
	ssize_t got;
	int fd;

	if (str_fmt(path, sizeof(path), "/proc/%d/%s", pid, name) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	text[n] = '\0';
	return n > 0 ? 0 : -1;
}

/* The number that follows `key` and blanks. */
static uint64_t
number_after(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	p += strlen(key);
	p += strspn(p, " \t");
	(void)num_u64(
	    (struct slice){p, strspn(p, "0123456789")}, UINT64_MAX, &v);
	return v;
}

int
proc_use(int pid, struct proc_use *u)
{
	char text[8192];

	*u = (struct proc_use){0};
	/* The first number of schedstat: time on a processor, all of a
	 * program of one thread. */
	if (proc_read(pid, "schedstat", text, sizeof(text)) != 0)
		return -1;
	u->cpu_ns = number_after(text, "");
	if (proc_read(pid, "status", text, sizeof(text)) != 0)
		return -1;
	u->rss_kib = number_after(text, "VmRSS:");
	if (proc_read(pid, "smaps_rollup", text, sizeof(text)) == 0)
		u->pss_kib = number_after(text, "\nPss:");
	return 0;
}
