/* conns.h - which devices are at which connection, and whose it is: the first
 * device that says who it is there is the client's own, others may follow
 * (relays; cot-streaming 1.6). Pure. Bounded: who was learnt first is forgotten
 * first. */
#ifndef OTS_STORE_CONNS_H
#define OTS_STORE_CONNS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "map.h"

struct conns_one;
TAILQ_HEAD(conns_queue, conns_one);

/* Devices of one connection that are told apart. */
#define CONNS_DEVICES_MAX 4096

struct conns {
	struct map all;
	struct conns_queue live, closed; /* in the order of learning */
	size_t n, max;
};

void conns_init(struct conns *c, size_t max, const uint64_t seed[2]);
void conns_fini(struct conns *c);

/* True: it was not known that this device is there; without memory, or with too
 * many of them, it stays so. The user (n 0: none) is taken from the first. */
bool conns_learn(
    struct conns *c, struct slice conn, struct slice device, struct slice user);
/* p NULL: not known. A loan until the next call that is not conns_device. */
struct slice conns_device(const struct conns *c, struct slice conn);
/* n 0: none, or the connection is not known. A loan as conns_device. */
struct slice conns_user(const struct conns *c, struct slice conn);
/* How many devices are known there. */
size_t conns_devices(const struct conns *c, struct slice conn);
bool conns_has(const struct conns *c, struct slice conn, struct slice device);
/* Each of them: fn returns nonzero to end, which is returned. */
int conns_each(const struct conns *c, struct slice conn,
    int (*fn)(void *arg, struct slice device), void *arg);
/* It goes incognito, or no longer is; its device may not be known yet. */
void conns_hide(struct conns *c, struct slice conn, struct slice user, bool on);
bool conns_hidden(const struct conns *c, struct slice conn);
/* It has ended; what came before may be asked for until conns_sweep. */
void conns_close(struct conns *c, struct slice conn);
/* All of that node have. */
void conns_close_node(struct conns *c, struct slice node);
/* Is it known, and has not ended? */
bool conns_open(const struct conns *c, struct slice conn);
void conns_sweep(struct conns *c);

#endif
