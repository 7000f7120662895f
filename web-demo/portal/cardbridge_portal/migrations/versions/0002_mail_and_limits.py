"""Mail: the outbox. Limits: attempts grow old, the authority's releases, refusals to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0002_mail"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM lookup_attempts")
    with op.batch_alter_table("lookup_attempts") as table:
        table.add_column(sa.Column("forgotten", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("reference", sa.String(12), nullable=True))
        table.create_index("ix_lookup_attempts_forgotten", ["forgotten"])
        table.create_index("ix_lookup_attempts_reference", ["reference"])
    op.create_table(
        "lookup_release",
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_lookup_release_company_id")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_lookup_release")),
    )
    op.create_index("ix_lookup_release_expires", "lookup_release", ["expires"])
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.String(8), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_refusal_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    op.create_index("ix_refusal_company_id", "refusal", ["company_id"])
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(16), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_try", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(300), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_outgoing_mail_state")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_outgoing_mail_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
    )
    op.create_index("ix_outgoing_mail_state_due", "outgoing_mail", ["state", "due"])


def downgrade() -> None:
    for name in ("outgoing_mail", "refusal", "lookup_release"):
        op.drop_table(name)
    with op.batch_alter_table("lookup_attempts") as table:
        table.drop_index("ix_lookup_attempts_reference")
        table.drop_index("ix_lookup_attempts_forgotten")
        table.drop_column("reference")
        table.drop_column("forgotten")
