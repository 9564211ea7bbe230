"""llama.cpp's server on loopback: `local_model.py NAME WEIGHTS PORT [TEMPLATE]`. Says `ready` once it answers."""

import os
import signal
import sys

import xllamacpp

name, weights, port, template = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
# Conversations at once, and the window of each, in tokens: what the weights were trained for.
conversations, window = {"smollm2-135m": (4, 8192)}.get(name, (2, 32768))
params = xllamacpp.CommonParams()
params.model.path = weights
params.model_alias = {name}
params.hostnames = ["127.0.0.1"]
params.port = port
params.n_parallel = conversations
params.n_ctx = conversations * window
params.kv_unified = False
# With one seed for all, a second attempt would be the first one again. The smallest model's answers are of no worth anyway.
if name == "smollm2-135m":
    params.sampling.seed = 1
if template:
    # The likeliest word, always: what the template shows is then what comes.
    params.chat_template = open(template[0]).read()
    params.sampling.temp = 0.0
# Its threads wait for one another: more of them than free cores, and it all but stands still.
cores = os.cpu_count() or 1
threads = os.environ.get("LOCAL_MODEL_THREADS", max(1, cores // 2 if name == "smollm2-135m" else cores))
params.cpuparams.n_threads = int(threads)
params.cpuparams_batch.n_threads = params.cpuparams.n_threads
server = xllamacpp.Server(params)
print(f"ready: {server.listening_address}", flush=True)
signal.sigwait([signal.SIGINT, signal.SIGTERM])
