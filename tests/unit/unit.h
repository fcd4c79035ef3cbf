/*
 * tests/unit/unit.h - what every unit test begins with: cmocka, and words for tables of cases
 */
#ifndef WEIR_TESTS_UNIT_H
#define WEIR_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"

/* Under AddressSanitizer a process has many times its memory. gcc and clang say so each its way. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define UNIT_SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UNIT_SANITIZED 1
#endif

#define UNIT_N(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * UNIT_CHECK - fails with the name of the case when `ok` is false
 * UNIT_SAME - the same when two slices differ, and shows both
 */
#define UNIT_CHECK(name, ok) do {							\
	if (!(ok))									\
		fail_msg("%s: %s", (name), #ok);					\
} while (0)

#define UNIT_SAME(name, got, want) do {							\
	struct slice got_ = (got), want_ = (want);					\
											\
	if (!slice_eq(got_, want_))							\
		fail_msg("%s: got \"" SLICE_FMT "\", want \"" SLICE_FMT "\"", (name),	\
		    SLICE_ARG(got_), SLICE_ARG(want_));					\
} while (0)

/*
 * unit_random - the next of a sequence of 64-bit numbers (xorshift*, Vigna 2014); *state not 0
 */
static inline uint64_t
unit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545F4914F6CDD1D);
}

#endif
