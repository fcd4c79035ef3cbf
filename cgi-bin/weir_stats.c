/*
 * cgi-bin/weir_stats.c - how much a store holds, a row a measurement
 */
#include "weir.h"

static const struct slice columns[] = {
	SLICE("bucket"), SLICE("measurement"), SLICE("series"), SLICE("rows"), SLICE("values"),
	SLICE("chunks"), SLICE("chunk_bytes"), SLICE("directory_bytes"), SLICE("bytes_a_value"), SLICE("journal_records"),
	SLICE("journal_bytes"), SLICE("from"), SLICE("to"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct schema {
	struct arena	*arena;
	struct store_bucket *buckets;
	size_t		 n_buckets;
	size_t		 at;			/* the bucket whose measurements are wanted */
	struct store_measurement **list;
	size_t		 n;
	struct store_backlog *backlogs;
	size_t		 n_backlogs;
};

static int
read_buckets(struct txn *txn, void *arg, struct err *err)
{
	struct schema *s = arg;

	return store_bucket_list(txn, &s->buckets, &s->n_buckets, err);
}

static int
read_measurements(struct txn *txn, void *arg, struct err *err)
{
	struct schema *s = arg;
	uint64_t id = s->buckets[s->at].id;
	struct slice *names;

	if (store_measurements(txn, id, &names, &s->n, err) != 0)
		return -1;
	s->list = arena_alloc_items(s->arena, s->n + 1, sizeof(*s->list));
	for (size_t i = 0; i < s->n; i++)
		if (store_measurement_get(txn, id, names[i], &s->list[i], err) != 0)
			return -1;
	return 0;
}

static struct value
count(uint64_t n)
{
	return (struct value){ .type = VALUE_UNSIGNED, .u = n };
}

/*
 * Three decimals are enough for a rate.
 */
static struct value
rate(uint64_t bytes, uint64_t values)
{
	double r = values == 0 ? 0 : (double)bytes / (double)values;

	return (struct value){ .type = VALUE_FLOAT, .f = (double)(int64_t)(r * 1000 + 0.5) / 1000 };
}

static void
add(struct weir_table *table, struct slice bucket, struct slice name, const struct store_stats *s,
    struct store_backlog backlog)
{
	bool any = s->min_time <= s->max_time;
	const struct value none = { .type = VALUE_NULL };
	const struct value values[N_COLUMNS] = {
		weir_text(bucket), weir_text(name), count(s->series), count(s->rows), count(s->values),
		count(s->chunks), count(s->chunk_bytes), count(s->directory_bytes), rate(s->chunk_bytes, s->values),
		count(backlog.records), count(backlog.bytes), any ? weir_time(s->min_time) : none,
		any ? weir_time(s->max_time) : none,
	};

	weir_table_add(table, values, PRECISION_AUTO);
}

int
weir_stats(struct weir *weir, struct err *err)
{
	struct schema s = { .arena = weir->arena };
	struct weir_table table;
	struct store *store;

	if (weir_store(weir, &store, err) != 0 ||
	    store_txn(store, STORE_READ, weir->arena, read_buckets, &s, err) != 0 ||
	    store_backlogs(store, weir->arena, &s.backlogs, &s.n_backlogs, err) != 0)
		return -1;
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	for (s.at = 0; s.at < s.n_buckets; s.at++) {
		if (store_txn(store, STORE_READ, weir->arena, read_measurements, &s, err) != 0)
			return -1;
		for (size_t i = 0; i < s.n; i++) {
			struct store_stats stats;

			if (s.list[i] == NULL)
				continue;
			if (store_stats(store, s.list[i], &stats, err) != 0)
				return -1;
			add(&table, s.buckets[s.at].name, s.list[i]->name, &stats,
			    store_backlog_of(s.backlogs, s.n_backlogs, s.list[i]->bucket_id,
			    s.list[i]->id));
		}
	}
	weir_table_show(weir, &table);
	return WEIR_OK;
}
