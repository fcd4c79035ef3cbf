/*
 * cgi-bin/weir_store.c - the store as a whole: made, set, compacted
 */
#include <unistd.h>

#include "weir.h"

int
weir_init(struct weir *weir, struct err *err)
{
	const char *home = weir->program.settings.home;
	struct slice token = weir_option(weir, "token");
	struct store_options options;

	settings_store_options(&weir->program.settings, &options);
	if (admin_setup(&options, token, weir->arena, err) == 0) {
		printf("made a store in %s\n", home);
		if (token.n == 0)
			printf("next: weir --home %s token create --all-access\n", home);
		return WEIR_OK;
	}
	if (err->code != ERR_CONFLICT || token.n > 0)
		return -1;
	printf("there is a store in %s already; nothing was changed\n", home);
	return WEIR_OK;
}

int
weir_settings(struct weir *weir, struct err *err)
{
	struct buf out = { 0 };

	(void)err;
	printf("# Set in %s/weir.conf, in a weir.conf beside the program,\n"
	    "# or as WEIR_NAME in the environment; a later one of these beats an earlier one.\n\n",
	    weir->program.settings.home);
	settings_print(&weir->program.settings, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return WEIR_OK;
}

/* "compacting: 12 of 80 MB", over and over on one line of a terminal */
static void
show_compaction(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)arg;
	fprintf(stderr, "\r\033[Kcompacting: %llu of %llu MB", (unsigned long long)done_bytes / 1000000,
	    (unsigned long long)total_bytes / 1000000);
}

int
weir_compact(struct weir *weir, struct err *err)
{
	bool watched = isatty(STDERR_FILENO);
	struct store_compact_spec spec = { watched ? show_compaction : NULL, NULL };
	struct store *store;
	int r;

	if (weir_store(weir, &store, err) != 0)
		return -1;
	r = store_compact(store, &spec, err);
	if (watched)
		fputs("\r\033[K", stderr);
	return r == 0 ? WEIR_OK : -1;
}
