/*
 * line/key.c - measurement and tags
 *
 * Only a key that was never seen in this spelling comes here; every other one is recognised as it
 * stands (line.c). The key is cut at its unescaped commas and equal signs, checked, unescaped, and
 * its tags are sorted, so that all spellings of a series meet in one series_ref.
 */
#include "line/line_priv.h"

const char *
line_key_end(const char *p)
{
	for (;;) {
		uint64_t w = word_load_le(p);
		uint64_t found = word_has(w, ' ') | word_has(w, '\\') | word_has(w, '\n');

		if (found == 0) {
			p += 8;
			continue;
		}
		p += word_first(found);
		if (*p != '\\')
			return p;
		p += p[1] == '\n' ? 1 : 2;
	}
}

/*
 * piece - the bytes up to the first unescaped one of `stop`, or all; NULL when a name must not be so
 */
static const char *
piece(struct line_context *ctx, const char *p, const char *end, char stop, char stop_too)
{
	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == stop || *p == stop_too)
			return p;
		else if (*p == '\t') {
			line_why(ctx, "a tab in a name must be escaped");
			return NULL;
		}
		if (*p == '\0') {
			line_why(ctx, "a name must not hold a NUL");
			return NULL;
		}
	}
	return end;
}

static int
check_tag_key(struct line_context *ctx, struct slice key)
{
	if (slice_eq(key, SLICE("time")))
		line_why(ctx, "'time' is a reserved column");
	else if (slice_eq(key, SLICE("_field")) || slice_eq(key, SLICE("_measurement")))
		line_why(ctx, "cannot use reserved tag key \"" SLICE_FMT "\"", SLICE_ARG(key));
	else
		return 0;
	return -1;
}

/*
 * read_tag - one `key=value`; returns where it ends, or NULL with a reason
 */
static const char *
read_tag(struct line_context *ctx, const char *p, const char *end, struct tag *tag)
{
	struct buf *names = &ctx->memo->names;
	const char *at;

	if ((at = piece(ctx, p, end, '=', ',')) == NULL)
		return NULL;
	if (at == p)
		return line_why(ctx, "missing tag key"), NULL;
	if (at == end || *at != '=')
		return line_why(ctx, "missing tag value"), NULL;
	tag->key = line_unescape(slice_make(p, (size_t)(at - p)), ",= \\", names);
	p = at + 1;
	if ((at = piece(ctx, p, end, ',', '=')) == NULL)
		return NULL;
	if (at == p)
		return line_why(ctx, "missing tag value"), NULL;
	if (at < end && *at == '=')
		return line_why(ctx, "invalid tag format"), NULL;
	tag->value = line_unescape(slice_make(p, (size_t)(at - p)), ",= \\", names);
	return check_tag_key(ctx, tag->key) == 0 ? at : NULL;
}

/*
 * read_tags - all of them into the scratch, in key order; -1 with a reason
 */
static int
read_tags(struct line_context *ctx, const char *p, const char *end)
{
	struct line_memo *memo = ctx->memo;

	memo->n_tags = 0;
	while (p < end) {		/* *p is the comma before a tag */
		if (memo->n_tags == memo->cap_tags)
			line_memo_more_tags(memo);
		if (p + 1 == end)
			return line_why(ctx, "missing tag key"), -1;
		p = read_tag(ctx, p + 1, end, &memo->tags[memo->n_tags]);
		if (p == NULL)
			return -1;
		memo->n_tags++;
	}
	if (tag_set_sort(memo->tags, memo->n_tags) != 0)
		return line_why(ctx, "duplicate tags"), -1;
	return 0;
}

struct line_series *
line_key_learn(struct line_context *ctx, struct slice raw)
{
	struct line_memo *memo = ctx->memo;
	const char *end = raw.p + raw.n, *at;
	struct line_measurement *measurement;
	struct slice name;

	if ((at = piece(ctx, raw.p, end, ',', ',')) == NULL)
		return NULL;
	if (at == raw.p)
		return line_why(ctx, "missing measurement"), NULL;
	if (raw.n > ctx->options->max_key_bytes) {
		line_why(ctx, "max key length exceeded: %zu > %zu", raw.n,
		    ctx->options->max_key_bytes);
		return NULL;
	}
	buf_reset(&memo->names);
	buf_reserve(&memo->names, raw.n);
	name = line_unescape(slice_make(raw.p, (size_t)(at - raw.p)), ", =\\", &memo->names);
	if (read_tags(ctx, at, end) != 0)
		return NULL;
	measurement = line_memo_measurement(memo, name);
	return line_memo_alias(memo, raw, measurement,
	    line_memo_ref(memo, measurement, memo->tags, memo->n_tags));
}
