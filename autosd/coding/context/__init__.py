"""What a model is shown of a file: the whole, a region, or pieces with summaries in place of the rest."""
