"""The parts of the report: each makes its charts and tables out of what was counted."""
