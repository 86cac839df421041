#include "spool_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define STATE_SIZE 4096
#define RETRY_US   10000

static const char magic[8] = "otsspool";

_Static_assert(sizeof(struct spool_state) <= STATE_SIZE, "one page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
    "shared between processes");

static int
check_head(const struct spool_state *st, size_t segment)
{
	errno = EBADMSG;
	if (memcmp(st->magic, magic, sizeof magic) != 0)
		return -1;
	if (st->version != SPOOL_VERSION) {
		errno = EPROTO;
		return -1;
	}
	if (st->size != sizeof *st || st->segment == 0 ||
	    st->segment % STATE_SIZE != 0)
		return -1;
	return segment == 0 || st->segment == segment ? 0 : -1;
}

static void
make_head(struct spool_state *st, size_t segment)
{
	st->version = SPOOL_VERSION;
	st->size = sizeof *st;
	st->segment = segment;
	/* Makes no sense until all the others are there. */
	place_set(&st->written, UINT64_MAX);
	atomic_thread_fence(memory_order_release);
	memcpy(st->magic, magic, sizeof magic);
}

/* Its blocks are there: a page that cannot be written would be a SIGBUS. */
static int
state_file(int dir, bool create, bool *fresh)
{
	const int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, "state", how | (create ? O_CREAT : 0), 0600);
	struct stat s;
	int err;

	if (fd < 0)
		return -1;
	*fresh = false;
	if (fstat(fd, &s) < 0)
		err = errno;
	else if (s.st_size == STATE_SIZE)
		return fd;
	else if (s.st_size > 0)
		err = EBADMSG;
	else
		err = create ? posix_fallocate(fd, 0, STATE_SIZE) : ENOENT;
	*fresh = true;
	if (err == 0)
		return fd;
	close(fd);
	errno = err;
	return -1;
}

struct spool_state *
state_open(int dir, bool create, size_t segment, bool *fresh, int *fd)
{
	struct spool_state *st;
	int err;

	*fd = state_file(dir, create, fresh);
	if (*fd < 0)
		return NULL;
	st = mmap(NULL, STATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (st == MAP_FAILED) {
		st = NULL;
		goto bad;
	}
	if (*fresh)
		make_head(st, segment);
	if (check_head(st, segment) == 0)
		return st;
bad:
	err = errno;
	state_close(&st, *fd);
	errno = err;
	return NULL;
}

int
state_discard(int dir)
{
	return renameat(dir, "state", dir, "state.damaged");
}

bool
state_sane(const struct spool_state *st)
{
	uint64_t end = place_get(&st->end), w = place_get(&st->written),
		 ready = place_get(&st->ready), border = place_get(&st->border);

	return end <= SPOOL_PLACE_MAX && end % st->segment == 0 &&
	    border <= w && w <= ready && ready <= end &&
	    w - border <= 2 * st->segment &&
	    end <= (w / st->segment + 2) * st->segment &&
	    place_get(&st->released) <= w && place_get(&st->synced) <= w &&
	    place_get(&st->gap_from) <= place_get(&st->gap_to) &&
	    place_get(&st->gap_to) <= w;
}

void
state_close(struct spool_state **st, int fd)
{
	if (*st)
		munmap(*st, STATE_SIZE);
	*st = NULL;
	close(fd);
}

/* ---- id, boot, lock ---- */

static int
read_id(int fd, char id[SPOOL_ID_MAX])
{
	ssize_t n = read(fd, id, SPOOL_ID_MAX);

	close(fd);
	if (n == SPOOL_ID_MAX && id[n - 1] == '\n') {
		id[n - 1] = '\0';
		if (strspn(id, "0123456789abcdef-") == SPOOL_ID_MAX - 1)
			return 0;
	}
	errno = EBADMSG;
	return -1;
}

/* Whole or not at all, and before anything is stored under that name. */
int
state_new_id(int dir)
{
	const int how = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	char id[SPOOL_ID_MAX];
	int fd = openat(dir, "id.new", how, 0600);
	ssize_t n;

	if (fd < 0)
		return -1;
	clock_uuid(id);
	id[SPOOL_ID_MAX - 1] = '\n';
	n = write(fd, id, sizeof id);
	if (n == (ssize_t)sizeof id && fsync(fd) == 0) {
		close(fd);
		if (renameat(dir, "id.new", dir, "id") < 0)
			return -1;
		return fsync(dir);
	}
	if (n >= 0 && n < (ssize_t)sizeof id)
		errno = ENOSPC;
	close(fd);
	return -1;
}

int
state_id(int dir, bool make, char id[SPOOL_ID_MAX])
{
	int fd = openat(dir, "id", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		return read_id(fd, id);
	if (errno != ENOENT || !make || state_new_id(dir) < 0)
		return -1;
	return state_id(dir, false, id);
}

void
state_boot(char boot[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	memset(boot, 0, 40);
	if (fd < 0)
		return;
	n = read(fd, boot, 39);
	if (n < 0)
		n = 0;
	boot[n] = '\0';
	close(fd);
}

int
state_lock(int dir, const char *name, uint64_t wait_us)
{
	struct timespec pause = {.tv_nsec = (long)RETRY_US * 1000};
	int fd =
	    openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	uint64_t waited = 0;
	int err;

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? EBUSY : errno;
		if ((err != EBUSY && err != EINTR) || waited >= wait_us) {
			close(fd);
			errno = err;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
		waited += RETRY_US;
	}
	return fd;
}
