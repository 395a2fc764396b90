"""How long the same statement takes in the layout novaprima-fixed, and as the contract's CSV and Parquet.

    python -m benchmarks.layouts [--lines 250000] [--rounds 7]

Reads files as the raw layer does: bytes from the disk, hash, form, rows, totals. The formats take turns, and the median
counts; the ratio to CSV has to stay below 1.5 for the layout.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from dvz_assets.generate import generate
from dvz_assets.landing.files import read_delivered_file
from dvz_assets.landing.layouts import Layouts
from dvz_assets.landing.voucher import read_voucher
from dvz_assets.landing.zone import month_folder
from dvz_assets.months import Month
from dvz_assets.project_files import layouts_folder, reference_folder

MONTH = Month(2018, 5)
LAYOUT = "novaprima-fixed"
LINES_PER_PERSON = 1.25
NO_LIMIT = 10**10
GOAL = 1.5


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when the ratio is not met."""
    parser = argparse.ArgumentParser(description="Reading a statement in a layout, in CSV and in Parquet.")
    parser.add_argument("--lines", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(arguments)
    layouts = Layouts.load(layouts_folder())
    layout = layouts.find(LAYOUT, "statement", MONTH)
    with tempfile.TemporaryDirectory() as folder:
        zones = {"CSV": "csv", "Parquet": "parquet", LAYOUT: "csv"}
        for name, file_format in zones.items():
            generate(
                Path(folder, name),
                seed=5,
                persons=int(asked.lines / LINES_PER_PERSON),
                months=1,
                start=str(MONTH),
                file_format="parquet" if file_format == "parquet" else "csv",
                reference=reference_folder(),
                layouts=layouts,
                layout_names=[LAYOUT] if name == LAYOUT else [],
            )
        seconds: dict[str, list[float]] = {name: [] for name in zones}
        cpu_seconds: dict[str, list[float]] = {name: [] for name in zones}
        rows = 0
        for _ in range(asked.rounds):
            for name in zones:
                begun, cpu_begun = time.perf_counter(), time.process_time()
                landing = month_folder(Path(folder, name), "novaprima", MONTH)
                voucher = read_voucher(landing, "novaprima", MONTH)
                used = layout if name == LAYOUT else None
                rows = read_delivered_file(landing, voucher, "statement", max_bytes=NO_LIMIT, layout=used).frame.height
                seconds[name].append(time.perf_counter() - begun)
                cpu_seconds[name].append(time.process_time() - cpu_begun)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    cpu_medians = {name: statistics.median(each) for name, each in cpu_seconds.items()}
    sys.stdout.write(f"{rows} lines\n")
    for name, each in seconds.items():
        ratio, cpu_ratio = medians[name] / medians["CSV"], cpu_medians[name] / cpu_medians["CSV"]
        sys.stdout.write(
            f"{name}: {medians[name]:.3f} s ({min(each):.3f} to {max(each):.3f}), {ratio:.2f} x CSV; "
            f"CPU of this process {cpu_medians[name]:.3f} s, {cpu_ratio:.2f} x CSV\n"
        )
    return int(medians[LAYOUT] > GOAL * medians["CSV"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
