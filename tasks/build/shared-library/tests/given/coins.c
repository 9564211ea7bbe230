/* overhang canary d072b44d3184a3272a4422def77342f3 */
#include "coins.h"
#include "internal.h"
#include <math.h>

int parse_errors;

coins coins_grow(coins amount, double rate, double years)
{
    return llround((double)amount * pow(1.0 + rate, years));
}
