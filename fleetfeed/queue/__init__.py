"""A server's queue: what waits in proc-receive is judged and landed by one process."""
