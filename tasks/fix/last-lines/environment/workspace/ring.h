/* overhang canary aad116aec711caddbd83f4595821c652 */
#ifndef RING_H
#define RING_H

#include <stddef.h>

/* The newest `capacity` lines, oldest first. */
struct ring {
    char **lines;
    size_t capacity;
    size_t head;  /* where the next line goes */
    size_t count; /* lines ever added */
};

int ring_init(struct ring *ring, size_t capacity);
int ring_add(struct ring *ring, const char *line);

/* The i-th kept line, 0 being the oldest; NULL behind the last. */
const char *ring_get(const struct ring *ring, size_t i);
void ring_free(struct ring *ring);

#endif
