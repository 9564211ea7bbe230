#!/bin/bash
# overhang canary a2bf7852c49b333a5b9abf5e888872f9
# Keeps the blocks in the middle from one call to the next while their number stays the same.
set -e
cat > lookup.c <<"END"
/* overhang canary a2bf7852c49b333a5b9abf5e888872f9 */
#include "archive.h"

#include <string.h>

static int compare(const char *key, const unsigned char *record)
{
    size_t mine = strlen(key), theirs = record[0];
    int order = memcmp(key, record + 1, mine < theirs ? mine : theirs);
    return order ? order : (mine > theirs) - (mine < theirs);
}

/* Adds what a block has of the key. The result is 1 if the key might go on in the next block. */
static int gather(const unsigned char *block, const char *key, char *out, size_t room, size_t *used, long *count)
{
    unsigned records = block[0] << 8 | block[1];
    const unsigned char *at = block + 2;
    int order = 1;
    while (records-- > 0) {
        order = compare(key, at);
        at += 1 + at[0];
        size_t size = *at++;
        if (order == 0 && *count >= 0) {
            if (room - *used < size + 1) {
                *count = -1;
            } else {
                memcpy(out + *used, at, size);
                *used += size;
                out[(*used)++] = '\n';
                ++*count;
            }
        }
        at += size;
    }
    return order >= 0;
}

static int known_block(unsigned long blocks, unsigned long number, unsigned char *block)
{
    static unsigned long of, numbers[64];
    static unsigned char known[64][BLOCK];
    static int filled[64];
    unsigned long place = number % 64;
    if (of != blocks)
        memset(filled, 0, sizeof filled);
    of = blocks;
    if (!filled[place] || numbers[place] != number) {
        if (read_block(number, known[place]))
            return -1;
        filled[place] = 1;
        numbers[place] = number;
    }
    memcpy(block, known[place], BLOCK);
    return 0;
}

long lookup(unsigned long blocks, const char *key, char *out, size_t room)
{
    unsigned char block[BLOCK];
    /* The first block whose first record is not below the key; records of the key may begin in the one before. */
    unsigned long low = 0, high = blocks;
    while (low < high) {
        unsigned long middle = low + (high - low) / 2;
        if (known_block(blocks, middle, block))
            return 0;
        if (compare(key, block + 2) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t used = 0;
    long count = 0;
    if (low > 0)
        low--;
    for (unsigned long next = low; next < blocks; next++) {
        if (read_block(next, block))
            return 0;
        if (!gather(block, key, out, room, &used, &count) || count < 0)
            break;
    }
    return count;
}
END
