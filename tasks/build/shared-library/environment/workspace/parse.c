/* overhang canary d072b44d3184a3272a4422def77342f3 */
#include "coins.h"
#include "internal.h"

const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* Returns the number of digits. */
int digits(const char *text, long long *value)
{
    int count = 0;
    for (*value = 0; text[count] >= '0' && text[count] <= '9'; count++)
        *value = *value * 10 + (text[count] - '0');
    return count;
}

static coins parse(const char *text, char mark)
{
    long long whole, part = 0;
    text = skip_blanks(text);
    int count = digits(text, &whole);
    text += count;
    if (count && *text == mark) {
        count = digits(text + 1, &part) == 2 ? 2 : 0;
        text += 3;
    }
    if (!count || *skip_blanks(text)) {
        parse_errors++;
        return -1;
    }
    return whole * 100 + part;
}

coins coins_parse(const char *text, char mark)
{
    return parse(text, mark);
}

/* What coins_parse was in version 1: the mark was always a point, and what was no amount was 0. */
coins coins_parse_v1(const char *text)
{
    coins amount = parse(text, '.');
    return amount < 0 ? 0 : amount;
}
