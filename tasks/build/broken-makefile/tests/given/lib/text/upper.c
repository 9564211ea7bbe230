/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "text.h"
#include <ctype.h>
void upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}
