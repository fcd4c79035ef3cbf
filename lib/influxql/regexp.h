/*
 * influxql/regexp.h - the reader of patterns, as its two files share it
 */
#ifndef WEIR_INFLUXQL_REGEXP_H
#define WEIR_INFLUXQL_REGEXP_H

#include "influxql/influxql.h"

#define REGEXP_NEST_MAX	200	/* PCRE2 itself stops at 250 */

enum { FLAG_MULTI_LINE = 1, FLAG_DOT_ALL = 2 };

struct regexp_group {
	unsigned	 flags;
	unsigned	 cost;		/* greatest product of repeat counts of any piece in it */
};

struct regexp {
	struct slice	 whole;
	const char	*p, *end;
	struct buf	*out;		/* NULL: check only */
	struct err	*err;
	struct regexp_group groups[REGEXP_NEST_MAX + 1];
	size_t		 depth;		/* index of the group that is open */
	bool		 has_atom;	/* there is something that a repetition could repeat */
	unsigned	 atom_cost;
	const char	*last_repeat;	/* where the repetition just read began, else NULL */
};

/* ---- regexp.c ---- */

/*
 * influxql_regexp_fail - "error parsing regexp: what: `text from .. to`"; returns -1
 * influxql_regexp_end_atom - something that can be repeated was read; its cost, see regexp_group
 */
int		 influxql_regexp_fail(struct regexp *r, const char *what, const char *from,
		     const char *to);
void		 influxql_regexp_end_atom(struct regexp *r, unsigned cost);

/*
 * influxql_regexp_put - a piece for PCRE2; _put_rune - a character that stands for itself, inside a
 *     class and outside
 * influxql_regexp_rune - take the next character
 */
void		 influxql_regexp_put(struct regexp *r, const char *text);
void		 influxql_regexp_put_rune(struct regexp *r, uint32_t rune);
uint32_t	 influxql_regexp_rune(struct regexp *r);

/* ---- regexp_class.c ---- */

/*
 * influxql_regexp_escape - a backslash and what makes one character of it
 * influxql_regexp_perl_class - \d and its like; false: nothing was taken
 * influxql_regexp_unicode_class - \pN, \p{Greek}; *found is false when there is none
 * influxql_regexp_class - [...]
 */
int		 influxql_regexp_escape(struct regexp *r, uint32_t *rune);
bool		 influxql_regexp_perl_class(struct regexp *r, bool in_class);
int		 influxql_regexp_unicode_class(struct regexp *r, bool *found);
int		 influxql_regexp_class(struct regexp *r);

#endif
