/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#include "args.h"
#include "text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    struct list words = {0};
    int loud = read_args(argc, argv, &words);
    char *text = join(&words);
    if (loud)
        upper(text);
    printf("%s (%.2f)\n", text, sqrt((double)argc));
    free(text);
    list_free(&words);
    return 0;
}
