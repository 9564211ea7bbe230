/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "text.h"
#include <string.h>
char *join(const struct list *list)
{
    size_t size = 1;
    for (size_t i = 0; i < list->count; i++)
        size += strlen(list->items[i]) + sizeof SEPARATOR;
    char *text = must_alloc(size);
    *text = '\0';
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            strcat(text, SEPARATOR);
        strcat(text, list->items[i]);
    }
    return text;
}
