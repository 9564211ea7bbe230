"""llama.cpp's server on loopback: `local_model.py WEIGHTS PORT [TEMPLATE]`. Says `ready` once it answers."""

import os
import signal
import sys

import xllamacpp

weights, port, template = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
params = xllamacpp.CommonParams()
params.model.path = weights
params.model_alias = {"smollm2-135m"}
params.hostnames = ["127.0.0.1"]
params.port = port
# Four conversations at once, each with the window that the weights were trained for.
params.n_parallel = 4
params.n_ctx = 4 * 8192
params.kv_unified = False
params.sampling.seed = 1
if template:
    # The likeliest word, always: what the template shows is then what comes.
    params.chat_template = open(template[0]).read()
    params.sampling.temp = 0.0
# Its threads wait for one another: more of them than free cores, and it all but stands still.
params.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
params.cpuparams_batch.n_threads = params.cpuparams.n_threads
server = xllamacpp.Server(params)
print(f"ready: {server.listening_address}", flush=True)
signal.sigwait([signal.SIGINT, signal.SIGTERM])
