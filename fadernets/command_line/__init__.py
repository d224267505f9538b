"""The command `fadernets`: its arguments, what each command does, and what it says."""
