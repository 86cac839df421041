/* secret.h - passwords from people: never in arguments, never left behind. */
#ifndef OTS_USER_SECRET_H
#define OTS_USER_SECRET_H

#include <stddef.h>

#include "passwd.h"

struct secret {
	char text[PASSWD_MAX + 2];
	size_t n;
};

/* Ask for a new password on the terminal, twice, without echo. The terminal is
 * as before afterwards, also if a signal ends the program. 0, or -1 with
 * errno: ENOTTY (there is no terminal), EILSEQ (the two differ), EINTR. */
int secret_ask(struct secret *s, const char *user);

/* The next line of a descriptor, and not a byte behind it. 0, or -1 with errno:
 * ENODATA (no more lines), EMSGSIZE (too long). */
int secret_line(struct secret *s, int fd);

void secret_wipe(struct secret *s);

#endif
