#include "udp.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "output.h"
#include "report.h"
#include "server.h"

#define TICK_US ((uint64_t)1000000)

/* ---- opening ---- */

/* A radio that is not plugged in yet keeps nobody else out: its group is joined
 * when it comes (follow). */
static void
no_interface(const struct udp_spec *spec)
{
	log_kv(LOG_SYSTEM, "call", "join a group", "addr", spec->text, "error",
	    "there is no such interface yet: \"ip addr\" shows those there are",
	    NULL);
}

static _Noreturn void
no_group(const struct udp_spec *spec)
{
	if (errno == ENODEV || errno == ENETUNREACH)
		die(EXIT_TEMP,
		    "--mcast %s: no route leads to the group: name its "
		    "interface, ADDR:PORT%%INTERFACE",
		    spec->text);
	if (errno == EADDRINUSE)
		die(EXIT_USAGE,
		    "--mcast %s: its port is taken, by --udp on all addresses "
		    "or by a program that does not share it",
		    spec->text);
	die_sys(errno == EINVAL ? EXIT_USAGE : EXIT_TEMP,
	    "unable to join --mcast %s", spec->text);
}

static int
open_group(struct udp *u, uint64_t ttl)
{
	struct net_group g = {u->spec.addr, u->spec.interface, (int)ttl};
	int tx = -1, rx = net_join(&g, &tx, &u->port, &u->index);

	if (rx < 0)
		return -1;
	u->rx = rx;
	u->tx = tx;
	u->lost = 0;
	return 0;
}

/* An interface has more than one name. */
static void
refuse_twice(const struct udps *all, const struct udp *u)
{
	const struct udp *v;

	for (v = all->udp; v < u; v++)
		if (u->index && v->index == u->index &&
		    u->spec.addr.len == v->spec.addr.len &&
		    memcmp(&u->spec.addr.ss, &v->spec.addr.ss,
			u->spec.addr.len) == 0)
			die(EXIT_USAGE,
			    "--mcast %s is --mcast %s: joined twice",
			    u->spec.text, v->spec.text);
}

static void
open_one(struct udp *u, uint64_t ttl)
{
	struct udp_spec *spec = &u->spec;

	switch (spec->role) {
	case UDP_IN:
		u->rx = net_bind_udp(&spec->addr, &spec->addr);
		if (u->rx < 0)
			die_sys(
			    EXIT_USAGE, "unable to bind --udp %s", spec->text);
		break;
	case UDP_OUT:
		u->tx = net_open_udp(spec->addr.ss.ss_family, &u->port);
		if (u->tx < 0)
			die_sys(EXIT_TEMP, "unable to send to --udp-to %s",
			    spec->text);
		break;
	case UDP_GROUP:
		if (open_group(u, ttl) == 0)
			break;
		if (errno != ENODEV || !spec->interface)
			no_group(spec);
		no_interface(spec);
	}
}

static char *
peer_text(const struct udp_spec *spec)
{
	char addr[NET_TEXT_MAX], text[NET_TEXT_MAX + IF_NAMESIZE + 1];

	if (net_text(&spec->addr, addr) < 0 ||
	    str_fmt(text, sizeof text, "%s%s%s", addr,
		spec->interface ? "%" : "",
		spec->interface ? spec->interface : "") < 0)
		return NULL;
	return strdup(text);
}

void
udp_open(struct server *s, const struct mesh_config *cfg)
{
	struct udps *all = &s->udps;
	struct udp *u;

	*all = (struct udps){.cfg = cfg};
	if (cfg->n == 0)
		return;
	all->udp = calloc((size_t)cfg->n, sizeof *all->udp);
	all->chunk = malloc(NET_BATCH * UDP_DATAGRAM);
	if (!all->udp || !all->chunk)
		die_sys(EXIT_TEMP, "unable to start");
	while (all->n < cfg->n) {
		u = &all->udp[all->n];
		*u = (struct udp){
		    .s = s, .spec = cfg->spec[all->n], .rx = -1, .tx = -1};
		mesh_init(&u->mesh,
		    u->spec.role == UDP_IN ? MESH_ALWAYS_XML : cfg->proto,
		    s->core.seed);
		open_one(u, cfg->ttl);
		refuse_twice(all, u);
		u->peer = peer_text(&u->spec);
		if (!u->peer)
			die(EXIT_TEMP, "no memory for %s", u->spec.text);
		all->n++;
	}
}

/* ---- life ---- */

static int
join(struct udp *u)
{
	struct server *s = u->s;
	struct conn *k = calloc(1, sizeof *k);

	if (!k)
		return -1;
	k->s = s;
	k->link = (struct link){.ops = &link_udp, .fd = u->tx, .udp = u};
	k->c.group = s->udps.cfg->group;
	if (listen_join(&s->core, &k->c, link_udp.via, u->peer, NULL) < 0) {
		free(k);
		return -1;
	}
	k->c.kind = u->kind;
	u->k = k;
	report_accept(&k->c);
	return 0;
}

static int
watch(struct udp *u)
{
	if (u->rx < 0)
		return 0;
	return loop_add(&u->s->inputs, &u->in, u->rx, LOOP_IN, udp_readable, u);
}

static void
tell_bound(const struct udp *u)
{
	log_kv(LOG_LISTEN, "via", link_udp.via, "addr", u->peer, NULL);
}

static bool
is_open(const struct udp *u)
{
	return u->rx >= 0 || u->tx >= 0;
}

static void
begin_watch(struct udp *u)
{
	if (watch(u) < 0)
		log_kv(LOG_SYSTEM, "call", "epoll_ctl", "error",
		    strerror(errno), NULL);
}

/* An interface that was unplugged and is back is another one: join again. One
 * that was never there is joined when it comes. */
static void
follow(struct udp *u)
{
	int rx = u->rx, tx = u->tx;
	unsigned index;

	if (!is_open(u)) {
		if (open_group(u, u->s->udps.cfg->ttl) == 0) {
			begin_watch(u);
			tell_bound(u);
		}
		return;
	}
	if (!u->spec.interface || u->index == 0)
		return;
	index = if_nametoindex(u->spec.interface);
	if (index == 0 || index == u->index ||
	    open_group(u, u->s->udps.cfg->ttl) < 0)
		return;
	loop_del(&u->s->inputs, &u->in);
	close(rx);
	if (u->k) {
		u->k->link.fd = u->tx;
		output_moved(u->s, u->k);
	}
	close(tx);
	begin_watch(u);
}

/* Who hears it knows that what it writes is read here. */
static void
announce(const struct udp *u)
{
	char control[MESH_CONTROL_MAX];
	size_t n = mesh_control(control, slice_of(u->s->core.cfg.node));

	if (u->spec.role == UDP_GROUP && u->mesh.proto != MESH_ALWAYS_XML)
		(void)sendto(u->tx, control, n, MSG_NOSIGNAL | MSG_DONTWAIT,
		    (const struct sockaddr *)&u->spec.addr.ss,
		    u->spec.addr.len);
}

static void
tick(void *arg)
{
	struct server *s = arg;
	uint64_t now = loop_now(&s->loop);
	bool due = now >= s->udps.announce_at;
	int i;

	if (s->draining)
		return;
	listen_time(&s->core, now, clock_wall_us());
	for (i = 0; i < s->udps.n; i++) {
		follow(&s->udps.udp[i]);
		if (!is_open(&s->udps.udp[i]))
			continue;
		if (!s->udps.udp[i].k && join(&s->udps.udp[i]) < 0)
			report_refuse(link_udp.via, s->udps.udp[i].peer, NULL,
			    errno == ENFILE ? "--max-clients" : "no memory");
		if (due)
			announce(&s->udps.udp[i]);
		udp_tell_unsent(&s->udps.udp[i], now);
	}
	if (due)
		s->udps.announce_at = now + MESH_ANNOUNCE_US;
	if (loop_timer_set(&s->loop, &s->udps.tick, now + TICK_US) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

int
udp_start(struct server *s)
{
	int i;

	for (i = 0; i < s->udps.n; i++)
		if (is_open(&s->udps.udp[i]) &&
		    (join(&s->udps.udp[i]) < 0 || watch(&s->udps.udp[i]) < 0))
			return -1;
	loop_timer_init(&s->udps.tick, tick, s);
	return s->udps.n ? loop_timer_set(&s->loop, &s->udps.tick, 0) : 0;
}

static void
tell_kind(const struct udp *u)
{
	struct log_line line;

	log_open(&line, LOG_MESH);
	log_s(&line, "peer", u->peer);
	log_s(&line, "writes", u->kind == FAN_PB ? "protobuf" : "xml");
	log_u64(&line, "heard", u->mesh.n_heard);
	log_u64(&line, "protobuf", u->mesh.n_v1);
	log_send(&line);
}

void
udp_time(struct server *s)
{
	struct udp *u;
	enum fan_kind kind;
	int i;

	for (i = 0; i < s->udps.n; i++) {
		u = &s->udps.udp[i];
		kind = mesh_kind(&u->mesh, s->core.now);
		if (u->k)
			u->k->c.kind = kind;
		if (kind == u->kind)
			continue;
		u->kind = kind;
		tell_kind(u);
	}
}

void
udp_report(const struct server *s)
{
	int i;

	for (i = 0; i < s->udps.n; i++)
		if (s->udps.udp[i].rx >= 0)
			tell_bound(&s->udps.udp[i]);
}
