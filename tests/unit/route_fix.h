/* route_fix.h - what the tests of ots-route's core share: a core driven by
 * text records, a clock moved by hand, and a small model of ots-listen that
 * says who gets what. */
#ifndef ROUTE_FIX_H
#define ROUTE_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-route/state.h"

#include "log.h"
#include "timetext.h"

#define WALL_US  ((uint64_t)1800000000000000) /* 2027-01-15T08:00:00Z */
#define NOW_TEXT "2027-01-15T08:00:00.000Z"
#define FRESH    "2027-01-15T08:10:00.000Z"
#define STALE    "2027-01-15T07:59:59.000Z"
#define KEY_MAX  64
#define CONN_MAX 16

struct fix {
	struct route_config cfg;
	struct route *r;
	struct buf out;
	struct route_now now;
	uint64_t round; /* of the last hello that the core wrote */
};

static void
fix_uuid(char text[37])
{
	memcpy(text, "00000000-0000-4000-8000-000000000000", 37);
}

static inline struct fix *
fix_new(void)
{
	struct fix *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	log_level(LOG_LEVEL_ERROR);
	buf_init(&f->out, (size_t)64 << 20);
	f->now = (struct route_now){1000000, WALL_US};
	f->cfg = (struct route_config){
	    .node = "r1",
	    .seed = {1, 2},
	    .uuid = fix_uuid,
	    .out = &f->out,
	    .out_high = (size_t)1 << 20,
	    .latest_max = (size_t)1 << 20,
	    .alert_every = 10000000,
	    .alert_life = 3600000000u,
	};
	f->r = route_new(&f->cfg, f->now);
	assert_non_null(f->r);
	f->round = f->r->round;
	buf_clear(&f->out);
	return f;
}

/* The same with users. */
static inline struct fix *
fix_new_auth(void)
{
	struct fix *f = fix_new();

	route_free(&f->r);
	f->cfg.auth = true;
	f->r = route_new(&f->cfg, f->now);
	assert_non_null(f->r);
	f->round = f->r->round;
	buf_clear(&f->out);
	return f;
}

static inline void
fix_free(struct fix *f)
{
	route_free(&f->r);
	buf_fini(&f->out);
	free(f);
}

static inline void
fix_pass(struct fix *f, uint64_t us)
{
	f->now.mono_us += us;
	f->now.wall_us += us;
}

static inline void
put_lines(struct fix *f, char *text, bool auth)
{
	static struct rec rec;
	char *line, *save = NULL;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '|')
			*p = '\t';
	}
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		assert_int_equal(rec_parse(&rec, slice_of(line)), 1);
		if (!auth)
			route_record(f->r, &rec, f->now);
		else if (route_auth(f->r, &rec, f->now))
			route_batch_end(f->r, f->now);
	}
	f->round = f->r->round;
}

/* One or more lines. '|' stands for TAB. */
static inline void
put(struct fix *f, const char *fmt, ...)
{
	static char text[1 << 16];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(text));
	put_lines(f, text, false);
}

/* Lines of ots-auth. */
static inline void
auth(struct fix *f, const char *text)
{
	char *copy = slice_dup(slice_of(text));

	assert_non_null(copy);
	put_lines(f, copy, true);
	free(copy);
}

/* A whole snapshot of these lines. */
static inline void
users(struct fix *f, const char *lines)
{
	static uint64_t revision;
	char head[64], tail[96];
	size_t n = 0;

	for (const char *p = lines; *p != '\0'; p++)
		n += *p == '\n';
	revision++;
	assert_true(str_fmt(head, sizeof(head), "ev:users|revision:%llu\n",
			(unsigned long long)revision) > 0);
	assert_true(str_fmt(tail, sizeof(tail),
			"ev:users-end|revision:%llu|count:%zu\n",
			(unsigned long long)revision, n) > 0);
	auth(f, head);
	auth(f, lines);
	auth(f, tail);
}

/* The same, and the end of a batch. */
#define batch(f, ...)                                                          \
	do {                                                                   \
		put(f, __VA_ARGS__);                                           \
		route_batch_end((f)->r, (f)->now);                             \
	} while (0)

/* All that was written since the last call is exactly this. */
static inline void
expect(struct fix *f, const char *want)
{
	char *got = slice_dup(buf_slice(&f->out));

	assert_non_null(got);
	for (char *p = got; *p != '\0'; p++) {
		if (*p == '\t')
			*p = '|';
	}
	assert_string_equal(got, want);
	free(got);
	buf_clear(&f->out);
}

static inline void
forget(struct fix *f)
{
	buf_clear(&f->out);
}

/* A connection that is served and settled. */
static inline void
join(struct fix *f, const char *conn)
{
	batch(f, "ev:open|conn:%s|via:tcp", conn);
	forget(f);
}

/* A position with which a device says who it is. */
static inline void
sa(struct fix *f, const char *conn, const char *uid, const char *callsign)
{
	batch(f,
	    "ev:cot|conn:%s|uid:%s|type:a-f-G-U-C|how:m-g|stale:" FRESH
	    "|callsign:%s|endpoint:|xml:<%s/>",
	    conn, uid, callsign, uid);
}

/* joined, identified, nothing left to read */
static inline void
client(struct fix *f, const char *conn, const char *uid, const char *callsign)
{
	join(f, conn);
	sa(f, conn, uid, callsign);
	forget(f);
}

static inline void
sync_now(struct fix *f, const char *node)
{
	batch(f, "ev:announced|node:%s|round:%llu", node,
	    (unsigned long long)f->round);
	forget(f);
}

static inline uint64_t
count(const struct fix *f, enum route_counter c)
{
	return route_count(f->r, c);
}

#define GONE(uid, type)          GONE_BUT("", uid, type)
#define GONE_BUT(but, uid, type) GONE_TO("to:group:__ANON__", but, uid, type)
#define GONE_TO(to, but, uid, type)                                            \
	"ev:send|" to "|" but "uid:00000000-0000-4000-8000-000000000000|"      \
	"class:control|xml:<event version=\"2.0\" time=\"" NOW_TEXT            \
	"\" start=\"" NOW_TEXT "\" stale=\"2027-01-15T08:00:20.000Z\" "        \
	"type=\"t-x-d-d\" uid=\"00000000-0000-4000-8000-000000000000\" "       \
	"how=\"h-g-i-g-o\"><point lat=\"0\" lon=\"0\" hae=\"0\" "              \
	"ce=\"9999999\" le=\"9999999\"/><detail><link relation=\"p-p\" "       \
	"uid=\"" uid "\" type=\"" type "\"/></detail></event>\n"

#define NOTICE(to, by)                                                         \
	"ev:send|to:conn:" to "|uid:00000000-0000-4000-8000-000000000000" by   \
	"|class:control|xml:<event version=\"2.0\" time=\"" NOW_TEXT           \
	"\" start=\"" NOW_TEXT "\" stale=\"2027-01-15T08:00:20.000Z\" "        \
	"type=\"t-x-g-c\" uid=\"00000000-0000-4000-8000-000000000000" by       \
	"\" how=\"h-g-i-g-o\"><point lat=\"0\" lon=\"0\" hae=\"0\" "           \
	"ce=\"9999999\" le=\"9999999\"/><detail><link relation=\"p-p\"/>"      \
	"</detail></event>\n"

#define CANON(time, stale, type, uid)                                          \
	"<event version=\"2.0\" time=\"" time "\" start=\"" time               \
	"\" stale=\"" stale "\" type=\"" type "\" uid=\"" uid "\"/>"

#endif
