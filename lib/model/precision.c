/*
 * model/precision.c - units of time
 */
#include "model/precision.h"

struct word {
	struct slice	 text;
	enum precision	 unit;
};

#define WORD(literal, unit)	{ { "" literal, sizeof(literal) - 1 }, unit }

static const struct word write_words[] = {
	WORD("", PRECISION_AUTO), WORD("auto", PRECISION_AUTO),
	WORD("ns", PRECISION_NS), WORD("n", PRECISION_NS), WORD("nanosecond", PRECISION_NS),
	WORD("us", PRECISION_US), WORD("microsecond", PRECISION_US),
	WORD("ms", PRECISION_MS), WORD("millisecond", PRECISION_MS),
	WORD("s", PRECISION_S), WORD("second", PRECISION_S),
	WORD("m", PRECISION_M), WORD("h", PRECISION_H),
};

static const struct word epoch_words[] = {
	WORD("ns", PRECISION_NS), WORD("n", PRECISION_NS),
	WORD("u", PRECISION_US), WORD("us", PRECISION_US),
	WORD("\xC2\xB5", PRECISION_US), WORD("\xC2\xB5s", PRECISION_US),	/* micro sign */
	WORD("\xCE\xBC", PRECISION_US), WORD("\xCE\xBCs", PRECISION_US),	/* Greek mu */
	WORD("ms", PRECISION_MS), WORD("s", PRECISION_S),
	WORD("m", PRECISION_M), WORD("h", PRECISION_H),
};

static int
look_up(const struct word *words, size_t n, struct slice text, enum precision *out)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(words[i].text, text)) {
			*out = words[i].unit;
			return 0;
		}
	}
	return -1;
}

int
precision_of_write(struct slice word, bool u_is_us, enum precision *out)
{
	if (u_is_us && slice_eq(word, SLICE("u"))) {
		*out = PRECISION_US;
		return 0;
	}
	return look_up(write_words, sizeof(write_words) / sizeof(write_words[0]), word, out);
}

int
precision_of_epoch(struct slice word, enum precision *out)
{
	return look_up(epoch_words, sizeof(epoch_words) / sizeof(epoch_words[0]), word, out);
}

int64_t
precision_ns(enum precision p)
{
	switch (p) {
	case PRECISION_US:
		return 1000;
	case PRECISION_MS:
		return 1000000;
	case PRECISION_S:
		return 1000000000;
	case PRECISION_M:
		return INT64_C(60000000000);
	case PRECISION_H:
		return INT64_C(3600000000000);
	case PRECISION_AUTO:
	case PRECISION_NS:
		break;
	}
	return 1;
}

/*
 * The magnitude is taken as an unsigned number: that of INT64_MIN has no place in int64.
 */
enum precision
precision_detect(int64_t t)
{
	uint64_t magnitude = t < 0 ? 0 - (uint64_t)t : (uint64_t)t;
	uint64_t v = magnitude / 1000000000;

	if (v < 5)
		return PRECISION_S;
	if (v < 5000)
		return PRECISION_MS;
	if (v < 5000000)
		return PRECISION_US;
	return PRECISION_NS;
}

int
precision_to_ns(int64_t t, enum precision p, int64_t *ns)
{
	int64_t result;

	if (p == PRECISION_AUTO)
		p = precision_detect(t);
	if (__builtin_mul_overflow(t, precision_ns(p), &result) || result < TIME_MIN ||
	    result > TIME_MAX)
		return -1;
	*ns = result;
	return 0;
}
