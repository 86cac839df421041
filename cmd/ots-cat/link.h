/* link.h - the way to the target: names, addresses, sockets. What is
 * impossible ends the program (die.h). */
#ifndef CAT_LINK_H
#define CAT_LINK_H

#include <stdbool.h>

#include "loop.h"
#include "net.h"
#include "secure.h"
#include "sock.h"
#include "target.h"

#define LINK_ADDRESSES    16
#define LINK_HANDSHAKE_US 15000000 /* the longest that one may take */

struct link_config {
	struct target target;
	const char *text; /* the target as it was written */
	bool listens;
	struct sock_group group;
	struct secure_config secure;
	struct tls_ctx *tls; /* TARGET_TLS */
};

struct link {
	const struct link_config *cfg;
	struct loop *loop;
	struct loop_io io;
	struct net_addr addr[LINK_ADDRESSES], self;
	int n_addr, i_addr;
	char peer_addr[NET_TEXT_MAX];
	const char *peer; /* address or text of the other side */
	int rx, tx;      /* tx: datagrams go out there; -1: nowhere, or by rx */
	struct tls *tls; /* TARGET_TLS: on rx, after its handshake */
	struct loop_timer deadline;
	void (*on_up)(void *arg);
	void *arg;
};

/* Resolves, which may block; then connects, trying one address after the
 * other. on_up may be called before this returns. */
void link_open(struct link *k, struct loop *l, const struct link_config *cfg,
    void (*on_up)(void *arg), void *arg);

#endif
