/* The keys of the CA and their passphrase. */
#include "ask.h"
#include "ca_own.h"
#include "die.h"

/* One CA, one passphrase a run. */
static uint64_t passphrase_fd = SECRET_FD_NONE;
static char passphrase[SECRET_MAX];

void
ca_passphrase_from(uint64_t fd)
{
	passphrase_fd = fd;
}

static struct slice
get_passphrase(bool again)
{
	if (!passphrase[0])
		ask_secret(passphrase_fd, "passphrase of the CA's keys", again,
		    passphrase);
	return slice_of(passphrase);
}

struct slice
ca_new_passphrase(bool ask)
{
	if (passphrase_fd == SECRET_FD_NONE && !ask)
		return (struct slice){"", 0};
	return get_passphrase(true);
}

void
ca_key_save(const char *dir, const char *name, const struct pki_key *k,
    struct slice pass, mode_t mode)
{
	struct buf pem = {.max = 65536, .wipe = true};

	if (pki_key_write(k, pass, &pem) < 0)
		die(EXIT_TEMP, "unable to write a key: %s", pki_why());
	ca_write_file(dir, name, buf_slice(&pem), mode);
	buf_fini(&pem);
}

static const char *
key_file(const struct ca *ca, size_t i)
{
	return i + 1 < ca->n_cert ? "issuing.key" : "root.key";
}

static void
load(struct ca *ca, size_t i, const char *private, const char *name)
{
	struct buf pem = {.max = 65536, .wipe = true};
	struct slice pass = {"", 0};

	if (!ca_read_file(private, name, &pem)) {
		buf_fini(&pem);
		return;
	}
	if (slice_find(buf_slice(&pem), SLICE("ENCRYPTED")))
		pass = get_passphrase(false);
	ca->key[i] = pki_key_read(buf_slice(&pem), pass);
	if (!ca->key[i])
		die(EXIT_USAGE, "%s/%s: %s", private, name, pki_why());
	if (!pki_cert_is_of(ca->cert[i], ca->key[i]))
		die(EXIT_USAGE, "%s/%s is not the key of ca.pem", private,
		    name);
	buf_fini(&pem);
}

const struct pki_key *
ca_key(struct ca *ca, size_t i)
{
	char private[CA_PATH_MAX];

	if (ca->key[i])
		return ca->key[i];
	ca_path(private, sizeof private, ca->dir, "private");
	load(ca, i, private, key_file(ca, i));
	if (!ca->key[i] && i == 0)
		die(EXIT_USAGE, "%s/%s is missing: nothing can be signed",
		    private, key_file(ca, i));
	return ca->key[i];
}
