"""What results files say: tables, and the results as types."""
