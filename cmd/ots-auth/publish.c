#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "files.h"

struct job {
	struct buf *out;
	struct publish_result *res;
	int err;
	char first[ACCOUNT_NAME_MAX];
};

static void
put_groups(struct job *j, struct rec_writer *w, const char *label,
    const char *const *names, size_t n)
{
	for (size_t i = 0; i < n && i < PUBLISH_GROUPS; i++)
		rec_puts(w, label, names[i]);
	if (n > PUBLISH_GROUPS)
		j->res->cut += n - PUBLISH_GROUPS;
}

/* The database may have begun anew, after a conflict: so do we. */
static void
anew(struct job *j, const struct account_view *v)
{
	if (v->device != NULL)
		return;
	if (j->res->records == 0) {
		(void)str_fmt(j->first, sizeof j->first, "%s", v->user);
	} else if (strcmp(j->first, v->user) == 0) {
		buf_clear(j->out);
		*j->res = (struct publish_result){.records = 0};
	}
}

static int
put_view(void *arg, const struct account_view *v)
{
	struct job *j = arg;
	struct rec_writer w;

	anew(j, v);
	rec_begin(&w, j->out, v->device != NULL ? "device" : "user");
	rec_puts(&w, v->device != NULL ? "user" : "name", v->user);
	if (v->device != NULL)
		rec_puts(&w, "uid", v->device);
	if (v->disabled && v->device == NULL)
		rec_puts(&w, "disabled", "1");
	put_groups(j, &w, "in", v->in, v->n_in);
	put_groups(j, &w, "out", v->out, v->n_out);
	if (v->by != NULL && *v->by != '\0')
		rec_puts(&w, "by", v->by);
	if (rec_end(&w) < 0) {
		j->err = errno;
		return -1;
	}
	j->res->records++;
	return 0;
}

static int
put_border(struct buf *out, const char *kind, const struct publish_result *res)
{
	struct rec_writer w;

	rec_begin(&w, out, kind);
	rec_put_u64(&w, "revision", res->revision);
	if (slice_is(slice_of(kind), "users-end"))
		rec_put_u64(&w, "count", res->records);
	return rec_end(&w);
}

/* The revision of the list is known behind it, but stands before it. */
static int
compose(
    struct buf *out, const struct buf *body, const struct publish_result *res)
{
	size_t start = buf_size(out);
	int err;

	if (put_border(out, "users", res) == 0 &&
	    buf_put(out, buf_slice(body)) == 0 &&
	    put_border(out, "users-end", res) == 0)
		return 0;
	err = errno;
	buf_truncate(out, start);
	out->failed = false;
	errno = err;
	return -1;
}

int
publish(struct accounts *a, struct buf *out, struct publish_result *res)
{
	struct buf body;
	struct job job = {.out = &body, .res = res};
	int r;

	*res = (struct publish_result){.records = 0};
	buf_init(&body, SNAP_MAX - 4096);
	r = accounts_snapshot(a, put_view, &job, &res->revision);
	if (job.err != 0) {
		errno = job.err;
		r = -1;
	}
	if (r == 0)
		r = compose(out, &body, res);
	job.err = errno;
	buf_fini(&body);
	errno = job.err;
	return r < 0 ? -1 : 0;
}

/* --- the file --- */

int
publish_save(const char *path, struct slice records)
{
	char beside[PATH_MAX];
	int fd, err;

	if (str_fmt(beside, sizeof beside, "%s.new", path) < 0)
		return -1;
	(void)unlink(beside); /* of one that died, or anybody's link */
	fd = open(
	    beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	if (files_write_fd(fd, records) < 0 || fsync(fd) < 0) {
		err = errno;
		close(fd);
		(void)unlink(beside);
		errno = err;
		return -1;
	}
	close(fd);
	return rename(beside, path);
}

static int
parse(struct slice text, struct snap **out)
{
	static struct rec rec;
	struct rec_lines lines;
	struct snap_in in;
	struct slice line;
	int r = 0;

	rec_lines_init(&lines, REC_LINE_MAX);
	snap_in_init(&in);
	rec_lines_feed(&lines, text.p, text.n);
	while (r == 0 && rec_lines_next(&lines, &line)) {
		r = rec_parse(&rec, line);
		if (r > 0)
			r = snap_in_feed(&in, &rec, out);
	}
	snap_in_fini(&in);
	rec_lines_fini(&lines);
	if (r == 1)
		return 1;
	errno = EBADMSG;
	return -1;
}

int
publish_load(const char *path, struct snap **out)
{
	struct buf file = {.max = SNAP_MAX};
	int r = files_read(path, &file), err;

	if (r == 0)
		r = parse(buf_slice(&file), out);
	err = errno;
	buf_fini(&file);
	errno = err == EFBIG ? EBADMSG : err;
	return r < 0 && err == ENOENT ? 0 : r;
}
