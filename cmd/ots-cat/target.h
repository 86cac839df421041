/* target.h - what ots-cat is asked to talk to. Pure: no name is resolved. */
#ifndef CAT_TARGET_H
#define CAT_TARGET_H

#include <stdbool.h>

enum target_kind {
	TARGET_TCP,   /* HOST:PORT, tcp://HOST:PORT or HOST:PORT:tcp */
	TARGET_TLS,   /* tls://HOST:PORT, ssl://HOST:PORT or HOST:PORT:ssl */
	TARGET_UDP,   /* udp://HOST:PORT */
	TARGET_MCAST, /* mcast://GROUP:PORT */
	TARGET_UNIX,  /* unix:PATH */
};

#define TARGET_HOST_MAX 256

struct target {
	enum target_kind kind;
	char host[TARGET_HOST_MAX]; /* empty: any address */
	char port[6];
	const char *path; /* TARGET_UNIX: a loan of the text */
};

/* NULL, or what is wrong with it. Brackets around an IPv6 address are taken
 * off; an empty host is only right where one listens. */
const char *target_parse(const char *text, bool listens, struct target *out);

#endif
