/* secure.h - certificate, key, CA and revocations: read at the start, on SIGHUP
 * and when one of the files changes; and the ends of sessions that follow from
 * them (part of server.h). Files that make no sense change nothing; they are
 * tried again until they do. */
#ifndef OTS_LISTEN_SECURE_H
#define OTS_LISTEN_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/stat.h>

#include "listen.h"
#include "loop.h"
#include "tls.h"

#define SECURE_FILES 4

/* What tells a file from what replaces it. */
struct secure_mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct secure {
	struct tls_files files;
	struct tls_ctx *ctx; /* NULL: no TLS */
	struct listen *core; /* whose sessions end */
	/* Counts up when a CA is gone: a handshake of before does not count. */
	uint32_t trust;
	/* Its own. */
	struct loop *loop;
	struct loop_io io;                     /* inotify */
	struct loop_timer settle;              /* read them again */
	struct loop_timer look;                /* at what nobody tells */
	struct loop_timer expire;              /* the first session that ends */
	uint64_t warned_cert, warned_crl;      /* monotonic; 0: never */
	struct secure_mark mark[SECURE_FILES]; /* when last read */
	struct buf ca;                         /* text of the CA file */
	char wrong[TLS_ERR_MAX]; /* with the files; empty: they are in use */
};

/* Read the files for the first time. 0, or -1 and *err says why. */
int secure_load(struct secure *s, char err[TLS_ERR_MAX]);
/* Begin to watch. 0, or -1 with errno. */
int secure_watch(struct secure *s, struct loop *l);
/* Read the files again now. */
void secure_reload(struct secure *s);

/* Why a client with this certificate may not come in; NULL: it may. */
const char *secure_refuses(const struct secure *s, const struct tls_peer *p);
/* One has come in: its session ends with its certificate. */
void secure_admitted(struct secure *s, const struct tls_peer *p);

#endif
