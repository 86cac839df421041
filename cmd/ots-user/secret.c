#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "str.h"

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define N_CAUGHT (sizeof caught / sizeof *caught)

static volatile sig_atomic_t got_signal;

static void
on_signal(int signo)
{
	got_signal = signo;
}

int
secret_line(struct secret *s, int fd)
{
	ssize_t r;
	char c;

	for (s->n = 0;;) {
		r = read(fd, &c, 1);
		if (r < 0)
			return -1;
		if (r == 0 && s->n == 0) {
			errno = ENODATA;
			return -1;
		}
		if (r == 0 || c == '\n')
			break;
		if (s->n == sizeof s->text - 1) {
			errno = EMSGSIZE;
			return -1;
		}
		s->text[s->n++] = c;
	}
	s->text[s->n] = '\0';
	return 0;
}

void
secret_wipe(struct secret *s)
{
	passwd_wipe(s, sizeof *s);
}

static void
say(int tty, const char *text)
{
	ssize_t w = write(tty, text, strlen(text));

	(void)w;
}

/* A whole line is there; or -1 with EINTR: a signal came. They come here only,
 * so that none is missed just before we wait. */
static int
wait_line(int tty, const sigset_t *open_mask)
{
	struct pollfd fd = {.fd = tty, .events = POLLIN};

	return ppoll(&fd, 1, NULL, open_mask) < 0 ? -1 : 0;
}

/* One answer with the echo off; signals wait until it is on again. */
static int
ask_quietly(int tty, const char *prompt, struct secret *s)
{
	struct sigaction quiet = {.sa_handler = on_signal}, was[N_CAUGHT];
	struct termios old, off;
	sigset_t held, old_mask, open_mask;
	size_t i;
	int r, err;

	if (tcgetattr(tty, &old) < 0)
		return -1;
	off = old;
	off.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	got_signal = 0;
	sigemptyset(&held);
	for (i = 0; i < N_CAUGHT; i++)
		sigaddset(&held, caught[i]);
	sigprocmask(SIG_BLOCK, &held, &old_mask);
	open_mask = old_mask;
	for (i = 0; i < N_CAUGHT; i++) {
		sigdelset(&open_mask, caught[i]);
		sigaction(caught[i], &quiet, &was[i]);
	}
	r = tcsetattr(tty, TCSAFLUSH, &off);
	if (r == 0) {
		say(tty, prompt);
		r = wait_line(tty, &open_mask);
	}
	if (r == 0)
		r = secret_line(s, tty);
	err = errno;
	tcsetattr(tty, TCSANOW, &old);
	say(tty, "\n");
	for (i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &was[i], NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	errno = err;
	return r;
}

/* The signal has its usual effect now; after a stop, ask again. */
static int
ask(int tty, const char *prompt, struct secret *s)
{
	int r;

	do {
		r = ask_quietly(tty, prompt, s);
		if (got_signal)
			raise(got_signal);
	} while (got_signal == SIGTSTP);
	if (got_signal) {
		errno = EINTR;
		return -1;
	}
	return r;
}

int
secret_ask(struct secret *s, const char *user)
{
	struct secret again = {.n = 0};
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), r, err;
	char prompt[128];

	if (tty < 0 ||
	    str_fmt(prompt, sizeof prompt, "New password for %.64s: ", user) <
		0) {
		errno = ENOTTY;
		return -1;
	}
	r = ask(tty, prompt, s);
	if (r == 0)
		r = ask(tty, "Once more: ", &again);
	err = errno;
	if (r == 0 &&
	    (s->n != again.n || memcmp(s->text, again.text, s->n) != 0)) {
		err = EILSEQ;
		r = -1;
	}
	secret_wipe(&again);
	close(tty);
	errno = err;
	return r;
}
