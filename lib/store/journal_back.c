/*
 * store/journal_back.c - rows that go from one file to the journal's end
 *
 * Of rows written twice the later ones still stand: those of later files that meet the same chunk
 * come behind these in the same way.
 */
#include "store/journal_priv.h"
#include "store/rowset.h"

#define FRAME_ROWS 4096			/* and others: multiples of 64, as columns' bits begin at a word */
#define FRAME_BYTES (1u << 20)

/*
 * Has a column a value in these rows?
 */
static bool
has_any(const struct store_column *column, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		if (bit_get(column->present, i))
			return true;
	return false;
}

/*
 * How many rows from `first` on make a frame that is not too long.
 */
static uint32_t
frame_rows(const struct rowset *rows, uint32_t first)
{
	size_t bytes = 0;
	uint32_t n = 0;

	for (; first + n < rows->n && n < FRAME_ROWS && (n % 64 != 0 || bytes < FRAME_BYTES); n++)
		for (uint32_t i = 0; i < rows->n_fields; i++)
			if (rows->columns[i].type == VALUE_STRING && bit_get(rows->columns[i].present, first + n))
				bytes += rows->columns[i].strings[rows->columns[i].cells[first + n].u].n;
	return n;
}

static void
encode(const struct rowset *rows, uint64_t series, uint32_t first, uint32_t n, struct buf *out)
{
	struct codec_column *columns = arena_array(rows->arena, struct codec_column,
	    rows->n_fields + 1);
	struct codec_rows from = { .n_rows = n, .times = rows->times + first, .n_series = 1,
		.series = &series, .ends = &n, .columns = columns };

	for (uint32_t i = 0; i < rows->n_fields; i++) {
		const struct store_column *c = &rows->columns[i];

		if (has_any(c, first, n))
			columns[from.n_columns++] = (struct codec_column){ rows->fields[i].id, c->type,
				c->cells + first, c->present + first / 64, c->strings };
	}
	codec_batch_encode(&from, out);
}

int
journal_put_back(struct store *store, uint64_t bucket_id, uint32_t measurement_id,
    uint64_t series, const struct rowset *rows, struct err *err)
{
	struct buf frames = { 0 };
	int r;

	for (uint32_t first = 0, n; first < rows->n; first += n) {
		size_t begin = journal_frame_begin(&frames);

		n = frame_rows(rows, first);
		encode(rows, series, first, n, &frames);
		journal_frame_end(&frames, begin, bucket_id, measurement_id);
	}
	r = journal_append_any(store, &frames, err);
	if (r == 0)
		r = env_sync(&store->env, SYNC_JOURNAL, err);
	buf_free(&frames);
	return r;
}
