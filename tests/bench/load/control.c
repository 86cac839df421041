#include "load.h"

#include <errno.h>
#include <unistd.h>

#include "num.h"

#define COMMAND_MAX 65536

/* gap FROM TO: events sent in between may be lost. */
static void
gap(struct load *l, struct slice rest)
{
	const char *sp = memchr(rest.p, ' ', rest.n);
	struct gap g;
	size_t n;

	if (sp == NULL || l->n_gaps == LOAD_GAPS_MAX)
		return;
	n = (size_t)(sp - rest.p);
	if (num_u64((struct slice){rest.p, n}, UINT64_MAX, &g.from) != 0 ||
	    num_u64(
		(struct slice){sp + 1, rest.n - n - 1}, UINT64_MAX, &g.to) != 0)
		return;
	l->gap[l->n_gaps++] = g;
}

static void
command(struct load *l, struct slice line)
{
	if (slice_is(line, "go"))
		l->go = true;
	else if (slice_is(line, "stop"))
		l->stop = true;
	else if (slice_starts(line, "gap "))
		gap(l, (struct slice){line.p + 4, line.n - 4});
	load_wake(l);
}

static void
input(void *arg, uint32_t events)
{
	struct load *l = arg;
	char text[4096];
	const char *nl;
	ssize_t n;

	(void)events;
	n = read(STDIN_FILENO, text, sizeof(text));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop_del(&l->loop, &l->stdin_io);
		return;
	}
	(void)buf_append(&l->command, text, (size_t)n);
	while (buf_size(&l->command) > 0 &&
	    (nl = memchr(buf_data(&l->command), '\n', buf_size(&l->command))) !=
		NULL) {
		n = nl - buf_data(&l->command);
		command(l, (struct slice){buf_data(&l->command), (size_t)n});
		buf_consume(&l->command, (size_t)n + 1);
	}
}

int
control_open(struct load *l)
{
	buf_init(&l->command, COMMAND_MAX);
	return loop_add(
	    &l->loop, &l->stdin_io, STDIN_FILENO, LOOP_IN, input, l);
}
