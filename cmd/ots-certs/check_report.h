/* check_report.h - what ots-certs check has found, a line for each step. */
#ifndef OTS_CERTS_CHECK_REPORT_H
#define OTS_CERTS_CHECK_REPORT_H

#include <stdbool.h>

#include "buf.h"

#define CHECK_TEXT_MAX 1024

enum check_level {
	CHECK_OK,
	CHECK_NOTE, /* not tried, and why */
	CHECK_WARN, /* some client may want it otherwise */
	CHECK_SOON, /* a warning that the exit status tells, too */
	CHECK_FAIL,
};

/* Who is concerned. */
enum {
	CHECK_ATAK = 1,
	CHECK_WINTAK = 2,
	CHECK_ITAK = 4,
	CHECK_CLOUDTAK = 8,
	CHECK_OTHERS = 16, /* who looks at names: ots-cat, scripts */
	CHECK_ALL = 31,
};

struct check_finding {
	enum check_level level;
	const char *port; /* "8089"; NULL: it is not about one */
	const char *step;
	unsigned who;
	const char *todo; /* NULL: nothing */
	char text[CHECK_TEXT_MAX];
};

/* Append a line, for people or (json) an object: step, port, level ("ok",
 * "note", "warn", "fail"), text, todo, clients. Control characters, which a
 * certificate of a stranger may hold, do not reach a terminal. 0, or -1. */
int check_line(struct buf *out, const struct check_finding *f, bool json);

struct check_report {
	bool json;
	bool bad; /* something fails, or will soon */
};

/* Print a finding at once. text: what was found; it may be cut. Ends the
 * program if it cannot be written. */
void check_say(struct check_report *r, enum check_level level, const char *port,
    const char *step, unsigned who, const char *todo, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

#endif
