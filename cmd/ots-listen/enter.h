/* enter.h - strangers on TLS sockets, until they are let in (part of server.h).
 * One is little more than a descriptor until its first bytes come; then it has
 * a TLS session; when it has shown a certificate that counts, and a password
 * where one is wanted, it becomes a client. All of that has a deadline, which
 * runs while we wait for it (or for ots-auth), not while it waits for us.
 * Handshakes cost a millisecond each: they are done a few at a time, site
 * by site (crowd.h), and all else goes on between. */
#ifndef OTS_LISTEN_ENTER_H
#define OTS_LISTEN_ENTER_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd.h"
#include "net.h"

/* Counters, shown by SIGUSR1: X(name, what it counts). */
#define ENTER_COUNTERS(X)                                                      \
	X(strangers, "connections on TLS sockets")                             \
	X(handshakes, "handshakes done")                                       \
	X(resumed, "... of them by tickets")                                   \
	X(refused, "strangers not let in")                                     \
	X(late, "... because they were too slow")                              \
	X(crowded, "... because there were too many")                          \
	X(silent, "strangers who left without a byte")                         \
	X(passwords, "passwords that ots-auth was asked about")

struct enter_counters {
#define X(name, help) uint64_t name;
	ENTER_COUNTERS(X)
#undef X
};

/* Who must give a password (ots-listen(8)). */
enum enter_rule { ENTER_AS_NEEDED, ENTER_ALWAYS, ENTER_NEVER };

struct entrant;
struct server;

struct enter {
	struct server *s;
	struct crowd crowd;
	enum enter_rule rule;
	uint64_t timeout_us;
	uint64_t ended; /* the last turn */
	struct entrant *dead;
	struct enter_counters n;
};

void enter_init(struct enter *e, struct server *s, const uint64_t seed[2],
    uint32_t max, uint32_t max_site);
/* A connection that was just accepted; fd is taken. */
void enter_begin(struct enter *e, int fd, const struct net_addr *peer);
/* Once a turn of the loop: go on with those whose turn it is. */
void enter_turn(struct enter *e);
/* Is somebody waiting for a turn? */
bool enter_busy(const struct enter *e);
/* Close all. */
void enter_end(struct enter *e);

#endif
