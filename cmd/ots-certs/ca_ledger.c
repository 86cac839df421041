/* The ledger: read whole, appended to by lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca_own.h"
#include "clock.h"
#include "die.h"
#include "files.h"
#include "map.h"

#define LEDGER_MAX ((uint64_t)1 << 30) /* some 600,000 certificates */

static enum pki_kind
kind_of(struct slice s)
{
	if (slice_is(s, "client"))
		return PKI_CLIENT;
	if (slice_is(s, "server"))
		return PKI_SERVER;
	return slice_is(s, "issuing") ? PKI_ISSUING : PKI_ROOT;
}

/* The text behind a value is a TAB or LF that nobody needs any more. */
static const char *
terminate(struct slice s)
{
	char *p = (char *)(uintptr_t)s.p;

	p[s.n] = '\0';
	return p;
}

static const char *
unescape(struct slice s)
{
	char *p = (char *)(uintptr_t)s.p;

	p[rec_unescape_into(p, s)] = '\0';
	return p;
}

static void
add_issued(struct ca *ca, const struct ledger_line *l)
{
	if (ca->n == ca->cap) {
		size_t cap = ca->cap ? 2 * ca->cap : 256;
		struct ca_entry *e = reallocarray(ca->e, cap, sizeof *e);

		if (!e)
			die_sys(EXIT_TEMP, "unable to read the ledger");
		ca->e = e;
		ca->cap = cap;
	}
	ca->e[ca->n++] = (struct ca_entry){
	    .kind = kind_of(l->kind),
	    .name = unescape(l->name),
	    .serial = terminate(l->serial),
	    .sha256 = terminate(l->sha256),
	    .issued = l->t_us / 1000000,
	    .not_before = l->not_before,
	    .not_after = l->not_after,
	    .uid = l->uid.n ? unescape(l->uid) : NULL,
	    .der = terminate(l->der),
	};
}

static void
add_foreign(struct ca *ca, const char *serial, const struct ledger_line *l)
{
	struct ca_foreign *f =
	    reallocarray(ca->foreign, ca->n_foreign + 1, sizeof *f);

	if (!f)
		die_sys(EXIT_TEMP, "unable to read the ledger");
	ca->foreign = f;
	f[ca->n_foreign++] =
	    (struct ca_foreign){serial, l->t_us / 1000000, l->reason};
}

static void
set_revoked(struct ca_entry *e, const struct ledger_line *l)
{
	if (e->revoked)
		return;
	e->revoked = l->t_us >= 2000000 ? l->t_us / 1000000 : 1;
	e->reason = l->reason;
}

/* Entries by fingerprint; made when the first revocation is met. */
static void
index_entries(const struct ca *ca, size_t from, struct map *m)
{
	size_t i;

	for (i = from; i < ca->n; i++)
		if (map_put(m, slice_of(ca->e[i].sha256),
			(void *)(uintptr_t)(i + 1)) < 0)
			die_sys(EXIT_TEMP, "unable to read the ledger");
}

static void
add_revoked(
    struct ca *ca, const struct ledger_line *l, struct map *m, size_t *indexed)
{
	const char *serial = terminate(l->serial);
	uintptr_t at;
	size_t i;

	if (l->sha256.n) {
		index_entries(ca, *indexed, m);
		*indexed = ca->n;
		at = (uintptr_t)map_get(m, l->sha256);
		if (at) {
			set_revoked(&ca->e[at - 1], l);
			return;
		}
	}
	for (i = 0; i < ca->n; i++)
		if (strcmp(ca->e[i].serial, serial) == 0)
			set_revoked(&ca->e[i], l);
	add_foreign(ca, serial, l);
}

/* Lines of a piece of the ledger, whose memory becomes the ca's. */
static void
take_lines(struct ca *ca, struct ca_text *take, size_t n)
{
	struct slice text = {take->bytes, n}, line;
	struct ledger_line l;
	struct map by_sha;
	uint64_t seed[2];
	size_t indexed = 0;

	take->next = ca->texts;
	ca->texts = take;
	clock_seed(seed);
	map_init(&by_sha, seed);
	while (ledger_next(&text, &line)) {
		if (line.n == 0)
			continue;
		if (ledger_parse(line, &l) < 0)
			warnx_line("%s/ledger: a line is not a record and is "
				   "ignored: \"%.*s...\"",
			    ca->dir, line.n < 40 ? (int)line.n : 40, line.p);
		else if (l.what == LEDGER_ISSUED)
			add_issued(ca, &l);
		else if (l.what == LEDGER_REVOKED)
			add_revoked(ca, &l, &by_sha, &indexed);
		else if (l.what == LEDGER_CRL && l.number > ca->crl_number)
			ca->crl_number = l.number;
	}
	map_fini(&by_sha);
}

static struct ca_text *
new_text(size_t n)
{
	struct ca_text *t = malloc(sizeof *t + n + 1);

	if (!t)
		die_sys(EXIT_TEMP, "unable to read the ledger");
	return t;
}

static size_t
read_all(int fd, char *to, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size) {
		n = read(fd, to + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_sys(EXIT_TEMP, "unable to read the ledger");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return have;
}

/* What stands behind the last LF was never promised to anybody. */
static void
cut_torn_end(const struct ca *ca, int fd, size_t have)
{
	if (ca->mode != CA_WRITE || ca->ledger_size == have)
		return;
	if (ftruncate(fd, (off_t)ca->ledger_size) < 0 || fsync(fd) < 0)
		die_sys(EXIT_TEMP, "unable to cut the torn end of %s/ledger",
		    ca->dir);
}

void
ca_ledger_load(struct ca *ca)
{
	char path[CA_PATH_MAX];
	struct ca_text *t;
	struct stat st;
	size_t have;
	int fd;

	ca_path(path, sizeof path, ca->dir, "ledger");
	fd = open(path, (ca->mode == CA_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die_sys(EXIT_USAGE, "unable to open %s", path);
	if (st.st_size < 0 || (uint64_t)st.st_size > LEDGER_MAX)
		die(EXIT_USAGE, "%s is larger than 1 GiB", path);
	t = new_text((size_t)st.st_size);
	have = read_all(fd, t->bytes, (size_t)st.st_size);
	ca->ledger_size = have;
	while (ca->ledger_size && t->bytes[ca->ledger_size - 1] != '\n')
		ca->ledger_size--;
	cut_torn_end(ca, fd, have);
	close(fd);
	take_lines(ca, t, (size_t)ca->ledger_size);
}

static void
append(const struct ca *ca, int fd, struct slice bytes)
{
	if (files_write_fd(fd, bytes) < 0) {
		int err = errno;

		/* The next writer would cut it off, too. */
		(void)!ftruncate(fd, (off_t)ca->ledger_size);
		errno = err;
		die_sys(EXIT_TEMP, "unable to write %s/ledger", ca->dir);
	}
	if (fsync(fd) < 0)
		die_sys(EXIT_TEMP, "unable to sync %s/ledger", ca->dir);
}

void
ca_ledger_append(struct ca *ca, struct slice lines)
{
	char path[CA_PATH_MAX];
	struct ca_text *t;
	int fd;

	if (ca->mode != CA_WRITE)
		die(EXIT_IMPOSSIBLE, "writing to a CA opened for reading");
	ca_path(path, sizeof path, ca->dir, "ledger");
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		die_sys(EXIT_TEMP, "unable to open %s", path);
	append(ca, fd, lines);
	close(fd);
	ca->ledger_size += lines.n;
	t = new_text(lines.n);
	memcpy(t->bytes, lines.p, lines.n);
	take_lines(ca, t, lines.n);
}
