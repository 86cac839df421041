/* auth.h - the line to ots-auth, which tells who the users are.
 * Makes system calls. It may come and go: what it told last stays in force. */
#ifndef OTS_ROUTE_AUTH_H
#define OTS_ROUTE_AUTH_H

#include "loop.h"
#include "route.h"

struct auth;

struct auth_config {
	const char *path; /* of its socket; must outlive it, like node */
	const char *node;
	struct loop *loop;
	struct route *route;
	char *chunk; /* WIRE_READ bytes, shared */
	/* A whole table of users was taken over. */
	void (*on_users)(void *arg);
	void *arg;
};

/* NULL: no memory. That ots-auth is not there is no error. */
struct auth *auth_open(const struct auth_config *cfg);
void auth_close(struct auth **a);

#endif
