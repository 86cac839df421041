#include "secure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "log.h"
#include "trust.h"

#define SECOND    ((uint64_t)1000000)
#define SETTLE_US ((uint64_t)100000) /* files often change together */
#define LOOK_US   (60 * SECOND)
#define AGAIN_US  (3 * SECOND) /* after files that cannot be used */
#define CA_MAX    ((size_t)4 << 20)
#define DAY_S     ((int64_t)86400)
#define WARN_DAYS 30

static int64_t
wall_s(void)
{
	return (int64_t)(clock_wall_us() / SECOND);
}

/* ---- the files ---- */

static const char *
file_at(const struct secure *s, int i)
{
	const char *const files[SECURE_FILES] = {
	    s->files.cert, s->files.key, s->files.ca, s->files.crl};

	return files[i];
}

static struct secure_mark
mark_of(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return (struct secure_mark){0};
	return (struct secure_mark){
	    st.st_dev, st.st_ino, st.st_size, st.st_mtim};
}

static bool
same_mark(const struct secure_mark *a, const struct secure_mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Are they others than those that were read last? */
static bool
have_changed(const struct secure *s)
{
	struct secure_mark now;
	int i;

	for (i = 0; i < SECURE_FILES; i++) {
		now = mark_of(file_at(s, i));
		if (!same_mark(&now, &s->mark[i]))
			return true;
	}
	return false;
}

/* The text of the CA file, as far as it can be read. */
static struct buf
read_ca(const struct secure *s)
{
	struct buf out = {.max = CA_MAX};
	int fd = open(s->files.ca, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return out;
	(void)files_read_fd(fd, &out);
	close(fd);
	return out;
}

/* Of what they say now; *ca is their CA file (buf_fini). NULL: *err. */
static struct tls_ctx *
read_files(struct secure *s, struct buf *ca, char err[TLS_ERR_MAX])
{
	int i;

	/* Marks first: what changes from now on is noticed. */
	for (i = 0; i < SECURE_FILES; i++)
		s->mark[i] = mark_of(file_at(s, i));
	*ca = read_ca(s);
	return tls_server(&s->files, s->ctx, err);
}

int
secure_load(struct secure *s, char err[TLS_ERR_MAX])
{
	s->ctx = read_files(s, &s->ca, err);
	return s->ctx ? 0 : -1;
}

/* ---- sessions that end ---- */

static bool
is_revoked(void *arg, const struct identity *who)
{
	return tls_revoked(arg, &who->peer);
}

static bool
by_certificate(void *arg, const struct identity *who)
{
	(void)arg;
	(void)who;
	return true;
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
warn(struct secure *s)
{
	int64_t now = wall_s();

	warn_cert(s, tls_cert_expires(s->ctx), now);
	warn_crl(s, tls_crl_expires(s->ctx), now);
}

/* A folder that was taken away and came back later, a renamed one above it, a
 * file system that tells nothing: inotify does not say all. */
static void
look(void *arg)
{
	struct secure *s = arg;

	(void)loop_timer_set(s->loop, &s->look, loop_now(s->loop) + LOOK_US);
	watch_folders(s);
	if (s->wrong[0] || have_changed(s))
		secure_reload(s);
	else
		warn(s);
}

/* ---- reading them again ---- */

/* Said once, tried until it is right: if it was for want of descriptors, no
 * change of the files will tell when. */
static void
cannot_use(struct secure *s, const char err[TLS_ERR_MAX])
{
	if (strcmp(s->wrong, err) != 0)
		log_kv(LOG_TLS_BAD, "why", err, NULL);
	memcpy(s->wrong, err, sizeof s->wrong);
	if (!s->wrong[0])
		s->wrong[0] = '?';
	(void)loop_timer_set(s->loop, &s->look, loop_now(s->loop) + AGAIN_US);
}

/* Without one of the CAs, who may stay? All come back at once who may. */
static uint32_t
distrust(struct secure *s)
{
	s->trust++;
	return listen_doom_if(s->core, by_certificate, NULL, "ca-changed");
}

void
secure_reload(struct secure *s)
{
	char err[TLS_ERR_MAX] = "";
	struct log_line line;
	struct tls_ctx *ctx;
	uint32_t gone, others = 0;
	struct buf ca;

	if (!s->ctx)
		return;
	watch_folders(s);
	ctx = read_files(s, &ca, err);
	if (!ctx) {
		buf_fini(&ca);
		cannot_use(s, err);
		return;
	}
	tls_ctx_free(&s->ctx);
	s->ctx = ctx;
	s->wrong[0] = '\0';
	s->warned_cert = s->warned_crl = 0;
	gone = listen_doom_if(s->core, is_revoked, s->ctx, "revoked");
	if (trust_lost(buf_slice(&s->ca), buf_slice(&ca)))
		others = distrust(s);
	buf_fini(&s->ca);
	s->ca = ca;
	log_open(&line, LOG_TLS_READ);
	log_s(&line, "path", s->files.cert);
	log_u64(&line, "revoked", gone);
	log_u64(&line, "untrusted", others);
	log_send(&line);
	warn(s);
}

static void
settled(void *arg)
{
	secure_reload(arg);
}

/* ---- noticing that they change ---- */

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
