/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#ifndef ARGS_H
#define ARGS_H
#include "base.h"
const char *word_for(const char *key);
int read_args(int argc, char **argv, struct list *words);
#endif
