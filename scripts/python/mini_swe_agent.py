"""Times mini-swe-agent's own agent in its own Docker environment: the other side of the bench `trial`.

Usage: mini_swe_agent.py BASE_URL IMAGE TRIALS. Prints the seconds of each trial as JSON: its container's start, the
agent's loop, its container's removal. Importing the package and building the client are not counted.
"""

import json
import os
import subprocess
import sys
import time

os.environ["MSWEA_SILENT_STARTUP"] = "1"
os.environ["MSWEA_COST_TRACKING"] = "ignore_errors"
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from minisweagent.agents.default import DefaultAgent
from minisweagent.config import get_config_from_spec
from minisweagent.environments.docker import DockerEnvironment
from minisweagent.models.litellm_model import LitellmModel

base_url, image, trials = sys.argv[1], sys.argv[2], int(sys.argv[3])
config = get_config_from_spec("mini.yaml")
agent_settings = {
    key: config["agent"][key] for key in ("system_template", "instance_template") if key in config["agent"]
}
model_settings = {
    **{key: value for key, value in config.get("model", {}).items() if key != "model_kwargs"},
    "model_name": "openai/scripted-1",
    "model_kwargs": {"api_base": f"{base_url}/v1", "api_key": "none"},
}


def trial() -> float:
    began = time.perf_counter()
    environment = DockerEnvironment(image=image, cwd="/", run_args=["--rm", "--network", "none"])
    agent = DefaultAgent(LitellmModel(**model_settings), environment, **agent_settings, cost_limit=0.0)
    result = agent.run("Make /app/done.")
    # Their own clean-up goes on in the background; waiting for it is what a sweep of many trials pays.
    subprocess.run(["docker", "rm", "-f", environment.container_id], check=True, capture_output=True)
    elapsed = time.perf_counter() - began
    environment.container_id = None
    if result.get("exit_status") != "Submitted":
        sys.exit(f"the trial ended otherwise: {result}")
    return elapsed


trial()
print(json.dumps([trial() for _ in range(trials)]))
