/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#ifndef TEXT_H
#define TEXT_H
#include "base.h"
#include "separator.h"
char *join(const struct list *list);
void upper(char *text);
#endif
