#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "log.h"

static void try_address(struct link *k);

/* ---- TLS ---- */

static void
on_handshake(void *arg, uint32_t events)
{
	struct link *k = arg;
	bool out;
	int r = tls_handshake(k->tls, &out);

	(void)events;
	if (r < 0)
		exit(secure_failed(&k->cfg->secure, k->peer, tls_why(k->tls)));
	if (r == 0) {
		if (loop_mod(k->loop, &k->io, out ? LOOP_OUT : LOOP_IN) < 0)
			die_sys(EXIT_TEMP, "unable to watch the socket");
		return;
	}
	loop_del(k->loop, &k->io);
	loop_timer_clear(k->loop, &k->deadline);
	secure_tell(k->tls);
	k->on_up(k->arg);
}

static void
on_deadline(void *arg)
{
	const struct link *k = arg;

	die(EXIT_TEMP,
	    "no TLS handshake with %s in %d s: is it a port for TLS?", k->peer,
	    LINK_HANDSHAKE_US / 1000000);
}

static void
begin_tls(struct link *k)
{
	k->tls = tls_connect(k->cfg->tls, k->rx, k->cfg->target.host,
	    k->cfg->secure.check_name || tls_trusts_system(k->cfg->tls));
	loop_timer_init(&k->deadline, on_deadline, k);
	if (!k->tls ||
	    loop_timer_set(k->loop, &k->deadline,
		loop_now(k->loop) + LINK_HANDSHAKE_US) < 0 ||
	    loop_add(k->loop, &k->io, k->rx, LOOP_OUT, on_handshake, k) < 0)
		die(EXIT_TEMP, "no memory");
}

/* ---- addresses ---- */

static void
on_connect(void *arg, uint32_t events)
{
	struct link *k = arg;
	int err;

	(void)events;
	loop_del(k->loop, &k->io);
	if (sock_connected(k->rx) == 0) {
		if (k->cfg->tls)
			begin_tls(k);
		else
			k->on_up(k->arg);
		return;
	}
	err = errno;
	close(k->rx);
	errno = err;
	try_address(k);
}

/* The next address of the host; errno tells why the one before failed. */
static void
try_address(struct link *k)
{
	while (k->i_addr < k->n_addr) {
		if (net_text(&k->addr[k->i_addr], k->peer_addr) < 0)
			k->peer_addr[0] = '\0';
		k->rx = sock_connect_tcp(&k->addr[k->i_addr++]);
		if (k->rx < 0)
			continue;
		if (loop_add(k->loop, &k->io, k->rx, LOOP_OUT, on_connect, k) <
		    0)
			die_sys(EXIT_TEMP, "unable to watch the socket");
		return;
	}
	die_sys(EXIT_TEMP, "unable to connect to %s", k->peer_addr);
}

static void
resolve(struct link *k, int type)
{
	const struct target *t = &k->cfg->target;
	const char *why = "no address";
	char text[16];

	if (t->host[0]) {
		k->n_addr = net_resolve(
		    t->host, t->port, type, k->addr, LINK_ADDRESSES, &why);
		if (k->n_addr <= 0)
			die(EXIT_TEMP, "unable to resolve %s: %s", t->host,
			    why);
		return;
	}
	if (str_fmt(text, sizeof text, ":%s", t->port) < 0 ||
	    net_parse(slice_of(text), &k->addr[0]) < 0)
		die(EXIT_USAGE, "%s: not an address", k->cfg->text);
	k->n_addr = 1;
}

static void
open_listener(struct link *k)
{
	struct net_addr bound;
	char text[NET_TEXT_MAX];

	k->rx = net_bind_udp(&k->addr[0], &bound);
	if (k->rx < 0 || net_text(&bound, text) < 0)
		die_sys(EXIT_TEMP, "unable to bind %s", k->cfg->text);
	log_kv(LOG_LISTEN, "via", "udp", "addr", text, NULL);
}

static void
open_datagrams(struct link *k)
{
	const struct link_config *cfg = k->cfg;

	resolve(k, SOCK_DGRAM);
	if (cfg->target.kind == TARGET_MCAST) {
		if (!net_is_group(&k->addr[0]))
			die(EXIT_USAGE, "%s: not a multicast group", cfg->text);
		k->rx = sock_join(&k->addr[0], &cfg->group, &k->tx, &k->self);
		if (k->rx < 0)
			die_sys(EXIT_TEMP, "unable to join %s", cfg->text);
	} else if (cfg->listens) {
		open_listener(k);
	} else {
		k->rx = sock_connect_udp(&k->addr[0]);
		/* Its own descriptor, because two things are watched. */
		if (k->rx >= 0)
			k->tx = fcntl(k->rx, F_DUPFD_CLOEXEC, 0);
		if (k->tx < 0)
			die_sys(EXIT_TEMP, "unable to reach %s", cfg->text);
	}
	k->on_up(k->arg);
}

void
link_open(struct link *k, struct loop *l, const struct link_config *cfg,
    void (*on_up)(void *arg), void *arg)
{
	*k = (struct link){.cfg = cfg,
	    .loop = l,
	    .peer = cfg->text,
	    .rx = -1,
	    .tx = -1,
	    .on_up = on_up,
	    .arg = arg};
	switch (cfg->target.kind) {
	case TARGET_TCP:
	case TARGET_TLS:
		resolve(k, SOCK_STREAM);
		k->peer = k->peer_addr;
		try_address(k);
		return;
	case TARGET_UNIX:
		k->rx = net_connect_unix(cfg->target.path);
		if (k->rx < 0)
			die_sys(EXIT_TEMP, "unable to connect to %s",
			    cfg->target.path);
		k->on_up(k->arg);
		return;
	case TARGET_UDP:
	case TARGET_MCAST:
		open_datagrams(k);
	}
}
