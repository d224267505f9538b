"""What all parts of the listening test need: settings, tokens, texts, how requests are guarded."""
