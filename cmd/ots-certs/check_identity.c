/* Whom ots-certs check trusts, and as whom it connects. */
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "die.h"

#define MAKE_AGAIN "make it again with: ots-certs package USER"

static void
join(char out[PATH_MAX], const char *a, const char *b)
{
	if (str_fmt(out, PATH_MAX, "%s/%s", a, b) < 0)
		die(EXIT_USAGE, "%s: the name is too long", a);
}

static void
read_certs(const char *path, struct check_certs *out)
{
	struct buf pem;

	buf_init(&pem, CHECK_PEM_MAX);
	if (!ca_read_path(path, &pem))
		die(EXIT_USAGE, "unable to open %s: there is no such file",
		    path);
	check_certs_read(out, buf_slice(&pem));
	if (out->n == 0)
		die(EXIT_USAGE, "%s: no certificate in PEM", path);
	buf_fini(&pem);
}

/* --ca of this command may be a file. */
static void
find_ca(struct check *c, const struct certs *certs)
{
	const char *dir = certs_folder(certs);
	struct stat st;

	if (stat(dir, &st) == 0 && S_ISREG(st.st_mode)) {
		if (str_fmt(c->ca_file, sizeof c->ca_file, "%s", dir) < 0)
			die(EXIT_USAGE, "--ca: the name is too long");
	} else {
		join(c->ca_file, dir, "ca.pem");
		if (access(c->ca_file, F_OK) == 0) {
			if (str_fmt(c->folder, sizeof c->folder, "%s", dir) < 0)
				die(EXIT_USAGE, "--ca: the name is too long");
		} else if (certs->ca) {
			die_sys(
			    EXIT_USAGE, "--ca: unable to open %s", c->ca_file);
		} else {
			c->ca_file[0] = '\0';
		}
	}
	if (c->ca_file[0])
		read_certs(c->ca_file, &c->trust);
}

static void
say_p12(struct check *c, const char *path)
{
	const char *wrong = check_p12_algorithms(buf_slice(&c->p12));

	if (*wrong)
		check_say(&c->report, CHECK_FAIL, NULL, "p12",
		    CHECK_ATAK | CHECK_WINTAK, MAKE_AGAIN,
		    "%s: %s, which ATAK and old systems cannot read", path,
		    wrong);
	else
		check_say(&c->report, CHECK_OK, NULL, "p12", 0, NULL,
		    "%s: every client can read it", path);
}

static void
use_p12(struct check *c, const char *path, uint64_t password_fd)
{
	struct buf pem;

	if (password_fd != SECRET_FD_NONE)
		ask_fd(password_fd, "password", c->password);
	else
		(void)str_fmt(
		    c->password, sizeof c->password, "%s", CERTS_P12_PASSWORD);
	if (!ca_read_path(path, &c->p12))
		die(EXIT_USAGE, "--p12: there is no %s", path);
	buf_init(&pem, CHECK_PEM_MAX);
	pem.wipe = true;
	if (pki_p12_read(buf_slice(&c->p12), c->password, &pem) < 0)
		die(EXIT_USAGE, "%s: %s", path, pki_why());
	check_certs_read(&c->client, buf_slice(&pem));
	buf_fini(&pem);
	if (c->client.n == 0)
		die(EXIT_USAGE, "%s: no certificate in it", path);
	say_p12(c, path);
}

static void
use_user(struct check *c, const char *user)
{
	char clients[PATH_MAX], dir[PATH_MAX];

	user_check(user);
	if (!c->folder[0])
		die(EXIT_USAGE,
		    "--user needs the folder of the CA: give it "
		    "with --ca, or use --p12 FILE");
	join(clients, c->folder, "clients");
	join(dir, clients, user);
	join(c->cert_file, dir, "cert.pem");
	join(c->key_file, dir, "key.pem");
	if (access(c->cert_file, F_OK) < 0 || access(c->key_file, F_OK) < 0)
		die(EXIT_USAGE,
		    "%s has no certificate with its key in %s: make one with: "
		    "ots-certs client %s",
		    user, c->folder, user);
	read_certs(c->cert_file, &c->client);
}

/* The client's own certificate comes first, then the CAs. */
static void
trust_of_p12(struct check *c)
{
	struct buf pem;
	int i;

	buf_init(&pem, CHECK_PEM_MAX);
	for (i = 1; i < c->client.n; i++)
		(void)pki_cert_pem(c->client.cert[i], &pem);
	check_certs_read(&c->trust, buf_slice(&pem));
	buf_fini(&pem);
}

void
check_identity(struct check *c, const struct certs *certs, const char *p12,
    uint64_t password_fd, const char *user)
{
	if (p12 && user)
		die(EXIT_USAGE, "--p12 and --user: one of them");
	buf_init(&c->p12, CHECK_PEM_MAX);
	c->p12.wipe = true;
	find_ca(c, certs);
	if (p12)
		use_p12(c, p12, password_fd);
	if (user)
		use_user(c, user);
	if (p12 && c->trust.n == 0)
		trust_of_p12(c);
	if (c->client.n > 0)
		(void)check_dates(&c->report, NULL, "client-dates", CHECK_ALL,
		    c->client.cert[0], &c->when, "the client's certificate",
		    "make a new one with: ots-certs package USER");
}
