"""From ratings to results, tables, figures and a report."""
