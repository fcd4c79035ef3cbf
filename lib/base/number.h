/*
 * base/number.h - numbers from text and back
 *
 * Parsing rounds correctly (Clinger, PLDI 1990, for short numbers; Lemire, "Number parsing at a
 * gigabyte per second", 2021, for the others). Printing gives the shortest digits that read back
 * equal (Giulietti, "The Schubfach way to render doubles", 2020), laid out as Go's encoding/json
 * does: plain for 1e-6 <= |v| < 1e21, else d.ddde-7, d.ddde+21; whole numbers have no point.
 */
#ifndef WEIR_BASE_NUMBER_H
#define WEIR_BASE_NUMBER_H

#include "base/buf.h"

#define NUMBER_TEXT_MAX 32	/* room for any number_format_* but the fixed one */

/*
 * number_parse_float - a decimal number at p: [-] digits [. [digits]] [e|E [+|-] digits], or the
 *                      same from the point on; no inf, nan, hexadecimal or leading plus
 *   out    *v       the nearest double
 *   returns         where the number ends, or NULL when there is none or it overflows a double
 */
const char	*number_parse_float(const char *p, const char *end, double *v);

/*
 * number_from_decimal - m * 10^e10, rounded correctly: for parsers that have read the digits
 *   in     m        up to 19 digits, all of them significant ones
 *   returns         infinity when it overflows
 */
double		 number_from_decimal(uint64_t m, int e10, bool negative);

size_t		 number_format_float(char out[NUMBER_TEXT_MAX], double v);	/* v finite */
size_t		 number_format_int(char out[NUMBER_TEXT_MAX], int64_t v);
size_t		 number_format_uint(char out[NUMBER_TEXT_MAX], uint64_t v);

void		 number_put_float(struct buf *b, double v);	/* v finite */
void		 number_put_fixed(struct buf *b, double v);	/* never an exponent, as CSV wants it */
void		 number_put_int(struct buf *b, int64_t v);
void		 number_put_uint(struct buf *b, uint64_t v);

#endif
