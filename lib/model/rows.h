/*
 * model/rows.h - an answer on its way out: a stream of results, series and rows
 *
 * The query room pushes, a format (JSON, CSV, MessagePack) prints. Calls come in this order:
 *
 *     { result_begin { series_begin { row } series_end } [ message ] [ error ] result_end } end
 *
 * A sink never fails loudly: `row` says false once nobody listens, and the pusher may then stop.
 * Rows that lie in columns may come by `block` instead, where the sink has it.
 */
#ifndef WEIR_MODEL_ROWS_H
#define WEIR_MODEL_ROWS_H

#include "model/column.h"
#include "model/tag.h"
#include "model/value.h"

struct zone;				/* model/zone.h: where tz() wants its times shown */

struct rows_series {
	struct slice	 name;		/* "" = none */
	const struct tag *tags;		/* by key; NULL when not grouped by tags */
	size_t		 n_tags;
	const struct slice *columns;
	size_t		 n_columns;
	const struct zone *zone;	/* NULL = UTC */
	bool		 whole;		/* not cut at chunk_size in a chunked answer (SHOW) */
};

struct rows_block {			/* rows from <= row < to, all of the open series */
	const int64_t	*times;
	const struct column *columns;	/* those behind the time, n_columns - 1 of them */
	size_t		 from, to;
};

struct rows_sink {
	void	(*result_begin)(struct rows_sink *sink, unsigned statement_id);
	void	(*series_begin)(struct rows_sink *sink, const struct rows_series *series);
	bool	(*row)(struct rows_sink *sink, const struct value *values);	/* n_columns of them */
	void	(*series_end)(struct rows_sink *sink);
	void	(*message)(struct rows_sink *sink, const char *level, struct slice text);
	void	(*error)(struct rows_sink *sink, struct slice text);	/* the statement failed */
	void	(*result_end)(struct rows_sink *sink);
	void	(*end)(struct rows_sink *sink);		/* of the whole answer */
	bool	(*block)(struct rows_sink *sink, const struct rows_block *block);	/* or NULL */
};

#endif
