/*
 * line/value.h - one number, boolean or time of a line
 *
 * Inlined where fields are read: most of the time of a parse goes here.
 */
#ifndef WEIR_LINE_VALUE_H
#define WEIR_LINE_VALUE_H

#include "line/line_priv.h"

/*
 * value_rare_number - (value.c) numbers of many digits, with exponents, or that are none
 *   in     start    where it began, *p behind its digits and its point
 *          m, n     the digits as a number and how many; e10 its power of ten
 * value_rare_integer - the same for what ends in i or u
 * value_boolean - one of the ten words
 * value_rare_time - what value_time does not know: no time, other units, no such time
 */
enum line_result value_rare_number(struct line_context *ctx, const char *start, const char **p,
	     uint64_t m, size_t n, int e10, struct line_cell *cell);
enum line_result value_rare_integer(struct line_context *ctx, const char *start, const char **p,
	     struct line_cell *cell);
enum line_result value_boolean(struct line_context *ctx, const char **p, struct line_cell *cell);
enum line_result value_rare_time(struct line_context *ctx, const char **p, int64_t *time);

extern const double value_powers[23];

static inline bool
value_begins_number(char c)
{
	return (unsigned char)(c - '0') <= 9 || c == '-' || c == '.';
}

/*
 * value_eight - are these eight bytes (the first the lowest) all digits? and their value
 *
 * Pairs, then fours, then eight digits are joined by one multiplication each.
 */
static inline bool
value_are_eight(uint64_t w)
{
	return ((w + UINT64_C(0x4646464646464646)) | (w - UINT64_C(0x3030303030303030))) &
	    WORD_HIGHS ? false : true;
}

static inline uint64_t
value_eight(uint64_t w)
{
	w -= UINT64_C(0x3030303030303030);
	w = w * 10 + (w >> 8);
	return ((w & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
	    ((w >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001)) >> 32;
}

/*
 * value_number - the number at *p, which moves behind it; what follows is for the caller to judge
 */
static inline enum line_result
value_number(struct line_context *ctx, const char **at, struct line_cell *cell)
{
	const char *p = *at, *start = p, *digits;
	bool negative = *p == '-';
	uint64_t m = 0;
	unsigned d;
	size_t n;
	int e10 = 0;
	double v;

	p += negative;
	digits = p;
	while ((d = (unsigned char)*p - (unsigned)'0') <= 9) {
		m = m * 10 + d;
		p++;
	}
	n = (size_t)(p - digits);
	if (*p == 'i' && n - 1 < 18) {
		cell->type = VALUE_INTEGER;
		cell->cell.i = negative ? -(int64_t)m : (int64_t)m;
		*at = p + 1;
		return LINE_OK;
	}
	if (*p == '.') {
		const char *fraction = ++p;

		for (uint64_t w; w = word_load_le(p), value_are_eight(w); p += 8)
			m = m * 100000000 + value_eight(w);
		while ((d = (unsigned char)*p - (unsigned)'0') <= 9) {
			m = m * 10 + d;
			p++;
		}
		e10 = (int)(p - fraction);
		n += (size_t)e10;
	}
	*at = p;
	if (n - 1 >= 19 || m >> 53 != 0 || e10 > 22 || (*p | 0x20) == 'e' || *p == 'i' || *p == 'u')
		return value_rare_number(ctx, start, at, m, n, -e10, cell);
	v = (double)m;
	if (e10 != 0)
		v /= value_powers[e10];
	cell->type = VALUE_FLOAT;
	cell->cell.f = negative ? -v : v;
	return LINE_OK;
}

/*
 * value_time - what stands between the fields and the LF; *p moves to the LF
 */
static inline enum line_result
value_time(struct line_context *ctx, const char **at, int64_t *time)
{
	const char *p = *at;
	uint64_t t, w;
	unsigned d;
	int n = 16;

	while (*p == ' ')
		p++;
	*at = p;
	/* seventeen to nineteen digits: nanoseconds, also by magnitude */
	if (ctx->options->precision > PRECISION_NS || !value_are_eight(w = word_load_le(p)))
		return value_rare_time(ctx, at, time);
	t = value_eight(w);
	w = word_load_le(p + 8);
	if (!value_are_eight(w))
		return value_rare_time(ctx, at, time);
	t = t * 100000000 + value_eight(w);
	p += 16;
	while ((d = (unsigned char)*p - (unsigned)'0') <= 9 && n < 19) {
		t = t * 10 + d;
		p++;
		n++;
	}
	if (*p != '\n' || t < UINT64_C(5000000000000000) || t > TIME_MAX)
		return value_rare_time(ctx, at, time);
	*time = (int64_t)t;
	*at = p;
	return LINE_OK;
}

#endif
