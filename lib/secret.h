/* secret.h - passwords, passphrases and keys: where they are read, that nobody
 * looks on, and that nothing of them is left behind. */
#ifndef OTS_SECRET_H
#define OTS_SECRET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SECRET_MAX 1024 /* bytes; longer ones are no passwords */

/* Of an option that takes a descriptor, like --password-fd: OPT_U64 to a
 * uint64_t, 0 to SECRET_FD_MAX, that is SECRET_FD_NONE before. */
#define SECRET_FD_MAX  ((uint64_t)1 << 20)
#define SECRET_FD_NONE UINT64_MAX

/* The next line of fd, without its LF, and not a byte behind it; the last line
 * may end with the file. Its bytes are in text, with a NUL behind them (and
 * perhaps among them): how many, or -1 with errno, and text is wiped: ENODATA
 * (there is no line left), EMSGSIZE (it is longer than size - 1; what was not
 * read stays), or that of read(2). */
ssize_t secret_line(int fd, char *text, size_t size);

/* Ask on the terminal of the process, without echo: with `prompt`, then with
 * `again`, if that is not NULL and there was an answer. As secret_line, also
 * with ENOTTY (there is no terminal), EILSEQ (the two answers differ) and EINTR
 * (a signal came that has not ended the program). A signal that is not ignored
 * has its usual effect as soon as the terminal is as before; after a stop, it
 * is asked again. One thread. */
ssize_t secret_ask(
    const char *prompt, const char *again, char *text, size_t size);

/* Overwrite. p may be NULL with n 0. */
void secret_wipe(void *p, size_t n);

/* Keep the memory of this process out of core files, and away from other
 * processes of the same user. A change of the user undoes it: call it after
 * that. What is below /proc/self belongs to root then. 0, or -1 with errno. */
int secret_process(void);

#endif
