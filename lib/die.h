/* die.h - end or warn with one line on standard error:
 *   ots-listen: fatal: unable to bind 0.0.0.0:8089: Address already in use
 * Only cmd/ calls these; the library returns errors. */
#ifndef OTS_DIE_H
#define OTS_DIE_H

enum {
	EXIT_NO = 1,           /* a plain "no" */
	EXIT_USAGE = 100,      /* a human must act */
	EXIT_IMPOSSIBLE = 101, /* a state that cannot be */
	EXIT_TEMP = 111,       /* temporary: restart me */
};

/* Set by opt_parse; until then "ots". */
void die_name(const char *program);

_Noreturn void die(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* With ": " and the text of errno. */
_Noreturn void die_sys(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void warnx_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn_sys(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
