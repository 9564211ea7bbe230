/* overhang canary 7b68b2e5981652c8a9279ba1461f8835 */
#define SEPARATOR ", "
