/* ots-certs check: enrollment, which is port 8446 as a rule (marti-http 2.1).
 */
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "num.h"

/* Who enrolls without having been given the CA before. */
#define STRANGERS (CHECK_ITAK | CHECK_CLOUDTAK | CHECK_ATAK)

#define REPLY_MAX (4 * TLS_READ_MIN)

static bool
trusted_by_system(struct check *c)
{
	const struct tls_client as = {0};
	struct check_link l;
	bool good = !check_call(c, c->enroll_port, &as, false, &l);

	check_hang_up(&l);
	return good;
}

static void
say_trust(struct check *c, const struct check_certs *shown)
{
	struct check_report *r = &c->report;

	if (trusted_by_system(c))
		check_say(r, CHECK_OK, c->enroll_port, "chain", 0, NULL,
		    "the certificate is publicly trusted");
	else if (check_chain_leads(shown, &c->trust))
		check_say(r, CHECK_FAIL, c->enroll_port, "chain", STRANGERS,
		    "use a publicly trusted certificate on this port, or give "
		    "the devices the CA: ots-certs package --enroll",
		    "own CA: QR codes work on no iPhone, and on ATAK only "
		    "behind a package with the CA");
	else
		check_say(r, CHECK_FAIL, c->enroll_port, "chain",
		    STRANGERS | CHECK_WINTAK,
		    "use a publicly trusted certificate, or one of this CA",
		    "unknown CA");
}

/* Of "HTTP/1.1 200 OK"; 0: it is none. */
static unsigned
status_of(struct slice reply)
{
	uint64_t status;

	if (reply.n < 13 || !slice_starts(reply, "HTTP/1.") ||
	    num_u64((struct slice){reply.p + 9, 3}, 999, &status) < 0)
		return 0;
	return (unsigned)status;
}

#define CONFIG SLICE("<ns2:certificateConfig")

static void
say_reply(struct check *c, struct slice reply)
{
	struct check_report *r = &c->report;
	unsigned status = status_of(reply);

	if (status == 401)
		check_say(r, CHECK_OK, c->enroll_port, "enroll", 0, NULL,
		    "the server asks for name and password");
	else if (status == 200 && slice_find(reply, CONFIG))
		check_say(r, CHECK_OK, c->enroll_port, "enroll", 0, NULL,
		    "the server answers");
	else if (status == 200)
		check_say(r, CHECK_FAIL, c->enroll_port, "enroll", CHECK_ALL,
		    "is it a proxy that sends another page?",
		    "/Marti/api/tls/config is no ns2:certificateConfig");
	else if (status)
		check_say(r, CHECK_FAIL, c->enroll_port, "enroll", CHECK_ALL,
		    "does the proxy pass /Marti/api/tls on?",
		    "/Marti/api/tls/config answers with status %u", status);
	else
		check_say(r, CHECK_FAIL, c->enroll_port, "enroll", CHECK_ALL,
		    "is another service on this port?",
		    "what answers does not speak HTTP");
}

/* Is there enough of it to judge? */
static bool
is_whole(struct slice reply)
{
	unsigned status = status_of(reply);

	return status != 200 ? reply.n >= 13
			     : slice_find(reply, CONFIG) != NULL;
}

/* NULL, or why there is no answer. *n: bytes of it. */
static const char *
ask(struct check *c, struct check_link *l, char *reply, size_t *n)
{
	uint64_t end = clock_mono_us() + c->timeout_us, now;
	char request[CHECK_HOST_MAX + 256];
	const char *why = NULL;
	bool ended = false;
	ssize_t r = 1;

	*n = 0;
	if (str_fmt(request, sizeof request,
		"GET /Marti/api/tls/config HTTP/1.1\r\nHost: %s:%s\r\n"
		"User-Agent: ots-certs\r\nConnection: close\r\n\r\n",
		c->host, c->enroll_port) < 0)
		return "the name is too long";
	why =
	    check_write(l->tls, l->fd, request, strlen(request), c->timeout_us);
	while (!why && r > 0 && REPLY_MAX - *n >= TLS_READ_MIN &&
	    !is_whole((struct slice){reply, *n}) &&
	    (now = clock_mono_us()) < end) {
		r = check_read(l->tls, l->fd, reply + *n, REPLY_MAX - *n,
		    end - now, &ended, &why);
		*n += r > 0 ? (size_t)r : 0;
	}
	/* A page may end without the goodbye of TLS. */
	if (*n > 0)
		return NULL;
	return why ? why : ended ? "closed" : "no answer in time";
}

static void
config(struct check *c)
{
	const struct tls_client as = {.anyone = true};
	static char reply[REPLY_MAX];
	struct check_link l;
	const char *why;
	size_t n = 0;

	why = check_call(c, c->enroll_port, &as, false, &l);
	if (!why)
		why = ask(c, &l, reply, &n);
	check_hang_up(&l);
	if (why)
		check_say(&c->report, CHECK_FAIL, c->enroll_port, "enroll",
		    CHECK_ALL,
		    "does it ask for a client certificate? it must not on "
		    "this port",
		    "no answer: %s", why);
	else
		say_reply(c, (struct slice){reply, n});
}

/* What is shown to anybody; false: nothing, which is said. */
static bool
get_chain(struct check *c, struct check_certs *shown)
{
	const struct tls_client as = {.anyone = true};
	struct check_link l;
	const char *why = check_call(c, c->enroll_port, &as, false, &l);

	check_shown(&l, shown);
	check_hang_up(&l);
	if (!why && shown->n > 0)
		return true;
	check_say(&c->report, CHECK_FAIL, c->enroll_port, "tls", CHECK_ALL,
	    "is another service on this port?", "no handshake: %s",
	    why ? why : "no certificate");
	return false;
}

void
check_enroll(struct check *c)
{
	struct check_certs shown = {0};
	int fd = check_reach(c, c->enroll_port, CHECK_WARN, STRANGERS,
	    "needed to enroll by QR code or password (iTAK, CloudTAK, ATAK's "
	    "quick connect); packages with a certificate work without");

	if (fd < 0)
		return;
	close(fd);
	if (get_chain(c, &shown)) {
		say_trust(c, &shown);
		(void)check_name(&c->report, c->enroll_port, STRANGERS,
		    shown.cert[0], c->host);
		(void)check_dates(&c->report, c->enroll_port, "dates",
		    CHECK_ALL, shown.cert[0], &c->when,
		    "the server's certificate", "renew it");
		config(c);
	}
	check_certs_free(&shown);
}
