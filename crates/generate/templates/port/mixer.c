/* overhang canary {{ canary }} */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    uint32_t {{ start }};
    long long number;

    while (scanf("%lld", &number) == 1) {
        uint32_t x = (uint32_t)number;

{{ loop }}
        printf("%" PRIu32 " %" PRId32 " %08" PRIx32 "\n", a, (int32_t)b, c);
    }
    return 0;
}
