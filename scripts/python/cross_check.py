"""Recomputes a report's gap from its table of trials with numpy and scipy, and fails where it differs."""

import csv
import itertools
import json
import sys
from collections import defaultdict

import numpy as np
from scipy import stats
from scipy.special import gammaln

table, report = sys.argv[1:]
report = json.load(open(report))
gap = report["gaps"][0]
arms = {arm["arm"]: arm for arm in report["arms"]}
scores = defaultdict(lambda: defaultdict(list))
family_of = {}
for row in csv.DictReader(open(table)):
    # A missing score counts as 0 in the estimate.
    scores[row["task"]][row["arm"]].append(float(row["score"] or 0))
    family_of[row["task"]] = row["family"]

checked = 0


def same(name, ours, theirs, tolerance=1e-9):
    global checked
    checked += 1
    if ours is None or abs(ours - theirs) > tolerance * max(1, abs(theirs)):
        sys.exit(f"{name}: the report says {ours}, the independent estimate is {theirs}")


tasks = sorted(scores)
families = sorted(set(family_of.values()))
groups = np.array([families.index(family_of[t]) for t in tasks])


def clustered(values):
    """Mean, CR2 standard error and Satterthwaite's df, by whole matrices and not by the closed form."""
    n = len(values)
    ones = np.ones((n, 1))
    hat = ones @ ones.T / n
    rest = np.eye(n) - hat
    residuals = rest @ values
    rows = []
    for g in range(len(families)):
        mine = groups == g
        block = np.eye(mine.sum()) - hat[np.ix_(mine, mine)]
        size, axes = np.linalg.eigh(block)
        adjust = axes @ np.diag(size ** -0.5) @ axes.T
        rows.append((adjust @ ones[mine])[:, 0] @ rest[mine] / n)
    rows = np.array(rows)
    products = rows @ rows.T
    return values.mean(), np.sqrt(((rows @ values) ** 2).sum()), np.trace(products) ** 2 / (products**2).sum()


means = {arm: np.array([np.mean(scores[t][arm]) for t in tasks]) for arm in (gap["baseline"], gap["arm"])}
difference = means[gap["arm"]] - means[gap["baseline"]]
estimate, error, df = clustered(difference)
told = gap["estimate"]
half = stats.t.ppf(1 - (1 - told["level"]) / 2, df) * error
same("level", told["level"], 1 - 0.05 / gap["at_once"])
same("estimate", told["estimate"], estimate)
same("CR2 standard error", told["standard_error"], error)
same("Satterthwaite's df", told["df"], df)
same("lower end", told["lower"], max(-1, estimate - half))
same("upper end", told["upper"], min(1, estimate + half))
same("p", told["p"], 2 * stats.t.sf(abs(estimate / error), df))
same("p adjusted", gap["p_adjusted"], min(1, gap["at_once"] * 2 * stats.t.sf(abs(estimate / error), df)))

# The non-centrality at which the two-sided test has a power of 80 %.
critical = stats.t.ppf(1 - (1 - told["level"]) / 2, df)
power = lambda d: stats.nct.sf(critical, df, d) + stats.nct.cdf(-critical, df, d)
low, high = 0.0, 60.0
for _ in range(60):
    middle = (low + high) / 2
    low, high = (middle, high) if power(middle) < 0.8 else (low, middle)
c4 = np.sqrt(2 / df) * np.exp(gammaln((df + 1) / 2) - gammaln(df / 2))
same("smallest detectable", told["smallest_detectable"], low * error / c4, 1e-6)

totals = np.array([difference[groups == g].sum() for g in range(len(families))])
if len(families) <= 16:
    # Every assignment of signs, one by one.
    signs = np.array(list(itertools.product([-1, 1], repeat=len(families))))
    flipped = np.abs(signs @ totals)
    same("sign-flip p", gap["appendix"]["sign_flip"]["p"], np.mean(flipped >= abs(totals.sum()) - 1e-12))
alike = stats.ttest_1samp([difference[groups == g].mean() for g in range(len(families))], 0)
same("families alike, p", gap["appendix"]["families_alike"]["p"], alike.pvalue)


def rate(values, trials):
    """Mean, and Wilson's interval on the effective n with t for the normal."""
    mean, error, df = clustered(values)
    spread = mean * (1 - mean)
    n = min(spread / error**2, trials) if error > 0 and spread > 0 else len(families)
    z = stats.t.ppf(0.975, df)
    center = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    return mean, max(0, center - half), min(1, center + half)


trials = len(tasks) * len(scores[tasks[0]][gap["arm"]])
for arm, values in means.items():
    _, lower, upper = rate(values, trials)
    same(f"Wilson lower end of {arm}", arms[arm]["score_lower"], lower)
    same(f"Wilson upper end of {arm}", arms[arm]["score_upper"], upper)
# pass@k and pass^k: means over every way to draw k of a task's attempts.
for arm in report["reliability"]["passes"]:
    solved = [[score >= 1 for score in scores[t][arm["arm"]]] for t in tasks]
    for point in arm["points"]:
        draws = [list(itertools.combinations(attempts, point["k"])) for attempts in solved]
        for name, passed in [("any", any), ("all", all)]:
            values = np.array([np.mean([passed(draw) for draw in of_task]) for of_task in draws])
            mean, lower, upper = rate(values, trials)
            what = f"pass {name} of {point['k']} in {arm['arm']}"
            same(what, point[name]["estimate"], mean)
            same(f"{what}, lower end", point[name]["lower"], lower)
            same(f"{what}, upper end", point[name]["upper"], upper)
print(f"{checked} numbers agree")
