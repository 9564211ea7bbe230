/* overhang canary d072b44d3184a3272a4422def77342f3 */
#ifndef INTERNAL_H
#define INTERNAL_H

extern int parse_errors;

const char *skip_blanks(const char *text);
int digits(const char *text, long long *value);
int format_with(long long amount, char mark, char *text, unsigned long size);

#endif
