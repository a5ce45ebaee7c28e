-- How many model calls a run made, and its newest question: without reading its whole transcript.
create index run_events_by_kind on run_events (run, kind, sequence);
