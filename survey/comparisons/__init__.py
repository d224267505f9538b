"""Systems compared by what people said of them: tables of replies, whatever design they are of."""
