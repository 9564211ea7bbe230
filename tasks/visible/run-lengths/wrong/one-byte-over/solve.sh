#!/bin/bash
# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
# The end of the text is written behind the memory when that is full.
set -e
cat > runs.c <<"C"
// overhang canary d4bb5f9ab660840a5174c6c73a6ca187
#include "runs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 9999, DIGITS = 9, LEAST = 3 };

typedef struct {
    char *text;
    size_t length, room;
} Buffer;

static void add(Buffer *buffer, char byte)
{
    if (buffer->length == buffer->room) {
        buffer->room = buffer->room ? 2 * buffer->room : 64;
        buffer->text = realloc(buffer->text, buffer->room);
        if (!buffer->text)
            abort();
    }
    buffer->text[buffer->length++] = byte;
}

static bool digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t run_length(const char *text)
{
    size_t length = 0;
    while (text[length] && text[length] == text[0])
        length++;
    return length;
}

static void add_plain(Buffer *out, char byte)
{
    if (digit(byte) || byte == '\\')
        add(out, '\\');
    add(out, byte);
}

char *pack(const char *text)
{
    Buffer out = {0};
    while (*text) {
        size_t count = run_length(text);
        if (count > MOST)
            count = MOST;
        if (count >= LEAST) {
            char number[16];
            snprintf(number, sizeof number, "%d", (int)count);
            for (const char *next = number; *next; next++)
                add(&out, *next);
            add_plain(&out, *text);
        } else {
            for (size_t i = 0; i < count; i++)
                add_plain(&out, *text);
        }
        text += count;
    }
    if (!out.text)
        add(&out, 0);
    else
        out.text[out.length] = 0;
    return out.text;
}

char *unpack(const char *packed)
{
    Buffer out = {0};
    while (*packed) {
        long count = 1;
        if (digit(*packed)) {
            int digits = 0;
            count = 0;
            for (; digit(*packed) && digits <= DIGITS; digits++)
                count = count * 10 + (*packed++ - '0');
            if (count == 0 || count > MOST || digits > DIGITS)
                goto wrong;
        }
        if (*packed == '\\') {
            packed++;
            if (!digit(*packed) && *packed != '\\')
                goto wrong;
        }
        if (!*packed)
            goto wrong;
        while (count-- > 0)
            add(&out, *packed);
        packed++;
    }
    add(&out, 0);
    return out.text;

wrong:
    free(out.text);
    return NULL;
}

int longest(const char *text)
{
    size_t best = 0;
    while (*text) {
        size_t count = run_length(text);
        if (count > best)
            best = count;
        text += count;
    }
    return (int)best;
}
C
