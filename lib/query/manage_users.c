/*
 * query/manage_users.c - CREATE and DROP USER, SET PASSWORD, GRANT, REVOKE, SHOW USERS and GRANTS
 *
 * For an all-access token or user, where a site has allowed it by two settings. The verbs are the
 * admin room's; GRANT replaces what the user might do with the database, as InfluxDB 1.x does.
 */
#include "admin/admin.h"
#include "query/query_priv.h"

static struct value
text_value(struct slice s)
{
	return (struct value){ .type = VALUE_STRING, .s = s };
}

static int
show_users(struct query_context *ctx, struct err *err)
{
	static const struct slice columns[] = { { "user", 4 }, { "admin", 5 } };
	struct rows_series series = { .columns = columns, .n_columns = 2, .whole = true };
	struct store_user *list;
	size_t n;

	if (admin_user_list(ctx->store, ctx->arena, &list, &n, err) != 0)
		return -1;
	query_answer_begin(ctx, &series);
	for (size_t i = 0; i < n; i++) {
		const struct grants grants = { .known = true, .n = list[i].n_grants,
			.list = list[i].grants };
		const struct value row[2] = { text_value(list[i].name),
			{ .type = VALUE_BOOLEAN, .b = grants_all_access(&grants) } };

		if (query_answer_row(ctx, row, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

static int
show_grants(struct query_context *ctx, struct slice name, struct err *err)
{
	static const struct slice columns[] = { { "database", 8 }, { "privilege", 9 } };
	static const char *const privileges[] = { "NO PRIVILEGES", "READ", "WRITE",
		"ALL PRIVILEGES" };
	struct rows_series series = { .columns = columns, .n_columns = 2, .whole = true };
	struct admin_user_database *list;
	size_t n;

	if (admin_user_databases(ctx->store, ctx->arena, name, &list, &n, err) != 0)
		return -1;
	query_answer_begin(ctx, &series);
	for (size_t i = 0; i < n; i++) {
		const struct value row[2] = { text_value(list[i].database),
			text_value(slice_from(privileges[list[i].actions & 3])) };

		if (query_answer_row(ctx, row, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

static int
change_grants(struct query_context *ctx, const struct user_words *user, struct err *err)
{
	bool grant = user->verb == USER_GRANT;
	struct admin_user_change change = {
		.how = grant ? ADMIN_GRANT_SET : ADMIN_GRANT_REMOVE,
		.database = user->database,
		.actions = (uint8_t)((user->read ? GRANT_READ : 0) | (user->write ? GRANT_WRITE : 0)),
	};

	if (user->database.n == 0) {
		change.grants = admin_all_access;
		change.n_grants = admin_n_all_access;
	}
	return admin_user_change(ctx->store, ctx->arena, user->name, &change, err);
}

static int
run(struct query_context *ctx, const struct user_words *user, struct err *err)
{
	switch (user->verb) {
	case USER_SHOW:
		return show_users(ctx, err);
	case USER_SHOW_GRANTS:
		return show_grants(ctx, user->name, err);
	case USER_CREATE:
		return admin_user_create(ctx->store, ctx->arena, user->name, user->password,
		    admin_all_access, user->all ? admin_n_all_access : 0, err);
	case USER_DROP:
		return admin_user_delete(ctx->store, ctx->arena, user->name, err);
	case USER_SET_PASSWORD:
		return admin_user_set_password(ctx->store, ctx->arena, user->name, user->password,
		    err);
	case USER_GRANT:
	case USER_REVOKE:
		return change_grants(ctx, user, err);
	case USER_NONE:
		break;
	}
	return err_set(err, ERR_INTERNAL, "not a statement about users");
}

int
query_manage_users(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	if (!ctx->request->users || statement->refused.user.verb == USER_NONE)
		return query_manage_refuse(statement, err);
	return run(ctx, &statement->refused.user, err);
}
