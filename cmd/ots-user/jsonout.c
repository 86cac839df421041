#include "jsonout.h"

#include "timetext.h"

void
json_key(struct buf *b, const char *key)
{
	size_t n = buf_size(b);
	char last = n ? buf_data(b)[n - 1] : '\n';

	if (last != '{' && last != '[' && last != '\n')
		buf_putc(b, ',');
	if (key)
		buf_fmt(b, "\"%s\":", key);
}

void
json_open(struct buf *b, const char *key, char bracket)
{
	json_key(b, key);
	buf_putc(b, bracket);
}

void
json_close(struct buf *b, char bracket)
{
	buf_putc(b, bracket);
}

void
json_text(struct buf *b, const char *key, const char *value)
{
	json_key(b, key);
	buf_putc(b, '"');
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			buf_fmt(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_fmt(b, "\\u%04x", c);
		else
			buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

void
json_bool(struct buf *b, const char *key, bool value)
{
	json_key(b, key);
	buf_puts(b, value ? "true" : "false");
}

void
json_i64(struct buf *b, const char *key, int64_t value)
{
	json_key(b, key);
	buf_fmt(b, "%lld", (long long)value);
}

void
json_time(struct buf *b, const char *key, int64_t us)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(us / 1000, text);
	json_text(b, key, text);
}
