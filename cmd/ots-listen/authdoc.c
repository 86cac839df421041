#include "authdoc.h"

#include "cotscan.h"
#include "num.h"

/* The five names of XML, and characters by number; 0: nothing of that kind. */
static uint32_t
entity(struct slice name)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'},
	    {"apos", '\''}};
	uint32_t v = 0;
	uint64_t n;
	size_t i;
	int digit;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (slice_is(name, known[i].name))
			return (unsigned char)known[i].c;
	if (name.n < 2 || name.p[0] != '#')
		return 0;
	name.p++;
	name.n--;
	if (name.p[0] != 'x')
		return num_u64(name, 0x10ffff, &n) < 0 ? 0 : (uint32_t)n;
	for (i = 1; i < name.n; i++) {
		char c = name.p[i];

		digit = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'f'   ? c - 'a' + 10
		    : c >= 'A' && c <= 'F'   ? c - 'A' + 10
					     : -1;
		if (digit < 0 || i > 6)
			return 0;
		v = v * 16 + (uint32_t)digit;
	}
	return v;
}

static size_t
put_utf8(char out[4], uint32_t v)
{
	if (v < 0x80) {
		out[0] = (char)v;
		return 1;
	}
	if (v < 0x800) {
		out[0] = (char)(0xc0 | v >> 6);
		out[1] = (char)(0x80 | (v & 0x3f));
		return 2;
	}
	if (v < 0x10000) {
		out[0] = (char)(0xe0 | v >> 12);
		out[1] = (char)(0x80 | (v >> 6 & 0x3f));
		out[2] = (char)(0x80 | (v & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | v >> 18);
	out[1] = (char)(0x80 | (v >> 12 & 0x3f));
	out[2] = (char)(0x80 | (v >> 6 & 0x3f));
	out[3] = (char)(0x80 | (v & 0x3f));
	return 4;
}

/* An attribute's value with its entities undone, NUL-terminated. false: it does
 * not fit, or is no text. */
static bool
undo(struct slice raw, char *out, size_t size)
{
	size_t n = 0, k, i;
	const char *end;
	uint32_t v;
	char utf8[4];

	for (i = 0; i < raw.n;) {
		k = 1;
		utf8[0] = raw.p[i++];
		if (utf8[0] == '&') {
			end = memchr(raw.p + i, ';', raw.n - i);
			if (!end)
				return false;
			v = entity((struct slice){
			    raw.p + i, (size_t)(end - raw.p) - i});
			if (v == 0 || v > 0x10ffff)
				return false;
			k = put_utf8(utf8, v);
			i = (size_t)(end - raw.p) + 1;
		}
		if (k >= size - n)
			return false;
		memcpy(out + n, utf8, k);
		n += k;
	}
	out[n] = '\0';
	explicit_bzero(utf8, sizeof utf8);
	return utf8_valid(out, n);
}

static bool
attributes(struct slice msg, struct authdoc *out)
{
	const char *cot = slice_find(msg, SLICE("<cot"));
	struct slice name, value;
	bool user = false, secret = false;
	size_t i;

	if (!cot)
		return false;
	i = (size_t)(cot - msg.p) + 4;
	if (i >= msg.n || !is_blank(msg.p[i]))
		return false;
	while (cotscan_next(msg, &i, &name, &value)) {
		if (slice_is(name, "username"))
			user = undo(value, out->user, sizeof out->user);
		else if (slice_is(name, "password"))
			secret = undo(value, out->secret, sizeof out->secret);
	}
	return user && secret && out->user[0];
}

enum authdoc_is
authdoc_read(struct slice bytes, struct authdoc *out, size_t *used)
{
	enum authdoc_is is = AUTHDOC_BAD;
	enum frame_kind kind;
	struct framer f;
	struct slice msg;

	framer_init(&f, FRAME_AUTH_MAX);
	f.keep.wipe = true;
	framer_feed(&f, bytes.p, bytes.n);
	kind = framer_next(&f, &msg);
	if (kind == FRAME_NONE && bytes.n <= FRAME_AUTH_MAX) {
		is = AUTHDOC_MORE;
	} else if (kind == FRAME_AUTH) {
		/* It was lent, so it lies in the bytes given. */
		*used = (size_t)(msg.p - bytes.p) + msg.n;
		if (attributes(msg, out))
			is = AUTHDOC_WHOLE;
	}
	framer_fini(&f);
	return is;
}
