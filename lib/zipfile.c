#include "zipfile.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <zip.h>

#define NAME_MAX_BYTES 255
#define DOS_1980       0x21 /* the first day that the format knows */

static bool
char_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("._-@+", c));
}

/* One part of a name, without slashes. */
static bool
part_ok(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || p[0] == '.' || p[0] == '-' || p[n - 1] == '.')
		return false;
	for (i = 0; i < n; i++)
		if (!char_ok(p[i]))
			return false;
	return true;
}

bool
zipfile_name_ok(const char *name)
{
	size_t n;

	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	for (;; name += n + 1) {
		n = strcspn(name, "/");
		if (!part_ok(name, n))
			return false;
		if (!name[n])
			return true;
	}
}

static int
check_names(const struct zipfile_entry *e, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (!zipfile_name_ok(e[i].name))
			return -1;
		for (j = 0; j < i; j++)
			if (strcasecmp(e[i].name, e[j].name) == 0)
				return -1;
	}
	return 0;
}

static int
add(zip_t *z, const struct zipfile_entry *e)
{
	zip_source_t *src = zip_source_buffer(z, e->bytes.p, e->bytes.n, 0);
	zip_int64_t at;

	if (!src)
		return -1;
	at = zip_file_add(z, e->name, src, ZIP_FL_ENC_UTF_8);
	if (at < 0) {
		zip_source_free(src);
		return -1;
	}
	if (zip_file_set_dostime(z, (zip_uint64_t)at, 0, DOS_1980, 0) < 0)
		return -1;
	return zip_file_set_external_attributes(z, (zip_uint64_t)at, 0,
	    ZIP_OPSYS_UNIX, (zip_uint32_t)(S_IFREG | 0600) << 16);
}

/* The archive is in src then. */
static int
fill(zip_source_t *src, const struct zipfile_entry *e, size_t n)
{
	zip_error_t err;
	zip_t *z;
	size_t i;

	zip_error_init(&err);
	z = zip_open_from_source(src, ZIP_CREATE | ZIP_TRUNCATE, &err);
	zip_error_fini(&err);
	if (!z) {
		zip_source_free(src);
		return -1;
	}
	for (i = 0; i < n; i++)
		if (add(z, &e[i]) < 0) {
			zip_discard(z);
			return -1;
		}
	if (zip_close(z) < 0) {
		zip_discard(z);
		return -1;
	}
	return 0;
}

static int
take(zip_source_t *src, struct buf *out)
{
	zip_stat_t st;
	zip_int64_t got;
	char *to;

	if (zip_source_stat(src, &st) < 0 || !(st.valid & ZIP_STAT_SIZE) ||
	    zip_source_open(src) < 0) {
		errno = EIO;
		return -1;
	}
	to = buf_reserve(out, st.size);
	if (to) {
		got = zip_source_read(src, to, st.size);
		if (got >= 0 && (zip_uint64_t)got == st.size) {
			buf_commit(out, st.size);
		} else {
			to = NULL;
			errno = EIO;
		}
	}
	(void)zip_source_close(src);
	return to ? 0 : -1;
}

int
zipfile_make(const struct zipfile_entry *e, size_t n, struct buf *out)
{
	zip_source_t *src;
	int r = -1;

	if (check_names(e, n) < 0) {
		errno = EINVAL;
		return -1;
	}
	src = zip_source_buffer_create(NULL, 0, 0, NULL);
	if (!src) {
		errno = ENOMEM;
		return -1;
	}
	zip_source_keep(src); /* else the end of the archive frees it */
	if (fill(src, e, n) == 0)
		r = take(src, out);
	else
		errno = EIO;
	zip_source_free(src);
	return r;
}
