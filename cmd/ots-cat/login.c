#include "login.h"

#include <errno.h>

#include "cotmake.h"
#include "die.h"

/* What a document can carry as it is. */
static bool
is_text(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s.p, s.n);
}

void
login_secret(struct buf *out, uint64_t fd, const char *option)
{
	size_t size = SECRET_MAX + 1;
	ssize_t n;
	char *p;

	*out = (struct buf){.max = size, .wipe = true};
	p = buf_reserve(out, size);
	if (!p)
		die(EXIT_TEMP, "no memory");
	n = secret_line((int)fd, p, size);
	if (n < 0 && errno == EMSGSIZE)
		die(EXIT_USAGE, "--%s: more than %d bytes", option, SECRET_MAX);
	if (n < 0 && errno == ENODATA)
		die(EXIT_USAGE, "--%s: nothing to read on %llu", option,
		    (unsigned long long)fd);
	if (n < 0)
		die_sys(EXIT_USAGE, "--%s: unable to read %llu", option,
		    (unsigned long long)fd);
	buf_commit(out, (size_t)n);
	if (!is_text(buf_slice(out)))
		die(EXIT_USAGE, "--%s: not a line of UTF-8", option);
}

int
login_put(
    struct buf *out, struct slice user, struct slice password, struct slice uid)
{
	buf_puts(out, "<?xml version=\"1.0\"?>\n<auth><cot");
	cotmake_attr(out, "username", user);
	cotmake_attr(out, "password", password);
	cotmake_attr(out, "uid", uid);
	buf_puts(out, "/></auth>");
	return out->failed ? -1 : 0;
}
