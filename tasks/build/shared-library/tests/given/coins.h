/* overhang canary d072b44d3184a3272a4422def77342f3 */
#ifndef COINS_H
#define COINS_H

/* An amount in hundredths. */
typedef long long coins;

/* Reads an amount like "12.50"; `mark` is the decimal mark. -1 if it is none. */
coins coins_parse(const char *text, char mark);

/* Writes an amount; returns the number of characters, as snprintf does. */
int coins_format(coins amount, char *text, unsigned long size);

/* The same, with the decimal mark of the locale. */
int coins_format_locale(coins amount, char *text, unsigned long size);

/* The amount with interest: amount * (1 + rate) ^ years, rounded to the nearest hundredth. */
coins coins_grow(coins amount, double rate, double years);

#endif
