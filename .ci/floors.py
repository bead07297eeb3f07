"""Compares the scores of a run with the floors that .ci/run sets: floors.py SHARED WORK."""
import json
import os
import sys
from pathlib import Path

shared, work = Path(sys.argv[1]), Path(sys.argv[2])
failures = []


def floor(name):
    return float(os.environ[name])


def check(what, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {what}")
    if not holds:
        failures.append(what)


def scores(path):
    """{kind: (plagdet, granularity)} of a score table."""
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    return {row[0]: (float(row[1]), float(row[4])) for row in rows}


def records(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


truth = json.loads((shared / "data/article/truth.json").read_text())["repeats"]
[article] = records(work / "article.jsonl")
found = [repeat["occurrences"] for repeat in article["repeats"]]
check(f"article: {found} is {truth}", found == truth)

kinds = {record["id"]: record["kind"] for record in records(shared / "data/doubled/dev.jsonl")}
false = [record["id"] for record in records(work / "doubled.jsonl") if kinds[record["id"]] == "none" and record["repeats"]]
check(f"doubled: repeats found in texts without any: {false}", not false)
plagdet, granularity = scores(work / "doubled.score")["all"]
check(f"doubled: plagdet {plagdet}", plagdet >= floor("DOUBLED_ALL_PLAGDET"))
check(f"doubled: granularity {granularity}", granularity <= floor("DOUBLED_ALL_GRANULARITY"))
for kind, (plagdet, _) in scores(work / "doubled.score").items():
    if kind not in ("all", "none"):
        check(f"doubled {kind}: plagdet {plagdet}", plagdet >= floor("DOUBLED_KIND_PLAGDET"))

pan = scores(work / "pan13.score")
kinds = {record["id"]: record["kind"] for record in records(shared / "data/pan13/pairs.jsonl")}
answers = records(work / "pan13.jsonl")
check(f"pan13: {len(answers)} of {len(kinds)} pairs answered", len(answers) == len(kinds))
false = sum(kinds[answer["id"]] == "no-plagiarism" and bool(answer["passages"]) for answer in answers)
check(f"pan13 no-plagiarism: passages in {false} pairs", false <= floor("PAN_NO_PLAGIARISM_FALSE_PAIRS"))
check(f"pan13: plagdet {pan['all'][0]}", pan["all"][0] >= floor("PAN_ALL_PLAGDET"))
plagdet, granularity = pan["no-obfuscation"]
check(f"pan13 no-obfuscation: plagdet {plagdet}", plagdet >= floor("PAN_NO_OBFUSCATION_PLAGDET"))
check(f"pan13 no-obfuscation: granularity {granularity}", granularity <= floor("PAN_NO_OBFUSCATION_GRANULARITY"))
for kind in ("random", "translation"):
    plagdet = pan[f"{kind}-obfuscation"][0]
    check(f"pan13 {kind}-obfuscation: plagdet {plagdet}", plagdet >= floor(f"PAN_{kind.upper()}_PLAGDET"))
evidence = {passage["evidence"] for answer in answers for passage in answer["passages"]}
check(f"pan13: evidence {sorted(evidence)}", evidence == {"ordered", "reordered"})
pan = scores(work / "pan13-summaries.score")
check(f"pan13 with summaries: plagdet {pan['all'][0]}", pan["all"][0] >= floor("PAN_SUMMARIES_ALL_PLAGDET"))
plagdet = pan["summary-obfuscation"][0]
check(f"pan13 with summaries, summary-obfuscation: plagdet {plagdet}", plagdet >= floor("PAN_SUMMARIES_SUMMARY_PLAGDET"))

sys.exit(f"{len(failures)} accuracy checks failed" if failures else 0)
