#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name = "ots";

void
die_name(const char *program)
{
	name = program;
}

/* One line by one write(2). */
static void
say(const char *grade, const char *fmt, va_list ap, int err)
{
	char line[2048];
	size_t room = sizeof line - 1, len;
	ssize_t w;
	int n = snprintf(line, room, "%s: %s: ", name, grade);

	len = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	n = vsnprintf(line + len, room - len, fmt, ap);
	if (n > 0)
		len += (size_t)n < room - len ? (size_t)n : room - len - 1;
	if (err) {
		n = snprintf(line + len, room - len, ": %s", strerror(err));
		if (n > 0)
			len +=
			    (size_t)n < room - len ? (size_t)n : room - len - 1;
	}
	line[len++] = '\n';
	w = write(STDERR_FILENO, line, len);
	(void)w; /* nobody is left to tell */
}

#define SAY(grade, err)                                                        \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		say(grade, fmt, ap, err);                                      \
		va_end(ap);                                                    \
	} while (0)

void
die(int code, const char *fmt, ...)
{
	SAY("fatal", 0);
	_exit(code);
}

void
die_sys(int code, const char *fmt, ...)
{
	int err = errno;

	SAY("fatal", err);
	_exit(code);
}

void
warnx_line(const char *fmt, ...)
{
	SAY("warning", 0);
}

void
warn_sys(const char *fmt, ...)
{
	int err = errno;

	SAY("warning", err);
}
