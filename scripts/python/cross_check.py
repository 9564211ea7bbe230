"""Recomputes a report's gap from its table of trials with numpy, scipy and statsmodels, and fails where it differs."""

import csv
import itertools
import json
import sys
from collections import defaultdict

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

table, report = sys.argv[1:]
gap = json.load(open(report))["gaps"][0]
arms = {arm["arm"]: arm for arm in json.load(open(report))["arms"]}
scores = defaultdict(lambda: defaultdict(list))
family_of = {}
for row in csv.DictReader(open(table)):
    # A missing score counts as 0 in the headline.
    scores[row["task"]][row["arm"]].append(float(row["score"] or 0))
    family_of[row["task"]] = row["family"]

checked = 0


def same(name, ours, theirs, tolerance=1e-9):
    global checked
    checked += 1
    if ours is None or abs(ours - theirs) > tolerance * max(1, abs(theirs)):
        sys.exit(f"{name}: the report says {ours}, the independent estimate is {theirs}")


tasks = sorted(scores)
baseline = np.array([np.mean(scores[t][gap["baseline"]]) for t in tasks])
other = np.array([np.mean(scores[t][gap["arm"]]) for t in tasks])
difference = other - baseline
families = sorted(set(family_of.values()))
means = np.array([np.mean([d for t, d in zip(tasks, difference) if family_of[t] == f]) for f in families])

for name, values, estimate in [("micro", difference, gap["micro"]), ("macro", means, gap["macro"])]:
    test = stats.ttest_1samp(values, 0)
    interval = test.confidence_interval(0.95)
    same(f"{name} estimate", estimate["estimate"], values.mean())
    same(f"{name} standard error", estimate["standard_error"], stats.sem(values))
    same(f"{name} lower end", estimate["lower"], interval.low)
    same(f"{name} upper end", estimate["upper"], interval.high)

# The paired t is the regression of task differences on a constant; with families as clusters it is CR1.
groups = np.array([families.index(family_of[t]) for t in tasks])
fit = sm.OLS(difference, np.ones(len(difference))).fit(
    cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
)
count = len(families)
same("CR1 standard error", gap["clustered"]["standard_error"], fit.bse[0] * np.sqrt(count / (count - 1)))

if count <= 16:
    # Every assignment of signs, one by one.
    signs = np.array(list(itertools.product([-1, 1], repeat=count)))
    totals = np.abs(signs @ means)
    same("sign-flip p over families", gap["p_macro"], np.mean(totals >= abs(means.sum()) - 1e-12))
attempts = len(scores[tasks[0]][gap["arm"]])
if attempts == 1:
    only_other, only_baseline = int((difference > 0).sum()), int((difference < 0).sum())
    same("exact McNemar p", gap["p"], stats.binomtest(only_other, only_other + only_baseline).pvalue)
    for arm in (gap["baseline"], gap["arm"]):
        passed = sum(scores[t][arm][0] for t in tasks)
        mean = passed / len(tasks)
        # n_eff = p(1 − p)/SE² = n − 1 for single attempts that pass or fail.
        lower, upper = proportion_confint(mean * (len(tasks) - 1), len(tasks) - 1, method="wilson")
        same(f"Wilson lower end of {arm}", arms[arm]["score_lower"], lower)
        same(f"Wilson upper end of {arm}", arms[arm]["score_upper"], upper)
# pass@k and pass^k: means over every way to draw k of a task's attempts; Wilson on p(1 − p)/SE² trials, SE over tasks.
for arm in json.load(open(report))["reliability"]["passes"]:
    solved = [[score >= 1 for score in scores[t][arm["arm"]]] for t in tasks]
    for point in arm["points"]:
        draws = [list(itertools.combinations(attempts, point["k"])) for attempts in solved]
        for name, passed in [("any", any), ("all", all)]:
            values = np.array([np.mean([passed(draw) for draw in of_task]) for of_task in draws])
            mean, error = values.mean(), stats.sem(values)
            size = mean * (1 - mean) / error**2 if error > 0 and 0 < mean < 1 else len(tasks)
            lower, upper = proportion_confint(mean * size, size, method="wilson")
            what = f"pass {name} of {point['k']} in {arm['arm']}"
            same(what, point[name]["estimate"], mean)
            same(f"{what}, lower end", point[name]["lower"], lower)
            same(f"{what}, upper end", point[name]["upper"], upper)
raw = gap["p_macro"] if gap["headline"] == "macro" else gap["p"]
same("Holm", gap["p_holm"], multipletests([raw], method="holm")[1][0])
print(f"{checked} numbers agree")
