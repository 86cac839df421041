#include "secure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define SECOND    ((uint64_t)1000000)
#define SETTLE_US ((uint64_t)100000) /* files often change together */
#define LOOK_US   (60 * SECOND)
#define DAY_S     ((int64_t)86400)
#define WARN_DAYS 30

static int64_t
wall_s(void)
{
	return (int64_t)(clock_wall_us() / SECOND);
}

int
secure_load(struct secure *s, char err[TLS_ERR_MAX])
{
	s->ctx = tls_server(&s->files, NULL, err);
	return s->ctx ? 0 : -1;
}

void
secure_process(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef OTS_SAN /* whose check for leaks traces its own process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* ---- sessions that end ---- */

static bool
is_revoked(void *arg, const struct identity *who)
{
	return tls_revoked(arg, &who->peer);
}

struct expiry {
	int64_t now, next;
};

static bool
is_expired(void *arg, const struct identity *who)
{
	struct expiry *e = arg;

	if (who->peer.not_after < e->now)
		return true;
	if (who->peer.not_after < e->next)
		e->next = who->peer.not_after;
	return false;
}

/* The clock may be set, so we look at it now and then. */
static void
set_expire(struct secure *s, int64_t at, int64_t now)
{
	uint64_t wait = LOOK_US;

	if (at < now + (int64_t)(LOOK_US / SECOND))
		wait = at < now ? SECOND : (uint64_t)(at - now + 1) * SECOND;
	wait += loop_now(s->loop);
	if (wait < s->expire.at)
		(void)loop_timer_set(s->loop, &s->expire, wait);
}

static void
expire(void *arg)
{
	struct secure *s = arg;
	struct expiry e = {wall_s(), INT64_MAX};

	listen_doom_if(s->core, is_expired, &e, "expired");
	if (e.next != INT64_MAX)
		set_expire(s, e.next, e.now);
}

void
secure_admitted(struct secure *s, const struct tls_peer *p)
{
	set_expire(s, p->not_after, wall_s());
}

const char *
secure_refuses(const struct secure *s, const struct tls_peer *p)
{
	if (tls_revoked(s->ctx, p))
		return "revoked certificate";
	if (p->not_after < wall_s())
		return "expired certificate";
	return NULL;
}

/* ---- what the clock brings ---- */

/* Is it a day since it was said? */
static bool
due_daily(uint64_t *said, uint64_t now)
{
	if (*said && now - *said < (uint64_t)DAY_S * SECOND)
		return false;
	*said = now;
	return true;
}

static void
warn_cert(struct secure *s, int64_t ends, int64_t now)
{
	struct log_line line;

	if (ends == 0 || ends - now >= WARN_DAYS * DAY_S ||
	    !due_daily(&s->warned_cert, loop_now(s->loop)))
		return;
	log_open(&line, LOG_CERT_ENDS);
	log_s(&line, "path", s->files.cert);
	log_u64(
	    &line, "days", ends > now ? (uint64_t)((ends - now) / DAY_S) : 0);
	if (ends <= now)
		log_s(&line, "why", "it has ended: clients refuse it");
	log_send(&line);
}

static void
warn_crl(struct secure *s, int64_t ends, int64_t now)
{
	if (ends == 0 || ends > now ||
	    !due_daily(&s->warned_crl, loop_now(s->loop)))
		return;
	log_kv(LOG_CRL_OLD, "path", s->files.crl, NULL);
}

static void watch_folders(struct secure *s);

static void
look(void *arg)
{
	struct secure *s = arg;
	int64_t now = wall_s();

	warn_cert(s, tls_cert_expires(s->ctx), now);
	warn_crl(s, tls_crl_expires(s->ctx), now);
	watch_folders(s);
	(void)loop_timer_set(s->loop, &s->look, loop_now(s->loop) + LOOK_US);
}

/* ---- reading them again ---- */

void
secure_reload(struct secure *s)
{
	char err[TLS_ERR_MAX];
	struct tls_ctx *ctx;
	struct log_line line;
	uint32_t gone;

	if (!s->ctx)
		return;
	watch_folders(s);
	ctx = tls_server(&s->files, s->ctx, err);
	if (!ctx) {
		log_kv(LOG_TLS_BAD, "why", err, NULL);
		return;
	}
	tls_ctx_free(&s->ctx);
	s->ctx = ctx;
	s->warned_cert = s->warned_crl = 0;
	gone = listen_doom_if(s->core, is_revoked, s->ctx, "revoked");
	log_open(&line, LOG_TLS_READ);
	log_s(&line, "path", s->files.cert);
	log_u64(&line, "revoked", gone);
	log_send(&line);
	look(s);
}

static void
settled(void *arg)
{
	secure_reload(arg);
}

/* ---- noticing that they change ---- */

static const char *
file_at(const struct secure *s, int i)
{
	const char *const files[SECURE_FILES] = {
	    s->files.cert, s->files.key, s->files.ca, s->files.crl};

	return files[i];
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void
watch_folder_of(struct secure *s, const char *path)
{
	size_t n = (size_t)(base_name(path) - path);
	char folder[4096];

	if (str_fmt(folder, sizeof folder, "%.*s", n ? (int)n : 1,
		n ? path : ".") < 0)
		return;
	if (inotify_add_watch(s->io.fd, folder,
		IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE |
		    IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
		log_kv(LOG_SYSTEM, "call", "watch a folder", "path", folder,
		    "error", strerror(errno), NULL);
}

/* The folders, not the files: those are replaced. A link is watched at both
 * ends. Watching a folder twice does nothing. */
static void
watch_folders(struct secure *s)
{
	char *real;
	int i;

	for (i = 0; i < SECURE_FILES; i++) {
		const char *path = file_at(s, i);

		if (!path)
			continue;
		watch_folder_of(s, path);
		real = realpath(path, NULL);
		if (real)
			watch_folder_of(s, real);
		free(real);
	}
}

/* Is it about one of our files, or a folder itself? */
static bool
concerns(const struct secure *s, const struct inotify_event *ev)
{
	char *real;
	bool same;
	int i;

	if (ev->len == 0)
		return true;
	for (i = 0; i < SECURE_FILES; i++) {
		const char *path = file_at(s, i);

		if (!path)
			continue;
		real = realpath(path, NULL);
		same = !strcmp(base_name(path), ev->name) ||
		    (real && !strcmp(base_name(real), ev->name));
		free(real);
		if (same)
			return true;
	}
	return false;
}

static void
noticed(void *arg, uint32_t events)
{
	struct secure *s = arg;
	char text[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *ev;
	bool mine = false;
	ssize_t n, at;

	(void)events;
	n = read(s->io.fd, text, sizeof text);
	for (at = 0; n - at >= (ssize_t)sizeof *ev;
	     at += (ssize_t)(sizeof *ev + ev->len)) {
		ev = (const struct inotify_event *)(const void *)(text + at);
		mine |= concerns(s, ev);
	}
	if (mine && s->settle.at == LOOP_NEVER)
		(void)loop_timer_set(
		    s->loop, &s->settle, loop_now(s->loop) + SETTLE_US);
}

int
secure_watch(struct secure *s, struct loop *l)
{
	int fd;

	s->loop = l;
	loop_timer_init(&s->settle, settled, s);
	loop_timer_init(&s->look, look, s);
	loop_timer_init(&s->expire, expire, s);
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || loop_add(l, &s->io, fd, LOOP_IN, noticed, s) < 0)
		return -1;
	look(s);
	return 0;
}
