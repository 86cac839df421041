#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

void
secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

int
secret_process(void)
{
	static const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
#ifdef OTS_SAN /* its check for leaks reads our memory, too */
	return 0;
#else
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* The signal that came while a terminal waited; or 0. */
static volatile sig_atomic_t got_signal;

/* ---- a line ---- */

/* One byte. 1; 0: the end; -1 with errno. With `open`, of a terminal that does
 * not block: signals of it come only while we wait, so that none is missed just
 * before; what was there is gone then, and nobody may wait for it in read. */
static ssize_t
get(int fd, const sigset_t *open, char *c)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	for (;;) {
		if (open && ppoll(&p, 1, NULL, open) < 0) {
			if (errno != EINTR || got_signal)
				return -1;
			continue;
		}
		n = read(fd, c, 1);
		if (n >= 0 || (errno != EINTR && (!open || errno != EAGAIN)))
			return n;
	}
}

static ssize_t
read_line(int fd, const sigset_t *open, char *text, size_t size)
{
	size_t have = 0;
	ssize_t n;
	char c = '\0';

	while ((n = get(fd, open, &c)) > 0 && c != '\n' && have + 1 < size)
		text[have++] = c;
	if (n == 0 && have == 0) {
		errno = ENODATA;
		n = -1;
	} else if (n > 0 && c != '\n') {
		errno = EMSGSIZE;
		n = -1;
	}
	secret_wipe(&c, 1);
	if (n < 0) {
		secret_wipe(text, have);
		return -1;
	}
	text[have] = '\0';
	return (ssize_t)have;
}

ssize_t
secret_line(int fd, char *text, size_t size)
{
	return read_line(fd, NULL, text, size);
}

/* ---- the terminal ---- */

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define N_CAUGHT (sizeof caught / sizeof *caught)

static void
on_signal(int signo)
{
	got_signal = signo;
}

/* How signals were before we asked. */
struct signals {
	struct sigaction was[N_CAUGHT];
	sigset_t mask;
};

/* Hold them back; *open lets those in that somebody wants to come. */
static void
signals_hold(struct signals *s, sigset_t *open)
{
	const struct sigaction note = {.sa_handler = on_signal};
	sigset_t held;
	size_t i;

	got_signal = 0;
	sigemptyset(&held);
	for (i = 0; i < N_CAUGHT; i++)
		sigaddset(&held, caught[i]);
	sigprocmask(SIG_BLOCK, &held, &s->mask);
	*open = s->mask;
	for (i = 0; i < N_CAUGHT; i++) {
		sigaction(caught[i], NULL, &s->was[i]);
		if (s->was[i].sa_handler == SIG_IGN)
			continue;
		sigdelset(open, caught[i]);
		sigaction(caught[i], &note, NULL);
	}
}

static void
signals_release(const struct signals *s)
{
	size_t i;

	for (i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &s->was[i], NULL);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

static void
say(int tty, const char *text)
{
	ssize_t w = write(tty, text, strlen(text));

	(void)w;
}

/* One answer with the echo off; signals wait until it is on again. */
static ssize_t
ask_quietly(int tty, const char *prompt, char *text, size_t size)
{
	struct termios old, off;
	struct signals signals;
	sigset_t open;
	ssize_t n;
	int err;

	if (tcgetattr(tty, &old) < 0)
		return -1;
	off = old;
	off.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	signals_hold(&signals, &open);
	/* What was typed before the question was seen. */
	n = tcsetattr(tty, TCSAFLUSH, &off);
	if (n == 0) {
		say(tty, prompt);
		n = read_line(tty, &open, text, size);
	}
	err = errno;
	/* What is left of a secret is not for who reads the terminal next. */
	tcsetattr(tty, n < 0 ? TCSAFLUSH : TCSANOW, &old);
	say(tty, "\n");
	signals_release(&signals);
	errno = err;
	return n;
}

/* The signal has its usual effect now; after a stop, ask again. */
static ssize_t
ask(int tty, const char *prompt, char *text, size_t size)
{
	ssize_t n;

	do {
		n = ask_quietly(tty, prompt, text, size);
		if (n < 0 && got_signal)
			(void)raise(got_signal);
	} while (n < 0 && got_signal == SIGTSTP);
	if (n < 0 && got_signal)
		errno = EINTR;
	return n;
}

/* Both are the same: 0; or -1 with errno. */
static int
ask_again(int tty, const char *prompt, const char *first, size_t n, size_t size)
{
	char *text = malloc(size);
	ssize_t m;
	int r = -1, err;

	if (!text)
		return -1;
	m = ask(tty, prompt, text, size);
	if (m == (ssize_t)n && memcmp(text, first, n) == 0)
		r = 0;
	else if (m >= 0)
		errno = EILSEQ;
	err = errno;
	secret_wipe(text, size);
	free(text);
	errno = err;
	return r;
}

ssize_t
secret_ask(const char *prompt, const char *again, char *text, size_t size)
{
	int tty = open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY),
	    err;
	ssize_t n;

	if (tty < 0) {
		errno = ENOTTY;
		return -1;
	}
	n = ask(tty, prompt, text, size);
	if (n > 0 && again && ask_again(tty, again, text, (size_t)n, size) < 0)
		n = -1;
	err = errno;
	close(tty);
	if (n < 0)
		secret_wipe(text, size);
	errno = err;
	return n;
}
