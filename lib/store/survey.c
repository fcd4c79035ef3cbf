/*
 * store/survey.c - what reading would find, and what it has found, in numbers
 *
 * A survey walks over the directories of chunks as a cursor does, and reads no column. What is in
 * the journal only store_backlogs tells.
 */
#include "store/chunk_table.h"

#define STEP_BYTES (64u << 10)

struct survey_job {
	struct chunk_reading reading;
	struct chunk_batch batch;
};

static bool
never(void *arg, const struct codec_chunk *head)
{
	(void)arg;
	(void)head;
	return false;
}

static int
survey_body(struct txn *txn, void *arg, struct err *err)
{
	struct survey_job *job = arg;

	return chunk_read(txn, &job->reading, &job->batch, err);
}

static int
survey_series(struct store *store, struct survey_job *job, struct store_survey *survey,
    struct arena *arena, struct err *err)
{
	do {
		arena_reset(arena);
		if (store_txn(store, STORE_READ, arena, survey_body, job, err) != 0)
			return -1;
		for (size_t i = 0; i < job->batch.n; i++)
			survey->n_rows += job->batch.chunks[i].head.n_rows;
		survey->n_chunks += job->batch.n;
		job->reading.from = job->batch.next_min;
	} while (job->batch.more);
	return 0;
}

int
store_survey(struct store *store, const struct store_measurement *m, const uint64_t *ids, size_t n,
    int64_t from, int64_t to, struct store_survey *survey, struct err *err)
{
	struct arena *arena = arena_new(STEP_BYTES);
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++) {
		struct survey_job job = { .reading = { .place = { m->bucket_id, m->id, ids[i] },
		    .from = from, .to = to, .most_bytes = STEP_BYTES, .wants_columns = never } };

		result = survey_series(store, &job, survey, arena, err);
	}
	arena_free(arena);
	return result;
}

struct store_counters
store_counters(const struct store *store)
{
	return store->counters;
}
