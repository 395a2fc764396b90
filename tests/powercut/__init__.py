"""Power cuts: what was written and synchronised is recorded, and the software is started on what a cut could leave."""
