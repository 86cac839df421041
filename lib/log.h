/* log.h - ots-log(5): one event, one line, one write(2) to standard error.
 *   info ev=accept conn=n.7.3 peer=192.0.2.7:40312 user="alpha 1"
 * Level, ev, then keys in the order given. Values with blanks, quotes or = are
 * quoted, bytes below 0x20 and above 0x7e escaped, so a stranger's text cannot
 * forge a line. No time stamp: s6-log adds it. Every event stands in
 * log_events.h with its level and meaning; events marked there as a stranger's
 * are limited to LOG_BURST a second, and the next line says suppressed=N. */
#ifndef OTS_LOG_H
#define OTS_LOG_H

#include <stdint.h>

#include "str.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

enum log_event {
#define X(id, name, level, limited, help) LOG_##id,
#include "log_events.h"
#undef X
	LOG_EVENTS
};

#define LOG_LINE_MAX 4096
#define LOG_BURST    20

struct log_line {
	enum log_event ev;
	size_t len;
	int wanted;
	char text[LOG_LINE_MAX];
};

/* Lines below this level are not written. Default: LOG_LEVEL_INFO. */
void log_level(enum log_level least);

/* struct log_line l; log_open(&l, LOG_ACCEPT); log_str(...); log_send(&l); */
void log_open(struct log_line *l, enum log_event ev);
void log_str(struct log_line *l, const char *key, struct slice value);
void log_s(struct log_line *l, const char *key, const char *value);
void log_u64(struct log_line *l, const char *key, uint64_t value);
/* errno as text. */
void log_errno(struct log_line *l, int err);
void log_send(struct log_line *l);

/* The common case: pairs of (const char *key, const char *value), then NULL. */
void log_kv(enum log_event ev, ...) __attribute__((sentinel));

const char *log_event_name(enum log_event ev);
const char *log_event_help(enum log_event ev);

#endif
