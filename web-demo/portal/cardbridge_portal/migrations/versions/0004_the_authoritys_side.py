"""The procuring entity's side: officials, checked lists, what a company's list needs."""

import sqlalchemy as sa
from alembic import op

revision = "0004_authority"
down_revision = "0003_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("company") as table:
        table.add_column(sa.Column("number_since", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("reading", sa.String(120), server_default="", nullable=False))
        table.add_column(sa.Column("mail", sa.String(100), server_default="", nullable=False))
        table.create_index("ix_company_municipality_reading_id", ["municipality", "reading", "id"])
    with op.batch_alter_table("portal_session") as table:
        table.add_column(sa.Column("role", sa.String(16), server_default="company", nullable=False))
    op.create_index("ix_event_municipality_id_actor_kind", "event", ["municipality", "id", "actor", "kind"])
    op.create_table(
        "official",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(6), nullable=False),
        sa.Column("issuer_sha256", sa.String(64), nullable=False),
        sa.Column("serial", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("enrolled", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f("ck_official_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official")),
        sa.UniqueConstraint("issuer_sha256", "serial", name=op.f("uq_official_issuer_sha256_serial")),
    )
    op.create_index("ix_official_municipality", "official", ["municipality"])
    session = ["portal_session.id"]
    op.create_table(
        "official_login",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("official_id", sa.Integer(), nullable=False),
        sa.Column("authenticated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("return_to", sa.String(200), nullable=True),
        sa.Column("once", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("fk_official_login_official_id")),
        sa.ForeignKeyConstraint(
            ["session_id"], session, name=op.f("fk_official_login_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_official_login")),
    )
    op.create_table(
        "checked_list",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(6), nullable=False),
        sa.Column("checked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("encoding", sa.String(40), nullable=False),
        sa.Column("ignored", sa.JSON(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], session, name=op.f("fk_checked_list_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checked_list")),
    )
    op.create_index("ix_checked_list_session_id", "checked_list", ["session_id"])


def downgrade() -> None:
    for name in ("checked_list", "official_login", "official"):
        op.drop_table(name)
    op.drop_index("ix_event_municipality_id_actor_kind", "event")
    with op.batch_alter_table("portal_session") as table:
        table.drop_column("role")
    with op.batch_alter_table("company") as table:
        table.drop_index("ix_company_municipality_reading_id")
        for name in ("mail", "reading", "number_since"):
            table.drop_column(name)
