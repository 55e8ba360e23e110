"""How many proposals were made, and verdicts found, in each hour: kept by triggers, filled from the rows that are there."""

import sqlalchemy as sa
from alembic import op

from autosd.adapters.store.tables import Text

revision = "20261126_05"
down_revision = "20261120_04"

#: Table, column of the time, which rows count, their word, their stream; ``{row}`` is the row's alias.
COUNTED = (
    ("ai_improvement_proposals", "created_at", "{row}.created_at IS NOT NULL", "{row}.status", "{row}.stream"),
    (
        "experiment_runs",
        "verified_at",
        "{row}.verified_at IS NOT NULL AND {row}.verdict IS NOT NULL AND NOT {row}.pending_recheck",
        "{row}.verdict",
        "CASE WHEN {row}.synthetic THEN 'synthetic' ELSE 'production' END",
    ),
)


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "work_hours",
        sa.Column("of", Text, primary_key=True),
        sa.Column("hour", Text, primary_key=True),  # 2026-11-26T20, in UTC
        sa.Column("word", Text, primary_key=True),
        sa.Column("stream", Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )
    for table, time, counts, word, stream in COUNTED:
        made = (_postgres if postgres else _sqlite)(table, time, counts, word, stream)
        for statement in made:
            op.execute(statement)
    op.drop_index("ix_runs_verified", "experiment_runs")  # with what the question leaves out, so that no row has to be read
    op.create_index("ix_runs_verified", "experiment_runs", ["verified_at", "pending_recheck", "synthetic", "verdict"])


def _sqlite(table: str, time: str, counts: str, word: str, stream: str) -> list[str]:
    """Other programs' times have a blank where ours have a T."""

    def hour(row: str) -> str:
        return f"replace(substr({row}.{time}, 1, 13), ' ', 'T')"

    def values(row: str, by: str) -> str:
        return f"'{table}', {hour(row)}, {word.format(row=row)}, {stream.format(row=row)}, {by}"

    def add(row: str, by: str) -> str:
        conflict = "ON CONFLICT (of, hour, word, stream) DO UPDATE SET n = n + excluded.n"
        return f"INSERT INTO work_hours SELECT {values(row, by)} WHERE {counts.format(row=row)} {conflict}"

    begin = f"CREATE TRIGGER {table}_hours"
    columns = {"ai_improvement_proposals": "created_at, status, stream"}.get(table, "verified_at, verdict, pending_recheck, synthetic")
    come, gone = add("NEW", "1"), add("OLD", "-1")
    return [
        f"INSERT INTO work_hours SELECT {values('t', 'count(*)')} FROM {table} AS t WHERE {counts.format(row='t')} GROUP BY 1, 2, 3, 4",  # noqa: S608
        f"{begin}_insert AFTER INSERT ON {table} BEGIN {come}; END",
        f"{begin}_delete AFTER DELETE ON {table} BEGIN {gone}; END",
        f"{begin}_update AFTER UPDATE OF {columns} ON {table} BEGIN {gone}; {come}; END",
    ]


def _postgres(table: str, time: str, counts: str, word: str, stream: str) -> list[str]:
    """Once a statement and in one order, so that two writers never wait for each other in a circle."""

    def part(rows: str, by: str) -> str:
        hour = f"to_char({rows}.{time} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')"
        columns = f"{hour} AS hour, {word.format(row=rows)} AS word, {stream.format(row=rows)} AS stream, {by} AS n"
        return f"SELECT {columns} FROM {rows} WHERE {counts.format(row=rows)}"  # noqa: S608 - names of ours

    def add(rows: str) -> str:
        return (
            f"INSERT INTO work_hours AS t SELECT '{table}', c.hour, c.word, c.stream, sum(c.n) FROM ({rows}) AS c "  # noqa: S608 - names of ours
            "GROUP BY c.hour, c.word, c.stream HAVING sum(c.n) <> 0 ORDER BY c.hour, c.word, c.stream "
            "ON CONFLICT (of, hour, word, stream) DO UPDATE SET n = t.n + excluded.n"
        )

    gone, come = part("gone", "-1"), part("come", "1")
    statements = [f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", add(part(table, "1"))]
    for verb, rows, seen in (
        ("insert", come, "NEW TABLE AS come"),
        ("delete", gone, "OLD TABLE AS gone"),
        ("update", f"{gone} UNION ALL {come}", "OLD TABLE AS gone NEW TABLE AS come"),
    ):
        name = f"{table}_hours_{verb}"
        made = f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {add(rows)}; RETURN NULL; END $$"
        when = f"AFTER {verb.upper()} ON {table} REFERENCING {seen}"
        statements += [made, f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"]
    return statements
