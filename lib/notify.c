#include "notify.h"

#include <unistd.h>

void
notify_ready(int fd)
{
	ssize_t n;

	if (fd < 0)
		return;
	n = write(fd, "\n", 1);
	(void)n;
	close(fd);
}
