// overhang canary d4bb5f9ab660840a5174c6c73a6ca187
#ifndef RUNS_H
#define RUNS_H

// The caller frees what pack and unpack return.
char *pack(const char *text);
char *unpack(const char *packed);
int longest(const char *text);

#endif
