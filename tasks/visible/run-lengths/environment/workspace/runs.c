// overhang canary d4bb5f9ab660840a5174c6c73a6ca187
#include "runs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

char *pack(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    int at = 0, count = 1;
    for (int i = 0; text[i]; i++) {
        if (text[i] == text[i + 1]) {
            count++;
            continue;
        }
        if (count >= 2)
            out[at++] = '0' + count;
        out[at++] = text[i];
        count = 1;
    }
    out[at] = 0;
    return out;
}

char *unpack(const char *packed)
{
    char *out = malloc(256);
    int at = 0;
    for (int i = 0; packed[i]; i++) {
        if (isdigit(packed[i])) {
            int count = packed[i++] - '0';
            while (count-- > 0)
                out[at++] = packed[i];
        } else {
            out[at++] = packed[i];
        }
    }
    out[at] = 0;
    return out;
}

int longest(const char *text)
{
    int best = 0, count = 1;
    for (int i = 1; text[i]; i++) {
        if (text[i] == text[i - 1]) {
            count++;
        } else {
            if (count > best)
                best = count;
            count = 1;
        }
    }
    return best;
}
