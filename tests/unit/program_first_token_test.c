/*
 * tests/unit/program_first_token_test.c - a file beside the program makes a store and its token
 *
 * Whoever could not put it there gets nothing: a file of the wrong owner, one that others can write,
 * a link to elsewhere.
 */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "program/program.h"

struct place {
	char	 top[32];
	char	 program[64];	/* argv[0] */
	char	 home[64];
	char	 file[64];
};

static void
place_begin(struct place *p)
{
	strcpy(p->top, "/tmp/weir-test-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->program, sizeof(p->program), "%s/weir-write", p->top);
	snprintf(p->home, sizeof(p->home), "%s/home", p->top);
	snprintf(p->file, sizeof(p->file), "%s/" FIRST_TOKEN_FILE, p->top);
	assert_int_equal(setenv("WEIR_HOME", p->home, 1), 0);
	assert_int_equal(setenv("WEIR_DISK_RESERVE", "0", 1), 0);
}

static void
place_end(struct place *p)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", p->top);
	assert_int_equal(system(command), 0);
}

static void
put_text(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
put_token(const char *path, const char *token)
{
	struct buf out = { 0 };

	first_token_text(&out, slice_from(token));
	buf_putc(&out, '\0');
	put_text(path, out.p, 0600);
	buf_free(&out);
}

/*
 * knows - does a program that starts now let this token in? `why` is what it could not do
 */
static bool
knows(struct place *p, const char *token, struct err *why)
{
	struct auth_credential credential = { SLICE(""), slice_from(token) };
	struct store_options options;
	struct program program;
	struct grants grants;
	struct store *store;
	struct err err;
	bool known;

	program_begin(&program, "weir-test", p->program);
	settings_store_options(&program.settings, &options);
	if (first_token_take(&program, &options, why) == 0)
		*why = (struct err){ ERR_NONE, "" };
	known = program_store(&program, &store, &err) == 0 &&
	    auth_identify(program.auth, store, &credential, 0, program.arena, &grants, &err) == 0 &&
	    grants_all_access(&grants);
	program_end(&program);
	return known;
}

/*
 * A file of this token makes it one, and is gone then.
 */
static void
assert_takes(struct place *p, const char *token)
{
	struct stat st;
	struct err why;

	put_token(p->file, token);
	assert_true(knows(p, token, &why));
	assert_int_equal(why.code, ERR_NONE);
	assert_int_equal(stat(p->file, &st), -1);
}

static void
test_makes_the_store(void **state)
{
	struct place p;
	struct stat st;
	struct err why;
	char guard[80];

	(void)state;
	place_begin(&p);
	assert_false(knows(&p, "a-token-of-the-owner", &why));
	assert_int_equal(stat(p.home, &st), -1);
	assert_takes(&p, "a-token-of-the-owner");
	assert_int_equal(stat(p.home, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(guard, sizeof(guard), "%s/.htaccess", p.home);
	assert_int_equal(stat(guard, &st), 0);

	/* a second one, for who has lost the first */
	put_token(p.file, "another-token-of-the-owner");
	assert_true(knows(&p, "another-token-of-the-owner", &why));
	assert_true(knows(&p, "a-token-of-the-owner", &why));
	assert_int_equal(stat(p.file, &st), -1);
	assert_false(knows(&p, "a-token-of-nobody", &why));

	/* and the same once more, which is no error */
	assert_takes(&p, "a-token-of-the-owner");
	place_end(&p);
}

/*
 * The program before was killed when it had made the store, or the guard and nothing in it.
 */
static void
test_a_killed_one_leaves_no_open_folder(void **state)
{
	for (int with_file = 0; with_file < 2; with_file++) {
		struct store_options options;
		struct place p;
		struct stat st;
		struct err why;
		char guard[80];

		(void)state;
		place_begin(&p);
		store_default_options(&options);
		options.home = p.home;
		options.reserve_bytes = 0;
		assert_int_equal(store_create(&options, &why), 0);
		snprintf(guard, sizeof(guard), "%s/.htaccess", p.home);
		if (with_file)
			put_text(guard, "", 0600);
		put_token(p.file, "a-token-of-the-owner");
		assert_true(knows(&p, "a-token-of-the-owner", &why));
		assert_int_equal(stat(guard, &st), 0);
		assert_true(st.st_size > 0);
		place_end(&p);
	}
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char	*text;
		mode_t		 mode;
		const char	*why;
	} cases[] = {
		{ "hash = 12\n", 0600, "expected 64 hexadecimal digits" },
		{ "hash = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeX\n", 0600,
		    "expected 64 hexadecimal digits" },
		{ "token = abcdefgh\n", 0600, "expected \"hash\"" },
		{ "nothing\n", 0600, "expected NAME = VALUE" },
		{ "hash = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0620,
		    "can be written by others" },
		{ "hash = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0602,
		    "can be written by others" },
		{ "", 0600, "" },
	};
	struct place p;
	struct stat st;
	struct err why;

	(void)state;
	place_begin(&p);
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		put_text(p.file, cases[i].text, cases[i].mode);
		assert_false(knows(&p, "a-token-of-the-owner", &why));
		assert_non_null(strstr(why.text, cases[i].why));
		assert_int_equal(stat(p.home, &st), -1);
		assert_int_equal(stat(p.file, &st), 0);
	}
	place_end(&p);
}

static void
test_links(void **state)
{
	struct place p;
	struct stat st;
	struct err why;
	char elsewhere[64];

	(void)state;
	place_begin(&p);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", p.top);
	put_token(elsewhere, "a-token-of-a-stranger");
	assert_int_equal(symlink(elsewhere, p.file), 0);
	assert_false(knows(&p, "a-token-of-a-stranger", &why));
	assert_non_null(strstr(why.text, "is no file of its own"));
	assert_int_equal(stat(p.home, &st), -1);
	place_end(&p);
}

/* Only root can give a file away, and nobody else meets one that cannot be deleted. */
static void
test_owners(void **state)
{
	struct place p;
	struct stat st;
	struct err why;

	(void)state;
	if (geteuid() != 0)
		return;
	place_begin(&p);
	put_token(p.file, "a-token-of-a-stranger");
	assert_int_equal(chown(p.file, 12345, 12345), 0);
	assert_false(knows(&p, "a-token-of-a-stranger", &why));
	assert_non_null(strstr(why.text, "does not belong to the owner of its folder"));
	assert_int_equal(stat(p.home, &st), -1);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_makes_the_store),
		cmocka_unit_test(test_a_killed_one_leaves_no_open_folder),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
