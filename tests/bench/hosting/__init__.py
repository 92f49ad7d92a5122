"""The parts of tests/bench/models: what is run (rig, servers), how it is loaded (load), one module a table, and what is
made of the figures (results, targets, picture)."""
