/*
 * store/drop_series.c - a series taken out of the index
 *
 * With the last series that has it a tag's value goes; before that, one that the series has brought
 * stays behind under its id. The hash of a series is found from its tags, whose texts are therefore
 * read first.
 */
#include "base/hash.h"
#include "model/tag.h"
#include "store/drop.h"
#include "store/tag_table.h"

/*
 * The hash of a series' canonical bytes, of which it has the ids.
 */
struct description {
	uint32_t	 measurement_id;
	struct series_tag *ids;
	struct tag	*tags;
	size_t		 n;
};

static int
take_name(void *arg, const struct column *column)
{
	const struct description *d = arg;

	for (size_t i = 0; i < d->n; i++)
		if (d->ids[i].key == column->id)
			d->tags[i].key = column->name;
	return 0;
}

static int
hash_of(struct txn *txn, const struct description *d, uint64_t *hash, struct err *err)
{
	struct series_block block = { 0 };
	struct buf bytes = { 0 };
	int found = 0;

	if (column_each(txn, d->measurement_id, take_name, (void *)(uintptr_t)d, err) != 0)
		return -1;
	for (size_t i = 0; i < d->n && found == 0; i++)
		found = value_text(txn, d->measurement_id, d->ids[i].key, d->ids[i].value, &block,
		    &d->tags[i].value, err);
	series_block_free(&block);
	if (found != 0)
		return found < 0 ? -1 : err_set(err, ERR_CORRUPT, "a tag value has no text");
	tag_set_encode(d->tags, d->n, &bytes);
	*hash = hash_stable(bytes.p, bytes.n);
	buf_free(&bytes);
	return 0;
}

/*
 * The tags of a series: texts of its own values in the arena.
 */
static int
read_tags(struct txn *txn, struct series_entry entry, struct description *d, bool *has_own,
    struct err *err)
{
	d->ids = arena_array(txn->arena, struct series_tag, entry.tags.n / 2 + 1);
	for (d->n = 0; entry.tags.n > 0; d->n++) {
		struct series_tag *tag = &d->ids[d->n];

		if (series_take_tag(&entry, tag, err) != 0)
			return -1;
		if (tag->value == entry.id) {
			tag->text = arena_copy(txn->arena, tag->text);
			*has_own = true;
		}
	}
	d->tags = arena_zalloc(txn->arena, (d->n + 1) * sizeof(*d->tags));
	return 0;
}

static int
unindex(struct txn *txn, const struct description *d, uint64_t id, bool has_own, struct err *err)
{
	uint64_t hash = 0;

	if (!has_own && (hash_of(txn, d, &hash, err) != 0 ||
	    series_hash_remove(txn, d->measurement_id, hash, id, err) != 0))
		return -1;
	if (series_remove(txn, d->measurement_id, id, err) != 0)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		const struct series_tag *tag = &d->ids[i];

		if (tag->value == id ? value_leave(txn, d->measurement_id, tag, err) != 0
		    : value_unpost(txn, d->measurement_id, tag, id, err) != 0)
			return -1;
	}
	return 0;
}

int
drop_series_record(struct txn *txn, uint32_t measurement_id, uint64_t id, struct err *err)
{
	struct description d = { .measurement_id = measurement_id };
	struct series_block block = { 0 };
	struct series_entry entry;
	bool has_own = false;
	int r = series_get(txn, measurement_id, id, &block, &entry, err);

	if (r == 0)
		r = read_tags(txn, entry, &d, &has_own, err);
	series_block_free(&block);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return unindex(txn, &d, id, has_own, err);
}
