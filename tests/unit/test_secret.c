/* secret.h: lines of descriptors, and questions on a terminal of our own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "secret.h"

/* ---- lines ---- */

/* The next end of a pipe with these bytes in it. */
static int
pipe_of(const char *bytes, size_t n)
{
	int end[2];

	assert_int_equal(pipe(end), 0);
	assert_int_equal(write(end[1], bytes, n), n);
	close(end[1]);
	return end[0];
}

#define LINE(fd, want)                                                         \
	do {                                                                   \
		assert_int_equal(                                              \
		    secret_line(fd, text, sizeof text), sizeof want - 1);      \
		assert_memory_equal(text, want, sizeof want);                  \
	} while (0)
#define NO_LINE(fd, err)                                                       \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal(secret_line(fd, text, sizeof text), -1);      \
		assert_int_equal(errno, err);                                  \
	} while (0)

static void
test_lines(void **state)
{
	static const char bytes[] = "one\n\ntw\0o\r\n1234567\nlast";
	char text[8];
	int fd = pipe_of(bytes, sizeof bytes - 1);

	(void)state;
	LINE(fd, "one");
	LINE(fd, "");
	LINE(fd, "tw\0o\r");
	LINE(fd, "1234567");
	LINE(fd, "last");
	NO_LINE(fd, ENODATA);
	close(fd);
	NO_LINE(fd, EBADF);
}

static void
test_line_ends_with_file(void **state)
{
	char text[8];
	int fd = pipe_of("", 0);

	(void)state;
	NO_LINE(fd, ENODATA);
	close(fd);
	fd = pipe_of("1234567", 7);
	LINE(fd, "1234567");
	close(fd);
}

/* Too long: nothing of it is left in memory. */
static void
test_line_too_long(void **state)
{
	static const char zero[8];
	char text[8] = "";
	int fd = pipe_of("12345678\nnext\n", 14);

	(void)state;
	NO_LINE(fd, EMSGSIZE);
	assert_memory_equal(text, zero, sizeof text);
	close(fd);
	fd = pipe_of("12345678", 8);
	NO_LINE(fd, EMSGSIZE);
	close(fd);
}

static void
test_wipe(void **state)
{
	char text[4] = "abc";

	(void)state;
	secret_wipe(text, 2);
	assert_memory_equal(text, "\0\0c", 4);
	secret_wipe(NULL, 0);
}

/* ---- the terminal ---- */

struct scene {
	int ours, theirs; /* the ends of the terminal */
	pid_t child;
	struct buf said;
};

static void
nothing(int signo)
{
	(void)signo;
}

/* Ask, and say what came of it, but not the secret. */
static void
question(const char *again)
{
	char text[8];
	ssize_t n = secret_ask("First: ", again, text, sizeof text);

	if (n < 0)
		dprintf(1, "error %d.", errno);
	else
		dprintf(1, "answer %zd %s.", n,
		    strcmp(text, "horse") == 0 ? "right" : "other");
	_exit(7);
}

/* A job of its own, so that it can be stopped; it goes on at once. */
static void
job(const char *again)
{
	int status = 0;
	struct termios t;
	pid_t pid;

	signal(SIGTTOU, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		tcsetpgrp(1, getpid());
		question(again);
	}
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		tcgetattr(1, &t);
		dprintf(1, t.c_lflag & ECHO ? "stopped." : "stopped mute.");
		kill(pid, SIGCONT);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void
begin(struct scene *s, const char *again, void (*act)(const char *again))
{
	const char *name;

	alarm(60); /* a test that hangs ends */
	*s = (struct scene){.said = {.max = 4096}};
	s->ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(s->ours >= 0);
	assert_int_equal(grantpt(s->ours), 0);
	assert_int_equal(unlockpt(s->ours), 0);
	name = ptsname(s->ours);
	assert_non_null(name);
	s->theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(s->theirs >= 0);
	s->child = fork();
	assert_true(s->child >= 0);
	if (s->child > 0)
		return;
	close(s->ours);
	close(s->theirs);
	setsid();
	if (dup2(open(name, O_RDWR), 1) < 0)
		_exit(1);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_DFL); /* a shell's background job ignores it */
	signal(SIGQUIT, nothing);
	act(again);
}

/* Wait until it has said that. */
static void
until(struct scene *s, const char *words)
{
	char *p;
	ssize_t n;

	while (!slice_find(buf_slice(&s->said), slice_of(words))) {
		p = buf_reserve(&s->said, 512);
		assert_non_null(p);
		n = read(s->ours, p, 512);
		assert_true(n > 0);
		buf_commit(&s->said, (size_t)n);
	}
}

static void
type(const struct scene *s, const char *keys)
{
	assert_int_equal(
	    write(s->ours, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static bool
has_echo(const struct scene *s)
{
	struct termios t;

	assert_int_equal(tcgetattr(s->theirs, &t), 0);
	return t.c_lflag & ECHO;
}

/* It asks, and what is typed is not shown. */
static void
asks(struct scene *s, const char *prompt)
{
	until(s, prompt);
	assert_false(has_echo(s));
	assert_null(slice_find(buf_slice(&s->said), SLICE("horse")));
	buf_clear(&s->said);
}

/* The end, with that status of wait(2): nothing was shown, and the terminal is
 * as before. */
static void
ends(struct scene *s, int want)
{
	int status, left;

	assert_int_equal(waitpid(s->child, &status, 0), s->child);
	assert_int_equal(status, want);
	assert_true(has_echo(s));
	assert_null(slice_find(buf_slice(&s->said), SLICE("horse")));
	assert_int_equal(ioctl(s->theirs, FIONREAD, &left), 0);
	assert_int_equal(left, 0);
	buf_fini(&s->said);
	close(s->ours);
	close(s->theirs);
	alarm(0);
}

#define EXITED (7 << 8)

static void
says(struct scene *s, const char *words)
{
	until(s, words);
	ends(s, EXITED);
}

static void
test_ask_once(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "horse\n");
	says(&s, "answer 5 right.");
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "\n");
	says(&s, "answer 0 other.");
}

static void
test_ask_twice(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, "Again: ", question);
	asks(&s, "First: ");
	type(&s, "horse\n");
	asks(&s, "Again: ");
	type(&s, "horse\n");
	says(&s, "answer 5 right.");
	begin(&s, "Again: ", question);
	asks(&s, "First: ");
	type(&s, "\n");
	says(&s, "answer 0 other.");
}

static void
test_ask_differ(void **state)
{
	static const char *const others[] = {
	    "house\n", "hors\n", "horses\n", "\n"};
	char words[32];
	struct scene s;
	size_t i;

	(void)state;
	assert_true(str_fmt(words, sizeof words, "error %d.", EILSEQ) > 0);
	for (i = 0; i < sizeof others / sizeof *others; i++) {
		begin(&s, "Again: ", question);
		asks(&s, "First: ");
		type(&s, "horse\n");
		asks(&s, "Again: ");
		type(&s, others[i]);
		says(&s, words);
	}
}

/* Too long: the rest of it is not for the next who reads. */
static void
test_ask_too_long(void **state)
{
	char words[32];
	struct scene s;

	(void)state;
	assert_true(str_fmt(words, sizeof words, "error %d.", EMSGSIZE) > 0);
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "horsehorsehorse\n");
	says(&s, words);
}

/* Ctrl-D ends an empty line; in another it hands over what there is. */
static void
test_ask_end(void **state)
{
	char words[32];
	struct scene s;

	(void)state;
	assert_true(str_fmt(words, sizeof words, "error %d.", ENODATA) > 0);
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "\x04");
	says(&s, words);
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "hor\x04se\n");
	says(&s, "answer 5 right.");
}

static void
test_ask_signals(void **state)
{
	char words[32];
	struct scene s;

	(void)state;
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "hor\x03");
	ends(&s, SIGINT);
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "hor\x04\x03"); /* in the middle of what is there */
	ends(&s, SIGINT);
	begin(&s, "Again: ", question);
	asks(&s, "First: ");
	type(&s, "horse\n");
	asks(&s, "Again: ");
	kill(s.child, SIGTERM);
	ends(&s, SIGTERM);
	/* One that is ignored, and one with a handler. */
	begin(&s, NULL, question);
	asks(&s, "First: ");
	kill(s.child, SIGHUP);
	type(&s, "horse\n");
	says(&s, "answer 5 right.");
	assert_true(str_fmt(words, sizeof words, "error %d.", EINTR) > 0);
	begin(&s, NULL, question);
	asks(&s, "First: ");
	type(&s, "\x1c");
	says(&s, words);
}

/* Stopped, with echo, it asks anew when it goes on. */
static void
test_ask_stop(void **state)
{
	const char *preload = getenv("LD_PRELOAD");
	struct scene s;

	(void)state;
	/* Nothing stops under valgrind. */
	if (preload && strstr(preload, "vgpreload"))
		return;
	begin(&s, NULL, job);
	asks(&s, "First: ");
	type(&s, "hor\x1a");
	until(&s, "stopped.");
	asks(&s, "First: ");
	type(&s, "horse\n");
	says(&s, "answer 5 right.");
}

static void
test_no_terminal(void **state)
{
	char text[8];
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		_exit(secret_ask("", NULL, text, sizeof text) == -1 &&
			    errno == ENOTTY
			? 7
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, EXITED);
}

static void
test_process(void **state)
{
	struct rlimit limit = {1, 1};

	(void)state;
	assert_int_equal(secret_process(), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 0);
	assert_int_equal(limit.rlim_max, 0);
#ifndef OTS_SAN
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_line_ends_with_file),
	    cmocka_unit_test(test_line_too_long),
	    cmocka_unit_test(test_wipe),
	    cmocka_unit_test(test_ask_once),
	    cmocka_unit_test(test_ask_twice),
	    cmocka_unit_test(test_ask_differ),
	    cmocka_unit_test(test_ask_too_long),
	    cmocka_unit_test(test_ask_end),
	    cmocka_unit_test(test_ask_signals),
	    cmocka_unit_test(test_ask_stop),
	    cmocka_unit_test(test_no_terminal),
	    cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
