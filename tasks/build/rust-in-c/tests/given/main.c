/* overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d */
#include "frames.h"

#include <stdio.h>

int main(void)
{
    static unsigned char data[1 << 20];
    size_t size = fread(data, 1, sizeof data, stdin);
    char *text;
    size_t count;
    int status = frames_check(data, size, &text, &count);
    if (status != FRAMES_OK) {
        printf("frames: status %d\n", status);
        return status;
    }
    printf("%zu frames: %s\n", count, text);
    frames_free(text);
    return 0;
}
