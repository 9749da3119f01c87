"""The one place that speaks to git: processes in `process`, objects in `objects`."""
