#include "args.h"

#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "die.h"
#include "login.h"
#include "str.h"

#define UID_PREFIX "OTS-CAT-"

static struct slice
text_value(const char *name, const char *text)
{
	struct slice s = slice_of(text);

	if (s.n == 0 || s.n > 256 || !utf8_valid(s.p, s.n))
		die(EXIT_USAGE, "--%s: 1 to 256 bytes of UTF-8 are wanted",
		    name);
	return s;
}

static void
set_format(struct run_config *cfg, unsigned format)
{
	if (format != ARGS_NO_FORMAT)
		cfg->format = (enum cat_format)format;
	else
		cfg->format =
		    cfg->link.target.kind == TARGET_UNIX ? CAT_RECORD : CAT_XML;
}

static void
set_self(struct run_config *cfg, const struct args *a)
{
	static char uid[sizeof UID_PREFIX + 36] = UID_PREFIX;
	enum target_kind kind = cfg->link.target.kind;

	if (a->callsign)
		cfg->self.callsign = text_value("as", a->callsign);
	clock_uuid(uid + sizeof UID_PREFIX - 1);
	cfg->self.uid = text_value("uid", a->uid ? a->uid : uid);
	if (cfg->self.callsign.n && (cfg->link.listens || kind == TARGET_UNIX))
		die(EXIT_USAGE, "--as needs a server or a group to tell");
}

static void
set_proto(const struct run_config *cfg)
{
	if (cfg->proto != PROTO_WANT_XML &&
	    cfg->link.target.kind == TARGET_UNIX)
		die(EXIT_USAGE, "--proto is not for unix:, where records go");
}

static void
set_datagrams(struct run_config *cfg, const struct args *a)
{
	enum target_kind kind = cfg->link.target.kind;

	if (cfg->link.listens && kind != TARGET_UDP)
		die(EXIT_USAGE, "--listen is for udp:// only");
	if (cfg->link.group.interface && kind != TARGET_MCAST)
		die(EXIT_USAGE, "--interface is for mcast:// only");
	cfg->link.group.ttl = (int)a->ttl;
}

/* The first of the given options that only TLS has, or NULL. */
static const char *
tls_option(const struct secure_config *s, const struct args *a)
{
	return s->p12                          ? "p12"
	    : s->cert                          ? "cert"
	    : s->key                           ? "key"
	    : s->ca                            ? "ca"
	    : s->password_fd != SECRET_FD_NONE ? "password-fd"
	    : s->anyone                        ? "no-verify"
	    : s->check_name                    ? "check-name"
	    : a->user                          ? "user"
	    : a->login_fd != SECRET_FD_NONE    ? "login-fd"
					       : NULL;
}

static void
set_tls(struct run_config *cfg, const struct args *a)
{
	const struct secure_config *s = &cfg->link.secure;
	const char *option = tls_option(s, a);

	if (cfg->link.target.kind != TARGET_TLS) {
		if (option)
			die(EXIT_USAGE, "--%s is for tls:// only", option);
		return;
	}
	if (!s->cert != !s->key)
		die(EXIT_USAGE, "--cert and --key need each other");
	if (s->p12 && s->cert)
		die(EXIT_USAGE, "--p12 or --cert, but not both");
	if (s->password_fd != SECRET_FD_NONE && !s->p12)
		die(EXIT_USAGE, "--password-fd is for --p12 only");
	if (s->anyone && s->check_name)
		die(EXIT_USAGE, "--check-name or --no-verify, but not both");
	if (!a->user != (a->login_fd == SECRET_FD_NONE))
		die(EXIT_USAGE, "--user and --login-fd need each other");
	cfg->link.tls = secure_context(s);
	if (a->user) {
		cfg->user = text_value("user", a->user);
		login_secret(&cfg->password, a->login_fd, "login-fd");
	}
}

void
args_complete(struct run_config *cfg, const struct args *a)
{
	const char *wrong;

	cfg->link.text = a->target;
	wrong = target_parse(a->target, cfg->link.listens, &cfg->link.target);
	if (wrong)
		die(EXIT_USAGE, "%s: %s", a->target, wrong);
	set_format(cfg, a->format);
	set_self(cfg, a);
	set_proto(cfg);
	set_datagrams(cfg, a);
	set_tls(cfg, a);
}
