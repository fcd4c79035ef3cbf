/*
 * store/key.c - keys, so that the order of bytes is the order of what they say
 *
 * Numbers are big-endian. Where keys are many and numbers mostly small, a number takes as many
 * bytes as it needs, and longer ones sort behind shorter ones:
 *
 *     0 to 247      the number
 *     from 248 on   247 + n, then the n bytes that it needs
 *
 * FORMAT.md tells every key.
 */
#include "store/store_priv.h"

#define FIRST_CAP 64
#define SHORT_MOST 247u

struct key
key_empty(struct arena *arena)
{
	return (struct key){ arena_alloc(arena, FIRST_CAP), 0, FIRST_CAP, arena };
}

struct key
key_begin(struct arena *arena, char kind)
{
	struct key key = key_empty(arena);

	key.p[key.n++] = kind;
	return key;
}

void
key_bytes(struct key *key, const void *p, size_t n)
{
	if (n > key->cap - key->n) {
		size_t cap = (key->n + n) * 2;

		key->p = arena_grow(key->arena, key->p, key->cap, cap);
		key->cap = cap;
	}
	if (n > 0)
		memcpy(key->p + key->n, p, n);
	key->n += n;
}

void
key_text(struct key *key, struct slice s)
{
	key_bytes(key, s.p, s.n);
}

void
key_u32(struct key *key, uint32_t v)
{
	unsigned char b[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16),
		(unsigned char)(v >> 8), (unsigned char)v };

	key_bytes(key, b, sizeof(b));
}

void
key_u64(struct key *key, uint64_t v)
{
	key_u32(key, (uint32_t)(v >> 32));
	key_u32(key, (uint32_t)v);
}

void
key_short(struct key *key, uint64_t v)
{
	unsigned char b[9];
	size_t at = sizeof(b);

	if (v <= SHORT_MOST) {
		b[--at] = (unsigned char)v;
	} else {
		for (; v != 0; v >>= 8)
			b[--at] = (unsigned char)v;
		b[at - 1] = (unsigned char)(SHORT_MOST + (sizeof(b) - at));
		at--;
	}
	key_bytes(key, b + at, sizeof(b) - at);
}

int
key_take_short(struct slice *key, uint64_t *v)
{
	size_t n;

	if (key->n == 0)
		return -1;
	*v = (unsigned char)*key->p;
	key->p++;
	key->n--;
	if (*v <= SHORT_MOST)
		return 0;
	n = (size_t)(*v - SHORT_MOST);
	if (n > key->n)
		return -1;
	for (*v = 0; n > 0; n--, key->p++, key->n--)
		*v = *v << 8 | (unsigned char)*key->p;
	return 0;
}

uint32_t
key_get_u32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint64_t
key_get_u64(const char *p)
{
	return (uint64_t)key_get_u32(p) << 32 | key_get_u32(p + 4);
}
