/* overhang canary a2bf7852c49b333a5b9abf5e888872f9 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>

/* An archive is a number of blocks of 512 bytes. Each begins with the number of its records (2 bytes, big-endian, never 0), and
 * then has that many whole records, back to back; the rest of the block has no meaning. A record is: length of the key
 * (1 byte, 1 to 200), key, length of the value (1 byte), value. Keys are sorted by their bytes as unsigned numbers, a key
 * before those it is the beginning of. They hold no NUL. Several records may have the same key, over any number of
 * blocks. Values hold no line break. */
#define BLOCK 512

/* Reads block `number` (from 0) into `block`, which has room for BLOCK bytes. Not 0: there is no such block. */
int read_block(unsigned long number, unsigned char *block);

long lookup(unsigned long blocks, const char *key, char *out, size_t room);

#endif
