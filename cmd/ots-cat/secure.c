#include "secure.h"

#include <errno.h>
#include <string.h>

#include "die.h"
#include "files.h"
#include "log.h"
#include "login.h"
#include "timetext.h"

/* What TAK servers and clients put on their PKCS#12 files. */
#define FIELD_PASSWORD "atakatak"
#define P12_MAX        ((size_t)1 << 20)

/* ---- files ---- */

static void
read_file(struct buf *out, const char *path)
{
	*out = (struct buf){.max = P12_MAX, .wipe = true};
	if (files_read(path, out) == 0)
		return;
	if (errno == EFBIG)
		die(EXIT_USAGE, "%s: too big for a PKCS#12 file", path);
	die_sys(EXIT_USAGE, "unable to read %s", path);
}

static struct tls_ctx *
with_p12(struct tls_client *want, const struct secure_config *cfg,
    char err[TLS_ERR_MAX])
{
	struct buf file, password = {0};
	struct tls_ctx *c;

	want->p12_password = FIELD_PASSWORD;
	if (cfg->password_fd != SECRET_FD_NONE) {
		login_secret(&password, cfg->password_fd, "password-fd");
		if (buf_putc(&password, '\0') < 0)
			die(EXIT_TEMP, "no memory");
		want->p12_password = buf_data(&password);
	}
	read_file(&file, cfg->p12);
	want->p12 = buf_data(&file);
	want->p12_n = buf_size(&file);
	c = tls_client(want, err);
	buf_fini(&file);
	buf_fini(&password);
	return c;
}

struct tls_ctx *
secure_context(const struct secure_config *cfg)
{
	struct tls_client want = {
	    .files = {.cert = cfg->cert, .key = cfg->key, .ca = cfg->ca},
	    .anyone = cfg->anyone};
	char err[TLS_ERR_MAX];
	struct tls_ctx *c;

	if (secret_process() < 0)
		die_sys(EXIT_TEMP, "unable to forbid core dumps");
	c = cfg->p12 ? with_p12(&want, cfg, err) : tls_client(&want, err);
	if (c)
		return c;
	if (cfg->p12 && strncmp(err, "PKCS#12: ", 9) == 0)
		die(EXIT_USAGE, "%s: %s%s", cfg->p12, err + 9,
		    strcmp(err + 9, "wrong password") == 0
			? " (--password-fd gives another)"
			: "");
	die(EXIT_USAGE, "%s", err);
}

/* ---- what is said ---- */

/* The server's words about our certificate, not about TLS as such. */
static bool
about_certificate(const char *alert)
{
	static const char *const words[] = {"no certificate", "bad certificate",
	    "unsupported certificate", "revoked certificate",
	    "expired certificate", "certificate not accepted", "unknown CA",
	    "access denied", "handshake failure", "decrypt error"};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(alert, words[i]) == 0)
			return true;
	return false;
}

static void
refused(const struct secure_config *cfg, const char *peer, const char *alert)
{
	if (!about_certificate(alert))
		warnx_line("%s refused TLS with us: %s", peer, alert);
	else if (cfg->p12 || cfg->cert)
		warnx_line(
		    "%s did not accept our certificate: %s", peer, alert);
	else
		warnx_line("%s did not accept us without a certificate: %s "
			   "(--p12, or --cert and --key, give one)",
		    peer, alert);
}

/* What to do about the server's certificate. */
static const char *
remedy(const struct secure_config *cfg, const char *why)
{
	if (strcmp(why, "unknown CA") == 0)
		return " (--ca gives the CA of the server)";
	if (strcmp(why, "wrong name") == 0)
		return cfg->check_name
		    ? " (it is not for this host; see --check-name)"
		    : " (it is not for this host; with --ca, which gives the "
		      "CA of the server, that does not matter)";
	return "";
}

int
secure_failed(
    const struct secure_config *cfg, const char *peer, const char *why)
{
	if (strcmp(why, "closed") == 0) {
		warnx_line(
		    "%s closed the connection during the handshake", peer);
		return EXIT_TEMP;
	}
	if (strncmp(why, "alert: ", 7) == 0)
		refused(cfg, peer, why + 7);
	else if (strcmp(why, "not TLS") == 0)
		warnx_line(
		    "%s does not speak TLS (tcp:// is for plain TCP)", peer);
	else
		warnx_line("%s: the server's certificate or TLS is not good: "
			   "%s%s",
		    peer, why, remedy(cfg, why));
	return EXIT_USAGE;
}

void
secure_tell(const struct tls *t)
{
	char until[TIMETEXT_LEN + 1] = "";
	struct tls_peer server;
	bool known = tls_peer(t, &server) == 0;

	if (known)
		timetext_format(server.not_after * 1000, until);
	log_kv(LOG_DEBUG, "tls", server.version, "cipher", tls_cipher(t),
	    known ? "server" : NULL, server.user, "serial", server.serial,
	    "until", until, NULL);
}
