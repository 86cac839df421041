/* identity.h - who a client is, as its TLS session says. Pure.
 * Nothing that a client sends in its stream changes it. */
#ifndef OTS_LISTEN_IDENTITY_H
#define OTS_LISTEN_IDENTITY_H

#include <stdint.h>
#include <sys/queue.h>

#include "map.h"
#include "str.h"
#include "tls.h"

struct client;
struct person;

struct identity {
	struct tls_peer peer; /* what the certificate says */
	/* Its CN, or the name that a password was right for: in plain, and as
	 * it stands in records. */
	char user[TLS_USER_MAX];
	char raw[2 * TLS_USER_MAX];
	/* Sessions of one user, oldest first. */
	TAILQ_ENTRY(identity) same;
	struct person *person;
	struct client *client;
};

TAILQ_HEAD(identities, identity);

struct person {
	struct identities sessions;
	uint32_t n;
};

struct sessions {
	struct map by_user;
};

/* Fill a zeroed one. 0, or -1 with errno EINVAL: the name is empty, too long,
 * not UTF-8 or has bytes below 0x20. */
int identity_set(
    struct identity *who, const struct tls_peer *peer, struct slice user);

void sessions_init(struct sessions *all, const uint64_t seed[2]);
void sessions_fini(struct sessions *all);
/* 0, or -1 ENOMEM. */
int sessions_join(struct sessions *all, struct identity *who);
void sessions_leave(struct sessions *all, struct identity *who);

#endif
