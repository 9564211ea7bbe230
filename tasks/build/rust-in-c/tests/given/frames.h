/* overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>

enum frames_status {
    FRAMES_OK = 0,
    FRAMES_INVALID = 1,  /* the data was checked, and refused */
    FRAMES_PANIC = 2,    /* the checker itself gave up */
    FRAMES_ARGUMENT = 3, /* a null pointer where there must be none */
};

/* Checks `size` bytes at `data`. If they are in order, *text is set to the texts of all frames, joined by commas and
 * ended by a NUL, which the caller hands back to frames_free, and *count to the number of frames. In all other cases
 * *text is set to NULL and *count to 0, as far as these pointers are not null themselves: null `text` or `count` is
 * FRAMES_ARGUMENT, and so is null `data`, unless `size` is 0: that is the same as empty data. */
int frames_check(const unsigned char *data, size_t size, char **text, size_t *count);

/* Takes back what frames_check set *text to. NULL is fine. */
void frames_free(char *text);

#endif
