"""Read models: what people and machines are shown. They read, and never decide or change anything."""
