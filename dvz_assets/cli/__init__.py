"""The command line ``dvz``: one module per command; ``main`` puts them together."""
