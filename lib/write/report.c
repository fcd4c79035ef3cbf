/*
 * write/report.c - which lines were refused, in words
 *
 *     partial write has occurred, errors encountered on line(s):
 *       error parsing line 2 (1-based): unable to parse 'bad': missing fields
 *
 * The opening is that of InfluxDB 3, the reasons are those of 1.x: clients look for both.
 */
#include "write/write_priv.h"

static size_t
room_for(const struct batch_rejects *rejects)
{
	size_t n = 128;

	for (size_t i = 0; i < rejects->n_kept; i++)
		n += 64 + rejects->kept[i].text.n;
	return n;
}

void
write_report_fill(struct write_report *report, const struct batch_rejects *rejects,
    uint64_t n_stored, struct arena *arena)
{
	struct buf text = { 0 };

	*report = (struct write_report){ .n_stored = n_stored, .n_rejected = rejects->n };
	if (rejects->n == 0)
		return;
	report->code = rejects->n_of[BATCH_REJECT_RETENTION] == rejects->n ?
	    ERR_UNPROCESSABLE : ERR_INVALID;
	report->line = rejects->kept[0].line;
	buf_reserve(&text, room_for(rejects));
	buf_puts(&text, n_stored != 0 ? "partial write has occurred" : "no data written");
	buf_puts(&text, ", errors encountered on line(s):");
	for (size_t i = 0; i < rejects->n_kept; i++) {
		buf_printf(&text, "\n  error parsing line %llu (1-based): ",
		    (unsigned long long)rejects->kept[i].line);
		buf_put_slice(&text, rejects->kept[i].text);
	}
	report->text = arena_copy(arena, buf_slice(&text));
	buf_free(&text);
}
