"""The one place that speaks to git: processes in `run`, objects in `objects`."""
