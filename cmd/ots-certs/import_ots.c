#include "import_ots.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "die.h"
#include "map.h"
#include "names.h"

#define PEM_MAX     ((size_t)1 << 20)
#define INDEX_MAX   ((size_t)64 << 20)
#define REASON_NONE 0

/* The key of a file; NULL: it is not there, or cannot be read. */
static struct pki_key *
read_key(const char *dir, const char *name, const char *password)
{
	struct buf pem = {.max = PEM_MAX, .wipe = true};
	struct pki_key *k = NULL;

	if (ca_read_file(dir, name, &pem)) {
		k = pki_key_read(buf_slice(&pem), slice_of(password));
		if (!k)
			warnx_line("%s/%s: %s", dir, name, pki_why());
	}
	buf_fini(&pem);
	return k;
}

static struct pki_cert *
read_cert(const char *dir, const char *name)
{
	struct buf pem = {.max = PEM_MAX};
	struct pki_cert *c = NULL;

	if (ca_read_file(dir, name, &pem))
		c = pki_cert_read(buf_slice(&pem), NULL);
	buf_fini(&pem);
	return c;
}

static void
read_ca(struct import *im, const char *dir, const char *password)
{
	struct pki_facts f;

	im->ca = read_cert(dir, "ca.pem");
	if (!im->ca)
		die(EXIT_USAGE,
		    "%s/ca.pem is no certificate: is %s the CA "
		    "folder of an OpenTAKServer?",
		    dir, dir);
	if (pki_cert_facts(im->ca, &f) < 0 || !f.ca || !f.cn[0] ||
	    !pki_cert_signed_by(im->ca, im->ca))
		die(EXIT_USAGE, "%s/ca.pem is not a CA that issues itself",
		    dir);
	im->key = read_key(dir, "ca-do-not-share.key", password);
	if (!im->key)
		die(EXIT_USAGE,
		    "%s/ca-do-not-share.key is not there or has another "
		    "password: --password-fd gives it",
		    dir);
	if (!pki_cert_is_of(im->ca, im->key))
		die(EXIT_USAGE,
		    "%s/ca-do-not-share.key is not the key of "
		    "ca.pem",
		    dir);
}

/* ---- certificates ---- */

static struct pki_key *
key_of(const char *dir, const char *base, const struct pki_cert *cert,
    const char *password)
{
	static const char *const ends[] = {".nopass.key", ".key"};
	struct pki_key *k = NULL;
	char name[512];
	size_t i;

	for (i = 0; i < 2 && !k; i++) {
		if (str_fmt(name, sizeof name, "%s%s", base, ends[i]) < 0)
			return NULL;
		k = read_key(dir, name, password);
		if (k && !pki_cert_is_of(cert, k))
			pki_key_free(&k);
	}
	return k;
}

static struct import_pair *
new_pair(struct import *im)
{
	struct import_pair *p = reallocarray(im->pair, im->n + 1, sizeof *p);

	if (!p)
		die_sys(EXIT_TEMP, "unable to import");
	im->pair = p;
	p[im->n] = (struct import_pair){0};
	return &p[im->n++];
}

/* Can the name be that of a folder? */
static bool
storable(enum pki_kind kind, const char *name)
{
	char host[HOST_MAX];

	if (user_name_good(name))
		return true;
	return kind == PKI_SERVER && host_name(name, host) == 0 &&
	    strcmp(host, name) == 0;
}

static void
add_cert(struct import *im, const char *dir, const char *base,
    struct pki_cert *take, const char *password)
{
	struct import_pair *p;
	struct pki_facts f;

	if (pki_cert_facts(take, &f) < 0 || !f.cn[0] || f.ca ||
	    !pki_cert_signed_by(take, im->ca)) {
		warnx_line(
		    "%s/%s.pem was not issued by this CA: left out", dir, base);
		pki_cert_free(&take);
		return;
	}
	p = new_pair(im);
	p->cert = take;
	p->kind = f.for_server ? PKI_SERVER : PKI_CLIENT;
	memcpy(p->name, f.cn, sizeof p->name);
	ca_issued_line(&im->lines, take, p->kind, f.cn, NULL);
	if (storable(p->kind, f.cn))
		p->key = key_of(dir, base, take, password);
	else
		warnx_line("\"%s\" is no name for a folder here: the "
			   "certificate is kept without its key",
		    f.cn);
	im->servers += p->kind == PKI_SERVER;
	im->clients += p->kind == PKI_CLIENT;
	im->keys += p->key != NULL;
}

static void
read_one(struct import *im, const char *certs, const char *name,
    const char *password)
{
	char dir[CA_PATH_MAX], file[512];
	struct pki_cert *c;

	ca_path(dir, sizeof dir, certs, name);
	if (str_fmt(file, sizeof file, "%s.pem", name) < 0 ||
	    !ca_has_file(dir, file))
		return;
	c = read_cert(dir, file);
	if (c)
		add_cert(im, dir, name, c, password);
	else
		warnx_line("%s/%s is no certificate: left out", dir, file);
}

static void
read_certs(struct import *im, const char *dir, const char *password)
{
	char certs[CA_PATH_MAX];
	struct dirent *e;
	DIR *d;

	ca_path(certs, sizeof certs, dir, "certs");
	d = opendir(certs);
	if (!d && errno == ENOENT)
		return;
	if (!d)
		die_sys(EXIT_USAGE, "unable to read the folder %s", certs);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			read_one(im, certs, e->d_name, password);
	closedir(d);
}

/* ---- revocations ---- */

struct revocations {
	struct import *im;
	struct map seen;
};

static void
add_revoked(void *arg, const struct pki_revoked *r)
{
	struct revocations *all = arg;
	struct ledger_line l = {.what = LEDGER_REVOKED,
	    .serial = slice_of(r->serial),
	    .t_us = ca_us(r->at > 0 ? r->at : ca_now()),
	    .reason = r->reason};

	if (map_get(&all->seen, l.serial))
		return;
	if (map_put(&all->seen, l.serial, all) < 0 ||
	    ledger_write(&all->im->lines, &l) < 0)
		die_sys(EXIT_TEMP, "unable to import the revocations");
	all->im->revoked++;
}

/* The n-th field of a line of openssl's index: state, end, when and why it was
 * revoked, serial ... */
static struct slice
index_field(struct slice line, int n)
{
	const char *tab;

	for (; n > 0; n--) {
		tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
		if (!tab)
			return (struct slice){line.p, 0};
		line.n -= (size_t)(tab + 1 - line.p);
		line.p = tab + 1;
	}
	tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
	return (struct slice){line.p, tab ? (size_t)(tab - line.p) : line.n};
}

static int
index_reason(struct slice when)
{
	const char *comma = when.n ? memchr(when.p, ',', when.n) : NULL;
	char text[32];
	int reason;

	if (!comma ||
	    str_fmt(text, sizeof text, "%.*s",
		(int)(when.p + when.n - comma - 1), comma + 1) < 0)
		return REASON_NONE;
	reason = reason_number(text);
	return reason < 0 ? REASON_NONE : reason;
}

static void
read_index(struct revocations *all, const char *dir)
{
	struct buf text = {.max = INDEX_MAX + 1};
	char serial[PKI_SERIAL_MAX], raw[64];
	struct slice rest, line, field;

	(void)ca_read_file(dir, "crl_index.txt", &text);
	(void)buf_putc(&text, '\n');
	rest = buf_slice(&text);
	while (ledger_next(&rest, &line)) {
		if (!slice_starts(line, "R\t"))
			continue;
		field = index_field(line, 3);
		if (str_fmt(raw, sizeof raw, "%.*s", (int)field.n, field.p) <
			0 ||
		    !serial_text(raw, serial, sizeof serial)) {
			warnx_line(
			    "%s/crl_index.txt: a line without serial", dir);
			continue;
		}
		add_revoked(all,
		    &(struct pki_revoked){
			serial, 0, index_reason(index_field(line, 2))});
	}
	buf_fini(&text);
}

static void
read_revocations(struct import *im, const char *dir)
{
	static const char *const names[] = {"ca.crl", "crl.pem"};
	struct revocations all = {.im = im};
	uint64_t seed[2];
	size_t i;

	clock_seed(seed);
	map_init(&all.seen, seed);
	for (i = 0; i < 2; i++) {
		struct buf pem = {.max = INDEX_MAX};

		if (ca_read_file(dir, names[i], &pem) &&
		    pki_crl_each(buf_slice(&pem), im->ca, add_revoked, &all) <
			0)
			warnx_line("%s/%s: %s", dir, names[i], pki_why());
		buf_fini(&pem);
	}
	read_index(&all, dir);
	map_fini(&all.seen);
}

void
import_read(struct import *im, const char *dir, const char *password)
{
	*im = (struct import){.lines = {.max = (size_t)1 << 30}};
	read_ca(im, dir, password);
	read_certs(im, dir, password);
	read_revocations(im, dir);
}

void
import_free(struct import *im)
{
	size_t i;

	for (i = 0; i < im->n; i++) {
		pki_cert_free(&im->pair[i].cert);
		pki_key_free(&im->pair[i].key);
	}
	free(im->pair);
	buf_fini(&im->lines);
}
