"""What is published of a study: a draft of its paper, as LaTeX and Markdown."""
