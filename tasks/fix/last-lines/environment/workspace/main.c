/* overhang canary aad116aec711caddbd83f4595821c652 */
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr, "usage: lastlines [-n] N\n");
    return 2;
}

int main(int argc, char **argv)
{
    int numbered = argc > 1 && strcmp(argv[1], "-n") == 0;
    if (argc != 2 + numbered)
        return usage();
    int wanted = atoi(argv[1 + numbered]);
    if (wanted < 0)
        return usage();

    struct ring ring;
    if (ring_init(&ring, wanted))
        return 1;

    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (ring_add(&ring, line)) {
            fprintf(stderr, "lastlines: out of memory\n");
            return 1;
        }
    }

    for (size_t i = 0; i < (size_t)wanted; i++) {
        const char *text = ring_get(&ring, i);
        if (!text)
            break;
        if (numbered)
            printf("%6d\t", (int)(ring.count - wanted + i));
        printf("%s\n", text);
    }
    ring_free(&ring);
    return 0;
}
