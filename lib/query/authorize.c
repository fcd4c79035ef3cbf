/*
 * query/authorize.c - may a statement be run by who asks?
 *
 * Walks over all that a statement reads or changes and asks for each bucket. SHOW DATABASES and
 * SHOW RETENTION POLICIES need no grant: they list what may be read. Statements that weir refuses by
 * name need none either; their answer tells nothing.
 */
#include "base/utf8.h"
#include "query/query_priv.h"

#define STATEMENT_TEXT_MAX 600	/* bytes of a statement inside an error text */

/*
 * What was found of one destination: forbidden and broken ends the text, missing does not.
 */
static int
judge(const struct statement *statement, const struct err *why, struct err *err)
{
	struct buf text = { 0 };
	struct slice shown;

	if (why->code == ERR_NOT_FOUND || why->code == ERR_INVALID)
		return 0;
	if (why->code != ERR_FORBIDDEN)
		return err_set(err, why->code, "%s", why->text);
	influxql_print_statement(&text, statement);
	shown = utf8_cut(buf_slice(&text), STATEMENT_TEXT_MAX);
	err_set(err, ERR_FORBIDDEN, "error authorizing query: not authorized to execute statement '"
	    SLICE_FMT "', %s", SLICE_ARG(shown), why->text);
	buf_free(&text);
	return -1;
}

static int
authorize_sources(struct query_context *ctx, const struct statement *statement,
    const struct source *sources, size_t n, struct slice on, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct source *source = &sources[i];
		uint64_t bucket_id;
		struct err why;

		if (query_context_check(ctx, err) != 0)
			return -1;
		if (source->kind == SOURCE_SUBQUERY) {
			if (authorize_sources(ctx, statement, source->subquery->sources,
			    source->subquery->n_sources, on, err) != 0)
				return -1;
			continue;
		}
		if (query_destination(ctx, &source->measurement, on, &bucket_id, &why) != 0 &&
		    judge(statement, &why, err) != 0)
			return -1;
	}
	return 0;
}

static int
authorize_show(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct show *show = statement->show;
	uint64_t *bucket_ids;
	size_t n;
	struct err why;

	if (show->n_sources != 0)
		return authorize_sources(ctx, statement, show->sources, show->n_sources,
		    show->database, err);
	if (query_destination_all(ctx, show->database, &bucket_ids, &n, &why) != 0)
		return judge(statement, &why, err);
	return 0;
}

static int
authorize_change(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	uint64_t *bucket_ids;
	size_t n;
	struct err why;

	if (query_destination_of_change(ctx, &bucket_ids, &n, &why) != 0)
		return judge(statement, &why, err);
	return 0;
}

bool
query_authorize_changes(const struct statement *statement)
{
	switch (statement->kind) {
	case STATEMENT_SELECT:
		return statement->select->has_into;
	case STATEMENT_DELETE:
	case STATEMENT_DROP_SERIES:
	case STATEMENT_DROP_MEASUREMENT:
	case STATEMENT_DROP_DATABASE:
	case STATEMENT_DROP_RETENTION_POLICY:
	case STATEMENT_CREATE_DATABASE:
	case STATEMENT_CREATE_RETENTION_POLICY:
	case STATEMENT_ALTER_RETENTION_POLICY:
		return true;
	case STATEMENT_REFUSED:
		return statement->refused.user.verb != USER_NONE &&
		    statement->refused.user.verb != USER_SHOW &&
		    statement->refused.user.verb != USER_SHOW_GRANTS;
	default:
		return false;
	}
}

int
query_authorize(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct err foreign = { ERR_FORBIDDEN, "a page of another site may change nothing" };

	if (ctx->request->forbid_change && query_authorize_changes(statement))
		return judge(statement, &foreign, err);
	switch (statement->kind) {
	case STATEMENT_SELECT:
		return authorize_sources(ctx, statement, statement->select->sources,
		    statement->select->n_sources, SLICE(""), err);
	case STATEMENT_EXPLAIN:
		return authorize_sources(ctx, statement, statement->explain.select->sources,
		    statement->explain.select->n_sources, SLICE(""), err);
	case STATEMENT_SHOW_MEASUREMENTS:
	case STATEMENT_SHOW_SERIES:
	case STATEMENT_SHOW_TAG_KEYS:
	case STATEMENT_SHOW_TAG_VALUES:
	case STATEMENT_SHOW_FIELD_KEYS:
	case STATEMENT_SHOW_SERIES_CARDINALITY:
	case STATEMENT_SHOW_MEASUREMENT_CARDINALITY:
	case STATEMENT_SHOW_TAG_KEY_CARDINALITY:
	case STATEMENT_SHOW_TAG_VALUES_CARDINALITY:
	case STATEMENT_SHOW_FIELD_KEY_CARDINALITY:
		return authorize_show(ctx, statement, err);
	case STATEMENT_DELETE:
	case STATEMENT_DROP_MEASUREMENT:
		return authorize_change(ctx, statement, err);
	default:
		return 0;
	}
}
