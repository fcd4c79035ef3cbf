/*
 * program/settings.c - what a site may choose: read, checked, explained
 *
 * settings_table.h has a row for each setting; everything here is about kinds of values, not about
 * single settings. Sources are applied one over the other:
 *
 *     default < HOME/weir.conf < weir.conf beside the program < WEIR_NAME in the environment
 *
 * The home itself is looked for first, in the same order of sources but for the home's own file,
 * which cannot move it. A home that is named beside the program as a relative path is taken from
 * that folder, so that a folder of programs can be moved together with its data.
 */
#include "program/program.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/utf8.h"

extern char **environ;

enum setting_kind { KIND_TEXT, KIND_SIZE, KIND_COUNT, KIND_DURATION, KIND_FLAG };

struct setting {
	const char	*name;
	enum setting_kind kind;
	size_t		 offset;	/* in struct settings */
	const char	*text;		/* its default */
	const char	*help;
};

static const struct setting table[] = {
#define SETTING(kind, name, text, help) \
	{ #name, KIND_##kind, offsetof(struct settings, name), text, help },
#include "program/settings_table.h"
#undef SETTING
};

#define N_SETTINGS (sizeof(table) / sizeof(table[0]))

static const struct {
	const char	*unit;		/* in settings_print */
	const char	*right;		/* in error texts */
} kinds[] = {
	[KIND_TEXT] = { "text", "a text" },
	[KIND_SIZE] = { "bytes", "bytes, such as 4096, 64k, 16M or 2G" },
	[KIND_COUNT] = { "number", "a whole number" },
	[KIND_DURATION] = { "duration", "a duration, such as 500ms, 30s, 1h30m or 7d" },
	[KIND_FLAG] = { "yes/no", "yes or no" },
};

struct reading {		/* one source on its way into the settings */
	struct settings	*settings;
	struct arena	*arena;
	bool		 home_allowed;
	bool		 home_only;	/* first look: where is the home? */
};

/* ---- values ---- */

struct unit {
	const char	*name;
	uint64_t	 size;
};

static const struct unit time_units[] = {	/* the greatest first */
	{ "w", UINT64_C(604800000000000) }, { "d", UINT64_C(86400000000000) },
	{ "h", UINT64_C(3600000000000) }, { "m", UINT64_C(60000000000) },
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};

#define N_TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 4096, 64k, 64KiB, 16M, 2G, 1T: powers of 1024 */
static int
parse_size(struct slice text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	size_t digits = 0;
	unsigned shift = 0;
	struct slice unit;
	const char *at;

	while (digits < text.n && is_digit(text.p[digits]))
		digits++;
	unit = slice_trim(slice_make(text.p + digits, text.n - digits));
	if (unit.n > 1 && slice_eq_nocase(slice_make(unit.p + 1, unit.n - 1), SLICE("ib")))
		unit.n = 1;
	if (unit.n == 1) {
		at = strchr(units, unit.p[0] | 0x20);
		if (at == NULL)
			return -1;
		shift = 10 * (unsigned)(at - units + 1);
	} else if (unit.n > 1) {
		return -1;
	}
	if (slice_to_u64(slice_make(text.p, digits), bytes) != 0 ||
	    *bytes > (uint64_t)INT64_MAX >> shift)
		return -1;
	*bytes <<= shift;
	return 0;
}

static int
parse_flag(struct slice text, bool *flag)
{
	static const char *const words[2][4] = {
		{ "no", "false", "off", "0" }, { "yes", "true", "on", "1" },
	};

	for (size_t i = 0; i < 8; i++) {
		if (slice_eq_nocase(text, slice_from(words[i & 1][i / 2]))) {
			*flag = i & 1;
			return 0;
		}
	}
	return -1;
}

/* One `15m` off the front of *text. */
static int
cut_duration(struct slice *text, int64_t *ns)
{
	size_t digits = 0, end, i;
	uint64_t n;

	while (digits < text->n && is_digit(text->p[digits]))
		digits++;
	for (end = digits; end < text->n && !is_digit(text->p[end]); end++)
		;
	for (i = 0; i < N_TIME_UNITS; i++) {
		if (slice_eq(slice_from(time_units[i].name),
		    slice_make(text->p + digits, end - digits)))
			break;
	}
	if (i == N_TIME_UNITS || slice_to_u64(slice_make(text->p, digits), &n) != 0 ||
	    n > (uint64_t)INT64_MAX / time_units[i].size)
		return -1;
	*ns = (int64_t)(n * time_units[i].size);
	*text = slice_make(text->p + end, text->n - end);
	return 0;
}

int
settings_parse_duration(struct slice text, int64_t *ns)
{
	int64_t sum = 0, part;

	if (text.n == 0)
		return -1;
	if (slice_eq(text, SLICE("0")))
		text.n = 0;
	while (text.n > 0) {
		if (cut_duration(&text, &part) != 0 || __builtin_add_overflow(sum, part, &sum))
			return -1;
	}
	*ns = sum;
	return 0;
}

static int
parse_value(struct reading *reading, const struct setting *setting, struct slice text)
{
	char *at = (char *)reading->settings + setting->offset;

	switch (setting->kind) {
	case KIND_TEXT:
		if (text.n == 0)
			return -1;
		*(const char **)(void *)at = arena_string(reading->arena, text);
		return 0;
	case KIND_SIZE:
		return parse_size(text, (uint64_t *)(void *)at);
	case KIND_COUNT:
		return slice_to_u64(text, (uint64_t *)(void *)at);
	case KIND_DURATION:
		return settings_parse_duration(text, (int64_t *)(void *)at);
	case KIND_FLAG:
		return parse_flag(text, (bool *)(void *)at);
	}
	return -1;
}

/* ---- sources ---- */

static const struct setting *
find_setting(struct slice name)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (slice_eq(name, slice_from(table[i].name)))
			return &table[i];
	}
	return NULL;
}

static int
set(void *to, struct slice name, struct slice value, struct err *err)
{
	struct reading *reading = to;
	const struct setting *setting = find_setting(name);
	bool home = slice_eq(name, SLICE("home"));

	if (reading->home_only && !home)
		return 0;
	if (setting == NULL)
		return err_set(err, ERR_INVALID, "found \"" SLICE_FMT "\", expected the name of a "
		    "setting (`weir settings` lists them)", SLICE_ARG(utf8_cut(name, 100)));
	if (home && !reading->home_allowed)
		return err_set(err, ERR_INVALID, "found \"home\", which the weir.conf in the home "
		    "cannot set: expected it in WEIR_HOME or in weir.conf beside the program");
	if (parse_value(reading, setting, value) != 0)
		return err_set(err, ERR_INVALID, "%s: found \"" SLICE_FMT "\", expected %s",
		    setting->name, SLICE_ARG(utf8_cut(value, 200)), kinds[setting->kind].right);
	return 0;
}

static void
set_defaults(struct settings *settings, struct arena *arena)
{
	struct reading reading = { settings, arena, true, false };
	struct err err;

	for (size_t i = 0; i < N_SETTINGS; i++) {
		int bad = set(&reading, slice_from(table[i].name), slice_from(table[i].text), &err);

		assert(bad == 0);
		(void)bad;
	}
}

/*
 * An empty variable is an unset one. WEIR_TEST_... belongs to tests.
 */
static int
read_environment(struct reading *reading, struct err *err)
{
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		struct slice all = slice_from(*entry), name;
		char lower[64];
		size_t equals = slice_find(all, '='), n;

		if (!slice_starts(all, SLICE("WEIR_")) || slice_starts(all, SLICE("WEIR_TEST_")) ||
		    equals == all.n || equals + 1 == all.n)
			continue;
		name = slice_make(all.p, equals);
		n = name.n - 5 < sizeof(lower) ? name.n - 5 : sizeof(lower);
		for (size_t i = 0; i < n; i++) {
			char c = name.p[5 + i];

			lower[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		}
		if (set(reading, slice_make(lower, n),
		    slice_make(all.p + equals + 1, all.n - equals - 1), err) != 0)
			return err_set(err, ERR_INVALID, SLICE_FMT " in the environment: %s",
			    SLICE_ARG(utf8_cut(name, 100)), err->text);
	}
	return 0;
}

const char *
settings_folder(struct arena *arena, const char *program_path)
{
	char exe[PATH_MAX];
	struct slice path = slice_from(program_path);
	ssize_t n;
	size_t slash;

	if (path.n == 0 || memchr(path.p, '/', path.n) == NULL) {
		n = readlink("/proc/self/exe", exe, sizeof(exe));
		path = slice_make(exe, n > 0 ? (size_t)n : 0);
	}
	for (slash = path.n; slash > 0 && path.p[slash - 1] != '/'; slash--)
		;
	if (slash == 0)
		return arena_string(arena, SLICE("."));
	return arena_string(arena, slice_make(path.p, slash > 1 ? slash - 1 : 1));
}

static int
read_file(struct reading *reading, const char *folder, struct err *err)
{
	struct slice path = arena_printf(reading->arena, "%s/weir.conf", folder);

	return conf_read(path.p, set, reading, err) < 0 ? -1 : 0;
}

/* Where is the home? Errors wait for the second reading, which sees the whole of every source. */
static const char *
find_home(struct arena *arena, const char *folder)
{
	struct settings found = { .home = NULL };
	struct reading reading = { &found, arena, true, true };
	struct err err;

	read_file(&reading, folder, &err);
	if (found.home != NULL && found.home[0] != '/')
		found.home = arena_printf(arena, "%s/%s", folder, found.home).p;
	read_environment(&reading, &err);
	return found.home != NULL ? found.home : WEIR_HOME_DEFAULT;
}

int
settings_read(struct settings *settings, struct arena *arena, const char *program_path,
    const char *home, struct err *err)
{
	const char *folder = settings_folder(arena, program_path);
	struct reading reading = { settings, arena, false, false };
	int result = -1;

	if (home == NULL)
		home = find_home(arena, folder);
	home = arena_string(arena, slice_from(home));
	set_defaults(settings, arena);
	if (read_file(&reading, home, err) == 0) {
		reading.home_allowed = true;
		if (read_file(&reading, folder, err) == 0 && read_environment(&reading, err) == 0)
			result = 0;
	}
	if (result != 0)
		set_defaults(settings, arena);
	settings->home = home;
	return result;
}

/* ---- what they are ---- */

/* The greatest unit that fits without a rest; the last one, of size 1, always does. */
static void
put_scaled(struct buf *out, uint64_t n, const struct unit *unit)
{
	while (unit->size > 1 && (n == 0 || n % unit->size != 0))
		unit++;
	number_put_uint(out, n / unit->size);
	buf_puts(out, unit->name);
}

void
settings_put_duration(struct buf *out, int64_t ns)
{
	if (ns == 0)
		buf_puts(out, "0s");
	else
		put_scaled(out, (uint64_t)ns, time_units);
}

static void
put_value(struct buf *out, const struct settings *settings, const struct setting *setting)
{
	static const struct unit units[] = {
		{ "G", 1 << 30 }, { "M", 1 << 20 }, { "k", 1 << 10 }, { "", 1 },
	};
	const void *at = (const char *)settings + setting->offset;

	switch (setting->kind) {
	case KIND_TEXT:
		buf_puts(out, *(const char *const *)at);
		return;
	case KIND_SIZE:
		put_scaled(out, *(const uint64_t *)at, units);
		return;
	case KIND_COUNT:
		number_put_uint(out, *(const uint64_t *)at);
		return;
	case KIND_DURATION:
		settings_put_duration(out, *(const int64_t *)at);
		return;
	case KIND_FLAG:
		buf_puts(out, *(const bool *)at ? "yes" : "no");
		return;
	}
}

void
settings_print(const struct settings *settings, struct buf *out)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		/* the home's own weir.conf, which this may become, cannot say where it is */
		buf_printf(out, "%s# %s (%s; default %s)\n%s%s = ", i > 0 ? "\n" : "", table[i].help,
		    kinds[table[i].kind].unit, table[i].text,
		    table[i].offset == offsetof(struct settings, home) ? "# " : "", table[i].name);
		put_value(out, settings, &table[i]);
		buf_putc(out, '\n');
	}
}

void
settings_store_options(const struct settings *settings, struct store_options *options)
{
	store_default_options(options);
	options->home = settings->home;
	options->cache_bytes = settings->cache_size;
	options->checkpoint_bytes = settings->checkpoint_size;
	options->compact_bytes = settings->compact_size;
	options->backlog_bytes = settings->backlog_limit;
	options->reserve_bytes = settings->disk_reserve;
	options->wait_ms = (uint64_t)settings->lock_wait / 1000000;
	options->max_columns = settings->max_columns;
	options->max_measurements = settings->max_measurements;
	options->max_series = settings->max_series;
}
