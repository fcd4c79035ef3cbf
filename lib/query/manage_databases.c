/*
 * query/manage_databases.c - CREATE and DROP DATABASE; CREATE, ALTER and DROP RETENTION POLICY
 *
 * The statement says what the admin room's verbs are asked to do; what they have to say is the
 * statement's error. What earlier statements of the text have found out about databases may be wrong
 * afterwards.
 */
#include "admin/admin.h"
#include "query/query_priv.h"

static struct admin_policy_spec
spec_of(const struct policy *policy)
{
	return (struct admin_policy_spec){ .database = policy->database, .name = policy->name,
	    .retention_ns = policy->has_duration ? &policy->duration : NULL,
	    .shard_ns = policy->has_shard_duration ? &policy->shard_duration : NULL,
	    .is_default = policy->is_default };
}

static int
create_database(struct query_context *ctx, const struct create_database *create, struct err *err)
{
	struct admin_policy_spec spec = { .database = create->name };

	if (create->has_with)
		spec = spec_of(&create->policy);
	return admin_database_create(ctx->store, ctx->arena, &spec, create->has_with, err);
}

static int
run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct drop *drop = &statement->drop;
	struct admin_policy_spec spec;

	switch (statement->kind) {
	case STATEMENT_CREATE_DATABASE:
		return create_database(ctx, &statement->create_database, err);
	case STATEMENT_DROP_DATABASE:
		return admin_database_drop(ctx->store, ctx->arena, drop->name, err);
	case STATEMENT_CREATE_RETENTION_POLICY:
		spec = spec_of(&statement->policy);
		return admin_policy_create(ctx->store, ctx->arena, &spec, err);
	case STATEMENT_ALTER_RETENTION_POLICY:
		spec = spec_of(&statement->policy);
		return admin_policy_alter(ctx->store, ctx->arena, &spec, err);
	case STATEMENT_DROP_RETENTION_POLICY:
		return admin_policy_drop(ctx->store, ctx->arena, drop->database, drop->name, err);
	default:
		return err_set(err, ERR_INTERNAL, "not a statement about databases");
	}
}

int
query_manage_databases(struct query_context *ctx, const struct statement *statement,
    struct err *err)
{
	int result = run(ctx, statement, err);

	query_destinations_forget(ctx->destinations);
	return result;
}
