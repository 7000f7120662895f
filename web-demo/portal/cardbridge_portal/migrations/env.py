"""Alembic's entry: runs on the connection that `cardbridge_portal.engine` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from cardbridge_portal.database import Base, Moment
from cardbridge_portal.procuring import tables as _  # noqa: F401 - tables that Base must know


def _render(kind: str, value: Any, _autogen: AutogenContext) -> str | Literal[False]:
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
