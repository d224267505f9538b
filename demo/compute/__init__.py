"""Who computes what, and when: processes beside the server, and the pieces they know."""
