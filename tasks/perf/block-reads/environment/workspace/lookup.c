/* overhang canary a2bf7852c49b333a5b9abf5e888872f9 */
#include "archive.h"

#include <string.h>

long lookup(unsigned long blocks, const char *key, char *out, size_t room)
{
    unsigned char block[BLOCK];
    size_t used = 0, length = strlen(key);
    long count = 0;
    for (unsigned long number = 0; number < blocks; number++) {
        if (read_block(number, block))
            return 0;
        const unsigned char *at = block + 2;
        for (unsigned left = block[0] << 8 | block[1]; left > 0; left--) {
            size_t keys = at[0], values = at[1 + keys];
            if (keys == length && memcmp(at + 1, key, keys) == 0) {
                if (room - used < values + 1)
                    return -1;
                memcpy(out + used, at + 2 + keys, values);
                used += values;
                out[used++] = '\n';
                count++;
            }
            at += 2 + keys + values;
        }
    }
    return count;
}
