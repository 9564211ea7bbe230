/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#ifndef BASE_H
#define BASE_H
#include <stddef.h>
void *must_alloc(size_t size);
struct list { const char **items; size_t count; };
void list_add(struct list *list, const char *item);
void list_free(struct list *list);
#endif
