/* notify.h - s6 readiness: a newline on the given descriptor, then close it.
 * fd -1: nothing. Errors are ignored: nobody is waiting. */
#ifndef OTS_NOTIFY_H
#define OTS_NOTIFY_H

void notify_ready(int fd);

#endif
