#include "enter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authdoc.h"
#include "clock.h"
#include "log.h"
#include "server.h"

/* Of the time that all else took since the last turn, half as much goes to
 * handshakes, within these limits; at least one is done. */
#define TURN_LEAST ((uint64_t)1000)
#define TURN_MOST  ((uint64_t)4000)

#define EARLY_MAX (2 * LINK_READ)
#define WHY_MAX   128

enum stage {
	HANDSHAKE,
	PASSWORD, /* the certificate is right; <auth> must come */
	ASKED,    /* ots-auth was asked; it is not read */
	ANSWERED,
};

struct entrant {
	struct guest guest; /* first */
	struct enter *e;
	struct entrant *next_dead;
	struct loop_io io;
	struct loop_timer timer;
	uint64_t left; /* of its time, while it waits for us */
	enum stage stage;
	int fd;
	struct tls *tls; /* from its first bytes on */
	uint32_t trust;  /* which CAs counted then (secure.h) */
	struct tls_peer cert;
	bool proven; /* it is a certificate of ours, and its own */
	/* Only where a password is wanted: what it sent so far, and what the
	 * document (its first `used` bytes) says. */
	struct buf early;
	size_t used;
	struct authdoc *doc;
	struct auth_ask ask;
	bool right;
	char why[WHY_MAX]; /* ... it is not */
	unsigned char site[NET_SITE_MAX];
	char peer[NET_TEXT_MAX];
};

void
enter_init(struct enter *e, struct server *s, const uint64_t seed[2],
    uint32_t max, uint32_t max_site)
{
	*e = (struct enter){
	    .s = s, .rule = e->rule, .timeout_us = e->timeout_us};
	crowd_init(&e->crowd, seed, max, max_site);
}

/* ---- leaving ---- */

/* It is no stranger any more, or gone. Its memory stays until the loop cannot
 * have an event of it left. */
static void
bury(struct entrant *t)
{
	struct enter *e = t->e;

	auth_forget(&e->s->auth, &t->ask);
	loop_del(&e->s->loop, &t->io);
	loop_timer_clear(&e->s->loop, &t->timer);
	crowd_leave(&e->crowd, &t->guest);
	if (t->doc)
		explicit_bzero(t->doc, sizeof *t->doc);
	free(t->doc);
	t->doc = NULL;
	buf_fini(&t->early);
	t->next_dead = e->dead;
	e->dead = t;
}

static void
dismiss(struct entrant *t)
{
	tls_free(&t->tls);
	close(t->fd);
	bury(t);
}

static void
refuse(struct entrant *t, const char *why)
{
	struct log_line line;

	t->e->n.refused++;
	log_open(&line, LOG_REFUSE);
	log_s(&line, "via", "tls");
	log_s(&line, "peer", t->peer);
	if (t->cert.user[0])
		log_s(&line, t->proven ? "user" : "claims", t->cert.user);
	else if (t->doc)
		log_s(&line, "claims", t->doc->user);
	if (t->cert.serial[0])
		log_s(&line, "serial", t->cert.serial);
	log_s(&line, "why", why);
	log_send(&line);
	dismiss(t);
}

static void
late(void *arg)
{
	struct entrant *t = arg;

	t->e->n.late++;
	refuse(t,
	    t->stage == HANDSHAKE      ? "no handshake in time"
		: t->stage == PASSWORD ? "no password in time"
				       : "no answer of ots-auth in time");
}

/* ---- waiting, for it and for us ---- */

static void
its_turn_comes(struct entrant *t)
{
	uint64_t now = loop_now(&t->e->s->loop);

	loop_del(&t->e->s->loop, &t->io);
	t->left = t->timer.at > now ? t->timer.at - now : 0;
	loop_timer_clear(&t->e->s->loop, &t->timer);
	crowd_ready(&t->e->crowd, &t->guest);
}

static void
ready(void *arg, uint32_t events)
{
	struct entrant *t = arg;

	(void)events;
	if (t->stage == ASKED)
		refuse(t, "closed");
	else
		its_turn_comes(t);
}

static void
wait_for(struct entrant *t, uint32_t events)
{
	struct loop *l = &t->e->s->loop;

	if (loop_timer_set(l, &t->timer, clock_mono_us() + t->left) < 0 ||
	    loop_add(l, &t->io, t->fd, events, ready, t) < 0)
		refuse(t, "no memory");
}

/* ---- becoming a client ---- */

/* Why it may not come in, as things are now: while it was on its way CAs or
 * revocations may have changed, and nobody looks for it among the clients. */
static const char *
unwelcome(const struct entrant *t)
{
	const struct secure *s = &t->e->s->secure;

	return t->trust != s->trust ? "the CAs have changed meanwhile"
				    : secure_refuses(s, &t->cert);
}

static void
let_in(struct entrant *t, const char *user)
{
	struct server *s = t->e->s;
	struct link link = {.ops = &link_tls, .fd = t->fd, .tls = t->tls};
	struct identity *who = calloc(1, sizeof *who);
	struct conn *k;

	if (!who || identity_set(who, &t->cert, slice_of(user)) < 0) {
		refuse(t, who ? "no user name that can be used" : "no memory");
		free(who);
		return;
	}
	k = server_admit(s, link, t->peer, who);
	if (k && buf_size(&t->early) > t->used)
		(void)listen_input(&s->core, &k->c, t->early.p + t->used,
		    buf_size(&t->early) - t->used);
	/* What came with the end of the handshake is reported by nobody. */
	if (k)
		server_read(k);
	bury(t);
}

/* ---- passwords ---- */

/* Only noted: who reads the answers shares its memory with who reads clients.
 */
static void
verdict(void *arg, bool right, const char *why)
{
	struct entrant *t = arg;

	t->right = right;
	if (str_fmt(
		t->why, sizeof t->why, "%s", *why ? why : "wrong password") < 0)
		t->why[0] = '\0';
	t->stage = ANSWERED;
	its_turn_comes(t);
}

static void
ask(struct entrant *t)
{
	struct enter *e = t->e;

	if (e->rule == ENTER_ALWAYS && t->cert.user[0] &&
	    !slice_is(slice_of(t->cert.user), t->doc->user)) {
		refuse(t, "name and certificate differ");
		return;
	}
	e->n.passwords++;
	t->ask = (struct auth_ask){.user = t->doc->user,
	    .secret = t->doc->secret,
	    .peer = t->peer,
	    .fn = verdict,
	    .arg = t};
	t->stage = ASKED;
	auth_ask(&e->s->auth, &t->ask);
	wait_for(t, EPOLLRDHUP);
}

static void
read_password(struct entrant *t)
{
	struct server *s = t->e->s;
	ssize_t n = tls_read(t->tls, s->chunk, LINK_READ);

	if (n <= 0) {
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			wait_for(t, LOOP_IN);
		else
			refuse(t, "closed without a password");
		return;
	}
	if (!t->doc)
		t->doc = calloc(1, sizeof *t->doc);
	(void)buf_append(&t->early, s->chunk, (size_t)n);
	explicit_bzero(s->chunk, (size_t)n);
	if (!t->doc || t->early.failed) {
		refuse(t, "no memory");
		return;
	}
	switch (authdoc_read(buf_slice(&t->early), t->doc, &t->used)) {
	case AUTHDOC_MORE:
		wait_for(t, LOOP_IN);
		break;
	case AUTHDOC_WHOLE:
		ask(t);
		break;
	default:
		refuse(t, "no password given");
	}
}

static void
answered(struct entrant *t)
{
	const char *why = t->right ? unwelcome(t) : t->why;

	if (why)
		refuse(t, why);
	else
		let_in(t, t->doc->user);
}

/* ---- handshakes ---- */

static void
greeted(struct entrant *t)
{
	struct enter *e = t->e;
	const char *why;
	bool named;

	if (tls_peer(t->tls, &t->cert) < 0) {
		refuse(t, "no certificate, or a name that cannot be used");
		return;
	}
	t->proven = true;
	e->n.handshakes++;
	e->n.resumed += t->cert.resumed;
	why = unwelcome(t);
	if (why) {
		refuse(t, why);
		return;
	}
	named = t->cert.user[0] != '\0';
	if (named && e->rule != ENTER_ALWAYS) {
		let_in(t, t->cert.user);
	} else if (e->rule == ENTER_NEVER || !e->s->asks) {
		refuse(t, "no user name in the certificate");
	} else {
		t->stage = PASSWORD;
		read_password(t);
	}
}

/* Has it hung up without a word? Then no session is made for it. */
static bool
silent(struct entrant *t)
{
	ssize_t n;
	char c;

	if (t->tls)
		return false;
	n = recv(t->fd, &c, 1, MSG_PEEK);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	t->e->n.silent++;
	dismiss(t);
	return true;
}

static void
shake(struct entrant *t)
{
	bool out = false;

	if (silent(t))
		return;
	if (!t->tls) {
		t->tls = tls_accept(t->e->s->secure.ctx, t->fd);
		t->trust = t->e->s->secure.trust;
	}
	if (!t->tls) {
		refuse(t, "no memory");
		return;
	}
	switch (tls_handshake(t->tls, &out)) {
	case 1:
		greeted(t);
		break;
	case 0:
		wait_for(t, out ? LOOP_OUT : LOOP_IN);
		break;
	default:
		if (tls_peer(t->tls, &t->cert) < 0)
			t->cert = (struct tls_peer){0};
		refuse(t, tls_why(t->tls));
	}
}

static void
serve(struct entrant *t)
{
	switch (t->stage) {
	case HANDSHAKE:
		shake(t);
		break;
	case PASSWORD:
		read_password(t);
		break;
	default:
		answered(t);
	}
}

/* ---- all of them ---- */

/* Has it sent something that the loop has not told us of yet? */
static bool
has_spoken(struct entrant *t)
{
	char c;

	return recv(t->fd, &c, 1, MSG_PEEK) >= 0;
}

/* Make room for one more of that site. false: there is none, for all of them
 * wait for us. */
static bool
make_room(struct enter *e, struct slice site)
{
	struct entrant *t;
	struct guest *out;

	while (crowd_room(&e->crowd, site, &out)) {
		if (!out)
			return true;
		t = (struct entrant *)(void *)out;
		if (t->stage != ASKED && has_spoken(t)) {
			its_turn_comes(t);
			continue;
		}
		e->n.crowded++;
		refuse(t, "the slowest of too many unfinished ones");
	}
	e->n.crowded++;
	return false;
}

void
enter_begin(struct enter *e, int fd, const struct net_addr *peer)
{
	struct entrant *t = calloc(1, sizeof *t);
	struct slice site;

	e->n.strangers++;
	if (!t) {
		close(fd);
		return;
	}
	t->e = e;
	t->fd = fd;
	t->left = e->timeout_us;
	t->early = (struct buf){.max = EARLY_MAX, .wipe = true};
	loop_timer_init(&t->timer, late, t);
	if (net_text(peer, t->peer) < 0)
		t->peer[0] = '\0';
	site = (struct slice){(char *)t->site, net_site(peer, t->site)};
	if (!make_room(e, site))
		refuse(t, "too many unfinished ones");
	else if (crowd_join(&e->crowd, &t->guest, site) < 0)
		refuse(t, "no memory");
	else
		wait_for(t, LOOP_IN);
}

static void
free_dead(struct enter *e)
{
	struct entrant *t;

	while ((t = e->dead)) {
		e->dead = t->next_dead;
		free(t);
	}
}

bool
enter_busy(const struct enter *e)
{
	return e->crowd.n_ready > 0;
}

void
enter_turn(struct enter *e)
{
	uint64_t now = clock_mono_us(), most = (now - e->ended) / 2, until;
	struct guest *g;

	free_dead(e);
	if (!enter_busy(e))
		return;
	if (most < TURN_LEAST)
		most = TURN_LEAST;
	until = now + (most < TURN_MOST ? most : TURN_MOST);
	while (!wire_out_full(&e->s->out) && now < until &&
	    (g = crowd_next(&e->crowd))) {
		serve((struct entrant *)(void *)g);
		now = clock_mono_us();
	}
	e->ended = now;
}

void
enter_end(struct enter *e)
{
	struct guest *g;

	while ((g = crowd_any(&e->crowd)))
		dismiss((struct entrant *)(void *)g);
	crowd_fini(&e->crowd);
}
