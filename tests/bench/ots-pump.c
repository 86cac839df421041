/* ots-pump - what a filter of records costs: puts records through a program
 * between two pipes, and tells its CPU time for each.
 *   ots-pump [-n RECORDS] [-s SIZE] [-r RATE] [-1] [-w COUNT] [PROGRAM ...]
 * Without a program a process of its own copies, as cat(1) does: the floor.
 * -r records a second; 0: as fast as they are taken. -1: each is sent when the
 * one before has come out. -w: so many first, which do not count. Only the
 * program's own process counts, not its children. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "num.h"

struct pump {
	uint64_t records, size, rate, warm;
	bool one;
	char **program;
	pid_t pid;
	int to, from;
	char *batch; /* `many` records */
	uint64_t many;
};

static uint64_t
number(const char *text)
{
	uint64_t v;

	if (num_u64(slice_of(text), UINT32_MAX, &v) < 0)
		die(EXIT_USAGE, "%s is no number", text);
	return v;
}

static void
put(int fd, const char *p, size_t n)
{
	ssize_t r;

	for (; n; p += r, n -= (size_t)r) {
		r = write(fd, p, n);
		if (r < 0)
			die_sys(EXIT_TEMP, "unable to write");
	}
}

_Noreturn static void
copy(void)
{
	static char b[131072];
	ssize_t n;

	while ((n = read(STDIN_FILENO, b, sizeof b)) > 0)
		put(STDOUT_FILENO, b, (size_t)n);
	_exit(0);
}

static void
start(struct pump *p)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die_sys(EXIT_TEMP, "no pipe");
	/* As programs that read records make their wires. */
	(void)fcntl(in[0], F_SETPIPE_SZ, 1 << 20);
	(void)fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
	p->pid = fork();
	if (p->pid == 0) {
		if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
			_exit(EXIT_TEMP);
		if (!p->program) {
			close(in[1]);
			copy();
		}
		(void)execvp(p->program[0], p->program);
		die_sys(EXIT_TEMP, "unable to run %s", p->program[0]);
	}
	if (p->pid < 0)
		die_sys(EXIT_TEMP, "unable to fork");
	close(in[0]);
	close(out[1]);
	p->to = in[1];
	p->from = out[0];
}

/* Nanoseconds on a processor. */
static uint64_t
cpu(const struct pump *p)
{
	char path[64], text[128];
	uint64_t v = 0;
	ssize_t n;
	int fd;

	if (str_fmt(path, sizeof path, "/proc/%d/schedstat", (int)p->pid) < 0)
		abort();
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (n <= 0)
		die_sys(EXIT_TEMP, "unable to read %s", path);
	close(fd);
	text[n] = '\0';
	(void)num_u64((struct slice){text, strcspn(text, " ")}, UINT64_MAX, &v);
	return v;
}

/* Read until so many records have come; our own hello is not among them. */
static void
sink(const struct pump *p, uint64_t records)
{
	static char b[262144];
	uint64_t bytes = records * p->size;
	static uint64_t skip = UINT64_MAX;
	const char *at;
	ssize_t n;

	while (bytes) {
		n = read(p->from, b, sizeof b);
		if (n <= 0)
			die_sys(EXIT_TEMP, "the program has ended");
		/* What comes first is the program's until a record begins. */
		if (skip == UINT64_MAX && p->program) {
			at = slice_find(
			    (struct slice){b, (size_t)n}, SLICE("ev:pump"));
			if (!at)
				continue;
			n -= at - b;
		}
		skip = 0;
		bytes -= (uint64_t)n < bytes ? (uint64_t)n : bytes;
	}
}

static void
make_batch(struct pump *p)
{
	uint64_t i;

	p->many = 65536 / p->size + 1;
	if (p->rate)
		p->many = p->rate / 1000 ? p->rate / 1000 : 1;
	p->batch = malloc(p->many * p->size);
	if (!p->batch)
		die_sys(EXIT_TEMP, "no memory");
	memset(p->batch, 'x', p->many * p->size);
	for (i = 0; i < p->many; i++) {
		memcpy(p->batch + i * p->size, "ev:pump\tx:", 10);
		p->batch[(i + 1) * p->size - 1] = '\n';
	}
}

/* From a process of its own, paced. */
static void
send_all(const struct pump *p, uint64_t records)
{
	uint64_t begin = clock_mono_us(), sent = 0, n, due, now;
	pid_t pid = fork();
	struct timespec ts = {0};

	if (pid < 0)
		die_sys(EXIT_TEMP, "unable to fork");
	if (pid > 0)
		return;
	for (; sent < records; sent += n) {
		n = p->many < records - sent ? p->many : records - sent;
		put(p->to, p->batch, n * p->size);
		due = p->rate ? begin + (sent + n) * 1000000 / p->rate : 0;
		now = clock_mono_us();
		if (due > now) {
			ts.tv_nsec = (long)(due - now) * 1000 % 1000000000;
			(void)nanosleep(&ts, NULL);
		}
	}
	_exit(0);
}

static void
run(const struct pump *p, uint64_t records)
{
	uint64_t i;

	if (!p->one) {
		send_all(p, records);
		sink(p, records);
		(void)waitpid(-1, NULL, WNOHANG);
		return;
	}
	for (i = 0; i < records; i++) {
		put(p->to, p->batch, p->size);
		sink(p, 1);
	}
}

int
main(int argc, char **argv)
{
	struct pump p = {.records = 200000, .size = 1400, .warm = 20000};
	uint64_t cpu0, t0, us, ns;
	int c;

	die_name("ots-pump");
	while ((c = getopt(argc, argv, "+n:s:r:w:1")) != -1) {
		switch (c) {
		case 'n':
			p.records = number(optarg);
			break;
		case 's':
			p.size = number(optarg);
			break;
		case 'r':
			p.rate = number(optarg);
			break;
		case 'w':
			p.warm = number(optarg);
			break;
		case '1':
			p.one = true;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (p.size < 16 || p.records == 0)
		die(EXIT_USAGE, "nothing to do");
	p.program = optind < argc ? argv + optind : NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	make_batch(&p);
	start(&p);
	run(&p, p.warm);
	cpu0 = cpu(&p);
	t0 = clock_mono_us();
	run(&p, p.records);
	us = clock_mono_us() - t0;
	ns = cpu(&p) - cpu0;
	printf("records=%llu size=%llu seconds=%.3f records_per_s=%.0f "
	       "cpu_us_per_record=%.3f\n",
	    (unsigned long long)p.records, (unsigned long long)p.size,
	    (double)us / 1e6, (double)p.records * 1e6 / (double)us,
	    (double)ns / 1e3 / (double)p.records);
	(void)kill(p.pid, SIGKILL);
	(void)waitpid(p.pid, NULL, 0);
	free(p.batch);
	return 0;
}
