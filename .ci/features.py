"""Prints the features of the crate, one a line, and then all pairs of them that do not include each other."""
import itertools
import json
import subprocess

metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"]))
[features] = [package["features"] for package in metadata["packages"] if package["name"] == "refrain"]
names = [name for name in features if name != "default"]
print("\n".join(names))
for left, right in itertools.combinations(names, 2):
    if left not in features[right] and right not in features[left]:
        print(f"{left},{right}")
