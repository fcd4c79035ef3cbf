/*
 * tests/unit/base_conf_test.c - files of settings, and the texts of errors
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/utf8.h"

struct conf_case {
	const char	*name;
	struct slice	 file;
	int		 result;
	const char	*settings;	/* as taken, name=value; each */
	const char	*error;		/* behind PATH: */
};

#define FILE_OF(literal) { "" literal, sizeof(literal) - 1 }

static const struct conf_case cases[] = {
	{ "an empty file", FILE_OF(""), 0, "", NULL },
	{ "comments and blank lines", FILE_OF("# a = b\n\n  # c\n \t\n"), 0, "", NULL },
	{ "blanks go", FILE_OF(" a =  b c \r\nd=e"), 0, "a=b c;d=e;", NULL },
	{ "quotes keep blanks", FILE_OF("a = \" b \"\nc = \"\"\n"), 0, "a= b ;c=;", NULL },
	{ "an empty value", FILE_OF("a =\n"), 0, "a=;", NULL },
	{ "an equals sign in a value", FILE_OF("a = b=c\n"), 0, "a=b=c;", NULL },
	{ "no equals sign", FILE_OF("a = b\nc\n"), -1, "a=b;", "2: expected NAME = VALUE" },
	{ "no name", FILE_OF("\n = b\n"), -1, "", "2: expected a name before the equals sign" },
	{ "no end of the quotes", FILE_OF("a = \"b\n"), -1, "", "1: the quoted value has no end" },
	{ "one quote alone", FILE_OF("a = \"\n"), -1, "", "1: the quoted value has no end" },
	{ "a NUL", FILE_OF("a = b\0c\n"), -1, "", "1: the line holds a NUL byte" },
	{ "refused", FILE_OF("a = b\nbad = 1\nc = d\n"), -1, "a=b;", "2: no such setting: bad" },
};

static int
take(void *to, struct slice name, struct slice value, struct err *err)
{
	if (slice_eq(name, SLICE("bad")))
		return err_set(err, ERR_INVALID, "no such setting: " SLICE_FMT, SLICE_ARG(name));
	buf_printf(to, SLICE_FMT "=" SLICE_FMT ";", SLICE_ARG(name), SLICE_ARG(value));
	return 0;
}

static void
test_cases(void **state)
{
	char path[] = "/tmp/weir-conf-XXXXXX", want[256];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		const struct conf_case *c = &cases[i];
		struct buf taken = { 0 };
		struct err err;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, c->file.p, c->file.n, 0), c->file.n);
		UNIT_CHECK(c->name, conf_read(path, take, &taken, &err) == c->result);
		UNIT_SAME(c->name, buf_slice(&taken), slice_from(c->settings));
		if (c->error != NULL) {
			snprintf(want, sizeof(want), "%s:%s", path, c->error);
			UNIT_SAME(c->name, slice_from(err.text), slice_from(want));
		}
		buf_free(&taken);
	}
	close(fd);
	unlink(path);
}

static void
test_no_file(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(conf_read("/nonexistent/weir.conf", take, NULL, &err), 1);
	assert_int_equal(conf_read("/", take, NULL, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

struct err_case {
	enum err_code	 code;
	int		 status;
	const char	*word;
};

static const struct err_case codes[] = {
	{ ERR_NONE, 200, "ok" },
	{ ERR_SYNTAX, 400, "invalid" },
	{ ERR_NOT_FOUND, 404, "not found" },
	{ ERR_CONFLICT, 422, "conflict" },
	{ ERR_GONE, 499, "client closed request" },
	{ ERR_N_CODES, 500, "internal error" },
};

static void
test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(codes); i++) {
		assert_int_equal(err_status(codes[i].code), codes[i].status);
		assert_string_equal(err_word(codes[i].code), codes[i].word);
	}
}

static void
test_texts(void **state)
{
	struct err err;
	char text[3 * ERR_TEXT_MAX];

	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "nobody reads this"), -1);
	assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no %s", "bucket"), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "no bucket");
	err_set(&err, err.code, "write: %s", err.text);		/* into itself */
	assert_string_equal(err.text, "write: no bucket");
	assert_int_equal(err_come_back(&err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(err.text, "this service is overloaded, please try again later");
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xE2\x82\xAC", 4);
		err_set(&err, ERR_INVALID, "%s", text);
		assert_true(strlen(err.text) > ERR_TEXT_MAX - 4);
		assert_true(utf8_valid(slice_from(err.text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
