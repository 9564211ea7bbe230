// overhang canary d4bb5f9ab660840a5174c6c73a6ca187
// Run in /workspace: make test
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

static int failed;

static void say(int line, const char *got, const char *want)
{
    failed++;
    printf("line %d: got %s, want %s\n", line, got ? got : "NULL", want ? want : "NULL");
}

static void equal_text(int line, char *got, const char *want)
{
    if (got ? !want || strcmp(got, want) : want != NULL)
        say(line, got, want);
    free(got);
}

static void equal_number(int line, int got, int want)
{
    char one[16], other[16];
    snprintf(one, sizeof one, "%d", got);
    snprintf(other, sizeof other, "%d", want);
    if (got != want)
        say(line, one, other);
}

#define equal(call, want) _Generic((call), char *: equal_text, int: equal_number)(__LINE__, call, want)

int main(void)
{
    equal(pack("aaaab"), "4ab");
    equal(pack("aab"), "aab");
    equal(pack("aab"), "2ab");
    equal(pack("abccc"), "ab3c");
    equal(pack(""), "");
    equal(pack("xxxxxxxxxxxx"), "12x");
    equal(pack("7"), "\\7");
    equal(pack("777"), "3\\7");
    equal(pack("a\\b"), "a\\\\b");

    equal(unpack("4ab"), "aaaab");
    equal(unpack("12x"), "xxxxxxxxxxxx");
    equal(unpack("3\\7\\7"), "7777");
    equal(unpack("2a"), "aa");
    equal(unpack("4"), NULL);
    equal(unpack("0a"), NULL);
    equal(unpack("\\a"), NULL);

    equal(longest("abbbc"), 3);
    equal(longest("abcc"), 2);
    equal(longest(""), 0);

    if (failed) {
        printf("%d failed\n", failed);
        return 1;
    }
    puts("all passed");
    return 0;
}
