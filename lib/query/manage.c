/*
 * query/manage.c - statements that are neither SELECT nor SHOW: who may, and who runs them
 *
 * One table says what becomes of each. weir refuses some by name, whoever asks; others it runs for
 * an all-access token where the site allows it, and refuses by name else. A refusal is the error of
 * its statement, with status 200, so that the other statements of the text are answered.
 */
#include "query/query_priv.h"

static const struct {
	enum statement_kind kind;
	bool		 management;	/* for an all-access token, where the site allows it */
	int		(*run)(struct query_context *ctx, const struct statement *statement,
			     struct err *err);
} rows[] = {
	{ STATEMENT_DELETE, false, query_delete_run },
	{ STATEMENT_DROP_MEASUREMENT, false, query_delete_run },
	{ STATEMENT_DROP_SERIES, true, query_delete_run },
	{ STATEMENT_SELECT, true, query_into_run },	/* with INTO: others go to the engine */
	{ STATEMENT_EXPLAIN, true, query_explain_run },
	{ STATEMENT_CREATE_DATABASE, true, query_manage_databases },
	{ STATEMENT_DROP_DATABASE, true, query_manage_databases },
	{ STATEMENT_CREATE_RETENTION_POLICY, true, query_manage_databases },
	{ STATEMENT_ALTER_RETENTION_POLICY, true, query_manage_databases },
	{ STATEMENT_DROP_RETENTION_POLICY, true, query_manage_databases },
	{ STATEMENT_REFUSED, true, query_manage_users },	/* those about users; others refuse */
};

static bool
is_manager(const struct query_context *ctx)
{
	return ctx->request->management && grants_all_access(ctx->grants);
}

int
query_manage_refuse(const struct statement *statement, struct err *err)
{
	return err_set(err, ERR_NOT_IMPLEMENTED, "not implemented: %s",
	    statement->kind == STATEMENT_EXPLAIN ? "EXPLAIN" : statement->words);
}

int
query_manage_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].kind == statement->kind && (!rows[i].management || is_manager(ctx)))
			return rows[i].run(ctx, statement, err);
	return query_manage_refuse(statement, err);
}
