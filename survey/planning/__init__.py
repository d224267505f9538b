"""Before a study of any design: simulated listeners, their answers, and what these would show."""
