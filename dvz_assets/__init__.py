"""The DVZ data flow: the monthly file of POD MI for the Immigration Office, as required by law."""

__version__ = "0.2.0"
