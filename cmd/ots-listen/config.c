#include "config.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#define GROUP_NAME_MAX 64 /* as in accounts */

struct config config = {
    .node = "local",
    .max_event = 1 << 20,
    .max_send = 65536,
    .queue_max = 1 << 20,
    .queue_burst = 16 << 20,
    .queue_total = 256 << 20,
    .input_total = 256 << 20,
    .gather_max = 20000,
    .dead_after = 120,
    .handshake_timeout = 10000000,
    .unfinished_max = 4096,
    .unfinished_per_address = 1024,
    .mesh = {.group = "mesh", .ttl = 64},
};

static const char *
add(struct config *c, const struct link_ops *ops, const char *text)
{
	struct config_listener *li = &c->listener[c->n_listeners];

	if (c->n_listeners == SERVER_LISTENERS_MAX)
		return "too many addresses";
	if (net_parse(slice_of(text), &li->addr) < 0)
		return "not ADDR:PORT, [ADDR]:PORT or :PORT with a numeric "
		       "address";
	li->ops = ops;
	li->text = text;
	c->n_listeners++;
	return NULL;
}

static const char *
add_tcp(void *ctx, const char *text)
{
	return add(ctx, &link_tcp, text);
}

static const char *
add_tls(void *ctx, const char *text)
{
	struct config *c = ctx;

	c->tls = true;
	return add(c, &link_tls, text);
}

/* ---- the mesh ---- */

#define NUMERIC "not ADDR:PORT or [ADDR]:PORT with a numeric address"

static bool
is_mapped(const struct net_addr *a)
{
	const struct sockaddr_in6 *sin6 = (const void *)&a->ss;

	return a->ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr);
}

static const char *
add_udp(struct config *c, enum udp_role role, const char *text, size_t n,
    const char *interface)
{
	struct udp_spec *spec = &c->mesh.spec[c->mesh.n];

	if (c->mesh.n == UDP_MAX)
		return "too many addresses";
	*spec = (struct udp_spec){
	    .role = role, .interface = interface, .text = text};
	if (net_parse((struct slice){text, n}, &spec->addr) < 0)
		return role == UDP_GROUP
		    ? "not GROUP:PORT or GROUP:PORT%INTERFACE"
		    : NUMERIC;
	/* Nobody comes from such an address: it would hear itself. */
	if (is_mapped(&spec->addr))
		return "an IPv4 address: write it as one";
	if (role != UDP_GROUP && net_is_group(&spec->addr))
		return "a multicast address: use --mcast";
	if (role != UDP_IN && net_port(&spec->addr) == 0)
		return "a port is wanted";
	return NULL;
}

static const char *
add_udp_in(void *ctx, const char *text)
{
	struct config *c = ctx;
	const char *wrong = add_udp(c, UDP_IN, text, strlen(text), NULL);

	c->mesh.n += !wrong;
	return wrong;
}

static const char *
add_udp_to(void *ctx, const char *text)
{
	struct config *c = ctx;
	const char *wrong = add_udp(c, UDP_OUT, text, strlen(text), NULL);

	if (text[0] == ':')
		return "an address to send to is wanted";
	c->mesh.n += !wrong;
	return wrong;
}

static bool
is_of_link(const struct net_addr *a)
{
	const struct sockaddr_in6 *sin6 = (const void *)&a->ss;

	return a->ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_MC_LINKLOCAL(&sin6->sin6_addr);
}

/* The same datagrams must not come by two sockets. */
static bool
overlaps(const struct udp_spec *a, const struct udp_spec *b)
{
	if (b->role != UDP_GROUP || a->addr.len != b->addr.len ||
	    memcmp(&a->addr.ss, &b->addr.ss, a->addr.len) != 0)
		return false;
	return !a->interface || !b->interface ||
	    strcmp(a->interface, b->interface) == 0;
}

static const char *
add_mcast(void *ctx, const char *text)
{
	struct config *c = ctx;
	const char *at = strrchr(text, '%');
	size_t n = at ? (size_t)(at - text) : strlen(text);
	struct udp_spec *spec = &c->mesh.spec[c->mesh.n];
	const char *wrong = add_udp(c, UDP_GROUP, text, n, at ? at + 1 : NULL);
	int i;

	if (wrong)
		return wrong;
	if (!net_is_group(&spec->addr))
		return "not a multicast address, which begin with 224 to 239, "
		       "or ff";
	if (at && (!at[1] || strlen(at + 1) >= IF_NAMESIZE))
		return "no interface has such a name: \"ip link\" shows them";
	if (!at && is_of_link(&spec->addr))
		return "a group of one link: name its interface, "
		       "GROUP:PORT%INTERFACE";
	for (i = 0; i < c->mesh.n; i++)
		if (overlaps(spec, &c->mesh.spec[i]))
			return "joined twice: give each the name of another "
			       "interface";
	c->mesh.n++;
	return NULL;
}

static const char *
set_group(void *ctx, const char *text)
{
	struct config *c = ctx;
	size_t i, n = strlen(text);

	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			break;
	if (i < n || n == 0 || n > GROUP_NAME_MAX || text[0] == ' ' ||
	    !utf8_valid(text, n))
		return "not the name of a group: 1 to 64 bytes of UTF-8";
	c->mesh.group = text;
	return NULL;
}

/* ---- options ---- */

static const struct opt opts[] = {
    {0, "tcp", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_tcp,
	"serve TCP there (repeatable; port 0: any free one)"},
    {0, "tls", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_tls,
	"serve TLS there, to clients with a certificate (repeatable)"},
    {0, "cert", "FILE", NULL, OPT_STR, &config.files.cert, 0, 0, NULL,
	"certificate of the server and its chain, PEM"},
    {0, "key", "FILE", NULL, OPT_STR, &config.files.key, 0, 0, NULL,
	"its private key, PEM"},
    {0, "ca", "FILE", NULL, OPT_STR, &config.files.ca, 0, 0, NULL,
	"who signs certificates of clients, PEM"},
    {0, "crl", "FILE", NULL, OPT_STR, &config.files.crl, 0, 0, NULL,
	"which of them are revoked, PEM"},
    {0, "auth", "PATH", NULL, OPT_STR, &config.auth, 0, 0, NULL,
	"socket of ots-auth, which checks passwords"},
    {0, "password", "WHEN", NULL, OPT_WORD,
	OPT_WORDS(&config.password, "as-needed", "always", "never"), 0, 0, NULL,
	"when one is wanted: as-needed, always, never [as-needed]"},
    {0, "per-user", "N", NULL, OPT_U64, &config.per_user, 0, 1 << 24, NULL,
	"sessions of a user; the newest stay [0: any number]"},
    {0, "handshake-timeout", "S", NULL, OPT_SECONDS, &config.handshake_timeout,
	100000, 600000000, NULL, "time to come in by TLS [10]"},
    {0, "unfinished-max", "N", NULL, OPT_U64, &config.unfinished_max, 1,
	1 << 20, NULL, "clients that are coming in by TLS [4096]"},
    {0, "unfinished-per-address", "N", NULL, OPT_U64,
	&config.unfinished_per_address, 1, 1 << 20, NULL,
	"... of one address [1024]"},
    {0, "udp", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_udp_in,
	"take events by UDP there, from anybody (repeatable)"},
    {0, "udp-to", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_udp_to,
	"send events there by UDP (repeatable)"},
    {0, "mcast", "GROUP:PORT[%IF]", NULL, OPT_FN, NULL, 0, 0, add_mcast,
	"join that multicast group, in and out (repeatable)"},
    {0, "mesh-group", "NAME", NULL, OPT_FN, NULL, 0, 0, set_group,
	"group of who is heard by UDP [mesh]"},
    {0, "mesh-proto", "PROTO", NULL, OPT_WORD,
	OPT_WORDS(&config.mesh.proto, "auto", "xml", "protobuf"), 0, 0, NULL,
	"send them auto, xml or protobuf [auto: what all can read]"},
    {0, "mcast-ttl", "N", NULL, OPT_U64, &config.mesh.ttl, 0, 255, NULL,
	"how many networks far multicast goes [64]"},
    {0, "no-protobuf", NULL, NULL, OPT_FLAG, &config.no_protobuf, 0, 0, NULL,
	"offer TAK protocol version 1 to no client"},
    {0, "node", "NAME", "OTS_NODE_ID", OPT_STR, &config.node, 0, 0, NULL,
	"name of this node in connection ids [local]"},
    {0, "max-clients", "N", NULL, OPT_U64, &config.max_clients, 1, 1 << 24,
	NULL, "clients at a time [what open files allow]"},
    {0, "max-event", "BYTES", NULL, OPT_BYTES, &config.max_event, 1024, 8 << 20,
	NULL, "longest message of a client [1M]"},
    {0, "max-send", "BYTES", NULL, OPT_BYTES, &config.max_send, 1024, 8 << 20,
	NULL, "longest event delivered [64K, what ATAK takes]"},
    {0, "queue-max", "BYTES", NULL, OPT_BYTES, &config.queue_max, 131072,
	(uint64_t)1 << 30, NULL, "queue of a slow client [1M]"},
    {0, "queue-burst", "BYTES", NULL, OPT_BYTES, &config.queue_burst, 131072,
	(uint64_t)1 << 30, NULL, "queue of any client for one second [16M]"},
    {0, "queue-total", "BYTES", NULL, OPT_BYTES, &config.queue_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "queues of all such clients [256M]"},
    {0, "input-total", "BYTES", NULL, OPT_BYTES, &config.input_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "unfinished messages of all clients [256M]"},
    {0, "gather-max", "MS", NULL, OPT_MS, &config.gather_max, 0, 10000000, NULL,
	"longest time that deliveries are gathered [20]"},
    {0, "dead-after", "S", NULL, OPT_U64, &config.dead_after, 10, 86400, NULL,
	"close a client that has not answered for so long [120]"},
    {0},
};

const struct opt_prog config_prog = {
    .name = "ots-listen",
    .synopsis = "--tcp|--tls|--udp|--mcast ADDR:PORT [options] "
		"<deliveries >frames",
    .about = "Owns the connections of TAK clients: frames out, deliveries in.",
    .opts = opts,
    .ctx = &config,
};
