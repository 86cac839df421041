#include "ask.h"

#include <errno.h>
#include <string.h>

#include "die.h"
#include "str.h"

/* What secret.h gave: n bytes, or -1 with errno, by whatever `from` says. */
static void
take(ssize_t n, const char *what, const char *from, char out[SECRET_MAX])
{
	if (n > 0 && out[n - 1] == '\r')
		out[--n] = '\0';
	if ((n < 0 && errno == EMSGSIZE) ||
	    (n > 0 && memchr(out, 0, (size_t)n)))
		die(EXIT_USAGE, "the %s is longer than %d bytes or holds a NUL",
		    what, SECRET_MAX - 1);
	if (n == 0 || (n < 0 && errno == ENODATA))
		die(EXIT_USAGE, "the %s%s is empty", what, from);
	if (n < 0)
		die_sys(EXIT_USAGE, "unable to read the %s%s", what, from);
}

void
ask_fd(uint64_t fd, const char *what, char out[SECRET_MAX])
{
	char from[40];

	(void)str_fmt(from, sizeof from, " from descriptor %u", (unsigned)fd);
	take(secret_line((int)fd, out, SECRET_MAX), what, from, out);
}

void
ask_secret(uint64_t fd, const char *what, bool again, char out[SECRET_MAX])
{
	char first[80], second[80];
	ssize_t n;

	if (fd != SECRET_FD_NONE) {
		ask_fd(fd, what, out);
		return;
	}
	if (str_fmt(first, sizeof first, "%s: ", what) < 0 ||
	    str_fmt(second, sizeof second, "again, %s: ", what) < 0)
		die(EXIT_IMPOSSIBLE, "%s: too long a name", what);
	n = secret_ask(first, again ? second : NULL, out, SECRET_MAX);
	if (n < 0 && errno == ENOTTY)
		die(EXIT_USAGE,
		    "the %s is needed: give it by a descriptor (see -h), or "
		    "start from a terminal",
		    what);
	if (n < 0 && errno == EILSEQ)
		die(EXIT_USAGE, "the two are not the same");
	take(n, what, "", out);
}
