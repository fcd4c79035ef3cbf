/*
 * query/windows.h - the windows of a group, finished one after the other
 *
 *     runs or feeds ──► states of the calls, a set for each window ──► struct finished
 *
 * Where the rows of all inputs come merged by time only the present window has states; where inputs
 * are read one behind the other all windows have. The second way opens one input at a time and
 * needs no merging, so it is taken unless a state grows with the rows.
 */
#ifndef WEIR_QUERY_WINDOWS_H
#define WEIR_QUERY_WINDOWS_H

#include "query/reader.h"

struct finished {
	int64_t		 start;
	unsigned char	*states;
	bool		 owns_states;
	struct point	**points;	/* by call; NULL where n is 0 */
	size_t		*n;
	struct point	*ones;		/* room for one point a call */
	struct finished	*next;		/* for whoever keeps a list of them */
};

struct windows;

/*
 * query_windows_open - begin to read a group
 *   in     calls    whose rows share a pass
 *          aux      columns of refs kept with chosen points
 *          from, to both included
 * query_windows_next - the next window in which some call has a point; *out is NULL at the end
 * query_windows_release - a finished window is not needed any more
 * query_windows_close - NULL is allowed; all windows are to be released before
 */
struct windows_spec {
	struct plan	*plan;
	const struct plan_group *group;
	struct call	*const *calls;
	size_t		 n_calls;
	const struct refs *refs;	/* first those of the calls, then the aux ones */
	const size_t	*columns;	/* by call: which ref */
	const size_t	*aux;
	size_t		 n_aux;
	int64_t		 from, to;
};

int	 query_windows_open(const struct windows_spec *spec, struct windows **windows,
	     struct err *err);
int	 query_windows_next(struct windows *w, struct finished **out, struct err *err);
void	 query_windows_release(struct windows *w, struct finished *f);
void	 query_windows_close(struct windows *w);

#endif
