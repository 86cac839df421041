/* secret.h - passwords and passphrases from descriptors. */
#ifndef OTS_CERTS_SECRET_H
#define OTS_CERTS_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#define SECRET_MAX     1024
#define SECRET_FD_NONE UINT64_MAX /* the option was not given */

/* An option --password-fd or --passphrase-fd: {0, "password-fd", "FD", NULL,
 * OPT_U64, &fd, 0, SECRET_FD_MAX, NULL, "..."} with fd = SECRET_FD_NONE. */
#define SECRET_FD_MAX 1048575

/* Read up to the first LF or the end. `what` names it in messages ("password").
 * Ends the program (100) if it is empty, too long or holds a NUL, or if fd
 * cannot be read. Wipe it after use (pki_wipe). */
void secret_from_fd(uint64_t fd, const char *what, char out[SECRET_MAX]);

/* From the descriptor, if it is one, else typed twice (`again`) or once on the
 * terminal without echo. Without a terminal: ends the program (100). */
void secret_ask(
    uint64_t fd, const char *what, bool again, char out[SECRET_MAX]);

#endif
