#include "target.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "num.h"
#include "str.h"

static const struct scheme {
	const char *prefix; /* or suffix */
	enum target_kind kind;
} schemes[] = {
    {"tcp://", TARGET_TCP},
    {"tls://", TARGET_TLS},
    {"ssl://", TARGET_TLS},
    {"udp://", TARGET_UDP},
    {"mcast://", TARGET_MCAST},
};

/* The connect strings of TAK clients say it at the end. */
static void
take_suffix(struct slice *s, enum target_kind *kind)
{
	static const struct scheme suffixes[] = {
	    {":tcp", TARGET_TCP},
	    {":ssl", TARGET_TLS},
	    {":tls", TARGET_TLS},
	};
	size_t i;

	for (i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (slice_ends(*s, suffixes[i].prefix)) {
			*kind = suffixes[i].kind;
			s->n -= strlen(suffixes[i].prefix);
			return;
		}
}

/* The port is behind the last colon; a host that has colons itself must stand
 * in brackets, or "::1:8088" would have two readings. */
static const char *
split(struct slice s, struct slice *host, struct slice *port)
{
	const char *colon = s.n ? memrchr(s.p, ':', s.n) : NULL;

	if (!colon)
		return "a port is missing: HOST:PORT";
	*host = (struct slice){s.p, (size_t)(colon - s.p)};
	*port = (struct slice){colon + 1, s.n - host->n - 1};
	if (host->n >= 2 && host->p[0] == '[') {
		if (host->p[host->n - 1] != ']')
			return "a bracket is not closed";
		host->p++;
		host->n -= 2;
		return host->n ? NULL : "the host is empty";
	}
	if (memchr(host->p, ':', host->n))
		return "an IPv6 address needs brackets: [ADDR]:PORT";
	return NULL;
}

const char *
target_parse(const char *text, bool listens, struct target *out)
{
	struct slice s = slice_of(text), host, port;
	const char *wrong;
	uint64_t number;
	size_t i;

	memset(out, 0, sizeof *out);
	if (slice_starts(s, "unix:")) {
		out->kind = TARGET_UNIX;
		out->path = text + strlen("unix:");
		return *out->path ? NULL : "the path is empty";
	}
	out->kind = TARGET_TCP;
	for (i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (!slice_starts(s, schemes[i].prefix))
			continue;
		out->kind = schemes[i].kind;
		s.p += strlen(schemes[i].prefix);
		s.n -= strlen(schemes[i].prefix);
		break;
	}
	if (slice_find(s, SLICE("://")))
		return "unknown scheme: tcp, tls, udp and mcast are known";
	if (i == sizeof schemes / sizeof *schemes)
		take_suffix(&s, &out->kind);
	wrong = split(s, &host, &port);
	if (wrong)
		return wrong;
	if (num_u64(port, 65535, &number) || (number == 0 && !listens))
		return "a port is a number from 1 to 65535";
	if (host.n == 0 && !listens)
		return "the host is empty";
	if (host.n >= sizeof out->host || port.n >= sizeof out->port)
		return "too long";
	memcpy(out->host, host.p, host.n);
	memcpy(out->port, port.p, port.n);
	return NULL;
}
