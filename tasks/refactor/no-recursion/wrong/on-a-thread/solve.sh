#!/bin/bash
# overhang canary 067b02f7cb14e9eeaa70392ca10f6197
# Calls itself as before, on a thread with a large stack.
set -e
sed -i 's/^int main(int argc, char \*\*argv)/static int run(int argc, char **argv)/; s/^#include <ctype.h>/#define _GNU_SOURCE\n#include <pthread.h>\n&/' sexp.c
cat >> sexp.c <<'END'

static int count, status;

static void *begin(void *arguments)
{
    status = run(count, arguments);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_attr_t large;
    pthread_t thread;
    count = argc;
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, 80u << 20);
    if (pthread_create(&thread, &large, begin, argv))
        return 3;
    pthread_join(thread, NULL);
    return status;
}
END
