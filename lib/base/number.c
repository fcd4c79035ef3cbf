/*
 * base/number.c - numbers from text and back
 *
 * By strtod and printf: right, and slow. What is found is checked before the C library sees it.
 */
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/*
 * extent - where the number at p ends, or NULL when there is none
 */
static const char *
extent(const char *p, const char *end)
{
	const char *start, *whole, *power;
	bool some;

	if (p < end && *p == '-')
		p++;
	start = p;
	whole = p = digits(p, end);
	some = whole > start;
	if (p < end && *p == '.') {
		p = digits(p + 1, end);
		some = some || p > whole + 1;
	}
	if (!some)
		return NULL;
	if (p == end || (*p != 'e' && *p != 'E'))
		return p;
	power = p + 1;
	if (power < end && (*power == '-' || *power == '+'))
		power++;
	return digits(power, end) > power ? digits(power, end) : p;
}

const char *
number_parse_float(const char *p, const char *end, double *v)
{
	const char *stop = extent(p, end);
	struct buf text = { 0 };
	double result;

	if (stop == NULL)
		return NULL;
	buf_put(&text, p, (size_t)(stop - p));
	buf_putc(&text, '\0');
	result = strtod(text.p, NULL);
	buf_free(&text);
	if (isinf(result))
		return NULL;
	*v = result;
	return stop;
}

double
number_from_decimal(uint64_t m, int e10, bool negative)
{
	char text[64];
	double v;

	snprintf(text, sizeof(text), "%llue%d", (unsigned long long)m, e10);
	v = strtod(text, NULL);
	return negative ? -v : v;
}

/*
 * shortest - the fewest digits that read back as v > 0, and the power of ten of the first
 */
static int
shortest(double v, char out[32], int *e10)
{
	char text[64];
	int n = 0;

	for (int decimals = 0; decimals <= 16; decimals++) {
		snprintf(text, sizeof(text), "%.*e", decimals, v);
		if (strtod(text, NULL) == v)
			break;
	}
	for (const char *p = text; *p != 'e'; p++)
		if (*p != '.')
			out[n++] = *p;
	*e10 = atoi(strchr(text, 'e') + 1);
	while (n > 1 && out[n - 1] == '0')
		n--;
	return n;
}

static void
put_plain(struct buf *b, const char *d, int n, int e10)
{
	if (e10 < 0)
		buf_puts(b, "0.");
	for (int i = e10 + 1; i < 0; i++)
		buf_putc(b, '0');
	for (int i = 0; i < n || i <= e10; i++) {
		if (i == e10 + 1 && i > 0)
			buf_putc(b, '.');
		buf_putc(b, i < n ? d[i] : '0');
	}
}

static void
put(struct buf *b, double v, bool may_have_exponent)
{
	char d[32];
	int e10, n;

	if (signbit(v))
		buf_putc(b, '-');
	v = fabs(v);
	if (v == 0) {
		buf_putc(b, '0');
		return;
	}
	n = shortest(v, d, &e10);
	if (!may_have_exponent || (v >= 1e-6 && v < 1e21)) {
		put_plain(b, d, n, e10);
		return;
	}
	put_plain(b, d, n, 0);
	buf_printf(b, "e%+d", e10);
}

size_t
number_format_float(char out[NUMBER_TEXT_MAX], double v)
{
	struct buf b = { 0 };
	size_t n;

	put(&b, v, true);
	n = b.n;
	memcpy(out, b.p, n);
	buf_free(&b);
	return n;
}

size_t
number_format_int(char out[NUMBER_TEXT_MAX], int64_t v)
{
	return (size_t)snprintf(out, NUMBER_TEXT_MAX, "%lld", (long long)v);
}

size_t
number_format_uint(char out[NUMBER_TEXT_MAX], uint64_t v)
{
	return (size_t)snprintf(out, NUMBER_TEXT_MAX, "%llu", (unsigned long long)v);
}

void
number_put_float(struct buf *b, double v)
{
	put(b, v, true);
}

void
number_put_fixed(struct buf *b, double v)
{
	put(b, v, false);
}

void
number_put_int(struct buf *b, int64_t v)
{
	buf_reserve(b, NUMBER_TEXT_MAX);
	b->n += number_format_int(b->p + b->n, v);
}

void
number_put_uint(struct buf *b, uint64_t v)
{
	buf_reserve(b, NUMBER_TEXT_MAX);
	b->n += number_format_uint(b->p + b->n, v);
}
