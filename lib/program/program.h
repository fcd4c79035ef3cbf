/*
 * program/program.h - what every program does the same: settings, start-up, serve, shutdown
 *
 *     int
 *     main(int argc, char **argv)
 *     {
 *             struct program program;
 *
 *             program_begin(&program, "weir-query", argc > 0 ? argv[0] : "");
 *             return program_serve(&program, routes, sizeof(routes) / sizeof(routes[0]));
 *     }
 *
 * A handler finds its program by program_of(req), the store by program_store, and who asks by
 * program_identify. Settings that cannot be read and a home that cannot be opened stop no program
 * that serves: /ping and /health answer, all else is 503, and the reason stands in the log.
 */
#ifndef WEIR_PROGRAM_PROGRAM_H
#define WEIR_PROGRAM_PROGRAM_H

#include "auth/auth.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/http.h"
#include "model/grants.h"
#include "store/store.h"

#define PROGRAM_VERSION "1.8-weir-" PACKAGE_VERSION	/* a digit first: clients read it as 1.x */

#ifndef WEIR_HOME_DEFAULT
#define WEIR_HOME_DEFAULT "/var/lib/weir"
#endif

/* ---- settings.c ---- */

#define SETTING_TYPE_TEXT	const char *
#define SETTING_TYPE_SIZE	uint64_t
#define SETTING_TYPE_COUNT	uint64_t
#define SETTING_TYPE_DURATION	int64_t
#define SETTING_TYPE_FLAG	bool

struct settings {
#define SETTING(kind, name, text, help) SETTING_TYPE_##kind name;
#include "program/settings_table.h"
#undef SETTING
};

/*
 * settings_read - defaults, then weir.conf in the home, then weir.conf beside the program, then
 *                 WEIR_NAME in the environment; a later source beats an earlier one
 *
 *   in     arena    owns the texts
 *          program_path  argv[0]; its folder is where the second weir.conf is looked for
 *          home     from the command line; NULL = WEIR_HOME, else weir.conf beside the program,
 *                   else the default. A relative one beside the program is taken from there.
 *   errs   ERR_INVALID  an unknown name or a bad value: where it stands ("PATH:LINE: ..."), what
 *                       was found, what would be right. The settings are then the defaults, home
 *                       excepted as far as it is known.
 * settings_print - append every setting with its value, unit, default and help: a weir.conf
 */
int		 settings_read(struct settings *settings, struct arena *arena,
		     const char *program_path, const char *home, struct err *err);
void		 settings_print(const struct settings *settings, struct buf *out);

/*
 * settings_folder - the folder of the program, without trust in a name that was found through PATH
 */
const char	*settings_folder(struct arena *arena, const char *program_path);

/*
 * settings_parse_duration - 30s, 1h30m, 7d, 0: for the command line too
 * settings_put_duration - the same way round: in the greatest unit that fits
 */
void		 settings_put_duration(struct buf *out, int64_t ns);
int		 settings_parse_duration(struct slice text, int64_t *ns);

/*
 * settings_store_options - those of them that the store wants
 */
void		 settings_store_options(const struct settings *settings,
		     struct store_options *options);

/* ---- program.c ---- */

struct program {
	const char	*name;		/* "weir-write" */
	const char	*folder;	/* where the program lies */
	struct settings	 settings;
	struct arena	*arena;		/* of the settings' texts */
	struct store	*store;		/* NULL until program_store is first asked */
	struct auth	*auth;
	bool		 serving;	/* clients get no word about paths and settings */
	bool		 misconfigured;	/* `trouble` tells why */
	struct err	 trouble;
	const char	*too_large;	/* message of a 413; may be set before program_serve */
	bool		 paused;	/* no request came for a moment, and this was made use of */
};

/*
 * program_begin - umask 077, log name, settings. A bad setting is remembered and logged, and each
 *                 program_store then fails
 *   in     name     borrowed for ever
 *          path     argv[0]
 * program_begin_at - the same for a home named on the command line (NULL = none was)
 *   errs   ERR_INVALID  a bad setting
 * program_end - close the store, give everything back
 */
void		 program_begin(struct program *program, const char *name, const char *path);
int		 program_begin_at(struct program *program, const char *name, const char *path,
		     const char *home, struct err *err);
void		 program_end(struct program *program);

/*
 * program_become_owner - root becomes the user and group of the home, for good (owner.c)
 *   errs   ERR_IO  the kernel does not let us
 * Anybody else, a home of root, one that is not there and one that its owner cannot reach are left
 * as they are.
 */
int		 program_become_owner(const struct program *program, struct err *err);

/*
 * program_store - the store, opened by the first call
 *   errs   ERR_UNAVAILABLE  it cannot be opened. A program that serves says so to its clients
 *                           without a word about paths, and puts the reason into the log. Tried
 *                           again by the next call.
 */
int		 program_store(struct program *program, struct store **store, struct err *err);

/*
 * program_serve - answer requests until told to stop, then program_end
 *   in     routes   of the program; its after-reply work is store_maintain
 *   returns         the exit status of main
 */
int		 program_serve(struct program *program, const struct http_route *routes,
		     size_t n_routes);

/*
 * program_of - the program of a request
 * program_identify - who sent the request, and what they may do
 *   out    *grants  lives as long as the request
 *   errs   those of program_store and auth_identify; of a store that fails, nobody is told more
 *          before it is known who asks
 */
struct program	*program_of(struct http_request *req);
int		 program_identify(struct http_request *req, struct grants *grants, struct err *err);

/* ---- origin.c ---- */

/*
 * program_forbids_change - is this request a page's of another site, which must change nothing?
 * program_identify_writer - program_identify for an endpoint that writes
 *   errs   ERR_FORBIDDEN  a page of another site may not write with a Basic credential, ...
 */
bool		 program_forbids_change(struct http_request *req);
int		 program_identify_writer(struct http_request *req, struct grants *grants,
		     struct err *err);

/* ---- statements.c ---- */

struct query_request;

/*
 * program_allow_statements - which statements a site allows, the limits of each, and what now() is
 */
void		 program_allow_statements(const struct settings *settings,
		     struct query_request *request);

/* ---- first_token.c ---- */

#define FIRST_TOKEN_FILE	"weir-first-token"

/*
 * first_token_take - where there is a file of that name beside the program: make the store if need
 *                    be, make the token that it tells the hash of, and delete the file
 *   errs   ERR_INVALID      the file is not to be trusted, or its text is wrong
 *          ERR_UNAVAILABLE  there are tokens, and the file cannot be deleted
 *          those of store_create, store_open and admin_token_adopt
 * first_token_text - what such a file holds for a token
 */
int		 first_token_take(struct program *program, const struct store_options *options,
		     struct err *err);
void		 first_token_text(struct buf *out, struct slice token);

/* ---- health.c ---- */

/*
 * Rows for every program's route table: /ping 204 (200 with `verbose`), /health 200 or 503.
 */
#define PROGRAM_HEALTH_ROUTES \
	{ HTTP_GET | HTTP_HEAD, "/ping", program_ping, 0, 0, 0 }, \
	{ HTTP_GET, "/health", program_health, 0, 0, 0 }

int		 program_ping(struct http_request *req, struct err *err);
int		 program_health(struct http_request *req, struct err *err);

#endif
