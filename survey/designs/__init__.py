"""The designs of a study: what is heard in a trial, what is asked, and what comes out of it."""
