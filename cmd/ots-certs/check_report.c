#include "check_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "die.h"
#include "jsontext.h"

#define LINE_MAX_BYTES ((size_t)16 << 10)

static const struct {
	unsigned bit;
	const char *name;
} clients[] = {{CHECK_ATAK, "ATAK"}, {CHECK_WINTAK, "WinTAK"},
    {CHECK_ITAK, "iTAK"}, {CHECK_CLOUDTAK, "CloudTAK"},
    {CHECK_OTHERS, "clients that check names"}};
#define CLIENTS (sizeof clients / sizeof *clients)

static const char *const words[] = {"ok", "note", "warn", "warn", "FAIL"};
static const char *const json_words[] = {"ok", "note", "warn", "warn", "fail"};

static int
json_line(struct buf *out, const struct check_finding *f)
{
	const char *comma = "";
	size_t i;

	(void)buf_putc(out, '{');
	(void)json_puts(out, "step", f->step);
	if (f->port)
		(void)json_puts(out, "port", f->port);
	(void)json_puts(out, "level", json_words[f->level]);
	(void)json_puts(out, "text", f->text);
	if (f->todo)
		(void)json_puts(out, "todo", f->todo);
	(void)buf_puts(out, ",\"clients\":[");
	for (i = 0; i < CLIENTS; i++)
		if (f->who & clients[i].bit) {
			(void)buf_puts(out, comma);
			(void)json_str(out, slice_of(clients[i].name));
			comma = ",";
		}
	return buf_puts(out, "]}\n");
}

static void
put_clean(struct buf *out, const char *text)
{
	for (; *text; text++)
		(void)buf_putc(out, *text < ' ' || *text > '~' ? '?' : *text);
}

static int
plain_line(struct buf *out, const struct check_finding *f)
{
	const char *before = " [";
	size_t i;

	(void)buf_fmt(out, "%-4s %s%s%s: ", words[f->level],
	    f->port ? f->port : "", f->port ? " " : "", f->step);
	put_clean(out, f->text);
	if (f->todo) {
		(void)buf_puts(out, ": ");
		put_clean(out, f->todo);
	}
	if ((f->who & CHECK_ALL) == CHECK_ALL) {
		(void)buf_puts(out, " [all clients");
		before = "";
	}
	for (i = 0; i < CLIENTS && *before; i++)
		if (f->who & clients[i].bit) {
			(void)buf_puts(out, before);
			(void)buf_puts(out, clients[i].name);
			before = ", ";
		}
	return buf_puts(out, f->who ? "]\n" : "\n");
}

int
check_line(struct buf *out, const struct check_finding *f, bool json)
{
	return json ? json_line(out, f) : plain_line(out, f);
}

void
check_say(struct check_report *r, enum check_level level, const char *port,
    const char *step, unsigned who, const char *todo, const char *fmt, ...)
{
	struct check_finding f = {level, port, step, who, todo, ""};
	struct buf line;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f.text, sizeof f.text, fmt, ap); /* cut is good */
	va_end(ap);
	if (level >= CHECK_SOON)
		r->bad = true;
	buf_init(&line, LINE_MAX_BYTES);
	if (check_line(&line, &f, r->json) < 0 ||
	    fwrite(buf_data(&line), 1, buf_size(&line), stdout) !=
		buf_size(&line) ||
	    fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	buf_fini(&line);
}
