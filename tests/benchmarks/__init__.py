"""The hand-written programs of ``benchmarks/`` do the job that the pipeline does."""
