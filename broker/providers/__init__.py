"""The upstreams that prove who someone is: one file each, all alike from outside."""
