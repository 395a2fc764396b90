"""Crashes: wherever a process dies, what stands is what was or what should be, and the next run puts it right."""
