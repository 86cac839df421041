#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "notify.h"
#include "watch.h"
#include "wire.h"

#define SECOND ((uint64_t)1000000)
/* For a filter, and its writer, that was killed just now. */
#define LOCK_US  (5 * SECOND)
#define LAST_US  SECOND        /* for the rest of a record */
#define STOP_US  (3 * SECOND)  /* for the writer's last batch */
#define ROOM_US  (SECOND / 50) /* is there room again? */
#define STUCK_US (10 * SECOND) /* the database does not go on */
/* Look at signals and clocks after so many reads, if there is no need to wait.
 */
#define TURNS 64

static volatile sig_atomic_t stop_asked, report_asked;

struct run {
	struct run_config *cfg;
	struct spool *spool;
	struct pass pass;
	struct watch watch;
	sigset_t waiting; /* the mask while we wait: as we were started */
	uint64_t now;
	uint64_t kill_at; /* the writer, asked to end; 0: it is not */
	bool killed;      /* it was; it may hang in the kernel */
};

/* ---- signals ---- */

static void
on_stop(int signo)
{
	(void)signo;
	if (stop_asked)
		_exit(EXIT_TEMP);
	stop_asked = 1;
}

static void
on_report(int signo)
{
	(void)signo;
	report_asked = 1;
}

static void
handle(int signo, void (*fn)(int), sigset_t *set)
{
	struct sigaction sa = {.sa_handler = fn};

	sigemptyset(&sa.sa_mask);
	sigaddset(set, signo);
	if (sigaction(signo, &sa, NULL) < 0)
		die_sys(EXIT_TEMP, "unable to handle signals");
}

/* They are let in only where we wait. */
static void
signals_open(struct run *r)
{
	sigset_t ours;

	sigemptyset(&ours);
	handle(SIGTERM, on_stop, &ours);
	handle(SIGINT, on_stop, &ours);
	handle(SIGUSR1, on_report, &ours);
	/* A file over the limit of the process is a full disk to us. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    /* Who ignores it is not told how a child has ended. */
	    signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &ours, &r->waiting) < 0)
		die_sys(EXIT_TEMP, "unable to handle signals");
	sigdelset(&r->waiting, SIGTERM);
	sigdelset(&r->waiting, SIGINT);
	sigdelset(&r->waiting, SIGUSR1);
}

/* ---- waiting ---- */

enum { WAIT_NONE = 0, WAIT_IN = 1, WAIT_OUT = 2 };

/* That it has gone is known also while there is nothing to say to it. */
static void
look_at_reader(const struct run *r)
{
	struct pollfd out = {.fd = r->pass.out};

	if (poll(&out, 1, 0) > 0 && out.revents & (POLLERR | POLLNVAL))
		die(EXIT_TEMP, "nobody reads standard output any more");
}

/* Until one of these is ready, or that time, or something else is done. */
static void
wait_for(struct run *r, int what, uint64_t until)
{
	struct pollfd fds[] = {
	    {.fd = what & WAIT_IN ? r->pass.in : -1, .events = POLLIN},
	    {.fd = what & WAIT_OUT ? r->pass.out : -1, .events = POLLOUT},
	    {.fd = watch_fd(&r->watch), .events = POLLIN},
	};
	struct timespec ts;
	uint64_t us;

	if (until > r->watch.tick_at)
		until = r->watch.tick_at;
	if (r->kill_at && until > r->kill_at)
		until = r->kill_at;
	us = until > r->now ? until - r->now : 0;
	ts.tv_sec = (time_t)(us / SECOND);
	ts.tv_nsec = (long)(us % SECOND) * 1000;
	if (ppoll(fds, 3, &ts, &r->waiting) < 0 && errno != EINTR)
		die_sys(EXIT_TEMP, "unable to wait");
	r->now = clock_mono_us();
	if (fds[2].revents)
		watch_take(&r->watch, r->now);
	if (r->now >= r->watch.tick_at) {
		watch_tick(&r->watch, r->now);
		look_at_reader(r);
	}
	if (report_asked) {
		report_asked = 0;
		status_log(&r->watch.status, r->now);
		r->watch.file_at = 0;
	}
}

/* ---- the stream ---- */

static enum pass_got
forward(struct run *r)
{
	enum pass_got got = pass_write(&r->pass);

	if (got == PASS_FAILED)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	return got;
}

static enum pass_got
take(struct run *r, size_t max)
{
	enum pass_got got = pass_read(&r->pass, max);

	if (got == PASS_FAILED)
		die_sys(EXIT_TEMP, "unable to read standard input");
	if (r->pass.beside || r->watch.beside)
		watch_full(&r->watch, r->now);
	return got;
}

/* The writer ends first: the stream must not stand still for it. True: it has
 * ended; else call it again, at kill_at at the latest. */
static bool
writer_over(struct run *r)
{
	const struct child *c = &r->watch.child;
	bool late;

	if (!r->watch.ending) {
		r->kill_at = r->now + STOP_US;
		r->watch.ending = true;
		spool_ask(r->spool, SPOOL_STOP);
	}
	late = r->now >= r->kill_at;
	if (c->pid == 0 ? c->fd < 0 || late : late && r->killed) {
		r->kill_at = 0;
		return true;
	}
	if (late) {
		child_kill(c);
		r->killed = true;
		r->kill_at = r->now + STOP_US;
	}
	return false;
}

/* Until the end of the input (true) or a signal. */
static bool
stream(struct run *r)
{
	enum pass_got got = PASS_MORE;
	unsigned turn = 0;

	while (!stop_asked || !writer_over(r)) {
		if (forward(r) == PASS_BLOCKED) {
			wait_for(r, WAIT_OUT, UINT64_MAX);
			continue;
		}
		if (got == PASS_FULL)
			wait_for(r, WAIT_NONE, r->now + ROOM_US);
		else if (got != PASS_MORE)
			wait_for(r, WAIT_IN, UINT64_MAX);
		else if (++turn % TURNS == 0)
			wait_for(r, WAIT_NONE, r->now);
		if (stop_asked && writer_over(r))
			break;
		got = take(r, PASS_CHUNK);
		if (got == PASS_END)
			return true;
	}
	return false;
}

/* What is in the pipe already. A server that stops ends its programs in the
 * order of the stream: nobody comes after us who would read it. */
static void
drain_input(struct run *r)
{
	uint64_t until = r->now + LAST_US;

	while (r->now < until) {
		if (forward(r) == PASS_BLOCKED)
			wait_for(r, WAIT_OUT, until);
		else if (take(r, PASS_CHUNK) != PASS_MORE)
			return;
		r->now = clock_mono_us();
	}
}

/* TERM came in the middle of a record. Byte by byte: what follows is read by
 * our successor. What cannot be written in this time it writes, too. */
static void
last(struct run *r)
{
	uint64_t until;
	enum pass_got got;

	drain_input(r);
	until = r->now + LAST_US;
	while (r->now < until) {
		if (forward(r) == PASS_BLOCKED) {
			wait_for(r, WAIT_OUT, until);
			continue;
		}
		if (r->pass.in_border)
			return;
		got = take(r, 1);
		if (got == PASS_END)
			return;
		if (got == PASS_BLOCKED)
			wait_for(r, WAIT_IN, until);
		else if (got == PASS_FULL)
			return; /* our successor goes on in it */
	}
}

/* ---- the end ---- */

/* The input has ended: what is torn is no record. */
static void
end_input(struct run *r)
{
	while (forward(r) == PASS_BLOCKED && !stop_asked)
		wait_for(r, WAIT_OUT, UINT64_MAX);
	if (!stop_asked && pass_torn(&r->pass))
		log_kv(LOG_BAD_RECORD, "why", "torn", NULL);
}

/* Until the writer has ended by itself: that it has (true), or time is over. */
static bool
writer_ends(struct run *r, uint64_t until)
{
	const struct child *c = &r->watch.child;

	while ((c->pid || c->fd >= 0) && r->now < until) {
		wait_for(r, forward(r) == PASS_BLOCKED ? WAIT_OUT : WAIT_NONE,
		    until);
	}
	return c->pid == 0;
}

/* All that came in goes to the database, for as long as it takes some. */
static void
drain(struct run *r)
{
	uint64_t until = r->now + STUCK_US, stored = 0, s;

	r->watch.draining = true;
	spool_ask(r->spool, SPOOL_DRAIN);
	while (!stop_asked && r->now < until && r->watch.code != 0) {
		s = spool_places(r->spool).released;
		if (s != stored)
			until = r->now + STUCK_US;
		stored = s;
		wait_for(r, forward(r) == PASS_BLOCKED ? WAIT_OUT : WAIT_NONE,
		    until);
	}
}

static void
end_writer(struct run *r)
{
	r->watch.ending = true;
	r->kill_at = 0; /* from here on we wait for nothing else */
	spool_ask(r->spool, SPOOL_STOP);
	if (writer_ends(r, r->now + STOP_US))
		return;
	child_kill(&r->watch.child);
	(void)writer_ends(r, r->now + STOP_US);
}

static int
finish(struct run *r, bool ended)
{
	uint64_t waiting;

	if (ended) {
		end_input(r);
		drain(r);
	} else {
		last(r);
	}
	end_writer(r);
	waiting = spool_places(r->spool).waiting;
	status_write(&r->watch.status, r->now);
	watch_close(&r->watch);
	if (!ended || stop_asked || status_done(&r->watch.status))
		return 0;
	warnx_line("%llu bytes wait in the spool %s for the database; the next "
		   "ots-store goes on with them",
	    (unsigned long long)waiting, r->cfg->spool);
	return EXIT_TEMP;
}

/* ---- the start ---- */

static void
tell_found(const struct run *r)
{
	static const char *const found[] = {
	    "new", "clean", "killed", "crashed", "rebuilt"};
	const char *how = found[spool_found(r->spool)];
	struct spool_places p = spool_places(r->spool);
	struct log_line l;

	if (spool_found(r->spool) >= SPOOL_CRASHED)
		log_kv(LOG_SPOOL, "path", r->cfg->spool, "what", how, NULL);
	log_open(&l, LOG_START);
	log_s(&l, "node", r->cfg->writer.node);
	log_s(&l, "spool", r->cfg->spool);
	log_s(&l, "found", how);
	log_u64(&l, "waiting-bytes", p.waiting);
	log_send(&l);
}

/* Must a human act? A full disk, or another ots-store that is about to end (it
 * may hang in the kernel for long), must not keep the service down. */
static int
code_of(int err)
{
	switch (err) {
	case EACCES:
	case EBADMSG:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
	case EPERM:
	case EPROTO:
	case EROFS:
		return EXIT_USAGE;
	default:
		return EXIT_TEMP;
	}
}

static void
spool_start(struct run *r)
{
	char why[SPOOL_WHY_MAX];
	const struct spool_config c = {
	    .dir = r->cfg->spool,
	    .max = r->cfg->spool_max,
	    .wake_fd = r->cfg->writer.wake_fd,
	    .wait_us = LOCK_US,
	};

	r->spool = spool_open(&c, why);
	if (r->spool)
		return;
	die(code_of(errno), "%s", why[0] ? why : "no memory");
}

/* A line that the one before us has left unfinished ends here, and is no record
 * wherever it was cut: it has a field without a label. */
static int
put_hello(const struct run *r, struct buf *b)
{
	if (spool_found(r->spool) != SPOOL_NEW && buf_puts(b, "\t") < 0)
		return -1;
	return rec_hello(b, "ots-store", r->cfg->writer.node, 0, 0);
}

static void
run_open(struct run *r)
{
	struct writer_config *w = &r->cfg->writer;
	int fd;

	/* One of our own files would get its number. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			die(EXIT_USAGE, "descriptor %d is closed", fd);
	signals_open(r);
	r->now = clock_mono_us();
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->stats = mmap(NULL, sizeof *w->stats, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->wake_fd < 0 || w->stats == MAP_FAILED)
		die_sys(EXIT_TEMP, "unable to start");
	spool_start(r);
	if (wire_unshare(STDIN_FILENO, O_RDONLY) < 0 ||
	    wire_unshare(STDOUT_FILENO, O_WRONLY) < 0 ||
	    pass_init(&r->pass, r->spool, STDIN_FILENO, STDOUT_FILENO) < 0 ||
	    put_hello(r, &r->pass.own) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	r->pass.patient = r->cfg->wait;
	if (watch_open(&r->watch, r->spool, &r->pass, w, r->now) < 0)
		die_sys(code_of(errno), "unable to write %s/status", w->spool);
}

int
run(struct run_config *cfg)
{
	static struct run r;
	int code;

	r.cfg = cfg;
	run_open(&r);
	tell_found(&r);
	notify_ready(cfg->ready_fd);
	code = finish(&r, stream(&r));
	pass_fini(&r.pass);
	spool_close(&r.spool);
	return code;
}
