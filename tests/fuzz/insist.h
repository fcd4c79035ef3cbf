/*
 * tests/fuzz/insist.h - what must hold whatever the bytes: else the target has found something
 */
#ifndef WEIR_TESTS_FUZZ_INSIST_H
#define WEIR_TESTS_FUZZ_INSIST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "found: %s\n", what);
	abort();
}

#endif
