/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "args.h"
#include "words.h"
#include <string.h>
const char *word_for(const char *key)
{
#define X(name, text) if (strcmp(key, name) == 0) return text;
    WORDS
#undef X
    return key;
}
int read_args(int argc, char **argv, struct list *words)
{
    int loud = argc > 1 && strcmp(argv[1], "-l") == 0;
    for (int i = 1 + loud; i < argc; i++)
        list_add(words, word_for(argv[i]));
    return loud;
}
