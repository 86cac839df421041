#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "die.h"
#include "pki.h"

/* Byte by byte: what follows the line is another reader's. -1: it is too long
 * or holds a NUL. */
static int
read_line(int fd, char out[SECRET_MAX])
{
	size_t have = 0;
	ssize_t n;
	char c;

	for (;;) {
		n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0 || c == '\n')
			break;
		if (c == '\0' || have + 1 >= SECRET_MAX) {
			errno = EINVAL;
			return -1;
		}
		out[have++] = c;
	}
	if (have && out[have - 1] == '\r')
		have--;
	out[have] = '\0';
	return 0;
}

void
secret_from_fd(uint64_t fd, const char *what, char out[SECRET_MAX])
{
	if (read_line((int)fd, out) < 0) {
		if (errno == EINVAL)
			die(EXIT_USAGE,
			    "the %s is longer than %d bytes or "
			    "holds a NUL",
			    what, SECRET_MAX - 1);
		die_sys(EXIT_USAGE, "unable to read the %s from descriptor %u",
		    what, (unsigned)fd);
	}
	if (!out[0])
		die(EXIT_USAGE, "the %s from descriptor %u is empty", what,
		    (unsigned)fd);
}

static void
say(int tty, const char *text)
{
	(void)!write(tty, text, strlen(text));
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_CAUGHT (sizeof caught / sizeof *caught)

/* As the terminal was before we asked. */
static int asked;
static struct termios before;

/* A terminal without echo is of no use to the shell that we leave it to. The
 * signal is as before when it comes again: it ends us. */
static void
on_signal(int signo)
{
	(void)tcsetattr(asked, TCSANOW, &before);
	(void)raise(signo);
}

static void
catch_signals(struct sigaction was[N_CAUGHT])
{
	const struct sigaction act = {
	    .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	size_t i;

	for (i = 0; i < N_CAUGHT; i++) {
		(void)sigaction(caught[i], NULL, &was[i]);
		if (was[i].sa_handler != SIG_IGN)
			(void)sigaction(caught[i], &act, NULL);
	}
}

static void
type(int tty, const char *prompt, const char *what, char out[SECRET_MAX])
{
	struct sigaction was[N_CAUGHT];
	struct termios quiet;
	size_t i;
	int r;

	if (tcgetattr(tty, &before) < 0)
		die_sys(EXIT_TEMP, "unable to use the terminal");
	asked = tty;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	catch_signals(was);
	/* What is typed once it asks is not seen. */
	(void)tcsetattr(tty, TCSAFLUSH, &quiet);
	say(tty, prompt);
	say(tty, what);
	say(tty, ": ");
	r = read_line(tty, out);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	for (i = 0; i < N_CAUGHT; i++)
		(void)sigaction(caught[i], &was[i], NULL);
	say(tty, "\n");
	if (r < 0)
		die(EXIT_USAGE, "unable to read the %s", what);
}

void
secret_ask(uint64_t fd, const char *what, bool again, char out[SECRET_MAX])
{
	char second[SECRET_MAX];
	int tty;

	if (fd != SECRET_FD_NONE) {
		secret_from_fd(fd, what, out);
		return;
	}
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0)
		die(EXIT_USAGE,
		    "the %s is needed: give it by a descriptor (see -h), or "
		    "start from a terminal",
		    what);
	type(tty, "", what, out);
	if (!out[0])
		die(EXIT_USAGE, "the %s is empty", what);
	if (again) {
		type(tty, "again, ", what, second);
		if (strcmp(out, second) != 0)
			die(EXIT_USAGE, "the two are not the same");
		pki_wipe(second, sizeof second);
	}
	close(tty);
}
