"""Deduplicates a folder of JSON lines with datatrove's MinHash, from files to files, for the table `corpus`.

Arguments: the folder, a folder for what is made, a number of workers. The settings are its own (14 x 8, word 5-grams, 64-bit hashes) but for
the tokenizer: one that splits at white space takes less time than any of its own. What is kept lies in `kept`.
"""

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.word_tokenizers import WordTokenizer


class Spaces(WordTokenizer):
    def word_tokenize(self, text):
        return text.split()

    def sent_tokenize(self, text):
        raise NotImplementedError("MinHash asks for words only")

    span_tokenize = sent_tokenize


def main():
    documents, made, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config = MinhashConfig()
    reader = JsonlReader(documents)
    stages = [
        (workers, [reader, MinhashDedupSignature(f"{made}/signatures", config=config, language=Spaces())]),
        (config.num_buckets, [MinhashDedupBuckets(f"{made}/signatures", f"{made}/buckets", config=config)]),
        (1, [MinhashDedupCluster(f"{made}/buckets", f"{made}/removed", config=config)]),
        (workers, [reader, MinhashDedupFilter(f"{made}/removed"), JsonlWriter(f"{made}/kept", compression=None)]),
    ]
    for number, (tasks, pipeline) in enumerate(stages):
        logs = f"{made}/logs/{number}"
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=logs).run()


if __name__ == "__main__":
    main()
