/*
 * cgi-bin/weir_user.c - users: create, list, delete, password, grant, revoke
 *
 * A password is asked for twice on a terminal, without showing it; from a pipe it is the first
 * line. On the command line (--password) other users of the machine can see it for a moment.
 */
#include "weir.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* ---- a password from a person or a pipe ---- */

static int
read_line(struct weir *weir, FILE *from, struct slice *line, struct err *err)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = getline(&text, &cap, from);

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n >= 0)
		*line = arena_copy(weir->arena, slice_make(text, (size_t)n));
	if (text != NULL)
		memset(text, 0, cap);
	free(text);
	return n >= 0 ? 0 : err_set(err, ERR_INVALID, "a password was expected on standard input");
}

static int
ask_once(struct weir *weir, const char *prompt, struct slice *line, struct err *err)
{
	struct termios shown, hidden;
	int result;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return err_set(err, ERR_IO, "the terminal cannot be told to hide a password");
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	fputs(prompt, stderr);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
		return err_set(err, ERR_IO, "the terminal cannot be told to hide a password");
	result = read_line(weir, stdin, line, err);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return result;
}

static int
read_password(struct weir *weir, struct slice *password, struct err *err)
{
	struct slice again;

	if (weir_flag(weir, "password")) {
		*password = weir_option(weir, "password");
		return 0;
	}
	if (!isatty(STDIN_FILENO))
		return read_line(weir, stdin, password, err);
	if (ask_once(weir, "password: ", password, err) != 0 ||
	    ask_once(weir, "once more: ", &again, err) != 0)
		return -1;
	return slice_eq(*password, again) ? 0 :
	    err_set(err, ERR_INVALID, "the two passwords are not the same");
}

/* ---- the commands ---- */

static const struct slice columns[] = {
	SLICE("name"), SLICE("permissions"), SLICE("created"), SLICE("changed"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

int
weir_user_create(struct weir *weir, struct err *err)
{
	const struct grant *grants;
	struct slice password;
	struct store *store;
	size_t n;

	if (weir_store(weir, &store, err) != 0 ||
	    weir_read_grants(weir, store, &grants, &n, err) != 0 ||
	    read_password(weir, &password, err) != 0)
		return -1;
	return admin_user_create(store, weir->arena, slice_from(weir->args[0]), password, grants, n,
	    err);
}

int
weir_user_list(struct weir *weir, struct err *err)
{
	struct store_bucket *buckets;
	struct store_user *list;
	struct weir_table table;
	struct store *store;
	size_t n, n_buckets;

	if (weir_store(weir, &store, err) != 0 ||
	    admin_bucket_list(store, weir->arena, &buckets, &n_buckets, err) != 0 ||
	    admin_user_list(store, weir->arena, &list, &n, err) != 0)
		return -1;
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	for (size_t i = 0; i < n; i++) {
		const struct value values[N_COLUMNS] = {
			weir_text(list[i].name),
			weir_text(weir_permissions(weir, list[i].grants, list[i].n_grants, buckets,
			    n_buckets)),
			weir_time(list[i].created_ns), weir_time(list[i].updated_ns),
		};

		weir_table_add(&table, values, PRECISION_AUTO);
	}
	weir_table_show(weir, &table);
	return WEIR_OK;
}

int
weir_user_delete(struct weir *weir, struct err *err)
{
	struct store *store;

	if (weir_store(weir, &store, err) != 0)
		return -1;
	return admin_user_delete(store, weir->arena, slice_from(weir->args[0]), err);
}

int
weir_user_password(struct weir *weir, struct err *err)
{
	struct slice password;
	struct store *store;

	if (weir_store(weir, &store, err) != 0 || read_password(weir, &password, err) != 0)
		return -1;
	return admin_user_set_password(store, weir->arena, slice_from(weir->args[0]), password, err);
}

static int
change(struct weir *weir, bool grant, struct err *err)
{
	struct admin_user_change change = { .how = grant ? ADMIN_GRANT_ADD : ADMIN_GRANT_REMOVE };
	struct store *store;

	if (weir_store(weir, &store, err) != 0 ||
	    weir_read_grants(weir, store, &change.grants, &change.n_grants, err) != 0)
		return -1;
	if (change.n_grants == 0)
		return weir_usage(weir, "%s needs --read, --write or --all-access",
		    weir->command->name);
	return admin_user_change(store, weir->arena, slice_from(weir->args[0]), &change, err);
}

int
weir_user_grant(struct weir *weir, struct err *err)
{
	return change(weir, true, err);
}

int
weir_user_revoke(struct weir *weir, struct err *err)
{
	return change(weir, false, err);
}
