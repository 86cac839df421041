/* ask.h - passwords and passphrases: from a descriptor or from the terminal. */
#ifndef OTS_CERTS_ASK_H
#define OTS_CERTS_ASK_H

#include <stdbool.h>

#include "secret.h"

/* The next line of a descriptor. `what` names it in messages ("password").
 * Ends the program (100) if it is empty, too long or holds a NUL, or if fd
 * cannot be read. Wipe it after use (secret_wipe). */
void ask_fd(uint64_t fd, const char *what, char out[SECRET_MAX]);

/* From the descriptor, unless that is SECRET_FD_NONE, else typed twice
 * (`again`) or once on the terminal without echo. Without a terminal: ends the
 * program (100). */
void ask_secret(
    uint64_t fd, const char *what, bool again, char out[SECRET_MAX]);

#endif
