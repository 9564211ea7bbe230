# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
import cases

cases.c("test_runs.c", "runs.h", "runs.c")
