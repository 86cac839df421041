/* opt.h: modes and words. A wrong one ends the program: here, a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "die.h"
#include "opt.h"
#include "str.h"

enum fruit { APPLE, PEAR, PLUM };

/* What a program with these options has read. */
struct read {
	unsigned mode, secret;
	enum fruit fruit;
	unsigned one;
};

static struct read
run(const char *option)
{
	struct read r = {0640, 0600, PEAR, 7};
	char name[] = "test", text[64];
	char *argv[] = {name, text, NULL};
	const struct opt opts[] = {
	    {0, "mode", "MODE", NULL, OPT_MODE, &r.mode, 0, 0777, NULL, ""},
	    {0, "secret", "MODE", "SECRET_MODE", OPT_MODE, &r.secret, 0600,
		0660, NULL, ""},
	    {0, "fruit", "FRUIT", "FRUIT", OPT_WORD,
		OPT_WORDS(&r.fruit, "apple", "pear", "plum"), 0, 0, NULL, ""},
	    {0, "one", "WORD", NULL, OPT_WORD, OPT_WORDS(&r.one, "alone"), 0, 0,
		NULL, ""},
	    {0},
	};
	const struct opt_prog prog = {"test", "", "", opts, NULL, 0, 0};
	struct opt_common common;

	if (str_fmt(text, sizeof text, "%s", option) < 0)
		die(EXIT_IMPOSSIBLE, "the option is too long");
	opt_parse(&prog, &common, *option ? 2 : 1, argv);
	return r;
}

/* It ends with 100, and says `says`. */
static void
refuses(const char *option, const char *says)
{
	char line[512];
	size_t n = 0;
	ssize_t r;
	int end[2], status;
	pid_t pid;

	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(end[1], STDERR_FILENO);
		(void)run(option);
		_exit(0);
	}
	close(end[1]);
	while ((r = read(end[0], line + n, sizeof line - 1 - n)) > 0)
		n += (size_t)r;
	close(end[0]);
	line[n] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_USAGE);
	assert_string_equal(line, says);
}

static void
test_mode(void **state)
{
	(void)state;
	assert_int_equal(run("").mode, 0640);
	assert_int_equal(run("--mode=0660").mode, 0660);
	assert_int_equal(run("--mode=660").mode, 0660);
	assert_int_equal(run("--mode=0000").mode, 0);
	assert_int_equal(run("--mode=0777").mode, 0777);
	assert_int_equal(run("--secret=0600").secret, 0600);
	assert_int_equal(run("--secret=0660").secret, 0660);
}

static void
test_mode_wrong(void **state)
{
	static const char *const wrong[] = {"", "0", "66", "00660", "0668",
	    "-660", "+660", " 660", "0x66", "660 ", "1000", "7777", "rw-"};
	char option[64], says[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_true(
		    str_fmt(option, sizeof option, "--mode=%s", wrong[i]) > 0);
		assert_true(str_fmt(says, sizeof says,
				"test: fatal: --mode: \"%s\": not an octal "
				"mode like 0660\n",
				wrong[i]) > 0);
		refuses(option, says);
	}
	refuses("--secret=0577",
	    "test: fatal: --secret: \"0577\": not an octal mode like 0660\n");
	refuses("--secret=0661",
	    "test: fatal: --secret: \"0661\": not an octal mode like 0660\n");
}

static void
test_word(void **state)
{
	(void)state;
	assert_int_equal(run("").fruit, PEAR);
	assert_int_equal(run("--fruit=apple").fruit, APPLE);
	assert_int_equal(run("--fruit=pear").fruit, PEAR);
	assert_int_equal(run("--fruit=plum").fruit, PLUM);
	assert_int_equal(run("--fruit=plum").one, 7);
	assert_int_equal(run("--one=alone").one, 0);
}

static void
test_word_wrong(void **state)
{
	(void)state;
	refuses("--fruit=nut",
	    "test: fatal: --fruit: \"nut\": not apple, pear or plum\n");
	refuses("--fruit=app",
	    "test: fatal: --fruit: \"app\": not apple, pear or plum\n");
	refuses("--fruit=plums",
	    "test: fatal: --fruit: \"plums\": not apple, pear or plum\n");
	refuses("--fruit=Plum",
	    "test: fatal: --fruit: \"Plum\": not apple, pear or plum\n");
	refuses("--fruit=",
	    "test: fatal: --fruit: \"\": not apple, pear or plum\n");
	refuses("--one=two", "test: fatal: --one: \"two\": not alone\n");
}

static void
test_environment(void **state)
{
	(void)state;
	setenv("FRUIT", "plum", 1);
	setenv("SECRET_MODE", "0640", 1);
	assert_int_equal(run("").fruit, PLUM);
	assert_int_equal(run("").secret, 0640);
	assert_int_equal(run("--fruit=apple").fruit, APPLE);
	setenv("FRUIT", "nut", 1);
	refuses("",
	    "test: fatal: environment FRUIT: \"nut\": not apple, pear or "
	    "plum\n");
	unsetenv("FRUIT");
	unsetenv("SECRET_MODE");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mode),
	    cmocka_unit_test(test_mode_wrong),
	    cmocka_unit_test(test_word),
	    cmocka_unit_test(test_word_wrong),
	    cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
