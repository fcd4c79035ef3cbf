/*
 * tests/fuzz/replay_main.c - run a fuzz target over files instead of over chance
 *
 *     line_replay [FILE or DIRECTORY]...
 *
 * With no argument the corpus of the room that the program is named after is taken,
 * $top_srcdir/tests/fuzz/corpus/ROOM. Each file is handed over in a block of its very size,
 * as libFuzzer does, so that a sanitizer sees the first byte read past the end. One more call
 * gets no bytes at all.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int		 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long n_replayed;

static void
give_up(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void
replay_file(const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = malloc(size > 0 ? size : 1);

	if (in == NULL || data == NULL)
		give_up(path);
	if (fread(data, 1, size, in) != size)
		give_up(path);
	fclose(in);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	n_replayed++;
}

static void
replay(const char *path)
{
	struct stat st;
	struct dirent **entries;
	int n;

	if (stat(path, &st) != 0)
		give_up(path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		give_up(path);
	for (int i = 0; i < n; i++) {
		char below[4096];

		if (entries[i]->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
			replay(below);
		}
		free(entries[i]);
	}
	free(entries);
}

static void
replay_corpus_of(const char *program)
{
	const char *top = getenv("top_srcdir");
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;
	const char *end = strstr(name, "_replay");
	char path[4096];

	if (end == NULL) {
		fprintf(stderr, "%s: name a file or a directory\n", program);
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%.*s", top != NULL ? top : ".",
	    (int)(end - name), name);
	replay(path);
}

int
main(int argc, char **argv)
{
	static const uint8_t nothing[1];

	LLVMFuzzerTestOneInput(nothing, 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc <= 1)
		replay_corpus_of(argv[0]);
	printf("%lu inputs replayed\n", n_replayed);
	return 0;
}
