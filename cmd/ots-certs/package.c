/* ots-certs package: data packages for ATAK, WinTAK and iTAK. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "ask.h"
#include "ca_own.h"
#include "clock.h"
#include "commands.h"
#include "die.h"
#include "package_server.h"
#include "package_zip.h"

#define P12_MAX ((size_t)1 << 20)
#define ZIP_MAX ((size_t)4 << 20)

static struct {
	const char *host, *description, *out, *callsign, *team, *role;
	enum package_kind kind; /* PACKAGE_KINDS: all */
	uint64_t password_fd;
	bool enroll, show;
	char password[SECRET_MAX];
	struct package_server server;
} a = {.kind = PACKAGE_KINDS, .password_fd = SECRET_FD_NONE};

static const struct {
	const char *name, *what;
} kinds[PACKAGE_KINDS] = {
    {"atak", "ATAK: copy to the phone, then Import Manager, Local SD"},
    {"wintak", "WinTAK: drag it onto the map"},
    {"itak", "iTAK: Settings, Network, Servers, +, Upload Server Package"},
};

static bool
wanted(enum package_kind kind)
{
	if (a.kind == PACKAGE_KINDS)
		return kind != PACKAGE_ITAK || !a.enroll;
	return a.kind == kind;
}

static void
check_text(const char *option, const char *text)
{
	if (text && !pref_text_ok(text))
		die(EXIT_USAGE,
		    "--%s: 1 to %d bytes of UTF-8 without control characters "
		    "are wanted",
		    option, PREF_TEXT_MAX);
}

static void
check_kind(void)
{
	if (a.enroll && a.kind == PACKAGE_ITAK)
		die(EXIT_USAGE,
		    "iTAK does not enroll by a package: show it the code of "
		    "ots-certs qr --itak");
}

static void
check_app(void)
{
	const char *all, *found;

	if (a.team) {
		found = pref_team(a.team, &all);
		if (!found)
			die(EXIT_USAGE, "--team \"%s\": not one of %s", a.team,
			    all);
		a.team = found;
	}
	if (a.role) {
		found = pref_role(a.role, &all);
		if (!found)
			die(EXIT_USAGE, "--role \"%s\": not one of %s", a.role,
			    all);
		a.role = found;
	}
}

static void
check_options(int nargs, char **args)
{
	int i;

	check_kind();
	check_app();
	check_text("description", a.description);
	check_text("callsign", a.callsign);
	if (a.callsign && nargs > 1)
		die(EXIT_USAGE, "--callsign is for one USER at a time");
	for (i = 0; i < nargs; i++)
		user_check(args[i]);
}

static void
take_password(void)
{
	if (a.password_fd != SECRET_FD_NONE)
		ask_fd(a.password_fd, "password", a.password);
	else
		(void)str_fmt(
		    a.password, sizeof a.password, "%s", CERTS_P12_PASSWORD);
	if (!pref_text_ok(a.password))
		die(EXIT_USAGE,
		    "the password: 1 to %d bytes of UTF-8 without control "
		    "characters are wanted",
		    PREF_TEXT_MAX);
}

/* clients/USER of the CA, or the folder of --out; made if it is not there. */
static void
choose_folder(const struct ca *ca, const char *user, char path[CA_PATH_MAX])
{
	if (a.out) {
		if (str_fmt(path, CA_PATH_MAX, "%s", a.out) < 0)
			die(EXIT_USAGE, "--out: the name is too long");
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			die_sys(
			    EXIT_USAGE, "unable to make the folder %s", path);
		return;
	}
	ca_path(path, CA_PATH_MAX, ca_dir(ca), "clients");
	ca_make_dir(path, 0755);
	ca_pair_dir(ca, PKI_CLIENT, user, path);
	ca_make_dir(path, 0700);
}

static void
make_p12s(
    struct ca *ca, const char *user, struct buf *truststore, struct buf *client)
{
	const struct pki_cert *chain[2];
	size_t n = ca_chain(ca, chain);
	struct ca_client c;
	int r = 0;

	if (pki_p12_make(NULL, NULL, chain, n, NULL, a.password, truststore) <
	    0)
		die(EXIT_TEMP, "unable to make the truststore: %s", pki_why());
	if (a.enroll)
		return;
	c = ca_client(ca, user);
	r = pki_p12_make(c.key, c.cert, chain, n, user, a.password, client);
	pki_key_free(&c.key);
	pki_cert_free(&c.cert);
	if (r < 0)
		die(EXIT_TEMP, "%s: unable to make the p12 file: %s", user,
		    pki_why());
}

static void
write_zip(const struct package *p, enum package_kind kind, const char *folder)
{
	char name[PACKAGE_NAME_MAX + 32];
	struct buf zip;

	buf_init(&zip, ZIP_MAX);
	zip.wipe = true;
	if (str_fmt(name, sizeof name, "%s%s-%s.zip", p->names->base,
		a.enroll ? "-enroll" : "", kinds[kind].name) < 0)
		die(EXIT_USAGE,
		    "the name of the user or the server is too "
		    "long");
	if (package_zip(p, kind, &zip) < 0)
		die_sys(EXIT_TEMP, "%s/%s: unable to make the package", folder,
		    name);
	ca_write_file(folder, name, buf_slice(&zip), 0600);
	printf("%s/%s\t%s\n", folder, name, kinds[kind].what);
	buf_fini(&zip);
}

static void
one_user(struct ca *ca, const char *user)
{
	struct package_names names;
	struct buf truststore, client;
	char folder[CA_PATH_MAX], uid[37], outer[37];
	struct package p = {.names = &names,
	    .pref = {.host = a.server.host,
		.port = a.server.port,
		.description = a.description ? a.description : a.server.host,
		.password = a.password,
		.callsign = a.callsign,
		.team = a.team,
		.role = a.role},
	    .uid = uid,
	    .outer_uid = outer};
	int kind;

	if (package_names(&names, &a.server, user) < 0)
		die(EXIT_USAGE, "%s: the name is too long", user);
	clock_uuid(uid);
	clock_uuid(outer);
	buf_init(&truststore, P12_MAX);
	buf_init(&client, P12_MAX);
	client.wipe = true;
	make_p12s(ca, user, &truststore, &client);
	p.truststore = buf_slice(&truststore);
	p.client = buf_slice(&client);
	choose_folder(ca, user, folder);
	for (kind = 0; kind < PACKAGE_KINDS; kind++)
		if (wanted((enum package_kind)kind))
			write_zip(&p, (enum package_kind)kind, folder);
	buf_fini(&truststore);
	buf_fini(&client);
}

static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca;
	int i;

	check_options(nargs, args);
	take_password();
	ca = certs_open(ctx, CA_WRITE);
	package_server_choose(ca, a.host, &a.server);
	for (i = 0; i < nargs; i++)
		one_user(ca, args[i]);
	if (a.show)
		printf("%s\tpassword of the p12 files in the packages\n",
		    a.password);
	ca_close(&ca);
	secret_wipe(a.password, sizeof a.password);
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	return 0;
}

static const struct opt options[] = {
    {0, "host", "NAME[:PORT]", NULL, OPT_STR, &a.host, 0, 0, NULL,
	"the server (name of the newest server certificate; 8089)"},
    {0, "description", "TEXT", NULL, OPT_STR, &a.description, 0, 0, NULL,
	"what the device calls the server (its name)"},
    {0, "for", "KIND", NULL, OPT_WORD,
	OPT_WORDS(&a.kind, "atak", "wintak", "itak", "all"), 0, 0, NULL,
	"atak, wintak, itak or all (all)"},
    {0, "enroll", NULL, NULL, OPT_FLAG, &a.enroll, 0, 0, NULL,
	"without a certificate: the user logs in and gets one"},
    {0, "callsign", "NAME", NULL, OPT_STR, &a.callsign, 0, 0, NULL,
	"set the device's callsign"},
    {0, "team", "COLOUR", NULL, OPT_STR, &a.team, 0, 0, NULL,
	"set the device's team"},
    {0, "role", "ROLE", NULL, OPT_STR, &a.role, 0, 0, NULL,
	"set the device's role"},
    {0, "out", "DIR", NULL, OPT_STR, &a.out, 0, 0, NULL,
	"write there (clients/USER in the folder of the CA)"},
    {0, "password-fd", "FD", NULL, OPT_U64, &a.password_fd, 0, SECRET_FD_MAX,
	NULL,
	"read the password of the p12 files there (" CERTS_P12_PASSWORD ")"},
    {0, "show-password", NULL, NULL, OPT_FLAG, &a.show, 0, 0, NULL,
	"print that password, too"},
    {0},
};

const struct opt_command cmd_package = {"package", "[options] USER ...",
    "data packages for ATAK, WinTAK and iTAK", options, 1, -1, run};
