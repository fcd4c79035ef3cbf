/*
 * tests/unit/program_health_test.c - /ping and /health, with a store, without one, and badly set up
 *
 * No program that serves is stopped by any of it: it answers 503 and says nothing of paths.
 */
#include "http_memory.h"
#include "unit.h"

#include <unistd.h>

#include "admin/admin.h"
#include "program/program.h"

static int
identified(struct http_request *req, struct err *err)
{
	struct grants grants;

	if (program_identify(req, &grants, err) != 0)
		return -1;
	http_reply_bytes(req, 200, "text/plain", SLICE("welcome"));
	return 0;
}

static const struct http_route routes[] = {
	PROGRAM_HEALTH_ROUTES,
	{ HTTP_GET, "/query", identified, HTTP_V1 | HTTP_CREDENTIAL, 0, 0 },
};

static void
asks(struct program *program, const char *path, const char *query, const char *status,
    const char *part)
{
	const struct http_program http = {
		.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes), .ctx = program,
	};
	struct memory_link m;
	const char *answer;

	memory_open(&m);
	memory_set(&m, "REQUEST_METHOD", "GET");
	memory_set(&m, "SCRIPT_NAME", "");
	memory_set(&m, "PATH_INFO", path);
	memory_set(&m, "QUERY_STRING", query);
	memory_set(&m, "HTTP_AUTHORIZATION", "Token a-token-for-tests");
	answer = memory_ask(&m, &http);
	assert_has(answer, status);
	assert_has(answer, part);
	if (strstr(answer, "/tmp/") != NULL)
		fail_msg("%s tells a path: %s", path, answer);
	memory_close(&m);
}

struct place {
	char	 top[32];
	char	 program[64];	/* argv[0] */
	char	 home[64];
};

static void
place_begin(struct place *p)
{
	strcpy(p->top, "/tmp/weir-test-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->program, sizeof(p->program), "%s/weir-test", p->top);
	snprintf(p->home, sizeof(p->home), "%s/home", p->top);
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
test_no_store_then_a_store(void **state)
{
	struct program program;
	struct store_options options;
	struct place p;
	struct err err;

	(void)state;
	place_begin(&p);
	program_begin(&program, "weir-test", p.program);
	asks(&program, "/ping", "", "Status: 204", "X-Influxdb-Version: 1.8-weir-");
	asks(&program, "/ping", "verbose=false", "Status: 204", "");
	asks(&program, "/ping", "verbose=true", "Status: 200", "{\"version\":\"1.8-weir-");
	asks(&program, "/health", "", "Status: 503", "\"status\":\"fail\"");
	asks(&program, "/query", "", "Status: 503", "\"code\":\"unavailable\"");

	/* what comes into being later is found by the next request */
	settings_store_options(&program.settings, &options);
	assert_int_equal(admin_setup(&options, SLICE("a-token-for-tests"), program.arena, &err), 0);
	asks(&program, "/health", "", "Status: 200", "{\"checks\":[],\"message\":\"ready for queries "
	    "and writes\",\"name\":\"influxdb\",\"status\":\"pass\",\"version\":\"1.8-weir-");
	asks(&program, "/query", "", "Status: 200", "welcome");
	program_end(&program);
	place_end(&p);
}

static void
test_bad_settings(void **state)
{
	struct program program;
	struct place p;

	(void)state;
	place_begin(&p);
	assert_int_equal(setenv("WEIR_CACHE_SIZE", "much", 1), 0);
	program_begin(&program, "weir-test", p.program);
	assert_true(program.misconfigured);
	asks(&program, "/ping", "", "Status: 204", "");
	asks(&program, "/health", "", "Status: 503", "\"status\":\"fail\"");
	asks(&program, "/query", "", "Status: 503", "not set up correctly");
	program_end(&program);
	assert_int_equal(unsetenv("WEIR_CACHE_SIZE"), 0);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_store_then_a_store),
		cmocka_unit_test(test_bad_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
