/*
 * cgi-bin/weir.c - the command line of a weir store
 *
 * NAME
 *     weir - make and look after a weir store, write to it and query it
 *
 * SYNOPSIS
 *     weir [--home DIR] COMMAND [OPTION]... [ARGUMENT]...
 *
 *     weir help [COMMAND]
 *
 * DESCRIPTION
 *     Works on the store itself, side by side with the programs that a web server runs; none of
 *     them need be stopped. Whoever may read and write the home may do everything.
 *
 *     Root works as the user whose home it is, so that no file of the store comes to belong to
 *     somebody else than the user of the web server's programs. Files for a write or an import must
 *     then be readable for that user, or come on standard input; where an export goes must be a folder
 *     that user may write to, or standard output.
 *
 *     `weir help COMMAND` and `weir COMMAND --help` tell the options of each command.
 *
 * COMMANDS
 *     @insert
 *
 *     A password is asked for on the terminal; from a pipe it is the first line.
 *
 *     `export` writes all points of all databases, or of one, in the format of InfluxDB's
 *     influx_inspect: CREATE statements, comments that say where the points go, line protocol with
 *     times in nanoseconds. `import` reads that format, runs its CREATE DATABASE and CREATE
 *     RETENTION POLICY and no other statement, and stores the points; doing it twice is harmless.
 *     InfluxDB takes it in by `influx -import`. Where a bucket has a name of its own, a comment,
 *     `# BUCKET:name`, in front of its CREATE tells it to weir's import. Tokens, users, descriptions
 *     and mappings of two names to one bucket are not in it.
 *
 * OPTIONS
 *     --home DIR    the store's directory. Without it: WEIR_HOME, else `home` in a weir.conf beside
 *                   the program, else /var/lib/weir.
 *     --help        help, of weir or of a command
 *     --version     the version
 *
 *     An option's value follows it, or an equals sign: --home DIR, --home=DIR. After -- all words
 *     are arguments. Durations are such as 500ms, 30s, 1h30m, 7d.
 *
 * EXIT STATUS
 *     0    done
 *     1    failed; standard error says why
 *     2    the command line was wrong
 *     3    done in part: lines of a write or an import or statements of a query were refused, the
 *          others done; or an export left out what it names: series or fields that line protocol
 *          cannot say, buckets to which no database leads
 *     4    `check` found damage, mended or dropped or not
 *
 * CHECKING
 *     `check` reads every page of the databases, every record of log, journal, catalogue and index and
 *     every chunk, and compares what belongs together: names with ids, series with the lists of their
 *     tags and with how many are counted, chunks with series and fields. Programs may serve meanwhile.
 *     A line of its report tells where: a database's file, log, journal, catalogue, index, chunk; then
 *     whose it is and from when to when, as far as that can be told; and what is wrong. With --json a
 *     line is an object with where, bucket, measurement, series, from, to, what, dropped.
 *
 *     One flipped bit is harmless: programs turn it back when they read, `check --repair` on disk.
 *     Where more is wrong --repair drops what cannot be read (a column of a chunk, a chunk, the records
 *     of a page), makes a new database of the other pages, which needs room for a copy, and makes again
 *     what rows need of catalogue and index; names that are lost become recovered-NUMBER. Meanwhile
 *     others wait. It ends with 4 as well, and with 0 when it is run again.
 *
 * ENVIRONMENT
 *     WEIR_HOME    the store's directory, where --home is not given
 *     WEIR_NAME    the setting of that name, in capitals here, as WEIR_DISK_RESERVE; it goes before
 *                  every weir.conf. An empty variable is an unset one.
 *
 *     With GATEWAY_INTERFACE set, as by a web server, weir runs no command: it asks for no token. A CGI
 *     script of the owner's own that calls it unsets the variable.
 *
 * FILES
 *     HOME/weir.conf    settings of this store, a line NAME = VALUE each
 *     weir.conf         beside the program: settings that go before those
 *
 * EXAMPLES
 *         weir --home /srv/weir init
 *         weir --home /srv/weir bucket create sensors --retention 30d
 *         weir --home /srv/weir token create --write sensors --description 'the roof'
 *         weir --home /srv/weir user create grafana --read sensors
 *         zcat points.lp.gz | weir --home /srv/weir write --bucket sensors -
 *         weir --home /srv/weir query --db sensors 'SELECT mean(t) FROM air GROUP BY time(1h)'
 *         weir --home /srv/weir export | gzip > weir.txt.gz
 *         zcat weir.txt.gz | weir --home /srv/new import -
 *         influx_inspect export -datadir DATA -waldir WAL -out influx.txt
 *         weir --home /srv/weir import influx.txt
 *
 * SEE ALSO
 *     weir.conf(5), weir-write(8), weir-query(8)
 */
#include "weir.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- help ---- */

static void
print_option(const struct weir_option *option, FILE *to)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument != NULL ? " " : "",
	    option->argument != NULL ? option->argument : "");
	fprintf(to, "  %-24s %s\n", left, option->help);
}

static void
print_help(FILE *to)
{
	fputs("usage: weir [--home DIR] COMMAND [OPTION]... [ARGUMENT]...\n\n", to);
	for (size_t i = 0; i < weir_n_commands; i++)
		fprintf(to, "  %-18s %s\n", weir_commands[i].name, weir_commands[i].purpose);
	fputs("\n  --home DIR         the store; else WEIR_HOME, weir.conf beside the program,\n"
	    "                     " WEIR_HOME_DEFAULT "\n"
	    "  --version          print the version\n\n"
	    "`weir help COMMAND` tells its options. Exit status: 0 done, 1 failed, 2 wrong\n"
	    "command line, 3 lines or statements were refused and the others done, 4 damage\n"
	    "found by check.\n", to);
}

static void
print_command_help(const struct weir_command *command, FILE *to)
{
	fprintf(to, "usage: weir [--home DIR] %s [OPTION]...%s%s\n\n%s\n", command->name,
	    command->arguments[0] != '\0' ? " " : "", command->arguments, command->purpose);
	if (command->options[0].name != NULL)
		fputc('\n', to);
	for (const struct weir_option *option = command->options; option->name != NULL; option++)
		print_option(option, to);
}

int
weir_usage(const struct weir *weir, const char *fmt, ...)
{
	const char *name = weir->command != NULL ? weir->command->name : NULL;
	va_list args;

	fputs("weir: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n`weir help%s%s` tells how\n", name != NULL ? " " : "",
	    name != NULL ? name : "");
	return WEIR_USAGE;
}

/* ---- the command line ---- */

/* How many of the words are this command's name? 0: it is another command. */
static int
match_command(const struct weir_command *command, int n_words, char **words)
{
	struct slice name = slice_from(command->name);
	size_t space = slice_find(name, ' ');

	if (n_words < 1 || !slice_eq(slice_make(name.p, space), slice_from(words[0])))
		return 0;
	if (space == name.n)
		return 1;
	return n_words >= 2 && strcmp(command->name + space + 1, words[1]) == 0 ? 2 : 0;
}

static const struct weir_command *
find_command(int n_words, char **words, int *taken)
{
	for (size_t i = 0; i < weir_n_commands; i++) {
		*taken = match_command(&weir_commands[i], n_words, words);
		if (*taken > 0)
			return &weir_commands[i];
	}
	return NULL;
}

/* Does the first word begin this command's name of two words? */
static bool
in_group(const struct weir_command *command, const char *word)
{
	size_t first = slice_find(slice_from(command->name), ' ');

	return command->name[first] == ' ' && strlen(word) == first &&
	    strncmp(command->name, word, first) == 0;
}

static int
no_such_command(const struct weir *weir, int n_words, char **words)
{
	char list[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < weir_n_commands; i++) {
		if (in_group(&weir_commands[i], words[0]))
			n += (size_t)snprintf(list + n, sizeof(list) - n, " %s",
			    weir_commands[i].name + strlen(words[0]) + 1);
	}
	if (n > 0)
		return weir_usage(weir, "expected %s and one of:%s", words[0], list);
	return weir_usage(weir, "there is no command \"%s%s%s\"", words[0], n_words > 1 ? " " : "",
	    n_words > 1 ? words[1] : "");
}

static int
help_about(struct weir *weir, int n_words, char **words)
{
	const struct weir_command *command;
	size_t n = 0;
	int taken;

	if (n_words == 0) {
		print_help(stdout);
		return WEIR_OK;
	}
	command = find_command(n_words, words, &taken);
	if (command != NULL) {
		print_command_help(command, stdout);
		return WEIR_OK;
	}
	for (size_t i = 0; i < weir_n_commands; i++) {	/* "weir help bucket" */
		if (in_group(&weir_commands[i], words[0])) {
			printf("%s", n++ > 0 ? "\n" : "");
			print_command_help(&weir_commands[i], stdout);
		}
	}
	return n > 0 ? WEIR_OK : weir_usage(weir, "there is no command \"%s\"", words[0]);
}

static const struct weir_option *
find_option(const struct weir_command *command, struct slice name)
{
	static const struct weir_option home = { "home", "DIR", "" }, help = { "help", NULL, "" };

	if (slice_eq(name, SLICE("home")))
		return &home;
	if (slice_eq(name, SLICE("help")))
		return &help;
	if (command == NULL)
		return NULL;
	for (const struct weir_option *option = command->options; option->name != NULL; option++) {
		if (slice_eq(name, slice_from(option->name)))
			return option;
	}
	return NULL;
}

/*
 * A token or a password on the command line: kept, and wiped out where `ps` would show it.
 */
static const char *
take_value(struct weir *weir, const struct weir_option *option, char *value)
{
	const char *kept = value;

	if (strcmp(option->name, "password") == 0 || strcmp(option->name, "token") == 0) {
		kept = arena_string(weir->arena, slice_from(value));
		memset(value, 'x', strlen(value));
	}
	return kept;
}

/* One option at words[*at], and its value; *at moves over both. */
static int
take_option(struct weir *weir, int n_words, char **words, int *at)
{
	struct slice word = slice_from(words[*at] + 2);
	struct slice name = slice_make(word.p, slice_find(word, '='));
	const struct weir_option *option = find_option(weir->command, name);
	char *value = name.n < word.n ? words[*at] + 2 + name.n + 1 : NULL;

	if (option == NULL)
		return weir_usage(weir, "there is no option --" SLICE_FMT, SLICE_ARG(name));
	if (option->argument == NULL && value != NULL)
		return weir_usage(weir, "--%s takes no value", option->name);
	if (option->argument != NULL && value == NULL) {
		if (*at + 1 >= n_words)
			return weir_usage(weir, "--%s needs a %s", option->name, option->argument);
		value = words[++*at];
	}
	/* a script's variable that is not set: it must not mean every bucket, or for ever */
	if (option->argument != NULL && *value == '\0' && strcmp(option->name, "description") != 0)
		return weir_usage(weir, "--%s: found \"\", expected a %s", option->name,
		    option->argument);
	weir->given[weir->n_given++] = (struct weir_given){ option->name,
		value != NULL ? take_value(weir, option, value) : NULL };
	++*at;
	return WEIR_OK;
}

static int
take_words(struct weir *weir, int n_words, char **words)
{
	bool options = true;
	int status;

	for (int at = 0; at < n_words;) {
		if (options && strcmp(words[at], "--") == 0) {
			options = false;
			at++;
		} else if (options && words[at][0] == '-' && words[at][1] == '-') {
			status = take_option(weir, n_words, words, &at);
			if (status != WEIR_OK)
				return status;
		} else if (options && strcmp(words[at], "-h") == 0) {
			weir->given[weir->n_given++] = (struct weir_given){ "help", NULL };
			at++;
		} else if (options && words[at][0] == '-' && words[at][1] != '\0') {
			return weir_usage(weir, "there is no option %s", words[at]);
		} else {
			weir->args[weir->n_args++] = words[at++];
		}
	}
	return WEIR_OK;
}

static int
check_args(const struct weir *weir)
{
	const struct weir_command *command = weir->command;

	if (weir->n_args < (size_t)command->min_args)
		return weir_usage(weir, "%s needs %s", command->name, command->arguments);
	if (command->max_args >= 0 && weir->n_args > (size_t)command->max_args)
		return weir_usage(weir, "\"%s\" is one argument too many",
		    weir->args[command->max_args]);
	return WEIR_OK;
}

struct slice
weir_option(const struct weir *weir, const char *name)
{
	for (size_t i = weir->n_given; i > 0; i--) {
		if (strcmp(weir->given[i - 1].name, name) == 0 && weir->given[i - 1].value != NULL)
			return slice_from(weir->given[i - 1].value);
	}
	return SLICE("");
}

bool
weir_flag(const struct weir *weir, const char *name)
{
	for (size_t i = 0; i < weir->n_given; i++) {
		if (strcmp(weir->given[i].name, name) == 0)
			return true;
	}
	return false;
}

int
weir_store(struct weir *weir, struct store **store, struct err *err)
{
	return program_store(&weir->program, store, err);
}

/* ---- running ---- */

static int
run(struct weir *weir, const char *path)
{
	struct slice home = weir_option(weir, "home");
	struct err err;
	int status;

	if (program_begin_at(&weir->program, "weir", path, home.n > 0 ? home.p : NULL, &err) != 0 ||
	    program_become_owner(&weir->program, &err) != 0)
		status = -1;
	else
		status = weir->command->run(weir, &err);
	if (fflush(stdout) != 0 && status == WEIR_OK)
		status = err_set(&err, ERR_IO, "standard output cannot be written");
	if (status < 0) {
		fputs("weir: ", stderr);
		weir_print_text(slice_from(err.text), stderr);
		fputc('\n', stderr);
		status = WEIR_FAILED;
	}
	program_end(&weir->program);
	return status;
}

static int
dispatch(struct weir *weir, int n_words, char **words, const char *path)
{
	int at = 0, taken, status;

	while (at < n_words && words[at][0] == '-' && words[at][1] == '-' && words[at][2] != '\0') {
		if (strcmp(words[at], "--version") == 0) {
			puts("weir " PACKAGE_VERSION);
			return WEIR_OK;
		}
		status = take_option(weir, n_words, words, &at);
		if (status != WEIR_OK)
			return status;
	}
	if (weir_flag(weir, "help"))
		return help_about(weir, n_words - at, words + at);
	if (at == n_words) {
		print_help(stderr);
		return WEIR_USAGE;
	}
	if (strcmp(words[at], "help") == 0 || strcmp(words[at], "-h") == 0)
		return help_about(weir, n_words - at - 1, words + at + 1);
	weir->command = find_command(n_words - at, words + at, &taken);
	if (weir->command == NULL) {
		if (n_words - at >= 2 && strcmp(words[at + 1], "--help") == 0)
			return help_about(weir, 1, words + at);
		return no_such_command(weir, n_words - at, words + at);
	}
	status = take_words(weir, n_words - at - taken, words + at + taken);
	if (status != WEIR_OK)
		return status;
	if (weir_flag(weir, "help")) {
		print_command_help(weir->command, stdout);
		return WEIR_OK;
	}
	status = check_args(weir);
	return status != WEIR_OK ? status : run(weir, path);
}

/*
 * In a folder of CGI programs by mistake: a web server may make a URL's words a command line
 * (RFC 3875, 4.4), and whoever runs this owns the store.
 */
static int
refuse_visitors(void)
{
	puts("Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n"
	    "weir is a command for the owner of the store, and not for a web server.");
	fputs("weir: GATEWAY_INTERFACE is set: this is no CGI program, and should not lie among them\n",
	    stderr);
	return WEIR_FAILED;
}

int
main(int argc, char **argv)
{
	struct weir weir = { .arena = NULL };
	int status;

	if (getenv("GATEWAY_INTERFACE") != NULL)
		return refuse_visitors();
	weir.arena = arena_new(16384);

	weir.given = arena_array(weir.arena, struct weir_given, (size_t)argc + 1);
	weir.args = arena_array(weir.arena, const char *, (size_t)argc + 1);
	status = dispatch(&weir, argc > 0 ? argc - 1 : 0, argv + 1, argc > 0 ? argv[0] : "");
	arena_free(weir.arena);
	return status;
}
