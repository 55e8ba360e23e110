"""Alembic's door: it works on the connection, and in the transaction, that it was handed."""

from alembic import context

from autosd.adapters.store.all_tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
