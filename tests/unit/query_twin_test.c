/*
 * tests/unit/query_twin_test.c - random queries beside a naive twin
 *
 * The twin holds the points in a plain array and answers with loops over all of them: no plan, no
 * index, no blocks, no merging. Values are quarters of small numbers, so that sums are exact in any
 * order. The seed is printed when an answer differs; WEIR_TWIN_SEED and WEIR_TWIN_QUERIES set it
 * and the number of queries.
 */
#include "query_answers.h"

#include "unit.h"

#define N_POINTS	900
#define N_HOSTS		4
#define TIMES		400		/* seconds */

struct row {
	int	 host, dc;		/* host 0: the series lacks the tag */
	int	 t;
	bool	 has_v, has_i;
	double	 v;
	int64_t	 i;
};

static const char *const hosts[N_HOSTS] = { "", "a", "b", "c" };
static const char *const dcs[2] = { "x", "y" };

static struct answers answers;
static struct row rows[N_POINTS];
static size_t n_rows;
static uint64_t seed;

static int
below(int n)
{
	return (int)(unit_random(&seed) % (uint64_t)n);
}

/* ---- the data ---- */

/*
 * A later point of the same series and time replaces the fields that it has.
 */
static void
twin_write(const struct row *new)
{
	struct row *r = NULL;

	for (size_t k = 0; k < n_rows && r == NULL; k++)
		if (rows[k].host == new->host && rows[k].dc == new->dc && rows[k].t == new->t)
			r = &rows[k];
	if (r == NULL) {
		r = &rows[n_rows++];
		*r = (struct row){ .host = new->host, .dc = new->dc, .t = new->t };
	}
	if (new->has_v)
		r->v = new->v;
	if (new->has_i)
		r->i = new->i;
	r->has_v |= new->has_v;
	r->has_i |= new->has_i;
}

static void
put_line(struct buf *lines, const struct row *r)
{
	buf_puts(lines, "m");
	if (r->host != 0)
		buf_printf(lines, ",host=%s", hosts[r->host]);
	buf_printf(lines, ",dc=%s ", dcs[r->dc]);
	if (r->has_v)
		buf_printf(lines, "v=%.2f", r->v);
	if (r->has_i)
		buf_printf(lines, "%si=%lldi", r->has_v ? "," : "", (long long)r->i);
	buf_printf(lines, " %d\n", r->t);
}

/*
 * What is there moves into chunks; what comes later lies over them in the journal.
 */
static void
compact(void)
{
	lines_compact(&answers.home);
}

static void
write_points(uint64_t bucket)
{
	struct buf lines = { 0 };

	for (int n = 0; n < N_POINTS; n++) {
		struct row r = { .host = below(N_HOSTS), .dc = below(2), .t = below(TIMES),
		    .has_v = below(4) != 0, .v = (below(400) - 200) / 4.0, .i = below(50) - 25 };

		r.has_i = !r.has_v || below(3) == 0;
		twin_write(&r);
		put_line(&lines, &r);
		if (n % 100 == 99) {
			buf_putc(&lines, '\0');
			answers_write(&answers, bucket, lines.p);
			buf_reset(&lines);
			if (n == N_POINTS / 3 * 2 / 100 * 100 - 1)
				compact();
		}
	}
	buf_free(&lines);
}

/* ---- a query ---- */

enum call_kind { COUNT, SUM, MEAN, SPREAD, MEDIAN, MIN, MAX, FIRST, LAST, N_CALL_KINDS };

static const char *const call_names[] = { "count", "sum", "mean", "spread", "median", "min", "max",
    "first", "last" };

struct asked {
	int	 n_calls;		/* 0: raw */
	enum call_kind calls[2];
	bool	 on_i[2];		/* of field i, else of v */
	int	 from, to;		/* both included; to < 0: no bounds */
	int	 interval, offset;
	bool	 by_host, by_dc;
	int	 host_test;		/* 0 none, 1 = 'a', 2 != 'a', 3 =~ /a|b/, 4 = '' */
	bool	 or_dc;			/* OR dc = 'x' */
	int	 field_test;		/* 0 none, 1 v >, 2 i <=, 3 v != OR i = level */
	int	 level;
	int	 fill;			/* 0 default, 1 none, 2 previous, 3 a number */
	bool	 descending;
	int	 limit, offset_rows;
};

static struct asked
ask(void)
{
	struct asked q = { .n_calls = below(4) == 0 ? 0 : 1 + below(2), .to = -1 };

	for (int k = 0; k < 2; k++) {
		q.calls[k] = (enum call_kind)below(N_CALL_KINDS);
		q.on_i[k] = below(3) == 0;
	}
	if (q.n_calls > 0 && below(3) != 0) {
		q.interval = 1 + below(40);
		q.offset = below(3) == 0 ? below(q.interval) : 0;
		q.fill = below(4);
	}
	if (q.interval > 0 || below(2) == 0) {
		q.from = below(TIMES);
		q.to = q.from + below(TIMES);
	}
	q.by_host = below(2) == 0;
	q.by_dc = below(3) == 0;
	q.host_test = below(5);
	q.or_dc = q.host_test != 0 && below(4) == 0;
	q.field_test = below(5) % 4;
	q.level = below(40) - 20;
	q.descending = below(3) == 0;
	if (below(3) == 0) {
		q.limit = 1 + below(8);
		q.offset_rows = below(3) == 0 ? below(4) : 0;
	}
	return q;
}

static void
put_conditions(struct buf *text, const struct asked *q)
{
	static const char *const tests[] = { "", "host = 'a'", "host != 'a'", "host =~ /a|b/",
	    "host = ''" };
	const char *and = " WHERE ";

	if (q->to >= 0) {
		buf_printf(text, "%stime >= %ds AND time <= %ds", and, q->from, q->to);
		and = " AND ";
	}
	if (q->host_test != 0) {
		buf_printf(text, "%s(%s%s)", and, tests[q->host_test],
		    q->or_dc ? " OR dc = 'x'" : "");
		and = " AND ";
	}
	if (q->field_test == 1)
		buf_printf(text, "%sv > %d", and, q->level);
	else if (q->field_test == 2)
		buf_printf(text, "%si <= %d", and, q->level);
	else if (q->field_test == 3)
		buf_printf(text, "%s(v != %d OR i = %d)", and, q->level, q->level);
}

static void
put_query(struct buf *text, const struct asked *q)
{
	static const char *const fills[] = { "", " fill(none)", " fill(previous)", " fill(7)" };
	const char *comma = " GROUP BY ";

	buf_puts(text, "SELECT ");
	if (q->n_calls == 0)
		buf_puts(text, "v, i");
	for (int k = 0; k < q->n_calls; k++)
		buf_printf(text, "%s%s(%s)", k > 0 ? ", " : "", call_names[q->calls[k]],
		    q->on_i[k] ? "i" : "v");
	buf_puts(text, " FROM m");
	put_conditions(text, q);
	if (q->interval > 0) {
		buf_printf(text, "%stime(%ds, %ds)", comma, q->interval, q->offset);
		comma = ", ";
	}
	if (q->by_host) {
		buf_printf(text, "%shost", comma);
		comma = ", ";
	}
	if (q->by_dc)
		buf_printf(text, "%sdc", comma);
	buf_puts(text, fills[q->fill]);
	if (q->descending)
		buf_puts(text, " ORDER BY time DESC");
	if (q->limit > 0)
		buf_printf(text, " LIMIT %d", q->limit);
	if (q->offset_rows > 0)
		buf_printf(text, " OFFSET %d", q->offset_rows);
	buf_putc(text, '\0');
}

/* ---- the twin's answer ---- */

static bool
passes(const struct asked *q, const struct row *r)
{
	const char *host = hosts[r->host];
	bool tags = q->host_test == 0 || (q->host_test == 1 && strcmp(host, "a") == 0) ||
	    (q->host_test == 2 && strcmp(host, "a") != 0) ||
	    (q->host_test == 3 && (host[0] == 'a' || host[0] == 'b')) ||
	    (q->host_test == 4 && host[0] == '\0') || (q->or_dc && r->dc == 0);
	bool fields = q->field_test == 0 || (q->field_test == 1 && r->has_v && r->v > q->level) ||
	    (q->field_test == 2 && r->has_i && r->i <= q->level) ||
	    (q->field_test == 3 &&
	    ((r->has_v && r->v != q->level) || (r->has_i && r->i == q->level)));

	return tags && fields && (q->to < 0 || (r->t >= q->from && r->t <= q->to));
}

static int
compare_doubles(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

struct result {
	bool	 has;
	double	 value;
	int	 time;
};

/*
 * A call over the rows of a group that lie in start <= t < end.
 */
static struct result
compute(const struct asked *q, int k, const struct row *const *group, size_t n, int start, int end)
{
	static double seen[N_POINTS];
	struct result best = { false, 0, 0 };
	enum call_kind kind = q->calls[k];
	size_t n_seen = 0;
	double sum = 0;

	for (size_t at = 0; at < n; at++) {
		const struct row *r = group[at];
		double x = q->on_i[k] ? (double)r->i : r->v;
		bool take;

		if (r->t < start || r->t >= end || !(q->on_i[k] ? r->has_i : r->has_v))
			continue;
		seen[n_seen++] = x;
		sum += x;
		take = !best.has ||
		    (kind == MIN && (x < best.value || (x == best.value && r->t < best.time))) ||
		    (kind == MAX && (x > best.value || (x == best.value && r->t < best.time))) ||
		    (kind == FIRST && r->t < best.time) || (kind == LAST && r->t > best.time) ||
		    (kind >= FIRST && r->t == best.time && x > best.value);
		if (take)
			best = (struct result){ true, x, r->t };
	}
	if (n_seen == 0)
		return best;
	qsort(seen, n_seen, sizeof(*seen), compare_doubles);
	if (kind == COUNT)
		best.value = (double)n_seen;
	else if (kind == SUM)
		best.value = sum;
	else if (kind == MEAN)
		best.value = sum / (double)n_seen;
	else if (kind == SPREAD)
		best.value = seen[n_seen - 1] - seen[0];
	else if (kind == MEDIAN)
		best.value = n_seen % 2 != 0 ? seen[n_seen / 2] : seen[n_seen / 2 - 1] +
		    (seen[n_seen / 2] - seen[n_seen / 2 - 1]) / 2;
	return best;
}

static void
put_number(struct buf *out, bool has, double x)
{
	buf_putc(out, ',');
	if (has)
		number_put_float(out, x == 0 ? 0 : x);
	else
		buf_puts(out, "null");
}

static void
put_head(struct buf *out, const struct asked *q, int host, int dc)
{
	buf_puts(out, "0 m");
	if (q->by_dc || q->by_host)
		buf_printf(out, "{%s%s%s%s%s}", q->by_dc ? "dc=" : "", q->by_dc ? dcs[dc] : "",
		    q->by_dc && q->by_host ? "," : "", q->by_host ? "host=" : "",
		    q->by_host ? hosts[host] : "");
	buf_puts(out, "(time");
	if (q->n_calls == 0)
		buf_puts(out, ",v,i");
	for (int k = 0; k < q->n_calls; k++)
		buf_printf(out, ",%s%s", call_names[q->calls[k]],
		    k == 1 && q->calls[0] == q->calls[1] ? "_1" : "");
	buf_puts(out, "):");
}

struct lines {			/* the rows of one group, counted by OFFSET and LIMIT */
	struct buf	*out;
	const struct asked *q;
	int		 host, dc;
	int		 n, given;
};

static bool
begin_row(struct lines *l, int t)
{
	if (l->n++ < l->q->offset_rows || (l->q->limit > 0 && l->given == l->q->limit))
		return false;
	if (l->q->n_calls == 0 && l->q->limit == 0 && l->q->offset_rows > 0 && l->given == 1)
		return false;
	if (l->given++ == 0)
		put_head(l->out, l->q, l->host, l->dc);
	buf_printf(l->out, " %d", t);
	return true;
}

static int
start_of(const struct asked *q, int t)
{
	int rest = (t - q->offset) % q->interval;

	return t - (rest < 0 ? rest + q->interval : rest);
}

static void
put_windows(struct lines *l, const struct row *const *group, size_t n)
{
	const struct asked *q = l->q;
	int first = start_of(q, q->from), last = start_of(q, q->to);
	double before[2] = { 0, 0 };
	bool has_before[2] = { false, false };
	bool any[2] = { false, false };

	for (int k = 0; k < q->n_calls; k++)
		any[k] = compute(q, k, group, n, -TIMES, 3 * TIMES).has;
	if (!any[0] && (q->n_calls == 1 || !any[1]))
		return;
	for (int w = 0; first + w * q->interval <= last; w++) {
		int start = q->descending ? last - w * q->interval : first + w * q->interval;
		struct result r[2] = { { false, 0, 0 }, { false, 0, 0 } };
		bool shown = q->fill != 1;

		for (int k = 0; k < q->n_calls; k++) {
			r[k] = compute(q, k, group, n, start, start + q->interval);
			shown |= r[k].has;
			if (r[k].has) {
				before[k] = r[k].value;
				has_before[k] = true;
			} else if (q->fill == 3 ||
			    (q->fill == 0 && q->calls[k] == COUNT && any[k])) {
				r[k] = (struct result){ true, q->fill == 3 ? 7 : 0, 0 };
			} else if (q->fill == 2 && has_before[k]) {
				r[k] = (struct result){ true, before[k], 0 };
			}
		}
		if (!shown || !begin_row(l, start))
			continue;
		for (int k = 0; k < q->n_calls; k++)
			put_number(l->out, r[k].has, r[k].value);
		buf_putc(l->out, ';');
	}
}

static void
put_whole(struct lines *l, const struct row *const *group, size_t n)
{
	const struct asked *q = l->q;
	struct result r[2] = { { false, 0, 0 }, { false, 0, 0 } };
	int time = q->to >= 0 ? q->from : 0;

	for (int k = 0; k < q->n_calls; k++)
		r[k] = compute(q, k, group, n, -TIMES, 3 * TIMES);
	if (!r[0].has && !r[1].has)
		return;
	if (q->calls[0] >= MIN && (q->n_calls == 1 ||
	    (q->calls[0] == q->calls[1] && q->on_i[0] == q->on_i[1])))
		time = r[0].time;	/* two equal calls are one */
	if (!begin_row(l, time))
		return;
	for (int k = 0; k < q->n_calls; k++)
		put_number(l->out, r[k].has, r[k].value);
	buf_putc(l->out, ';');
}

/*
 * Raw rows in order of time. The twin cannot know the order of equal times, so such groups are
 * asked for only where one series makes a group.
 */
static int
compare_times(const void *x, const void *y)
{
	const struct row *a = *(const struct row *const *)x, *b = *(const struct row *const *)y;

	return (a->t > b->t) - (a->t < b->t);
}

static void
put_raw(struct lines *l, const struct row **group, size_t n)
{
	qsort(group, n, sizeof(*group), compare_times);
	for (size_t k = 0; k < n; k++) {
		const struct row *r = group[l->q->descending ? n - 1 - k : k];

		if (!begin_row(l, r->t))
			continue;
		put_number(l->out, r->has_v, r->v);
		put_number(l->out, r->has_i, (double)r->i);
		buf_putc(l->out, ';');
	}
}

static void
twin_group(struct buf *out, const struct asked *q, int host, int dc)
{
	static const struct row *group[N_POINTS];
	struct lines l = { .out = out, .q = q, .host = host, .dc = dc };
	size_t n = 0;

	for (size_t k = 0; k < n_rows; k++)
		if ((!q->by_host || rows[k].host == host) && (!q->by_dc || rows[k].dc == dc) &&
		    passes(q, &rows[k]))
			group[n++] = &rows[k];
	if (q->n_calls == 0)
		put_raw(&l, group, n);
	else if (q->interval > 0)
		put_windows(&l, group, n);
	else
		put_whole(&l, group, n);
	if (l.given > 0)
		buf_putc(out, '\n');
}

static void
twin_answer(struct buf *out, const struct asked *q)
{
	int n_dcs = q->by_dc ? 2 : 1, n_hosts = q->by_host ? N_HOSTS : 1, n = n_dcs * n_hosts;
	size_t before = out->n;

	for (int at = 0; at < n; at++) {
		int group = q->descending ? n - 1 - at : at;

		twin_group(out, q, group % n_hosts, group / n_hosts);
	}
	if (out->n == before)
		buf_puts(out, "0\n");
	buf_putc(out, '\0');
}

/* ---- beside one another ---- */

static long
from_environment(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? atol(text) : otherwise;
}

static void
queries_agree_with_the_twin(void **state)
{
	long n = from_environment("WEIR_TWIN_QUERIES", 3000);
	struct buf text = { 0 }, want = { 0 };

	(void)state;
	for (long k = 0; k < n; k++) {
		uint64_t began = seed;
		struct asked q = ask();
		const char *got;

		if (q.n_calls == 0)
			q.by_host = q.by_dc = true;
		buf_reset(&text);
		buf_reset(&want);
		put_query(&text, &q);
		twin_answer(&want, &q);
		got = answers_query(&answers, "d", text.p);
		if (strcmp(got, want.p) != 0)
			fail_msg("state %llu: %s\n got: %s\nwant: %s",
			    (unsigned long long)began, text.p, got, want.p);
	}
	buf_free(&text);
	buf_free(&want);
}

static int
set_up(void **state)
{
	(void)state;
	seed = (uint64_t)from_environment("WEIR_TWIN_SEED", 20240229);
	answers_open(&answers);
	write_points(answers_bucket(&answers, "d"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	answers_close(&answers);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_agree_with_the_twin),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
