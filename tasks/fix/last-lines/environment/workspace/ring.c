/* overhang canary aad116aec711caddbd83f4595821c652 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

int ring_init(struct ring *ring, size_t capacity)
{
    ring->lines = malloc(capacity * sizeof(char *));
    ring->capacity = capacity;
    ring->head = 0;
    ring->count = 0;
    return ring->lines ? 0 : -1;
}

int ring_add(struct ring *ring, const char *line)
{
    char *copy = malloc(strlen(line));
    if (!copy)
        return -1;
    strcpy(copy, line);
    if (ring->head > ring->capacity)
        ring->head = 0;
    ring->lines[ring->head++] = copy;
    ring->count++;
    return 0;
}

const char *ring_get(const struct ring *ring, size_t i)
{
    size_t kept = ring->count < ring->capacity ? ring->count : ring->capacity;
    if (i > kept)
        return NULL;
    size_t first = ring->count < ring->capacity ? 0 : ring->head;
    return ring->lines[(first + i) % ring->capacity];
}

void ring_free(struct ring *ring)
{
    free(ring->lines);
}
