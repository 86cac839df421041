#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void
become(int fd, pid_t parent, const char *name, int (*run)(void *arg), void *arg)
{
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    signal(SIGTERM, SIG_IGN) == SIG_ERR ||
	    signal(SIGINT, SIG_IGN) == SIG_ERR ||
	    signal(SIGHUP, SIG_IGN) == SIG_ERR ||
	    signal(SIGUSR1, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(111);
	(void)prctl(PR_SET_NAME, name);
	if (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0)
		_exit(111);
	closefrom(CHILD_FD + 1);
	_exit(run(arg));
}

int
child_start(struct child *c, int type, const char *name, int (*run)(void *arg),
    void *arg)
{
	pid_t parent = getpid();
	int fds[2], err;

	c->pid = 0;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	c->pid = fork();
	if (c->pid == 0)
		become(fds[1], parent, name, run, arg);
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

int
child_end(struct child *c)
{
	int status = -1;

	if (c->pid == 0)
		return -1;
	/* One that is ending by itself keeps its exit code. */
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->fd);
	c->pid = 0;
	return status;
}
