"""What knows no feed: records, intervals, durations, printable text, processes."""
