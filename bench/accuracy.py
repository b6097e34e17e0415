#!/usr/bin/python3
"""Recall and false alarms of the rules, by detector.

    accuracy.py --build BUILD [--rules DIR] [--corpus DIR] [--misses N] [--json FILE]

CORPUS holds *.jsonl: {"id", "text", "expected": [{"detector", "start", "end", "span", ...}], "not": [detectors],
"score", "kind"}. A positive counts when a finding of its detector, at any tier, overlaps its bytes; one with
"span": "whole" or "composite" when it overlaps any part of them. A detector of "not" must stay silent on that text; a
finding of it is a false alarm. Without a corpus the rules' own examples are judged: match is expected, no_match is not.

A published test value is hidden by default and counted. Recall is given twice: as found plus hidden (what the rules
know), and as found alone (what a report would show).
"""
import argparse
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

import yaml

Finding = collections.namedtuple("Finding", "detector tier start end is_hidden rule")


def corpus_cases(directory):
    paths = sorted(glob.glob(os.path.join(directory, "*.jsonl")))
    if not paths:
        sys.exit(f"{directory}: no *.jsonl files")
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)


def example_cases(rules):
    for path in sorted(glob.glob(os.path.join(rules, "*.yaml"))):
        with open(path, encoding="utf-8") as text:
            document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for rule in document["rules"]:
            detector = rule.get("detector", rule["id"])
            examples = rule["examples"]
            for number, text in enumerate(examples.get("match", [])):
                whole = {"detector": detector, "start": 0, "end": len(text.encode()), "span": "whole"}
                yield {"id": f"{rule['id']}:match:{number}", "text": text, "expected": [whole]}
            for number, text in enumerate(examples.get("no_match", [])):
                # What one rule refuses another of its detector may take.
                yield {"id": f"{rule['id']}:no_match:{number}", "text": text, "expected": [], "not": [detector],
                       "rule": rule["id"]}


def scan(build, rules, cases):
    """The findings of each case, by one run of the program."""
    with tempfile.NamedTemporaryFile("w", suffix=".hex") as texts:
        texts.writelines(case["text"].encode("utf-8", "surrogatepass").hex() + "\n" for case in cases)
        texts.flush()
        run = subprocess.run([os.path.join(build, "bench", "accuracy"), rules, texts.name], capture_output=True,
                             text=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr.strip())
    findings = [[] for _ in cases]
    for line in run.stdout.splitlines():
        number, detector, tier, start, length, state, rule = line.split(" ", 6)
        findings[int(number)].append(
            Finding(detector, tier, int(start), int(start) + int(length), state != "found", rule))
    return findings


class Score:
    def __init__(self):
        self.positives = self.found = self.shown = self.negatives = self.alarms = self.loud_alarms = 0
        self.misses, self.alarmed = [], []


def overlaps(finding, span):
    return finding.start < span["end"] and span["start"] < finding.end


def judge_positive(score, case, span, findings):
    hits = [f for f in findings if f.detector == span["detector"] and overlaps(f, span)]
    score.positives += 1
    score.found += bool(hits)
    score.shown += any(not f.is_hidden for f in hits)
    if not hits:
        score.misses.append((case, span, findings))


def judge_negative(score, case, detector, findings):
    rule = case.get("rule")
    alarms = [f for f in findings if f.detector == detector and not f.is_hidden and rule in (None, f.rule)]
    score.negatives += 1
    score.alarms += bool(alarms)
    score.loud_alarms += any(f.tier != "low" for f in alarms)
    if alarms:
        score.alarmed.append((case, alarms))


def judge(cases, all_findings):
    scores = collections.defaultdict(Score)
    for case, findings in zip(cases, all_findings):
        for span in case["expected"]:
            judge_positive(scores[span["detector"]], case, span, findings)
        for detector in case.get("not", []):
            judge_negative(scores[detector], case, detector, findings)
    return scores


def share(part, whole):
    return f"{part / whole:7.3f}" if whole else "      -"


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def print_scores(scores):
    print(f"{'DETECTOR':32} {'POSITIVE':>8} {'RECALL':>7} {'SHOWN':>7} {'NEGATIVE':>8} {'ALARMS':>7} {'MEDIUM+':>7}")
    for detector, s in sorted(scores.items()):
        print(f"{detector:32} {s.positives:8} {share(s.found, s.positives)} {share(s.shown, s.positives)}"
              f" {s.negatives:8} {share(s.alarms, s.negatives)} {share(s.loud_alarms, s.negatives)}")


def summary(scores):
    with_positives = [s for s in scores.values() if s.positives]
    negatives = sum(s.negatives for s in scores.values())
    positives = sum(s.positives for s in with_positives)
    return {
        "detectors": len(with_positives), "positives": positives, "negatives": negatives,
        "mean_recall": mean(s.found / s.positives for s in with_positives),
        "mean_recall_shown": mean(s.shown / s.positives for s in with_positives),
        "recall": sum(s.found for s in with_positives) / max(positives, 1),
        "false_alarms": sum(s.alarms for s in scores.values()) / max(negatives, 1),
        "false_alarms_medium": sum(s.loud_alarms for s in scores.values()) / max(negatives, 1),
    }


def print_summary(figures):
    print(f"\nmean recall over {figures['detectors']} detectors: {figures['mean_recall']:.4f}"
          f" (without hidden test values: {figures['mean_recall_shown']:.4f})")
    print(f"recall over {figures['positives']} positives: {figures['recall']:.4f}")
    print(f"false alarms over {figures['negatives']} negatives: {figures['false_alarms']:.4f} at any tier,"
          f" {figures['false_alarms_medium']:.4f} at medium and above")


def print_lists(scores, limit):
    for detector, s in sorted(scores.items()):
        for case, span, findings in s.misses[:limit]:
            seen = ", ".join(f"{f.detector}({f.tier})" for f in findings) or "nothing"
            print(f"miss  {detector}: {case['id']} {case.get('kind', '')} {case.get('score', '')}"
                  f" {case['text'][:160]!r} [{span['start']}:{span['end']}]; seen: {seen}")
        for case, alarms in s.alarmed[:limit]:
            print(f"alarm {detector} ({', '.join(f.rule + ' ' + f.tier for f in alarms)}): {case['id']}"
                  f" {case['text'][:160]!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rules", default="rules")
    parser.add_argument("--corpus", default=os.environ.get("CORPUS", ""))
    parser.add_argument("--misses", type=int, default=1000, help="how many a detector are listed")
    parser.add_argument("--detector", help="list only what concerns this one")
    parser.add_argument("--json", help="also write the figures here")
    args = parser.parse_args()

    cases = list(corpus_cases(args.corpus) if args.corpus else example_cases(args.rules))
    scores = judge(cases, scan(args.build, args.rules, cases))
    if args.detector:
        scores = {name: s for name, s in scores.items() if name == args.detector}
    print_lists(scores, args.misses)
    print_scores(scores)
    print_summary(summary(scores))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump(summary(scores), out, indent=2)


if __name__ == "__main__":
    main()
