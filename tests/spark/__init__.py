"""DuckDB and Spark give the same rows; run where Java and pyspark are installed."""
