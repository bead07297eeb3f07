"""Text to signatures of 128 slots with rensa and datasketch, as a server for the table `sketch`.

Argument: a JSON lines file with the "text" of each document. First line out: the names of the entrants as a JSON list; then, for each name
read from standard input, the seconds of processor time that it took over all documents. Each has its own clock, so that the pipe does not count.

Shingles are five words, joined by spaces. Where an entrant is given shingles or their hashes, they are made before the clock starts.
"""

import json
import sys
from importlib.metadata import version
from time import process_time

import numpy
import xxhash
from datasketch import MinHash
from rensa import RMinHash

SLOTS = 128
SEED = 1


def shingles(text):
    words = text.split()
    return [" ".join(words[at : at + 5]) for at in range(max(len(words) - 4, 1))]


def rensa_of_text(texts):
    RMinHash.digest_matrix_from_token_sets([shingles(text) for text in texts], SLOTS, SEED)


def rensa_of_shingles(premade):
    RMinHash.digest_matrix_from_token_sets(premade, SLOTS, SEED)


def rensa_of_hashes(premade):
    hashes, offsets = premade
    RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, SLOTS, SEED)


def datasketch_of_text(texts, hashfunc):
    # Permutations are drawn once, as its documentation advises.
    empty = MinHash(num_perm=SLOTS, hashfunc=hashfunc)
    for text in texts:
        sketch = empty.copy()
        sketch.update_batch([shingle.encode() for shingle in shingles(text)])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    premade = [shingles(text) for text in texts]
    flat = numpy.array([xxhash.xxh3_64_intdigest(one) for document in premade for one in document], dtype=numpy.uint64)
    offsets = numpy.cumsum([0] + [len(document) for document in premade], dtype=numpy.uint64)
    rensa, datasketch = f"rensa {version('rensa')}", f"datasketch {version('datasketch')}"
    entrants = {
        f"{rensa}": lambda: rensa_of_text(texts),
        f"{rensa}, strings given": lambda: rensa_of_shingles(premade),
        f"{rensa}, hashes given": lambda: rensa_of_hashes((flat, offsets)),
        f"{datasketch}": lambda: datasketch_of_text(texts, None),
        f"{datasketch}, xxh32": lambda: datasketch_of_text(texts, xxhash.xxh32_intdigest),
    }
    print(json.dumps(list(entrants)), flush=True)
    for line in sys.stdin:
        run = entrants[line.rstrip("\n")]
        start = process_time()
        run()
        print(process_time() - start, flush=True)


main()
