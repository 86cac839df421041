/* files.h: whole files up to a maximum, and pipes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "files.h"

static char dir[] = "/tmp/ots-files-XXXXXX", file[64];

static int
make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	return str_fmt(file, sizeof file, "%s/file", dir) < 0 ? -1 : 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(dir);
}

/* A file of n bytes that tell where they are. */
static void
write_file(size_t n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *p = malloc(n + 1);
	size_t i;

	assert_true(fd >= 0);
	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = (char)(i % 251);
	assert_int_equal(files_write_fd(fd, (struct slice){p, n}), 0);
	free(p);
	close(fd);
}

static void
is_file(const struct buf *b, size_t from, size_t n)
{
	size_t i;

	assert_int_equal(buf_size(b), from + n);
	for (i = 0; i < n; i++)
		assert_int_equal((unsigned char)buf_data(b)[from + i], i % 251);
}

/* Around the sizes of the pieces, with more room than needed and with none. */
static void
test_sizes(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 16383, 16384, 16385, 32768, 100000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf exact = {.max = sizes[i]}, more = {.max = 1 << 20},
			   secret = {.max = 1 << 20, .wipe = true};

		write_file(sizes[i]);
		assert_int_equal(files_read(file, &exact), 0);
		is_file(&exact, 0, sizes[i]);
		assert_int_equal(files_read(file, &more), 0);
		is_file(&more, 0, sizes[i]);
		assert_int_equal(files_read(file, &secret), 0);
		is_file(&secret, 0, sizes[i]);
		buf_fini(&exact);
		buf_fini(&more);
		buf_fini(&secret);
	}
}

static void
test_too_big(void **state)
{
	static const size_t sizes[] = {1, 16384, 16385, 100000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf b = {.max = sizes[i] - 1};

		write_file(sizes[i]);
		errno = 0;
		assert_int_equal(files_read(file, &b), -1);
		assert_int_equal(errno, EFBIG);
		is_file(&b, 0, sizes[i] - 1);
		buf_fini(&b);
	}
}

/* What is in it stays, and counts. */
static void
test_append(void **state)
{
	struct buf b = {.max = 103};

	(void)state;
	write_file(100);
	assert_int_equal(buf_puts(&b, "abc"), 0);
	assert_int_equal(files_read(file, &b), 0);
	is_file(&b, 3, 100);
	assert_memory_equal(buf_data(&b), "abc", 3);
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "abcd"), 0);
	assert_int_equal(files_read(file, &b), -1);
	assert_int_equal(errno, EFBIG);
	buf_fini(&b);
}

static void
test_no_file(void **state)
{
	struct buf b = {.max = 100};

	(void)state;
	(void)unlink(file);
	assert_int_equal(files_read(file, &b), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(files_read(dir, &b), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(files_read_fd(-1, &b), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(files_write_fd(-1, SLICE("x")), -1);
	assert_int_equal(errno, EBADF);
	buf_fini(&b);
}

static void
nothing(int signo)
{
	(void)signo;
}

/* Piece by piece, with signals between, in both directions. */
static void
test_pipe(void **state)
{
	const struct sigaction note = {.sa_handler = nothing};
	struct buf b = {.max = 1 << 20};
	int end[2], i, status;
	size_t n;
	pid_t pid, parent = getpid();

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &note, NULL), 0);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		static char text[200000];

		close(end[0]);
		memset(text, 'x', sizeof text);
		for (i = 0; i < 3; i++) {
			kill(parent, SIGUSR1);
			if (files_write_fd(
				end[1], (struct slice){text, sizeof text}) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(end[1]);
	kill(pid, SIGUSR1);
	assert_int_equal(files_read_fd(end[0], &b), 0);
	assert_int_equal(buf_size(&b), 600000);
	for (n = 0; n < buf_size(&b); n++)
		assert_int_equal(buf_data(&b)[n], 'x');
	buf_fini(&b);
	close(end[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_too_big),
	    cmocka_unit_test(test_append),
	    cmocka_unit_test(test_no_file),
	    cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
