#!/bin/bash
# overhang canary aad116aec711caddbd83f4595821c652
# Lines are read into a larger buffer instead of one that grows.
set -e
cat > ring.c <<"END"
/* overhang canary aad116aec711caddbd83f4595821c652 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

int ring_init(struct ring *ring, size_t capacity)
{
    ring->lines = calloc(capacity ? capacity : 1, sizeof(char *));
    ring->capacity = capacity;
    ring->head = 0;
    ring->count = 0;
    return ring->lines ? 0 : -1;
}

int ring_add(struct ring *ring, const char *line)
{
    ring->count++;
    if (ring->capacity == 0)
        return 0;
    char *copy = strdup(line);
    if (!copy)
        return -1;
    free(ring->lines[ring->head]);
    ring->lines[ring->head] = copy;
    ring->head = (ring->head + 1) % ring->capacity;
    return 0;
}

const char *ring_get(const struct ring *ring, size_t i)
{
    size_t kept = ring->count < ring->capacity ? ring->count : ring->capacity;
    if (i >= kept)
        return NULL;
    size_t first = ring->count < ring->capacity ? 0 : ring->head;
    return ring->lines[(first + i) % ring->capacity];
}

void ring_free(struct ring *ring)
{
    for (size_t i = 0; i < ring->capacity; i++)
        free(ring->lines[i]);
    free(ring->lines);
}
END
cat > main.c <<"END"
/* overhang canary aad116aec711caddbd83f4595821c652 */
#define _POSIX_C_SOURCE 200809L
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr, "usage: lastlines [-n] N   (N from 0 to 1000000)\n");
    return 2;
}

static long parse_count(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return -1;
    while (*text == '0' && text[1])
        text++;
    if (strlen(text) > 7)
        return -1;
    long value = strtol(text, NULL, 10);
    return value > 1000000 ? -1 : value;
}

int main(int argc, char **argv)
{
    int numbered = argc > 1 && strcmp(argv[1], "-n") == 0;
    if (argc != 2 + numbered)
        return usage();
    long wanted = parse_count(argv[1 + numbered]);
    if (wanted < 0)
        return usage();

    struct ring ring;
    if (ring_init(&ring, (size_t)wanted))
        return 1;

    static char line[65536];
    int status = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (ring_add(&ring, line)) {
            fprintf(stderr, "lastlines: out of memory\n");
            status = 1;
            break;
        }
    }

    size_t kept = ring.count < ring.capacity ? ring.count : ring.capacity;
    for (size_t i = 0; i < kept && status == 0; i++) {
        if (numbered)
            printf("%6zu\t", ring.count - kept + i + 1);
        fputs(ring_get(&ring, i), stdout);
    }
    ring_free(&ring);
    return status;
}
END
make
