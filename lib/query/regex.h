/*
 * query/regex.h - regular expressions, matched by PCRE2
 *
 * The parser has checked a pattern as RE2 and influxql_pcre_regex has put it in PCRE2's words. A
 * pattern is compiled once a statement. It matches anywhere in a text unless it is anchored. A
 * match that needs too many steps counts as none and is remembered: query_context_check then ends
 * the statement.
 */
#ifndef WEIR_QUERY_REGEX_H
#define WEIR_QUERY_REGEX_H

#include "base/err.h"
#include "base/slice.h"

struct query_regexes;
struct query_regex;

/*
 * query_regexes_new - an empty set of compiled patterns, owned by the caller
 * query_regexes_clear - forget all of them: no struct query_regex is good any more
 * query_regexes_failed - was a limit met since the last clearing?
 */
struct query_regexes *query_regexes_new(void);
void		 query_regexes_free(struct query_regexes *set);
void		 query_regexes_clear(struct query_regexes *set);
bool		 query_regexes_failed(const struct query_regexes *set);

/*
 * query_regex_get - a compiled pattern, the same for the same text
 *   in     pattern  RE2 text, as the tree has it
 *   out    *regex   the set's, until it is cleared
 *   errs   ERR_INVALID  PCRE2 does not take it, or it is too large
 */
int		 query_regex_get(struct query_regexes *set, struct slice pattern,
		     struct query_regex **regex, struct err *err);
bool		 query_regex_match(struct query_regex *regex, struct slice text);

/*
 * query_regex_is_equality - does it match one text alone (/^cpu$/), and which? Then an index can be
 *     asked for that one
 */
bool		 query_regex_is_equality(const struct query_regex *regex, struct slice *text);

#endif
