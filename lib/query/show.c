/*
 * query/show.c - SHOW: which measurements it is about, and who answers it
 *
 * The measurements of a statement are found once, sorted by name, and looked up one by one in short
 * sections; each is answered before the next is read, so that a database of many measurements needs
 * no more memory than its largest one.
 */
#include "query/show_priv.h"

#include <stdlib.h>

/* ---- which measurements ---- */

struct names_job {
	uint64_t	 bucket_id;
	struct slice	*names;
	size_t		 n;
};

static int
names_body(struct txn *txn, void *arg, struct err *err)
{
	struct names_job *job = arg;

	return store_measurements(txn, job->bucket_id, &job->names, &job->n, err);
}

static void
add_target(struct query_context *ctx, struct show_targets *targets, size_t *cap,
    uint64_t bucket_id, struct slice name)
{
	if (targets->n == *cap) {
		size_t wanted = *cap == 0 ? 16 : 2 * *cap;

		targets->list = arena_grow(ctx->arena, targets->list, targets->n, wanted);
		*cap = wanted;
	}
	targets->list[targets->n].bucket_id = bucket_id;
	targets->list[targets->n++].name = name;
}

static int
add_all(struct query_context *ctx, struct show_targets *targets, size_t *cap, uint64_t bucket_id,
    struct query_regex *regex, struct err *err)
{
	struct names_job job = { .bucket_id = bucket_id };

	if (store_txn(ctx->store, STORE_READ, ctx->arena, names_body, &job, err) != 0)
		return -1;
	for (size_t i = 0; i < job.n; i++)
		if (regex == NULL || query_regex_match(regex, job.names[i]))
			add_target(ctx, targets, cap, bucket_id, job.names[i]);
	return query_context_check(ctx, err);
}

static int
compare_targets(const void *a, const void *b)
{
	const struct show_target *x = a, *y = b;
	int order = slice_cmp(x->name, y->name);

	return order != 0 ? order : (x->bucket_id > y->bucket_id) - (x->bucket_id < y->bucket_id);
}

static void
sort_targets(struct show_targets *targets)
{
	size_t kept = 0;

	if (targets->n == 0)
		return;
	qsort(targets->list, targets->n, sizeof(*targets->list), compare_targets);
	for (size_t i = 1; i < targets->n; i++)
		if (compare_targets(&targets->list[kept], &targets->list[i]) != 0)
			targets->list[++kept] = targets->list[i];
	targets->n = kept + 1;
}

int
query_show_targets(struct query_context *ctx, const struct show *show, struct show_targets *targets,
    struct err *err)
{
	size_t cap = 0, n_buckets = 0;
	uint64_t bucket_id, *bucket_ids;

	targets->list = NULL;
	targets->n = 0;
	if (show->n_sources == 0 &&
	    query_destination_all(ctx, show->database, &bucket_ids, &n_buckets, err) != 0)
		return -1;
	for (size_t i = 0; i < n_buckets; i++)
		if (add_all(ctx, targets, &cap, bucket_ids[i], NULL, err) != 0)
			return -1;
	for (size_t i = 0; i < show->n_sources; i++) {
		const struct measurement *source = &show->sources[i].measurement;
		struct query_regex *regex;

		if (query_destination(ctx, source, show->database, &bucket_id, err) != 0)
			return -1;
		if (!source->is_regex)
			add_target(ctx, targets, &cap, bucket_id, source->name);
		else if (query_regex_get(ctx->regexes, source->regex, &regex, err) != 0 ||
		    add_all(ctx, targets, &cap, bucket_id, regex, err) != 0)
			return -1;
	}
	sort_targets(targets);
	return 0;
}

struct measurement_job {
	const struct show_target *target;
	struct store_measurement *m;
};

static int
measurement_body(struct txn *txn, void *arg, struct err *err)
{
	struct measurement_job *job = arg;

	return store_measurement_get(txn, job->target->bucket_id, job->target->name, &job->m, err);
}

int
query_show_measurement(struct query_context *ctx, const struct show_target *target,
    struct store_measurement **m, struct err *err)
{
	struct measurement_job job = { .target = target };

	if (query_context_check(ctx, err) != 0 ||
	    store_txn(ctx->store, STORE_READ, ctx->arena, measurement_body, &job, err) != 0)
		return -1;
	*m = job.m;
	return 0;
}

/*
 * The measurements of one name from targets->list[*at] on; *at is moved behind them.
 */
static int
next_group(struct query_context *ctx, const struct show_targets *targets, size_t *at,
    struct show_group *group, struct err *err)
{
	size_t from = *at, to = from + 1;

	while (to < targets->n && slice_eq(targets->list[from].name, targets->list[to].name))
		to++;
	*at = to;
	group->name = targets->list[from].name;
	group->list = arena_array(ctx->arena, struct store_measurement *, to - from);
	group->n = 0;
	for (; from < to; from++) {
		struct store_measurement *m;

		if (query_show_measurement(ctx, &targets->list[from], &m, err) != 0)
			return -1;
		if (m != NULL)
			group->list[group->n++] = m;
	}
	return 0;
}

int
query_show_each(struct query_context *ctx, const struct show *show,
    int (*run)(struct query_context *ctx, const struct show *show,
    const struct show_group *group, void *arg, struct err *err), void *arg, struct err *err)
{
	struct show_targets targets;

	if (query_show_targets(ctx, show, &targets, err) != 0)
		return -1;
	for (size_t at = 0; at < targets.n;) {
		struct arena_mark mark = arena_mark(ctx->arena);
		struct show_group group;

		if (next_group(ctx, &targets, &at, &group, err) != 0 ||
		    (group.n != 0 && run(ctx, show, &group, arg, err) != 0))
			return -1;
		arena_rewind(ctx->arena, mark);
	}
	return 0;
}

static int
compare_slices(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

size_t
query_show_sort(struct slice *list, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(list, n, sizeof(*list), compare_slices);
	for (size_t i = 1; i < n; i++)
		if (!slice_eq(list[i], list[kept]))
			list[++kept] = list[i];
	return kept + 1;
}

/* ---- rows ---- */

void
query_show_page(struct show_page *page, const struct show *show)
{
	page->skip = show->offset > 0 ? (uint64_t)show->offset : 0;
	page->left = show->limit > 0 ? (uint64_t)show->limit : UINT64_MAX;
}

bool
query_show_page_take(struct show_page *page)
{
	if (page->skip != 0) {
		page->skip--;
		return false;
	}
	if (page->left == 0)
		return false;
	page->left--;
	return true;
}

int
query_show_count(struct query_context *ctx, struct slice name, struct slice column, uint64_t count,
    struct err *err)
{
	struct value value = { .type = VALUE_INTEGER, .i = (int64_t)count };
	struct rows_series series = { .name = name, .columns = &column,
	    .n_columns = 1, .whole = true };
	int result;

	query_answer_begin(ctx, &series);
	result = query_answer_row(ctx, &value, err);
	query_answer_end(ctx);
	return result;
}

/* ---- dispatch ---- */

int
query_show_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct show *show = statement->show;

	switch (statement->kind) {
	case STATEMENT_SHOW_DATABASES:
		return query_show_databases(ctx, err);
	case STATEMENT_SHOW_RETENTION_POLICIES:
		return query_show_policies(ctx, show, err);
	case STATEMENT_SHOW_MEASUREMENTS:
		return query_show_measurements(ctx, show, err);
	case STATEMENT_SHOW_SERIES:
		return query_show_series(ctx, show, err);
	case STATEMENT_SHOW_TAG_KEYS:
		return query_show_tag_keys(ctx, show, err);
	case STATEMENT_SHOW_TAG_VALUES:
		return query_show_tag_values(ctx, show, err);
	case STATEMENT_SHOW_FIELD_KEYS:
		return query_show_field_keys(ctx, show, err);
	case STATEMENT_SHOW_SERIES_CARDINALITY:
		return query_show_series_cardinality(ctx, show, err);
	case STATEMENT_SHOW_MEASUREMENT_CARDINALITY:
		return query_show_measurement_cardinality(ctx, show, err);
	case STATEMENT_SHOW_TAG_KEY_CARDINALITY:
		return query_show_tag_key_cardinality(ctx, show, err);
	case STATEMENT_SHOW_TAG_VALUES_CARDINALITY:
		return query_show_tag_values_cardinality(ctx, show, err);
	case STATEMENT_SHOW_FIELD_KEY_CARDINALITY:
		return query_show_field_key_cardinality(ctx, show, err);
	default:
		return err_set(err, ERR_INTERNAL, "not a SHOW statement");
	}
}
