/* overhang canary d072b44d3184a3272a4422def77342f3 */
#include "coins.h"
#include <stdio.h>

/* Adds up the amounts given as arguments. */
int main(int argc, char **argv)
{
    coins sum = 0;
    char text[64];
    for (int i = 1; i < argc; i++) {
        coins amount = coins_parse(argv[i], ',');
        if (amount < 0) {
            fprintf(stderr, "coinsum: no amount: %s\n", argv[i]);
            return 1;
        }
        sum += amount;
    }
    coins_format(sum, text, sizeof text);
    puts(text);
    return 0;
}
