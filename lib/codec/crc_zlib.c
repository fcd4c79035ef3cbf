/*
 * codec/crc_zlib.c - the checksum of records by zlib, where libdeflate was not found
 */
#include <zlib.h>

#include "codec/codec.h"

uint32_t
codec_crc32(const void *p, size_t n)
{
	return (uint32_t)crc32_z(0, p, n);
}
