/* secure.h - certificate, key, CA and revocations: read at the start, on SIGHUP
 * and when one of the files changes; and the ends of sessions that follow from
 * them (part of server.h). Files that make no sense change nothing. */
#ifndef OTS_LISTEN_SECURE_H
#define OTS_LISTEN_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include "listen.h"
#include "loop.h"
#include "tls.h"

#define SECURE_FILES 4

struct secure {
	struct tls_files files;
	struct tls_ctx *ctx; /* NULL: no TLS */
	struct listen *core; /* whose sessions end */
	/* Its own. */
	struct loop *loop;
	struct loop_io io;                /* inotify */
	struct loop_timer settle;         /* read them again */
	struct loop_timer look;           /* at what the clock brings */
	struct loop_timer expire;         /* the first session that ends */
	uint64_t warned_cert, warned_crl; /* monotonic; 0: never */
};

/* Read the files for the first time. 0, or -1 and *err says why. */
int secure_load(struct secure *s, char err[TLS_ERR_MAX]);
/* Keep secrets out of core dumps and debuggers. */
void secure_process(void);
/* Begin to watch. 0, or -1 with errno. */
int secure_watch(struct secure *s, struct loop *l);
/* Read the files again now. */
void secure_reload(struct secure *s);

/* Why a client with this certificate may not come in; NULL: it may. */
const char *secure_refuses(const struct secure *s, const struct tls_peer *p);
/* One has come in: its session ends with its certificate. */
void secure_admitted(struct secure *s, const struct tls_peer *p);

#endif
