/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "base.h"
#include <stdlib.h>
void *must_alloc(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    return block;
}
