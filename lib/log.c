#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"

struct event {
	const char *name;
	enum log_level level;
	bool limited;
	const char *help;
};

static const struct event events[LOG_EVENTS] = {
#define X(id, name, level, limited, help)                                      \
	[LOG_##id] = {name, LOG_LEVEL_##level, limited, help},
#include "log_events.h"
#undef X
};

/* Lines of one event in the present second. */
struct window {
	uint64_t until;
	uint64_t suppressed;
	unsigned lines;
};

static struct window windows[LOG_EVENTS];
static enum log_level threshold = LOG_LEVEL_INFO;

void
log_level(enum log_level least)
{
	threshold = least;
}

const char *
log_event_name(enum log_event ev)
{
	return events[ev].name;
}

const char *
log_event_help(enum log_event ev)
{
	return events[ev].help;
}

static void
add(struct log_line *l, const char *p, size_t n)
{
	/* The last byte is for the LF; a line is cut rather than split. */
	if (n > LOG_LINE_MAX - 1 - l->len)
		n = LOG_LINE_MAX - 1 - l->len;
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static bool
within_limit(enum log_event ev)
{
	struct window *w = &windows[ev];
	uint64_t now;

	if (!events[ev].limited)
		return true;
	now = clock_mono_us();
	if (now >= w->until) {
		w->until = now + 1000000;
		w->lines = 0;
	}
	if (w->lines >= LOG_BURST) {
		w->suppressed++;
		return false;
	}
	w->lines++;
	return true;
}

void
log_open(struct log_line *l, enum log_event ev)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	const struct event *e = &events[ev];

	l->ev = ev;
	l->len = 0;
	l->wanted = e->level >= threshold && within_limit(ev);
	if (!l->wanted)
		return;
	add(l, levels[e->level], strlen(levels[e->level]));
	add(l, " ev=", 4);
	add(l, e->name, strlen(e->name));
}

static bool
needs_quotes(struct slice v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] == '"' || v.p[i] == '=' ||
		    v.p[i] == '\\' || v.p[i] > 0x7e)
			return true;
	return v.n == 0;
}

static void
add_escaped(struct log_line *l, struct slice v)
{
	char hex[5];
	size_t i;

	for (i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '"' || c == '\\') {
			add(l, "\\", 1);
			add(l, v.p + i, 1);
		} else if (c < 0x20 || c > 0x7e) {
			(void)snprintf(hex, sizeof hex, "\\x%02x", c);
			add(l, hex, 4);
		} else {
			add(l, v.p + i, 1);
		}
	}
}

void
log_str(struct log_line *l, const char *key, struct slice value)
{
	bool quote;

	if (!l->wanted)
		return;
	if (value.n > 512)
		value.n = 512;
	quote = needs_quotes(value);
	add(l, " ", 1);
	add(l, key, strlen(key));
	add(l, "=", 1);
	if (quote)
		add(l, "\"", 1);
	add_escaped(l, value);
	if (quote)
		add(l, "\"", 1);
}

void
log_s(struct log_line *l, const char *key, const char *value)
{
	log_str(l, key, slice_of(value));
}

void
log_u64(struct log_line *l, const char *key, uint64_t value)
{
	char text[24];
	int n = str_fmt(text, sizeof text, "%llu", (unsigned long long)value);

	log_str(l, key, (struct slice){text, n < 0 ? 0 : (size_t)n});
}

void
log_errno(struct log_line *l, int err)
{
	log_s(l, "error", strerror(err));
}

void
log_send(struct log_line *l)
{
	struct window *w = &windows[l->ev];
	ssize_t n;

	if (!l->wanted)
		return;
	if (w->suppressed) {
		uint64_t lost = w->suppressed;

		w->suppressed = 0;
		log_u64(l, "suppressed", lost);
	}
	l->text[l->len] = '\n';
	/* If standard error is gone there is nobody to tell. */
	n = write(STDERR_FILENO, l->text, l->len + 1);
	(void)n;
}

void
log_kv(enum log_event ev, ...)
{
	struct log_line l;
	const char *key, *value;
	va_list ap;

	log_open(&l, ev);
	va_start(ap, ev);
	while ((key = va_arg(ap, const char *))) {
		value = va_arg(ap, const char *);
		log_s(&l, key, value ? value : "");
	}
	va_end(ap);
	log_send(&l);
}
