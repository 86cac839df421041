/* A new CA: everything is written, then ca.pem, which makes it one. */
#include <unistd.h>

#include "ca_own.h"
#include "die.h"

bool
ca_begin(const char *dir, int *fd)
{
	ca_make_dirs(dir);
	*fd = ca_lock(dir);
	if (!ca_has_file(dir, "ca.pem"))
		return true;
	close(*fd);
	*fd = -1;
	return false;
}

static void
make_sub(const char *dir, const char *name, mode_t mode)
{
	char path[CA_PATH_MAX];

	ca_path(path, sizeof path, dir, name);
	ca_make_dir(path, mode);
}

static void
save_keys(const char *dir, const struct ca_new *n)
{
	char private[CA_PATH_MAX];
	size_t i;

	ca_path(private, sizeof private, dir, "private");
	for (i = 0; i < n->n; i++)
		ca_key_save(private, i + 1 < n->n ? "issuing.key" : "root.key",
		    n->key[i], n->pass, 0600);
}

/* In place of what an init that died has left. */
static void
save_ledger(const char *dir, const struct ca_new *n)
{
	struct buf lines = {.max = (size_t)1 << 30};
	struct pki_facts f;
	size_t i;

	for (i = n->n; i-- > 0;) {
		if (pki_cert_facts(n->cert[i], &f) < 0)
			die(EXIT_USAGE, "the CA's certificate: %s", pki_why());
		ca_issued_line(&lines, n->cert[i],
		    i + 1 < n->n ? PKI_ISSUING : PKI_ROOT, f.cn, NULL);
	}
	if (n->ledger && buf_put(&lines, buf_slice(n->ledger)) < 0)
		die_sys(EXIT_TEMP, "unable to write the ledger");
	ca_write_file(dir, "ledger", buf_slice(&lines), 0644);
	buf_fini(&lines);
}

static void
save_certs(const char *dir, const struct ca *ca)
{
	struct buf pem = {.max = 1 << 20};
	size_t i;

	for (i = 0; i < ca->n_cert; i++)
		if (pki_cert_pem(ca->cert[i], &pem) < 0)
			die(EXIT_TEMP, "%s", pki_why());
	ca_write_file(dir, "ca.pem", buf_slice(&pem), 0644);
	buf_fini(&pem);
}

void
ca_create(const char *dir, int lock_fd, struct ca_new *n,
    void (*files)(struct ca *ca, void *arg), void *arg)
{
	struct ca *ca;
	size_t i;

	make_sub(dir, "private", 0700);
	make_sub(dir, "servers", 0755);
	make_sub(dir, "clients", 0755);
	save_keys(dir, n);
	save_ledger(dir, n);
	ca_settings_save(dir, &n->set);
	ca = ca_new(dir, CA_WRITE, lock_fd);
	for (i = 0; i < n->n; i++) {
		ca->cert[i] = n->cert[i];
		ca->key[i] = n->key[i];
	}
	ca->n_cert = n->n;
	ca_crl_sign(ca, 0);
	if (files)
		files(ca, arg);
	save_certs(dir, ca);
	ca_close(&ca);
}
