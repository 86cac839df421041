/* Feeds every file of the given directories (or the given files) to a fuzz
 * target: the corpus as a test, without libFuzzer. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static int failed;
static unsigned long files;

static void
complain(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	failed = 1;
}

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL, *exact;
	size_t n = 0, cap = 0, got;

	if (!f) {
		complain(path);
		return;
	}
	do {
		if (n == cap) {
			cap = cap ? 2 * cap : 65536;
			data = realloc(data, cap);
			if (!data)
				abort();
		}
		got = fread(data + n, 1, cap - n, f);
		n += got;
	} while (got);
	if (ferror(f))
		complain(path);
	fclose(f);
	/* No byte more than there is, so that a checker sees an overrun. */
	exact = malloc(n ? n : 1);
	if (!exact)
		abort();
	memcpy(exact, data, n);
	free(data);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	files++;
}

static int
replay_directory(const char *path)
{
	char name[4096];
	struct dirent *e;
	DIR *d = opendir(path);
	int n;

	if (!d)
		return -1;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n = snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (n > 0 && (size_t)n < sizeof name)
			replay_file(name);
	}
	closedir(d);
	return 0;
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (replay_directory(argv[i]) < 0)
			replay_file(argv[i]);
	printf("%lu files\n", files);
	return failed || files == 0;
}
