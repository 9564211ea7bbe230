/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "base.h"
#include <stdlib.h>
#include <string.h>
void list_add(struct list *list, const char *item)
{
    const char **grown = must_alloc((list->count + 1) * sizeof *grown);
    if (list->count)
        memcpy(grown, list->items, list->count * sizeof *grown);
    free(list->items);
    grown[list->count++] = item;
    list->items = grown;
}
void list_free(struct list *list)
{
    free(list->items);
}
