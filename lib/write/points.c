/*
 * write/points.c - from a body to the journal
 *
 *     pieces ─► window (whole lines, and the beginning of one more) ─► batch ─► store
 *                 ▲                                    └ what is left over ┘
 *
 * A body of the usual size is one piece and one batch, and is parsed where it lies. A longer one takes
 * no more memory: a window is parsed once it holds WINDOW_BYTES, what follows its last whole line moves to its beginning, and
 * only a line that is longer than that makes it grow, up to the longest line that is read at all.
 *
 * A bucket that a write may make is made when the first batch has a row: a body without one good
 * line leaves no trace.
 */
#include "admin/admin.h"
#include "base/clock.h"
#include "write/write_priv.h"

#define WINDOW_BYTES	((size_t)2 << 20)
#define IN_PLACE_BYTES	((size_t)64 << 10)	/* of a piece that is worth a batch of its own */
#define BATCH_BYTES	((size_t)16 << 20)	/* a usual window's batch takes a tenth of it */

/*
 * writing - one write on its way
 */
struct writing {
	const struct write_request *request;
	struct write_known *known;
	uint64_t	 bucket_id;	/* 0: not made yet */
	struct line_options options;
	struct line_stream stream;
	struct batch_rejects rejects;
	uint64_t	 n_stored;
	bool		 final;		/* the body has ended */
};

/*
 * find_bucket - where the points go; bucket_id stays 0 when that is to be made
 */
static int
find_bucket(struct writing *w, struct err *err)
{
	const struct write_request *r = w->request;
	struct admin_destination to = { 0 };
	struct err why;
	int result;

	if (r->to == WRITE_TO_BUCKET)
		result = admin_bucket_resolve(r->store, r->arena, r->grants, r->bucket, &to.bucket, &why);
	else
		result = admin_dbrp_resolve(r->store, r->arena, r->grants, ADMIN_WRITE, r->database,
		    r->policy, &to, &why);
	w->bucket_id = to.create ? 0 : to.bucket.id;
	return result == 0 ? 0 : store_excuse(err, &why);
}

static int
make_bucket(struct writing *w, struct err *err)
{
	const struct write_request *r = w->request;
	struct store_bucket bucket;

	if (admin_dbrp_create_by_write(r->store, r->arena, r->grants, r->database, r->policy,
	    r->retention_ns, &bucket, err) != 0)
		return -1;
	w->bucket_id = bucket.id;
	write_memory_name(r->memory, w->known, bucket.id);
	return 0;
}

static int
store_batch(struct writing *w, struct batch *batch, struct err *err)
{
	uint64_t n_stored = 0;
	struct err why;

	if (batch->n_rows == 0)
		return 0;
	if ((w->bucket_id == 0 && make_bucket(w, &why) != 0) ||
	    store_append(w->request->store, w->bucket_id, batch, &n_stored, &why) != 0)
		return store_excuse(err, &why);
	w->n_stored += n_stored;
	return 0;
}

/*
 * store_lines - parse and store the whole lines of some text; *left is what it ends with
 */
static int
store_lines(struct writing *w, struct slice text, struct slice *left, struct err *err)
{
	struct arena *arena = w->request->memory->batch;
	enum line_stop stop;
	size_t consumed;

	*left = text;
	do {
		struct batch batch;
		int result;

		batch_init(&batch, arena, &w->rejects);
		stop = line_parse(w->known->memo, &w->stream, &w->options, *left, w->final, &batch,
		    &consumed);
		*left = slice_make(left->p + consumed, left->n - consumed);
		result = store_batch(w, &batch, err);
		arena_reset(arena);
		if (result != 0)
			return -1;
	} while (stop == LINE_BATCH_FULL);
	return 0;
}

/*
 * next_piece - one that is large, with nothing left over from those before, is parsed where it lies;
 *              of others, and of what is left over, the window is made
 */
static int
next_piece(struct writing *w, struct err *err)
{
	struct buf *window = &w->request->memory->window;
	struct slice piece;

	if (w->request->next(w->request->from, &piece, err) != 0)
		return -1;
	w->final = piece.n == 0;
	if (window->n == 0 && piece.n >= IN_PLACE_BYTES && store_lines(w, piece, &piece, err) != 0)
		return -1;
	buf_put_slice(window, piece);
	return 0;
}

/*
 * store_window - parse and store the whole lines of the window, and keep the rest of it
 */
static int
store_window(struct writing *w, struct err *err)
{
	struct buf *window = &w->request->memory->window;
	struct slice left;

	buf_reserve(window, LINE_SLACK);
	if (store_lines(w, buf_slice(window), &left, err) != 0)
		return -1;
	if (left.n > 0)
		memmove(window->p, left.p, left.n);
	window->n = left.n;
	return 0;
}

static int
store_body(struct writing *w, struct err *err)
{
	const struct buf *window = &w->request->memory->window;
	size_t want = WINDOW_BYTES;
	struct err why;

	while (!w->final) {
		if (next_piece(w, err) != 0)
			return -1;
		if (window->n < want && !w->final)
			continue;
		if (store_window(w, err) != 0)
			return -1;
		want = window->n < WINDOW_BYTES / 2 ? WINDOW_BYTES : 2 * window->n;
	}
	if (w->n_stored != 0 && store_sync(w->request->store, &why) != 0)
		return store_excuse(err, &why);
	return 0;
}

int
write_points(const struct write_request *request, struct write_report *report, struct err *err)
{
	struct writing w = { .request = request, .stream = { .line = 1 } };
	int result;

	if (request->first_line != 0)
		w.stream.line = request->first_line;
	*report = (struct write_report){ 0 };
	if (find_bucket(&w, err) != 0)
		return -1;
	line_default_options(&w.options);
	w.options.precision = request->precision;
	w.options.now_ns = clock_now_ns();
	w.options.max_fields = request->max_columns;
	w.options.batch_bytes = BATCH_BYTES;
	batch_rejects_init(&w.rejects, request->arena);
	w.known = write_memory_of(request->memory, w.bucket_id);
	result = store_body(&w, err);
	if (result == 0)
		write_report_fill(report, &w.rejects, w.n_stored, request->arena);
	write_memory_trim(request->memory);
	return result;
}
