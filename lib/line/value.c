/*
 * line/value.c - numbers, booleans and times that do not come every day
 */
#include <math.h>

#include "base/number.h"
#include "line/value.h"

#define SHOWN_DIGITS 48

const double value_powers[23] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool
is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/*
 * read_u64 - a run of digits; *overflow when they are more than 64 bits
 */
static uint64_t
read_u64(const char **at, bool *overflow)
{
	const char *p = *at;
	uint64_t v = 0;

	*overflow = false;
	for (; is_digit(*p); p++) {
		uint64_t d = (uint64_t)(*p - '0');

		if (v > (UINT64_MAX - d) / 10)
			*overflow = true;
		v = v * 10 + d;
	}
	*at = p;
	return v;
}

enum line_result
value_rare_integer(struct line_context *ctx, const char *start, const char **at,
    struct line_cell *cell)
{
	bool negative = *start == '-', overflow;
	const char *p = start + negative;
	uint64_t v = read_u64(&p, &overflow);
	int shown = (int)(p - start < SHOWN_DIGITS ? p - start : SHOWN_DIGITS);

	*at = p + 1;
	if (*p == 'u') {
		if (negative)
			return line_why(ctx, "invalid number");
		if (overflow)
			return line_why(ctx, "unable to parse unsigned %.*s: strconv.ParseUint: "
			    "parsing \"%.*s\": value out of range", shown, start, shown, start);
		cell->type = VALUE_UNSIGNED;
		cell->cell.u = v;
		return LINE_OK;
	}
	if (overflow || v > (uint64_t)INT64_MAX + negative)
		return line_why(ctx, "unable to parse integer %.*s: strconv.ParseInt: "
		    "parsing \"%.*s\": value out of range", shown, start, shown, start);
	cell->type = VALUE_INTEGER;
	cell->cell.i = (int64_t)(negative ? -v : v);
	return LINE_OK;
}

/*
 * read_exponent - what follows an e: clamped, since nothing beyond matters; false when there is none
 */
static bool
read_exponent(const char **at, int *e10)
{
	const char *p = *at + 1;
	bool negative = *p == '-';
	int v = 0;

	if (*p == '-' || *p == '+')
		p++;
	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++)
		if (v < 100000000)
			v = v * 10 + (*p - '0');
	*e10 += negative ? -v : v;
	*at = p;
	return true;
}

/*
 * many_digits - a number of more digits than a 64-bit word surely holds
 *
 * Leading zeros are no digits, and those of a fraction only move the power of ten. What still has
 * more than nineteen is read by number_parse_float, written as digits, e, power.
 */
static double
many_digits(struct line_context *ctx, const char *start, const char *end, int e10)
{
	struct buf *text = &ctx->memo->names;
	bool negative = *start == '-';
	double v = INFINITY;
	uint64_t m = 0;

	buf_reset(text);
	for (const char *p = start + negative; p < end && (is_digit(*p) || *p == '.'); p++)
		if (*p != '.' && (*p != '0' || text->n != 0))
			buf_putc(text, *p);
	if (text->n <= 19) {
		for (size_t i = 0; i < text->n; i++)
			m = m * 10 + (uint64_t)(text->p[i] - '0');
		return number_from_decimal(m, e10, negative);
	}
	buf_printf(text, "e%d", e10);
	if (number_parse_float(text->p, text->p + text->n, &v) != text->p + text->n)
		v = INFINITY;
	if (text->n > 65536)
		buf_free(text);
	return negative ? -v : v;
}

enum line_result
value_rare_number(struct line_context *ctx, const char *start, const char **at, uint64_t m,
    size_t n, int e10, struct line_cell *cell)
{
	if (n == 0)
		return line_why(ctx, "invalid number");
	if ((**at == 'i' || **at == 'u') && e10 == 0 && (*at)[-1] != '.')
		return value_rare_integer(ctx, start, at, cell);
	if ((**at | 0x20) == 'e' && !read_exponent(at, &e10))
		return line_why(ctx, "invalid number");
	if (n <= 19)
		cell->cell.f = number_from_decimal(m, e10, *start == '-');
	else
		cell->cell.f = many_digits(ctx, start, *at, e10);
	if (isinf(cell->cell.f))
		return line_why(ctx, "invalid float");
	cell->type = VALUE_FLOAT;
	return LINE_OK;
}

enum line_result
value_boolean(struct line_context *ctx, const char **at, struct line_cell *cell)
{
	static const struct slice words[] = {
		SLICE("t"), SLICE("T"), SLICE("true"), SLICE("True"), SLICE("TRUE"),
		SLICE("f"), SLICE("F"), SLICE("false"), SLICE("False"), SLICE("FALSE"),
	};
	const char *p = *at;
	size_t n = 0;

	if (*p == 'n' || *p == 'N')
		return line_why(ctx, "invalid number");
	while (n < 6 && (unsigned char)((p[n] | 0x20) - 'a') < 26)
		n++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(words[i], slice_make(p, n))) {
			cell->type = VALUE_BOOLEAN;
			cell->cell.u = i < 5;
			*at = p + n;
			return LINE_OK;
		}
	return line_why(ctx, "invalid boolean");
}

static bool
at_line_end(const char *p)
{
	return *p == '\n' || (*p == '\r' && p[1] == '\n');
}

static enum line_result
to_ns(struct line_context *ctx, int64_t t, int64_t *time)
{
	enum precision unit = ctx->options->precision;

	if (unit == PRECISION_AUTO)
		unit = precision_detect(t);
	if (precision_to_ns(t, unit, time) != 0)
		return line_why(ctx, "time outside range %lld - %lld", (long long)TIME_MIN,
		    (long long)TIME_MAX);
	return LINE_OK;
}

enum line_result
value_rare_time(struct line_context *ctx, const char **at, int64_t *time)
{
	const char *start = *at, *p = start + (*start == '-'), *digits = p;
	int64_t unit = precision_ns(ctx->options->precision);
	int shown;
	bool overflow;
	uint64_t v;

	if (at_line_end(start)) {
		*time = ctx->options->now_ns - ctx->options->now_ns % unit;
		*at = start + (*start == '\r');
		return LINE_OK;
	}
	v = read_u64(&p, &overflow);
	if (p == digits || (*p != ' ' && !at_line_end(p)))
		return line_why(ctx, "bad timestamp");
	shown = (int)(p - start < SHOWN_DIGITS ? p - start : SHOWN_DIGITS);
	if (overflow || v > (uint64_t)INT64_MAX + (digits != start))
		return line_why(ctx, "strconv.ParseInt: parsing \"%.*s\": value out of range",
		    shown, start);
	while (*p == ' ')
		p++;
	if (!at_line_end(p))
		return line_why(ctx, "point is invalid");
	*at = p + (*p == '\r');
	return to_ns(ctx, (int64_t)(digits != start ? -v : v), time);
}
