/*
 * cgi-bin/weir_token.c - tokens: create, list, delete, activate, deactivate
 *
 * A new token goes to standard output alone, so that a script can keep it: token=$(weir token
 * create ...). It is shown nowhere else and never again.
 */
#include "weir.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static const struct slice columns[] = {
	SLICE("id"), SLICE("status"), SLICE("permissions"), SLICE("created"), SLICE("expires"),
	SLICE("description"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
add(struct weir *weir, struct weir_table *table, const struct store_token *token,
    const struct store_bucket *buckets, size_t n_buckets)
{
	bool expired = token->expires_ns != 0 && token->expires_ns <= clock_now_ns();
	const struct value values[N_COLUMNS] = {
		weir_id(weir->arena, token->id),
		weir_text(!token->active ? SLICE("inactive") : expired ? SLICE("expired") :
		    SLICE("active")),
		weir_text(weir_permissions(weir, token->grants, token->n_grants, buckets,
		    n_buckets)),
		weir_time(token->created_ns), weir_time(token->expires_ns),
		weir_text(token->description),
	};

	weir_table_add(table, values, PRECISION_AUTO);
}

/* ---- create ---- */

static int
read_expiry(struct weir *weir, int64_t *expires_ns)
{
	struct slice text = weir_option(weir, "expires");
	int64_t ns;

	if (text.n == 0)
		return WEIR_OK;
	if (settings_parse_duration(text, &ns) != 0 ||
	    __builtin_add_overflow(clock_now_ns(), ns, expires_ns))
		return weir_usage(weir, "--expires: found \"" SLICE_FMT "\", expected a duration, "
		    "such as 12h or 90d", SLICE_ARG(text));
	return WEIR_OK;
}

static void
print_new(struct weir *weir, const struct store_token *token, struct slice text,
    const struct store_bucket *buckets, size_t n_buckets)
{
	static const struct slice created[] = {
		SLICE("id"), SLICE("token"), SLICE("permissions"), SLICE("description"),
	};
	const struct value values[] = {
		weir_id(weir->arena, token->id), weir_text(text),
		weir_text(weir_permissions(weir, token->grants, token->n_grants, buckets,
		    n_buckets)),
		weir_text(token->description),
	};
	struct weir_table table;

	if (!weir_flag(weir, "json")) {
		printf(SLICE_FMT "\n", SLICE_ARG(text));
		if (isatty(STDOUT_FILENO))
			fputs("keep it: the store has a hash of it alone, and it is not shown "
			      "again\n",
			    stderr);
		return;
	}
	weir_table_begin(&table, weir->arena, created, sizeof(created) / sizeof(created[0]));
	weir_table_add(&table, values, PRECISION_AUTO);
	weir_table_print_object(&table, stdout);
}

int
weir_token_create(struct weir *weir, struct err *err)
{
	struct admin_token_spec spec = {
		.description = weir_option(weir, "description"), .text = weir_option(weir, "token"),
	};
	struct store_bucket *buckets;
	struct store_token token;
	struct slice text;
	struct store *store;
	size_t n_buckets;

	if (!weir_flag(weir, "all-access") && !weir_flag(weir, "read") && !weir_flag(weir, "write"))
		return weir_usage(weir, "token create needs --all-access, --read or --write");
	if (read_expiry(weir, &spec.expires_ns) != WEIR_OK)
		return WEIR_USAGE;
	if (weir_store(weir, &store, err) != 0 ||
	    weir_read_grants(weir, store, &spec.grants, &spec.n_grants, err) != 0 ||
	    admin_bucket_list(store, weir->arena, &buckets, &n_buckets, err) != 0 ||
	    admin_token_create(store, weir->arena, &spec, &text, &token, err) != 0)
		return -1;
	print_new(weir, &token, text, buckets, n_buckets);
	return WEIR_OK;
}

/* ---- first ---- */

/*
 * No store is asked: the one that the token is for is out of reach, or not there yet.
 */
int
weir_token_first(struct weir *weir, struct err *err)
{
	const char *path = weir->args[0];
	char token[AUTH_TOKEN_CHARS + 1];
	struct buf out = { 0 };
	FILE *file;
	bool bad;

	file = fopen(path, "wxe");
	if (file == NULL)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	auth_token_make(token);
	first_token_text(&out, slice_from(token));
	bad = fwrite(out.p, 1, out.n, file) != out.n;
	buf_free(&out);
	if (fclose(file) != 0 || bad)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	puts(token);
	return WEIR_OK;
}

/* ---- list, delete, activate ---- */

/* Ids are random; people look for the newest at the end. */
static int
by_creation(const void *a, const void *b)
{
	int64_t x = ((const struct store_token *)a)->created_ns;
	int64_t y = ((const struct store_token *)b)->created_ns;

	return (x > y) - (x < y);
}

int
weir_token_list(struct weir *weir, struct err *err)
{
	struct store_bucket *buckets;
	struct store_token *list;
	struct weir_table table;
	struct store *store;
	size_t n, n_buckets;

	if (weir_store(weir, &store, err) != 0 ||
	    admin_bucket_list(store, weir->arena, &buckets, &n_buckets, err) != 0 ||
	    admin_token_list(store, weir->arena, &list, &n, err) != 0)
		return -1;
	if (n > 1)
		qsort(list, n, sizeof(*list), by_creation);
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	for (size_t i = 0; i < n; i++)
		add(weir, &table, &list[i], buckets, n_buckets);
	weir_table_show(weir, &table);
	return WEIR_OK;
}

static int
token_id(struct weir *weir, struct store **store, uint64_t *id, struct err *err)
{
	if (admin_id_parse(slice_from(weir->args[0]), id) != 0)
		return weir_usage(weir, "\"%s\" is no id: 16 hexadecimal digits, as `weir token "
		    "list` shows them", weir->args[0]);
	return weir_store(weir, store, err);
}

int
weir_token_delete(struct weir *weir, struct err *err)
{
	struct store *store;
	uint64_t id;
	int status = token_id(weir, &store, &id, err);

	if (status != WEIR_OK)
		return status;
	return admin_token_delete(store, weir->arena, id, err);
}

static int
set_active(struct weir *weir, bool active, struct err *err)
{
	struct store_token token;
	struct store *store;
	uint64_t id;
	int status = token_id(weir, &store, &id, err);

	if (status != WEIR_OK)
		return status;
	return admin_token_set_active(store, weir->arena, id, active, &token, err);
}

int
weir_token_activate(struct weir *weir, struct err *err)
{
	return set_active(weir, true, err);
}

int
weir_token_deactivate(struct weir *weir, struct err *err)
{
	return set_active(weir, false, err);
}
