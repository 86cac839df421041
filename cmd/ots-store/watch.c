#include "watch.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

#define SECOND   ((uint64_t)1000000)
#define TICK     SECOND
#define FILE_US  (5 * SECOND)
#define LOG_US   (60 * SECOND)
#define OLD_US   (10 * SECOND) /* a lag to be told of */
#define TRY_US   (SECOND / 10) /* is there room again? */
#define REAP_US  (SECOND / 50) /* it has closed its pipe: it ends */
#define WAIT_MIN SECOND
#define WAIT_MAX (30 * SECOND)
#define GOOD_US  (60 * SECOND) /* so long, and it is no failed start */

/* ---- the writer ---- */

static void
start(struct watch *w, uint64_t now)
{
	struct log_line l;

	w->start_at = WATCH_NEVER;
	w->started = now;
	if (child_start(&w->child, w->writer) == 0)
		return;
	log_open(&l, LOG_SYSTEM);
	log_s(&l, "call", "fork");
	log_errno(&l, errno);
	log_send(&l);
	w->start_at = now + w->wait_us;
}

static void
tell_end(const struct watch *w, int status)
{
	struct log_line l;

	log_open(&l, LOG_CHILD);
	log_s(&l, "what", "writer");
	if (WIFSIGNALED(status))
		log_s(&l, "why", strsignal(WTERMSIG(status)));
	else
		log_u64(&l, "code", (uint64_t)WEXITSTATUS(status));
	log_u64(&l, "wait-ms", w->wait_us / 1000);
	log_send(&l);
}

static void
reap(struct watch *w, uint64_t now)
{
	int status;

	if (!child_over(&w->child, &status))
		return;
	w->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (w->ending || (w->draining && w->code == 0))
		return;
	w->status.restarts++;
	if (now - w->started > GOOD_US)
		w->wait_us = WAIT_MIN;
	tell_end(w, status);
	w->start_at = now + w->wait_us;
	w->wait_us = 2 * w->wait_us < WAIT_MAX ? 2 * w->wait_us : WAIT_MAX;
}

int
watch_fd(const struct watch *w)
{
	size_t n;

	return w->child.fd >= 0 && pass_own_room(w->pass, &n) ? w->child.fd
							      : -1;
}

void
watch_take(struct watch *w, uint64_t now)
{
	size_t n;
	char *to = pass_own_room(w->pass, &n);
	ssize_t got;

	if (!to || w->child.fd < 0)
		return;
	got = read(w->child.fd, to, n);
	if (got > 0)
		pass_own_commit(w->pass, (size_t)got);
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	pass_own_torn(w->pass);
	close(w->child.fd);
	w->child.fd = -1;
	w->tick_at = now + REAP_US;
}

/* ---- the spool is full ---- */

static void
tell_full(const struct watch *w, enum log_event ev)
{
	struct log_line l;
	int err;
	enum spool_full why = spool_why(w->spool, &err);

	log_open(&l, ev);
	log_s(&l, "path", w->writer->spool);
	if (ev == LOG_SPOOL_FULL && why == SPOOL_DISK)
		log_errno(&l, err);
	else if (ev == LOG_SPOOL_FULL)
		log_s(&l, "why", "spool-max");
	log_u64(&l, "records", w->pass->side_records);
	log_u64(&l, "bytes", w->pass->side_bytes);
	log_send(&l);
}

void
watch_full(struct watch *w, uint64_t now)
{
	if (w->pass->beside && now >= w->try_at) {
		w->try_at = now + TRY_US;
		pass_try_spool(w->pass);
	}
	if (w->pass->beside && (!w->beside || now >= w->full_at)) {
		w->full_at = now + LOG_US;
		tell_full(w, LOG_SPOOL_FULL);
	}
	if (!w->pass->beside && w->beside)
		tell_full(w, LOG_SPOOL_ROOM);
	w->beside = w->pass->beside;
}

/* ---- time ---- */

void
watch_tick(struct watch *w, uint64_t now)
{
	w->tick_at = now + (w->child.pid && w->child.fd < 0 ? REAP_US : TICK);
	reap(w, now);
	/* What the last one has said comes first. */
	if (now >= w->start_at && !w->ending && w->child.fd < 0)
		start(w, now);
	status_mark(&w->status, now);
	if (w->beside)
		watch_full(w, now);
	if (now >= w->file_at) {
		w->file_at = now + FILE_US;
		status_write(&w->status, now);
	}
	if (now >= w->log_at && status_lag(&w->status, now) >= OLD_US) {
		w->log_at = now + LOG_US;
		status_log(&w->status, now);
	}
}

int
watch_open(struct watch *w, struct spool *spool, struct pass *pass,
    const struct writer_config *writer, uint64_t now)
{
	*w = (struct watch){.writer = writer,
	    .spool = spool,
	    .pass = pass,
	    .child = {.fd = -1},
	    .code = -1,
	    .wait_us = WAIT_MIN,
	    .log_at = now + LOG_US,
	    .status = {.pass = pass, .spool = spool, .stats = writer->stats}};
	if (status_open(&w->status, writer->spool) < 0)
		return -1;
	start(w, now);
	return 0;
}

void
watch_close(struct watch *w)
{
	status_close(&w->status);
	if (w->child.fd >= 0)
		close(w->child.fd);
	w->child.fd = -1;
}
