#include "door.h"

#include <errno.h>
#include <unistd.h>

#include "die.h"
#include "log.h"

#define ACCEPT_MAX     256 /* clients taken per turn */
#define ACCEPT_REST_US ((uint64_t)100000)

/* Out of descriptors or memory: clients wait in the backlog for a while, for
 * trying again at once would only spin. */
static void
rest(struct server *s, bool on)
{
	int i;

	for (i = 0; i < s->n_listeners; i++)
		(void)loop_mod(
		    &s->inputs, &s->listener[i].io, on ? 0 : LOOP_IN);
	if (on &&
	    loop_timer_set(
		&s->loop, &s->rested, loop_now(&s->loop) + ACCEPT_REST_US) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

void
door_rested(void *arg)
{
	rest(arg, false);
}

/* Strangers come in by and by (enter.h), others at once. */
static void
take(struct listener *li, int fd, const struct net_addr *peer)
{
	char text[NET_TEXT_MAX];

	if (li->ops->strangers) {
		enter_begin(&li->s->enter, fd, peer);
		return;
	}
	if (net_text(peer, text) < 0)
		text[0] = '\0';
	(void)server_admit(
	    li->s, (struct link){.ops = li->ops, .fd = fd}, text, NULL);
}

static void
acceptable(void *arg, uint32_t events)
{
	struct listener *li = arg;
	struct net_addr peer;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_MAX; i++) {
		if (wire_out_full(&li->s->out)) {
			server_press(li->s, true);
			return;
		}
		fd = net_accept_tcp(li->io.fd, &peer, li->s->dead_ms);
		if (fd >= 0) {
			take(li, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_kv(LOG_SYSTEM, "call", "accept", "error",
			    strerror(errno), NULL);
			rest(li->s, true);
			return;
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

int
door_open(
    struct server *s, const struct link_ops *ops, const struct net_addr *addr)
{
	struct listener *li = &s->listener[s->n_listeners];
	int fd;

	if (s->n_listeners == SERVER_LISTENERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	fd = net_listen_tcp(addr, &li->addr);
	if (fd < 0)
		return -1;
	li->s = s;
	li->ops = ops;
	if (loop_add(&s->inputs, &li->io, fd, LOOP_IN, acceptable, li) < 0) {
		close(fd);
		return -1;
	}
	s->n_listeners++;
	return 0;
}

void
door_shut(struct server *s)
{
	int i;

	for (i = 0; i < s->n_listeners; i++)
		close(s->listener[i].io.fd);
}
