"""A small shop: a stock, prices, pages of a catalogue, delivery dates."""
