/*
 * program/program.c - start-up, the store when it is first needed, serving, shutdown
 *
 * Nothing that fails here ends a program that serves: a web server would only start it again and
 * again. It stays up, answers 503, and tries once more with the next request.
 */
#include "program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

/*
 * Who guesses must not keep a process that stays up from everybody else for long.
 */
#define PASSWORD_WAIT_MS 1000

/*
 * Whoever starts a program may have closed its standard files (FastCGI's specification leaves but the
 * first). A store's file, or a client's connection, that took such a number would be printed into.
 * What stands in refuses to be read or written, as a closed one does.
 */
static void
keep_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
			return;
}

int
program_begin_at(struct program *program, const char *name, const char *path, const char *home,
    struct err *err)
{
	memset(program, 0, sizeof(*program));
	keep_standard_files();
	umask(077);
	signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is an error like a full disk */
	log_name(name);
	program->name = name;
	program->arena = arena_new(4096);
	program->folder = settings_folder(program->arena, path);
	program->auth = auth_new();
	if (settings_read(&program->settings, program->arena, path, home, err) != 0)
		return -1;
	auth_limit(program->auth, program->settings.password_checks, PASSWORD_WAIT_MS);
	return 0;
}

void
program_begin(struct program *program, const char *name, const char *path)
{
	struct err err;

	if (program_begin_at(program, name, path, NULL, &err) != 0) {
		log_error("%s", err.text);
		program->misconfigured = true;
		program->trouble = err;
	}
	program->serving = true;
}

void
program_end(struct program *program)
{
	if (program->store != NULL)
		store_close(program->store);
	program->store = NULL;
	auth_free(program->auth);
	arena_free(program->arena);
	program->auth = NULL;
	program->arena = NULL;
}

int
program_store(struct program *program, struct store **store, struct err *err)
{
	struct store_options options;
	struct err why;

	*store = program->store;
	if (*store != NULL)
		return 0;
	if (program->misconfigured)
		return err_set(err, ERR_UNAVAILABLE,
		    "this service is not set up correctly; its log says what is wrong");
	settings_store_options(&program->settings, &options);
	if (program->serving && first_token_take(program, &options, &why) != 0)
		log_error("%s", why.text);
	if (store_open(store, &options, &why) == 0) {
		program->store = *store;
		return 0;
	}
	*store = NULL;
	if (!program->serving)
		return err_set(err, why.code, "%s", why.text);
	log_error("%s", why.text);
	return err_set(err, ERR_UNAVAILABLE, "the store cannot be opened, please try again later");
}

/*
 * A CGI program should not outlive its reply for long: what it leaves undone the next one does.
 */
#define CGI_WORK_NS INT64_C(250000000)

#define BUSY_KEEP_BYTES ((size_t)32 << 20)	/* of free memory, for a request that comes at once */
#define IDLE_KEEP_BYTES ((size_t)4 << 20)

static bool
is_wanted(void *arg)
{
	const int64_t *until = arg;

	return http_wanted() || clock_monotonic_ns() > *until;
}

static void
after_reply(void *ctx)
{
	struct program *program = ctx;
	int64_t until = http_is_cgi() ? clock_monotonic_ns() + CGI_WORK_NS : INT64_MAX;

	program->paused = false;
	if (program->store != NULL)
		store_maintain(program->store, http_is_cgi() ? STORE_PAUSE : STORE_BUSY, is_wanted,
		    &until);
	memory_release(BUSY_KEEP_BYTES);
}

/*
 * Nobody has come for a moment: a burst of writes is over. And after a while: what was written last
 * need not wait for more of its kind.
 */
#define PAUSE_MS 20
#define IDLE_MS 1000

static unsigned
idle(void *ctx)
{
	struct program *program = ctx;
	int64_t until = INT64_MAX;
	bool more = program->store != NULL && store_maintain(program->store,
	    program->paused ? STORE_IDLE : STORE_PAUSE, is_wanted, &until);

	memory_release(IDLE_KEEP_BYTES);
	if (program->paused)
		return more ? IDLE_MS : 0;
	program->paused = true;
	return IDLE_MS - PAUSE_MS;
}

int
program_serve(struct program *program, const struct http_route *routes, size_t n_routes)
{
	const struct settings *settings = &program->settings;
	const struct http_program http = {
		.name = program->name,
		.routes = routes,
		.n_routes = n_routes,
		.after_reply = after_reply,
		.idle = idle,
		.idle_ms = PAUSE_MS,
		.ctx = program,
		.sent_bytes = settings->body_limit,
		.inflated_bytes = settings->inflated_limit,
		.spool_bytes = settings->spool_threshold,
		.spool_dir = settings->spool_dir,
		.too_large = program->too_large,
		.plain = !settings->compress,
	};
	struct err err;
	int status = EXIT_SUCCESS;

	if (http_serve(&http, &err) != 0) {
		log_error("%s", err.text);
		status = EXIT_FAILURE;
	}
	program_end(program);
	return status;
}

struct program *
program_of(struct http_request *req)
{
	return req->ctx;
}

int
program_identify(struct http_request *req, struct grants *grants, struct err *err)
{
	struct program *program = program_of(req);
	struct auth_credential credential = { req->credential.user, req->credential.secret };
	struct store *store;
	struct err why;

	memset(grants, 0, sizeof(*grants));
	if (!req->credential.present)
		return err_set(err, ERR_UNAUTHORIZED, "unauthorized access");
	if (program_store(program, &store, err) != 0)
		return -1;
	if (auth_identify(program->auth, store, &credential, clock_now_ns(), req->arena, grants,
	    &why) != 0)
		return store_excuse(err, &why);
	return 0;
}
