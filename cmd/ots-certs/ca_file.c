/* Files and folders of the CA: whole or absent, owned like their folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ca_own.h"
#include "clock.h"
#include "die.h"
#include "files.h"

#define LOCK_WAIT_US 30000000
#define LOCK_TELL_US 1000000
#define LOCK_LOOK_US 10000 /* who waits for it looks so often */

void
ca_path(char out[], size_t size, const char *dir, const char *name)
{
	if (str_fmt(out, size, "%s/%s", dir, name) < 0)
		die(EXIT_USAGE, "%s/%s: the path is too long", dir, name);
}

/* Of a path: does it help to try again? */
static int
code_of(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EACCES:
	case EPERM:
	case ELOOP:
	case ENAMETOOLONG:
		return EXIT_USAGE;
	default:
		return EXIT_TEMP;
	}
}

static int
open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die_sys(code_of(errno), "unable to open the folder %s", dir);
	return fd;
}

void
ca_own_like(int dir_fd, int fd, mode_t mode)
{
	struct stat dir, st;

	if (fstat(dir_fd, &dir) < 0 || fstat(fd, &st) < 0 ||
	    (geteuid() == 0 && fchown(fd, dir.st_uid, dir.st_gid) < 0))
		die_sys(EXIT_TEMP, "unable to change the owner of a file");
	if (mode & dir.st_mode & S_ISGID)
		mode |= (mode & (S_IRUSR | S_IXUSR)) >> 3;
	if (!S_ISDIR(st.st_mode) || !(dir.st_mode & S_ISGID))
		mode &= ~(mode_t)S_ISGID;
	if (fchmod(fd, mode) < 0)
		die_sys(EXIT_TEMP, "unable to set the mode of a file");
}

/* Writers hold the lock, so nobody else is at the file beside; what is there
 * under its name was left by one that died. */
void
ca_write_file(
    const char *dir, const char *name, struct slice bytes, mode_t mode)
{
	int dir_fd = open_dir(dir), fd;
	char beside[256];

	if (str_fmt(beside, sizeof beside, ".%s.new", name) < 0)
		die(EXIT_USAGE, "%s: the name is too long", name);
	if (unlinkat(dir_fd, beside, 0) < 0 && errno != ENOENT)
		die_sys(EXIT_TEMP, "unable to remove %s/%s", dir, beside);
	fd = openat(dir_fd, beside,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		die_sys(code_of(errno), "unable to make %s/%s", dir, beside);
	ca_own_like(dir_fd, fd, mode);
	if (files_write_fd(fd, bytes) < 0 || fsync(fd) < 0 ||
	    renameat(dir_fd, beside, dir_fd, name) < 0) {
		int err = errno;

		(void)unlinkat(dir_fd, beside, 0);
		errno = err;
		die_sys(code_of(err), "unable to write %s/%s", dir, name);
	}
	close(fd);
	if (fsync(dir_fd) < 0)
		die_sys(EXIT_TEMP, "unable to sync the folder %s", dir);
	close(dir_fd);
}

bool
ca_read_path(const char *path, struct buf *out)
{
	if (files_read(path, out) == 0)
		return true;
	if (errno == ENOENT || errno == ENOTDIR)
		return false;
	if (errno == EFBIG)
		die(EXIT_USAGE, "%s is too large", path);
	die_sys(code_of(errno), "unable to read %s", path);
}

bool
ca_read_file(const char *dir, const char *name, struct buf *out)
{
	char path[CA_PATH_MAX];

	ca_path(path, sizeof path, dir, name);
	return ca_read_path(path, out);
}

bool
ca_has_file(const char *dir, const char *name)
{
	char path[CA_PATH_MAX];

	ca_path(path, sizeof path, dir, name);
	if (access(path, F_OK) == 0)
		return true;
	if (errno != ENOENT && errno != ENOTDIR)
		die_sys(EXIT_USAGE, "unable to look for %s", path);
	return false;
}

/* The folder that a path is in. */
static void
parent_of(const char *path, char out[CA_PATH_MAX])
{
	char *slash;

	if (str_fmt(out, CA_PATH_MAX, "%s", path) < 0)
		die(EXIT_USAGE, "%s: the path is too long", path);
	slash = strrchr(out, '/');
	if (!slash)
		memcpy(out, ".", 2);
	else if (slash == out)
		out[1] = '\0';
	else
		*slash = '\0';
}

/* Owner and mode of a folder of ours. */
static void
set_up_dir(const char *path, mode_t mode)
{
	char parent[CA_PATH_MAX];
	int up, fd;

	parent_of(path, parent);
	up = open_dir(parent);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		die_sys(EXIT_TEMP, "unable to set up the folder %s", path);
	ca_own_like(up, fd, mode);
	close(fd);
	if (fsync(up) < 0)
		die_sys(EXIT_TEMP, "unable to sync the folder %s", parent);
	close(up);
}

/* false: it is there. */
static bool
make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode & 0777) == 0) {
		set_up_dir(path, mode);
		return true;
	}
	if (errno != EEXIST)
		die_sys(EXIT_USAGE, "unable to make the folder %s", path);
	return false;
}

static bool
is_empty(const char *path)
{
	const struct dirent *e;
	bool empty = true;
	struct stat st;
	DIR *d;

	/* A link is somebody's wish. */
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    !(d = opendir(path)))
		return false;
	while (empty && (e = readdir(d)))
		empty =
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

void
ca_make_dir(const char *path, mode_t mode)
{
	if (!make_dir(path, mode) && is_empty(path))
		set_up_dir(path, mode);
}

void
ca_make_dirs(const char *path)
{
	char part[CA_PATH_MAX];
	size_t i;

	if (str_fmt(part, sizeof part, "%s", path) < 0 || !*path)
		die(EXIT_USAGE, "\"%s\": not a path for a folder", path);
	for (i = 1; part[i]; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		(void)make_dir(part, 0755);
		part[i] = '/';
	}
	if (part[i - 1] != '/')
		(void)make_dir(part, 0755);
}

static void
pause_us(long us)
{
	const struct timespec t = {.tv_nsec = us * 1000};

	(void)nanosleep(&t, NULL);
}

void
ca_lock_pause(void)
{
	pause_us(3L * LOCK_LOOK_US);
}

static void
wait_for_lock(int fd, const char *dir)
{
	uint64_t start = clock_mono_us(), waited;
	bool told = false;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			die_sys(EXIT_TEMP, "unable to lock %s/lock", dir);
		waited = clock_mono_us() - start;
		if (waited > LOCK_WAIT_US)
			die(EXIT_TEMP,
			    "%s/lock is held by another ots-certs for more "
			    "than 30 s",
			    dir);
		if (waited > LOCK_TELL_US && !told) {
			warnx_line("waiting for another ots-certs");
			told = true;
		}
		pause_us(LOCK_LOOK_US);
	}
}

int
ca_lock(const char *dir)
{
	int dir_fd = open_dir(dir), fd;
	struct stat st;

	fd = openat(
	    dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		die_sys(EXIT_USAGE, "unable to open %s/lock for writing", dir);
	/* Root gives it to the folder's owner, who could have made it a second
	 * name of something else. */
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		die(EXIT_USAGE, "%s/lock is no file of its own: remove it",
		    dir);
	ca_own_like(dir_fd, fd, 0600);
	close(dir_fd);
	wait_for_lock(fd, dir);
	return fd;
}
