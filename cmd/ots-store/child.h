/* child.h - the writer as a process. Made by fork without exec: both are one
 * program. It dies with its parent, and leaves signals to it. */
#ifndef OTS_STORE_CHILD_H
#define OTS_STORE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "writer.h"

struct child {
	pid_t pid; /* 0: none */
	int fd;    /* its records come here; does not block. -1: closed */
};

/* wake_fd of the configuration is the filter's. The descriptor of the one
 * before is closed. 0, or -1 with errno. */
int child_start(struct child *c, const struct writer_config *cfg);
/* Has it ended? Never waits. *status as of waitpid(2). True once. What it has
 * written is still to be read. */
bool child_over(struct child *c, int *status);
void child_kill(const struct child *c);

#endif
