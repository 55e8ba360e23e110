"""Conversations with models on disk: kept replies, transcripts, the queue of questions that wait."""
