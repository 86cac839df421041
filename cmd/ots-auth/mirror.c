#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "map.h"

#define CHUNK     ((size_t)1 << 20)
#define BATCH     256
#define TAIL_MAX  64
#define TEXT_MAX  256
#define SECOND_US 1000000

/* What the table holds of one certificate; revocations name it only. */
struct cert {
	struct account_cert c; /* its texts are those below */
	uint64_t batch;        /* in which it was last put */
	char sha256[65], serial[41];
	char text[]; /* kind, name, uid, each with its NUL */
};

struct mirror {
	const char *path;
	uint64_t seed[2];
	struct map certs; /* by sha256 */
	uint64_t off;     /* behind the last line that was taken */
	dev_t dev;
	ino_t ino;
	char tail[TAIL_MAX]; /* what stands before off */
	size_t tail_n;
	int told;    /* errno that was told last */
	bool at_end; /* nothing was left when it was so long and so old */
	off_t size;
	struct timespec mtime;
	char *chunk;
	uint64_t batch_no;
	size_t batch_n;
	struct account_cert batch[BATCH];
	struct mirror_counts counts;
};

struct mirror *
mirror_new(const char *path, const uint64_t seed[2])
{
	struct mirror *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->path = path;
	memcpy(m->seed, seed, sizeof m->seed);
	map_init(&m->certs, seed);
	m->chunk = malloc(CHUNK);
	if (m->chunk == NULL)
		mirror_free(&m);
	return m;
}

static void
forget(struct mirror *m)
{
	size_t pos = 0;
	void *cert;

	while (map_next(&m->certs, &pos, NULL, &cert))
		free(cert);
	map_fini(&m->certs);
	map_init(&m->certs, m->seed);
	m->off = 0;
	m->tail_n = 0;
	m->counts.certs = m->counts.revoked = 0;
}

void
mirror_free(struct mirror **mp)
{
	struct mirror *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	forget(m);
	map_fini(&m->certs);
	free(m->chunk);
	free(m);
}

/* --- lines --- */

static char *
put_text(char **at, struct slice s)
{
	char *p = *at;

	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	*at += s.n + 1;
	return p;
}

static struct cert *
cert_new(const struct ledger_line *l)
{
	char uid[TEXT_MAX];
	struct slice u = {uid, 0};
	struct cert *c;
	char *at;

	if (l->uid.n > sizeof uid || l->name.n > TEXT_MAX ||
	    l->serial.n >= sizeof c->serial || l->sha256.n >= sizeof c->sha256)
		return NULL;
	if (l->uid.n > 0)
		u.n = rec_unescape_into(uid, l->uid);
	c = calloc(1, sizeof *c + l->kind.n + l->name.n + u.n + 3);
	if (c == NULL)
		return NULL;
	memcpy(c->serial, l->serial.p, l->serial.n);
	memcpy(c->sha256, l->sha256.p, l->sha256.n);
	at = c->text;
	c->c = (struct account_cert){
	    .serial = c->serial,
	    .sha256 = c->sha256,
	    .kind = put_text(&at, l->kind),
	    .name = put_text(&at, l->name),
	    .uid = put_text(&at, u),
	    .issued = l->t_us / SECOND_US,
	    .not_before = l->not_before,
	    .not_after = l->not_after,
	};
	return c;
}

/* Once a batch: the last word counts. */
static void
put(struct mirror *m, struct cert *c)
{
	if (c->batch == m->batch_no) {
		for (size_t i = 0; i < m->batch_n; i++)
			if (m->batch[i].sha256 == c->sha256)
				m->batch[i] = c->c;
		return;
	}
	c->batch = m->batch_no;
	m->batch[m->batch_n++] = c->c;
}

static bool
take_issued(struct mirror *m, const struct ledger_line *l)
{
	struct cert *c = cert_new(l), *old;

	if (c == NULL)
		return false;
	old = map_get(&m->certs, l->sha256);
	if (old != NULL) { /* told twice: nothing new */
		free(c);
		put(m, old);
		return true;
	}
	if (map_put(&m->certs, l->sha256, c) < 0) {
		free(c);
		return false;
	}
	m->counts.certs++;
	put(m, c);
	return true;
}

static bool
take_revoked(struct mirror *m, const struct ledger_line *l)
{
	struct cert *c = map_get(&m->certs, l->sha256);

	if (c == NULL)
		return false;
	if (c->c.revoked == 0) {
		c->c.revoked = l->t_us / SECOND_US;
		m->counts.revoked++;
	}
	put(m, c);
	return true;
}

static void
take(struct mirror *m, struct slice line)
{
	struct ledger_line l;
	bool good = true;

	if (line.n == 0)
		return;
	if (ledger_parse(line, &l) < 0)
		good = false;
	else if (l.what == LEDGER_ISSUED)
		good = take_issued(m, &l);
	else if (l.what == LEDGER_REVOKED)
		good = take_revoked(m, &l);
	m->counts.bad += !good;
}

/* --- the file --- */

static void
keep_tail(struct mirror *m, const char *end)
{
	size_t n = (size_t)(end - m->chunk);

	if (n > TAIL_MAX)
		n = TAIL_MAX;
	memcpy(m->tail, end - n, n);
	m->tail_n = n;
}

/* Is it still the file that we know up to m->off? */
static bool
same_file(const struct mirror *m, int fd, const struct stat *st)
{
	char tail[TAIL_MAX];

	if (st->st_dev != m->dev || st->st_ino != m->ino ||
	    (uint64_t)st->st_size < m->off)
		return false;
	return pread(fd, tail, m->tail_n, (off_t)(m->off - m->tail_n)) ==
	    (ssize_t)m->tail_n &&
	    memcmp(tail, m->tail, m->tail_n) == 0;
}

static void
restart(struct mirror *m, const struct stat *st)
{
	if (m->off > 0)
		m->counts.restarts++;
	forget(m);
	m->dev = st->st_dev;
	m->ino = st->st_ino;
}

/* Lines of one batch out of the chunk; those that went in are behind m->off.
 */
static enum mirror_news
take_batch(struct mirror *m, struct accounts *a, struct slice *text)
{
	struct slice rest = *text, line;
	uint64_t bad = m->counts.bad;

	m->batch_no++;
	m->batch_n = 0;
	while (m->batch_n < BATCH && ledger_next(&rest, &line))
		take(m, line);
	if (rest.p == text->p)
		return MIRROR_SAME; /* no whole line */
	if (m->batch_n > 0 && accounts_certs(a, m->batch, m->batch_n) < 0) {
		m->counts.bad = bad; /* they come again */
		return MIRROR_AWAY;
	}
	m->off += (uint64_t)(rest.p - text->p);
	keep_tail(m, rest.p);
	*text = rest;
	return MIRROR_DONE;
}

/* A megabyte without an LF is no line of ours. */
static void
skip(struct mirror *m, size_t n)
{
	m->counts.bad++;
	m->off += n;
	keep_tail(m, m->chunk + n);
}

static enum mirror_news
take_chunk(struct mirror *m, struct accounts *a, int fd)
{
	ssize_t n = pread(fd, m->chunk, CHUNK, (off_t)m->off);
	struct slice text = {m->chunk, n > 0 ? (size_t)n : 0};
	enum mirror_news news, last = MIRROR_SAME;

	if (n < 0)
		return MIRROR_FAIL;
	while ((news = take_batch(m, a, &text)) == MIRROR_DONE)
		last = MIRROR_DONE;
	if (news == MIRROR_AWAY)
		return MIRROR_AWAY;
	if ((size_t)n < CHUNK)
		return last;
	if (last == MIRROR_SAME)
		skip(m, (size_t)n);
	return MIRROR_MORE;
}

static enum mirror_news
tell_once(struct mirror *m, int err)
{
	m->at_end = false;
	if (m->told == err)
		return MIRROR_SAME;
	m->told = err;
	errno = err;
	return err == ENOENT ? MIRROR_ABSENT : MIRROR_FAIL;
}

static bool
looks_same(const struct mirror *m, const struct stat *st)
{
	return st->st_dev == m->dev && st->st_ino == m->ino &&
	    st->st_size == m->size && st->st_mtim.tv_sec == m->mtime.tv_sec &&
	    st->st_mtim.tv_nsec == m->mtime.tv_nsec;
}

enum mirror_news
mirror_step(struct mirror *m, struct accounts *a)
{
	enum mirror_news news;
	struct stat st;
	int fd, err;

	/* Most of the time, nothing has come: one call. */
	if (stat(m->path, &st) < 0)
		return tell_once(m, errno);
	if (m->at_end && looks_same(m, &st))
		return MIRROR_SAME;
	fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return tell_once(m, errno);
	if (fstat(fd, &st) == 0 && !same_file(m, fd, &st))
		restart(m, &st);
	news = take_chunk(m, a, fd);
	err = errno;
	close(fd);
	errno = err;
	if (news == MIRROR_FAIL)
		return tell_once(m, err);
	m->told = 0;
	m->at_end = news == MIRROR_SAME || news == MIRROR_DONE;
	m->size = st.st_size;
	m->mtime = st.st_mtim;
	return news;
}

struct mirror_counts
mirror_counts(const struct mirror *m)
{
	return m->counts;
}
