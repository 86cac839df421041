/* What is left to a filter in its sandbox: each deed is tried by a child of
 * its own, and told in one line: "NAME done", "NAME refused" or "NAME killed".
 * Exit code 77: this build has no sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

static int other; /* a descriptor that is neither 0 nor 1 nor 2 */

static int
map(int prot, int flags, int fd)
{
	return mmap(NULL, 4096, prot, flags, fd, 0) == MAP_FAILED ? -1 : 0;
}

static int
do_nothing(void)
{
	return 0;
}

static int
do_read_0(void)
{
	char c;

	return (int)read(0, &c, 1);
}

static int
do_write_1(void)
{
	return (int)write(1, "", 0);
}

static int
do_write_2(void)
{
	return (int)write(2, "", 0);
}

static int
do_memory(void)
{
	void *p = malloc(1 << 26), *q;

	if (!p)
		return -1;
	memset(p, 1, 1 << 26);
	q = realloc(p, 1 << 27);
	free(q ? q : p);
	return q ? 0 : -1;
}

static int
do_wait(void)
{
	struct timespec t = {0, 1000};

	return ppoll(NULL, 0, &t, NULL);
}

static int
do_clock(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_MONOTONIC, &t);
}

static int
do_read_other(void)
{
	char c;

	return (int)read(other, &c, 1);
}

static int
do_write_other(void)
{
	return (int)write(other, "", 0);
}

static int
do_write_0(void)
{
	return (int)write(0, "", 0);
}

static int
do_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int
do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
do_fork(void)
{
	return fork();
}

static int
do_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
do_kill(void)
{
	return kill(getppid(), 0);
}

static int
do_map_exec(void)
{
	return map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int
do_map_file(void)
{
	return map(PROT_READ, MAP_PRIVATE, other);
}

static int
do_protect(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
do_dup(void)
{
	return dup2(other, 0);
}

static const struct deed {
	const char *name;
	int (*fn)(void);
} deeds[] = {
    {"nothing", do_nothing},
    {"read-0", do_read_0},
    {"write-1", do_write_1},
    {"write-2", do_write_2},
    {"memory", do_memory},
    {"wait", do_wait},
    {"clock", do_clock},
    {"read-other", do_read_other},
    {"write-other", do_write_other},
    {"write-0", do_write_0},
    {"open", do_open},
    {"socket", do_socket},
    {"fork", do_fork},
    {"exec", do_exec},
    {"kill", do_kill},
    {"map-exec", do_map_exec},
    {"map-file", do_map_file},
    {"protect", do_protect},
    {"dup", do_dup},
};

enum { DONE, REFUSED, NO_SANDBOX, BROKEN };

_Noreturn static void
child(const struct deed *d)
{
	switch (sandbox_enter(sandbox_filter_calls, sandbox_filter_n)) {
	case 1:
		_exit(d->fn() < 0 ? REFUSED : DONE);
	case 0:
		_exit(NO_SANDBOX);
	default:
		_exit(BROKEN);
	}
}

/* What became of it; exits if nothing can be said. */
static const char *
attempt(const struct deed *d)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		child(d);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("sandbox_probe");
		exit(111);
	}
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? "killed" : "crashed";
	switch (WEXITSTATUS(status)) {
	case DONE:
		return "done";
	case REFUSED:
		return "refused";
	case NO_SANDBOX:
		exit(77);
	default:
		return "without a sandbox";
	}
}

int
main(void)
{
	size_t i;

	other = open("/dev/zero", O_RDWR | O_CLOEXEC);
	if (other < 3) {
		perror("sandbox_probe");
		return 111;
	}
	for (i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
		printf("%s %s\n", deeds[i].name, attempt(&deeds[i]));
	return fflush(stdout) ? 111 : 0;
}
