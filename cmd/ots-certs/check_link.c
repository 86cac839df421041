/* Connections of ots-certs check. */
#include <netinet/in.h>
#include <unistd.h>

#include "check.h"
#include "num.h"

void
check_hang_up(struct check_link *l)
{
	tls_free(&l->tls);
	tls_ctx_free(&l->ctx);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* The address with the port of this step. */
static struct net_addr
address(const struct check *c, int i, const char *port)
{
	struct net_addr a = c->addr[i];
	uint64_t n = 0;

	(void)num_u64(slice_of(port), 65535, &n);
	if (a.ss.ss_family == AF_INET)
		((struct sockaddr_in *)&a.ss)->sin_port = htons((uint16_t)n);
	else
		((struct sockaddr_in6 *)&a.ss)->sin6_port = htons((uint16_t)n);
	return a;
}

/* What check_reach has found to answer stands first. */
static int
dial(const struct check *c, const char *port, const char **why)
{
	const struct net_addr a = address(c, 0, port);

	return check_connect(&a, c->timeout_us, why);
}

int
check_reach(struct check *c, const char *port, enum check_level level,
    unsigned who, const char *todo)
{
	char text[NET_TEXT_MAX] = "";
	struct net_addr a;
	const char *why = "";
	int i, fd = -1;

	for (i = 0; i < c->n_addr && fd < 0; i++) {
		a = address(c, i, port);
		(void)net_text(&a, text);
		fd = check_connect(&a, c->timeout_us, &why);
		if (fd < 0 && i + 1 < c->n_addr)
			check_say(&c->report, CHECK_WARN, port, "connect", who,
			    "some devices try this address first: serve it or "
			    "take it out of the name",
			    "%s: %s", text, why);
	}
	if (fd < 0) {
		check_say(&c->report, level, port, "connect", who, todo,
		    "%s: %s", text, why);
		return -1;
	}
	a = c->addr[0];
	c->addr[0] = c->addr[i - 1];
	c->addr[i - 1] = a;
	check_say(
	    &c->report, CHECK_OK, port, "connect", 0, NULL, "%s answers", text);
	return fd;
}

const char *
check_call(struct check *c, const char *port, const struct tls_client *as,
    bool check_name, struct check_link *l)
{
	static char err[TLS_ERR_MAX];
	const char *why = NULL;

	*l = (struct check_link){.fd = dial(c, port, &why)};
	if (l->fd < 0)
		return why;
	l->ctx = tls_client(as, err);
	if (!l->ctx)
		return err;
	l->tls = tls_connect(l->ctx, l->fd, c->host, check_name);
	if (!l->tls)
		return "no memory";
	return check_handshake(l->tls, l->fd, c->timeout_us);
}

void
check_shown(const struct check_link *l, struct check_certs *out)
{
	struct buf pem;

	buf_init(&pem, CHECK_PEM_MAX);
	if (l->tls && tls_peer_chain(l->tls, &pem, CHECK_CHAIN_MAX) > 0)
		check_certs_read(out, buf_slice(&pem));
	buf_fini(&pem);
}
