"""Attacks on the web server and on the installation of deploy/, and what is left of them."""
