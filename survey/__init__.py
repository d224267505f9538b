"""The listening test: building a study, leading people through it, and analysing their answers."""
