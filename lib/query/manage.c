/*
 * query/manage.c - statements that are neither SELECT nor SHOW
 *
 * One table says what becomes of each. weir refuses by name what its documents refuse; statements
 * that it is to run, but cannot yet, say so. Both are the error of their statement, with status
 * 200, so that the other statements of the text are answered.
 */
#include "query/query_priv.h"

enum fate {
	REFUSED,		/* by name, whoever asks */
	MANAGEMENT,		/* run for an all-access token where the site allows it */
	CHANGE_OF_SOURCES,	/* run: DELETE */
	CHANGE_OF_DATABASE,	/* run: DROP MEASUREMENT */
};

static const struct {
	enum statement_kind kind;
	enum fate	 fate;
} fates[] = {
	{ STATEMENT_SELECT, MANAGEMENT },	/* with INTO: all others go to the engine */
	{ STATEMENT_EXPLAIN, MANAGEMENT },
	{ STATEMENT_CREATE_DATABASE, MANAGEMENT },
	{ STATEMENT_DROP_DATABASE, MANAGEMENT },
	{ STATEMENT_CREATE_RETENTION_POLICY, MANAGEMENT },
	{ STATEMENT_ALTER_RETENTION_POLICY, MANAGEMENT },
	{ STATEMENT_DROP_RETENTION_POLICY, MANAGEMENT },
	{ STATEMENT_DROP_SERIES, MANAGEMENT },
	{ STATEMENT_DELETE, CHANGE_OF_SOURCES },
	{ STATEMENT_DROP_MEASUREMENT, CHANGE_OF_DATABASE },
	{ STATEMENT_REFUSED, REFUSED },
};

static enum fate
fate_of(enum statement_kind kind)
{
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		if (fates[i].kind == kind)
			return fates[i].fate;
	return REFUSED;
}

/*
 * Is there what the statement would change?
 */
static int
check_destinations(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct delete *delete = &statement->delete;
	uint64_t bucket_id;

	if (statement->kind != STATEMENT_DELETE || delete->n_sources == 0)
		return query_destination_of_change(ctx, NULL, &bucket_id, err);
	for (size_t i = 0; i < delete->n_sources; i++)
		if (query_destination_of_change(ctx, &delete->sources[i].measurement, &bucket_id,
		    err) != 0)
			return -1;
	return 0;
}

int
query_manage_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const char *words = statement->kind == STATEMENT_EXPLAIN ? "EXPLAIN" : statement->words;

	switch (fate_of(statement->kind)) {
	case MANAGEMENT:
		if (ctx->request->management && grants_all_access(ctx->grants))
			break;
		return err_set(err, ERR_NOT_IMPLEMENTED, "not implemented: %s", words);
	case REFUSED:
		return err_set(err, ERR_NOT_IMPLEMENTED, "not implemented: %s", words);
	case CHANGE_OF_SOURCES:
	case CHANGE_OF_DATABASE:
		if (check_destinations(ctx, statement, err) != 0)
			return -1;
		break;
	}
	return err_set(err, ERR_NOT_IMPLEMENTED, "%s is not supported yet", words);
}
