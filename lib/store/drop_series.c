/*
 * store/drop_series.c - a series taken out of the index
 *
 * With the last series that has it a tag's value goes; before that, one that the series has brought
 * stays behind under its id.
 */
#include "store/drop.h"
#include "store/series_count.h"
#include "store/tag_table.h"

struct tags {
	struct series_tag *list;	/* texts in the arena */
	size_t		 n;
	bool		 any_brought;
};

static int
read_tags(struct txn *txn, struct series_entry entry, struct tags *tags, struct err *err)
{
	tags->list = arena_array(txn->arena, struct series_tag, entry.tags.n / 2 + 1);
	for (; entry.tags.n > 0; tags->n++) {
		struct series_tag *tag = &tags->list[tags->n];

		if (series_take_tag(&entry, tag, err) != 0)
			return -1;
		if (tag->value == entry.id) {
			tag->text = arena_copy(txn->arena, tag->text);
			tags->any_brought = true;
		}
	}
	return 0;
}

static int
unindex(struct txn *txn, uint32_t measurement_id, uint64_t id, const struct tags *tags,
    struct err *err)
{
	if (!tags->any_brought) {
		struct series_name name = series_name_of(txn->arena, tags->list, tags->n);

		if (series_named_remove(txn, measurement_id, &name, id, err) != 0)
			return -1;
	}
	if (series_remove(txn, measurement_id, id, err) != 0)
		return -1;
	for (size_t i = 0; i < tags->n; i++) {
		const struct series_tag *tag = &tags->list[i];

		if (tag->value == id ? value_leave(txn, measurement_id, tag, err) != 0
		    : value_unpost(txn, measurement_id, tag, id, err) != 0)
			return -1;
	}
	return 0;
}

int
drop_series_record(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t id,
    struct err *err)
{
	struct series_block block = { 0 };
	struct series_entry entry;
	struct tags tags = { 0 };
	int r = series_get(txn, measurement_id, id, &block, &entry, err);

	if (r == 0)
		r = read_tags(txn, entry, &tags, err);
	series_block_free(&block);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (series_count_add(txn, bucket_id, measurement_id, -1, err) != 0)
		return -1;
	return unindex(txn, measurement_id, id, &tags, err);
}
