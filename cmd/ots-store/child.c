#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"

/* In the child. */
#define WAKE_FD   3
#define INJECT_FD 4

static int
quiet(void)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* The wires are not ours: who reads them must see their end. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return -1;
	sigemptyset(&none);
	return signal(SIGTERM, SIG_IGN) == SIG_ERR ||
		signal(SIGINT, SIG_IGN) == SIG_ERR ||
		signal(SIGHUP, SIG_IGN) == SIG_ERR ||
		signal(SIGUSR1, SIG_IGN) == SIG_ERR ||
		sigprocmask(SIG_SETMASK, &none, NULL) < 0
	    ? -1
	    : 0;
}

_Noreturn static void
become(const struct writer_config *cfg, int inject, pid_t parent)
{
	struct writer_config c = *cfg;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    quiet() < 0)
		_exit(EXIT_TEMP);
	/* By way of numbers that are neither of the two. */
	inject = fcntl(inject, F_DUPFD_CLOEXEC, INJECT_FD + 1);
	c.wake_fd = fcntl(c.wake_fd, F_DUPFD_CLOEXEC, INJECT_FD + 1);
	if (inject < 0 || c.wake_fd < 0 || dup2(inject, INJECT_FD) < 0 ||
	    dup2(c.wake_fd, WAKE_FD) < 0)
		_exit(EXIT_TEMP);
	closefrom(INJECT_FD + 1);
	c.inject_fd = INJECT_FD;
	c.wake_fd = WAKE_FD;
	(void)prctl(PR_SET_NAME, "store-writer");
	_exit(writer_run(&c));
}

int
child_start(struct child *c, const struct writer_config *cfg)
{
	pid_t parent = getpid();
	int fds[2], err;

	*c = (struct child){.fd = -1};
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0)
		c->pid = fork();
	else
		c->pid = -1;
	if (c->pid == 0)
		become(cfg, fds[1], parent);
	err = errno;
	close(fds[1]);
	if (c->pid > 0) {
		c->fd = fds[0];
		return 0;
	}
	close(fds[0]);
	c->pid = 0;
	errno = err;
	return -1;
}

bool
child_over(struct child *c, int *status)
{
	if (c->pid == 0 || waitpid(c->pid, status, WNOHANG) != c->pid)
		return false;
	c->pid = 0;
	return true;
}

void
child_kill(const struct child *c)
{
	if (c->pid != 0)
		(void)kill(c->pid, SIGKILL);
}
