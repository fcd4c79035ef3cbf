/*
 * codec/crc_flip.c - which bit it was, when one bit of what a CRC-32 is of has been flipped
 *
 * What a flipped bit does to the CRC depends on how far it is from the end alone. Walking from the
 * last byte to the first, a bit's change is that of the bit one byte behind, moved on by one byte.
 */
#include "codec/codec.h"

bool
codec_crc32_flip(uint32_t change, size_t n, size_t *byte, unsigned *bit)
{
	uint32_t table[256], effect[8];

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? UINT32_C(0xEDB88320) : 0);
	}
	for (unsigned k = 0; k < 8; k++)
		effect[k] = table[1u << k];
	for (*byte = n; (*byte)-- > 0;)
		for (*bit = 0; *bit < 8; (*bit)++) {
			if (effect[*bit] == change)
				return true;
			effect[*bit] = effect[*bit] >> 8 ^ table[effect[*bit] & 0xff];
		}
	return false;
}
