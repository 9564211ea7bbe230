/* overhang canary a2bf7852c49b333a5b9abf5e888872f9 */
#include "archive.h"

#include <stdio.h>

static FILE *archive;
static int reads;

int read_block(unsigned long number, unsigned char *block)
{
    reads++;
    if (fseek(archive, (long)number * BLOCK, SEEK_SET))
        return -1;
    return fread(block, 1, BLOCK, archive) == BLOCK ? 0 : -1;
}

int main(int argc, char **argv)
{
    static char out[100000];
    if (argc != 3 || !(archive = fopen(argv[1], "rb")) || fseek(archive, 0, SEEK_END))
        return 2;
    unsigned long blocks = (unsigned long)ftell(archive) / BLOCK;
    long count = lookup(blocks, argv[2], out, sizeof out - 1);
    printf("%ld records, %d reads of %lu blocks\n", count, reads, blocks);
    if (count > 0)
        fputs(out, stdout);
    return 0;
}
