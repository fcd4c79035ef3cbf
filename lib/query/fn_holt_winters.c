/*
 * query/fn_holt_winters.c - forecasts by damped exponential smoothing with seasons
 *
 * The multiplicative model of Holt and Winters with a damped trend (R. Hyndman, G. Athanasopoulos,
 * "Forecasting: principles and practice", 2014, chapter 7). Its parameters, the level, the trend
 * and the season's factors are found by the simplex method of J. Nelder and R. Mead (The Computer
 * Journal 7, 1965) on the sum of squared errors, begun from every corner of a grid.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "query/eval.h"
#include "query/plan.h"

#define HOLT_EPSILON	1.0e-4
#define SIMPLEX_STEPS	1000
#define HOLT_WORK	UINT64_C(1000000000)	/* multiplications or so: a second or two */

enum { ALPHA, BETA, GAMMA, PHI, LEVEL, TREND, SEASONS };	/* places of the parameters */

struct holt {
	bool		 fitted;
	int64_t		*times;
	double		*values;
	size_t		 n, cap;
	double		*results;
	int64_t		*result_times;
	size_t		 n_results, given;
};

struct model {
	const double	*values;	/* NAN: no value */
	size_t		 n;
	size_t		 season;	/* windows; 1 without seasons */
	bool		 seasonal;
	double		*factors;	/* work: [season] */
	double		*forecast;	/* work: [n + ahead] or NULL */
	size_t		 ahead;
	uint64_t	 work;		/* done so far */
};

static bool
push_holt(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct holt *h = state;

	(void)out;
	if (h->n == h->cap) {
		h->cap = h->cap != 0 ? h->cap * 2 : 32;
		h->times = memory_grow(h->times, h->cap, sizeof(*h->times));
		h->values = memory_grow(h->values, h->cap, sizeof(*h->values));
		*call->held_bytes += 16 * (h->cap / 2);
	}
	h->times[h->n] = time;
	h->values[h->n++] = query_eval_convert(v, VALUE_FLOAT).f;
	return false;
}

/*
 * Run the model over the data: the sum of squared errors, and the forecast where it is wanted.
 */
static double
run_model(struct model *m, const double *p)
{
	double level = p[LEVEL], trend = p[TREND], damping = p[PHI], sum = 0;
	double phi_sum = p[PHI];
	size_t at = 0;

	m->work += 16 * m->n + m->season;
	for (size_t i = 0; i < m->season; i++)
		m->factors[i] = m->seasonal ? p[SEASONS + i] : 1;
	for (size_t i = 0; i < m->n; i++) {
		double fit = (level + damping * trend) * m->factors[at];
		double y = m->values[i], old_level = level, factor = m->factors[at];

		if (m->forecast != NULL)
			m->forecast[i] = fit;
		if (isnan(y))
			y = fit;
		sum += (y - fit) * (y - fit);
		level = p[ALPHA] * (y / factor) + (1 - p[ALPHA]) * (old_level + damping * trend);
		if (m->seasonal)
			m->factors[at] = p[GAMMA] * (y / (old_level + damping * trend)) +
			    (1 - p[GAMMA]) * factor;
		trend = p[BETA] * (level - old_level) + (1 - p[BETA]) * damping * trend;
		at = (at + 1) % m->season;
	}
	for (size_t i = 0; m->forecast != NULL && i < m->ahead; i++) {
		m->forecast[m->n + i] = (level + phi_sum * trend) * m->factors[at];
		phi_sum += pow(p[PHI], (double)(i + 2));
		at = (at + 1) % m->season;
	}
	return isnan(sum) ? INFINITY : sum;
}

static void
keep_inside(double *p)
{
	for (int i = ALPHA; i <= PHI; i++)
		p[i] = p[i] < 0 ? 0 : p[i] > 1 ? 1 : p[i];
}

/* ---- Nelder and Mead ---- */

struct simplex {
	size_t		 n;		/* parameters */
	double		*points;	/* n + 1 of them, best first after sorting */
	double		*errors;
	double		*centre, *tried, *other;
	struct model	*model;
};

static double *
corner(struct simplex *s, size_t i)
{
	return s->points + i * s->n;
}

static double
try_point(struct simplex *s, double *point)
{
	keep_inside(point);
	return run_model(s->model, point);
}

static void
sort_corners(struct simplex *s)
{
	for (size_t i = 1; i <= s->n; i++)
		for (size_t k = i; k > 0 && s->errors[k] < s->errors[k - 1]; k--) {
			double e = s->errors[k];

			s->errors[k] = s->errors[k - 1];
			s->errors[k - 1] = e;
			for (size_t j = 0; j < s->n; j++) {
				double v = corner(s, k)[j];

				corner(s, k)[j] = corner(s, k - 1)[j];
				corner(s, k - 1)[j] = v;
			}
		}
}

static double
move_worst(struct simplex *s, double by, double *to)
{
	const double *worst = corner(s, s->n);

	for (size_t j = 0; j < s->n; j++)
		to[j] = s->centre[j] + by * (worst[j] - s->centre[j]);
	return try_point(s, to);
}

static void
replace_worst(struct simplex *s, const double *by, double error)
{
	for (size_t j = 0; j < s->n; j++)
		corner(s, s->n)[j] = by[j];
	s->errors[s->n] = error;
}

static void
shrink(struct simplex *s)
{
	for (size_t i = 1; i <= s->n; i++) {
		for (size_t j = 0; j < s->n; j++)
			corner(s, i)[j] =
			    corner(s, 0)[j] + 0.5 * (corner(s, i)[j] - corner(s, 0)[j]);
		s->errors[i] = try_point(s, corner(s, i));
	}
}

static void
step_simplex(struct simplex *s)
{
	double error, further;

	s->model->work += 2 * s->n * s->n;
	for (size_t j = 0; j < s->n; j++) {
		s->centre[j] = 0;
		for (size_t i = 0; i < s->n; i++)
			s->centre[j] += corner(s, i)[j] / (double)s->n;
	}
	error = move_worst(s, -1, s->tried);
	if (error < s->errors[0]) {
		further = move_worst(s, -2, s->other);
		replace_worst(s, further < error ? s->other : s->tried,
		    further < error ? further : error);
	} else if (error < s->errors[s->n - 1]) {
		replace_worst(s, s->tried, error);
	} else {
		further = move_worst(s, error < s->errors[s->n] ? -0.5 : 0.5, s->other);
		if (further < (error < s->errors[s->n] ? error : s->errors[s->n]))
			replace_worst(s, s->other, further);
		else
			shrink(s);
	}
	sort_corners(s);
}

/*
 * From a start to a minimum: its error; corner 0 holds its place.
 */
static double
minimise(struct simplex *s, const double *start)
{
	for (size_t i = 0; i <= s->n; i++) {
		if (i > 0 && s->model->work >= HOLT_WORK) {
			s->errors[i] = INFINITY;
			continue;
		}
		for (size_t j = 0; j < s->n; j++)
			corner(s, i)[j] = start[j];
		if (i > 0)
			corner(s, i)[i - 1] += start[i - 1] != 0 ? 0.05 * start[i - 1] : 0.00025;
		s->errors[i] = try_point(s, corner(s, i));
	}
	sort_corners(s);
	for (size_t step = 0; step < SIMPLEX_STEPS && s->model->work < HOLT_WORK; step++) {
		double spread = fabs(s->errors[s->n] - s->errors[0]);

		if (spread <= HOLT_EPSILON * HOLT_EPSILON * (1 + fabs(s->errors[0])))
			break;
		step_simplex(s);
	}
	return s->errors[0];
}

/* ---- the fit ---- */

static double
mean_of(const double *values, size_t n)
{
	double sum = 0;
	size_t seen = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(values[i])) {
			sum += values[i];
			seen++;
		}
	return seen > 0 ? sum / (double)seen : 0;
}

static void
first_guess(const struct model *m, double *p)
{
	p[LEVEL] = mean_of(m->values, m->season);
	if (!m->seasonal) {
		p[TREND] = m->n > 1 && !isnan(m->values[1]) ? m->values[1] - m->values[0] : 0;
		return;
	}
	p[TREND] = 0;
	if (m->n >= 2 * m->season)
		p[TREND] =
		    (mean_of(m->values + m->season, m->season) - p[LEVEL]) / (double)m->season;
	for (size_t i = 0; i < m->season; i++)
		p[SEASONS + i] = isnan(m->values[i]) || p[LEVEL] == 0 ? 1 : m->values[i] / p[LEVEL];
}

static void
find_best(struct model *m, double *best, size_t n)
{
	struct simplex s = { .n = n, .model = m };
	double *start = memory_array(n, sizeof(*start)), least = INFINITY;

	s.points = memory_array((n + 1) * n, sizeof(*s.points));
	s.errors = memory_array(n + 1, sizeof(*s.errors));
	s.centre = memory_array(n, sizeof(*s.centre));
	s.tried = memory_array(n, sizeof(*s.tried));
	s.other = memory_array(n, sizeof(*s.other));
	first_guess(m, start);
	for (int grid = 0; grid < 16 && (grid == 0 || m->work < HOLT_WORK); grid++) {
		for (int i = ALPHA; i <= PHI; i++)
			start[i] = grid >> i & 1 ? 0.7 : 0.3;
		if (minimise(&s, start) < least || grid == 0) {
			least = s.errors[0];
			for (size_t j = 0; j < n; j++)
				best[j] = s.points[j];
		}
	}
	free(s.points);
	free(s.errors);
	free(s.centre);
	free(s.tried);
	free(s.other);
	free(start);
}

/*
 * How many windows after the first point a time is, and the other way round.
 */
static uint64_t
place_of(const struct holt *h, const struct window *window, int64_t t)
{
	if (window->months != 0)
		return (uint64_t)(query_window_number(window, t) -
		    query_window_number(window, h->times[0]));
	return (uint64_t)(t - h->times[0]) / (uint64_t)window->interval;
}

static int64_t
time_after(const struct window *window, int64_t t, size_t n)
{
	if (window->months != 0)
		return query_window_at(window, query_window_number(window, t) + (int64_t)n);
	return t + (int64_t)n * window->interval;
}

/*
 * The points on a grid of the interval, holes filled with NAN: how many windows there are.
 */
static size_t
on_grid(const struct holt *h, const struct window *window, size_t most, double **out)
{
	size_t n = (size_t)place_of(h, window, h->times[h->n - 1]) + 1;

	if (n > most)
		return 0;
	*out = memory_array(n, sizeof(**out));
	for (size_t i = 0; i < n; i++)
		(*out)[i] = NAN;
	for (size_t i = 0; i < h->n; i++)
		(*out)[place_of(h, window, h->times[i])] = h->values[i];
	return n;
}

#define HOLT_WINDOWS_MAX	100000
#define HOLT_SEASON_MAX		1000

static void
forecast(struct holt *h, const struct call *call)
{
	const struct window *window = call->window;
	struct model m = { .seasonal = call->season >= 2 };
	double *values = NULL, *best;
	size_t n_parameters, first;

	m.season = m.seasonal ? (size_t)call->season : 1;
	if (h->n < 2 || h->n < m.season || m.season > HOLT_SEASON_MAX ||
	    call->n > HOLT_WINDOWS_MAX || window->interval <= 0 || h->times[h->n - 1] < h->times[0])
		return;
	m.n = on_grid(h, window, HOLT_WINDOWS_MAX, &values);
	if (m.n == 0)
		return;
	m.values = values;
	n_parameters = SEASONS + (m.seasonal ? m.season : 0);
	best = memory_array(n_parameters, sizeof(*best));
	m.factors = memory_array(m.season, sizeof(*m.factors));
	find_best(&m, best, n_parameters);
	m.ahead = (size_t)call->n;
	m.forecast = memory_array(m.n + m.ahead, sizeof(*m.forecast));
	run_model(&m, best);
	first = call->with_fit ? 0 : m.n;
	h->n_results = m.n + m.ahead - first;
	h->results = memory_array(h->n_results, sizeof(*h->results));
	h->result_times = memory_array(h->n_results, sizeof(*h->result_times));
	for (size_t i = 0; i < h->n_results; i++) {
		size_t at = first + i;

		h->results[i] = m.forecast[at];
		h->result_times[i] = at < m.n ? time_after(window, h->times[0], at) :
		    time_after(window, h->times[h->n - 1], at - m.n + 1);
	}
	free(m.forecast);
	free(m.factors);
	free(best);
	free(values);
}

static bool
flush_holt(void *state, const struct call *call, struct point *out)
{
	struct holt *h = state;

	if (!h->fitted)
		forecast(h, call);
	h->fitted = true;
	if (h->given == h->n_results)
		return false;
	*out = (struct point){ .time = h->result_times[h->given],
	    .value = value_float(h->results[h->given]) };
	h->given++;
	return true;
}

static void
drop_holt(void *state)
{
	struct holt *h = state;

	free(h->times);
	free(h->values);
	free(h->results);
	free(h->result_times);
}

const struct fn_sequence fn_holt_winters = {
	.state_bytes = sizeof(struct holt), .push = push_holt, .flush = flush_holt,
	.drop = drop_holt,
};
