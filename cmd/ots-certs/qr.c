/* ots-certs qr: the code that a phone scans to enroll. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "die.h"
#include "package_server.h"
#include "pki.h"
#include "qr.h"
#include "qrdraw.h"
#include "qrlink.h"

#define LINK_MAX_BYTES ((size_t)8 << 10)
#define DRAWING_MAX    ((size_t)4 << 20)
#define PNG_SCALE      8

enum format { TERMINAL, SVG, PNG, TEXT, BY_NAME };

static struct {
	const char *host, *description, *import, *out;
	enum format format;
	uint64_t token_fd;
	bool itak;
} a = {.format = BY_NAME, .token_fd = SECRET_FD_NONE};

/* --format, else what the name of --out ends in. */
static enum format
choose_format(void)
{
	const char *dot = a.out ? strrchr(a.out, '.') : NULL;

	if (a.format != BY_NAME)
		return a.format;
	if (dot && strcmp(dot, ".svg") == 0)
		return SVG;
	return dot && strcmp(dot, ".png") == 0 ? PNG : TERMINAL;
}

static void
check_options(const char *user)
{
	if (a.itak && a.import)
		die(EXIT_USAGE, "--itak and --import: one of them");
	if (a.description && !a.itak)
		die(EXIT_USAGE, "--description goes with --itak");
	if (user)
		user_check(user);
	if (a.itak || a.import)
		return;
	if (!user)
		die(EXIT_USAGE, "the name of the USER who enrolls is missing");
	if (a.token_fd == SECRET_FD_NONE)
		die(EXIT_USAGE,
		    "the code for ATAK holds what %s logs in with: give the "
		    "user's password (see ots-user passwd) with --token-fd "
		    "FD, as in: ots-certs qr %s --token-fd 3 3<FILE",
		    user, user);
}

/* The link of a user who enrolls. */
static void
put_enroll(
    struct buf *link, const struct package_server *server, const char *user)
{
	char token[SECRET_MAX];

	ask_fd(a.token_fd, "token", token);
	if (qrlink_enroll(link, server, user, token) < 0)
		die_sys(EXIT_USAGE, "the token is too long for a code");
	secret_wipe(token, sizeof token);
}

/* --host is enough; with a CA at hand, its server certificate is looked at. */
static void
choose_server(const struct certs *certs, struct package_server *server)
{
	const char *wrong;
	struct ca *ca;

	if (a.host && !package_have_ca(certs)) {
		wrong = package_server_parse(a.host, server);
		if (wrong)
			die(EXIT_USAGE, "--host \"%s\": %s", a.host, wrong);
		return;
	}
	ca = certs_open(certs, CA_READ);
	package_server_choose(ca, a.host, server);
	ca_close(&ca);
}

static void
put_link(struct buf *link, const struct certs *certs, const char *user)
{
	struct package_server server;

	if (a.import) {
		if (qrlink_import(link, a.import) < 0)
			die(EXIT_USAGE,
			    "--import \"%s\": not an https:// address",
			    a.import);
		return;
	}
	choose_server(certs, &server);
	if (!a.itak)
		put_enroll(link, &server, user);
	else if (qrlink_itak(link, &server,
		     a.description ? a.description : server.host) < 0)
		die(EXIT_USAGE,
		    "--description: 1 to %d bytes of UTF-8 without commas, "
		    "quotes and control characters are wanted",
		    PREF_TEXT_MAX);
}

static void
draw(struct buf *out, const struct buf *link, enum format format)
{
	static struct qr q;
	bool colours = !a.out && isatty(STDOUT_FILENO);
	int r = -1;

	if (format == TEXT) {
		(void)buf_put(out, buf_slice(link));
		r = buf_putc(out, '\n');
	} else if (qr_make(&q, buf_slice(link)) < 0) {
		die_sys(EXIT_USAGE, "unable to make a code of %zu bytes",
		    buf_size(link));
	} else if (format == TERMINAL) {
		r = qrdraw_terminal(out, &q, colours);
	} else if (format == SVG) {
		r = qrdraw_svg(out, &q);
	} else {
		r = qrdraw_png(out, &q, PNG_SCALE);
	}
	secret_wipe(&q, sizeof q);
	if (r < 0)
		die_sys(EXIT_TEMP, "unable to draw");
}

/* What was drawn may let somebody in: the file is for its owner. */
static void
write_file(const char *path, struct slice bytes)
{
	char folder[CA_PATH_MAX];
	const char *name = out_split(path, folder);

	ca_write_file(folder, name, bytes, 0600);
}

static int
run(void *ctx, int nargs, char **args)
{
	const char *user = nargs ? args[0] : NULL;
	enum format format = choose_format();
	struct buf link, out;

	check_options(user);
	if (format == PNG && !a.out && isatty(STDOUT_FILENO))
		die(EXIT_USAGE, "a PNG on a terminal: give --out FILE");
	buf_init(&link, LINK_MAX_BYTES);
	buf_init(&out, DRAWING_MAX);
	link.wipe = out.wipe = true;
	put_link(&link, ctx, user);
	draw(&out, &link, format);
	if (a.out)
		write_file(a.out, buf_slice(&out));
	else if (fwrite(buf_data(&out), 1, buf_size(&out), stdout) !=
		buf_size(&out) ||
	    fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	buf_fini(&link);
	buf_fini(&out);
	return 0;
}

static const struct opt options[] = {
    {0, "host", "NAME[:PORT]", NULL, OPT_STR, &a.host, 0, 0, NULL,
	"the server (name of the newest server certificate; 8089)"},
    {0, "token-fd", "FD", NULL, OPT_U64, &a.token_fd, 0, SECRET_FD_MAX, NULL,
	"ATAK: read there what USER logs in with"},
    {0, "itak", NULL, NULL, OPT_FLAG, &a.itak, 0, 0, NULL,
	"the code for iTAK, which then asks for name and password"},
    {0, "description", "TEXT", NULL, OPT_STR, &a.description, 0, 0, NULL,
	"iTAK: what the device calls the server (its name)"},
    {0, "import", "URL", NULL, OPT_STR, &a.import, 0, 0, NULL,
	"ATAK: fetch the data package at that https address"},
    {0, "format", "FORMAT", NULL, OPT_WORD,
	OPT_WORDS(&a.format, "terminal", "svg", "png", "text"), 0, 0, NULL,
	"terminal, svg, png or text (by the name of --out; terminal)"},
    {0, "out", "FILE", NULL, OPT_STR, &a.out, 0, 0, NULL,
	"write there (standard output)"},
    {0},
};

const struct opt_command cmd_qr = {
    "qr", "[options] [USER]", "QR code to enroll a phone", options, 0, 1, run};
