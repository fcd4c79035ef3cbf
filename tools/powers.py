#!/usr/bin/env python3
"""
tools/powers.py - writes lib/base/powers.c: powers of ten as 128-bit numbers

    tools/powers.py > lib/base/powers.c

Row q holds the 128 leading bits of 10^q, cut off below them. Rows -27 to -1 are one more than
that: number_parse.c needs its exact products not to come out too small there.
"""

FIRST, LAST = -342, 324
ROUNDED_UP = range(-27, 0)

HEAD = """\
/*
 * base/powers.c - powers of ten as 128-bit numbers
 *
 * Written by tools/powers.py; what the rows hold is told in base/powers.h.
 */
#include "base/powers.h"

const double powers_exact[POWERS_EXACT_MAX + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

const struct powers_row powers_rows[POWERS_LAST - POWERS_FIRST + 1] = {"""


def row(q):
    if q >= 0:
        whole = 10 ** q
        bits = whole.bit_length()
        value = whole << (128 - bits) if bits <= 128 else whole >> (bits - 128)
    else:
        whole = 10 ** -q
        value = (1 << (whole.bit_length() + 128)) // whole
        value >>= value.bit_length() - 128
    if q in ROUNDED_UP:
        value += 1
    assert value >> 127 == 1
    return value


def main():
    print(HEAD)
    for q in range(FIRST, LAST + 1):
        value = row(q)
        high, low = value >> 64, value & (1 << 64) - 1
        print(f"\t{{ UINT64_C(0x{high:016x}), UINT64_C(0x{low:016x}) }},\t/* 1e{q} */")
    print("};")


main()
