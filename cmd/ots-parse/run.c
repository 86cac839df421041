#include "run.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "die.h"
#include "io.h"
#include "log.h"

#define READ_SIZE  ((size_t)256 << 10)
#define FLUSH_SIZE ((size_t)256 << 10)
#define LAST_US    ((uint64_t)1000000)

static char chunk[READ_SIZE];

void
run_bad_message(void *arg, const char *why, struct slice conn)
{
	struct log_line l;

	(void)arg;
	log_open(&l, LOG_BAD_MESSAGE);
	log_s(&l, "why", why);
	if (conn.n)
		log_str(&l, "conn", conn);
	log_send(&l);
}

void
run_bad_record(void *arg, const char *why)
{
	(void)arg;
	log_kv(LOG_BAD_RECORD, "why", why, NULL);
}

static void
log_counters(const struct parse *p)
{
	struct log_line l;
	char key[32];
	int i;

	log_open(&l, LOG_COUNTERS);
	log_u64(&l, "records", p->n.records);
	log_u64(&l, "frames", p->n.frames);
	log_u64(&l, "events", p->n.events);
	log_u64(&l, "without-pb", p->n.without_pb);
	log_u64(&l, "passed", p->n.passed);
	log_u64(&l, "bad-records", p->n.bad_records);
	log_u64(&l, "garbage", p->framer.garbage);
	for (i = 1; i < COT_WHY_COUNT; i++)
		if (p->n.dropped[i] &&
		    str_fmt(key, sizeof key, "dropped-%s",
			cot_why_name((enum cot_why)i)) > 0)
			log_u64(&l, key, p->n.dropped[i]);
	log_send(&l);
}

static void
flush(struct parse *p)
{
	if (io_write(&p->out) < 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	if (p->out.cap > 4 * FLUSH_SIZE)
		buf_release(&p->out);
}

/* Everything that the last read completed. */
static void
work(struct parse *p)
{
	while (parse_next(p))
		if (buf_size(&p->out) >= FLUSH_SIZE)
			flush(p);
	flush(p);
	if (p->fault) {
		log_counters(p);
		die(EXIT_USAGE, "standard input cannot go on: %s", p->fault);
	}
}

/* What is in the pipe already. A server that stops ends its programs in the
 * order of the stream: nobody comes after us who would read it. */
static void
drain(struct parse *p, uint64_t until)
{
	ssize_t n;

	while (clock_mono_us() < until &&
	    (n = io_read(chunk, sizeof chunk, 0)) > 0) {
		parse_feed(p, chunk, (size_t)n, clock_wall_us());
		work(p);
	}
}

/* TERM may come in the middle of a record, whose rest would mean nothing to a
 * successor that reads the same pipe. Byte by byte: what follows is its. */
static void
last(struct parse *p)
{
	uint64_t now, until;
	ssize_t n;
	char c;

	drain(p, clock_mono_us() + LAST_US);
	now = clock_mono_us();
	until = now + LAST_US;
	for (; parse_inside(p) && now < until; now = clock_mono_us()) {
		n = io_read(&c, 1, until - now);
		if (n > 0) {
			parse_feed(p, &c, 1, clock_wall_us());
			while (parse_next(p))
				;
		} else if (n == 0 || errno != EINTR) {
			break;
		}
	}
	work(p);
}

void
run_loop(struct parse *p)
{
	ssize_t n = 1;

	flush(p);
	while (n && !io_stop) {
		if (io_report) {
			io_report = 0;
			log_counters(p);
		}
		n = io_read(chunk, sizeof chunk, IO_EVER);
		if (n > 0) {
			parse_feed(p, chunk, (size_t)n, clock_wall_us());
			work(p);
		} else if (n < 0 && errno != EINTR) {
			die_sys(EXIT_TEMP, "unable to read standard input");
		} else if (n < 0) {
			n = 1;
		}
	}
	if (io_stop)
		last(p);
	else
		parse_end(p);
}
