/* child.h - a part of the program in a process of its own, on a socketpair.
 * Made by fork without exec: parent and child are one program, so that what
 * they say to each other needs no version. The child keeps descriptors 0 to 2
 * and its end of the pair, nothing else; it dies with its parent, and leaves
 * SIGTERM, SIGINT and SIGHUP to it. */
#ifndef OTS_AUTH_CHILD_H
#define OTS_AUTH_CHILD_H

#include <sys/types.h>

#define CHILD_FD 3 /* its end, in the child */

struct child {
	pid_t pid; /* 0: none */
	int fd;    /* our end; blocking */
};

/* type: SOCK_STREAM or SOCK_SEQPACKET. name: for ps(1), below 16 bytes. run
 * is called in the child with arg; what it returns is the exit code. 0, or -1
 * with errno. */
int child_start(struct child *c, int type, const char *name,
    int (*run)(void *arg), void *arg);
/* End it (SIGKILL) if it has not ended, and close our end. Its status as of
 * waitpid(2), or -1 if there is none. */
int child_end(struct child *c);

#endif
