/* io.h - blocking input and output that signals can end. */
#ifndef OTS_PARSE_IO_H
#define OTS_PARSE_IO_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"

/* What signals asked for since io_start. */
extern volatile sig_atomic_t io_stop, io_report;

/* Signals are blocked from here on but where the two below wait. TERM and INT
 * set io_stop, the second of them ends the process at once (EXIT_TEMP); USR1
 * sets io_report. 0, or -1 with errno. */
int io_start(void);

#define IO_EVER UINT64_MAX

/* Up to n bytes of standard input: how many; 0: the end; -1 with errno, EINTR
 * if a signal came first, ETIMEDOUT if nothing came in wait_us. A signal that
 * came before is not missed, unless there is always something to read: see
 * io_write. */
ssize_t io_read(char *p, size_t n, uint64_t wait_us);

/* All of b to standard output. Call it once for each read, even with nothing
 * to write: signals that came are taken here. 0, or -1 with errno. */
int io_write(struct buf *b);

#endif
