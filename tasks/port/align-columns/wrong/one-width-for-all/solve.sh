#!/bin/bash
# overhang canary 7754a9a7d396687438cc65e6cf9717ad
# An empty line does not end a block's widths: rows are only written at the end.
set -e
cat > align.c <<'END'
/* overhang canary 7754a9a7d396687438cc65e6cf9717ad */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char **cells; /* NULL for a passed line */
    size_t count;
    char *line;
};

static struct row *rows;
static size_t row_count, row_room;
static char delimiter = ',', comment = '#';
static size_t gap = 2, limit;

static void usage(void)
{
    fputs("usage: align [-d CHAR] [-g N] [-m N] [-c CHAR]\n", stderr);
    exit(2);
}

static void *grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p) {
        fputs("align: out of memory\n", stderr);
        exit(3);
    }
    return p;
}

static size_t number(const char *text, size_t low, size_t high)
{
    size_t value = 0;
    if (!*text)
        usage();
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            usage();
        value = value * 10 + (size_t)(*text - '0');
        if (value > high)
            usage();
    }
    if (value < low)
        usage();
    return value;
}

/* Bytes of the character at s; a byte that starts no valid UTF-8 counts as one. */
static size_t step(const char *s, const char *end)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t want = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
    if (want < 2 || (size_t)(end - s) < want)
        return 1;
    for (size_t i = 1; i < want; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 1;
    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] >= 0xa0) || (u[0] == 0xf0 && u[1] < 0x90) ||
        (u[0] == 0xf4 && u[1] >= 0x90))
        return 1;
    return want;
}

static size_t width(const char *s)
{
    size_t n = 0;
    for (const char *end = s + strlen(s); s < end; s += step(s, end))
        n++;
    return n;
}

static char *finish(char *s, size_t length)
{
    while (length && (s[length - 1] == ' ' || s[length - 1] == '\t'))
        length--;
    size_t start = 0;
    while (start < length && (s[start] == ' ' || s[start] == '\t'))
        start++;
    length -= start;
    char *cell = grow(NULL, length + 2);
    memcpy(cell, s + start, length);
    cell[length] = '\0';
    if (limit && width(cell) > limit) {
        char *p = cell;
        for (size_t i = 0; i + 1 < limit; i++)
            p += step(p, cell + length);
        strcpy(p, "~");
    }
    return cell;
}

static void split(struct row *row, const char *line)
{
    char *current = grow(NULL, strlen(line) + 1);
    size_t length = 0, room = 0;
    int quoted = 0;
    for (const char *c = line;; c++) {
        if (!*c || (!quoted && *c == delimiter)) {
            if (row->count == room)
                row->cells = grow(row->cells, (room = room * 2 + 4) * sizeof(char *));
            row->cells[row->count++] = finish(current, length);
            length = 0;
            if (!*c)
                break;
        } else if (quoted && *c == '"') {
            if (c[1] == '"')
                current[length++] = *c++;
            else
                quoted = 0;
        } else if (*c == '"' && !length) {
            quoted = 1;
        } else {
            current[length++] = *c;
        }
    }
    free(current);
}

static int is_number(const char *s)
{
    if (*s == '-' || *s == '+')
        s++;
    size_t whole = strspn(s, "0123456789");
    if (!whole)
        return 0;
    s += whole;
    if (!*s)
        return 1;
    if (*s++ != '.')
        return 0;
    size_t part = strspn(s, "0123456789");
    return part && !s[part];
}

static void spaces(size_t n)
{
    while (n--)
        putchar(' ');
}

static void write_block(void)
{
    size_t count = 0;
    for (size_t r = 0; r < row_count; r++)
        if (rows[r].cells && rows[r].count > count)
            count = rows[r].count;
    size_t *widths = grow(NULL, count * sizeof *widths);
    char *right = grow(NULL, count);
    for (size_t c = 0; c < count; c++) {
        size_t seen = 0, bodies = 0, numbers = 0;
        widths[c] = 0;
        for (size_t r = 0; r < row_count; r++) {
            if (!rows[r].cells || rows[r].count <= c)
                continue;
            const char *cell = rows[r].cells[c];
            size_t w = width(cell);
            if (w > widths[c])
                widths[c] = w;
            if (seen++ && *cell) {
                bodies++;
                numbers += (size_t)is_number(cell);
            }
        }
        right[c] = bodies && bodies == numbers;
    }
    for (size_t r = 0; r < row_count; r++) {
        if (!rows[r].cells) {
            puts(rows[r].line);
            free(rows[r].line);
            continue;
        }
        size_t owed = 0; /* spaces not yet written, since trailing ones are dropped */
        for (size_t c = 0; c < rows[r].count; c++) {
            char *cell = rows[r].cells[c];
            size_t pad = widths[c] - width(cell);
            if (c)
                owed += gap;
            if (right[c])
                owed += pad;
            if (*cell) {
                spaces(owed);
                owed = 0;
                fputs(cell, stdout);
            }
            if (!right[c])
                owed += pad;
            free(cell);
        }
        putchar('\n');
        free(rows[r].cells);
    }
    row_count = 0;
    free(widths);
    free(right);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        if (strlen(name) != 2 || name[0] != '-' || !strchr("dgmc", name[1]) || i + 1 == argc)
            usage();
        const char *value = argv[i + 1];
        if (name[1] == 'g')
            gap = number(value, 0, 40);
        else if (name[1] == 'm')
            limit = number(value, 2, 1000);
        else if (strlen(value) != 1)
            usage();
        else if (name[1] == 'd')
            delimiter = *value;
        else
            comment = *value;
    }
    if (delimiter == '"' || delimiter == comment)
        usage();

    char *line = NULL;
    size_t room = 0, widest = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) >= 0) {
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (line[0] != comment && !line[strspn(line, " \t")]) {
            line[0] = '\0';
        }
        if (row_count == row_room)
            rows = grow(rows, (row_room = row_room * 2 + 64) * sizeof *rows);
        struct row *row = &rows[row_count++];
        *row = (struct row){0};
        if (line[0] == comment || !line[0])
            row->line = strdup(line);
        else
            split(row, line);
        if (row->count > widest)
            widest = row->count;
    }
    write_block();
    free(line);
    free(rows);
    return widest > 64;
}
END
gcc -std=c11 -O1 -Wall -o align align.c
