/* overhang canary d072b44d3184a3272a4422def77342f3 */
#include "coins.h"
#include "internal.h"
#include <locale.h>
#include <stdio.h>

int format_with(long long amount, char mark, char *text, unsigned long size)
{
    const char *sign = amount < 0 ? "-" : "";
    unsigned long long size_of = amount < 0 ? 0ull - (unsigned long long)amount : (unsigned long long)amount;
    return snprintf(text, size, "%s%llu%c%02llu", sign, size_of / 100, mark, size_of % 100);
}

int coins_format(coins amount, char *text, unsigned long size)
{
    return format_with(amount, '.', text, size);
}

int coins_format_locale(coins amount, char *text, unsigned long size)
{
    return format_with(amount, *localeconv()->decimal_point, text, size);
}
