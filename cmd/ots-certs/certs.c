/* What the commands share. */
#include <stdlib.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "str.h"
#include "timetext.h"

const char *
certs_folder(const struct certs *c)
{
	static char path[4096];
	const char *home = getenv("HOME");
	int n;

	if (c->ca)
		n = str_fmt(path, sizeof path, "%s", c->ca);
	else if (c->data)
		n = str_fmt(path, sizeof path, "%s/ca", c->data);
	else if (home && *home)
		n = str_fmt(path, sizeof path, "%s/ots/ca", home);
	else
		die(EXIT_USAGE, "which folder? Name it with --ca");
	if (n < 0)
		die(EXIT_USAGE, "the path of the CA's folder is too long");
	return path;
}

struct ca *
certs_open(const struct certs *c, enum ca_mode mode)
{
	return ca_open(certs_folder(c), mode);
}

const char *
day_text(int64_t seconds)
{
	static char text[4][TIMETEXT_LEN + 1];
	static unsigned turn;
	char *t = text[turn++ % 4];

	/* A million years are one clamped day to timetext, and no overflow. */
	if (seconds > INT64_C(31556952000000))
		seconds = INT64_C(31556952000000);
	timetext_format(seconds * 1000, t);
	t[10] = '\0';
	return t;
}

int64_t
days_left(int64_t seconds)
{
	int64_t left = seconds - ca_now();

	return left < 0 ? (left - 86399) / 86400 : left / 86400;
}

const char *
state_text(const struct ca_entry *e, int64_t now)
{
	if (e->revoked)
		return "revoked";
	if (e->not_after <= now)
		return "expired";
	return e->not_before > now ? "not yet" : "valid";
}

const char *
out_split(const char *path, char dir[CA_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int n;

	if (!slash)
		n = str_fmt(dir, CA_PATH_MAX, ".");
	else
		n = str_fmt(dir, CA_PATH_MAX, "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	if (n < 0 || !*name || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		die(EXIT_USAGE, "--out \"%s\": not a path of a file", path);
	return name;
}

void
user_check(const char *user)
{
	if (!user_name_good(user))
		die(EXIT_USAGE,
		    "\"%s\" is no user name: 1 to 64 of A-Z a-z 0-9 . _ @ - "
		    "are wanted, and no dot or dash first",
		    user);
}

void
uid_check(const char *uid)
{
	size_t i;

	if (!uid)
		return;
	for (i = 0; uid[i] > 0x20 && uid[i] < 0x7f; i++)
		;
	if (i == 0 || i > 256 || uid[i])
		die(EXIT_USAGE,
		    "--uid: 1 to 256 printable ASCII characters without "
		    "blanks are wanted");
}
